"""A connection with out-of-band execution; no command that permits it is needed for these."""

from __future__ import annotations

from tests.runtime.protocol_cases.cases import (
    Answer,
    Case,
    Mode,
    ask,
    case,
    command,
    fails,
    not_found,
    returns,
)

__all__ = ["CASES"]


def _oob(name: str, sends: bytes | str, *answers: Answer) -> Case:
    return case(name, sends, *answers, mode=Mode.OOB)


def _urgent(name: str, rest: str = "", id: str = "1") -> bytes:
    return (f'{{"exec-oob":"{name}"{rest},"id":{id}}}').encode()


_SOON = fails(1, anywhere=True)

CASES = [
    _oob("in band as ever", ask("1") + ask("2"), returns(1), returns(2)),
    _oob("no ids", ask() * 3, returns(), returns(), returns()),
    _oob("many in band", b"".join(ask(str(i)) for i in range(60)), *map(returns, range(60))),
    _oob("a command that does not permit it", _urgent("query-version"), _SOON),
    _oob("without id", b'{"exec-oob":"query-version"}', fails()),
    _oob("an unknown command", _urgent("nope"), not_found(1, anywhere=True)),
    _oob("no name", _urgent(""), not_found(1, anywhere=True)),
    _oob("the negotiation", _urgent("qmp_capabilities"), _SOON),
    _oob(
        "both members", b'{"exec-oob":"query-version","execute":"query-version","id":1}', fails(1)
    ),
    _oob("both members, one bad", b'{"exec-oob":1,"execute":"query-version","id":1}', fails(1)),
    _oob("no string", b'{"exec-oob":1,"id":1}', _SOON),
    _oob("null", b'{"exec-oob":null,"id":1}', _SOON),
    _oob("arguments are a list", _urgent("query-version", ',"arguments":[]'), _SOON),
    _oob("arguments nobody looks at", _urgent("query-version", ',"arguments":{"a":1}'), _SOON),
    _oob("a wrong member", _urgent("query-version", ',"a":1'), _SOON),
    _oob(
        "control is a wrong member",
        b'{"execute":"stop","control":{"run-oob":true},"id":1}',
        fails(1),
    ),
    _oob("no command", b'{"id":1}', fails(1)),
    _oob("unknown in band", command("nope", id="1") + ask("2"), not_found(1), returns(2)),
    _oob(
        "errors keep their place",
        ask("1") + b"{,}" + ask("2") + b"#\n" + ask("3"),
        returns(1),
        fails(),
        returns(2),
        fails(),
        returns(3),
    ),
    _oob(
        "no objects keep their place",
        ask("1") + b"[]7 " + ask("2"),
        returns(1),
        fails(),
        fails(),
        returns(2),
    ),
    _oob(
        "one between", ask("0") + _urgent("query-version") + ask("2"), returns(0), _SOON, returns(2)
    ),
    _oob(
        "one behind many",
        b"".join(ask(str(i)) for i in range(2, 8)) + _urgent("query-version"),
        *map(returns, range(2, 8)),
        _SOON,
    ),
    _oob("negotiated again", command("qmp_capabilities", id="1"), not_found(1)),
    _oob(
        "negotiated again with oob",
        command("qmp_capabilities", '{"enable":["oob"]}', id="1"),
        not_found(1),
    ),
    case("events", b"", mode=Mode.OOB),
    case(
        "cont and stop",
        command("cont", id="1") + command("stop", id="2"),
        returns(1),
        returns(2),
        mode=Mode.OOB,
        events=("RESUME", "STOP"),
    ),
]
