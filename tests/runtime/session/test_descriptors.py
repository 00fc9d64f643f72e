from __future__ import annotations

import os

import pytest

from qapigen.runtime.errors import QapiError
from qapigen.runtime.session.descriptors import MOST_DESCRIPTORS, close_all, copied


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


@pytest.mark.parametrize("wrong", [10**6, -1, 2**40])
def test_none_is_left_if_one_is_wrong(wrong: int) -> None:
    reading, writing = os.pipe()
    before = set(os.listdir("/proc/self/fd"))
    with pytest.raises(QapiError, match=f"descriptor {wrong} cannot be sent"):
        copied([writing, reading, wrong])
    assert set(os.listdir("/proc/self/fd")) == before
    close_all([reading, writing])


def test_no_more_than_fit_into_a_message() -> None:
    copies = copied([0] * MOST_DESCRIPTORS)
    assert len(copies) == MOST_DESCRIPTORS
    close_all(copies)
    with pytest.raises(QapiError, match="at most 253 .* got 254"):
        copied([0] * (MOST_DESCRIPTORS + 1))


def test_where_none_can_be_sent() -> None:
    assert copied(iter(()), possible=False) == ()
    with pytest.raises(QapiError, match="Unix socket without TLS"):
        copied([0], possible=False)
