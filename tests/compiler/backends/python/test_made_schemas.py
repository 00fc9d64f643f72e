"""Whatever the schema: the code is in black's form, imports, and keeps values as they are."""

from __future__ import annotations

import ast
import importlib
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import black
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qapigen.compiler.backends.python.names import Names
from qapigen.compiler.backends.python.text import docstring
from qapigen.compiler.ir import Command, Event, InlineMembers, Schema, TypeRef
from qapigen.compiler.pipeline import analyze
from qapigen.runtime.visit import from_wire, to_wire
from tests.compiler.backends.python.made_schemas import (
    WireValues,
    documentation,
    schema_texts,
)
from tests.compiler.backends.python.packages import files_of, write

SLOW = (HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large)
COUNTER = count()


def in_form(text: str) -> str:
    """What black makes of it; a string that it would warn about is an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ast.parse(text)
    return black.format_str(text, mode=black.Mode())


@given(documentation(), st.sampled_from([0, 4, 8]))
def test_docstrings(text: str, indent: int) -> None:
    """Any text can stand in a docstring, in black's form, and says the same there."""
    literal = docstring(text or ".", indent=indent)
    lines = [f"{' ' * level}class A:" for level in range(0, indent, 4)]
    lines.append(f"{' ' * indent}{literal}")
    code = "\n".join(lines) + "\n"
    assert in_form(code) == code
    shown = ast.literal_eval(literal)
    kept = [c for c in text if c.isalnum()]
    assert [c for c in shown if c.isalnum()] == kept
    assert all(c.isprintable() or c in "\n\ufffd" for c in shown)


@given(schema_texts())
@settings(max_examples=40, deadline=None, suppress_health_check=SLOW)
def test_form(texts: dict[str, str]) -> None:
    for path, text in files_of(texts, "made", dialect="7.2").items():
        if path.endswith(".py"):
            assert in_form(text) == text, path


@given(texts=schema_texts(), seed=st.integers(0, 2**32))
@settings(max_examples=25, deadline=None, suppress_health_check=SLOW)
def test_values(texts: dict[str, str], seed: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    """All modules import, and a value of any type is the same after a visit and back."""
    schema = analyze("root.json", texts.__getitem__, "7.2").schema
    assert schema is not None
    package = f"made_{next(COUNTER)}"
    folder = tmp_path_factory.mktemp("made")
    files = files_of(texts, package, dialect="7.2")
    write(folder, files)
    with imported(folder, package):
        for path in files:
            if path.endswith(".py"):
                importlib.import_module(path.removesuffix(".py").replace("/", "."))
        check_values(schema, package, seed)


@contextmanager
def imported(folder: Path, package: str) -> Iterator[None]:
    """The folder is on the search path."""
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        for name in [n for n in sys.modules if n == package or n.startswith(f"{package}.")]:
            del sys.modules[name]


def check_values(schema: Schema, package: str, seed: int) -> None:
    """Each type, each arguments and each event's data: from the wire and back."""
    names, values = Names(schema), WireValues(schema, seed)
    for definition in schema.definitions:
        wire: object
        if isinstance(definition, Command | Event):
            if not isinstance(definition.data, InlineMembers):
                continue
            kind = "command" if isinstance(definition, Command) else "event"
            py_name = names.data[kind, definition.name]
            wire = values.members(definition.data.members, 0)
        else:
            py_name = names.types[definition.name]
            wire = values.value(TypeRef(definition.name))
        home = names.modules[definition.module]
        module = importlib.import_module(f"{package}.visit.{home}")
        visit = getattr(module, f"visit_{py_name}")
        assert to_wire(visit, from_wire(visit, wire)) == wire
