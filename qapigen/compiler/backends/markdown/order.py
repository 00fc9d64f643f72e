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
    lead = 0
    while lead < len(runs) and runs[lead].kind is RunKind.TEXT:
        lead += 1
    members = _complete(runs, RunKind.MEMBERS, lead)
    features = _complete(runs, RunKind.FEATURES, members + 1)
    if result:
        behind = features if features == members + 1 else members
        runs.insert(behind + 1, Run(RunKind.RESULT))
    return runs


def _grouped(sections: Sequence[Section]) -> list[Run]:
    runs: list[Run] = []
    joining: SectionKind | None = None  # the kind of the last run, if it takes more sections
    for section in sections:
        kind = section.kind
        if kind is joining:
            runs[-1].sections.append(section)
        else:
            runs.append(Run(_KINDS[kind], [section]))
            joining = kind if kind in (SectionKind.MEMBER, SectionKind.FEATURE) else None
    return runs


def _complete(runs: list[Run], kind: RunKind, place: int) -> int:
    """Mark the last run of a kind, or put an empty one at ``place``; give its number."""
    last = len(runs) - 1
    while last >= 0 and runs[last].kind is not kind:
        last -= 1
    if last < 0:
        last = place
        runs.insert(place, Run(kind))
    runs[last].complete = True
    return last
