"""The client that holds a case against a server: it sends, reads to the end, and judges strictly.

In: a connected socket and a case.  Out: what is wrong with the answers, in words.
Must not know: how the server is made; anything of qapigen.

What a server says is taken apart here by hand, so that nothing is forgiven: every message is one
line of ASCII ended by CR LF, an object with the members it may have and no others.
"""

from __future__ import annotations

import fcntl
import json
import os
import select
import socket
import struct
import sys
import termios
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain, repeat
from random import Random
from time import monotonic
from typing import Any

from tests.runtime.protocol_cases.cases import (
    ABSENT,
    ANYTHING,
    Answer,
    Case,
    Mode,
    command,
    returns,
)

__all__ = ["bytewise", "faults", "in_pieces", "outline", "prelude", "whole"]

#: How long a server may stay silent before it counts as hanging.
PATIENCE_SECONDS = 30.0

_CLASSES = {"GenericError", "CommandNotFound", "DeviceNotActive", "DeviceNotFound", "KVMMissingCap"}

Message = dict[str, Any]


def whole(data: bytes) -> list[bytes]:
    """All at once."""
    return [data]


def bytewise(data: bytes) -> list[bytes]:
    """Each byte for itself."""
    return [data[at : at + 1] for at in range(len(data))]


def in_pieces(data: bytes, random: Random) -> list[bytes]:
    """Cut at a few random places."""
    count = min(len(data), random.randint(1, 6))
    cuts = sorted(random.sample(range(len(data)), count)) if count else []
    return [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True) if a < b]


def prelude(mode: Mode) -> bytes:
    """What brings a new connection into a mode."""
    if mode in (Mode.NEGOTIATION, Mode.AGENT):
        return b""
    arguments = '{"enable":["oob"]}' if mode is Mode.OOB else None
    return command("qmp_capabilities", arguments, id='"start"')


def faults(
    connection: socket.socket,
    case: Case,
    pieces: Sequence[bytes],
    *,
    of_qemu: bool = False,
    close: bool = True,
    patience: float = PATIENCE_SECONDS,
) -> list[str]:
    """Send a case, and what the mode needs before it; complaints about what came back.

    The sending side is closed behind the last byte, and the server has to answer what it got and
    then to close.  With ``close=False``, the last answer expected is waited for instead.
    """
    expected = case.qemu if of_qemu and case.qemu is not None else case.answers
    start = prelude(case.mode)
    if start:
        expected = (returns("start", {}), *expected)
    talk = _Talk(connection, patience)
    try:
        for piece in ([start] if start else []) + list(pieces):
            talk.send(piece)
        # The greeting, all answers, all events; or as many as there are.
        greetings = case.mode is not Mode.AGENT
        talk.finish(None if close else greetings + len(expected) + len(case.events))
    except OSError as error:
        talk.faults.append(f"{type(error).__name__}: {error}")
    return [*talk.faults, *_judged(bytes(talk.received), case, expected)]


def outline(
    connection: socket.socket, data: bytes, *, patience: float = PATIENCE_SECONDS
) -> list[tuple[str, object]]:
    """What a server makes of bytes in command mode: kinds of answers, and their ids.

    ValueError for what no server may say.
    """
    talk = _Talk(connection, patience)
    talk.send(prelude(Mode.COMMAND) + data)
    talk.finish(None)
    messages = [_parsed(line) for line in _lines(bytes(talk.received))]
    return [
        ("return" if "return" in each else each["error"]["class"], each.get("id", ABSENT))
        for each in messages
        if "return" in each or "error" in each
    ]


@dataclass
class _Talk:
    """Both directions of a connection; it reads whenever it cannot write."""

    connection: socket.socket
    patience: float
    received: bytearray = field(default_factory=bytearray)
    faults: list[str] = field(default_factory=list)
    ended: bool = False

    def send(self, data: bytes) -> None:
        """Send, and wait until the server has taken it all: so a cut is a cut."""
        self.connection.setblocking(False)
        limit = monotonic() + self.patience
        while data and not self.ended:
            readable, writable, _ = select.select([self.connection], [self.connection], [], 1)
            if readable:
                self._read()
            if writable and not self.ended:
                data = data[self.connection.send(data) :]
                limit = monotonic() + self.patience
            if monotonic() > limit:
                raise TimeoutError("the server takes no more input")
        # A server that takes long is not asked all the time.
        waits = chain([0.0] * 50, repeat(0.0005))
        while not self.ended and _unread(self.connection):
            if select.select([self.connection], [], [], next(waits))[0]:
                self._read()
            os.sched_yield()
            if monotonic() > limit:
                raise TimeoutError("the server does not read what was sent")

    def finish(self, messages: int | None) -> None:
        """Read on: to the end, or a number of messages."""
        if messages is None and not self.ended:
            self.connection.shutdown(socket.SHUT_WR)
        while not self.ended and (messages is None or self.received.count(b"\n") < messages):
            if not select.select([self.connection], [], [], self.patience)[0]:
                raise TimeoutError("the server says nothing more, and does not close")
            self._read()

    def _read(self) -> None:
        try:
            data = self.connection.recv(1 << 16)
        except BlockingIOError:
            return
        self.received += data
        self.ended = not data


