"""From a command to its reply: which handler serves it, its arguments, its answer.

In: specifications of commands, handler objects, parsed requests.  Out: reply messages.
Must not know: JSON text, connections, event loops.

A handler object has one method per command that it serves.  Methods that generated base
classes only declare are marked with :func:`unserved`; overriding one serves the command.
"""

from __future__ import annotations

import enum
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias, TypeGuard, TypeVar, cast

from .errors import COMMAND_NOT_FOUND, QapiError, VisitError, cut, did_you_mean
from .messages import Command, error_reply, parse_command, request_id, return_reply
from .specs import LazySpecs
from .visit import VisitFunction, from_wire, to_wire, visit_any
from .visit.refusals import unexpected

__all__ = [
    "Answer",
    "ArgumentsStyle",
    "BoundCommand",
    "CommandPolicy",
    "CommandSpec",
    "LazySpecs",
    "Registry",
    "Reply",
    "is_awaitable",
    "not_out_of_band",
    "not_served",
    "unserved",
]

F = TypeVar("F", bound=Callable[..., object])
R = TypeVar("R")

#: What a handler gives: the answer, or an awaitable of it.
Answer: TypeAlias = R | Awaitable[R]

#: What a dispatch gives: a reply message, None where a success has none.
Reply: TypeAlias = dict[str, object] | None

_UNSERVED = "__qapi_unserved__"


