"""Diagnostics for programs: what is in them, and that others can read them."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError
from sarif_pydantic import Sarif

from qapigen.compiler.codes import CODES
from qapigen.compiler.diagnostic_formats import (
    FORMATS,
    render_github,
    render_json,
    render_sarif,
)
from qapigen.compiler.diagnostics import Diagnostic
from qapigen.compiler.pipeline import analyze
from qapigen.compiler.source import ReadError

FILES = {
    "root.json": "{ 'include': 'lib/pumps.json' }\n{ 'struct': 'Pump', 'data': {} }\n",
    "lib/pumps.json": (
        "{ 'struct': 'Pump',\n  'data': { 'valve': 'Valv' } }\n{ 'enum': 'Valve', 'data': [ 'a' ] }\n"
    ),
}


def read(path: str) -> str:
    if path not in FILES:
        raise ReadError("no such file")
    return FILES[path]


def found(root: str = "root.json") -> tuple[Diagnostic, ...]:
    diagnostics = analyze(root, read, "modern").diagnostics
    assert diagnostics
    return diagnostics


def test_json_has_everything() -> None:
    told = json.loads(render_json(found()))
    assert told["format"] == "qapigen-diagnostics/1"
    by_name = {row["name"]: row for row in told["diagnostics"]}
    unknown = by_name["unknown-type"]
    assert unknown["code"] == "E101"
    assert unknown["severity"] == "error"
    assert unknown["place"]["file"] == "lib/pumps.json"
    assert (unknown["place"]["line"], unknown["place"]["column"]) == (1, 1)
    assert unknown["focus"] == {
        "file": "lib/pumps.json",
        "line": 2,
        "column": 22,
        "end_line": 2,
        "end_column": 28,
    }
    assert unknown["definition"] == {"kind": "struct", "name": "Pump"}
    assert unknown["included_from"] == [{"file": "root.json", "line": 1}]
    assert "Valve" in unknown["hint"]
    again = by_name["redefined"]
    assert again["notes"][0]["place"]["file"] == "lib/pumps.json"


def test_json_of_what_cannot_be_read() -> None:
    (row,) = json.loads(render_json(found("nowhere.json")))["diagnostics"]
    assert row["place"] == {"file": "nowhere.json"}
    assert row["focus"] is None


def unknown_members(model: BaseModel) -> list[str]:
    """The properties of a log that the format does not have."""
    names = list(model.model_extra or ())
    for value in dict(model).values():
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, BaseModel):
                names += unknown_members(each)
    return names


def test_sarif_is_valid() -> None:
    log = json.loads(render_sarif(found()))
    assert log["version"] == "2.1.0"
    # Two properties that the format has and the models do not.
    assert log.pop("$schema").endswith("sarif-2.1.0.json")
    assert log["runs"][0].pop("columnKind") == "unicodeCodePoints"
    assert unknown_members(Sarif.model_validate(log)) == []


@pytest.mark.parametrize(
    ("change", "value"), [("level", "terrible"), ("message", "text"), ("ruleIndex", "first")]
)
def test_the_validation_can_fail(change: str, value: object) -> None:
    log = json.loads(render_sarif(found()))
    log["runs"][0]["results"][0][change] = value
    with pytest.raises(ValidationError):
        Sarif.model_validate(log)


def test_sarif_results_point_to_rules_and_places() -> None:
    (run,) = json.loads(render_sarif(found()))["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert {rule["id"] for rule in rules} == {code.id for code in CODES.values()}
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        region = result["locations"][0]["physicalLocation"]["region"]
        assert (region["startLine"], region["startColumn"]) <= (
            region["endLine"],
            region["endColumn"],
        )
    related = [result for result in run["results"] if "relatedLocations" in result]
    assert [result["ruleId"] for result in related] == [CODES["redefined"].id]


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("a b.json", "a%20b.json"),
        ("/srv/x#1.json", "file:///srv/x%231.json"),
        ("é.json", "%C3%A9.json"),
    ],
)
def test_sarif_paths_are_uris(path: str, uri: str) -> None:
    diagnostics = analyze(path, lambda _: "{", "modern").diagnostics
    (run,) = json.loads(render_sarif(diagnostics))["runs"]
    location: dict[str, Any] = run["results"][0]["locations"][0]["physicalLocation"]
    assert location["artifactLocation"]["uri"] == uri


def test_github_annotations() -> None:
    lines = render_github(found()).splitlines()
    assert all(re.match(r"::(error|warning) file=[^,:]+,line=\d+,", line) for line in lines)
    unknown = next(line for line in lines if "E101" in line)
    assert unknown.startswith("::error file=lib/pumps.json,line=2,endLine=2,col=22,endColumn=28,")
    assert "%0A" in unknown  # the hint, on a line of its own


def test_github_annotations_cannot_be_broken_out_of() -> None:
    path = "a,b:c%\n::error::x.json"
    (line,) = render_github(analyze(path, lambda _: "{", "modern").diagnostics).splitlines()
    assert line.startswith("::error file=a%2Cb%3Ac%25%0A%3A%3Aerror%3A%3Ax.json,line=1,")


@pytest.mark.parametrize("name", FORMATS)
def test_no_diagnostics(name: str) -> None:
    text = FORMATS[name](())
    assert text == "" if name == "github" else json.loads(text)


@pytest.mark.parametrize("name", FORMATS)
def test_warnings_say_so(name: str) -> None:
    text = "{ 'pragma': { 'command-returns-exceptions': [ 'nothing' ] } }"
    diagnostics = analyze("root.json", lambda _: text, "modern").diagnostics
    assert "warning" in FORMATS[name](diagnostics)
    assert "W001" in FORMATS[name](diagnostics)
