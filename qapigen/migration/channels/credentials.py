"""TLS contexts from the files of credentials.

In: a folder with files of fixed names, and what is wanted of the peer.  Out: contexts.
Must not know: objects and their ids, connections.
"""

from __future__ import annotations

import ssl
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from .channel import ChannelError, describe_failure
from .tls import describe_tls_failure

__all__ = ["anonymous_context", "check_certificates", "psk_context", "read_keys", "x509_context"]

_AUTHORITY: Final = "ca-cert.pem"
_REVOKED: Final = "ca-crl.pem"
_GROUP: Final = "dh-params.pem"
_KEYS: Final = "keys.psk"

# Without certificates there is no TLS 1.3, and the library has to be talked into it.  Keys come
# from curves, too: for finite fields both need a group, which OpenSSL's clients name in TLS 1.3
# only, and some servers have none of their own.
_ANONYMOUS_CIPHERS: Final = "ADH+AESGCM:ADH+AES:AECDH+AES:@SECLEVEL=0"

_SHARED_KEY_CIPHERS: Final = "PSK+AESGCM:PSK+AES:!RSAPSK"

#: The group ffdhe2048 of RFC 7919: numbers that everybody knows and nobody has to find.
_FFDHE2048: Final = """-----BEGIN DH PARAMETERS-----
MIIBCAKCAQEA//////////+t+FRYortKmq/cViAnPTzx2LnFg84tNpWp4TZBFGQz
+8yTnc4kmz75fS/jY2MMddj2gbICrsRhetPfHtXV/WVhJDP1H18GbtCFY2VVPe0a
87VXE15/V8k1mE8McODmi3fipona8+/och3xWKE2rec1MKzKT0g6eXq8CrGCsyT7
YdEIqUuyyOP7uWrat2DX9GgdT0Kj3jlN9K5W7edjcrsZCwenyO4KbXCeAvzhzffi
7MA0BM0oNC9hkXL+nOmFg/+OTxIy7vKBg8P+OxtMb61zO7X8vC7CIAXFjvGDfRaD
ssbzSibBsu/6iGtCOGEoXJf//////////wIBAg==
-----END DH PARAMETERS-----
"""


def x509_context(folder: Path, *, server: bool, verify_peer: bool) -> ssl.SSLContext:
    """A context with certificates: an authority, and a server's or a client's own.

    A client needs none of its own unless the server asks.  Raises :class:`ChannelError` for
    files that are missing or of no use.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if server else ssl.PROTOCOL_TLS_CLIENT)
    _set_up(context, server=server)
    context.check_hostname = verify_peer and not server
    context.verify_mode = ssl.CERT_REQUIRED if verify_peer else ssl.CERT_NONE
    _load_authorities(context, folder)
    role = "server" if server else "client"
    certificate, key = folder / f"{role}-cert.pem", folder / f"{role}-key.pem"
    if server or (certificate.exists() and key.exists()):
        _load_own(context, certificate, key)
    return context


def anonymous_context(folder: Path | None, *, server: bool) -> ssl.SSLContext:
    """A context without any proof of who is who; raises :class:`ChannelError`.

    A server's folder may have a group for the exchange of keys.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if server else ssl.PROTOCOL_TLS_CLIENT)
    _set_up(context, server=server)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.set_ciphers(_ANONYMOUS_CIPHERS)
    except ssl.SSLError as error:
        raise ChannelError("anonymous TLS is not supported by the TLS library") from error
    if server:
        _load_group(context, folder)
    return context


