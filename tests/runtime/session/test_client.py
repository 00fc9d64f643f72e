from __future__ import annotations

import json
import logging
import os
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qapigen.runtime.errors import ProtocolError, QapiError, RemoteError
from qapigen.runtime.messages import Event, Timestamp
from qapigen.runtime.session.client import (
    ANSWER_BYTES,
    Answer,
    ClientPhase,
    ClientSession,
    Outgoing,
    Ready,
    Received,
)
from tests.runtime.session.client_partner import Partner, greeting, line

STOP = {"event": "STOP", "timestamp": {"seconds": 1, "microseconds": 2}}


class TestNegotiation:
    def test_nothing_is_sent_before_the_greeting(self) -> None:
        partner = Partner()
        partner.session.request("query-status")
        assert partner.session.phase is ClientPhase.GREETING
        assert partner.sent() == b""

    @pytest.mark.parametrize(
        ("offered", "wanted", "arguments", "enabled"),
        [
            ([], True, {}, ()),
            (["oob"], True, {"enable": ["oob"]}, ("oob",)),
            (["oob"], False, {}, ()),
            (["later", "oob"], True, {"enable": ["oob"]}, ("oob",)),
            (["later"], True, {}, ()),
        ],
    )
    def test_capabilities(
        self, offered: list[str], wanted: bool, arguments: object, enabled: tuple[str, ...]
    ) -> None:
        partner = Partner(oob=wanted)
        assert partner.say(greeting(*offered)) == []
        assert partner.session.greeting is not None
        assert partner.session.greeting.version.major == 7
        (command,) = partner.heard()
        assert command["execute"] == "qmp_capabilities"
        assert command["arguments"] == arguments
        assert partner.session.phase is ClientPhase.NEGOTIATION
        assert partner.say({"return": {}, "id": command["id"]}) == [Ready(enabled)]
        assert partner.session.enabled == enabled

    def test_requests_made_before_go_out_after_it(self) -> None:
        partner = Partner()
        partner.session.request("query-status")
        partner.start()
        assert [each["execute"] for each in partner.heard()] == ["query-status"]

    def test_refused(self) -> None:
        partner = Partner()
        partner.say(greeting())
        (command,) = partner.heard()
        error = {"class": "GenericError", "desc": "not you"}
        (failure,) = partner.say({"id": command["id"], "error": error})
        assert isinstance(failure, ProtocolError)
        assert "not you" in failure.desc
        assert partner.session.phase is ClientPhase.FAILED
        assert partner.say(STOP) == []

    def test_late_replies_to_an_earlier_client_are_dropped(self) -> None:
        partner = Partner()
        late = [{"return": {}, "id": "x"}, {"return": 1}, {"error": {"class": "a", "desc": "b"}}]
        assert partner.say(*late[:1], greeting(), *late) == []
        assert partner.session.phase is ClientPhase.NEGOTIATION
        (command,) = partner.heard()
        assert partner.say(*late, {"return": {}, "id": command["id"]}) == [Ready(())]

    def test_an_event_may_come_first(self) -> None:
        event = Event("STOP", None, Timestamp(1, 2))
        assert Partner().say(STOP, greeting()) == [event]

    def test_a_second_greeting_is_a_restart(self) -> None:
        partner = Partner()
        partner.start()
        (failure,) = partner.say(greeting())
        assert isinstance(failure, ProtocolError)

    def test_ids_differ_between_connections(self) -> None:
        first, second = ClientSession(), ClientSession(entropy=lambda size: b"\xab" * size)
        assert first.request("a").split("-")[1] == second.request("a").split("-")[1]
        assert second.request("a").startswith("abab-")
        assert len({ClientSession(entropy=os.urandom).request("a") for _ in range(20)}) > 10


