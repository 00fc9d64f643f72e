"""What is well formed is read as it was written."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from qapigen.compiler.diagnostics import Report
from qapigen.compiler.dialect import DIALECTS
from qapigen.compiler.ir import Doc
from qapigen.compiler.source import SourceFile
from qapigen.compiler.syntax.lexer import Source
from qapigen.compiler.syntax.parse import Item, parse
from qapigen.compiler.syntax.tree import Array, Bool, Broken, Object, Str, Value
from tests.compiler.schema_texts import shown


def parsed(text: str, dialect: str = "modern") -> tuple[list[Item], list[str]]:
    """The items of a text, and what is wrong with it."""
    report = Report()
    file = SourceFile("a.json", "a.json", text)
    items = parse(Source(file, DIALECTS[dialect], report))
    return items, shown(report.sorted())


_STRINGS = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=8)
_PLAIN = st.booleans() | _STRINGS


def _containers(inner: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.lists(inner, max_size=3) | st.dictionaries(_STRINGS, inner, max_size=3)


_VALUES: st.SearchStrategy[object] = st.recursive(_PLAIN, _containers, max_leaves=12)
_BLANKS = st.sampled_from(["", " ", "\n", "\t", " # comment\n", "\n#\n", "\N{NO-BREAK SPACE}"])


def written(value: object, blank: str) -> str:
    """The text of a value with blanks between all tokens."""
    if isinstance(value, bool):
        return blank + ("true" if value else "false")
    if isinstance(value, str):
        body = value.replace("\\", "\\\\").replace("'", "\\'")
        return f"{blank}'{body}'"
    if isinstance(value, list):
        return f"{blank}[" + ",".join(written(v, blank) for v in value) + f"{blank}]"
    assert isinstance(value, dict)
    pairs = (f"{written(k, blank)}{blank}:{written(v, blank)}" for k, v in value.items())
    return f"{blank}{{" + ",".join(pairs) + f"{blank}}}"


def plain(value: Value) -> object:
    """A tree as Python's own values."""
    match value:
        case Str(text) | Bool(text):
            return text
        case Array(items):
            return [plain(item) for item in items]
        case Object(entries):
            return {key: plain(entry.value) for key, entry in entries.items()}
    raise AssertionError(value)


@given(st.lists(st.dictionaries(_STRINGS, _VALUES, max_size=3), max_size=3), _BLANKS)
def test_old_values_come_back(values: list[dict[str, object]], blank: str) -> None:
    items, wrong = parsed("".join(written(value, blank) for value in values), "2018")
    assert wrong == []
    assert [plain(item) for item in items if not isinstance(item, Doc | Broken)] == values


def _without_quotes(value: object) -> object:
    if isinstance(value, str):
        return value.replace("'", '"')
    if isinstance(value, list):
        return [_without_quotes(item) for item in value]
    if isinstance(value, dict):
        return {_without_quotes(key): _without_quotes(item) for key, item in value.items()}
    return value


@given(st.lists(_VALUES.map(_without_quotes), max_size=4), _BLANKS)
def test_modern_values_come_back(values: list[object], blank: str) -> None:
    items, wrong = parsed(" ".join(written(value, blank) for value in values))
    assert all(text.endswith("top-level-not-definition") for text in wrong)
    assert len(wrong) == sum(not isinstance(value, dict) for value in values)
    assert [plain(item) for item in items if not isinstance(item, Doc | Broken)] == values
