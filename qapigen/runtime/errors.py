"""What goes wrong, as data that fits a QMP error reply.

In: what was expected, what came, where.  Out: :class:`QapiError` and :class:`VisitError`, and
the words for values and near misses in their texts; and what a client meets besides an answer.
Must not know: schema types, visitors, JSON text, commands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from .secrets import is_secret, redacted_text

__all__ = [
    "COMMAND_NOT_FOUND",
    "DEVICE_NOT_ACTIVE",
    "DEVICE_NOT_FOUND",
    "GENERIC_ERROR",
    "KVM_MISSING_CAP",
    "ConnectionLost",
    "ProtocolError",
    "QapiError",
    "RemoteError",
    "VisitError",
    "article",
    "closest",
    "cut",
    "describe",
    "did_you_mean",
]

# The values of the schema enum QapiErrorClass.  Clients treat the set as open (QMP, error
# classes), so a class is a string and not a member of an enum.
GENERIC_ERROR = "GenericError"
COMMAND_NOT_FOUND = "CommandNotFound"
DEVICE_NOT_ACTIVE = "DeviceNotActive"
DEVICE_NOT_FOUND = "DeviceNotFound"
KVM_MISSING_CAP = "KVMMissingCap"

_SHOWN_LENGTH = 60  # characters of a peer's string that a message shows
_PATH_LENGTH = 400  # characters of a path that a message shows
_NEAR_ONES = 20  # are looked at to find one that can be offered
#: Members that are secret in some objects only; an error does not know in which one it is.
_MAYBE_SECRET = frozenset({"data"})
_EXACT_INTEGER_BITS = 128  # longer integers are described by their size


class QapiError(Exception):
    """An error that is answered to the peer: a class and one sentence.

    Handlers raise it to choose the error class of a failed command (QMP, error classes); the
    sentence is for people, never to be parsed.
    """

    def __init__(self, desc: str, error_class: str = GENERIC_ERROR) -> None:
        super().__init__(desc)
        self.error_class = error_class
        self._desc = desc or "the operation failed without giving a reason"

    @property
    def desc(self) -> str:
        """The sentence for people; never empty."""
        return self._desc

    def to_wire(self) -> dict[str, object]:
        """The value of the ``error`` member of a reply."""
        return {"class": self.error_class, "desc": self.desc}

    def __str__(self) -> str:
        return self.desc


class VisitError(QapiError):
    """A value that does not fit its schema type; always a GenericError.

    ``problem`` is the sentence without the place; ``expected`` and ``got`` are its two halves
    (``a boolean``, ``string 'on'``).  The place is built while the error travels outwards:
    every container it passes puts its own name in front.
    """

    def __init__(self, problem: str, *, expected: str = "", got: str = "", path: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.expected = expected
        self.got = got
        self._trail: list[str] = []  # innermost component first
        self.prefix(path)

    def prefix(self, component: str) -> None:
        """Put a component in front of the path: a member name, or ``[3]`` for a list item.

        The empty component is the unnamed root and changes nothing.
        """
        if component:
            self._trail.append(component)
            self._hide(component.rpartition(".")[2])

    def _hide(self, member: str) -> None:
        """Say of what a secret member holds no more than its kind."""
        kind = self.got.partition(" ")[0]
        # What is in an object called data has names of its own, which tell.
        maybe = member in _MAYBE_SECRET and len(self._trail) == 1
        if kind in ("string", "number") and (maybe or is_secret(member)):
            self.got = f"a {kind}"
            self.problem = f"expected {self.expected}, got {self.got}"

    @property
    def path(self) -> str:
        """Where the value is, such as ``arguments.capabilities[2].state``; "" for the root."""
        parts = [
            part if number == 0 or part.startswith("[") else "." + part
            for number, part in enumerate(reversed(self._trail))
        ]
        return cut("".join(parts), _PATH_LENGTH)

    @property
    def desc(self) -> str:
        """The place and the problem in one sentence."""
        path = self.path
        return f"{path}: {self.problem}" if path else self.problem


class RemoteError(QapiError):
    """A command that the server refused or failed: the error reply to it.

    ``error_class`` is an open set; ``desc`` is the server's sentence for people.  ``id`` is that
    of the request, ``command`` its name.
    """

    def __init__(
        self,
        desc: str,
        error_class: str = GENERIC_ERROR,
        *,
        id: object = None,  # noqa: A002 - the member's name
        command: str = "",
    ) -> None:
        super().__init__(desc, error_class)
        self.id = id
        self.command = command


class ConnectionLost(QapiError):
    """There is no connection, or no longer.

    Whether commands that were not answered before it took effect is unknown (QMP, disconnect).
    Where the system gave a reason, it is the ``__cause__``.
    """


class ProtocolError(ConnectionLost):
    """The peer sent what is no QMP; the connection is of no use any more and was ended."""


def cut(text: str, length: int = _SHOWN_LENGTH) -> str:
    """``text`` itself, or its beginning and ``...`` where it is longer than ``length``."""
    return text if len(text) <= length else text[:length] + "..."


def article(noun: str) -> str:
    """The noun behind its article: ``an object``, ``a uint8``."""
    return f"an {noun}" if noun[:1] in tuple("aeioAEIO") else f"a {noun}"


def describe(value: object) -> str:
    """A JSON value in a few words for an error text: ``string 'x'``, ``number 1.5``, ``null``.

    The text is of bounded length whatever the value is.
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean true" if value else "boolean false"
    if isinstance(value, str):
        return f"string {cut(redacted_text(str(value)))!a}"
    if isinstance(value, int):
        return _describe_integer(int(value))
    if isinstance(value, float):
        return f"number {float(value)!r}"
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "an array"
    return f"a Python {cut(type(value).__name__)}"


def _describe_integer(value: int) -> str:
    # Decimal conversion of a huge integer is slow, and refused by Python beyond 4300 digits.
    if value.bit_length() > _EXACT_INTEGER_BITS:
        return f"an integer of {value.bit_length()} bits"
    return f"number {value}"


def closest(
    name: str, candidates: Iterable[str], *, offered: Callable[[str], bool] | None = None
) -> str | None:
    """The candidate that ``name`` may be a slip of, or None.

    ``offered`` is a predicate: may this near candidate be named?  It is called as few times as
    possible.
    """
    if not name or len(name) > _SHOWN_LENGTH:
        return None
    from difflib import get_close_matches  # only a failed request pays for it

    folded = {candidate.lower().replace("_", "-"): candidate for candidate in candidates}
    most = 1 if offered is None else _NEAR_ONES
    near = get_close_matches(name.lower().replace("_", "-"), folded, n=most, cutoff=0.7)
    found = (folded[each] for each in near)
    return next((each for each in found if offered is None or offered(each)), None)


def did_you_mean(
    name: str, candidates: Iterable[str], *, offered: Callable[[str], bool] | None = None
) -> str:
    """The end of a sentence that offers a near miss, or "" where none is near.

    ``offered`` as for :func:`closest`.
    """
    match = closest(name, candidates, offered=offered)
    return f"; did you mean '{match}'?" if match is not None else ""
