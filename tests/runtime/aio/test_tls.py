"""Certificates from a folder, and clients that show the right ones or not."""

from __future__ import annotations

import asyncio
import logging
import ssl
from pathlib import Path

import pytest

from qapigen.runtime.addresses import Address, TcpAddress
from qapigen.runtime.aio.tls import client_context, server_context
from qapigen.runtime.errors import QapiError

from .conftest import Play
from .serving import NEGOTIATE, RawClient, command, sample_server, until

trustme = pytest.importorskip("trustme")


def write_folder(folder: Path, *, client: bool = True, host: str = "localhost") -> Path:
    """A folder as the module expects it, from an authority of its own."""
    folder.mkdir()
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca-cert.pem")
    for role, name in (("server", host), ("client", "client.example")):
        if role == "server" or client:
            issued = authority.issue_cert(name)
            issued.private_key_pem.write_to_path(folder / f"{role}-key.pem")
            for blob in issued.cert_chain_pems:
                blob.write_to_path(folder / f"{role}-cert.pem", append=True)
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_folder(tmp_path_factory.mktemp("tls") / "credentials")


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_folder(tmp_path_factory.mktemp("tls") / "credentials")


async def talk(server_side: ssl.SSLContext, client_side: ssl.SSLContext, host: str) -> None:
    """Negotiate over TLS, with much data in both directions."""
    server, _ = sample_server()
    async with server:
        address = await server.serve("tcp:localhost:0,ipv4", tls=server_side)
        async with await RawClient.connect(address, tls=client_side, host=host) as client:
            assert "QMP" in await client.message()
            assert await client.ask(NEGOTIATE) == {"return": {}}
            client.send(*(command("big", {"size": 10_000}, id=n) for n in range(100)))
            for number in range(100):
                assert (await client.message())["id"] == number
            client.send(command("quit"))
            assert (await client.message())["id"] == "quit"
            assert await client.rest() == b""
        await server.wait_closed()


def test_both_sides_show_their_certificates(play: Play, folder: Path) -> None:
    play(talk(server_context(folder), client_context(folder), "localhost"))


def test_nobody_checks_anything(play: Play, folder: Path, stranger: Path) -> None:
    server_side = server_context(folder, verify_peer=False)
    play(talk(server_side, client_context(stranger, verify_peer=False), "elsewhere"))


async def heard(address: Address, client_side: ssl.SSLContext, host: str) -> bytes:
    """All that a client hears until it is sent away."""
    try:
        # With TLS 1.3 the client hears of its refusal only when it reads.
        async with await RawClient.connect(address, tls=client_side, host=host) as client:
            return await client.rest()
    except OSError:
        return b""


async def fail(server_side: ssl.SSLContext, client_side: ssl.SSLContext, host: str) -> None:
    """Try to connect: nobody is greeted, others still are."""
    server, _ = sample_server()
    async with server:
        address = await server.serve("tcp:localhost:0,ipv4", tls=server_side, most_clients=1)
        assert await heard(address, client_side, host) == b""
        await until(lambda: not server._handshakes)
        assert server.clients == []


def test_a_client_without_certificate(play: Play, folder: Path, tmp_path: Path) -> None:
    context = ssl.create_default_context(cafile=folder / "ca-cert.pem")
    play(fail(server_context(folder), context, "localhost"))


def test_a_client_of_another_authority(play: Play, folder: Path, stranger: Path) -> None:
    play(fail(server_context(folder), client_context(stranger, verify_peer=False), "localhost"))


def test_a_server_of_another_authority(play: Play, folder: Path, stranger: Path) -> None:
    server_side = server_context(stranger, verify_peer=False)
    play(fail(server_side, client_context(folder), "localhost"))


def test_a_server_with_another_name(play: Play, folder: Path) -> None:
    play(fail(server_context(folder), client_context(folder), "elsewhere.example"))


def test_a_client_that_speaks_no_tls(
    play: Play, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)

    async def scenario() -> None:
        server, _ = sample_server()
        async with server:
            address = await server.serve("tcp:localhost:0,ipv4", tls=server_context(folder))
            async with await RawClient.connect(address) as client:
                client.send(NEGOTIATE)
                assert b"QMP" not in await client.rest()
            await until(lambda: not server._handshakes)

    play(scenario())
    assert "no connection with" in caplog.text


def test_a_client_that_never_begins_does_not_hold_up_the_end(play: Play, folder: Path) -> None:
    async def scenario() -> None:
        server, _ = sample_server()
        address = await server.serve("tcp:localhost:0,ipv4", tls=server_context(folder))
        async with await RawClient.connect(address):
            await until(lambda: server._handshakes)
            await server.close()

    play(scenario())


