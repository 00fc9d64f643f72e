"""What all verbs share: reading a schema, and telling what is wrong with it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from qapigen.cli.status import FINDINGS, FINE, TROUBLE
from qapigen.compiler.dialect import DIALECT_NAMES
from tests.cli.conftest import Call, Outcome, one_error
from tests.cli.process import open_to_others, run, run_unprivileged, write_files

VERBS = {
    "check": ("check",),
    "ir": ("ir",),
    "introspect": ("introspect",),
    "generate": ("generate", "-o", "-"),
}

#: Schemas that cannot be used, and a part of the line that says so.
BAD_TEXT = {
    "unterminated string": ("{ 'struct': 'Foo", "a.json:1:13: error: "),
    "unterminated object": ("{ 'struct': 'Foo',\n", "error: expected "),
    "stray word": ("\n\n  hello\n", "a.json:3:3: error: "),
    "unknown type": ("{ 'struct': 'Foo', 'data': { 'a': 'Bar' } }", "unknown type 'Bar'"),
    "unknown key": ("{ 'struct': 'Foo', 'data': {}, 'date': {} }", "'date'"),
    "include loop": ("{ 'include': 'a.json' }", "a.json:1:"),
    "missing include": ("{ 'include': 'b.json' }", "b.json"),
    "include of a folder": ("{ 'include': '.' }", "a.json:1:"),
}


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("text", BAD_TEXT)
def test_bad_schemas(call: Call, tmp_path: Path, verb: str, text: str) -> None:
    schema, message = BAD_TEXT[text]
    root = write_files(tmp_path, {"a.json": schema})
    line = one_error(call(*VERBS[verb], root), FINDINGS)
    assert message in line
    assert line.startswith(f"{root}:")


@pytest.mark.parametrize("verb", VERBS)
def test_missing_file(call: Call, tmp_path: Path, verb: str) -> None:
    line = one_error(call(*VERBS[verb], tmp_path / "a.json"), TROUBLE)
    assert line.startswith(f"{tmp_path / 'a.json'}")
    assert "No such file or directory" in line


@pytest.mark.parametrize("verb", VERBS)
def test_folder(call: Call, tmp_path: Path, verb: str) -> None:
    assert str(tmp_path) in one_error(call(*VERBS[verb], tmp_path), TROUBLE)


@pytest.mark.parametrize("path", ["", "a\x00b", "/dev/null", "x" * 5000])
def test_odd_paths(call: Call, path: str) -> None:
    one_error(call("check", path), TROUBLE)


def test_unreadable_file(tmp_path: Path) -> None:
    files = {"a.json": "{ 'include': 'b.json' }", "b.json": "", "c.json": "{ 'struct': 1 }"}
    root = write_files(tmp_path, files)
    open_to_others(tmp_path)
    (tmp_path / "b.json").chmod(0)
    for name, status in (("b.json", TROUBLE), ("a.json", FINDINGS)):
        # What fails is looked at first, so that all is loaded that tells about failures.
        arguments = ("check", root.with_name(name))
        found = run_unprivileged(*arguments, warm=("check", tmp_path / "c.json"))
        outcome = Outcome(found.returncode, found.stdout, found.stderr)
        assert "Permission denied" in one_error(outcome, status)


@pytest.mark.parametrize("verb", VERBS)
def test_not_utf_8(call: Call, tmp_path: Path, verb: str) -> None:
    (tmp_path / "a.json").write_bytes(b"# fine\n# caf\xe9\n")
    line = one_error(call(*VERBS[verb], tmp_path / "a.json"), TROUBLE)
    assert "not UTF-8" in line
    assert "line 2" in line


def test_included_file_not_utf_8(call: Call, tmp_path: Path) -> None:
    root = write_files(tmp_path, {"a.json": "{ 'include': 'b.json' }"})
    (tmp_path / "b.json").write_bytes(b"\xff")
    assert "not UTF-8" in one_error(call("check", root), FINDINGS)


@pytest.mark.parametrize("verb", VERBS)
def test_empty_file(call: Call, tmp_path: Path, verb: str) -> None:
    """It is a schema, of nothing."""
    root = write_files(tmp_path, {"a.json": ""})
    found = call(*VERBS[verb], root)
    assert found.status == FINE
    assert "error: " not in found.err


@pytest.mark.may_skip
def test_a_name_that_is_no_text(tmp_path: Path) -> None:
    """A file's name is bytes; it can be told and used whatever they are."""
    name = os.fsdecode(b"caf\xe9.json")
    try:
        root = write_files(tmp_path, {name: "{ 'struct': 'Foo', 'data': {} }"})
    except OSError as error:
        pytest.skip(f"the file system wants text: {error}")
    for arguments in (("check",), ("ir",), ("generate", "-o", tmp_path / "out")):
        found = run(*arguments, root, errors="surrogateescape")
        assert (found.returncode, "Traceback" in found.stderr) == (FINE, False), found.stderr
    root.write_text("{ 'struct': 'Foo' }")
    found = run("check", root, errors="surrogateescape")
    assert found.returncode == FINDINGS
    assert "error: " in found.stderr


