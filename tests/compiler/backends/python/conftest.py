"""Packages that tests import or have checked."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.compiler.backends.python.constructs import CONSTRUCTS
from tests.compiler.backends.python.packages import construct_files, write


@pytest.fixture(scope="session")
def constructs_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder on the search path with a package for each construct."""
    folder = tmp_path_factory.mktemp("constructs") / "generated"
    for name in CONSTRUCTS:
        write(folder, construct_files(name))
    sys.path.insert(0, str(folder))
    yield folder
    sys.path.remove(str(folder))
    for name in [name for name in sys.modules if name.partition(".")[0].startswith("demo_")]:
        del sys.modules[name]
