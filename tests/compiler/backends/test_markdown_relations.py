"""Who has, inherits and uses what; in which order a definition is told."""

from __future__ import annotations

from qapigen.compiler.backends.markdown.order import RunKind, runs_of
from qapigen.compiler.backends.markdown.relations import Relations
from qapigen.compiler.ir import (
    Command,
    Definition,
    InlineMembers,
    Member,
    SectionKind,
    Struct,
    TypeRef,
)
from tests.compiler.backends.markdown_pages import schema_of, section, span_at, struct

TEXT = section(SectionKind.TEXT, "", "x")
MEMBER = section(SectionKind.MEMBER, "a", "x")
FEATURE = section(SectionKind.FEATURE, "a", "x")
RETURNS = section(SectionKind.TAGGED, "Returns", "x")
SINCE = section(SectionKind.TAGGED, "Since", "x")


def chain(length: int, members: int) -> list[Struct]:
    """Structs, each the base of the next."""
    return [
        Struct(
            name=f"S{n}",
            module="test.json",
            span=span_at(n),
            base=f"S{n - 1}" if n else None,
            members=tuple(
                Member(f"m{n}-{i}", TypeRef("int"), False, None, (), span_at(n))
                for i in range(members)
            ),
        )
        for n in range(length)
    ]


def test_inherited_members_nearest_first() -> None:
    structs = chain(3, 1)
    relations = Relations(schema_of(structs))
    found = relations.inherited(structs[2])
    assert [(a.name, [p.name for p in parts]) for a, parts in found] == [
        ("S1", ["m1-0"]),
        ("S0", ["m0-0"]),
    ]
    assert not relations.has_more(structs[2])
    assert relations.inherited(structs[0]) == []


def test_long_lists_of_inherited_members_are_cut() -> None:
    structs = chain(3, 70)
    relations = Relations(schema_of(structs))
    assert [len(parts) for _, parts in relations.inherited(structs[2])] == [70, 30]
    assert relations.has_more(structs[2])
    assert not relations.has_more(structs[1])


def test_long_chains_are_cut() -> None:
    structs = chain(40, 1)
    relations = Relations(schema_of(structs))
    assert len(relations.inherited(structs[39])) < 39
    assert relations.has_more(structs[39])
    assert not relations.has_more(structs[5])


def test_users_in_source_order_once_each() -> None:
    inline = InlineMembers((Member("a", TypeRef("B", True), True, None, (), span_at(0)),))
    command = Command(
        name="x", module="test.json", span=span_at(0), data=inline, returns=TypeRef("B")
    )
    definitions: list[Definition] = [struct("A", a="B", b="B"), struct("B", a="B"), command]
    relations = Relations(schema_of(definitions))
    assert [d.name for d in relations.users("B")] == ["A", "B", "x"]
    assert relations.users("A") == ()


def test_owner_of_a_member() -> None:
    structs = chain(3, 1)
    relations = Relations(schema_of(structs))
    assert relations.owner(structs[2], "m0-0") == structs[0]
    assert relations.owner(structs[0], "m2-0") is None
    found = relations.find(structs[2], "m1-0")
    assert found is not None
    assert found.required


def kinds(*sections: object, result: bool = False) -> str:
    """The runs, a letter each, capital where what has no section is added."""
    letters = {
        RunKind.TEXT: "t",
        RunKind.MEMBERS: "m",
        RunKind.FEATURES: "f",
        RunKind.TAGGED: "s",
        RunKind.RESULT: "r",
    }
    runs = runs_of(sections, result=result)  # type: ignore[arg-type]
    return "".join(letters[run.kind].upper() if run.complete else letters[run.kind] for run in runs)


def test_places_without_sections() -> None:
    assert kinds() == "MF"
    assert kinds(result=True) == "MFr"
    assert kinds(TEXT, result=True) == "tMFr"
    assert kinds(TEXT, SINCE, TEXT) == "tMFst"


def test_places_with_sections() -> None:
    assert kinds(TEXT, MEMBER, MEMBER, FEATURE, RETURNS) == "tMFs"
    assert kinds(TEXT, MEMBER, TEXT, FEATURE, result=True) == "tMrtF"
    assert kinds(TEXT, MEMBER, TEXT, MEMBER) == "tmtMF"
    assert kinds(FEATURE, MEMBER, SINCE) == "FMs"
    assert kinds(FEATURE, MEMBER, SINCE, result=True) == "FMrs"
