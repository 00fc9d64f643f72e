"""Certificates and sockets."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.runtime.certificates import make_certificates


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with certificates, for all tests; not to be changed."""
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def folder(tmp_path: Path, certificates: Path) -> Path:
    """A folder of the test's own, with the same certificates."""
    for path in certificates.iterdir():
        shutil.copy(path, tmp_path)
    return tmp_path
