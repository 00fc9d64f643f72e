"""Sphinx with MyST, and MkDocs, make sites of whole references without a warning."""

from __future__ import annotations

import posixpath
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from html import unescape
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote

import pytest

from qapigen.compiler.ir import SectionKind
from qapigen.compiler.pipeline import Options, compile_schema
from tests.compiler.backends.markdown_pages import documented, page_of, section, struct
from tests.outside import unpack_release

# What the documentation says to write there.
SPHINX = """
extensions = ["myst_parser"]
myst_heading_anchors = 6
html_theme = "basic"
"""
CONTENTS = """
Everything
==========

.. toctree::
   :glob:

   docs/**
"""
MKDOCS = """
site_name: Everything
docs_dir: source
use_directory_urls: false
validation:
  links: {not_found: warn, anchors: warn, absolute_links: warn, unrecognized_links: warn}
"""


def write(files: Mapping[str, str], folder: Path) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def run(*command: str, folder: Path) -> None:
    """Run a module of Python; it must succeed, and have nothing to say."""
    if find_spec(command[0]) is None:  # who only runs the tests may not have it
        pytest.skip(f"not installed: {command[0]}")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", *command],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", ""), done.stderr[-2000:]


def sphinx(files: Mapping[str, str], folder: Path) -> Path:
    """The site that Sphinx makes."""
    write({**files, "conf.py": SPHINX, "index.rst": CONTENTS}, folder / "source")
    run("sphinx", "-q", "-W", "--keep-going", "source", "site", folder=folder)
    return folder / "site"


def mkdocs(files: Mapping[str, str], folder: Path) -> Path:
    """The site that MkDocs makes."""
    write(files, folder / "source")
    write({"mkdocs.yml": MKDOCS}, folder)
    run("mkdocs", "build", "--quiet", "--strict", "--site-dir", "site", folder=folder)
    return folder / "site"


BUILDERS = {"sphinx": sphinx, "mkdocs": mkdocs}


def dead_links(site: Path) -> Iterator[str]:
    """Links from one page of a package to another, or to a place on one, that lead nowhere."""
    texts = {p.relative_to(site).as_posix(): p.read_text("utf-8") for p in site.rglob("*.html")}
    ids = {path: set(re.findall(r'\sid="([^"]+)"', text)) for path, text in texts.items()}
    for path, text in texts.items():
        for href in re.findall(r'<a\b[^>]*\shref="([^"]*)"', text):
            target, _, fragment = unescape(href).partition("#")
            if "://" in href or (target and not target.endswith(".html")):
                continue  # what the builder puts around our pages
            page = posixpath.normpath(posixpath.join(posixpath.dirname(path), unquote(target)))
            found = ids.get(page if target else path)
            if found is None or (fragment and unquote(fragment) not in found):
                yield f"{path}: {href}"


def fences(files: Mapping[str, str]) -> int:
    return sum(
        len(re.findall(r"^[ >-]*```+\w*$", text, re.MULTILINE)) // 2 for text in files.values()
    )


def code_blocks(site: Path) -> int:
    return sum(p.read_text("utf-8").count("<pre>") for p in (site / "docs").rglob("*.html"))


def reference(root: Path, package: str, dialect: str) -> Mapping[str, str]:
    options = Options(dialect=dialect, package=package, backends=("markdown",))
    files = compile_schema(str(root), lambda path: Path(path).read_text("utf-8"), options).files
    assert files is not None
    return files


def check(files: Mapping[str, str], builder: str, folder: Path) -> None:
    site = BUILDERS[builder](files, folder)
    assert list(dead_links(site)) == []
    if builder == "sphinx":  # MkDocs knows no fences in lists unless it is told to
        assert code_blocks(site) == fences(files)


@pytest.mark.parametrize("builder", BUILDERS)
def test_shipped_schemas(builder: str, schemas: Path, tmp_path: Path) -> None:
    files = reference(schemas / "qapi-schema.json", "qapi", "modern")
    assert fences(files) > 10
    check(files, builder, tmp_path)


@pytest.mark.parametrize("builder", BUILDERS)
def test_what_means_something_to_these_tools_only(builder: str, tmp_path: Path) -> None:
    """Text is text for them, too, wherever they know more markup than others."""
    lines = [
        "% no comment",
        "(no-target)=",
        "+++",
        "{no-role}``code``",
        "[^1] and ^[no footnote]",
        "a :: b",
        ":no: field",
        "[TOC]",
        "{#id} {.class}",
        "<tag> a < b",
        "a | b",
        "$a$ ~~b~~ &amp; * c_ _d_",
    ]
    texts = [section(SectionKind.TEXT, "", line) for line in lines]
    members = [section(SectionKind.MEMBER, "m", "first\n\nsecond\n\n- item\n\n  more")]
    doc = documented("S", *texts, *members)
    page = page_of(struct("S", doc=doc, m="int", n="int"))
    site = BUILDERS[builder]({"docs/a/index.md": page}, tmp_path)
    html = (site / "docs/a/index.html").read_text("utf-8")
    shown = " ".join(unescape(re.sub(r"<[^>]+>", "", html)).split())
    for line in lines:
        assert line.replace("``", "") in shown
    assert html.count("<li>") >= 3


@pytest.mark.slow
@pytest.mark.parametrize("builder", BUILDERS)
@pytest.mark.parametrize("release", ["7.2", "10.2"])
def test_all_of_qemu(release: str, builder: str, corpus: Path, tmp_path: Path) -> None:
    """The programs' packages stand side by side, as in one project's documentation."""
    folder = corpus / "qemu-7.2"
    if release != "7.2":
        folder = unpack_release(corpus, release, tmp_path)
    files: dict[str, str] = {}
    for package in ("qapi", "qga", "storage-daemon/qapi"):
        root = folder / package / "qapi-schema.json"
        files |= reference(root, package.replace("/", ".").replace("-", "_"), release)
    assert fences(files) > 200
    check(files, builder, tmp_path / "site")