class ArgumentsStyle(enum.Enum):
    """How a handler takes the arguments of a command."""

    NONE = "none"
    """There are none."""
    KEYWORDS = "keywords"
    """Each member is a keyword by its Python name, None where it is absent."""
    BOXED = "boxed"
    """One positional object of the arguments' type."""
    RAW = "raw"
    """One positional dict, unchecked; the answer is plain JSON data (``gen: false``)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandSpec:
    """A command of the schema; the options are those of the schema language."""

    name: str
    method: str
    arguments: ArgumentsStyle = ArgumentsStyle.NONE
    visit_arguments: VisitFunction[Any] | None = None
    visit_returns: VisitFunction[Any] | None = None
    allow_oob: bool = False
    allow_preconfig: bool = False
    success_response: bool = True
    coroutine: bool = False
    features: tuple[str, ...] = ()


class CommandPolicy(Protocol):
    """What a connection lets pass, besides what the schema says (QMP, compatibility policies)."""

    def check_command(self, spec: CommandSpec, /) -> None:
        """Raise :class:`QapiError` if the command must not be used."""
        ...

    def check_arguments(self, spec: CommandSpec, arguments: dict[str, object], /) -> None:
        """Raise :class:`QapiError` if an argument must not be used; it may be any JSON value."""
        ...

    def shown_answer(self, spec: CommandSpec, answer: object, /) -> object:
        """The JSON form of an answer without what must not be shown."""
        ...


def unserved(method: F) -> F:
    """Mark a method of a generated base class: it declares a command and does not serve it."""
    setattr(method, _UNSERVED, True)
    return method


def not_served(name: str) -> QapiError:
    """The error of a command that nobody serves: a CommandNotFound."""
    return QapiError(f"command {cut(name)!a} is not known here", COMMAND_NOT_FOUND)


@dataclass(frozen=True, slots=True)
class BoundCommand:
    """A command together with the method that serves it."""

    spec: CommandSpec
    handler: Callable[..., object]

    def check_allowed(self, *, oob: bool, preconfig: bool) -> None:
        """Raise :class:`QapiError` if the command may not run in this way or at this time."""
        if oob and not self.spec.allow_oob:
            raise not_out_of_band(self.spec.name)
        if preconfig and not self.spec.allow_preconfig:
            text = f"command '{self.spec.name}' has to wait until the machine is initialized"
            raise QapiError(text)

    def call(self, arguments: dict[str, object], policy: CommandPolicy | None = None) -> object:
        """Check all arguments, then call the handler; its answer may be an awaitable.

        Raises :class:`QapiError` before anything was done, and what the handler raises.
        """
        style, visit = self.spec.arguments, self.spec.visit_arguments
        if style is ArgumentsStyle.RAW:
            return self.handler(arguments)
        if visit is None:
            if arguments:
                _refuse(arguments)
            return self.handler()
        if policy is not None:  # first: what must not be used must not be used wrongly, either
            policy.check_arguments(self.spec, arguments)
        typed: Any = from_wire(visit, arguments, "arguments")
        if style is ArgumentsStyle.BOXED:
            return self.handler(typed)
        return self.handler(**{name: getattr(typed, name) for name in typed.__dataclass_fields__})

    def answer(self, result: object, policy: CommandPolicy | None = None) -> object:
        """The JSON form of the handler's answer.

        Raises a GenericError for an answer that breaks the schema; the log has the details.
        """
        visit = self.spec.visit_returns
        if self.spec.arguments is ArgumentsStyle.RAW:
            visit = visit_any if result is not None else None
        if visit is None:
            return {}
        try:
            wire = to_wire(visit, result, "return")
        except VisitError as error:
            _log_failure(self.spec.name, error)
            text = f"command '{self.spec.name}' gave an answer that breaks the schema"
            raise QapiError(f"{text} ({error.desc})") from error
        return wire if policy is None else policy.shown_answer(self.spec, wire)


class Registry:
    """The commands that a server serves, and the way from a request to its reply.

    ``specs`` may be lazy: one specification is looked up per command.  If several handlers
    have a method for a command, the first one serves it.
    """

    def __init__(self, specs: Mapping[str, CommandSpec], handlers: Sequence[object]) -> None:
        self._specs = specs
        self._handlers = tuple(handlers)
        self._bound: dict[str, BoundCommand] = {}
        self._disabled: dict[str, str] = {}  # with the reason, which may be empty

    def names(self) -> list[str]:
        """The commands that are served and enabled, in the order of the schema."""
        return [name for name in self._specs if self.is_enabled(name) and self._bind(name)]

    def disable(self, name: str, reason: str = "") -> None:
        """Answer a command with CommandNotFound from now on; ``reason`` is told as well."""
        self._disabled[name] = reason

    def enable(self, name: str) -> None:
        """Take back :meth:`disable`."""
        self._disabled.pop(name, None)

    def is_enabled(self, name: str) -> bool:
        """Whether a command is not disabled; that it exists is not said."""
        return name not in self._disabled

    def find(self, name: str, policy: CommandPolicy | None = None) -> BoundCommand:
        """The command of that name; CommandNotFound if there is none or nobody serves it.

        The error names a near one, of those that are served and that ``policy`` lets pass.
        """
        bound = self._bound.get(name) or self._bind(name)
        if bound is None:
            error = not_served(name)
            others = (each for each in self._specs if each != name)
            near = did_you_mean(name, others, offered=lambda each: self._offers(each, policy))
            raise QapiError(error.desc + near, error.error_class)
        return bound

    def _offers(self, name: str, policy: CommandPolicy | None) -> bool:
        bound = self._bind(name) if self.is_enabled(name) else None
        if bound is None:
            return False
        try:
            if policy is not None:
                policy.check_command(bound.spec)
        except QapiError:
            return False
        return True

    def _bind(self, name: str) -> BoundCommand | None:
        if name not in self._specs:
            return None
        spec = self._specs[name]
        for handler in self._handlers:
            method = getattr(handler, spec.method, None)
            if callable(method) and not getattr(method, _UNSERVED, False):
                return self._bound.setdefault(name, BoundCommand(spec, method))
        return None

    def dispatch(
        self, request: object, *, oob_enabled: bool = False, preconfig: bool = False
    ) -> Reply:
        """Execute a parsed request and give its reply; None where success has no reply.

        Whatever the request is or the handler raises becomes an error reply; only
        BaseExceptions such as KeyboardInterrupt pass.  A handler that is a coroutine is not
        run: the reply is an error.
        """
        try:
            command = parse_command(request, oob_enabled=oob_enabled)
        except QapiError as error:
            return error_reply(error, request_id(request))
        try:
            bound, result = self._start(command, preconfig, None)
            if is_awaitable(result):
                raise _unawaited(bound.spec.name, result)
            return _success(bound, result, command, None)
        except Exception as error:  # noqa: BLE001 - a bug of one handler is one reply
            return _failure(error, command)

    async def dispatch_async(
        self, request: object, *, oob_enabled: bool = False, preconfig: bool = False
    ) -> Reply:
        """The same for handlers of either kind; an awaitable answer is awaited."""
        try:
            command = parse_command(request, oob_enabled=oob_enabled)
        except QapiError as error:
            return error_reply(error, request_id(request))
        reply = self.execute(command, preconfig=preconfig)
        if is_awaitable(reply):
            return cast("Reply", await reply)
        return cast("Reply", reply)

    def execute(
        self, command: Command, *, preconfig: bool = False, policy: CommandPolicy | None = None
    ) -> Answer[Reply]:
        """Execute a command object: its reply, or an awaitable of it if the handler has to wait.

        Checks come in the order that QMP lays down; like :meth:`dispatch`, this raises only
        BaseExceptions.
        """
        try:
            bound, result = self._start(command, preconfig, policy)
            if is_awaitable(result):
                return _finish(bound, result, command, policy)
            return _success(bound, result, command, policy)
        except Exception as error:  # noqa: BLE001 - a bug of one handler is one reply
            return _failure(error, command)

    def _start(
        self, command: Command, preconfig: bool, policy: CommandPolicy | None
    ) -> tuple[BoundCommand, object]:
        """Make all checks of QMP's order from the command's name on, then call the handler."""
        bound = self.find(command.name, policy)
        if policy is not None:
            policy.check_command(bound.spec)
        if self._disabled and command.name in self._disabled:
            raise _disabled(command.name, self._disabled[command.name])
        if command.oob or preconfig:
            bound.check_allowed(oob=command.oob, preconfig=preconfig)
        return bound, bound.call(command.arguments, policy)


def not_out_of_band(name: str) -> QapiError:
    """The error of a command that came as ``exec-oob`` and does not allow that."""
    return QapiError(f"command '{name}' cannot be executed out of band")


def is_awaitable(result: object) -> TypeGuard[Awaitable[Any]]:
    """Whether a handler gave something that has to be waited for."""
    return hasattr(type(result), "__await__")


def _refuse(arguments: dict[str, object]) -> None:
    error = unexpected(next(iter(arguments)), ())
    error.prefix("arguments")
    raise error


def _disabled(name: str, reason: str) -> QapiError:
    because = f": {reason}" if reason else ""
    return QapiError(f"command {cut(name)!a} has been disabled{because}", COMMAND_NOT_FOUND)


def _success(
    bound: BoundCommand, result: object, command: Command, policy: CommandPolicy | None
) -> Reply:
    wire = bound.answer(result, policy)
    return return_reply(wire, command.id) if bound.spec.success_response else None


async def _finish(
    bound: BoundCommand,
    result: Awaitable[object],
    command: Command,
    policy: CommandPolicy | None,
) -> Reply:
    try:
        return _success(bound, await result, command, policy)
    except Exception as error:  # noqa: BLE001 - a bug of one handler is one reply
        return _failure(error, command)


def _failure(error: Exception, command: Command) -> dict[str, object]:
    if not isinstance(error, QapiError):
        _log_failure(command.name, error)
        # What went wrong inside is for the log, not for the peer.
        error = QapiError(f"command {cut(command.name)!a} failed: internal error")
    return error_reply(error, command.id)


def _unawaited(name: str, result: object) -> QapiError:
    """The error of a coroutine handler that nobody can wait for; the coroutine never runs."""
    close = getattr(result, "close", None) or getattr(result, "cancel", None)
    if close is not None:
        close()  # else Python warns that it was never awaited
    error = QapiError(f"command '{name}' needs a server that waits for its handlers")
    _log_failure(name, error)
    return error


def _log_failure(name: str, error: Exception) -> None:
    import logging  # slow to import, and most programs never fail here

    logger = logging.getLogger("qapigen.runtime")
    logger.error("handler of command '%s' failed", name, exc_info=error)
