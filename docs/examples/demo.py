"""The whole way on one page: a schema becomes a package, the package serves QMP commands.

Run it with ``make demo``, or with any Python that has qapigen installed.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from qapigen.cli.main import main as qapigen

if TYPE_CHECKING:
    from qapi_migration.client import BlockingClient
    from qapi_migration.types.migration import MigrateSetParameters, MigrationInfo

#: The guest of the last part: a processor that writes to hot and cold pages, memory half full.
GUEST = ("--ram", "256M", "--fill", "half")
WORKLOAD = ("--workload", "rate=4000,hot=1024,pattern=hotcold,seed=7")
BYTES_PER_SECOND = 64 << 20
PATIENCE_SECONDS = 60


def demo() -> int:
    """Compile the migration schema, serve two of its commands."""
    with tempfile.TemporaryDirectory(prefix="qapigen-demo-") as folder:
        headline("1. Compile the migration schema")
        print("$ qapigen generate -o OUT")
        status = qapigen(["generate", "-o", folder])
        if status != 0:
            return status
        show_files(Path(folder))
        sys.path.insert(0, folder)
        headline("2. Look at what a struct became")
        show_class(Path(folder) / "qapi_migration/types/migration.py", "ReplicationStatus")
        headline("3. Serve commands")
        serve()
        headline("4. Move a busy guest from one process to another")
        return move(Path(folder))


def headline(text: str) -> None:
    """Start a part of the tour."""
    print(f"\n\033[1m{text}\033[0m\n" if sys.stdout.isatty() else f"\n{text}\n{'-' * len(text)}\n")


def show_files(folder: Path) -> None:
    """The files of the output, and how many lines they have."""
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".py", ".md"):
            lines = path.read_text(encoding="utf-8").count("\n")
            print(f"{lines:6} lines  OUT/{path.relative_to(folder)}")


def show_class(path: Path, name: str) -> None:
    """The source of one generated class."""
    lines = path.read_text(encoding="utf-8").splitlines()
    start = lines.index(f"class {name}(Struct):")
    end = next((i for i in range(start, len(lines)) if lines[i : i + 2] == ["", ""]), len(lines))
    print("\n".join(f"    {line}" if line else "" for line in lines[start:end]))


def serve() -> None:
    """Send two commands to a small set of handlers: one that works, one that cannot."""
    from qapi_migration.commands import registry
    from qapi_migration.commands.migration import MigrationCommands
    from qapi_migration.types.migration import MigrationInfo, MigrationStatus

    class Handlers(MigrationCommands):
        """A backend that has never migrated anything."""

        compress_level = 1

        def query_migrate(self) -> MigrationInfo:
            return MigrationInfo(status=MigrationStatus.NONE)

        def migrate_set_parameters(self, arguments: MigrateSetParameters, /) -> None:
            if arguments.compress_level is not None:
                self.compress_level = arguments.compress_level

    commands = registry(Handlers())
    for request in (
        {"execute": "query-migrate", "id": 1},
        {"execute": "migrate-set-parameters", "arguments": {"compress-level": 9}, "id": 2},
        {"execute": "migrate-set-parameters", "arguments": {"compress-level": "high"}, "id": 3},
        {"execute": "migrate-set-parameters", "arguments": {"compres-level": 9}, "id": 4},
    ):
        print("->", json.dumps(request))
        print("<-", json.dumps(commands.dispatch(request)))


def move(folder: Path) -> int:
    """Start a source and a destination, migrate, and compare what is in both memories."""
    here, there = f"unix:{folder}/source.sock", f"unix:{folder}/destination.sock"
    way = f"unix:{folder}/migration.sock"
    with (
        machine("--qmp", there, "--incoming", way, "--paused", *GUEST[:2]) as destination,
        machine("--qmp", here, "--progress", *GUEST, *WORKLOAD) as source,
    ):
        with connect(here) as vm, connect(there) as other:
            status = migrate(vm, way)
            says = vm.query_status().status, other.query_status().status
            vm.quit()
            other.quit()
        # Both end before the next line, which so stands below all that they have to say.
        outputs = [each.communicate(timeout=PATIENCE_SECONDS)[0] for each in (source, destination)]
    print(f"the source says {says[0]}, the destination says {says[1]}")
    digests = [json.loads(output) for output in outputs]
    print("memory of the source:     ", digests[0]["pc.ram"])
    print("memory of the destination:", digests[1]["pc.ram"])
    if status != "completed" or digests[0] != digests[1]:
        print("the guest has not arrived as it was", file=sys.stderr)
        return 1
    print("the guest has arrived, and not a byte is different")
    return 0


@contextmanager
def machine(*words: str) -> Iterator[subprocess.Popen[str]]:
    """A process with a guest, or with room for one; in the end it tells what is in the memory."""
    command = ["qapigen", "vm", *words, "--digest"]
    print("$", *command)
    program = [sys.executable, "-m", "qapigen", *command[1:]]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        try:
            yield process
        finally:
            process.terminate()  # does nothing to one that has ended


def connect(address: str) -> BlockingClient:
    """A client of a process that may still be on its way."""
    from qapi_migration.client import BlockingClient
    from qapigen.runtime import QapiError

    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return BlockingClient.connect(address, timeout=PATIENCE_SECONDS)
        except QapiError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def migrate(vm: BlockingClient, uri: str) -> str:
    """Send the guest away; with which status that ended."""
    from qapi_migration.types.migration import MigrateSetParameters
    from qapigen.runtime.waiters import follow_migration_blocking

    vm.migrate_set_parameters(MigrateSetParameters(max_bandwidth=BYTES_PER_SECOND))
    vm.migrate(uri=uri)
    answer = follow_migration_blocking(vm, timeout=PATIENCE_SECONDS)
    return str(answer["status"])


if __name__ == "__main__":
    # In a pipe as on a terminal, lines keep their order beside those of the other processes.
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    sys.exit(demo())
