"""Runs of the compiler over mutated schemas, and what they came to."""

from __future__ import annotations

import json
import random
import resource
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from qapigen.compiler.backends.facts import facts
from qapigen.compiler.diagnostic_formats import render_json
from qapigen.compiler.diagnostics import render_text
from qapigen.compiler.dialect import RELEASES
from qapigen.compiler.disk import read_source
from qapigen.compiler.passes.introspect import introspect
from qapigen.compiler.pipeline import analyze

from .mutations import mutate
from .snippets import Snippets, damage

__all__ = ["Outcome", "Root", "roots", "run"]


@dataclass(frozen=True, slots=True)
class Root:
    """A schema of the corpus."""

    path: str
    dialect: str


def roots(corpus: Path) -> list[Root]:
    """All schemas that the corpus names, accepted and rejected ones."""
    found = []
    for index in sorted(corpus.rglob("cases.json")):
        for case in json.loads(index.read_text(encoding="utf-8"))["cases"]:
            path = index.parent / case["schema"]
            if path.is_file():
                found.append(Root(str(path), case["dialect"]))
    return found


@dataclass(slots=True)
class Outcome:
    """What a campaign came to; ``crashes`` has the seed and exception of each."""

    runs: int = 0
    accepted: int = 0
    rejected: int = 0
    seconds: float = 0.0
    slowest: float = 0.0
    slowest_seed: int = 0
    codes: Counter[str] = field(default_factory=Counter)
    crashes: list[tuple[int, str]] = field(default_factory=list)

    @property
    def peak_mib(self) -> int:
        """The most memory that the process has used so far."""
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def run(schemas: Sequence[Root | Snippets], seeds: range, *, until: float | None = None) -> Outcome:
    """Compile a mutated schema for each seed, up to the monotonic time ``until``."""
    outcome = Outcome()
    started = time.monotonic()
    for seed in seeds:
        if until is not None and time.monotonic() > until:
            break
        before = time.monotonic()
        _one(schemas, seed, outcome)
        taken = time.monotonic() - before
        if taken > outcome.slowest:
            outcome.slowest, outcome.slowest_seed = taken, seed
        outcome.runs += 1
    outcome.seconds = time.monotonic() - started
    return outcome


def _one(schemas: Sequence[Root | Snippets], seed: int, outcome: Outcome) -> None:
    rng = random.Random(seed)
    source = rng.choice(schemas)
    snippet = ""
    if isinstance(source, Snippets):
        snippet = damage(rng, source.draw(rng))
        root = Root("snippet.json", source.release)
        dialects = [root.dialect, rng.choice(RELEASES), "auto"]
    else:
        root = source
        dialects = [root.dialect, root.dialect, "2018", "modern", "7.2", "auto"]

    def read(path: str) -> str:
        if snippet:
            return snippet
        text = read_source(path)
        # The root always, what it includes now and then; the same at each reading.
        chance = random.Random(f"{seed} {Path(path).name}")
        return mutate(chance, text) if path == root.path or chance.random() < 0.2 else text

    dialect = rng.choice(dialects)
    try:
        analysis = analyze(root.path, read, dialect)
        for diagnostic in analysis.diagnostics:
            outcome.codes[diagnostic.code.id] += 1
        render_text(analysis.diagnostics, color=True)
        render_json(analysis.diagnostics)
        if analysis.schema is not None:
            facts(analysis.schema)
            introspect(analysis.schema)
            outcome.accepted += 1
        else:
            outcome.rejected += 1
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what is looked for
        outcome.crashes.append((seed, f"{root.path} ({dialect}): {error!r}"))
