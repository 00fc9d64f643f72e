"""Diagnostics for programs: JSON, SARIF, annotations for GitHub's workflow logs.

In: diagnostics.  Out: text.  The form for people is :func:`.diagnostics.render_text`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from .. import __version__
from .codes import CODES, Code
from .diagnostics import Diagnostic
from .source import Span

__all__ = ["FORMATS", "JSON_FORMAT", "render_github", "render_json", "render_sarif"]

#: The name of the JSON form.
JSON_FORMAT = "qapigen-diagnostics/1"

_SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def render_json(diagnostics: Sequence[Diagnostic]) -> str:
    """One JSON object: ``format`` and ``diagnostics`` (docs/usage.md has the keys)."""
    rows = [_row(each) for each in diagnostics]
    return json.dumps({"format": JSON_FORMAT, "diagnostics": rows}, indent=1) + "\n"


def _row(diagnostic: Diagnostic) -> dict[str, Any]:
    about = diagnostic.definition
    trail = diagnostic.span.include_trail if diagnostic.span else ()
    return {
        "code": diagnostic.code.id,
        "name": diagnostic.code.slug,
        "severity": diagnostic.severity,
        "message": diagnostic.message,
        "place": _place(diagnostic.span) or {"file": diagnostic.path},
        "focus": _place(diagnostic.focus),
        "definition": {"kind": about.kind, "name": about.name} if about else None,
        "included_from": [{"file": at.file.path, "line": at.line} for at in trail],
        "notes": [
            {"message": note.message, "place": _place(note.span)} for note in diagnostic.notes
        ],
        "hint": diagnostic.hint,
    }


def _place(span: Span | None) -> dict[str, Any] | None:
    if span is None:
        return None
    return {
        "file": span.file.path,
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
    }


# SARIF 2.1.0


def render_sarif(diagnostics: Sequence[Diagnostic]) -> str:
    """A SARIF log with one run."""
    codes = sorted(CODES.values(), key=lambda code: code.id)
    index = {code.id: number for number, code in enumerate(codes)}
    driver = {
        "name": "qapigen",
        "version": __version__,
        "rules": [_rule(code) for code in codes],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(each, index) for each in diagnostics],
    }
    log = {"$schema": _SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=1) + "\n"


def _rule(code: Code) -> dict[str, Any]:
    return {
        "id": code.id,
        "name": "".join(word.capitalize() for word in code.slug.split("-")),
        "shortDescription": {"text": code.title},
        "defaultConfiguration": {"level": "warning" if code.is_warning else "error"},
    }


def _result(diagnostic: Diagnostic, index: dict[str, int]) -> dict[str, Any]:
    text = diagnostic.message
    if diagnostic.definition is not None:
        text = f"{diagnostic.definition}: {text}"
    if diagnostic.hint is not None:
        text = f"{text} ({diagnostic.hint})"
    result: dict[str, Any] = {
        "ruleId": diagnostic.code.id,
        "ruleIndex": index[diagnostic.code.id],
        "level": diagnostic.severity,
        "message": {"text": text},
        "locations": [_location(diagnostic.focus or diagnostic.span, diagnostic.path)],
    }
    related = [
        _location(note.span, None) | {"id": number, "message": {"text": note.message}}
        for number, note in enumerate(diagnostic.notes)
        if note.span is not None
    ]
    return result | {"relatedLocations": related} if related else result


def _location(span: Span | None, path: str | None) -> dict[str, Any]:
    where = span.file.path if span is not None else path or ""
    physical: dict[str, Any] = {"artifactLocation": {"uri": _uri(where)}}
    if span is not None:
        physical["region"] = {
            "startLine": span.line,
            "startColumn": span.column,
            "endLine": span.end_line,
            "endColumn": span.end_column,
        }
    return {"physicalLocation": physical}


def _uri(path: str) -> str:
    """A relative or absolute path as a URI reference."""
    from urllib.parse import quote

    text = quote(path.replace("\\", "/"), errors="surrogateescape")
    return f"file://{text}" if text.startswith("/") else text


# GitHub's workflow commands


def render_github(diagnostics: Sequence[Diagnostic]) -> str:
    """``::error file=...,line=...::text``, a line each."""
    return "".join(f"{_annotation(each)}\n" for each in diagnostics)


def _annotation(diagnostic: Diagnostic) -> str:
    span = diagnostic.focus or diagnostic.span
    properties = {"file": span.file.path if span else diagnostic.path or ""}
    if span is not None:
        properties |= {
            "line": str(span.line),
            "endLine": str(span.end_line),
            "col": str(span.column),
            "endColumn": str(span.end_column),
        }
    properties["title"] = f"qapigen {diagnostic.code.id}"
    listed = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    text = diagnostic.message + (f"\n{diagnostic.hint}" if diagnostic.hint else "")
    return f"::{diagnostic.severity} {listed}::{_data(text)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


#: The formats for programs, by name.
FORMATS: dict[str, Callable[[Sequence[Diagnostic]], str]] = {
    "json": render_json,
    "sarif": render_sarif,
    "github": render_github,
}
