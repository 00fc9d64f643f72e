"""The values under the keys of a definition, each on its own."""

from __future__ import annotations

from qapigen.compiler.ir import (
    Alternate,
    Command,
    Enum,
    Event,
    InlineMembers,
    Member,
    Struct,
    TypeRef,
    Union,
)

from .cases import BOTH, MODERN, OLD, Case, accepted, assert_bad, compiled, params

ENUM = "{ 'enum': 'Ee', 'data': ['e'] }\n"
STRUCT = "{ 'struct': 'Ss', 'data': { 's': 'int' } }\n"
GOOD = STRUCT + "{ 'command': 'go', 'data': 'Ss', 'boxed': true, 'returns': ['Ss'] }"
GOOD_UNION = (
    ENUM + STRUCT + "{ 'union': 'Uu', 'base': { 't': 'Ee' }, 'discriminator': 't',"
    " 'data': { 'e': 'Ss' } }"
)


def union(base: str, discriminator: str, data: str) -> str:
    return (
        f"{ENUM}{STRUCT}{{ 'union': 'Uu', 'base': {base}, 'discriminator': {discriminator},"
        f" 'data': {data} }}"
    )


CASES = [
    # enums
    Case("E069", "enum Ee", "{ 'enum': 'Ee', 'data': «{ 'a': 'b' }» }", ENUM),
    Case("E069", "enum Ee", "{ 'enum': 'Ee', 'data': «null» }", ENUM, OLD),
    Case("E070", "enum Ee", "{ 'enum': 'Ee', 'data': [], 'prefix': «['E']» }", ENUM),
    Case(
        "E070",
        "enum Ee",
        "{ 'enum': 'Ee', 'data': [], 'prefix': «true» }",
        "{ 'enum': 'Ee', 'data': [], 'prefix': '' }",
    ),
    # structs
    Case("E075", "struct Ss", "{ 'struct': 'Ss', 'data': «['a']» }", STRUCT),
    Case("E075", "struct Ss", "{ 'struct': 'Ss', 'data': «'Tt'» }", STRUCT, BOTH, "'base': 'Tt'"),
    Case("E075", "struct Ss", "{ 'struct': 'Ss', 'data': «null» }", STRUCT, OLD),
    Case("E079", "struct Ss", "{ 'struct': 'Ss', 'data': { 'a': «true» } }", STRUCT),
    Case("E079", "struct Ss", "{ 'struct': 'Ss', 'data': { 'a': «null» } }", STRUCT, OLD),
    Case(
        "E079", "struct Ss", "{ 'struct': 'Ss', 'data': { 'a': «{ 'type': 'int' }» } }", STRUCT, OLD
    ),
    Case(
        "E079", "struct Ss", "{ 'struct': 'Ss', 'data': { 'a': { 'type': «{}» } } }", STRUCT, MODERN
    ),
    Case("E080", "struct Ss", "{ 'struct': 'Ss', 'data': { 'a': «[]» } }", STRUCT),
    Case("E080", "struct Ss", "{ 'struct': 'Ss', 'data': { 'a': «['int', 'str']» } }", STRUCT),
    Case("E080", "struct Ss", "{ 'struct': 'Ss', 'data': { 'a': «[['int']]» } }", STRUCT),
    Case("E081", "struct Ss", "{ 'struct': 'Ss', 'base': «['Tt']», 'data': {} }", STRUCT),
    Case("E082", "struct Ss", "{ 'struct': 'Ss', 'base': «{ 'a': 'int' }», 'data': {} }", STRUCT),
    # long forms
    Case("E074", "enum Ee", "{ 'enum': 'Ee', 'data': [ «{» 'if': 'A' } ] }", ENUM, MODERN),
    Case(
        "E074", "enum Ee", "{ 'enum': 'Ee', 'data': [ { 'name': 'a', «'x'»: 'b' } ] }", ENUM, MODERN
    ),
    Case(
        "E074",
        "struct Ss",
        "{ 'struct': 'Ss', 'data': { 'a': «{» 'x': 'int', 'y': 'int' } } }",
        STRUCT,
        MODERN,
        "not written in place",
    ),
    Case(
        "E074",
        "struct Ss",
        "{ 'struct': 'Ss', 'data': { 'a': { 'type': 'int', «'iff'»: 'A' } } }",
        STRUCT,
        MODERN,
        "did you mean 'if'?",
    ),
    Case(
        "E074",
        "union Uu",
        union("{ 't': 'Ee' }", "'t'", "{ 'e': { 'type': 'Ss', «'features'»: [] } }"),
        union("{ 't': 'Ee' }", "'t'", "{ 'e': { 'type': 'Ss', 'if': 'A' } }"),
        MODERN,
    ),
    Case(
        "E074",
        "alternate Aa",
        "{ 'alternate': 'Aa', 'data': { 'a': «{» } } }",
        "{ 'alternate': 'Aa', 'data': { 'a': { 'type': 'int' } } }",
        MODERN,
    ),
    # unions
    Case("E075", "union Uu", union("«true»", "'t'", "{ 'e': 'Ss' }"), GOOD_UNION, OLD),
    Case("E082", "union Uu", union("«true»", "'t'", "{ 'e': 'Ss' }"), GOOD_UNION, MODERN),
    Case("E081", "union Uu", union("«['Ss']»", "'t'", "{ 'e': 'Ss' }"), GOOD_UNION),
    Case("E081", "union Uu", union("{ 't': 'Ee' }", "'t'", "{ 'e': «['Ss']» }"), GOOD_UNION),
    Case("E082", "union Uu", union("{ 't': 'Ee' }", "'t'", "{ 'e': «true» }"), GOOD_UNION),
    Case("E082", "union Uu", union("{ 't': 'Ee' }", "'t'", "{ 'e': «{}» }"), GOOD_UNION, OLD),
    Case(
        "E083",
        "union Uu",
        union("{ 't': 'Ee' }", "'t'", "«['e']»"),
        GOOD_UNION,
        BOTH,
        "each of 'e'",
    ),
    Case(
        "E083",
        "union Uu",
        "{ 'union': 'Uu', 'data': «null» }",
        "{ 'union': 'Uu', 'data': { 'e': 'int' } }",
        OLD,
    ),
    Case("E087", "union Uu", union("{ 't': 'Ee' }", "«['t']»", "{ 'e': 'Ss' }"), GOOD_UNION),
    Case(
        "E089",
        "union Uu",
        "{ 'union': 'Uu', «'base'»: 'Ss', 'data': { 'e': 'int' } }",
        "{ 'union': 'Uu', 'base': null, 'data': { 'e': 'int' } }",
        OLD,
        "'discriminator'",
    ),
    Case(
        "E090",
        "union Uu",
        "{ 'union': 'Uu', «'discriminator'»: 't', 'data': { 'e': 'Ss' } }",
        GOOD_UNION,
        OLD,
    ),
    Case(
        "E090",
        "union Uu",
        "{ 'union': 'Uu', 'base': {}, «'discriminator'»: 't', 'data': { 'e': 'Ss' } }",
        GOOD_UNION,
        OLD,
    ),
    Case("E091", "union Uu", "{ 'union': 'Uu', 'data': «{}» }", GOOD_UNION, OLD),
    Case(
        "E091",
        "union Uu",
        union("{ 't': 'Ee' }", "'t'", "«{}»").replace("['e']", "[]"),
        GOOD_UNION,
        OLD,
    ),
    # alternates
    Case(
        "E084",
        "alternate Aa",
        "{ 'alternate': 'Aa', 'data': «{}» }",
        "{ 'alternate': 'Aa', 'data': { 'a': 'int', 'b': 'null' } }",
    ),
    Case(
        "E084",
        "alternate Aa",
        "{ 'alternate': 'Aa', 'data': «{ 'a': 'int' }» }",
        "{ 'alternate': 'Aa', 'data': { 'a': 'int', 'b': 'null' } }",
        OLD,
    ),
    Case(
        "E083",
        "alternate Aa",
        "{ 'alternate': 'Aa', 'data': «[ 'int', 'null' ]» }",
        "{ 'alternate': 'Aa', 'data': { 'a': 'int', 'b': 'null' } }",
    ),
    Case(
        "E081",
        "alternate Aa",
        "{ 'alternate': 'Aa', 'data': { 'a': «['int']», 'b': 'null' } }",
        "{ 'alternate': 'Aa', 'data': { 'a': 'int', 'b': 'null' } }",
        OLD,
    ),
    # commands and events
    Case("E075", "command go", "{ 'command': 'go', 'data': «true» }", GOOD),
    Case("E075", "event GO", "{ 'event': 'GO', 'data': «['Ss']» }", GOOD, MODERN),
    Case("E081", "event GO", "{ 'event': 'GO', 'data': «['Ss']» }", GOOD, OLD),
    Case("E081", "command go", "{ 'command': 'go', 'boxed': true, 'data': «['Ss']» }", GOOD),
    Case(
        "E082", "command go", "{ 'command': 'go', 'boxed': true, 'data': «{ 'a': 'int' }» }", GOOD
    ),
    Case("E082", "event GO", "{ 'event': 'GO', 'boxed': true, 'data': «{}» }", GOOD),
    Case("E092", "command go", "{ 'command': 'go', «'boxed'»: true }", GOOD),
    Case("E092", "event GO", "{ 'event': 'GO', «'boxed'»: true, 'data': null }", GOOD, OLD),
    Case("E079", "command go", "{ 'command': 'go', 'returns': «{ 'a': 'int' }» }", GOOD),
    Case("E080", "command go", "{ 'command': 'go', 'returns': «['Ss', 'Ss']» }", GOOD),
]


