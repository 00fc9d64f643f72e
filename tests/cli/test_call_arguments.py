"""Arguments from words of the shell, checked against a schema in any of its forms."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from qapigen.cli.call_arguments import (
    Given,
    by_introspection,
    by_schema,
    by_shipped_schema,
    read_schema,
    unchecked,
)
from qapigen.cli.status import Trouble
from qapigen.compiler.disk import read_source
from qapigen.compiler.passes.introspect import introspect
from qapigen.runtime.errors import QapiError
from tests.cli.process import write_files
from tests.compiler.schema_texts import schema_of

SCHEMA = """
{ 'command': 'buy', 'data': { 'what': [ 'str' ], '*gift': 'any', '*most': 'size' } }
{ 'command': 'anything', 'data': { 'a': 'str' }, 'gen': false }
"""


def words(*given: str) -> Given:
    return Given.parse(given, None)


def json(text: str) -> Given:
    return Given.parse((), text)


def test_nothing() -> None:
    assert words() == Given({})


def test_words() -> None:
    given = words("a.b=1", "a.c=x=y", "d=one,two,,three", "e.0=", "e.1= ")
    assert given.values == {
        "a": {"b": "1", "c": "x=y"},
        "d": "one,two,,three",
        "e": ["", " "],
    }


def test_json() -> None:
    assert json('{"a": [1, null]}') == Given({"a": [1, None]}, is_json=True)
    assert json("{}") == Given({}, is_json=True)


@pytest.mark.parametrize(
    ("given", "text", "desc"),
    [
        (("a",), None, "expected key=value, got 'a'"),
        (("help",), None, "expected key=value, got 'help'"),
        (("",), None, "expected key=value, got ''"),
        (("=1",), None, "'' is no name of a parameter"),
        (("a..b=1",), None, "'a..b' is no name of a parameter"),
        (("a,b=1",), None, "expected '=' after parameter 'a'"),
        (("a=1", "a.b=2"), None, "a"),
        (("a.1=x",), None, "item 0 is missing"),
        (("a=1",), "{}", "key=value words or --json, not both"),
        ((), "", "--json: "),
        ((), "{'a': 1}", "--json: "),
        ((), "[]", "--json: expected an object, got an array"),
    ],
)
def test_wrong(given: tuple[str, ...], text: str | None, desc: str) -> None:
    with pytest.raises(QapiError) as caught:
        Given.parse(given, text)
    assert desc in caught.value.desc


def test_unchecked() -> None:
    given = words("a=5", "b=true", "c=on", "d=x y", 'e={"f": [1]}', "g.0=null", "g.1=0x10", 'h="5"')
    assert unchecked(given) == {
        "a": 5,
        "b": True,
        "c": "on",
        "d": "x y",
        "e": {"f": [1]},
        "g": [None, "0x10"],
        "h": "5",
    }
    assert unchecked(json('{"a": "5"}')) == {"a": "5"}


@pytest.mark.parametrize(
    ("command", "given", "arguments"),
    [
        ("query-status", words(), {}),
        ("migrate", words("uri=exec:cat >a,b", "blk=on"), {"uri": "exec:cat >a,b", "blk": True}),
        ("migrate-set-parameters", words("xbzrle-cache-size=2M"), {"xbzrle-cache-size": 2 << 20}),
        (
            "migrate-set-capabilities",
            words("capabilities.0.capability=events", "capabilities.0.state=on"),
            {"capabilities": [{"capability": "events", "state": True}]},
        ),
        (
            "object-add",
            words("qom-type=tls-creds-x509", "id=t0", "dir=/x", "verify-peer=off"),
            {"qom-type": "tls-creds-x509", "id": "t0", "dir": "/x", "verify-peer": False},
        ),
        ("migrate", json('{"uri": "tcp:h:1", "inc": false}'), {"uri": "tcp:h:1", "inc": False}),
        ("guest-ping", words(), None),
        ("guest-ping", words("a=1"), None),
    ],
)
def test_shipped(command: str, given: Given, arguments: Any) -> None:
    assert by_shipped_schema(command, given) == arguments


@pytest.mark.parametrize(
    ("command", "given", "desc"),
    [
        ("query-status", words("a=1"), "member 'a' is unexpected"),
        ("query-status", json('{"a": 1}'), "member 'a' is unexpected"),
        ("migrate", words(), "member 'uri' is missing"),
        ("migrate", words("uri=tcp:h:1", "blk=maybe"), "blk: expected on or off"),
        ("migrate", json('{"uri": 1}'), "uri: expected a string, got number 1"),
        (
            "migrate-set-capabilities",
            words("capabilities.0.capability=event", "capabilities.0.state=on"),
            "capabilities.0.capability: expected one of",
        ),
        (
            "migrate-set-capabilities",
            json('{"capabilities": [{"capability": "events", "state": "on"}]}'),
            "capabilities[0].state: expected a boolean, got string 'on'",
        ),
    ],
)
def test_shipped_refuses(command: str, given: Given, desc: str) -> None:
    with pytest.raises(QapiError) as caught:
        by_shipped_schema(command, given)
    assert desc in caught.value.desc


def test_introspection() -> None:
    rows = introspect(schema_of(SCHEMA))
    given = words("what.0=tea", "gift=5", "most=1K")
    assert by_introspection(rows, "buy", given) == {"what": ["tea"], "gift": 5, "most": 1024}
    assert by_introspection(rows, "buy", json('{"what": []}')) == {"what": []}
    assert by_introspection(rows, "sell", given) is None
    with pytest.raises(QapiError, match=r"^what: expected an array"):
        by_introspection(rows, "buy", words("what=tea"))
    with pytest.raises(QapiError, match=r"^what\[0\]: expected a string"):
        by_introspection(rows, "buy", json('{"what": [1]}'))


def test_schema(tmp_path: Path) -> None:
    schema = read_schema(str(write_files(tmp_path, {"a.json": SCHEMA})), read_source)
    assert by_schema(schema, "buy", words("what.0=tea")) == {"what": ["tea"]}
    assert by_schema(schema, "anything", words("b=5")) == {"b": 5}
    for given in (words(), json('{"what": null}')):
        with pytest.raises(QapiError, match="what"):
            by_schema(schema, "buy", given)
    with pytest.raises(QapiError, match="there is no command 'bye'"):
        by_schema(schema, "bye", words())


def test_schemas_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(Trouble, match="none.json: error: "):
        read_schema(str(tmp_path / "none.json"), read_source)
    wrong = write_files(tmp_path, {"a.json": "{ 'command': 'buy', 'data': 'Tea' }"})
    with pytest.raises(Trouble, match=r"a.json:1:1: error: .*\[E\d+\]"):
        read_schema(str(wrong), read_source)
