"""Reading what a server said into typed values, and writing those again.

In: a visit function, a JSON value.  Out: what is wrong with the round trip, if anything.
Must not know: who said it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeAlias

from qapigen.runtime import marshalling
from qapigen.runtime.visit import VisitFunction, WireInput, WireOutput, clone, from_wire, to_wire
from qapigen.runtime.visit.specialised import REFUSALS, pair_of

__all__ = ["WAYS", "RoundTrip", "fault", "same_json"]

Visit: TypeAlias = "VisitFunction[Any]"
RoundTrip: TypeAlias = Callable[["VisitFunction[Any]", object], object]


def specialised(visit: Visit, value: object) -> object:
    """By the functions that users call; they take the quick way where there is one."""
    return to_wire(visit, from_wire(visit, value, "return"), "return")


def straight(visit: Visit, value: object) -> object:
    """By the quick way alone, where there is one; what real servers say never has to leave it."""
    _, read, write = pair_of(visit)
    if read is None or write is None:
        return specialised(visit, value)
    return write(read(value))


def generic(visit: Visit, value: object) -> object:
    """By the visitors alone."""
    output = WireOutput()
    visit(output, "return", visit(WireInput(value), "return", None))
    return output.result


def text(visit: Visit, value: object) -> object:
    """From text to text."""
    typed = marshalling.decode(visit, json.dumps(value).encode())
    return json.loads(marshalling.encode(visit, typed))


def lenient(visit: Visit, value: object) -> object:
    """As a client that expects a newer server; here it meets nothing new."""
    return to_wire(visit, from_wire(visit, value, "return", lenient=True), "return")


def copied(visit: Visit, value: object) -> object:
    """A copy is as good as the original, and equal to it."""
    typed = from_wire(visit, value, "return")
    twin = clone(visit, typed)
    assert twin == typed
    return to_wire(visit, twin, "return")


#: The ways there and back, by name.
WAYS: dict[str, RoundTrip] = {
    way.__name__: way for way in (specialised, straight, generic, text, lenient, copied)
}


def same_json(one: object, other: object) -> bool:
    """Whether two JSON values are one value; unlike for ``==``, 1 is neither 1.0 nor true."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def fault(way: RoundTrip, visit: Visit, value: object) -> str | None:
    """What is wrong with a round trip; None if it gives the same JSON again."""
    try:
        again = way(visit, value)
    except REFUSALS as error:  # a VisitError, but for the straight way
        return repr(error)
    return None if same_json(again, value) else f"{value} became {again}"