@params(CASES)
def test_rule(case: Case, dialect: str) -> None:
    assert_bad(case, dialect)


def test_every_bad_member_is_reported() -> None:
    text = "{ 'struct': 'Ss', 'data': { 'a': [], 'B': 'int', 'c': 'int', 'u': true } }"
    _, problems = compiled(text)
    assert [p.code.id for p in problems] == ["E080", "E077", "E078", "E079"]


def test_empty_inline_data_is_none() -> None:
    schema = accepted("{ 'command': 'go', 'data': {} }\n{ 'event': 'GO', 'data': {} }")
    assert [command.data for command in schema.commands] == [None]
    assert [event.data for event in schema.events] == [None]


def test_short_and_long_forms_mean_the_same() -> None:
    short = accepted("{ 'struct': 'Ss', 'data': { '*a': ['int'] } }")
    long = accepted("{ 'struct': 'Ss', 'data': { '*a': { 'type': ['int'] } } }")
    members = []
    for schema in (short, long):
        (struct,) = schema.definitions
        assert isinstance(struct, Struct)
        members.append([(m.name, m.type, m.optional, m.cond, m.features) for m in struct.members])
    assert members[0] == members[1] == [("a", TypeRef("int", True), True, None, ())]


def test_what_a_command_holds() -> None:
    schema = accepted(
        STRUCT + "{ 'command': 'go', 'data': { 'a': 'int' }, 'returns': ['Ss'], 'gen': false,"
        " 'success-response': false, 'allow-preconfig': true, 'coroutine': true }"
    )
    (command,) = schema.commands
    assert isinstance(command.data, InlineMembers)
    assert isinstance(command.data.members[0], Member)
    assert command.returns == TypeRef("Ss", True)
    assert not (command.gen or command.success_response or command.boxed or command.allow_oob)
    assert command.allow_preconfig
    assert command.coroutine


