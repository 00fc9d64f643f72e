"""The command object: its members, the order of the checks, ids, negotiation, events."""

from __future__ import annotations

from collections.abc import Iterator

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

#: Values of every kind, in JSON's words.
_VALUES = ("null", "true", "false", "0", "-1", "1.5", '""', '"x"', "[]", "[1]", "{}", '{"a":1}')

_NO_STRINGS = ("null", "true", "false", "0", "-1", "1.5", "[]", '["stop"]', "{}", '{"a":"stop"}')
_NO_OBJECTS = ("null", "true", "false", "0", "-1", "1.5", '""', '"x"', "[]", "[{}]")

_WRONG_MEMBERS = (
    *("a", "", "Execute", "EXECUTE", "execute ", " execute", "ID", "Id", "id ", "argument"),
    *("args", "Arguments", "return", "error", "event", "QMP", "control", "exec-oob", "exec_oob"),
    *("__com.example_x", "x-id", "jsonrpc", "method", "params", "timestamp", "0"),
)

#: Names that no command has.
_UNKNOWN = (
    *("nope", "", " ", "query-version ", " query-version", "Query-Version", "QUERY-VERSION"),
    *("query_version", "query-versio", "query-versions", "qmp-capabilities", "QMP", "null"),
    *("execute", "migrate_set_downtime", "query-events", "x" * 300, "\u00e9", "%s", "a.b", "a/b"),
)

_EMPTY: dict[str, object] = {}


def _ids() -> Iterator[Case]:
    """An id is any value, and comes back with every answer to its object."""
    values: list[tuple[str, object]] = [
        *(("null", None), ("true", True), ("false", False), ("0", 0), ("-7", -7), ("2.0", 2)),
        *(("2.5", 2.5), ('""', ""), ('"x"', "x"), ("[]", []), ("{}", _EMPTY)),
        *(('[1,"a",null,true,{"b":[]}]', [1, "a", None, True, {"b": []}]), ("[[[]]]", [[[]]])),
        *(('{"b":1,"a":{"c":[null]}}', {"b": 1, "a": {"c": [None]}}), ('"1"', "1"), ("1", 1)),
        *(('"__qmp#00000"', "__qmp#00000"), ('"libvirt-1"', "libvirt-1")),
        *(('{"execute":"stop"}', {"execute": "stop"}), ('{"id":{"id":1}}', {"id": {"id": 1}})),
    ]
    for text, value in values:
        yield case(f"id {text}", ask(text), returns(value))
        yield case(f"id {text}, unknown command", command("nope", id=text), not_found(value))
        yield case(f"id {text}, no command", f'{{"id":{text}}}', fails(value))
        yield case(f"id {text}, bad arguments", command("stop", "[]", id=text), fails(value))
        yield case(
            f"id {text}, unknown argument",
            command("query-version", '{"a":1}', id=text),
            fails(value),
        )


def _shapes() -> Iterator[Case]:
    """Members and their types."""
    for text in _VALUES:
        if not text.startswith("{"):
            yield case(f"{text} at the top", f"{text}\n", fails())
    for text in _NO_STRINGS:
        yield case(f"execute is {text}", f'{{"execute":{text},"id":1}}', fails(1))
    for text in _NO_OBJECTS:
        yield case(f"arguments are {text}", command("query-version", text, id="1"), fails(1))
        yield case(
            f"arguments are {text}, unknown command", command("nope", text, id="1"), fails(1)
        )
    for name in _WRONG_MEMBERS:
        sends = f'{{"execute":"query-version","{name}":{{}},"id":1}}'
        yield case(f"member {name!r}", sends, fails(1))
    for name in _UNKNOWN:
        yield case(f"command {name[:20]!r}", command(name, id="1"), not_found(1))
    yield case("U+0000 alone", r'{"execute":"\u0000","id":1}', not_found(1))
    yield case("U+0000 at the end", r'{"execute":"query-version\u0000","id":1}', not_found(1))


