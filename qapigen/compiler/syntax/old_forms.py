"""Forms that the language had before 2.5, put into those that came after them.

In: the trees of a schema of that time.  Out: trees that say the same in the forms of 2.9, for the
checks that are made for those.  Whatever is in no old form stays as it is, right or wrong.

======================================  =========  ==============================================
Form                                    Up to      What it becomes
======================================  =========  ==============================================
``'type': 'Name'``                      2.3        ``'struct': 'Name'``
``'gen': 'no'``, ``'success-response'`` 2.3        ``false``
``'discriminator': {}``                 2.3        an alternate
an object as type of a member           2.3        a struct with a name of its own
a discriminator that is a ``str``       2.3        an enum of the branches
``base`` without discriminator          2.3        a discriminator ``type``, branches with ``data``
``'**'``, ``'dict'``, ``'visitor'``     2.4        ``'any'``
======================================  =========  ==============================================

What is sent over the wire is the same in all of them.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..dialect import Dialect
from .tree import Array, Bool, Entry, Expression, Object, SourceTree, Str, Value

__all__ = ["in_forms_of_today"]

_WILDCARDS = frozenset({"**", "dict", "visitor"})
_KINDS = ("enum", "union", "type", "struct", "alternate", "command", "event")


def in_forms_of_today(tree: SourceTree, dialect: Dialect) -> SourceTree:
    """The tree with the forms that ``dialect`` has put into those of 2.9."""
    writer = _Writer(tree.expressions, dialect)
    found = [new for each in tree.expressions for new in writer.rewrite(each)]
    return tree._replace(expressions=tuple(found))


class _Writer:
    """Knows the names that are taken, and the structs by name."""

    def __init__(self, expressions: tuple[Expression, ...], dialect: Dialect) -> None:
        self._old = dialect.old_forms
        self._taken = {_name(each) for each in expressions}
        self._structs = {
            _text(each.value, "type"): each.value
            for each in expressions
            if isinstance(each.value, Object)
        }

    def rewrite(self, expression: Expression) -> Iterator[Expression]:
        """What an expression becomes: itself in today's form, behind the types made for it."""
        value = expression.value
        if not isinstance(value, Object):
            yield expression
            return
        made: list[Object] = []
        if self._old:
            value = self._renamed(value)
            if "union" in value.entries:
                value = self._union(value, made)
            else:
                value = self._flattened(value, _name(expression), made)
        for each in (*made, value):
            yield expression._replace(value=_without_wildcards(each))

    def _renamed(self, value: Object) -> Object:
        """Keys and flags that have other words today."""
        entries = value.entries
        if "type" in entries and not any(kind in entries for kind in ("union", "command")):
            value = _renamed_key(value, "type", "struct")
        if "union" in entries and _empty(value, "discriminator"):
            value = _renamed_key(_without(value, "discriminator"), "union", "alternate")
        for flag in ("gen", "success-response"):
            if _text(value, flag) == "no":
                value = _with(value, flag, _no(value.entries[flag].value))
            elif _text(value, flag) == "yes":
                value = _without(value, flag)
        return value

    # Types within types.

    def _flattened(self, value: Object, owner: str, made: list[Object]) -> Object:
        """A definition whose members have types with names."""
        entry = value.entries.get("data")
        if entry is None or not isinstance(entry.value, Object):
            return value
        return _with(value, "data", self._named(entry.value, owner, made))

    def _named(self, members: Object, owner: str, made: list[Object]) -> Object:
        """Members, of which those that are objects get structs, the innermost first."""
        for name, (_, inner) in members.entries.items():
            if isinstance(inner, Object):
                own = self._free(_camel(owner) + _camel(name))
                made.append(_struct(own, self._named(inner, own, made), inner))
                members = _with(members, name, _at(own, inner))
        return members

    def _free(self, name: str) -> str:
        """The name, with a number if it is taken."""
        number, free = 2, name
        while free in self._taken:
            number, free = number + 1, f"{name}{number}"
        self._taken.add(free)
        return free

    # Unions.

    def _union(self, value: Object, made: list[Object]) -> Object:
        """A union whose discriminator is an enum, or that has none."""
        base, branches = _text(value, "base"), value.entries.get("data")
        if not base or branches is None or not isinstance(branches.value, Object):
            return value
        members = self._members(base, set())
        if members is None:
            return value
        name, tag = _text(value, "union"), _text(value, "discriminator")
        if "discriminator" not in value.entries:
            tag = "type"
            value = _with(value, "discriminator", _at(tag, branches.value))
            value = _with(value, "data", self._wrapped(name, branches.value, made))
        elif tag not in members or _text(_object(members, value), tag) != "str":
            return value
        enum = self._free(f"{name}Tag")
        cases = tuple(entry.key for entry in branches.value.entries.values())
        values = Array(cases, branches.value.start, branches.value.end)
        made.append(_definition("enum", enum, values))
        members[tag] = Entry(_at(tag, branches.value), _at(enum, branches.value))
        inline = self._named(_object(members, branches.value), name, made)
        return _with(value, "base", inline)

    def _members(self, struct: str, seen: set[str]) -> dict[str, Entry] | None:
        """The members of a struct and its bases; None if it is not known what they are."""
        found = self._structs.get(struct)
        data = found.entries.get("data") if found is not None else None
        if found is None or data is None or not isinstance(data.value, Object) or struct in seen:
            return None
        base = _text(found, "base")
        inherited = self._members(base, seen | {struct}) if base else {}
        return None if inherited is None else {**inherited, **data.value.entries}

    def _wrapped(self, union: str, branches: Object, made: list[Object]) -> Object:
        """Branches whose value is the member ``data`` of a struct."""
        for name, (_, inner) in branches.entries.items():
            own = self._free(_camel(union) + _camel(name))
            data = {"data": Entry(_at("data", inner), inner)}
            made.append(_struct(own, _object(data, inner), inner))
            branches = _with(branches, name, _at(own, inner))
        return branches


