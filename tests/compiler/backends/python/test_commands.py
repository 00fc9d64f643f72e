"""Generated commands at work: handlers, the registry, dispatch."""

from __future__ import annotations

import asyncio
import inspect
import logging
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from qapigen.runtime.commands import ArgumentsStyle
from qapigen.runtime.errors import DEVICE_NOT_FOUND, QapiError


@pytest.fixture(scope="module")
def demo(constructs_folder: Path) -> Any:
    return import_module("demo_commands")


@pytest.fixture(scope="module")
def commands(demo: Any) -> Any:
    return import_module("demo_commands.commands")


@pytest.fixture(scope="module")
def handlers(demo: Any, commands: Any) -> Any:
    """Handlers that remember what they were given."""
    base: Any = import_module("demo_commands.commands.demo").DemoCommands

    class Handlers(base):  # type: ignore[misc]
        def __init__(self) -> None:
            self.seen: list[object] = []

        def stop(self) -> None:
            self.seen.append("stop")

        def set_job(self, *, id: str, class_: str | None = None, speeds: list[int]) -> Any:
            self.seen.append((id, class_, speeds))
            return demo.Job(id=id, class_=class_)

        async def add_job(self, *, id: str, class_: str | None = None) -> None:
            await asyncio.sleep(0)
            self.seen.append((id, class_))

        def start(self, arguments: Any, /) -> None:
            if isinstance(arguments, demo.Start_Petrol):
                raise QapiError("no petrol here", DEVICE_NOT_FOUND)
            self.seen.append(arguments)

        def run_raw(self, arguments: dict[str, object], /) -> object:
            return [arguments]

        async def query_jobs(self) -> Any:
            return [demo.Job(id="a"), demo.Job(id="b", class_="c")]

        def count(self) -> Any:
            return "many"

        def shut_up(self) -> None:
            self.seen.append("quiet")

        def import_(self, *, self_: str, arguments: str | None = None, name: str) -> None:
            self.seen.append((self_, arguments, name))

    return Handlers


def error_of(reply: Any) -> tuple[str, str]:
    return reply["error"]["class"], reply["error"]["desc"]


def test_the_registry_serves_what_is_overridden(commands: Any, handlers: Any) -> None:
    assert list(commands.SPECS) == [
        *("stop", "set-job", "add-job", "start", "run-raw", "query-jobs", "count"),
        *("list-names", "shut-up", "import"),
    ]
    served = commands.registry(handlers()).names()
    assert served == [name for name in commands.SPECS if name != "list-names"]
    assert commands.registry().names() == []
    assert commands.registry(object(), handlers()).names() == served


def test_specs(commands: Any) -> None:
    specs = commands.SPECS
    assert specs["stop"].arguments is ArgumentsStyle.NONE
    assert specs["set-job"].features == ("deprecated",)
    assert specs["add-job"].allow_oob
    assert specs["start"].coroutine
    assert specs["start"].features == ("unstable", "fast")
    assert specs["query-jobs"].allow_preconfig
    assert not specs["shut-up"].success_response
    assert specs["import"].method == "import_"
    assert specs["run-raw"].visit_arguments is None
    with pytest.raises(KeyError):
        specs["set_job"]


def test_dispatch(commands: Any, handlers: Any, demo: Any) -> None:
    served = handlers()
    dispatch = commands.registry(served).dispatch
    assert dispatch({"execute": "stop", "id": 1}) == {"return": {}, "id": 1}
    arguments: dict[str, object] = {"id": "a", "speeds": [1, 2], "class": "c"}
    assert dispatch({"execute": "set-job", "arguments": arguments}) == {
        "return": {"id": "a", "class": "c"}
    }
    assert dispatch({"execute": "start", "arguments": {"engine": "steam", "id": "a"}}) == {
        "return": {}
    }
    assert dispatch({"execute": "shut-up"}) is None
    assert dispatch({"execute": "import", "arguments": {"self": "s", "name": "n"}}) == {
        "return": {}
    }
    assert served.seen == [
        "stop",
        ("a", "c", [1, 2]),
        demo.Start_Steam(id="a"),
        "quiet",
        ("s", None, "n"),
    ]


def test_raw_arguments_are_not_looked_at(commands: Any, handlers: Any) -> None:
    dispatch = commands.registry(handlers()).dispatch
    arguments = {"anything": [None]}
    assert dispatch({"execute": "run-raw", "arguments": arguments}) == {"return": [arguments]}


