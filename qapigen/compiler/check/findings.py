"""The problems of a run, brought into the order in which the language looks for them.

In: diagnostics in any order, each with the index of its definition.
Out: the same in a :class:`Report`.
Must not know: any rule of the language.
"""

from __future__ import annotations

from operator import itemgetter

from ..codes import Stage
from ..diagnostics import Diagnostic, Report
from ..dialect import Dialect

__all__ = ["Findings"]

# When a dialect looks for the problems of a stage.  Those of one phase come definition by
# definition, those of one definition as they were found.
_MODERN = {
    Stage.READ: 0,
    Stage.HEAD: 1,
    Stage.BODY: 1,
    Stage.DEFINE: 2,
    Stage.TYPES: 3,
    Stage.STRUCTURE: 3,
    Stage.DOCS: 4,
    Stage.LIMITS: 5,
}
_2018 = {
    Stage.READ: 0,
    Stage.HEAD: 1,
    Stage.DEFINE: 1,
    Stage.BODY: 2,
    Stage.TYPES: 2,
    Stage.STRUCTURE: 3,
    Stage.DOCS: 3,
    Stage.LIMITS: 5,
}
# Found with the clashes, and looked for with names.
_EARLY_MODERN = frozenset({"upper-case-member"})
_LATE_2018 = frozenset({"boxed-without-data"})
_WALK = 3  # the phase that checks bases and branches as soon as something needs them


class Findings:
    """Problems found so far.

    ``turn`` is the index of the definition whose turn it is in the walk over all of them: what
    is found elsewhere because this one needs it counts as found now.
    """

    __slots__ = ("_dialect", "_found", "turn")

    def __init__(self, dialect: Dialect) -> None:
        self.turn: int | None = None
        self._dialect = dialect
        self._found: list[tuple[tuple[int, int, bool], Diagnostic]] = []

    def add(self, diagnostic: Diagnostic, index: int) -> None:
        """Note a problem of the definition with this index."""
        phase = self._phase(diagnostic)
        # Descriptions of what does not exist are looked for behind all else about a definition.
        late = diagnostic.code.stage is Stage.DOCS
        turn = index if late or self.turn is None or phase != _WALK else self.turn
        self._found.append(((phase, turn, late), diagnostic))

    def _phase(self, diagnostic: Diagnostic) -> int:
        code = diagnostic.code
        if self._dialect.modern_checks:
            if code.slug in _EARLY_MODERN:
                return _MODERN[Stage.BODY]
            early = code.stage is Stage.DOCS and self._dialect.docs != "modern"
            return _WALK if early else _MODERN[code.stage]
        return _WALK if code.slug in _LATE_2018 else _2018[code.stage]

    def flush(self, report: Report) -> None:
        """Hand everything over, in the order of the language."""
        for _, diagnostic in sorted(self._found, key=itemgetter(0)):
            report.add(diagnostic)
        self._found.clear()
