"""What the directives may hold (E20, E21, E24 to E28)."""

from __future__ import annotations

import pytest

from tests.compiler.schema_texts import (
    BOTH,
    MODERN,
    OLD,
    Case,
    assert_case,
    params,
    problems,
    tree_of,
)

EMPTY = "{ 'pragma': { } }"


def pragma(settings: str) -> str:
    return f"«{{» 'pragma': {{ {settings} }} }}"


def good(settings: str) -> str:
    return f"{{ 'pragma': {{ {settings} }} }}"


CASES = [
    Case("include-extra-key", "«{» 'include': 'x', ‹'if'›: 'X' }", EMPTY),
    Case("include-extra-key", "«{» ‹'pragma'›: { }, 'include': 'x' }", EMPTY),
    Case("include-not-string", "«{» 'include': ‹[ 'x' ]› }", EMPTY),
    Case("include-not-string", "«{» 'include': ‹{ }› }", EMPTY),
    Case("include-not-string", "«{» 'include': ‹true› }", EMPTY),
    Case("include-not-string", "«{» 'include': ‹null› }", EMPTY, OLD),
    Case("pragma-extra-key", "«{» 'pragma': { }, ‹'data'›: { } }", EMPTY),
    Case("pragma-extra-key", "«{» ‹'struct'›: 'Aa', 'pragma': { } }", EMPTY),
    Case("pragma-not-object", "«{» 'pragma': ‹[ ]› }", EMPTY),
    Case("pragma-not-object", "«{» 'pragma': ‹'doc-required'› }", EMPTY),
    Case("unknown-pragma", pragma("‹'bogus'›: true"), good("'doc-required': true")),
    Case(
        "unknown-pragma",
        pragma("‹'returns-whitelist'›: [ ]"),
        good("'command-returns-exceptions': [ ]"),
        MODERN,
    ),
    Case(
        "unknown-pragma",
        pragma("‹'member-name-exceptions'›: [ ]"),
        good("'name-case-whitelist': [ ]"),
        OLD,
    ),
    Case("unknown-pragma", pragma("‹'documentation-exceptions'›: [ ]"), EMPTY, OLD),
    Case("unknown-pragma", pragma("‹''›: [ ]"), EMPTY),
    Case("pragma-not-bool", pragma("'doc-required': ‹[ ]›"), good("'doc-required': false")),
    Case("pragma-not-bool", pragma("'doc-required': ‹'true'›"), good("'doc-required': true")),
    *(
        Case("pragma-not-list", pragma(f"'{name}': {wrong}"), good(f"'{name}': [ 'a' ]"), dialects)
        for wrong in ("‹'a'›", "‹true›", "‹{ }›", "‹[ 'a', [ ] ]›", "‹[ false ]›")
        for name, dialects in (
            ("returns-whitelist", OLD),
            ("name-case-whitelist", OLD),
            ("command-name-exceptions", MODERN),
            ("command-returns-exceptions", MODERN),
            ("documentation-exceptions", MODERN[:1]),
            ("member-name-exceptions", MODERN),
        )
    ),
]


@params(CASES)
def test_directive(case: Case, dialect: str) -> None:
    assert_case(case, dialect)


@pytest.mark.parametrize(
    ("name", "dialect", "hint"),
    [
        ("returns-whitelist", "modern", "now called 'command-returns-exceptions'"),
        ("name-case-whitelist", "6.0", "2.9 to 5.2, now called 'member-name-exceptions'"),
        ("member-name-exceptions", "2018", "came with QEMU 6.0"),
        ("doc-requried", "modern", "did you mean 'doc-required'?"),
        ("zzz", "2018", "doc-required, name-case-whitelist, returns-whitelist"),
        ("x" * 100_000, "modern", "pragmas are"),
    ],
)
def test_hints_for_unknown_pragmas(name: str, dialect: str, hint: str) -> None:
    (found,) = problems(good(f"'{name}': [ ]"), dialect)
    assert hint in (found.hint or "")


@pytest.mark.parametrize("dialect", BOTH)
def test_all_problems_of_a_directive_are_told(dialect: str) -> None:
    found = problems(good("'doc-required': [ ], 'bogus': true, 'worse': [ ]"), dialect)
    assert [d.code.slug for d in found] == ["pragma-not-bool", "unknown-pragma", "unknown-pragma"]


@pytest.mark.parametrize("dialect", BOTH)
def test_directives_come_before_definitions(dialect: str) -> None:
    """``include`` is looked for first, then ``pragma``, then the six kinds."""
    for text, slug in (
        ("{ 'struct': 'Aa', 'data': { }, 'include': 'x' }", "include-extra-key"),
        ("{ 'struct': 'Aa', 'data': { }, 'pragma': { } }", "pragma-extra-key"),
        ("{ 'pragma': 'x', 'include': [ ] }", "include-extra-key"),
    ):
        assert [d.code.slug for d in problems(text, dialect)] == [slug]


@pytest.mark.parametrize("dialect", BOTH)
def test_settings_in_force(dialect: str) -> None:
    pragmas = tree_of(EMPTY, dialect).pragmas
    assert not pragmas.doc_required
    assert pragmas.lists == pragmas.places == {}
    assert tree_of(good("'doc-required': true"), dialect).pragmas.doc_required


def test_the_last_setting_wins() -> None:
    files = {
        "root.json": good("'member-name-exceptions': [ 'A', 'B' ], 'doc-required': true")
        + "{ 'include': 'sub.json' }"
        + good("'command-name-exceptions': [ 'd' ]"),
        "sub.json": good("'member-name-exceptions': [ 'C', 'C' ], 'doc-required': false")
        + good("'command-name-exceptions': [ 'c' ]"),
    }
    pragmas = tree_of(files).pragmas
    assert not pragmas.doc_required
    assert pragmas.names("member-name-exceptions") == {"C"}
    assert pragmas.names("command-name-exceptions") == {"d"}
    assert pragmas.names("documentation-exceptions") == frozenset()
    (place,) = pragmas.places["command-name-exceptions"].values()
    assert str(place) == "root.json:1:147"
    assert files["root.json"][place.start : place.end] == "'d'"


@pytest.mark.parametrize(
    ("dialect", "pragma_name", "definition"),
    [
        ("2018", "returns-whitelist", "{ 'command': 'Ok', 'returns': 'int' }"),
        ("2018", "name-case-whitelist", "{ 'enum': 'Ok', 'data': [ 'UP' ] }"),
        ("modern", "command-returns-exceptions", "{ 'command': 'ok', 'returns': 'int' }"),
        ("modern", "command-name-exceptions", "{ 'command': 'o_k' }"),
        ("7.2", "member-name-exceptions", "{ 'enum': 'Ok', 'data': [ 'UP' ] }"),
        (
            "modern",
            "documentation-exceptions",
            "##\n# @Ok:\n##\n{ 'enum': 'Ok', 'data': [ 'up' ] }",
        ),
    ],
)
def test_pragmas_reach_definitions_before_them(
    dialect: str, pragma_name: str, definition: str
) -> None:
    name = definition.split("'")[3]
    assert problems(definition, dialect)
    setting = good(f"'{pragma_name}': [ '{name}' ]")
    assert problems(f"{definition}\n{setting}", dialect) == ()
