"""The lines of straight-line code that read and write the members of an object.

In: members, their attributes.  Out: lines that stand in column 4, in black's form.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...ir import Member, TypeRef
from .annotations import Scope
from .package import Package
from .text import WIDTH, assignment, exploded, string
from .wire_types import SPECIALISED, Side, Wired, WireTypes

__all__ = ["MemberLines"]


class MemberLines:
    """Makes the lines for one module.

    ``circle`` is that of the type whose functions are being written; ``private_members`` is
    whether an attribute was met whose name looks like that of a private one.
    """

    def __init__(self, package: Package, scope: Scope) -> None:
        self.names = package.names
        self.types = WireTypes(package, scope)
        self.scope = scope
        self.circle: int | None = None
        self.private_members = False

    def refuse(self, wrong: Sequence[str], indent: str = "") -> str:
        """``if ...: raise Mismatch`` for a value of which any of the conditions holds."""
        self.scope.use(SPECIALISED, "Mismatch")
        head = f"{indent}if {' or '.join(wrong)}:"
        if 4 + len(head) > WIDTH:
            inner = f"\n{indent}        "
            head = f"{indent}if ({inner}{f'{inner}or '.join(wrong)}\n{indent}    ):"
        return f"{head}\n{indent}        raise Mismatch"

    def refuse_class(self, value: str, cls: str) -> str:
        """The same for what is not of a class, or too deep in a circle."""
        wrong = [f"{value}.__class__ is not {cls}"]
        if self.circle is not None:
            self.scope.use(SPECIALISED, "MAX_STEPS")
            wrong.append("depth > MAX_STEPS")
        return self.refuse(wrong)

    def step(self, wired: Wired) -> str:
        """The argument that counts how deep in a circle a function is called."""
        same = wired.circle is not None and wired.circle == self.circle
        return ", depth + 1" if same else ""

    def assign(self, target: str, side: Side, wired: Wired, value: str) -> str:
        """``target = ...`` in column 4, what becomes of a value on one line or exploded."""
        line = f"{target} = {self.types.expression(side, value, self.step(wired))}"
        if 4 + len(line) <= WIDTH or side.form:
            return line
        arguments = [value, *self.step(wired).split(", ")[1:]]
        return exploded(f"{target} = {side.function}(", arguments, indent=4)

    def attributes(self, py_name: str, members: Sequence[Member]) -> dict[str, str]:
        """The attributes for members."""
        found = self.names.attributes(py_name, members)
        self.private_members |= any(name.startswith("_") for name in found.values())
        return found

    def reading(
        self, py_name: str, members: Sequence[Member], tags: Mapping[str, str]
    ) -> list[str]:
        """The lines that make an object from the dict ``data``; ``tags`` are known values."""
        attributes = self.attributes(py_name, members)
        mandatory = [m for m in members if not m.may_be_absent]
        lines: list[str] = []
        make = f"object.__new__({py_name})"
        stores: list[str] = []
        wrong: list[str] = []
        if len(mandatory) == len(members):
            wrong.append(f"len(data) != {len(members)}" if members else "data")
        for number, member in enumerate(mandatory):
            wired = self.types.of(member.type)
            side, found = wired.read, f"data[{string(member.name)}]"
            target = f"obj.{attributes[member.name]}"
            if member.name in tags:
                stores.append(assignment(target, tags[member.name], indent=4))
                continue
            store = self.assign(target, side, wired, found)
            if side.wrong or side.form.count("@") > 1 or "\n" in store or 4 + len(store) > WIDTH:
                lines.append(f"v{number} = {found}")
                wrong += [each.replace("@", f"v{number}") for each in side.wrong]
                store = self.assign(target, side, wired, f"v{number}")
            stores.append(store)
        if wrong:
            lines.append(self.refuse(wrong))
        if not members:
            return [*lines, f"return {make}"]
        lines += [f"obj = {make}", *stores]
        if len(mandatory) < len(members):
            lines.append(f"count = {len(mandatory)}")
            for member in members:
                if member.may_be_absent:
                    lines.append(self.read_optional(member, f"obj.{attributes[member.name]}"))
            lines.append(self.refuse(["len(data) != count"]))
        lines.append("return obj")
        return lines

    def read_optional(self, member: Member, target: str) -> str:
        """The lines for a member that may be absent.

        Where null is no value of its type, it is not counted, so that the sizes differ.
        """
        wired = self.types.of(member.type)
        side, name = wired.read, string(member.name)
        if wired.null:
            value = self.types.expression(side, "v", self.step(wired))
            return (
                f"if {name} in data:\n        v = data[{name}]\n        {target} = {value}"
                f"\n        count += 1\n    else:\n        {target} = None"
            )
        lines = [f"v = data.get({name})", "if v is not None:"]
        if side.wrong:
            wrong = [each.replace("@", "v") for each in side.wrong]
            lines.append(self.refuse(wrong, "    "))
        if side.form != "@":
            lines.append(f"    v = {self.types.expression(side, 'v', self.step(wired))}")
        return "\n    ".join([*lines, "    count += 1", f"{target} = v"])

    def writing(
        self, py_name: str, members: Sequence[Member], tags: Mapping[str, str]
    ) -> list[str]:
        """The lines that make a dict from the members of ``value``; ``tags`` are known ones."""
        attributes = self.attributes(py_name, members)
        lines: list[str] = []
        wrong: list[str] = []
        rows: list[str] = []
        later: list[str] = []
        for number, member in enumerate(members):
            wired = self.types.of(member.type)
            side, name = wired.write, string(member.name)
            found, local = f"value.{attributes[member.name]}", f"v{number}"
            if member.may_be_absent:
                later.append(self.write_optional(member, found, local))
                continue
            value = self.types.expression(side, found, self.step(wired))
            if side.wrong or member.name in tags or len(name) + len(value) + 11 > WIDTH:
                lines.append(f"{_declared(local, member)} = {found}")
                wrong += [each.replace("@", local) for each in side.wrong]
                value = self.types.expression(side, local, self.step(wired))
            if member.name in tags:
                wrong.append(f"{value} != {tags[member.name]}")
                value = tags[member.name]
            if later:
                later.append(f"obj[{name}] = {value}")
            else:
                rows.append(f"{name}: {value}")
        if wrong:
            lines.append(self.refuse(wrong))
        if not later:
            return [*lines, exploded("return {", rows, "}", indent=4) if rows else "return {}"]
        head = "obj: dict[str, object] = {"
        lines.append(exploded(head, rows, "}", indent=4) if rows else f"{head}}}")
        return [*lines, *later, "return obj"]

    def write_optional(self, member: Member, found: str, local: str) -> str:
        """The lines for a member that may be absent."""
        wired = self.types.of(member.type)
        side = wired.write
        lines = [f"{_declared(local, member)} = {found}", f"if {local} is not None:"]
        if side.wrong:
            wrong = [each.replace("@", local) for each in side.wrong]
            lines.append(self.refuse(wrong, "    "))
        value = self.types.expression(side, local, self.step(wired))
        lines.append(f"    obj[{string(member.name)}] = {value}")
        return "\n    ".join(lines)


def _declared(local: str, member: Member) -> str:
    """A variable, where it is made; bool has no subclasses, and type checkers object to asking."""
    return f"{local}: object" if member.type == TypeRef("bool") else local
