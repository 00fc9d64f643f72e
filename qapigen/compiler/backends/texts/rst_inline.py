"""Text of a paragraph in reStructuredText to inline parts.

In: the text, with its newlines.  Out: inline parts.
Must not know: blocks, the schema; which names exist is found out later.

Besides the standard markup there is that of QAPI: ``@name`` for a member, and single backquotes
for any definition (QAPI language, documentation comments).
"""

from __future__ import annotations

import re
import unicodedata

from .blocks import Code, Emphasis, Inline, Link, Name, Strong, Text
from .escape import is_url, one_line

__all__ = ["inlines"]

# Each alternative that looks for its end stops at the first character that could be one, so
# that a start without an end costs no more than the way to the next start.  Each begins with a
# fixed character, and looks behind from there: only then is text between markup just skipped.
_MARKUP = re.compile(
    r"""
      \\ (?P<escaped> [\s\S] )
    | `` (?P<literal> (?=\S) (?: [^`] | `(?!`) | (?!) )++ (?<=\S) ) ``
    | ` (?P<ref> (?=\S) [^`]+ (?<=\S) ) ` (?P<hyperlink> _{0,2} )
    | : (?P<role> [A-Za-z][\w.+:-]{0,40} ) :
      ` (?P<role_ref> (?=\S) [^`]+ (?<=\S) ) ` (?P<role_hyperlink> _{0,2} )
    | \*\* (?P<strong> (?=\S) [^*]+ (?<=\S) ) \*\*
    | \* (?P<emphasis> (?=\S) [^*]+ (?<=\S) ) \*
    | @ (?<! [\w@] @ ) (?P<name> \w (?: [\w-]* \w )? )
    | h (?<! \w h ) ttps?:// [^\s<>"`]+ (?P<http>)
    | f (?<! \w f ) tp:// [^\s<>"`]+ (?P<ftp>)
    """,
    re.VERBOSE,
)
_URLS = ("http", "ftp")
_TITLED = re.compile(r"(.*\S)\s*<([^<>]+)>\Z", re.DOTALL)
_CONTENT = {
    "strong": "strong",
    "emphasis": "emphasis",
    "hyperlink": "ref",
    "role_hyperlink": "role_ref",
}
_BEHIND_URL = ".,;:!?'\"*]}>"
_QUOTES = {'"': '"', "'": "'", "(": ")", "[": "]", "{": "}", "<": ">"}
_LITERAL_ROLES = frozenset(("code", "literal", "command", "file", "option", "samp", "envvar"))


def inlines(text: str) -> tuple[Inline, ...]:
    """The parts of ``text``; whatever is no markup is text."""
    if not _may_have_markup(text):
        return (Text(text),) if text else ()
    out: list[Inline] = []
    plain: list[str] = []
    at = 0
    while (found := _MARKUP.search(text, at)) is not None:
        plain.append(text[at : found.start()])
        part = _part(text, found)
        if part is None:
            plain.append(text[found.start()])
            at = found.start() + 1
            continue
        at = found.end()
        if isinstance(part, str):
            plain.append(part)
            continue
        if isinstance(part, Link) and found.lastgroup in _URLS:
            at = found.start() + len(part.text)
        _flush(plain, out)
        out.append(part)
    plain.append(text[at:])
    _flush(plain, out)
    return tuple(out)


def _may_have_markup(text: str) -> bool:
    """False for most texts; each test is a scan for one character, faster than any pattern."""
    return "@" in text or "`" in text or "*" in text or "\\" in text or "://" in text


def _flush(plain: list[str], out: list[Inline]) -> None:
    text = "".join(plain)
    plain.clear()
    if text:
        out.append(Text(text))


def _part(text: str, found: re.Match[str]) -> Inline | str | None:
    """What the markup stands for: a part, plain text, or None if it is no markup after all."""
    kind = found.lastgroup
    if kind == "escaped":
        return _escaped(found["escaped"])
    if kind == "literal":
        return Code(found["literal"])
    if kind == "name":
        return Name(found["name"], found["name"], True)
    if kind in _URLS:
        return _bare_url(found[0])
    if not _has_room(text, found):
        return None
    if kind == "strong":
        return Strong(found["strong"])
    if kind == "emphasis":
        return Emphasis(found["emphasis"])
    if kind == "role_hyperlink":
        return _reference(found["role"], one_line(found["role_ref"]), found["role_hyperlink"])
    return _reference("", one_line(found["ref"]), found["hyperlink"])


def _escaped(character: str) -> str:
    if character.isspace():
        return "" if character != "\n" else "\n"
    return character if not character.isalnum() else f"\\{character}"


def _bare_url(url: str) -> Link:
    shown = url.rstrip(_BEHIND_URL)
    if shown.endswith(")") and "(" not in shown:
        shown = shown.rstrip(")" + _BEHIND_URL)
    return Link(shown, shown)


def _has_room(text: str, found: re.Match[str]) -> bool:
    """Whether inline markup may stand between its neighbours."""
    start, end = found.span()
    before = text[start - 1] if start else " "
    after = text[end] if end < len(text) else " "
    if _QUOTES.get(before) == text[found.start(_CONTENT[found.lastgroup or ""])]:
        return False  # in quotes, the mark itself is meant
    return _is_start(before) and _is_end(after)


def _is_start(before: str) -> bool:
    if before.isspace() or before in "'\"([{<-/:":
        return True
    return unicodedata.category(before) in ("Ps", "Pi", "Pf", "Pd", "Po")


def _is_end(after: str) -> bool:
    if after.isspace() or after in "'\")]}>-/\\:.,;!?":
        return True
    return unicodedata.category(after) in ("Pe", "Pi", "Pf", "Pd", "Po")


def _reference(role: str, text: str, hyperlink: str) -> Inline:
    """Text in single backquotes."""
    titled = _TITLED.match(text)
    title, target = (titled[1], titled[2].strip()) if titled else (text, text)
    if hyperlink:
        return (
            Link(title, target) if titled and is_url(target) else Text(_with_target(titled, text))
        )
    if role in _LITERAL_ROLES:
        return Code(text)
    if role == "emphasis":
        return Emphasis(text)
    if role == "strong":
        return Strong(text)
    if role and not role.startswith("qapi:"):
        return Text(title) if titled else Code(text.lstrip("!~"))
    if target.startswith("!"):
        return Code(target[1:])
    name = target.lstrip("~").rpartition(":")[2]
    return Name(name, title if titled else name, False)


def _with_target(titled: re.Match[str] | None, text: str) -> str:
    """A hyperlink that cannot be one: its words and, if it has any, its target."""
    return text if titled is None else f"{titled[1]} ({titled[2].strip()})"
