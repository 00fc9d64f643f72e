"""The dialect ``auto``: the newest release under which a schema has no error.

In: the release that the text speaks for, and a way to read the schema under a release.
Out: the release, what was read, and why.
Must not know: how a schema is read.

Reading under many releases would cost as many times what one costs.  So the text's own evidence
comes first, which nearly always is right; then errors are evidence: what a release was the first
to refuse sends the search to the release before it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Generic, NamedTuple, TypeVar

from .diagnostics import Diagnostic
from .dialect import DIALECTS, RELEASES, release_before

__all__ = ["Choice", "choose"]

T = TypeVar("T")

#: The releases that were the first to refuse what a code is about, or to refuse more of it.
#: Whatever is about documentation came with 2.9 at the earliest.
_BROUGHT: dict[str, tuple[str, ...]] = {
    "doc-indentation": ("5.2", "8.1", "9.0", "11.1"),
    "doc-heading": ("5.2", "9.0"),
    "doc-unknown-member": ("4.2", "8.1", "11.1"),
    "doc-obsolete-section": ("9.1",),
    "doc-missing-member": ("9.0",),
    "doc-returns-nothing": ("9.0",),
    "doc-errors-not-command": ("9.0",),
    "doc-second-features": ("9.0",),
    "doc-no-features": ("9.0",),
    "doc-empty-section": ("8.1", "9.0"),
    "doc-late-description": ("8.1", "9.0"),
    "doc-duplicate-name": ("8.1",),
    "doc-duplicate-section": ("8.1",),
    "doc-empty-name": ("8.1",),
    "command-conditional": ("8.1",),
    "event-conditional": ("8.1",),
    "if-type": ("6.2",),
    "if-name": ("6.2",),
    "missing-key": ("6.2",),
    "event-name-case": ("6.0",),
    "command-name-case": ("6.0",),
    "type-name-case": ("6.0",),
    "member-name-case": ("6.0",),
    "enum-value-case": ("6.0",),
    "branch-name-case": ("4.2", "6.0"),
    "bad-feature": ("4.2", "6.0", "7.1"),
    "reserved-member-name": ("6.0",),
    "unknown-pragma": ("6.0",),
    "special-feature-on-type": ("5.0", "6.2"),
    "stray-character": ("4.2",),
    "bad-escape": ("4.2",),
    "string-character": ("4.2",),
    "doc-missing-feature": ("4.2",),
    "doc-unknown-feature": ("4.2",),
    "command-data": ("4.2",),
    "event-data": ("4.2",),
    "upper-case-member": ("2.9", "4.2"),
    "returns-type": ("2.9",),
    "missing-branch": ("2.7",),
    "expected-comma-or-brace": ("1.6",),
    "expected-comma-or-bracket": ("1.6",),
    "expected-key": ("1.6",),
    "expected-value": ("1.6",),
}


class Choice(NamedTuple, Generic[T]):
    """A dialect by name, what was read in it, and the errors of newer releases that led to it."""

    dialect: str
    read: T
    refused: tuple[tuple[str, Diagnostic], ...] = ()


def choose(
    release: str,
    read: Callable[[str], T],
    errors: Callable[[T], Iterable[Diagnostic]],
    preferred: str | None = None,
    floor: str = "2.9",
) -> Choice[T]:
    """The newest release from ``floor`` up to ``release`` in which the schema has no error.

    Without one, what was read first stands: its errors are about the release that the text
    speaks for.  ``preferred`` is taken if it has no error.
    """
    if preferred is not None:
        found = read(DIALECTS[preferred].name)
        if not list(errors(found)):
            return Choice(DIALECTS[preferred].name, found)
    first = read(DIALECTS[release].name)
    found, refused = first, list[tuple[str, Diagnostic]]()
    current: str | None = release
    while current is not None:
        wrong = list(errors(found))
        if not wrong:
            return Choice(DIALECTS[current].name, found, tuple(refused))
        refused.append((current, wrong[0]))
        current = _older(current, wrong)
        if current is not None and _rank(current) < _rank(floor):
            current = None
        if current is not None:
            found = read(DIALECTS[current].name)
    return Choice(DIALECTS[release].name, first)


def _older(release: str, wrong: list[Diagnostic]) -> str | None:
    """The newest older release that may have less to refuse; None if none can have nothing."""
    candidates: list[int] = []
    for each in wrong:
        slug = each.code.slug
        known = _BROUGHT.get(slug, ()) + (("2.9",) if slug.startswith("doc-") else ())
        brought = [r for r in known if _rank(r) <= _rank(release)]
        if not brought:
            return None
        candidates.append(max(map(_rank, brought)))
    return release_before(RELEASES[max(candidates)])


def _rank(release: str) -> int:
    return RELEASES.index(release)
