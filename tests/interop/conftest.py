"""Running programs and the packages made for them.

Fixtures for a whole session are only asked, so tests may run in any order; a test that changes
something has a program of its own.

A test that requires QEMU's programs runs with those of each release, or of one that its mark names
(``requires(QEMU, release="7.2")``).  Fixtures that start such a program for more than one test
have to ask for ``release``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.interop.differences import QEMU_7_2, RELEASES, Release
from tests.interop.packages import Package, imported
from tests.interop.programs import agent, bare_machine, rich_machine, storage_daemon
from tests.interop.raw_client import RawClient

TempFolders = pytest.TempPathFactory


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Once for each release."""
    mark = metafunc.definition.get_closest_marker("requires")
    if mark is not None:
        names = [mark.kwargs["release"]] if "release" in mark.kwargs else list(RELEASES)
        releases = [RELEASES[name] for name in names]
        metafunc.parametrize("release", releases, ids=names, indirect=True, scope="session")


@pytest.fixture(scope="session", autouse=True)
def release(request: pytest.FixtureRequest) -> Iterator[Release]:
    """The release whose programs are found first."""
    found: Release = getattr(request, "param", QEMU_7_2)
    if not found.is_there:
        pytest.skip(f"no {found.name} QEMU: set {found.variable} to the folder of its programs")
    with found.in_front():
        yield found


@pytest.fixture(scope="session")
def qapi(corpus: Path, release: Release, tmp_path_factory: TempFolders) -> Iterator[Package]:
    """The package of QEMU's schema."""
    with imported(corpus, "live_qapi", tmp_path_factory.mktemp("qapi"), release) as package:
        yield package


@pytest.fixture(scope="session")
def qga(corpus: Path, release: Release, tmp_path_factory: TempFolders) -> Iterator[Package]:
    """The package of the guest agent's schema."""
    with imported(corpus, "live_qga", tmp_path_factory.mktemp("qga"), release) as package:
        yield package


@pytest.fixture(scope="session")
def daemon_qapi(corpus: Path, release: Release, tmp_path_factory: TempFolders) -> Iterator[Package]:
    """The package of the storage daemon's schema."""
    folder = tmp_path_factory.mktemp("daemon")
    with imported(corpus, "live_storage_daemon", folder, release) as package:
        yield package


@pytest.fixture(scope="session")
def rich(release: Release, tmp_path_factory: TempFolders) -> Iterator[RawClient]:
    """A QEMU with many devices, to be asked."""
    with rich_machine(tmp_path_factory.mktemp("rich")) as client:
        yield client


@pytest.fixture(scope="session")
def daemon(release: Release, tmp_path_factory: TempFolders) -> Iterator[RawClient]:
    """A storage daemon, to be asked."""
    with storage_daemon(tmp_path_factory.mktemp("daemon")) as client:
        yield client


@pytest.fixture(scope="session")
def guest_agent(release: Release, tmp_path_factory: TempFolders) -> Iterator[RawClient]:
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
