"""Names of members, values, branches and features."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qapigen.compiler.check import names
from qapigen.compiler.check.names import NameRules, Problem, fold, fold_all
from qapigen.compiler.dialect import DIALECTS
from qapigen.compiler.syntax.tree import Pragmas
from tests.compiler.schema_texts import problems

from .cases import BOTH, MODERN, OLD, Case, accepted, assert_bad, params


def member(name: str, mark: bool = False) -> str:
    shown = f"«'{name}'»" if mark else f"'{name}'"
    return f"{{ 'struct': 'Aa', 'data': {{ {shown}: 'int' }} }}"


def bad_member(code: str, name: str, good: str, dialects: tuple[str, ...] = BOTH) -> Case:
    return Case(code, "struct Aa", member(name, mark=True), member(good), dialects)


EXCEPTED = "{ 'pragma': { 'member-name-exceptions': ['Aa'] } }\n"

CASES = [
    bad_member("E076", "a b", "a-b"),
    bad_member("E076", "", "a"),
    bad_member("E076", "*", "*a"),
    bad_member("E076", "**a", "*a"),
    bad_member("E076", "9a", "a9"),
    bad_member("E076", "-a", "a-"),
    bad_member("E076", "q_a", "qa"),
    bad_member("E076", "*q-a", "*q"),
    bad_member("E076", "__a", "__a_b"),
    bad_member("E077", "Aa", "aa", MODERN),
    bad_member("E077", "a_b", "__a.B_ab", MODERN),
    bad_member("E077", "x-A", "X-a", MODERN),
    bad_member("E078", "u", "uu"),
    bad_member("E078", "has-a", "has"),
    bad_member("E078", "has_a", "hasa", OLD),
    bad_member("E078", "*u", "x-u", MODERN),
    bad_member("E078", "*has-a", "x-has-a", MODERN),
    Case(
        "E077",
        "struct Aa",
        member("a_b", mark=True),
        EXCEPTED + member("a_B"),
        MODERN,
        "'a-b' would do, or permit it with { 'pragma': { 'member-name-exceptions': ['Aa'] } }",
    ),
    Case(
        "E077",
        "struct Bb",
        EXCEPTED + "{ 'struct': 'Bb', 'data': { «'A'»: 'int' } }",
        EXCEPTED + member("A"),
        MODERN,
        "'a' would do, or add 'Bb' to the list of the pragma 'member-name-exceptions'",
    ),
    Case(
        "E077",
        "command go",
        "{ 'pragma': { 'member-name-exceptions': ['go'] } }\n"
        "{ 'command': 'go', 'data': { «'A'»: 'int' } }",
        "{ 'command': 'go', 'data': { 'a': 'int' } }",
        MODERN,
        "'a' would do",
    ),
    Case(
        "E077",
        "union Aa",
        "{ 'enum': 'Ee', 'data': ['e'] }\n"
        "{ 'union': 'Aa', 'base': { 't': 'Ee', «'B'»: 'int' }, 'discriminator': 't', 'data': {} }",
        EXCEPTED + "{ 'enum': 'Ee', 'data': ['e'] }\n"
        "{ 'union': 'Aa', 'base': { 't': 'Ee', 'B': 'int' }, 'discriminator': 't', 'data': {} }",
        MODERN,
    ),
    # values
    Case("E071", "enum Aa", "{ 'enum': 'Aa', 'data': [ «true» ] }", "{ 'enum': 'Aa', 'data': [] }"),
    Case(
        "E071", "enum Aa", "{ 'enum': 'Aa', 'data': [ «{}» ] }", "{ 'enum': 'Aa', 'data': [] }", OLD
    ),
    Case(
        "E072", "enum Aa", "{ 'enum': 'Aa', 'data': [ «''» ] }", "{ 'enum': 'Aa', 'data': ['u'] }"
    ),
    Case(
        "E072", "enum Aa", "{ 'enum': 'Aa', 'data': [ «'*a'» ] }", "{ 'enum': 'Aa', 'data': ['a'] }"
    ),
    Case(
        "E072",
        "enum Aa",
        "{ 'enum': 'Aa', 'data': [ «'q-a'» ] }",
        "{ 'enum': 'Aa', 'data': ['has-a'] }",
    ),
    Case(
        "E072",
        "enum Aa",
        "{ 'enum': 'Aa', 'data': [ «'a.b'» ] }",
        "{ 'enum': 'Aa', 'data': ['2x'] }",
    ),
    Case(
        "E073",
        "enum Aa",
        "{ 'enum': 'Aa', 'data': [ 'ok', «'2X'» ] }",
        EXCEPTED + "{ 'enum': 'Aa', 'data': ['2X', 'a_b'] }",
        MODERN,
        "'2-x' would do, or permit it with",
    ),
    # branches
    Case(
        "E085",
        "alternate Aa",
        "{ 'alternate': 'Aa', 'data': { 'a': 'int', «'2b'»: 'null' } }",
        "{ 'alternate': 'Aa', 'data': { 'a': 'int', 'b2': 'null' } }",
    ),
    Case(
        "E085",
        "alternate Aa",
        "{ 'alternate': 'Aa', 'data': { 'a': 'int', «'*b'»: 'null' } }",
        "{ 'alternate': 'Aa', 'data': { 'u': 'int', 'has-b': 'null' } }",
    ),
    Case(
        "E085",
        "union Aa",
        "{ 'union': 'Aa', 'data': { «'2b'»: 'int' } }",
        "{ 'union': 'Aa', 'data': { 'max': 'int', 'u': 'str' } }",
        OLD,
    ),
    Case(
        "E086",
        "alternate Aa",
        EXCEPTED + "{ 'alternate': 'Aa', 'data': { «'a_b'»: 'int' } }",
        "{ 'alternate': 'Aa', 'data': { 'a-b': 'int' } }",
        MODERN,
        "'a-b' would do",
    ),
    # features
    Case(
        "E100",
        "event GO",
        "{ 'event': 'GO', 'features': [ «'a_b'» ] }",
        "{ 'event': 'GO', 'features': [ 'a-b', 'u', 'x-has-a' ] }",
        MODERN,
        "'a-b' would do",
    ),
    Case(
        "E100",
        "event GO",
        "{ 'event': 'GO', 'features': [ { 'name': «'2b'» } ] }",
        "{ 'event': 'GO', 'features': [ { 'name': 'b2' } ] }",
        MODERN,
    ),
    # discriminators
    Case(
        "E088",
        "union Aa",
        "{ 'union': 'Aa', 'base': { '*t': 'Bb' }, 'discriminator': «'*t'», 'data': { 'a': 'B' } }",
        "{ 'union': 'Aa', 'data': { 'a': 'int' } }",
        OLD,
        "without the '*'",
    ),
]


@params(CASES)
def test_rule(case: Case, dialect: str) -> None:
    assert_bad(case, dialect)


def test_reserved_names_slip_through_with_a_star_in_2018() -> None:
    accepted(member("*u"), "2018")
    accepted(member("*has-x"), "2018")


def test_case_is_no_matter_of_form_in_2018() -> None:
    accepted("{ 'struct': 'foo', 'data': {} }\n{ 'event': 'bar-baz' }", "2018")


def test_an_escaped_newline_is_no_part_of_a_name() -> None:
    case = Case("E051", "event GO\n", "{ 'event': «'GO\\n'» }", "{ 'event': 'GO' }", OLD)
    assert_bad(case, "2018")


@pytest.mark.parametrize("dialect", BOTH)
@given(name=st.text(alphabet="abAB09-_.*xqu", max_size=8))
def test_rules_are_total_and_steady(dialect: str, name: str) -> None:
    """No name is too odd to judge, and the cache does not change the verdict."""
    rules = NameRules(DIALECTS[dialect], Pragmas(False, {}))

    def verdicts() -> list[Problem | None]:
        types = [rules.definition(kind, name) for kind in ("struct", "event", "command")]
        return [rules.member(name, "Aa"), rules.value(name, "Aa"), rules.feature(name), *types]

    assert verdicts() == verdicts()


@given(name=st.from_regex(r"[a-z][a-z0-9-]{0,8}", fullmatch=True))
def test_plain_names_are_fine_everywhere(name: str) -> None:
    if fold(name) == "u" or fold(name).startswith(("q_", "has_")):
        return
    for dialect in BOTH:
        rules = NameRules(DIALECTS[dialect], Pragmas(False, {}))
        assert rules.member(name, None) is None
        assert rules.value(name, "Aa") is None
        assert rules.branch(name) is None
        assert rules.definition("command", name) is None


def test_folding_keeps_case() -> None:
    assert fold("__a.b_c-D") == "__a_b_c_D"


class _Never:
    """In place of a pattern for usual names: none is usual."""

    def fullmatch(self, name: str) -> None:
        return None


USUAL_LETTERS = st.text("aquhsxkAQXKindList019-_*.", max_size=7)
PREFIXES = st.sampled_from(("", "", "", "q-", "q_", "has-", "has_", "x-", "X-", "u", "__a_"))
ENDINGS = st.sampled_from(("", "", "", "Kind", "List", "\n"))


@given(
    PREFIXES,
    USUAL_LETTERS,
    ENDINGS,
    st.sampled_from(("enum", "struct", "union", "alternate", "command", "event")),
    st.sampled_from(("2018", "modern")),
)
def test_usual_names_need_no_closer_look(
    prefix: str, letters: str, ending: str, kind: str, dialect: str
) -> None:
    name = prefix + letters + ending
    rules = NameRules(DIALECTS[dialect], Pragmas(False, {}))
    quick = (rules.definition(kind, name), rules.member(name, None), rules.value(name, "Aa"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(names, "_PLAIN", {})
        patch.setattr(names, "_PLAIN_TYPE", _Never())
        patch.setattr(names, "is_plain_member", _Never().fullmatch)
        patch.setattr(names, "is_plain_value", _Never().fullmatch)
        slow = (rules.definition(kind, name), rules.member(name, None), rules.value(name, "Aa"))
    assert quick == slow


@given(st.lists(st.text("aB-._", min_size=1)))
def test_folding_many(many: list[str]) -> None:
    assert fold_all(many) == [fold(name) for name in many]


EE = "{ 'enum': 'Ee', 'data': [ 'UP', '1st' ] } { 'struct': 'Xx', 'data': { } }\n"
FLAT = EE + "{ 'union': 'Uu', 'base': { 'k': 'Ee' }, 'discriminator': 'k', 'data': { '%s': 'Xx' } }"
EXCUSED = {
    "name-case-whitelist": "{ 'pragma': { 'name-case-whitelist': [ 'Ee', 'Uu', 'UuKind' ] } }\n",
    "member-name-exceptions": "{ 'pragma': { 'member-name-exceptions': [ 'Ee', 'Uu' ] } }\n",
}


@pytest.mark.parametrize(
    ("text", "name", "refusing"),
    [
        # A pragma excuses values; from 4.2 to 5.2 it does not excuse branches that are called so.
        (FLAT, "UP", {"4.2", "5.2"}),
        (FLAT, "1st", {"4.2", "5.2"}),
        ("{ 'union': 'Uu', 'data': { '%s': 'int' } }", "UP", {"4.2", "5.2", "6.0", "6.1"}),
        ("{ 'union': 'Uu', 'data': { '%s': 'int' } }", "a_b", {"6.0", "6.1"}),
    ],
)
def test_names_of_branches_by_release(text: str, name: str, refusing: set[str]) -> None:
    found = set()
    for release in ("4.1", "4.2", "5.2", "6.0", "6.1", "6.2", "8.2"):
        dialect = DIALECTS[release]
        if "'base'" in text or dialect.simple_unions:
            assert dialect.case_pragma is not None
            slugs = {
                p.code.slug for p in problems(EXCUSED[dialect.case_pragma] + text % name, release)
            }
            if slugs & {"branch-name-case", "bad-branch-name"}:
                found.add(release)
    assert found - {"4.1"} == refusing


@pytest.mark.parametrize(
    ("release", "accepted"),
    [
        ("4.1", True),
        ("4.2", False),
        ("5.2", False),
        ("6.0", False),
        ("6.1", True),
        ("7.0", True),
        ("7.1", False),
    ],
)
def test_names_of_features_by_release(release: str, accepted: bool) -> None:
    found = problems("{ 'struct': 'Aa', 'data': { }, 'features': [ 'F_x' ] }", release)
    assert [p.code.slug for p in found] == ([] if accepted else ["bad-feature"])
