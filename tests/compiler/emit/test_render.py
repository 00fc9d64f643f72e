"""Templates: which one is taken, what it can rely on, how a wrong one is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from qapigen.compiler.emit.assets import asset_folder
from qapigen.compiler.emit.render import TEMPLATE_API, Renderer, TemplateFailure


def write(folder: Path, **texts: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name, text in texts.items():
        (folder / f"{name}.j2").write_text(text, encoding="utf-8")
    return folder


def test_values_and_layout(tmp_path: Path) -> None:
    text = "{% for x in xs %}\n  {% if x %}\n{{ x }} <&>\n  {% endif %}\n{% endfor %}\nend\n"
    renderer = Renderer([write(tmp_path, a=text)])
    assert renderer.render("a.j2", "out.txt", xs=["one", "", "two'"]) == (
        "one <&>\ntwo' <&>\nend\n"
    )


def test_the_last_newline_is_kept(tmp_path: Path) -> None:
    renderer = Renderer([write(tmp_path, a="x\n", b="x")])
    assert [renderer.render(f"{name}.j2", "o") for name in "ab"] == ["x\n", "x"]


def test_a_value_may_be_called_like_an_argument(tmp_path: Path) -> None:
    renderer = Renderer([write(tmp_path, a="{{ path }} {{ template }}")])
    assert renderer.render("a.j2", "o", path="p", template="t") == "p t"


def test_folders_come_in_order(tmp_path: Path) -> None:
    first = write(tmp_path / "1", a="first")
    second = write(tmp_path / "2", a="second", b="{% include 'a.j2' %} {{ x }}")
    renderer = Renderer([first, second])
    assert renderer.render("a.j2", "o") == "first"
    assert renderer.render("b.j2", "o", x=1) == "first 1"


def test_a_user_template_hides_the_shipped_one(tmp_path: Path) -> None:
    shipped = sorted(
        p.relative_to(asset_folder("templates")) for p in asset_folder("templates").rglob("*.j2")
    )
    name = shipped[0].as_posix()
    (tmp_path / shipped[0].parent).mkdir()
    (tmp_path / name).write_text("mine", encoding="utf-8")
    assert Renderer([tmp_path]).render(name, "o") == "mine"
    with pytest.raises(TemplateFailure, match="undefined"):
        Renderer().render(name, "o")


def test_templates_see_the_version_of_their_interface(tmp_path: Path) -> None:
    renderer = Renderer([write(tmp_path, a="{{ template_api }}")])
    assert renderer.render("a.j2", "o") == str(TEMPLATE_API)


def test_python_is_finished_and_other_text_is_not(tmp_path: Path) -> None:
    seen: list[tuple[str, str]] = []

    def finish(path: str, text: str) -> str:
        seen.append((path, text))
        return text.upper()

    renderer = Renderer([write(tmp_path, a="text")], finish=finish)
    paths = ("x.py", "d/y.pyi", "z.md", "py")
    assert [renderer.render("a.j2", path) for path in paths] == ["TEXT", "TEXT", "text", "text"]
    assert seen == [("x.py", "text"), ("d/y.pyi", "text")]


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("one\n{{ nope }}", "bad.j2:2", "'nope' is undefined"),
        ("{{ x.nope }}", "bad.j2:1", "has no attribute 'nope'"),
        ("\n\n{% for y in nope %}{% endfor %}", "bad.j2:3", "'nope' is undefined"),
        ("\n{% include 'inner.j2' %}", "inner.j2:3", "'lost' is undefined"),
        ("one\n{% if %}", "bad.j2:2", "Expected an expression"),
        ("{% for %}", "bad.j2:1", ""),
        ("{{ x | nofilter }}", "bad.j2:1", "nofilter"),
        ("\n{% include 'none.j2' %}", "bad.j2:2", "no template 'none.j2'"),
        ("\n\n{{ 1 / 0 }}", "bad.j2:3", "division by zero"),
        ("\n{{ x + 1 }}", "bad.j2:2", "concatenate"),
        ("{% extends 'bad.j2' %}", "bad.j2:1", "recursion"),
        ("{% macro m() %}{{ m() }}{% endmacro %}\n{{ m() }}", "bad.j2:", "recursion"),
    ],
)
def test_a_wrong_template_is_named(tmp_path: Path, text: str, place: str, message: str) -> None:
    folder = write(tmp_path, bad=text, inner="\n\n{{ lost }}")
    with pytest.raises(TemplateFailure) as failure:
        Renderer([folder]).render("bad.j2", "o", x="text")
    told = str(failure.value)
    assert told.startswith(str(folder / place)), told
    assert ": error: " in told
    assert message in told
    assert "\n" not in told


def test_a_missing_template() -> None:
    with pytest.raises(TemplateFailure, match=r"^none\.j2: error: no template 'none\.j2'$"):
        Renderer().render("none.j2", "o")


@pytest.mark.parametrize("name", ["../conftest.py", "/etc/passwd", "a/../../x.j2"])
def test_templates_stay_in_their_folders(tmp_path: Path, name: str) -> None:
    with pytest.raises(TemplateFailure, match="no template"):
        Renderer([write(tmp_path / "t", a="x")]).render(name, "o")


def test_a_template_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "bad.j2").write_bytes(b"\xff\xfe")
    with pytest.raises(TemplateFailure, match=r"^bad\.j2: error: .*utf-8"):
        Renderer([tmp_path]).render("bad.j2", "o")


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(TemplateFailure, match="no template"):
        Renderer([tmp_path / "none"]).render("a.j2", "o")
