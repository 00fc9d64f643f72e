"""Tell what a diagnostic means: the rule, why there is one, a schema that breaks it, a right one.

Codes are given as E101, or by name as unknown-type; without a code, all are listed.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from .status import FINE, Trouble
from .terminal import add_color_option, has_colors, show

if TYPE_CHECKING:
    from ..compiler.codes import Code
    from ..compiler.explanations import Block, Fence, Page

__all__ = ["arguments", "run"]

_BOLD, _CYAN, _RESET = "\x1b[1m", "\x1b[36m", "\x1b[0m"
_MARKUP = re.compile(r"`([^`]+)`|\[([^\]]+)\]\([^)]+\)")


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the verb takes."""
    parser.add_argument(
        "codes",
        metavar="CODE",
        nargs="*",
        help="a code or its name; may be repeated (default: list all codes)",
    )
    add_color_option(parser)


def run(options: argparse.Namespace) -> int:
    """Print the pages; the exit status."""
    color = has_colors(options.color, sys.stdout)
    if options.codes:
        from ..compiler.explanations import read_page

        pages = [read_page(code) for code in _codes(options.codes)]
        text = "\n\n".join("\n".join(_page(page, color)) + "\n" for page in pages)
    else:
        text = "\n".join(_list(color)) + "\n"
    show(text)  # a page may show what a schema must not hold
    return FINE


def _codes(names: Iterable[str]) -> Iterator[Code]:
    """The codes, each once; Trouble for names that are none."""
    from ..compiler.explanations import code_named

    found = {name: code_named(name) for name in names}
    unknown = [name for name, code in found.items() if code is None]
    if unknown:
        raise Trouble("\n".join(map(_unknown, unknown)))
    return iter(dict.fromkeys(code for code in found.values() if code is not None))


def _unknown(name: str) -> str:
    from ..compiler.explanations import similar

    close = " or ".join(f"'{each}'" for each in similar(name))
    hint = f"did you mean {close}?" if close else "'qapigen explain' lists all codes"
    return f"qapigen explain: error: no code {name!r}; {hint}"


def _list(color: bool) -> Iterator[str]:
    from ..compiler.explanations import by_stage

    for title, codes in by_stage():
        yield _bold(title, color)
        yield from (f"  {code.id}  {code.slug:<26} {code.title}" for code in codes)
        yield ""
    yield "'qapigen explain CODE' tells about one of them."


def _page(page: Page, color: bool) -> Iterator[str]:
    yield _bold(page.title, color)
    for block in page.blocks:
        yield ""
        yield from _block(block, color)


def _block(block: Block, color: bool) -> Iterator[str]:
    from ..compiler.explanations import Heading, Paragraph

    if isinstance(block, Heading):
        yield _bold(block.text, color)
    elif isinstance(block, Paragraph):
        yield from _marked_up("\n".join(block.lines), color).split("\n")
    else:
        if caption := _caption(block):
            yield f"  {caption}:"
        yield from (f"    {line}".rstrip() for line in block.text.splitlines())


def _caption(fence: Fence) -> str:
    """What the options of a fence say to a reader."""
    parts = []
    if "file" in fence.options:
        parts.append(fence.options["file"])
    if "dialect" in fence.options:
        parts.append("dialect " + " and ".join(fence.options["dialect"].split(",")))
    if "config" in fence.options:
        parts.append(f"with --config {fence.options['config']}")
    return ", ".join(parts)


def _bold(text: str, color: bool) -> str:
    return f"{_BOLD}{text}{_RESET}" if color else text


def _marked_up(text: str, color: bool) -> str:
    """Running text without link targets; code is coloured, or keeps its backticks."""

    def show(found: re.Match[str]) -> str:
        code, link = found[1], found[2]
        if code is None:
            return str(link)
        return f"{_CYAN}{code}{_RESET}" if color else f"`{code}`"

    return _MARKUP.sub(show, text)
