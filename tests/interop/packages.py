"""Packages generated from the schemas of a release of QEMU.

In: the corpus, a release, a folder.  Out: imported packages.
Must not know: processes, sockets.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any, cast

from qapigen.compiler.backends import BACKENDS
from qapigen.compiler.disk import read_source
from qapigen.compiler.ir import Schema
from qapigen.compiler.pipeline import Analysis, Options, analyze, compile_schema
from qapigen.runtime.commands import CommandSpec
from qapigen.runtime.events import EventSpec
from qapigen.runtime.visit import VisitFunction, from_wire, to_wire
from tests.compiler.backends.python.packages import write
from tests.interop.differences import Release
from tests.outside import unpack_release

__all__ = ["ROOTS", "Package", "analysis", "imported"]

#: The schemas of the programs in a release's folder, by the package that is made of each.
ROOTS = {
    "live_qapi": "qapi/qapi-schema.json",
    "live_qga": "qga/qapi-schema.json",
    "live_storage_daemon": "storage-daemon/qapi/qapi-schema.json",
}


@dataclass(frozen=True)
class Package:
    """A generated package, together with the schema that it was made of."""

    name: str
    schema: Schema
    #: Whether servers may know more than the schema.
    lenient: bool = False

    @property
    def commands(self) -> Mapping[str, CommandSpec]:
        return self._module("commands").SPECS  # type: ignore[no-any-return]

    @property
    def events(self) -> Mapping[str, EventSpec]:
        return self._module("events").SPECS  # type: ignore[no-any-return]

    def arguments(self, command: str, typed: object) -> dict[str, object]:
        """Typed arguments as JSON."""
        visit = self.commands[command].visit_arguments
        assert visit is not None, command
        return cast("dict[str, object]", to_wire(visit, typed, "arguments"))

    def answer(self, command: str, wire: object) -> Any:
        """The typed answer of a server."""
        return from_wire(self.visit_answer(command), wire, "return", lenient=self.lenient)

    def visit_answer(self, command: str) -> VisitFunction[Any]:
        """The visit function of a command's answer."""
        visit = self.commands[command].visit_returns
        assert visit is not None, command
        return visit

    def type(self, name: str) -> Any:
        """A class or alias by its Python name."""
        return getattr(import_module(self.name), name)

    def _module(self, path: str) -> ModuleType:
        return import_module(f"{self.name}.{path}")


@contextmanager
def _schema(corpus: Path, name: str, release: Release) -> Iterator[str]:
    """The file with the schema of a release, unpacked if need be."""
    folder = corpus / f"qemu-{release.schemas}"
    if folder.is_dir():
        yield str(folder / ROOTS[name])
        return
    with TemporaryDirectory() as unpacked:
        yield str(unpack_release(corpus, release.schemas, Path(unpacked)) / ROOTS[name])


def analysis(corpus: Path, name: str, release: Release) -> Analysis:
    """What the compiler's front end makes of a schema."""
    with _schema(corpus, name, release) as path:
        return analyze(path, read_source, release.schemas)


@contextmanager
def imported(corpus: Path, name: str, folder: Path, release: Release) -> Iterator[Package]:
    """Write a package into ``folder``; it can be imported meanwhile."""
    backends = tuple(backend for backend in BACKENDS if backend != "markdown")
    options = Options(package=name, dialect=release.schemas, backends=backends)
    with _schema(corpus, name, release) as path:
        result = compile_schema(path, read_source, options)
    assert result.files is not None and result.analysis.schema is not None, result.analysis
    write(folder, result.files)
    sys.path.insert(0, str(folder))
    try:
        yield Package(name, result.analysis.schema, bool(release.newer_answers))
    finally:
        sys.path.remove(str(folder))
        for module in [each for each in sys.modules if each.partition(".")[0] == name]:
            del sys.modules[module]
