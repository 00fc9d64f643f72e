"""Generated clients at work, with generated handlers behind a real server."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from qapigen.compiler.backends.python.names import _USED_BY_CLIENTS
from qapigen.runtime.aio import Server
from qapigen.runtime.commands import Registry
from qapigen.runtime.errors import DEVICE_NOT_FOUND, QapiError, RemoteError, VisitError
from qapigen.runtime.messages import VersionTriple
from qapigen.runtime.typed.aio import AsyncTypedClient
from qapigen.runtime.typed.blocking import BlockingTypedClient
from tests.compiler.backends.python.packages import files_of

VERSION = VersionTriple(7, 2, 0)


@pytest.fixture(scope="module")
def demo(constructs_folder: Path) -> Any:
    return import_module("demo_commands")


@pytest.fixture(scope="module")
def client(demo: Any) -> Any:
    return import_module("demo_commands.client")


@pytest.fixture
def registry(demo: Any) -> Registry:
    base: Any = import_module("demo_commands.commands.demo").DemoCommands

    class Handlers(base):  # type: ignore[misc]
        def stop(self) -> None:
            raise QapiError("nothing runs", DEVICE_NOT_FOUND)

        def set_job(self, *, id: str, class_: str | None = None, speeds: list[int]) -> Any:
            return demo.Job(id=f"{id}{speeds}", class_=class_)

        def add_job(self, *, id: str, class_: str | None = None) -> None:
            assert (id, class_) == ("a", None)

        def start(self, arguments: Any, /) -> None:
            assert arguments == demo.Start_Steam(id="a")

        def run_raw(self, arguments: dict[str, object], /) -> object:
            return [arguments]

        async def query_jobs(self) -> Any:
            return [demo.Job(id="a"), demo.Job(id="b", class_="c")]

        def count(self) -> Any:
            return 3

        def shut_up(self) -> None: ...

        def import_(self, *, self_: str, arguments: str | None = None, name: str) -> None:
            assert (self_, arguments, name) == ("s", "a", "n")

    found: Registry = import_module("demo_commands.commands").registry(Handlers())
    return found


def serving(folder: Path, registry: Registry, scenario: Callable[[str], Awaitable[None]]) -> None:
    """Run a scenario beside a server, whose address it gets."""

    async def run() -> None:
        async with Server(registry, version=VERSION) as server, asyncio.timeout(60):
            address = f"unix:{folder / 'qmp.sock'}"
            await server.serve(address)
            await scenario(address)

    asyncio.run(run())


def test_async_client(demo: Any, client: Any, registry: Registry, tmp_path: Path) -> None:
    async def scenario(address: str) -> None:
        async with await client.AsyncClient.connect(address, timeout=30) as vm:
            assert vm.greeting.version == VERSION
            job = await vm.set_job(id="a", speeds=[1, 2], class_="c", timeout=30)
            assert job == demo.Job(id="a[1, 2]", class_="c")
            await vm.add_job(id="a", oob=True)
            await vm.start(demo.Start_Steam(id="a"))
            assert await vm.run_raw({"x": None}) == [{"x": None}]
            assert [each.id for each in await vm.query_jobs()] == ["a", "b"]
            assert await vm.count() == 3
            assert await vm.shut_up(timeout=30) is None
            await vm.import_(self_="s", arguments="a", name="n")
            with pytest.raises(RemoteError, match="nothing runs") as caught:
                await vm.stop()
            assert caught.value.error_class == DEVICE_NOT_FOUND
            with pytest.raises(VisitError, match=r"^arguments\.speeds\[0\]: "):
                await vm.set_job(id="a", speeds=["1"])

    serving(tmp_path, registry, scenario)


def test_blocking_client(demo: Any, client: Any, registry: Registry, tmp_path: Path) -> None:
    def use(address: str) -> None:
        with client.BlockingClient.connect(address, timeout=30) as vm:
            assert vm.greeting.version == VERSION
            job = vm.set_job(id="a", speeds=[1, 2], class_="c", timeout=30)
            assert job == demo.Job(id="a[1, 2]", class_="c")
            vm.add_job(id="a", oob=True)
            vm.start(demo.Start_Steam(id="a"))
            assert vm.run_raw({"x": None}) == [{"x": None}]
            assert [each.id for each in vm.query_jobs()] == ["a", "b"]
            assert vm.shut_up(timeout=30) is None
            with pytest.raises(RemoteError, match="nothing runs"):
                vm.stop(timeout=30)
            with pytest.raises(VisitError, match=r"^arguments\.speeds\[0\]: "):
                vm.set_job(id="a", speeds=["1"])

    serving(tmp_path, registry, lambda address: asyncio.to_thread(use, address))


def test_events(constructs_folder: Path, tmp_path: Path) -> None:
    demo = import_module("demo_events")
    client = import_module("demo_events.client")
    emitters = import_module("demo_events.events.demo")
    # Commands are not needed for that.
    registry = import_module("demo_events.commands").registry()

    async def run() -> None:
        async with Server(registry, version=VERSION) as server, asyncio.timeout(60):
            address = f"unix:{tmp_path / 'qmp.sock'}"
            await server.serve(address)
            emit = emitters.DemoEvents(server.emit)
            async with await client.AsyncClient.connect(address) as vm:
                with vm.events(client.JobAddedEvent, client.StartedEvent) as events:
                    emit.stopped()
                    emit.job_added(id="a", class_="b")
                    emit.started(demo.Start_Petrol())
                    assert (await anext(events)).data == demo.Job(id="a", class_="b")
                    assert (await anext(events)).data == demo.Start_Petrol()
                stopped = await vm.wait_event(client.StoppedEvent, timeout=30)
                assert isinstance(stopped, client.StoppedEvent)

    asyncio.run(run())


def test_types_of_other_modules(constructs_folder: Path, tmp_path: Path) -> None:
    """Arguments, answer and events come from another schema module."""
    far = import_module("demo_far_union.types.far_tags")
    client = import_module("demo_far_union.client")
    base: Any = import_module("demo_far_union.commands.demo").DemoCommands

    class Handlers(base):  # type: ignore[misc]
        def forecast(self, *, hours: int, days: Any = None) -> Any:
            return far.Sunshine(hours=hours + 1, days=days)

    registry = import_module("demo_far_union.commands").registry(Handlers())

    async def scenario(address: str) -> None:
        async with await client.AsyncClient.connect(address) as vm:
            assert await vm.forecast(hours=1) == far.Sunshine(hours=2)

    serving(tmp_path, registry, scenario)


def test_signatures(client: Any) -> None:
    found = {
        name: str(inspect.signature(getattr(client.AsyncClient, name)))
        for name in ("stop", "add_job", "start", "run_raw")
    }
    assert found == {
        "stop": "(self, *, timeout: 'float | None' = None) -> 'None'",
        "add_job": "(self, *, id: 'str', class_: 'str | None' = None,"
        " timeout: 'float | None' = None, oob: 'bool' = False) -> 'None'",
        "start": "(self, arguments: 'Start', /, *, timeout: 'float | None' = None) -> 'None'",
        "run_raw": "(self, arguments: 'dict[str, Any]', /, *,"
        " timeout: 'float | None' = None) -> 'Any'",
    }
    assert inspect.iscoroutinefunction(client.AsyncClient.stop)
    assert not inspect.iscoroutinefunction(client.BlockingClient.stop)
    assert "Stop everything." in (inspect.getdoc(client.BlockingClient.stop) or "")


def test_names_that_clients_have_themselves() -> None:
    """The table in the compiler is what the runtime's bases have; they cannot see each other."""
    for base in (AsyncTypedClient, BlockingTypedClient):
        public = {name for name in dir(base) if not name.startswith("_")}
        assert public | {"client"} == _USED_BY_CLIENTS


