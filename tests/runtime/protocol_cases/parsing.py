"""Tokens to values, and how a server finds its way again after what makes no sense."""

from __future__ import annotations

from tests.runtime.protocol_cases.cases import ask, case, fails, grown, returns

__all__ = ["CASES"]

#: Texts with brackets that balance, or go below: one error each.
_ONE_ERROR = (
    *("}", "]", ",", ":", "{]", "[}", "{,}", "[,]", "{:}", "[:]", "{1}", "{null}", '{"a"}'),
    *('{"a" 1}', '{"a":}', '{"a":1,}', '{"a":,}', '{"a"::1}', '{"a":1:2}', '{"a":1 "b":2}'),
    *('{"a":1,,"b":2}', '{,"a":1}', '{"a",1}', '{"a":"b":"c"}', '{"a" "b"}'),
    *("[1,]", "[,1]", "[1 2]", "[1,,2]", "[1:2]", '["a":1]', '["a" "b"]', "[1,2,]"),
    *("{1:2}", "{null:1}", "{true:1}", "{[]:1}", "{{}:1}", "{1.5:1}", '{["a"]:1}'),
    *('{"a":1,"a":2}', '{"a":1,"a":1}', '{"a":{"b":1,"b":2}}', '[{"a":1,"a":2}]', '{"":1,"":2}'),
    *('{"a":nope}', "[nope]", "[nan]", "[tru]", "[truee]", '{"a":undefined}'),
    *('{"a":]', "[1}", "[[1]}", '{"a":{]', "[{]}", '[{"a":1]}', '{"a":[}]', '{"a":[1,2}]'),
)

#: Texts whose end is found twice, or never: how many errors.
_MORE_ERRORS = (
    *(("}}", 2), ("]]]", 3), (",,", 2), ("::", 2), ("}{}", 2), ("{}}", 2), ("[]]", 2)),
    *(("{}{}", 2), ("[}{]", 2), ("{]}", 2), ("[}]", 2), ("{,},", 2), ('{"a":1}}', 2)),
    *(('"a":1', 3), ('"a",', 2), ("1,2", 3), ("[1],[2]", 3), ("{},{}", 3), ("[[}]]", 3)),
    *(("nope nope", 2), ("nope,nope", 3), ("}1 ", 2), (",nope", 2)),
    *(('{"a":#}', 2), ('{"a":#,"b":1}', 6), ("[#]", 2), ("[#,#]", 4), ("[1,#,2]", 4)),
    *(('{"a":1#}', 2), ('{#"a":1}', 4), ("{#}", 2), ("{{{#}}}", 4), ("[[[#]]]", 4)),
    *(('{"a":"\n"}', 2), ('{"a":"x\ty"}', 2), ('["\x01"]', 2), ('{"a":\x00}', 2)),
)

#: Texts that are wrong already, and yet not at their end.
_OPEN = (*("[{]", '[{"a":1]', '{"a":[}', '{"a":[1,2}', "[{][", '{"a" 1', "[1 2", "{,", "[nope,"),)

_DUPLICATE = b'{"execute":"query-version","id":1,"id":2}'

