"""Ways out: what may have been meant, and what would permit what was written.

In: a word and the words it may stand for.  Out: hints for messages.
Must not know: trees, diagnostics.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..syntax.tree import Pragmas

__all__ = ["Suggestions", "listing", "pragma_hint"]

_SEARCHES = 40  # a schema with thousands of errors must not wait for as many searches
_CANDIDATES = 4000
_SHOWN = 6


class Suggestions:
    """Finds similar words, a limited number of times in one run."""

    __slots__ = ("_left",)

    def __init__(self) -> None:
        self._left = _SEARCHES

    def closest(self, word: str, candidates: Iterable[str]) -> str | None:
        """The candidate most like ``word``, None if none is like it or patience is used up."""
        if self._left <= 0 or not word or len(word) > 100:
            return None
        self._left -= 1
        import difflib  # costs milliseconds, and most schemas have no errors

        near = [c for c in candidates if abs(len(c) - len(word)) <= 3][:_CANDIDATES]
        folded = {c.lower().replace("_", "-"): c for c in reversed(near)}
        alike = 0.7 if len(word) > 4 else 0.6  # two letters swapped in a short word
        found = difflib.get_close_matches(word.lower().replace("_", "-"), folded, 1, alike)
        return folded[found[0]] if found else None

    def hint(self, word: str, candidates: Iterable[str]) -> str | None:
        """``did you mean 'x'?``, or None."""
        found = self.closest(word, candidates)
        return f"did you mean '{found}'?" if found is not None else None


def pragma_hint(pragma: str, name: str, pragmas: Pragmas) -> str:
    """How to make ``pragma`` list ``name``; a second setting would replace the first."""
    if pragma in pragmas.lists:
        return f"add '{name}' to the list of the pragma '{pragma}'"
    return f"permit it with {{ 'pragma': {{ '{pragma}': ['{name}'] }} }}"


def listing(names: Iterable[str]) -> str:
    """Quoted names with commas between them, cut after a few."""
    quoted = [f"'{name}'" for name in names]
    if len(quoted) > _SHOWN:
        return f"{', '.join(quoted[:_SHOWN])} and {len(quoted) - _SHOWN} more"
    return ", ".join(quoted)
