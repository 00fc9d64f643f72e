"""Objects: TLS credentials by id."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from qapi_migration.types.objects import (
    ObjectOptions_TlsCredsAnon,
    ObjectOptions_TlsCredsPsk,
    ObjectOptions_TlsCredsX509,
    ObjectType,
    QCryptoTLSCredsEndpoint,
)
from qapigen.migration import objects
from qapigen.migration.channels import ChannelError
from qapigen.migration.objects import Objects
from qapigen.runtime.errors import GENERIC_ERROR, QapiError
from tests.runtime.certificates import make_certificates

CLIENT = QCryptoTLSCredsEndpoint.CLIENT
SERVER = QCryptoTLSCredsEndpoint.SERVER


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_certificates(tmp_path)


@pytest.fixture
def both(folder: Path) -> Objects:
    """Certificates of both roles: ``client`` and ``server``."""
    found = Objects()
    for endpoint in (CLIENT, SERVER):
        found.add(ObjectOptions_TlsCredsX509(id=endpoint.value, dir=str(folder), endpoint=endpoint))
    return found


def test_credentials(both: Objects) -> None:
    client, server = both.tls_client("client", "host"), both.tls_server("server")
    assert client is not None
    assert server is not None
    assert client.hostname == "host"
    assert client.context.check_hostname
    assert client.context.verify_mode is server.context.verify_mode is ssl.CERT_REQUIRED
    assert client.context.protocol is ssl.PROTOCOL_TLS_CLIENT
    assert server.context.protocol is ssl.PROTOCOL_TLS_SERVER


def test_client_is_the_default(folder: Path) -> None:
    found = Objects()
    found.add(ObjectOptions_TlsCredsX509(id="tls0", dir=str(folder)))
    assert found.tls_client("tls0", "") is not None


def test_no_verification(folder: Path) -> None:
    found = Objects()
    found.add(ObjectOptions_TlsCredsX509(id="tls0", dir=str(folder), verify_peer=False))
    client = found.tls_client("tls0", "")
    assert client is not None
    assert client.context.verify_mode is ssl.CERT_NONE


def test_no_id_is_no_encryption() -> None:
    assert Objects().tls_client("", "host") is None
    assert Objects().tls_server("") is None


def test_wrong_id(both: Objects) -> None:
    for look_up in (lambda name: both.tls_client(name, ""), both.tls_server):
        with pytest.raises(QapiError, match="tls-creds: there is no object 'nobody'") as caught:
            look_up("nobody")
        assert caught.value.error_class == GENERIC_ERROR


def test_wrong_endpoint(both: Objects) -> None:
    with pytest.raises(QapiError, match="expected 'server' to have the endpoint 'client'"):
        both.tls_client("server", "")
    with pytest.raises(QapiError, match="expected 'client' to have the endpoint 'server'"):
        both.tls_server("client")


def test_other_objects(monkeypatch: pytest.MonkeyPatch) -> None:
    """There may be objects that are no credentials, one day."""
    monkeypatch.setattr(objects, "_FACTORIES", {ObjectType.TLS_CREDS_ANON: lambda _: "a secret"})
    found = Objects()
    found.add(ObjectOptions_TlsCredsAnon(id="secret"))
    with pytest.raises(QapiError, match="the object 'secret' is no TLS credentials"):
        found.tls_server("secret")


@pytest.mark.parametrize("name", ["a", "Z9", "tls-0._x"])
def test_good_ids(name: str) -> None:
    found = Objects()
    found.add(ObjectOptions_TlsCredsAnon(id=name))
    found.remove(name)


@pytest.mark.parametrize("name", ["", "0a", "-a", "a b", "a\n", "ä", "x" + "!" * 1000])
def test_malformed_ids(name: str) -> None:
    with pytest.raises(QapiError, match="id: .* is malformed") as caught:
        Objects().add(ObjectOptions_TlsCredsAnon(id=name))
    assert len(caught.value.desc) < 200


def test_id_that_is_taken(both: Objects) -> None:
    kept = both.tls_client("client", "")
    with pytest.raises(QapiError, match="There is an object 'client' already"):
        both.add(ObjectOptions_TlsCredsAnon(id="client"))
    assert both.tls_client("client", "") == kept


def test_remove(both: Objects) -> None:
    both.remove("client")
    with pytest.raises(QapiError, match="there is no object 'client'"):
        both.tls_client("client", "")
    with pytest.raises(QapiError, match="There is no object 'client'"):
        both.remove("client")
    both.add(ObjectOptions_TlsCredsAnon(id="client"))


def test_folder_is_needed() -> None:
    with pytest.raises(QapiError, match="dir: the folder of the credentials is missing"):
        Objects().add(ObjectOptions_TlsCredsX509(id="tls0"))
    with pytest.raises(QapiError, match="dir: the folder"):
        Objects().add(ObjectOptions_TlsCredsPsk(id="tls0"))


def test_files_are_read_at_once(tmp_path: Path) -> None:
    found = Objects()
    with pytest.raises(ChannelError, match="ca-cert.pem: No such file"):
        found.add(ObjectOptions_TlsCredsX509(id="tls0", dir=str(tmp_path)))
    with pytest.raises(QapiError):
        found.remove("tls0")  # it is not there, then


def test_sanity_check(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Certificates of another authority; who insists may have them."""
    stranger = make_certificates(tmp_path_factory.mktemp("stranger"))
    (folder / "ca-cert.pem").write_bytes((stranger / "ca-cert.pem").read_bytes())
    found = Objects()
    with pytest.raises(ChannelError, match="client-cert.pem: "):
        found.add(ObjectOptions_TlsCredsX509(id="tls0", dir=str(folder)))
    found.add(ObjectOptions_TlsCredsX509(id="tls0", dir=str(folder), sanity_check=False))


def test_priority(folder: Path) -> None:
    found = Objects()
    found.add(ObjectOptions_TlsCredsX509(id="tls0", dir=str(folder), priority="NORMAL"))
    with pytest.raises(QapiError, match="priority: .* knows 'NORMAL' only, got 'SECURE256'"):
        found.add(ObjectOptions_TlsCredsX509(id="tls1", dir=str(folder), priority="SECURE256"))


def test_password(folder: Path) -> None:
    with pytest.raises(QapiError, match="passwordid: there is no secret 'sec0'"):
        Objects().add(ObjectOptions_TlsCredsX509(id="tls0", dir=str(folder), passwordid="sec0"))


def test_anonymous(tmp_path: Path) -> None:
    found = Objects()
    found.add(ObjectOptions_TlsCredsAnon(id="tls0", endpoint=SERVER, verify_peer=True))
    found.add(ObjectOptions_TlsCredsAnon(id="tls1", endpoint=CLIENT, dir=str(tmp_path)))
    server = found.tls_server("tls0")
    assert server is not None
    assert server.context.verify_mode is ssl.CERT_NONE
    assert found.tls_client("tls1", "host") is not None


def test_shared_keys(tmp_path: Path) -> None:
    """What comes of them depends on Python; without a file, nothing."""
    with pytest.raises(ChannelError, match=r"keys.psk: No such file|needs Python 3\.13"):
        Objects().add(ObjectOptions_TlsCredsPsk(id="tls0", dir=str(tmp_path)))
