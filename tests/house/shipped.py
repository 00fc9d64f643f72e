"""The files of the repository, and which of them the distributions hold."""

from __future__ import annotations

import os
import subprocess
from functools import cache
from pathlib import Path, PurePosixPath

import qapigen
from tests.outside import REPOSITORY

__all__ = ["known_files", "sdist_files", "wheel_files"]

#: Folders that only tools write to, where there is no git to ask.
_CACHES = {"__pycache__", "build", "dist"}

#: What a wheel is made of: the folder, where it goes, and the suffixes that may be in it.
_WHEEL = {
    "qapigen": ("qapigen", {".py", ".typed", ".lark", ".json"}),
    "generated/qapi_migration": ("qapi_migration", {".py", ".typed"}),
    "templates": ("qapigen/_data/templates", {".j2"}),
    "schemas": ("qapigen/_data/schemas", {".json"}),
    "docs/diagnostics": ("qapigen/_data/diagnostics", {".md"}),
    "docs": (f"qapigen-{qapigen.__version__}.data/data/share/man/man1", {".1"}),
}

#: What a source distribution leaves out: the repository's own affairs.
_NOT_IN_SDIST = (".ci", "findings")


@cache
def known_files() -> list[Path]:
    """The files that git knows or would take; without git, those that are no caches."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    if (REPOSITORY / ".git").exists():
        output = subprocess.run(command, cwd=REPOSITORY, capture_output=True, check=True).stdout
        names = sorted(set(os.fsdecode(output).split("\0")) - {""})
        return [path for name in names if (path := REPOSITORY / name).is_file()]
    return sorted(
        path
        for path in REPOSITORY.rglob("*")
        if path.is_file() and not any(_is_cache(part) for part in _parts(path)[:-1])
    )


def _parts(path: Path) -> tuple[str, ...]:
    return path.relative_to(REPOSITORY).parts


def _is_cache(folder: str) -> bool:
    return folder in _CACHES or (folder.startswith(".") and folder != ".ci")


def wheel_files() -> set[str]:
    """What the wheel has to hold, its metadata aside.

    A file of a kind that does not belong there is none of them.
    """
    found = set()
    for path in known_files():
        relative = PurePosixPath(*_parts(path))
        for folder, (place, suffixes) in _WHEEL.items():
            if relative.is_relative_to(folder) and relative.suffix in suffixes:
                found.add(f"{place}/{relative.relative_to(folder)}")
    return found


def sdist_files() -> set[str]:
    """What the source distribution has to hold, its metadata aside."""
    return {
        "/".join(parts) for path in known_files() if (parts := _parts(path))[0] not in _NOT_IN_SDIST
    }
