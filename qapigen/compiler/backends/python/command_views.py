"""Commands as the commands template sees them.

In: the commands of one schema module.  Out: a handler class with a typed method for each, and
what the registry has to know.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ...ir import Command, Feature, InlineMembers, Member, TypeRef
from ...passes.members import data_members
from .annotations import Scope
from .names import Names
from .package import Package
from .text import call, deferred, docstring, signature, string, tuple_of

__all__ = [
    "CommandsView",
    "MethodView",
    "commands_view",
    "features_argument",
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


def commands_view(package: Package, scope: Scope, commands: Sequence[Command]) -> CommandsView:
    """The view for ``commands``, which are those of the schema module of ``scope``."""
    for name in ("ArgumentsStyle", "CommandSpec", "Answer", "not_served", "unserved"):
        scope.use("commands", name)
    methods = tuple(_method(package, scope, command) for command in commands)
    specs = [_spec(package.names, scope, command) for command in commands]
    doc = f"Handlers for the commands of {commands[0].module}: override those you serve."
    return CommandsView(
        package.names.handlers[commands[0].module],
        docstring(f"{doc}\n\n{_HANDLING}", indent=4),
        methods,
        tuple_of("COMMANDS: Final[tuple[CommandSpec, ...]]", specs),
    )


_HANDLING = """\
A method may be an ordinary or an ``async`` one.  What it raises as QapiError
becomes the error reply.  Arguments are checked before it is called; absent
optional ones are None."""


def _method(package: Package, scope: Scope, command: Command) -> MethodView:
    if not command.gen:
        scope.typing.add("Any")
        own = ["arguments: dict[str, Any]", "/"]
    elif command.boxed:
        assert isinstance(command.data, str)
        own = [f"arguments: {scope.annotation(TypeRef(command.data))}", "/"]
    else:
        members = data_members(package.schema, command.data)
        own = parameters(scope, members, package.names.arguments(members))
    return MethodView(
        signature(
            package.names.commands[command.name],
            ["self", *own],
            f"Answer[{_result(scope, command)}]",
            indent=4,
        ),
        package.docs.action_docstring(command, indent=8),
        call("raise not_served(", [string(command.name)], indent=8),
    )


def parameters(scope: Scope, members: Sequence[Member], given: Mapping[str, str]) -> list[str]:
    """Keyword parameters for members, with the star before them; none for no members.

    ``given`` are the names of the parameters.
    """
    found = []
    for member in members:
        annotation = scope.annotation(member.type, optional=member.may_be_absent)
        default = " = None" if member.may_be_absent else ""
        found.append(f"{given[member.name]}: {annotation}{default}")
    return ["*", *found] if found else []


def _result(scope: Scope, command: Command) -> str:
    if not command.gen:
        return "Any"
    return scope.annotation(command.returns) if command.returns else "None"


#: What can be said about a command, with the values that need no mention.
_FLAGS = {
    "allow_oob": False,
    "allow_preconfig": False,
    "success_response": True,
    "coroutine": False,
}


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
    for flag, default in _FLAGS.items():
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
        scope.use("visit", "DeferredVisit")
        return deferred(target, function, indent=indent)
    if scope.names.module_of(ref.name) is not None:  # a built-in type's is the runtime's
        scope.local_visits.add(function)
    return f"{target}={function}"
