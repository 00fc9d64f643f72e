"""Running programs and the packages made for them.

Fixtures for a whole session are only asked, so tests may run in any order; a test that changes
something has a program of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.interop.packages import Package, imported
from tests.interop.programs import agent, bare_machine, rich_machine, storage_daemon
from tests.interop.raw_client import RawClient

TempFolders = pytest.TempPathFactory


@pytest.fixture(scope="session")
def qapi(corpus: Path, tmp_path_factory: TempFolders) -> Iterator[Package]:
    """The package of QEMU's schema."""
    with imported(corpus, "live_qapi", tmp_path_factory.mktemp("qapi")) as package:
        yield package


@pytest.fixture(scope="session")
def qga(corpus: Path, tmp_path_factory: TempFolders) -> Iterator[Package]:
    """The package of the guest agent's schema."""
    with imported(corpus, "live_qga", tmp_path_factory.mktemp("qga")) as package:
        yield package


@pytest.fixture(scope="session")
def daemon_qapi(corpus: Path, tmp_path_factory: TempFolders) -> Iterator[Package]:
    """The package of the storage daemon's schema."""
    folder = tmp_path_factory.mktemp("daemon")
    with imported(corpus, "live_storage_daemon", folder) as package:
        yield package


@pytest.fixture(scope="session")
def rich(tmp_path_factory: TempFolders) -> Iterator[RawClient]:
    """A QEMU with many devices, to be asked."""
    with rich_machine(tmp_path_factory.mktemp("rich")) as client:
        yield client


@pytest.fixture(scope="session")
def daemon(tmp_path_factory: TempFolders) -> Iterator[RawClient]:
    """A storage daemon, to be asked."""
    with storage_daemon(tmp_path_factory.mktemp("daemon")) as client:
        yield client


@pytest.fixture(scope="session")
def guest_agent(tmp_path_factory: TempFolders) -> Iterator[RawClient]:
    """A guest agent, to be asked."""
    with agent(tmp_path_factory.mktemp("agent")) as client:
        yield client


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[RawClient]:
    """A QEMU of the test's own, to be changed."""
    with bare_machine(tmp_path) as client:
        yield client


@pytest.fixture
def own_daemon(tmp_path: Path) -> Iterator[RawClient]:
    """A storage daemon of the test's own, to be changed."""
    with storage_daemon(tmp_path) as client:
        yield client
