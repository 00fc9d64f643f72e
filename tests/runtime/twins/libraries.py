"""The JSON libraries that functions can be made for: those that are installed."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from importlib.util import find_spec
from typing import Any, NamedTuple

import pytest

from qapigen.runtime.codec.backends import available
from qapigen.runtime.twins import Reader, Writer, reader_of, writer_of
from qapigen.runtime.visit import VisitFunction

from ..visit.every_type import EVERY_TYPE

__all__ = ["EACH", "LIBRARIES", "Library", "some"]


class Library(NamedTuple):
    """What makes functions for a library; both give None where a type is unfit for it."""

    name: str
    reader_of: Any
    writer_of: Any

    def reader(self, visit: VisitFunction[Any]) -> Reader:
        found: Reader | None = self.reader_of(visit)
        assert found is not None
        return found

    def writer(self, visit: VisitFunction[Any]) -> Writer:
        found: Writer | None = self.writer_of(visit)
        assert found is not None
        return found


def _libraries() -> Iterable[Library]:
    bare = next((each.bare for each in available() if each.bare is not None), None)
    if bare is not None:
        yield Library(
            "orjson",
            partial(reader_of, loads=bare.loads),
            partial(writer_of, dumps=bare.dumps, options=bare.options),
        )
    if find_spec("msgspec") is not None:
        yield Library("msgspec", reader_of, writer_of)


LIBRARIES = tuple(_libraries())
EACH = pytest.mark.parametrize("library", LIBRARIES, ids=lambda library: library.name)


def some(function_of: Any) -> dict[str, tuple[VisitFunction[Any], Any]]:
    """The visit functions that a function can be made for, each with the function."""
    return {
        name: (visit, made)
        for name, visit in EVERY_TYPE.items()
        if (made := function_of(visit)) is not None
    }
