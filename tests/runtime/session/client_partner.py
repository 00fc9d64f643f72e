"""The server's half of a conversation with a client's session, in lines."""

from __future__ import annotations

import json
from typing import Any

from qapigen.runtime.session.client import Answer, ClientSession, Mode, Received

__all__ = ["Partner", "greeting", "line"]


def line(message: object) -> bytes:
    return json.dumps(message).encode() + b"\r\n"


def greeting(*capabilities: str) -> dict[str, Any]:
    version = {"qemu": {"micro": 1, "minor": 2, "major": 7}, "package": ""}
    return {"QMP": {"version": version, "capabilities": list(capabilities)}}


class Partner:
    """Hears what a session sends, and says things to it."""

    def __init__(
        self, *, mode: Mode = "qmp", oob: bool = True, answer_bytes: int | None = None
    ) -> None:
        self.randomness = -1
        self.session = ClientSession(
            mode=mode, oob=oob, answer_bytes=answer_bytes, entropy=self.entropy
        )

    def entropy(self, size: int) -> bytes:
        """Different bytes each time, the same in each run."""
        self.randomness += 2  # a number for the guest agent is half of it
        return self.randomness.to_bytes(size)

    def sent(self) -> bytes:
        """All that the session wants to send now."""
        data = b""
        while (outgoing := self.session.outgoing()) is not None:
            data += outgoing.data
        return data

    def heard(self) -> list[dict[str, Any]]:
        """The commands in it."""
        return [json.loads(each.lstrip(b"\xff")) for each in self.sent().splitlines()]

    def say(self, *messages: object) -> list[Received]:
        return self.session.receive(b"".join(line(message) for message in messages))

    def start(self, *capabilities: str) -> ClientSession:
        """Go through the negotiation."""
        assert self.say(greeting(*capabilities)) == []
        (command,) = self.heard()
        (ready,) = self.say({"return": {}, "id": command["id"]})
        assert ready == (self.session.enabled,)
        return self.session

    def synchronise(self) -> None:
        """Do what a guest agent does when it is asked for a number."""
        (command,) = self.heard()
        assert command["execute"] == "guest-sync-delimited"
        number = command["arguments"]["id"]
        assert self.session.receive(b"\xff" + line({"return": number})) == [((),)]

    def answers(self, *messages: object) -> list[str]:
        """The ids of the requests that messages answer."""
        return [each.id for each in self.say(*messages) if isinstance(each, Answer)]
