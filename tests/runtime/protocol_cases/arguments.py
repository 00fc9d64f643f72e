"""Arguments to typed values: what is taken, what is refused, and with which class.

The commands are those of ``served.json``.  None of the cases leaves anything behind.
"""

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

__all__ = ["CASES", "COMPAT", "OOB", "POLICY"]

_TAKEN = returns(1, {})
_REFUSED = fails(1)

#: The arguments were taken, and what they name is not there.
_LOST = Answer("DeviceNotFound", 1)


#: The answer to query-yank: the monitor itself.
_YANKABLE = [{"type": "chardev", "id": "qmp"}]


def _rows(name: str, pattern: str, texts: tuple[str, ...], answer: Answer) -> Iterator[Case]:
    """A command with one text after the other put into its arguments."""
    for text in texts:
        yield case(f"{name} {pattern % text}"[:160], command(name, pattern % text, id="1"), answer)


_NO_STRING = ("null", "true", "0", "1", "-1", "1.5", "[]", '["a"]', "{}", '{"a":"b"}')
_NO_BOOL = ("null", "0", "1", '"on"', '"true"', '""', "1.0", "[]", "[true]", "{}")
_NO_INTEGER = ("null", "true", '"1"', '""', '"64M"', '"0x10"', "[]", "[1]", "{}", '{"a":1}')
_NO_LIST = ("null", "true", "1", '""', '"a"', "{}", '{"0":1}')
_NO_OBJECT = ("null", "true", "1", '""', '"a"', "[]", "[{}]")
_FLOATS = ("1.0", "0.0", "-0.0", "1e3", "1E0", "1.5", "1e-3", "1e400")
_ABOVE_64 = ("18446744073709551616", "99999999999999999999999", "-9223372036854775809")
_UNSIGNED_64 = ("9223372036854775808", "18446744073709551615")

_ANNOUNCE = '{"initial":50,"max":550,"rounds":%s,"step":50}'


def _builtin() -> Iterator[Case]:
    yield from _rows("device_del", '{"id":%s}', ('"x"', '" "', r'"\u0000"', '"\u00e9"'), _LOST)
    yield from _rows("device_del", '{"id":%s}', _NO_STRING, _REFUSED)
    yield from _rows("set_link", '{"name":"x","up":%s}', ("true", "false"), _LOST)
    yield from _rows("set_link", '{"name":"x","up":%s}', _NO_BOOL, _REFUSED)
    yield from _rows("announce-self", _ANNOUNCE, ("1", "2", "10"), _TAKEN)
    yield from _rows("announce-self", _ANNOUNCE, _NO_INTEGER + _FLOATS, _REFUSED)
    yield from _rows("announce-self", _ANNOUNCE, _UNSIGNED_64 + _ABOVE_64, _REFUSED)
    balloon = '{"value":%s}'
    inactive = Answer("DeviceNotActive", 1)
    yield from _rows("balloon", balloon, ("1", "1048576", "9223372036854775807"), inactive)
    yield from _rows("balloon", balloon, _FLOATS + _NO_INTEGER + _UNSIGNED_64, _REFUSED)
    delay = '{"x-checkpoint-delay":%s}'
    yield from _rows("migrate-set-parameters", delay, ("0", "200", "4294967295", "-0"), _TAKEN)
    beyond = ("4294967296", "-1", "-4294967296", "9223372036854775807", "-9223372036854775808")
    yield from _rows("migrate-set-parameters", delay, beyond + _UNSIGNED_64, _REFUSED)
    yield from _rows("migrate-set-parameters", delay, _FLOATS + _NO_INTEGER, _REFUSED)
    throttle = '{"cpu-throttle-initial":%s}'
    yield from _rows("migrate-set-parameters", throttle, ("20", "1", "99"), _TAKEN)
    large = ("256", "-1", "-256", "1000", "9223372036854775807", *_UNSIGNED_64, *_ABOVE_64)
    yield from _rows("migrate-set-parameters", throttle, large, _REFUSED)
    yield from _rows("migrate-set-parameters", throttle, _FLOATS + _NO_INTEGER, _REFUSED)
    bandwidth = '{"max-bandwidth":%s}'
    yield from _rows("migrate-set-parameters", bandwidth, ("1", "134217728", "0"), _TAKEN)
    # a negative size is itself modulo 2^64
    yield from _rows("migrate-set-parameters", bandwidth, ("-1", "-9223372036854775808"), _TAKEN)
    yield from _rows("migrate-set-parameters", bandwidth, ("18446744073709551615",), _TAKEN)
    yield from _rows("migrate-set-parameters", bandwidth, _FLOATS + _NO_INTEGER, _REFUSED)
    yield from _rows("migrate-set-parameters", bandwidth, _ABOVE_64, _REFUSED)
    limit = '{"downtime-limit":%s}'
    yield from _rows("migrate-set-parameters", limit, ("300", "0", "2000000"), _TAKEN)
    yield from _rows("migrate-set-parameters", limit, _ABOVE_64 + _FLOATS + _NO_INTEGER, _REFUSED)
    slow = '{"cpu-throttle-tailslow":%s}'
    yield from _rows("migrate-set-parameters", slow, ("true", "false"), _TAKEN)
    yield from _rows("migrate-set-parameters", slow, _NO_BOOL, _REFUSED)


