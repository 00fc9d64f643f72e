"""The choice among backends, and that it changes no result."""

from __future__ import annotations

import datetime
import enum
import math
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any, NamedTuple, cast

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from qapigen.runtime import codec
from qapigen.runtime.codec import backends
from qapigen.runtime.codec.backends import PURE, STANDARD, Backend, Name, active, available, use
from qapigen.runtime.codec.strict import JsonError, decoded, read, write
from qapigen.runtime.errors import QapiError

from .json_texts import TEXTS, as_bytes
from .json_values import VALUES


def outcome(function: Callable[[Any], object], given: object) -> tuple[str, object]:
    """The value, whose form tells 1 from 1.0 and -0.0 from 0, or all that an error says."""
    try:
        return "value", repr(function(given))
    except JsonError as error:
        return "error", (error.problem, error.offset, error.line, error.column)


def strictly(text: str | bytes) -> object:
    return read(decoded(text))


def with_each(function: Callable[[Any], object], given: object) -> list[tuple[str, object]]:
    found = []
    for backend in available():
        before = use(backend.name)
        found.append(outcome(function, given))
        use(before)
    return found


@settings(max_examples=400)
@given(TEXTS)
@example('{"a": 1, "a": ":"}')
@example(r'{"a": 1, "a": "\u003a"}')
@example(r'{"a": 1, "a": "\u003A"}')
@example('[{"": {}, "": {"":0}}]')
def test_every_backend_reads_as_the_strict_reader_does(text: str) -> None:
    for form in (text, as_bytes(text)):
        assert set(with_each(codec.loads, form)) == {outcome(strictly, form)}


@settings(max_examples=150)
@given(st.binary(max_size=12) | TEXTS.map(as_bytes).map(lambda data: data[:-1] + b"\xff"))
def test_bytes_that_are_no_text_are_the_same_error(data: bytes) -> None:
    assert set(with_each(codec.loads, data)) == {outcome(strictly, data)}


@pytest.mark.parametrize("backend", available(), ids=lambda backend: backend.name)
@pytest.mark.parametrize(
    "text",
    [
        '{"return": {"status": "running", "n": [1, -2.5, null, true]}, "id": "x:1"}',
        '{"uri": "tcp:[::1]:4444", "a:b": {}, "c\\n": "\\u00e9\\"\u20ac", "max": 18446744073709551615}',
        "[" * 200 + "]" * 200,
    ],
)
def test_ordinary_texts_need_no_strict_reader(backend: Backend, text: str) -> None:
    assert repr(backend.loads(text)) == repr(backend.loads(text.encode())) == repr(read(text))


@pytest.mark.parametrize("backend", available(), ids=lambda backend: backend.name)
@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1, "a": 1}',
        r'{"a": 1, "a": "\u003a"}',
        "NaN",
        "1e400",
        "[" * 1025 + "]" * 1025,
        "9" * 400,
    ],
)
def test_doubtful_texts_are_left_to_it(backend: Backend, text: str) -> None:
    for form in (text, text.encode()):
        with pytest.raises((ValueError, RecursionError)):
            backend.loads(form)


class Colour(enum.StrEnum):
    WARM = "warm"


class Point(NamedTuple):
    x: int


class Text(str):
    __slots__ = ()


ODD = st.sampled_from(
    [
        *(math.nan, math.inf, -0.0, 1e16, 1e-5, 5e-324, 2**64, -(2**63) - 1, 2**70, True),
        *("\ud800", "\x7f\x1f\u2028", "null", Colour.WARM, Text("t\u20ac"), Point(1), (1, (2,))),
        *({1}, b"b", object(), datetime.date(2000, 1, 1), {"\udc00": 1}, {Text("k"): 1}, 1j),
    ]
)
ANYTHING = st.recursive(
    ODD | VALUES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner),
    max_leaves=6,
)


def written(backend: Backend, value: object) -> tuple[str, object]:
    try:
        text = backend.encode(value, False)
    except QapiError as error:
        return "error", error.desc
    assert text.isascii()
    return "text", text


@settings(max_examples=400)
@given(ANYTHING)
@example("\x7f")
@example([1e-5, "x"])
@example({"a\x7f": -2.5e-7})
@example([0.00012, 1e15, 1e16, 1e22, -1e-10, 5e-324])
def test_every_backend_writes_the_same_bytes(value: object) -> None:
    results = {written(backend, value) for backend in available()}
    assert results == {written(STANDARD, value)}


