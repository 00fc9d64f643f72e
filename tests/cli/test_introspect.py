"""``qapigen introspect``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from qapigen.cli.status import FINDINGS, FINE, TROUBLE
from qapigen.compiler.disk import read_source
from qapigen.compiler.passes.introspect import introspect
from qapigen.compiler.pipeline import analyze
from tests.cli.conftest import Call, one_error
from tests.cli.process import run, write_files


@pytest.mark.parametrize(
    ("options", "mask"),
    [((), True), (("--names", "masked"), True), (("--names", "unmasked"), False)],
)
def test_prints_the_list(call: Call, shop: Path, options: tuple[str, ...], mask: bool) -> None:
    found = call("introspect", shop, *options)
    assert (found.status, found.err) == (FINE, "")
    schema = analyze(str(shop), read_source).schema
    assert schema is not None
    assert json.loads(found.out) == introspect(schema, mask=mask)
    assert ('"Receipt"' in found.out) is not mask


def test_an_entity_a_line(call: Call, shop: Path) -> None:
    lines = call("introspect", shop).out.splitlines()
    assert (lines[0], lines[-1]) == ("[", "]")
    assert all(json.loads(line.strip().rstrip(","))["name"] for line in lines[1:-1])


def test_nothing(call: Call, tmp_path: Path) -> None:
    root = write_files(tmp_path, {"a.json": "{ 'struct': 'Unused', 'data': {} }"})
    assert call("introspect", root).out == "[]\n"


def test_wrong(call: Call, shop: Path) -> None:
    assert call("introspect", shop, "--names", "some").status == TROUBLE
    shop.write_text("{ 'command': 1 }")
    one_error(call("introspect", shop), FINDINGS)


# --- against a program ---

NEWER = {"shop.json": """
{ 'command': 'buy', 'data': { 'what': 'Good', '*count': 'int' }, 'returns': 'Receipt' }
{ 'command': 'sell', 'data': { 'what': 'Good' }, 'if': 'CONFIG_SALE' }
{ 'struct': 'Receipt', 'data': { 'sum': 'number', 'paid': 'bool' } }
{ 'enum': 'Good', 'data': [ 'milk', 'coffee' ] }
{ 'event': 'CLOSED' }
"""}


@pytest.fixture
def told(call: Call, shop: Path, tmp_path: Path) -> Path:
    """What a program of the shop's schema tells."""
    path = tmp_path / "told.json"
    path.write_text(call("introspect", shop).out)
    return path


def test_no_difference(call: Call, shop: Path, told: Path) -> None:
    found = call("introspect", shop, "--diff", told)
    assert (found.status, found.out, found.err) == (FINE, "", "")


def test_differences(call: Call, told: Path, tmp_path: Path) -> None:
    newer = write_files(tmp_path / "newer", NEWER)
    found = call("introspect", newer, "--diff", told)
    assert found.status == FINDINGS
    assert found.out.splitlines() == [
        f"--- {newer}",
        f"+++ {told}",
        "-Good, value coffee",
        "+Good, value tea",
        "-Receipt, member paid",
        "-q_obj_buy-arg, member count",
        "-sell (if CONFIG_SALE)",
    ]
    assert found.err == "5 differences, 1 of them conditional in the schema\n"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("-U", "CONFIG_SALE"), []),
        (("-D", "CONFIG_SALE"), ["-sell"]),
        ((), ["-sell (if CONFIG_SALE)"]),
        (("--config", "{told}"), []),
    ],
)
def test_differences_under_a_configuration(
    call: Call, told: Path, tmp_path: Path, options: tuple[str, ...], expected: list[str]
) -> None:
    text = "{ 'command': 'sell', 'if': 'CONFIG_SALE' } { 'command': 'buy' }"
    root = write_files(tmp_path, {"a.json": text})
    told.write_text(call("introspect", root, "-U", "CONFIG_SALE").out)
    found = call("introspect", root, "--diff", told, *(each.format(told=told) for each in options))
    assert found.out.splitlines()[2:] == expected
    assert found.status == (FINDINGS if expected else FINE)


def test_wrong_schemas_come_first(call: Call, shop: Path, told: Path) -> None:
    shop.write_text("{ 'command': 1 }")
    one_error(call("introspect", shop, "--diff", told), FINDINGS)


def test_nothing_to_compare_with(call: Call, shop: Path, tmp_path: Path) -> None:
    assert "nothing: error: " in one_error(
        call("introspect", shop, "--diff", tmp_path / "nothing"), TROUBLE
    )


def test_names_play_no_tricks(shop: Path, tmp_path: Path) -> None:
    """A program may say what it likes, and a folder be called what it likes."""
    path = tmp_path / "t\u00e4ld.json"
    row = {"meta-type": "event", "name": "\x1b[31m\u202ered", "arg-type": "0"}
    path.write_text(json.dumps([row]))
    found = run("introspect", shop, "--diff", path, env={"PYTHONIOENCODING": "ascii"})
    assert found.returncode == FINDINGS
    assert "+++ " in found.stdout and "t\\xe4ld.json" in found.stdout
    assert "+\\x1b[31m\\u202ered\n" in found.stdout
