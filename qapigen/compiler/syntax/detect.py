"""In the language of which release is a schema written?

In: the root and a reader.  Out: a release, and the evidence for it.  Evidence is looked for in the
text: what only releases up to one have, and what came with one.  A schema without any is of the
newest.
"""

from __future__ import annotations

import os.path
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ..dialect import RELEASES
from ..source import Reader, ReadError

__all__ = ["Evidence", "Guess", "guess_release"]

# Texts have a newline in front, so that all lines begin alike.  Patterns begin with something to
# look for, or their words are rare: all of the text is looked through for each of them.
_INCLUDE = re.compile(r"'include'\s*+:\s*+'([^'\\\n]+)'")
_VALUES = r"(?:[^{}]|\{[^{}]*+\}|(?!))*+"  # of an object whose values nest once at most

#: Files that are looked at; a schema that says nothing in so many of them is of the newest.
_MOST_FILES = 200


class _Sign(NamedTuple):
    """What only some releases have; the text is searched only if it has the word."""

    words: tuple[str, ...]
    pattern: re.Pattern[str]
    code: bool  #: whether it counts in code only, not in comments
    since: str | None = None
    until: str | None = None

    def places(self, text: str) -> Iterator[re.Match[str]]:
        """Where a text has it.  A pattern for code begins with its word, to be found quickly."""
        for match in self.pattern.finditer(text):
            line = text.rfind("\n", 0, match.start()) + 1
            if not self.code or "#" not in text[line : match.start()]:
                yield match


def _sign(
    *words: str,
    text: str,
    code: bool = False,
    since: str | None = None,
    until: str | None = None,
) -> _Sign:
    return _Sign(words, re.compile(text, re.MULTILINE), code, since, until)


# The group of a pattern is what is shown as evidence.
_SIGNS = (
    _sign("-whitelist'", code=True, text=r"('(?:returns|name-case)-whitelist')\s*+:", until="5.2"),
    _sign(
        "-exceptions'",
        code=True,
        text=r"('(?:command-returns|member-name|command-name)-exceptions')\s*+:",
        since="6.0",
    ),
    _sign(
        "'documentation-exceptions'",
        code=True,
        text=r"('documentation-exceptions')\s*+:",
        since="9.0",
    ),
    _sign(
        "'if'",
        code=True,
        text=r"('if'\s*+:\s*+(?:\[|'[^'\n]*[^A-Za-z0-9_'\n][^'\n]*'))",
        since="3.0",
        until="6.1",
    ),
    _sign("'if'", code=True, text=r"('if'\s*+:\s*+(?:\{|'[A-Z][A-Z0-9_]*'))", since="6.2"),
    _sign("'allow-preconfig'", code=True, text=r"('allow-preconfig')\s*+:", since="3.0"),
    _sign(
        *("\n{ 'type'", "\n{'type'"),
        code=True,
        text=r"(?<=\n\{) ?('type'\s*+:\s*+'[^'\n]*')",
        until="2.3",
    ),
    _sign("'no'", code=True, text=r"('(?:gen|success-response)'\s*+:\s*+'no')", until="2.3"),
    _sign("'discriminator'", code=True, text=r"('discriminator'\s*+:\s*+\{\s*+\})", until="2.3"),
    _sign("'**'", code=True, text=r"('\*\*')\s*+[,}\]]", until="2.4"),
    _sign("'coroutine'", code=True, text=r"('coroutine')\s*+:", since="5.2"),
    _sign("'features'", code=True, text=r"('features')\s*+:", since="4.1"),
    _sign("null", code=True, text=r"(null)\b(?<=[:\s]null)", until="4.1"),
    _sign("\\", text=r"^[^#\n]*?'(?:[^'\\\n]|\\.)*(\\[^\\\n])", until="4.1"),
    _sign(
        "'union'",
        code=True,
        text=rf"('union'\s*+:\s*+'[^'\n]*')\s*+,\s*+'data'\s*+:\s*+\{{{_VALUES}\}}\s*+\}}",
        until="6.1",
    ),
    _sign("# Errors:", text=r"# (Errors:)(?<=\n# Errors:)", since="9.0"),
    _sign("qmp-example::", text=r"# (\.\. +qmp-example::)", since="9.1"),
    # Within a paragraph it is text.
    _sign(
        *("# Note:", "# Notes:", "# Example:", "# Examples:"),
        text=r"^[^\S\n]*+#(?: @[^\s:]+:)?\n[^\S\n]*+# ((?:Notes?|Examples?):)(?!:)",
        until="9.0",
    ),
    _sign("# @", text=r"(@(?<=\n# @)[\w-]++ ++:) ", until="8.0"),
    _sign(
        *("# Returns: nothing", "# Returns: Nothing"),
        text=r"# (Returns: [Nn]othing)(?<=\n# Returns: .othing)",
        until="8.2",
    ),
)
_SINCE = re.compile(r"\b[Ss]ince:? (\d+)\.(\d+)")

