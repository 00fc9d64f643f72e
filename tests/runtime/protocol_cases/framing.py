"""Where a text ends: commands are told apart by their structure, not by lines."""

from __future__ import annotations

from tests.runtime.protocol_cases.cases import ask, case, command, fails, returns

__all__ = ["CASES"]

_SPREAD = b'{\n\t"execute"\r\n:\n"query-version"\n,\n"id"\t:\n\n1\n}'
_MANY = range(100)

CASES = [
    case("nothing", b""),
    case("no newline", ask("1"), returns(1)),
    case("a newline", ask("1") + b"\n", returns(1)),
    case("CR LF", ask("1") + b"\r\n", returns(1)),
    case("CR alone", ask("1") + b"\r", returns(1)),
    case("blanks before", b" \t\r\n " + ask("1"), returns(1)),
    case("blanks behind", ask("1") + b" \t\r\n \n\n", returns(1)),
    case("blank lines", b"\n\r\n \n\t\n\n"),
    case("blank lines between", ask("1") + b"\n\n\r\n\r\n" + ask("2"), returns(1), returns(2)),
    case("two without a gap", ask("1") + ask("2"), returns(1), returns(2)),
    case("two on a line", ask("1") + b" \t" + ask("2") + b"\n", returns(1), returns(2)),
    case("one over many lines", _SPREAD, returns(1)),
    case("over many lines, and another", _SPREAD + _SPREAD, returns(1), returns(1)),
    case("indented", b'{\r\n    "execute": "query-version",\r\n    "id": 1\r\n}\r\n', returns(1)),
    case("a hundred at once", b"".join(ask(str(i)) for i in _MANY), *map(returns, _MANY)),
    case("a hundred lines", b"".join(ask(str(i)) + b"\r\n" for i in _MANY), *map(returns, _MANY)),
    case("no id", ask(), returns()),
    case("no ids", ask() * 3, returns(), returns(), returns()),
    case("id in between", ask() + ask("1") + ask(), returns(), returns(1), returns()),
    # what is written within strings is no structure
    case("braces in a string", ask('"}{"'), returns("}{")),
    case("brackets in a string", ask('"][[["'), returns("][[[")),
    case("a quote in a string", ask(r'"\"}"'), returns('"}')),
    case("a backslash at the end", ask(r'"\\"'), returns("\\")),
    case("backslash, quote, brace", ask(r'"\\\"}"') + ask("2"), returns('\\"}'), returns(2)),
    case("single quote in double", ask('"\'"') + ask("2"), returns("'"), returns(2)),
    case("double quote in single", ask("'\"'") + ask("2"), returns('"'), returns(2)),
    case("a command in a string", ask('"{\\"execute\\":1}"'), returns('{"execute":1}')),
    case("comma and colon in a string", ask('",:,"'), returns(",:,")),
    # other values at the top
    case("an array", b"[]", fails()),
    case("an array and a command", b"[1, 2]" + ask("1"), fails(), returns(1)),
    case("nested arrays", b"[[[]], [{}]]" + ask("1"), fails(), returns(1)),
    case("an empty object", b"{}", fails()),
    case("two empty objects", b"{}{}", fails(), fails()),
    case("a string is complete at its quote", b'"x"', fails()),
    case("two strings", b"\"x\"'y'", fails(), fails()),
    case("a string and a command", b'"x"' + ask("1"), fails(), returns(1)),
    case("a number waits for its end", b"7", resync_errors=2),
    case("a float waits for its end", b"-7.5e3", resync_errors=2),
    case("a keyword waits for its end", b"true", resync_errors=2),
    case("a number and a blank", b"7 ", fails()),
    case("a number and a newline", b"7\n", fails()),
    case("a number and CR", b"7\r", fails()),
    case("a number and a tab", b"7\t", fails()),
    case("a number and a command", b"7" + ask("1"), fails(), returns(1)),
    case("a number and an array", b"7[]", fails(), fails()),
    case("a number and a string", b'7"x"', fails(), fails()),
    case("a number and a keyword", b"7true ", fails(), fails()),
    case("a keyword and a number", b"true7 ", fails(), fails()),
    case("keywords in a row", b"true false null\n", fails(), fails(), fails()),
    case("numbers in a row", b"1 2 3\n", fails(), fails(), fails()),
    case("negative numbers in a row", b"1-2-3 ", fails(), fails(), fails()),
    case("a keyword and a command", b"null" + ask("1"), fails(), returns(1)),
    case("a keyword over a newline", b"tr\nue\n", fails(), fails()),
    case("keywords that grow together", b"true" + b"nope\n", fails()),
    case("scalars, then a command", b"1 true 'x' null " + ask("1"), *[fails()] * 4, returns(1)),
    case("scalars between", ask("1") + b"5" + ask("2"), returns(1), fails(), returns(2)),
    # order is kept, whatever the answers are
    case(
        "errors in their turn",
        ask("1") + b"{]" + b"\n" + ask("2") + b"{}" + command("nope", id="3")[:-1] + b"]",
        *(returns(1), fails(), returns(2), fails()),
        fails(),
    ),
    # long ones
    case("a long string", ask('"' + "x" * 100_000 + '"'), returns("x" * 100_000)),
    case("long blanks", b" " * 70_000 + ask("1") + b"\n" * 70_000, returns(1)),
    case("a long list", ask("[" + "0," * 20_000 + "0]"), returns([0] * 20_001)),
    # a text that is never finished gets no answer
    *[
        case(f"cut after {cut} bytes", ask('"a\\u0041"')[:cut])
        for cut in range(1, len(ask('"a\\u0041"')))
    ],
    *[
        case(f"cut after {cut} bytes, an answer before", ask("1") + ask("2")[:cut], returns(1))
        for cut in (1, 5, 11, 20, 30)
    ],
    case("an open string at the end", b'"' + ask("1").replace(b'"', b"")),
    case("open brackets at the end", b"[[[[" + ask("1")),
]
