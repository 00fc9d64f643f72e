"""Checking as a whole: results, the order of problems, no problems that follow from others."""

from __future__ import annotations

import gc
import time

import pytest

from .cases import BOTH, MODERN, accepted, compiled


def codes(text: str, dialect: str = "modern") -> list[tuple[str, int]]:
    """Code and line of each problem, in order."""
    _, problems = compiled(text, dialect)
    return [(p.code.id, p.span.line) for p in problems if p.span is not None]


# Results.


@pytest.mark.parametrize("dialect", BOTH)
def test_an_empty_schema_is_a_schema(dialect: str) -> None:
    schema = accepted("", dialect)
    assert (schema.dialect, schema.definitions, schema.docs) == (dialect, (), ())
    assert [module.name for module in schema.modules] == ["root.json"]


def test_definitions_come_in_source_order() -> None:
    files = {
        "root.json": "{ 'event': 'A' }\n{ 'include': 'sub.json' }\n{ 'event': 'C' }",
        "sub.json": "{ 'event': 'B' }",
    }
    schema = accepted(files)
    assert [(d.name, d.module) for d in schema.definitions] == [
        ("A", "root.json"),
        ("B", "sub.json"),
        ("C", "root.json"),
    ]
    assert [d.name for d in schema.in_module("sub.json")] == ["B"]


# Order.


def test_shape_comes_before_structure_in_modern() -> None:
    text = "{ 'command': 'go', 'data': 'Tt' }\n{ 'event': 'GO', 'x': 'y' }"
    assert codes(text) == [("E058", 2), ("E101", 1)]


def test_names_come_between_in_modern() -> None:
    text = (
        "{ 'command': 'go', 'data': 'Tt' }\n{ 'event': 'GO' }\n{ 'event': 'GO' }\n"
        "{ 'struct': 'Ss', 'data': true }"
    )
    assert codes(text) == [("E075", 4), ("E062", 3), ("E101", 1)]


def test_heads_come_before_bodies_in_2018() -> None:
    text = (
        "{ 'struct': 'Ss', 'data': { 'a': 'Nope' } }\n{ 'enum': 'Ee', 'data': true }\n"
        "{ 'enum': 'Ee', 'data': [] }\n{ 'event': 'GO', 'x': 'y' }"
    )
    assert codes(text, "2018") == [("E062", 3), ("E058", 4), ("E101", 1), ("E069", 2)]


def test_types_come_before_structure_in_2018() -> None:
    text = (
        "{ 'struct': 'Ss', 'data': { 'a': 'int', '*a': 'int' } }\n"
        "{ 'event': 'GO', 'boxed': true }\n"
        "{ 'event': 'BYE', 'data': 'Nope' }"
    )
    assert codes(text, "2018") == [("E101", 3), ("E115", 1), ("E092", 2)]


def test_a_base_is_checked_when_it_is_needed() -> None:
    text = (
        "{ 'struct': 'Aa', 'base': 'Cc', 'data': { 'a': 'int' } }\n"
        "{ 'struct': 'Bb', 'data': { 'b': 'int', '*b': 'int' } }\n"
        "{ 'struct': 'Cc', 'data': { 'c': 'int', '*c': 'int' } }"
    )
    for dialect in BOTH:
        assert codes(text, dialect) == [("E115", 3), ("E115", 2)]


def test_a_branch_is_checked_when_it_is_needed() -> None:
    text = (
        "{ 'enum': 'Ee', 'data': ['e'] }\n"
        "{ 'union': 'Uu', 'base': { 't': 'Ee' }, 'discriminator': 't', 'data': { 'e': 'Cc' } }\n"
        "{ 'struct': 'Bb', 'data': { 'b': 'int', '*b': 'int' } }\n"
        "{ 'struct': 'Cc', 'data': { 'c': 'int', '*c': 'int' } }"
    )
    for dialect in BOTH:
        assert codes(text, dialect) == [("E115", 4), ("E115", 3)]


def test_an_array_is_checked_at_the_turn_of_its_definition() -> None:
    text = (
        "{ 'struct': 'Aa', 'base': 'Cc', 'data': {} }\n"
        "{ 'struct': 'Bb', 'data': { 'b': 'Nope' } }\n"
        "{ 'struct': 'Cc', 'data': { 'c': ['Nope'] } }"
    )
    assert codes(text) == [("E101", 2), ("E101", 3)]
    assert codes(text.replace("['Nope']", "'Nope'")) == [("E101", 3), ("E101", 2)]


def test_a_section_comes_before_the_keys_of_its_definition() -> None:
    text = "##\n# @GO:\n#\n# Returns: text\n##\n{ 'event': 'GO', 'x': 'y' }"
    assert codes(text) == [("E066", 4), ("E058", 6)]
    assert codes(text, "2018") == [("E058", 6), ("E066", 1)]


