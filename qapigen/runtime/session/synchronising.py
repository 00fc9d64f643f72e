"""Coming into step with a guest agent.

In: random bytes.  Out: the texts that ask the agent for a number, whether it is the right one
that it answers, how long to wait for it.
Must not know: time, what else is said on the connection.

A line such as a serial one has no beginning, and loses what is sent while nobody listens.  So
the agent is asked again until it answers, and each time for another number: it does one thing
after the other, so after the answer to the last question nothing older can come.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain, repeat

from .. import codec

__all__ = ["Synchronisation", "patience"]


def patience() -> Iterator[float]:
    """How many seconds to wait for an answer before each further question.

    An agent that is busy answers all questions later; so they become fewer.
    """
    return chain((0.5, 1.0, 2.0, 4.0), repeat(8.0))


class Synchronisation:
    """Questions to a guest agent until one is answered with its number.

    ``waits`` is the number of seconds after which to ask again, if nothing has come by then.
    """

    def __init__(
        self,
        entropy: Callable[[int], bytes],
        next_id: Callable[[], str],
        delays: Callable[[], Iterator[float]] = patience,
    ) -> None:
        self._entropy = entropy
        self._next_id = next_id
        self._delays = delays()
        self.waits = 0.0
        self.request_id = ""
        self._number = -1

    def question(self) -> bytes:
        """What to send; a delimiter in front ends whatever somebody else began."""
        self._number = int.from_bytes(self._entropy(4)) >> 1
        self.request_id = self._next_id()
        self.waits = next(self._delays)
        return (
            b"\xff"
            + codec.encode(
                {
                    "execute": "guest-sync-delimited",
                    "arguments": {"id": self._number},
                    "id": self.request_id,
                }
            )
            + b"\n"
        )

    def is_answered_by(self, value: object) -> bool:
        """Is this the number that was asked for last?"""
        return value == self._number
