"""Alternates: can the JSON form of a value tell the alternatives apart?

In: an alternate.  Out: reported problems.
Must not know: anything of other kinds of definition but what their values look like.
"""

from __future__ import annotations

from ..diagnostics import Note
from ..ir import BUILTINS, Alternate, Alternative
from ..syntax.tree import Value
from .clashes import Group, add_names
from .draft import Draft
from .resolve import ANY_TYPE, Scope

__all__ = ["check_alternate"]

_NUMERIC_START = frozenset("+-.0123456789")


def check_alternate(scope: Scope, draft: Draft, alternate: Alternate) -> None:
    """Every alternative has a type of its own JSON form, and a name of its own."""
    usable = [a for a in alternate.alternatives if _check_type(scope, draft, a)]
    add_names(draft, alternate.alternatives, into={}, group=Group("alternative", alternate.name))
    taken: dict[str, Alternative] = {}
    for alternative in usable:
        for form in _forms(scope, alternative):
            other = taken.setdefault(form, alternative)
            if other is not alternative:
                _report_ambiguous(draft, alternative, other, form=form)
                break


def _node(draft: Draft, alternative: Alternative) -> Value:
    return draft.type_node("data", alternative.name)


def _check_type(scope: Scope, draft: Draft, alternative: Alternative) -> bool:
    """Whether the type can be an alternative; problems are reported."""
    if alternative.type.is_array:
        return True
    name = alternative.type.name
    what = f"alternative '{alternative.name}'"
    focus = _node(draft, alternative)
    kinds = ANY_TYPE - {"alternate"}
    slug = "alternative-type"
    kind = scope.expect(draft, name, kinds=kinds, slug=slug, what=what, focus=focus)
    if name == "any":
        message = f"{what} cannot be 'any', which looks like every type"
        draft.error(slug, message, focus=focus)
        return False
    return bool(kind)


def _forms(scope: Scope, alternative: Alternative) -> tuple[str, ...]:
    """The JSON forms that an alternative claims, its own first."""
    name = alternative.type.name
    if alternative.type.is_array:
        return ("an array",)
    kind = scope.kind(name)
    if kind in ("struct", "union"):
        return ("an object",)
    if kind == "enum":
        return _enum_forms(scope.value_names(name) or ())
    if name in BUILTINS and BUILTINS[name].json_type in _FORMS:
        return _FORMS[BUILTINS[name].json_type]
    return _FORMS["string"]  # QType, in 2018 (quirk Q12)


# Strings stand for numbers and booleans where text is all there is, as on command lines.
_FORMS = {
    "string": ("a string", "a number", "a boolean"),
    "number": ("a number",),
    "int": ("a number",),
    "boolean": ("a boolean",),
    "null": ("null",),
}


def _enum_forms(values: tuple[str, ...]) -> tuple[str, ...]:
    forms = ["a string"]
    if "on" in values or "off" in values:
        forms.append("a boolean")
    if any(value[:1] in _NUMERIC_START for value in values):
        forms.append("a number")
    return tuple(forms)


def _report_ambiguous(
    draft: Draft, alternative: Alternative, other: Alternative, *, form: str
) -> None:
    message = (
        f"alternative '{alternative.name}' (type '{alternative.type}') looks like"
        f" '{other.name}' (type '{other.type}'): both can be {form}"
    )
    notes = [Note(f"'{other.name}' is here", other.span)]
    focus = _node(draft, alternative)
    draft.error("ambiguous-alternative", message, focus=focus, notes=notes)
