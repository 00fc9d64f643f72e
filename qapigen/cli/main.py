"""The command ``qapigen``: arguments in, an exit status out.

0: fine.  1: findings in a schema, stale output, or a command that a server refused.  2: wrong
usage or configuration, files that cannot be read or written, servers that cannot be reached.
70: a defect of qapigen itself, with a traceback.  130: interrupted.
"""

from __future__ import annotations

import gc
import io
import os
import sys
from collections.abc import Sequence
from typing import TextIO, cast

from .libraries import library_trouble
from .parsing import VERBS, command_parser, no_verb, verb_module, verb_parser
from .status import CRASH, FINE, INTERRUPTED, TROUBLE, Trouble

__all__ = ["main"]

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
    except Exception as error:
        missing = library_trouble(error) if isinstance(error, ImportError) else None
        if missing is None:
            return _crash()
        print(f"qapigen: error: {missing}", file=sys.stderr)
        return TROUBLE
    return status


def _crash() -> int:
    """Tell about the exception that is being handled, which nothing should have raised."""
    import traceback

    traceback.print_exc()
    print("qapigen: this is a defect of qapigen; please report it", file=sys.stderr)
    return CRASH


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
        options = verb_parser(words[0]).read(words[1:])
        status: int = verb_module(words[0]).run(options)
        return status
    parser = command_parser()
    if words and not words[0].startswith("-"):
        parser.error(no_verb(words[0]))
    options = parser.read(words)
    if options.print_completion is not None:
        from .completions import completion

        sys.stdout.write(completion(options.print_completion))
        return FINE
    parser.print_help(sys.stderr)
    return TROUBLE