_MEMBERS = [
    case("empty arguments", command("query-version", "{}", id="1"), returns(1)),
    case("an unknown argument", command("query-version", '{"a":1}', id="1"), fails(1)),
    case("an argument without a name", command("query-version", '{"":1}', id="1"), fails(1)),
    case("an unknown argument that is null", command("stop", '{"a":null}', id="1"), fails(1)),
    case("unknown arguments of the unknown", command("nope", '{"a":1}', id="1"), not_found(1)),
    case("empty object", b"{}", fails()),
    case("empty object with an id", b'{"id":1}', fails(1)),
    case("arguments without a command", b'{"arguments":{},"id":1}', fails(1)),
    case("id first", b'{"id":1,"execute":"query-version"}', returns(1)),
    case("execute last", b'{"id":1,"arguments":{},"execute":"query-version"}', returns(1)),
    case("two wrong members", b'{"execute":"query-version","a":1,"b":2,"id":1}', fails(1)),
    case("a wrong member and no command", b'{"a":1,"id":1}', fails(1)),
    case("a wrong member, unknown command", b'{"execute":"nope","a":1,"id":1}', fails(1)),
    case("a wrong member alone", b'{"a":1}', fails()),
    case("a reply sent to the server", b'{"return":{},"id":1}', fails(1)),
    case("an event sent to the server", b'{"event":"STOP","id":1}', fails(1)),
    case("a greeting sent to the server", b'{"QMP":{}}', fails()),
    case("JSON-RPC", b'{"jsonrpc":"2.0","method":"stop","id":1}', fails(1)),
    case(
        "the control member of old",
        b'{"execute":"stop","control":{"run-oob":true},"id":1}',
        fails(1),
    ),
    case("exec-oob while it is off", b'{"exec-oob":"query-version","id":1}', fails(1)),
    case("exec-oob with nothing, off", b'{"exec-oob":null}', fails()),
    case("exec-oob and execute, off", b'{"exec-oob":"stop","execute":"stop","id":1}', fails(1)),
    case("one id twice", ask('"x"') * 2, returns("x"), returns("x")),
    case(
        "ids of different kinds",
        ask("1") + ask('"1"') + ask("true") + ask("null"),
        *map(returns, (1, "1", True, None)),
    ),
    case("version", ask("1") + command("query-version", "{}"), returns(1), returns()),
    case("commands", command("query-commands", id="1"), returns(1)),
    case("introspection", command("query-qmp-schema", id="1"), returns(1)),
    case("the state", command("query-status", id="1"), returns(1)),
    case(
        "a long run",
        command("query-qmp-schema", id="1") + ask("2") * 50,
        returns(1),
        *[returns(2)] * 50,
    ),
]


def _enable(text: str, *, id: str | None = "1") -> bytes:
    return command("qmp_capabilities", f'{{"enable":{text}}}', id=id)


def _refused() -> Iterator[Case]:
    """Requests that the negotiation refuses, after which it is open as before."""
    requests: list[tuple[str, Answer]] = [
        ('["nope"]', fails(1)),
        ('["oob","nope"]', fails(1)),
        ('["nope","oob"]', fails(1)),
        ('["OOB"]', fails(1)),
        ('[""]', fails(1)),
        ("[null]", fails(1)),
        ("[1]", fails(1)),
        ("[true]", fails(1)),
        ("[[]]", fails(1)),
        ('[["oob"]]', fails(1)),
        ("[{}]", fails(1)),
        ("null", fails(1)),
        ("{}", fails(1)),
        ('"oob"', fails(1)),
        ('""', fails(1)),
        ("0", fails(1)),
        ("true", fails(1)),
    ]
    for text, answer in requests:
        sends = _enable(text)
        yield case(
            f"enable {text}",
            sends + ask("2") + command("qmp_capabilities", id="3") + ask("4"),
            *(answer, not_found(2), returns(3, {}), returns(4)),
            mode=Mode.NEGOTIATION,
        )
        yield case(f"enable {text}, too late", sends + ask("2"), fails(1), returns(2))


def _greeted(name: str, sends: bytes | str, *answers: Answer) -> Case:
    return case(name, sends, *answers, mode=Mode.NEGOTIATION)


