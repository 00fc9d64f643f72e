"""The verb ``explain``: what it prints for which words, on a terminal and elsewhere."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys

import pytest

from qapigen.cli.main import main
from qapigen.cli.status import FINE, TROUBLE
from qapigen.compiler.codes import CODES
from tests.outside import REPOSITORY

BOLD, CYAN, RESET = "\x1b[1m", "\x1b[36m", "\x1b[0m"

LOADED = """
import json, sys
from qapigen.cli.main import main
status = main(["explain", *sys.argv[1:]])
print(json.dumps([status, sorted(sys.modules)]))
"""


def output(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """What ``qapigen explain`` prints for ``words``, which have to be right."""
    assert main(["explain", *words]) == FINE
    printed = capsys.readouterr()
    assert printed.err == ""
    return printed.out


def trouble(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """What ``qapigen explain`` says about ``words`` that are wrong."""
    assert main(["explain", *words]) == TROUBLE
    printed = capsys.readouterr()
    assert printed.out == ""
    return printed.err


def on_terminal(*words: str, **environment: str) -> str:
    """What ``qapigen explain`` prints on a terminal."""
    ours, theirs = pty.openpty()
    surroundings = {key: value for key, value in os.environ.items() if key != "NO_COLOR"}
    try:
        subprocess.run(
            [sys.executable, "-m", "qapigen", "explain", *words],
            cwd=REPOSITORY,
            env=surroundings | environment,
            stdout=theirs,
            check=True,
            timeout=60,
        )
        printed = os.read(ours, 1 << 16)
    finally:
        os.close(ours)
        os.close(theirs)
    return printed.decode().replace("\r\n", "\n")


def test_a_page(capsys: pytest.CaptureFixture[str]) -> None:
    lines = output(capsys, "E101").splitlines()
    assert lines[:3] == [
        "E101: a type that is not defined",
        "",
        "Name: `unknown-type`. Dialects: 2018, 7.2, modern.",
    ]
    at = lines.index("Wrong")
    assert lines[at + 1] == ""
    assert lines[at + 2].startswith("    { 'enum': ")
    assert "Right" in lines[at:]
    assert not any(line.startswith(("#", "```")) for line in lines)


@pytest.mark.parametrize("name", ["e101", "E0101", "unknown-type", "Unknown_Type"])
def test_names_of_a_page(capsys: pytest.CaptureFixture[str], name: str) -> None:
    assert output(capsys, name) == output(capsys, "E101")


def test_several_pages_each_once(capsys: pytest.CaptureFixture[str]) -> None:
    first, second = output(capsys, "E017"), output(capsys, "W004")
    assert output(capsys, "E017", "unguarded-type", "duplicate-key") == f"{first}\n\n{second}"


def test_options_of_schemas_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert "\n  parts/train.json:\n    { 'include': 'stop.json' }\n" in output(capsys, "E023")
    assert "\n  dialect 2018:\n    { 'enum': " in output(capsys, "E115")
    assert "\n  dialect 7.2 and modern:\n    { 'pragma': " in output(capsys, "E028")
    assert "\n  with --config none:\n    { 'alternate': " in output(capsys, "E133")


def test_links_are_plain(capsys: pytest.CaptureFixture[str]) -> None:
    page = output(capsys, "E132")
    assert "Warning W004 finds" in page
    assert ".md" not in page


def test_every_page_can_be_printed(capsys: pytest.CaptureFixture[str]) -> None:
    printed = output(capsys, *CODES)
    assert all(f"{code.id}: {code.title}\n" in printed for code in CODES.values())
    assert "```" not in printed


def test_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    lines = output(capsys).splitlines()
    listed = [line.split()[0] for line in lines if line.startswith("  ")]
    assert sorted(listed) == sorted(code.id for code in CODES.values())
    assert "  E101  unknown-type               a type that is not defined" in lines
    titles = [line for line in lines if line and not line.startswith("  ")]
    assert titles[0].startswith("Reading: ")
    assert titles[-2:] == [
        "Warnings: what is legal and hardly meant",
        "'qapigen explain CODE' tells about one of them.",
    ]


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("unkown-tpye", "did you mean 'unknown-type'"),
        ("W101", "did you mean 'E101'?"),
        ("1", "did you mean 'E001' or 'W001'?"),
        ("E999", "'qapigen explain' lists all codes"),
        ("", "'qapigen explain' lists all codes"),
        ("a\nb", "'qapigen explain' lists all codes"),
    ],
)
def test_an_unknown_code(capsys: pytest.CaptureFixture[str], name: str, hint: str) -> None:
    told = trouble(capsys, name)
    assert told.startswith(f"qapigen explain: error: no code {name!r}; {hint}")
    assert told.count("\n") == 1


def test_unknown_codes_are_all_told_and_nothing_is_printed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    told = trouble(capsys, "E101", "E999", "W999").splitlines()
    assert [line.split("'")[1] for line in told] == ["E999", "W999"]


def test_colours_where_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    page = output(capsys, "E101", "--color", "always")
    assert page.startswith(f"{BOLD}E101: a type that is not defined{RESET}\n")
    assert f"\n{BOLD}Wrong{RESET}\n" in page
    assert f"{CYAN}unknown-type{RESET}" in page
    assert "`" not in page
    assert f"{BOLD}Reading: " in output(capsys, "--color", "always")
    assert "\x1b" not in output(capsys, "E101") + output(capsys, "--color", "never")


def test_colours_on_a_terminal() -> None:
    assert on_terminal("E064").startswith(f"{BOLD}E064: ")
    plain = on_terminal("E064", NO_COLOR="1")
    assert plain.startswith("E064: ")
    assert "\x1b" not in plain + on_terminal("E064", "--color", "never")


def test_an_output_that_lacks_characters() -> None:
    result = subprocess.run(
        [sys.executable, "-m", "qapigen", "explain", "E009"],
        cwd=REPOSITORY,
        env=os.environ | {"PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=True,
        text=True,
        timeout=60,
    )
    assert "{ 'command': 'brew-caf\\xe9' }" in result.stdout


@pytest.mark.parametrize("words", [["E101"], []])
def test_loads_nothing_heavy(words: list[str]) -> None:
    result = subprocess.run(
        [sys.executable, "-c", LOADED, *words],
        cwd=REPOSITORY,
        capture_output=True,
        check=True,
        text=True,
        timeout=60,
    )
    status, loaded = json.loads(result.stdout.splitlines()[-1])
    assert status == FINE
    assert "qapigen.compiler.explanations" in loaded
    assert not {"lark", "jinja2", "black", "difflib"} & set(loaded)
    assert not [name for name in loaded if name.startswith("qapigen.compiler.syntax")]
