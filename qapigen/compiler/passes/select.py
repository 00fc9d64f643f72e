"""Conditions under a configuration.

In: a condition and the defined symbols.  Out: whether it holds.
"""

from __future__ import annotations

from collections.abc import Container

from ..ir import All, Any, Cond, Not, Symbol

__all__ = ["holds"]


def holds(cond: Cond | None, defined: Container[str]) -> bool:
    """Whether ``cond`` holds when exactly the symbols in ``defined`` are; None always does."""
    match cond:
        case None:
            return True
        case Symbol(name):
            return name in defined
        case All(conds):
            return all(holds(c, defined) for c in conds)
        case Any(conds):
            return any(holds(c, defined) for c in conds)
        case Not(inner):
            return not holds(inner, defined)
