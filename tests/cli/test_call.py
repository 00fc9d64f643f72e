"""``qapigen call``: the example server and servers that behave oddly answer, or do not."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from qapigen.cli import call as call_module
from qapigen.cli.status import FINE, REFUSED, TROUBLE
from qapigen.compiler.passes.introspect import introspect
from tests.cli.conftest import Call, Outcome, one_error
from tests.cli.process import write_files
from tests.cli.scripted_server import LastWords, Request, failure, line, scripted, success
from tests.compiler.schema_texts import schema_of
from tests.interop.example import example_server

SCHEMA = """
{ 'command': 'buy', 'data': { 'what': [ 'str' ], '*most': 'size' } }
{ 'command': 'burn', 'success-response': false }
{ 'command': 'migrate', 'data': { 'uri': 'str', '*resume': 'bool' } }
"""


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running example server."""
    with example_server(tmp_path_factory.mktemp("example")) as path:
        yield f"unix:{path}"


ROWS = introspect(schema_of(SCHEMA))


def answers(outcome: Outcome) -> list[Any]:
    """What was printed, all having gone well."""
    assert (outcome.status, outcome.err) == (FINE, "")
    return [json.loads(line) for line in outcome.out.splitlines()]


def echo(request: Request) -> bytes:
    """Returns the arguments; there is no introspection."""
    if request["execute"] == "query-qmp-schema":
        return failure(request, "CommandNotFound", "not here")
    return success(request, request.get("arguments", {}))


def with_introspection(request: Request) -> bytes:
    """The same, with introspection."""
    if request["execute"] == "query-qmp-schema":
        return success(request, ROWS)
    return echo(request)


# --- answers ---


def test_an_answer(call: Call, example: str) -> None:
    status = {"running": True, "singlestep": False, "status": "running"}
    assert answers(call("call", example, "query-status")) == [status]
    assert call("call", example, "query-status").out.count("\n") == 1


def test_an_address_in_short(call: Call, example: str) -> None:
    assert answers(call("call", example.removeprefix("unix:"), "query-version"))


def test_events(call: Call, tmp_path: Path) -> None:
    with example_server(tmp_path) as path:
        found = answers(call("call", f"unix:{path}", "stop", "--wait-event", "STOP"))
        assert found[0] == {}
        assert found[1]["event"] == "STOP"
        answer, event = answers(
            call("call", path, "cont", "--wait-event", "STOP", "--wait-event", "RESUME")
        )
        assert (answer, event["event"]) == ({}, "RESUME")
        _, event = answers(call("call", path, "quit", "--wait-event", "SHUTDOWN"))
        assert event["data"] == {"guest": False, "reason": "host-qmp-quit"}


def test_no_event_in_time(call: Call, example: str) -> None:
    found = call("call", example, "query-status", "--wait-event", "STOP", "--timeout", "0.2")
    assert found.status == TROUBLE
    assert json.loads(found.out)["running"] is True  # this was answered
    assert found.err == f"qapigen call: error: {example}: no answer within 0.2 s\n"


def leaving(*names: str) -> LastWords:
    """Events of a server that is about to end."""
    times = {"seconds": 1, "microseconds": 2}
    return LastWords(b"".join(line({"event": name, "timestamp": times}) for name in names))


def test_an_event_in_place_of_an_answer(call: Call, tmp_path: Path) -> None:
    """Of a server that ends, the event may be all that is seen."""
    with scripted(tmp_path, lambda _: leaving("STOP", "SHUTDOWN", "SHUTDOWN")) as (address, _):
        found = call("call", address, "quit", "--wait-event", "SHUTDOWN", "--timeout", "60")
    assert found.status == TROUBLE
    assert [json.loads(each)["event"] for each in found.out.splitlines()] == ["SHUTDOWN"]
    assert found.err.startswith("qapigen call: error: ") and found.err.count("\n") == 1


@pytest.mark.parametrize("events", [["--wait-event", "SHUTDOWN"], []])
def test_another_event_in_place_of_an_answer(call: Call, tmp_path: Path, events: list[str]) -> None:
    with scripted(tmp_path, lambda _: leaving("STOP")) as (address, _):
        one_error(call("call", address, "quit", *events), TROUBLE)


@pytest.mark.parametrize("place", ["front", "middle", "behind"])
def test_options_may_stand_anywhere(call: Call, tmp_path: Path, place: str) -> None:
    option = ["--timeout", "60"]
    words = ["migrate", "uri=x", "blk=on"]
    with scripted(tmp_path, echo) as (address, _):
        line = {
            "front": [*option, address, *words],
            "middle": [address, words[0], *option, *words[1:]],
            "behind": [address, *words, *option],
        }[place]
        assert answers(call("call", *line)) == [{"uri": "x", "blk": True}]


# --- errors of the server ---


