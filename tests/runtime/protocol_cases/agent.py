"""The dialect of the guest agent: nobody greets, lines end with LF, replies can be marked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from tests.runtime.protocol_cases import framing, lexing, limits, parsing, strings
from tests.runtime.protocol_cases.cases import (
    Answer,
    Case,
    Mode,
    case,
    command,
    fails,
    not_found,
    returns,
)

__all__ = ["CASES"]


def _agent(name: str, sends: bytes | str, *answers: Answer) -> Case:
    return case(name, sends, *answers, mode=Mode.AGENT)


def _as_agent(table: Iterable[Case]) -> list[Case]:
    """The same cases, put to an agent."""
    return [
        replace(
            each,
            sends=each.sends.replace(b"query-version", b"guest-ping").replace(
                rb"query\u002dversion", rb"guest\u002dping"
            ),
            mode=Mode.AGENT,
        )
        for each in table
    ]


_PING = command("guest-ping")


def _ping(id: str) -> bytes:
    return command("guest-ping", id=id)


def _sync(value: str, *, name: str = "guest-sync", id: str | None = None) -> bytes:
    return command(name, f'{{"id":{value}}}', id=id)


def _delimited(value: str, *, id: str | None = None) -> bytes:
    return _sync(value, name="guest-sync-delimited", id=id)


def _marked(id: object, value: object) -> Answer:
    return replace(returns(id, value), marked=True)


_WRONG = (
    "1.0",
    "1e3",
    "null",
    "true",
    '"1"',
    "[]",
    "{}",
    "18446744073709551615",
    "9223372036854775808",
    "1e400",
)

_OWN = [
    _agent("nothing", b""),
    _agent("ping", _PING, returns(value={})),
    _agent("ping with an id", _ping("[1]"), returns([1], {})),
    _agent("pings", _ping("1") + b"\n" + _ping("2"), returns(1), returns(2)),
    _agent("there is no negotiation", command("qmp_capabilities", id="1"), not_found(1)),
    _agent("unknown", command("query-version", id="1"), not_found(1)),
    _agent("there is no oob", b'{"exec-oob":"guest-ping","id":1}', fails(1)),
    _agent("control is unexpected", b'{"execute":"guest-ping","control":{},"id":1}', fails(1)),
    _agent("no command", b'{"id":1}', fails(1)),
    _agent("sync", _sync("7") + _sync("-7", id="1"), returns(value=7), returns(1, -7)),
    _agent("greatest", _sync("9223372036854775807"), returns(value=9223372036854775807)),
    _agent("least", _sync("-9223372036854775808"), returns(value=-9223372036854775808)),
    *[_agent(f"sync with {text}", _sync(text, id="1"), fails(1)) for text in _WRONG],
    _agent("sync with nothing", command("guest-sync", id="1"), fails(1)),
    _agent("delimited", _delimited("7", id="1"), _marked(1, 7)),
    _agent("delimited twice", _delimited("7") * 2, *[replace(returns(value=7), marked=True)] * 2),
    _agent(
        "others are not marked",
        _ping("1") + _delimited("7") + _ping("2"),
        returns(1),
        replace(returns(value=7), marked=True),
        returns(2),
    ),
    *[
        _agent(
            f"delimited with {text}", _delimited(text, id="1") + _ping("2"), fails(1), returns(2)
        )
        for text in _WRONG
    ],
    _agent(
        "delimited with nothing",
        command("guest-sync-delimited", id="1") + _ping("2"),
        fails(1),
        returns(2),
    ),
    _agent(
        "delimited with more", command("guest-sync-delimited", '{"id":1,"a":1}', id="1"), fails(1)
    ),
    _agent(
        "as a client begins",
        b"\xff" + _delimited("7"),
        fails(),
        replace(returns(value=7), marked=True),
    ),
    _agent(
        "behind what is left of another",
        b'{"execute":"guest-\xff' + _delimited("7"),
        fails(),
        replace(returns(value=7), marked=True),
    ),
    _agent(
        "behind an open object",
        b'{"execute":[\xff' + _delimited("7"),
        fails(),
        replace(returns(value=7), marked=True),
    ),
]

CASES = [
    *_OWN,
    *_as_agent(framing.CASES),
    *_as_agent(lexing.CASES),
    *_as_agent(strings.CASES),
    *_as_agent(parsing.CASES),
    *_as_agent(limits.CASES),
]
