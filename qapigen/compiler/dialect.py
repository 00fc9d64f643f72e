"""The language by release of QEMU, as one table: what each release changed.

A dialect is a set of flags.  The first row of the table is the language of 1.0, each other row
has what its release brought; a release that changed nothing has a row of its own all the same.
Code asks flags, never names.

The rows before 2.9 are for reading what there is, not for judging it: generators of that time
checked little, and did it with lists of the names in QEMU's own schema.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

__all__ = ["DIALECTS", "DIALECT_NAMES", "RELEASES", "Dialect", "release_before"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """One dialect.  Sections in comments refer to the language reference."""

    name: str
    release: str  #: the release of QEMU whose language it is

    # Lexical (section 1)
    null: bool  #: ``null`` is a literal
    c_escapes: bool  #: strings know ``\b \f \n \r \t \/ \' \"`` and ``\uXXXX``, not just ``\\``
    printable_strings: bool  #: strings hold ASCII 32..126 only
    stray_words: bool  #: a stray character is reported with the rest of its word
    any_top_level: bool  #: any value parses at top level (and is refused later)
    loose_commas: bool  #: commas may be left out, and stand behind the last of a list
    doc_comments: bool  #: ``##`` begins documentation; else comments are mere comments

    # Definitions (sections 4-14)
    old_forms: bool  #: ``type`` for ``struct``, ``no`` for ``false``, types within types ...
    wildcards: bool  #: ``**``, ``dict`` and ``visitor`` are types, which ``any`` is since
    modern_checks: bool  #: keys, order of checking and places of errors are those of 4.2
    naming: Literal["2018", "modern"]  #: rules of section 4
    conditions: Literal["", "c", "tree"]  #: what ``if`` takes: C text, or names and operators
    long_members: bool  #: members, values and branches have a long form
    features: bool  #: structs may have features
    command_features: bool
    all_features: bool  #: all kinds of definition, and members, may have features
    value_features: bool  #: values of enums, too
    feature_names: bool  #: the names of features follow rules
    simple_unions: bool
    full_branches: bool  #: every discriminator value needs its branch
    some_branch: bool  #: a union needs a branch that is written
    inherited_discriminator: bool
    alternate_arrays: bool
    alternate_minimum: int
    nested_unions: bool  #: a union may be a branch of a union
    boxed_alternates: bool
    unboxed_conditions: bool  #: arguments may be conditional though they are not boxed
    command_flags: tuple[str, ...]  #: flags whose only value is ``true``, besides ``boxed``

    # Pragmas (section 3.4)
    returns_pragma: str | None  #: lists the commands that may return anything; None: all may
    case_pragma: str | None  #: lists the types whose members may have upper case; None: all may
    command_name_pragma: str | None
    documentation_pragma: str | None

    # Documentation comments (sections 17, 18)
    docs: Literal["2018", "7.2", "modern"]
    dedents: Literal["free", "column", "second"]  #: what tells how far text must be indented
    loose_markers: bool  #: names end with the first colon, whatever is before and behind it
    old_sections: bool  #: ``Note:``, ``Example:`` and their plurals
    intro: bool  #: indented text below the documented name is a section of its own
    style: bool  #: width of lines, spaces between sentences
    markup: Literal["texinfo", "headings", "rst"]  #: of texts; ``headings``: reST, and ``=``

    # Results (sections 21, 22)
    order: Literal["names", "text", "modules"]  #: in which commands and events are shown
    default_oob: bool  #: ``allow-oob`` is shown when false
    enum_members: bool  #: enums are shown with ``members``, not just ``values``

    @property
    def pragmas(self) -> frozenset[str]:
        """The names of the pragmas that take a list of names."""
        names = (
            self.returns_pragma,
            self.case_pragma,
            self.command_name_pragma,
            self.documentation_pragma,
        )
        return frozenset(name for name in names if name is not None)


_FIRST = Dialect(
    name="1.0",
    release="1.0",
    null=True,
    c_escapes=True,
    printable_strings=False,
    stray_words=False,
    any_top_level=False,
    loose_commas=True,
    doc_comments=False,
    old_forms=True,
    wildcards=True,
    modern_checks=False,
    naming="2018",
    conditions="",
    long_members=False,
    features=False,
    command_features=False,
    all_features=False,
    value_features=False,
    feature_names=True,
    simple_unions=True,
    full_branches=False,
    some_branch=True,
    inherited_discriminator=False,
    alternate_arrays=False,
    alternate_minimum=2,
    nested_unions=False,
    boxed_alternates=True,
    unboxed_conditions=True,
    command_flags=(),
    returns_pragma=None,
    case_pragma=None,
    command_name_pragma=None,
    documentation_pragma=None,
    docs="2018",
    dedents="free",
    loose_markers=False,
    old_sections=True,
    intro=False,
    style=False,
    markup="texinfo",
    order="names",
    default_oob=False,
    enum_members=False,
)

#: What each release changed, oldest first.
_CHANGES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("1.1", {}),
    ("1.2", {}),
    ("1.3", {}),
    ("1.4", {}),
    ("1.5", {}),
    ("1.6", {"loose_commas": False}),
    ("1.7", {}),
    ("2.0", {}),
    ("2.1", {}),
    ("2.2", {}),
    ("2.3", {}),
    ("2.4", {"old_forms": False}),
    ("2.5", {"wildcards": False}),
    ("2.6", {}),
    ("2.7", {"full_branches": True}),
    ("2.8", {}),
    (
        "2.9",
        {
            "doc_comments": True,
            "returns_pragma": "returns-whitelist",
            "case_pragma": "name-case-whitelist",
        },
    ),
    ("2.10", {}),
    ("2.11", {}),
    ("2.12", {"command_flags": ("allow-oob",), "default_oob": True, "order": "text"}),
    (
        "3.0",
        {
            "conditions": "c",
            "full_branches": False,
            "command_flags": ("allow-oob", "allow-preconfig"),
            "default_oob": False,
        },
    ),
    ("3.1", {}),
    ("4.0", {"long_members": True}),
    ("4.1", {"features": True}),
    (
        "4.2",
        {
            "null": False,
            "c_escapes": False,
            "printable_strings": True,
            "stray_words": True,
            "modern_checks": True,
            "command_features": True,
            "some_branch": False,
            "inherited_discriminator": True,
            "alternate_minimum": 1,
            "boxed_alternates": False,
        },
    ),
    ("5.0", {"all_features": True, "order": "modules"}),
    ("5.1", {}),
    (
        "5.2",
        {
            "docs": "7.2",
            "dedents": "column",
            "markup": "headings",
            "command_flags": ("allow-oob", "allow-preconfig", "coroutine"),
        },
    ),
    (
        "6.0",
        {
            "naming": "modern",
            "returns_pragma": "command-returns-exceptions",
            "case_pragma": "member-name-exceptions",
            "command_name_pragma": "command-name-exceptions",
        },
    ),
    ("6.1", {"any_top_level": True, "feature_names": False}),  # by accident
    (
        "6.2",
        {
            "conditions": "tree",
            "simple_unions": False,
            "value_features": True,
            "enum_members": True,
        },
    ),
    ("7.0", {}),
    ("7.1", {"alternate_arrays": True, "feature_names": True}),
    ("7.2", {}),
    ("8.0", {}),
    (
        "8.1",
        {
            "nested_unions": True,
            "unboxed_conditions": False,
            "dedents": "second",
            "loose_markers": True,
        },
    ),
    ("8.2", {}),
    ("9.0", {"docs": "modern", "documentation_pragma": "documentation-exceptions"}),
    ("9.1", {"old_sections": False}),
    ("9.2", {}),
    ("10.0", {}),
    ("10.1", {"markup": "rst"}),
    ("10.2", {"style": True}),
    ("11.0", {}),
    ("11.1", {"intro": True}),
)

#: Other names of releases, under which they are shown.
_NAMES = {"2.12": "2018", _CHANGES[-1][0]: "modern"}


def _table() -> dict[str, Dialect]:
    rows = {_FIRST.release: _FIRST}
    last = _FIRST
    for release, changes in _CHANGES:
        name = _NAMES.get(release, release)
        last = replace(last, release=release, name=name, **changes)
        rows[release] = rows[name] = last
    return rows


#: The dialects by name; a release with a name of its own is there under its number, too.
DIALECTS: dict[str, Dialect] = _table()

#: What may be asked for: names first, then the releases from the oldest to the newest.
DIALECT_NAMES: tuple[str, ...] = (
    *_NAMES.values(),
    *(name for name in DIALECTS if name not in _NAMES.values()),
)

#: The releases, oldest first.
RELEASES: tuple[str, ...] = (_FIRST.release, *(release for release, _ in _CHANGES))


def release_before(release: str) -> str:
    """The release before ``release``, or the oldest."""
    return RELEASES[max(0, RELEASES.index(release) - 1)]
