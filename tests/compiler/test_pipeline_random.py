"""Any text is a schema or has problems: the front end neither fails nor hangs."""

from __future__ import annotations

import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from qapigen.compiler.diagnostics import Diagnostic, render_text
from qapigen.compiler.dialect import DIALECTS
from qapigen.compiler.ir import (
    All,
    Alternate,
    Any,
    Command,
    Cond,
    Definition,
    Enum,
    Event,
    Feature,
    InlineMembers,
    Member,
    Not,
    Struct,
    Symbol,
    TypeRef,
    Union,
)
from qapigen.compiler.pipeline import Analysis, analyze
from qapigen.compiler.source import Span
from tests.compiler.schema_texts import reader, schema_of

SCHEMA = """##
# = Title
##

{ 'pragma': { 'doc-required': false } }
{ 'include': 'sub.json' }

##
# @Speed:
#
# Some text.  More.
#
# @slow: one
#        more of it
#
# @fast: two
#
# Features:
#
# @f: text
#
# Since: 1.0
##
{ 'enum': 'Speed', 'data': [ 'slow', { 'name': 'fast', 'if': 'A', 'features': [ 'f' ] } ],
  'prefix': 'SP' }
{ 'struct': 'Base', 'data': { 'k': 'Speed', '*o': [ 'Speed' ] } }
{ 'struct': 'Low', 'base': 'Base', 'data': { 'l': { 'type': 'Low', 'if': { 'all': [ 'A' ] } } } }
{ 'union': 'Un', 'base': 'Base', 'discriminator': 'k', 'data': { 'slow': 'Sub', 'fast': 'Sub' } }
{ 'alternate': 'Alt', 'data': { 'i': 'int', 's': 'Speed' } }
{ 'command': 'aa', 'data': { 'x': 'Alt' }, 'returns': 'Low', 'allow-oob': true }
{ 'event': 'EV', 'data': 'Low', 'boxed': true }  # comment
"""
SUB = "{ 'struct': 'Sub', 'data': { 'n': 'null' } }\n"


def analyzed(text: str, dialect: str) -> Analysis:
    """The analysis of a text that may include ``sub.json``, and what has to hold of any."""
    begun = time.perf_counter()
    files = {"root.json": text, "sub.json": SUB}
    analysis = analyze("root.json", reader(files), dialect)
    assert time.perf_counter() - begun < 10
    errors = [d for d in analysis.diagnostics if d.severity == "error"]
    assert (analysis.schema is None) is bool(errors)
    for diagnostic in analysis.diagnostics:
        check_diagnostic(diagnostic)
    render_text(analysis.diagnostics)
    return analysis


def check_diagnostic(diagnostic: Diagnostic) -> None:
    """It says something, of places that there are."""
    assert diagnostic.span is not None
    assert diagnostic.message
    for span in (diagnostic.span, diagnostic.focus, *(n.span for n in diagnostic.notes)):
        if span is not None:
            check_span(span)


def check_span(span: Span) -> None:
    assert 0 <= span.start <= span.end <= len(span.file.text)
    assert 1 <= span.line <= span.end_line <= span.file.text.count("\n") + 1
    assert span.column >= 1


dialects = st.sampled_from([*DIALECTS, "auto"])


@settings(max_examples=150)
@given(st.text(max_size=200), dialects)
@example("\ufeff", "modern")
@example("##", "2018")
@example("{'a'" * 50, "modern")
@example("'\\u", "2018")
def test_any_text(text: str, dialect: str) -> None:
    analyzed(text, dialect)


PIECES = st.sampled_from(
    [
        *(
            "{",
            "}",
            "[",
            "]",
            ":",
            ",",
            "'",
            "\n",
            "\\",
            "#",
            "##\n",
            "# @a: x\n",
            "# @Speed:\n",
            "\t",
        ),
        *("'include'", "'pragma'", "'struct'", "'enum'", "'union'", "'data'", "'base'", "'if'"),
        *(
            "'command'",
            "'discriminator'",
            "'features'",
            "true",
            "false",
            "null",
            "''",
            "'*'",
            "'*x'",
        ),
        *("{ 'include': 'root.json' }", "{ 'include': 'sub.json' }", "'int'", "'Speed'", "\ufeff"),
        *(
            "{ 'name': 'x', 'if': 'A' }",
            "{ 'not': 'A' }",
            "[ 'int' ]",
            "{ }",
            "# Features:\n",
            "\0",
        ),
        *("# Since: 1\n", "#\n", "12", "'Low'", "'k'", "'q_x'", "'__a.b_c'", "'\\u0041'", "é"),
    ]
)


