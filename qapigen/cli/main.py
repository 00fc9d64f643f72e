"""The command ``qapigen``: arguments in, an exit status out.

0: fine.  1: findings in a schema, stale output, or a command that a server refused.  2: wrong
usage or configuration, files that cannot be read or written, servers that cannot be reached.
70: a defect of qapigen itself, with a traceback.  130: interrupted.
"""

from __future__ import annotations

import argparse
import gc
import io
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import TextIO, cast

from .. import __version__
from .status import CRASH, INTERRUPTED, TROUBLE, Trouble

__all__ = ["main"]

#: The verbs, each with the line that the help shows.  A verb is a module with the functions
#: ``arguments(parser)`` and ``run(options) -> status``, loaded when it is asked for.
VERBS = {
    "generate": "compile a schema into a Python package and documentation",
    "check": "say what is wrong with a schema",
    "explain": "tell what a diagnostic means",
    "ir": "print what a schema means, as JSON",
    "introspect": "print what query-qmp-schema answers for a schema",
    "call": "run a command of a program that speaks QMP",
    "vm": "run a machine whose guest can be migrated",
}

#: Verbs that serve for as long as somebody wishes, and so must collect their garbage.
LASTING = frozenset({"vm"})


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; the arguments are those of the process unless given."""
    words = list(sys.argv[1:] if argv is None else argv)
    if argv is None and not LASTING.intersection(words[:1]):
        # A short process that makes many objects and hardly a cycle.
        gc.disable()
    _settle_streams()
    try:
        status = _run(words)
        sys.stdout.flush()
    except Trouble as trouble:
        print(trouble, file=sys.stderr)
        return TROUBLE
    except KeyboardInterrupt:
        print("qapigen: interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # nobody reads on
        _abandon_stdout()
        return TROUBLE
    except OSError as error:
        print(f"qapigen: error: {error}", file=sys.stderr)
        _abandon_stdout()
        return TROUBLE
    except Exception:
        import traceback

        traceback.print_exc()
        print("qapigen: this is a defect of qapigen; please report it", file=sys.stderr)
        return CRASH
    return status


class _Closed(io.TextIOBase):
    """A stdout that was closed before we started."""

    def write(self, text: str) -> int:
        raise OSError("stdout is closed")


def _settle_streams() -> None:
    """A stream that is closed refuses what is printed, which is no crash."""
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - for good
    if sys.stdout is None:
        sys.stdout = cast("TextIO", _Closed())


def _abandon_stdout() -> None:
    """Nothing may complain of what is still unwritten when the interpreter closes stdout."""
    if not isinstance(sys.stdout, _Closed):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _run(words: list[str]) -> int:
    if words and words[0] in VERBS:
        verb, rest = words[0], words[1:]
        module = import_module(f".{verb}", __package__)
        verb_parser = argparse.ArgumentParser(
            prog=f"qapigen {verb}", description=module.__doc__, formatter_class=_Help
        )
        module.arguments(verb_parser)
        status: int = module.run(verb_parser.parse_intermixed_args(rest))
        return status
    parser = _parser()
    parser.parse_args(words)
    parser.print_help(sys.stderr)
    return TROUBLE


_Help = argparse.RawDescriptionHelpFormatter


def _parser() -> argparse.ArgumentParser:
    """The parser for what stands before a verb."""
    lines = "\n".join(f"  {name:<12} {text}" for name, text in VERBS.items())
    parser = argparse.ArgumentParser(
        prog="qapigen",
        description="A compiler for QAPI, the interface language of QEMU.",
        epilog=f"verbs:\n{lines}\n\n'qapigen VERB --help' tells about one of them.",
        formatter_class=_Help,
    )
    parser.add_argument("--version", action="version", version=f"qapigen {__version__}")
    parser.add_argument("verb", metavar="VERB", nargs="?", choices=VERBS)
    return parser
