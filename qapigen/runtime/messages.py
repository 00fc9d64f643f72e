"""The messages of QMP as values: commands, replies, events.

In: parsed JSON.  Out: frozen objects, or the dicts that go on the wire.
Must not know: which commands and events there are, JSON text, connections.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Final, TypeAlias

from .errors import QapiError, cut, describe, did_you_mean
from .secrets import are_shown, redacted

__all__ = [
    "ABSENT",
    "AbsentType",
    "Command",
    "Event",
    "Failure",
    "Greeting",
    "Message",
    "Success",
    "Timestamp",
    "VersionTriple",
    "error_reply",
    "parse_command",
    "parse_message",
    "request_id",
    "return_reply",
]


class AbsentType(enum.Enum):
    """The type of :data:`ABSENT`; an enum so that type checkers follow ``is ABSENT``."""

    ABSENT = "absent"

    def __repr__(self) -> str:
        return "ABSENT"


#: What a command without ``id`` has as its id; null would be an id like any other.
ABSENT: Final = AbsentType.ABSENT


def _without_secrets(value: object) -> object:
    """A JSON value as ``repr`` may show it."""
    return value if are_shown() else redacted(value)


@dataclass(frozen=True, slots=True, order=True)
class VersionTriple:
    """The number of a server's release; compares as versions do.

    A ``micro`` of 50 stands for work in progress, 90 and above for candidates of the next
    release.
    """

    major: int
    minor: int
    micro: int

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.micro}"


@dataclass(frozen=True, slots=True)
class Greeting:
    """What a server says first: its version, and the capabilities that it offers.

    ``package`` is how a vendor labels its build, empty if it is not a vendor's.
    """

    version: VersionTriple
    package: str = ""
    capabilities: tuple[str, ...] = ()

    def to_wire(self) -> dict[str, object]:
        """The whole message."""
        return {"QMP": {"version": self.version_info(), "capabilities": list(self.capabilities)}}

    def version_info(self) -> dict[str, object]:
        """The version as ``query-version`` answers it."""
        version = self.version
        triple = {"micro": version.micro, "minor": version.minor, "major": version.major}
        return {"qemu": triple, "package": self.package}

    @classmethod
    def from_wire(cls, value: object) -> Greeting:
        """Read a greeting; members that QMP does not know yet are ignored.

        QMP promises an object ``version`` and an array ``capabilities`` (QMP, greeting), so no
        more is demanded: what a server does not tell of its version is 0 or empty, and a
        capability that is no string is none that anybody could ask for.  Raises
        :class:`QapiError` for what is no greeting.
        """
        if not isinstance(value, dict) or not isinstance(body := value.get("QMP"), dict):
            raise QapiError("a greeting must be an object with an object 'QMP'")
        version, offered = body.get("version"), body.get("capabilities")
        if not isinstance(version, dict):
            raise QapiError(f"greeting: version must be an object, got {describe(version)}")
        if not isinstance(offered, list):
            raise QapiError(f"greeting: capabilities must be an array, got {describe(offered)}")
        package = version.get("package")
        return cls(
            _version(version.get("qemu")),
            package if isinstance(package, str) else "",
            tuple(each for each in offered if isinstance(each, str)),
        )


def _version(value: object) -> VersionTriple:
    parts = value if isinstance(value, dict) else {}
    numbers = [parts.get(key) for key in ("major", "minor", "micro")]
    return VersionTriple(*(each if type(each) is int else 0 for each in numbers))


@dataclass(frozen=True, slots=True)
class Timestamp:
    """When an event happened: Unix time of the host; both -1 if its clock failed."""

    seconds: int
    microseconds: int

    def to_wire(self) -> dict[str, object]:
        """The value of the ``timestamp`` member of an event."""
        return {"seconds": self.seconds, "microseconds": self.microseconds}

    @classmethod
    def from_wire(cls, value: object) -> Timestamp:
        """Read a ``timestamp`` member; members beyond the two are ignored.

        Raises :class:`QapiError`.
        """
        if not isinstance(value, dict):
            raise QapiError(f"event: timestamp must be an object, got {describe(value)}")
        return cls(_integer(value, "seconds"), _integer(value, "microseconds"))


@dataclass(frozen=True, slots=True, repr=False)
class Event:
    """An event in its untyped form; ``data`` is None where it has nothing to show."""

    name: str
    data: dict[str, object] | None
    timestamp: Timestamp

    def __repr__(self) -> str:
        data = _without_secrets(self.data)
        return f"Event(name={self.name!r}, data={data!r}, timestamp={self.timestamp!r})"

    def to_wire(self) -> dict[str, object]:
        """The whole message."""
        message: dict[str, object] = {"event": self.name}
        if self.data is not None:
            message["data"] = self.data
        message["timestamp"] = self.timestamp.to_wire()
        return message

    @classmethod
    def from_wire(cls, value: object) -> Event:
        """Read an event message; members that QMP does not know yet are ignored.

        Raises :class:`QapiError` for what is no event.
        """
        if not isinstance(value, dict):
            raise QapiError(f"an event must be an object, got {describe(value)}")
        name, data = value.get("event"), value.get("data", ABSENT)
        if not isinstance(name, str):
            raise QapiError(f"event: its name must be a string, got {describe(name)}")
        if data is ABSENT:
            data = None
        elif not isinstance(data, dict):
            raise QapiError(f"event: data must be an object, got {describe(data)}")
        return cls(name, data, Timestamp.from_wire(value.get("timestamp")))


@dataclass(frozen=True, slots=True, repr=False)
class Command:
    """A command object of the right shape; that the command exists is not said.

    ``id`` is any JSON value, :data:`ABSENT` where the command has none.  ``oob``: it came as
    ``exec-oob`` and wants to overtake others.
    """

    name: str
    arguments: dict[str, object]
    id: object = ABSENT
    oob: bool = False

    def __repr__(self) -> str:
        arguments = _without_secrets(self.arguments)
        shown = f"name={self.name!r}, arguments={arguments!r}, id={self.id!r}, oob={self.oob!r}"
        return f"Command({shown})"


def parse_command(value: object, *, oob_enabled: bool = False) -> Command:
    """Check the shape of a parsed command object (QMP, the command object).

    Members are looked at in the order in which they came; ``exec-oob`` is a member only where
    the connection has out-of-band execution enabled.  Raises :class:`QapiError`, always a
    GenericError, with the first thing that is wrong.
    """
    if not isinstance(value, dict):
        raise QapiError(f"a command must be a JSON object, got {describe(value)}")
    verbs = ("execute", "exec-oob") if oob_enabled else ("execute",)
    verb: str | None = None
    arguments: dict[str, object] = {}
    for key, each in value.items():
        if key in verbs:
            _check_verb(key, each, verb)
            verb = key
        elif key == "arguments":
            if not isinstance(each, dict):
                raise QapiError(f"command: 'arguments' must be an object, got {describe(each)}")
            arguments = each
        elif key != "id":
            hint = did_you_mean(key, {*verbs, "arguments", "id"} - value.keys())
            raise QapiError(f"command: member {cut(key)!a} is unexpected{hint}")
    if verb is None:
        raise QapiError("command: member 'execute' is missing")
    return Command(value[verb], arguments, value.get("id", ABSENT), verb == "exec-oob")


def _check_verb(key: str, name: object, other: str | None) -> None:
    if not isinstance(name, str):
        raise QapiError(f"command: '{key}' must be a string, got {describe(name)}")
    if other is not None:
        raise QapiError(f"command: '{key}' and '{other}' exclude each other")


def request_id(value: object) -> object:
    """The id that every reply to a parsed request carries; :data:`ABSENT` if it has none."""
    return value.get("id", ABSENT) if isinstance(value, dict) else ABSENT


def return_reply(value: object, reply_id: object = ABSENT) -> dict[str, object]:
    """The reply of a command that succeeded; the id is echoed if there was one."""
    return {"return": value} if reply_id is ABSENT else {"return": value, "id": reply_id}


def error_reply(error: QapiError, reply_id: object = ABSENT) -> dict[str, object]:
    """The reply of a command that failed; the id is echoed if there was one."""
    wire = error.to_wire()
    return {"error": wire} if reply_id is ABSENT else {"error": wire, "id": reply_id}


@dataclass(frozen=True, slots=True, repr=False)
class Success:
    """The reply of a command that succeeded, as a client gets it."""

    value: object
    id: object = ABSENT

    def __repr__(self) -> str:
        return f"Success(value={_without_secrets(self.value)!r}, id={self.id!r})"


@dataclass(frozen=True, slots=True)
class Failure:
    """The reply of a command that failed; clients treat ``error_class`` as an open set."""

    error_class: str
    desc: str
    id: object = ABSENT


#: All that a server can say.
Message: TypeAlias = Greeting | Event | Success | Failure


def parse_message(value: object) -> Message:
    """Read what a server said; members that QMP does not know yet are ignored.

    Raises :class:`QapiError` for what is no message, or not one of them alone.
    """
    if not isinstance(value, dict):
        raise QapiError(f"a message must be an object, got {describe(value)}")
    kinds = [kind for kind in _KINDS if kind in value]
    if len(kinds) != 1:
        found = " and ".join(kinds) or "none of them"
        raise QapiError(f"a message must be one of {', '.join(_KINDS)}, got {found}")
    if kinds[0] == "return":
        return Success(value["return"], value.get("id", ABSENT))
    if kinds[0] == "error":
        return _failure(value["error"], value.get("id", ABSENT))
    return Event.from_wire(value) if kinds[0] == "event" else Greeting.from_wire(value)


# The member that tells what a message is.
_KINDS = ("return", "error", "event", "QMP")


def _failure(error: object, reply_id: object) -> Failure:
    if not isinstance(error, dict):
        raise QapiError(f"reply: error must be an object, got {describe(error)}")
    for key in ("class", "desc"):
        if not isinstance(error.get(key), str):
            raise QapiError(f"reply: {key} must be a string, got {describe(error.get(key))}")
    return Failure(error["class"], error["desc"], reply_id)


def _integer(value: dict[str, object], key: str) -> int:
    number = value.get(key)
    if isinstance(number, bool) or not isinstance(number, int):
        raise QapiError(f"event: {key} must be an integer, got {describe(number)}")
    return number