def test_clashing_commands(constructs_folder: Path) -> None:
    client = import_module("demo_clients.client")
    own = {name for name in vars(client.AsyncClient) if not name.startswith("_")}
    assert {"connect_", "close_", "events_", "client_"} < own
    assert "connect" not in own
    assert client.AsyncClientEvent.NAME == "ASYNC_CLIENT"
    parameters = inspect.signature(client.AsyncClient.connect_).parameters
    assert list(parameters) == ["self", "timeout_", "oob", "fds", "timeout"]


@pytest.mark.parametrize("name", ["connect", "client", "on_event"])
def test_every_name_of_a_client_can_be_a_command(name: str) -> None:
    schema = f"{{ 'command': '{name.replace('_', '-')}' }}"
    files = files_of({"demo.json": schema}, "demo")
    assert f"def {name}_(self" in files["demo/client/demo.py"]
    assert f"def {name}(self" in files["demo/commands/demo.py"]  # a handler needs no such care


def test_a_package_without_commands(constructs_folder: Path) -> None:
    client = import_module("demo_nothing.client")
    assert client.__all__ == ["AsyncClient", "BlockingClient"]
    assert issubclass(client.AsyncClient, AsyncTypedClient)
    with pytest.raises(AttributeError, match="NopeEvent"):
        client.NopeEvent()
