"""How much one text may hold."""

from __future__ import annotations

from tests.runtime.protocol_cases.cases import ask, case, command, fails, not_found, returns

__all__ = ["CASES", "LARGE"]

DEPTH = 1024
TOKENS = 2 << 20


def _nested(depth: int) -> list[object]:
    """Lists in lists; the innermost is empty."""
    value: list[object] = []
    for _ in range(depth - 1):
        value = [value]
    return value


def _objects(depth: int) -> object:
    value: object = {}
    for _ in range(depth - 1):
        value = {"a": value}
    return value


def _brackets(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


def _braces(depth: int) -> bytes:
    return b'{"a":' * (depth - 1) + b"{" + b"}" * depth


_OVER = DEPTH + 1

CASES = [
    case("100 levels", ask(_brackets(100)), returns(_nested(100))),
    case("500 objects", ask(_braces(500)), returns(_objects(500))),
    case("1024 levels with the command's own", ask(_brackets(1023)), returns(_nested(1023))),
    case("1024 objects", ask(_braces(1023)), returns(_objects(1023))),
    case("1024 levels at the top", _brackets(DEPTH) + ask("1"), fails(), returns(1)),
    # One error for the limit; what is left over closes nothing.
    case("1025 levels", _brackets(_OVER) + ask("1"), *[fails()] * (1 + _OVER), returns(1)),
    case("1025 objects", _braces(_OVER) + ask("1"), *[fails()] * (1 + _OVER), returns(1)),
    case(
        "1025 in a command", ask(_brackets(DEPTH)) + ask("1"), *[fails()] * (2 + DEPTH), returns(1)
    ),
    case("1025 openers", b"[" * _OVER + ask("1"), fails(), returns(1)),
    case("1025 openers twice", b"[" * _OVER * 2 + ask("1"), fails(), fails(), returns(1)),
    case("1024 openers", b"[" * DEPTH + b"\x01" + ask("1"), fails(), returns(1)),
    case("1030 openers", b"[" * 1030 + b"\x01" + ask("1"), fails(), fails(), returns(1)),
    case(
        "wide and flat",
        ask("[" + "[],{}," * 2000 + "0]") + ask("2"),
        returns([[], {}] * 2000 + [0]),
        returns(2),
    ),
    case("a number beyond all", command("nope", '{"a":1E400,"b":-1E400}', id="1"), not_found(1)),
    case("digits beyond all", command("nope", '{"a":' + "1" * 400 + "}", id="1"), not_found(1)),
    case("more digits", command("nope", '{"a":' + "1" * 5000 + "}", id="1"), not_found(1)),
    case("many decimals", ask("0." + "3" * 1000), returns(1 / 3)),
    case("a long keyword", b"x" * 10_000 + b"\n" + ask("1"), fails(), returns(1)),
    case(
        "a long name", b'{"execute":"' + b"x" * 10_000 + b'"}' + ask("1"), not_found(), returns(1)
    ),
]


def _tokens(count: int) -> bytes:
    """A command of so many tokens."""
    pairs = (count - 20) // 2
    last = b"[0]" if count % 2 else b"[]"
    return command("nope", b'{"a":[' + b"0," * pairs + last + b"]}", id="1")


#: Tokens of one text; these take QEMU some seconds each.
LARGE = [
    case("tokens just enough", _tokens(TOKENS) + ask("2"), not_found(1), returns(2)),
    case("a token too many", _tokens(TOKENS + 1) + ask("2"), fails(), returns(2)),
]
