"""A forward stream, read from input that comes in pieces.

In: bytes as they come, and what this machine has.  Out: items, in the order of the stream.
Must not know: channels, guests, what becomes of the items.

There is no checksum in a stream, and devices have no lengths: whatever is unknown ends the
reading.  All lengths are looked at before anything is allocated.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

from .device_reading import own_subsection, reading
from .fields import DeviceDescription
from .format import (
    COMMAND_LENGTHS,
    MAGIC,
    MOST_DESCRIPTION_BYTES,
    MOST_NAME_BYTES,
    PAGE_BITS,
    RAM_NAME,
    VERSION,
    CommandNumber,
    SectionType,
    StreamError,
)
from .items import (
    Command,
    Configuration,
    Deltas,
    Description,
    Device,
    EndOfStream,
    Item,
    Pages,
    RamList,
    SectionEnd,
    Zeros,
)
from .ram_reading import PAGE_RECORD_BYTES, RamReader
from .window import Reading, Window

__all__ = [
    "ITERABLES",
    "Command",
    "Configuration",
    "Deltas",
    "Description",
    "Device",
    "EndOfStream",
    "Expected",
    "Item",
    "Pages",
    "RamList",
    "SectionEnd",
    "SectionReader",
    "StreamReader",
    "Zeros",
]

_Items = Generator[Item | None, None, None]

# A version, a counted name of one byte, a zero, and one range.
_DISCARD_LEAST = 20
_DISCARD_RANGE = 16

_PAGE_SIZE_SUBSECTION = "configuration/target-page-bits"


@dataclass(frozen=True, slots=True)
class Expected:
    """What the receiver has, and so what a stream may contain.

    ``blocks`` are lengths in bytes by names.  ``configuration`` and ``footers`` are off for
    machines that do not send them.
    """

    machine: str
    blocks: Mapping[str, int]
    devices: Sequence[DeviceDescription]
    configuration: bool = True
    footers: bool = True


class SectionReader(Protocol):
    """Reads the payloads of what is sent in several sections, for one stream."""

    versions: range

    def payload(self, kind: SectionType) -> _Items:
        """Items of one section, to its end; None when more input is needed."""
        ...


def _ram(window: Window, expected: Expected) -> SectionReader:
    return RamReader(window, expected.blocks)


#: What is sent in several sections; None for what other machines send and this one cannot take.
ITERABLES: Mapping[str, Callable[[Window, Expected], SectionReader] | None] = MappingProxyType(
    {RAM_NAME: _ram, "block": None, "dirty-bitmap": None}
)

#: Devices that only come with a feature which this machine lacks.
_DEVICES_NOT_HERE = {"COLOState"}


class StreamReader:
    """Reads one stream; for one thread at a time.

    Feed it pieces of any size, and take all items of a piece before the next: what items refer
    to is valid until the next item is asked for.  After an error there is nothing more to read.
    """

    def __init__(self, expected: Expected) -> None:
        self._expected = expected
        self._window = Window()
        self._devices = {(each.name, each.instance): each for each in expected.devices}
        self._readers = {
            name: make(self._window, expected)
            for name, make in ITERABLES.items()
            if make is not None
        }
        self._sections: dict[int, tuple[str, int]] = {}  # by id; also those of devices
        self._parser = self._stream()
        self._busy = False
        self._error: StreamError | None = None
        self._done = False

    @property
    def done(self) -> bool:
        """Whether the stream has come to its end; a description may still follow."""
        return self._done

    @property
    def offset(self) -> int:
        """How many bytes of the stream have been read."""
        return self._window.offset

    def convenient(self, most: int) -> int:
        """How many bytes to read next, where ``most`` can be (more than a page's record).

        So many that no record lies across two pieces while pages follow pages.
        """
        return most - (self._window.left + most) % PAGE_RECORD_BYTES

    def feed(self, data: bytes | bytearray | memoryview) -> Iterator[Item]:
        """Read the next piece: its items, as they are asked for; StreamError for a wrong one.

        The piece may change when the last item has been taken.
        """
        if self._error is not None:
            raise self._error
        if self._busy:
            raise RuntimeError("the items of the last piece have not all been taken")
        self._busy = True
        self._window.feed(data)
        return self._items()

    def finish(self) -> None:
        """There is no more input; StreamError if the stream cannot end here."""
        if self._error is not None:
            raise self._error
        if not self._done:
            message = "expected the rest of the stream, the input ended"
            raise StreamError(message, offset=self._received(), number=errno.EIO)

    def _received(self) -> int:
        window = self._window
        return window.offset + window.end - window.pos

    def _items(self) -> Iterator[Item]:
        try:
            for item in self._parser:
                if item is None:
                    break
                yield item
        except StreamError as error:
            self._error = error
            raise
        self._window.release()
        self._busy = False

    # --- the grammar ---

    def _stream(self) -> _Items:
        yield from self._header()
        if self._expected.configuration:
            yield from self._configuration()
        while (kind := (yield from self._window.number(1))) != SectionType.EOF:
            match kind:
                case SectionType.START | SectionType.FULL:
                    yield from self._first(SectionType(kind))
                case SectionType.PART | SectionType.END:
                    yield from self._further(SectionType(kind))
                case SectionType.COMMAND:
                    yield (yield from self._command())
                case _:
                    raise self._wrong("a section, a command or the end", f"{kind:#04x}", 1)
        self._done = True
        yield EndOfStream()
        yield from self._description()
        while True:  # nothing behind the end can make a complete stream wrong
            self._window.pos = self._window.end
            yield None

    def _header(self) -> Reading[None]:
        magic = yield from self._window.number(4)
        if magic != MAGIC:
            raise self._wrong(f"the magic {MAGIC:#x}", f"{magic:#010x}", 4)
        version = yield from self._window.number(4)
        if version != VERSION:
            raise self._wrong(f"stream version {VERSION}", str(version), 4, errno.ENOTSUP)

    def _configuration(self) -> _Items:
        window = self._window
        kind = yield from window.number(1)
        if kind != SectionType.CONFIGURATION:
            raise self._wrong("the configuration", f"{kind:#04x}", 1)
        size = yield from window.number(4)
        if size > MOST_NAME_BYTES:
            raise self._wrong(f"a machine type of at most {MOST_NAME_BYTES} bytes", str(size), 4)
        raw = bytes((yield from window.take(size)))
        # Only as many bytes as came are compared: a beginning of our name will do.
        if not self._expected.machine.encode().startswith(raw):
            raise self._wrong(f"machine type {self._expected.machine!r}", repr(raw[:80]), size)
        while (name := (yield from own_subsection("configuration", window))) is not None:
            yield from self._configuration_subsection(name)
        yield Configuration(raw.decode("utf-8", "backslashreplace"))

    def _configuration_subsection(self, name: str) -> Reading[None]:
        window = self._window
        if name != _PAGE_SIZE_SUBSECTION:
            raise self._wrong("a known part of the configuration", repr(name[:80]), 0, errno.ENOENT)
        yield from window.take(2 + len(name))
        version = yield from window.number(4)
        if version != 1:
            raise self._wrong(f"version 1 of {name!r}", str(version), 4)
        bits = yield from window.number(4)
        if bits != PAGE_BITS:
            raise self._wrong(f"pages of {PAGE_BITS} bits", str(bits), 4)

    # --- sections ---

    def _first(self, kind: SectionType) -> _Items:
        """A section that says what it is: the first of several, or a device."""
        window = self._window
        start = window.offset - 1
        section = yield from window.number(4)
        raw = yield from window.counted()
        instance = yield from window.number(4)
        version = yield from window.number(4)
        name = raw.decode("utf-8", "backslashreplace")
        if kind is SectionType.FULL:
            description = self._known_device(name, instance, version, start)
            self._register(section, name, instance, start)
            values = yield from reading(description, window)
            yield from self._footer(section, name)
            yield Device(name, instance, version, values)
        else:
            reader = self._known_iterable(name, instance, version, start)
            self._register(section, name, instance, start)
            yield from reader.payload(kind)
            yield from self._footer(section, name)
        yield SectionEnd(kind, name)

    def _further(self, kind: SectionType) -> _Items:
        """One more section of something that has begun."""
        start = self._window.offset - 1
        section = yield from self._window.number(4)
        name, _ = self._sections.get(section, ("", 0))
        reader = self._readers.get(name)
        if reader is None:
            message = f"expected a section that has been started, id {section} came"
            raise StreamError(message, offset=start)
        yield from reader.payload(kind)
        yield from self._footer(section, name)
        yield SectionEnd(kind, name)

    def _footer(self, section: int, name: str) -> Reading[None]:
        if not self._expected.footers:
            return
        mark = yield from self._window.number(1)
        if mark != SectionType.FOOTER:
            raise self._wrong(f"the footer of section {name!r}", f"{mark:#04x}", 1)
        came = yield from self._window.number(4)
        if came != section:
            raise self._wrong(f"id {section} in the footer of {name!r}", str(came), 4)

    def _register(self, section: int, name: str, instance: int, start: int) -> None:
        """An id is for one section, and a section has one id."""
        known = self._sections.setdefault(section, (name, instance))
        if known != (name, instance):
            message = (
                f"expected a new id for {name!r}, {section} came, which is that of {known[0]!r}"
            )
            raise StreamError(message, offset=start)
        if len(self._sections) > len(set(self._sections.values())):
            message = f"expected {name!r} under one id, it came under {section} too"
            raise StreamError(message, offset=start)

    def _known_device(
        self, name: str, instance: int, version: int, start: int
    ) -> DeviceDescription:
        description = self._devices.get((name, instance))
        if description is None:
            if name in _DEVICES_NOT_HERE:
                message = f"the section {name!r} belongs to a feature that is not supported here"
                raise StreamError(message, offset=start, number=errno.ENOTSUP)
            message = f"expected a device of this machine, {name[:80]!r} ({instance}) came"
            raise StreamError(message, offset=start)
        if version != description.version:
            message = f"expected version {description.version} of {name!r}, {version} came"
            raise StreamError(message, offset=start)
        return description

    def _known_iterable(self, name: str, instance: int, version: int, start: int) -> SectionReader:
        reader = self._readers.get(name) if instance == 0 else None
        if reader is None:
            if name in ITERABLES and instance == 0:
                message = f"sections of {name!r} are not supported here"
                raise StreamError(message, offset=start, number=errno.ENOTSUP)
            message = f"expected something that comes in parts, {name[:80]!r} ({instance}) came"
            raise StreamError(message, offset=start)
        if version not in reader.versions:
            message = f"expected version {reader.versions[-1]} of {name!r}, {version} came"
            raise StreamError(message, offset=start)
        return reader

    # --- commands, and what follows the end ---

    def _command(self) -> Reading[Command]:
        window = self._window
        start = window.offset - 1
        number = yield from window.number(2)
        length = yield from window.number(2)
        if number not in set(CommandNumber):
            raise StreamError(f"expected a known command, number {number} came", offset=start)
        command = CommandNumber(number)
        allowed = COMMAND_LENGTHS.get(command)
        if allowed is not None and length not in allowed:
            message = f"expected {' or '.join(map(str, allowed))} bytes with {command.name}"
            raise StreamError(f"{message}, {length} came", offset=start, number=errno.ERANGE)
        if command is CommandNumber.PACKAGED:
            message = "packages of sections (postcopy) are not supported here"
            raise StreamError(message, offset=start, number=errno.ENOTSUP)
        data = bytes((yield from window.take(length)))
        if command is CommandNumber.POSTCOPY_RAM_DISCARD:
            _check_discard(data, start)
        return Command(command, data)

    def _description(self) -> _Items:
        """The text for tools.  Nothing that stands here can make a complete stream wrong."""
        window = self._window
        if (yield from window.number(1)) != SectionType.VMDESCRIPTION:
            yield Description(None)
            return
        left = yield from window.number(4)
        kept = bytearray() if left <= MOST_DESCRIPTION_BYTES else None
        while left:
            yield from window.want(1)
            part = yield from window.take(min(left, window.end - window.pos))
            left -= len(part)
            if kept is not None:
                kept += part
        yield Description(None if kept is None else kept.decode("ascii", "backslashreplace"))

    def _wrong(
        self, expected: str, came: str, size: int, number: int = errno.EINVAL
    ) -> StreamError:
        """The error for the last ``size`` bytes that have been read."""
        message = f"expected {expected}, {came} came"
        return StreamError(message, offset=self._window.offset - size, number=number)


def _check_discard(data: bytes, start: int) -> None:
    """A version, a counted name with a zero behind it, and at least one range."""
    named = 3 + data[1] if len(data) >= _DISCARD_LEAST else 0
    if not named or len(data) <= named or (len(data) - named) % _DISCARD_RANGE:
        message = f"expected a block's name and ranges to discard, {len(data)} bytes came"
        raise StreamError(message, offset=start)
