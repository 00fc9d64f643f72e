"""Running a program's main coroutine, on the event loop that is asked for.

In: a coroutine, whether to use uvloop.  Out: its result.
Must not know: QMP.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from ..errors import QapiError

__all__ = ["loop_factory", "run", "tells_errors_once"]

T = TypeVar("T")


def run(main: Coroutine[Any, Any, T], *, uvloop: bool = False) -> T:
    """``asyncio.run``, on uvloop's event loop if that is asked for.

    Raises :class:`QapiError` if uvloop is asked for and not installed, and what ``main`` raises.
    """
    try:
        factory = loop_factory(uvloop=uvloop)
    except QapiError:
        main.close()  # else Python warns that it was never awaited
        raise
    with asyncio.Runner(loop_factory=factory) as runner:
        return runner.run(main)


def loop_factory(*, uvloop: bool) -> Callable[[], asyncio.AbstractEventLoop]:
    """What makes the event loop; :class:`QapiError` if uvloop is wanted and not installed."""
    if not uvloop:
        return asyncio.new_event_loop
    try:
        import uvloop as library
    except ImportError:
        raise QapiError("uvloop is not installed: pip install qapigen[speed]") from None
    return library.new_event_loop


def tells_errors_once(loop: asyncio.AbstractEventLoop) -> bool:
    """Whether a descriptor that has an error is watched no longer after one call.

    uvloop does so.  That call may be used up by bytes that came before the error.
    """
    return type(loop).__module__.partition(".")[0] == "uvloop"
