"""Anything a client and a shell may do, in any order, against a model that fits on a screen."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from qapigen.runtime.messages import Event, Timestamp
from qapigen.runtime.session.phases import Phase
from qapigen.runtime.session.server import QUEUE_LENGTH

from .server_shell import Shell, open_session

#: What a client says, by kind.  "ID" stands for the id; a space ends every text.
TEXTS = {
    "negotiate": '{"execute": "qmp_capabilities", "id": ID}',
    "negotiate-oob": '{"execute": "qmp_capabilities", "arguments": {"enable": ["oob"]}, "id": ID}',
    "negotiate-badly": '{"execute": "qmp_capabilities", "arguments": {"enable": 1}, "id": ID}',
    "command": '{"execute": "echo", "arguments": {"x": [ID]}, "id": ID}',
    "slow": '{"execute": "wait", "id": ID}',
    "silent": '{"execute": "quiet", "id": ID}',
    "unknown": '{"execute": "nope", "id": ID}',
    "misshapen": '{"execute": "echo", "arguments": 1, "id": ID}',
    "both": '{"execute": "now", "exec-oob": "now", "id": ID}',
    "oob": '{"exec-oob": "now", "id": ID}',
    "oob-slow": '{"exec-oob": "now-wait", "id": ID}',
    "oob-refused": '{"exec-oob": "echo", "id": ID}',
    "oob-misshapen": '{"exec-oob": "now", "id": ID, "x": 1}',
    "no-object": "[ID]",
    "no-json": "{ID}",
}

#: What each answers in command mode, with out-of-band execution where it needs that.
OUTCOMES = {
    "negotiate": "CommandNotFound",
    "negotiate-oob": "CommandNotFound",
    "negotiate-badly": "GenericError",
    "command": "return",
    "slow": "return",
    "silent": None,
    "unknown": "CommandNotFound",
    "oob": "return",
    "oob-slow": "return",
}


@dataclass
class Said:
    """A text of the client: its number is its id."""

    number: int
    kind: str
    urgent: bool
    outcome: str | None

    @property
    def reply(self) -> tuple[str, object] | None:
        """What kind of reply it gets, with which id."""
        if self.outcome is None:
            return None
        return self.outcome, None if self.kind in ("no-object", "no-json") else self.number


class Conversation(RuleBasedStateMachine):
    """Texts arrive in pieces, commands end in any order, events happen, the client leaves."""

    @initialize(opening=st.sampled_from(["", "negotiate", "negotiate-oob", "negotiate-oob"]))
    def connect(self, opening: str) -> None:
        self.shell: Shell = open_session(b"")
        self.session = self.shell.session
        self.negotiated = self.oob = False  # as the client knows it, having said all this
        self.said: list[Said] = []
        self.unsent = b""
        self.replies: list[tuple[str, object]] = []
        self.events = self.expected_events = 0
        self.ended = False
        if opening:
            self.say([opening])

    # --- the model ---

    def outcome(self, kind: str) -> str | None:
        """What a text is answered with, after all that was said before it."""
        urgent = kind.startswith("oob")
        if kind in ("misshapen", "both", "no-object", "no-json", "negotiate-badly"):
            return "GenericError"
        if urgent and (not self.oob or kind in ("oob-refused", "oob-misshapen")):
            return "GenericError"
        if not self.negotiated:
            return "return" if kind.startswith("negotiate") else "CommandNotFound"
        return OUTCOMES[kind]

    def unanswered(self, *, urgent: bool) -> list[Said]:
        """The texts that came in whole and are not answered yet, in their order."""
        done = len([each for each in self.replies if self.is_urgent(each) == urgent])
        todo, left = done, []
        for each in self.said:
            if each.urgent == urgent and each.reply is not None:
                todo -= 1
                if todo < 0:
                    left.append(each)
        return left

    def is_urgent(self, reply: tuple[str, object]) -> bool:
        number = reply[1]
        return isinstance(number, int) and self.said[number].urgent

    # --- what may happen ---

    @precondition(lambda self: not self.ended)
    @rule(kinds=st.lists(st.sampled_from(sorted(TEXTS)), min_size=1, max_size=6))
    def say(self, kinds: list[str]) -> None:
        for kind in kinds:
            number, outcome = len(self.said), self.outcome(kind)
            urgent = kind.startswith("oob") and self.oob
            if kind.startswith("negotiate") and outcome == "return":
                self.negotiated, self.oob = True, kind == "negotiate-oob"
            self.said.append(Said(number, kind, urgent, outcome))
            self.unsent += TEXTS[kind].replace("ID", str(number)).encode() + b" "

    @precondition(lambda self: self.unsent and not self.ended)
    @rule(part=st.floats(0, 1))
    def arrive(self, part: float) -> None:
        count = max(1, round(len(self.unsent) * part))
        self.session.receive(self.unsent[:count])
        self.unsent = self.unsent[count:]
        self.read()

    @precondition(lambda self: self.shell.waiting)
    @rule(data=st.data())
    def finish(self, data: st.DataObject) -> None:
        job = data.draw(st.sampled_from(list(self.shell.waiting)))
        self.take(self.shell.finish(job))

    @rule()
    def happen(self) -> None:
        self.expected_events += self.session.phase is Phase.COMMAND
        self.session.send_event(Event("STOP", None, Timestamp(1, 2)))
        self.read()

    @precondition(lambda self: len(self.said) > 15 and not self.ended)
    @rule()
    def leave_off(self) -> None:
        self.session.receive(self.unsent)
        self.unsent, self.ended = b"", True
        self.session.eof_received()
        self.read()

    # --- what must hold ---

    def read(self) -> None:
        self.take(self.shell.said())

    def take(self, messages: list[Any]) -> None:
        for message in messages:
            if "event" in message:
                self.events += 1
            else:
                kind = message["error"]["class"] if "error" in message else "return"
                self.replies.append((kind, message.get("id")))

    @invariant()
    def replies_come_in_order(self) -> None:
        for urgent in (False, True):
            expected = [
                each.reply for each in self.said if each.urgent == urgent and each.reply is not None
            ]
            got = [each for each in self.replies if self.is_urgent(each) == urgent]
            assert got == expected[: len(got)]

    @invariant()
    def events_come_in_command_mode(self) -> None:
        assert self.events == self.expected_events

    @invariant()
    def one_command_runs_in_band_and_one_beside_it(self) -> None:
        kinds = [job.oob for job in self.shell.waiting]
        assert kinds.count(False) <= 1
        assert kinds.count(True) <= 1

    @invariant()
    def all_is_answered_when_nothing_runs(self) -> None:
        assert not (self.session.closing and self.shell.waiting)
        if self.unsent or self.shell.waiting:
            return
        assert not self.unanswered(urgent=False)
        assert not self.unanswered(urgent=True)
        assert self.session.idle
        assert self.session.closing == self.ended

    @invariant()
    def it_reads_while_there_is_room(self) -> None:
        oob_runs = any(job.oob for job in self.shell.waiting)
        in_band_runs = any(not job.oob for job in self.shell.waiting)
        if self.ended or oob_runs:
            assert not self.session.may_read
        elif not self.session.oob_enabled:
            assert self.session.may_read == (not in_band_runs)
        elif not self.unsent and in_band_runs:
            # the one that runs is not in the queue; those without a reply count as well
            waiting = self.unanswered(urgent=False)
            silent = [
                each
                for each in self.said[waiting[0].number :]
                if each.outcome is None and not each.urgent
            ]
            assert self.session.may_read == (len(waiting) - 1 + len(silent) < QUEUE_LENGTH)

    @invariant()
    def phases_agree(self) -> None:
        if not self.ended and not self.unsent and not self.shell.waiting:
            assert (self.session.phase is Phase.COMMAND) == self.negotiated
            assert self.session.oob_enabled == self.oob

    def teardown(self) -> None:
        if hasattr(self, "shell"):
            self.session.connection_lost()
            assert self.session.closing
            self.shell.abandon()


def test_texts_are_what_their_kinds_say() -> None:
    for kind, text in TEXTS.items():
        if kind != "no-json":
            json.loads(text.replace("ID", "1"))
        assert text.count("ID") >= 1


TestConversation = Conversation.TestCase
