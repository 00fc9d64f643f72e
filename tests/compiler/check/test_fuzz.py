"""Whatever the trees hold, checking ends with a schema or with problems."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qapigen.compiler.check import check
from qapigen.compiler.check.head import KINDS
from qapigen.compiler.diagnostics import Report, render_text
from qapigen.compiler.dialect import DIALECTS
from qapigen.compiler.ir import Module
from qapigen.compiler.source import SourceFile
from qapigen.compiler.syntax.tree import (
    Array,
    Bool,
    Entry,
    Expression,
    Null,
    Object,
    Pragmas,
    SourceTree,
    Str,
    Value,
)

from .cases import BOTH

KEYS = [
    *KINDS,
    *("data", "base", "discriminator", "returns", "prefix", "if", "features", "type", "name"),
    *("boxed", "gen", "success-response", "allow-oob", "coroutine", "all", "any", "not"),
]
NAMES = [
    "Aa",
    "Bb",
    "Cc",
    "aa",
    "*aa",
    "bb",
    "u",
    "AA",
    "A",
    "int",
    "str",
    "any",
    "QType",
    "AaKind",
    "",
]

words = st.sampled_from([*KEYS, *NAMES]) | st.text(max_size=3)
plain = st.recursive(
    words | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=4),
    max_leaves=12,
)

# Definitions that are nearly right reach further.
member_types = st.sampled_from(NAMES) | st.lists(st.sampled_from(NAMES), max_size=2) | plain
members = st.dictionaries(st.sampled_from(NAMES), member_types, max_size=3)
data = members | st.lists(st.sampled_from(NAMES), max_size=3) | st.sampled_from(NAMES) | plain


@st.composite
def definitions(draw: Callable[..., Any]) -> dict[str, Any]:
    kind = draw(st.sampled_from(KINDS))
    name = draw(st.sampled_from(NAMES))
    found: dict[str, Any] = {kind: name, "data": draw(data)}
    if kind == "union":
        found |= {"base": draw(data), "discriminator": draw(st.sampled_from(NAMES))}
    found |= draw(st.dictionaries(st.sampled_from(KEYS), plain, max_size=1))
    return found


schemas = st.lists(definitions() | plain, max_size=6)


def tree_of(value: Any) -> Value:
    """A syntax tree without sensible places."""
    if value is None:
        return Null(0, 1)
    if isinstance(value, bool):
        return Bool(value, 0, 1)
    if isinstance(value, str):
        return Str(value, 0, 1)
    if isinstance(value, list):
        return Array(tuple(tree_of(item) for item in value), 0, 1)
    entries = {key: Entry(Str(key, 0, 1), tree_of(item)) for key, item in value.items()}
    return Object(entries, 0, 1)


def source_of(values: list[Any]) -> SourceTree:
    file = SourceFile("root.json", "root.json", "text\n")
    expressions = tuple(Expression(file, tree_of(value), None) for value in values)
    return SourceTree((Module("root.json", ()),), expressions, (), Pragmas(False, {}))


@pytest.mark.parametrize("dialect", BOTH)
@settings(max_examples=300, deadline=None)
@given(values=schemas)
def test_any_tree(dialect: str, values: list[Any]) -> None:
    report = Report()
    schema = check(source_of(values), DIALECTS[dialect], report)
    assert (schema is None) == report.failed
    if schema is None:
        assert render_text(report.sorted())
    else:
        assert len(schema.definitions) == len(values)
