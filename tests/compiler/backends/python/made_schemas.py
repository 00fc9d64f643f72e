"""Schemas made at random, all of them valid, and values for them as they go over the wire.

Names are short, long or odd, documentation is anything that a comment can hold.
"""

from __future__ import annotations

import random
from typing import Any

from hypothesis import strategies as st

from qapigen.compiler.ir import (
    Alternate,
    Builtin,
    Enum,
    InlineMembers,
    Member,
    Schema,
    Struct,
    TypeRef,
    Union,
)
from qapigen.compiler.passes.implicit import type_of

__all__ = ["WireValues", "documentation", "schema_texts"]

ODD_TYPES = (
    *("Any", "Struct", "Visitor", "Enum", "Final", "Event", "Literal", "TypeAlias", "NullType"),
    *("Mapping", "Emitter", "Timestamp", "CommandSpec", "UnionInfo", "AttributeError", "Str"),
    *("__com.example_Type", "__visit_Foo", "__2d-x_Foo", "x-Foo", "Foo", "Visit", "None0a"),
)
ODD_MEMBERS = (
    *("class", "def", "none", "str", "int", "list", "self", "obj", "v", "name", "value", "types"),
    *("timestamp", "type", "data", "match", "make-event", "object", "async", "lambda", "import"),
    *("__com.example_x", "__2d.x_y", "x-y", "bool", "float", "dict", "arguments", "visit", "mro"),
)
ODD_VALUES = (*ODD_MEMBERS, "2d", "3", "3-", "none", "value-2", "on", "0x0")

_LONG = st.integers(60, 90)


def _names(odd: tuple[str, ...], first: str, rest: str) -> st.SearchStrategy[str]:
    short = st.from_regex(f"{first}{rest}{{0,12}}", fullmatch=True)
    long = st.builds(lambda name, n: (name * 90)[:n].rstrip("-"), short, _LONG)
    return st.one_of(st.sampled_from(odd), short, short, long).filter(_allowed)


def _allowed(name: str) -> bool:
    reserved = name in ("u", "has") or name.startswith(("has-", "q-")) or "-" in name[-1:]
    return not reserved and not name.endswith(("List", "Kind"))


