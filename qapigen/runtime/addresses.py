"""Where a QMP peer is, as text and as values.

In: an address as people write it: ``unix:PATH``, ``unix:@NAME``, a path with a slash,
``tcp:HOST:PORT``, ``fd:N``, ``stdio``.  Out: frozen objects whose ``str`` is such a text.
Must not know: event loops, open sockets, who listens and who connects.
"""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, get_args

from .errors import QapiError, cut

__all__ = [
    "ADDRESS_FORMS",
    "Address",
    "FdAddress",
    "StdioAddress",
    "TcpAddress",
    "TcpFamily",
    "UnixAddress",
    "parse_address",
]

#: The forms that :func:`parse_address` takes, for help texts.
ADDRESS_FORMS: Final = (
    "unix:PATH, unix:@NAME, a path with a slash, tcp:HOST:PORT, tcp:[IPV6]:PORT, fd:N, stdio"
)

#: Which addresses a host's name is looked up for; ``any`` takes what the system gives.
TcpFamily: TypeAlias = Literal["any", "ipv4", "ipv6"]

_FAMILIES: dict[TcpFamily, int] = {
    "any": socket.AF_UNSPEC,
    "ipv4": socket.AF_INET,
    "ipv6": socket.AF_INET6,
}
_UNIX_LENGTH_BYTES = 107  # sun_path has 108, and a path ends with a null byte
_HIGHEST_PORT = 65535
_HIGHEST_FD = 2**31 - 1


@dataclass(frozen=True, slots=True)
class UnixAddress:
    """A Unix socket: a file, or a name of Linux's abstract namespace (``abstract``).

    Raises :class:`QapiError` for what the kernel could not hold.
    """

    path: str
    abstract: bool = False

    def __post_init__(self) -> None:
        what = "name" if self.abstract else "path"
        if not self.path or "\0" in self.path:
            raise QapiError(f"{what} of a Unix socket: {cut(self.path)!r} is none")
        try:
            length = len(os.fsencode(self.path))
        except UnicodeEncodeError:
            raise QapiError(
                f"{what} of a Unix socket: {cut(self.path)!a} cannot be encoded"
            ) from None
        if length > _UNIX_LENGTH_BYTES:
            limit = f"at most {_UNIX_LENGTH_BYTES} bytes, got {length}"
            raise QapiError(f"{what} of a Unix socket: {limit} ({cut(self.path)!r})")

    @property
    def sockaddr(self) -> str:
        """What a socket's ``bind`` and ``connect`` take."""
        return "\0" + self.path if self.abstract else self.path

    def __str__(self) -> str:
        if self.abstract:
            return f"unix:@{self.path}"
        # A file whose name starts with @ must not read as a name.
        return f"unix:./{self.path}" if self.path.startswith("@") else f"unix:{self.path}"


@dataclass(frozen=True, slots=True)
class TcpAddress:
    """A TCP port; the host is a name or a number, "" for every interface of a listener.

    Port 0 lets the system choose one for a listener.  Raises :class:`QapiError` for what
    cannot be a host or a port.
    """

    host: str
    port: int
    family: TcpFamily = "any"

    def __post_init__(self) -> None:
        if not 0 <= self.port <= _HIGHEST_PORT:
            raise QapiError(f"TCP port: expected 0 to {_HIGHEST_PORT}, got {self.port}")
        if ":" in self.host and not _is_ipv6(self.host):
            raise QapiError(f"TCP host: {cut(self.host)!a} is no IPv6 address")
        if any(char <= " " or char in "[],\x7f" for char in self.host):
            raise QapiError(f"TCP host: {cut(self.host)!a} is no name of a host")
        if self.family not in _FAMILIES:
            known = ", ".join(_FAMILIES)
            raise QapiError(f"TCP family: expected one of {known}, got {self.family!a}")

    @property
    def socket_family(self) -> int:
        """The family for the look-up of the host: ``AF_UNSPEC``, ``AF_INET``, ``AF_INET6``."""
        return _FAMILIES[self.family]

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        family = "" if self.family == "any" else f",{self.family}"
        return f"tcp:{host}:{self.port}{family}"


@dataclass(frozen=True, slots=True)
class FdAddress:
    """A socket or pipe that this process was started with: the number of its descriptor."""

    fd: int

    def __post_init__(self) -> None:
        if not 0 <= self.fd <= _HIGHEST_FD:
            raise QapiError(f"file descriptor: {self.fd} is none")

    def __str__(self) -> str:
        return f"fd:{self.fd}"


@dataclass(frozen=True, slots=True)
class StdioAddress:
    """Standard input and output of this process."""

    def __str__(self) -> str:
        return "stdio"


#: Everything that :func:`parse_address` gives.
Address: TypeAlias = UnixAddress | TcpAddress | FdAddress | StdioAddress


def parse_address(text: str) -> Address:
    """Read an address; :class:`QapiError` that tells the forms for any other text.

    ``,ipv4`` or ``,ipv6`` behind a TCP address says which addresses of the host count.
    """
    kind, colon, rest = text.partition(":")
    if text == "stdio":
        return StdioAddress()
    if colon and kind == "unix":
        return UnixAddress(rest[1:], abstract=True) if rest[:1] == "@" else UnixAddress(rest)
    if colon and kind == "tcp":
        return _parse_tcp(text, rest)
    if colon and kind == "fd":
        return FdAddress(_number(text, rest))
    if "/" in text:
        return UnixAddress(text)
    raise _bad_address(text)


def _parse_tcp(text: str, rest: str) -> TcpAddress:
    where, comma, family = rest.partition(",")
    if comma and family not in ("ipv4", "ipv6"):
        raise _bad_address(text, "behind the comma goes ipv4 or ipv6")
    host, colon, port = where.rpartition(":")
    if not colon:
        raise _bad_address(text, "the port is missing")
    if host[:1] == "[" and host[-1:] == "]":
        host = host[1:-1]
        if not _is_ipv6(host):
            raise _bad_address(text, "no IPv6 address stands in the brackets")
    elif ":" in host:
        raise _bad_address(text, "an IPv6 address goes in brackets")
    return TcpAddress(host, _number(text, port), _family(family))


def _family(text: str) -> TcpFamily:
    for family in get_args(TcpFamily):
        if family == text:
            found: TcpFamily = family
            return found
    return "any"


def _number(text: str, digits: str) -> int:
    # Digits of other scripts are numbers to int(), and 4301 of any kind are an error of its own.
    if not (digits.isascii() and digits.isdigit()) or len(digits) > len(str(_HIGHEST_FD)):
        raise _bad_address(text, f"{cut(digits)!a} is no number that fits")
    return int(digits)


def _is_ipv6(host: str) -> bool:
    number, percent, zone = host.partition("%")
    try:
        socket.inet_pton(socket.AF_INET6, number)
    except (OSError, ValueError):
        return False
    return bool(zone) or not percent


def _bad_address(text: str, reason: str = "") -> QapiError:
    why = f": {reason}" if reason else ""
    hint = _hint(text) if not reason else ""
    return QapiError(f"{cut(text)!a} is no address{why}; use one of {ADDRESS_FORMS}{hint}")


def _hint(text: str) -> str:
    """The end of a sentence that offers what was probably meant, or ""."""
    host, colon, port = text.rpartition(":")
    if colon and host and port.isascii() and port.isdigit():
        return f"; did you mean 'tcp:{cut(text)}'?"
    if text.endswith((".sock", ".socket", ".qmp")):
        return f"; did you mean 'unix:{cut(text)}'?"
    return ""