def test_several_errors(call: Call, tmp_path: Path) -> None:
    """All of them in one run, in the order of the text."""
    text = "".join(f"{{ 'struct': 'S{n}a', 'data': {{ 'a': 'Nope' }} }}\n" for n in range(3))
    root = write_files(tmp_path, {"a.json": text})
    found = call("check", root)
    assert found.status == FINDINGS
    lines = [line.split(":")[1] for line in found.err.splitlines() if "error: " in line]
    assert lines == ["1", "2", "3"]
    assert "\n3 errors" in found.err


def test_places_of_included_files(call: Call, shop: Path) -> None:
    goods = shop.parent / "sub" / "goods.json"
    goods.write_text("\n{ 'enum': 'Good' }\n")
    found = call("check", shop)
    assert found.status == FINDINGS
    assert f"{goods}:2:" in found.err
    assert f"{shop}:2" in found.err  # who includes it


@pytest.mark.parametrize(
    ("dialect", "status"), [("2018", FINE), ("modern", FINDINGS), ("7.2", FINDINGS)]
)
def test_dialects(call: Call, tmp_path: Path, dialect: str, status: int) -> None:
    text = "{ 'union': 'Shape', 'data': { 'name': 'str' } }"
    root = write_files(tmp_path, {"a.json": text})
    assert call("check", root, "--dialect", dialect).status == status
    assert call("check", root, "--dialect", "1999").status == TROUBLE


def test_the_help_offers_all_dialects(call: Call) -> None:
    """As ``{a,b,...}``, where scripts can read it."""
    text = "".join(call("check", "--help").out.split())
    offered = text.partition("--dialect{")[2].partition("}")[0].split(",")
    assert offered == ["auto", *DIALECT_NAMES]


def test_what_decided_for_a_dialect_is_told(call: Call, tmp_path: Path) -> None:
    text = (
        "{ 'union': 'Shape', 'data': { 'name': 'str' } }\n{ 'command': 'go', 'if': 'defined(A)' }"
    )
    root = write_files(tmp_path, {"a.json": text})
    found = call("check", root)
    assert f"dialect 6.1, since 'if': 'defined(A)' in {root}:2 is of QEMU 3.0 to 6.1" in found.err
    assert "'union': 'Shape'" not in found.err
    assert f"dialect: 'union': 'Shape' in {root}:1" in call("check", root, "-v").err
    assert f"'if': 'defined(A)' in {root}:2" in call("check", root, "--dialect", "11.1").err


def test_the_shipped_schema(call: Call) -> None:
    for arguments in VERBS.values():
        assert call(*arguments).status == FINE


