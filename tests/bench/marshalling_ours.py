"""Our own ways to read and write: with each JSON backend, with specialised code and without.

In: subjects.  Out: a way for each of them.  The packages are what the compiler makes now.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from tempfile import TemporaryDirectory
from typing import Any

from qapigen.runtime import codec, marshalling
from qapigen.runtime.codec import backends
from qapigen.runtime.visit import WireInput, WireOutput, from_wire, to_wire
from tests.bench.marshalling_peers import Way
from tests.bench.marshalling_subjects import Subject
from tests.bench.schemas import BenchSchema, bench_schemas
from tests.bench.timing import child

__all__ = ["generated_packages", "generic_way", "our_way", "visit_function"]

_PACKAGES = {False: "qapi_migration", True: "qemu_7_2"}


@contextmanager
def generated_packages(subjects: Iterable[Subject]) -> Iterator[None]:
    """While this lasts, the types of all subjects can be imported."""
    with TemporaryDirectory() as folder:
        sys.path.insert(0, folder)
        wanted = {_PACKAGES[subject.corpus] for subject in subjects}
        for schema in bench_schemas():
            if schema.package in wanted:
                _generate(schema, folder)
        yield


def _generate(schema: BenchSchema, folder: str) -> None:
    options = ("--backend", "python", "--package", schema.package, "-o", folder)
    source = ("--dialect", schema.dialect, schema.root)
    child(sys.executable, "-m", "qapigen", "generate", *options, *source)


def visit_function(subject: Subject) -> Any:
    """The visit function of a subject's type."""
    module = import_module(f"{_PACKAGES[subject.corpus]}.visit.{subject.module}")
    return getattr(module, f"visit_{subject.type_name}")


def our_way(subject: Subject, backend: backends.Name) -> Way:
    """The functions for users, on one of the JSON backends."""
    visit = visit_function(subject)
    return Way(
        decode=partial(marshalling.decode, visit),
        encode=partial(marshalling.encode, visit),
        from_value=partial(from_wire, visit),
        to_value=partial(to_wire, visit),
        prepare=lambda: backends.use(backend),
    )


def generic_way(subject: Subject) -> Way:
    """The visitors alone, without what is generated for speed, on the fastest backend."""
    visit = visit_function(subject)

    def to_value(made: object) -> object:
        visitor = WireOutput()
        visit(visitor, "", made)
        return visitor.result

    return Way(
        decode=lambda text: visit(WireInput(codec.loads(text)), "", None),
        encode=lambda made: codec.encode(to_value(made)),
        from_value=lambda value: visit(WireInput(value), "", None),
        to_value=to_value,
        prepare=_use_fastest,
    )


def _use_fastest() -> None:
    backends.use(backends.available()[0].name)
