"""Running programs, asked what they have of their schema.

In: an address, or a file that has the answer.  Out: a :class:`Live`, to be compared with a schema.
Must not know: what the comparison is for.
"""

from __future__ import annotations

import argparse
import json
import os
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .standard_input import reader, root_path
from .status import Trouble

if TYPE_CHECKING:
    from ..compiler.ir import Schema
    from ..compiler.passes.compare import Finding, Info
    from ..compiler.passes.select import Config
    from ..runtime.session.client import Mode

__all__ = ["LIVE_FORMS", "Live", "is_address", "parse_answer", "read_live"]

#: How an address is written, for help texts.
LIVE_FORMS = "qmp:ADDRESS, qga:ADDRESS of a guest agent"

#: How long a program may take for all of it: one that somebody else talks to never answers.
_SECONDS = 30.0

_MODES: dict[str, Mode] = {"qmp": "qmp", "qga": "guest-agent"}
_TRANSPORTS = ("unix", "tcp", "fd")


@dataclass(frozen=True)
class Live:
    """What a program told: its answer to query-qmp-schema, or only the names of its commands.

    ``name`` is what messages call it.
    """

    name: str
    rows: list[Info] | None = None
    commands: tuple[str, ...] = ()

    def findings(self, schema: Schema, config: Config | None = None) -> list[Finding]:
        """The program against a schema, with what ``config`` leaves of that."""
        from ..compiler.passes.compare import compare, compare_commands
        from ..compiler.passes.introspect import introspect
        from ..compiler.passes.select import KEEP_ALL

        ours = introspect(schema, mask=False, config=config or KEEP_ALL)
        if self.rows is None:
            return compare_commands(ours, self.commands)
        return compare(ours, self.rows)


def is_address(word: str) -> bool:
    """Does a word say where a program listens, rather than in which file its answer is?"""
    kind, colon, _ = word.partition(":")
    if colon and kind in (*_MODES, *_TRANSPORTS):
        return True
    try:
        return stat.S_ISSOCK(os.stat(word).st_mode)
    except (OSError, ValueError):  # ValueError: a path that no system knows
        return False


def read_live(word: str, options: argparse.Namespace) -> Live:
    """What the program tells; Trouble if it does not, or the file has no such answer."""
    if is_address(word):
        return _ask(word)
    from ..compiler.source import ReadError

    path = root_path(word)
    if word == "-" == options.schema:
        raise Trouble("qapigen: error: standard input is the schema already")
    try:
        found = parse_answer(reader(options)(path), path)
    except ReadError as error:
        raise Trouble(f"{path}: error: {error}") from error
    if found is None:
        raise Trouble(f"{path}: error: neither JSON nor {LIVE_FORMS}")
    return found


def parse_answer(text: str, path: str) -> Live | None:
    """The answer that a text is; None if it is none, Trouble if it is a wrong one.

    The text is what query-qmp-schema or an agent's guest-info returns, also as the whole reply.
    """
    if text.lstrip()[:1] not in ("[", "{"):
        return None
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Trouble(f"{path}: error: no JSON: {error}") from None
    if isinstance(value, dict) and "return" in value:
        value = value["return"]
    return _live(value, path)


def _live(value: object, name: str) -> Live:
    from ..compiler.passes.compare import IntrospectionError, expect_infos

    if isinstance(value, dict) and "supported_commands" in value:
        return Live(name, commands=_command_names(value["supported_commands"], name))
    try:
        return Live(name, expect_infos(value))
    except IntrospectionError as error:
        raise Trouble(f"{name}: error: no answer to query-qmp-schema: {error}") from None


def _command_names(rows: Any, name: str) -> tuple[str, ...]:
    try:
        names = tuple(row["name"] for row in rows)
    except (TypeError, KeyError):
        names = (None,)
    if not all(isinstance(each, str) for each in names):
        raise Trouble(f"{name}: error: no answer to guest-info: commands without a name")
    return names


def _ask(word: str) -> Live:
    """Connect, ask, leave."""
    from ..compiler.diagnostics import one_line
    from ..runtime.addresses import parse_address
    from ..runtime.blocking import Client
    from ..runtime.errors import QapiError, RemoteError

    kind, _, address = word.partition(":")
    if kind not in _MODES:
        kind, address = "qmp", word if ":" in word or "/" in word else f"./{word}"
    question = "query-qmp-schema" if kind == "qmp" else "guest-info"
    try:
        with Client.connect(
            parse_address(address), timeout=_SECONDS, mode=_MODES[kind], wait=False
        ) as client:
            return _live(client.execute(question, timeout=_SECONDS), word)
    except RemoteError as error:
        text = f"{question}: {error.error_class}: {error.desc}"
    except TimeoutError:
        text = f"no answer within {_SECONDS:g} s; perhaps somebody else is connected"
    except QapiError as error:
        text = error.desc
    raise Trouble(f"{word}: error: {one_line(text)}")
