"""What all checks of one run share.

In: the dialect, the pragmas in force.  Out: :class:`Context`.
Must not know: any single check.
"""

from __future__ import annotations

from ..dialect import Dialect
from ..ir import TypeRef
from ..syntax.tree import Pragmas
from .findings import Findings
from .names import NameRules
from .suggest import Suggestions

__all__ = ["Context"]


class _Types(dict[str, TypeRef]):
    """References to types by name, made when first wanted: a schema repeats few names often."""

    def __missing__(self, name: str) -> TypeRef:
        found = self[name] = TypeRef(name)
        return found


class Context:
    """The surroundings of a check."""

    __slots__ = (
        "checks_case",
        "dialect",
        "findings",
        "modern",
        "names",
        "pragmas",
        "suggestions",
        "types",
    )

    def __init__(self, dialect: Dialect, pragmas: Pragmas) -> None:
        self.dialect = dialect
        self.pragmas = pragmas
        #: Whether the later rules for keys and the order of checking hold.
        self.modern = dialect.modern_checks
        #: Whether upper case in members is looked for after names are known to be well formed.
        self.checks_case = dialect.naming == "2018"
        self.findings = Findings(dialect)
        self.names = NameRules(dialect, pragmas)
        self.suggestions = Suggestions()
        #: ``types[name]`` is the reference to the type of that name.
        self.types = _Types()
