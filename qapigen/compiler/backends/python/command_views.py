"""Commands as the commands template sees them.

In: the commands of one schema module.  Out: a handler class with a typed method for each, and
what the registry has to know.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...ir import BUILTINS, Command, Feature, InlineMembers, Member, Schema, TypeRef
from ...passes.members import data_members
from .annotations import Scope
from .documentation import Documentation
from .names import Names
from .text import call, docstring, signature, string, thunk, tuple_of

__all__ = [
    "CommandsView",
    "MethodView",
    "commands_view",
    "features_argument",
    "parameter_names",
    "parameters",
    "spec_visit",
]


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
A method may be an ordinary or an ``async`` one.  What it raises as QapiError
becomes the error reply.  Arguments are checked before it is called; absent
optional ones are None."""


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
    """Keyword parameters for members, with the star before them; none for no members.

    ``used`` are names that the body needs for itself.
    """
    found = []
    for member, (_, name) in zip(members, parameter_names(names, members, used), strict=True):
        annotation = scope.annotation(member.type, optional=member.optional)
        default = " = None" if member.optional else ""
        found.append(f"{name}: {annotation}{default}")
    return ["*", *found] if found else []


def parameter_names(
    names: Names, members: Sequence[Member], used: Sequence[str] = ()
) -> list[tuple[str, str]]:
    """For each member the attribute of its class and the parameter of a function."""
    wire, classes = [m.name for m in members], _class_names(names, members)
    attributes = names.members(wire, classes)
    given = names.members(wire, [*classes, *used])
    return [(attributes[name], given[name]) for name in wire]


def _class_names(names: Names, members: Sequence[Member]) -> list[str]:
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
        own = names.data.get(("command", command.name))
        arguments.append(spec_visit(scope, "visit_arguments", data, own, indent=8))
    if command.gen and command.returns is not None:
        arguments.append(spec_visit(scope, "visit_returns", command.returns, indent=8))
    flags = {"allow_oob": False, "allow_preconfig": False, "success_response": True}
    for flag, default in {**flags, "coroutine": False}.items():
        if getattr(command, flag) is not default:
            arguments.append(f"{flag}={not default}")
    arguments += features_argument(command.features, indent=8)
    return call("CommandSpec(", arguments, indent=4, after=1)


def features_argument(features: Sequence[Feature], *, indent: int) -> list[str]:
    """``features=("a", "b")``; nothing for none."""
    if not features:
        return []
    listed = [string(feature.name) for feature in features]
    tail = ",)" if len(listed) == 1 else ")"
    return [call("features=(", listed, tail, indent=indent, after=1)]


def _style(command: Command) -> str:
    if not command.gen:
        return "RAW"
    if command.data is None:
        return "NONE"
    return "BOXED" if command.boxed else "KEYWORDS"


def spec_visit(
    scope: Scope,
    target: str,
    data: TypeRef | str | InlineMembers,
    own: str | None = None,
    *,
    indent: int,
) -> str:
    """``target=visit_X``, without loading another schema module's functions.

    ``own`` is the class of members that are written in place.
    """
    if isinstance(data, InlineMembers):
        function = f"visit_{own}"
        scope.local_visits.add(function)
        return f"{target}={function}"
    ref = TypeRef(data) if isinstance(data, str) else data
    function = scope.visit(ref)
    if function.startswith("visit."):
        return thunk(target, function, indent=indent)
    if scope.names.module_of(ref.name) is not None:  # a built-in type's is the runtime's
        scope.local_visits.add(function)
    return f"{target}={function}"