def _any() -> Iterator[Case]:
    pattern = '{"path":"/nowhere","property":"p","value":%s}'
    texts = ("null", "true", "1", "1.5", '""', "[]", "{}", '{"a":[1,{"b":null}]}', "1e3")
    yield from _rows("qom-set", pattern, texts, _LOST)
    yield case(
        "any, absent", command("qom-set", '{"path":"/nowhere","property":"p"}', id="1"), _REFUSED
    )
    yield from _rows("qom-get", '{"path":%s,"property":"p"}', ('"/nowhere"',), _LOST)


def _enums() -> Iterator[Case]:
    pattern = '{"multifd-compression":%s}'
    yield from _rows("migrate-set-parameters", pattern, ('"none"', '"zlib"'), _TAKEN)
    wrong = ('"None"', '"NONE"', '""', '"non"', '"none "', '"0"', '"nope"', r'"none\u0000"')
    yield from _rows("migrate-set-parameters", pattern, wrong + _NO_STRING, _REFUSED)


def _lists() -> Iterator[Case]:
    pattern = '{"capabilities":%s}'
    on = '{"capability":"events","state":true}'
    off = '{"capability":"events","state":false}'
    name = "migrate-set-capabilities"
    yield from _rows(name, pattern, (f"[{off}]", f"[{on},{off}]", f"[{off},{off}]"), _TAKEN)
    yield from _rows(name, pattern, _NO_LIST, _REFUSED)
    wrong = (
        *("[null]", "[1]", '["events"]', "[[]]", "[{}]", f"[[{off}]]", f"[{off},null]"),
        *('[{"capability":"events"}]', '[{"state":true}]', f"[{off},{{}}]"),
        *('[{"capability":"nope","state":true}]', '[{"capability":1,"state":true}]'),
        *('[{"capability":"events","state":1}]', '[{"capability":"events","state":null}]'),
        *('[{"capability":"events","state":true,"a":1}]', '[{"capability":null,"state":true}]'),
        *('[{"Capability":"events","state":true}]', '[{"capability":"Events","state":true}]'),
        *(f'[{off},{{"capability":"nope","state":true}}]', f'[{on},{{"capability":"events"}}]'),
    )
    yield from _rows(name, pattern, wrong, _REFUSED)
    faces = '{"initial":50,"max":550,"rounds":1,"step":50,"interfaces":%s}'
    yield from _rows("announce-self", faces, ('["none"]', '["a","b","a"]'), _TAKEN)
    yield from _rows("announce-self", faces, (*_NO_LIST, "[1]", "[null]", '["a",1]'), _REFUSED)


