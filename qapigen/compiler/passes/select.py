"""Conditions under a configuration.

In: a condition and what is known about configuration symbols.  Out: whether it holds, or what
is left of it.  A symbol may be defined, not defined, or not decided yet.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..ir import All, Any, Cond, Not, Symbol
from ..records import record

__all__ = ["KEEP_ALL", "NONE_DEFINED", "Config", "cond_text", "evaluate", "remaining"]


@record(frozen=True, slots=True)
class Config:
    """What is known: symbols that are defined, symbols that are not.

    All others are undecided, or not defined if the configuration is ``complete``.  Of a condition
    on several symbols may be known that it holds, or fails, and not because of which of them.
    """

    defined: frozenset[str] = frozenset()
    undefined: frozenset[str] = frozenset()
    complete: bool = False
    holding: frozenset[Cond] = frozenset()
    failing: frozenset[Cond] = frozenset()

    def value(self, symbol: str) -> bool | None:
        """Whether a symbol is defined; None if that is not decided."""
        if symbol in self.defined:
            return True
        return False if self.complete or symbol in self.undefined else None


#: Nothing is decided: all that is conditional stays.
KEEP_ALL = Config()
#: No symbol is defined.
NONE_DEFINED = Config(complete=True)


def evaluate(cond: Cond | None, config: Config) -> bool | None:
    """Whether a condition holds; None if the configuration does not decide it."""
    left = remaining(cond, config)
    return left if isinstance(left, bool) else None


def remaining(cond: Cond | None, config: Config) -> Cond | bool:
    """A condition without what the configuration decides; True or False if that is all of it."""
    left = _by_symbols(cond, config)
    if isinstance(left, bool) or not (config.holding or config.failing):
        return left
    if cond in config.holding or left in config.holding:
        return True
    return False if cond in config.failing or left in config.failing else left


def _by_symbols(cond: Cond | None, config: Config) -> Cond | bool:
    match cond:
        case None:
            return True
        case Symbol(name):
            value = config.value(name)
            return cond if value is None else value
        case Not(inner):
            left = remaining(inner, config)
            return not left if isinstance(left, bool) else Not(left)
        case All(conds):
            return _join(conds, config, All, decisive=False)
        case Any(conds):
            return _join(conds, config, Any, decisive=True)


def _join(
    conds: Sequence[Cond],
    config: Config,
    make: Callable[[tuple[Cond, ...]], All | Any],
    *,
    decisive: bool,
) -> Cond | bool:
    """``decisive`` is the value that one condition of the group needs to decide for all."""
    left = [remaining(cond, config) for cond in conds]
    if decisive in [each for each in left if isinstance(each, bool)]:
        return decisive
    open_ones = tuple(each for each in left if not isinstance(each, bool))
    if not open_ones:
        return not decisive
    return open_ones[0] if len(open_ones) == 1 else make(open_ones)


def cond_text(cond: Cond) -> str:
    """A condition in words, as in ``A and not (B or C)``."""
    match cond:
        case Symbol(name):
            return name
        case Not(inner):
            return f"not {_operand(inner)}"
        case All(conds):
            return " and ".join(map(_operand, conds))
        case Any(conds):
            return " or ".join(map(_operand, conds))


def _operand(cond: Cond) -> str:
    text = cond_text(cond)
    return f"({text})" if isinstance(cond, All | Any) else text
