"""The whole way on one page: a schema becomes a package, the package serves QMP commands.

Run it with ``make demo``, or with any Python that has qapigen installed.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from qapigen.cli.main import main as qapigen

if TYPE_CHECKING:
    from qapi_migration.types.migration import MigrateSetParameters, MigrationInfo


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
    return 0


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


if __name__ == "__main__":
    sys.exit(demo())
