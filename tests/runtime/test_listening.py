"""Listening: permissions, files that are left over, where clients may listen."""

from __future__ import annotations

import os
import socket
import stat
from pathlib import Path

import pytest

from qapigen.runtime.addresses import TcpAddress, TcpFamily, UnixAddress, parse_address
from qapigen.runtime.errors import QapiError
from qapigen.runtime.listening import (
    file_of,
    known_before,
    lookup,
    open_found,
    open_unix,
    remove_file,
)


def unix(path: Path) -> UnixAddress:
    return UnixAddress(str(path))


@pytest.mark.parametrize("mode", [0o600, 0o660, 0o777])
def test_permissions_of_the_file(tmp_path: Path, mode: int) -> None:
    before = os.umask(0o077)
    try:
        (listening,) = open_unix(unix(tmp_path / "s"), mode=mode)
    finally:
        os.umask(before)
    with listening:
        assert stat.S_IMODE((tmp_path / "s").stat().st_mode) == mode


def test_a_file_of_a_dead_server_is_replaced(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(tmp_path / "s"))
    (listening,) = open_unix(unix(tmp_path / "s"), mode=0o600)
    with listening, socket.socket(socket.AF_UNIX) as client:
        client.connect(str(tmp_path / "s"))


def test_a_file_of_a_living_server_is_left_alone(tmp_path: Path) -> None:
    (listening,) = open_unix(unix(tmp_path / "s"), mode=0o600)
    with listening:
        with pytest.raises(QapiError, match="listens there already"):
            open_unix(unix(tmp_path / "s"), mode=0o600)
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(tmp_path / "s"))


def test_another_file_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "s").write_text("precious")
    with pytest.raises(QapiError, match="something else"):
        open_unix(unix(tmp_path / "s"), mode=0o600)
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    with pytest.raises(QapiError, match="something else"):
        open_unix(unix(tmp_path / "link"), mode=0o600)
    assert (tmp_path / "s").read_text() == "precious"


def test_a_folder_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(QapiError, match="cannot listen: No such file"):
        open_unix(unix(tmp_path / "no" / "s"), mode=0o600)


@pytest.mark.parametrize("replaced", [False, True])
def test_only_the_own_file_is_removed(tmp_path: Path, replaced: bool) -> None:
    address = unix(tmp_path / "s")
    (listening,) = open_unix(address, mode=0o600)
    file = file_of(address)
    listening.close()
    if replaced:
        (tmp_path / "s").rename(tmp_path / "old")
        open_unix(address, mode=0o600)[0].close()
    remove_file(address, file)
    assert (tmp_path / "s").exists() == replaced


def test_tcp() -> None:
    where = TcpAddress("127.0.0.1", 0, "ipv4")
    found = socket.getaddrinfo(**lookup(where))
    address, (listening,) = open_found(where, found)
    with listening:
        assert address.port == listening.getsockname()[1] != 0
        with pytest.raises(QapiError, match="in use"):
            open_found(address, socket.getaddrinfo(**lookup(address)))
    with pytest.raises(QapiError, match="cannot listen"):
        open_found(where, [])


@pytest.mark.parametrize("text", ["unix:/x", "unix:@x", "tcp::1", "tcp:localhost:1,ipv6"])
def test_where_a_peer_can_be_waited_for(text: str) -> None:
    assert str(known_before(parse_address(text))) == text


@pytest.mark.parametrize(
    ("text", "reason"), [("tcp:x:0", "which port"), ("fd:0", "cannot"), ("stdio", "cannot")]
)
def test_where_nobody_can_be_waited_for(text: str, reason: str) -> None:
    with pytest.raises(QapiError, match=reason):
        known_before(parse_address(text))


@pytest.mark.parametrize(
    ("family", "expected"),
    [("ipv4", {socket.AF_INET}), ("ipv6", {socket.AF_INET6})],
)
def test_only_addresses_of_the_family(family: TcpFamily, expected: set[int]) -> None:
    found = socket.getaddrinfo(**lookup(TcpAddress("", 1, family)))
    assert {each[0] for each in found} == expected
