"""TLS around a channel."""

from __future__ import annotations

import socket
import ssl
from pathlib import Path

import pytest

from qapigen.migration.channels.channel import ChannelError
from qapigen.migration.channels.credentials import x509_context
from qapigen.migration.channels.descriptors import DescriptorChannel
from qapigen.migration.channels.sockets import SocketChannel
from qapigen.migration.channels.tls import TlsChannel, TlsClient, TlsServer, describe_tls_failure
from tests.migration.channels.pairs import Background, client_tls, received, server_tls


def plain_pair() -> tuple[SocketChannel, SocketChannel]:
    ours, theirs = socket.socketpair()
    return SocketChannel(ours), SocketChannel(theirs)


def secured(client: TlsClient, server: TlsServer) -> tuple[TlsChannel, TlsChannel]:
    """Both ends after the handshake; raises what the server says, or else the client."""
    ours, theirs = plain_pair()
    shaking = Background(lambda: server.secure(theirs))
    try:
        try:
            source = client.secure(ours)
        except ChannelError:
            ours.close()
            raise
        finally:
            destination = shaking.result()
    except ChannelError:
        ours.close()
        theirs.close()
        raise
    return source, destination


def both_fail(client: TlsClient, server: TlsServer) -> tuple[str, str]:
    """What each side says to a handshake that fails."""
    ours, theirs = plain_pair()
    shaking = Background(lambda: server.secure(theirs))
    with pytest.raises(ChannelError) as at_client:
        client.secure(ours)
    ours.close()
    with pytest.raises(ChannelError) as at_server:
        shaking.result()
    theirs.close()
    return str(at_client.value), str(at_server.value)


def test_it_is_encrypted(certificates: Path) -> None:
    ours, theirs = plain_pair()
    server = server_tls(certificates)
    seen = bytearray()
    real = theirs.read_into

    def listen(view: memoryview) -> int:
        count = real(view)
        seen.extend(view[:count])
        return count

    theirs.read_into = listen  # type: ignore[method-assign]
    shaking = Background(lambda: server.secure(theirs))
    source = client_tls(certificates).secure(ours)
    destination = shaking.result()
    source.write(b"open secret" * 1000)
    assert source.position == 11_000
    assert received(destination, 11_000) == b"open secret" * 1000
    assert len(seen) > 11_000
    assert b"secret" not in seen
    source.shutdown()
    destination.close()
    source.close()


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_versions(certificates: Path, version: ssl.TLSVersion) -> None:
    client = client_tls(certificates)
    client.context.maximum_version = version
    source, destination = secured(client, server_tls(certificates))
    source.write(b"x" * 40_000)
    assert received(destination, 40_000) == b"x" * 40_000
    destination.write(b"back")
    assert source.read(10) == b"back"
    destination.shutdown()
    source.close()
    destination.close()


def test_goodbye(certificates: Path) -> None:
    """The end is told; the other side's answer is waited for, but not for long."""
    source, destination = secured(client_tls(certificates), server_tls(certificates))
    source.write(b"last")
    closing = Background(source.close)
    assert received(destination) == b"last"
    assert received(destination) == b""
    destination.close()
    closing.result()