def psk_context(folder: Path, *, server: bool, username: str) -> ssl.SSLContext:
    """A context with keys that both sides know; raises :class:`ChannelError`.

    A client presents the key of ``username``, a server knows all of them.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if server else ssl.PROTOCOL_TLS_CLIENT)
    _set_up(context, server=server)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2  # later ones want the key's hash told
    if sys.version_info >= (3, 13):
        context.set_ciphers(_SHARED_KEY_CIPHERS)
        path = folder / _KEYS
        keys = read_keys(path)
        if server:
            context.set_psk_server_callback(lambda name: keys.get(name or "", b""))
        elif username in keys:
            context.set_psk_client_callback(lambda _hint: (username, keys[username]))
        else:
            raise ChannelError(f"{path}: there is no key of {username!a}")
        return context
    raise ChannelError("TLS with shared keys needs Python 3.13 or later")


def read_keys(path: Path) -> dict[str, bytes]:
    """The keys of a file, by user: a line each, ``user:key``, the key in hexadecimal digits."""
    keys = {}
    try:
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            user, colon, key = line.strip().rpartition(":")
            if line.strip() and not line.startswith("#"):
                if not colon or not user or not key:
                    raise ChannelError(f"{path}:{number}: expected USER:KEY")
                keys[user] = bytes.fromhex(key)
    except (OSError, ValueError) as error:
        raise _unusable(path, error) from error
    return keys


def check_certificates(
    folder: Path, *, server: bool, clock: Callable[[], float] = time.time
) -> None:
    """Find out now what a peer would complain about; raises :class:`ChannelError`.

    The own certificate has to be good for its role, of the authority, and of this time; the
    authority has to be one.  ``clock`` tells seconds since 1970.
    """
    context = x509_context(folder, server=server, verify_peer=True)
    _check_authorities(folder / _AUTHORITY, context, clock())
    role = "server" if server else "client"
    certificate, key = folder / f"{role}-cert.pem", folder / f"{role}-key.pem"
    if server or (certificate.exists() and key.exists()):
        problem = _handshake_problem(folder, certificate, key, server=server)
        if problem:
            raise ChannelError(f"{certificate}: {problem}")


def _set_up(context: ssl.SSLContext, *, server: bool) -> None:
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
    if server:
        context.num_tickets = 0  # nobody comes back, and they would lie about unread


def _load_authorities(context: ssl.SSLContext, folder: Path) -> None:
    _load(folder / _AUTHORITY, context)
    if (folder / _REVOKED).exists():
        _load(folder / _REVOKED, context)
        context.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF


def _load(path: Path, context: ssl.SSLContext) -> None:
    try:
        context.load_verify_locations(path)
    except (OSError, ValueError) as error:
        raise _unusable(path, error) from error


def _load_own(context: ssl.SSLContext, certificate: Path, key: Path) -> None:
    def no_password() -> str:
        raise ChannelError(f"{key}: the key is encrypted, and there is no password")

    for path in (certificate, key):
        try:
            path.open("rb").close()  # OpenSSL does not tell which one it misses
        except (OSError, ValueError) as error:
            raise _unusable(path, error) from error
    try:
        context.load_cert_chain(certificate, key, no_password)
    except (OSError, ValueError) as error:
        # It does not tell either which one of them is wrong.
        raise _unusable(f"{certificate} and {key}", error) from error


def _load_group(context: ssl.SSLContext, folder: Path | None) -> None:
    path = None if folder is None else folder / _GROUP
    try:
        if path is not None and path.exists():
            context.load_dh_params(str(path))
            return
        with tempfile.NamedTemporaryFile("w", suffix=".pem") as known:
            known.write(_FFDHE2048)
            known.flush()
            context.load_dh_params(known.name)
    except (OSError, ValueError) as error:
        raise _unusable(path or Path(_GROUP), error) from error


def _unusable(path: Path | str, error: Exception) -> ChannelError:
    if isinstance(error, ssl.SSLError):
        return ChannelError(f"{path}: {describe_tls_failure(error)}")
    return ChannelError(f"{path}: {describe_failure(error)}")


def _check_authorities(path: Path, context: ssl.SSLContext, now: float) -> None:
    authorities = context.get_ca_certs()
    if not authorities:
        raise ChannelError(f"{path}: the certificate is not that of an authority")
    for authority in authorities:
        if now < ssl.cert_time_to_seconds(str(authority["notBefore"])):
            raise ChannelError(f"{path}: the certificate is not valid yet")
        if now > ssl.cert_time_to_seconds(str(authority["notAfter"])):
            raise ChannelError(f"{path}: the certificate has expired")


def _handshake_problem(folder: Path, certificate: Path, key: Path, *, server: bool) -> str | None:
    """What a peer with the same authority says to the certificate, tried out in memory."""
    ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if server else ssl.PROTOCOL_TLS_CLIENT)
    peer = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT if server else ssl.PROTOCOL_TLS_SERVER)
    for context in (ours, peer):
        context.check_hostname = False
    ours.verify_mode, peer.verify_mode = ssl.CERT_NONE, ssl.CERT_REQUIRED
    _load_own(ours, certificate, key)
    _load_authorities(peer, folder)
    if not server:
        _load_own(peer, certificate, key)  # a server has to have one, whatever it says
    to_ours, to_peer = ssl.MemoryBIO(), ssl.MemoryBIO()
    sides = [
        ours.wrap_bio(to_ours, to_peer, server_side=server),
        peer.wrap_bio(to_peer, to_ours, server_side=not server),
    ]
    for _ in range(4):  # flights
        for side in sides:
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
            except ssl.SSLError as error:
                return describe_tls_failure(error)
    return None
