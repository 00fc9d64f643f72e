"""Backends are found by name, those of installed packages too."""

from __future__ import annotations

from pathlib import Path

import pytest

from qapigen.compiler.backends import BACKENDS, Request
from qapigen.compiler.backends.registry import BackendFailure, backend_names, find_backend
from qapigen.compiler.emit.filetree import FileTree
from qapigen.compiler.emit.render import Renderer
from qapigen.compiler.ir import Schema
from qapigen.compiler.pipeline import analyze

CODE = """
from qapigen.compiler.emit.filetree import FileTree

def files(schema, request):
    names = [definition.name for definition in schema.definitions]
    return FileTree({f"{request.package}.txt": " ".join(names)})

def plain(schema, request):
    return {"a.txt": "b"}

def nothing(schema, request):
    return None

def crash(schema, request):
    raise KeyError("oh")

VALUE = 5
"""


def schema() -> Schema:
    found = analyze("a.json", {"a.json": "{ 'command': 'go' }"}.__getitem__).schema
    assert found is not None
    return found


def request_for(found: Schema) -> Request:
    return Request("acme", ("a.json",), Renderer(), True, found)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder on the search path with an installed package that has backends."""
    (tmp_path / "acme_backends.py").write_text(CODE)
    (tmp_path / "acme_broken.py").write_text("raise RuntimeError('not today')\n")
    folder = tmp_path / "acme_backends-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-backends\nVersion: 1.0\n")
    (folder / "entry_points.txt").write_text("""\
[qapigen.backends]
acme = acme_backends:files
acme-plain = acme_backends:plain
acme-nothing = acme_backends:nothing
acme-crash = acme_backends:crash
acme-value = acme_backends:VALUE
acme-gone = acme_backends:gone
acme-broken = acme_broken:files
acme-lost = acme_lost:files
types = acme_backends:files
""")
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("name", BACKENDS)
def test_shipped_backends(name: str) -> None:
    found = schema()
    assert isinstance(find_backend(name)(found, request_for(found)), FileTree)


def test_installed_backends(site: Path) -> None:
    found = schema()
    made = find_backend("acme")(found, request_for(found))
    assert dict(made) == {"acme.txt": "go"}
    plain = find_backend("acme-plain")(found, request_for(found))
    assert isinstance(plain, FileTree)
    assert dict(plain) == {"a.txt": "b"}


def test_shipped_names_cannot_be_taken(site: Path) -> None:
    found = schema()
    assert "acme.txt" not in find_backend("types")(found, request_for(found))


def test_names(site: Path) -> None:
    assert backend_names() == [
        *BACKENDS,
        *("acme", "acme-broken", "acme-crash", "acme-gone", "acme-lost", "acme-nothing"),
        *("acme-plain", "acme-value"),
    ]


@pytest.mark.parametrize("name", ["fortran", "", "Types", "acme"])
def test_unknown_names(name: str) -> None:
    with pytest.raises(BackendFailure, match=f"no backend '{name}'; there are types, visit"):
        find_backend(name)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("acme-broken", r"'acme-broken' \(acme_broken:files\) fails: RuntimeError: not today"),
        ("acme-lost", "'acme-lost' .* fails: ModuleNotFoundError"),
        ("acme-gone", "'acme-gone' .* fails: AttributeError"),
        ("acme-value", "'acme-value' .* is no function"),
    ],
)
def test_what_does_not_load(site: Path, name: str, message: str) -> None:
    with pytest.raises(BackendFailure, match=message):
        find_backend(name)


def test_what_makes_no_files(site: Path) -> None:
    found = schema()
    with pytest.raises(BackendFailure, match="'acme-nothing' .* gives no files but None"):
        find_backend("acme-nothing")(found, request_for(found))


def test_what_crashes(site: Path) -> None:
    """The traceback is the author's to see; it says whose code it is."""
    found = schema()
    with pytest.raises(KeyError) as caught:
        find_backend("acme-crash")(found, request_for(found))
    assert caught.value.__notes__ == [
        "This is the backend 'acme-crash' (acme_backends:crash), which is not a part of qapigen."
    ]
