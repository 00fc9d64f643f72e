"""Output in memory: relative paths and their texts.

In: texts from backends.  Out: a :class:`FileTree`, compared with or written to a directory by
:mod:`..disk`.  Must not know: the file system, what the texts are about.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import unified_diff
from pathlib import PurePosixPath

__all__ = ["FileTree", "TreeFailure", "diff"]


class TreeFailure(ValueError):
    """Files that cannot be written as they are; ``str()`` says which."""


class FileTree(Mapping[str, str]):
    """Files by path, sorted.  Paths are relative, with ``/``, and stay below their root."""

    def __init__(self, files: Mapping[str, str] | Iterable[tuple[str, str]] = ()) -> None:
        """TreeFailure for a path that is absolute or leaves the root."""
        self._files = dict(sorted(dict(files).items()))
        for path in self._files:
            # Only these can be wrong, and most paths are none of them.
            if (not path or path[0] in "./" or ".." in path) and not _is_below(path):
                raise TreeFailure(f"not a path below the output directory: {path!r}")

    def __getitem__(self, path: str) -> str:
        return self._files[path]

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)

    def __or__(self, other: Mapping[str, str]) -> FileTree:
        """Both trees together; TreeFailure when both have a file with different texts."""
        files = dict(other)
        for path in self._files.keys() & files.keys():
            if self._files[path] != files[path]:
                raise TreeFailure(f"two outputs want to be {path!r}")
        return FileTree(self._files | files)

    def below(self, prefix: str) -> FileTree:
        """The same files inside a directory."""
        return FileTree({f"{prefix}/{path}": text for path, text in self._files.items()})


def _is_below(path: str) -> bool:
    parts = PurePosixPath(path).parts
    return bool(parts) and not path.startswith("/") and ".." not in parts


def diff(path: str, old: str | None, new: str | None) -> str:
    """How to get from the old text to the new one, as a unified diff; None means no file."""
    if old == new:
        return ""
    before = f"a/{path}" if old is not None else "/dev/null"
    after = f"b/{path}" if new is not None else "/dev/null"
    found = list(unified_diff(_lines(old), _lines(new), before, after))
    if not found:  # an empty file that comes or goes
        found = [f"--- {before}\n", f"+++ {after}\n"]
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in found
    )


def _lines(text: str | None) -> list[str]:
    """The lines with their ends; unlike for ``str.splitlines``, only a newline ends one."""
    return re.findall(r"[^\n]*\n|[^\n]+", text or "")
