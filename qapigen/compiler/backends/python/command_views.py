"""Commands as the commands template sees them.

In: the commands of one schema module.  Out: a handler class with a typed method for each, and
what the registry has to know.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...ir import BUILTINS, Command, InlineMembers, Member, Schema, TypeRef
from ...passes.members import data_members
from .annotations import Scope
from .documentation import Documentation
from .names import Names
from .text import call, docstring, signature, string, tuple_of

__all__ = ["CommandsView", "MethodView", "commands_view", "parameters", "spec_visit"]


@dataclass(frozen=True, slots=True)
class MethodView:
    """A method or function of one statement."""

    signature: str
    doc: str
    line: str


@dataclass(frozen=True, slots=True)
class CommandsView:
    """The handlers for the commands of a module, and the table of the commands."""

    py_name: str
    doc: str
    methods: tuple[MethodView, ...]
    specs: str


def commands_view(
    schema: Schema, names: Names, docs: Documentation, scope: Scope, commands: Sequence[Command]
) -> CommandsView:
    """The view for the commands of the schema module of ``scope``."""
    for name in ("ArgumentsStyle", "CommandSpec", "Answer", "not_served", "unserved"):
        scope.use("commands", name)
    methods = tuple(_method(schema, names, docs, scope, command) for command in commands)
    specs = [_spec(names, scope, command) for command in commands]
    doc = f"Handlers for the commands of {commands[0].module}: override those you serve."
    return CommandsView(
        names.handlers[commands[0].module],
        docstring(f"{doc}\n\n{_HANDLING}", indent=4),
        methods,
        tuple_of("COMMANDS: Final", specs),
    )


_HANDLING = """\
A method may be an ordinary or an ``async`` one.  What it raises as QapiError becomes the
error reply.  Arguments are checked before it is called; absent optional ones are None."""


def _method(
    schema: Schema, names: Names, docs: Documentation, scope: Scope, command: Command
) -> MethodView:
    if not command.gen:
        scope.typing.add("Any")
        own = ["arguments: dict[str, Any]", "/"]
    elif command.boxed:
        assert isinstance(command.data, str)
        own = [f"arguments: {scope.annotation(TypeRef(command.data))}", "/"]
    else:
        own = parameters(scope, names, data_members(schema, command.data))
    return MethodView(
        signature(
            names.commands[command.name],
            ["self", *own],
            f"Answer[{_result(scope, command)}]",
            indent=4,
        ),
        docstring(docs.action(command), indent=8),
        call("raise not_served(", [string(command.name)], indent=8),
    )


def parameters(
    scope: Scope, names: Names, members: Sequence[Member], used: Sequence[str] = ()
) -> list[str]:
    """Keyword parameters for members, with the star before them; none for no members."""
    attributes = names.members([m.name for m in members], class_names(names, members))
    found = []
    for member in members:
        name = attributes[member.name]
        annotation = scope.annotation(member.type, optional=member.optional)
        default = " = None" if member.optional else ""
        found.append(f"{name}{'_' if name in used else ''}: {annotation}{default}")
    return ["*", *found] if found else []


def class_names(names: Names, members: Sequence[Member]) -> list[str]:
    """The classes that the annotations of members use."""
    return [names.types[m.type.name] for m in members if m.type.name not in BUILTINS]


def _result(scope: Scope, command: Command) -> str:
    if not command.gen:
        return "Any"
    return scope.annotation(command.returns) if command.returns else "None"


def _spec(names: Names, scope: Scope, command: Command) -> str:
    """``CommandSpec(...)``; what has its default is left out."""
    arguments = [
        f"name={string(command.name)}",
        f"method={string(names.commands[command.name])}",
        f"arguments=ArgumentsStyle.{_style(command)}",
    ]
    data = command.data
    if command.gen and data is not None:
        function = (
            f"visit_{names.data['command', command.name]}"
            if isinstance(data, InlineMembers)
            else spec_visit(scope, TypeRef(data))
        )
        arguments.append(f"visit_arguments={function}")
        if isinstance(data, InlineMembers):
            scope.local_visits.add(function)
    if command.gen and command.returns is not None:
        arguments.append(f"visit_returns={spec_visit(scope, command.returns)}")
    flags = {"allow_oob": False, "allow_preconfig": False, "success_response": True}
    for flag, default in {**flags, "coroutine": False}.items():
        if getattr(command, flag) is not default:
            arguments.append(f"{flag}={not default}")
    if command.features:
        listed = ", ".join(string(f.name) for f in command.features)
        comma = "," if len(command.features) == 1 else ""
        arguments.append(f"features=({listed}{comma})")
    return call("CommandSpec(", arguments, indent=4)


def _style(command: Command) -> str:
    if not command.gen:
        return "RAW"
    if command.data is None:
        return "NONE"
    return "BOXED" if command.boxed else "KEYWORDS"


def spec_visit(scope: Scope, ref: TypeRef) -> str:
    """The visit function for a type, without loading another schema module's functions."""
    function = scope.visit(ref)
    if function.startswith("visit."):
        return f"lambda *of: {function}(*of)"
    if scope.names.module_of(ref.name) is None:
        return function  # a built-in type's, from the runtime
    scope.local_visits.add(function)
    return function


