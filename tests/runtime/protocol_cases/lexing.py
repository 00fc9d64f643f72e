"""Bytes to tokens: what begins no token, where numbers end, what strings hold."""

from __future__ import annotations

from tests.runtime.protocol_cases.cases import Case, ask, case, fails, grown, returns

__all__ = ["CASES"]

_BLANKS = b" \t\r\n"
_OPENERS = b"{["
_CLOSERS = b"}],:"


def _outside(byte: int) -> Case:
    """A byte where a value could begin, then a newline and a command."""
    text = bytes([byte])
    sends = text + b"\n" + ask("1")
    name = f"byte 0x{byte:02x} outside"
    if text in _BLANKS:
        return case(name, sends, returns(1))
    if text in _OPENERS:
        return case(name, sends)
    return case(name, sends, fails(), returns(1))


def _inside(byte: int) -> Case:
    """A byte within a string of a command, then another command."""
    name = f"byte 0x{byte:02x} in a string"
    sends = ask(b'"' + bytes([byte]) + b'"') + b"\n" + ask("2")
    if byte < 0x20 or byte >= 0xFE:
        # The string is given up; its quote is skipped, its brace closes nothing.
        return case(name, sends, fails(), fails(), returns(2))
    if byte >= 0x80:
        return case(name, sends, fails(), returns(2))
    return case(name, sends, returns(chr(byte)), returns(2))


def _value(text: str) -> float:
    return float(text) if set(text) & set(".eE") else int(text)


#: Numbers, as they are echoed.
_NUMBERS = (
    *("0", "-0", "1", "-1", "10", "1234567890", "9007199254740993"),
    *("9223372036854775807", "-9223372036854775808", "9223372036854775808"),
    *("18446744073709551615", "18446744073709551616", "-9223372036854775809"),
    *("99999999999999999999999999", "1.0", "0.0", "-0.0", "1.5", "-1.5", "0.1", "123.456"),
    *("1e3", "1E3", "1e+3", "1e-3", "1.5e3", "1.5E-3", "0.0e1", "1e0", "1e00", "1e-05"),
    *("1e300", "-1e300", "1e-320", "2.2250738585072014e-308", "1.7976931348623157e308"),
)

#: What is no number where one is expected, and how many errors it gives within ``{"id": ...}``:
#: one if the closing brace was taken by the error or all could be split into tokens, else two.
_NO_NUMBERS = (
    *(("01", 2), ("00", 2), ("-01", 2), ("-00", 2), ("007", 2), ("-", 1), ("--1", 2), ("-x", 2)),
    *(("- 1", 2), ("+1", 2), ("+", 2), (".5", 2), ("-.5", 2), (".", 2), ("1.", 1), ("1.x", 2)),
    *(("1..5", 2), ("1.e5", 2), ("1e", 1), ("1ex", 2), ("1e+", 1), ("1e-", 1), ("1e+-5", 2)),
    *(("1ee5", 2), ("1.5.5", 2), ("0x10", 1), ("0b1", 1), ("1f", 1), ("1 2", 1), ("1_000", 2)),
    *(("1e1.5", 2), ("1-", 1), ("1+1", 2), ("1-1", 1), ("1,5", 1), ("1/2", 2), ("1%", 2)),
    *(("NaN", 2), ("nan", 1), ("Infinity", 2), ("-Infinity", 2), ("inf", 1), ("1E", 1)),
    *(("1.5e", 1), ("1.5ex", 2), ("0 0", 1), ("0.", 1), ("0.x", 2), ("0-", 1), ("1d5", 1)),
)

