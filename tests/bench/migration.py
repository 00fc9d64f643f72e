"""Precopy over loopback: ours between two processes beside QEMU's between two of its own.

Both move guests with the same memory, in turns.  QEMU's source got its guest from one of ours.
A guest stands still, and nothing limits the bandwidth.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from threading import Event

from tests.bench.guests import Machine, Migrated, have_qemu, migrate, ours, qemu, running
from tests.bench.table import Table

__all__ = ["run"]

ROUNDS = 7
FILLS = {"zero": "zero, never written", "random": "random", "half": "256 KiB random, 256 KiB zero"}

#: The memory of a guest, and how much has to be free for the larger one: four have it at once.
MIB, FEWER_MIB = 1024, 512
ROOM_MIB = 8 * MIB

SPARSE_MIB = 64 << 10
TOUCHED_PAGES = 16 << 10
IN_A_ROW = f"rate=2000000,hot={TOUCHED_PAGES}"
SCATTERED = f"rate={TOUCHED_PAGES},pattern=random"

_OURS, _QEMU = "qapigen", "QEMU"


@dataclass(frozen=True)
class Round:
    """One migration, and the most memory that the processes have had."""

    took: Migrated
    source_mib: float
    destination_mib: float


def run() -> list[Table]:
    """Guests with all kinds of memory, and a large one that is nearly empty."""
    return [_speeds(), _sparse()]


def _free_mib() -> int:
    lines = Path("/proc/meminfo").read_text().splitlines()
    return next(int(each.split()[1]) for each in lines if each.startswith("MemAvail")) >> 10


# --- memory of all kinds ---


def _speeds() -> Table:
    mib = MIB if _free_mib() >= ROOM_MIB else FEWER_MIB
    columns = (
        "QEMU MiB/s",
        "qapigen MiB/s",
        "ratio",
        "until arrived",
        "QEMU cpu ms",
        "qapigen cpu ms",
        "QEMU peak MiB",
        "qapigen peak MiB",
    )
    table = Table(f"Migration of a guest with {mib} MiB over loopback", columns)
    table.notes += [
        f"medians of {ROUNDS} rounds; MiB/s: the guest's memory by the total-time of the source; "
        "ratio: the median of the rounds' ratios of these speeds, more is faster than QEMU; until "
        "arrived: the same ratio for the time from the command until the destination has completed",
        "cpu: processor time of source + destination; peak: resident memory of source, destination",
    ]
    for fill, name in FILLS.items():
        _add(table, name, _rounds(fill, mib), mib)
    return table


def _rounds(fill: str, mib: int) -> dict[str, list[Round]]:
    """Migrations of the same memory, in turns."""
    found: dict[str, list[Round]] = {_OURS: []}
    with ExitStack() as stack:
        source = stack.enter_context(running(ours(mib, "--paused", "--fill", fill)))
        sources = {_OURS: source}
        if have_qemu():
            sources[_QEMU] = stack.enter_context(_copied(source, mib))
            found[_QEMU] = []
        for number in range(ROUNDS):
            names = sorted(sources, reverse=bool(number % 2))
            for name in names:
                found[name].append(_one(sources[name], name, mib))
    return found


@contextmanager
def _copied(source: Machine, mib: int) -> Iterator[Machine]:
    """QEMU with a guest whose memory is the same."""
    with running(qemu(mib)) as machine:
        migrate(source, machine, mib=mib)
        source.rest()
        yield machine


def _one(source: Machine, name: str, mib: int) -> Round:
    """Move a guest to a new process of the same kind, and make it ready to be moved again."""
    kind = qemu(mib) if name == _QEMU else ours(mib, "--paused", "--incoming", "defer")
    with running(kind) as destination:
        took = migrate(source, destination, mib=mib)
        found = Round(took, source.peak_mib, destination.peak_mib)
    source.rest()
    return found


def _add(table: Table, name: str, rounds: dict[str, list[Round]], mib: int) -> None:
    here, there = rounds[_OURS], rounds.get(_QEMU)
    table.add(
        name,
        _rate(there, mib) if there else "not installed",
        _rate(here, mib),
        _ratio(there, here, lambda took: took.total_ms) if there else None,
        _ratio(there, here, lambda took: took.arrived_ms) if there else None,
        _cpu(there) if there else None,
        _cpu(here),
        _peaks(there) if there else None,
        _peaks(here),
    )


def _rate(rounds: list[Round], mib: int) -> float:
    return mib / median(each.took.total_ms for each in rounds) * 1000


def _ratio(
    there: list[Round], here: list[Round], milliseconds: Callable[[Migrated], float]
) -> float:
    pairs = zip(there, here, strict=True)
    return median(milliseconds(that.took) / milliseconds(this.took) for that, this in pairs)


def _cpu(rounds: list[Round]) -> str:
    source = median(each.took.source_cpu_ms for each in rounds)
    return f"{source:.0f} + {median(each.took.destination_cpu_ms for each in rounds):.0f}"


def _peaks(rounds: list[Round]) -> str:
    destination = max(each.destination_mib for each in rounds)
    return f"{max(each.source_mib for each in rounds):.0f}, {destination:.0f}"


# --- a large guest that is nearly empty ---


def _sparse() -> Table:
    columns = ("seconds", "MB sent", "source cpu s", "destination cpu s", "peak MiB")
    table = Table("Migration of a guest with 64 GiB, 64 MiB of it in use", columns)
    table.notes += [
        "one migration each; QEMU sends a record for each page, and so do we for guests of up to "
        "4 GiB; scattered pages are not measured with QEMU, which has 2 MiB of memory for each",
    ]
    with _written(IN_A_ROW) as source:
        _add_sparse(table, "qapigen, in a row", source, _OURS)
        if have_qemu():
            with _copied(source, SPARSE_MIB) as other:
                _add_sparse(table, "QEMU, in a row", other, _QEMU)
        else:
            table.add("QEMU, in a row", "not installed", *[None] * (len(columns) - 1))
    with _written(SCATTERED) as source:
        _add_sparse(table, "qapigen, scattered", source, _OURS)
    return table


@contextmanager
def _written(workload: str) -> Iterator[Machine]:
    """A large guest of ours that has written about 64 MiB in a second."""
    with running(ours(SPARSE_MIB, "--paused", "--workload", workload)) as machine:
        machine.client.execute("cont")
        Event().wait(1)
        machine.client.execute("stop")
        yield machine


def _add_sparse(table: Table, name: str, source: Machine, kind: str) -> None:
    found = _one(source, kind, SPARSE_MIB)
    told = source.client.execute("query-migrate")
    assert isinstance(told, dict)
    table.add(
        name,
        found.took.total_ms / 1000,
        told["ram"]["transferred"] / 1e6,
        found.took.source_cpu_ms / 1000,
        found.took.destination_cpu_ms / 1000,
        _peaks([found]),
    )