def _members() -> Iterator[Case]:
    whole = {"initial": 50, "max": 550, "rounds": 1, "step": 50}
    for missing in whole:
        rest = ",".join(f'"{key}":{value}' for key, value in whole.items() if key != missing)
        yield case(f"{missing} missing", command("announce-self", f"{{{rest}}}", id="1"), _REFUSED)
        yield case(
            f"{missing} null",
            command("announce-self", f'{{{rest},"{missing}":null}}', id="1"),
            _REFUSED,
        )
    for extra in ("a", "", "Initial", "initial ", "id2", "execute", "__com.example_x"):
        text = _ANNOUNCE % 1
        yield case(
            f"{extra!r} beside",
            command("announce-self", f'{text[:-1]},"{extra}":1}}', id="1"),
            _REFUSED,
        )
    yield case(
        "in another order",
        command("announce-self", '{"step":50,"rounds":1,"max":550,"initial":50}', id="1"),
        _TAKEN,
    )
    yield case("all absent", command("migrate-set-parameters", "{}", id="1"), _TAKEN)
    yield case("no arguments", command("migrate-set-parameters", id="1"), _TAKEN)
    yield case("mandatory ones absent", command("set_link", id="1"), _REFUSED)
    yield case("one of two", command("set_link", '{"name":"x"}', id="1"), _REFUSED)
    yield case("the other", command("set_link", '{"up":true}', id="1"), _REFUSED)
    yield case(
        "an optional one is null",
        command("human-monitor-command", '{"command-line":"","cpu-index":null}', id="1"),
        _REFUSED,
    )
    yield case(
        "a string is returned",
        command("human-monitor-command", '{"command-line":""}', id="1"),
        returns(1, ""),
    )
    yield case("a list is returned", command("query-yank", id="1"), returns(1, _YANKABLE))
    yield case(
        "unknown beside wrong", command("set_link", '{"name":1,"up":true,"a":1}', id="1"), _REFUSED
    )
    yield case(
        "python's spelling",
        command("migrate-set-parameters", '{"max_bandwidth":1}', id="1"),
        _REFUSED,
    )


def _alternates() -> Iterator[Case]:
    pattern = '{"tls-creds":%s}'
    yield from _rows("migrate-set-parameters", pattern, ('""', "null"), _TAKEN)
    wrong = ("true", "0", "1.5", "[]", "{}", '["a"]', "[null]", '{"s":"x"}')
    yield from _rows("migrate-set-parameters", pattern, wrong, _REFUSED)
    pattern = '{"driver":"copy-on-read","node-name":"c7","file":%s}'
    bad = (
        *("null", "true", "1", "1.5", "[]", "{}", '["a"]', '{"driver":"nope"}', '{"driver":1}'),
        *('{"driver":"null-co","size":"1"}', '{"driver":"null-co","a":1}', '{"size":1}', '"nope"'),
        *('{"driver":"null-co","file":"x"}', '{"driver":"copy-on-read"}'),
        '{"driver":"copy-on-read","file":{"driver":"copy-on-read","file":7}}',
    )
    yield from _rows("blockdev-add", pattern, bad, _REFUSED)


