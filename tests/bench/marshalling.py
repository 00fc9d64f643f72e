"""Marshalling beside other libraries: reading with all checks, and writing.

In: subjects, and each library's way to read and write them.  Out: tables of ratios, all measured
in turns in one process, so that a slow moment of the machine hits everybody.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod
from operator import truediv
from statistics import median
from time import process_time
from typing import Any, TypeAlias

from qapigen.runtime.codec import backends
from tests.bench.marshalling_ours import generated_packages, generic_way, our_way
from tests.bench.marshalling_peers import PEERS, Peer, Way, find_peer
from tests.bench.marshalling_subjects import MIGRATION, Subject, subjects
from tests.bench.table import Table

__all__ = ["run"]

#: How often everything is measured, and for how long each time.
ROUNDS = 15
ROUND_SECONDS = 0.005

#: Calls before the first round.  Faster code is made for types that prove to be in use.
WARM_UP = 120
WARM_UP_SECONDS = 1.0

#: The rows that ratios are taken to; cells of tables are ratios to the first of them.
BASES = ("pydantic", "msgspec")

#: Seconds of a call in each round, by row.
Times: TypeAlias = dict[str, list[float]]

#: All ways to handle one subject, by their names.
Ways: TypeAlias = Mapping[str, Way]


@dataclass(frozen=True)
class Contest:
    """One table: what is called, with what, and what has to come out."""

    title: str
    call: Callable[[Way], Callable[[Any], Any]]
    argument: Callable[[Way, Subject], Any]
    plain: Callable[[Way, Any], object]
    #: JSON readers and writers for scale; they check nothing and make no objects.
    alone: str | None = None


CONTESTS = (
    Contest(
        "Decoding: from text to checked objects",
        call=lambda way: way.decode,
        argument=lambda _, subject: subject.text,
        plain=lambda way, made: way.to_value(made),
        alone="loads",
    ),
    Contest(
        "Encoding: from objects to text",
        call=lambda way: way.encode,
        argument=lambda way, subject: way.decode(subject.text),
        plain=lambda _, text: json.loads(text),
        alone="dumps",
    ),
    Contest(
        "Reading: from parsed JSON to checked objects",
        call=lambda way: way.from_value,
        argument=lambda _, subject: subject.value,
        plain=lambda way, made: way.to_value(made),
    ),
    Contest(
        "Writing: from objects to JSON values",
        call=lambda way: way.to_value,
        argument=lambda way, subject: way.decode(subject.text),
        plain=lambda _, value: value,
    ),
)


def run() -> list[Table]:
    """A table for each contest."""
    measured = subjects()
    before = backends.active().name
    try:
        with generated_packages(measured):
            peers = {PEERS[module]: find_peer(module) for module in PEERS}
            return [_table(contest, measured, peers) for contest in CONTESTS]
    finally:
        backends.use(before)


def _ways(contest: Contest, subject: Subject, peers: Mapping[str, Peer | str]) -> Ways:
    names = [each.name for each in backends.available()]
    if contest.alone is None:  # no text, so no difference between backends
        found = {"qapigen": our_way(subject, names[0])}
    else:
        found = {f"qapigen, {name}": our_way(subject, name) for name in names}
    found["qapigen, visitors alone"] = generic_way(subject)
    for title, peer in peers.items():
        if not isinstance(peer, str):
            found[title] = peer[subject.type_name]
    return found


def _table(contest: Contest, measured: list[Subject], peers: Mapping[str, Peer | str]) -> Table:
    """The times of all as ratios to the base's, with geometric means."""
    times = {
        subject.title: _times(contest, subject, _ways(contest, subject, peers))
        for subject in measured
    }
    bases = [base for base in BASES if not isinstance(peers[base], str)]
    means = [f"/{base} {count}" for base in bases for count in sorted({len(MIGRATION), len(times)})]
    table = Table(contest.title, (*times, *means))
    table.notes = _notes(bases)
    rows = list(next(iter(times.values())))
    if bases:
        micros = [min(taken[bases[0]]) * 1e6 for taken in times.values()]
        table.add(f"{bases[0]}, us", *micros, *[None] * len(means))
    for row in rows:
        if bases:
            cells = [_ratio(taken, row, bases[0]) for taken in times.values()]
        else:
            cells = [min(taken[row]) * 1e6 for taken in times.values()]
        table.add(row, *cells, *_means(row, bases, times))
    for told in peers.values():
        if isinstance(told, str):
            table.add(told, *[None] * len(table.columns))
    return table