def test_missing_descriptions_come_with_the_structure_and_bogus_ones_last() -> None:
    text = (
        "##\n# @A:\n#\n# @bogus: text\n##\n{ 'event': 'A' }\n"
        "##\n# @B:\n##\n{ 'event': 'B', 'data': { 'a': 'int' } }\n"
        "{ 'event': 'C', 'data': 'Nope' }"
    )
    assert codes(text) == [("E128", 10), ("E101", 11), ("E130", 4)]


def test_limits_come_last() -> None:
    names = ", ".join(f"'f{i}'" for i in range(70))
    text = (
        f"{{ 'event': 'A', 'features': [{names}] }}\n"
        "##\n# @B:\n#\n# @bogus: text\n##\n{ 'event': 'B' }"
    )
    assert codes(text) == [("E130", 5), ("E119", 1)]


def test_files_are_in_the_order_of_their_includes() -> None:
    files = {
        "root.json": "{ 'include': 'sub.json' }\n{ 'event': 'a' }",
        "sub.json": "{ 'event': 'b' }",
    }
    _, problems = compiled(files)
    assert [str(p.span) for p in problems] == ["sub.json:1:1", "root.json:2:1"]


# No problems that follow from others.


@pytest.mark.parametrize(
    "broken",
    [
        "{ 'struct': 'Bb', 'data': true }",
        "{ 'struct': 'Bb', 'dada': {}, 'data': {} }",
        "{ 'struct': 'Bb', 'data': { 'a': 'Nope' } }",
        "{ 'struct': 'Bb', 'base': 'Bb', 'data': {} }",
        "{ 'strukt': 'Bb', 'data': {} }",
        "{ 'struct': 'Bb', 'enum': 'Cc', 'data': {} }",
        "{ 'struct': 'Bb', 'data': { 'a': 'int', '*a': 'int' } }",
    ],
)
@pytest.mark.parametrize("dialect", MODERN)
def test_nobody_complains_about_a_broken_struct(broken: str, dialect: str) -> None:
    users = (
        "{ 'enum': 'Ee', 'data': ['e'] }\n"
        "{ 'struct': 'Ss', 'base': 'Bb', 'data': { 'a': 'Bb', 'b': ['Bb'] } }\n"
        "{ 'union': 'Uu', 'base': 'Bb', 'discriminator': 'x', 'data': { 'e': 'Bb' } }\n"
        "{ 'union': 'Vv', 'base': { 'a': 'Ee' }, 'discriminator': 'a', 'data': { 'e': 'Bb' } }\n"
        "{ 'alternate': 'Aa', 'data': { 'a': 'Bb', 'b': 'int' } }\n"
        "{ 'command': 'go', 'data': 'Bb', 'returns': ['Bb'] }\n"
        "{ 'event': 'GO', 'data': 'Bb', 'boxed': true }\n"
    )
    assert len(codes(users + broken, dialect)) == 1


@pytest.mark.parametrize(
    "broken",
    [
        "{ 'enum': 'Bb', 'data': true }",
        "{ 'enum': 'Bb', 'data': ['a', ''] }",
        "{ 'enums': 'Bb', 'data': [] }",
    ],
)
@pytest.mark.parametrize("dialect", BOTH)
def test_nobody_complains_about_a_broken_enum(broken: str, dialect: str) -> None:
    users = (
        "{ 'struct': 'Ss', 'data': { 'b': ['Bb'], 't': 'Bb' } }\n"
        "{ 'union': 'Uu', 'base': 'Ss', 'discriminator': 't', 'data': { 'zz': 'Cc' } }\n"
        "{ 'struct': 'Cc', 'data': {} }\n"
        "{ 'alternate': 'Aa', 'data': { 'a': 'Bb', 'b': 'int' } }\n"
    )
    assert len(codes(users + broken, dialect)) == 1


def test_the_enum_of_a_broken_simple_union_may_exist() -> None:
    text = "{ 'union': 'Uu', 'data': { 'a': [] } }\n{ 'struct': 'Ss', 'data': { 'a': 'UuKind' } }"
    assert codes(text, "2018") == [("E080", 1)]


def test_an_unknown_discriminator_does_not_spoil_the_branches() -> None:
    text = (
        "{ 'struct': 'Ss', 'data': {} }\n"
        "{ 'union': 'Uu', 'base': { 'a': 'Nope' }, 'discriminator': 'a', 'data': { 'x': 'Ss' } }"
    )
    for dialect in BOTH:
        assert codes(text, dialect) == [("E101", 2)]


# Time.


def test_checking_takes_time_in_proportion() -> None:
    """Ten times the definitions take about ten times as long, bad ones too."""

    def seconds(count: int, type_: str) -> float:
        text = "\n".join(
            f"{{ 'struct': 'S{i}a', 'data': {{ 'a': '{type_}', 'b': ['S{i}a'] }} }}"
            for i in range(count)
        )
        # The collector would also walk what other tests of this process keep.
        gc.disable()
        try:
            start = time.process_time()
            compiled(text)
            return time.process_time() - start
        finally:
            gc.enable()

    for type_ in ("int", "Unknown"):
        seconds(10, type_)
        assert seconds(3000, type_) < 60 * max(seconds(300, type_), 0.01)