@settings(max_examples=150)
@given(st.lists(PIECES, max_size=40).map(" ".join), dialects)
def test_any_pieces(text: str, dialect: str) -> None:
    analyzed(text, dialect)


#: A change: where, how much is taken away, what comes instead.
CHANGES = st.tuples(st.integers(0, len(SCHEMA)), st.integers(0, 12), PIECES | st.just(""))


@settings(max_examples=200)
@given(st.lists(CHANGES, min_size=1, max_size=4), dialects)
def test_any_changes_to_a_schema(changes: list[tuple[int, int, str]], dialect: str) -> None:
    text = SCHEMA
    for at, length, piece in changes:
        text = text[:at] + piece + text[at + length :]
    analyzed(text, dialect)


@pytest.mark.parametrize("dialect", ["modern", "7.2"])
def test_the_schema_that_is_changed_is_right(dialect: str) -> None:
    assert analyzed(SCHEMA, dialect).diagnostics == ()


@pytest.mark.parametrize("dialect", DIALECTS)
def test_any_beginning_of_a_schema(dialect: str) -> None:
    for end in range(0, len(SCHEMA), 3):
        analyzed(SCHEMA[:end], dialect)


# What is printed of a schema is the schema.


def cond_text(cond: Cond) -> str:
    match cond:
        case Symbol(name):
            return f"'{name}'"
        case Not(inner):
            return f"{{ 'not': {cond_text(inner)} }}"
        case All(conds) | Any(conds):
            word = "all" if isinstance(cond, All) else "any"
            return f"{{ '{word}': [ {', '.join(map(cond_text, conds))} ] }}"


def ref_text(ref: TypeRef) -> str:
    return f"[ '{ref.name}' ]" if ref.is_array else f"'{ref.name}'"


def extras(cond: Cond | None, features: tuple[Feature, ...] = ()) -> str:
    """The keys ``if`` and ``features``, each behind a comma."""
    text = f", 'if': {cond_text(cond)}" if cond is not None else ""
    if features:
        rows = (f"{{ 'name': '{f.name}'{extras(f.cond)} }}" for f in features)
        text += f", 'features': [ {', '.join(rows)} ]"
    return text


def members_text(members: tuple[Member, ...]) -> str:
    rows = (
        f"'{'*' * m.optional}{m.name}': "
        f"{{ 'type': {ref_text(m.type)}{extras(m.cond, m.features)} }}"
        for m in members
    )
    return f"{{ {', '.join(rows)} }}"


def data_text(data: str | InlineMembers) -> str:
    return f"'{data}'" if isinstance(data, str) else members_text(data.members)


def body_text(definition: Definition) -> str:
    """The keys of a definition but its kind, ``if`` and ``features``."""
    match definition:
        case Enum(values=values, prefix=prefix):
            rows = (f"{{ 'name': '{v.name}'{extras(v.cond, v.features)} }}" for v in values)
            head = f"'prefix': '{prefix}', " if prefix is not None else ""
            return f"{head}'data': [ {', '.join(rows)} ]"
        case Struct(members=members, base=base):
            return (f"'base': '{base}', " if base else "") + f"'data': {members_text(members)}"
        case Union(base=base, discriminator=tag, branches=branches):
            assert base is not None
            rows = (
                f"'{b.case}': {{ 'type': {ref_text(b.type)}{extras(b.cond)} }}"
                for b in branches
                if b.type is not None
            )
            head = f"'base': {data_text(base)}, 'discriminator': '{tag}'"
            return f"{head}, 'data': {{ {', '.join(rows)} }}"
        case Alternate(alternatives=each):
            rows = (f"'{a.name}': {{ 'type': {ref_text(a.type)}{extras(a.cond)} }}" for a in each)
            return f"'data': {{ {', '.join(rows)} }}"
        case Command() | Event():
            keys = [f"'data': {data_text(definition.data)}"] if definition.data else []
            keys += ["'boxed': true"] if definition.boxed else []
            if isinstance(definition, Command) and definition.returns:
                keys.append(f"'returns': {ref_text(definition.returns)}")
            return ", ".join(keys)


