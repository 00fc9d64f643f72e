"""What makes a shell complete the command, made by shtab from the parsers.

In: the name of a shell.  Out: a script for it.
Must not know: what the shells do with it.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator

import shtab

from .parsing import whole_parser

__all__ = ["completion"]

#: What stands for a path, by what the help calls it.
_PATHS = {
    "SCHEMA": shtab.FILE,
    "FILE": shtab.FILE,
    "all|none|FILE|LIVE": shtab.FILE,
    "LIVE": shtab.FILE,
    "DIR": shtab.DIRECTORY,
    "FOLDER": shtab.DIRECTORY,
}


def completion(shell: str) -> str:
    """The script for a shell; it knows the backends that are installed now."""
    parser = whole_parser()
    for action in _actions(parser):
        if action.metavar in _PATHS:
            action.complete = _PATHS[str(action.metavar)]  # type: ignore[attr-defined]
        elif action.dest in ("backend", "codes"):
            action.choices = list(_words(action.dest))
    return shtab.complete(parser, shell=shell) + "\n"


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """All options and arguments, those of the verbs too."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for each in action.choices.values():
                yield from _actions(each)
        else:
            yield action


def _words(dest: str) -> Iterable[str]:
    if dest == "backend":
        from ..compiler.backends.registry import backend_names

        return ["python", *backend_names()]
    from ..compiler.codes import CODES

    return [code.id for code in CODES.values()]
