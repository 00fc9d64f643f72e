"""From requests to replies: every rule of the dispatch, with real handlers."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qapigen.runtime.commands import (
    CommandPolicy,
    CommandSpec,
    LazySpecs,
    Registry,
    is_awaitable,
    not_out_of_band,
    not_served,
)
from qapigen.runtime.errors import COMMAND_NOT_FOUND, DEVICE_NOT_FOUND, QapiError
from qapigen.runtime.messages import Command
from qapigen.runtime.model import NULL

from .sample_commands import COMMANDS, SampleCommands
from .sample_types import Payment, PaymentCash, RunInfo, RunState

SPECS = {spec.name: spec for spec in COMMANDS}


class Handlers(SampleCommands):
    """Serves all but ``rescue``; notes what it was called with."""

    def __init__(self) -> None:
        self.calls: list[object] = []
        self.raises: BaseException | None = None
        self.names: Any = ["a", "b"]
        self.raw: Any = None

    def query_run(self) -> RunInfo:
        if self.raises is not None:
            raise self.raises
        return RunInfo(status=RunState.ACTIVE, limit=NULL)

    def query_names(self) -> list[str]:
        names: list[str] = self.names
        return names

    def start(self, *, uri: str, blk: bool | None = None, dry_run: bool | None = None) -> None:
        self.calls.append((uri, blk, dry_run))

    def pay(self, arguments: Payment, /) -> None:
        self.calls.append(arguments)

    def raw_add(self, arguments: dict[str, object], /) -> object:
        self.calls.append(arguments)
        return self.raw

    def halt(self) -> None:
        if self.raises is not None:
            raise self.raises
        self.calls.append("halt")


class Rescuer(SampleCommands):
    """Serves ``rescue`` only."""

    def rescue(self) -> None:
        return None


class Async(SampleCommands):
    """Handlers that take their time."""

    def __init__(self) -> None:
        self.started = False

    async def query_run(self) -> RunInfo:
        self.started = True
        await asyncio.sleep(0)
        return RunInfo(status=RunState.NONE)

    async def query_names(self) -> list[str]:
        raise QapiError("no names today", DEVICE_NOT_FOUND)

    def halt(self) -> Awaitable[None]:
        return asyncio.get_running_loop().create_future()


@pytest.fixture
def handlers() -> Handlers:
    return Handlers()


@pytest.fixture
def registry(handlers: Handlers) -> Registry:
    return Registry(SPECS, [handlers, Rescuer()])


def failure(reply: object) -> tuple[str, str]:
    """The class and the sentence of an error reply."""
    assert isinstance(reply, dict)
    assert set(reply) <= {"error", "id"}
    error = reply["error"]
    assert set(error) == {"class", "desc"}
    return error["class"], error["desc"]


def test_a_typed_answer(registry: Registry) -> None:
    reply = registry.dispatch({"execute": "query-run", "id": 7})
    assert reply == {"return": {"status": "active", "limit": None}, "id": 7}


def test_a_command_without_answer(registry: Registry, handlers: Handlers) -> None:
    assert registry.dispatch({"execute": "start", "arguments": {"uri": "x"}}) == {"return": {}}
    assert handlers.calls == [("x", None, None)]


def test_arguments_are_keywords_by_python_name(registry: Registry, handlers: Handlers) -> None:
    arguments = {"dry-run": True, "blk": False, "uri": "tcp:0:1"}
    assert registry.dispatch({"execute": "start", "arguments": arguments}) == {"return": {}}
    assert handlers.calls == [("tcp:0:1", False, True)]


def test_boxed_arguments_are_one_object(registry: Registry, handlers: Handlers) -> None:
    arguments = {"amount": 1, "method": "cash", "given": 2}
    assert registry.dispatch({"execute": "pay", "arguments": arguments}) == {"return": {}}
    assert handlers.calls == [PaymentCash(amount=1, given=2)]


def test_raw_arguments_are_handed_on(registry: Registry, handlers: Handlers) -> None:
    arguments: dict[str, object] = {"driver": "x", "anything": [None, 1.5]}
    handlers.raw = {"made": [NULL, 1]}
    reply = registry.dispatch({"execute": "raw-add", "arguments": arguments})
    assert reply == {"return": {"made": [None, 1]}}
    assert handlers.calls == [arguments]
    handlers.raw = None
    assert registry.dispatch({"execute": "raw-add"}) == {"return": {}}


def test_a_command_without_success_response(registry: Registry, handlers: Handlers) -> None:
    assert registry.dispatch({"execute": "halt", "id": 1}) is None
    assert handlers.calls == ["halt"]
    handlers.raises = QapiError("not now")
    assert registry.dispatch({"execute": "halt", "id": 1}) == {
        "error": {"class": "GenericError", "desc": "not now"},
        "id": 1,
    }


@pytest.mark.parametrize(
    ("request_", "error_class", "text"),
    [
        (None, "GenericError", "a command must be a JSON object"),
        ({"id": 1}, "GenericError", "command: member 'execute' is missing"),
        # the shape comes before the command
        ({"execute": "nope", "arguments": []}, "GenericError", "command: 'arguments' must be"),
        ({"execute": "nope", "arguments": {"x": 1}}, "CommandNotFound", "command 'nope' is not"),
        ({"execute": "Start"}, "CommandNotFound", "command 'Start' is not known here; did you m"),
        ({"execute": ""}, "CommandNotFound", "command '' is not known here"),
        ({"execute": "start"}, "GenericError", "arguments: member 'uri' is missing"),
        (
            {"execute": "start", "arguments": {"uri": "x", "blk": 1}},
            "GenericError",
            "arguments.blk: expected a boolean, got number 1",
        ),
        (
            {"execute": "start", "arguments": {"uri": "x", "dry_run": True}},
            "GenericError",
            "arguments: member 'dry_run' is unexpected; did you mean 'dry-run'?",
        ),
        (
            {"execute": "start", "arguments": {"uri": "x", "blk": None}},
            "GenericError",
            "arguments.blk: expected a boolean, got null",
        ),
        (
            {"execute": "pay", "arguments": {"amount": 1, "method": "cash"}},
            "GenericError",
            "arguments: member 'given' is missing",
        ),
        (
            {"execute": "query-run", "arguments": {"verbose": True}},
            "GenericError",
            "arguments: member 'verbose' is unexpected",
        ),
        ({"exec-oob": "rescue"}, "GenericError", "command: member 'exec-oob' is unexpected"),
    ],
)
def test_bad_requests(
    registry: Registry, handlers: Handlers, request_: object, error_class: str, text: str
) -> None:
    got_class, desc = failure(registry.dispatch(request_))
    assert got_class == error_class
    assert desc.startswith(text)
    assert handlers.calls == []
    assert asyncio.run(registry.dispatch_async(request_)) == registry.dispatch(request_)


@pytest.mark.parametrize("identity", [None, 0, False, "x", [1], {"a": {}}])
@pytest.mark.parametrize(
    "body",
    [{"execute": "query-names"}, {"execute": "nope"}, {}, {"execute": 1}, {"bogus": 1}],
)
def test_the_id_is_echoed_if_there_was_one(
    registry: Registry, body: dict[str, object], identity: object
) -> None:
    with_id = registry.dispatch({**body, "id": identity})
    without = registry.dispatch(body)
    assert without is not None
    assert "id" not in without
    assert with_id == {**without, "id": identity}


def test_out_of_band(registry: Registry) -> None:
    for request in ({"exec-oob": "rescue"}, {"execute": "rescue"}):
        assert registry.dispatch(request, oob_enabled=True) == {"return": {}}
    error_class, desc = failure(registry.dispatch({"exec-oob": "query-run"}, oob_enabled=True))
    assert (error_class, desc) == (
        "GenericError",
        "command 'query-run' cannot be executed out of band",
    )
    # an unknown command is unknown first
    assert failure(registry.dispatch({"exec-oob": "x"}, oob_enabled=True))[0] == COMMAND_NOT_FOUND


def test_before_the_machine_is_ready(registry: Registry) -> None:
    assert registry.dispatch({"execute": "rescue"}, preconfig=True) == {"return": {}}
    request = {"execute": "start", "arguments": {"bad": 1}}
    error_class, desc = failure(registry.dispatch(request, preconfig=True))
    assert error_class == "GenericError"
    assert desc == "command 'start' has to wait until the machine is initialized"


def test_an_error_of_the_handler_is_the_reply(registry: Registry, handlers: Handlers) -> None:
    handlers.raises = QapiError("device 'x' is not there", DEVICE_NOT_FOUND)
    assert registry.dispatch({"execute": "query-run", "id": "a"}) == {
        "error": {"class": "DeviceNotFound", "desc": "device 'x' is not there"},
        "id": "a",
    }


@pytest.mark.parametrize("bug", [KeyError("secret"), RecursionError(), StopIteration()])
def test_a_bug_of_the_handler_is_logged_and_kept_from_the_peer(
    registry: Registry, handlers: Handlers, bug: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    handlers.raises = bug
    with caplog.at_level(logging.ERROR):
        reply = registry.dispatch({"execute": "query-run", "id": 1})
    assert failure(reply) == ("GenericError", "command 'query-run' failed: internal error")
    (record,) = caplog.records
    assert record.name == "qapigen.runtime"
    assert "query-run" in record.getMessage()
    assert record.exc_info is not None
    assert record.exc_info[1] is bug
    handlers.raises = None
    assert registry.dispatch({"execute": "query-names"}) == {"return": ["a", "b"]}


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit, asyncio.CancelledError])
def test_what_ends_the_process_passes(
    registry: Registry, handlers: Handlers, stop: type[BaseException]
) -> None:
    handlers.raises = stop()
    with pytest.raises(stop):
        registry.dispatch({"execute": "query-run"})


@pytest.mark.parametrize("names", [None, "ab", ["a", 1], ("a",)])
def test_an_answer_that_breaks_the_schema(
    registry: Registry, handlers: Handlers, names: object, caplog: pytest.LogCaptureFixture
) -> None:
    handlers.names = names
    error_class, desc = failure(registry.dispatch({"execute": "query-names"}))
    assert error_class == "GenericError"
    assert desc.startswith("command 'query-names' gave an answer that breaks the schema (return")
    assert len(caplog.records) == 1


def test_a_raw_answer_must_be_json(registry: Registry, handlers: Handlers) -> None:
    handlers.raw = {"a": object()}
    assert "breaks the schema" in failure(registry.dispatch({"execute": "raw-add"}))[1]


def test_what_is_served() -> None:
    names = ["query-run", "query-names", "start", "pay", "raw-add", "halt"]
    assert Registry(SPECS, [Handlers()]).names() == names
    assert Registry(SPECS, [Rescuer(), Handlers()]).names() == [*names, "rescue"]
    assert Registry(SPECS, [SampleCommands()]).names() == []
    assert Registry(SPECS, []).names() == []


def test_an_unserved_command_is_not_found() -> None:
    registry = Registry(SPECS, [Rescuer()])
    assert failure(registry.dispatch({"execute": "halt"}))[0] == COMMAND_NOT_FOUND
    with pytest.raises(QapiError) as caught:
        registry.find("halt")
    assert caught.value.error_class == COMMAND_NOT_FOUND
    assert registry.find("rescue").spec is SPECS["rescue"]


def test_any_object_with_the_method_serves() -> None:
    class Plain:
        def query_names(self) -> list[str]:
            return ["plain"]

    registry = Registry(SPECS, [Plain(), Handlers()])
    assert registry.dispatch({"execute": "query-names"}) == {"return": ["plain"]}


def test_calling_an_unserved_method_is_a_command_not_found() -> None:
    class Careless(SampleCommands):
        def query_run(self) -> RunInfo | Awaitable[RunInfo]:
            return super().query_run()

    reply = Registry(SPECS, [Careless()]).dispatch({"execute": "query-run"})
    assert failure(reply)[0] == COMMAND_NOT_FOUND
    assert not_served("x" * 1000).desc.startswith("command 'xxx")


def test_a_handler_with_the_wrong_signature_is_a_bug_not_a_crash() -> None:
    class Wrong:
        def start(self) -> None:
            return None

    request = {"execute": "start", "arguments": {"uri": "x"}}
    reply = Registry(SPECS, [Wrong()]).dispatch(request)
    assert failure(reply)[1] == "command 'start' failed: internal error"


def test_specifications_may_be_lazy() -> None:
    modules = {"query-names": "sample_commands", "ghost": "no_such_module"}
    registry = Registry(LazySpecs(f"{__package__}", modules), [Handlers()])
    assert registry.dispatch({"execute": "query-names"}) == {"return": ["a", "b"]}
    assert failure(registry.dispatch({"execute": "ghost"})) == (
        "GenericError",
        "command 'ghost' failed: internal error",
    )


def test_coroutines_are_awaited() -> None:
    registry = Registry(SPECS, [Async(), Handlers()])
    reply = asyncio.run(registry.dispatch_async({"execute": "query-run", "id": 1}))
    assert reply == {"return": {"status": "none"}, "id": 1}
    reply = asyncio.run(registry.dispatch_async({"execute": "query-names"}))
    assert failure(reply) == ("DeviceNotFound", "no names today")
    # plain handlers work there as well
    request = {"execute": "start", "arguments": {"uri": "x"}}
    assert asyncio.run(registry.dispatch_async(request)) == {"return": {}}


def test_a_coroutine_does_not_run_without_a_loop(caplog: pytest.LogCaptureFixture) -> None:
    handlers = Async()
    reply = Registry(SPECS, [handlers]).dispatch({"execute": "query-run", "id": 1})
    assert failure(reply) == (
        "GenericError",
        "command 'query-run' needs a server that waits for its handlers",
    )
    assert not handlers.started
    assert len(caplog.records) == 1


def test_a_future_is_cancelled_without_a_loop() -> None:
    async def run() -> object:
        return Registry(SPECS, [Async()]).dispatch({"execute": "halt"})

    assert "waits for its handlers" in failure(asyncio.run(run()))[1]


def test_cancelling_a_dispatch_passes() -> None:
    async def run() -> None:
        registry = Registry(SPECS, [Async()])
        task = asyncio.ensure_future(registry.dispatch_async({"execute": "halt"}))
        await asyncio.sleep(0)
        task.cancel()
        await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(run())


def test_a_disabled_command_is_not_found(registry: Registry, handlers: Handlers) -> None:
    registry.disable("start")
    registry.disable("pay", "no money")
    registry.disable("nope")
    bad = {"execute": "start", "arguments": {"bogus": 1}}
    assert failure(registry.dispatch(bad)) == (
        COMMAND_NOT_FOUND,
        "command 'start' has been disabled",
    )
    pay = {"execute": "pay", "id": 1}
    assert failure(registry.dispatch(pay))[1] == "command 'pay' has been disabled: no money"
    # unknown comes first
    assert "is not known" in failure(registry.dispatch({"execute": "nope"}))[1]
    assert not registry.is_enabled("start")
    assert registry.names() == ["query-run", "query-names", "raw-add", "halt", "rescue"]
    registry.enable("start")
    registry.enable("start")
    assert registry.is_enabled("start")
    assert failure(registry.dispatch(bad))[0] == "GenericError"
    assert "start" in registry.names()
    assert handlers.calls == []


def test_disabled_comes_before_out_of_band_and_preconfig(registry: Registry) -> None:
    registry.disable("start")
    request = {"exec-oob": "start"}
    reply = registry.dispatch(request, oob_enabled=True, preconfig=True)
    assert failure(reply)[0] == COMMAND_NOT_FOUND
    registry.enable("start")
    reply = registry.dispatch(request, oob_enabled=True, preconfig=True)
    assert failure(reply)[1] == not_out_of_band("start").desc


class Strict:
    """A policy that notes what it is asked, and refuses or shows what a test wants."""

    def __init__(self, refuses: str = "") -> None:
        self.asked: list[str] = []
        self.refuses = refuses

    def _ask(self, what: str) -> None:
        self.asked.append(what)
        if self.refuses == what:
            raise QapiError(f"no {what}", COMMAND_NOT_FOUND)

    def check_command(self, spec: CommandSpec) -> None:
        self._ask("command")

    def check_arguments(self, spec: CommandSpec, arguments: dict[str, object]) -> None:
        self._ask("arguments")

    def shown_answer(self, spec: CommandSpec, answer: object) -> object:
        self._ask("answer")
        return {"shown": answer}


def test_a_policy_is_asked_at_each_step(registry: Registry, handlers: Handlers) -> None:
    policy = Strict()
    good = Command("start", {"uri": "x"}, 1)
    assert registry.execute(good, policy=policy) == {"return": {}, "id": 1}
    assert policy.asked == ["command", "arguments"]
    assert registry.execute(Command("query-names", {}), policy=policy) == {
        "return": {"shown": ["a", "b"]}
    }
    # the policy comes before wrong types and unexpected arguments
    bad: tuple[dict[str, object], ...] = ({"uri": 1}, {"uri": "x", "bogus": 1}, {})
    for arguments in bad:
        wrong = registry.execute(Command("start", arguments), policy=Strict("arguments"))
        assert failure(wrong)[1] == "no arguments"
        passed = registry.execute(Command("start", arguments), policy=Strict())
        assert failure(passed)[0] == "GenericError"
    registry.disable("start")
    assert failure(registry.execute(good, policy=Strict("command")))[1] == "no command"


@pytest.mark.parametrize("refuses", ["command", "arguments"])
def test_what_a_policy_refuses_does_not_run(
    registry: Registry, handlers: Handlers, refuses: str
) -> None:
    reply = registry.execute(Command("start", {"uri": "x"}, 1), policy=Strict(refuses))
    assert failure(reply) == (COMMAND_NOT_FOUND, f"no {refuses}")
    assert handlers.calls == []


def test_a_policy_is_asked_about_answers_that_take_time() -> None:
    registry = Registry(SPECS, [Async()])
    reply: Any = registry.execute(Command("query-run", {}, 1), policy=Strict())
    assert is_awaitable(reply)

    async def wait() -> object:
        return await reply

    assert asyncio.run(wait()) == {"return": {"shown": {"status": "none"}}, "id": 1}
    assert not is_awaitable({"return": {}})
    assert not is_awaitable(None)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
REQUESTS = st.dictionaries(
    st.sampled_from(["execute", "exec-oob", "arguments", "id", "x"]),
    st.sampled_from(list(SPECS)) | JSON | st.fixed_dictionaries({"uri": st.text()}),
)


@given(REQUESTS | JSON, st.booleans(), st.booleans())
def test_every_request_has_one_proper_reply(request: object, oob: bool, preconfig: bool) -> None:
    registry = Registry(SPECS, [Handlers(), Rescuer()])
    reply = registry.dispatch(request, oob_enabled=oob, preconfig=preconfig)
    has_id = isinstance(request, dict) and "id" in request
    if reply is None:
        assert isinstance(request, dict)
        assert "halt" in request.values()
        return
    assert ("id" in reply) == has_id
    assert ("return" in reply) != ("error" in reply)
    if "error" in reply:
        assert failure(reply)[1]


def suggestion(registry: Registry, name: str, policy: CommandPolicy | None = None) -> str:
    reply = registry.execute(Command(name, {}), policy=policy)
    return failure(reply)[1].partition("; ")[2]


def test_only_what_is_served_is_suggested(handlers: Handlers) -> None:
    everything = Registry(SPECS, [handlers, Rescuer()])
    assert suggestion(everything, "rescu") == "did you mean 'rescue'?"
    assert suggestion(Registry(SPECS, [handlers]), "rescu") == "", "nobody serves it"
    everything.disable("rescue")
    assert suggestion(everything, "rescu") == ""
    everything.enable("rescue")
    assert suggestion(everything, "rescu") == "did you mean 'rescue'?"


def test_what_a_policy_refuses_is_not_suggested(registry: Registry) -> None:
    class Strict(NoPolicy):
        def check_command(self, spec: CommandSpec, /) -> None:
            raise QapiError("not for you", COMMAND_NOT_FOUND)

    assert suggestion(registry, "rescu", NoPolicy()) == "did you mean 'rescue'?"
    assert suggestion(registry, "rescu", Strict()) == ""


class NoPolicy:
    """Lets everything pass."""

    def check_command(self, spec: CommandSpec, /) -> None:
        return None

    def check_arguments(self, spec: CommandSpec, arguments: dict[str, object], /) -> None:
        return None

    def shown_answer(self, spec: CommandSpec, answer: object, /) -> object:
        return answer