# Headings at the start of free-form documentation.  Most releases that do not have them take them
# for mere text.
_EQUALS = _sign("\n# = ", "\n# == ", text=r"##\n# (==?+ \S[^\n]*+)", until="10.0")
_OVERLINED = _sign(
    *("\n# ***", "\n# ==="),
    text=r"##\n(?:#\n|(?!))*+# (\*{3,}+|={3,}+)\n",
    since="10.1",
)

# The first line of a definition's documentation: the colon has been asked for since 2.9.
_BARE = _sign("##\n# @", text=r"##\n# (@[\w.-]++)[^\S\n]*+\n", until="2.8")
_NAMED = _sign("##\n# @", text=r"##\n# (@[\w.-]++:)[^\S\n]*+\n", since="2.9")

#: So many kinds of evidence for later releases rule out those before 2.9.
_ENOUGH_KINDS = 3

#: So many remarks about versions tell of which time a schema is.
_ENOUGH_VERSIONS = 10


class Evidence(NamedTuple):
    """Something in the text that not all releases have."""

    what: str
    where: str  #: ``path:line``
    since: str | None
    until: str | None

    def __str__(self) -> str:
        first, last = self.since, self.until
        if first and last:
            span = f"QEMU {first} to {last}"
        else:
            span = f"QEMU {first} or later" if first else f"QEMU {last} or earlier"
        return f"{self.what} in {self.where} is of {span}"


class Guess(NamedTuple):
    """The newest release that the evidence leaves; ``deciding`` is what rules out newer ones.

    ``preferred`` is an older one that fits better if it finds no error, ``preferring`` the reason.
    None before ``floor`` is worth trying: that something was right long ago is no excuse for a
    schema of today.
    """

    release: str
    evidence: tuple[Evidence, ...] = ()
    deciding: Evidence | None = None
    preferred: str | None = None
    preferring: Evidence | None = None
    floor: str = "2.9"


class _Found(NamedTuple):
    evidence: Evidence
    sign: _Sign


def guess_release(root: str, read: Reader) -> Guess:
    """The release whose language fits the text of the schema best."""
    texts = _texts(root, read)
    found = _found(texts)
    evidence = tuple(each.evidence for each in found)
    agreeing = _agreeing(found, texts)
    limits = [each.evidence for each in agreeing if each.evidence.until is not None]
    deciding = min(limits, key=lambda each: _rank(each.until), default=None)
    release = RELEASES[-1] if deciding is None or not deciding.until else deciding.until
    if _rank(release) < _rank("2.9"):
        return Guess(release, evidence, deciding, floor=RELEASES[0])
    floor = _floor(agreeing, texts)
    if _rank("4.2") < _rank(release) <= _rank("5.2"):
        return Guess(release, evidence, deciding, _by_version(agreeing, texts), floor=floor)
    heading = _by_headings(texts) if _rank(release) > _rank(_EQUALS.until) else None
    if heading is not None:
        return Guess(release, (*evidence, heading), deciding, heading.until, heading)
    return Guess(release, evidence, deciding, floor=floor)


def _found(texts: Sequence[tuple[str, str]]) -> list[_Found]:
    """All evidence, that for releases of long ago only if it could be true."""
    looked = [_look(sign, texts) for sign in _SIGNS if not _is_bygone(sign)]
    found = [each for each in looked if each is not None]
    if sum(each.sign.since is not None for each in found) < _ENOUGH_KINDS:
        looked = [_look(sign, texts) for sign in _SIGNS if _is_bygone(sign)]
        found = [each for each in (*looked, _bare_names(texts), *found) if each is not None]
    return found


