"""What tests take from outside the repository, and where it is.

The conformance corpus is test data under another licence: tests read it where it lies, and
nothing of it is kept here.
"""

from __future__ import annotations

import os
import tarfile
from pathlib import Path

__all__ = ["CORPUS_VARIABLE", "REPOSITORY", "corpus_folder", "in_ci", "unpack_release"]

#: The root of the checkout, or of an unpacked source distribution.
REPOSITORY = Path(__file__).resolve().parents[1]

#: The environment variable that names the corpus folder.
CORPUS_VARIABLE = "QAPIGEN_CORPUS"


def corpus_folder() -> Path | None:
    """The corpus: what the environment says, else the folder beside the checkout, if any."""
    named = os.environ.get(CORPUS_VARIABLE)
    folder = Path(named) if named else REPOSITORY.parent / "shared" / "corpus"
    return folder.resolve() if folder.is_dir() else None


def unpack_release(corpus: Path, release: str, folder: Path) -> Path:
    """Put the schemas of a release of QEMU into a folder; the folder of that release in there."""
    part = f"releases/{release}/"
    with tarfile.open(corpus / "releases.tar.xz") as archive:
        for member in archive:
            content = archive.extractfile(member) if member.isfile() else None
            if content is None or not member.name.startswith(part) or ".." in member.name:
                continue
            # By hand: Python 3.11.3 and earlier know no safe way to extract.
            path = folder / member.name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.read())
    return folder / part


def in_ci() -> bool:
    """Whether this is a run that has to be complete."""
    return os.environ.get("CI") == "true"
