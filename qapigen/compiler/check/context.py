"""What all checks of one run share.

In: the dialect, the pragmas in force.  Out: :class:`Context`.
Must not know: any single check.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ..dialect import Dialect
from ..syntax.tree import Pragmas
from .findings import Findings
from .names import NameRules
from .suggest import Suggestions

__all__ = ["Context"]


@dataclass(frozen=True, slots=True)
class Context:
    """The surroundings of a check."""

    dialect: Dialect
    pragmas: Pragmas
    findings: Findings
    names: NameRules
    suggestions: Suggestions = field(default_factory=Suggestions)

    @classmethod
    def of(cls, dialect: Dialect, pragmas: Pragmas) -> Context:
        """The context of a new run."""
        return cls(dialect, pragmas, Findings(dialect), NameRules(dialect, pragmas))

    @property
    def modern(self) -> bool:
        """Whether the later rules for names and keys hold."""
        return self.dialect.naming == "modern"
