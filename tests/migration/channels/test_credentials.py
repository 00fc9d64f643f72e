"""Files of credentials: contexts that work, and files that are of no use."""

from __future__ import annotations

import shutil
import ssl
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509 import CertificateRevocationListBuilder as Revocations
from cryptography.x509 import RevokedCertificateBuilder, load_pem_x509_certificate

from qapigen.migration.channels.channel import ChannelError
from qapigen.migration.channels.credentials import (
    anonymous_context,
    check_certificates,
    psk_context,
    read_keys,
    x509_context,
)
from tests.runtime.certificates import make_certificates

ROLES = [("server", True), ("client", False)]


def shake_hands(client: ssl.SSLContext, server: ssl.SSLContext) -> tuple[object, object]:
    """A handshake in memory; the name and the cipher of both sides, which are equal."""
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    sides = [
        client.wrap_bio(to_client, to_server, server_hostname="localhost"),
        server.wrap_bio(to_server, to_client, server_side=True),
    ]
    for _ in range(4):
        for side in sides:
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
    assert sides[0].cipher() == sides[1].cipher()
    return sides[0].version(), sides[0].cipher()


def test_x509(certificates: Path) -> None:
    contexts = [x509_context(certificates, server=server, verify_peer=True) for _, server in ROLES]
    assert all(context.verify_mode is ssl.CERT_REQUIRED for context in contexts)
    assert [context.check_hostname for context in contexts] == [False, True]
    shake_hands(contexts[1], contexts[0])


def test_x509_without_verification(certificates: Path, tmp_path: Path) -> None:
    contexts = [x509_context(certificates, server=server, verify_peer=False) for _, server in ROLES]
    assert all(context.verify_mode is ssl.CERT_NONE for context in contexts)
    strangers = make_certificates(tmp_path, "elsewhere")
    for _, server in ROLES:
        stranger = x509_context(strangers, server=not server, verify_peer=False)
        shake_hands(*((contexts[1], stranger) if not server else (stranger, contexts[0])))


@pytest.mark.parametrize(("role", "server"), ROLES)
def test_strangers(certificates: Path, tmp_path: Path, role: str, *, server: bool) -> None:
    """A certificate of another authority is refused by the other side."""
    make_certificates(tmp_path)
    for name in (f"{role}-cert.pem", f"{role}-key.pem"):
        assert (tmp_path / name).read_bytes() != (certificates / name).read_bytes()
    stranger = x509_context(tmp_path, server=server, verify_peer=False)
    ours = x509_context(certificates, server=not server, verify_peer=True)
    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(*((ours, stranger) if server else (stranger, ours)))


def test_client_needs_no_certificate(folder: Path) -> None:
    (folder / "client-key.pem").unlink()
    client = x509_context(folder, server=False, verify_peer=True)
    check_certificates(folder, server=False)
    shake_hands(client, x509_context(folder, server=True, verify_peer=False))


@pytest.mark.parametrize("name", ["ca-cert.pem", "server-cert.pem", "server-key.pem"])
def test_missing(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(ChannelError, match=f"{name}: No such file or directory"):
        x509_context(folder, server=True, verify_peer=True)


@pytest.mark.parametrize("name", ["ca-cert.pem", "ca-crl.pem", "server-cert.pem", "server-key.pem"])
def test_garbage(folder: Path, name: str) -> None:
    (folder / name).write_text("no certificate")
    with pytest.raises(ChannelError, match=rf"{name}.*: no certificate or"):
        x509_context(folder, server=True, verify_peer=True)


def test_key_of_another(folder: Path) -> None:
    shutil.copy(folder / "client-key.pem", folder / "server-key.pem")
    with pytest.raises(ChannelError, match="server-key.pem: key values mismatch"):
        x509_context(folder, server=True, verify_peer=True)


def test_key_that_is_encrypted(folder: Path) -> None:
    """Nobody is asked for a password on the terminal."""
    key = load_pem_private_key((folder / "server-key.pem").read_bytes(), None)
    locked = BestAvailableEncryption(b"secret")
    (folder / "server-key.pem").write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, locked)
    )
    with pytest.raises(ChannelError, match="server-key.pem: the key is encrypted"):
        x509_context(folder, server=True, verify_peer=True)


def test_names_that_are_none() -> None:
    with pytest.raises(ChannelError, match="ca-cert.pem: "):
        x509_context(Path("a\0b"), server=True, verify_peer=True)
    with pytest.raises(ChannelError):
        read_keys(Path("a\0b"))


def test_no_tickets(certificates: Path) -> None:
    """What a server would send unasked is never read by a client that only writes."""
    assert x509_context(certificates, server=True, verify_peer=True).num_tickets == 0


def test_revoked(folder: Path) -> None:
    authority = trustme.CA()
    issued = authority.issue_cert("localhost")
    authority.cert_pem.write_to_path(str(folder / "ca-cert.pem"))
    for role in ("server", "client"):
        issued.private_key_pem.write_to_path(str(folder / f"{role}-key.pem"))
        issued.cert_chain_pems[0].write_to_path(str(folder / f"{role}-cert.pem"))
    check_certificates(folder, server=True)
    certificate = load_pem_x509_certificate((folder / "server-cert.pem").read_bytes())
    now = datetime.now(UTC)
    entry = RevokedCertificateBuilder(certificate.serial_number, now).build()
    revocations = (
        Revocations(certificate.issuer, now, now + timedelta(days=1))
        .add_revoked_certificate(entry)
        .sign(load_pem_private_key(authority.private_key_pem.bytes(), None), SHA256())  # type: ignore[arg-type]
    )
    (folder / "ca-crl.pem").write_bytes(revocations.public_bytes(Encoding.PEM))
    for role, server in ROLES:
        with pytest.raises(ChannelError, match=f"{role}-cert.pem: certificate revoked"):
            check_certificates(folder, server=server)


