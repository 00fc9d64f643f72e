"""The QMP examples in a schema's documentation, as messages."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from qapigen.compiler.ir import Schema

__all__ = ["Message", "examples_of"]


@dataclass(frozen=True)
class Message:
    """One JSON object of an example; ``command`` is what it answers, if it is a reply."""

    symbol: str
    sent: bool
    value: dict[str, Any]
    command: str | None = None


def examples_of(schema: Schema) -> list[list[Message]]:
    """Every example of the schema, each a list of messages in their order."""
    found: list[list[Message]] = []
    for doc in schema.docs:
        for section in doc.sections:
            for body in _bodies(section.text):
                found.append(list(_messages(doc.symbol or doc.module, body)))
    return found


def _bodies(text: str) -> Iterator[str]:
    """The texts of the ``qmp-example`` directives, without options."""
    lines = text.split("\n")
    for at, line in enumerate(lines):
        if line.strip() != ".. qmp-example::":
            continue
        depth = len(line) - len(line.lstrip())
        body: list[str] = []
        for each in lines[at + 1 :]:
            if each.strip() and len(each) - len(each.lstrip()) <= depth:
                break
            body.append(each)
        kept = textwrap.dedent("\n".join(body)).strip().split("\n")
        yield "\n".join(each for each in kept if not each.startswith(":"))


def _messages(symbol: str, body: str) -> Iterator[Message]:
    """Arrows start messages; an example without them is one that the server sends."""
    parts: list[tuple[bool, list[str]]] = []
    for line in body.split("\n"):
        if line.startswith(("-> ", "<- ")):
            parts.append((line.startswith("->"), [line[3:]]))
        elif parts:
            parts[-1][1].append(line)
        elif line.strip():
            raise AssertionError(f"{symbol}: example starts with {line!r}")
    waiting: list[str] = []
    for sent, lines in parts:
        value = json.loads("\n".join(lines))
        command = None
        if sent:
            waiting.append(value.get("execute") or value["exec-oob"])
        elif "event" not in value:
            command = waiting.pop(0)
        yield Message(symbol, sent, value, command)