CASES = [
    *grown("one error", [(text, 1) for text in _ONE_ERROR]),
    *grown("several", _MORE_ERRORS),
    case("a stray byte before the end", b'{"a":1;}\n' + ask("1"), fails(), fails(), returns(1)),
    case("a key that is a keyword", b"{a:1}\n" + ask("1"), fails(), returns(1)),
    case("an opener behind a closer", b"][\n" + ask("1"), fails()),
    # nothing of a wrong text is done, and the next one is not touched by it
    case("a command twice in its text", _DUPLICATE, fails()),
    case("execute twice", b'{"execute":"query-version","execute":"stop"}', fails()),
    case("a duplicate in an id", ask('{"a":1,"a":1}'), fails()),
    case("a duplicate deep in an id", ask('[[{"a":[{"b":1,"b":1}]}]]'), fails()),
    case("a duplicate in two spellings", ask(r'{"a":1,"\u0061":2}'), fails()),
    case("a duplicate in two quotes", ask("{\"a\":1,'a':2}"), fails()),
    case("a duplicate of U+0000", ask(b'{"\\u0000":1,"\xc0\x80":2}'), fails()),
    case("the same key in two objects", ask('[{"a":1},{"a":1}]'), returns([{"a": 1}, {"a": 1}])),
    case("a key inside and outside", ask('{"a":{"a":1}}'), returns({"a": {"a": 1}})),
    case("keys that differ in case", ask('{"a":1,"A":2}'), returns({"a": 1, "A": 2})),
    case("an empty key", ask('{"":1}'), returns({"": 1})),
    case("a bad keyword in a command", ask("nope") + ask("2"), fails(), returns(2)),
    case("a trailing comma in a command", ask("1,") + ask("2"), fails(), returns(2)),
    case("a missing comma in a command", ask('1 "a":2') + ask("2"), fails(), returns(2)),
    case("an extra brace", ask("1") + b"}" + ask("2"), returns(1), fails(), returns(2)),
    case("an extra bracket", ask("1") + b"]" + ask("2"), returns(1), fails(), returns(2)),
    case("commands joined by a comma", ask("1") + b"," + ask("2"), returns(1), fails(), returns(2)),
    case("commands in a list", b"[" + ask("1") + b"," + ask("2") + b"]", fails()),
    # Braces and brackets are counted apart: a text ends when nothing of either kind is open.
    *[case(f"open: {text}", text + ask("1").decode()) for text in _OPEN],
    case("a list closed as an object", ask("[1}") + ask("2"), fails(), returns(2)),
    case("a brace too few", ask("1")[:-1] + b"\n" + ask("2") + b"\n"),
    case(
        "a brace too few, closed later",
        ask("1")[:-1] + ask("2") + b"}" + ask("3"),
        fails(),
        returns(3),
    ),
    case("a stray byte in a command", ask("1#") + b"\n" + ask("2"), fails(), fails(), returns(2)),
    case("a control byte in a command", ask("\x01") + ask("2"), fails(), fails(), returns(2)),
    case(
        "a control byte gives up what is open",
        ask("[[1")[:-1] + b"\x01" + ask("2"),
        fails(),
        returns(2),
    ),
    case("0xff gives up what is open", ask("[[1")[:-1] + b"\xff" + ask("2"), fails(), returns(2)),
    case("a control byte in a string", b'"abc\x01' + ask("2"), fails(), returns(2)),
    case("0xff in a string", b'"abc\xff' + ask("2"), fails(), returns(2)),
    case("a control byte when nothing is open", b"\x01" + ask("2"), fails(), returns(2)),
    case("a control byte behind a number", b"12\x01" + ask("2"), fails(), fails(), returns(2)),
    case("a control byte behind half a number", b"-\x01" + ask("2"), fails(), returns(2)),
    case("a control byte behind half a float", b"1.\x01" + ask("2"), fails(), returns(2)),
    case("a control byte while skipping", b"#abc\x01" + ask("2"), fails(), fails(), returns(2)),
    case("a tab while skipping", b"#abc\tdef" + ask("2"), fails(), returns(2)),
    case("strings while skipping", b'#"abc" "def"\n' + ask("2"), fails(), returns(2)),
    case("a brace in a string while skipping", b'#"{}"\n' + ask("2"), *[fails()] * 3, returns(2)),
    case("many errors", b"#\n" * 300 + ask("1"), *[fails()] * 300, returns(1)),
    case("many closers", b"}" * 300 + ask("1"), *[fails()] * 300, returns(1)),
    case("many bad texts", b'{"a" 1}' * 300 + ask("1"), *[fails()] * 300, returns(1)),
    case("errors between", (ask("1") + b"{,}#\n") * 20, *[returns(1), fails(), fails()] * 20),
]
