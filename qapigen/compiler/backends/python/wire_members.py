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

__all__ = ["PART", "MemberLines"]

#: An object of more members is read and written in parts of so many: for pyright, a function with
#: some hundred branches is too complex to look into.
PART = 50


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

    def assign(self, target: str, side: Side, wired: Wired, value: str, *, indent: int = 4) -> str:
        """``target = ...``, what becomes of a value on one line or exploded."""
        text = self.types.expression(side, value, self.step(wired))
        if side.form:
            return assignment(target, text, indent=indent)
        if indent + len(line := f"{target} = {text}") <= WIDTH:
            return line
        arguments = [value, *self.step(wired).split(", ")[1:]]
        return exploded(f"{target} = {side.function}(", arguments, indent=indent)

    def attributes(self, py_name: str, members: Sequence[Member]) -> dict[str, str]:
        """The attributes for members."""
        found = self.names.attributes(py_name, members)
        self.private_members |= any(name.startswith("_") for name in found.values())
        return found

    def reading(
        self,
        py_name: str,
        members: Sequence[Member],
        attributes: Mapping[str, str],
        tags: Mapping[str, str],
    ) -> list[str]:
        """The lines that make an object from the dict ``data``; ``tags`` are known values."""
        make = f"object.__new__({py_name})"
        if not members:
            return [self.refuse(["data"]), f"return {make}"]
        if any(m.may_be_absent for m in members):
            checks, stores = self.filling(members, attributes, tags, ())
            stores.append(self.refuse(["len(data) != count"]))
        else:
            size = f"len(data) != {len(members)}"
            checks, stores = self.filling(members, attributes, tags, (size,))
        return [*checks, f"obj = {make}", *stores, "return obj"]

    def reading_part(
        self, members: Sequence[Member], attributes: Mapping[str, str], tags: Mapping[str, str]
    ) -> list[str]:
        """The lines that fill some members of ``obj``, and return how many there were."""
        checks, stores = self.filling(members, attributes, tags, ())
        absent = any(m.may_be_absent for m in members)
        return [*checks, *stores, "return count" if absent else f"return {len(members)}"]

    def filling(
        self,
        members: Sequence[Member],
        attributes: Mapping[str, str],
        tags: Mapping[str, str],
        size: Sequence[str],
    ) -> tuple[list[str], list[str]]:
        """The lines that look at members of ``data``, and those that store them in ``obj``.

        ``size`` are conditions under which the number of all members is wrong.  If some members
        may be absent, the last lines leave their ``count``.
        """
        mandatory = [m for m in members if not m.may_be_absent]
        checks: list[str] = []
        stores: list[str] = []
        wrong = [*size]
        for number, member in enumerate(mandatory):
            wired = self.types.of(member.type)
            side, found = wired.read, f"data[{string(member.name)}]"
            target = f"obj.{attributes[member.name]}"
            if member.name in tags:
                stores.append(assignment(target, tags[member.name], indent=4))
                continue
            store = self.assign(target, side, wired, found)
            if side.wrong or side.form.count("@") > 1 or "\n" in store or 4 + len(store) > WIDTH:
                checks.append(f"v{number} = {found}")
                wrong += [each.replace("@", f"v{number}") for each in side.wrong]
                store = self.assign(target, side, wired, f"v{number}")
            stores.append(store)
        if wrong:
            checks.append(self.refuse(wrong))
        if len(mandatory) < len(members):
            stores.append(f"count = {len(mandatory)}")
            stores += [
                self.read_optional(member, f"obj.{attributes[member.name]}")
                for member in members
                if member.may_be_absent
            ]
        return checks, stores

    def read_optional(self, member: Member, target: str) -> str:
        """The lines for a member that may be absent.

        Where null is no value of its type, it is not counted, so that the sizes differ.
        """
        wired = self.types.of(member.type)
        side, name = wired.read, string(member.name)
        if wired.null:
            store = self.assign(target, side, wired, "v", indent=8)
            return (
                f"if {name} in data:\n        v = data[{name}]\n        {store}"
                f"\n        count += 1\n    else:\n        {target} = None"
            )
        lines = [f"v = data.get({name})", "if v is not None:"]
        if side.wrong:
            wrong = [each.replace("@", "v") for each in side.wrong]
            lines.append(self.refuse(wrong, "    "))
        if side.form != "@":
            lines.append(f"    {self.assign('v', side, wired, 'v', indent=8)}")
        return "\n    ".join([*lines, "    count += 1", f"{target} = v"])

    def writing(
        self,
        members: Sequence[Member],
        attributes: Mapping[str, str],
        tags: Mapping[str, str],
        *,
        part: bool = False,
    ) -> list[str]:
        """The lines that make a dict from the members of ``value``; ``tags`` are known ones.

        If these members are but a ``part``, the lines put them into the dict ``obj``.
        """
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
            source = found
            value = self.types.expression(side, source, self.step(wired))
            if side.wrong or member.name in tags or len(name) + len(value) + 11 > WIDTH:
                lines.append(f"{_declared(local, member)} = {found}")
                wrong += [each.replace("@", local) for each in side.wrong]
                source = local
                value = self.types.expression(side, source, self.step(wired))
            if member.name in tags:
                wrong.append(f"{value} != {tags[member.name]}")
                value = tags[member.name]
            if (later or part) and member.name in tags:
                later.append(assignment(f"obj[{name}]", value, indent=4))
            elif later or part:
                later.append(self.assign(f"obj[{name}]", side, wired, source))
            else:
                rows.append(f"{name}: {value}")
        if wrong:
            lines.append(self.refuse(wrong))
        if part:
            return [*lines, *later]
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
        store = self.assign(f"obj[{string(member.name)}]", side, wired, local, indent=8)
        lines.append(f"    {store}")
        return "\n    ".join(lines)


def _declared(local: str, member: Member) -> str:
    """A variable, where it is made; bool has no subclasses, and type checkers object to asking."""
    return f"{local}: object" if member.type == TypeRef("bool") else local