class TestRequests:
    def test_shape(self) -> None:
        partner = Partner()
        session = partner.start("oob")
        ids = [
            session.request("a"),
            session.request("b", {}),
            session.request("c", {"x": None}),
            session.request("d", oob=True),
        ]
        assert len(set(ids)) == 4
        urgent, *others = partner.heard()
        assert urgent == {"exec-oob": "d", "id": ids[3]}
        assert others == [
            {"execute": "a", "id": ids[0]},
            {"execute": "b", "id": ids[1]},
            {"execute": "c", "arguments": {"x": None}, "id": ids[2]},
        ]

    def test_is_one_short_line_of_ascii(self) -> None:
        partner = Partner()
        request_id = partner.start().request("a", {"text": "ä\n"})
        expected = f'{{"execute":"a","arguments":{{"text":"\\u00e4\\n"}},"id":"{request_id}"}}\n'
        assert partner.sent() == expected.encode()

    @pytest.mark.parametrize(
        "value",
        [
            pytest.param(float("nan"), id="nan"),
            pytest.param(object(), id="object"),
            pytest.param("\ud800", id="surrogate"),
            pytest.param("x" * (64 * 1024 * 1024), id="long"),
        ],
    )
    def test_what_cannot_be_said_is_not_sent(self, value: object) -> None:
        partner = Partner()
        session = partner.start()
        with pytest.raises(QapiError):
            session.request("a", {"x": value})
        assert partner.sent() == b""

    def test_oob_has_to_be_enabled(self) -> None:
        partner = Partner()
        with pytest.raises(QapiError, match="not enabled"):
            partner.start().request("a", oob=True)
        assert partner.sent() == b""


