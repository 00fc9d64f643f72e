"""Addresses as text and as values."""

from __future__ import annotations

import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qapigen.runtime.addresses import (
    ADDRESS_FORMS,
    Address,
    FdAddress,
    StdioAddress,
    TcpAddress,
    UnixAddress,
    parse_address,
)
from qapigen.runtime.errors import GENERIC_ERROR, QapiError

GOOD: list[tuple[str, Address]] = [
    ("unix:/run/vm.sock", UnixAddress("/run/vm.sock")),
    ("unix:vm.sock", UnixAddress("vm.sock")),
    ("unix:a,b=c:d", UnixAddress("a,b=c:d")),
    ("unix:stdio", UnixAddress("stdio")),
    ("unix:./@x", UnixAddress("./@x")),
    ("unix:@vm", UnixAddress("vm", abstract=True)),
    ("unix:@@vm/1", UnixAddress("@vm/1", abstract=True)),
    ("/run/vm.sock", UnixAddress("/run/vm.sock")),
    ("./vm.sock", UnixAddress("./vm.sock")),
    ("run/vm:1", UnixAddress("run/vm:1")),
    ("tcp:localhost:4444", TcpAddress("localhost", 4444)),
    ("tcp::0", TcpAddress("", 0)),
    ("tcp:127.0.0.1:65535", TcpAddress("127.0.0.1", 65535)),
    ("tcp:[::1]:4444", TcpAddress("::1", 4444)),
    ("tcp:[fe80::1%eth0]:4444", TcpAddress("fe80::1%eth0", 4444)),
    ("tcp:localhost:4444,ipv4", TcpAddress("localhost", 4444, "ipv4")),
    ("tcp:localhost:4444,ipv6", TcpAddress("localhost", 4444, "ipv6")),
    ("fd:0", FdAddress(0)),
    ("fd:12", FdAddress(12)),
    ("stdio", StdioAddress()),
]

BAD = [
    "",
    "vm.sock",
    "localhost:4444",
    "stdio:",
    "UNIX:x",
    "vsock:3:4",
    "unix:",
    "unix:@",
    "unix:a\0b",
    "unix:" + "x" * 108,
    "unix:@" + "ä" * 54,
    "unix:\ud834",
    "tcp:",
    "tcp:localhost",
    "tcp:4444",
    "tcp:localhost:",
    "tcp:localhost:http",
    "tcp:localhost:-1",
    "tcp:localhost:+1",
    "tcp:localhost:65536",
    "tcp:localhost:٤",
    "tcp:localhost:" + "1" * 5000,
    "tcp:::1:4444",
    "tcp:[::1:4444",
    "tcp:[::1]4444",
    "tcp:[localhost]:1",
    "tcp:[::1%]:1",
    "tcp:[]:1",
    "tcp:a b:1",
    "tcp:a\0:1",
    "tcp:localhost:1,",
    "tcp:localhost:1,ipv5",
    "tcp:localhost:1,ipv4,ipv6",
    "fd:",
    "fd:-1",
    "fd:one",
    "fd:99999999999",
    "fd:3000000000",
]


@pytest.mark.parametrize(("text", "address"), GOOD)
def test_each_form_is_read(text: str, address: Address) -> None:
    assert parse_address(text) == address
    assert parse_address(str(address)) == address


@pytest.mark.parametrize("text", BAD)
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(QapiError) as caught:
        parse_address(text)
    assert caught.value.error_class == GENERIC_ERROR
    caught.value.desc.encode()  # can be printed
    assert len(caught.value.desc) < 400


def test_the_error_tells_the_forms_and_what_was_probably_meant() -> None:
    with pytest.raises(QapiError) as caught:
        parse_address("localhost:4444")
    assert ADDRESS_FORMS in caught.value.desc
    assert "did you mean 'tcp:localhost:4444'?" in caught.value.desc
    with pytest.raises(QapiError, match="did you mean 'unix:vm.sock'"):
        parse_address("vm.sock")


@given(
    st.text(max_size=120)
    | st.sampled_from(["unix:", "tcp:", "fd:"]).flatmap(
        lambda kind: st.text(max_size=120).map(lambda rest: kind + rest)
    )
)
def test_what_can_be_read_is_written_so_that_it_reads_the_same(text: str) -> None:
    try:
        address = parse_address(text)
    except QapiError:
        return
    assert parse_address(str(address)) == address


@pytest.mark.parametrize(
    ("host", "port", "family"),
    [("x", -1, "any"), ("x", 65536, "any"), ("a:b", 1, "any"), ("x y", 1, "any"), ("x", 1, "unix")],
)
def test_a_wrong_address_cannot_be_made_by_hand(host: str, port: int, family: str) -> None:
    with pytest.raises(QapiError):
        TcpAddress(host, port, family)  # type: ignore[arg-type]


def test_a_descriptor_made_by_hand_is_checked() -> None:
    with pytest.raises(QapiError):
        FdAddress(-1)


def test_socket_addresses() -> None:
    assert UnixAddress("vm", abstract=True).sockaddr == "\0vm"
    assert UnixAddress("vm").sockaddr == "vm"
    assert TcpAddress("x", 1).socket_family == socket.AF_UNSPEC
    assert TcpAddress("x", 1, "ipv4").socket_family == socket.AF_INET
    assert TcpAddress("x", 1, "ipv6").socket_family == socket.AF_INET6


def test_a_file_that_starts_like_a_name_stays_a_file() -> None:
    assert str(UnixAddress("@x")) == "unix:./@x"
    with pytest.raises(QapiError):
        UnixAddress("")
