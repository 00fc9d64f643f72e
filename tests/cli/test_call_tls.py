"""``qapigen call`` with a server that speaks TLS."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from qapigen.cli.status import FINE, TROUBLE
from qapigen.runtime.aio.tls import server_context
from tests.cli.conftest import Call, one_error
from tests.runtime.aio.serving import sample_server
from tests.runtime.certificates import make_certificates


@contextmanager
def tls_server(folder: Path, address: str) -> Iterator[str]:
    """Where a server with sample commands listens, in a thread, until the block ends."""
    where: list[str] = []
    loop = asyncio.new_event_loop()
    listening = threading.Event()
    over = asyncio.Event()

    async def serve() -> None:
        server, _ = sample_server()
        async with server:
            try:
                where.append(str(await server.serve(address, tls=server_context(folder))))
            finally:
                listening.set()
            await over.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    try:
        listening.wait()
        yield where[0]
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join()
        loop.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificates(tmp_path_factory.mktemp("tls"))


ECHO = ["echo", "text=yes"]


@pytest.mark.parametrize("place", ["tcp:localhost:0,ipv4", "unix"])
def test_an_answer(call: Call, folder: Path, tmp_path: Path, place: str) -> None:
    with tls_server(folder, place if place != "unix" else f"unix:{tmp_path}/s") as address:
        found = call("call", address, *ECHO, "--tls", folder, "--timeout", "60")
    assert (found.status, found.err) == (FINE, "")
    assert json.loads(found.out) == {"text": "yes"}


def test_the_name_in_the_certificate(call: Call, folder: Path) -> None:
    with tls_server(folder, "tcp:127.0.0.1:0") as address:
        text = one_error(call("call", address, *ECHO, "--tls", folder), TROUBLE)
        assert "IP address mismatch" in text
        given = [*ECHO, "--tls", folder, "--tls-hostname", "other.example"]
        assert "other.example" in one_error(call("call", address, *given), TROUBLE)
        given[-1] = "localhost"
        assert call("call", address, *given).status == FINE


def test_another_authority(call: Call, folder: Path, tmp_path: Path) -> None:
    stranger = make_certificates(tmp_path)
    with tls_server(folder, "tcp:localhost:0,ipv4") as address:
        text = one_error(call("call", address, *ECHO, "--tls", stranger), TROUBLE)
        assert "certificate verify failed" in text


def test_no_certificate_to_show(call: Call, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "ca-cert.pem").write_bytes((folder / "ca-cert.pem").read_bytes())
    with tls_server(folder, "tcp:localhost:0,ipv4") as address:
        one_error(call("call", address, *ECHO, "--tls", tmp_path), TROUBLE)


def test_a_server_without_tls_is_told_apart(call: Call, folder: Path) -> None:
    with tls_server(folder, "tcp:localhost:0,ipv4") as address:
        one_error(call("call", address, *ECHO, "--timeout", "0.5"), TROUBLE)


@pytest.mark.parametrize(
    ("words", "desc"),
    [
        (["--tls", "/none/there"], "TLS: there is no file /none/there/ca-cert.pem"),
        (["--tls-hostname", "x.example"], "--tls-hostname says nothing without --tls"),
    ],
)
def test_trouble(call: Call, words: list[str], desc: str) -> None:
    text = one_error(call("call", "unix:/none/there", *ECHO, *words), TROUBLE)
    assert text == f"qapigen call: error: {desc}"
