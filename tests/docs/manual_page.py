"""The manual page, made of the parsers of the command line by argparse-manpage.

Run as ``python -m tests.docs.manual_page``, as ``make manual`` does; prints the page.
"""

from __future__ import annotations

import re
import sys

from argparse_manpage.manpage import Manpage

from qapigen import __version__
from qapigen.cli.parsing import whole_parser

__all__ = ["PAGE", "page"]

#: Where the page is kept.
PAGE = "docs/qapigen.1"

_EXIT_STATUS = """\
0: fine.
.br
1: the schema has errors, output is stale, what was compared differs, or a server refused a command.
.br
2: wrong usage or configuration, files that cannot be read or written, servers that cannot be reached.
.br
70: a defect of qapigen.
.br
130: interrupted."""

_ENVIRONMENT = """\
.TP
\\fBNO_COLOR\\fR
no colours, if it is set and not empty
.TP
\\fBFORCE_COLOR\\fR
colours in pipes and files, too, if it is set and not empty
.TP
\\fBTERM\\fR
dumb: the terminal can neither colour a text nor write over a line"""


def page() -> str:
    """The text of the page: the same whenever and with whatever Python it is made."""
    made = Manpage(whole_parser(), format="single-commands-section")
    made.description = "compile QAPI schemas, and talk to programs that speak QMP"
    made.source = f"qapigen {__version__}"
    made.manual = "User Commands"
    made.date = ""
    made.add_section("exit status", ">", _EXIT_STATUS)
    made.add_section("environment", ">", _ENVIRONMENT)
    # A list of choices may be wider than a page: lines may end behind its commas, and as there are no
    # blanks to be stretched, nothing is adjusted.
    text = re.sub(r"\{[^{}\s]*\}", lambda found: found[0].replace(",", ",\\:"), str(made))
    head, heading, rest = text.partition(".SH NAME\n")
    return f"{head}.ad l\n{heading}{rest}"


if __name__ == "__main__":
    sys.stdout.write(page())
