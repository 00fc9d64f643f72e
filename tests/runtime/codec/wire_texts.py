"""What QEMU 7.2 makes of bytes on the wire: input, and what comes out of it in order.

Each row was tried on QEMU itself, for how many replies there are and which of them have the id
of the input.
"""

from __future__ import annotations

from typing import Final, NamedTuple

__all__ = ["BAD", "ROWS", "Bad", "Row"]


class Bad:
    """Stands for one error, whatever it says."""

    def __repr__(self) -> str:
        return "BAD"


BAD: Final = Bad()


class Row(NamedTuple):
    """``rest``: nothing is half read behind the input, nor skipped."""

    given: bytes
    expected: tuple[object, ...]
    rest: bool = True


def _row(given: bytes, *expected: object) -> Row:
    return Row(given, expected)


def _going_on(given: bytes, *expected: object) -> Row:
    return Row(given, expected, rest=False)


_FRAMES = [
    _row(b'{"execute":"a"}', {"execute": "a"}),
    _row(b'{"a":1}{"a":2}[3]"4"', {"a": 1}, {"a": 2}, [3], "4"),
    _row(b'{"a":1} \t\r\n {"a":2}\r\n', {"a": 1}, {"a": 2}),
    _row(b'{\n "a" :\r\n\t[ 1 ,\n2 ]\n}\n', {"a": [1, 2]}),
    _row(b'{"a":{"b":{"c":{"d":[[[[1]]]]}}}}\n[]', {"a": {"b": {"c": {"d": [[[[1]]]]}}}}, []),
    _row(b'{"a":"}{]["}{"b":"\\"}"}', {"a": "}{]["}, {"b": '"}'}),
    _row(b"\n\r\n \t\n"),
    _row(b"1 null\ttrue\nfalse\r-5\n", 1, None, True, False, -5),
    _row(b"1.5 1e3 1E+3 -0 -0.0 0.5e-1 ", 1.5, 1000.0, 1000.0, 0, -0.0, 0.05),
    _row(b'7{"a":1}', 7, {"a": 1}),
    _row(b'"a""b"1"c"', "a", "b", 1, "c"),
    _row(b"truenope\n", BAD),
    _row(b"true false\n", True, False),
    _row(b"1-2 ", 1, -2),
    _row(b"0x10 ", 0, BAD, 10),
    _row(b"9223372036854775807 18446744073709551615 ", 2**63 - 1, 2**64 - 1),
    _row(b"18446744073709551616 -9223372036854775809 ", 2.0**64, -(2.0**63)),
    _going_on(b"12"),
    _going_on(b"tru"),
    _going_on(b'{"a":1}{"b":', {"a": 1}),
    _going_on(b'{"execute":"a"\n\n\n'),
    _going_on(b'"abc\\'),
]
_QUOTES = [
    _row(b"{'a':'b'}", {"a": "b"}),
    _row(b"'\"' \"'\" '\\'' \"\\'\" '\\\"'", '"', "'", "'", "'", '"'),
    _row(b"{'a':1,\"a\":2}", BAD),
    _row(b"'}' {'a':'{'}", "}", {"a": "{"}),
]
_STRINGS = [
    _row(b'"\\"\\\\\\/\\b\\f\\n\\r\\t"', '"\\/\b\f\n\r\t'),
    _row(b'"\\u00e9\\u20AC\\ud83d\\ude00\\u0000"', "\u00e9\u20ac\U0001f600\0"),
    _row('"\u00e9\u20ac\U0001f600\x7f"'.encode(), "\u00e9\u20ac\U0001f600\x7f"),
    _row(b'"a\xc0\x80b"', "a\0b"),
    *(
        _row(b'"%s"[1]' % inside, BAD, [1])
        for inside in (
            *(b"\\x41", b"\\a", b"\\0", b"\\ ", b"\\\xc3\xa9", b"\\u12", b"\\u12g4", b"\\uD800"),
            *(b"\\udc00", b"\\ud800\\ud800", b"\\ud800\\u0041", b"\\ud800x", b"\\uFFFE"),
            *(b"\\uffff", b"\\ufdd0", b"\\uFDEF", b"\\ud83f\\udfff", b"\\udbff\\udffe"),
            *(b"\x80", b"\xc3", b"\xc3(", b"\xc0\xaf", b"\xe0\x80\x80", b"\xed\xa0\x80"),
            *(b"\xf4\x90\x80\x80", b"\xf8\x88\x80\x80\x80", b"\xef\xbf\xbe", b"\xef\xbf\xbf"),
            *(b"\xef\xb7\x90", b"\xef\xb7\xaf", b"\xf0\x9f\xbf\xbe", b"\xf4\x8f\xbf\xbf"),
        )
    ),
    _row(b'{"\\u0061":1,"a":2}', BAD),
    _row(b'{"\xef\xbf\xbf":1}', BAD),
    _row(b'"\xef\xb7\x8f\xef\xbf\xbd"', "\ufdcf\ufffd"),
]
_STRAY = [
    *(
        _row(bad + b'\n{"a":1}', BAD, {"a": 1})
        for bad in (
            *(b"@", b"#", b"/", b"+1", b".5", b"\\", b"(", b"A", b"NaN", b"True", b"Infinity"),
            *(b"// x", b"/* x */", b"%p", b"%d", b"\xef\xbb\xbf", b"\xc3\xa9", b"\x80", b"\x7f"),
            *(b"\x00", b"\x01", b"\x0b", b"\x0c", b"\xfe", b"\xff", b"@ x y 'z' \"w\" 1\t2"),
            *(b"01", b"-x", b"1.x", b"1.5ex", b"1ex", b"1e+x", b"--1", b"-.5", b"007"),
            *(b'"abc', b'"a\tb"', b'"a\0b"', b'"a\xffb"', b'"a\xfeb"', b'"\\', b"'abc"),
        )
    ),
    _row(b'-\n{"a":1}', BAD, {"a": 1}),
    _row(b"-{}", BAD, BAD),
    _row(b'@{"a":1}', BAD, {"a": 1}),
    _row(b"@}", BAD, BAD),
    _row(b"@\x01\n", BAD, BAD),
    _row(b"@\xff\xfe\n", BAD, BAD, BAD),
    _row(b'"abc\n"def"{}', BAD, {}),
    _row(b'{"a": @ }{"b":1}', BAD, BAD, {"b": 1}),
    _row(b'\x01{"a":1}', BAD, {"a": 1}),
    _row(b'\xff{"return": 1}\n', BAD, {"return": 1}),
    _row(b'{"a":[1,\x01{"b":1}', BAD, {"b": 1}),
    _going_on(b'{"a": @', BAD),
    _going_on(b"\xff", BAD),
    _going_on(b"@ x", BAD),
]
_SYNTAX = [
    *(
        _row(bad + b'{"a":1}', BAD, {"a": 1})
        for bad in (
            *(b"{]", b"[}", b"}", b"]", b",", b":", b'{"a" 1}', b'{"a":}', b'{"a":1,}', b"{,}"),
            *(b"[1,]", b"[,1]", b"[,]", b'{"a":1 "b":2}', b"[1 2]", b"{1:2}", b"{null:1}"),
            *(b'{"a"}', b"[1:2]", b'{"a",1}', b"{[]:1}", b"{{}:1}", b'{"a"::1}', b"[1,,2]"),
            *(b'{"a":1,"a":2}', b'{"a":{"b":1,"b":2}}', b'{"id":[{"x":1,"y":2,"x":3}]}'),
            *(b"{nope:1}", b"[nope]", b'{"a":nan}', b'{"a":undefined}', b"{[}]", b"nope "),
        )
    ),
    _row(b"{]}", BAD, BAD),
    _row(b"{[}]}", BAD, BAD),
    _row(b"[1]]", [1], BAD),
    _row(b'"a":1 ', "a", BAD, 1),
    _row(b"{}}{}", {}, BAD, {}),
    _going_on(b'{"a" 1'),
    _going_on(b'{"a":nope'),
]
_LIMITS = [
    _row(b"[" * 1025 + b"]" * 1025, *[BAD] * 1026),
    _row(b'{"a":' * 1024 + b"[" + b"}{}", BAD, BAD, {}),
]

ROWS: Final = [*_FRAMES, *_QUOTES, *_STRINGS, *_STRAY, *_SYNTAX, *_LIMITS]
