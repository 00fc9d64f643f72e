"""Uris: what they mean, and what is none."""

from __future__ import annotations

import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qapigen.migration.channels.channel import ChannelError
from qapigen.migration.channels.uri import (
    Defer,
    ExecUri,
    FdUri,
    IncomingUri,
    TcpUri,
    UnixUri,
    UnknownProtocol,
    parse_incoming,
    parse_outgoing,
)
from qapigen.runtime.errors import GENERIC_ERROR

GOOD: dict[str, IncomingUri] = {
    "tcp:localhost:4444": TcpUri("localhost", 4444),
    "tcp::4444": TcpUri("", 4444),
    "tcp:10.0.0.1:65535": TcpUri("10.0.0.1", 65535),
    "tcp:[::1]:1": TcpUri("::1", 1),
    "tcp:[fe80::1%eth0]:1": TcpUri("fe80::1%eth0", 1),
    "tcp:h:1,to=9": TcpUri("h", 1, to=9),
    "tcp:h:1,to=1,ipv4=on,ipv6=off": TcpUri("h", 1, to=1, ipv4=True, ipv6=False),
    "tcp:h:1,ipv6=on": TcpUri("h", 1, ipv6=True),
    "unix:/run/x.sock": UnixUri("/run/x.sock"),
    "unix:a,b:c": UnixUri("a,b:c"),
    "exec:cat > 'a b' | x:y,z": ExecUri("cat > 'a b' | x:y,z"),
    "fd:channel": FdUri("channel"),
    "fd:7": FdUri("7"),
}


@pytest.mark.parametrize("uri", GOOD)
def test_good(uri: str) -> None:
    assert parse_outgoing(uri) == GOOD[uri]
    assert parse_incoming(uri) == GOOD[uri]
    assert str(GOOD[uri]) == uri


def test_switch_alone_is_on() -> None:
    assert parse_outgoing("tcp:h:1,ipv4,ipv6") == TcpUri("h", 1, ipv4=True, ipv6=True)


def test_the_name_of_a_service(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {("http", "tcp"): 80}

    def look_up(name: str, protocol: str) -> int:
        if (name, protocol) not in known:
            raise OSError("service/proto not found")
        return known[name, protocol]

    monkeypatch.setattr(socket, "getservbyname", look_up)
    assert parse_outgoing("tcp:h:http") == TcpUri("h", 80)
    assert parse_incoming("tcp:[::1]:http,to=81") == TcpUri("::1", 80, to=81)
    for wrong in ("HTTP", "nfs", "http "):
        with pytest.raises(ChannelError, match="or the name of a service"):
            parse_outgoing(f"tcp:h:{wrong}")


def test_only_for_a_listener() -> None:
    assert parse_incoming("defer") == Defer()
    assert str(Defer()) == "defer"
    assert parse_incoming("tcp::0") == TcpUri("", 0)
    with pytest.raises(UnknownProtocol):
        parse_outgoing("defer")
    with pytest.raises(ChannelError, match="port 0"):
        parse_outgoing("tcp:h:0")


@pytest.mark.parametrize(
    "uri",
    ["", "tcp", "TCP:h:1", "Unix:/x", " tcp:h:1", "ftp:x", "/run/x.sock", "h:4444", "deferred"],
)
def test_unknown_protocol(uri: str) -> None:
    for parse in (parse_outgoing, parse_incoming):
        with pytest.raises(UnknownProtocol, match="is no migration protocol; use tcp:") as caught:
            parse(uri)
        assert caught.value.error_class == GENERIC_ERROR


BAD = {
    "tcp:": "the port is missing",
    "tcp:h": "the port is missing",
    "tcp:[::1]": "the port is missing",
    "tcp:h:": "a port is a number from 0 to 65535 or the name of a service, got ''",
    "tcp:h:65536": "a port is a number",
    "tcp:h:-1": "a port is a number",
    "tcp:h:no-such-service": "a port is a number",
    "tcp:h:٣": "a port is a number",
    "tcp:h:" + "1" * 5000: "a port is a number",
    "tcp:::1:1": "goes in brackets",
    "tcp:[h]:1": "no IPv6 address",
    "tcp:a b:1": "is no name of a host",
    "tcp:" + "h" * 256 + ":1": "is no name of a host",
    "tcp:h:1,": "expected to=PORT.*got ''",
    "tcp:h:1,to": "expected to=PORT",
    "tcp:h:1,to=x": "expected to=PORT",
    "tcp:h:2,to=1": "'to' is a port from 2 to 65535, got 1",
    "tcp:h:2,to=65536": "'to' is a port",
    "tcp:h:1,ipv4=yes": "expected .*ipv4=on",
    "tcp:h:1,ipv4,ipv4=on": "'ipv4' is given twice",
    "tcp:h:1,ipv4=off,ipv6=off": "cannot both be off",
    "tcp:h:1,delay=on": "got 'delay=on'",
    "unix:": "the path is missing",
    "unix:" + "x" * 108: "at most 107 bytes, got 108",
    "unix:\udc80\ud800": "cannot be encoded",
    "unix:a\0b": "null character",
    "exec:": "the command is missing",
    "exec:  ": "the command is missing",
    "fd:": "the name is missing",
    "rdma:h:1": "RDMA is not supported",
}


@pytest.mark.parametrize("uri", BAD, ids=lambda uri: ascii(uri[:30]))
def test_bad(uri: str) -> None:
    for parse in (parse_outgoing, parse_incoming):
        with pytest.raises(ChannelError, match=BAD[uri]) as caught:
            parse(uri)
        assert not isinstance(caught.value, UnknownProtocol)
        assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    ("options", "family"),
    [
        ("", socket.AF_UNSPEC),
        (",ipv4,ipv6", socket.AF_UNSPEC),
        (",ipv4", socket.AF_INET),
        (",ipv6=off", socket.AF_INET),
        (",ipv4,ipv6=off", socket.AF_INET),
        (",ipv6", socket.AF_INET6),
        (",ipv4=off", socket.AF_INET6),
        (",ipv4=off,ipv6", socket.AF_INET6),
    ],
)
def test_family(options: str, family: socket.AddressFamily) -> None:
    found = parse_incoming(f"tcp:h:1{options}")
    assert isinstance(found, TcpUri)
    assert found.family is family


def test_ports() -> None:
    assert list(TcpUri("", 5).ports) == [5]
    assert list(TcpUri("", 5, to=7).ports) == [5, 6, 7]


def test_number() -> None:
    assert FdUri("12").number == 12
    assert FdUri("x12").number is None
    assert FdUri("9" * 5000).number is None


@given(st.text())
def test_any_text_is_answered(text: str) -> None:
    for prefix in ("", "tcp:", "unix:", "exec:", "fd:", "tcp:h:1,"):
        try:
            found = parse_incoming(prefix + text)
        except ChannelError:
            continue
        assert parse_incoming(str(found)) == found
