"""Events with typed data, as a generated client gives them.

In: events as messages.  Out: objects of the classes that are generated, one for each event.
Must not know: which events there are, connections.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeVar

from ..visit import VisitFunction, from_wire

if TYPE_CHECKING:
    from ..messages import Event, Timestamp

__all__ = ["EventReader", "TypedEvent"]

E = TypeVar("E", bound="TypedEvent")


class TypedEvent:
    """An event: when it happened, and its data; base of the generated classes.

    ``NAME`` is the schema's name of the event.  ``data`` is None where it carries none.
    """

    __slots__ = ("data", "timestamp")
    __match_args__ = ("data",)

    NAME: ClassVar[str]
    _VISIT: ClassVar[VisitFunction[Any] | None]

    #: Generated classes say of which type.
    data: Any
    timestamp: Timestamp

    def __init__(self, data: Any, timestamp: Timestamp) -> None:
        self.data = data
        self.timestamp = timestamp

    def __init_subclass__(
        cls, *, name: str | None = None, visit: VisitFunction[Any] | None = None
    ) -> None:
        """``name`` is the schema's name, ``visit`` visits the data if there are any.

        A class without a name is a variety of its base.
        """
        if name is not None:
            cls.NAME = name
            cls._VISIT = None if visit is None else staticmethod(visit)

    @classmethod
    def from_message(cls, event: Event) -> Self:
        """The event that a message tells of; the name in it is not looked at.

        A server of another release may send more or less: see the lenient
        :func:`from_wire`.  Raises :class:`VisitError` for data that break the schema.
        """
        data: Any = None
        if cls._VISIT is not None:
            # Data without a member to show are left out of the message (QMP, events).
            wire = event.data if event.data is not None else {}
            data = from_wire(cls._VISIT, wire, "data", lenient=True)
        return cls(data, event.timestamp)

    def __repr__(self) -> str:
        shown = "" if self.data is None else f"data={self.data!r}, "
        return f"{type(self).__name__}({shown}timestamp={self.timestamp!r})"

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self) or not isinstance(other, TypedEvent):
            return NotImplemented
        return bool(self.data == other.data) and self.timestamp == other.timestamp


class EventReader(Generic[E]):
    """Messages to events of some classes; TypeError for none, which would be all."""

    def __init__(self, kinds: tuple[type[E], ...]) -> None:
        if not kinds:
            raise TypeError("say which classes of events; those of all names are not typed")
        self._kinds = {kind.NAME: kind for kind in kinds}

    @property
    def names(self) -> tuple[str, ...]:
        """The schema's names of the events."""
        return tuple(self._kinds)

    def read(self, event: Event) -> E:
        """The typed event; KeyError for one of another name, VisitError for wrong data."""
        return self._kinds[event.name].from_message(event)