def test_spans_lead_to_names() -> None:
    text = (
        ENUM + STRUCT + "{ 'union': 'Uu', 'base': { 't': 'Ee' }, 'discriminator': 't',"
        " 'data': { 'e': 'Ss' } }\n{ 'alternate': 'Aa', 'data': { 'x': 'int' } }"
    )
    enum, struct, union_, alternate = accepted(text).definitions
    assert isinstance(enum, Enum)
    assert isinstance(struct, Struct)
    assert isinstance(union_, Union)
    assert isinstance(alternate, Alternate)
    assert isinstance(union_.base, InlineMembers)
    parts = (enum.values[0], struct.members[0], union_.base.members[0], union_.branches[0])
    spans = [*(part.span for part in parts), alternate.alternatives[0].span]
    assert [text[s.start : s.end] for s in spans] == ["'e'", "'s'", "'t'", "'e'", "'x'"]
    assert [text[d.span.start] + text[d.span.end - 1] for d in (enum, union_)] == ["{}", "{}"]


def test_a_simple_union_is_tagged_by_type() -> None:
    schema = accepted("{ 'union': 'Uu', 'data': { 'a': 'int', 'b': ['str'] } }", "2018")
    (found,) = schema.definitions
    assert isinstance(found, Union)
    assert (found.simple, found.base, found.discriminator) == (True, None, "type")
    assert [branch.type for branch in found.branches] == [TypeRef("int"), TypeRef("str", True)]


def test_events_and_commands_differ() -> None:
    command, event = accepted("{ 'command': 'go' }\n{ 'event': 'GO' }").definitions
    assert isinstance(command, Command)
    assert isinstance(event, Event)
