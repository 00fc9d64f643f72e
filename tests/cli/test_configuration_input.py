"""Configurations that are those of a program."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from qapigen.cli.status import FINE, TROUBLE
from qapigen.compiler.passes.introspect import introspect
from qapigen.compiler.passes.select import Config
from tests.cli.conftest import Call, one_error
from tests.cli.process import run, write_files
from tests.cli.scripted_server import Request, scripted, success
from tests.compiler.schema_texts import schema_of

CAFE = """
{ 'command': 'brew', 'if': 'CONFIG_TEA', 'data': { 'what': 'Leaf' } }
{ 'command': 'boil', 'if': { 'not': 'CONFIG_COLD' } }
{ 'command': 'serve', 'if': { 'all': [ 'CONFIG_CUP', 'CONFIG_SAUCER' ] } }
{ 'enum': 'Leaf', 'data': [ 'black', { 'name': 'green', 'if': 'CONFIG_GREEN' } ] }
"""
BUILD = {"CONFIG_TEA", "CONFIG_COLD", "CONFIG_CUP"}


def told(symbols: set[str], text: str = CAFE) -> list[dict[str, object]]:
    """What a program tells that was built with these symbols."""
    return introspect(schema_of(text, "7.2"), config=Config(frozenset(symbols), complete=True))


@pytest.fixture
def cafe(tmp_path: Path) -> Path:
    files = {"cafe.json": CAFE, "told.json": json.dumps(told(BUILD))}
    return write_files(tmp_path, files)


def names(text: str) -> set[str]:
    return {word for word in ("brew", "boil", "serve", "black", "green") if f'"{word}"' in text}


@pytest.mark.parametrize("verb", ["ir", "introspect"])
def test_a_file(call: Call, cafe: Path, verb: str) -> None:
    """All that the program has not goes, also where nobody knows which of two symbols it lacks."""
    found = call(verb, cafe, "--dialect", "7.2", "--config", cafe.with_name("told.json"))
    assert (found.status, found.err) == (FINE, "")
    assert names(found.out) == {"brew", "black"}


def test_a_program(call: Call, cafe: Path, tmp_path: Path) -> None:
    """It is asked once, and the package tells what it tells."""
    (tmp_path / "socket").mkdir()

    def answer(request: Request) -> bytes:
        return success(request, told(BUILD))

    with scripted(tmp_path / "socket", answer) as (address, requests):
        found = call(
            *("generate", cafe, "--dialect", "7.2", "--config", f"qmp:{address}"),
            *("-o", "-", "--backend", "commands", "--backend", "introspect"),
        )
    assert (found.status, found.err) == (FINE, "")
    assert "brew" in found.out
    assert not any(word in found.out for word in ("boil", '"serve"', "green", "CONFIG_"))
    assert [each["execute"] for each in requests] == ["qmp_capabilities", "query-qmp-schema"]


def test_standard_input(cafe: Path) -> None:
    found = run(
        *("introspect", cafe, "--dialect", "7.2", "--config", "-"), input=json.dumps(told(BUILD))
    )
    assert json.loads(found.stdout) == told(BUILD)


def test_the_command_line_goes_first(call: Call, cafe: Path) -> None:
    live = ("--dialect", "7.2", "--config", cafe.with_name("told.json"))
    assert names(call("ir", cafe, *live, "-D", "CONFIG_GREEN").out) == {"brew", "black", "green"}
    assert names(call("ir", cafe, *live, "-U", "CONFIG_COLD").out) == {"brew", "boil", "black"}
    both = ("-D", "CONFIG_CUP", "-D", "CONFIG_SAUCER")
    assert "serve" in names(call("ir", cafe, *live, *both).out)


def test_what_was_found(call: Call, cafe: Path) -> None:
    found = call("check", cafe, "--dialect", "7.2", "-v", "--config", cafe.with_name("told.json"))
    assert "told.json: built with CONFIG_COLD, CONFIG_TEA\n" in found.err
    assert "told.json: built without CONFIG_GREEN\n" in found.err


@pytest.mark.parametrize(
    ("others", "places"),
    [
        ("{ 'command': 'cool' }", "1 place"),
        ("{ 'command': 'cool' } { 'event': 'HOT' }", "2 places"),
    ],
)
def test_a_program_of_another_schema(call: Call, cafe: Path, others: str, places: str) -> None:
    live = cafe.with_name("other.json")
    live.write_text(json.dumps(told(BUILD, CAFE + others)))
    found = call("check", cafe, "--dialect", "7.2", "--config", live)
    assert found.status == FINE
    assert f"other.json: note: differs from the schema in {places} that no condition" in found.err


def test_a_configuration_that_breaks_the_schema(call: Call, tmp_path: Path) -> None:
    """As with any other configuration: what is left needs what is left out."""
    text = "{ 'command': 'x', 'if': 'A' } { 'enum': 'Ee', 'if': 'A', 'data': ['e'] }"
    text += "{ 'struct': 'Ss', 'data': { 'e': 'Ee' } }"
    root = write_files(tmp_path, {"a.json": text, "told.json": json.dumps(told(set(), text))})
    found = call("check", root, "--config", tmp_path / "told.json")
    assert found.status == 1
    assert "[E132]" in found.err


@pytest.mark.parametrize("name", ["nothing.json", "qmp:unix:nothing.sock", "qga:tcp:h", "broken"])
def test_what_cannot_be_asked(call: Call, cafe: Path, name: str) -> None:
    cafe.with_name("broken").write_text("[{]")
    word = name if ":" in name else str(cafe.with_name(name))
    assert name in one_error(call("check", cafe, "--config", word), TROUBLE)
