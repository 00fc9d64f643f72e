"""What the dialects of the language accept, as one table of flags.

``2018`` is the language of QEMU 2.12, ``modern`` that of QEMU 10.2 and later, ``7.2`` is
modern with the older rules for documentation comments.  Code asks flags, never names.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["DIALECTS", "Dialect"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """One dialect.  Sections in comments refer to the language reference."""

    name: str

    # Lexical (section 1)
    null: bool  #: ``null`` is a literal
    c_escapes: bool  #: strings know ``\b \f \n \r \t \/ \' \"`` and ``\uXXXX``, not just ``\\``
    printable_strings: bool  #: strings hold ASCII 32..126 only
    stray_words: bool  #: a stray character is reported with the rest of its word
    any_top_level: bool  #: any value parses at top level (and is refused later)

    # Definitions (sections 4-14)
    naming: Literal["2018", "modern"]  #: rules of section 4
    conditions: bool  #: ``if``, and long-hand members
    features: bool
    simple_unions: bool
    full_branches: bool  #: every discriminator value needs its branch
    inherited_discriminator: bool
    alternate_arrays: bool
    alternate_minimum: int
    nested_unions: bool  #: a union may be a branch of a union
    boxed_alternates: bool
    command_flags: tuple[str, ...]  #: flags whose only value is ``true``, besides ``boxed``

    # Pragmas (section 3.4)
    returns_pragma: str  #: lists the commands that may return anything
    case_pragma: str  #: lists the types whose members may have upper case
    command_name_pragma: str | None
    documentation_pragma: str | None

    # Documentation comments (sections 17, 18)
    docs: Literal["2018", "7.2", "modern"]

    # Results (sections 21, 22)
    grouped_by_module: bool  #: commands and events are visited module by module
    legacy_introspection: bool  #: 2018 form: ``allow-oob`` always, enums have only ``values``

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


_2018 = Dialect(
    name="2018",
    null=True,
    c_escapes=True,
    printable_strings=False,
    stray_words=False,
    any_top_level=False,
    naming="2018",
    conditions=False,
    features=False,
    simple_unions=True,
    full_branches=True,
    inherited_discriminator=False,
    alternate_arrays=False,
    alternate_minimum=2,
    nested_unions=False,
    boxed_alternates=True,
    command_flags=("allow-oob",),
    returns_pragma="returns-whitelist",
    case_pragma="name-case-whitelist",
    command_name_pragma=None,
    documentation_pragma=None,
    docs="2018",
    grouped_by_module=False,
    legacy_introspection=True,
)

_MODERN = Dialect(
    name="modern",
    null=False,
    c_escapes=False,
    printable_strings=True,
    stray_words=True,
    any_top_level=True,
    naming="modern",
    conditions=True,
    features=True,
    simple_unions=False,
    full_branches=False,
    inherited_discriminator=True,
    alternate_arrays=True,
    alternate_minimum=1,
    nested_unions=True,
    boxed_alternates=False,
    command_flags=("allow-oob", "allow-preconfig", "coroutine"),
    returns_pragma="command-returns-exceptions",
    case_pragma="member-name-exceptions",
    command_name_pragma="command-name-exceptions",
    documentation_pragma="documentation-exceptions",
    docs="modern",
    grouped_by_module=True,
    legacy_introspection=False,
)


def _with_docs(base: Dialect, name: str, docs: Literal["7.2"]) -> Dialect:
    values = {field: getattr(base, field) for field in base.__dataclass_fields__}
    return Dialect(**(values | {"name": name, "docs": docs}))


#: The dialects by name.
DIALECTS: dict[str, Dialect] = {
    "2018": _2018,
    "modern": _MODERN,
    "7.2": _with_docs(_MODERN, "7.2", "7.2"),
}
