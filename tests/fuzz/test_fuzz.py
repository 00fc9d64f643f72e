"""A short campaign with fixed seeds: no crash, no hang, bounded memory."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from qapigen.compiler.diagnostics import MOST_DIAGNOSTICS, render_text
from qapigen.compiler.pipeline import analyze

from .campaign import roots, run
from .mutations import mutate

RUNS = 400


@pytest.mark.parametrize("first", [0, 10_000])
def test_mutated_schemas_are_accepted_or_rejected(corpus: Path, first: int) -> None:
    schemas = [root for root in roots(corpus) if "qemu-" not in root.path]
    outcome = run(schemas, range(first, first + RUNS))
    assert outcome.crashes == []
    assert outcome.runs == RUNS
    # Both happen, and many different things are found.
    assert outcome.accepted > 10
    assert outcome.rejected > 100
    assert len(outcome.codes) > 20


def test_big_schemas_too(corpus: Path) -> None:
    schemas = [root for root in roots(corpus) if "qemu-" in root.path]
    outcome = run(schemas, range(20))
    assert outcome.crashes == []


def test_a_crash_would_be_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise KeyError("broken")

    monkeypatch.setattr("tests.fuzz.campaign.analyze", fail)
    (tmp_path / "a.json").write_text("{ 'struct': 'Abc', 'data': {} }")
    (tmp_path / "cases.json").write_text(
        '{"cases": [{"schema": "a.json", "dialect": "modern"}]}', encoding="utf-8"
    )
    outcome = run(roots(tmp_path), range(1))
    assert [seed for seed, _ in outcome.crashes] == [0]


def test_a_seed_says_it_all() -> None:
    text = "{ 'struct': 'Abc', 'data': { 'a': 'int' } }\n" * 20
    first = [mutate(random.Random(seed), text) for seed in range(50)]
    assert first == [mutate(random.Random(seed), text) for seed in range(50)]
    assert sum(each != text for each in first) > 40


@pytest.mark.parametrize(
    "text", ["##" * 100_000, "##x\n##\n" * 50_000, "{\n" * 50_000, "@" * 300_000]
)
def test_a_flood_of_errors_is_bounded(text: str) -> None:
    for dialect in ("2018", "modern"):
        analysis = analyze("flood.json", lambda _: text, dialect)
        assert analysis.schema is None
        assert 1 <= len(analysis.diagnostics) <= MOST_DIAGNOSTICS


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        "{ 'a': " * 50_000,
        "{ 'struct': 'Abc', 'data': {}, 'if': " + "{ 'not': " * 20_000 + "'A'" + "}" * 20_000 + "}",
        "{ 'struct': 'Abc', 'data': { '" + "a" * 1_000_000 + "': 'int' } }",
        "{ 'struct': 'Abc', 'data': { 'a': '" + "b" * 1_000_000 + "' } }",
        "#" + " " * 1_000_000 + "\n",
        "{ 'enum': 'Abc', 'data': [ 'a\0b' ] }",
        "\ufeff{ 'enum': 'Abc', 'data': [ 'a' ] }",
        "{ 'enum': 'Abc',\r\n  'data': [ 'a' ] }\r",
    ],
    ids=["brackets", "braces", "conditions", "name", "type", "comment", "nul", "bom", "crlf"],
)
def test_extremes(text: str) -> None:
    for dialect in ("2018", "7.2", "modern", "auto"):
        analysis = analyze("extreme.json", lambda _: text, dialect)
        render_text(analysis.diagnostics)
        assert (analysis.schema is None) == any(d.severity == "error" for d in analysis.diagnostics)
