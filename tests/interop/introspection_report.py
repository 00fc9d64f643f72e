"""How the schemas of the installed programs differ from the whole schemas, as Markdown.

Run as ``python -m tests.interop.introspection_report``; needs the corpus and the programs.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from qapigen.compiler.ir import Cond, Schema
from qapigen.compiler.passes.compare import Finding, Info, Place, compare
from qapigen.compiler.passes.deduce import conditions, deduced, unexplained
from qapigen.compiler.passes.introspect import introspect
from qapigen.compiler.passes.select import Config, cond_text
from tests.interop.differences import QEMU_7_2, Release
from tests.interop.packages import analysis
from tests.interop.programs import DAEMON, QEMU, bare_machine, storage_daemon
from tests.interop.raw_client import RawClient
from tests.outside import corpus_folder

__all__ = ["SERVERS", "Server", "report"]


@dataclass(frozen=True)
class Server:
    """A program that tells its schema."""

    program: str
    package: str
    start: Callable[[Path], AbstractContextManager[RawClient]]


SERVERS = (
    Server(QEMU, "live_qapi", bare_machine),
    Server(DAEMON, "live_storage_daemon", storage_daemon),
)


def report(title: str, schema: Schema, live: list[Info]) -> str:
    """The differences of one server, each with its condition, and what they tell of its build."""
    conds = conditions(schema)
    findings = compare(introspect(schema, mask=False), live)
    differing = [finding for finding in findings if finding.differs]
    config, wrong = deduced(findings, conds)
    odd = unexplained(findings, conds) + wrong
    parts = [
        f"## {title}",
        f"{len(findings)} places were compared, {len(differing)} differ, "
        f"{len(odd)} of them without an explanation. "
        f"{sum(each.place in conds for each in findings)} of the places are conditional.",
        "\n".join(_table(differing, odd, conds)),
        _symbols(config),
    ]
    return "\n\n".join(parts)


def _table(findings: list[Finding], odd: list[Finding], conds: dict[Place, Cond]) -> Iterator[str]:
    yield "| Not in the program | Condition |"
    yield "|---|---|"
    for finding in sorted(findings, key=lambda each: str(each.place)):
        cond = conds.get(finding.place)
        reason = f"`{cond_text(cond)}`" if cond is not None and finding not in odd else "**none**"
        what = f": {finding.problem}" if finding.problem else ""
        yield f"| {finding.place}{what} | {reason} |"


def _symbols(config: Config) -> str:
    on = ", ".join(f"`{name}`" for name in sorted(config.defined))
    off = ", ".join(f"`{name}`" for name in sorted(config.undefined))
    return f"So the program was built with {on}, and without {off}."


def _sections(corpus: Path, release: Release) -> Iterator[str]:
    for server in SERVERS:
        schema = analysis(corpus, server.package, release).schema
        assert schema is not None
        with (
            tempfile.TemporaryDirectory() as folder,
            release.in_front(),
            server.start(Path(folder)) as client,
        ):
            qemu = client.execute("query-version")["qemu"]
            live = client.execute("query-qmp-schema")
        title = f"{server.program} {qemu['major']}.{qemu['minor']}.{qemu['micro']}"
        yield report(title, schema, live)


def main() -> int:
    """Print the report for the QEMU of our schemas; 1 where something is missing to make it."""
    corpus = corpus_folder()
    missing = [server.program for server in SERVERS if shutil.which(server.program) is None]
    if corpus is None or missing:
        programs = ", ".join(server.program for server in SERVERS)
        sys.stderr.write(f"this needs the corpus, {programs}\n")
        return 1
    sys.stdout.write("\n\n".join(_sections(corpus, QEMU_7_2)) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