class TestAnswers:
    def test_in_any_order(self) -> None:
        partner = Partner()
        session = partner.start()
        first, second = session.request("a"), session.request("b")
        partner.sent()
        error = {"class": "Strange", "desc": "no", "more": 1}
        answers = partner.say({"return": [1], "id": second}, {"id": first, "error": error})
        assert answers[0] == Answer(second, [1])
        assert isinstance(answers[1], Answer)
        failure = answers[1].error
        assert isinstance(failure, RemoteError)
        assert (failure.desc, failure.error_class) == ("no", "Strange")
        assert (failure.id, failure.command) == (first, "a")

    @pytest.mark.parametrize(
        "stray",
        [
            {"return": "hush"},
            {"return": "hush", "id": "other"},
            {"return": ["hush"], "id": [1]},
            {"return": {}, "id": None},
            {"error": {"class": "Odd", "desc": "why"}, "id": "other"},
        ],
    )
    def test_a_reply_to_nothing_fails_the_only_call(
        self, stray: dict[str, Any], caplog: pytest.LogCaptureFixture
    ) -> None:
        partner = Partner()
        session = partner.start()
        first = session.request("a")
        partner.sent()
        (answer,) = partner.say(stray)
        assert isinstance(answer, Answer) and answer.id == first
        assert answer.error is not None and not isinstance(answer.error, RemoteError)
        assert answer.error.desc.startswith("a: the server sent ")
        assert ("why" in answer.error.desc) is ("error" in stray)
        (record,) = caplog.records
        assert record.levelno == logging.WARNING
        assert "hush" not in caplog.text + answer.error.desc and "why" not in caplog.text
        # The connection goes on, and an answer that comes late harms no other call.
        second = session.request("b")
        partner.sent()
        assert partner.answers({"return": {}, "id": first}, {"return": 2, "id": second}) == [second]
        assert len(caplog.records) == 1

    def test_a_reply_to_nothing_that_may_be_anybodys(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        partner = Partner()
        session = partner.start()
        assert partner.say({"return": 1}) == [], "nobody waits"
        ids = [session.request("a"), session.request("b")]
        partner.sent()
        assert partner.say({"return": 1}, {"return": 1, "id": "other"}) == []
        assert len(caplog.records) == 3
        session.abandon(ids[0])
        assert partner.answers({"return": 1, "id": ids[1]}) == [ids[1]]
        assert partner.say({"return": 1}) == [], "it may be the answer that nobody wants"

    def test_an_error_without_id_is_the_oldest_commands(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        partner = Partner()
        session = partner.start("oob")
        urgent = session.request("a", oob=True)
        first, second = session.request("b"), session.request("c")
        partner.sent()
        error = {"error": {"class": "GenericError", "desc": "unreadable"}}
        assert partner.answers(error) == [first]
        assert partner.answers(error) == [second]
        assert partner.answers(error) == [urgent]
        assert partner.answers(error) == []
        assert len(caplog.records) == 4

    @pytest.mark.parametrize(
        "text",
        [
            b"[]\r\n",
            b"1\r\n",
            b'{"return": inf, "id": "x"}\r\n',
            b"HTTP/1.1 400 Bad Request\r\n",
            b'{"a": 1}\r\n',
            b'{"event": 1}\r\n',
            b"\xff\r\n",
        ],
    )
    def test_what_is_no_message_ends_it(self, text: bytes) -> None:
        partner = Partner()
        partner.start()
        received = partner.session.receive(line(STOP) + text + line(STOP))
        assert [type(each) for each in received] == [Event, ProtocolError]
        assert partner.session.phase is ClientPhase.FAILED
        partner.session.request("a")
        assert partner.sent() == b""

    def test_pretty_printed(self) -> None:
        partner = Partner()
        request_id = partner.start().request("a")
        partner.sent()
        pretty = json.dumps({"return": {"x": [1, {}]}, "id": request_id}, indent=4)
        data = pretty.replace("\n", "\r\n").encode() + b"\r\n" + line(STOP)
        answer, event = partner.session.receive(data)
        assert answer == Answer(request_id, {"x": [1, {}]})
        assert isinstance(event, Event)


def test_a_message_that_is_too_long_ends_it() -> None:
    partner = Partner(answer_bytes=1000)
    partner.start()
    (failure,) = partner.session.receive(b'{"return": "' + b"x" * 2000)
    assert isinstance(failure, ProtocolError)
    assert "longer than 1000 bytes" in failure.desc and "answer_bytes" in failure.desc


class TestFlow:
    def test_at_most_eight_in_band_with_oob(self) -> None:
        partner = Partner()
        session = partner.start("oob")
        ids = [session.request("a") for _ in range(20)]
        assert [each["id"] for each in partner.heard()] == ids[:8]
        urgent = session.request("u", oob=True)
        assert [each["id"] for each in partner.heard()] == [urgent]
        assert partner.answers({"return": {}, "id": urgent}) == [urgent]
        assert partner.heard() == []
        for number in range(12):
            partner.answers({"return": {}, "id": ids[number]})
            assert [each["id"] for each in partner.heard()] == [ids[number + 8]]

    def test_any_number_without_oob(self) -> None:
        partner = Partner()
        session = partner.start()
        ids = [session.request("a") for _ in range(100)]
        outgoing = session.outgoing()
        assert outgoing is not None
        assert outgoing.data.count(b"\n") == 100
        assert session.outgoing() is None
        assert partner.answers(*({"return": {}, "id": each} for each in ids)) == ids

    def test_descriptors_travel_alone(self) -> None:
        partner = Partner()
        session = partner.start()
        session.request("a")
        first = session.request("getfd", {"fdname": "x"}, fds=[7])
        second = session.request("getfd", {"fdname": "y"}, fds=[8, 9])
        session.request("b")
        assert [(each.fds) for each in everything(session)] == [(), (7,)]
        partner.answers({"return": {}, "id": first})
        assert [each.fds for each in everything(session)] == [(8, 9), ()]
        assert partner.answers({"return": {}, "id": second}) == [second]

    def test_without_success_response(self, caplog: pytest.LogCaptureFixture) -> None:
        partner = Partner()
        session = partner.start()
        first = session.request("a", success_response=False)
        second = session.request("b")
        outgoing = session.outgoing()
        assert outgoing is not None
        assert outgoing.finished == (first,)
        error = {"class": "GenericError", "desc": "too bad"}
        with caplog.at_level(logging.INFO, "qapigen.runtime"):
            assert partner.answers({"error": error, "id": first}) == []
        assert "too bad" in caplog.text
        assert partner.answers({"return": {}, "id": second}) == [second]


def everything(session: ClientSession) -> list[Outgoing]:
    """All that a session wants to send now."""
    found = []
    while (outgoing := session.outgoing()) is not None:
        found.append(outgoing)
    return found


class TestAbandoned:
    def test_before_it_was_sent(self) -> None:
        partner = Partner()
        session = partner.start()
        first, second = session.request("a"), session.request("b")
        assert session.abandon(first)
        assert [each["id"] for each in partner.heard()] == [second]
        assert not session.abandon(first)

    def test_after_it_was_sent(self) -> None:
        partner = Partner()
        session = partner.start("oob")
        ids = [session.request("a") for _ in range(9)]
        partner.sent()
        assert not session.abandon(ids[0])
        assert partner.heard() == [], "the server is still busy with it"
        assert partner.answers({"return": {}, "id": ids[0]}) == []
        assert [each["id"] for each in partner.heard()] == [ids[8]]


class TestGuestAgent:
    def test_synchronises_first(self) -> None:
        partner = Partner(mode="guest-agent")
        session = partner.session
        request_id = session.request("guest-ping")
        data = partner.sent()
        assert data[:1] == b"\xff"
        command = json.loads(data[1:])
        number = command["arguments"]["id"]
        assert 0 <= number < 2**63
        error = {"error": {"class": "GenericError", "desc": "stray"}}
        other = b"\xff" + line({"return": number + 1})
        junk = b'half of a reply"}\n{"return": 5}\n{"QMP": 1}\n'
        assert session.receive(junk + line(error) + other) == []
        assert partner.sent() == b""
        assert session.receive(b'{"retu\xff' + line({"return": number})) == [Ready(())]
        assert partner.heard() == [{"execute": "guest-ping", "id": request_id}]
        assert partner.answers({"return": {}, "id": request_id}) == [request_id]

    def test_refused(self) -> None:
        partner = Partner(mode="guest-agent")
        (command,) = partner.heard()
        error = {"class": "CommandNotFound", "desc": "negotiate first"}
        (failure,) = partner.say(greeting(), {"error": error, "id": command["id"]})
        assert isinstance(failure, ProtocolError)
        assert "negotiate first" in failure.desc

    def test_one_command_at_a_time_and_replies_without_ids(self) -> None:
        partner = Partner(mode="guest-agent")
        partner.synchronise()
        first, second = partner.session.request("a"), partner.session.request("b")
        assert [each["id"] for each in partner.heard()] == [first]
        assert partner.say({"return": 1}) == [Answer(first, 1)]
        assert [each["id"] for each in partner.heard()] == [second]
        (answer,) = partner.say({"error": {"class": "GenericError", "desc": "no"}})
        assert isinstance(answer, Answer)
        assert answer.id == second
        assert answer.error is not None

    def test_synchronises_again_after_a_command_was_given_up(self) -> None:
        partner = Partner(mode="guest-agent")
        partner.synchronise()
        session = partner.session
        first = session.request("a")
        partner.sent()
        session.abandon(first)
        assert partner.sent() == b"", "only when there is something to execute"
        second = session.request("b")
        (command,) = partner.heard()
        number = command["arguments"]["id"]
        assert partner.say({"return": "late"}) == []
        assert session.receive(b"\xff" + line({"return": number})) == [Ready(())]
        assert [each["id"] for each in partner.heard()] == [second]
        assert partner.say({"return": 2}) == [Answer(second, 2)]

    def test_asks_again_until_it_is_answered(self) -> None:
        partner = Partner(mode="guest-agent")
        session = partner.session
        (first,) = partner.heard()
        assert session.repeats_after == 0.5
        session.repeat()
        assert session.repeats_after == 1.0, "an agent that is busy is asked ever less"
        session.repeat()  # the last question has not been sent: another one would be too much
        (second,) = partner.heard()
        assert second["arguments"] != first["arguments"]
        stray = {"error": {"class": "GenericError", "desc": "stray byte"}}
        late = [stray, {"return": first["arguments"]["id"], "id": first["id"]}]
        late.append({"return": first["arguments"]["id"]})
        assert partner.say(*late, stray) == [], "an answer to the other one would come later"
        assert partner.say({"return": second["arguments"]["id"]}) == [Ready(())]
        assert session.repeats_after is None
        session.repeat()
        assert partner.sent() == b""

    def test_an_answer_that_is_too_long(self) -> None:
        partner = Partner(mode="guest-agent", answer_bytes=1000)
        partner.synchronise()
        session = partner.session
        first = session.request("guest-file-read")
        partner.sent()
        (answer,) = session.receive(b'{"return": "' + b"x" * 2000)
        assert isinstance(answer, Answer) and answer.id == first
        assert answer.error is not None
        assert "guest-file-read" in answer.error.desc and "longer than 1000" in answer.error.desc
        second = session.request("guest-ping")
        assert [each["id"] for each in partner.heard()] == [second]
        assert session.receive(b"x" * 2000 + b'"}\n') == []
        assert partner.answers({"return": {}, "id": second}) == [second]

    def test_the_most_that_can_be_read_from_a_file_fits(self) -> None:
        text = (48 << 20) // 3 * 4 + 1000
        assert ANSWER_BYTES["guest-agent"] > text > ANSWER_BYTES["qmp"]

    def test_junk_is_skipped(self) -> None:
        partner = Partner(mode="guest-agent")
        partner.synchronise()
        first = partner.session.request("a")
        partner.sent()
        assert partner.session.receive(b"login: \r\n{]\n[1]\n" + b"\x00" * 10 + b"\n") == []
        assert partner.answers({"return": 1, "id": first}) == [first]


CONVERSATION = b"".join(
    [
        b"\r\n  \r\n",
        line(STOP),
        line({"return": {"text": 'ä\\\n "{', "n": [[], {}]}, "id": "0001-1"}),
        json.dumps({"return": [1, 2], "id": "0001-2"}, indent=4).encode() + b"\n",
        line({"error": {"class": "GenericError", "desc": "x"}, "id": "0001-3"}),
    ]
)


def replayed(cuts: set[int]) -> list[tuple[type, str]]:
    """What comes of the conversation, cut in pieces."""
    partner = Partner()
    session = partner.start()
    for _ in range(3):
        session.request("a")
    partner.sent()
    places = sorted({0, len(CONVERSATION), *cuts})
    received: list[Received] = []
    for start, end in pairwise(places):
        received += session.receive(CONVERSATION[start:end])
    return [(type(each), str(each)) for each in received]


@given(st.sets(st.integers(0, len(CONVERSATION))))
def test_however_it_is_cut(cuts: set[int]) -> None:
    whole = replayed(set())
    assert [kind for kind, _ in whole] == [Event, Answer, Answer, Answer]
    assert replayed(cuts) == whole


def test_cut_at_every_byte() -> None:
    assert replayed(set(range(len(CONVERSATION)))) == replayed(set())


@given(st.binary(max_size=200))
def test_any_bytes_are_survived(data: bytes) -> None:
    for mode in ("qmp", "guest-agent"):
        partner = Partner(mode=mode)
        received = partner.session.receive(data + b"\n") + partner.session.receive(b"\n}\n]\n")
        assert all(isinstance(each, ProtocolError | Event) for each in received)
