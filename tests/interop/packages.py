"""Packages generated from the schemas of the QEMU release that is installed.

In: the corpus, a folder.  Out: imported packages.
Must not know: processes, sockets.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
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

__all__ = ["DIALECT", "ROOTS", "Package", "analysis", "imported"]

DIALECT = "7.2"

#: The schemas of the programs, by the package that is made of each.
ROOTS = {
    "live_qapi": "qemu-7.2/qapi/qapi-schema.json",
    "live_qga": "qemu-7.2/qga/qapi-schema.json",
    "live_storage_daemon": "qemu-7.2/storage-daemon/qapi/qapi-schema.json",
}


@dataclass(frozen=True)
class Package:
    """A generated package, together with the schema that it was made of."""

    name: str
    schema: Schema

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
        return from_wire(self.visit_answer(command), wire, "return")

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


def analysis(corpus: Path, name: str) -> Analysis:
    """What the compiler's front end makes of a schema."""
    return analyze(str(corpus / ROOTS[name]), read_source, DIALECT)


@contextmanager
def imported(corpus: Path, name: str, folder: Path) -> Iterator[Package]:
    """Write a package into ``folder``; it can be imported meanwhile."""
    backends = tuple(backend for backend in BACKENDS if backend != "markdown")
    options = Options(package=name, dialect=DIALECT, backends=backends)
    result = compile_schema(str(corpus / ROOTS[name]), read_source, options)
    assert result.files is not None and result.analysis.schema is not None, result.analysis
    write(folder, result.files)
    sys.path.insert(0, str(folder))
    try:
        yield Package(name, result.analysis.schema)
    finally:
        sys.path.remove(str(folder))
        for module in [each for each in sys.modules if each.partition(".")[0] == name]:
            del sys.modules[module]
