"""A server's session: what it answers, in which order, and when it wants to read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qapigen.runtime.codec.incremental import Limits
from qapigen.runtime.codec.output import message_bytes
from qapigen.runtime.commands import Registry
from qapigen.runtime.errors import QapiError
from qapigen.runtime.messages import Event, Timestamp
from qapigen.runtime.session.dialects import GUEST_AGENT, QMP_PRETTY
from qapigen.runtime.session.phases import Phase
from qapigen.runtime.session.policy import CompatPolicy, SchemaPolicy
from qapigen.runtime.session.server import NEGOTIATION_LIMITS, QUEUE_LENGTH, ServerSession

from .server_shell import GREETING, NEGOTIATE, OOB, SPECS, Handlers, Shell, open_session

GENERIC, NOT_FOUND = "GenericError", "CommandNotFound"
STOP = Event("STOP", None, Timestamp(1, 2))


def text(name: str, reply_id: object = None, *, oob: bool = False, **arguments: object) -> bytes:
    """A command object as a client sends it."""
    request: dict[str, object] = {"exec-oob" if oob else "execute": name, "id": reply_id}
    if arguments:
        request["arguments"] = arguments
    return json.dumps(request).encode()


def short(replies: list[Any]) -> list[Any]:
    """The replies without the sentences: ``"return"`` or the class, and the id if there is one."""
    return [
        (
            reply["error"]["class"] if "error" in reply else "return",
            *([reply["id"]] if "id" in reply else []),
        )
        for reply in replies
    ]


@pytest.fixture
def shell() -> Iterator[Shell]:
    """In command mode, without out-of-band execution."""
    shell = open_session()
    yield shell
    shell.abandon()


@pytest.fixture
def oob() -> Iterator[Shell]:
    """In command mode, with out-of-band execution."""
    shell = open_session(OOB)
    yield shell
    shell.abandon()


# --- what is no command ---


@pytest.mark.parametrize("negotiated", [False, True])
@pytest.mark.parametrize("junk", [b"}\n", b"nonsense\n", b'{"x": 1}', b'{"x" 1}', b"[]"])
def test_refusals_are_work_like_commands(junk: bytes, negotiated: bool) -> None:
    """Others have their turn between some of them, and a command behind them is not lost."""
    session = ServerSession(Registry(SPECS, [Handlers()]), greeting=GREETING)
    session.connection_made()
    if negotiated:
        session.receive(NEGOTIATE)
        assert session.next_job() is None
    session.outgoing()
    count = 1000
    session.receive(junk * count + (b"" if negotiated else NEGOTIATE) + text("echo", 1, a=1))
    turns, refused = 0, 0
    while (job := session.next_job()) is None and session.pending:
        turns += 1
        refused += (replies := session.outgoing()).count(b'"error"')
        assert replies.count(b'"error"') <= 32
    refused += session.outgoing().count(b'"error"')
    assert job is not None and job.name == "echo"
    assert refused >= count
    assert turns >= count // 32
    session.finish(job, {"return": {}})
    assert session.next_job() is None
    assert not session.pending


@pytest.mark.parametrize("deep", [b"[" * 1000 + b"]" * 1000, b"[" * 1000 + b"1 2" + b"]" * 1000])
def test_long_refusals_are_more_work(deep: bytes) -> None:
    """So others have their turn behind each of them."""
    session = ServerSession(Registry(SPECS, [Handlers()]), greeting=GREETING)
    session.connection_made()
    session.outgoing()
    session.receive(deep * 5)
    for _ in range(5):
        assert session.next_job() is None
        assert session.pending
        assert session.outgoing().count(b'"error"') == 1
    assert session.next_job() is None
    assert not session.pending


def test_a_broken_text_is_one_error_or_several() -> None:
    junk = b"{'execute': 'echo', 'arguments': {'a': #, 'b': }}\n"
    for repeat_errors, errors in ((False, 1), (True, 6)):
        session = ServerSession(
            Registry(SPECS, [Handlers()]), greeting=GREETING, repeat_errors=repeat_errors
        )
        session.connection_made()
        session.receive(NEGOTIATE)
        assert session.next_job() is None
        session.outgoing()
        session.receive(junk + text("echo", 1, a=1))
        job = session.next_job()
        assert job is not None and job.name == "echo"
        assert session.outgoing().count(b'"error"') == errors


def test_closing_ends_what_is_pending() -> None:
    session = ServerSession(Registry(SPECS, [Handlers()]), greeting=GREETING)
    session.connection_made()
    session.receive(b"[]" * 1000)
    assert session.next_job() is None
    assert session.pending
    session.close()
    assert (session.pending, session.closing) == (False, True)


def test_texts_are_short_before_the_negotiation() -> None:
    """And afterwards as long as the server permits."""
    session = ServerSession(Registry(SPECS, [Handlers()]), greeting=GREETING)
    session.connection_made()
    session.outgoing()
    long = b'"' + b"x" * NEGOTIATION_LIMITS.text_bytes + b'"'
    session.receive(b'{"execute": "echo", "arguments": {"a": ' + long + b"}}")
    assert session.next_job() is None
    assert b"longer than" in session.outgoing()
    session.receive(b"\n" + NEGOTIATE)
    assert session.next_job() is None
    session.outgoing()
    session.receive(b'{"execute": "echo", "arguments": {"a": ' + long + b"}}")
    job = session.next_job()
    assert job is not None and job.name == "echo"


def test_lower_limits_of_a_server_hold_before_the_negotiation_too() -> None:
    session = ServerSession(
        Registry(SPECS, [Handlers()]), greeting=GREETING, limits=Limits(text_bytes=40)
    )
    session.connection_made()
    session.outgoing()
    session.receive(b'{"execute": "' + b"x" * 50 + b'"}')
    assert session.next_job() is None
    assert b"longer than 39" in session.outgoing()


# --- greeting and negotiation ---


def test_the_greeting_comes_first_and_once() -> None:
    session = ServerSession(Registry(SPECS, [Handlers()]), greeting=GREETING)
    assert (session.phase, session.may_read) == (Phase.GREETING, True)
    session.connection_made()
    assert session.outgoing() == message_bytes(GREETING.to_wire())
    assert session.outgoing() == b""
    assert session.phase is Phase.NEGOTIATION
    with pytest.raises(RuntimeError):
        session.connection_made()


def test_misuse() -> None:
    session = ServerSession(Registry(SPECS, []), greeting=GREETING)
    with pytest.raises(RuntimeError):
        session.receive(b"{}")
    with pytest.raises(RuntimeError):
        session.eof_received()
    with pytest.raises(ValueError, match="needs a greeting"):
        ServerSession(Registry(SPECS, []))
    with pytest.raises(ValueError, match="others have none"):
        ServerSession(Registry(SPECS, []), greeting=GREETING, dialect=GUEST_AGENT)


@pytest.mark.parametrize(
    ("request_", "reply"),
    [
        ({"execute": "echo", "id": 1}, NOT_FOUND),
        ({"execute": "nope", "id": 1}, NOT_FOUND),
        ({"execute": "qmp_capabilities", "arguments": {"x": 1}, "id": 1}, GENERIC),
        ({"execute": "qmp_capabilities", "arguments": {"enable": ["fly"]}, "id": 1}, GENERIC),
        ({"execute": "qmp_capabilities", "arguments": {"enable": "oob"}, "id": 1}, GENERIC),
        ({"execute": "qmp_capabilities", "arguments": [], "id": 1}, GENERIC),
        ({"exec-oob": "qmp_capabilities", "id": 1}, GENERIC),
        ({"exec-oob": "now", "id": 1}, GENERIC),
        ({"execute": "echo", "bogus": 1, "id": 1}, GENERIC),
        ({"id": 1}, GENERIC),
    ],
)
def test_refused_before_the_negotiation_which_goes_on(request_: object, reply: str) -> None:
    shell = open_session(b"")
    assert short(shell.send(json.dumps(request_).encode())) == [(reply, 1)]
    assert shell.session.phase is Phase.NEGOTIATION
    assert not shell.session.oob_enabled
    assert short(shell.send(text("qmp_capabilities", 2))) == [("return", 2)]
    assert shell.session.phase is Phase.COMMAND


def test_bad_texts_before_the_negotiation() -> None:
    assert short(open_session(b"").send(b"nope\n1\n[]}")) == [(GENERIC,)] * 4


def test_negotiating_again(shell: Shell) -> None:
    again = text("qmp_capabilities", 1, enable=["oob"])
    assert short(shell.send(again)) == [(NOT_FOUND, 1)]
    assert short(shell.send(text("qmp_capabilities", 2, enable=["fly"]))) == [(GENERIC, 2)]
    assert not shell.session.oob_enabled


def test_what_is_not_offered_is_not_enabled() -> None:
    from dataclasses import replace

    shell = open_session(b"", greeting=replace(GREETING, capabilities=()))
    assert short(shell.send(text("qmp_capabilities", 1, enable=["oob"]))) == [(GENERIC, 1)]
    assert shell.session.phase is Phase.NEGOTIATION


def test_out_of_band_execution_begins_with_the_next_command() -> None:
    shell = open_session(b"")
    replies = shell.send(OOB + text("now", 1, oob=True))
    assert short(replies) == [("return",), ("return", 1)]
    assert shell.session.oob_enabled


# --- commands ---


def test_a_whole_conversation(shell: Shell) -> None:
    assert shell.send(text("echo", "a", x=[1.5])) == [{"return": {"x": [1.5]}, "id": "a"}]
    assert shell.send(b'{"execute": "echo"}') == [{"return": {}}]
    assert shell.send(b" \r\n \t") == []
    assert short(shell.send(text("nope"))) == [(NOT_FOUND, None)]
    assert short(shell.send(text("now", 1, oob=True))) == [(GENERIC, 1)]
    assert shell.send(text("quiet", 1)) == []
    assert short(shell.send(text("quiet", 1, x=1))) == [(GENERIC, 1)]


def test_a_bug_of_a_handler_is_one_reply(shell: Shell, caplog: pytest.LogCaptureFixture) -> None:
    assert short(shell.send(text("fail", 1) + text("echo", 2))) == [(GENERIC, 1), ("return", 2)]
    assert len(caplog.records) == 1


def test_an_answer_that_json_cannot_say_is_one_reply(shell: Shell) -> None:
    class Strange:
        def echo(self, arguments: dict[str, object], /) -> object:
            return {"return": {}}

    session = ServerSession(Registry(SPECS, [Strange()]), greeting=GREETING)
    session.connection_made()
    session.receive(NEGOTIATE + text("echo", 1))
    job = session.next_job()
    assert job is not None
    session.outgoing()
    session.finish(job, {"return": float("inf"), "id": 1})
    assert b'"error"' in session.outgoing()


@pytest.mark.parametrize("bad", [b"}", b"nope\n", b"{1}", b"\x01", b"7 ", b'{"a" 1}', b"null\n"])
def test_it_survives_bad_texts(shell: Shell, bad: bytes) -> None:
    assert short(shell.send(bad)) == [(GENERIC,)]
    assert short(shell.send(text("echo", 1))) == [("return", 1)]


def test_limits_are_the_readers() -> None:
    shell = open_session(limits=Limits(depth=3))
    assert short(shell.send(b"[[[]]]")) == [(GENERIC,)]
    assert short(shell.send(b'{"execute": "echo", "id": [[[]]]}\n'))[0] == (GENERIC,)
    assert short(shell.send(text("echo", 1)))[-1:] == [("return", 1)]


def test_a_deep_id_comes_back() -> None:
    identity = b"[" * 1023 + b"]" * 1023
    shell = open_session()
    shell.session.receive(b'{"execute": "echo", "id": ' + identity + b"}")
    shell.settle()
    assert shell.written == b'{"return": {}, "id": ' + identity + b"}\r\n"


def test_before_the_machine_is_configured() -> None:
    waiting = True
    shell = open_session(preconfig=lambda: waiting)
    assert short(shell.send(text("early", 1) + text("echo", 2))) == [("return", 1), (GENERIC, 2)]
    waiting = False
    assert short(shell.send(text("echo", 3))) == [("return", 3)]


def test_a_policy_is_asked() -> None:
    policy = SchemaPolicy(CompatPolicy.parse("deprecated-input=reject"), [])
    shell = open_session(policy=policy)
    assert short(shell.send(text("old", 1) + text("early", 2))) == [(NOT_FOUND, 1), ("return", 2)]
    assert short(open_session().send(text("old", 1))) == [("return", 1)]


# --- order and flow ---


def test_one_command_at_a_time(shell: Shell) -> None:
    session = shell.session
    assert shell.send(text("wait", 1) + b"}" + text("echo", 2) + text("wait", 3)) == []
    assert shell.running == ["wait"]
    assert not session.may_read
    (job,) = shell.waiting
    assert short(shell.finish(job)) == [("return", 1), (GENERIC,), ("return", 2)]
    assert not session.may_read
    (job,) = shell.waiting
    assert job.command.id == 3
    assert short(shell.finish(job)) == [("return", 3)]
    assert session.may_read
    assert session.idle


def test_what_runs_out_of_band_overtakes(oob: Shell) -> None:
    assert oob.send(text("wait", 1) + text("echo", 2)) == []
    assert short(oob.send(text("now", 3, oob=True))) == [("return", 3)]
    assert short(oob.send(b'{"exec-oob": "now", "bogus": 1, "id": 4}')) == [(GENERIC, 4)]
    assert short(oob.send(b'{"exec-oob": 1, "id": 5}')) == [(GENERIC, 5)]
    assert short(oob.send(text("echo", 6, oob=True))) == [(GENERIC, 6)]
    assert short(oob.send(text("nope", 7, oob=True))) == [(NOT_FOUND, 7)]
    assert short(oob.send(text("qmp_capabilities", 8, oob=True))) == [(GENERIC, 8)]
    # neither of these jumps the queue
    both = b'{"exec-oob": "now", "execute": "now", "id": 9}'
    assert oob.send(b"]" + both + text("now", 10)) == []
    (job,) = oob.waiting
    replies = [("return", 1), ("return", 2), (GENERIC,), (GENERIC, 9), ("return", 10)]
    assert short(oob.finish(job)) == replies


def test_the_queue_is_as_long_as_qemus(oob: Shell) -> None:
    oob.send(text("wait", 0))
    for number in range(1, QUEUE_LENGTH):
        oob.send(text("echo", number))
        assert oob.session.may_read
    assert short(oob.send(text("now", "a", oob=True))) == [("return", "a")]
    oob.send(b"nope\n")
    assert not oob.session.may_read
    # kept, but not looked at
    assert oob.send(text("now", "b", oob=True) + text("echo", "c")) == []
    (job,) = oob.waiting
    replies = short(oob.finish(job))
    assert replies[0] == ("return", 0)
    assert [each for each in replies if each != ("return", "b")] == [
        *(("return", number) for number in range(QUEUE_LENGTH)),
        (GENERIC,),
        ("return", "c"),
    ]
    assert oob.session.may_read


def test_what_did_not_fit_moves_up_when_a_command_begins(oob: Shell) -> None:
    texts = [text("wait", 0), *(text("echo", number) for number in range(1, QUEUE_LENGTH))]
    replies = oob.send(b"".join(texts) + text("now", "a", oob=True))
    assert short(replies) == [("return", "a")]
    assert oob.session.may_read


def test_one_command_out_of_band_at_a_time(oob: Shell) -> None:
    oob.send(text("wait", 1))
    oob.send(text("now-wait", 2, oob=True) + text("now", 3, oob=True))
    assert oob.running == ["wait", "now-wait"]
    assert not oob.session.may_read
    first, second = oob.waiting
    assert (first.oob, second.oob) == (False, True)
    assert short(oob.finish(second)) == [("return", 2), ("return", 3)]
    assert short(oob.finish(first)) == [("return", 1)]


def test_finishing_what_does_not_run(shell: Shell) -> None:
    shell.session.receive(text("echo", 1))
    job = shell.session.next_job()
    assert job is not None
    assert repr(job) == "Job('echo', oob=False)"
    assert shell.session.next_job() is None
    shell.session.finish(job, None)
    with pytest.raises(ValueError, match="does not run"):
        shell.session.finish(job, None)


# --- events ---


def test_events_only_in_command_mode() -> None:
    session = ServerSession(Registry(SPECS, [Handlers()]), greeting=GREETING)
    shell = Shell(session)
    session.send_event(STOP)
    session.connection_made()
    shell.said()
    session.send_event(STOP)
    assert not session.takes_events
    assert shell.send(NEGOTIATE) == [{"return": {}}]
    assert session.takes_events
    session.send_event(STOP)
    assert shell.said() == [STOP.to_wire()]
    session.send_event(STOP, line=b'{"event": "X"}\r\n')
    assert shell.said() == [{"event": "X"}]
    session.eof_received()
    session.send_event(STOP)
    assert shell.said() == []


def test_an_event_during_a_command_comes_before_its_reply(shell: Shell) -> None:
    shell.send(text("wait", 1))
    shell.session.send_event(STOP)
    (job,) = shell.waiting
    assert [set(message) & {"event", "return"} for message in shell.finish(job)] == [
        {"event"},
        {"return"},
    ]


def test_an_event_that_json_cannot_say_is_a_bug_of_the_caller(shell: Shell) -> None:
    with pytest.raises(QapiError):
        shell.session.send_event(Event("X", {"x": float("nan")}, Timestamp(1, 2)))
    assert shell.said() == []


# --- the end ---


def test_the_end_of_the_input(shell: Shell) -> None:
    shell.send(text("wait", 1) + text("echo", 2) + b'{"execute": "ec')
    shell.session.eof_received()
    assert shell.said() == []
    assert not shell.session.closing
    assert not shell.session.may_read
    (job,) = shell.waiting
    assert short(shell.finish(job)) == [("return", 1), ("return", 2)]
    assert shell.session.closing


def test_the_end_of_the_input_during_the_negotiation() -> None:
    shell = open_session(b"")
    shell.session.receive(NEGOTIATE + text("echo", 1))
    shell.session.eof_received()
    assert short(shell.said()) == [("return",), ("return", 1)]
    assert shell.session.closing
    idle = open_session(b"")
    idle.session.eof_received()
    assert idle.session.closing


def test_saying_goodbye(oob: Shell) -> None:
    oob.send(text("wait", 1) + text("echo", 2))
    oob.send(text("now-wait", 3, oob=True))
    oob.session.close()
    assert not oob.session.closing
    first, second = oob.waiting
    assert short(oob.finish(first)) == [("return", 1)]
    assert not oob.session.closing
    assert short(oob.finish(second)) == [("return", 3)]
    assert oob.session.closing
    oob.session.close()


def test_goodbye_from_a_handler(shell: Shell) -> None:
    shell.session.receive(text("echo", 1) + text("echo", 2))
    job = shell.session.next_job()
    assert job is not None
    shell.session.close()
    shell.session.finish(job, {"return": {}, "id": 1})
    assert short(shell.said()) == [("return", 1)]
    assert shell.session.closing


def test_the_last_reply_after_goodbye_is_the_end(shell: Shell) -> None:
    """Nobody has to ask for another job first."""
    shell.session.receive(text("echo", 1))
    job = shell.session.next_job()
    assert job is not None
    shell.session.close()
    shell.session.finish(job, {"return": {}, "id": 1})
    assert shell.session.closing


def test_a_lost_connection(oob: Shell) -> None:
    oob.send(text("wait", 1) + text("echo", 2) + text("now-wait", 3, oob=True))
    oob.session.send_event(STOP)
    oob.session.connection_lost()
    assert oob.session.closing
    assert oob.session.outgoing() == b""
    for job in list(oob.waiting):
        assert oob.finish(job) == []
    assert oob.session.next_job() is None


def test_lost_before_it_was_made() -> None:
    session = ServerSession(Registry(SPECS, []), greeting=GREETING)
    session.connection_lost()
    assert session.closing


def test_bytes_after_the_end_are_dropped(shell: Shell) -> None:
    shell.send(text("wait", 1))
    shell.session.close()
    assert shell.send(text("echo", 2)) == []
    (job,) = shell.waiting
    assert short(shell.finish(job)) == [("return", 1)]
    assert shell.session.closing
    assert shell.send(text("echo", 3)) == []


# --- dialects ---


def test_the_guest_agent() -> None:
    registry = Registry(SPECS, [Handlers()])
    shell = Shell(ServerSession(registry, dialect=GUEST_AGENT))
    session = shell.session
    session.connection_made()
    session.send_event(STOP)
    session.receive(text("echo", 1) + text("now", 2, oob=True) + text("qmp_capabilities", 3))
    shell.settle()
    lines = shell.written.split(b"\n")
    assert lines.pop() == b""
    assert b"\r" not in shell.written
    replies = short([json.loads(line) for line in lines])
    assert replies == [("return", 1), (GENERIC, 2), (NOT_FOUND, 3)]
    assert not session.takes_events


def test_resynchronization_of_the_guest_agent(caplog: pytest.LogCaptureFixture) -> None:
    shell = Shell(ServerSession(Registry(SPECS, [Handlers()]), dialect=GUEST_AGENT))
    shell.session.connection_made()
    shell.session.receive(b'{"exec\xff{"execute": "guest-sync-delimited", "arguments": {"id": 7}}')
    shell.settle()
    *errors, answer = shell.written.split(b"\xff")
    assert b"error" in errors[0]
    assert answer == b'{"return": 7}\n'
    shell.written = b""
    # a failure has no mark
    shell.session.receive(b'{"execute": "guest-sync-delimited"}')
    shell.settle()
    assert shell.written.startswith(b'{"error"')


def test_for_people() -> None:
    shell = open_session(dialect=QMP_PRETTY)
    shell.session.receive(text("echo", 1, x=2))
    shell.session.send_event(STOP, line=b"another form")
    shell.settle()
    assert shell.written.count(b"\n") > 5
    assert b"another" not in shell.written


# --- cut anywhere ---

CONVERSATION = (
    text("echo", 1)
    + b"nope\r\n\xff[1,]"
    + OOB
    + text("now", 2, oob=True)
    + b"'x'"
    + '{"execute": "echo", "id": "äöü€𝄞"}'.encode()
    + b"7{}"
)


@given(st.lists(st.integers(0, len(CONVERSATION)), max_size=20))
def test_cuts_change_nothing(cuts: list[int]) -> None:
    whole = open_session(b"")
    expected = whole.send(CONVERSATION)
    shell = open_session(b"")
    said = []
    edges = [0, *sorted(cuts), len(CONVERSATION)]
    for start, end in pairwise(edges):
        said += shell.send(CONVERSATION[start:end])
    assert said == expected


def test_every_single_byte() -> None:
    shell = open_session(b"")
    said = [reply for byte in CONVERSATION for reply in shell.send(bytes([byte]))]
    assert said == open_session(b"").send(CONVERSATION)