_NEGOTIATE = command("qmp_capabilities", id='"n"')
_EARLY = [
    _greeted("only the greeting", b""),
    _greeted("blanks", b" \r\n\t\n"),
    _greeted("a command", ask("1"), not_found(1)),
    _greeted("a command without id", ask(), not_found()),
    _greeted("early commands", ask("1") + ask("2"), not_found(1), not_found(2)),
    _greeted("early and unknown", command("nope", id="1"), not_found(1)),
    _greeted("no name", command("", id="1"), not_found(1)),
    _greeted("arguments nobody looks at", command("stop", '{"a":1}', id="1"), not_found(1)),
    _greeted("arguments that are none", command("stop", "[]", id="1"), fails(1)),
    _greeted("a wrong member", b'{"execute":"stop","a":1,"id":1}', fails(1)),
    _greeted("no command", b'{"id":1}', fails(1)),
    _greeted("a name that is none", b'{"execute":1,"id":1}', fails(1)),
    _greeted("exec-oob", b'{"exec-oob":"query-version","id":1}', fails(1)),
    _greeted("exec-oob of the negotiation", b'{"exec-oob":"qmp_capabilities","id":1}', fails(1)),
    _greeted("no object", b"[]7 ", fails(), fails()),
    _greeted("no JSON", b"#\n", fails()),
    _greeted("a wrong text", b"{,}", fails()),
    _greeted("half a command", ask("1")[:-1]),
    _greeted("wrong case", command("QMP_Capabilities", id="1"), not_found(1)),
    _greeted("wrong spelling", command("qmp-capabilities", id="1"), not_found(1)),
    _greeted("negotiation", _NEGOTIATE, returns("n", {})),
    _greeted("negotiation without id", command("qmp_capabilities"), returns(value={})),
    _greeted(
        "negotiation with empty arguments",
        command("qmp_capabilities", "{}", id="1"),
        returns(1, {}),
    ),
    _greeted("nothing enabled", _enable("[]"), returns(1, {})),
    _greeted("oob enabled", _enable('["oob"]'), returns(1, {})),
    _greeted("oob enabled twice", _enable('["oob","oob"]'), returns(1, {})),
    _greeted(
        "negotiation with an unknown argument",
        command("qmp_capabilities", '{"a":1}', id="1") + ask("2"),
        fails(1),
        not_found(2),
    ),
    _greeted(
        "an unknown one beside",
        command("qmp_capabilities", '{"enable":[],"a":1}', id="1") + ask("2"),
        fails(1),
        not_found(2),
    ),
    _greeted(
        "arguments that are a list",
        command("qmp_capabilities", "[]", id="1") + ask("2"),
        fails(1),
        not_found(2),
    ),
    _greeted("a command behind it", _NEGOTIATE + ask("1"), returns("n"), returns(1)),
    _greeted(
        "a command before it",
        ask("1") + _NEGOTIATE + ask("2"),
        not_found(1),
        returns("n"),
        returns(2),
    ),
    _greeted(
        "errors before it",
        b"#\n{,}" + _NEGOTIATE + ask("2"),
        fails(),
        fails(),
        returns("n"),
        returns(2),
    ),
    _greeted("twice", _NEGOTIATE * 2 + ask("1"), returns("n"), not_found("n"), returns(1)),
    _greeted(
        "as qemu.qmp does",
        b'{"execute":"qmp_capabilities","arguments":{"enable":["oob"]}}',
        returns(value={}),
    ),
    _greeted(
        "oob is on from the next command",
        _enable('["oob"]') + b'{"exec-oob":"query-version","id":2}',
        returns(1),
        fails(2),
    ),
    _greeted(
        "oob stays off",
        _enable("[]") + b'{"exec-oob":"query-version","id":2}',
        returns(1),
        fails(2),
    ),
    case("again", _NEGOTIATE, not_found("n")),
    case("again, with nothing", _enable("[]"), not_found(1)),
    case(
        "again, with oob",
        _enable('["oob"]') + b'{"exec-oob":"query-version","id":2}',
        not_found(1),
        fails(2),
    ),
    case(
        "again, with an unknown argument", command("qmp_capabilities", '{"a":1}', id="1"), fails(1)
    ),
    case("again, arguments that are a list", command("qmp_capabilities", "[]", id="1"), fails(1)),
]

#: Events come before the reply to what caused them.
_EVENTS = [
    case(
        "cont and stop",
        command("cont", id="1") + command("stop", id="2"),
        returns(1, {}),
        returns(2, {}),
        events=("RESUME", "STOP"),
    ),
    case("stop without need", command("stop", id="1"), returns(1, {})),
    case(
        "cont twice",
        command("cont", id="1") * 2 + command("stop"),
        returns(1),
        returns(1),
        returns(),
        events=("RESUME", "STOP"),
    ),
    case("a refused stop", command("stop", '{"a":1}', id="1"), fails(1)),
    case(
        "an early cont",
        command("cont", id="1") + _NEGOTIATE + command("stop", id="2"),
        not_found(1),
        returns("n"),
        returns(2),
        mode=Mode.NEGOTIATION,
    ),
    case(
        "the state follows",
        command("cont")
        + command("query-status", id="1")
        + command("stop")
        + command("query-status", id="2"),
        returns(),
        returns(1),
        returns(),
        returns(2),
        events=("RESUME", "STOP"),
    ),
]

CASES = [*_ids(), *_shapes(), *_MEMBERS, *_refused(), *_EARLY, *_EVENTS]