def _name(expression: Expression) -> str:
    value = expression.value
    found = (_text(value, kind) for kind in _KINDS) if isinstance(value, Object) else ()
    return next((name for name in found if name), "")


def _camel(name: str) -> str:
    """A member's or command's name as a part of a type's name."""
    words = name.lstrip("*").replace("_", "-").replace(".", "-").split("-")
    return "".join(word[:1].upper() + word[1:] for word in words)


# Wildcards.


def _without_wildcards(value: Object) -> Object:
    """A definition in which types that fit anything are ``any``."""
    for key, (_, part) in value.entries.items():
        if key == "returns":
            value = _with(value, key, _type(part))
        elif key in ("data", "base") and isinstance(part, Object):
            types = {k: Entry(e.key, _type(e.value)) for k, e in part.entries.items()}
            value = _with(value, key, _object(types, part))
    return value


def _type(value: Value) -> Value:
    if isinstance(value, Array):
        return value._replace(items=tuple(_type(item) for item in value.items))
    if isinstance(value, Str) and value.text in _WILDCARDS:
        return value._replace(text="any")
    return value


# Nodes.  What is made stands where that stood which it is made of.


def _text(value: Object, key: str) -> str:
    """The string under a key; empty if there is none."""
    entry = value.entries.get(key)
    return entry.value.text if entry is not None and isinstance(entry.value, Str) else ""


def _empty(value: Object, key: str) -> bool:
    entry = value.entries.get(key)
    return entry is not None and isinstance(entry.value, Object) and not entry.value.entries


def _at(text: str, place: Value) -> Str:
    return Str(text, place.start, place.end)


def _no(place: Value) -> Bool:
    return Bool(False, place.start, place.end)


def _object(entries: dict[str, Entry], place: Value) -> Object:
    return Object(entries, place.start, place.end)


def _definition(kind: str, name: str, data: Value) -> Object:
    named = Entry(_at(kind, data), _at(name, data))
    return _object({kind: named, "data": Entry(_at("data", data), data)}, data)


def _struct(name: str, members: Object, place: Value) -> Object:
    return _definition("struct", name, _object(members.entries, place))


def _with(value: Object, key: str, part: Value) -> Object:
    """The object with another value under a key, which may be new."""
    old = value.entries.get(key)
    entry = Entry(old.key if old is not None else _at(key, part), part)
    return value._replace(entries={**value.entries, key: entry})


def _without(value: Object, key: str) -> Object:
    return value._replace(entries={k: e for k, e in value.entries.items() if k != key})


def _renamed_key(value: Object, old: str, new: str) -> Object:
    entries = {
        (new if k == old else k): (Entry(e.key._replace(text=new), e.value) if k == old else e)
        for k, e in value.entries.items()
    }
    return value._replace(entries=entries)
