from __future__ import annotations

import os

import pytest

from qapigen.runtime.session.descriptors import close_all, copied


def test_copies_live_on_their_own() -> None:
    reading, writing = os.pipe()
    copies = copied([writing, writing])
    os.close(writing)
    os.write(copies[0], b"a")
    close_all(copies[:1])
    os.write(copies[1], b"b")
    close_all(copies[1:])
    assert os.read(reading, 10) == b"ab"
    assert os.read(reading, 10) == b""
    os.close(reading)


def test_none_is_left_if_one_is_wrong() -> None:
    reading, writing = os.pipe()
    before = set(os.listdir("/proc/self/fd"))
    with pytest.raises(OSError):
        copied([writing, reading, 10**6])
    assert set(os.listdir("/proc/self/fd")) == before
    close_all([reading, writing])