def _unions() -> Iterator[Case]:
    add = '{"driver":"null-co","node-name":"n7"%s}'
    gone = command("blockdev-del", '{"node-name":"n7"}', id="2")
    for rest in (
        *("", ',"size":65536', ',"latency-ns":0', ',"read-zeroes":true,"size":0'),
        *(',"cache":{"direct":false}', ',"discard":"unmap"', ',"read-only":true,"size":512'),
        *(',"cache":{"no-flush":true,"direct":false},"discard":"ignore"',),
    ):
        yield case(
            f"null-co {rest}",
            command("blockdev-add", add % rest, id="1") + gone,
            _TAKEN,
            returns(2, {}),
        )
    for rest in (
        *(',"size":"1"', ',"size":1.0', ',"size":null', ',"a":1', ',"file":"x"', ',"bottom":"x"'),
        *(',"cache":null', ',"cache":[]', ',"cache":{"a":1}', ',"cache":{"direct":1}'),
        *(',"discard":"nope"', ',"discard":null', ',"discard":1', ',"read-only":"on"'),
        *(',"cache":{"direct":true,"direct2":true}', ',"latency-ns":-1.0', ',"latency-ns":"0"'),
        *(',"cache":true', ',"size":18446744073709551615', ',"data":{}', ',"":1'),
    ):
        yield case(
            f"null-co {rest}",
            command("blockdev-add", add % rest, id="1") + gone,
            _REFUSED,
            fails(2),
        )
    for text in (
        "{}",
        '{"driver":null}',
        '{"driver":""}',
        '{"driver":"nope"}',
        '{"driver":1}',
        '{"driver":"Null-Co"}',
        '{"node-name":"n7"}',
        '{"driver":["null-co"]}',
        '{"driver":"copy-on-read"}',
        '{"driver":"copy-on-read","size":1}',
    ):
        yield case(f"blockdev-add {text}", command("blockdev-add", text, id="1"), _REFUSED)
    keys = '{"keys":[%s]}'
    good = (
        '{"type":"number","data":30}',
        '{"type":"qcode","data":"a"}',
        '{"data":"a","type":"qcode"},{"type":"number","data":1}',
    )
    yield from _rows("send-key", keys, good, _TAKEN)
    bad = (
        *('{"type":"number"}', '{"data":30}', "{}", '{"type":"nope","data":1}', "null", "1", '"a"'),
        *('{"type":"number","data":"a"}', '{"type":"qcode","data":30}', '{"type":1,"data":1}'),
        *(
            '{"type":"qcode","data":"nope"}',
            '{"type":"number","data":{}}',
            '{"type":"number","data":30,"a":1}',
            '{"type":"number","data":1.0}',
            '{"type":"number","data":null}',
        ),
        *(
            '{"type":null,"data":1}',
            "[]",
            '{"type":"number","data":1},{}',
            '{"type":"","data":""}',
            '{"type":"number","Data":1}',
        ),
    )
    yield from _rows("send-key", keys, bad, _REFUSED)
    yank = '{"instances":[%s]}'
    yield from _rows("yank", yank, ("",), _TAKEN)
    wrong = (
        *('{"type":"chardev"}', '{"type":"block-node"}', '{"type":"migration","id":"x"}', "{}"),
        *('{"type":"chardev","node-name":"x"}', '{"type":"chardev","id":1}', '{"type":"nope"}'),
        *('{"type":"chardev","id":"x","a":1}', '{"id":"x"}', "null", "[]"),
    )
    yield from _rows("yank", yank, wrong, _REFUSED)


#: Whatever is wrong, the first command has had no effect.
_EFFECTS = [
    case(
        "a refused one changes nothing",
        command("blockdev-add", '{"driver":"null-co","node-name":"n7","a":1}', id="1")
        + command("blockdev-del", '{"node-name":"n7"}', id="2"),
        fails(1),
        fails(2),
    ),
    case(
        "errors do not stop the next",
        command("set_link", '{"name":1}', id="1")
        + ask("2")
        + command("set_link", "{}", id="3")
        + ask("4"),
        fails(1),
        returns(2),
        fails(3),
        returns(4),
    ),
    case("a class of the handler", command("device_del", '{"id":"x"}'), Answer("DeviceNotFound")),
]

CASES = [
    *(*_builtin(), *_any(), *_enums(), *_lists(), *_members(), *_alternates(), *_unions()),
    *_EFFECTS,
]


def _urgent(name: str, arguments: str | None = None, id: str = "1") -> bytes:
    return command(name, arguments, id=id).replace(b'"execute"', b'"exec-oob"')


def _oob(name: str, sends: bytes, *answers: Answer) -> Case:
    return case(name, sends, *answers, mode=Mode.OOB)


