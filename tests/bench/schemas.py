"""The schemas that benches compile: ours, and QEMU's of 7.2 where the corpus is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.outside import REPOSITORY, corpus_folder

__all__ = ["BenchSchema", "bench_schemas"]


@dataclass(frozen=True)
class BenchSchema:
    """A schema, what to call it, the package that is made of it."""

    title: str
    root: Path
    dialect: str
    package: str


def bench_schemas() -> list[BenchSchema]:
    """Those that are there, the smaller one first."""
    shipped = REPOSITORY / "schemas" / "qapi-schema.json"
    found = [BenchSchema("shipped schema", shipped, "modern", "qapi_migration")]
    corpus = corpus_folder()
    if corpus is not None:
        root = corpus / "qemu-7.2" / "qapi" / "qapi-schema.json"
        found.append(BenchSchema("QEMU 7.2", root, "7.2", "qemu_7_2"))
    return found
