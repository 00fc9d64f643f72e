"""What packages of other releases of QEMU make of a running program's answers.

Run as ``python -m tests.interop.readings`` for the table of the documentation; needs the corpus
and a QEMU.

In: the corpus, a release, the answers to commands that only ask.  Out: how each was read.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Literal, TypeAlias

from qapigen.compiler.disk import read_source
from qapigen.compiler.pipeline import Options, compile_schema
from qapigen.runtime.commands import CommandSpec
from qapigen.runtime.errors import VisitError
from qapigen.runtime.model import Enum, Struct, missing_members, unknown_members
from qapigen.runtime.visit import from_wire, walk
from tests.compiler.backends.python.packages import write
from tests.interop.programs import rich_machine
from tests.interop.raw_client import RawClient, Refused
from tests.outside import corpus_folder, unpack_release

__all__ = ["RELEASES", "Outcome", "answers", "commands_of", "read"]

RELEASES = (
    *("2.12", "3.0", "4.0", "4.2", "5.1", "6.0", "6.1", "6.2"),
    *("8.2", "9.0", "9.2", "10.0", "10.2"),
)

#: ``whole``: as a strict reading; ``more``: besides members or values that the package does not
#: know; ``less``: without members that it calls mandatory; or not at all.
Outcome: TypeAlias = Literal["whole", "more", "less", "unreadable"]


@contextmanager
def commands_of(corpus: Path, release: str, folder: Path) -> Iterator[Mapping[str, CommandSpec]]:
    """The commands of a package that is generated from the main schema of a release."""
    name = f"read_{release.replace('.', '_')}"
    schema = unpack_release(corpus, release, folder / "schemas")
    root = next(
        path
        for path in (schema / "qapi/qapi-schema.json", schema / "qapi-schema.json")
        if path.exists()
    )
    options = Options(package=name, dialect=release, backends=("types", "visit", "commands"))
    result = compile_schema(str(root), read_source, options)
    assert result.files is not None, result.analysis.diagnostics
    write(folder, result.files)
    sys.path.insert(0, str(folder))
    try:
        yield import_module(f"{name}.commands").SPECS
    finally:
        sys.path.remove(str(folder))
        for module in [each for each in sys.modules if each.partition(".")[0] == name]:
            del sys.modules[module]


def answers(client: RawClient) -> dict[str, object]:
    """What a program answers to each command that only asks, and needs no arguments."""
    found: dict[str, object] = {}
    for info in json.loads(json.dumps(client.execute("query-commands"))):
        name = info["name"]
        if name.startswith(("query-", "qom-list-types")):
            try:
                found[name] = client.execute(name)
            except Refused:
                continue  # it needs arguments, or a machine of another kind
    return found


def read(spec: CommandSpec, answer: object) -> tuple[Outcome, str]:
    """How an answer is read as the typed clients do it, and what was missing."""
    visit = spec.visit_returns
    if visit is None:
        return "whole", ""
    try:
        typed = from_wire(visit, answer, "return", lenient=True)
    except VisitError as error:
        return "unreadable", str(error)
    parts = [part for _, part in walk(visit, typed)]
    objects = [part for part in parts if isinstance(part, Struct)]
    missing = {name for part in objects for name in missing_members(part)}
    if missing:
        return "less", ", ".join(sorted(missing))
    is_open = any(isinstance(part, Enum) and not part.is_known for part in parts)
    return ("more" if is_open or any(map(unknown_members, objects)) else "whole"), ""


def report() -> Iterator[str]:
    """The lines of a table in Markdown: a row for each release."""
    corpus = corpus_folder()
    assert corpus is not None, "the corpus is not here"
    yield "| Package of | Answers | Whole | With more | With less | Not read |"
    yield "|---|---|---|---|---|---|"
    with tempfile.TemporaryDirectory() as folder, rich_machine(Path(folder)) as client:
        given = answers(client)
        for release in RELEASES:
            place = Path(folder) / release
            place.mkdir()
            with commands_of(corpus, release, place) as commands:
                found = {
                    name: read(commands[name], answer)
                    for name, answer in given.items()
                    if name in commands
                }
            count = Counter(outcome for outcome, _ in found.values())
            notes = [f"`{name}`" for name, (how, _) in found.items() if how == "unreadable"]
            numbers = " | ".join(str(count[each]) for each in ("whole", "more", "less"))
            yield f"| {release} | {len(found)} | {numbers} | {', '.join(notes) or '-'} |"


if __name__ == "__main__":
    sys.stdout.write("".join(f"{line}\n" for line in report()))
