"""Documentation comments against the definitions that they describe."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from .cases import BOTH, MODERN, OLD, accepted, compiled


@dataclass(frozen=True)
class DocCase:
    """A problem of documentation: the line it is reported at, by dialect."""

    code: str
    bad: str
    good: str
    lines: dict[str, int]
    focus: str


RETURNS = """\
##
# @{name}:
#
# Text.
#
# Returns: something
##
{definition}
"""
ERRORS = RETURNS.replace("Returns", "Errors")
MEMBER = """\
##
# @Ss:
#
# Text.
#
# @{name}: a member
##
{{ 'struct': 'Ss', 'data': {{ 'real': 'int' }} }}
"""
FEATURE = """\
##
# @go:
#
# Text.
#
# Features:
#
# @{name}: a feature
##
{{ 'command': 'go', 'features': ['real'] }}
"""
PLAIN = "##\n# @Ss:\n#\n# Text.\n##\n{ 'struct': 'Ss', 'data': {} }\n"
GOOD_RETURNS = PLAIN + RETURNS.format(name="go", definition="{ 'command': 'go', 'returns': 'Ss' }")

CASES = [
    DocCase(
        "E066",
        RETURNS.format(name="GO", definition="{ 'event': 'GO' }"),
        GOOD_RETURNS,
        {"2018": 1, "7.2": 1, "modern": 6},
        "# Returns: something",
    ),
    DocCase(
        "E067",
        RETURNS.format(name="go", definition="{ 'command': 'go' }"),
        GOOD_RETURNS,
        {"modern": 6},
        "# Returns: something",
    ),
    DocCase(
        "E068",
        ERRORS.format(name="GO", definition="{ 'event': 'GO' }"),
        ERRORS.format(name="go", definition="{ 'command': 'go' }"),
        {"modern": 6},
        "# Errors: something",
    ),
    DocCase(
        "E128",
        "##\n# @Ss:\n#\n# Text.\n##\n{ 'struct': 'Ss', 'data': { 'a': 'int' } }",
        MEMBER.format(name="real"),
        {"modern": 6},
        "'a'",
    ),
    DocCase(
        "E129",
        "##\n# @go:\n#\n# Text.\n##\n{ 'command': 'go', 'features': ['a'] }",
        FEATURE.format(name="real"),
        {"7.2": 6, "modern": 6},
        "'a'",
    ),
    DocCase(
        "E130",
        PLAIN.replace("# Text.", "# @bogus: a member"),
        MEMBER.format(name="real"),
        {"2018": 1, "7.2": 1, "modern": 4},
        "# @bogus: a member",
    ),
    DocCase(
        "E131",
        FEATURE.format(name="rael").replace("['real']", "[]"),
        FEATURE.format(name="real"),
        {"7.2": 1, "modern": 8},
        "# @rael: a feature",
    ),
]

BY_DIALECT = [
    pytest.param(case, dialect, id=f"{case.code}-{dialect}")
    for case in CASES
    for dialect in case.lines
]


@pytest.mark.parametrize(("case", "dialect"), BY_DIALECT)
def test_rule(case: DocCase, dialect: str) -> None:
    accepted(case.good, dialect)
    _, problems = compiled(case.bad, dialect)
    assert [p.code.id for p in problems] == [case.code]
    (problem,) = problems
    assert problem.span is not None
    assert problem.span.line == case.lines[dialect]
    assert problem.focus is not None
    assert case.bad[problem.focus.start : problem.focus.end] == case.focus
    assert problem.definition is not None


#: Features are no matter for 2018, where they are unknown keys.
IN_ALL = [
    pytest.param(case, dialect, id=f"{case.code}-{dialect}")
    for case in CASES
    for dialect in BOTH
    if dialect != "2018" or "features" not in case.bad
]


@pytest.mark.parametrize(("case", "dialect"), IN_ALL)
def test_rule_is_for_its_dialects_only(case: DocCase, dialect: str) -> None:
    _, problems = compiled(case.bad, dialect)
    assert (case.code in {p.code.id for p in problems}) == (dialect in case.lines)


DESCRIBED = [
    "{ 'enum': 'Xx', 'data': ['a'] }",
    "{ 'struct': 'Xx', 'data': { '*a': 'int' } }",
    "{ 'alternate': 'Xx', 'data': { 'a': 'int' } }",
    "{ 'union': 'Xx', 'base': { 'a': 'Ee' }, 'discriminator': 'a', 'data': {} }",
    "{ 'command': 'Xx', 'data': { 'a': 'int' } }",
    "{ 'event': 'Xx', 'data': { 'a': 'int' } }",
]


def documented(definition: str, *members: str) -> str:
    """A definition, named after its kind's rules, with these members described."""
    name = {"command": "xx", "event": "XX"}.get(definition.split("'")[1], "Xx")
    lines = "".join(f"# @{member}: text\n#\n" for member in members)
    text = definition.replace("'Xx'", f"'{name}'", 1)
    return f"{{ 'enum': 'Ee', 'data': ['e'] }}\n##\n# @{name}:\n#\n{lines}# Text.\n##\n{text}"


