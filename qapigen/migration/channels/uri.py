"""Where a migration goes to, or comes from, as text and as values.

In: the uri of ``migrate`` or ``migrate-incoming``.  Out: frozen objects; ``str`` gives a uri.
Must not know: open sockets, commands.
"""

from __future__ import annotations

import ipaddress
import os
import socket
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from qapigen.runtime.errors import cut

from .channel import ChannelError

__all__ = [
    "Defer",
    "ExecUri",
    "FdUri",
    "IncomingUri",
    "OutgoingUri",
    "TcpUri",
    "UnixUri",
    "UnknownProtocol",
    "parse_incoming",
    "parse_outgoing",
]

_OUTGOING_FORMS: Final = "tcp:HOST:PORT, unix:PATH, exec:COMMAND or fd:NAME"
_INCOMING_FORMS: Final = "tcp:HOST:PORT, unix:PATH, exec:COMMAND, fd:NUMBER or defer"
_UNIX_LENGTH_BYTES = 107  # sun_path has 108, and a path ends with a null byte
_HIGHEST_PORT = 65535
_SWITCH = ("on", "off")
_LONGEST_HOST = 255  # of a name in the DNS


class UnknownProtocol(ChannelError):
    """The uri begins with no prefix that is known."""


@dataclass(frozen=True, slots=True)
class TcpUri:
    """A TCP port.  ``host`` "" is every address of a listener, or this machine to connect to.

    A listener tries the ports up to ``to``.  ``ipv4`` and ``ipv6`` allow or forbid addresses of
    that family; None says nothing about it.
    """

    host: str
    port: int
    to: int | None = None
    ipv4: bool | None = None
    ipv6: bool | None = None

    @property
    def family(self) -> socket.AddressFamily:
        """The family for the look-up of the host."""
        if self.ipv4 == self.ipv6:
            return socket.AF_UNSPEC
        wants_ipv6 = self.ipv6 or self.ipv4 is False
        return socket.AF_INET6 if wants_ipv6 else socket.AF_INET

    @property
    def ports(self) -> range:
        """The ports that a listener tries, the first one first."""
        return range(self.port, (self.port if self.to is None else self.to) + 1)

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        to = "" if self.to is None else f",to={self.to}"
        return f"tcp:{host}:{self.port}{to}{_flag('ipv4', self.ipv4)}{_flag('ipv6', self.ipv6)}"


@dataclass(frozen=True, slots=True)
class UnixUri:
    """A Unix socket in the file system."""

    path: str

    def __str__(self) -> str:
        return f"unix:{self.path}"


@dataclass(frozen=True, slots=True)
class ExecUri:
    """A command for the shell."""

    command: str

    def __str__(self) -> str:
        return f"exec:{self.command}"


@dataclass(frozen=True, slots=True)
class FdUri:
    """An open descriptor: its name with the monitor, or the number of an inherited one."""

    name: str

    @property
    def number(self) -> int | None:
        """The number, unless it is a name."""
        return int(self.name) if _is_number(self.name) else None

    def __str__(self) -> str:
        return f"fd:{self.name}"


@dataclass(frozen=True, slots=True)
class Defer:
    """Wait for ``migrate-incoming`` to tell."""

    def __str__(self) -> str:
        return "defer"


#: Everything that :func:`parse_outgoing` gives.
OutgoingUri: TypeAlias = TcpUri | UnixUri | ExecUri | FdUri
#: Everything that :func:`parse_incoming` gives.
IncomingUri: TypeAlias = OutgoingUri | Defer


def parse_outgoing(uri: str) -> OutgoingUri:
    """Read the uri of ``migrate``; prefixes are matched as they are, in small letters.

    Raises :class:`UnknownProtocol` for a prefix that is none, :class:`ChannelError` for the rest.
    """
    found = _parse(uri, _OUTGOING_FORMS)
    if isinstance(found, TcpUri) and not found.port:
        raise _bad(uri, "nobody can be connected to at port 0")
    return found


def parse_incoming(uri: str) -> IncomingUri:
    """Read the uri of ``migrate-incoming`` or ``-incoming``; raises as :func:`parse_outgoing`."""
    return Defer() if uri == "defer" else _parse(uri, _INCOMING_FORMS)


