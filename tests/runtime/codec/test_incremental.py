"""Streams of texts become values in order, wherever they are cut."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterable
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from qapigen.runtime.codec.backends import available, use
from qapigen.runtime.codec.framing import Framer
from qapigen.runtime.codec.grammar import parse
from qapigen.runtime.codec.incremental import (
    DEFAULT_LIMITS,
    JsonError,
    Limits,
    Parsed,
    TextReader,
)

from .json_values import VALUES
from .wire_texts import BAD, ROWS, Row

COMMAND = b'{"execute": "query-status", "arguments": {}, "id": 1}'


# msgspec reads what has no type as orjson does.
BACKENDS = [backend.name for backend in available() if not backend.typed]


@pytest.fixture(params=BACKENDS, autouse=True, scope="module")
def backend(request: pytest.FixtureRequest) -> Generator[str]:
    """Everything here holds with every backend."""
    before = use(request.param)
    yield request.param
    use(before)


def outcomes(found: Iterable[Parsed | JsonError]) -> str:
    """What came out, whose form tells 1 from 1.0 and -0.0 from 0."""
    return repr(tuple(each.value if isinstance(each, Parsed) else BAD for each in found))


def details(found: Iterable[Parsed | JsonError]) -> list[str]:
    """All that came out, with sizes, places and words."""
    return [repr(each) if isinstance(each, Parsed) else each.desc for each in found]


def pieces(data: bytes, cuts: Iterable[int]) -> list[bytes]:
    places = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [data[a:b] for a, b in pairwise(places)]


def fed(parts: Iterable[bytes], limits: Limits = DEFAULT_LIMITS) -> list[Parsed | JsonError]:
    reader = TextReader(limits, repeat_errors=True)
    return [each for part in parts for each in reader.feed(part)]


# --- what comes out ---


@pytest.mark.parametrize("row", ROWS, ids=lambda row: repr(row.given[:40]))
def test_row(row: Row) -> None:
    reader = TextReader(repeat_errors=True)
    assert outcomes(reader.feed(row.given)) == repr(row.expected)
    assert reader.at_rest == row.rest


@pytest.mark.parametrize("row", ROWS, ids=lambda row: repr(row.given[:40]))
def test_row_cut_anywhere(row: Row) -> None:
    whole = details(fed([row.given]))
    assert details(fed(row.given[at : at + 1] for at in range(len(row.given)))) == whole
    step = 1 if len(row.given) < 100 else len(row.given) // 7
    for at in range(0, len(row.given), step):
        assert details(fed([row.given[:at], row.given[at:]])) == whole, at


@pytest.mark.parametrize("row", ROWS, ids=lambda row: repr(row.given[:40]))
def test_row_behind_and_before_a_command(row: Row) -> None:
    reader = TextReader(repeat_errors=True)
    assert len(reader.feed(COMMAND + row.given)) == 1 + len(row.expected)
    # A control byte ends whatever it was, with one error more.
    *_, last = reader.feed(b"\x01" + COMMAND + b"\r\n")
    assert last == Parsed(json.loads(COMMAND), len(COMMAND))
    assert reader.at_rest


PARTS = st.sampled_from(
    [
        *(COMMAND, COMMAND + b"\r\n", b"{", b"}", b"[", b"]", b":", b",", b'"', b"'", b"\\", b" "),
        *(b'"a"', b"'b'", b'"a":', b'"id":1', b"\n", b"\t", b"\r\n", b" " * 70, b"true", b"nope"),
        *(b"0", b"1", b"-", b".5", b"e3", b"E+1", b"18446744073709551616", b"\\ud83d\\ude00"),
        *(b"\\ud800", b"\\uffff", b"\\u003a", b"\\'", b"\\x", b"\xc3\xa9", b"\xef\xbf\xbe", b"@"),
        *(
            b"\xc0\x80",
            b"\x80",
            b"\xff",
            b"\x00",
            b"\x01",
            b"\x7f",
            b'{"a":[1,{"b":2}]}',
            b"[[[1]]]",
        ),
        *(row.given for row in ROWS if len(row.given) < 100),
    ]
)
STREAMS = st.lists(PARTS, max_size=12).map(b"".join) | st.binary(max_size=40)
CUTS = st.lists(st.integers(0, 2000), max_size=8)


@given(STREAMS, CUTS)
def test_cuts_change_nothing(data: bytes, cuts: list[int]) -> None:
    assert details(fed(pieces(data, cuts))) == details(fed([data]))


def thoroughly(data: bytes, limits: Limits = DEFAULT_LIMITS) -> list[Parsed | JsonError]:
    """What comes out where nothing is read in a quick way."""
    framer = Framer(limits, repeat_errors=True)
    framer.push(data)
    found: list[Parsed | JsonError] = []
    while (frame := framer.take()) is not None:
        try:
            if isinstance(frame, JsonError):
                raise frame
            found.append(Parsed(parse(frame.text), frame.size_bytes))
        except JsonError as error:
            found.append(error)
    return found


SMALL = st.builds(
    Limits, depth=st.integers(1, 5), text_bytes=st.integers(1, 60), tokens=st.integers(1, 12)
)


@given(STREAMS, st.just(DEFAULT_LIMITS) | SMALL, CUTS)
@example(b"[[1]]", Limits(depth=1), [])
@example(b'{"a": "b"}\n', Limits(text_bytes=9), [])
@example(b"[2,\n @", DEFAULT_LIMITS, [4])
def test_quick_ways_change_nothing(data: bytes, limits: Limits, cuts: list[int]) -> None:
    expected = details(thoroughly(data, limits))
    assert details(fed([data], limits)) == expected
    assert details(fed(pieces(data, cuts), limits)) == expected


@given(
    st.lists(
        st.tuples(VALUES, st.booleans(), st.sampled_from([None, 1]), st.sampled_from(["\n", " "])),
        max_size=5,
    ),
    CUTS,
)
def test_right_texts_are_read(
    texts: list[tuple[object, bool, int | None, str]], cuts: list[int]
) -> None:
    held = [
        (value, json.dumps(value, ensure_ascii=ascii_only, indent=indent).encode() + end.encode())
        for value, ascii_only, indent, end in texts
    ]
    # Not a character, and no number of its own: what QMP refuses or changes.
    held = [(value, text) for value, text in held if not isinstance(thoroughly(text)[0], JsonError)]
    found = fed(pieces(b"".join(text for _, text in held), cuts))
    assert outcomes(found) == repr(tuple(value for value, _ in held))


# --- lazily, sizes, ends ---


def test_take_leaves_what_follows() -> None:
    reader = TextReader(repeat_errors=True)
    reader.push(b'{"a":1}{"b":2}@ {"c":3}{"d":')
    assert reader.take() == Parsed({"a": 1}, 7)
    assert not reader.at_rest
    reader.push(b"4}")
    assert reader.take() == Parsed({"b": 2}, 7)
    assert isinstance(reader.take(), JsonError)
    assert reader.take() == Parsed({"c": 3}, 7)
    assert reader.take() == Parsed({"d": 4}, 7)
    assert reader.take() is None
    assert reader.at_rest


def test_take_without_input() -> None:
    assert TextReader(repeat_errors=True).take() is None
    assert TextReader(repeat_errors=True).feed(b"") == []


@pytest.mark.parametrize(
    ("text", "size"),
    [
        (b'  {"a": 1}  \r\n', 8),
        (b'{"a": "\xc3\xa9"}', 11),
        (b"[1,\n 2]", 7),
        (b"12 ", 2),
        (b"[" + b" " * 1000 + b"]", 1002),
        (b'"' + b" " * 1000 + b'"', 1002),
    ],
)
def test_size_in_the_stream(text: bytes, size: int) -> None:
    for parts in ([text], [text[at : at + 1] for at in range(len(text))], [text[:5], text[5:]]):
        (parsed,) = fed(parts)
        assert isinstance(parsed, Parsed)
        assert parsed.size_bytes == size


@pytest.mark.parametrize(
    "beginning", [b'{"a":', b'"a', b"12", b"tru", b"-", b"@ x", b'"\\', b"[[ "]
)
def test_end_drops_what_is_incomplete(beginning: bytes) -> None:
    reader = TextReader(repeat_errors=True)
    reader.feed(COMMAND + beginning)
    assert not reader.at_rest
    reader.eof()
    assert reader.at_rest
    assert reader.feed(COMMAND) == [Parsed(json.loads(COMMAND), len(COMMAND))]


def test_end_drops_what_was_not_taken() -> None:
    reader = TextReader(repeat_errors=True)
    reader.push(COMMAND + COMMAND)
    reader.eof()
    assert reader.take() is None


def test_blanks_in_a_text_are_not_kept() -> None:
    framer = Framer(repeat_errors=True)
    framer.push(b'{"a":')
    assert framer.take() is None
    for _ in range(1000):
        framer.push(b" \n" * 20)
        assert framer.take() is None
    assert len(framer._held) < 100


# --- errors ---


def test_errors_tell_the_place_in_the_text() -> None:
    (error,) = fed([b'{"a": 1}\n {"b":\n  nope}'])[1:]
    assert isinstance(error, JsonError)
    assert (error.line, error.column, error.error_class) == (2, 3, "GenericError")
    (error,) = fed([b'{"a"', b":\n 1,\n @"])
    assert isinstance(error, JsonError)
    assert (error.line, error.column) == (3, 2)
    assert "'@'" in error.desc


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"\x01", "0x01"),
        (b'"\xff', "0xFF"),
        (b"#", "'#'"),
        (b"nope ", "keyword"),
        (b"[1 2]", "','"),
        (b'{"a" 1}', "':'"),
        (b'{"a":1,"a":2}', "twice"),
        (b'"\\x"', "escape"),
        (b'"\\ud800"', "surrogate"),
        (b'"\\uffff"', "no character"),
        (b'"\x80"', "UTF-8"),
        (b"[" * 1025, "1024 levels"),
    ],
)
def test_errors_say_what_is_wrong(data: bytes, word: str) -> None:
    (error,) = fed([data])
    assert isinstance(error, JsonError)
    assert word in error.desc


@pytest.mark.parametrize("text", [b"nope ", b'"\x80"', b'"\\ud800"', b"@", b"]", b'{"a":1,"a":1}'])
def test_errors_are_plain_values(text: bytes) -> None:
    # A traceback would hold the frames of the parser, and so the text.
    (error,) = fed([text])
    assert isinstance(error, JsonError)
    assert error.__traceback__ is error.__context__ is error.__cause__ is None


@pytest.mark.parametrize("text", [b"1E400 ", b"9" * 400 + b" ", b"[-1E400]"])
def test_numbers_beyond_floats_are_the_largest(text: bytes) -> None:
    (parsed,) = fed([text])
    assert isinstance(parsed, Parsed)
    assert "1.7976931348623157e+308" in repr(parsed.value)


def test_exponent_behind_a_zero() -> None:
    # QEMU refuses it, which JSON does not.
    assert outcomes(fed([b"[0e1, -0E+2] 0e1 "])) == repr(([0.0, -0.0], 0.0))


# --- limits ---


def test_depth() -> None:
    for opener, closer in ((b"[", b"]"), (b'{"a":[', b"]}")):
        count = 1024 // opener.count(b"[") // (2 if b"{" in opener else 1)
        (parsed,) = fed([opener * count + closer * count])
        assert isinstance(parsed, Parsed)
        assert len(fed([b"[" + opener * count])) == 1


@pytest.mark.parametrize("at_once", [True, False])
def test_text_bytes(at_once: bool) -> None:
    limits = Limits(text_bytes=20)

    def read(text: bytes) -> str:
        cut = [text] if at_once else [text[at : at + 1] for at in range(len(text))]
        return outcomes(fed(cut, limits))

    assert read(b'"' + b"x" * 17 + b'"') == repr(("x" * 17,))  # 19 bytes
    assert read(b'"' + b"x" * 18 + b'"1 ') == repr((BAD, 1))
    assert read(b'[ "xxxxxxxxxxx" , 123 ]') == repr((["xxxxxxxxxxx", 123],))  # blanks are free
    assert read(b'["xxxxxxxxxxx",1234]1 ') == repr((BAD, 1))
    # A token is cut behind 21 bytes: the rest is read as something new.
    assert read(b"1" * 21 + b"23 ") == repr((BAD, 23))
    assert read(b'"' + b"x" * 20 + b'null 1"') == repr((BAD, None, 1, BAD))[:-6] + ")"


@pytest.mark.parametrize("at_once", [True, False])
def test_tokens(at_once: bool) -> None:
    limits = Limits(tokens=7)

    def read(text: bytes) -> str:
        cut = [text] if at_once else [text[at : at + 1] for at in range(len(text))]
        return outcomes(fed(cut, limits))

    assert read(b'{"a" : [ "bcdefgh" ] }') == repr(({"a": ["bcdefgh"]},))
    assert read(b"[1,2,3]" * 3) == repr(([1, 2, 3],) * 3)
    # The eighth token is dropped with those before it.
    assert read(b"[1,2,[]]{}") == repr((BAD, {}))
    assert read(b"[1,2,3,4]{}") == repr((BAD, BAD, {}))


def test_the_limits_of_qemu() -> None:
    assert Limits(1024, 64 * 2**20, 2 * 2**20) == DEFAULT_LIMITS
    count = 2**20 - 2  # with commas and brackets, one token less than allowed
    (parsed,) = fed([b"[" + b"1," * count + b"1]"])
    assert isinstance(parsed, Parsed)
    assert isinstance(fed([b"[" + b"1," * count + b"1,1]"])[0], JsonError)


@pytest.mark.parametrize("wrong", [{"depth": 0}, {"depth": 1025}, {"text_bytes": 0}, {"tokens": 0}])
def test_limits_that_make_no_sense(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="positive"):
        Limits(**wrong)


# --- hostile input ---


@pytest.mark.parametrize(
    "unit",
    [
        b"{",
        b"[",
        b"}",
        b"@",
        b"@\n",
        b'"',
        b"'\\",
        b"1",
        b"a",
        b" ",
        b"\xff",
        b"{]",
        b'{"a":',
        b"\\",
    ],
)
def test_floods_are_survived(unit: bytes) -> None:
    reader = TextReader(repeat_errors=True)
    for _ in range(20):
        reader.feed(unit * 500)
    *_, last = reader.feed(b"\x01" + COMMAND)
    assert isinstance(last, Parsed)


@settings(max_examples=20)
@given(st.lists(STREAMS, max_size=5))
def test_reader_is_never_stuck(streams: list[bytes]) -> None:
    reader = TextReader(repeat_errors=True)
    for each in streams:
        reader.feed(each)
    *_, last = reader.feed(b"\x01" + COMMAND)
    assert last == Parsed(json.loads(COMMAND), len(COMMAND))