#: At the top, with a newline behind: the newline may be what is wrong, and is taken with it.
_AT_THE_TOP = (
    *(("-", 1), ("1.", 1), ("1e", 1), ("1e+", 1), ("01", 1), ("+1", 1), (".5", 1)),
    *(("0x10", 3), ("1 2 3", 3), ("0b1", 3), ("1f", 2), ("1-1", 2), ("nan", 1)),
    *(("NaN", 1), ("-Infinity", 1), ("Infinity", 1), ("True", 1), ("None", 1)),
    *(("nope", 1), ("undefined", 1), ("truefalse", 1), ("true false", 2), ("tRue", 2)),
    *(("trueX", 2), ("true1", 2), ("true.", 2), ("nullnull", 1), ("t", 1), ("x y", 2)),
    *(("# comment", 1), ("// comment", 1), ("/* comment */", 1), ("-- x", 1), ("@", 1)),
    *(("\\", 1), ("\\n", 1), ("%p", 1), ("%d", 1), ("%%", 1), ("$x", 1), ("(1)", 1)),
    *(("<a>", 1), ("`x`", 1), ("~", 1), ("a=b", 2), ("quit", 1), ("QUIT", 1), ("help\n?", 2)),
    *(("\u00e9", 1), ("\ufeff", 1), ("\u20ac", 1), ("\U0001f600", 1), ("caf\u00e9", 2)),
    *(("1\u00e9", 2), ("\u00a0", 1), ("\u2028", 1), ("\x7f", 1), ("\x0b", 1), ("\x0c", 1)),
    *(("#\n#", 2), ("# {", 2), ("#}", 2), ("#]", 2), ("#,", 2), ("#:", 2), ("#[]", 2)),
    *(("#\t#", 1), ("#\x01#", 2), ("# \x00", 2), ("#\r#", 2), ("##########", 1)),
    *(("GET / HTTP/1.1\r\nHost: a\r\n\r", 4),),
)

_BOM = b"\xef\xbb\xbf"

CASES = [
    *[_outside(byte) for byte in range(0x100) if bytes([byte]) not in b"\"'{["],
    *[_inside(byte) for byte in range(0x100) if bytes([byte]) not in b'"\\'],
    *[case(f"number {text}", ask(text), returns(_value(text))) for text in _NUMBERS],
    case("number 0e1", ask("0e1"), returns(0), qemu=[fails()]),
    *[
        case(f"no number: {text}", ask(text) + b"\n" + ask("2"), *[fails()] * count, returns(2))
        for text, count in _NO_NUMBERS
    ],
    *grown("at the top", [row for row in _AT_THE_TOP if "{" not in row[0] and "[" not in row[0]]),
    case("an opener ends the skipping", b"# {}" + ask("1"), fails(), fails(), returns(1)),
    case("an opener stays open", b"# [\n" + ask("1"), fails()),
    case("an array behind an error", b"#[]" + ask("1"), fails(), fails(), returns(1)),
    case("a command behind an error", b"# " + ask("1"), fails(), returns(1)),
    case("a BOM before a command", _BOM + ask("1"), fails(), returns(1)),
    case("a BOM before each", (_BOM + ask("1")) * 2, *[fails(), returns(1)] * 2),
    case("an open string ends with its line", b'"abc\n' + ask("1"), fails(), returns(1)),
    case("a single quoted one, too", b"'abc\n" + ask("1"), fails(), returns(1)),
    case("CR ends it as well", b'"abc\r' + ask("1"), fails(), returns(1)),
    case("a tab ends it, but not the skipping", b'"abc\tdef\n' + ask("1"), fails(), returns(1)),
    case("an escaped newline", b'"abc\\\n' + ask("1"), fails(), returns(1)),
    case("an escaped control byte", b'"abc\\\x01\n' + ask("1"), fails(), returns(1)),
    case("an escaped 0xfe", b'"abc\\\xfe"\n' + ask("1"), fails(), returns(1)),
    case("an escaped 0xff", b'"abc\\\xff"\n' + ask("1"), fails(), returns(1)),
    case("an escaped 0x80", b'"abc\\\x80"\n' + ask("1"), fails(), returns(1)),
    case("an escape that is none", b'"a\\q"\n' + ask("1"), fails(), returns(1)),
    case("DEL in a string", ask('"\x7f"'), returns("\x7f")),
    case("percent in a string", ask('"%s %d %p %n"'), returns("%s %d %p %n")),
    case("a percent sign for a value", ask("%p") + b"\n" + ask("2"), *[fails()] * 2, returns(2)),
    case("NUL before a command", b"\x00" + ask("1"), fails(), returns(1)),
    case("NULs", b"\x00\x00\x00" + ask("1"), fails(), fails(), fails(), returns(1)),
    case("0xff before a command", b"\xff" + ask("1"), fails(), returns(1)),
    case("0xff twice", b"\xff\xff" + ask("1"), fails(), fails(), returns(1)),
    case("0xfe and 0xff", b"\xfe\xff" + ask("1"), fails(), fails(), returns(1)),
]
