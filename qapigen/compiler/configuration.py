"""Which configuration symbols are defined: files that say so, and what a configuration breaks.

In: the text of a configuration file; definitions that a configuration broke.
Out: a :class:`~.passes.select.Config`; diagnostics.

The file may be a C header (``#define CONFIG_X``, ``#undef CONFIG_X``), the output of a Kconfig
tool (``CONFIG_X=y``, ``# CONFIG_X is not set``), or plain symbols, one a line.
"""

from __future__ import annotations

import re

from .diagnostics import Definition, Note, Report
from .ir import kind_of
from .passes.configure import Broken
from .passes.select import Config
from .source import Span

__all__ = ["ConfigurationError", "parse_configuration", "report_broken", "symbol"]

_SYMBOL = re.compile(r"[A-Z][A-Z0-9_]*\Z")
_LINE = re.compile(
    r"\s*(?:"
    r"#\s*define\s+(?P<define>\w+)(?:\s.*)?"
    r"|(?:/\*\s*)?#\s*undef\s+(?P<undef>\w+)(?:\s.*)?"
    r"|#\s*(?P<unset>\w+)\s+is not set\s*"
    r"|(?P<assign>\w+)\s*=\s*(?P<value>.*?)\s*"
    r"|(?P<plain>\w+)\s*"
    r"|(?P<comment>#.*|//.*|/\*.*|\*.*)?"
    r")\Z"
)


class ConfigurationError(Exception):
    """A configuration that cannot be understood; ``str()`` says where and why."""


def symbol(name: str) -> str:
    """``name`` if conditions can name it; ConfigurationError otherwise."""
    if not _SYMBOL.match(name):
        raise ConfigurationError(
            f"'{name}' is no configuration symbol: those are upper case, such as CONFIG_TPM"
        )
    return name


def parse_configuration(text: str, path: str) -> Config:
    """The symbols that a file decides; all others stay undecided."""
    defined: dict[str, bool] = {}
    for number, line in enumerate(text.split("\n"), 1):
        found = _LINE.match(line)
        if found is None:
            raise ConfigurationError(
                f"{path}:{number}: error: neither '#define X', 'X=y', '# X is not set' nor 'X'"
            )
        words = found.groupdict()
        name = words["define"] or words["plain"] or words["assign"]
        # Other names in a header are not for schemas.
        if name is not None and _SYMBOL.match(name):
            defined[name] = words["assign"] is None or words["value"] not in ("n", "", "0")
        off = words["undef"] or words["unset"]
        if off is not None and _SYMBOL.match(off):
            defined[off] = False
    return Config(
        frozenset(name for name, value in defined.items() if value),
        frozenset(name for name, value in defined.items() if not value),
    )


def report_broken(broken: Broken, report: Report) -> None:
    """Tell about a definition that the configuration leaves without something it needs."""
    definition = broken.definition
    brace = Span(definition.span.file, definition.span.start, definition.span.start + 1)
    about = Definition(kind_of(definition), definition.name)
    gone = broken.left_out
    if gone is None:
        report.error(
            "emptied",
            brace,
            f"the configuration leaves nothing of {about}",
            definition=about,
            hint="give it the same 'if' as its parts",
        )
        return
    report.error(
        "left-out-type",
        brace,
        f"{about} uses '{gone.name}', which the configuration leaves out",
        definition=about,
        notes=[Note(f"'{gone.name}' is conditional here", gone.span)],
        hint=f"give what uses '{gone.name}' the same 'if'",
    )
