"""The language of the tables: a case is bytes that are sent, and what comes back for them.

In: nothing.  Out: :class:`Case`, :class:`Answer` and short names to write them with.
Must not know: sockets, servers.

A table says the class of an error, the id, the number and the order of answers; the text of an
error is free.  Bytes are given as a client sends them, after the mode has been reached.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

__all__ = [
    "ABSENT",
    "ANYTHING",
    "Answer",
    "Case",
    "Mode",
    "ask",
    "case",
    "command",
    "fails",
    "grown",
    "not_found",
    "probe",
    "returns",
]


class Mode(Enum):
    """How far a connection is when the bytes of a case are sent."""

    NEGOTIATION = "negotiation"
    COMMAND = "command"
    OOB = "oob"
    #: A guest agent, which neither greets nor negotiates, and ends its lines with LF alone.
    AGENT = "agent"


class _Mark(Enum):
    ABSENT = "absent"
    ANYTHING = "anything"


#: No id at all, which is something else than null.
ABSENT: Final = _Mark.ABSENT

#: An answer whose value is not looked at.
ANYTHING: Final = _Mark.ANYTHING


@dataclass(frozen=True)
class Answer:
    """One reply: ``kind`` is ``return`` or the class of an error."""

    kind: str
    id: object = ABSENT
    value: object = ANYTHING
    #: It may overtake others, as replies to out-of-band commands do.
    anywhere: bool = False
    #: A byte 0xFF stands before it: how a guest agent shows where to begin to read.
    marked: bool = False


@dataclass(frozen=True)
class Case:
    """A row of a table."""

    name: str
    sends: bytes
    answers: tuple[Answer, ...]
    mode: Mode = Mode.COMMAND
    #: What QEMU 7.2 answers, where that is a known bug of it.
    qemu: tuple[Answer, ...] | None = None
    #: Errors that the control byte of a resynchronising client provokes behind the case.
    resync_errors: int = 1
    #: Events that come as well, in this order.
    events: tuple[str, ...] = ()


def case(
    name: str,
    sends: bytes | str,
    *answers: Answer,
    mode: Mode = Mode.COMMAND,
    qemu: Sequence[Answer] | None = None,
    resync_errors: int = 1,
    events: Sequence[str] = (),
) -> Case:
    """A row; text is sent as UTF-8."""
    data = sends.encode() if isinstance(sends, str) else sends
    known = None if qemu is None else tuple(qemu)
    return Case(name, data, answers, mode, known, resync_errors, tuple(events))


def returns(id: object = ABSENT, value: object = ANYTHING, *, anywhere: bool = False) -> Answer:
    """A success; anything is returned if no value is given."""
    return Answer("return", id, value, anywhere)


def fails(id: object = ABSENT, *, anywhere: bool = False) -> Answer:
    """A GenericError."""
    return Answer("GenericError", id, anywhere=anywhere)


def not_found(id: object = ABSENT, *, anywhere: bool = False) -> Answer:
    """A CommandNotFound."""
    return Answer("CommandNotFound", id, anywhere=anywhere)


def ask(id: str | bytes | None = None) -> bytes:
    """A command that always succeeds, with the id in the words given."""
    return command("query-version", id=id)


def command(
    name: str, arguments: str | bytes | None = None, *, id: str | bytes | None = None
) -> bytes:
    """A command object; arguments and id are inserted as they are."""
    text = b'{"execute":"' + name.encode() + b'"'
    for key, value in ((b"arguments", arguments), (b"id", id)):
        if value is not None:
            text += b',"' + key + b'":' + (value.encode() if isinstance(value, str) else value)
    return text + b"}"


def probe(table: Iterable[Case]) -> list[Case]:
    """Every case with a control byte behind it, and an object that has one answer in every mode.

    The control byte brings back a known state after anything that was sent.
    """
    end = b'\x01{"id":"probe"}'
    return [
        Case(
            f"{each.name}, resynchronised",
            each.sends + end,
            (*each.answers, *[fails()] * each.resync_errors, fails("probe")),
            each.mode,
            (
                None
                if each.qemu is None
                else (*each.qemu, *[fails()] * each.resync_errors, fails("probe"))
            ),
            0,
            each.events,
        )
        for each in table
    ]


def grown(name: str, table: Iterable[tuple[str, int]], pattern: str = "%s\n") -> list[Case]:
    """Rows of one kind: a text, and how many errors without id it gives.

    A question behind it is answered.
    """
    return [
        case(f"{name}: {text}", pattern % text + ask("1").decode(), *[fails()] * count, returns(1))
        for text, count in table
    ]
