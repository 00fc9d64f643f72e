"""Tokens to strings: escapes, UTF-8, both kinds of quotes."""

from __future__ import annotations

from tests.runtime.protocol_cases.cases import ask, case, fails, returns

__all__ = ["CASES"]

#: Escapes and what they mean.
_ESCAPES = (
    (r"\"", '"'),
    (r"\'", "'"),
    (r"\\", "\\"),
    (r"\/", "/"),
    (r"\b", "\b"),
    (r"\f", "\f"),
    (r"\n", "\n"),
    (r"\r", "\r"),
    (r"\t", "\t"),
    (r"\r\n", "\r\n"),
    (r"\u0041", "A"),
    (r"\u00e9", "\u00e9"),
    (r"\u00E9", "\u00e9"),
    (r"\u20ac", "\u20ac"),
    (r"\u20AC", "\u20ac"),
    (r"\u0000", "\0"),
    (r"a\u0000b", "a\0b"),
    (r"\u0001\u001f", "\x01\x1f"),
    (r"\u007f\u0080", "\x7f\x80"),
    (r"\u07ff\u0800", "\u07ff\u0800"),
    (r"\ud7ff\ue000", "\ud7ff\ue000"),
    (r"\ufdcf\ufdf0", "\ufdcf\ufdf0"),
    (r"\ufffd", "\ufffd"),
    (r"\ufeff", "\ufeff"),
    (r"\u2028\u2029", "\u2028\u2029"),
    (r"\ud83d\ude00", "\U0001f600"),
    (r"\uD83D\uDE00", "\U0001f600"),
    (r"\ud800\udc00", "\U00010000"),
    (r"\udbff\udffd", "\U0010fffd"),
    (r"x\ud83d\ude00y\ud83d\ude00z", "x\U0001f600y\U0001f600z"),
    (r"\u00410", "A0"),
    (r"\\u0041", "\\u0041"),
    (r"\\\u0041", "\\A"),
    (r"\\n", "\\n"),
    (r"%s \u0025d", "%s %d"),
)

#: What is no escape, or no character.
_NO_ESCAPES = (
    *(r"\x41", r"\a", r"\v", r"\0", r"\e", r"\U0041", r"\N", r"\1", r"\ ", r"\x", r"\-", r"\q"),
    *(r"\u", r"\u1", r"\u12", r"\u123", r"\u123g", r"\ug000", r"\u 041", r"\u+041", r"\u-041"),
    *(r"\u004\u0041", r"\u00_1", r"\u0x41", r"\u{41}"),
    *(r"\ud800", r"\udbff", r"\udc00", r"\udfff", r"\ud800x", r"\ud800\n", r"\ud800\u0041"),
    *(r"\ud800\ud800", r"\udc00\ud800", r"\udc00\udc00", r"\ud83d\u", r"\ud83d\ude0", r"x\ud83d"),
    *(r"\ud83d \ude00", r"\ud83d\ude00\ude00", r"\ud83d\ud83d\ude00", r"\ud83dude00"),
    *(r"\ufffe", r"\uffff", r"\ufdd0", r"\ufdef", r"\ud83f\udffe", r"\ud83f\udfff"),
    *(r"\udbff\udffe", r"\udbff\udfff", r"\uD87F\uDFFE"),
)

#: Bytes as UTF-8, and what is meant.
_UTF8 = (
    (b"\xc2\x80", "\x80"),
    (b"\xc3\xa9", "\u00e9"),
    (b"\xdf\xbf", "\u07ff"),
    (b"\xe0\xa0\x80", "\u0800"),
    (b"\xe2\x82\xac", "\u20ac"),
    (b"\xed\x9f\xbf", "\ud7ff"),
    (b"\xee\x80\x80", "\ue000"),
    (b"\xef\xbb\xbf", "\ufeff"),
    (b"\xef\xbf\xbd", "\ufffd"),
    (b"\xf0\x90\x80\x80", "\U00010000"),
    (b"\xf0\x9f\x98\x80", "\U0001f600"),
    (b"\xf4\x8f\xbf\xbd", "\U0010fffd"),
    (b"\xc0\x80", "\0"),
    (b"a\xc0\x80b", "a\0b"),
    ("\u65e5\u672c\u8a9e".encode(), "\u65e5\u672c\u8a9e"),
    ("\u00fcber \u0441\u0442\u0440".encode(), "\u00fcber \u0441\u0442\u0440"),
)

