"""Commands and events as the client template sees them.

In: the commands and events of one schema module.  Out: two classes with a typed method for each
command, one for asyncio and one that blocks, and a class for each event.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...ir import Command, Event, InlineMembers, TypeRef, is_deprecated
from ...passes.members import data_members
from .annotations import Scope
from .command_views import MethodView, parameters, spec_visit
from .package import Package
from .text import call, docstring, exploded, string

__all__ = ["ClientView", "CommandsView", "EventView", "client_view"]

#: Commands that take file descriptors along with their arguments (QMP, transport).
_TAKE_DESCRIPTORS = frozenset(("add-fd", "getfd"))

#: Parameters that are no members, with what they are.
_OPTIONS = {
    "timeout": "timeout: float | None = None",
    "oob": "oob: bool = False",
    "fds": "fds: Iterable[int] = ()",
}


@dataclass(frozen=True, slots=True)
class CommandsView:
    """The methods for the commands of a module, for one way to wait."""

    py_name: str
    base: str
    doc: str
    methods: tuple[MethodView, ...]


@dataclass(frozen=True, slots=True)
class EventView:
    """The class for an event; its head may be several lines."""

    head: str
    doc: str
    data: str


@dataclass(frozen=True, slots=True)
class ClientView:
    """What a client can do with a schema module; ``descriptors``: whether it sends such."""

    classes: tuple[CommandsView, ...]
    events: tuple[EventView, ...]
    descriptors: bool


def client_view(
    package: Package, scope: Scope, commands: Sequence[Command], events: Sequence[Event]
) -> ClientView:
    """The view for what the schema module of ``scope`` has of commands and events."""
    classes: list[CommandsView] = []
    if commands:
        doc = docstring(f"Executes the commands of {commands[0].module}.", indent=4)
        build = [_Method(package, scope, command) for command in commands]
        for mode, prefix in (("aio", "Async"), ("blocking", "Blocking")):
            base = f"{prefix}TypedClient"
            scope.use(f"typed.{mode}", base)
            methods = tuple(each.view(waits=mode == "aio") for each in build)
            classes.append(CommandsView(f"{prefix}Commands", base, doc, methods))
    found = tuple(_event(package, scope, event) for event in events)
    descriptors = any(command.name in _TAKE_DESCRIPTORS for command in commands)
    return ClientView(tuple(classes), found, descriptors)


class _Method:
    """The method for one command: what it is given, and how it executes the command."""

    def __init__(self, package: Package, scope: Scope, command: Command) -> None:
        self.package = package
        self.names = package.names
        self.scope = scope
        self.command = command
        self.members = () if command.boxed else data_members(package.schema, command.data)
        self.options = ["timeout"]
        if command.allow_oob:
            self.options.append("oob")
        if command.name in _TAKE_DESCRIPTORS:
            self.options.append("fds")
        self.returns = self._returns()
        self.visits = self._visits()
        self.parameters = self._parameters()

    def view(self, *, waits: bool) -> MethodView:
        """The method for clients that wait in asyncio's way, or for those that block."""
        name = self.names.client_methods[self.command.name]
        head = f"async def {name}(" if waits else f"def {name}("
        mark = ""
        if is_deprecated(self.command.features):
            told = self.scope.deprecation("command", self.command.name)
            mark = call("@_deprecated(", [told], indent=4) + "\n    "
        return MethodView(
            mark + call(head, ["self", *self.parameters], f") -> {self.returns}:", indent=4),
            self.package.docs.action_docstring(self.command, indent=8),
            self._line("await " if waits else ""),
        )

    def _returns(self) -> str:
        command = self.command
        if not command.gen:
            self.scope.typing.add("Any")
            return "Any"
        return self.scope.annotation(command.returns) if command.returns else "None"

    def _visits(self) -> list[str]:
        """The visit functions for the answer and the arguments, where there are any."""
        command, found = self.command, []
        if not command.gen:
            return []
        if command.returns is not None:
            found.append(self._visit(command.returns))
        if isinstance(command.data, InlineMembers):
            function = f"visit_{self._data()}"
            self.scope.local_visits.add(function)
            found.append(function)
        elif command.data is not None:
            found.append(self._visit(TypeRef(command.data)))
        return found

    def _visit(self, ref: TypeRef) -> str:
        function = self.scope.visit(ref)
        # A built-in type's is the runtime's, and that of another module is looked up there.
        if not function.startswith("visit.") and self.names.module_of(ref.name) is not None:
            self.scope.local_visits.add(function)
        return function

    def _parameters(self) -> list[str]:
        """What the method is given besides ``self``."""
        options = [_OPTIONS[option] for option in self.options]
        if not self.command.gen:
            return ["arguments: dict[str, Any]", "/", "*", *options]
        if self.command.boxed:
            assert isinstance(self.command.data, str)
            return [
                f"arguments: {self.scope.annotation(TypeRef(self.command.data))}",
                *("/", "*"),
                *options,
            ]
        self.given = self.names.arguments(self.members, self._used())
        own = parameters(self.scope, self.members, self.given)
        return [*(own or ["*"]), *options]

    def _used(self) -> list[str]:
        """What the method names besides its parameters for members."""
        names = [*self.options, *self.visits]
        if self.members:
            names.append(self._class())
        return [name.partition(".")[0] for name in names]

    def _data(self) -> str:
        """The class of the arguments."""
        data = self.command.data
        if isinstance(data, InlineMembers):
            return self.names.data["command", self.command.name]
        assert data is not None
        return self.names.types[data]

    def _class(self) -> str:
        return self.scope.constructor(self._data(), self.command.data)

    def _line(self, wait: str) -> str:
        """The statement that executes the command."""
        command = self.command
        options = [f"{option}={option}" for option in self.options]
        if not command.success_response:
            options.append("success_response=False")
        if not command.gen:
            head, first = "_raw(", ["arguments"]
        else:
            head = "_tell(" if command.returns is None else "_ask("
            first = self.visits
        before = "" if command.gen and command.returns is None else "return "
        after = ""
        if command.gen and self._returns_many_classes():
            before, after = "_answer = ", "\n        return _answer"
        head, name = f"{before}{wait}self.{head}", string(command.name)
        given = self._given(-1000)
        line = call(head, [name, *first, *given, *options], indent=8)
        if "\n" in line:
            line = exploded(head, [name, *first, *self._given(12), *options], indent=8)
        return line + after

    def _returns_many_classes(self) -> bool:
        """Whether the answer goes into a variable, of which pyright expects nothing."""
        returns = self.command.returns
        if returns is None or returns.is_array:
            return False
        return self.package.has_many_classes(returns.name)

    def _given(self, indent: int) -> list[str]:
        """The arguments in their type, if there are any."""
        if not self.command.gen or self.command.data is None:
            return []
        if self.command.boxed:
            return ["arguments"]
        attributes = self.names.attributes(self._data(), self.members)
        pairs = [f"{attributes[name]}={given}" for name, given in self.given.items()]
        return [call(f"{self._class()}(", pairs, indent=indent, after=1)]


def _event(package: Package, scope: Scope, event: Event) -> EventView:
    """The class for an event."""
    scope.use("typed.events", "TypedEvent")
    names, data = package.names, event.data
    arguments = ["TypedEvent", f"name={string(event.name)}"]
    annotation = "None"
    if isinstance(data, InlineMembers):
        annotation = names.data["event", event.name]
        scope.annotated.setdefault(scope.module, set()).add(annotation)
        arguments.append(spec_visit(scope, "visit", data, annotation, indent=4))
    elif data is not None:
        annotation = scope.annotation(TypeRef(data))
        arguments.append(spec_visit(scope, "visit", data, indent=4))
    return EventView(
        call(f"class {names.event_classes[event.name]}(", arguments, "):"),
        package.docs.action_docstring(event, indent=4),
        f"data: {annotation}",
    )
