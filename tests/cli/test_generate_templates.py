"""``qapigen generate`` with templates of one's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from qapigen.cli.status import FINE, TROUBLE
from tests.cli.conftest import Call, one_error
from tests.cli.process import write_files


def templates(folder: Path, **texts: str) -> Path:
    """A folder with templates for Python."""
    return write_files(
        folder, {f"python/{name}.py.j2": text for name, text in texts.items()}
    ).parents[1]


def test_own_template(call: Call, shop: Path) -> None:
    folder = templates(shop.parent / "t", introspect="x = {  {{ template_api }} : '{{ title }}' }")
    options = ("-o", "-", "--backend", "introspect", "--templates", folder)
    found = call("generate", shop, *options)
    assert (found.status, found.err) == (FINE, "")
    assert found.out == 'x = {2: "What query-qmp-schema answers."}\n'
    assert call("generate", shop, *options, "--format", "black").out == found.out
    plain = call("generate", shop, *options, "--format", "none")
    assert plain.out == "x = {  2 : 'What query-qmp-schema answers.' }"


def test_first_folder_first(call: Call, shop: Path) -> None:
    first = templates(shop.parent / "a", introspect="a = 1\n")
    second = templates(shop.parent / "b", introspect="b = 1\n", events="c = 1\n")
    options = ("--templates", first, "--templates", second)
    found = call("generate", shop, "-o", "-", "--backend", "introspect", *options)
    assert found.out == "a = 1\n"


def test_shipped_templates_need_no_black(call: Call, shop: Path) -> None:
    plain = call("generate", shop, "-o", "-", "--backend", "python")
    black = call("generate", shop, "-o", "-", "--backend", "python", "--format", "black")
    assert plain == black


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{% for x in %}", "introspect.py.j2:1"),
        ("\n\n{{ nothing }}", "'nothing' is undefined"),
        ("\n{{ title.nothing.more }}", "introspect.py.j2:2"),
        ("{{ 1 / 0 }}", "introspect.py.j2:1"),
        ("{{ title + 1 }}", "introspect.py.j2:1"),
        ("{% include 'nothing.j2' %}", "nothing.j2"),
        ("{% extends 'python/introspect.py.j2' %}", "introspect.py.j2"),
    ],
)
def test_broken_templates(call: Call, shop: Path, tmp_path: Path, text: str, message: str) -> None:
    folder = templates(shop.parent / "t", introspect=text)
    found = call("generate", shop, "-o", tmp_path / "o", "--templates", folder)
    assert message in one_error(found, TROUBLE)
    assert not (tmp_path / "o").exists()


def test_template_that_is_no_text(call: Call, shop: Path, tmp_path: Path) -> None:
    folder = templates(shop.parent / "t", introspect="")
    (folder / "python" / "introspect.py.j2").write_bytes(b"\xff\xfe")
    one_error(call("generate", shop, "-o", tmp_path / "o", "--templates", folder), TROUBLE)


@pytest.mark.parametrize(
    "text",
    [
        "x = (",
        "def f(:\n",
        "x = '",
        "if x:\npass\n",
        "  x\n y\n",
        "x = 1 1",
        "\x00",
        '"""',
        "x = (1))",
    ],
)
def test_templates_that_make_no_python(call: Call, shop: Path, tmp_path: Path, text: str) -> None:
    folder = templates(shop.parent / "t", introspect=text)
    options = ("-o", tmp_path / "o", "--templates", folder)
    line = one_error(call("generate", shop, *options), TROUBLE)
    assert "introspect.py" in line
    assert not (tmp_path / "o").exists()
    assert call("generate", shop, *options, "--format", "none").status == FINE


def test_no_folder_of_templates(call: Call, shop: Path, tmp_path: Path) -> None:
    for folder in (tmp_path / "nothing", shop):
        found = call("generate", shop, "-o", tmp_path / "o", "--templates", folder)
        assert str(folder) in one_error(found, TROUBLE)
