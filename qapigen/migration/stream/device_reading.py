"""State of devices as a table of fields, read from input that comes in pieces.

In: descriptions, and a window on the input.  Out: values, as ``devices`` takes them.
Must not know: which devices there are, sections around the state.
"""

from __future__ import annotations

import errno
import struct
from collections.abc import Mapping

from .fields import SCALARS, DeviceDescription, Field, Shape, buffer_bytes
from .format import MOST_BUFFER_BYTES, MOST_ELEMENTS, SectionType, StreamError
from .window import Reading, Window

__all__ = ["NOT_ARMED", "NULL_MARK", "WORD_BITS", "decode", "own_subsection", "reading"]

#: A timer that is not armed.
NOT_ARMED = (1 << 64) - 1

#: What stands for a null pointer.
NULL_MARK = 0x30

#: Bits that a bitmap has in each of its numbers.
WORD_BITS = 64


def decode(description: DeviceDescription, data: bytes) -> dict[str, object]:
    """The values in a whole state; StreamError if it is wrong, cut, or followed by something."""
    window = Window()
    window.feed(data + bytes((SectionType.EOF,)))  # something follows each state
    try:
        next(reading(description, window))
    except StopIteration as finished:
        if window.offset < len(data):
            message = f"expected the end of {description.name!r}, more came"
            raise StreamError(message, offset=window.offset) from None
        values: dict[str, object] = finished.value
        return values
    message = f"the state of {description.name!r} is not complete"
    raise StreamError(message, offset=len(data), number=errno.EIO)


def reading(shape: Shape, window: Window) -> Reading[dict[str, object]]:
    """Read the values, waiting for input where it ends; StreamError for a wrong one."""
    values: dict[str, object] = {}
    for field in shape.fields:
        size = _read_size(field, values, window)
        if not field.is_array:
            value = yield from _read_value(field, size, window)
        else:
            items: list[object] = []
            while len(items) < (field.count or 0):
                items.append((yield from _read_value(field, size, window)))
            value = items
        if field.type != "unused_buffer":
            values[field.name] = value
    if shape.subsections or isinstance(shape, DeviceDescription):
        yield from _read_subsections(shape, values, window)
    return values


def _read_size(field: Field, values: Mapping[str, object], window: Window) -> int:
    """The bytes of a buffer, bounded if they come from the stream."""
    size = buffer_bytes(field, values)
    if not 0 <= size <= MOST_BUFFER_BYTES:
        message = f"expected at most {MOST_BUFFER_BYTES} bytes of {field.name!r}, {size} came"
        raise StreamError(message, offset=window.offset)
    return size


def _read_value(field: Field, size: int, window: Window) -> Reading[object]:
    match field.type:
        case "buffer" | "unused_buffer":
            return bytes((yield from window.take(size)))
        case "bitmap":
            return (yield from _read_bitmap(field.count or 0, window))
        case "nullptr":
            yield from _read_null(field, window)
            return None
        case "struct":
            assert field.structure is not None
            return (yield from reading(field.structure, window))
        case "qtailq":
            return (yield from _read_list(field, window))
        case _:
            return (yield from _read_scalar(field, window))


def _read_scalar(field: Field, window: Window) -> Reading[object]:
    start = window.offset
    code = SCALARS[field.type]
    value: object
    (value,) = struct.unpack(code, (yield from window.take(struct.calcsize(code))))
    if field.type == "timer":
        return None if value == NOT_ARMED else value
    own = field.own
    if own is not None and isinstance(value, int):
        compares, _, how = field.type.partition(" ")
        if how == "equal" and value != own:
            message = f"expected {own} in {field.name!r} ({compares}), {value} came"
            raise StreamError(message, offset=start)
        if how == "le" and value > own:
            message = f"expected at most {own} in {field.name!r}, {value} came"
            raise StreamError(message, offset=start)
    return value


def _read_bitmap(bits: int, window: Window) -> Reading[int]:
    value = 0
    for word in range(-(-bits // WORD_BITS)):
        value |= (yield from window.number(8)) << (WORD_BITS * word)
    return value & ((1 << bits) - 1)


def _read_null(field: Field, window: Window) -> Reading[None]:
    start = window.offset
    mark = yield from window.number(1)
    if mark != NULL_MARK:
        message = f"expected the null mark of {field.name!r}, {mark:#04x} came"
        raise StreamError(message, offset=start)


def _read_list(field: Field, window: Window) -> Reading[list[object]]:
    assert field.structure is not None
    elements: list[object] = []
    while (yield from window.number(1)):
        if len(elements) == MOST_ELEMENTS:
            message = f"expected at most {MOST_ELEMENTS} elements in {field.name!r}, more came"
            raise StreamError(message, offset=window.offset)
        elements.append((yield from reading(field.structure, window)))
    return elements


def _read_subsections(shape: Shape, values: dict[str, object], window: Window) -> Reading[None]:
    """Subsections of this owner, until something comes that is none of its own."""
    while (name := (yield from own_subsection(shape.name, window))) is not None:
        start = window.offset
        found = next((each for each in shape.subsections if each.name == name), None)
        if found is None:
            message = f"expected a subsection that {shape.name!r} has, {name!r} came"
            raise StreamError(message, offset=start, number=errno.ENOENT)
        yield from window.take(2 + len(name.encode()))  # known, so it reads as it is written
        version = yield from window.number(4)
        if version != found.version:
            message = f"expected version {found.version} of {name!r}, {version} came"
            raise StreamError(message, offset=start)
        values[name] = yield from reading(found, window)


def own_subsection(owner: str, window: Window) -> Reading[str | None]:
    """The name of the subsection that comes next, if it is one of the owner's; reads nothing.

    It looks no further than it must: behind a state without subsections input may pause.
    """
    yield from window.want(1)
    if window.view[window.pos] != SectionType.SUBSECTION:
        return None
    yield from window.want(2)
    size = window.view[window.pos + 1]
    prefix = owner.encode()
    if size <= len(prefix):
        return None
    yield from window.want(2 + len(prefix))
    if window.view[window.pos + 2 : window.pos + 2 + len(prefix)] != prefix:
        return None
    yield from window.want(2 + size)
    name = bytes(window.view[window.pos + 2 : window.pos + 2 + size])
    return name.decode("utf-8", "backslashreplace")
