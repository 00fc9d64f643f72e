"""Kind, name, keys and flags of a definition; its documentation being there."""

from __future__ import annotations

from .cases import BOTH, MODERN, OLD, Case, accepted, assert_bad, compiled, params

GOOD_STRUCT = "{ 'struct': 'Good', 'data': {} }"

CASES = [
    # kinds
    Case("E049", "", "«{» 'data': {} }", GOOD_STRUCT),
    Case("E049", "", "«{» 'strukt': 'Good', 'data': {} }", GOOD_STRUCT, BOTH, "'struct'?"),
    Case(
        "E049",
        "",
        "{ 'struct': 'Good', «'enum'»: 'Bad', 'data': {} }",
        GOOD_STRUCT,
        MODERN,
    ),
    # names
    Case("E050", "", "{ 'event': «true» }", "{ 'event': 'GONE' }"),
    Case("E050", "", "{ 'struct': «['A']», 'data': {} }", GOOD_STRUCT),
    Case("E051", "event B@D", "{ 'event': «'B@D'» }", "{ 'event': 'BAD' }"),
    Case("E051", "command q-run", "{ 'command': «'q-run'» }", "{ 'command': 'run' }"),
    Case("E051", "command 2go", "{ 'command': «'2go'» }", "{ 'command': 'go2' }"),
    Case("E051", "event *GO", "{ 'event': «'*GO'» }", "{ 'event': 'GO' }", MODERN, "'*'"),
    Case("E051", "command __a_", "{ 'command': «'__a_'» }", "{ 'command': '__a.b_go' }"),
    Case("E052", "event *GO", "{ 'event': «'*GO'» }", "{ 'event': 'GO' }", OLD, "remove"),
    Case("E053", "event GONe", "{ 'event': «'GONe'» }", "{ 'event': 'x-GO_NE' }", MODERN, "'GONE'"),
    Case("E053", "event A-B", "{ 'event': «'A-B'» }", "{ 'event': 'A_B' }", MODERN, "'A_B'"),
    Case("E054", "command Go", "{ 'command': «'Go'» }", "{ 'command': 'go' }", MODERN, "'go'"),
    Case(
        "E054",
        "command go_on",
        "{ 'command': «'go_on'» }",
        "{ 'pragma': { 'command-name-exceptions': ['go_on'] } }\n{ 'command': 'go_on' }",
        MODERN,
        "'go-on' would do, or permit it with { 'pragma': {",
    ),
    Case(
        "E054",
        "command Go_on",
        "{ 'pragma': { 'command-name-exceptions': ['Go_on'] } }\n{ 'command': «'Go_on'» }",
        "{ 'command': 'go-on' }",
        MODERN,
    ),
    Case(
        "E055",
        "enum FOO",
        "{ 'enum': «'FOO'», 'data': [] }",
        "{ 'enum': 'Fo', 'data': [] }",
        MODERN,
    ),
    Case(
        "E055",
        "enum ab-cd",
        "{ 'enum': «'ab-cd'», 'data': [] }",
        "{ 'enum': 'x-AbCd', 'data': [] }",
        MODERN,
        "'AbCd' would do",
    ),
    Case(
        "E056", "enum FoList", "{ 'enum': «'FoList'», 'data': [] }", "{ 'enum': 'Fo', 'data': [] }"
    ),
    Case(
        "E056",
        "enum FoKind",
        "{ 'enum': «'FoKind'», 'data': [] }",
        "{ 'enum': 'Fo', 'data': [] }",
        OLD,
    ),
    Case("E056", "event FOKind", "{ 'event': «'FOKind'» }", "{ 'event': 'FO' }", OLD),
    # keys
    Case("E057", "enum Fo", "«{» 'enum': 'Fo' }", "{ 'enum': 'Fo', 'data': [] }"),
    Case("E057", "struct Fo", "«{» 'struct': 'Fo', 'base': 'Fo' }", GOOD_STRUCT),
    Case(
        "E058",
        "event GO",
        "{ 'event': 'GO', «'returns'»: 'str' }",
        "{ 'event': 'GO' }",
        BOTH,
        "event 'GO' can have boxed, data, event",
    ),
    Case(
        "E058",
        "struct Good",
        "{ 'struct': 'Good', «'dta'»: {} }",
        GOOD_STRUCT,
        BOTH,
        "did you mean 'data'?",
    ),
    Case("E058", "event GO", "{ 'event': 'GO', «'if'»: 'A' }", "{ 'event': 'GO' }", OLD),
    Case("E058", "struct Fo", "{ «'event'»: 'GO', 'struct': 'Fo', 'data': {} }", GOOD_STRUCT, OLD),
    # flags
    Case(
        "E059",
        "command go",
        "{ 'command': 'go', 'gen': «true» }",
        "{ 'command': 'go', 'gen': false }",
    ),
    Case(
        "E059",
        "command go",
        "{ 'command': 'go', 'success-response': «'no'» }",
        "{ 'command': 'go', 'success-response': false }",
    ),
    Case(
        "E060",
        "command go",
        "{ 'command': 'go', 'allow-oob': «false» }",
        "{ 'command': 'go', 'allow-oob': true }",
        BOTH,
        "without 'allow-oob' it is false",
    ),
    Case("E060", "event GO", "{ 'event': 'GO', 'boxed': «'A'» }", "{ 'event': 'GO' }"),
    Case(
        "E060",
        "command go",
        "{ 'command': 'go', 'coroutine': «[]» }",
        "{ 'command': 'go', 'coroutine': true, 'allow-preconfig': true }",
        MODERN,
    ),
    Case(
        "E061",
        "command go",
        "{ 'command': 'go', 'allow-oob': true, «'coroutine'»: true }",
        "{ 'command': 'go', 'allow-oob': true }",
        MODERN,
    ),
]

DOCUMENTED = """\
{ 'pragma': { 'doc-required': true } }
##
# @go:
#
# Leaves.
##
{ 'command': 'go' }
"""

DOC_CASES = [
    Case(
        "E064",
        "event GONE",
        "{ 'pragma': { 'doc-required': true } }\n{ 'event': «'GONE'» }",
        DOCUMENTED,
        BOTH,
        "'@GONE:'",
    ),
    Case("E065", "command go", "§##\n# @og:\n# Leaves.\n##\n{ 'command': «'go'» }", DOCUMENTED),
]


@params(CASES)
def test_rule(case: Case, dialect: str) -> None:
    assert_bad(case, dialect)


@params(DOC_CASES)
def test_documentation(case: Case, dialect: str) -> None:
    found = assert_bad(case, dialect)
    assert found.span is not None
    assert case.text[found.span.start] == "{"


def test_several_kinds_in_2018_are_one_kind_with_unknown_keys() -> None:
    _, problems = compiled("{ 'command': 'go', 'enum': 'A', 'data': [] }", "2018")
    assert [(p.code.id, str(p.definition)) for p in problems] == [("E058", "enum 'A'")]


def test_all_missing_keys_are_listed() -> None:
    _, problems = compiled("{ 'union': 'Aa' }")
    assert [p.message for p in problems] == ["union 'Aa' lacks 'base', 'discriminator', 'data'"]


def test_every_unknown_key_is_reported() -> None:
    _, problems = compiled("{ 'event': 'A', 'x': true, 'y': true }")
    assert [p.code.id for p in problems] == ["E058", "E058"]


def test_null_counts_as_absent_in_2018() -> None:
    schema = accepted("{ 'command': 'go', 'data': null, 'returns': null }", "2018")
    (command,) = schema.commands
    assert (command.data, command.returns) == (None, None)
