"""Packages made by the Python backend: in memory, on the disk, imported."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from qapigen.compiler.disk import read_source
from qapigen.compiler.emit.filetree import FileTree
from qapigen.compiler.pipeline import Options, compile_schema
from qapigen.compiler.source import ReadError
from tests.compiler.backends.python.constructs import CONSTRUCTS
from tests.outside import REPOSITORY

__all__ = [
    "CORPUS_ROOTS",
    "PYTHON",
    "construct_files",
    "construct_package",
    "corpus_files",
    "files_of",
    "run_python",
    "write",
]

PYTHON = ("types", "visit", "wire", "commands", "events", "client", "introspect")

#: The real schemas of the corpus, by the package that is made of each.
CORPUS_ROOTS = {
    "qemu_7_2": "qemu-7.2/qapi/qapi-schema.json",
    "qemu_7_2_qga": "qemu-7.2/qga/qapi-schema.json",
    "qemu_7_2_storage_daemon": "qemu-7.2/storage-daemon/qapi/qapi-schema.json",
    "qemu_2_12": "qemu-2.12-dev/qapi-schema.json",
    "qemu_2_12_qga": "qemu-2.12-dev/qga/qapi-schema.json",
}


def files_of(
    files: Mapping[str, str], package: str, *, dialect: str = "modern", **options: object
) -> FileTree:
    """What the Python backend makes of schema texts; the first file is the root."""

    def read(path: str) -> str:
        if path not in files:
            raise ReadError("not in this test")
        return files[path]

    chosen = Options(package=package, dialect=dialect, **({"backends": PYTHON} | options))  # type: ignore[arg-type]
    result = compile_schema(next(iter(files)), read, chosen)
    assert result.files is not None, [
        (str(found.definition), found.message) for found in result.analysis.diagnostics
    ]
    return result.files


def construct_package(name: str) -> str:
    """The package for a construct."""
    return f"demo_{name.replace('-', '_')}"


@cache
def construct_files(name: str) -> FileTree:
    """The files for one of :data:`CONSTRUCTS`."""
    construct = CONSTRUCTS[name]
    return files_of(construct.files, construct_package(name), dialect=construct.dialect)


@cache
def corpus_files(corpus: Path, package: str) -> FileTree:
    """The files for a real schema of the corpus."""
    options = Options(package=package, backends=PYTHON)
    result = compile_schema(str(corpus / CORPUS_ROOTS[package]), read_source, options)
    assert result.files is not None, result.analysis.diagnostics[:3]
    return result.files


def write(folder: Path, files: Mapping[str, str]) -> None:
    """Put files on the disk."""
    for path, text in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8", newline="\n")


def run_python(
    *arguments: str,
    paths: tuple[Path, ...] = (),
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a Python that finds the checkout and ``paths``."""
    search = os.pathsep.join([str(path) for path in (*paths, REPOSITORY)])
    return subprocess.run(
        [sys.executable, *arguments],
        env=os.environ | {"PYTHONPATH": search} | dict(environment or {}),
        cwd=cwd,
        capture_output=True,
        check=False,
        text=True,
        encoding="utf-8",
        timeout=300,
    )