@pytest.mark.parametrize(("role", "server"), ROLES)
def test_check(
    folder: Path, tmp_path_factory: pytest.TempPathFactory, role: str, *, server: bool
) -> None:
    check_certificates(folder, server=server)
    others = make_certificates(tmp_path_factory.mktemp("others"))
    shutil.copy(others / "ca-cert.pem", folder / "ca-cert.pem")
    with pytest.raises(
        ChannelError,
        match=f"{role}-cert.pem: unable to get local issuer|{role}-cert.pem: certificate signature",
    ):
        check_certificates(folder, server=server)


@pytest.mark.parametrize(("role", "server"), ROLES)
def test_check_dates(folder: Path, role: str, *, server: bool) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca-cert.pem"))
    issued = authority.issue_cert("localhost", not_after=datetime.now(UTC) - timedelta(days=1))
    issued.private_key_pem.write_to_path(str(folder / f"{role}-key.pem"))
    issued.cert_chain_pems[0].write_to_path(str(folder / f"{role}-cert.pem"))
    with pytest.raises(ChannelError, match=f"{role}-cert.pem: certificate has expired"):
        check_certificates(folder, server=server)


def test_check_authority(folder: Path) -> None:
    with pytest.raises(ChannelError, match="ca-cert.pem: the certificate is not valid yet"):
        check_certificates(folder, server=True, clock=lambda: 0.0)
    with pytest.raises(ChannelError, match="ca-cert.pem: the certificate has expired"):
        check_certificates(folder, server=True, clock=lambda: 1e11)
    shutil.copy(folder / "client-cert.pem", folder / "ca-cert.pem")
    with pytest.raises(ChannelError, match="ca-cert.pem: the certificate is not that of an auth"):
        check_certificates(folder, server=True)


def test_anonymous(folder: Path) -> None:
    """Whoever finds the group: it is known, or lies in a file."""
    client = anonymous_context(folder, server=False)
    for place in (None, folder):
        version, cipher = shake_hands(client, anonymous_context(place, server=True))
        assert version == "TLSv1.2"
        assert isinstance(cipher, tuple)
        assert cipher[0].startswith("ADH-")
    (folder / "dh-params.pem").write_text("no group")
    with pytest.raises(ChannelError, match="dh-params.pem: "):
        anonymous_context(folder, server=True)


def test_anonymous_by_curves() -> None:
    """Where the other side has no group, nor asks for one."""
    for server in (True, False):
        peer = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT if server else ssl.PROTOCOL_TLS_SERVER)
        peer.check_hostname = False
        peer.verify_mode = ssl.CERT_NONE
        peer.maximum_version = ssl.TLSVersion.TLSv1_2
        peer.set_ciphers("AECDH+AES:@SECLEVEL=0")
        ours = anonymous_context(None, server=server)
        version, cipher = shake_hands(*((peer, ours) if server else (ours, peer)))
        assert version == "TLSv1.2"
        assert isinstance(cipher, tuple)
        assert cipher[0].startswith("AECDH-AES")


def test_anonymous_with_certificates(certificates: Path) -> None:
    """The two kinds do not mix."""
    with pytest.raises(ssl.SSLError):
        shake_hands(
            anonymous_context(None, server=False),
            x509_context(certificates, server=True, verify_peer=False),
        )


def test_anonymous_without_a_library(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: object, ciphers: str) -> None:
        raise ssl.SSLError("No cipher can be selected.")

    monkeypatch.setattr(ssl.SSLContext, "set_ciphers", refuse)
    with pytest.raises(ChannelError, match="anonymous TLS is not supported"):
        anonymous_context(None, server=True)


def test_keys(tmp_path: Path) -> None:
    path = tmp_path / "keys.psk"
    path.write_text("# users\nqemu:00ff\n\n a:b:0A \n")
    assert read_keys(path) == {"qemu": b"\x00\xff", "a:b": b"\n"}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("qemu", "keys.psk:1: expected USER:KEY"),
        ("a:00\n:00", "keys.psk:2: expected USER:KEY"),
        ("a:", "keys.psk:1: expected USER:KEY"),
        ("a:0g", "keys.psk: non-hexadecimal"),
    ],
)
def test_wrong_keys(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "keys.psk"
    path.write_text(text)
    with pytest.raises(ChannelError, match=problem):
        read_keys(path)


def test_no_keys(tmp_path: Path) -> None:
    with pytest.raises(ChannelError, match="keys.psk: No such file"):
        read_keys(tmp_path / "keys.psk")


@pytest.mark.skipif(sys.version_info >= (3, 13), reason="there, it can be done")
@pytest.mark.may_skip
def test_shared_keys_are_refused(tmp_path: Path) -> None:
    (tmp_path / "keys.psk").write_text("qemu:00ff")
    for _, server in ROLES:
        with pytest.raises(ChannelError, match="needs Python 3.13"):
            psk_context(tmp_path, server=server, username="qemu")


@pytest.mark.skipif(sys.version_info < (3, 13), reason="needs Python 3.13")
@pytest.mark.may_skip
def test_shared_keys(tmp_path: Path) -> None:
    (tmp_path / "keys.psk").write_text("qemu:00ff00ff00ff00ff\nother:0011")
    contexts = [psk_context(tmp_path, server=server, username="qemu") for _, server in ROLES]
    shake_hands(contexts[1], contexts[0])
    with pytest.raises(ChannelError, match="there is no key of 'nobody'"):
        psk_context(tmp_path, server=False, username="nobody")
