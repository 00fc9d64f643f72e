"""Ending what waits."""

from __future__ import annotations

import os
import select
import threading

import pytest

from qapigen.migration.channels.channel import ChannelError
from qapigen.migration.channels.interrupt import Interrupt, InUse
from tests.migration.channels.pairs import Background, open_descriptors


def test_wait() -> None:
    interrupt = Interrupt()
    reader, writer = os.pipe()
    assert interrupt.wait({reader: select.POLLIN}, 0) == {}
    assert interrupt.wait({reader: select.POLLIN, writer: select.POLLOUT}) == {
        writer: select.POLLOUT
    }
    os.write(writer, b"x")
    assert interrupt.wait({reader: select.POLLIN}) == {reader: select.POLLIN}
    interrupt.close()
    os.close(reader)
    os.close(writer)


def test_fire_ends_all_waits() -> None:
    interrupt = Interrupt()
    waits = [Background(lambda: interrupt.wait({})) for _ in range(3)]
    interrupt.fire()
    interrupt.fire()
    for wait in waits:
        with pytest.raises(ChannelError, match="cancelled"):
            wait.result()
    with pytest.raises(ChannelError, match="cancelled"):
        interrupt.wait({}, 0)
    interrupt.close()


def test_fire_wins() -> None:
    interrupt = Interrupt()
    reader, writer = os.pipe()
    interrupt.fire()
    with pytest.raises(ChannelError):
        interrupt.wait({writer: select.POLLOUT})
    interrupt.close()
    os.close(reader)
    os.close(writer)


def test_close() -> None:
    before = open_descriptors()
    interrupt = Interrupt()
    interrupt.close()
    interrupt.close()
    interrupt.fire()
    assert interrupt.fired
    assert open_descriptors() == before


def test_one_interrupt_waits_for_another() -> None:
    interrupt, other = Interrupt(), Interrupt()
    wait = Background(lambda: interrupt.wait({other.fileno(): select.POLLIN}))
    other.fire()
    assert list(wait.result()) == [other.fileno()]
    interrupt.close()
    other.close()


def test_closing_waits_for_those_inside() -> None:
    in_use, inside, woken = InUse(), threading.Event(), threading.Event()
    order = []

    def use() -> None:
        with in_use:
            inside.set()
            woken.wait()
            order.append("left")

    using = Background(use)
    inside.wait()
    assert in_use.leave(woken.set)
    order.append("closed")
    using.result()
    assert order == ["left", "closed"]
    with pytest.raises(ChannelError, match="closed"), in_use:
        raise AssertionError("inside")
    assert not in_use.leave(woken.clear)
    assert woken.is_set()


def test_nobody_is_woken_up_where_nobody_is() -> None:
    in_use, woken = InUse(), threading.Event()
    with in_use:
        pass
    assert in_use.leave(woken.set)
    assert not woken.is_set()
