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
from typing import Any, TypeAlias, TypeGuard, TypeVar

from .errors import COMMAND_NOT_FOUND, QapiError, VisitError, cut, did_you_mean
from .messages import error_reply, parse_command, request_id, return_reply
from .specs import LazySpecs
from .visit import VisitFunction, from_wire, to_wire, visit_any
from .visit.refusals import unexpected

__all__ = [
    "Answer",
    "ArgumentsStyle",
    "BoundCommand",
    "CommandSpec",
    "LazySpecs",
    "Registry",
    "not_served",
    "unserved",
]

F = TypeVar("F", bound=Callable[..., object])
R = TypeVar("R")

#: What a handler gives: the answer, or an awaitable of it.
Answer: TypeAlias = R | Awaitable[R]

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
            raise QapiError(f"command '{self.spec.name}' cannot be executed out of band")
        if preconfig and not self.spec.allow_preconfig:
            text = f"command '{self.spec.name}' has to wait until the machine is initialized"
            raise QapiError(text)

    def call(self, arguments: dict[str, object]) -> object:
        """Check all arguments, then call the handler; its answer may be an awaitable.

        Raises :class:`VisitError` before anything was done, and what the handler raises.
        """
        style, visit = self.spec.arguments, self.spec.visit_arguments
        if style is ArgumentsStyle.RAW:
            return self.handler(arguments)
        if visit is None:
            _check_empty(arguments)
            return self.handler()
        typed: Any = from_wire(visit, arguments, "arguments")
        if style is ArgumentsStyle.BOXED:
            return self.handler(typed)
        return self.handler(**{name: getattr(typed, name) for name in typed.__dataclass_fields__})

    def answer(self, result: object) -> object:
        """The JSON form of the handler's answer.

        Raises a GenericError for an answer that breaks the schema; the log has the details.
        """
        visit = self.spec.visit_returns
        if self.spec.arguments is ArgumentsStyle.RAW:
            visit = visit_any if result is not None else None
        if visit is None:
            return {}
        try:
            return to_wire(visit, result, "return")
        except VisitError as error:
            _log_failure(self.spec.name, error)
            text = f"command '{self.spec.name}' gave an answer that breaks the schema"
            raise QapiError(f"{text} ({error.desc})") from error


class Registry:
    """The commands that a server serves, and the way from a request to its reply.

    ``specs`` may be lazy: one specification is looked up per command.  If several handlers
    have a method for a command, the first one serves it.
    """

    def __init__(self, specs: Mapping[str, CommandSpec], handlers: Sequence[object]) -> None:
        self._specs = specs
        self._handlers = tuple(handlers)
        self._bound: dict[str, BoundCommand] = {}

    def names(self) -> list[str]:
        """The commands that are served, in the order of the schema."""
        return [name for name in self._specs if self._bind(name) is not None]

    def find(self, name: str) -> BoundCommand:
        """The command of that name; CommandNotFound if there is none or nobody serves it."""
        bound = self._bound.get(name) or self._bind(name)
        if bound is None:
            error = not_served(name)
            near = did_you_mean(name, (each for each in self._specs if each != name))
            raise QapiError(error.desc + near, error.error_class)
        return bound

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
    ) -> dict[str, object] | None:
        """Execute a parsed request and give its reply; None where success has no reply.

        Whatever the request is or the handler raises becomes an error reply; only
        BaseExceptions such as KeyboardInterrupt pass.  A handler that is a coroutine is not
        run: the reply is an error.
        """
        try:
            bound, result = self._start(request, oob_enabled, preconfig)
            if _is_awaitable(result):
                raise _unawaited(bound.spec.name, result)
            return _success(bound, result, request)
        except Exception as error:  # noqa: BLE001 - a bug of one handler is one reply
            return _failure(error, request)

    async def dispatch_async(
        self, request: object, *, oob_enabled: bool = False, preconfig: bool = False
    ) -> dict[str, object] | None:
        """The same for handlers of either kind; an awaitable answer is awaited."""
        try:
            bound, result = self._start(request, oob_enabled, preconfig)
            if _is_awaitable(result):
                result = await result
            return _success(bound, result, request)
        except Exception as error:  # noqa: BLE001 - a bug of one handler is one reply
            return _failure(error, request)

    def _start(
        self, request: object, oob_enabled: bool, preconfig: bool
    ) -> tuple[BoundCommand, object]:
        """Check a request in the order that QMP lays down, then call the handler."""
        command = parse_command(request, oob_enabled=oob_enabled)
        bound = self.find(command.name)
        bound.check_allowed(oob=command.oob, preconfig=preconfig)
        return bound, bound.call(command.arguments)


def _check_empty(arguments: dict[str, object]) -> None:
    for name in arguments:
        error = unexpected(name, ())
        error.prefix("arguments")
        raise error


def _success(bound: BoundCommand, result: object, request: object) -> dict[str, object] | None:
    wire = bound.answer(result)
    return return_reply(wire, request_id(request)) if bound.spec.success_response else None


def _failure(error: Exception, request: object) -> dict[str, object]:
    if not isinstance(error, QapiError):
        name = request.get("execute", request.get("exec-oob")) if isinstance(request, dict) else ""
        _log_failure(str(name), error)
        # What went wrong inside is for the log, not for the peer.
        error = QapiError(f"command '{name}' failed: internal error")
    return error_reply(error, request_id(request))


def _is_awaitable(result: object) -> TypeGuard[Awaitable[object]]:
    return hasattr(type(result), "__await__")


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
