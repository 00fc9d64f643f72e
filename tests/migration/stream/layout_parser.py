"""A second opinion on streams: a parser that shares no code with what it judges.

It reads a complete plain stream (RAM, devices, and commands without blobs) record by record,
with nothing but the standard library.  The description at the end tells how long devices are,
so a stream without one is refused, as is anything that the format does not allow.
"""

from __future__ import annotations

import json
import struct
from collections import Counter
from dataclasses import dataclass, field

PAGE = 4096


class LayoutError(Exception):
    """The stream is not laid out as it should be."""


@dataclass
class Layout:
    """What a stream contains."""

    machine: str = ""
    #: Length in bytes of each block, in the order of the list.
    blocks: dict[str, int] = field(default_factory=dict)
    #: Contents of each block when all records have been obeyed; pages never sent are zero.
    ram: dict[str, bytearray] = field(default_factory=dict)
    #: Kind, name and id of each section, in order.
    sections: list[tuple[str, str, int]] = field(default_factory=list)
    #: Payloads of devices by name and instance.
    devices: dict[tuple[str, int], bytes] = field(default_factory=dict)
    #: Number and data of each command.
    commands: list[tuple[int, bytes]] = field(default_factory=list)
    #: How often each thing came: "normal", "zero", "named", "empty sections".
    counts: Counter[str] = field(default_factory=Counter)
    description: dict[str, object] = field(default_factory=dict)

    def field_of(self, device: str, name: str) -> bytes:
        """The bytes of a device's field, by the description."""
        for entry in self.description["devices"]:  # type: ignore[attr-defined]
            if entry["name"] == device:
                at = 0
                for each in entry["fields"]:
                    size = each["size"] * each.get("array_len", 1)
                    if each["name"] == name:
                        return self.devices[device, entry["instance_id"]][at : at + size]
                    at += size
        raise KeyError((device, name))


def parse(stream: bytes) -> Layout:
    """Read a whole stream; LayoutError says what is wrong, and where."""
    return _Parser(stream).run()


def payload_size(entry: dict[str, object]) -> int:
    """The bytes of a device or subsection, by its part of the description."""
    size = 0
    for each in entry.get("fields", ()):  # type: ignore[attr-defined]
        size += each["size"] * each.get("array_len", 1)
    for sub in entry.get("subsections", ()):  # type: ignore[attr-defined]
        size += 1 + 1 + len(sub["vmsd_name"]) + 4 + payload_size(sub)
    return size


