"""Facts as JSON: every construct, and the corpus."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from qapigen.compiler.backends.facts import FORMAT, facts
from qapigen.compiler.check import check
from qapigen.compiler.diagnostics import Report
from qapigen.compiler.dialect import DIALECTS
from qapigen.compiler.ir import Schema
from qapigen.compiler.source import ReadError
from qapigen.compiler.syntax.load import load

Files = dict[str, str]


def schema_of(read: Callable[[str], str], root: str, dialect: str) -> Schema:
    report = Report()
    tree = load(root, read, DIALECTS[dialect], report)
    schema = None if tree is None else check(tree, DIALECTS[dialect], report)
    assert schema is not None, [found.message for found in report.sorted()]
    return schema


def facts_of(files: Files | str, dialect: str = "modern") -> dict[str, Any]:
    texts = {"root.json": files} if isinstance(files, str) else files
    return facts(schema_of(texts.__getitem__, "root.json", dialect))


def only(text: str, dialect: str = "modern") -> dict[str, Any]:
    """The facts of the last definition, without its place."""
    found = facts_of(text, dialect)["definitions"][-1]
    del found["module"], found["line"]
    return dict(found)


def test_frame() -> None:
    assert facts_of("") == {
        "format": FORMAT,
        "dialect": "modern",
        "modules": [{"name": "root.json", "includes": []}],
        "definitions": [],
        "docs": [],
    }


def test_modules_and_places() -> None:
    files = {
        "root.json": "{ 'include': 'a/b.json' }\n\n{ 'event': 'A' }\n{ 'include': 'a/b.json' }",
        "a/b.json": "\n{ 'event': 'B' }",
    }
    found = facts_of(files)
    assert found["modules"] == [
        {"name": "root.json", "includes": ["a/b.json", "a/b.json"]},
        {"name": "a/b.json", "includes": []},
    ]
    places = [(d["name"], d["module"], d["line"]) for d in found["definitions"]]
    assert places == [("B", "a/b.json", 2), ("A", "root.json", 3)]


def test_enum() -> None:
    text = (
        "{ 'enum': 'Ee', 'prefix': 'E_E', 'if': { 'not': 'A' }, 'data': [ 'a',"
        " { 'name': 'b', 'if': { 'any': ['B', { 'all': ['C'] }] }, 'features': ['f'] } ] }"
    )
    assert only(text) == {
        "kind": "enum",
        "name": "Ee",
        "if": {"not": "A"},
        "features": [],
        "prefix": "E_E",
        "members": [
            {"name": "a", "if": None, "features": []},
            {
                "name": "b",
                "if": {"any": ["B", {"all": ["C"]}]},
                "features": [{"name": "f", "if": None}],
            },
        ],
    }


def test_struct() -> None:
    text = (
        "{ 'struct': 'Bb', 'data': {} }\n"
        "{ 'struct': 'Ss', 'base': 'Bb', 'features': [ { 'name': 'f', 'if': 'F' } ],"
        " 'data': { '*a': ['int'] } }"
    )
    assert only(text) == {
        "kind": "struct",
        "name": "Ss",
        "if": None,
        "features": [{"name": "f", "if": "F"}],
        "base": "Bb",
        "members": [{"name": "a", "type": ["int"], "optional": True, "if": None, "features": []}],
    }


def test_flat_union() -> None:
    text = (
        "{ 'enum': 'Ee', 'data': ['a', { 'name': 'b', 'if': 'B' }] }\n"
        "{ 'struct': 'Ss', 'data': {} }\n"
        "{ 'union': 'Uu', 'base': { 't': 'Ee' }, 'discriminator': 't', 'data': { 'a': 'Ss' } }"
    )
    member = {"name": "t", "type": "Ee", "optional": False, "if": None, "features": []}
    assert only(text) == {
        "kind": "union",
        "name": "Uu",
        "if": None,
        "features": [],
        "base": {"members": [member]},
        "discriminator": "t",
        "simple": False,
        "branches": [
            {"case": "a", "type": "Ss", "if": None},
            {"case": "b", "type": None, "if": "B"},
        ],
    }


def test_simple_union() -> None:
    found = only("{ 'union': 'Uu', 'data': { 'a': ['int'] } }", "2018")
    assert (found["simple"], found["base"], found["discriminator"]) == (True, None, "type")
    assert found["branches"] == [{"case": "a", "type": ["int"], "if": None}]


def test_alternate() -> None:
    text = "{ 'alternate': 'Aa', 'data': { 'a': ['int'], 'b': { 'type': 'int', 'if': 'B' } } }"
    assert only(text)["alternatives"] == [
        {"name": "a", "type": ["int"], "if": None},
        {"name": "b", "type": "int", "if": "B"},
    ]


def test_command() -> None:
    text = (
        "{ 'struct': 'Ss', 'data': {} }\n"
        "{ 'command': 'go', 'data': 'Ss', 'boxed': true, 'returns': ['Ss'], 'gen': false,"
        " 'success-response': false, 'allow-oob': true, 'allow-preconfig': true }"
    )
    assert only(text) == {
        "kind": "command",
        "name": "go",
        "if": None,
        "features": [],
        "data": "Ss",
        "returns": ["Ss"],
        "boxed": True,
        "gen": False,
        "success-response": False,
        "allow-oob": True,
        "allow-preconfig": True,
        "coroutine": False,
    }


def test_event() -> None:
    found = only("{ 'event': 'GO', 'data': {} }")
    assert (found["kind"], found["data"], found["boxed"]) == ("event", None, False)


def test_docs() -> None:
    text = (
        "##\n# Free text.\n##\n\n##\n# @go:\n#\n# Text.\n#\n# @a: text\n#\n"
        "# Features:\n#\n# @f: text\n#\n# Since: 1.0\n##\n"
        "{ 'command': 'go', 'data': { 'a': 'int' }, 'features': ['f'] }"
    )
    place = {"module": "root.json"}
    none: dict[str, list[str]] = {"members": [], "features": [], "sections": []}
    text_of = {"text": "text"}
    assert facts_of(text)["docs"] == [
        {"symbol": None, "line": 1, "body": "Free text.", **place, **none},
        {
            "symbol": "go",
            "line": 5,
            "body": "Text.",
            "members": [{"name": "a", **text_of}],
            "features": [{"name": "f", **text_of}],
            "sections": [{"tag": "Since", "text": "1.0"}],
            **place,
        },
    ]


def test_body_is_what_comes_first() -> None:
    text = "##\n# @go:\n#\n# Since: 1.0\n#\n# Late text.\n##\n{ 'command': 'go' }"
    (doc,) = facts_of(text)["docs"]
    assert doc["body"] == ""
    assert doc["sections"] == [{"tag": "Since", "text": "1.0"}, {"tag": None, "text": "Late text."}]


def test_facts_are_json() -> None:
    found = facts_of("{ 'command': 'go', 'data': { '*a': ['int'] } }")
    assert json.loads(json.dumps(found)) == found


# The corpus.

FOLDERS = ["example", "qapi-tests/2018", "qapi-tests/modern", "qemu-2.12-dev", "qemu-7.2", "seed"]


def read_file(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise ReadError(str(error)) from error


def contained(want: Any, got: Any) -> bool:
    """Whether ``got`` says what ``want`` does; lists in order, other keys left aside."""
    if isinstance(want, dict):
        return isinstance(got, dict) and all(
            contained(value, got.get(key)) for key, value in want.items()
        )
    if isinstance(want, list):
        return (
            isinstance(got, list)
            and len(want) == len(got)
            and all(contained(a, b) for a, b in zip(want, got, strict=True))
        )
    return bool(want == got)


@pytest.mark.parametrize("folder", FOLDERS)
def test_corpus(corpus: Path, folder: str) -> None:
    """Accepted schemas give the facts on record, others fail where they must."""
    cases = json.loads((corpus / folder / "cases.json").read_text(encoding="utf-8"))["cases"]
    wrong = [case["name"] for case in cases if not agrees(corpus / folder, case)]
    assert wrong == []
    assert cases


def _without_texts(found: dict[str, Any]) -> dict[str, Any]:
    """The facts with names and tags only in their documentation, as they are on record."""
    docs = [
        {
            **doc,
            "body": bool(doc["body"]),
            "members": [each["name"] for each in doc["members"]],
            "features": [each["name"] for each in doc["features"]],
            "sections": [each["tag"] for each in doc["sections"] if each["tag"] is not None],
        }
        for doc in found["docs"]
    ]
    return {**found, "docs": docs}


def agrees(folder: Path, case: dict[str, Any]) -> bool:
    dialect = DIALECTS[case["dialect"]]
    report = Report()
    tree = load(str(folder / case["schema"]), read_file, dialect, report)
    schema = None if tree is None else check(tree, dialect, report)
    if case["positive"]:
        want = json.loads((folder / case["facts"]).read_text(encoding="utf-8"))
        return schema is not None and all(
            contained(want[key], found[key])
            for found in [_without_texts(facts(schema))]
            for key in ("modules", "definitions", "docs")
            if key in want
        )
    first = report.sorted()[0]
    blamed = case["error"]["context"]["definition"]
    return (
        (first.span.line if first.span else None) == case["error"]["line"]
        and (blamed is None or first.definition is not None)
        and (blamed is None or str(first.definition) == f"{blamed['kind']} '{blamed['name']}'")
    )
