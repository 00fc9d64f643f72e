"""TLS credentials: object-add and object-del, and migrations that use them."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.migration.machines import DEADLINE_SECONDS, Machine, Peer, machine, until
from tests.runtime.certificates import make_certificates

GENERIC = "GenericError"


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    with machine(tmp_path_factory.mktemp("source"), "--ram=4M", "--fill=random") as found:
        yield found


@pytest.fixture
def source(process: Machine, certificates: Path) -> Iterator[Machine]:
    """A machine with the credentials of a client, and others that are of no use to it."""
    process.execute("cont")
    add(process, "client", certificates)
    add(process, "server", certificates, endpoint="server")
    process.switch(events=True)
    process.heard()
    yield process
    process.execute("migrate_cancel")
    process.reached("none", "completed", "failed", "cancelled")
    process.switch(events=False, return_path=False)
    process.set(max_bandwidth=33554432, tls_creds="", tls_hostname="")
    for name in ("client", "server"):
        process.execute("object-del", id=name)


def x509(name: str, folder: Path, **more: object) -> dict[str, object]:
    fixed = {"qom-type": "tls-creds-x509", "id": name, "dir": str(folder), "endpoint": "client"}
    return fixed | {key.replace("_", "-"): value for key, value in more.items()}


def add(one: Machine, name: str, folder: Path, **more: object) -> None:
    assert one.execute("object-add", x509(name, folder, **more)) == {}


# --- objects ---


def test_ids(source: Machine, certificates: Path) -> None:
    add(source, "c", certificates)
    for name in ("c", "", "1c", "c d", "c/d", "ü"):
        error, desc = source.refused("object-add", x509(name, certificates))
        assert (error, "'c'" in desc or "id" in desc) == (GENERIC, True)
    source.execute("object-del", id="c")
    for name in ("c", "C", ""):
        assert source.refused("object-del", id=name)[0] == GENERIC
    add(source, "c", certificates)
    source.execute("object-del", id="c")


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"dir": "/nowhere/at/all"}, "/nowhere/at/all"),
        ({"priority": "SECURE256"}, "priority"),
        ({"passwordid": "secret"}, "secret"),
    ],
)
def test_refused(source: Machine, certificates: Path, more: dict[str, object], told: str) -> None:
    """And nothing is left of it: the id can be used."""
    error, desc = source.refused("object-add", x509("c", certificates, **more))
    assert (error, told in desc) == (GENERIC, True)
    assert source.refused("object-del", id="c")[0] == GENERIC


@pytest.mark.parametrize("endpoint", ["client", "server"])
@pytest.mark.parametrize(
    "wrong", ["ca-cert.pem", "{}-cert.pem", "{}-key.pem", "no-cert.pem", "other key"]
)
def test_wrong_files(
    source: Machine, certificates: Path, tmp_path: Path, endpoint: str, wrong: str
) -> None:
    for path in certificates.iterdir():
        shutil.copy(path, tmp_path)
    if wrong == "other key":
        other = "server" if endpoint == "client" else "client"
        shutil.copy(certificates / f"{other}-key.pem", tmp_path / f"{endpoint}-key.pem")
    elif wrong == "no-cert.pem":
        (tmp_path / "ca-cert.pem").unlink()
    else:
        (tmp_path / wrong.format(endpoint)).write_text("no PEM")
    error, desc = source.refused("object-add", x509("c", tmp_path, endpoint=endpoint))
    assert (error, ".pem" in desc) == (GENERIC, True)


def test_anonymous(source: Machine) -> None:
    for endpoint in ("client", "server"):
        source.execute("object-add", {"qom-type": "tls-creds-anon"}, id="a", endpoint=endpoint)
        source.execute("object-del", id="a")


def test_shared_keys(source: Machine, tmp_path: Path) -> None:
    options = {"qom-type": "tls-creds-psk", "id": "p", "endpoint": "client", "dir": str(tmp_path)}
    error, desc = source.refused("object-add", options)
    wanted = "keys.psk" if sys.version_info >= (3, 13) else "Python 3.13"
    assert (error, wanted in desc) == (GENERIC, True)


# --- migrations ---


@pytest.mark.parametrize(
    ("creds", "told"),
    [("nobody", "no object 'nobody'"), ("server", "endpoint 'client'")],
)
def test_credentials_are_looked_up_when_connected(
    source: Machine, tmp_path: Path, creds: str, told: str
) -> None:
    """migrate itself succeeds; where nobody listens that is the reason, whatever is wrong else."""
    source.set(tls_creds=creds, tls_hostname="localhost")
    assert source.execute("migrate", uri=f"unix:{tmp_path}/nobody") == {}
    assert source.heard("MIGRATION failed") == ["MIGRATION setup", "MIGRATION failed"]
    assert "No such file" in source.info["error-desc"]
    with Peer(tmp_path) as peer:
        assert source.execute("migrate", uri=peer.uri) == {}
        assert source.heard("MIGRATION failed") == ["MIGRATION setup", "MIGRATION failed"]
        info = source.info
        assert info == {"status": "failed", "error-desc": info["error-desc"]}
        assert told in info["error-desc"]
        assert peer.over.wait(DEADLINE_SECONDS)
        assert not peer.taken
    assert source.state == "running"


@pytest.mark.parametrize("prefix", ["unix", "exec"])
def test_no_name_to_verify(source: Machine, tmp_path: Path, prefix: str) -> None:
    source.set(tls_creds="client")
    with Peer(tmp_path) as peer:
        uri = peer.uri if prefix == "unix" else "exec:cat"
        assert source.execute("migrate", uri=uri) == {}
        source.reached("failed")
        assert "tls-hostname" in source.info["error-desc"]


def test_start_errors_come_first(source: Machine) -> None:
    """Those of the uri are answered, although the credentials are wrong, too."""
    source.set(tls_creds="nobody")
    error, desc = source.refused("migrate", uri="tcp:127.0.0.1:x")
    assert (error, "port" in desc) == (GENERIC, True)


def test_object_in_use(source: Machine, tmp_path: Path, certificates: Path) -> None:
    """What is connected with it goes on; the next one does not find it."""
    add(source, "mine", certificates)
    source.set(tls_creds="mine", tls_hostname="localhost", max_bandwidth=10)
    with destination(tmp_path, certificates, f"unix:{tmp_path}/in") as one:
        source.execute("migrate", uri=f"unix:{tmp_path}/in")
        source.reached("active")
        source.execute("object-del", id="mine")
        assert source.execute("query-migrate-parameters")["tls-creds"] == "mine"
        source.set(max_bandwidth=0)
        assert source.heard("MIGRATION completed")[0] == "MIGRATION setup"
        one.reached("completed")
    source.execute("cont")
    with Peer(tmp_path) as peer:
        source.execute("migrate", uri=peer.uri)
        source.reached("failed")
        assert "no object 'mine'" in source.info["error-desc"]


@contextmanager
def destination(folder: Path, certificates: Path, uri: str) -> Iterator[Machine]:
    """A machine that takes a guest over TLS only."""
    with machine(folder, "--ram=4M", f"--incoming={uri}", name="destination") as one:
        add(one, "server", certificates, endpoint="server", verify_peer=True)
        one.set(tls_creds="server")
        yield one


def test_encrypted(source: Machine, tmp_path: Path, certificates: Path) -> None:
    """Sources that fail in the handshake are told in the log, and the right one may come."""
    source.switch(return_path=True)
    source.set(max_bandwidth=0)
    with destination(tmp_path, certificates, "tcp:127.0.0.1:0") as one:
        found = next(line for line in one.log.splitlines() if "tcp:" in line)
        uri = found.split()[-1].replace("127.0.0.1", "localhost") + ",ipv4"
        # Plain, then with a name that the certificate has not.
        source.execute("migrate", uri=uri)
        source.reached("failed")
        source.set(tls_creds="client", tls_hostname="elsewhere")
        source.execute("migrate", uri=uri)
        source.reached("failed")
        assert "TLS" in source.info["error-desc"]
        source.set(tls_hostname="")  # the name is in the uri
        source.heard()
        source.execute("migrate", uri=uri)
        assert source.heard("MIGRATION completed")[:2] == ["MIGRATION setup", "MIGRATION_PASS 1"]
        one.reached("completed")
        assert one.state == "running"
        until(lambda: one.log.count("a connection was refused: ") == 2 or None)


def test_plain_meets_encrypted(source: Machine, tmp_path: Path) -> None:
    """A destination without TLS sees what is no stream, and ends."""
    source.set(tls_creds="client", tls_hostname="localhost")
    with machine(tmp_path, f"--incoming=unix:{tmp_path}/in") as one:
        source.execute("migrate", uri=f"unix:{tmp_path}/in")
        source.reached("failed")
        assert one.ended() == 1
    assert source.state == "running"
