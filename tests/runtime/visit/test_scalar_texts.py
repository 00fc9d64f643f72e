"""Texts of scalars: what options accept, and nothing else.

The tables were compared with what a QEMU makes of the same texts.
"""

from __future__ import annotations

from fractions import Fraction
from math import copysign

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qapigen.runtime.visit.scalar_texts import (
    boolean_text,
    boolean_value,
    integer_value,
    number_value,
    size_value,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("5", 5),
        ("+5", 5),
        ("-5", -5),
        ("-0", 0),
        (" 5", 5),
        ("\t\n\v\f\r 5", 5),
        ("010", 8),
        ("-010", -8),
        ("00", 0),
        ("0x10", 16),
        ("0X0aF", 175),
        ("-0x10", -16),
        ("9223372036854775808", 2**63),
        ("0x" + "f" * 16, 2**64 - 1),
        ("0" * 5000, 0),
    ],
)
def test_integers(text: str, value: int) -> None:
    assert integer_value(text) == value


@pytest.mark.parametrize(
    "text",
    ["", " ", "+", "-", "x", "08", "0x", "0x-1", "0b1", "0o7", "1_0", "1.0", "1e3", "5 ", "- 5"]
    + ["--5", "5\n", "\u00a05", "\u0665", "1k", "on", "5\0"],
)
def test_no_integers(text: str) -> None:
    assert integer_value(text) is None


@pytest.mark.parametrize("text", ["9" * 5000, "0x" + "1" * 5000, "0" + "7" * 5000])
def test_endless_integers_are_beyond_every_range(text: str) -> None:
    value = integer_value(text)
    assert value is not None
    assert value > 2**64
    negative = integer_value("-" + text)
    assert negative is not None
    assert negative < -(2**64)


@given(st.integers(-(2**64), 2**64))
def test_python_writes_integers_that_are_read(value: int) -> None:
    assert integer_value(str(value)) == value
    assert integer_value(hex(value)) == value
    assert integer_value(oct(value).replace("o", "")) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("4096", 4096),
        ("1B", 1),
        ("1b", 1),
        ("1k", 1024),
        ("1K", 1024),
        ("1M", 1024**2),
        ("1G", 1024**3),
        ("1T", 1024**4),
        ("1P", 1024**5),
        ("1E", 1024**6),
        ("1.5k", 1536),
        ("1.5g", 3 * 2**29),
        ("1.k", 1024),
        ("1.", 1),
        ("1.0", 1),
        ("1.0B", 1),
        ("010k", 10240),
        ("010", 10),
        ("+1k", 1024),
        (" 1k", 1024),
        ("0x10", 16),
        ("0X1F", 31),
        ("0x1b", 27),
        ("0.1T", 109951162778),  # 109951162777.6
        ("0.00048828125k", 1),  # a half
        ("0.00048828124k", 0),
        ("15.99E", 18435214858663483146),
        ("18446744073709551615", 2**64 - 1),
        ("17592186044415.5M", 2**64 - 2**19),
    ],
)
def test_sizes(text: str, value: int) -> None:
    assert size_value(text) == value


@pytest.mark.parametrize(
    "text",
    ["", ".", ".5k", "1.5", "1.5B", "0.5B", "-1", "-0", "1kk", "1kB", "1KiB", "1e1k", "1.5e1k"]
    + ["inf", "nan", "1_0k", "0x", "0x10k", "0x1.8k", "1k ", "1 k", "1.5 k", "1,5k", "k", "1Z"],
)
def test_no_sizes(text: str) -> None:
    assert size_value(text) is None


@given(
    st.integers(0, 2**64),
    st.text("0123456789", max_size=100),
    st.sampled_from("KMGTPE"),
)
def test_sizes_are_exact(whole: int, fraction: str, suffix: str) -> None:
    exact = Fraction(f"{whole}.{fraction or 0}") * 1024 ** "BKMGTPE".index(suffix)
    value = size_value(f"{whole}.{fraction}{suffix}")
    assert value is not None
    assert exact - Fraction(1, 2) < value <= exact + Fraction(1, 2)


@pytest.mark.parametrize("text", ["9" * 5000, "9" * 5000 + "E", "0x" + "f" * 5000])
def test_endless_sizes_are_beyond_every_range(text: str) -> None:
    value = size_value(text)
    assert value is not None
    assert value > 2**64


def test_endless_fractions_are_read() -> None:
    assert size_value("1." + "5" * 100_000 + "k") == 1593


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        ("-1", -1),
        ("+1", 1),
        ("010", 10),
        (" 1", 1),
        ("1.5", 1.5),
        (".5", 0.5),
        ("1.", 1.0),
        ("1e3", 1000.0),
        ("1E-3", 0.001),
        ("0x1p3", 8.0),
        ("0x10", 16.0),
        ("0x.8", 0.5),
        ("-0x1.8P+1", -3.0),
        ("18446744073709551615", 2**64 - 1),
        ("18446744073709551616", 2.0**64),
        ("9" * 300, float("9" * 300)),
        ("1e-999", 0.0),
        ("0" * 5000 + "1", 1),
    ],
)
def test_numbers(text: str, value: float) -> None:
    found = number_value(text)
    assert found == value
    assert type(found) is type(value)


def test_minus_zero_keeps_its_sign() -> None:
    found = number_value("-0.0")
    assert found is not None
    assert copysign(1, found) == -1


@pytest.mark.parametrize(
    "text",
    ["", ".", "-", "e3", "1e", "1 ", "1_0", "inf", "-Infinity", "nan", "nan(1)", "1e999", "0x"]
    + ["0x1p99999", "0x1p", "1,5", "0x1e+", "\u0661", "on", "9" * 5000, "1\n"],
)
def test_no_numbers(text: str) -> None:
    assert number_value(text) is None


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**63), 2**64 - 1))
def test_python_writes_numbers_that_are_read(value: float) -> None:
    found = number_value(repr(value))
    assert found == value
    assert type(found) is type(value)
    if isinstance(value, float):
        assert number_value(value.hex()) == value


@pytest.mark.parametrize("text", ["on", "yes", "true", "y"])
def test_true(text: str) -> None:
    assert boolean_value(text) is True


@pytest.mark.parametrize("text", ["off", "no", "false", "n"])
def test_false(text: str) -> None:
    assert boolean_value(text) is False


@pytest.mark.parametrize("text", ["", "On", "ON", "True", "Y", "t", "1", "0", " on", "on "])
def test_no_booleans(text: str) -> None:
    assert boolean_value(text) is None


def test_booleans_are_written() -> None:
    assert boolean_text(True) == "on"
    assert boolean_text(False) == "off"


@given(st.text("0123456789xXabkKEeTp.+-_ \t", max_size=30))
def test_any_text_has_a_value_or_none(text: str) -> None:
    for read in (integer_value, size_value, number_value, boolean_value):
        value = read(text)
        assert value is None or isinstance(value, (int, float))
