"""What the reference says in words of its own.

In: parts of the model, and links to types.  Out: short pieces of Markdown.
Must not know: pages, documentation comments.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ...ir import All, Any, Command, Cond, Definition, Feature, Not, Symbol, TypeRef, Union, kind_of
from ..texts.escape import code_span

__all__ = ["badges", "capitalized", "condition", "execution", "kind", "only_if", "type_text"]

_SPECIAL = ("deprecated", "unstable")


def kind(definition: Definition) -> str:
    """What a definition is."""
    simple = isinstance(definition, Union) and definition.simple
    return "simple union" if simple else kind_of(definition)


def type_text(type_: TypeRef, link: Callable[[str], str]) -> str:
    """A type; ``link`` makes Markdown of its name."""
    name = link(type_.name)
    return f"array of {name}" if type_.is_array else name


def condition(cond: Cond) -> str:
    """A condition as an expression; what is inside another one gets parentheses."""
    match cond:
        case Symbol(name):
            return code_span(name)
        case Not(inner):
            return f"not {_operand(inner)}"
        case All(conds):
            return " and ".join(map(_operand, conds))
        case Any(conds):
            return " or ".join(map(_operand, conds))


def _operand(cond: Cond) -> str:
    while isinstance(cond, All | Any) and len(cond.conds) == 1:
        cond = cond.conds[0]
    text = condition(cond)
    return f"({text})" if isinstance(cond, All | Any) else text


def only_if(cond: Cond | None) -> list[str]:
    """The restriction a condition is, if there is one."""
    return [] if cond is None else [f"only if {condition(cond)}"]


def badges(features: Iterable[Feature], *, all_of_them: bool) -> list[str]:
    """Features as remarks behind a name; the special ones stand out, others may be left out."""
    found: list[str] = []
    for feature in features:
        if feature.name in _SPECIAL:
            badge = f"**{feature.name}**"
        elif all_of_them:
            badge = f"feature {code_span(feature.name)}"
        else:
            continue
        found.append(" ".join([badge, *only_if(feature.cond)]))
    return found


def capitalized(text: str) -> str:
    """``text`` as it stands on its own; marks may be before its first letter."""
    bare = text.lstrip("*")
    return text[: len(text) - len(bare)] + bare[:1].upper() + bare[1:]


def execution(command: Command) -> str:
    """How a command differs from others in being executed; empty if it does not."""
    said: list[str] = []
    if command.allow_oob:
        said.append("It may be executed out of band.")
    if command.allow_preconfig:
        said.append("It works before the machine is configured.")
    if command.coroutine:
        said.append("It runs as a coroutine.")
    if not command.success_response:
        said.append("Only failure is answered.")
    if not command.gen:
        said.append("No code is generated for it; the server takes its arguments as they come.")
    return " ".join(said)
