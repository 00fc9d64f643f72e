"""Which dialect a schema is written in."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from qapigen.compiler.disk import read_source
from qapigen.compiler.pipeline import analyze
from qapigen.compiler.syntax.detect import detect_dialect
from tests.compiler.schema_texts import Files, reader


def detected(files: Files) -> str:
    root = "root.json" if isinstance(files, str) else next(iter(files))
    return detect_dialect(root, reader(files))


STRUCT = "{ 'struct': 'Aa', 'data': { } }\n"
NOTE = "##\n# @Aa:\n# Note: text\n##\n"


@pytest.mark.parametrize(
    ("text", "dialect"),
    [
        # nothing that only one dialect has
        ("", "modern"),
        (STRUCT, "modern"),
        ("##\n# @Aa:\n#\n# Since: 1.0\n##\n" + STRUCT, "modern"),
        # pragmas
        ("{ 'pragma': { 'returns-whitelist': [ ] } }", "2018"),
        ("{ 'pragma': {\n  'doc-required': true,\n  'name-case-whitelist': [\n'A' ] } }", "2018"),
        ("{ 'pragma': { 'doc-required': true } }", "modern"),
        ("{ 'pragma': { 'member-name-exceptions': [ ] } }\n" + NOTE + STRUCT, "7.2"),
        ("{ 'pragma': { 'returns-whitelist': [ ] } }\n# Errors:\n{ 'x': null }", "2018"),
        # keys
        ("{ 'struct': 'Aa', 'data': { }, 'features': [ ] }\n" + NOTE, "7.2"),
        ("{ 'struct': 'Aa', 'data': { },\n  'if': 'X' }\n" + NOTE, "7.2"),
        ("{ 'command': 'aa', 'allow-preconfig': true }\n" + NOTE, "7.2"),
        ("{ 'command': 'aa', 'coroutine': true }\n" + NOTE, "7.2"),
        ("# { 'struct': 'Aa', 'features': [ ] }\n" + NOTE, "2018"),
        # documentation
        (NOTE + STRUCT, "2018"),
        (NOTE.replace("Note", "Notes") + STRUCT, "2018"),
        (NOTE.replace("Note", "Example") + STRUCT, "2018"),
        (NOTE.replace("Note:", "Examples:\n#") + STRUCT, "2018"),
        (NOTE.replace("Note:", "Note::") + STRUCT, "modern"),
        (NOTE.replace("Note", "Errors") + STRUCT, "modern"),
        ("##\n# .. note:: text\n##\n" + NOTE, "modern"),
        ("##\n# .. qmp-example::\n##\n" + NOTE, "modern"),
        # values
        ("{ 'struct': 'Aa', 'data': { }, 'base': null }", "2018"),
        (r"{ 'struct': '\u0041a', 'data': { } }", "2018"),
        (r"{ 'struct': 'A\\a', 'data': { } }", "modern"),
        (r"# 'it\'s'", "modern"),
        (r"{ 'struct': '\u0041', 'data': { }, 'if': 'X' }", "modern"),
    ],
)
def test_evidence(text: str, dialect: str) -> None:
    assert detected(text) == dialect


def test_evidence_is_looked_for_in_all_files() -> None:
    old = "{ 'pragma': { 'returns-whitelist': [ ] } }"
    files = {
        "d/root.json": "{ 'include': 'a.json' }\n{ 'include' :\n'../b.json' }\n",
        "d/a.json": "{ 'include': 'root.json' }\n{ 'include': 'no.json' }",
        "d/../b.json": old,
    }
    assert detected(files) == "2018"
    assert detected(files | {"d/../b.json": ""}) == "modern"


def test_a_schema_that_cannot_be_read_is_modern() -> None:
    assert detect_dialect("no.json", reader("")) == "modern"


@pytest.mark.parametrize(
    "text",
    [
        "\n" * 200_000,
        " \n" * 200_000,
        "'" * 200_000,
        ":\n" * 200_000,
        "'\\\\" * 100_000,
        "{ 'include' : '" * 20_000,
        "'pragma' : { " * 20_000,
        "# " * 200_000,
        ("x " * 100_000 + "'") * 2,
    ],
    ids=lambda text: repr(text[:8]),
)
def test_time_grows_with_the_text_only(text: str) -> None:
    begun = time.perf_counter()
    detected(text)
    assert time.perf_counter() - begun < 5


@pytest.mark.parametrize(
    ("root", "dialect"),
    [
        ("qemu-2.12-dev/qapi-schema.json", "2018"),
        ("qemu-2.12-dev/qga/qapi-schema.json", "2018"),
        ("qemu-7.2/qapi/qapi-schema.json", "7.2"),
        ("qemu-7.2/qga/qapi-schema.json", "7.2"),
        ("qemu-7.2/storage-daemon/qapi/qapi-schema.json", "7.2"),
        ("seed/with-pragma.json", "2018"),
        ("seed/migration.json", "2018"),
        ("example/shop.json", "modern"),
    ],
)
def test_real_schemas(corpus: Path, root: str, dialect: str) -> None:
    assert detect_dialect(str(corpus / root), read_source) == dialect


def test_our_own_schema(schemas: Path) -> None:
    analysis = analyze(str(schemas / "qapi-schema.json"), read_source)
    assert (analysis.dialect, analysis.diagnostics) == ("modern", ())
