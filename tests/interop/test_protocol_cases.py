"""The tables of what a server answers are true: QEMU and its guest agent pass them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.interop.programs import AGENT, QEMU, agent_socket, machine_socket
from tests.runtime.protocol_cases.arguments import POLICY
from tests.runtime.protocol_cases.cases import Case
from tests.runtime.protocol_cases.servers import complaints
from tests.runtime.protocol_cases.tables import (
    AGENT_PROBED,
    COMPAT_PROBED,
    HALF_CLOSED,
    LARGE,
    PROBED,
    SERVED,
    SERVED_PROBED,
)

CLOSED = HALF_CLOSED | SERVED
OPEN = PROBED | SERVED_PROBED

#: A machine without anything, which is stopped and obeys the policy of the tables.
STRICT = ["-machine", "none", "-nodefaults", "-display", "none", "-S", "-compat", POLICY]

with_qemu = pytest.mark.requires(QEMU)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where a QEMU serves one client after the other."""
    with machine_socket(tmp_path_factory.mktemp("cases")) as path:
        yield path


@with_qemu
@pytest.mark.parametrize("table", CLOSED)
def test_half_closed(address: Path, table: str) -> None:
    assert complaints(address, CLOSED[table], close=True, of_qemu=True) == {}


@with_qemu
@pytest.mark.parametrize("table", OPEN)
def test_probed(address: Path, table: str) -> None:
    assert complaints(address, OPEN[table], close=False, of_qemu=True) == {}


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
def test_agent(tmp_path: Path) -> None:
    with agent_socket(tmp_path) as path:
        assert complaints(path, AGENT_PROBED, close=False, of_qemu=True) == {}