@pytest.mark.parametrize(
    ("words", "error_class"),
    [(["no-such-command"], "CommandNotFound"), (["closefd", "fdname=x"], "GenericError")],
)
def test_an_error(call: Call, example: str, words: list[str], error_class: str) -> None:
    found = call("call", example, *words)
    assert (found.status, found.out) == (REFUSED, "")
    assert found.err.startswith(f"qapigen call: {error_class}: ")
    assert found.err.count("\n") == 1


def test_an_error_plays_no_tricks(call: Call, tmp_path: Path) -> None:
    """Its text is the program's, and a terminal would do what it says."""

    def refuse(request: Request) -> bytes:
        return failure(request, "Generic\x1bError", "no \x1b[31m\u202eluck\n\u00e9")

    with scripted(tmp_path, refuse) as (address, _):
        found = call("call", address, "x-test")
    assert found.status == REFUSED
    assert found.err == "qapigen call: Generic\\x1bError: no \\x1b[31m\\u202eluck\\n\u00e9\n"


def test_no_event_after_an_error(call: Call, example: str) -> None:
    found = call("call", example, "closefd", "fdname=x", "--wait-event", "STOP")
    assert (found.status, found.out) == (REFUSED, "")


# --- arguments ---


def test_nothing_wrong_is_sent(call: Call, tmp_path: Path) -> None:
    with scripted(tmp_path, with_introspection) as (address, requests):
        text = one_error(call("call", address, "buy", "what=tea"), TROUBLE)
        assert text == "qapigen call: error: what: expected an array, got string 'tea'"
    assert [each["execute"] for each in requests] == ["qmp_capabilities", "query-qmp-schema"]


def test_the_shipped_schema_saves_a_question(call: Call, tmp_path: Path) -> None:
    with scripted(tmp_path, with_introspection) as (address, requests):
        assert answers(call("call", address, "migrate", "uri=x"))
    assert [each["execute"] for each in requests] == ["qmp_capabilities", "migrate"]


def test_a_server_that_knows_more(call: Call, tmp_path: Path) -> None:
    """What the shipped schema does not know, the server may."""
    with scripted(tmp_path, with_introspection) as (address, _):
        given = ["migrate", "uri=x", "resume=on"]
        assert answers(call("call", address, *given)) == [{"uri": "x", "resume": True}]


def test_a_command_that_only_the_server_knows(call: Call, tmp_path: Path) -> None:
    with scripted(tmp_path, with_introspection) as (address, _):
        given = ["buy", "what.0=tea,milk", "most=1K"]
        assert answers(call("call", address, *given)) == [{"what": ["tea,milk"], "most": 1024}]


def test_json(call: Call, tmp_path: Path) -> None:
    with scripted(tmp_path, with_introspection) as (address, _):
        given = ["buy", "--json", '{"what": ["\\u00e4"]}']
        found = call("call", address, *given)
        assert answers(found) == [{"what": ["ä"]}]
        assert found.out.isascii()


def test_a_server_without_introspection(call: Call, tmp_path: Path) -> None:
    with scripted(tmp_path, echo) as (address, _):
        given = ["buy", "what.0=tea", "most=5"]
        assert answers(call("call", address, *given)) == [{"what": ["tea"], "most": 5}]


def test_the_shipped_schema_decides_then(call: Call, tmp_path: Path) -> None:
    with scripted(tmp_path, echo) as (address, requests):
        text = one_error(call("call", address, "migrate", "uri=x", "resume=on"), TROUBLE)
        assert "member 'resume' is unexpected" in text
    assert "migrate" not in [each["execute"] for each in requests]


def test_a_schema_of_ones_own(call: Call, tmp_path: Path) -> None:
    schema = write_files(tmp_path, {"a.json": SCHEMA})
    with scripted(tmp_path, echo) as (address, requests):
        given = ["buy", "what.0=tea", "--schema", schema]
        assert answers(call("call", address, *given)) == [{"what": ["tea"]}]
    assert [each["execute"] for each in requests] == ["qmp_capabilities", "buy"]


def test_a_schema_on_standard_input(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with scripted(tmp_path, echo) as (address, requests):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(SCHEMA.encode())))
        given = ["buy", "what.0=tea", "--schema", "-"]
        assert answers(call("call", address, *given)) == [{"what": ["tea"]}]
    assert [each["execute"] for each in requests] == ["qmp_capabilities", "buy"]


@pytest.mark.parametrize("words", [["-"], ["--json", "-"]])
def test_standard_input_is_one_thing(call: Call, words: list[str]) -> None:
    text = one_error(call("call", "unix:nobody", "buy", "--schema", "-", *words), TROUBLE)
    assert "standard input is the schema already" in text