@given(st.floats(allow_nan=False, allow_infinity=False) | st.floats(-1e-3, 1e-3))
def test_every_backend_writes_floats_as_python_does(number: float) -> None:
    for backend in available():
        assert backend.encode([number], False) == f"[{number!r}]".encode()


def test_the_shortest_text_says_what_the_text_of_qemu_does() -> None:
    value = {"a": [1e-7, 2**64 - 1, "\x7f\u20ac"], "b": {}}
    for backend in available():
        assert read(backend.encode(value, False).decode()) == read(codec.dumps(value)) == value


@given(VALUES)
def test_the_shortest_text_has_no_blanks_but_those_of_strings(value: object) -> None:
    for backend in available():
        text = backend.encode(value, False).decode()
        assert text == write(value, compact=True)
        assert repr(read(text)) == repr(value)


@pytest.mark.parametrize("backend", available(), ids=lambda backend: backend.name)
@pytest.mark.parametrize("depth", [254, 255, 1000, 1024, 1025])
def test_deep_values_are_written_up_to_the_limit(backend: Backend, depth: int) -> None:
    value: object = []
    for _ in range(depth - 1):
        value = [value]
    if depth <= codec.MAX_DEPTH:
        assert backend.encode(value, False) == b"[" * depth + b"]" * depth
    else:
        with pytest.raises(QapiError, match="nested more than"):
            backend.encode(value, False)


def test_a_choice_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Name] = []
    monkeypatch.setattr(backends, "_when_changed", [])
    assert backends.when_changed(told.append) == told.append
    before = use("standard")
    use(before)
    with pytest.raises(LookupError):
        use(cast("Name", "nonsense"))
    assert told == ["standard", before]


def test_one_is_used_until_another_is_chosen() -> None:
    before = use("standard")
    try:
        assert active() is STANDARD
        assert use("standard") == "standard"
        with pytest.raises(LookupError, match="nonsense"):
            use(cast("Name", "nonsense"))
        assert active() is STANDARD
    finally:
        use(before)
    assert active().name == before


PROBE = """
import sys
from qapigen.runtime import loads
from qapigen.runtime.codec.backends import active
{before}
loads("1")
print(*(name for name in ("orjson", "msgspec") if sys.modules.get(name)), active().name)
"""


def in_a_fresh_interpreter(code: str, **environment: str) -> list[str]:
    result = subprocess.run(
        [sys.executable, "-c", code],
        env={name: value for name, value in os.environ.items() if name != PURE} | environment,
        capture_output=True,
        check=True,
        text=True,
        timeout=60,
    )
    return result.stdout.split()


def chosen(before: str = "", **environment: str) -> list[str]:
    """The libraries loaded by the first text, and the name of the backend."""
    return in_a_fresh_interpreter(PROBE.format(before=before), **environment)


FASTEST = available()[0].name
LOADED = ["orjson"] * any(backend.name == "orjson" for backend in available())


def test_nothing_is_loaded_before_the_first_text() -> None:
    imports = "import sys, qapigen.runtime.marshalling, qapigen.runtime.commands"
    assert in_a_fresh_interpreter(
        f"{imports}; print({{'orjson', 'msgspec'}} & {{*sys.modules}})"
    ) == ["set()"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [("1", ["standard"]), ("0", [*LOADED, FASTEST]), ("", [*LOADED, FASTEST])],
)
def test_the_environment_can_ask_for_the_standard_library(value: str, expected: list[str]) -> None:
    assert chosen(**{PURE: value}) == expected


# A module that is None in the table of modules cannot be imported.
def test_what_is_not_installed_is_done_without() -> None:
    assert chosen("sys.modules['orjson'] = sys.modules['msgspec'] = None") == ["standard"]
    assert chosen("sys.modules['msgspec'] = None") == [*LOADED, *(LOADED or ["standard"])]
    typed = FASTEST == "msgspec"
    assert chosen("sys.modules['orjson'] = None") == ["msgspec" if typed else "standard"]


def test_only_the_one_with_msgspec_is_typed() -> None:
    assert [backend.name for backend in available() if backend.typed] in (["msgspec"], [])
    assert not STANDARD.typed