@pytest.mark.parametrize("definition", DESCRIBED)
def test_what_needs_a_description(definition: str) -> None:
    accepted(documented(definition, "a"))
    _, problems = compiled(documented(definition))
    assert [p.code.id for p in problems] == ["E128"]
    _, problems = compiled(documented(definition, "a", "b"))
    assert [p.code.id for p in problems] == ["E130"]
    accepted(documented(definition), "7.2")


@pytest.mark.parametrize(
    "definition",
    [
        "{ 'struct': 'Xx', 'base': 'Bb', 'data': {} }\n{ 'struct': 'Bb', 'data': { 'a': 'int' } }",
        "{ 'command': 'Xx', 'data': 'Bb' }\n{ 'struct': 'Bb', 'data': { 'a': 'int' } }",
        """{ 'union': 'Xx', 'base': 'Bb', 'discriminator': 'b', 'data': { 'a': 'Cc' } }
           { 'struct': 'Bb', 'data': { 'b': 'Ff' } } { 'struct': 'Cc', 'data': {} }
           { 'enum': 'Ff', 'data': ['a'] }""",
    ],
)
def test_what_is_described_elsewhere(definition: str) -> None:
    """Inherited members, members of named arguments, and branches."""
    accepted(documented(definition))
    _, (problem,) = compiled(documented(definition, "a"))
    assert problem.code.id == "E130"
    assert problem.hint is not None


def test_members_may_be_excused_but_features_not() -> None:
    excuse = "{ 'pragma': { 'documentation-exceptions': ['Ss'] } }\n"
    text = "##\n# @Ss:\n##\n{ 'struct': 'Ss', 'data': { 'a': 'int' }, 'features': ['f'] }"
    _, problems = compiled(excuse + text)
    assert [p.code.id for p in problems] == ["E129"]
    _, problems = compiled(text)
    assert [p.code.id for p in problems] == ["E129", "E128"]
    assert "'documentation-exceptions': ['Ss']" in (problems[1].hint or "")


def test_features_of_members_are_described_with_the_definition() -> None:
    definition = "{ 'struct': 'Ss', 'data': { 'a': { 'type': 'int', 'features': ['f'] } } }"
    doc = "##\n# @Ss:\n#\n# @a: text\n#\n# Features:\n#\n# @f: text\n##\n"
    accepted(doc + definition)
    _, problems = compiled("##\n# @Ss:\n#\n# @a: text\n##\n" + definition)
    assert [p.code.id for p in problems] == ["E129"]


def test_all_bogus_members_are_one_problem() -> None:
    text = "##\n# @Ss:\n#\n# @x: text\n#\n# @y: text\n##\n{ 'struct': 'Ss', 'data': {} }"
    _, (problem,) = compiled(text)
    assert problem.message == "described members 'x', 'y' do not exist"
    assert [note.span.line for note in problem.notes if note.span] == [6]


def test_the_nearest_undescribed_member_is_suggested() -> None:
    definition = "{ 'struct': 'Ss', 'data': { 'speed': 'int', 'speeds': 'int' } }"
    text = "##\n# @Ss:\n#\n# @speed: text\n#\n# @speedz: text\n##\n" + definition
    _, problems = compiled(text, "7.2")
    assert [p.hint for p in problems] == ["did you mean 'speeds'?"]


UNCHECKED_2018 = [
    "{ 'enum': 'Xx', 'data': ['a'] }",
    "{ 'command': 'xx' }",
    "{ 'command': 'xx', 'data': 'Ee' }\n{ 'struct': 'Ee', 'data': {} }",
    "{ 'event': 'XX', 'data': {} }",
]


@pytest.mark.parametrize("definition", UNCHECKED_2018)
def test_2018_does_not_look_everywhere(definition: str) -> None:
    name = definition.split("'")[3]
    accepted(f"##\n# @{name}:\n# @bogus: text\n##\n{definition}", "2018")


def test_2018_never_wants_descriptions() -> None:
    accepted(PLAIN.replace("'data': {}", "'data': { 'a': 'int' }"), "2018")


def test_the_tag_of_a_simple_union_may_be_described() -> None:
    text = "##\n# @Uu:\n# @{}: text\n##\n{{ 'union': 'Uu', 'data': {{ 'a': 'int' }} }}"
    accepted(text.format("type"), "2018")
    _, problems = compiled(text.format("a"), "2018")
    assert [p.code.id for p in problems] == ["E130"]


def test_documentation_for_another_name_says_nothing_about_this_one() -> None:
    text = "##\n# @Tt:\n#\n# @bogus: text\n##\n{ 'struct': 'Ss', 'data': { 'a': 'int' } }"
    for dialect in (*OLD, *MODERN):
        _, problems = compiled(text, dialect)
        assert [p.code.id for p in problems] == ["E065"]


def test_documentation_is_linked() -> None:
    schema = accepted(MEMBER.format(name="real") + "\n##\n# Free text.\n##\n")
    assert schema.definitions[0].doc is schema.docs[0]
    assert [doc.symbol for doc in schema.docs] == ["Ss", None]