def _parse(uri: str, forms: str) -> OutgoingUri:
    prefix, colon, rest = uri.partition(":")
    kind = prefix if colon else ""
    if "\0" in uri:
        raise _bad(uri, "it contains a null character")
    if kind == "tcp":
        return _parse_tcp(uri, rest)
    if kind == "unix":
        return _parse_unix(uri, rest)
    if kind in ("exec", "fd"):
        if not rest.strip():
            raise _bad(uri, "the command is missing" if kind == "exec" else "the name is missing")
        return ExecUri(rest) if kind == "exec" else FdUri(rest)
    if kind == "rdma":
        raise ChannelError(f"{cut(uri)!a}: RDMA is not supported by this machine")
    raise UnknownProtocol(f"uri: {cut(uri)!a} is no migration protocol; use {forms}")


def _parse_unix(uri: str, path: str) -> UnixUri:
    if not path:
        raise _bad(uri, "the path is missing")
    try:
        length = len(os.fsencode(path))
    except UnicodeEncodeError:
        raise _bad(uri, "the path cannot be encoded") from None
    if length > _UNIX_LENGTH_BYTES:
        raise _bad(uri, f"a path has at most {_UNIX_LENGTH_BYTES} bytes, got {length}")
    return UnixUri(path)


def _parse_tcp(uri: str, rest: str) -> TcpUri:
    where, *options = rest.split(",")
    host, colon, port = where.rpartition(":")
    if not colon or where.endswith("]"):
        raise _bad(uri, "the port is missing")
    found = _with_options(TcpUri(_host(uri, host), _port(uri, port)), uri, options)
    if found.to is not None and not found.port <= found.to <= _HIGHEST_PORT:
        raise _bad(uri, f"'to' is a port from {found.port} to {_HIGHEST_PORT}, got {found.to}")
    if found.ipv4 is False and found.ipv6 is False:
        raise _bad(uri, "'ipv4' and 'ipv6' cannot both be off")
    return found


def _port(uri: str, text: str) -> int:
    if not _is_number(text):
        # As the system knows it, mostly by /etc/services: 'http' is 80.
        with suppress(OSError, ValueError):
            return socket.getservbyname(text, "tcp")
    elif int(text) <= _HIGHEST_PORT:
        return int(text)
    message = f"a port is a number from 0 to {_HIGHEST_PORT} or the name of a service"
    raise _bad(uri, f"{message}, got {cut(text)!a}")


def _host(uri: str, host: str) -> str:
    if host[:1] == "[" and host[-1:] == "]":
        if not _is_ipv6(host[1:-1]):
            raise _bad(uri, "no IPv6 address stands in the brackets")
        return host[1:-1]
    if ":" in host:
        raise _bad(uri, "an IPv6 address goes in brackets")
    if len(host) > _LONGEST_HOST or any(char <= " " or char in "[]\x7f" for char in host):
        raise _bad(uri, f"{cut(host)!a} is no name of a host")
    return host


def _with_options(found: TcpUri, uri: str, options: list[str]) -> TcpUri:
    given = set()
    for option in options:
        name, equals, value = option.partition("=")
        if name in given:
            raise _bad(uri, f"{name!a} is given twice")
        given.add(name)
        if name == "to" and _is_number(value):
            found = replace(found, to=int(value))
        elif name == "ipv4" and (not equals or value in _SWITCH):
            found = replace(found, ipv4=value != "off")
        elif name == "ipv6" and (not equals or value in _SWITCH):
            found = replace(found, ipv6=value != "off")
        else:
            expected = "to=PORT, ipv4, ipv4=on, ipv4=off or the same of ipv6"
            raise _bad(uri, f"expected {expected}, got {cut(option)!a}")
    return found


def _flag(name: str, value: bool | None) -> str:
    return "" if value is None else f",{name}={'on' if value else 'off'}"


def _is_number(text: str) -> bool:
    # Digits of other scripts are numbers to int(), and 4301 of any kind are an error of its own.
    return text.isascii() and text.isdigit() and len(text) <= len("2147483647")


def _is_ipv6(text: str) -> bool:
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return True


def _bad(uri: str, reason: str) -> ChannelError:
    return ChannelError(f"uri {cut(uri)!a}: {reason}")