def test_server_that_says_more_than_it_is_asked_for(certificates: Path) -> None:
    """Tickets lie unread at a client that only writes; closing must not break the connection."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        raw = SocketChannel(socket.create_connection(listener.getsockname()))
        theirs = SocketChannel(listener.accept()[0])
    server = server_tls(certificates)
    server.context.num_tickets = 50
    shaking = Background(lambda: server.secure(theirs))
    source = client_tls(certificates).secure(raw)
    destination = shaking.result()
    source.write(bytes(1_000_000))
    closing = Background(source.close)
    assert len(received(destination)) == 1_000_000
    destination.close()
    closing.result()


def test_peer_that_just_goes(certificates: Path) -> None:
    """As without encryption, that is an end; whether too early, the stream says."""
    source, destination = secured(client_tls(certificates), server_tls(certificates))
    source.write(b"and")
    source.shutdown()
    assert received(destination) == b"and"
    with pytest.raises(ChannelError, match="failed: "):
        destination.write(bytes(10_000_000))
    source.close()
    destination.close()


def test_broken_record(certificates: Path) -> None:
    ours, theirs = plain_pair()
    shaking = Background(lambda: server_tls(certificates).secure(theirs))
    source = client_tls(certificates).secure(ours)
    destination = shaking.result()
    ours.write(b"\x17\x03\x03\x00\x20" + bytes(32))
    with pytest.raises(ChannelError, match="TLS: .*bad record mac"):
        destination.read(1)
    source.shutdown()
    source.close()
    destination.close()


def test_wrong_name(certificates: Path) -> None:
    context = x509_context(certificates, server=False, verify_peer=True)
    at_client, at_server = both_fail(TlsClient(context, "elsewhere"), server_tls(certificates))
    assert at_client == (
        "TLS handshake: Hostname mismatch, certificate is not valid for 'elsewhere'."
    )
    assert at_server.startswith("TLS handshake: ")


def test_nobody_verifies(certificates: Path) -> None:
    client = TlsClient(x509_context(certificates, server=False, verify_peer=False), "elsewhere")
    server = TlsServer(x509_context(certificates, server=True, verify_peer=False))
    source, destination = secured(client, server)
    source.write(b"x")
    assert destination.read(9) == b"x"
    destination.shutdown()
    source.close()
    destination.close()


def test_client_without_a_certificate(folder: Path, certificates: Path) -> None:
    """The server does not want it; the client learns of that when it goes on."""
    (folder / "client-key.pem").unlink()
    ours, theirs = plain_pair()
    shaking = Background(lambda: server_tls(certificates).secure(theirs))
    source = client_tls(folder).secure(ours)
    with pytest.raises(ChannelError, match="TLS handshake: peer did not return a certificate"):
        shaking.result()
    with pytest.raises(ChannelError, match="TLS: .*certificate required"):
        source.read(1)
    theirs.close()
    source.close()


def test_peer_without_tls(certificates: Path) -> None:
    ours, theirs = plain_pair()
    shaking = Background(lambda: server_tls(certificates).secure(theirs))
    ours.write(b"QEVM\0\0\0\3 and so on")
    with pytest.raises(ChannelError, match="TLS handshake: "):
        shaking.result()
    ours.close()
    theirs.close()
    ours, theirs = plain_pair()
    theirs.write(b"QEVM\0\0\0\3 and so on")
    with pytest.raises(ChannelError, match="TLS handshake: "):
        client_tls(certificates).secure(ours)
    ours.close()
    theirs.close()


def test_peer_that_hangs_up(certificates: Path) -> None:
    ours, theirs = plain_pair()
    theirs.close()
    with pytest.raises(ChannelError, match="^TLS handshake: writing failed"):
        client_tls(certificates).secure(ours)
    ours.close()
    ours, theirs = plain_pair()
    shaking = Background(lambda: server_tls(certificates).secure(theirs))
    ours.close()
    with pytest.raises(ChannelError, match="TLS handshake: the peer ended the connection"):
        shaking.result()
    theirs.close()


def test_no_name(certificates: Path) -> None:
    ours, theirs = plain_pair()
    context = x509_context(certificates, server=False, verify_peer=True)
    with pytest.raises(ChannelError, match="set 'tls-hostname'"):
        TlsClient(context).secure(ours)
    for name in (".x", "x" * 64 + ".y", "a\0b"):
        with pytest.raises(ChannelError, match="^TLS: '"):
            TlsClient(context, name).secure(ours)
    ours.close()
    theirs.close()


def test_one_way(certificates: Path) -> None:
    channel = DescriptorChannel(None, None)
    with pytest.raises(ChannelError, match="goes both ways"):
        client_tls(certificates).secure(channel)
    channel.close()


def test_write_now_is_nothing(certificates: Path) -> None:
    source, destination = secured(client_tls(certificates), server_tls(certificates))
    source.write_now(b"no")
    source.linger(0)
    assert destination.read(1) == b""
    source.close()
    destination.close()


def test_failures() -> None:
    assert describe_tls_failure(ssl.SSLCertVerificationError()) == (
        "the certificate cannot be verified"
    )
    assert describe_tls_failure(ValueError("no")) == "no"
    assert describe_tls_failure(ValueError()) == "ValueError"
