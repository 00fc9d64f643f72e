"""Encrypted migrations between QEMU, whose TLS is GnuTLS, and us, whose TLS is OpenSSL.

Most have a return path: without it a small guest is written before the destination's refusal
is heard, and the source takes it for moved.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.interop.differences import Release
from tests.interop.migration_sides import MIB, UNLIMITED, QemuSide, Side, ours, qemu
from tests.interop.migration_streams import filled_qemu, half_filled
from tests.interop.programs import QEMU
from tests.interop.raw_client import Refused
from tests.runtime.certificates import make_certificates

pytestmark = pytest.mark.requires(QEMU)

SIZE = 2 * MIB
NAME = "vm.example"

TO_QEMU, FROM_QEMU = "to-qemu", "from-qemu"


@dataclass(frozen=True)
class Folders:
    """Certificates under the names that QEMU looks for, and a stream."""

    right: Path
    foreign: Path  # of another authority
    mixed: Path  # the right authority, and a client of the other one
    bare: Path  # no client's certificate
    local: Path  # for the name of this machine
    stream: Path


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Folders:
    def new(name: str) -> Path:
        return tmp_path_factory.mktemp(name)

    right = make_certificates(new("right"), NAME)
    foreign = make_certificates(new("foreign"), NAME)
    mixed, bare = new("mixed"), new("bare")
    for folder in mixed, bare:
        shutil.copy(right / "ca-cert.pem", folder)
    for name in "client-cert.pem", "client-key.pem":
        shutil.copy(foreign / name, mixed)
    local = make_certificates(new("local"), "localhost")
    return Folders(right, foreign, mixed, bare, local, half_filled(new("half"), size=SIZE))


@pytest.fixture(scope="module")
def our_source(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Side]:
    """A guest of ours; it stays, or runs on when it has left."""
    with ours(tmp_path_factory.mktemp("source"), "--fill", "half", size=SIZE) as side:
        yield side


class Sides:
    """Starts two sides in one of the directions."""

    def __init__(self, direction: str, our_source: Side, stream: Path, folder: Path) -> None:
        self.to_qemu = direction == TO_QEMU
        self._our_source = our_source
        self._stream = stream
        self._folder = folder

    @contextmanager
    def started(self, way: str = "tcp") -> Iterator[tuple[Side, Side, str]]:
        """A source with a guest that runs, a destination, and a uri for that to listen at."""
        uri = "tcp:127.0.0.1:0" if way == "tcp" else f"unix:{self._folder}/way.sock"
        with self._source() as source, self._destination(uri, way) as destination:
            source.switch(return_path=True)
            source.set(max_bandwidth=UNLIMITED)
            yield source, destination, uri

    @contextmanager
    def _source(self) -> Iterator[Side]:
        if not self.to_qemu:
            with filled_qemu(self._folder, self._stream, size=SIZE) as filled:
                yield filled
            return
        side = self._our_source
        side.ask("cont")
        try:
            yield side
        finally:
            side.set(tls_creds="", tls_hostname="")
            with suppress(Refused):  # where there was none
                side.ask("object-del", id="tls0")

    def _destination(self, uri: str, way: str) -> AbstractContextManager[Side]:
        if self.to_qemu:
            return qemu(self._folder, "-incoming", "defer", size=SIZE)
        return ours(self._folder, "--incoming", uri if way == "tcp" else "defer", size=SIZE)


@pytest.fixture(params=[TO_QEMU, FROM_QEMU])
def sides(
    request: pytest.FixtureRequest, our_source: Side, folders: Folders, tmp_path: Path
) -> Sides:
    """Both directions."""
    return Sides(request.param, our_source, folders.stream, tmp_path)


def encrypt(side: Side, folder: Path, endpoint: str, **options: object) -> None:
    """Give a side certificates, which it is to use."""
    side.ask(
        "object-add",
        qom_type="tls-creds-x509",
        id="tls0",
        dir=str(folder),
        endpoint=endpoint,
        **options,
    )
    side.set(tls_creds="tls0")


def assert_stayed(source: Side) -> None:
    """The migration has failed, and the guest runs on."""
    assert source.ends() == "failed"
    source.wait_for_run_state("running")


def assert_moved(source: Side, destination: Side) -> None:
    """The guest is there, with all that it remembers."""
    assert source.ends() == "completed", source.report()
    assert destination.ends() == "completed"
    source.wait_for_run_state("postmigrate")
    assert destination.run_state == "running"
    came = destination.memory()
    assert came == source.memory()
    assert came.count(0) < len(came)


@pytest.mark.parametrize("answers", [True, False])
def test_the_right_name(answers: bool, sides: Sides, folders: Folders) -> None:
    with sides.started() as (source, destination, uri):
        source.switch(return_path=answers)
        encrypt(source, folders.right, "client")
        encrypt(destination, folders.right, "server")
        source.set(tls_hostname=NAME)
        source.migrate(destination.listen(uri))
        assert_moved(source, destination)


def test_without_a_name_it_is_that_of_the_uri(sides: Sides, folders: Folders) -> None:
    with sides.started() as (source, destination, uri):
        encrypt(source, folders.local, "client")
        encrypt(destination, folders.local, "server")
        source.set(tls_hostname="")
        source.migrate(destination.listen(uri).replace("127.0.0.1", "localhost"))
        assert_moved(source, destination)


@pytest.mark.parametrize("name", ["else.example", ""])
def test_the_wrong_name(name: str, sides: Sides, folders: Folders) -> None:
    """An empty one stands for the address, which the certificate does not have.

    We look at the certificate within the handshake, so QEMU goes on listening; QEMU looks behind
    it, and hangs up on a destination that takes the connection for the one with the guest.
    """
    with sides.started() as (source, destination, uri):
        encrypt(source, folders.right, "client")
        encrypt(destination, folders.right, "server")
        source.set(tls_hostname=name)
        address = destination.listen(uri)
        source.migrate(address)
        assert_stayed(source)
        assert (name or "127.0.0.1") in source.report()["error-desc"]
        if not sides.to_qemu:
            assert destination.exit_status() == 1
            assert "the input ended (byte 0 of the stream)" in destination.said
        else:
            assert destination.run_state == "inmigrate"
            source.set(tls_hostname=NAME)
            source.migrate(address)
            assert_moved(source, destination)


def test_no_name_at_all(sides: Sides, folders: Folders) -> None:
    """A path says nothing of who is behind it, so a name has to be set."""
    with sides.started("unix") as (source, destination, uri):
        encrypt(source, folders.right, "client")
        encrypt(destination, folders.right, "server")
        address = destination.listen(uri)
        source.migrate(address)
        assert_stayed(source)
        assert "name" in source.report()["error-desc"]
        if sides.to_qemu:
            source.set(tls_hostname=NAME)
            source.migrate(address)
            assert_moved(source, destination)


def test_into_a_destination_without_encryption(
    sides: Sides, release: Release, folders: Folders
) -> None:
    with sides.started() as (source, destination, uri):
        encrypt(source, folders.right, "client")
        source.set(tls_hostname=NAME)
        source.migrate(destination.listen(uri))
        assert_stayed(source)
        assert "TLS handshake" in source.report()["error-desc"]
        assert destination.exit_status() == 1
        told = release.encrypted if sides.to_qemu else "expected the magic"
        assert told in destination.said


def test_without_encryption_into_a_destination_with_it(sides: Sides, folders: Folders) -> None:
    """Both destinations wait for somebody better."""
    with sides.started() as (source, destination, uri):
        encrypt(destination, folders.right, "server")
        address = destination.listen(uri)
        source.migrate(address)
        assert_stayed(source)
        destination.wait_for_words("TLS handshake")
        assert destination.run_state == "inmigrate"
        encrypt(source, folders.right, "client")
        source.set(tls_hostname=NAME)
        source.migrate(address)
        assert_moved(source, destination)


def test_a_server_of_another_authority(sides: Sides, folders: Folders) -> None:
    with sides.started() as (source, destination, uri):
        encrypt(source, folders.foreign, "client")
        encrypt(destination, folders.right, "server")
        source.set(tls_hostname=NAME)
        source.migrate(destination.listen(uri))
        assert_stayed(source)
        assert "issuer" in source.report()["error-desc"]


@pytest.mark.parametrize("client", ["mixed", "bare"])
def test_a_client_that_proves_nothing(client: str, sides: Sides, folders: Folders) -> None:
    """A certificate of another authority, or none: the source is told after its handshake."""
    with sides.started() as (source, destination, uri):
        encrypt(source, getattr(folders, client), "client", sanity_check=False)
        encrypt(destination, folders.right, "server")
        source.set(tls_hostname=NAME)
        source.migrate(destination.listen(uri))
        assert_stayed(source)
        assert destination.run_state == "inmigrate"


def test_who_does_not_ask_for_proof_gets_none(sides: Sides, folders: Folders) -> None:
    """Neither the client's certificate nor the server's name count without ``verify-peer``."""
    with sides.started() as (source, destination, uri):
        encrypt(source, folders.bare, "client", verify_peer=False)
        encrypt(destination, folders.right, "server", verify_peer=False)
        source.set(tls_hostname="else.example")
        source.migrate(destination.listen(uri))
        assert_moved(source, destination)


def test_without_certificates(sides: Sides, release: Release) -> None:
    """Anonymous credentials of both libraries go together, or the guest stays and runs on."""
    with sides.started() as (source, destination, uri):
        for side, endpoint in ((source, "client"), (destination, "server")):
            side.ask("object-add", qom_type="tls-creds-anon", id="tls0", endpoint=endpoint)
            side.set(tls_creds="tls0")
        source.migrate(destination.listen(uri))
        if release.admits_anonymously or not sides.to_qemu:
            assert_moved(source, destination)
            return
        assert_stayed(source)
        assert "TLS handshake" in source.report()["error-desc"]
        destination.wait_for_words("TLS handshake")


def test_without_certificates_by_curves(sides: Sides) -> None:
    """QEMU has to be asked for keys from curves; then every release and we have one in common."""
    with sides.started() as (source, destination, uri):
        for side, endpoint in ((source, "client"), (destination, "server")):
            curves = {"priority": "NORMAL:+ANON-ECDH"} if isinstance(side, QemuSide) else {}
            options = {"id": "tls0", "endpoint": endpoint} | curves
            side.ask("object-add", qom_type="tls-creds-anon", **options)
            side.set(tls_creds="tls0")
        source.migrate(destination.listen(uri))
        assert_moved(source, destination)


@pytest.mark.parametrize("wrong", ["source", "destination"])
def test_the_wrong_endpoint(wrong: str, sides: Sides, release: Release, folders: Folders) -> None:
    """Noticed when there is a connection, by whoever has it."""
    with sides.started() as (source, destination, uri):
        encrypt(source, folders.right, "server" if wrong == "source" else "client")
        encrypt(destination, folders.right, "client" if wrong == "destination" else "server")
        source.set(tls_hostname=NAME)
        source.migrate(destination.listen(uri))
        assert_stayed(source)
        if wrong == "source":
            assert "endpoint" in source.report()["error-desc"]
        else:
            destination.wait_for_words("endpoint")
        if wrong == "source" or not sides.to_qemu or release.outlives_the_wrong_endpoint:
            assert destination.run_state == "inmigrate"  # it goes on listening
        else:
            assert destination.exit_status() == 1


def test_credentials_that_are_not_there(sides: Sides, folders: Folders) -> None:
    with sides.started() as (source, destination, uri):
        source.set(tls_creds="tls9", tls_hostname=NAME)
        with suppress(Refused):  # it need not know yet
            source.migrate(destination.listen(uri))
        assert_stayed(source)
        assert "tls9" in source.report()["error-desc"]
