"""The compiler as a whole: options, results, failures."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from qapigen.compiler.backends.facts import facts
from qapigen.compiler.backends.registry import BackendFailure
from qapigen.compiler.codes import STYLE
from qapigen.compiler.diagnostics import MOST_DIAGNOSTICS
from qapigen.compiler.disk import read_source
from qapigen.compiler.emit.pyformat import FormatFailure
from qapigen.compiler.emit.render import TEMPLATE_API, TemplateFailure
from qapigen.compiler.passes.select import NONE_DEFINED, Config
from qapigen.compiler.pipeline import (
    Analysis,
    Options,
    Result,
    analyze,
    compile_schema,
    configured,
    render_all,
)
from tests.compiler.schema_texts import problems, reader, schema_of, shown

Compile = Callable[..., Result]

TEXT = """{ 'include': 'types.json' }
{ 'command': 'move', 'data': { 'to': 'Point' }, 'returns': 'Point' }
{ 'event': 'MOVED', 'data': { 'by': 'int' } }
"""
FILES = {
    "root.json": TEXT,
    "types.json": "{ 'struct': 'Point', 'data': { 'x': 'int', '*y': 'int' } }\n",
}


def test_every_backend_gives_files(compile_text: Compile) -> None:
    result = compile_text(FILES, package="pkg")
    assert result.analysis.diagnostics == ()
    assert result.files is not None
    assert {path.split("/")[0] for path in result.files} == {"pkg", "docs"}
    for path, text in result.files.items():
        if path.endswith(".py"):
            compile(text, path, "exec")


@pytest.mark.parametrize(
    ("backend", "present", "absent"),
    [
        ("types", "pkg/types/types.py", "pkg/visit"),
        ("visit", "pkg/visit/types.py", "pkg/commands"),
        ("commands", "pkg/commands/root.py", "pkg/events"),
        ("events", "pkg/events/root.py", "pkg/commands"),
        ("introspect", "pkg/introspect.py", "pkg/types"),
        ("markdown", "docs/pkg/types.md", "pkg"),
    ],
)
def test_a_backend_alone(compile_text: Compile, backend: str, present: str, absent: str) -> None:
    files = compile_text(FILES, package="pkg", backends=(backend,)).files
    assert files is not None
    assert present in files
    assert not [path for path in files if path.startswith(absent)]


def test_the_same_files_every_time(compile_text: Compile) -> None:
    first, second = (compile_text(FILES).files for _ in range(2))
    assert first == second
    assert first is not None
    assert list(first) == sorted(first)


def test_output_does_not_tell_where_the_schema_was(tmp_path: Path) -> None:
    results = []
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        for path, text in FILES.items():
            (folder / path).write_text(text, encoding="utf-8")
        results.append(compile_schema(str(folder / "root.json"), read_source, Options()).files)
    assert results[0] == results[1]
    assert results[0] is not None
    assert not [path for path, text in results[0].items() if str(tmp_path) in text]


def test_a_wrong_schema_gives_no_files(compile_text: Compile) -> None:
    result = compile_text("{ 'struct': 'Aa', 'data': { 'a': 'Nn' } }")
    assert result.files is None
    assert result.analysis.schema is None
    assert shown(result.analysis.diagnostics) == ["schema.json:1:1: unknown-type"]


def test_reading_and_checking_are_apart() -> None:
    """What cannot be read is not checked."""
    text = "{ 'struct': 'Aa', 'data': { 'a': 'Nn' } }\n"
    assert [d.code.slug for d in problems(text)] == ["unknown-type"]
    assert [d.code.slug for d in problems(text + "]")] == ["expected-value"]


# Dialects.


def test_dialects_are_found_out() -> None:
    old = "{ 'pragma': { 'returns-whitelist': [ ] } } { 'union': 'Uu', 'data': { 'a': 'int' } }"
    analysis = analyze("root.json", reader(old))
    assert (analysis.dialect, analysis.diagnostics) == ("5.2", ())
    analysis = analyze("root.json", reader(old), "modern")
    assert analysis.dialect == "modern"
    assert analysis.schema is None
    assert analyze("root.json", reader(TEXT.partition("\n")[2])).dialect == "modern"


def test_errors_of_a_release_lead_to_the_one_before() -> None:
    text = "##\n# @go:\n#\n# Returns:\n#     what was done\n##\n{ 'command': 'go' }"
    analysis = analyze("root.json", reader(text))
    assert (analysis.dialect, analysis.diagnostics) == ("8.2", ())
    assert "QEMU 11.1 refuses root.json:4" in analysis.deciding
    assert "E067" in analysis.deciding
    assert analyze("root.json", reader(text), "modern").schema is None


STYLELESS = "##\n# @go:\n#\n# One. Two.\n##\n{ 'command': 'go' }"


@pytest.mark.parametrize("dialect", ["auto", "modern", "10.2"])
def test_style_is_a_warning(dialect: str) -> None:
    """It decides for no release, and everything else is looked at all the same."""
    analysis = analyze("root.json", reader(STYLELESS), dialect)
    assert analysis.schema is not None
    assert analysis.dialect == ("10.2" if dialect == "10.2" else "modern")
    assert shown(analysis.diagnostics) == ["root.json:4:7: doc-sentence-space"]
    wrong = STYLELESS + "\n{ 'command': 'no', 'data': 'No' }"
    analysis = analyze("root.json", reader(wrong), dialect)
    assert shown(tuple(analysis.errors)) == ["root.json:7:1: unknown-type"]
    assert len(analysis.diagnostics) == 2


@pytest.mark.parametrize("dialect", ["auto", "modern", "10.2"])
def test_strict_style_makes_errors(dialect: str) -> None:
    def strictly(text: str, strict: frozenset[str]) -> Analysis:
        return analyze("root.json", reader(text), dialect, strict=strict)

    analysis = strictly(STYLELESS, STYLE)
    assert analysis.schema is None
    assert [d.severity for d in analysis.diagnostics] == ["error"]
    assert strictly(STYLELESS, frozenset({"doc-long-line"})).schema is not None
    # In the order in which QEMU's generator comes to them: reading first.
    late = STYLELESS.replace("go", "go2").replace("One. Two.", "x" * 80)
    analysis = strictly("{ 'command': 'no', 'data': 'No' }\n" + late, STYLE)
    assert [d.code.slug for d in analysis.diagnostics] == ["doc-long-line", "unknown-type"]


LONG_AGO = "##\n# @Lamp\n#\n# Since: 0.14\n##\n{ 'type': 'Lamp', 'data': { 'a': { 'b': '**' } } }"


def test_schemas_of_long_ago() -> None:
    analysis = analyze("root.json", reader(LONG_AGO))
    assert analysis.dialect == "2.3"
    assert shown(analysis.diagnostics) == ["root.json:1:1: plain-comments"]
    assert analysis.schema is not None
    assert [d.name for d in analysis.schema.definitions] == ["LampA", "Lamp"]
    assert analysis.schema.docs == ()
    analysis = analyze("root.json", reader(LONG_AGO.replace("'**'", "'**', ")))
    assert analysis.dialect == "1.5"
    assert "QEMU 2.3 refuses root.json:6:48" in analysis.deciding


def test_schemas_of_today_are_not_taken_for_those_of_long_ago() -> None:
    """There a slip in documentation would be none."""
    text = "##\n# @go:\n#\n# @no: no\n#\n# Since: 1.0\n##\n{ 'command': 'go' }"
    analysis = analyze("root.json", reader(text + "\n##\n# @me\n##\n{ 'command': 'me' }"))
    assert analysis.schema is None
    assert analysis.dialect == "modern"
    assert analyze("root.json", reader("{ 'command': 'go', }")).schema is None


def test_headings_of_old_are_headings() -> None:
    """Where nothing is wrong under the newest release, but text would be read otherwise."""
    text = "##\n# = Going\n##\n\n" + STYLELESS
    analysis = analyze("root.json", reader(text))
    assert (analysis.dialect, analysis.diagnostics) == ("10.0", ())
    assert analysis.deciding == "= Going in root.json:2 is of QEMU 10.0 or earlier"
    # What 10.0 refuses is not of 10.0.
    text = text.replace("# One.", "# = One.")
    assert analyze("root.json", reader(text), "10.0").schema is None
    assert analyze("root.json", reader(text)).dialect == "modern"


def test_older_releases_have_no_rules_of_style() -> None:
    analysis = analyze("root.json", reader(STYLELESS), "10.1", strict=STYLE)
    assert analysis.diagnostics == ()


def test_warnings_leave_room_for_errors() -> None:
    many = "##\n" + "# One. Two.\n" * (MOST_DIAGNOSTICS + 10) + "##\n"
    analysis = analyze("root.json", reader(many + "]"))
    assert [d.code.slug for d in analysis.errors] == ["expected-value"]
    assert len(analysis.diagnostics) == MOST_DIAGNOSTICS + 1


def test_a_schema_that_is_wrong_everywhere_is_told_in_the_newest() -> None:
    analysis = analyze("root.json", reader(text := "{ 'command': 'go', 'data': 'No' }"))
    assert analysis.dialect == "modern"
    assert [d.code.slug for d in analysis.diagnostics] == ["unknown-type"]
    assert analyze("root.json", reader(text), "2.9").schema is None


# Modules.


def test_chosen_modules_bring_what_they_need(compile_text: Compile) -> None:
    files = compile_text(FILES, modules=("types.json",), backends=("types", "commands")).files
    assert files is not None
    assert "qapi/types/types.py" in files
    assert "qapi/commands/root.py" not in files
    files = compile_text(FILES, modules=("root.json",), backends=("types", "commands")).files
    assert files is not None
    assert {"qapi/types/types.py", "qapi/commands/root.py"} <= set(files)


# Configurations.

CONDITIONAL = """{ 'command': 'aa', 'data': 'Ss', 'if': 'A' }
{ 'struct': 'Ss', 'if': 'A', 'data': { } }
{ 'command': 'bb' }
"""


def test_configurations() -> None:
    def names(analysis: Analysis) -> list[str]:
        assert analysis.schema is not None
        return [d.name for d in analysis.schema.definitions]

    read = reader(CONDITIONAL)
    assert names(analyze("root.json", read)) == ["aa", "Ss", "bb"]
    assert names(analyze("root.json", read, config=NONE_DEFINED)) == ["bb"]
    assert names(analyze("root.json", read, config=Config(frozenset({"A"})))) == ["aa", "Ss", "bb"]


def test_the_whole_schema_is_kept() -> None:
    analysis = analyze("root.json", reader(CONDITIONAL), config=NONE_DEFINED)
    assert analysis.whole is not None
    assert [d.name for d in analysis.whole.definitions] == ["aa", "Ss", "bb"]


def test_what_a_configuration_breaks() -> None:
    broken = CONDITIONAL.replace("'Ss', 'if': 'A' }", "'Ss' }")
    analysis = analyze("root.json", reader(broken), config=NONE_DEFINED)
    assert analysis.schema is None
    assert [d.code.slug for d in analysis.diagnostics if not d.code.is_warning] == ["left-out-type"]
    assert analyze("root.json", reader(broken)).schema is not None


@pytest.mark.parametrize("text", [CONDITIONAL, CONDITIONAL.replace("'Ss', 'if': 'A' }", "'Ss' }")])
@pytest.mark.parametrize("config", [NONE_DEFINED, Config(frozenset({"A"}))])
def test_a_configuration_that_comes_later(text: str, config: Config) -> None:
    """It gives what it would have given at once; warnings about the whole schema stay."""
    whole = analyze("root.json", reader(text))
    later, at_once = configured(whole, config), analyze("root.json", reader(text), config=config)
    assert later.config == at_once.config == config
    found, expected = (each.schema and facts(each.schema) for each in (later, at_once))
    assert found == expected
    assert shown(tuple(later.errors)) == shown(tuple(at_once.errors))
    warnings = [each for each in later.diagnostics if each.code.is_warning]
    assert warnings == list(whole.diagnostics)


def test_no_schema_to_configure() -> None:
    analysis = analyze("root.json", reader("{ 'command': 1 }"))
    assert configured(analysis, NONE_DEFINED) is analysis


# Templates, formatting, names.


def test_templates_of_users(compile_text: Compile, tmp_path: Path) -> None:
    (tmp_path / "python").mkdir()
    (tmp_path / "python" / "types.py.j2").write_text(
        "x = 'api {{ template_api }}'", encoding="utf-8"
    )
    files = compile_text(FILES, templates=(tmp_path,), backends=("types",)).files
    assert files is not None
    assert files["qapi/types/types.py"] == f"x = 'api {TEMPLATE_API}'"
    files = compile_text(FILES, templates=(tmp_path,), backends=("types",), format=True).files
    assert files is not None
    assert files["qapi/types/types.py"] == f'x = "api {TEMPLATE_API}"\n'


def test_shipped_templates_print_what_black_would(compile_text: Compile) -> None:
    assert compile_text(FILES).files == compile_text(FILES, format=True).files


def test_failures(compile_text: Compile, tmp_path: Path) -> None:
    with pytest.raises(BackendFailure, match="no backend 'fortran'; there are types, "):
        compile_text(FILES, backends=("fortran",))
    (tmp_path / "python").mkdir()
    template = tmp_path / "python" / "types.py.j2"
    template.write_text("\n{{ no_such_value }}", encoding="utf-8")
    with pytest.raises(TemplateFailure, match=r"types\.py\.j2:2: error: 'no_such_value'"):
        compile_text(FILES, templates=(tmp_path,))
    template.write_text("x = (", encoding="utf-8")
    with pytest.raises(FormatFailure, match=r"types/\w+\.py: error: "):
        compile_text(FILES, templates=(tmp_path,), format=True)


def test_masks(compile_text: Compile) -> None:
    texts = []
    for mask in (True, False):
        files = compile_text(FILES, mask=mask, backends=("introspect",)).files
        assert files is not None
        texts.append(files["qapi/introspect.py"])
    masked, plain = texts
    assert "q_obj_move-arg" in plain
    assert "q_obj_move-arg" not in masked


def test_rendering_a_schema_again_gives_the_same() -> None:
    schema, options = schema_of(FILES), Options(package="pkg")
    result = compile_schema("root.json", reader(FILES), options)
    assert result.files == render_all(schema, options)


# Real schemas, all of them: accepted or refused, and where.


def _cases(corpus: Path) -> list[tuple[Path, dict[str, object]]]:
    found = []
    for index in sorted(corpus.rglob("cases.json")):
        content = json.loads(index.read_text(encoding="utf-8"))
        found += [(index.parent, case) for case in content["cases"]]
    return found


def test_the_corpus(corpus: Path) -> None:
    """Every schema is accepted or refused as it has to be, at the line that is to blame."""
    cases = _cases(corpus)
    assert len(cases) > 150
    wrong = []
    for folder, case in cases:
        root = folder / str(case["schema"])
        errors = analyze(str(root), read_source, str(case["dialect"]), strict=STYLE).errors
        if case["positive"] or not errors:
            if bool(errors) is bool(case["positive"]):
                wrong.append((case["name"], case["dialect"], shown(tuple(errors))))
            continue
        error, first = case["error"], errors[0]
        assert isinstance(error, dict)
        if first.span is None:
            place = (root.parent / error["file"], None)
            told = (root, error["line"])
        else:
            place = ((root.parent / error["file"]).resolve(), error["line"])
            told = (Path(first.span.file.path).resolve(), first.span.line)
        if place != told:
            wrong.append((case["name"], case["dialect"], shown((first,))))
    assert wrong == []