def test_from_another_directory(call: Call, shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Messages name files as the user did."""
    shop.write_text("{ 'struct': 'Foo' }")
    monkeypatch.chdir(shop.parent)
    assert one_error(call("check", "shop.json"), FINDINGS).startswith("shop.json:1:")
    monkeypatch.chdir(shop.parent / "sub")
    assert one_error(call("check", "../shop.json"), FINDINGS).startswith("../shop.json:1:")


# --- configurations ---

CONDITIONAL = """
{ 'command': 'brew', 'if': 'CONFIG_TEA' }
{ 'command': 'boil', 'if': { 'not': 'CONFIG_COLD' } }
"""


@pytest.mark.parametrize(
    ("options", "commands"),
    [
        ((), ["brew", "boil"]),
        (("--config", "none"), ["boil"]),
        (("--config", "none", "-D", "CONFIG_TEA"), ["brew", "boil"]),
        (("-U", "CONFIG_TEA"), ["boil"]),
        (("-D", "CONFIG_COLD"), ["brew"]),
    ],
)
def test_configurations(
    call: Call, tmp_path: Path, options: tuple[str, ...], commands: list[str]
) -> None:
    root = write_files(tmp_path, {"a.json": CONDITIONAL})
    found = call("introspect", root, *options)
    assert found.status == FINE
    names = [name for name in ("brew", "boil") if f'"name": "{name}"' in found.out]
    assert names == commands


def test_configuration_files(call: Call, tmp_path: Path) -> None:
    root = write_files(
        tmp_path,
        {"a.json": CONDITIONAL, "config.h": "#define CONFIG_COLD 1\n#undef CONFIG_TEA\n"},
    )
    found = call("introspect", root, "--config", tmp_path / "config.h")
    assert found.status == FINE
    assert '"meta-type": "command"' not in found.out
    found = call("introspect", root, "--config", tmp_path / "config.h", "-D", "CONFIG_TEA")
    assert '"name": "brew"' in found.out


@pytest.mark.parametrize(
    "options",
    [
        ("-D", "config-tea"),
        ("-D", "CONFIG_TEA", "-U", "CONFIG_TEA"),
        ("--config", "nothing.h"),
        ("-W", "fatal"),
        ("-W", "error=W999"),
        ("-W", "off=E001"),
        ("-W", "warn=E001"),
    ],
)
def test_options_that_make_no_sense(call: Call, tmp_path: Path, options: tuple[str, ...]) -> None:
    root = write_files(tmp_path, {"a.json": CONDITIONAL})
    one_error(call("check", root, *options), TROUBLE)


# --- style ---

#: A line that is too long, and a single blank between sentences.
STYLELESS = f"##\n# @go:\n#\n# {'x' * 80}\n# One. Two.\n##\n{{ 'command': 'go' }}\n"
JUDGES = {verb: VERBS[verb] for verb in ("check", "ir", "introspect")}


@pytest.mark.parametrize("verb", VERBS)
def test_style_is_a_warning(call: Call, tmp_path: Path, verb: str) -> None:
    root = write_files(tmp_path, {"a.json": STYLELESS})
    found = call(*VERBS[verb], root)
    assert found.status == FINE
    assert "a.json:4:1: warning: " in found.err
    assert "a.json:5:7: warning: " in found.err
    assert "-W off=E047 -W off=E048" in found.err
    assert "warning: " not in call(*VERBS[verb], root, "-W", "off=E047", "-W", "off=E048").err
    found = call(*VERBS[verb], root, "--strict-style")
    assert found.status == FINDINGS
    assert "a.json:5:7: error: " in found.err
    assert call(*VERBS[verb], root, "-W", "error=E048").status == FINDINGS


@pytest.mark.parametrize("verb", JUDGES)
@pytest.mark.parametrize("dialect", ["10.2", "11.1", "modern"])
def test_a_release_that_is_named_judges_style(
    call: Call, tmp_path: Path, verb: str, dialect: str
) -> None:
    root = write_files(tmp_path, {"a.json": STYLELESS})
    arguments = (*JUDGES[verb], root, "--dialect", dialect)
    found = call(*arguments)
    assert found.status == FINDINGS
    assert "a.json:4:1: error: " in found.err
    assert "-W warn=E047 -W warn=E048" in found.err
    assert call(*arguments, "-W", "warn=E047", "-W", "warn=E048").status == FINE
    assert call(*arguments, "-W", "warn=E047").status == FINDINGS
    assert call(*arguments, "-W", "off").status == FINE


def test_style_never_stops_a_build(call: Call, tmp_path: Path) -> None:
    root = write_files(tmp_path, {"a.json": STYLELESS})
    arguments = ("generate", "-o", tmp_path / "out", root, "--dialect", "11.1")
    found = call(*arguments)
    assert found.status == FINE
    assert "a.json:4:1: warning: " in found.err
    assert call(*arguments, "--strict-style").status == FINDINGS
    assert call(*arguments, "--strict-style", "-W", "warn").status == FINE


def test_releases_without_rules_of_style(call: Call, tmp_path: Path) -> None:
    root = write_files(tmp_path, {"a.json": STYLELESS})
    found = call("check", root, "--dialect", "10.1", "--strict-style")
    assert found.status == FINE
    assert "warning: " not in found.err


def test_what_is_wrong_beside_style(call: Call, tmp_path: Path) -> None:
    """The way round style is not told where it leads to nothing."""
    root = write_files(tmp_path, {"a.json": STYLELESS + "{ 'command': 'a', 'data': 'No' }"})
    found = call("check", root, "--dialect", "11.1")
    assert found.status == FINDINGS
    assert "3 errors" in found.err
    assert "-W warn" not in found.err


@pytest.mark.parametrize(
    ("level", "way_out"),
    [
        ("off=W999", "not the code of a warning; 'qapigen explain' lists them"),
        ("off=E001", "an error, which cannot be changed"),
        ("eror=W001", "; did you mean 'error'?"),
    ],
)
def test_levels_that_were_meant(call: Call, level: str, way_out: str) -> None:
    assert one_error(call("check", "-W", level), TROUBLE).endswith(way_out)
