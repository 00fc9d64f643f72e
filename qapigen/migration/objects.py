"""Objects that clients create: TLS credentials.

In: what ``object-add`` and ``object-del`` say.  Out: how a channel is to be encrypted.
Must not know: connections, when a migration asks.
"""

from __future__ import annotations

import re
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from qapi_migration.types.objects import (
    ObjectOptions,
    ObjectOptions_TlsCredsPsk,
    ObjectOptions_TlsCredsX509,
    ObjectType,
    QCryptoTLSCredsEndpoint,
)
from qapigen.runtime.errors import QapiError, cut

from .channels.credentials import anonymous_context, check_certificates, psk_context, x509_context
from .channels.tls import TlsClient, TlsServer

__all__ = ["Objects", "TlsCredentials"]

_ID = re.compile(r"[A-Za-z][A-Za-z0-9._-]*", re.ASCII)
_DEFAULT_USER = "qemu"
_DEFAULT_PRIORITY = "NORMAL"  # the library's own choice in GnuTLS' words


@dataclass(frozen=True)
class TlsCredentials:
    """One side's means of encryption."""

    server: bool
    context: ssl.SSLContext


class Objects:
    """The objects of a machine, by id.  Any thread may call anything."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._objects: dict[str, object] = {}

    def add(self, options: ObjectOptions) -> None:
        """Create an object; :class:`QapiError` if that cannot be (object-add, errors).

        Files are read now and not again.
        """
        name = options.id
        if not _ID.fullmatch(name):
            raise QapiError(
                f"id: {cut(name)!a} is malformed; a letter comes first, then letters, digits, -._"
            )
        with self._lock:
            if name in self._objects:
                raise QapiError(f"There is an object '{name}' already")
            self._objects[name] = _FACTORIES[options.qom_type](options)

    def remove(self, name: str) -> None:
        """Destroy an object; a channel that was opened with it goes on."""
        with self._lock:
            if name not in self._objects:
                raise QapiError(f"There is no object {cut(name)!a}")
            del self._objects[name]

    def tls_client(self, creds_id: str, hostname: str) -> TlsClient | None:
        """How a source encrypts with these credentials; None (id ""): it does not.

        ``hostname`` is the parameter tls-hostname; "" leaves it to the uri.
        """
        found = self._credentials(creds_id, server=False)
        return None if found is None else TlsClient(found.context, hostname)

    def tls_server(self, creds_id: str) -> TlsServer | None:
        """How a destination encrypts with these credentials; None (id ""): it does not."""
        found = self._credentials(creds_id, server=True)
        return None if found is None else TlsServer(found.context)

    def _credentials(self, creds_id: str, *, server: bool) -> TlsCredentials | None:
        if not creds_id:
            return None
        with self._lock:
            found = self._objects.get(creds_id)
        if found is None:
            raise QapiError(f"tls-creds: there is no object {cut(creds_id)!a}")
        if not isinstance(found, TlsCredentials):
            raise QapiError(f"tls-creds: the object '{creds_id}' is no TLS credentials")
        if found.server != server:
            wanted = "server" if server else "client"
            raise QapiError(f"tls-creds: expected '{creds_id}' to have the endpoint '{wanted}'")
        return found


def _x509(options: ObjectOptions) -> TlsCredentials:
    assert isinstance(options, ObjectOptions_TlsCredsX509)
    server = _is_server(options)
    folder = _folder(options)
    if options.passwordid is not None:
        raise QapiError(f"passwordid: there is no secret {cut(options.passwordid)!a}")
    context = x509_context(folder, server=server, verify_peer=options.verify_peer is not False)
    if options.sanity_check is not False:
        check_certificates(folder, server=server)
    return TlsCredentials(server, context)


def _anonymous(options: ObjectOptions) -> TlsCredentials:
    server = _is_server(options)
    folder = None if options.dir is None else Path(options.dir)
    return TlsCredentials(server, anonymous_context(folder, server=server))


def _psk(options: ObjectOptions) -> TlsCredentials:
    assert isinstance(options, ObjectOptions_TlsCredsPsk)
    server = _is_server(options)
    username = _DEFAULT_USER if options.username is None else options.username
    return TlsCredentials(server, psk_context(_folder(options), server=server, username=username))


def _is_server(options: ObjectOptions) -> bool:
    if options.priority not in (None, _DEFAULT_PRIORITY):
        raise QapiError(
            f"priority: the TLS library of this machine knows '{_DEFAULT_PRIORITY}' only, "
            f"got {cut(options.priority or '')!a}"
        )
    return options.endpoint is QCryptoTLSCredsEndpoint.SERVER


def _folder(options: ObjectOptions) -> Path:
    if not options.dir:
        raise QapiError("dir: the folder of the credentials is missing")
    return Path(options.dir)


_Factory: TypeAlias = Callable[[ObjectOptions], object]

#: How an object of each type is made.
_FACTORIES: Mapping[ObjectType, _Factory] = {
    ObjectType.TLS_CREDS_ANON: _anonymous,
    ObjectType.TLS_CREDS_PSK: _psk,
    ObjectType.TLS_CREDS_X509: _x509,
}
