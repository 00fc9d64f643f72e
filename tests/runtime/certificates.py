"""A folder of certificates for tests of TLS, under the names that QEMU uses."""

from __future__ import annotations

import ssl
from pathlib import Path

import trustme

__all__ = ["make_certificates", "server_side"]


def make_certificates(folder: Path, hostname: str = "localhost") -> Path:
    """An authority, and certificates of a server and a client."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca-cert.pem"))
    for role in ("server", "client"):
        issued = authority.issue_cert(hostname)
        issued.private_key_pem.write_to_path(str(folder / f"{role}-key.pem"))
        issued.cert_chain_pems[0].write_to_path(str(folder / f"{role}-cert.pem"))
    return folder


def server_side(folder: Path) -> ssl.SSLContext:
    """The context of a server that wants to see its client's certificate."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=folder / "ca-cert.pem")
    context.load_cert_chain(folder / "server-cert.pem", folder / "server-key.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    return context
