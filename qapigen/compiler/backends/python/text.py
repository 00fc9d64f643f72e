"""Python text in black's form: what fits on a line stands on it, the rest is exploded.

In: the parts of a construct.  Out: its lines, as black would leave them.
Must not know: QAPI, templates.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from functools import lru_cache
from math import ceil

__all__ = [
    "WIDTH",
    "all_block",
    "assignment",
    "call",
    "deferred",
    "docstring",
    "exploded",
    "import_block",
    "import_from",
    "is_wide",
    "signature",
    "string",
    "strings",
    "tuple_of",
    "union_of",
]

#: black's default.
WIDTH = 88

#: A longer chain of ``|`` is made of groups that have this many operands at most: it is nested as
#: deep as it is long, and pyright does not look into an expression of more than 256 levels.
_LONGEST_CHAIN, _GROUP = 200, 100

#: What a longer tuple consists of is unknown to pyright.
_LONGEST_TUPLE = 256

_UNUSUAL = re.compile(r"[^\n -~]")
_LINE_BREAKS = re.compile("[\x0b\x0c\r\x1c-\x1e\x85\u2028\u2029]")
_BLANKS = re.compile(r"[^\S\n]")
_AT_MARGIN = re.compile(r"\n[^ \n]")
_WIDE = re.compile(rf"\n([^\n]{{{WIDTH + 1},}})")
# Among them what nobody sees, and what changes the direction of text: code has to read as it runs.
_CONTROLS = re.compile(
    r"[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff"
    r"\xad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)


def call(
    head: str, arguments: Sequence[str], tail: str = ")", *, indent: int = 0, after: int = 0
) -> str:
    """``head(a, b)tail``: on one line, or an argument a line.

    ``head`` ends with the opening bracket, ``tail`` starts with the closing one; ``indent`` is
    the column of the head, the text of which has no indentation on its first line; ``after`` is
    how much, a comma say, follows the tail.
    """
    line = f"{head}{', '.join(arguments)}{tail}"
    if indent + len(line) + after <= WIDTH or not arguments:
        return line
    return exploded(head, arguments, tail, indent=indent)


def exploded(head: str, arguments: Sequence[str], tail: str = ")", *, indent: int = 0) -> str:
    """The same with an argument a line; the last comma makes black keep it so."""
    outer, inner = "\n" + " " * indent, "\n" + " " * (indent + 4)
    body = f"{inner}{f',{inner}'.join(arguments)}," if arguments else ""
    return f"{head}{body}{outer}{tail}"


def deferred(target: str, function: str, *, indent: int = 0) -> str:
    """``target=DeferredVisit(...)``: an argument that finds a visit function when it is needed."""
    return call(f"{target}=DeferredVisit(", [f"lambda: {function}"], indent=indent, after=1)


def signature(name: str, parameters: Sequence[str], returns: str, *, indent: int = 0) -> str:
    """``def name(parameters) -> returns:``."""
    return call(f"def {name}(", parameters, f") -> {returns}:", indent=indent)


def assignment(target: str, value: str, *, indent: int = 0) -> str:
    """``target = value`` for a value that cannot be split: in parentheses if it is too long."""
    line = f"{target} = {value}"
    if indent + len(line) <= WIDTH or indent + 4 + len(value) > WIDTH:
        return line
    return f"{target} = (\n{' ' * (indent + 4)}{value}\n{' ' * indent})"


def union_of(target: str, choices: Sequence[str]) -> str:
    """``target = A | B | C`` at module level; very many choices in groups of about one size."""
    line = f"{target} = {' | '.join(choices)}"
    if len(line) <= WIDTH:
        return line
    if len(choices) == 1 or 4 + len(" | ".join(choices)) <= WIDTH:
        return assignment(target, " | ".join(choices))
    if len(choices) > _LONGEST_CHAIN:
        size = ceil(len(choices) / ceil(len(choices) / _GROUP))
        starts = range(0, len(choices), size)
        choices = [_exploded_union(choices[at : at + size], indent=4) for at in starts]
    return f"{target} = {_exploded_union(choices)}"


def _exploded_union(choices: Sequence[str], *, indent: int = 0) -> str:
    outer, inner = "\n" + " " * indent, "\n" + " " * (indent + 4)
    return f"({inner}{f'{inner}| '.join(choices)}{outer})"


def import_from(module: str, names: Sequence[str], *, indent: int = 0) -> str:
    """``from module import a, b``, in parentheses only if it must be exploded."""
    line = f"from {module} import {', '.join(names)}"
    if indent + len(line) <= WIDTH:
        return line
    return exploded(f"from {module} import (", names, indent=indent)


def import_block(groups: Sequence[Sequence[str]], for_annotations: Sequence[str]) -> str:
    """The imports of a module, a blank line between groups.

    Those ``for_annotations`` are there for type checkers alone.
    """
    blocks = ["\n".join(group) for group in groups]
    if for_annotations:
        blocks.append("\n    ".join(["if TYPE_CHECKING:", *for_annotations]))
    return "\n\n".join(blocks)


def all_block(names: Sequence[str]) -> str:
    """The assignment to ``__all__``, a name a line."""
    if not names:
        return "__all__: list[str] = []"
    return exploded("__all__ = [", [string(name) for name in names], "]")


def tuple_of(target: str, items: Sequence[str], *, indent: int = 0) -> str:
    """``target = (a, b)``, an item a line unless there is one that fits."""
    line = f"{target} = ({items[0]},)"
    if len(items) == 1 and "\n" not in line and indent + len(line) <= WIDTH:
        return line
    return exploded(f"{target} = (", items, indent=indent)


def strings(target: str, values: Sequence[str], *, indent: int = 0) -> str:
    """``target = ("a", "b")``, a tuple of strings; very many are a list."""
    quoted = [string(value) for value in values]
    if len(quoted) > _LONGEST_TUPLE:
        return exploded(f"{target} = [", quoted, "]", indent=indent)
    if len(quoted) == 1 and indent + len(f"{target} = ({quoted[0]},)") <= WIDTH:
        return f"{target} = ({quoted[0]},)"
    return call(f"{target} = (", quoted, ")", indent=indent)


@lru_cache(maxsize=8192)  # the names of members come in types, visit functions and commands
def string(value: str) -> str:
    """A string literal in double quotes, ASCII only."""
    if _is_plain(value):
        return f'"{value}"'
    body = value.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if " " <= c <= "~" else _escape(c) for c in body) + '"'


def _is_plain(text: str) -> bool:
    """Whether ``text`` stands in a literal as it is; quicker than a regular expression."""
    return text.isascii() and text.isprintable() and '"' not in text and "\\" not in text


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def docstring(text: str, *, indent: int) -> str:
    """A docstring literal; the text has neither tabs nor control characters afterwards."""
    if _is_plain(text):
        return f'"""{text.strip()}"""'
    if _UNUSUAL.search(text):
        text = _BLANKS.sub(" ", _LINE_BREAKS.sub("\n", text).expandtabs())
        text = _CONTROLS.sub("\N{REPLACEMENT CHARACTER}", text)
    body = _flush_left(text.strip())
    if "\\" in body or '"""' in body:
        body = body.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    if body.startswith('"'):
        body = f" {body}"  # as black has it
    if "\n" not in body:
        return f'"""{body} """' if body.endswith('"') else f'"""{body}"""'
    margin = " " * indent
    # Lines have no blanks at their ends, so a margin before a newline is all of an empty line.
    lines = body.replace("\n", f"\n{margin}").replace(f"{margin}\n", "\n")
    return f'"""{lines}\n{margin}"""'


def _flush_left(text: str) -> str:
    """``text`` without blanks at the ends of lines, nor those that all lines but the first share.

    Most texts have neither, which two searches tell, without a look at each line.
    """
    if " \n" in text:
        text = "\n".join([line.rstrip() for line in text.split("\n")])
    if "\n" not in text or _AT_MARGIN.search(text):
        return text
    body, _, rest = text.partition("\n")
    return f"{body}\n{textwrap.dedent(rest)}".rstrip()


def is_wide(text: str) -> bool:
    """Whether a line of code, not of documentation, is longer than black would have it."""
    quotes = at = 0
    # A newline first lets the search skip from line to line; few of them are found.
    for match in _WIDE.finditer(f"\n{text}"):
        quotes += text.count('"""', at, match.start())
        at = match.start()
        if quotes % 2 == 0 and '"""' not in match[1]:
            return True
    return False
