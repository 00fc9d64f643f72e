"""The tables of what a server answers are true: QEMU and its guest agent pass them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.interop.differences import Release
from tests.interop.programs import AGENT, QEMU, agent_socket, machine_socket
from tests.runtime.protocol_cases.arguments import POLICY
from tests.runtime.protocol_cases.cases import Case, probe
from tests.runtime.protocol_cases.servers import complaints
from tests.runtime.protocol_cases.tables import (
    AGENT as AGENT_CASES,
)
from tests.runtime.protocol_cases.tables import (
    COMPAT_PROBED,
    HALF_CLOSED,
    LARGE,
    LEFT_OPEN,
    SERVED,
    SERVED_LEFT_OPEN,
)

CLOSED = HALF_CLOSED | SERVED
OPEN = LEFT_OPEN | SERVED_LEFT_OPEN

#: A machine without anything, which is stopped and obeys the policy of the tables.
STRICT = ["-machine", "none", "-nodefaults", "-display", "none", "-S", "-compat", POLICY]

#: Cases with answers so long that QEMU may not be able to write them at once.  What is left is lost
#: if the client has closed its sending side meanwhile, so they are among those probed only.
LONG_ANSWERS = {"introspection", "1025 levels", "1025 objects", "1025 in a command"}

with_qemu = pytest.mark.requires(QEMU)


def read_by(release: Release, table: Iterable[Case]) -> list[Case]:
    """The cases, with what this release makes of bytes that are no right JSON."""
    found = []
    for each in table:
        if each.name in release.recoveries:
            answers, resync_errors = release.recoveries[each.name]
            each = replace(each, qemu=answers, resync_errors=resync_errors)
        found.append(each)
    return found


@pytest.fixture(scope="module")
def address(release: Release, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where a QEMU serves one client after the other."""
    with machine_socket(tmp_path_factory.mktemp("cases")) as path:
        yield path


@with_qemu
@pytest.mark.parametrize("table", CLOSED)
def test_half_closed(release: Release, address: Path, table: str) -> None:
    cases = [each for each in read_by(release, CLOSED[table]) if each.name not in LONG_ANSWERS]
    assert complaints(address, cases, close=True, of_qemu=True) == {}


@with_qemu
@pytest.mark.parametrize("table", OPEN)
def test_probed(release: Release, address: Path, table: str) -> None:
    cases = probe(read_by(release, OPEN[table]))
    assert complaints(address, cases, close=False, of_qemu=True) == {}


@with_qemu
@pytest.mark.slow
@pytest.mark.parametrize("case", LARGE, ids=lambda case: case.name)
def test_large(address: Path, case: Case) -> None:
    assert complaints(address, [case], close=True, of_qemu=True) == {}


@with_qemu
def test_policy(tmp_path: Path) -> None:
    with machine_socket(tmp_path, STRICT) as path:
        assert complaints(path, COMPAT_PROBED, close=False, of_qemu=True) == {}


@pytest.mark.requires(AGENT)
def test_agent(release: Release, tmp_path: Path) -> None:
    cases = probe(read_by(release, AGENT_CASES))
    with agent_socket(tmp_path) as path:
        assert complaints(path, cases, close=False, of_qemu=True) == {}
