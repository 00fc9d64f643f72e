"""Which code reads and writes JSON text.

In: what is installed and what the environment or the program wishes.  Out: a table of functions.
Must not know: what the text says.

Nothing is chosen, and no library loaded, before the first text is read or written.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib.util import find_spec
from typing import Literal, NamedTuple, TypeAlias

from . import standard

__all__ = [
    "PURE",
    "STANDARD",
    "Backend",
    "Bare",
    "Name",
    "active",
    "available",
    "use",
    "when_changed",
]

#: The environment variable that, set to 1, makes the standard library do all the work.
PURE = "QAPIGEN_PURE"

Name: TypeAlias = Literal["standard", "orjson", "msgspec"]


class Bare(NamedTuple):
    """The functions of orjson, for code that makes the checks itself that are ours.

    ``loads`` does not see members that are there twice.  ``dumps`` is to be called with the
    value, None and ``options``; it writes characters as they are, and null for infinities.
    """

    loads: Callable[[str | bytes], object]
    dumps: Callable[..., bytes]
    options: int


class Backend(NamedTuple):
    """How JSON text is read and written.

    ``loads`` gives the value of a text that is surely right, and raises ValueError or
    RecursionError for any other: the strict reader decides.  ``encode`` writes plain data as
    the shortest line of ASCII, the same bytes with every backend, and raises :class:`QapiError`
    for what JSON cannot say; its second argument says that all numbers are known to be zero or
    of a size at which libraries write them alike.
    ``bare`` is what does the work, where it is orjson.  ``typed`` says that msgspec is there to
    read typed values from text at once, and to write them; what has no type goes the way of the
    next backend.
    """

    name: Name
    loads: Callable[[str | bytes], object]
    encode: Callable[[object, bool], bytes]
    bare: Bare | None = None
    typed: bool = False


STANDARD = Backend("standard", standard.loads, standard.encode)

_active: Backend | None = None
_when_changed: list[Callable[[Name], None]] = []


def active() -> Backend:
    """The backend in use: the fastest that is installed, unless one was chosen."""
    return _active or _choose()


def available() -> tuple[Backend, ...]:
    """All backends that are installed, the fastest first."""
    fast = _load_fast()
    untyped = (STANDARD,) if fast is None else (fast, STANDARD)
    # Only looked for: it is loaded when a type has proved to be worth it.
    if find_spec("msgspec") is None:
        return untyped
    return (untyped[0]._replace(name="msgspec", typed=True), *untyped)


def use(name: Name) -> Name:
    """Use another backend from now on; gives the name of the one before.

    Raises LookupError where it is not installed.
    """
    global _active
    before = active().name
    for backend in available():
        if backend.name == name:
            _active = backend
            for tell in _when_changed:
                tell(name)
            return before
    raise LookupError(f"the JSON backend {name!r} is not installed")


def when_changed(tell: Callable[[Name], None]) -> Callable[[Name], None]:
    """Decorator of a function that is told which backend is used from now on."""
    _when_changed.append(tell)
    return tell


def _choose() -> Backend:
    global _active
    pure = os.environ.get(PURE) == "1"
    _active = STANDARD if pure else available()[0]
    return _active


def _load_fast() -> Backend | None:
    try:
        from . import fast
    except ImportError:
        return None
    bare = Bare(fast.bare_loads, fast.bare_dumps, fast.BARE_OPTIONS)
    return Backend("orjson", fast.loads, fast.encode, bare)