@pytest.mark.parametrize("end", [b"", None], ids=["stays", "goes"])
def test_no_answer_is_no_error(
    call: Call, tmp_path: Path, end: bytes | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The schema tells that there is none when all went well."""
    monkeypatch.setattr(call_module, "_SILENCE_SECONDS", 0.1)
    schema = write_files(tmp_path, {"a.json": SCHEMA})
    with scripted(tmp_path, lambda _: end) as (address, requests):
        assert answers(call("call", address, "burn", "--schema", schema)) == []
    assert requests[-1]["execute"] == "burn"


def test_a_silent_command_that_fails(call: Call, tmp_path: Path) -> None:
    schema = write_files(tmp_path, {"a.json": SCHEMA})
    with scripted(tmp_path, lambda each: failure(each, "GenericError", "wet")) as (address, _):
        found = call("call", address, "burn", "--schema", schema)
    assert found == Outcome(REFUSED, "", "qapigen call: GenericError: wet\n")


# --- guest agents ---


def agent(request: Request) -> bytes:
    """A guest agent that returns the arguments."""
    if request["execute"] == "guest-sync-delimited":
        return b"\xff" + success(request, request["arguments"]["id"])
    if request["execute"] == "guest-shutdown":
        return b""
    return success(request, request.get("arguments", {}))


def test_a_guest_agent(call: Call, tmp_path: Path) -> None:
    with scripted(tmp_path, agent, greeting=b"") as (address, requests):
        given = ["guest-file-read", "handle=1000", "count=5", "--guest-agent"]
        assert answers(call("call", address, *given)) == [{"handle": 1000, "count": 5}]
    assert [each["execute"] for each in requests] == ["guest-sync-delimited", "guest-file-read"]


def test_a_guest_agent_that_goes_down(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(call_module, "_SILENCE_SECONDS", 0.1)
    with scripted(tmp_path, agent, greeting=b"") as (address, requests):
        given = ["guest-shutdown", "mode=reboot", "--guest-agent"]
        assert answers(call("call", address, *given)) == []
    assert requests[-1]["arguments"] == {"mode": "reboot"}


# --- what goes wrong on the way ---


@pytest.mark.parametrize(
    ("words", "desc"),
    [
        (["nowhere", "quit"], "'nowhere' is no address"),
        (["unix:", "quit"], "path of a Unix socket"),
        (["unix:/none/there", "quit"], "/none/there"),
        (["tcp:127.0.0.1:1", "quit"], "tcp:127.0.0.1:1"),
        (["unix:/none/there", "quit", "now"], "expected key=value, got 'now'"),
        (["unix:/none/there", "quit", "--json", "[]"], "--json: expected an object"),
        (["unix:/none/there", "quit", "a=1", "--json", "{}"], "not both"),
        (["unix:/none/there", "quit", "--schema", "/none.json"], "/none.json: error: "),
        (
            ["unix:/none/there", "guest-ping", "--guest-agent", "--wait-event", "STOP"],
            "--wait-event: a guest agent has no events",
        ),
    ],
)
def test_trouble(call: Call, words: list[str], desc: str) -> None:
    assert desc in one_error(call("call", *words), TROUBLE)


@pytest.mark.parametrize("seconds", ["0", "-1", "inf", "nan", "soon", ""])
def test_no_times(call: Call, seconds: str) -> None:
    found = call("call", "unix:/none/there", "quit", f"--timeout={seconds}")
    assert found.status == TROUBLE
    assert "--timeout: " in found.err


@pytest.mark.parametrize("words", [[], ["unix:/none/there"]])
def test_too_few_words(call: Call, words: list[str]) -> None:
    found = call("call", *words)
    assert found.status == TROUBLE
    assert "required: " in found.err
    assert "KEY=VALUE" not in found.err.splitlines()[-1]


def test_a_server_that_leaves(call: Call, tmp_path: Path) -> None:
    with scripted(tmp_path, lambda _: None) as (address, _):
        one_error(call("call", address, "query-status"), TROUBLE)


def test_a_server_that_does_not_answer(call: Call, tmp_path: Path) -> None:
    with scripted(tmp_path, lambda _: b"") as (address, _):
        found = call("call", address, "query-status", "--timeout", "0.2")
        text = one_error(found, TROUBLE)
        assert text.endswith(": no answer within 0.2 s")


@pytest.mark.parametrize("greeting", [b"", b"SSH-2.0-OpenSSH\r\n", b'{"hello": 1}\r\n'])
def test_no_qmp_server(call: Call, tmp_path: Path, greeting: bytes) -> None:
    with scripted(tmp_path, echo, greeting=greeting) as (address, _):
        one_error(call("call", address, "query-status", "--timeout", "0.5"), TROUBLE)


def test_broken_introspection(call: Call, tmp_path: Path) -> None:
    with scripted(tmp_path, lambda request: success(request, [{}])) as (address, _):
        text = one_error(call("call", address, "buy", "a=1"), TROUBLE)
        assert "query-qmp-schema" in text
