"""Arguments of a command from words of the shell: read, checked against a schema.

In: ``key=value`` words or a JSON text, a schema in one of three forms (the shipped package, a
file, what a server answers to query-qmp-schema).  Out: arguments as JSON.
Must not know: connections, what becomes of the arguments.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from ..runtime.codec import JsonError, loads
from ..runtime.errors import QapiError, VisitError, cut, describe, did_you_mean
from ..runtime.introspect import OPEN_COMMANDS, ArgumentReader, TextArgumentReader
from ..runtime.visit import from_wire, to_wire
from ..runtime.visit.keyval import KeyvalInput
from ..runtime.visit.keyval_syntax import HelpRequested, Keyval, parse_keyval
from ..runtime.visit.refusals import unexpected
from .call_input import is_elsewhere, text_of
from .call_properties import ReadProperty, guess, guessed
from .status import Trouble

if TYPE_CHECKING:
    from ..compiler.ir import Schema
    from ..runtime.commands import CommandSpec

__all__ = [
    "Given",
    "by_introspection",
    "by_schema",
    "by_shipped_schema",
    "read_schema",
    "unchecked",
]

_INDEX = re.compile(r"\[(\d+)\]")


@dataclass(frozen=True)
class Given:
    """What was given: nested texts, or with ``is_json`` the arguments themselves."""

    values: dict[str, Any] = field(default_factory=dict)
    is_json: bool = False

    @classmethod
    def parse(cls, words: Sequence[str], json_text: str | None) -> Given:
        """The ``key=value`` words, or the text behind ``--json``; :class:`QapiError` if neither.

        A word is one item whatever is in it: a comma is nothing special.  The word ``-`` stands
        for what standard input has, ``@FILE`` for what is in a file: a JSON object, or a word in
        each line.  With ``--json`` they stand for a JSON object.
        """
        if json_text is not None:
            if words:
                raise QapiError("arguments are key=value words or --json, not both")
            text = text_of(json_text) if is_elsewhere(json_text) else json_text
            return cls(_json_object(text, json_text), is_json=True)
        found: list[str] = []
        for word in words:
            if not is_elsewhere(word):
                if "=" not in word:
                    raise QapiError(f"expected key=value, got {cut(word)!a}")
                found.append(word)
                continue
            text = text_of(word)
            if text.lstrip().startswith("{"):
                if len(words) > 1:
                    raise QapiError(f"{cut(word)} has all arguments, as JSON: no other word fits")
                return cls(_json_object(text, word), is_json=True)
            found += _lines(text, word)
        try:
            return cls(cast("dict[str, Any]", parse_keyval(",".join(map(_doubled, found)))))
        except HelpRequested as error:  # pragma: no cover - a word with = asks for none
            raise QapiError(error.desc) from None

    def refused(self, error: VisitError) -> QapiError:
        """The error as it is told: items of arrays as they were written."""
        if self.is_json or not error.path:
            return error
        path = _INDEX.sub(r".\1", error.path)
        return QapiError(f"{path}: {error.problem}")


def _doubled(word: str) -> str:
    return word.replace(",", ",,")


def _lines(text: str, word: str) -> list[str]:
    """The words in the lines of a text, which no message shows."""
    lines = text.splitlines()
    for number, line in enumerate(lines, 1):
        if line.strip() and "=" not in line:
            raise QapiError(f"{cut(word)}, line {number}: expected key=value, or a JSON object")
    return [line for line in lines if line.strip()]


def _json_object(text: str, word: str) -> dict[str, Any]:
    place = cut(word) if is_elsewhere(word) else "--json"
    try:
        value = loads(text)
    except JsonError as error:
        raise QapiError(f"{place}: {error.desc}") from None
    if not isinstance(value, dict):
        shown = "a string" if isinstance(value, str) else describe(value)
        raise QapiError(f"{place}: expected an object, got {shown}")
    return value


class _WordReader(TextArgumentReader):
    """Reads nested texts; what has no type in the schema is read as a property."""

    def __init__(self, rows: object, read_property: ReadProperty) -> None:
        super().__init__(rows)
        self._read_property = read_property

    def unnamed(self, name: str, value: object) -> object:
        return self._read_property(name, cast("Keyval", value))

    def any(self, value: object) -> object:
        if isinstance(value, dict):
            return {name: self.unnamed(name, each) for name, each in value.items()}
        return self.unnamed("value", value)  # which is what qom-set calls it


def unchecked(given: Given) -> dict[str, object]:
    """The arguments where no schema tells about them.

    Texts that are JSON stand for what they say, all others for themselves: ``5``, ``true`` and
    ``null`` are no strings, ``on`` and ``0x10`` are.
    """
    if given.is_json:
        return given.values
    return {name: guess(value) for name, value in given.values.items()}


def by_shipped_schema(command: str, given: Given) -> dict[str, object] | None:
    """The arguments of a command of the shipped schema, None for another command.

    Raises :class:`QapiError` for arguments that it does not take.
    """
    from qapi_migration.commands import SPECS

    if command not in SPECS:
        return None
    try:
        return _typed(SPECS[command], given)
    except VisitError as error:
        raise given.refused(error) from None


def _typed(spec: CommandSpec, given: Given) -> dict[str, object]:
    visit = spec.visit_arguments
    if visit is None:
        for name in given.values:
            raise unexpected(name, ())
        return {}
    if given.is_json:
        from_wire(visit, given.values)
        return given.values
    return cast("dict[str, object]", to_wire(visit, visit(KeyvalInput(given.values), "", None)))


def by_introspection(
    rows: object, command: str, given: Given, read_property: ReadProperty = guessed
) -> dict[str, object] | None:
    """The same by what a server answers to query-qmp-schema.

    ``read_property`` reads what has no type there.
    """
    reader = ArgumentReader(rows) if given.is_json else _WordReader(rows, read_property)
    if command not in reader.commands():
        return None
    try:
        return reader.read(command, given.values)
    except VisitError as error:
        raise given.refused(error) from None


def read_schema(path: str, read: Callable[[str], str]) -> Schema:
    """The schema in a file; :class:`Trouble` for one that is wrong.  ``read`` reads files."""
    from ..compiler.diagnostics import render_text
    from ..compiler.pipeline import analyze

    analysis = analyze(path, read)
    if analysis.schema is None:
        errors = [each for each in analysis.diagnostics if each.severity == "error"]
        raise Trouble(render_text(errors[:1]).rstrip("\n"))
    return analysis.schema


def by_schema(
    schema: Schema, command: str, given: Given, read_property: ReadProperty = guessed
) -> dict[str, object]:
    """The arguments of a command of a schema; :class:`QapiError` also if it has no such command.

    ``read_property`` reads what has no type there.
    """
    from .call_schema import declared_types

    found = next((each for each in schema.commands if each.name == command), None)
    if found is not None and not found.gen and command not in OPEN_COMMANDS:
        return unchecked(given)
    arguments = by_introspection(declared_types(schema), command, given, read_property)
    if arguments is None:
        near = did_you_mean(command, [each.name for each in schema.commands])
        raise QapiError(f"there is no command {cut(command)!a}{near}")
    return arguments
