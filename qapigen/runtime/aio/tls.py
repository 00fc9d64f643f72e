"""TLS for QMP, from a folder of certificates.

In: a folder with the names that QEMU's x509 credentials use: ``ca-cert.pem``, ``ca-crl.pem``
(optional), ``server-cert.pem``, ``server-key.pem``, ``client-cert.pem``, ``client-key.pem``.
Out: contexts for servers and clients.
Must not know: sockets, QMP.
"""

from __future__ import annotations

import os
import ssl
from pathlib import Path
from typing import Final, Literal

from ..errors import QapiError

__all__ = ["client_context", "server_context"]

_AUTHORITY: Final = "ca-cert.pem"
_REVOKED: Final = "ca-crl.pem"


def server_context(
    folder: str | os.PathLike[str], *, verify_peer: bool = True, password: str | None = None
) -> ssl.SSLContext:
    """The context of a server.

    With ``verify_peer``, a client must show a certificate of the same authority.  ``password``
    opens an encrypted key.  Raises :class:`QapiError` that names the file that is missing or
    of no use.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _prepare(context)
    _load_identity(context, Path(folder), "server", password)
    if verify_peer:
        _load_authority(context, Path(folder))
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def client_context(
    folder: str | os.PathLike[str], *, verify_peer: bool = True, password: str | None = None
) -> ssl.SSLContext:
    """The context of a client; its own certificate is shown if the folder has one.

    With ``verify_peer``, the server's certificate must come from the authority in the folder
    and bear the name that the client connected to.  Without, anybody can play the server.
    Raises :class:`QapiError`.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    _prepare(context)
    if verify_peer:
        _load_authority(context, Path(folder))
    else:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if (Path(folder) / "client-cert.pem").exists():
        _load_identity(context, Path(folder), "client", password)
    return context


def _prepare(context: ssl.SSLContext) -> None:
    context.minimum_version = ssl.TLSVersion.TLSv1_2


def _load_identity(
    context: ssl.SSLContext, folder: Path, role: Literal["server", "client"], password: str | None
) -> None:
    certificate = _file(folder, f"{role}-cert.pem")
    key = _file(folder, f"{role}-key.pem")
    try:
        # Without a password OpenSSL would ask at the terminal.
        context.load_cert_chain(certificate, key, password or "")
    except (OSError, ValueError) as error:
        reason = "the key is encrypted" if not password and _is_encrypted(key) else error
        raise QapiError(f"TLS: {certificate} and {key.name} cannot be used: {reason}") from error


def _load_authority(context: ssl.SSLContext, folder: Path) -> None:
    authority, revoked = _file(folder, _AUTHORITY), folder / _REVOKED
    try:
        context.load_verify_locations(authority)
        if revoked.exists():
            context.load_verify_locations(revoked)
            context.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF
    except OSError as error:
        raise QapiError(f"TLS: certificates of {folder} cannot be used: {error}") from error


def _file(folder: Path, name: str) -> Path:
    path = folder / name
    if not path.is_file():
        raise QapiError(f"TLS: there is no file {path}")
    return path


def _is_encrypted(key: Path) -> bool:
    return b"ENCRYPTED" in key.read_bytes()