_SOON = fails(1, anywhere=True)

#: Commands that may be sent out of band.
OOB = [
    _oob("permitted", _urgent("query-yank"), returns(1, _YANKABLE, anywhere=True)),
    _oob("permitted, without id", b'{"exec-oob":"query-yank"}', returns(value=_YANKABLE)),
    _oob("with arguments", _urgent("yank", '{"instances":[]}'), returns(1, {}, anywhere=True)),
    _oob("with wrong arguments", _urgent("yank", '{"instances":1}'), _SOON),
    _oob("without arguments", _urgent("yank"), _SOON),
    _oob("unknown argument", _urgent("query-yank", '{"a":1}'), _SOON),
    _oob("arguments are a list", _urgent("query-yank", "[]"), _SOON),
    _oob("in band, too", command("query-yank", id="1"), returns(1, _YANKABLE)),
    _oob("the handler refuses", _urgent("migrate-pause"), _SOON),
    _oob("the handler refuses, in band", command("migrate-pause", id="1"), fails(1)),
    _oob("wrong uri", _urgent("migrate-recover", '{"uri":1}'), _SOON),
    _oob("not permitted", _urgent("balloon", '{"value":1}'), _SOON),
    _oob(
        "between",
        ask("0") + _urgent("query-yank") + ask("2") + _urgent("query-yank", id="3"),
        returns(0),
        returns(1, _YANKABLE, anywhere=True),
        returns(2),
        returns(3, _YANKABLE, anywhere=True),
    ),
    _oob(
        "several",
        _urgent("query-yank") + _urgent("nope", id="2") + _urgent("query-yank", id="3"),
        returns(1, anywhere=True),
        not_found(2, anywhere=True),
        returns(3, anywhere=True),
    ),
    _oob("behind junk", b"#\n" + _urgent("query-yank"), fails(), returns(1, anywhere=True)),
    case("off", _urgent("query-yank"), fails(1)),
]

#: The policy for the cases that follow, in the words of QEMU's command line.
POLICY = "deprecated-input=reject,unstable-input=reject"


def _delay(text: str) -> bytes:
    return command("migrate-set-parameters", f'{{"x-checkpoint-delay":{text}}}', id="1")


def _capability(name: str, state: str) -> bytes:
    text = f'{{"capabilities":[{{"capability":"{name}","state":{state}}}]}}'
    return command("migrate-set-capabilities", text, id="1")


#: What is deprecated or unstable, and refused.
COMPAT = [
    case("neither", ask("1"), returns(1)),
    case("an unstable command", command("x-query-roms", id="1"), not_found(1)),
    case("with wrong arguments", command("x-query-roms", '{"a":1}', id="1"), not_found(1)),
    case("with arguments that are none", command("x-query-roms", "[]", id="1"), fails(1)),
    case("early", command("x-query-roms", id="1"), not_found(1), mode=Mode.NEGOTIATION),
    case(
        "a deprecated command", command("nbd-server-remove", '{"name":"x"}', id="1"), not_found(1)
    ),
    case("without its arguments", command("nbd-server-remove", id="1"), not_found(1)),
    case("an unstable argument", _delay("200"), fails(1)),
    case("an unstable argument that is wrong", _delay('"x"'), fails(1)),
    case("a deprecated argument", command("eject", '{"device":"x"}', id="1"), fails(1)),
    case("the one in its place", command("eject", '{"id":"x"}', id="1"), _LOST),
    case("without it", command("migrate-set-parameters", '{"max-bandwidth":1}', id="1"), _TAKEN),
    case("an unstable value", _capability("x-ignore-shared", "false"), fails(1)),
    case("an unstable value, on", _capability("x-ignore-shared", "true"), fails(1)),
    case("another value", _capability("events", "false"), _TAKEN),
    case(
        "out of band",
        b'{"exec-oob":"x-query-roms","id":1}',
        not_found(1, anywhere=True),
        mode=Mode.OOB,
    ),
]
