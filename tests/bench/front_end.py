"""The front end beside QEMU's own: ``python -m tests.bench.front_end FOLDER [ROUNDS]``.

FOLDER has ``scripts/qapi`` of QEMU 7.2, which is no part of this project.  All in one warm process, in
turn: what the three schemas of QEMU 7.2 cost theirs, ours, and ours with ``auto``, in CPU time.
"""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from qapigen.compiler.disk import read_source
from qapigen.compiler.pipeline import analyze
from tests.bench.table import Table
from tests.outside import corpus_folder

__all__ = ["run"]

ROOTS = ("qapi", "qga", "storage-daemon/qapi")


def run(folder: Path, rounds: int) -> Table:
    """The least CPU time of each, and how it compares."""
    corpus = corpus_folder()
    if corpus is None:
        raise SystemExit("no corpus: set QAPIGEN_CORPUS to its folder")
    roots = [str(corpus / "qemu-7.2" / root / "qapi-schema.json") for root in ROOTS]
    sys.path.insert(0, str(folder / "scripts"))
    theirs = import_module("qapi.schema").QAPISchema
    ways: dict[str, Callable[[], object]] = {
        "QEMU's own": lambda: [theirs(root) for root in roots],
        "qapigen, 7.2": lambda: [analyze(root, read_source, "7.2") for root in roots],
        "qapigen, auto": lambda: [analyze(root, read_source) for root in roots],
    }
    least = dict.fromkeys(ways, float("inf"))
    for _ in range(rounds):
        for name, way in ways.items():
            least[name] = min(least[name], _cpu_ms(way))
    table = Table("Front ends on all of QEMU 7.2", ("cpu ms", "of QEMU's", "of 7.2"))
    for name, taken in least.items():
        table.add(name, taken, taken / least["QEMU's own"], taken / least["qapigen, 7.2"])
    return table


def _cpu_ms(way: Callable[[], object]) -> float:
    gc.collect()
    before = time.process_time()
    way()
    return (time.process_time() - before) * 1000


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3) or not (Path(sys.argv[1]) / "scripts" / "qapi").is_dir():
        raise SystemExit("usage: python -m tests.bench.front_end FOLDER [ROUNDS]")
    print(run(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) == 3 else 12))
