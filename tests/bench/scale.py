"""How cost grows with the schema: renamed copies of a big schema under one root."""

from __future__ import annotations

import gc
import re
import tempfile
from pathlib import Path

from qapigen.compiler.disk import read_source
from qapigen.compiler.ir import Command, Event, Schema
from qapigen.compiler.passes.introspect import introspect
from qapigen.compiler.pipeline import Options, analyze, render_all
from tests.bench.schemas import BenchSchema, bench_schemas
from tests.bench.table import Table
from tests.bench.timing import YARDSTICK, in_yards, milliseconds

__all__ = ["copies", "run"]

COUNTS = (1, 2, 5, 10)
LETTERS = "abcdefghij"


def run() -> Table:
    """Times and ratios to one copy."""
    gc.disable()  # as the command does: a short process that makes hardly a cycle
    try:
        return _measured()
    finally:
        gc.enable()


def _measured() -> Table:
    columns = ("front end ms", "yards", "ratio", "back ends ms", "ratio")
    table = Table("Growing", columns, notes=[YARDSTICK, "ratio: to one copy"])
    for schema in bench_schemas():
        single: tuple[float, float] | None = None
        for count in COUNTS:
            with tempfile.TemporaryDirectory() as folder:
                root = str(copies(schema, Path(folder), count))
                meaning = analyzed(root, schema.dialect)
                front = milliseconds(lambda: analyzed(root, schema.dialect), rounds=3)  # noqa: B023
                options = Options(package="scale", backends=("types", "visit", "wire", "markdown"))
                back = milliseconds(lambda: render_all(meaning, options), rounds=3)  # noqa: B023
            single = single or (front, back)
            ratios = front / single[0], back / single[1]
            title = f"{schema.title}, {count} cop{'ies' if count > 1 else 'y'}"
            table.add(title, front, in_yards(front), ratios[0], back, ratios[1])
    return table


def analyzed(root: str, dialect: str) -> Schema:
    """The schema at ``root``, which must be right."""
    analysis = analyze(root, read_source, dialect)
    assert analysis.schema is not None, [d.message for d in analysis.diagnostics[:3]]
    return analysis.schema


def copies(schema: BenchSchema, folder: Path, count: int) -> Path:
    """Write copies whose definitions have names of their own; the root that includes them all."""
    meaning = analyzed(str(schema.root), schema.dialect)
    types = {d.name for d in meaning.definitions if not isinstance(d, Command | Event)}
    base = schema.root.parent
    pragmas: dict[str, set[str]] = {}
    for letter in LETTERS[:count]:
        for module in meaning.modules:
            text = read_source(str(base / module.name))
            for pragma, listed in _pragmas(text).items():
                pragmas.setdefault(pragma, set()).update(_other(name, letter) for name in listed)
            path = folder / letter / module.name.replace("../", "up_")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(_renamed(text, types, letter).replace("../", "up_"), encoding="utf-8")
    lines = [f"{{ 'include': '{letter}/{schema.root.name}' }}" for letter in LETTERS[:count]]
    for pragma, found in pragmas.items():
        quoted = ", ".join(f"'{name}'" for name in sorted(found))
        lines.append(f"{{ 'pragma': {{ '{pragma}': [ {quoted} ] }} }}")
    root = folder / "root.json"
    root.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert introspect(analyzed(str(root), schema.dialect))
    return root


def _other(name: str, letter: str) -> str:
    """The name of the copy's definition, by the rules for names of its kind."""
    if name.upper() == name:
        return f"{name}_{letter.upper()}"
    return f"{name}-{letter}" if name[:1].islower() else f"{name}{letter.upper()}"


def _action(name: str, letter: str) -> str:
    """The same for what follows a key 'command' or 'event', which may be a branch's type."""
    return name if name != name.lower() and name != name.upper() else _other(name, letter)


def _renamed(text: str, types: set[str], letter: str) -> str:
    """The text with another letter in the names of all definitions."""

    def mentioned(found: re.Match[str]) -> str:
        return f"'{_other(found[1], letter)}'" if found[1] in types else found[0]

    # Keys are no names, and a value of an enum may be called like a command.
    text = re.sub(r"'([A-Za-z0-9_-]+)'(?!\s*:)", mentioned, text)
    text = re.sub(
        r"'(command|event)':(\s*)'([A-Za-z0-9_-]+)'",
        lambda found: f"'{found[1]}':{found[2]}'{_action(found[3], letter)}'",
        text,
    )
    return re.sub(
        r"##\n# @([A-Za-z0-9_-]+):\n",
        lambda found: f"##\n# @{_other(found[1], letter)}:\n",
        text,
    )


def _pragmas(text: str) -> dict[str, list[str]]:
    """The list pragmas of a text."""
    found = re.findall(r"'([a-z-]+(?:exceptions|whitelist))':\s*\[(.*?)\]", text, re.DOTALL)
    return {name: re.findall(r"'([^']+)'", listed) for name, listed in found}
