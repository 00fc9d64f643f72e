"""JSON text to values and back.

In: one whole JSON text.  Out: dict, list, str, int, float, bool and None; and the other way.
Must not know: schema types, messages, connections.

C code does the work as long as all is well: orjson's where it is installed, else the standard
library's (:mod:`.backends`).  Whatever it refuses, and the little that it takes but must not,
goes through :mod:`.strict`, which is strict, knows positions and does not recurse; so that
module alone decides what an error is, and every backend gives the same results.
"""

from __future__ import annotations

from .backends import active
from .standard import to_text
from .strict import MAX_DEPTH, JsonError, decoded, read

__all__ = ["MAX_DEPTH", "MAX_TEXT_BYTES", "JsonError", "dumps", "encode", "loads"]

#: Texts of this length and more are refused (QMP, limits).
MAX_TEXT_BYTES = 64 * 1024 * 1024


def loads(text: str | bytes, *, max_bytes: int = MAX_TEXT_BYTES) -> object:
    """The value of a JSON text (RFC 8259, UTF-8 where it is bytes).

    Integers that neither int64 nor uint64 can hold become floats, as in QEMU.  Raises
    :class:`JsonError` with a position for anything that is not JSON, and also for duplicate
    member names, lone surrogates, a byte order mark, numbers too large for a float, more than
    :data:`MAX_DEPTH` levels of nesting, ``max_bytes`` bytes (characters) or more.
    """
    if len(text) >= max_bytes:
        raise JsonError("the text is too long", offset=max_bytes)
    try:
        return active().loads(text)
    except (ValueError, RecursionError):
        pass  # outside of the handler, so that errors do not show this one as their context
    return read(decoded(text))


def dumps(value: object) -> str:
    """One line of ASCII for a JSON value, with ``", "`` and ``": "`` as QEMU writes it.

    Member names are strings, as everywhere in the runtime; they are not checked again here.
    Raises :class:`QapiError` for what JSON cannot say: NaN and infinities, lone surrogates,
    Python objects, cycles, and more than :data:`MAX_DEPTH` levels of nesting.
    """
    return to_text(value)


def encode(value: object) -> bytes:
    """The shortest line of ASCII for a JSON value; the fastest way to write one.

    ``value`` is plain data, such as :func:`qapigen.runtime.to_wire` gives.  Raises as
    :func:`dumps` does.  The bytes are the same with every backend.
    """
    return active().encode(value, False)
