"""Our server with a schema of the tables' own: arguments, policies, the agent's dialect."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.runtime.protocol_cases.servers import WAYS, complaints, served
from tests.runtime.protocol_cases.tables import (
    AGENT_PROBED,
    COMPAT_PROBED,
    SERVED,
    SERVED_PROBED,
)

ways = pytest.mark.parametrize("way", WAYS)


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with served(tmp_path_factory.mktemp("machine"), "machine") as path:
        yield path


@ways
@pytest.mark.parametrize("table", SERVED)
def test_half_closed(machine: Path, table: str, way: str) -> None:
    assert complaints(machine, SERVED[table], WAYS[way], close=True) == {}


@ways
@pytest.mark.parametrize("table", SERVED_PROBED)
def test_probed(machine: Path, table: str, way: str) -> None:
    assert complaints(machine, SERVED_PROBED[table], WAYS[way], close=False) == {}


def test_policy(tmp_path: Path) -> None:
    with served(tmp_path, "strict") as path:
        assert complaints(path, COMPAT_PROBED, close=False) == {}


def test_without_the_policy_some_differ(machine: Path) -> None:
    assert len(complaints(machine, COMPAT_PROBED, close=False)) > 5


@ways
def test_agent(tmp_path: Path, way: str) -> None:
    with served(tmp_path, "agent") as path:
        assert complaints(path, AGENT_PROBED, WAYS[way], close=False) == {}
