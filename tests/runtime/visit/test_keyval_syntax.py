"""Key=value text and the nested texts that it stands for.

The tables were compared with what a QEMU makes of the same texts.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qapigen.runtime.errors import VisitError
from qapigen.runtime.visit.keyval_syntax import HelpRequested, parse_keyval, write_keyval
from qapigen.runtime.visit.refusals import MAX_DEPTH

from .drawn_values import NAMES, TEXT, TEXT_TREES

LONG = "x" * 127


@pytest.mark.parametrize(
    ("text", "parameters"),
    [
        ("", {}),
        ("a=b", {"a": "b"}),
        ("a=b,", {"a": "b"}),
        ("a=", {"a": ""}),
        ("a=,b=", {"a": "", "b": ""}),
        ("a=1,b=2", {"a": "1", "b": "2"}),
        ("a=1,a=2", {"a": "2"}),
        ("a==b=c", {"a": "=b=c"}),
        ("a=b,,c", {"a": "b,c"}),
        ("a=b,,", {"a": "b,"}),
        ("a=b,,,", {"a": "b,"}),
        ("a=b,,,c=d", {"a": "b,", "c": "d"}),
        ("a=,,", {"a": ","}),
        ('a="x" \n\u00e9', {"a": '"x" \n\u00e9'}),
        ("a.b=1,a.c=2", {"a": {"b": "1", "c": "2"}}),
        ("a.b.c.d=1", {"a": {"b": {"c": {"d": "1"}}}}),
        ("a.0=x,a.1=y", {"a": ["x", "y"]}),
        ("a.1=y,a.0=x", {"a": ["x", "y"]}),
        ("a.00=x,a.0=y", {"a": ["y"]}),
        ("a.0.b=x,a.1.0=y", {"a": [{"b": "x"}, ["y"]]}),
        ("a.0.0.0=x", {"a": [[["x"]]]}),
        (",".join(f"a.{n}={n}" for n in range(12)), {"a": [str(n) for n in range(12)]}),
        ("A_b-9=x", {"A_b-9": "x"}),
        ("__com.example_foo=1", {"__com.example_foo": "1"}),
        ("__com.example_foo.bar=1", {"__com.example_foo": {"bar": "1"}}),
        ("a.__com.ex_b.0=1", {"a": {"__com.ex_b": ["1"]}}),
        ("___foo=1", {"___foo": "1"}),
        ("help=x", {"help": "x"}),
        ("a=help", {"a": "help"}),
        ("a=?", {"a": "?"}),
        (f"{LONG}.{LONG}=1", {LONG: {LONG: "1"}}),
    ],
)
def test_read(text: str, parameters: object) -> None:
    assert parse_keyval(text) == parameters


@pytest.mark.parametrize(
    ("text", "parameters"),
    [
        ("raw", {"driver": "raw"}),
        ("raw,", {"driver": "raw"}),
        ("raw,a=b", {"driver": "raw", "a": "b"}),
        ("driver=raw,a=b", {"driver": "raw", "a": "b"}),
        ("raw,driver=other", {"driver": "other"}),
        ("a.b", {"driver": "a.b"}),
        ("9 \u00e9", {"driver": "9 \u00e9"}),
        ("helpful", {"driver": "helpful"}),
        ("", {}),
    ],
)
def test_the_implied_key(text: str, parameters: object) -> None:
    assert parse_keyval(text, implied_key="driver") == parameters


def test_an_implied_key_may_be_a_path() -> None:
    assert parse_keyval("x,a.c=y", implied_key="a.b") == {"a": {"b": "x", "c": "y"}}


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("=x", "'' is no name of a parameter"),
        (",", "'' is no name of a parameter"),
        (",a=b", "'' is no name of a parameter"),
        ("a=b,=x", "'' is no name of a parameter"),
        (".a=x", "'.a' is no name of a parameter"),
        ("a.=x", "'a.' is no name of a parameter"),
        ("a..b=x", "'a..b' is no name of a parameter"),
        ("0=x", "'0' is no name of a parameter"),
        ("1a=x", "'1a' is no name of a parameter"),
        ("a.1b=x", "'a.1b' is no name of a parameter"),
        ("a.-1=x", "'a.-1' is no name of a parameter"),
        ("_x=1", "'_x' is no name of a parameter"),
        ("__com_=1", "'__com_' is no name of a parameter"),
        ("a b=1", "'a b' is no name of a parameter"),
        ("a=x, b=y", "' b' is no name of a parameter"),
        ("\u00e9=1", "'\\xe9' is no name of a parameter"),
        ("a.\u0661=1", "'a.\\u0661' is no name of a parameter"),
        ("a\n=1", "'a\\n' is no name of a parameter"),
        ("a", "expected '=' after parameter 'a'"),
        ("a=x,b", "expected '=' after parameter 'b'"),
        ("a=x,b,c=y", "expected '=' after parameter 'b'"),
        ("a.1=x", "a: item 0 is missing"),
        ("a.0=x,a.2=y", "a: item 1 is missing"),
        ("a.b.0=x,a.b.3=y,a.b.1=z", "a.b: item 2 is missing"),
        ("a.99999999999999999999=1", "a: item 0 is missing"),
        ("a.0.1=x", "a.0: item 0 is missing"),
        ("a.0=x,a.b=y", "a: expected one kind of parameters, got names and indexes"),
        ("a=1,a.b=2", "a: expected one kind of parameters, got a value and parameters in it"),
        ("a.b=1,a=2", "a: expected one kind of parameters, got a value and parameters in it"),
        ("x.a.b=1,x.a=", "x.a: expected one kind of parameters, got a value and parameters in it"),
        (
            "x.a=1,x.a.0.b=",
            "x.a: expected one kind of parameters, got a value and parameters in it",
        ),
        (f"{LONG}x=1", f"parameter '{LONG[:60]}...' is longer than 127 characters"),
        (f"a.{LONG}x=1", f"a part of parameter 'a.{LONG[:58]}...' is longer than 127 characters"),
        (
            "a." + "0" * 128 + "=1",
            f"a part of parameter 'a.{'0' * 58}...' is longer than 127 characters",
        ),
        (".".join(["a"] * 1025) + "=1", "the value is nested too deeply"),
    ],
)
def test_refused(text: str, error: str) -> None:
    with pytest.raises(VisitError) as caught:
        parse_keyval(text)
    assert caught.value.desc == error


@pytest.mark.parametrize("text", ["raw,,x", ",raw", "raw,b", "=raw", "a.1=x", "a=x,raw"])
def test_refused_beside_an_implied_key(text: str) -> None:
    with pytest.raises(VisitError):
        parse_keyval(text, implied_key="driver")


@pytest.mark.parametrize(
    ("text", "parameters"),
    [
        ("help", {}),
        ("?", {}),
        ("help,", {}),
        ("a=b,help", {"a": "b"}),
        ("raw,?,a.0=b", {"driver": "raw", "a": ["b"]}),
    ],
)
def test_help(text: str, parameters: object) -> None:
    with pytest.raises(HelpRequested, match="help is not available") as caught:
        parse_keyval(text, implied_key="driver")
    assert caught.value.parameters == parameters
    assert caught.value.to_wire()["class"] == "GenericError"


def test_errors_are_told_before_help() -> None:
    for text in ("help,=x", "a.1=x,help", "help,b"):
        with pytest.raises(VisitError):
            parse_keyval(text)


def test_the_deepest_key() -> None:
    key = ".".join(["a"] * MAX_DEPTH)
    tree: Any = parse_keyval(f"{key}=x")
    assert write_keyval(tree) == f"{key}=x"
    for _ in range(MAX_DEPTH):
        tree = tree["a"]
    assert tree == "x"
    with pytest.raises(VisitError, match="too deeply"):
        parse_keyval(f"{key}.a=x")


def test_writing_what_is_too_deep_is_refused() -> None:
    tree: Any = "x"
    for _ in range(MAX_DEPTH + 1):
        tree = {"a": tree}
    with pytest.raises(VisitError, match="too deeply"):
        write_keyval(tree)


@pytest.mark.parametrize(
    ("parameters", "text"),
    [
        ({}, ""),
        ({"a": ""}, "a="),
        ({"a": "x,y=z"}, "a=x,,y=z"),
        ({"a": {"b": ["x", {"c": "y"}]}, "d": "z"}, "a.b.0=x,a.b.1.c=y,d=z"),
    ],
)
def test_written(parameters: Any, text: str) -> None:
    assert write_keyval(parameters) == text
    assert parse_keyval(text) == parameters


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("raw", "raw,a=x"),
        ("a.b", "a.b,a=x"),
        ("", "a=x,driver="),
        ("help", "a=x,driver=help"),
        ("?", "a=x,driver=?"),
        ("x=y", "a=x,driver=x=y"),
        ("x,y", "a=x,driver=x,,y"),
    ],
)
def test_a_bare_value_is_written_where_it_can_be(value: str, text: str) -> None:
    parameters: Any = {"a": "x", "driver": value}
    assert write_keyval(parameters, implied_key="driver") == text
    assert parse_keyval(text, implied_key="driver") == parameters


@pytest.mark.parametrize(
    ("parameters", "error"),
    [
        ({"a": []}, "a: key=value text can say an array that is not empty, not an empty array"),
        (
            {"a": [{}]},
            "a.0: key=value text can say an object that is not empty, not an empty object",
        ),
        ({"a": 5}, "a: key=value text can say a string, not number 5"),
        ({"a": [True]}, "a.0: key=value text can say a string, not boolean true"),
        ({"a": {"b": None}}, "a.b: key=value text can say a string, not null"),
        ({"": "x"}, "key=value text can say members with names of parameters, not string ''"),
        ({"0": "x"}, "key=value text can say members with names of parameters, not string '0'"),
        (
            {"a": {"0": "x"}},
            "a: key=value text can say members with names of parameters, not string '0'",
        ),
        (
            {"a": {"b.c": "x"}},
            "a: key=value text can say members with names of parameters, not string 'b.c'",
        ),
        (
            {"a": {"b=": "x"}},
            "a: key=value text can say members with names of parameters, not string 'b='",
        ),
        (
            {"a": {1: "x"}},
            "a: key=value text can say members with names of parameters, not number 1",
        ),
        (
            {"x" * 128: ""},
            f"key=value text can say names of up to 127 characters, not string '{'x' * 60}...'",
        ),
    ],
)
def test_not_written(parameters: Any, error: str) -> None:
    with pytest.raises(VisitError) as caught:
        write_keyval(parameters)
    assert caught.value.desc == error


@given(st.dictionaries(NAMES, TEXT_TREES), st.none() | NAMES)
def test_what_is_written_is_read(parameters: Any, implied_key: str | None) -> None:
    text = write_keyval(parameters, implied_key=implied_key)
    assert parse_keyval(text, implied_key=implied_key) == parameters


@given(st.text("ab0._-=,?\n", max_size=40) | TEXT, st.none() | st.just("a"))
def test_any_text_is_read_or_refused(text: str, implied_key: str | None) -> None:
    try:
        parameters = parse_keyval(text, implied_key=implied_key)
    except (VisitError, HelpRequested):
        return
    assert parse_keyval(write_keyval(parameters)) == parameters


def test_long_values_take_linear_time() -> None:
    value = "x,,=" * 250_000
    assert parse_keyval(f"a={value}") == {"a": value.replace(",,", ",")}
    many = ",".join(f"a.{number}.b=x" for number in range(20_000))
    assert parse_keyval(many) == {"a": [{"b": "x"}] * 20_000}
