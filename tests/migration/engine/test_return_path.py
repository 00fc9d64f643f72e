"""What the destination says, and what is made of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from qapigen.migration.engine.return_path import ReturnPath
from qapigen.migration.progress import Counters
from qapigen.migration.stream import returnpath

from .fakes import DEADLINE_SECONDS, MemoryOutput

SIZE = 16 * 4096


class Path:
    """A return path over a channel in memory."""

    def __init__(self) -> None:
        self.channel = MemoryOutput()
        self.counters = Counters()
        self.path = ReturnPath(
            self.channel, blocks={"pc.ram": SIZE, "vga": 4096}, counters=self.counters
        )

    def hears(self, *messages: bytes, end: bool = True) -> str | None:
        """What is made of it, all of it coming at once."""
        self.channel.say(b"".join(messages))
        if end:
            self.channel.hang_up()
        self.path.start()
        return self.path.wait()


@pytest.fixture
def it() -> Iterator[Path]:
    path = Path()
    yield path
    path.channel.shutdown()
    path.path.join()


def test_all_is_well(it: Path) -> None:
    assert it.hears(returnpath.pong(1), returnpath.shut(0), end=False) is None
    assert it.path.over
    assert it.path.refusal is None
    assert it.counters.postcopy_requests == 0


def test_a_failure_of_the_destination(it: Path) -> None:
    problem = it.hears(returnpath.pong(1), returnpath.shut(1), end=False)
    assert problem is not None and "status 1" in problem
    assert it.path.refusal == problem


@pytest.mark.parametrize("said", [b"", returnpath.pong(1), returnpath.shut(0)[:-1]])
def test_an_early_end(it: Path, said: bytes) -> None:
    problem = it.hears(said)
    assert problem is not None and "ended" in problem
    assert it.path.refusal is None


def test_a_broken_path(it: Path) -> None:
    it.channel.shutdown()
    problem = it.hears()
    assert problem is not None and "shut down" in problem
    assert it.path.refusal is None


def test_what_follows_the_last_message_makes_no_difference(it: Path) -> None:
    assert it.hears(returnpath.shut(0), b"\xff" * 20, end=False) is None


def test_nothing_is_over_at_the_beginning(it: Path) -> None:
    assert not it.path.over
    assert it.path.problem is None
    it.path.join()  # of a thread that was never started


def test_the_first_word_is_waited_for(it: Path) -> None:
    assert not it.path.spoken
    it.path.start()
    it.channel.say(returnpath.pong(1))
    it.path.wait_for_word(DEADLINE_SECONDS)
    assert it.path.spoken
    assert not it.path.over


def test_an_end_is_as_good_as_a_word(it: Path) -> None:
    it.path.start()
    it.channel.hang_up()
    it.path.wait_for_word(DEADLINE_SECONDS)
    assert it.path.spoken
    assert it.path.over


def test_a_word_is_not_waited_for_in_vain(it: Path) -> None:
    it.path.start()
    it.path.wait_for_word(0)
    assert not it.path.spoken


# --- messages ---

BAD = {
    "type 0": b"\0\0\0\4\0\0\0\0",
    "an unknown type": b"\0\x09\0\0",
    "a wrong length": b"\0\2\0\5\0\0\0\0\0",
    "too long": b"\0\3\2\1" + bytes(513),
    "an unknown block": returnpath.req_pages(0, 4096, block="rom"),
    "half a page": returnpath.req_pages(0, 2048, block="pc.ram"),
    "an odd start": returnpath.req_pages(1, 4096, block="pc.ram"),
    "behind the end": returnpath.req_pages(SIZE, 4096, block="pc.ram"),
    "across the end": returnpath.req_pages(SIZE - 4096, 8192, block="pc.ram"),
    "of the largest length": returnpath.req_pages(0, 2**32 - 4096, block="pc.ram"),
    "no block yet": returnpath.req_pages(0, 4096),
}


@pytest.mark.parametrize("message", BAD.values(), ids=BAD.keys())
@pytest.mark.parametrize("before", [b"", returnpath.pong(1)], ids=["alone", "after a pong"])
def test_a_bad_message_ends_it_at_once(it: Path, message: bytes, before: bytes) -> None:
    problem = it.hears(before, message, end=False)
    assert problem is not None and problem.startswith("return path: ")
    assert it.path.refusal is None


def test_a_confirmation_behind_a_bad_message_counts_no_more(it: Path) -> None:
    problem = it.hears(returnpath.pong(1), BAD["an unknown type"], returnpath.shut(0), end=False)
    assert problem is not None and problem.startswith("return path: ")


def test_requests_are_counted_the_bad_one_included(it: Path) -> None:
    problem = it.hears(
        returnpath.req_pages(0, SIZE, block="pc.ram"),
        returnpath.req_pages(SIZE - 4096, 4096),
        returnpath.req_pages(0, 4096, block="vga"),
        returnpath.req_pages(4096, 4096),
        returnpath.shut(0),
        end=False,
    )
    assert problem is not None and "vga" in problem
    assert it.counters.postcopy_requests == 4


def test_messages_may_come_in_pieces(it: Path) -> None:
    it.path.start()
    for byte in returnpath.pong(1) + returnpath.shut(0):
        it.channel.say(bytes((byte,)))
    assert it.path.wait() is None