def _notes(bases: list[str]) -> list[str]:
    cells = f"cells: ratio to {bases[0]}, less is faster" if bases else "cells: microseconds"
    return [
        cells,
        "/NAME COUNT: geometric mean of the ratios to NAME in the first COUNT columns",
        f"ratios: medians of {ROUNDS} rounds, all in turns; us: the best round",
        "time of the processor; garbage collection off",
    ]


def _means(row: str, bases: list[str], times: Mapping[str, Times]) -> list[float]:
    means = []
    for base in bases:
        ratios = [_ratio(taken, row, base) for taken in times.values()]
        means += [_geometric(ratios[:count]) for count in sorted({len(MIGRATION), len(times)})]
    return means


def _ratio(taken: Times, row: str, base: str) -> float:
    """The median of the rounds' ratios: what slows the machine for a while slows both."""
    return float(median(map(truediv, taken[row], taken[base])))


def _geometric(values: list[float]) -> float:
    return float(prod(values) ** (1 / len(values)))


# --- measuring ---


def _times(contest: Contest, subject: Subject, ways: Ways) -> Times:
    """Seconds of a call in each round, by row.  Whoever gets another result than the rest is an error."""
    calls: dict[str, tuple[Way | None, Callable[[Any], Any], Any]] = {}
    for name, way in ways.items():
        way.prepare()
        function, argument = contest.call(way), contest.argument(way, subject)
        result = contest.plain(way, function(argument))
        if json.loads(json.dumps(result)) != subject.value:
            raise SystemExit(f"{contest.title}: {name} gives another {subject.title}")
        calls[name] = (way, function, argument)
        _warm_up(function, argument)
    for name, function in _alone(contest).items():
        argument = subject.text if contest.alone == "loads" else subject.value
        calls[name] = (None, function, argument)
    numbers = {name: _number(*call) for name, call in calls.items()}
    taken: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(ROUNDS):
        for name, call in calls.items():
            taken[name].append(_seconds(*call, numbers[name]) / numbers[name])
    return taken


def _warm_up(function: Callable[[Any], Any], argument: Any) -> None:
    start = process_time()
    for _ in range(WARM_UP):
        function(argument)
        if process_time() - start > WARM_UP_SECONDS:
            break


def _alone(contest: Contest) -> dict[str, Callable[[Any], Any]]:
    if contest.alone is None:
        return {}
    found: dict[str, Callable[[Any], Any]] = {}
    for library in ("orjson", "json"):
        try:
            module = __import__(library)
        except ModuleNotFoundError:
            continue
        found[f"{library}.{contest.alone} alone"] = getattr(module, contest.alone)
    return found


def _number(way: Way | None, function: Callable[[Any], Any], argument: Any) -> int:
    """How many calls make a round."""
    number = 1
    while (taken := _seconds(way, function, argument, number)) < ROUND_SECONDS / 4:
        number *= 4
    return max(1, round(number * ROUND_SECONDS / taken))


def _seconds(way: Way | None, function: Callable[[Any], Any], argument: Any, number: int) -> float:
    if way is not None:
        way.prepare()
    gc.collect(0)
    gc.disable()
    try:
        start = process_time()
        for _ in range(number):
            function(argument)
        return process_time() - start
    finally:
        gc.enable()