@pytest.mark.parametrize("missing", ["ca-cert.pem", "server-cert.pem", "server-key.pem"])
def test_a_missing_file_is_named(tmp_path: Path, missing: str) -> None:
    folder = write_folder(tmp_path / "tls")
    (folder / missing).unlink()
    with pytest.raises(QapiError, match=missing):
        server_context(folder)


def test_a_client_needs_no_certificate_of_its_own(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "tls", client=False)
    assert client_context(folder).verify_mode is ssl.CERT_REQUIRED
    (folder / "ca-cert.pem").unlink()
    with pytest.raises(QapiError, match=r"ca-cert\.pem"):
        client_context(folder)
    assert client_context(folder, verify_peer=False).verify_mode is ssl.CERT_NONE


@pytest.mark.parametrize("name", ["ca-cert.pem", "server-cert.pem", "server-key.pem"])
def test_a_file_of_no_use(tmp_path: Path, name: str) -> None:
    folder = write_folder(tmp_path / "tls")
    (folder / name).write_text("nonsense")
    with pytest.raises(QapiError, match="cannot be used"):
        server_context(folder)


def test_an_encrypted_key(tmp_path: Path) -> None:
    from cryptography.hazmat.primitives import serialization as forms

    folder = write_folder(tmp_path / "tls")
    key = forms.load_pem_private_key((folder / "server-key.pem").read_bytes(), None)
    hidden = key.private_bytes(
        forms.Encoding.PEM, forms.PrivateFormat.PKCS8, forms.BestAvailableEncryption(b"pass")
    )
    (folder / "server-key.pem").write_bytes(hidden)
    with pytest.raises(QapiError, match="encrypted"):
        server_context(folder)
    with pytest.raises(QapiError, match="cannot be used"):
        server_context(folder, password="wrong")
    server_context(folder, password="pass")


def test_a_revoked_certificate(play: Play, tmp_path: Path) -> None:
    import datetime

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.serialization import Encoding

    folder = write_folder(tmp_path / "tls")
    authority = trustme.CA()
    # An authority that can sign a list of its own: the folder is made anew with it.
    for name, issued in (("server", "localhost"), ("client", "client.example")):
        pair = authority.issue_cert(issued)
        pair.private_key_pem.write_to_path(folder / f"{name}-key.pem")
        pair.cert_chain_pems[0].write_to_path(folder / f"{name}-cert.pem")
    authority.cert_pem.write_to_path(folder / "ca-cert.pem")
    client = x509.load_pem_x509_certificate((folder / "client-cert.pem").read_bytes())
    now = datetime.datetime.now(datetime.UTC)
    revoked = (
        x509.RevokedCertificateBuilder()
        .serial_number(client.serial_number)
        .revocation_date(now - datetime.timedelta(days=1))
        .build()
    )
    crl = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(client.issuer)
        .last_update(now - datetime.timedelta(days=1))
        .next_update(now + datetime.timedelta(days=1))
        .add_revoked_certificate(revoked)
        .sign(authority._private_key, hashes.SHA256())
    )
    play(talk(server_context(folder), client_context(folder), "localhost"))
    (folder / "ca-crl.pem").write_bytes(crl.public_bytes(Encoding.PEM))
    plain = client_context(folder)
    plain.verify_flags &= ~ssl.VERIFY_CRL_CHECK_LEAF
    play(fail(server_context(folder), plain, "localhost"))
    (folder / "ca-crl.pem").write_text("nonsense")
    with pytest.raises(QapiError, match="cannot be used"):
        server_context(folder)


def test_who_never_finishes_the_handshake_gives_way(play: Play, folder: Path) -> None:
    """To the newest; a client that is in earnest is served among many of those."""

    async def scenario() -> None:
        server, _ = sample_server(most_negotiating=2)
        async with server:
            context = server_context(folder, verify_peer=False)
            address = await server.serve("tcp:localhost:0,ipv4", tls=context)
            assert isinstance(address, TcpAddress)
            silent = []
            for _ in range(4):
                silent.append(await asyncio.open_connection(address.host, address.port))
            for reader, _ in silent[:2]:
                assert await reader.read() == b""
            side = client_context(folder)
            async with await RawClient.connect(address, tls=side, host="localhost") as client:
                await client.message()
                assert await client.ask(NEGOTIATE) == {"return": {}}
            for _, writer in silent:
                writer.close()

    play(scenario())
