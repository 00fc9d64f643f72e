"""Small mutated schemas through the compiler and through QEMU's own front end, side by side.

``python -m tests.fuzz --beside FOLDER --dialect RELEASE``: FOLDER has ``scripts/qapi`` of that
release, which is no part of this project.  A run is a snippet of a schema of the corpus (a definition,
the types that it needs, their documentation) with a little damage, and what both say of it: whether
it is right, in which line it is wrong, what its documentation says.

Not every difference is ours to mend.  :data:`KNOWN` has those that are not, each with the reason.
"""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from qapigen.compiler.backends.facts import facts
from qapigen.compiler.codes import STYLE, Stage
from qapigen.compiler.diagnostics import MOST_DIAGNOSTICS
from qapigen.compiler.disk import read_source
from qapigen.compiler.pipeline import Analysis, analyze

from .snippets import Snippets, damage

__all__ = ["Comparison", "Disagreement", "Peer", "compare", "run_beside"]

Answer = dict[str, Any]


class Peer:
    """QEMU's front end in a process of its own, asked for one schema after the other."""

    def __init__(self, folder: Path) -> None:
        command = [sys.executable, str(Path(__file__).with_name("peer.py")), str(folder)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def ask(self, path: Path) -> Answer:
        """What it says of the schema at ``path``."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{path}\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the other front end has ended, asked for {path}")
        answer: Answer = json.loads(line)
        return answer

    def close(self) -> None:
        """End the process."""
        self._process.communicate()


@dataclass(frozen=True, slots=True)
class Disagreement:
    """What two said of one schema; ``kind`` puts like ones together."""

    seed: int
    kind: str
    text: str
    ours: str
    theirs: str


@dataclass(slots=True)
class Comparison:
    """What a run beside a generator came to."""

    runs: int = 0
    accepted: int = 0
    refused: int = 0
    crashed: int = 0  # theirs
    known: Counter[str] = field(default_factory=Counter)
    found: list[Disagreement] = field(default_factory=list)


#: Differences that stay: their reason, and what their front end does there.
KNOWN: dict[str, Callable[[str, Answer, Analysis], bool]] = {
    "it crashes, where a schema is wrong": lambda _, answer, __: answer["verdict"] == "crashed",
    "names of types that are made are types there by accident": lambda text, _, found: (
        "unknown-type" in {each.code.slug for each in found.errors}
        and re.search(r"'(?:\w+List|q_\w+)'", text) is not None
    ),
    "a report takes no more": lambda _, __, found: len(found.errors) >= MOST_DIAGNOSTICS,
    "an empty type name counts as none there": lambda text, answer, _: (
        answer["verdict"] == "accepted" and "''" in text
    ),
    "keys given twice are found when the object is complete, which this one never is": (
        lambda _, answer, found: (
            "uplicate key" in answer.get("message", "") and found.errors[0].code.stage is Stage.READ
        )
    ),
    "two definitions in a line share a place there": lambda text, _, __: (
        re.search(r"\}[^\S\n]*\{ *'(?:struct|enum|command|event|union|alternate)'", text)
        is not None
    ),
}


def run_beside(
    peer: Peer, snippets: Snippets, seeds: range, folder: Path, *, until: float | None = None
) -> Comparison:
    """Compare a damaged snippet for each seed, up to the monotonic time ``until``."""
    outcome = Comparison()
    path = folder / "snippet.json"
    for seed in seeds:
        if until is not None and time.monotonic() > until:
            break
        rng = random.Random(seed)
        text = damage(rng, snippets.draw(rng))
        path.write_text(text, encoding="utf-8")
        _one(peer, path, snippets.release, seed, outcome)
    return outcome


def _one(peer: Peer, path: Path, release: str, seed: int, outcome: Comparison) -> None:
    answer = peer.ask(path)
    found = analyze(str(path), read_source, release, strict=STYLE)
    outcome.runs += 1
    outcome.accepted += answer["verdict"] == "accepted"
    outcome.refused += answer["verdict"] == "refused"
    outcome.crashed += answer["verdict"] == "crashed"
    text = path.read_text(encoding="utf-8")
    difference = compare(answer, found)
    if difference is None:
        return
    reason = next((why for why, fits in KNOWN.items() if fits(text, answer, found)), None)
    if reason is not None:
        outcome.known[reason] += 1
    else:
        kind, ours, theirs = difference
        outcome.found.append(Disagreement(seed, kind, text, ours, theirs))


def compare(answer: Answer, found: Analysis) -> tuple[str, str, str] | None:
    """The kind of a disagreement, what we say and what they say; None if there is none."""
    errors = found.errors
    ours = f"{errors[0].span}: {errors[0].message}" if errors else "accepted"
    if answer["verdict"] == "crashed":
        return None if errors else ("accepted, where it crashes", ours, answer["message"])
    if answer["verdict"] == "accepted":
        if errors:
            return f"refused: {errors[0].code.slug}", ours, "accepted"
        difference = _documentation(answer["docs"], found)
        return None if difference is None else ("documentation", *difference)
    theirs = answer["message"]
    told = re.sub(r"'[^']*'|\d+", "_", theirs.splitlines()[-1].rpartition(": ")[2])
    if not errors:
        return f"accepted: {told}", ours, theirs
    span = errors[0].span
    if answer["line"] is None or (span is not None and span.line == answer["line"]):
        return None
    return f"line: {told} / {errors[0].code.slug}", ours, theirs


def _documentation(theirs: list[Answer], found: Analysis) -> tuple[str, str] | None:
    """The first two blocks that differ, ours and theirs."""
    assert found.schema is not None
    ours = [_block(each) for each in facts(found.schema)["docs"]]
    wanted = [_block(each) for each in theirs]
    for own, other in zip(ours, wanted, strict=False):
        if own != other:
            return str(own), str(other)
    return None if len(ours) == len(wanted) else (f"{len(ours)} blocks", f"{len(wanted)} blocks")


def _block(block: Answer) -> Answer:
    """A block without what carries no meaning; all its untagged text is one."""
    sections = [_pair(part, "tag") for part in block.get("sections", [])]
    plain = [_squeezed(block.get("body")), *(text for tag, text in sections if not tag)]
    return {
        "symbol": block["symbol"],
        "text": " ".join(text for text in plain if text),
        "members": [_pair(part, "name") for part in block.get("members", [])],
        "features": [_pair(part, "name") for part in block.get("features", [])],
        "sections": [(tag, text) for tag, text in sections if tag],
    }


def _pair(part: Any, key: str) -> tuple[str | None, str]:
    name, text = (part[key], part["text"]) if isinstance(part, dict) else part
    return name, _squeezed(text)


def _squeezed(text: str | None) -> str:
    return " ".join((text or "").split())
