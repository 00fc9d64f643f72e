from __future__ import annotations

import os
import socket
import threading
from pathlib import Path

import pytest

from qapigen.runtime.blocking import Client
from qapigen.runtime.errors import ConnectionLost
from tests.runtime.scripted_peer import Peer, Visit, event

SIZE = 4 * 1024 * 1024


@pytest.mark.parametrize("timeout", [None, 60])
def test_reading_while_writing(tmp_path: Path, timeout: float | None) -> None:
    """Neither side reads more than it must; only a client that does both comes to the end."""

    def script(visit: Visit) -> None:
        visit.greet()
        visit.say(*(event("BIG", text="x" * 1024) for _ in range(SIZE // 1024)))
        assert len(visit.answer("y" * SIZE)["arguments"]["text"]) == SIZE
        visit.see_end()

    with Peer(tmp_path / "s", script) as peer, Client.connect(peer.address) as client:
        answer = client.execute("echo", {"text": "x" * SIZE}, timeout=timeout)
        assert answer == "y" * SIZE


def test_what_was_sent_in_part_is_sent_to_its_end(tmp_path: Path) -> None:
    go_on = threading.Event()

    def script(visit: Visit) -> None:
        visit.greet()
        go_on.wait(20)
        assert len(visit.answer("late")["arguments"]["text"]) == SIZE
        assert visit.answer("next")["execute"] == "next"
        visit.see_end()

    reading, writing = os.pipe()
    with Peer(tmp_path / "s", script) as peer, Client.connect(peer.address) as client:
        with pytest.raises(TimeoutError):
            client.execute("echo", {"text": "x" * SIZE}, timeout=0.3, fds=[writing])
        go_on.set()
        assert client.execute("next") == "next"
    os.close(writing)
    os.close(reading)


def test_no_descriptor_is_left(tmp_path: Path) -> None:
    def script(visit: Visit) -> None:
        visit.greet()
        visit.hear()
        for descriptor in visit.fds:
            os.close(descriptor)

    before = set(os.listdir("/proc/self/fd"))
    reading, writing = os.pipe()
    with Peer(tmp_path / "s", script) as peer, Client.connect(peer.address) as client:
        with pytest.raises(ConnectionLost):
            client.execute("getfd", {"fdname": "x"}, fds=[writing])
        with pytest.raises(ConnectionLost):
            client.execute("getfd", {"fdname": "x"}, fds=[writing])
    os.close(writing)
    os.close(reading)
    assert set(os.listdir("/proc/self/fd")) == before


def test_a_broken_connection(tmp_path: Path) -> None:
    """The server closes without having read everything: a reset."""

    def script(visit: Visit) -> None:
        visit.greet()
        visit.socket.recv(1, socket.MSG_PEEK)

    with Peer(tmp_path / "s", script) as peer, Client.connect(peer.address) as client:
        with pytest.raises(ConnectionLost, match="lost|closed") as caught:
            client.execute("query-status")
        assert caught.value is not client.lost
        with pytest.raises(ConnectionLost):
            client.execute("query-status")
