"""What checks of object types leave behind for the types that build on them.

In: the members of types that are sound.  Out: the same, by type name.
Must not know: any rule.
"""

from __future__ import annotations

from ..ir import Member

__all__ = ["Layouts", "Members"]

#: Members by folded name, those of the outermost base first.
Members = dict[str, Member]


class Layouts:
    """Members of the sound object types; a type that is not sound is absent.

    ``flat`` has the members that a value always may have: for a union those of its base.
    ``spread`` has, of unions, in addition the members of all branches.
    """

    __slots__ = ("flat", "spread")

    def __init__(self) -> None:
        self.flat: dict[str, Members] = {}
        self.spread: dict[str, Members] = {}

    def everything(self, name: str) -> Members | None:
        """All members that a value of this type can have; None if unknown."""
        found = self.spread.get(name)
        return self.flat.get(name) if found is None else found