class _Parser:
    def __init__(self, stream: bytes) -> None:
        self.stream = stream
        self.at = 0
        self.found = Layout()
        self.block = ""
        self.names: dict[int, str] = {}
        self.sizes: dict[tuple[str, int], int] = {}

    def fail(self, text: str) -> LayoutError:
        return LayoutError(f"at {self.at:#x}: {text}")

    def take(self, size: int) -> bytes:
        raw = self.stream[self.at : self.at + size]
        if len(raw) != size:
            raise self.fail(f"{size} bytes wanted, {len(raw)} left")
        self.at += size
        return raw

    def u8(self) -> int:
        return self.take(1)[0]

    def be16(self) -> int:
        return int(struct.unpack(">H", self.take(2))[0])

    def be32(self) -> int:
        return int(struct.unpack(">I", self.take(4))[0])

    def be64(self) -> int:
        return int(struct.unpack(">Q", self.take(8))[0])

    def name(self) -> str:
        return self.take(self.u8()).decode()

    def run(self) -> Layout:
        end = self.find_description()
        if self.take(8) != b"QEVM\0\0\0\3":
            raise self.fail("no header")
        if self.u8() != 7:
            raise self.fail("no configuration")
        self.found.machine = self.take(self.be32()).decode()
        while kind := self.u8():
            self.item(kind)
        if self.at != end:
            raise self.fail(f"the end came, but the description is at {end:#x}")
        self.check_described()
        return self.found

    def find_description(self) -> int:
        """Where the mark of the description is: its length leads to the end of the stream."""
        total = len(self.stream)
        for at in range(total - 5, -1, -1):
            if self.stream[at] == 6 and total - at - 5 == int.from_bytes(
                self.stream[at + 1 : at + 5], "big"
            ):
                self.found.description = json.loads(self.stream[at + 5 :].decode("ascii"))
                break
        else:
            raise LayoutError("no description")
        if self.found.description["page_size"] != PAGE:
            raise LayoutError("another page size")
        for entry in self.found.description["devices"]:  # type: ignore[attr-defined]
            self.sizes[entry["name"], entry["instance_id"]] = payload_size(entry)
        return at

    def item(self, kind: int) -> None:
        if kind in {1, 4}:
            self.first_section(kind)
        elif kind in {2, 3}:
            section = self.be32()
            name = self.names.get(section, "")
            if name != "ram":
                raise self.fail(f"section {section} goes on, but has not begun")
            self.found.sections.append(("part" if kind == 2 else "end", name, section))
            self.ram_payload(first=False)
            self.footer(section)
        elif kind == 8:
            number, length = self.be16(), self.be16()
            if (number, length) not in {(1, 0), (2, 4), (11, 0)}:
                raise self.fail(f"command {number} with {length} bytes is none of a plain stream")
            self.found.commands.append((number, self.take(length)))
        else:
            raise self.fail(f"item {kind:#x}")

    def first_section(self, kind: int) -> None:
        section, name, instance, version = self.be32(), self.name(), self.be32(), self.be32()
        if section in self.names:
            raise self.fail(f"id {section} comes again")
        self.names[section] = name
        self.found.sections.append(("start" if kind == 1 else "full", name, section))
        if kind == 1:
            if (name, instance, version) != ("ram", 0, 4):
                raise self.fail(f"section {name!r} {instance} {version}")
            self.ram_payload(first=True)
        else:
            if (name, instance) not in self.sizes:
                raise self.fail(f"device {name!r} {instance} is not described")
            if (name, instance) in self.found.devices:
                raise self.fail(f"device {name!r} {instance} comes again")
            size = self.sizes[name, instance]
            self.found.devices[name, instance] = self.take(size)
        self.footer(section)

    def footer(self, section: int) -> None:
        if self.u8() != 0x7E or self.be32() != section:
            raise self.fail(f"no footer of section {section}")

    def ram_payload(self, *, first: bool) -> None:
        if first:
            self.ram_list()
        records = 0
        while (word := self.be64()) != 0x10:
            self.ram_record(word)
            records += 1
        if not first and not records:
            self.found.counts["empty sections"] += 1

    def ram_list(self) -> None:
        word = self.be64()
        if word % PAGE != 4:
            raise self.fail(f"no list of blocks: {word:#x}")
        left = word - 4
        while left > 0:
            name, size = self.name(), self.be64()
            if name in self.found.blocks or not name or not size or size % PAGE:
                raise self.fail(f"block {name!r} of {size} bytes")
            self.found.blocks[name] = size
            self.found.ram[name] = bytearray(size)
            left -= size
        if left:
            raise self.fail("the blocks are larger than their sum")

    def ram_record(self, word: int) -> None:
        offset, flags = word & ~(PAGE - 1), word % PAGE
        if flags & 0x20:
            if not self.block:
                raise self.fail("a first record without a name")
        else:
            self.block = self.name()
            self.found.counts["named"] += 1
        if offset >= self.found.blocks.get(self.block, 0):
            raise self.fail(f"offset {offset:#x} in {self.block!r}")
        if flags & ~0x20 == 8:
            page = self.take(PAGE)
            self.found.counts["normal"] += 1
        elif flags & ~0x20 == 2:
            page = self.take(1) * PAGE
            self.found.counts["zero"] += 1
        elif flags & ~0x20 == 0x40:
            page = self.changed(self.found.ram[self.block][offset : offset + PAGE])
            self.found.counts["delta"] += 1
        else:
            raise self.fail(f"flags {flags:#x}")
        self.found.ram[self.block][offset : offset + PAGE] = page

    def changed(self, page: bytearray) -> bytes:
        """The page with a delta applied: runs that stay and runs that are replaced, in turn."""
        if self.u8() != 1:
            raise self.fail("an unknown encoding")
        end = self.be16() + self.at
        at = 0
        stays = True
        while self.at < end:
            length = self.u8()
            if length & 0x80:
                length = length & 0x7F | self.u8() << 7
            if not stays:
                page[at : at + length] = self.take(length)
            at += length
            stays = not stays
        if self.at != end or at > PAGE or not stays:
            raise self.fail("a delta that does not fit")
        return bytes(page)

    def check_described(self) -> None:
        """The description lists the devices that came, in their order."""
        came = list(self.found.devices)
        if came != list(self.sizes):
            raise LayoutError(f"devices {came} came, {list(self.sizes)} are described")
