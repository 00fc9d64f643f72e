"""A guest goes from us to QEMU, and on from there to us, on every way that there is.

What it remembers is compared byte for byte after each leg.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.interop.differences import Release
from tests.interop.migration_sides import MIB, UNLIMITED, OurSide, QemuSide, ours, qemu
from tests.interop.migration_ways import ONE_WAY, TWO_WAY, has_ipv6, incoming_option, send
from tests.interop.programs import QEMU
from tests.interop.raw_client import Refused

pytestmark = pytest.mark.requires(QEMU)

IPV6 = pytest.mark.may_skip, pytest.mark.skipif(not has_ipv6(), reason="no IPv6 here")

TRIPS = [
    pytest.param(way, answers, marks=IPV6 if way == "tcp-ipv6" else ())
    for ways, choices in ((TWO_WAY, (False, True)), (ONE_WAY, (False,)))
    for way in ways
    for answers in choices
]


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OurSide]:
    """Where the guest comes from; it runs on there when it has left, and leaves again."""
    with ours(tmp_path_factory.mktemp("first"), "--fill", "half", size=4 * MIB) as side:
        yield side


@pytest.mark.parametrize(("way", "answers"), TRIPS)
def test_there_and_back(
    way: str, answers: bool, release: Release, first: OurSide, tmp_path: Path
) -> None:
    """Over QEMU the guest comes back to us; ``answers``: with a return path."""
    first.ask("cont")
    if way == "fd-file" and not release.migrates_to_descriptors_of_files:
        with qemu(tmp_path) as source, pytest.raises(Refused, match="to a file is not supported"):
            send(way, source, first, tmp_path)
        return
    with ExitStack() as programs:
        between = programs.enter_context(qemu(tmp_path, "-incoming", "defer", size=4 * MIB))
        arriving = "--incoming", incoming_option(way)
        last = programs.enter_context(ours(tmp_path, *arriving, size=4 * MIB))
        _leg(way, first, between, answers=answers, folder=tmp_path)
        _leg(way, between, last, answers=answers, folder=tmp_path)
        began, passed, came = first.memory(), between.memory(), last.memory()
    assert 0 < began.count(0) < len(began)
    assert passed == began
    assert came == began


def _leg(
    way: str,
    source: OurSide | QemuSide,
    destination: OurSide | QemuSide,
    *,
    answers: bool,
    folder: Path,
) -> None:
    source.switch(return_path=answers)
    source.set(max_bandwidth=UNLIMITED)
    assert destination.run_state == "inmigrate"
    send(way, source, destination, folder)
    assert (source.ends(), destination.ends()) == ("completed", "completed")
    destination.wait_for_run_state("running")
    source.wait_for_run_state("postmigrate")
    assert destination.report()["status"] == "completed"
    assert source.report()["ram"]["remaining"] == 0