def _is_bygone(sign: _Sign) -> bool:
    return sign.until is not None and _rank(sign.until) < _rank("2.9")


def _rank(release: str | None) -> int:
    return -1 if release is None else RELEASES.index(release)


def _look(sign: _Sign, texts: Sequence[tuple[str, str]]) -> _Found | None:
    """The first place that has a sign."""
    for path, text in texts:
        found = any(word in text for word in sign.words)
        match = next(sign.places(text), None) if found else None
        if match is not None:
            line = text.count("\n", 0, match.start(1))
            what = " ".join(match[1].split())
            return _Found(Evidence(what, f"{path}:{line}", sign.since, sign.until), sign)
    return None


def _agreeing(found: list[_Found], texts: Sequence[tuple[str, str]]) -> list[_Found]:
    """Signs that fit each other: of two that do not, the one that is there more often stays.

    Where both are there as often, what is newer stays.
    """
    left = list(found)
    while True:
        old = min(left, key=lambda each: _rank(each.sign.until or RELEASES[-1]), default=None)
        new = max(left, key=lambda each: _rank(each.sign.since), default=None)
        if old is None or new is None or old.sign.until is None:
            return left
        if _rank(new.sign.since) <= _rank(old.sign.until):
            return left
        newer = sum(_count(e.sign, texts) for e in left if _after(e.sign, old.sign.until))
        older = sum(_count(e.sign, texts) for e in left if _before(e.sign, new.sign.since))
        left.remove(old if newer >= older else new)


def _after(sign: _Sign, until: str) -> bool:
    return _rank(sign.since) > _rank(until)


def _before(sign: _Sign, since: str | None) -> bool:
    return sign.until is not None and _rank(sign.until) < _rank(since)


def _count(sign: _Sign, texts: Sequence[tuple[str, str]]) -> int:
    return sum(1 for _, text in texts for _ in sign.places(text))


def _by_version(agreeing: list[_Found], texts: Sequence[tuple[str, str]]) -> str | None:
    """4.2 if the texts speak of no later version: it has another order of results than 5.0."""
    if any(_rank(each.sign.since) > _rank("4.2") for each in agreeing):
        return None
    versions = _versions(texts)
    return "4.2" if versions and max(versions) < (5, 0) else None


def _versions(texts: Sequence[tuple[str, str]]) -> list[tuple[int, int]]:
    """The versions that the texts say something is there since."""
    return [(int(a), int(b)) for _, text in texts for a, b in _SINCE.findall(text)]


def _bare_names(texts: Sequence[tuple[str, str]]) -> _Found | None:
    """A documented name without its colon, if most have none."""
    bare = _look(_BARE, texts)
    return bare if bare is not None and _count(_BARE, texts) > _count(_NAMED, texts) else None


def _floor(agreeing: list[_Found], texts: Sequence[tuple[str, str]]) -> str:
    """The first release if the texts speak of many versions, and of none after 2.8."""
    if any(each.sign.since is not None for each in agreeing):
        return "2.9"
    versions = _versions(texts)
    old = len(versions) >= _ENOUGH_VERSIONS and (0, 0) < min(versions) < (1, 0)
    return RELEASES[0] if old and max(versions) < (2, 9) else "2.9"


def _by_headings(texts: Sequence[tuple[str, str]]) -> Evidence | None:
    """A heading of old, if the texts have more of these than of the new ones."""
    old = _look(_EQUALS, texts)
    if old is None or _count(_EQUALS, texts) <= _count(_OVERLINED, texts):
        return None
    return old.evidence


def _texts(root: str, read: Reader) -> list[tuple[str, str]]:
    """Path and text of the root and all that it includes, as far as they can be read.

    Each text has a newline in front.
    """
    pending, seen = [root], set[str]()
    texts: list[tuple[str, str]] = []
    while pending and len(texts) < _MOST_FILES:
        path = pending.pop(0)
        if os.path.abspath(path) in seen:
            continue
        seen.add(os.path.abspath(path))
        try:
            text = read(path)
        except ReadError:
            continue  # reading the schema will tell
        texts.append((path, "\n" + text))
        folder = os.path.dirname(path)
        pending += [os.path.join(folder, name) for name in _INCLUDE.findall(text)]
    return texts
