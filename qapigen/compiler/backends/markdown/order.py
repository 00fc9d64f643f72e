"""In which order the documentation of a definition is shown.

In: the sections of a documentation block.  Out: runs of them, in the order of the source.
Must not know: what is in a section, the definition.

What the schema tells, but no section does, needs a place too: members behind the described
ones or, if there are none, behind the text that comes first; features behind the described ones
or the members; the result of a command behind members and features.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum, auto

from ...ir import Section, SectionKind

__all__ = ["Run", "RunKind", "runs_of"]


class RunKind(Enum):
    """What a run shows."""

    TEXT = auto()
    MEMBERS = auto()
    FEATURES = auto()
    TAGGED = auto()
    RESULT = auto()  #: of a command that documents none


@dataclass(slots=True)
class Run:
    """Members or features in a row, or one other section, or nothing but a place.

    ``complete`` marks the place for everything of this kind that has no section.
    """

    kind: RunKind
    sections: list[Section] = field(default_factory=list)
    complete: bool = False


_KINDS = {
    SectionKind.TEXT: RunKind.TEXT,
    SectionKind.MEMBER: RunKind.MEMBERS,
    SectionKind.FEATURE: RunKind.FEATURES,
    SectionKind.TAGGED: RunKind.TAGGED,
}


def runs_of(sections: Sequence[Section], *, result: bool) -> list[Run]:
    """The runs of ``sections``; ``result`` wants a place for one that is not described."""
    runs = _grouped(sections)
    lead = next((i for i, run in enumerate(runs) if run.kind is not RunKind.TEXT), len(runs))
    members = _complete(runs, RunKind.MEMBERS, lead)
    features = _complete(runs, RunKind.FEATURES, members + 1)
    if result:
        behind = features if features == members + 1 else members
        runs.insert(behind + 1, Run(RunKind.RESULT))
    return runs


def _grouped(sections: Sequence[Section]) -> list[Run]:
    runs: list[Run] = []
    for section in sections:
        kind = _KINDS[section.kind]
        joins = kind in (RunKind.MEMBERS, RunKind.FEATURES)
        if joins and runs and runs[-1].kind is kind:
            runs[-1].sections.append(section)
        else:
            runs.append(Run(kind, [section]))
    return runs


def _complete(runs: list[Run], kind: RunKind, place: int) -> int:
    """Mark the last run of a kind, or put an empty one at ``place``; give its number."""
    last = next((i for i in reversed(range(len(runs))) if runs[i].kind is kind), None)
    if last is None:
        last = place
        runs.insert(place, Run(kind))
    runs[last].complete = True
    return last
