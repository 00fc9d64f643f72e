"""The words of the command line: the verbs, and a parser for each.

In: words.  Out: options, or one line that says what is wrong and what may have been meant, with
a short usage below it.
Must not know: what the verbs do.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from types import ModuleType
from typing import Any, NoReturn

from .. import __version__
from .status import TROUBLE

__all__ = [
    "SHELLS",
    "VERBS",
    "Parser",
    "command_parser",
    "no_verb",
    "verb_module",
    "verb_parser",
    "whole_parser",
]

#: The verbs, each with the line that the help shows.  A verb is a module with the functions
#: ``arguments(parser)`` and ``run(options) -> status``, loaded when it is asked for.
VERBS = {
    "generate": "compile a schema into a Python package and documentation",
    "check": "say what is wrong with a schema",
    "explain": "tell what a diagnostic means",
    "ir": "print what a schema means, as JSON",
    "introspect": "print what query-qmp-schema answers for a schema, or how a program differs",
    "call": "run a command of a program that speaks QMP",
    "vm": "run a machine whose guest can be migrated",
}

#: The shells that completions are made for.
SHELLS = ("bash", "zsh", "tcsh", "fish")

_DESCRIPTION = "A compiler for QAPI, the interface language of QEMU."

#: A positional argument in a usage, by how many words it takes.
_PLACES: Mapping[object, str] = {
    argparse.OPTIONAL: "[{0}]",
    argparse.ZERO_OR_MORE: "[{0} ...]",
    argparse.ONE_OR_MORE: "{0} [{0} ...]",
    argparse.PARSER: "{0} ...",
}

_NEGATIVE_NUMBER = re.compile(r"-\d+$|-\d*\.\d+$")


class Parser(argparse.ArgumentParser):
    """Tells the error first, then a short usage; offers what may have been meant."""

    def __init__(self, *, note: str = "", **options: Any) -> None:
        """``note`` is said about an unknown option that is like no other."""
        super().__init__(formatter_class=argparse.RawDescriptionHelpFormatter, **options)
        self.color = False  # Python 3.14 would colour help, also where we colour nothing
        self._note = note

    def read(self, words: Sequence[str]) -> argparse.Namespace:
        """The options that the words are; SystemExit after a message for words that are wrong."""
        # Made now: while it reads, argparse changes what would be in it.
        self.usage = self.usage or self._short_usage()
        self._expect_options(words)
        return self.parse_intermixed_args(words)

    def error(self, message: str) -> NoReturn:
        """End with the error, and where to read on."""
        usage = self.format_usage()
        self.exit(
            TROUBLE, f"{self.prog}: error: {message}\n{usage}'{self.prog} --help' tells more\n"
        )

    def format_usage(self) -> str:
        """The usage in one line: what has to be given by name, the rest in sum."""
        return f"usage: {self.usage or self._short_usage()}\n"

    def format_help(self) -> str:
        """The help, with the short usage: all options follow anyway."""
        self.usage = self.usage or self._short_usage()
        return super().format_help()

    def _short_usage(self) -> str:
        named = [each for each in self._actions if each.option_strings]
        parts = [self.prog, "[OPTIONS]" if any(not each.required for each in named) else ""]
        parts += [f"{each.option_strings[0]} {each.metavar}" for each in named if each.required]
        parts += [_place(each) for each in self._actions if not each.option_strings]
        return " ".join(filter(None, parts))

    def _expect_options(self, words: Sequence[str]) -> None:
        """Refuse the first word that looks like an option and is none.

        argparse itself would first miss what the misspelt option was to give.
        """
        known = [text for each in self._actions for text in each.option_strings]
        for word in words:
            if word == "--":
                return
            name = word.partition("=")[0]
            if not name.startswith("-") or name == "-" or " " in name:
                continue
            # The value of a short option may stand right behind it.
            is_short = not name.startswith("--") and f"-{name}" not in known
            if is_short and (name[:2] in known or _NEGATIVE_NUMBER.match(word)):
                continue
            if not any(each.startswith(name) for each in known):
                near = _near(name, known) or self._note
                self.error(f"there is no option {_shown(name)}{near}")

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        """Refuse a value that is none of the choices, with the nearest of them."""
        if action.choices is not None and value not in action.choices:
            choices = [str(each) for each in action.choices]
            near = _near(str(value), choices) or f"; there are {', '.join(choices)}"
            raise argparse.ArgumentError(action, f"there is no {_shown(value)}{near}")


def _shown(value: object) -> str:
    from ..runtime.errors import cut  # what is right has no need of it

    return ascii(cut(str(value)))


def _near(word: str, candidates: Iterable[str]) -> str:
    from ..runtime.errors import did_you_mean

    return did_you_mean(word, candidates)


def _place(action: argparse.Action) -> str:
    """A positional argument in a usage."""
    name = str(action.metavar or action.dest)
    return _PLACES.get(action.nargs, "{0}").format(name)


def verb_module(verb: str) -> ModuleType:
    """The module of a verb."""
    return import_module(f".{verb}", __package__)


def verb_parser(verb: str) -> Parser:
    """The parser for what follows a verb."""
    module = verb_module(verb)
    parser = Parser(prog=f"qapigen {verb}", description=module.__doc__)
    module.arguments(parser)
    return parser


def command_parser() -> Parser:
    """The parser for what stands before a verb."""
    lines = "\n".join(f"  {name:<12} {text}" for name, text in VERBS.items())
    parser = _parser_of_all(
        epilog=f"verbs:\n{lines}\n\n'qapigen VERB --help' tells about one of them.",
        note="; options of a verb stand after it",
    )
    parser.add_argument("verb", metavar="VERB", nargs="*", help=argparse.SUPPRESS)
    return parser


def whole_parser() -> Parser:
    """One parser for everything, as completions and the manual page want it."""
    parser = _parser_of_all()
    verbs = parser.add_subparsers(title="verbs", prog="qapigen", metavar="VERB", required=True)
    for name, text in VERBS.items():
        module = verb_module(name)
        module.arguments(verbs.add_parser(name, help=text, description=module.__doc__))
    return parser


def _parser_of_all(epilog: str | None = None, note: str = "") -> Parser:
    parser = Parser(
        prog="qapigen",
        usage="qapigen [OPTIONS] VERB ...",
        description=_DESCRIPTION,
        epilog=epilog,
        note=note,
    )
    parser.add_argument(
        "--version", action="version", version=f"qapigen {__version__}", help="show the version"
    )
    parser.add_argument(
        "--print-completion",
        metavar="SHELL",
        choices=SHELLS,
        help=f"print what makes a shell complete the command: {', '.join(SHELLS)}",
    )
    return parser


def no_verb(word: str) -> str:
    """What to say about a word that stands where a verb belongs."""
    near = [verb for verb in VERBS if word and verb.startswith(word)]
    if word.endswith(".json"):
        way_out = f"; did you mean 'qapigen check {_shown(word)[1:-1]}'?"
    elif len(near) == 1:
        way_out = f"; did you mean '{near[0]}'?"
    else:
        way_out = _near(word, [*VERBS, "--help", "--version"])
        way_out = way_out or f"; there are {', '.join(VERBS)}"
    return f"there is no verb {_shown(word)}{way_out}"
