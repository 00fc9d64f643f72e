"""Our schemas have the interface of the seed: all but the words is equal."""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest

from qapigen.compiler.disk import read_source
from qapigen.compiler.ir import Definition, Doc, Schema, SectionKind
from qapigen.compiler.pipeline import analyze
from qapigen.compiler.source import Span

MODULES = ("common.json", "migration.json")


def analyzed(root: Path, dialect: str) -> Schema:
    schema = analyze(str(root), read_source, dialect).schema
    assert schema is not None
    return schema


@pytest.fixture(scope="module")
def seed(corpus: Path) -> Schema:
    return analyzed(corpus / "seed" / "with-pragma.json", "2018")


@pytest.fixture(scope="module")
def ours(schemas: Path) -> Schema:
    return analyzed(schemas / "qapi-schema.json", "modern")


def facts(value: object) -> object:
    """A value of the model without places and documentation."""
    if isinstance(value, tuple):
        return [facts(item) for item in value]
    if is_dataclass(value):
        found = {
            field.name: facts(getattr(value, field.name))
            for field in fields(value)
            if field.name not in ("span", "doc")
        }
        return {"": type(value).__name__} | found
    assert not isinstance(value, Span)
    return value


@pytest.mark.parametrize("module", MODULES)
def test_definitions(seed: Schema, ours: Schema, module: str) -> None:
    expected, found = seed.in_module(module), ours.in_module(module)
    assert [d.name for d in found] == [d.name for d in expected]
    for one, other in zip(found, expected, strict=True):
        assert facts(one) == facts(other)


def test_there_is_something_to_compare(seed: Schema) -> None:
    assert [len(seed.in_module(module)) for module in MODULES] == [7, 35]


def test_facts_tell_differences(seed: Schema) -> None:
    first, second = seed.in_module("common.json")[:2]
    assert facts(first) != facts(second)


# Versions.

_VERSION = re.compile(r"(?:since|Since|SINCE)[ :]+(\d+(?:\.\d+)+)")


def version(text: str) -> str | None:
    """The version in a text; a last zero part says nothing (1.3.0 is 1.3)."""
    found = re.search(r"\d+(?:\.\d+)+", text)
    return re.sub(r"^(\d+\.\d+)\.0$", r"\1", found[0]) if found else None


def versions(definition: Definition) -> dict[str, set[str | None]]:
    """The version of a definition (under ``""``) and those that its parts mention."""
    doc = definition.doc
    assert doc is not None
    found = {"": {_own(doc)}}
    for section in doc.of_kind(SectionKind.MEMBER):
        said = {version(each) for each in _VERSION.findall(section.text)}
        if said:
            found[section.name] = said
    return found


def _own(doc: Doc) -> str | None:
    since = doc.tagged("Since")
    return version(since[0].text) if since else None


@pytest.mark.parametrize("module", MODULES)
def test_versions(seed: Schema, ours: Schema, module: str) -> None:
    expected = {d.name: versions(d) for d in seed.in_module(module)}
    found = {d.name: versions(d) for d in ours.in_module(module)}
    assert found == expected
    assert all(each[""] != {None} for each in found.values())


@pytest.mark.parametrize(
    ("text", "expected"),
    [("1.3.0", "1.3"), ("2.10", "2.10"), ("0.14.0", "0.14"), ("2.11.1", "2.11.1"), ("none", None)],
)
def test_versions_in_texts(text: str, expected: str | None) -> None:
    assert version(text) == expected
