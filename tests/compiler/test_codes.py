"""The table of diagnostics."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from qapigen.compiler.codes import CODES, STYLE, Code, Stage, find_code


@pytest.mark.parametrize("code", CODES.values(), ids=lambda code: code.id)
def test_rows(code: Code) -> None:
    assert re.fullmatch(r"[EW]\d{3}", code.id)
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", code.slug)
    assert CODES[code.slug] is code
    assert code.title
    assert not code.title.endswith(".")
    assert (code.stage is Stage.ADVICE) is code.id.startswith("W")
    assert code.is_warning is (code.id.startswith("W") or code.slug in STYLE)


def test_rules_of_style_keep_their_numbers() -> None:
    assert {CODES[slug].id for slug in STYLE} == {"E047", "E048"}


def test_numbers_are_given_once() -> None:
    ids = [code.id for code in CODES.values()]
    assert len(set(ids)) == len(ids)


def test_numbers_that_are_given_out() -> None:
    """They never change their meaning: a few of each stage, to notice if one does."""
    known = {
        "E001": "root-unreadable",
        "E004": "stray-character",
        "E019": "expected-comma-or-bracket",
        "E022": "include-loop",
        "E048": "doc-sentence-space",
        "E049": "no-kind",
        "E069": "enum-data",
        "E062": "redefined",
        "E101": "unknown-type",
        "E115": "clash",
        "E131": "doc-unknown-feature",
        "E119": "too-many-features",
        "W001": "pragma-unused-name",
    }
    assert {number: CODES[slug].id for number, slug in known.items()} == {n: n for n in known}


def test_every_stage_has_codes() -> None:
    assert {code.stage for code in CODES.values()} == set(Stage)
    assert sorted(Stage) == list(Stage)


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("E101", "unknown-type"),
        ("e101", "unknown-type"),
        ("E0101", "unknown-type"),
        ("e1", "root-unreadable"),
        ("unknown-type", "unknown-type"),
        ("W1", "pragma-unused-name"),
        ("w001", "pragma-unused-name"),
    ],
)
def test_finding(name: str, slug: str) -> None:
    assert find_code(name) is CODES[slug]


@pytest.mark.parametrize(
    "name",
    ["", "E", "E999", "101", "X101", "E-1", "E1 ", "Unknown-Type", "E" + "9" * 50, "E\u0661"],
)
def test_not_finding(name: str) -> None:
    assert find_code(name) is None


def test_every_code_is_used(repository: Path) -> None:
    """A diagnostic that no check gives is one that nobody can get."""
    sources = [
        path.read_text(encoding="utf-8")
        for path in (repository / "qapigen" / "compiler").rglob("*.py")
        if path.name != "codes.py"
    ]
    text = "\n".join(sources)
    built = re.compile(r'f"([a-z-]*)\{[^}]*\}([a-z-]*)"')
    patterns = [re.compile(f"{a}[a-z-]+{b}") for a, b in built.findall(text) if a or b]
    unused = [
        slug
        for slug in CODES
        if f'"{slug}"' not in text and not any(p.fullmatch(slug) for p in patterns)
    ]
    assert unused == []
