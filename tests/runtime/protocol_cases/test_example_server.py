"""The example of the documentation answers as the tables say, however its input is cut."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.runtime.protocol_cases.cases import Case, Mode, case, command, returns
from tests.runtime.protocol_cases.conversation import faults
from tests.runtime.protocol_cases.servers import WAYS, complaints, connected, example_server
from tests.runtime.protocol_cases.tables import HALF_CLOSED, LARGE, PROBED

#: Texts that are cut at every single place are not longer than this.
SHORT_BYTES = 120


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where the example serves a machine that is stopped."""
    with example_server(tmp_path_factory.mktemp("example"), repeat_errors=True) as path:
        stopped = case("stop", command("stop"), returns(), events=("STOP",))
        assert complaints(path, [stopped], close=True) == {}
        yield path


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("table", HALF_CLOSED)
def test_half_closed(address: Path, table: str, way: str) -> None:
    assert complaints(address, HALF_CLOSED[table], WAYS[way], close=True) == {}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("table", PROBED)
def test_probed(address: Path, table: str, way: str) -> None:
    assert complaints(address, PROBED[table], WAYS[way], close=False) == {}


@pytest.mark.slow
@pytest.mark.parametrize("table", HALF_CLOSED)
def test_cut_everywhere(address: Path, table: str) -> None:
    """In two, at every place there is."""
    short = [each for each in HALF_CLOSED[table] if len(each.sends) <= SHORT_BYTES]
    for at in range(1, SHORT_BYTES):
        longer = [each for each in short if len(each.sends) > at]
        found = complaints(address, longer, lambda data, at=at: [data[:at], data[at:]], close=True)  # type: ignore[misc]
        assert found == {}, at


@pytest.mark.slow
@pytest.mark.parametrize("large", LARGE, ids=lambda each: each.name)
def test_large(address: Path, large: Case) -> None:
    assert complaints(address, [large], close=True) == {}


def test_there_are_hundreds() -> None:
    names = [each.name for table in HALF_CLOSED.values() for each in table]
    assert len(names) > 1000


@pytest.mark.parametrize("table", HALF_CLOSED)
def test_names_tell_rows_apart(table: str) -> None:
    names = Counter(each.name for each in HALF_CLOSED[table])
    assert [name for name, count in names.items() if count > 1] == []


@pytest.mark.parametrize(
    "wrong",
    [
        case("an answer too few", command("stop", id="1")),
        case("an answer too many", command("stop", id="1"), returns(1), returns(1)),
        case("another id", command("stop", id="1"), returns("1")),
        case("another value", command("stop", id="1"), returns(1, [])),
        case("an event", command("stop", id="1"), returns(1), events=("STOP",)),
        case("another mode", command("stop", id="1"), returns(1), mode=Mode.NEGOTIATION),
    ],
    ids=lambda each: each.name,
)
def test_a_wrong_row_is_found(address: Path, wrong: Case) -> None:
    with connected(address) as connection:
        assert faults(connection, wrong, [wrong.sends]) != []