def _unread(connection: socket.socket) -> int:
    """How much of what was sent the peer has not read (a Unix socket can tell)."""
    if connection.family is not socket.AF_UNIX:
        return 0
    answer: bytes = fcntl.ioctl(connection, termios.TIOCOUTQ, bytes(4))
    return int(struct.unpack("i", answer)[0])


def _judged(data: bytes, case: Case, expected: Sequence[Answer]) -> Iterator[str]:
    agent = case.mode is Mode.AGENT
    messages: list[Message] = []
    for line in _lines(data):
        try:
            messages.append(_agents(line) if agent else _parsed(line))
        except ValueError as error:
            yield f"{error}: {line[:200]!r}"
    greetings = [message for message in messages if "QMP" in message]
    if greetings != ([] if agent else messages[:1]) or not (agent or messages):
        yield f"{len(greetings)} greetings; the first message is {messages[:1]}"
    told = [message["event"] for message in messages if "event" in message]
    if told != list(case.events):
        yield f"events: expected {list(case.events)}, got {told}"
    yield from _compared(
        [message for message in messages if "QMP" not in message and "event" not in message],
        expected,
    )


def _lines(data: bytes) -> Iterator[bytes]:
    *lines, rest = data.split(b"\n")
    yield from lines
    if rest:
        yield rest


def _parsed(line: bytes) -> Message:
    """A line as an object; ValueError for what no server may say."""
    if not line.endswith(b"\r") or b"\r" in line[:-1]:
        raise ValueError("no single CR LF at the end")
    if not line.isascii():
        raise ValueError("not ASCII")
    with _deep():
        message = json.loads(line, parse_constant=_no_number, object_pairs_hook=_unique)
    if not isinstance(message, dict):
        raise ValueError("not an object")
    return _checked(message)


def _agents(line: bytes) -> Message:
    """A line of a guest agent; what is marked has the mark as a member."""
    marked = line.startswith(b"\xff")
    if line.endswith(b"\r"):
        raise ValueError("a CR at the end")
    message = _parsed(line.removeprefix(b"\xff") + b"\r")
    return message | {"\xff": True} if marked else message


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is no JSON")


def _unique(pairs: list[tuple[str, Any]]) -> Message:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("a member twice")
    return members


def _checked(message: Message) -> Message:
    members = set(message)
    if members == {"QMP"}:
        sound = set(message["QMP"]) == {"version", "capabilities"}
    elif "event" in message:
        sound = {"event", "timestamp"} <= members <= {"event", "timestamp", "data"}
    elif "error" in message:
        error = message["error"]
        sound = members <= {"error", "id"} and set(error) == {"class", "desc"}
        sound = sound and error["class"] in _CLASSES and bool(error["desc"])
    else:
        sound = {"return"} <= members <= {"return", "id"}
    if not sound:
        raise ValueError("no message of the protocol")
    return message


def _compared(messages: list[Message], expected: Sequence[Answer]) -> Iterator[str]:
    rest = list(messages)
    for answer in [each for each in expected if each.anywhere]:
        found = next((each for each in rest if _fits(each, answer)), None)
        if found is None:
            yield f"expected anywhere: {answer}"
        else:
            rest.remove(found)
    ordered = [each for each in expected if not each.anywhere]
    for at, (message, answer) in enumerate(zip(rest, ordered, strict=False)):
        if not _fits(message, answer):
            yield f"answer {at + 1}: expected {_short(answer)}, got {_short(message)}"
    if len(rest) != len(ordered):
        got = [_short(message) for message in rest[:8]]
        yield f"expected {len(ordered)} answers, got {len(rest)}: {got}"


def _short(value: object) -> str:
    with _deep():
        text = str(value)
    return text if len(text) < 300 else f"{text[:200]}...{text[-50:]}"


def _fits(message: Message, answer: Answer) -> bool:
    kind = "return" if "return" in message else message["error"]["class"]
    if kind != answer.kind or ("\xff" in message) is not answer.marked:
        return False
    with _deep():
        if not _same(message.get("id", ABSENT), answer.id):
            return False
        return answer.value is ANYTHING or _same(message.get("return"), answer.value)


def _same(a: object, b: object) -> bool:
    """Equal as JSON: by value, numbers as QEMU keeps them, truth values no numbers.

    Without recursion: in Python 3.12 a thousand levels need more than C may use.
    """
    pairs = [(a, b)]
    while pairs:
        a, b = pairs.pop()
        if isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
            pairs += zip(a, b, strict=True)
        elif isinstance(a, dict) and isinstance(b, dict) and a.keys() == b.keys():
            pairs += ((a[key], b[key]) for key in a)
        elif not _same_scalar(a, b):
            return False
    return True


def _same_scalar(a: object, b: object) -> bool:
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    if isinstance(a, int | float) and isinstance(b, int | float):
        return _number(a) == _number(b)
    if isinstance(a, list | dict):
        return False
    return type(a) is type(b) and a == b


def _number(value: float) -> float:
    return value if -(2**63) <= value < 2**64 else float(value)


@contextmanager
def _deep() -> Iterator[None]:
    """Room for an id of a thousand levels."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, 20_000))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)
