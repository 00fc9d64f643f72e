"""Ways to measure: a function in this process, a process of its own, the machine's yardstick.

Absolute times tell little on a shared machine; tables give them as ratios to the yardstick too,
which is measured in the same run.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import median
from time import perf_counter

from tests.outside import REPOSITORY, corpus_folder

__all__ = ["YARDSTICK", "ChildRun", "child", "in_yards", "milliseconds", "python", "yardstick_ms"]

#: What the yardstick is, for notes under tables.
YARDSTICK = "yards: ratio to json.loads of the introspection data of QEMU 7.2, 100 times"

_INTROSPECTION = Path("qemu-7.2") / "introspect-masked.json"

#: How long one thing is measured, about.
ENOUGH_SECONDS = 3.0

# Starts the measured process.  A process of its own, and a small one: the peak memory of a new
# process counts what its parent had when it was made.
_LAUNCHER = """
import os, sys
from time import perf_counter
start = perf_counter()
process = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ)
_, status, usage = os.wait4(process, 0)
wall = perf_counter() - start
peak = usage.ru_maxrss / (1 << 10 if sys.platform != "darwin" else 1 << 20)
print()
print([wall * 1000, (usage.ru_utime + usage.ru_stime) * 1000, peak], end="")
sys.exit(os.waitstatus_to_exitcode(status))
"""


def milliseconds(function: Callable[[], object], rounds: int = 5) -> float:
    """The median time of a call, after one call that does not count.

    Slow functions are called fewer times: a bench is to be run often.
    """
    function()
    times: list[float] = []
    while len(times) < rounds and sum(times) < ENOUGH_SECONDS:
        start = perf_counter()
        function()
        times.append(perf_counter() - start)
    return median(times) * 1000


@dataclass(frozen=True)
class ChildRun:
    """What a process took: by the clock, of the processor, of memory at its peak."""

    wall_ms: float
    cpu_ms: float
    peak_mib: float
    output: str


def child(*command: str | Path) -> ChildRun:
    """Run a process that has to succeed, alone; its modules come from the checkout."""
    folders = os.pathsep.join([str(REPOSITORY), str(REPOSITORY / "generated")])
    result = subprocess.run(
        [sys.executable, "-S", "-E", "-c", _LAUNCHER, *map(str, command)],
        cwd=REPOSITORY,
        env=os.environ | {"PYTHONPATH": folders},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        text=True,
    )
    if result.returncode:
        raise SystemExit(f"{' '.join(map(str, command))}:\n{result.stderr}")
    output, _, measured = result.stdout.rpartition("\n")
    wall, cpu, peak = json.loads(measured)
    return ChildRun(wall, cpu, peak, output)


def python(*arguments: str | Path, rounds: int = 5) -> ChildRun:
    """The run of median duration of a Python process, after one that does not count."""
    command = (sys.executable, *arguments)
    first = child(*command)
    rounds = max(1, min(rounds, int(ENOUGH_SECONDS * 1000 / first.wall_ms)))
    runs = sorted((child(*command) for _ in range(rounds)), key=lambda run: run.wall_ms)
    return runs[rounds // 2]


@cache
def yardstick_ms() -> float | None:
    """The yardstick on this machine, now; None without the corpus."""
    corpus = corpus_folder()
    if corpus is None:
        return None
    text = (corpus / _INTROSPECTION).read_text(encoding="utf-8")

    def loads() -> None:
        for _ in range(100):
            json.loads(text)  # not kept: the collector would walk all of it again and again

    return milliseconds(loads)


def in_yards(value_ms: float) -> float | None:
    """A time as its ratio to the yardstick."""
    yardstick = yardstick_ms()
    return None if yardstick is None else value_ms / yardstick
