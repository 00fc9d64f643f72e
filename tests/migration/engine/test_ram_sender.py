"""Which pages go out and when; records are judged by a parser of their own."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qapigen.migration.engine.page_encoders import PlainPages
from qapigen.migration.engine.ram_sender import MOST_ANNOUNCED_BYTES, RamSender
from qapigen.migration.guest.ram import GuestRam, RamBlock
from qapigen.migration.progress import Counters
from qapigen.migration.stream import writer
from qapigen.migration.stream.format import PAGE_SIZE, SectionType
from qapigen.migration.stream.writer import PageWriter
from tests.migration.stream import layout_parser

from .fakes import FakeClock

RECORD = 8 + PAGE_SIZE


class Output:
    """Takes records; ``limit`` is what may be sent, ``seconds`` what a write takes."""

    def __init__(self, limit: int | None = None, clock: FakeClock | None = None) -> None:
        self.limit = limit
        self.data = bytearray()
        self.writes = 0
        self.seconds = 0.0
        self._clock = clock

    def write(self, data: bytes | memoryview) -> None:
        self.data += data
        self.writes += 1
        if self._clock is not None:
            self._clock.advance(self.seconds)

    def room(self) -> int | None:
        return None if self.limit is None else max(0, self.limit - len(self.data))


class Sending:
    """A guest's memory and its sender."""

    def __init__(self, *blocks: RamBlock) -> None:
        self.clock = FakeClock()
        self.counters = Counters()
        self.ram = GuestRam(blocks)
        self.sender = RamSender(
            self.ram, encoder=PlainPages(self.counters, PageWriter()), clock=self.clock
        )
        self.out = Output(clock=self.clock)
        self.records = bytearray()

    def begin(self) -> Sending:
        self.sender.begin()
        self.sender.sync()
        return self

    def send(self, limit: int | None = None, *, everything: bool = False) -> bool:
        """Send, and put the records to the others."""
        self.out.limit, self.out.data = limit, bytearray()
        done = self.sender.send(self.out, everything=everything)
        self.records += self.out.data
        return done

    def parsed(self) -> layout_parser.Layout:
        return layout_parser.parse(as_stream(self.ram, bytes(self.records)))


def as_stream(ram: GuestRam, records: bytes) -> bytes:
    """Records as the one PART of a stream."""
    listed = writer.ram_list([(block.name, block.size) for block in ram])
    return b"".join(
        (
            writer.header(),
            writer.configuration("none"),
            writer.section_start(SectionType.START, 2, "ram", 0, 4) + listed + writer.EOS,
            writer.footer(2),
            writer.section_part(2) + records + writer.EOS + writer.footer(2),
            writer.section_end(2) + writer.EOS + writer.footer(2),
            writer.EOF,
            writer.vm_description(PAGE_SIZE, []),
        )
    )


def block(pages: int, name: str = "pc.ram") -> RamBlock:
    return RamBlock(name, pages * PAGE_SIZE)


def random_fill(target: RamBlock, pages: slice = slice(None), seed: int = 1) -> RamBlock:
    target.fill_random(np.random.default_rng(seed), pages)
    return target


