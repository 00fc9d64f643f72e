"""Unions: discriminators, branches, implicit branches, clashes with the base."""

from __future__ import annotations

import pytest

from qapigen.compiler.ir import Branch, Symbol, TypeRef, Union

from .cases import BOTH, MODERN, OLD, Case, accepted, assert_bad, compiled, params

TYPES = (
    "{ 'enum': 'Ee', 'data': ['one', 'two'] }\n"
    "{ 'struct': 'Bb', 'data': { 'tag': 'Ee', '*opt': 'Ee', 'txt': 'str', 'arr': ['Ee'] } }\n"
    "{ 'struct': 'Dd', 'base': 'Bb', 'data': {} }\n"
    "{ 'struct': 'Ss', 'data': { 's': 'int' } }\n"
    "{ 'struct': 'Tt', 'data': { 's': 'int', 't': 'int' } }\n"
)


def union(
    base: str = "'Bb'", tag: str = "'tag'", data: str = "{ 'one': 'Ss', 'two': 'Tt' }"
) -> str:
    return f"{{ 'union': 'Uu', 'base': {base}, 'discriminator': {tag}, 'data': {data} }}"


GOOD = TYPES + union()


def bad(code: str, text: str, dialects: tuple[str, ...] = BOTH, hint: str | None = None) -> Case:
    return Case(code, "union Uu", TYPES + text, GOOD, dialects, hint)


def noted(place: str, text: str) -> str:
    """The types with a related place marked."""
    assert TYPES.count(place) == 1
    return TYPES.replace(place, f"§{place}") + text


BASE_BB = "{ 'struct': 'Bb'"
CASES = [
    Case("E105", "union Uu", noted(BASE_BB, union(tag="«'nope'»")), GOOD),
    Case(
        "E105", "union Uu", noted(BASE_BB, union(tag="«'tga'»")), GOOD, BOTH, "did you mean 'tag'?"
    ),
    Case("E105", "union Uu", noted(BASE_BB, union(tag="«'opt'»")), GOOD, OLD, "must always say"),
    Case(
        "E105", "union Uu", noted("{ 'struct': 'Dd'", union(base="'Dd'", tag="«'tag'»")), GOOD, OLD
    ),
    bad("E105", union(base="{ 'tag': 'Ee' }", tag="«'t'»")),
    bad("E105", union(base="{}", tag="«'t'»"), MODERN),
    bad("E105", union(base="{ 'a-b': 'Ee' }", tag="«'a_b'»"), BOTH, "did you mean 'a-b'?"),
    Case("E106", "union Uu", noted("'txt'", union(tag="«'txt'»")), GOOD),
    Case("E106", "union Uu", noted("'arr'", union(tag="«'arr'»")), GOOD),
    bad("E106", union(base="{ §'q': 'QType' }", tag="«'q'»"), OLD),
    Case(
        "E106",
        "union Uu",
        "{ 'union': 'Vv', 'data': { 'one': 'int' } }\n"
        + TYPES
        + union(base="{ §'q': 'VvKind' }", tag="«'q'»"),
        GOOD,
        OLD,
    ),
    Case("E107", "union Uu", noted("'*opt'", union(tag="«'opt'»")), GOOD, MODERN),
    bad("E108", union(base="{ §'k': { 'type': 'Ee', 'if': 'A' } }", tag="«'k'»"), MODERN),
    Case(
        "E109",
        "union Uu",
        noted("{ 'enum': 'Ee'", union(data="{ 'one': 'Ss', 'two': 'Ss', «'three'»: 'Ss' }")),
        GOOD,
    ),
    Case(
        "E109",
        "union Uu",
        noted("{ 'enum': 'Ee'", union(data="{ 'one': 'Ss', «'tow'»: 'Ss' }")),
        GOOD,
        MODERN,
        "'two'?",
    ),
    bad("E110", union(data="«{ 'one': 'Ss' }»"), OLD),
    Case(
        "E111",
        "union Uu",
        "{ 'enum': 'Nn', 'data': [] }\n"
        "{ 'union': 'Uu', 'base': { 't': 'Nn' }, 'discriminator': «'t'», 'data': {} }",
        GOOD,
        MODERN,
    ),
    bad("E112", union(data="{ 'one': «'str'» }"), MODERN),
    Case(
        "E112", "union Uu", noted("{ 'enum': 'Ee'", union(data="{ 'one': «'Ee'» }")), GOOD, MODERN
    ),
    bad("E102", union(data="{ 'one': «'str'», 'two': 'Ss' }"), OLD),
    Case(
        "E102",
        "union Uu",
        TYPES + "§{ 'union': 'Vv', 'base': 'Bb', 'discriminator': 'tag',\n"
        "  'data': { 'one': 'Ss', 'two': 'Ss' } }\n"
        + union(base="{ 'x': 'Ee' }", tag="'x'", data="{ 'one': «'Vv'», 'two': 'Ss' }"),
        GOOD,
        OLD,
    ),
    Case(
        "E103",
        "union Uu",
        TYPES
        + "§{ 'union': 'Vv', 'base': 'Bb', 'discriminator': 'tag', 'data': {} }\n"
        + union(base="«'Vv'»"),
        GOOD,
        MODERN,
    ),
    Case("E102", "union Uu", noted("{ 'enum': 'Ee'", union(base="«'Ee'»")), GOOD, OLD),
    # clashes of branches with the base
    Case(
        "E115",
        "union Uu",
        TYPES.replace("{ 's': 'int' }", "{ §'s': 'int' }")
        + union(base="{ 'tag': 'Ee', 's': 'int' }", data="{ 'one': «'Ss'», 'two': 'Bb' }").replace(
            "'two': 'Bb'", "'two': 'Ss'"
        ),
        GOOD,
    ),
]