#: Bytes that are no UTF-8, or characters that are none.
_NO_UTF8 = (
    *(b"\x80", b"\xbf", b"a\x80", b"\x80\x80", b"\xc3", b"\xc3a", b"\xc3\xc3", b"\xc3\xa9\x80"),
    *(b"\xe2", b"\xe2\x82", b"\xe2\x82a", b"\xe2a\x82", b"\xf0", b"\xf0\x9f", b"\xf0\x9f\x98"),
    *(b"\xf0\x9f\x98a", b"\xe2\x82\xac\x80"),
    # overlong
    *(b"\xc0\x81", b"\xc0\xaf", b"\xc1\xbf", b"\xe0\x80\x80", b"\xe0\x80\xaf", b"\xe0\x9f\xbf"),
    *(b"\xf0\x80\x80\x80", b"\xf0\x80\x80\xaf", b"\xf0\x8f\xbf\xbf", b"\xc0", b"\xc0\x80\x80"),
    *(b"\xf8\x80\x80\x80\x80", b"\xf8\x88\x80\x80\x80", b"\xfc\x84\x80\x80\x80\x80"),
    # halves of pairs, beyond the end, no characters
    *(b"\xed\xa0\x80", b"\xed\xaf\xbf", b"\xed\xb0\x80", b"\xed\xbf\xbf"),
    *(b"\xed\xa0\xbd\xed\xb8\x80", b"\xf4\x90\x80\x80", b"\xf5\x80\x80\x80", b"\xf7\xbf\xbf\xbf"),
    *(b"\xef\xbf\xbe", b"\xef\xbf\xbf", b"\xef\xb7\x90", b"\xef\xb7\xaf"),
    *(b"\xf0\x9f\xbf\xbe", b"\xf0\x9f\xbf\xbf", b"\xf4\x8f\xbf\xbe", b"\xf4\x8f\xbf\xbf"),
    # Latin-1, and UTF-8 that was cut
    *(b"caf\xe9", b"\xa0", "\u65e5\u672c".encode()[:-1], "\u65e5\u672c".encode()[1:]),
)


def _quoted(text: str | bytes, quote: str) -> bytes:
    data = text.encode() if isinstance(text, str) else text
    return quote.encode() + data + quote.encode()


CASES = [
    *[case(f"escape {text}", ask(_quoted(text, '"')), returns(value)) for text, value in _ESCAPES],
    *[
        case(f"escape {text} in single quotes", ask(_quoted(text, "'")), returns(value))
        for text, value in _ESCAPES
    ],
    *[
        case(f"no escape: {text}", ask(_quoted(text, '"')) + ask("2"), fails(), returns(2))
        for text in _NO_ESCAPES
    ],
    *[
        case(f"UTF-8 {data.hex()}", ask(_quoted(data, '"')), returns(value))
        for data, value in _UTF8
    ],
    *[
        case(f"no UTF-8: {data.hex()}", ask(_quoted(data, '"')) + ask("2"), fails(), returns(2))
        for data in _NO_UTF8
    ],
    # wherever a string may be
    case("a bad escape in a key", rb'{"execute":"query-version","i\x64":1}', fails()),
    case("bad UTF-8 in a key", b'{"execute":"query-version","\xc3":1}', fails()),
    case("a bad escape in a name", rb'{"execute":"query\-version","id":1}', fails()),
    case("bad UTF-8 in a name", b'{"execute":"query-version\x80","id":1}', fails()),
    case("a bad escape at the top", rb'"\x41"', fails()),
    case("bad UTF-8 at the top", b'"\xc3"', fails()),
    case("bad UTF-8 in a list", b'["a", "\xc3"]', fails()),
    case("a bad escape deep inside", ask(r'{"a":[{"b":"\ud800"}]}'), fails()),
    case("an escaped key", rb'{"\u0065xecute":"query-version","\u0069d":1}', returns(1)),
    case("an escaped name", rb'{"execute":"query\u002dversion","id":1}', returns(1)),
    # quotes
    case("single quotes", b"{'execute':'query-version','id':'x'}", returns("x")),
    case("both kinds", b"{'execute':\"query-version\",\"id\":'x'}", returns("x")),
    case("an empty string", ask('""'), returns("")),
    case("an empty one in single quotes", ask("''"), returns("")),
    case("an unbalanced pair", b"\"x' \n" + ask("1"), fails(), returns(1)),
    case("no quotes", b"{execute:stop}\n" + ask("1"), fails(), returns(1)),
    # what is echoed stays on one line and is ASCII
    case("line ends in an id", ask(r'"a\r\nb\nc"'), returns("a\r\nb\nc")),
    case(
        "all control characters",
        ask(_quoted("".join(f"\\u{i:04x}" for i in range(32)), '"')),
        returns("".join(map(chr, range(32)))),
    ),
    case("keys that are no ASCII", ask('{"\u00e9": "\u20ac"}'), returns({"\u00e9": "\u20ac"})),
    case("keys with an escape", ask(r'{"\n\"\\": 1}'), returns({'\n"\\': 1})),
]
