"""Warnings about schemas that are right: each with a schema that has it and one that has not."""

from __future__ import annotations

import pytest

from qapigen.compiler.diagnostics import Diagnostic
from qapigen.compiler.pipeline import analyze

OLD_ENUM = "##\n# @Abc:\n# @a: x\n{}##\n{{ 'enum': 'Abc', 'data': [ 'a' ] }}\n"
OLD_EVENT = "##\n# @ABC:\n{}# Since: 1\n##\n{{ 'event': 'ABC' }}\n"
DOC = "##\n# @get-it:\n#\n# Returns: the first line,\n{}##\n{{ 'command': 'get-it', 'returns': 'It' }}\n{{ 'struct': 'It', 'data': {{}} }}\n"

CASES = [
    ("W001", "modern", "{ 'pragma': { 'command-name-exceptions': [ 'a_b' ] } }", "a_b"),
    ("W001", "2018", "{ 'pragma': { 'name-case-whitelist': [ 'q_obj_no-arg' ] } }", "q_obj_no-arg"),
    ("W002", "modern", DOC.format("# and the second.\n"), "# and the second."),
    ("W003", "2018", OLD_ENUM.format("# @b: x\n"), "# @b: x"),
    ("W003", "2018", OLD_EVENT.format("# @b: x\n"), "# @b: x"),
    (
        "W004",
        "modern",
        "{ 'struct': 'Aa', 'data': {}, 'if': 'X' }\n{ 'struct': 'Bb', 'data': { 'a': 'Aa' } }",
        "'a'",
    ),
    (
        "W004",
        "modern",
        "{ 'struct': 'Aa', 'data': {}, 'if': { 'all': [ 'X', 'Y' ] } }\n"
        "{ 'command': 'use-it', 'returns': 'Aa', 'if': 'X' }",
        "{ 'command': 'use-it', 'returns': 'Aa', 'if': 'X' }",
    ),
    (
        "W004",
        "modern",
        "{ 'struct': 'Aa', 'data': {}, 'if': 'X' }\n"
        "{ 'command': 'use-it', 'returns': 'Aa', 'if': { 'any': [ 'X', 'Y' ] } }",
        "{ 'command': 'use-it', 'returns': 'Aa', 'if': { 'any': [ 'X', 'Y' ] } }",
    ),
]

QUIET = [
    *(
        (
            "modern",
            f"{{ 'struct': 'Aa', 'data': {{}}, 'if': {wanted} }}\n"
            f"{{ 'command': 'use-it', 'returns': 'Aa', 'if': {given} }}",
        )
        for wanted, given in (
            ("{ 'any': [ 'X', 'Y' ] }", "'X'"),
            ("{ 'any': [ 'X', 'Y' ] }", "{ 'all': [ 'Z', 'Y' ] }"),
            ("{ 'any': [ 'X', 'Y', 'Z' ] }", "{ 'any': [ 'Z', 'X' ] }"),
            ("'X'", "{ 'any': [ { 'all': [ 'X', 'Y' ] }, { 'all': [ 'X', 'Z' ] } ] }"),
            ("{ 'all': [ 'Z', { 'any': [ 'X', 'Y' ] } ] }", "{ 'all': [ 'X', 'Z' ] }"),
        )
    ),
    (
        "modern",
        "{ 'pragma': { 'command-name-exceptions': [ 'a_b' ] } }\n{ 'command': 'a_b' }",
    ),
    (
        "2018",
        "{ 'pragma': { 'name-case-whitelist': [ 'q_obj_no-arg' ] } }\n"
        "{ 'command': 'no', 'data': { 'A': 'int' } }",
    ),
    ("modern", DOC.format("#     and the second.\n")),
    ("modern", DOC.format("#\n# Text of its own.\n")),
    ("modern", DOC.format("# Since: 1.0\n")),
    ("2018", OLD_ENUM.format("")),
    ("2018", OLD_EVENT.format("")),
    (
        "modern",
        "{ 'struct': 'Aa', 'data': {}, 'if': { 'all': [ 'X', 'Y' ] } }\n"
        "{ 'struct': 'Bb', 'data': { 'a': { 'type': 'Aa', 'if': 'Y' } }, 'if': 'X' }\n"
        "{ 'struct': 'Cc', 'data': { 'a': { 'type': 'Aa', 'if': { 'all': [ 'Y', 'X' ] } } } }",
    ),
]


def warnings(text: str, dialect: str) -> list[Diagnostic]:
    analysis = analyze("root.json", lambda _: text, dialect)
    assert analysis.schema is not None, [d.message for d in analysis.diagnostics]
    return [d for d in analysis.diagnostics if d.severity == "warning"]


@pytest.mark.parametrize(("code", "dialect", "text", "place"), CASES)
def test_warning(code: str, dialect: str, text: str, place: str) -> None:
    (found,) = warnings(text, dialect)
    assert found.code.id == code
    assert found.span is not None
    assert text[found.span.start : found.span.end].strip("'") == place.strip("'")


@pytest.mark.parametrize(("dialect", "text"), QUIET)
def test_no_warning(dialect: str, text: str) -> None:
    assert warnings(text, dialect) == []


def test_broken_schemas_get_no_advice() -> None:
    text = "{ 'pragma': { 'command-name-exceptions': [ 'a_b' ] } }\n{ 'struct': 'Aa' }"
    analysis = analyze("root.json", lambda _: text, "modern")
    assert [d.severity for d in analysis.diagnostics] == ["error"]


def test_our_schemas_need_none(schemas: object) -> None:
    from pathlib import Path

    from qapigen.compiler.disk import read_source

    root = str(Path(str(schemas)) / "qapi-schema.json")
    assert analyze(root, read_source).diagnostics == ()


def test_names_of_a_pragma_file_may_be_those_of_another_schema() -> None:
    files = {
        "root.json": "{ 'include': 'names.json' }\n{ 'command': 'a_b' }",
        "names.json": "{ 'pragma': { 'command-name-exceptions': [ 'a_b', 'c_d' ] } }",
    }
    assert analyze("root.json", files.__getitem__).diagnostics == ()