@params(CASES)
def test_rule(case: Case, dialect: str) -> None:
    assert_bad(case, dialect)


def branches(text: str, name: str = "Uu") -> list[tuple[str, str | None, object, bool]]:
    found = accepted(text).type(name)
    assert isinstance(found, Union)
    return [
        (b.case, None if b.type is None else b.type.name, b.cond, b.implicit)
        for b in found.branches
    ]


def test_values_without_branch_get_an_implicit_one_at_the_end() -> None:
    text = (
        "{ 'enum': 'Ee', 'data': [ 'a', { 'name': 'b', 'if': 'B' }, 'c', 'd' ] }\n"
        "{ 'struct': 'Ss', 'data': {} }\n"
        "{ 'union': 'Uu', 'base': { 't': 'Ee' }, 'discriminator': 't',\n"
        "  'data': { 'd': { 'type': 'Ss', 'if': 'D' }, 'c': 'Ss' } }"
    )
    assert branches(text) == [
        ("d", "Ss", Symbol("D"), False),
        ("c", "Ss", None, False),
        ("a", None, None, True),
        ("b", None, Symbol("B"), True),
    ]


def test_all_branches_may_be_implicit() -> None:
    assert branches(TYPES + union(data="{}")) == [
        ("one", None, None, True),
        ("two", None, None, True),
    ]


def test_the_discriminator_may_be_inherited() -> None:
    accepted(TYPES + union(base="'Dd'"))


def test_the_json_types_may_discriminate() -> None:
    found = branches(TYPES + union(base="{ 'q': 'QType' }", tag="'q'", data="{ 'qnull': 'Ss' }"))
    assert [case for case, *_ in found] == [
        "qnull",
        "none",
        "qnum",
        "qstring",
        "qdict",
        "qlist",
        "qbool",
    ]


def test_branches_may_share_names() -> None:
    for dialect in BOTH:
        accepted(GOOD, dialect)


NESTED = (
    "{ 'enum': 'Ff', 'data': ['x', 'y'] }\n"
    "{ 'struct': 'Xx', 'data': { 'inner': 'int' } }\n"
    "{ 'union': 'In', 'base': { 'f': 'Ff' }, 'discriminator': 'f', 'data': { 'x': 'Xx' } }\n"
)


@pytest.mark.parametrize("name", ["inner", "f"])
def test_a_union_as_a_branch_brings_all_that_it_may_hold(name: str) -> None:
    good = f"{{ 'tag': 'Ee', 'other-{name}': 'int' }}"
    accepted(NESTED + TYPES + union(base=good, data="{ 'one': 'In' }"))
    bad_base = f"{{ 'tag': 'Ee', '{name}': 'int' }}"
    _, problems = compiled(NESTED + TYPES + union(base=bad_base, data="{ 'one': 'In' }"))
    assert [(p.code.id, str(p.definition)) for p in problems] == [("E115", "union 'Uu'")]


def test_nested_unions_take_no_exponential_time() -> None:
    """A ladder of unions has 2 to the power of its height paths, which nobody may walk."""
    rungs = [
        f"{{ 'union': 'U{i}a', 'base': {{ 'm{i}': 'Ee' }}, 'discriminator': 'm{i}',"
        f" 'data': {{ 'one': 'U{i + 1}a', 'two': 'U{i + 1}a' }} }}"
        for i in range(200)
    ]
    accepted("\n".join([TYPES, *rungs, "{ 'struct': 'U200a', 'data': {} }"]))


def test_implicit_branches_point_to_the_discriminator() -> None:
    text = TYPES + union(data="{}")
    found = accepted(text).type("Uu")
    assert isinstance(found, Union)
    assert isinstance(found.branches[0], Branch)
    span = found.branches[0].span
    assert text[span.start : span.end] == "'tag'"


def test_explicit_branches_keep_their_types() -> None:
    found = accepted(GOOD, "2018").type("Uu")
    assert isinstance(found, Union)
    assert [b.type for b in found.branches] == [TypeRef("Ss"), TypeRef("Tt")]
