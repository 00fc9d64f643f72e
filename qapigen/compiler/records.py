"""Frozen data classes that are quick to define and quick to make.

In: classes with annotations.  Out: what ``@dataclass(frozen=True, slots=True)`` makes of them.
Must not know: what they are for.

Type checkers see the decorator of :mod:`dataclasses` itself.  At run time that one would compile
seven functions for each class, which is a third of the start of a command, and fill each new
object by way of a function that gets round its own lock.  Here only ``__init__`` is compiled.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import TYPE_CHECKING, Any, cast

__all__ = ["record"]

if TYPE_CHECKING:
    from dataclasses import dataclass as record
else:

    def record(*, frozen: bool, slots: bool, kw_only: bool = False) -> Callable[[type], type]:
        """The decorator; both flags have to be true, and stand there for type checkers."""
        assert frozen
        assert slots
        return lambda cls: _record(cls, kw_only)


_REQUIRED: Any = object()


def _record(cls: type, kw_only: bool) -> type:
    """The class once more, with slots, methods and a lock."""
    body = dict(cls.__dict__)
    own = {name: body.pop(name, _REQUIRED) for name in body.get("__annotations__", ())}
    inherited: dict[str, Any] = getattr(cls, "_defaults", {})
    defaults = inherited | own
    body = {name: value for name, value in body.items() if name not in _NO_SLOTS}
    body["__slots__"] = tuple(name for name in own if name not in inherited)
    body["__match_args__"] = () if kw_only else tuple(defaults)
    body["_defaults"] = defaults
    body["__dataclass_fields__"] = _Fields(kw_only)
    made: Any = type(cls)(cls.__name__, cls.__bases__, _METHODS | body)
    made._values = staticmethod(_getter(tuple(defaults)))
    made.__init__ = _initializer(made, defaults, kw_only)
    return cast("type", made)


_NO_SLOTS = ("__dict__", "__weakref__")


def _getter(names: tuple[str, ...]) -> Callable[[Any], Any]:
    """All values of a node, as one that can be compared and hashed."""
    return attrgetter(*names) if names else lambda node: ()


def _initializer(cls: type, defaults: Mapping[str, Any], kw_only: bool) -> Any:
    """A constructor.

    While it works, the new object belongs to a class without a lock: plain assignments take a
    third of the time that the way round a lock takes.
    """
    opened = {"__setattr__": object.__setattr__, "__delattr__": object.__delattr__}
    names: dict[str, Any] = {
        "locked": cls,
        "opened": type(cls)(cls.__name__, (cls,), {"__slots__": (), **opened}),
        "open_it": object.__setattr__,
        "defaults": defaults,
    }
    parameters = [
        name if value is _REQUIRED else f"{name}=defaults[{name!r}]"
        for name, value in defaults.items()
    ]
    lines = [
        f"def __init__(self, {'*, ' if kw_only else ''}{', '.join(parameters)}):",
        " open_it(self, '__class__', opened)",
        *(f" self.{name} = {name}" for name in defaults),
        " self.__class__ = locked",
    ]
    exec("\n".join(lines), names)  # noqa: S102 - of names in our own classes
    return names["__init__"]


class _Fields:
    """The table of fields for functions such as ``dataclasses.replace``, made when it is wanted."""

    def __init__(self, kw_only: bool) -> None:
        self._kw_only = kw_only
        self._made: dict[type, dict[str, Any]] = {}

    def __get__(self, node: object, cls: Any) -> dict[str, Any]:
        if cls not in self._made:
            import dataclasses  # the rest of a command can do without

            fields = [
                (name, cls.__annotations__.get(name, Any), _field(value))
                for name, value in cls._defaults.items()
            ]
            twin: Any = dataclasses.make_dataclass(
                cls.__name__, fields, kw_only=self._kw_only, repr=False, eq=False
            )
            self._made[cls] = twin.__dataclass_fields__
        return self._made[cls]


def _field(default: Any) -> Any:
    import dataclasses

    return dataclasses.field() if default is _REQUIRED else dataclasses.field(default=default)


# The methods that all records share.


def _refuse(self: Any, name: str, value: object = None) -> None:
    raise AttributeError(f"{type(self).__name__} is frozen: '{name}' cannot be changed")


def _equal(self: Any, other: object) -> Any:
    if other.__class__ is not self.__class__:
        return NotImplemented
    return self._values(self) == other._values(other)  # type: ignore[attr-defined]


def _hash(self: Any) -> int:
    return hash(self._values(self))


def _repr(self: Any) -> str:
    values = ", ".join(f"{name}={getattr(self, name)!r}" for name in self._defaults)
    return f"{type(self).__qualname__}({values})"


def _reduce(self: Any) -> tuple[Any, ...]:
    """For ``copy`` and ``pickle``: made anew of the same values."""
    values = {name: getattr(self, name) for name in self._defaults}
    return _again, (type(self), values)


def _again(cls: Callable[..., Any], values: Mapping[str, Any]) -> Any:
    return cls(**values)


_METHODS = {
    "__setattr__": _refuse,
    "__delattr__": _refuse,
    "__eq__": _equal,
    "__hash__": _hash,
    "__repr__": _repr,
    "__reduce__": _reduce,
}