def schema_text(definitions: tuple[Definition, ...]) -> str:
    lines = []
    for d in definitions:
        body = body_text(d)
        head = f"'{type(d).__name__.lower()}': '{d.name}'"
        lines.append(f"{{ {head}{', ' if body else ''}{body}{extras(d.cond, d.features)} }}\n")
    return "".join(lines)


NAMES = st.sampled_from(["a", "b-c", "x-d", "e2", "__com.example_f"])
CONDS: st.SearchStrategy[str] = st.recursive(
    st.sampled_from(["'A'", "'B_2'"]),
    lambda inner: (
        inner.map("{{ 'not': {} }}".format)
        | st.lists(inner, min_size=1, max_size=2).map(lambda c: f"{{ 'any': [ {', '.join(c)} ] }}")
        | st.lists(inner, min_size=1, max_size=2).map(lambda c: f"{{ 'all': [{','.join(c)}] }}")
    ),
    max_leaves=4,
)
TYPES = st.sampled_from(["int", "str", "any", "Sx", "Ex", "Ux", "Ax", "QType", "size"])
REFS = TYPES.map("'{}'".format) | TYPES.map("[ '{}' ]".format)


@st.composite
def extra_keys(draw: st.DrawFn) -> str:
    text = ", 'if': " + draw(CONDS) if draw(st.booleans()) else ""
    if draw(st.booleans()):
        text += draw(
            st.sampled_from([", 'features': [ 'f', { 'name': 'g' } ]", ", 'features': []"])
        )
    return text


@st.composite
def member_objects(draw: st.DrawFn, *, plain: bool = False) -> str:
    rows = []
    for name in draw(st.lists(NAMES, unique=True, max_size=3)):
        star, ref = draw(st.sampled_from(["", "*"])), draw(REFS)
        more = "" if plain else draw(extra_keys())
        rows.append(f"'{star}{name}': " + (f"{{ 'type': {ref}{more} }}" if more else ref))
    return f"{{ {', '.join(rows)} }}"


@st.composite
def schemas(draw: st.DrawFn) -> str:
    """Right schemas of all kinds of definitions, in any order."""
    more = [draw(extra_keys()) for _ in range(7)]
    values = draw(st.lists(NAMES, unique=True, min_size=1, max_size=4))
    branches = draw(st.lists(st.sampled_from(values), unique=True))
    rows = ", ".join(f"'{value}': 'Bx'" for value in branches)
    definitions = [
        f"{{ 'enum': 'Ex', 'data': [ {', '.join(map(repr, values))} ]{more[0]} }}",
        f"{{ 'struct': 'Sx', 'data': {draw(member_objects())}{more[1]} }}",
        f"{{ 'struct': 'Tx', 'base': 'Sx', 'data': {{ 'own': 'Tx' }}{more[2]} }}",
        f"{{ 'struct': 'Bx', 'data': {{ 'only': {draw(REFS)} }} }}",
        f"{{ 'union': 'Ux', 'base': {{ 'kind': 'Ex' }}, 'discriminator': 'kind',"
        f" 'data': {{ {rows} }}{more[3]} }}",
        f"{{ 'alternate': 'Ax', 'data': {{ 'i': 'int', 'l': {{ 'type': [ 'Ax' ] }} }}{more[4]} }}",
        f"{{ 'command': 'cx', 'data': {draw(member_objects(plain=True))},"
        f" 'returns': [ 'Ux' ]{more[5]} }}",
        f"{{ 'event': 'EX', 'data': 'Ux', 'boxed': true{more[6]} }}",
    ]
    return "\n".join(draw(st.permutations(definitions)))


def plain(definitions: tuple[Definition, ...]) -> str:
    """All that the model says, without places."""
    return schema_text(definitions) + repr(
        [(d.name, d.module, type(d).__name__) for d in definitions]
    )


@settings(max_examples=100)
@given(schemas())
def test_printed_schemas_come_back(text: str) -> None:
    schema = schema_of(text)
    again = schema_of(schema_text(schema.definitions))
    assert plain(again.definitions) == plain(schema.definitions)
    assert len(schema.definitions) == 8
    for name in ("Ex", "Sx", "Ux", "Ax", "cx", "EX"):
        assert text.count(f"'{name}'") >= 1