@pytest.mark.parametrize(
    ("command", "arguments", "place"),
    [
        ("stop", {"now": True}, "arguments"),
        ("set-job", {"id": "a", "speeds": [1, "2"]}, "arguments.speeds[1]"),
        ("set-job", {"id": "a"}, "arguments: member 'speeds'"),
        ("set-job", {"id": "a", "speeds": [], "class": None}, "arguments.class"),
        ("start", {"engine": "wind"}, "arguments.engine"),
        ("start", {"engine": "petrol", "id": "a"}, "arguments: member 'id'"),
        ("import", {"self_": "a", "name": "b"}, "arguments: member 'self'"),
    ],
)
def test_refused_arguments(
    commands: Any, handlers: Any, command: str, arguments: dict[str, object], place: str
) -> None:
    served = handlers()
    reply = commands.registry(served).dispatch({"execute": command, "arguments": arguments})
    kind, text = error_of(reply)
    assert kind == "GenericError"
    assert text.startswith(place)
    assert served.seen == []


def test_errors(commands: Any, handlers: Any, caplog: pytest.LogCaptureFixture) -> None:
    dispatch = commands.registry(handlers()).dispatch
    petrol = {"execute": "start", "arguments": {"engine": "petrol"}, "id": None}
    assert error_of(dispatch(petrol)) == ("DeviceNotFound", "no petrol here")
    assert error_of(dispatch({"execute": "list-names"}))[0] == "CommandNotFound"
    kind, text = error_of(dispatch({"execute": "set-jobs"}))
    assert (kind, "did you mean 'set-job'" in text) == ("CommandNotFound", True)
    with caplog.at_level(logging.CRITICAL):
        assert error_of(dispatch({"execute": "count"}))[0] == "GenericError"


def test_not_served_when_called(demo: Any) -> None:
    base = import_module("demo_commands.commands.demo").DemoCommands()
    with pytest.raises(QapiError, match="list-names"):
        base.list_names()


def test_async(commands: Any, handlers: Any) -> None:
    served = handlers()
    registry = commands.registry(served)

    async def both() -> list[object]:
        return [
            await registry.dispatch_async({"execute": "add-job", "arguments": {"id": "a"}}),
            await registry.dispatch_async({"execute": "query-jobs"}),
            await registry.dispatch_async({"execute": "stop"}),
        ]

    assert asyncio.run(both()) == [
        {"return": {}},
        {"return": [{"id": "a"}, {"id": "b", "class": "c"}]},
        {"return": {}},
    ]
    assert served.seen == [("a", None), "stop"]


def test_signatures(demo: Any) -> None:
    """Arguments are keywords by their Python names; boxed and raw ones are one position."""
    base = import_module("demo_commands.commands.demo").DemoCommands
    found = {
        name: str(inspect.signature(getattr(base, name)))
        for name in ("stop", "set_job", "start", "run_raw", "query_jobs")
    }
    assert found == {
        "stop": "(self) -> 'Answer[None]'",
        "set_job": "(self, *, id: 'str', class_: 'str | None' = None, speeds: 'list[int]')"
        " -> 'Answer[Job]'",
        "start": "(self, arguments: 'Start', /) -> 'Answer[None]'",
        "run_raw": "(self, arguments: 'dict[str, Any]', /) -> 'Answer[Any]'",
        "query_jobs": "(self) -> 'Answer[list[Job]]'",
    }


def test_a_module_called_registry(constructs_folder: Path) -> None:
    """What the package offers stays there when its modules are loaded."""
    commands = import_module("demo_modules.commands")
    offered = commands.registry
    assert commands.SPECS["three"].name == "three"
    assert commands.registry is offered
    assert callable(import_module("demo_modules.commands").registry)
    visit = import_module("demo_modules.visit")
    assert visit.import_module_.visit_Five is not None
    assert visit.sub_registry.visit_One is not None


def test_types_of_other_modules(constructs_folder: Path) -> None:
    """Arguments and answer come from another schema module."""
    base: Any = import_module("demo_far_union.commands.demo").DemoCommands
    far = import_module("demo_far_union.types.far_tags")

    class Handlers(base):  # type: ignore[misc]
        def forecast(self, *, hours: int, days: Any = None) -> Any:
            return far.Sunshine(hours=hours + 1, days=days)

    registry = import_module("demo_far_union.commands").registry(Handlers())
    wire = {"hours": 1, "days": [{"weather": "rain", "types": [1]}]}
    reply = registry.dispatch({"execute": "forecast", "arguments": wire})
    assert reply == {"return": wire | {"hours": 2}}
    wrong = {"execute": "forecast", "arguments": {"hours": "1"}}
    assert error_of(registry.dispatch(wrong))[1].startswith("arguments.hours: ")
