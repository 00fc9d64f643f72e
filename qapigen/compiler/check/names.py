"""Naming rules and reserved words (QAPI language, names).

In: a name and what it names.  Out: what is wrong with it, or nothing.
Must not know: trees; where a name stands.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from ..dialect import Dialect
from ..syntax.tree import Pragmas
from .suggest import pragma_hint

__all__ = ["NameRules", "Problem", "fold", "fold_all", "is_plain_member", "is_plain_value"]

# An optional downstream prefix '__RFQDN_', an optional 'x-', then the stem, which alone is
# subject to rules about case.  In 2018 'x-' is nothing special.
_WELL_FORMED = re.compile(r"(?:__[A-Za-z0-9.-]+_)?(?:[Xx]-)?([A-Za-z][A-Za-z0-9_-]*)")
_WELL_FORMED_2018 = re.compile(r"(?:__[A-Za-z0-9.-]+_)?([A-Za-z][A-Za-z0-9_-]*)")
_CAMEL = re.compile(r"[A-Z][A-Za-z0-9]*[a-z][A-Za-z0-9]*")
_LOWER = re.compile(r"[a-z]")
_UPPER = re.compile(r"[A-Z]")

# The usual forms, which break no rule of any dialect: names that have them, and that is nearly
# all names, need no closer look.
#: Tells names that certainly are right for a member, with or without ``*``.
is_plain_member = re.compile(r"(?!u\Z|has-|q-)[a-z][a-z0-9-]*").fullmatch
#: Tells names that certainly are right for the value of an enum.
is_plain_value = re.compile(r"(?!q-)[a-z0-9][a-z0-9-]*").fullmatch
_PLAIN = {
    "command": re.compile(r"(?!q-)[a-z][a-z0-9-]*"),
    "event": re.compile(r"[A-Z][A-Z0-9_]*"),
}
_PLAIN_TYPE = re.compile(r"[A-Z][A-Z0-9]*[a-z][A-Za-z0-9]*(?<!Kind)(?<!List)")

_OURS = ("q_", "q-")  # names of implicit types
_FOLDED = str.maketrans(".-", "__")
_FORM = "a name is letters, digits, '-' and '_', and starts with a letter"


class Problem(NamedTuple):
    """What is wrong with a name; ``text`` is a message without its subject."""

    slug: str
    text: str
    hint: str | None = None


class _Slugs(NamedTuple):
    form: str
    case: str


_DEFINITION = _Slugs("bad-name", "")
_VALUE = _Slugs("bad-enum-value", "enum-value-case")
_MEMBER = _Slugs("bad-member-name", "member-name-case")
_BRANCH = _Slugs("bad-branch-name", "branch-name-case")
_FEATURE = _Slugs("bad-feature", "bad-feature")


def fold(name: str) -> str:
    """The name as clashes see it: ``.`` and ``-`` are ``_``; case stays."""
    return name.translate(_FOLDED)


def fold_all(names: Sequence[str]) -> list[str]:
    """All names folded, in one go."""
    return fold("\n".join(names)).split("\n") if names else []


class NameRules:
    """The rules of one dialect under the pragmas of one schema."""

    def __init__(self, dialect: Dialect, pragmas: Pragmas) -> None:
        self._modern = dialect.naming == "modern"
        self._pattern = _WELL_FORMED if self._modern else _WELL_FORMED_2018
        self._pragmas = pragmas
        self._feature_names = dialect.feature_names
        self._no_excuse = not self._modern and dialect.modern_checks  # from 4.2 to 5.2
        self._case_pragma = dialect.case_pragma
        self._command_pragma = dialect.command_name_pragma
        self._lenient = pragmas.names(dialect.case_pragma)
        self._commands = pragmas.names(dialect.command_name_pragma)

    def definition(self, kind: str, name: str) -> Problem | None:
        """A definition's own name."""
        if _PLAIN.get(kind, _PLAIN_TYPE).fullmatch(name) is not None:
            return None
        if not self._modern:
            return self._definition_2018(name)
        stem = self._stem(name)
        if stem is None:
            return self._malformed(_DEFINITION, name)
        if kind == "event":
            return self._event(name, stem)
        if kind == "command":
            return self._command(name, stem)
        return self._type(name, stem)

    def value(self, name: str, owner: str) -> Problem | None:
        """A value of the enum ``owner``; it may start with a digit."""
        return None if is_plain_value(name) else self._lower_case(_VALUE, name, owner)

    def member(self, name: str, owner: str | None) -> Problem | None:
        """A member (without ``*``) of a type or base; of arguments or data if no ``owner``."""
        if is_plain_member(name):
            return None
        problem = self._lower_case(_MEMBER, name, owner)
        if problem is not None:
            return problem
        if name == "u" or name.startswith(("has_", "has-")):
            return Problem(
                "reserved-member-name", "is reserved", "'u' and 'has-...' are taken by C code"
            )
        return None

    def starred_member(self, name: str) -> Problem | None:
        """A member with its ``*``, in 2018: reserved names slip through (quirk Q6)."""
        return self._lower_case(_MEMBER, name[1:], None)

    def branch(self, name: str) -> Problem | None:
        """A name that selects a type in an alternate or, in 2018, in a union."""
        return self._lower_case(_BRANCH, name, None) or self._upper_case(_BRANCH, name)

    def feature(self, name: str) -> Problem | None:
        """A feature."""
        if not self._feature_names:
            return None
        return self._lower_case(_FEATURE, name, None) or self._upper_case(_FEATURE, name)

    def discriminator(self, name: str) -> Problem | None:
        """A discriminator, in 2018."""
        if self._stem(name) is not None:
            return None
        hint = "write it without the '*'" if name.startswith("*") else None
        return Problem("bad-discriminator", "is not a name", hint)

    def _stem(self, name: str) -> str | None:
        """The part that rules about case are for; None for a name that cannot be."""
        found = self._pattern.fullmatch(name)
        if found is None or name.startswith(_OURS):
            return None
        return found[1]

    def _malformed(self, slugs: _Slugs, name: str) -> Problem:
        if name.startswith("*"):
            return Problem(slugs.form, "is not a name", "'*' is for members that may be absent")
        if name.startswith(_OURS):
            return Problem(slugs.form, "is reserved", "names with 'q_' are the compiler's own")
        return Problem(slugs.form, "is not a name", _FORM)

    def _lower_case(self, slugs: _Slugs, name: str, owner: str | None) -> Problem | None:
        digit = slugs is _VALUE and "0" <= name[:1] <= "9"
        stem = self._stem(f"d{name}" if digit else name)
        if stem is None:
            return self._malformed(slugs, name)
        if not self._modern or (stem.islower() and "_" not in stem):
            return None
        if owner is not None and owner in self._lenient:
            return None
        hint = f"'{_dashed(f'd{name}')[1:] if digit else _dashed(name)}' would do"
        if owner is not None and self._case_pragma is not None:
            hint += f", or {pragma_hint(self._case_pragma, owner, self._pragmas)}"
        return Problem(slugs.case, "has upper case or '_'", hint)

    def _upper_case(self, slugs: _Slugs, name: str) -> Problem | None:
        """Upper case where no pragma excuses it, before there were other rules about case."""
        if not self._no_excuse or name == name.lower():
            return None
        return Problem(slugs.case, "has upper case", f"'{name.lower()}' would do")

    def _definition_2018(self, name: str) -> Problem | None:
        if name.startswith("*"):
            return Problem("optional-name", "cannot be optional", "remove the '*'")
        if self._stem(name) is None:
            return self._malformed(_DEFINITION, name)
        if name.endswith(("Kind", "List")):
            return _reserved_suffix(name)
        return None

    def _event(self, name: str, stem: str) -> Problem | None:
        if _LOWER.search(stem) is None and "-" not in stem:
            return None
        hint = f"'{name.upper().replace('-', '_')}' would do"
        return Problem("event-name-case", "must be upper case without '-'", hint)

    def _command(self, name: str, stem: str) -> Problem | None:
        upper = _UPPER.search(stem) is not None
        if not upper and ("_" not in stem or name in self._commands):
            return None
        hint = f"'{_dashed(name)}' would do"
        if not upper and self._command_pragma is not None:
            hint += f", or {pragma_hint(self._command_pragma, name, self._pragmas)}"
        return Problem("command-name-case", "must be lower case without '_'", hint)

    def _type(self, name: str, stem: str) -> Problem | None:
        if _CAMEL.fullmatch(stem) is None:
            return Problem("type-name-case", "must be CamelCase", _camel_hint(stem))
        return _reserved_suffix(name) if name.endswith("List") else None


def _reserved_suffix(name: str) -> Problem:
    ending = name[-4:]
    return Problem("reserved-suffix", f"ends in '{ending}', which is reserved")


def _dashed(name: str) -> str:
    """``name`` as a lower-case name; a downstream prefix keeps its underscores."""
    found = _WELL_FORMED.fullmatch(name)
    if found is None:
        return name
    stem = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", found[1])
    return name[: found.start(1)] + stem.lower().replace("_", "-").strip("-")


def _camel_hint(stem: str) -> str | None:
    words = [w for w in re.split(r"[-_]", stem) if w]
    camel = "".join(w[0].upper() + (w[1:].lower() if w.isupper() else w[1:]) for w in words)
    return f"'{camel}' would do" if _CAMEL.fullmatch(camel) else None