TYPE_NAMES = _names(ODD_TYPES, "[A-Z][a-z]", "[A-Za-z0-9]")
MEMBER_NAMES = _names(ODD_MEMBERS, "[a-z]", "[a-z0-9-]")
VALUE_NAMES = _names(ODD_VALUES, "[a-z0-9]", "[a-z0-9-]")
BUILTINS = (
    *("str", "int", "number", "bool", "any", "null", "size", "QType"),
    *("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
)


def documentation() -> st.SearchStrategy[str]:
    """Text that is hard on whoever puts it into a string."""
    pieces = st.sampled_from(
        ["word", "a", '"', '"""', "\\", "\\\\", "\\n", "\t", " ", "  ", "\n", "\n\n", "\n    "]
        + ["'", "'''", "\x07", "\x0c", "\x1b[0m", "\x85", "\u2028", "é", "✓", "\u200b", "{", "#"]
        + [
            "- item",
            "1. item",
            "-> {}",
            "<- {}",
            "long " * 20,
            "x" * 90,
            "\ufeff",
            "\xa0",
            "\u202e",
            "\u3000",
        ]
    )
    return st.lists(pieces, max_size=12).map("".join)


class _Maker:
    """Writes one schema, name by name; no name is used twice."""

    def __init__(self, draw: Any) -> None:
        self.draw = draw
        self.taken = {name.lower() for name in BUILTINS}
        self.types: list[str] = []  # any that a member can have
        self.structs: dict[str, list[str]] = {}  # with the names of their members
        self.enums: dict[str, list[str]] = {}
        self.lines: list[str] = []

    def new(self, names: st.SearchStrategy[str], change: Any = str) -> str:
        """A name that is new, whatever ``-`` and case become."""
        name = str(change(self.draw(names)))
        while name.lower().replace("-", "_") in self.taken:
            name = f"{name}{len(self.taken)}"
        self.taken.add(name.lower().replace("-", "_"))
        return name

    def distinct(self, names: st.SearchStrategy[str], low: int, high: int) -> list[str]:
        """Names that stay apart when ``-`` becomes ``_``."""
        fold = str.maketrans("-.", "__")
        return list(
            self.draw(
                st.lists(names, min_size=low, max_size=high, unique_by=lambda n: n.translate(fold))
            )
        )

    def add(self, line: str) -> None:
        text = self.draw(documentation()) if self.draw(st.booleans()) else ""
        words = " ".join(text.split()).replace("@", "").strip(":").strip()
        if words and " '" in line:
            name = line.split("'")[3]
            self.lines.append(f"##\n# @{name}:\n#\n# .{words}\n##")
        self.lines.append(line)

    def ref(self) -> str:
        """A member's type."""
        name = self.draw(st.sampled_from([*BUILTINS, *self.types]))
        return f"[ '{name}' ]" if self.draw(st.booleans()) else f"'{name}'"

    def members(self, used: list[str], high: int = 4) -> tuple[str, list[str]]:
        """Members, and all names together with those of the base."""
        own = [n for n in self.distinct(MEMBER_NAMES, 0, high) if _clashes(n, used) is False]
        stars = ["*" if self.draw(st.booleans()) else "" for _ in own]
        pairs = [f"'{star}{n}': {self.ref()}" for star, n in zip(stars, own, strict=True)]
        return f"{{ {', '.join(pairs)} }}", used + own

    def enum(self) -> None:
        name = self.new(TYPE_NAMES)
        values = self.distinct(VALUE_NAMES, 1, 5)
        listed = ", ".join([f"'{value}'" for value in values])
        self.add(f"{{ 'enum': '{name}', 'data': [ {listed} ] }}")
        self.enums[name] = values
        self.types.append(name)

    def struct(self) -> None:
        name = self.new(TYPE_NAMES)
        base = self.draw(st.sampled_from([None, *self.structs]))
        members, names = self.members(self.structs.get(base or "", []))
        told = f", 'base': '{base}'" if base else ""
        self.add(f"{{ 'struct': '{name}'{told}, 'data': {members} }}")
        self.structs[name] = names
        self.types.append(name)

    def union(self) -> None:
        enum = self.draw(st.sampled_from(list(self.enums)))
        (tag,) = self.distinct(MEMBER_NAMES, 1, 1)
        base, names = self.members([tag], 2)
        base = f"{{ '{tag}': '{enum}'{', ' if base != '{  }' else ''}{base[2:]}"
        fitting = [s for s, m in self.structs.items() if not any(_clashes(n, names) for n in m)]
        branches = []
        for value in self.enums[enum]:
            if fitting and self.draw(st.booleans()):
                branches.append(f"'{value}': '{self.draw(st.sampled_from(fitting))}'")
        name = self.new(TYPE_NAMES)
        self.add(
            f"{{ 'union': '{name}', 'base': {base}, 'discriminator': '{tag}', "
            f"'data': {{ {', '.join(branches)} }} }}"
        )
        self.types.append(name)

    def alternate(self) -> None:
        kinds = {
            "a": self.draw(st.sampled_from(["'str'", "'bool'", "'int'", "'QType'"])),
            "b": "'null'",
            "c": f"[ '{self.draw(st.sampled_from([*BUILTINS, *self.types]))}' ]",
        }
        if self.structs:
            kinds["d"] = f"'{self.draw(st.sampled_from(list(self.structs)))}'"
        chosen = self.draw(st.sets(st.sampled_from(list(kinds)), min_size=1))
        pairs = [f"'{key}': {kinds[key]}" for key in sorted(chosen)]
        name = self.new(TYPE_NAMES)
        self.add(f"{{ 'alternate': '{name}', 'data': {{ {', '.join(pairs)} }} }}")
        self.types.append(name)

    def action(self, kind: str) -> None:
        name = self.new(MEMBER_NAMES, lambda n: n if kind == "command" else _event(n))
        options = []
        how = self.draw(st.sampled_from(["none", "inline", "named", "boxed"]))
        if how == "inline":
            options.append(f"'data': {self.members([])[0]}")
        elif how != "none" and self.structs:
            options.append(f"'data': '{self.draw(st.sampled_from(list(self.structs)))}'")
            options += ["'boxed': true"] if how == "boxed" else []
        if kind == "command" and self.structs and self.draw(st.booleans()):
            result = f"'{self.draw(st.sampled_from(list(self.structs)))}'"
            options.append(f"'returns': {result}")
        self.add(f"{{ '{kind}': '{name}'{''.join(f', {each}' for each in options)} }}")

    def anything(self) -> None:
        kinds = ["struct", "enum", "alternate", "command", "event", "struct"]
        kind = self.draw(st.sampled_from([*kinds, "union", "union"] if self.enums else kinds))
        if kind in ("command", "event"):
            self.action(kind)
        else:
            getattr(self, kind)()


def _event(name: str) -> str:
    return name.upper().replace("-", "_").replace("__COM.EXAMPLE", "__com.example")


def _clashes(name: str, used: list[str]) -> bool:
    fold = str.maketrans("-.", "__")
    return name.translate(fold) in {each.translate(fold) for each in used}


@st.composite
def schema_texts(draw: Any) -> dict[str, str]:
    """A schema in two files that need each other."""
    maker = _Maker(draw)
    for _ in range(draw(st.integers(2, 9))):
        maker.anything()
    cut = draw(st.integers(0, len(maker.lines)))
    while 0 < cut < len(maker.lines) and maker.lines[cut - 1].startswith("##"):
        cut += 1  # a comment stays with what it is about
    other = draw(st.sampled_from(["other.json", "sub/import.json", "registry.json", "2 d.json"]))
    pragma = "{ 'pragma': { 'doc-required': false } }"
    return {
        "root.json": "\n".join([pragma, f"{{ 'include': '{other}' }}", *maker.lines[cut:], ""]),
        other: "\n".join([*maker.lines[:cut], ""]),
    }


class WireValues:
    """JSON values that fit the types of a schema; a seed decides which."""

    def __init__(self, schema: Schema, seed: int) -> None:
        self.schema = schema
        self.random = random.Random(seed)

    def value(self, ref: TypeRef, depth: int = 0) -> object:
        """A value of a type."""
        if ref.is_array:
            count = self.random.randrange(3) if depth < 4 else 0
            return [self.value(TypeRef(ref.name), depth + 1) for _ in range(count)]
        match type_of(self.schema, ref.name):
            case Builtin(name=name):
                return self.builtin(name)
            case Enum(values=values):
                return self.random.choice(values).name
            case Struct() as struct:
                return self.struct(struct, depth)
            case Union() as union:
                return self.union(union, depth)
            case Alternate(alternatives=alternatives):
                return self.value(self.random.choice(alternatives).type, depth + 1)

    def builtin(self, name: str) -> object:
        """A value of a built-in type, often at the edge."""
        if name.startswith(("int", "uint")) or name == "size":
            bits = int("".join(c for c in name if c.isdigit()) or 64)
            unsigned = name.startswith("u") or name == "size"
            low, high = (0, 2**bits - 1) if unsigned else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
            return self.random.choice([low, 0, 1, high])
        choices: dict[str, list[object]] = {
            "str": ["", "text", "\x00 ü \U0001f600"],
            "number": [0, -1, 1.5, 1e300],
            "bool": [True, False],
            "null": [None],
            "any": [None, 1, "a", [1, None], {"a": {"b": [True]}}],
        }
        return self.random.choice(choices[name])

    def struct(self, struct: Struct, depth: int) -> dict[str, object]:
        """An object, its base's members first."""
        found = self.base(struct.base, depth)
        return found | self.members(struct.members, depth)

    def base(self, base: str | InlineMembers | None, depth: int) -> dict[str, object]:
        """The members of a base."""
        if base is None:
            return {}
        if isinstance(base, InlineMembers):
            return self.members(base.members, depth)
        found = self.schema.type(base)
        assert isinstance(found, Struct)
        return self.struct(found, depth)

    def members(self, members: tuple[Member, ...], depth: int) -> dict[str, object]:
        """Members; optional ones now and then."""
        return {
            m.name: self.value(m.type, depth + 1)
            for m in members
            if not m.optional or (depth < 4 and self.random.random() < 0.5)
        }

    def union(self, union: Union, depth: int) -> dict[str, object]:
        """An object of one of the branches."""
        branch = self.random.choice(union.branches)
        if union.simple:
            assert branch.type is not None
            return {"type": branch.case, "data": self.value(branch.type, depth + 1)}
        found = self.base(union.base, depth) | {union.discriminator: branch.case}
        if branch.type is not None:
            inner = self.value(branch.type, depth)
            assert isinstance(inner, dict)
            found |= inner
        return found
