"""How a server's session goes on: one table.

In: the phase a session is in, and what happens.  Out: what to do, and the phase afterwards.
Must not know: bytes, messages, commands.

Two rules hold on top of the table: what it does not list must not happen (it is a bug of the
program, never of the peer), and nothing leads out of :attr:`Phase.CLOSED`.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

__all__ = ["STEPS", "Action", "Input", "Phase", "Step", "step"]


class Phase(enum.Enum):
    """Where a session stands (QMP, modes)."""

    GREETING = "greeting"
    """Nobody is connected yet."""
    NEGOTIATION = "negotiation"
    """The client has to choose its capabilities; no other command works, no event is sent."""
    COMMAND = "command"
    """Everything works, but for negotiating again."""
    CLOSED = "closed"
    """It is over: the client is gone, or has to go when it has read what is left."""


class Input(enum.Enum):
    """What happens to a session."""

    CONNECTED = "connected"
    """A client is there, and the dialect has a negotiation."""
    CONNECTED_PLAIN = "connected-plain"
    """A client is there, and the dialect has no greeting and no negotiation."""
    BAD_TEXT = "bad-text"
    """Something that is no command: not JSON, no object, a wrong member."""
    CAPABILITIES = "capabilities"
    """The command that ends the negotiation, with arguments of the right type."""
    COMMAND = "command"
    """Any other command, known or not."""
    EVENT = "event"
    """Something that clients are told about."""
    END = "end"
    """Nothing comes any more and all is answered, or the connection is lost or given up."""


class Action(enum.Enum):
    """What a session does about an input."""

    GREET = "greet"
    START = "start"
    """Begin without a word."""
    REPORT = "report"
    """Answer with the error that was found."""
    ENABLE = "enable"
    """Enable what the client wants; where that fails, report it and stay in the phase."""
    RUN = "run"
    REFUSE = "refuse"
    """Answer that this command is for another phase: a CommandNotFound."""
    SEND = "send"
    DROP = "drop"
    """Do nothing; it is not made up for later."""
    CLOSE = "close"


class Step(NamedTuple):
    """What to do, and the phase when it is done."""

    action: Action
    phase: Phase


#: Every pair of a phase and an input that can happen.
STEPS: Final[Mapping[tuple[Phase, Input], Step]] = MappingProxyType(
    {
        (Phase.GREETING, Input.CONNECTED): Step(Action.GREET, Phase.NEGOTIATION),
        (Phase.GREETING, Input.CONNECTED_PLAIN): Step(Action.START, Phase.COMMAND),
        (Phase.GREETING, Input.EVENT): Step(Action.DROP, Phase.GREETING),
        (Phase.GREETING, Input.END): Step(Action.CLOSE, Phase.CLOSED),
        (Phase.NEGOTIATION, Input.BAD_TEXT): Step(Action.REPORT, Phase.NEGOTIATION),
        (Phase.NEGOTIATION, Input.CAPABILITIES): Step(Action.ENABLE, Phase.COMMAND),
        (Phase.NEGOTIATION, Input.COMMAND): Step(Action.REFUSE, Phase.NEGOTIATION),
        (Phase.NEGOTIATION, Input.EVENT): Step(Action.DROP, Phase.NEGOTIATION),
        (Phase.NEGOTIATION, Input.END): Step(Action.CLOSE, Phase.CLOSED),
        (Phase.COMMAND, Input.BAD_TEXT): Step(Action.REPORT, Phase.COMMAND),
        (Phase.COMMAND, Input.CAPABILITIES): Step(Action.REFUSE, Phase.COMMAND),
        (Phase.COMMAND, Input.COMMAND): Step(Action.RUN, Phase.COMMAND),
        (Phase.COMMAND, Input.EVENT): Step(Action.SEND, Phase.COMMAND),
        (Phase.COMMAND, Input.END): Step(Action.CLOSE, Phase.CLOSED),
        (Phase.CLOSED, Input.EVENT): Step(Action.DROP, Phase.CLOSED),
        (Phase.CLOSED, Input.END): Step(Action.DROP, Phase.CLOSED),
    }
)


def step(phase: Phase, happened: Input) -> Step:
    """What to do about an input; RuntimeError where it must not happen in this phase."""
    found = STEPS.get((phase, happened))
    if found is None:
        raise RuntimeError(f"a session in phase '{phase.value}' cannot take '{happened.value}'")
    return found