def offsets(records: bytes) -> list[int]:
    """The page numbers of full and zero pages of one block, in the order of the stream."""
    found, at = [], 0
    while at < len(records):
        word = int.from_bytes(records[at : at + 8], "big")
        at += 8
        if not word & 0x20:
            at += 1 + records[at]
        at += PAGE_SIZE if word & 8 else 1
        found.append(word // PAGE_SIZE)
    assert at == len(records)
    return found


# --- the first pass ---


def test_the_first_pass_sends_every_page_in_order() -> None:
    sending = Sending(random_fill(block(1000))).begin()
    assert sending.sender.remaining_bytes == 1000 * PAGE_SIZE
    assert sending.send()
    assert offsets(bytes(sending.records)) == list(range(1000))
    assert sending.parsed().ram["pc.ram"] == sending.ram.main.read(0, sending.ram.size)
    assert (sending.counters.normal, sending.counters.duplicate) == (1000, 0)
    assert sending.sender.remaining_bytes == 0


def test_what_is_being_written_still_remains() -> None:
    """Each page is either counted or left, whoever asks while a write takes its time."""
    sending = Sending(random_fill(block(1000), slice(500))).begin()
    left: list[int] = []
    write = sending.out.write

    def looking(data: bytes | memoryview) -> None:
        gone = sum(1 for _ in offsets(bytes(sending.out.data)))
        left.append(sending.sender.remaining_bytes // PAGE_SIZE + gone)
        write(data)

    sending.out.write = looking  # type: ignore[method-assign]
    sending.send()
    assert set(left) == {1000}


@pytest.mark.parametrize("run", [1, 3, 64, 200])
def test_zero_pages_keep_their_places(run: int) -> None:
    memory = block(1000)
    for start in range(0, 1000, 2 * run):
        random_fill(memory, slice(start, start + run))
    sending = Sending(memory).begin()
    assert sending.send()
    assert offsets(bytes(sending.records)) == list(range(1000))
    assert sending.parsed().ram["pc.ram"] == memory.read(0, memory.size)
    filled = sum(page // run % 2 == 0 for page in range(1000))
    assert (sending.counters.normal, sending.counters.duplicate) == (filled, 1000 - filled)


def test_a_few_writes_do_for_finely_mixed_pages() -> None:
    memory = block(2048)
    memory.write_pages(slice(0, 2048, 2), np.ones((1, PAGE_SIZE), np.uint8))
    sending = Sending(memory).begin()
    assert sending.send()
    assert sending.out.writes == 1024 // 128


def test_blocks_follow_each_other_from_the_largest() -> None:
    sending = Sending(block(3, "b"), random_fill(block(7, "a")), block(5, "c")).begin()
    assert sending.send()
    found = sending.parsed()
    assert list(found.blocks) == ["a", "c", "b"]
    assert found.counts == {"normal": 7, "zero": 8, "named": 3, "empty sections": 1}
    zero = bytes(7) + b"\2"
    assert sending.records[8:10] == b"\1a"
    assert sending.records.index(zero + b"\1c") == 2 + 7 * RECORD
    assert sending.records.index(zero + b"\1b") == 2 + 7 * RECORD + 2 + 5 * 9


def test_zero_pages_are_marks_whether_they_were_written_or_not() -> None:
    memory = random_fill(block(10), slice(2, 4))
    memory.write(5 * PAGE_SIZE, bytes(PAGE_SIZE))
    sending = Sending(memory).begin()
    assert sending.send()
    assert (sending.counters.normal, sending.counters.duplicate) == (2, 8)
    assert sending.parsed().counts["zero"] == 8


@pytest.mark.parametrize("filled", [0, 1, 130, 600])
def test_the_counter_has_the_bytes_of_the_records(filled: int) -> None:
    sending = Sending(random_fill(block(600), slice(filled))).begin()
    sending.send()
    assert sending.counters.transferred == len(sending.records)
    assert len(sending.records) == filled * RECORD + (600 - filled) * 9 + 7


def test_what_nobody_wrote_is_left_out_of_a_large_guest() -> None:
    memory = random_fill(RamBlock("pc.ram", MOST_ANNOUNCED_BYTES + PAGE_SIZE), slice(3, 6))
    last = memory.size - PAGE_SIZE
    memory.write(last, b"end")
    sending = Sending(memory).begin()
    assert sending.sender.remaining_bytes == 4 * PAGE_SIZE
    assert sending.send()
    assert offsets(bytes(sending.records)) == [3, 4, 5, last // PAGE_SIZE]
    memory.write(8 * PAGE_SIZE, b"late")
    assert sending.sender.sync() == 1
    assert sending.send(everything=True)
    assert offsets(bytes(sending.records))[-1] == 8
    sending.ram.close()


# --- more passes ---


def test_a_sync_makes_written_pages_due_once() -> None:
    sending = Sending(random_fill(block(100))).begin()
    sending.send()
    for page in (50, 7, 50):
        sending.ram.main.write(page * PAGE_SIZE, b"new")
    assert sending.sender.remaining_bytes == 0
    assert sending.sender.sync() == 2
    assert sending.sender.remaining_bytes == 2 * PAGE_SIZE
    assert sending.sender.sync() == 0
    sending.records.clear()
    assert sending.send()
    assert offsets(bytes(sending.records)) == [7, 50]


def test_a_page_that_is_due_anyway_is_not_counted_twice() -> None:
    sending = Sending(random_fill(block(100))).begin()
    sending.ram.main.write(0, b"new")
    assert sending.sender.sync() == 1
    assert sending.sender.remaining_bytes == 100 * PAGE_SIZE


def test_the_search_goes_on_where_it_ended_and_around() -> None:
    sending = Sending(random_fill(block(8))).begin()
    assert not sending.send(3 * RECORD)
    sending.ram.main.write(0, b"new")
    sending.ram.main.write(6 * PAGE_SIZE, b"new")
    sending.sender.sync()
    assert sending.send()
    found = offsets(bytes(sending.records))
    first = found.index(0, 1)
    assert found[:first] == list(range(8))
    assert found[first:] == [0]


def test_the_log_is_on_between_begin_and_end() -> None:
    sending = Sending(block(4))
    assert not sending.ram.main.dirty.logging
    sending.sender.end()
    sending.begin()
    assert sending.ram.main.dirty.logging
    sending.sender.end()
    sending.sender.end()
    assert not sending.ram.main.dirty.logging


def test_a_write_just_before_the_first_sync_is_not_lost() -> None:
    sending = Sending(block(4))
    sending.sender.begin()
    sending.ram.main.write(PAGE_SIZE, b"x")
    assert sending.sender.sync() == 1
    sending.send()
    assert sending.parsed().ram["pc.ram"] == sending.ram.main.read(0, sending.ram.size)


# --- limits ---


@pytest.mark.parametrize("room", [0, 1, RECORD - 1, RECORD, 5 * RECORD, 200 * RECORD + 1])
def test_a_limit_is_overrun_by_one_page_at_most(room: int) -> None:
    sending = Sending(random_fill(block(1000))).begin()
    assert not sending.send(room)
    assert room <= len(sending.records) <= max(room, 1) + RECORD + 7
    assert offsets(bytes(sending.records)) == list(range(sending.counters.normal))


@pytest.mark.parametrize("room", [1, 100, 10_000, 100_000])
def test_zero_pages_go_out_in_few_writes_at_any_limit(room: int) -> None:
    pages = 20_000
    sending = Sending(block(pages)).begin()
    sends = 0
    while not sending.send(room):
        assert room <= len(sending.out.data) <= room + 9 + 7
        sends += 1
    assert sends >= pages * 9 // (room + 9 + 7)
    assert sending.out.writes <= pages * 9 // room + pages // 512 + 2
    assert sending.counters.duplicate == pages


@given(
    filled=st.sets(st.integers(0, 299)),
    rooms=st.lists(st.integers(0, 60_000), min_size=1, max_size=10),
)
def test_any_limit_with_any_pages(filled: set[int], rooms: list[int]) -> None:
    """Pages stay in order, and each limit is used up but for less than a record."""
    memory = block(300)
    memory.write_pages(np.array(sorted(filled), np.int64), np.ones((1, PAGE_SIZE), np.uint8))
    sending = Sending(memory).begin()
    for room in rooms:
        done = sending.send(room)
        assert len(sending.out.data) <= room + RECORD + 7
        assert done or len(sending.out.data) >= room
    assert offsets(bytes(sending.records)) == list(range(len(offsets(bytes(sending.records)))))
    assert sending.send(everything=True)
    assert offsets(bytes(sending.records)) == list(range(300))
    assert sending.counters.transferred == len(sending.records)


def test_the_final_pass_knows_no_limit() -> None:
    sending = Sending(random_fill(block(1000))).begin()
    sending.out.seconds = 1.0
    assert sending.send(0, everything=True)
    assert sending.counters.normal == 1000


def test_a_section_ends_after_fifty_milliseconds() -> None:
    sending = Sending(random_fill(block(4000))).begin()
    sending.out.seconds = 0.02  # for each 128 pages
    assert not sending.send()
    assert 0.05 <= sending.clock.now <= 0.05 + 4 * 0.02
    sent = sending.counters.normal
    assert 3 * 128 <= sent < 4000
    assert not sending.send()
    assert sending.counters.normal == 2 * sent


def test_nothing_due_is_nothing_sent() -> None:
    sending = Sending(block(4)).begin()
    sending.send()
    sending.records.clear()
    assert sending.send()
    assert sending.records == b""


def test_the_list_of_blocks() -> None:
    sending = Sending(block(1, "b"), block(2, "a"))
    size = PAGE_SIZE.to_bytes(8, "big")
    double = (2 * PAGE_SIZE).to_bytes(8, "big")
    expected = (3 * PAGE_SIZE | 4).to_bytes(8, "big") + b"\1a" + double + b"\1b" + size
    assert sending.sender.list_of_blocks() == expected


# --- anything that can happen ---

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.lists(st.integers(0, 299), max_size=20)),
        st.tuples(st.just("clear"), st.lists(st.integers(0, 299), max_size=5)),
        st.tuples(st.just("sync"), st.just([])),
        st.tuples(st.just("send"), st.lists(st.integers(0, 400_000), min_size=1, max_size=1)),
    ),
    max_size=12,
)


@settings(max_examples=60, deadline=None)
@given(first=st.lists(st.integers(0, 299), max_size=40), steps=STEPS)
def test_memory_arrives_whatever_the_guest_does(
    first: Sequence[int], steps: Sequence[tuple[str, list[int]]]
) -> None:
    sending = Sending(block(200, "a"), block(100, "b"))

    def write(pages: Sequence[int], data: bytes) -> None:
        for page in pages:
            target = sending.ram["a" if page < 200 else "b"]
            target.write(page % 200 * PAGE_SIZE, data)

    write(first, b"first")
    sending.begin()
    for number, (what, values) in enumerate(steps):
        if what == "write":
            write(values, number.to_bytes(8, "big") * 2)
        elif what == "clear":
            write(values, bytes(PAGE_SIZE))
        elif what == "sync":
            sending.sender.sync()
        else:
            sending.send(values[0])
    sending.sender.sync()
    assert sending.send(everything=True)
    assert sending.sender.remaining_bytes == 0
    found = sending.parsed()
    assert found.ram == {each.name: each.read(0, each.size) for each in sending.ram}
    counts = found.counts
    assert (sending.counters.normal, sending.counters.duplicate) == (
        counts["normal"],
        counts["zero"],
    )
    assert sending.counters.transferred == len(sending.records)
