"""Small pieces wait for large ones, and nothing changes its place."""

from __future__ import annotations

import pytest

from qapigen.migration.channels.channel import ChannelError
from qapigen.migration.engine.outlet import Outlet

from .fakes import MemoryOutput


def outlet(channel: MemoryOutput, limit: int | None = None) -> Outlet:
    return Outlet(channel, lambda position: None if limit is None else limit - position)


def test_small_pieces_go_along_with_the_next_large_one() -> None:
    channel = MemoryOutput()
    out = outlet(channel)
    out.add(b"one ")
    out.add(b"two ")
    assert channel.writes == []
    out.write(memoryview(b"three"))
    assert channel.writes == [b"one two three"]


def test_a_large_piece_goes_alone_where_nothing_waits() -> None:
    channel = MemoryOutput()
    out = outlet(channel)
    out.write(b"one")
    out.write(b"two")
    assert channel.writes == [b"one", b"two"]


def test_what_waits_counts() -> None:
    channel = MemoryOutput()
    out = outlet(channel, limit=10)
    assert (out.position, out.room()) == (0, 10)
    out.add(b"123")
    assert (out.position, out.room(), channel.position) == (3, 7, 0)
    out.write(b"45")
    assert (out.position, out.room(), channel.position) == (5, 5, 5)
    out.add(b"6")
    out.flush()
    assert (out.position, out.room(), channel.position) == (6, 4, 6)


def test_no_limit_is_no_number() -> None:
    assert outlet(MemoryOutput()).room() is None


def test_flush_writes_once_and_only_if_there_is_something() -> None:
    channel = MemoryOutput()
    out = outlet(channel)
    out.flush()
    assert channel.writes == []
    out.add(b"a")
    out.add(b"b")
    out.flush()
    out.flush()
    assert channel.writes == [b"ab"]


@pytest.mark.parametrize("flush", [False, True])
def test_a_broken_channel_is_noticed(flush: bool) -> None:
    channel = MemoryOutput(break_at=1)
    out = outlet(channel)
    out.add(b"ab")
    with pytest.raises(ChannelError, match="reset"):
        out.flush() if flush else out.write(b"c")
