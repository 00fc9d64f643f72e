"""Events as the events template sees them.

In: the events of one schema module.  Out: for each a constructor function and a method of the
module's emitter, and the table of what is known about them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from ...ir import Event, InlineMembers, TypeRef
from ...passes.members import data_members
from .annotations import Scope
from .command_views import MethodView, features_argument, parameters, spec_visit
from .documentation import Documentation
from .names import value_names
from .package import Package
from .text import call, docstring, exploded, signature, string, tuple_of

__all__ = ["EventsView", "events_view"]


@dataclass(frozen=True, slots=True)
class EventsView:
    """The events of a module."""

    py_name: str
    doc: str
    constants: tuple[str, ...]
    specs: str
    functions: tuple[MethodView, ...]
    methods: tuple[MethodView, ...]


def events_view(package: Package, scope: Scope, events: Sequence[Event]) -> EventsView:
    """The view for ``events``, which are those of the schema module of ``scope``."""
    for module, name in (
        ("events", "Emitter"),
        ("events", "EventSpec"),
        ("events", "make_event"),
        ("messages", "Event"),
        ("messages", "Timestamp"),
    ):
        scope.use(module, name)
    constants = value_names(event.name for event in events)
    build = [_Event(package, scope, event, f"_{constants[event.name]}") for event in events]
    return EventsView(
        package.names.emitters[events[0].module],
        docstring(f"Emits the events of {events[0].module}.", indent=4),
        tuple(each.spec() for each in build),
        tuple_of("EVENTS: Final[tuple[EventSpec, ...]]", [each.constant for each in build]),
        tuple(each.function(package.docs) for each in build),
        tuple(each.method() for each in build),
    )


class _Event:
    """One event: how its data are given and made."""

    def __init__(self, package: Package, scope: Scope, event: Event, constant: str) -> None:
        self.names = package.names
        self.scope = scope
        self.event = event
        self.constant = constant
        self.members = () if event.boxed else data_members(package.schema, event.data)
        self.py_name = self.names.events[event.name]

    def spec(self) -> str:
        arguments = [f"name={string(self.event.name)}"]
        data = self.event.data
        if data is not None:
            own = self.names.data.get(("event", self.event.name))
            arguments.append(spec_visit(self.scope, "visit_data", data, own, indent=4))
        arguments += features_argument(self.event.features, indent=4)
        return call(f"{self.constant}: Final = EventSpec(", arguments)

    @cached_property
    def given(self) -> dict[str, str]:
        """The parameters for members."""
        return self.names.arguments(self.members, self._used())

    @cached_property
    def parameters(self) -> list[str]:
        """What both the function and the method are given."""
        if self.event.boxed:
            assert isinstance(self.event.data, str)
            return [f"data: {self.scope.annotation(TypeRef(self.event.data))}", "/"]
        return parameters(self.scope, self.members, self.given)

    def data(self, indent: int) -> str:
        """The expression for the data, made of the parameters."""
        if self.event.data is None:
            return "None"
        if self.event.boxed:
            return "data"
        attributes = self.names.attributes(self._name(), self.members)
        pairs = [f"{attributes[name]}={given}" for name, given in self.given.items()]
        return call(f"{self._class()}(", pairs, indent=indent, after=1)

    def _used(self) -> list[str]:
        """What the function names besides its parameters for members."""
        return ["timestamp", "make_event", self._class().partition(".")[0]] if self.members else []

    def _name(self) -> str:
        """The class of the data."""
        data = self.event.data
        if isinstance(data, InlineMembers):
            return self.names.data["event", self.event.name]
        assert data is not None
        return self.names.types[data]

    def _class(self) -> str:
        """The expression for it; what that needs will be imported."""
        return self.scope.constructor(self._name(), self.event.data)

    def function(self, docs: Documentation) -> MethodView:
        """The constructor."""
        given = self.parameters
        star = [] if "*" in given else ["*"]
        return MethodView(
            signature(self.py_name, [*given, *star, "timestamp: Timestamp"], "Event"),
            docs.action_docstring(self.event, indent=4),
            _fitted("return make_event(", self, ["timestamp"], indent=4),
        )

    def method(self) -> MethodView:
        """The method of the emitter."""
        return MethodView(
            signature(self.py_name, ["self", *self.parameters], "None", indent=4),
            docstring(f"Emit `{self.event.name}`, now.", indent=8),
            self.emit(),
        )

    def emit(self) -> str:
        """The call that emits."""
        if self.event.data is None:
            return f"self._emit({self.constant})"
        return _fitted("self._emit(", self, [], indent=8)


def _fitted(head: str, event: _Event, more: list[str], *, indent: int) -> str:
    """``head(constant, data, ...)``: the data on the line of the call if all of it fits."""
    line = call(head, [event.constant, event.data(-1000), *more], indent=indent)
    if "\n" not in line:
        return line
    return exploded(head, [event.constant, event.data(indent + 4), *more], indent=indent)
