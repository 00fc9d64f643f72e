"""What a stream is: whether text that goes there has colours, whether a line there can change.

In: a stream, the environment, what ``--color`` says.  Out: yes or no.
Must not know: what is written.

All that this command writes is decided here, in the order that Python's own tools have:
``--color``, NO_COLOR, FORCE_COLOR, TERM=dumb, and at last whether the stream is a terminal.
NO_COLOR (no-color.org) and FORCE_COLOR (force-color.org) count when they are set to anything but
the empty string.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping
from typing import TextIO

__all__ = ["add_color_option", "has_colors", "show", "writes_over"]

#: Terminals that print what they get, and can do nothing else.
_DUMB = ("dumb", "unknown")


def add_color_option(parser: argparse.ArgumentParser) -> None:
    """The option ``--color``."""
    parser.add_argument(
        "--color",
        choices=("auto", "always", "never"),
        default="auto",
        help="colours; auto: on a terminal, unless NO_COLOR is set or TERM is dumb, and where "
        "FORCE_COLOR is set (default: %(default)s)",
    )


def has_colors(choice: str, stream: TextIO, environment: Mapping[str, str] | None = None) -> bool:
    """Whether what goes to ``stream`` is coloured; ``choice`` is what ``--color`` says."""
    if choice != "auto":
        return choice == "always"
    environment = os.environ if environment is None else environment
    if environment.get("NO_COLOR"):
        return False
    if environment.get("FORCE_COLOR"):
        return True
    return writes_over(stream, environment)


def writes_over(stream: TextIO | None, environment: Mapping[str, str] | None = None) -> bool:
    """Whether ``stream`` is a terminal that does what escape sequences say."""
    environment = os.environ if environment is None else environment
    if stream is None or environment.get("TERM", "").lower() in _DUMB:
        return False
    return stream.isatty()


def show(text: str) -> None:
    """Print on stdout what a person reads: with escapes for what an old terminal cannot show."""
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding))
