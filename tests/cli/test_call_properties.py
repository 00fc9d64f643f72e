"""Properties, whose types the program tells."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from qapigen.cli.call_properties import guess, guessed, property_reader
from qapigen.cli.status import FINE, TROUBLE
from qapigen.compiler.passes.introspect import introspect
from qapigen.runtime.errors import RemoteError
from tests.cli.conftest import Call, one_error
from tests.cli.process import write_files
from tests.cli.scripted_server import Request, failure, line, scripted, success
from tests.compiler.schema_texts import schema_of

TYPES = {
    "on": "bool",
    "count": "uint16",
    "less": "int32",
    "any-integer": "int",
    "bytes": "size",
    "share": "number",
    "name": "str",
    "text": "string",
    "when": "OnOffAuto",
    "backend": "link<iothread>",
    "addr": "int32",
    "list": "list",
    "value": "bool",
}
NEW, OLD = (9, 2), (7, 2)


class Program:
    """Answers about kinds of devices and objects, and keeps the questions."""

    def __init__(self, known: str = "lamp") -> None:
        self.known = known
        self.asked: list[tuple[str, Any]] = []

    def __call__(self, command: str, arguments: dict[str, object]) -> object:
        (about,) = arguments.values()
        self.asked.append((command, about))
        if about != self.known:
            raise RemoteError("no", error_class="DeviceNotFound")
        return [{"name": name, "type": kind, "description": "?"} for name, kind in TYPES.items()]


def device(name: str, value: Any, driver: str = "lamp", release: tuple[int, int] = NEW) -> object:
    read = property_reader(Program(), release, "device_add", {"driver": driver, name: value})
    return read(name, value)


@pytest.mark.parametrize("release", [NEW, OLD, (0, 0), (11, 1)])
@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("on", "on", True),
        ("on", "yes", True),
        ("on", "off", False),
        ("on", "false", False),
        ("on", "1", "1"),
        ("on", "maybe", "maybe"),
        ("count", "7", 7),
        ("count", "0x10", 16),
        ("count", "many", "many"),
        ("count", "", ""),
        ("less", "-1", -1),
        ("any-integer", "4K", 4096),
        ("bytes", "1M", 1 << 20),
        ("bytes", "4096", 4096),
        ("bytes", "-1", "-1"),
        ("share", "0.5", 0.5),
        ("name", "5", "5"),
        ("name", "true", "true"),
        ("name", "1.10", "1.10"),
        ("text", "null", "null"),
        ("when", "on", "on"),
        ("backend", "7", "7"),
        ("addr", "5", "5"),
        ("addr", "06.1", "06.1"),
        ("list", "a", "a"),
        ("list", ["a", "1"], ["a", 1]),
        ("list", [{"iothread": "t0", "vqs": ["0"]}], [{"iothread": "t0", "vqs": [0]}]),
        ("unheard-of", "5", 5),
        ("unheard-of", "on", "on"),
    ],
)
def test_devices(name: str, text: Any, value: object, release: tuple[int, int]) -> None:
    found = device(name, text, release=release)
    assert (found, type(found)) == (value, type(value))


def test_aliases() -> None:
    """A bus that the name leaves out is tried; what is no alias either is guessed."""
    program = Program("lamp-ccw")
    read = property_reader(program, NEW, "device_add", {"driver": "lamp"})
    assert program.asked == [
        ("device-list-properties", each) for each in ("lamp", "lamp-pci", "lamp-ccw")
    ]
    assert read("on", "on") is True
    assert device("on", "on", driver="cup") == "on"
    assert device("on", "true", driver="cup") is True


def test_what_must_not_be_asked() -> None:
    """A question that would end an old QEMU is not asked: it takes texts."""
    program = Program()
    read = property_reader(program, OLD, "device_add", {"driver": "virtio-gpu-gl-pci"})
    assert program.asked == []
    assert read("xres", "5") == "5"
    assert read("list", ["5"]) == [5]
    property_reader(program, NEW, "device_add", {"driver": "virtio-gpu-gl-pci"})
    assert program.asked


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [("on", "on", True), ("name", "5", "5"), ("count", "5", 5), ("unheard-of", "5", 5)],
)
def test_objects(name: str, text: str, value: object) -> None:
    given = {"path": "lamp", "property": name, "value": text}
    program = Program()
    read = property_reader(program, OLD, "qom-set", given)
    assert program.asked == [("qom-list", "lamp")]
    assert read("value", text) == value


def test_objects_of_old_programs() -> None:
    program = Program()
    given = {"qom-type": "lamp", "id": "x", "props": {"on": "on"}}
    read = property_reader(program, (2, 12), "object-add", given)
    assert program.asked == [("qom-list-properties", "lamp")]
    assert (read("on", "on"), read("name", "5")) == (True, "5")


def test_nothing_to_ask() -> None:
    program = Program()
    assert property_reader(program, NEW, "object-add", {"qom-type": "lamp"}) is guessed
    assert property_reader(program, NEW, "migrate", {}) is guessed
    assert program.asked == []


@pytest.mark.parametrize("answer", [None, {}, [1], [{}], [{"name": 1, "type": "bool"}]])
def test_strange_answers(answer: object) -> None:
    read = property_reader(lambda *_: answer, NEW, "device_add", {"driver": "lamp"})
    assert read("on", "on") == "on"


def test_missing_arguments() -> None:
    """The schema, or the program, says what is missing."""
    for command in ("device_add", "qom-set"):
        assert property_reader(Program(), NEW, command, {})("on", "on") == "on"


def test_guess() -> None:
    assert guess({"a": ["1", "x", "null"], "b": "true"}) == {"a": [1, "x", None], "b": True}


# --- as a whole ---

SCHEMA = """
{ 'pragma': { 'command-name-exceptions': [ 'device_add' ] } }
{ 'command': 'device_add', 'data': { 'driver': 'str', '*id': 'str' }, 'gen': false }
{ 'command': 'qom-set', 'data': { 'path': 'str', 'property': 'str', 'value': 'any' } }
{ 'command': 'object-add', 'data': { 'qom-type': 'str', '*props': 'any' } }
"""
ROWS = introspect(schema_of(SCHEMA, "7.2"))
GREETING = line(
    {"QMP": {"version": {"qemu": {"major": 11, "minor": 1, "micro": 3}}, "capabilities": []}}
)


@pytest.fixture
def program(tmp_path: Path) -> Iterator[tuple[str, list[Request]]]:
    def answer(request: Request) -> bytes:
        match request["execute"]:
            case "query-qmp-schema":
                return success(request, ROWS)
            case "device-list-properties" | "qom-list" | "qom-list-properties":
                if "lamp" in request["arguments"].values():
                    return success(request, [{"name": n, "type": t} for n, t in TYPES.items()])
                return failure(request, "DeviceNotFound", "no such thing")
        return success(request, {})

    with scripted(tmp_path, answer, greeting=GREETING) as found:
        yield found


CALLS = [
    (
        "device_add driver=lamp id=5 on=on bytes=4K name=7 unheard-of=7",
        {"driver": "lamp", "id": "5", "on": True, "bytes": 4096, "name": "7", "unheard-of": 7},
    ),
    ("device_add driver=cup on=on", {"driver": "cup", "on": "on"}),
    (
        "qom-set path=lamp property=on value=off",
        {"path": "lamp", "property": "on", "value": False},
    ),
    (
        "qom-set path=lamp property=name value=1",
        {"path": "lamp", "property": "name", "value": "1"},
    ),
    (
        "object-add qom-type=lamp props.on=on props.name=1",
        {"qom-type": "lamp", "props": {"on": True, "name": "1"}},
    ),
]


@pytest.mark.parametrize("has_schema", [False, True])
@pytest.mark.parametrize(("words", "sent"), CALLS)
def test_what_is_sent(
    call: Call,
    tmp_path: Path,
    program: tuple[str, list[Request]],
    words: str,
    sent: dict[str, object],
    has_schema: bool,
) -> None:
    """The same whether the schema is at hand or asked for."""
    address, requests = program
    root = write_files(tmp_path, {"schema.json": SCHEMA})
    more = ["--schema", root] if has_schema else []
    found = call("call", address, *words.split(), *more)
    assert (found.status, found.out, found.err) == (FINE, "{}\n", "")
    assert requests[-1]["arguments"] == sent
    assert has_schema is not any(each["execute"] == "query-qmp-schema" for each in requests)


def test_json_is_sent_as_it_is(call: Call, program: tuple[str, list[Request]]) -> None:
    address, requests = program
    given = {"driver": "lamp", "on": "on"}
    assert call("call", address, "device_add", "--json", json.dumps(given)).status == FINE
    assert requests[-1]["arguments"] == given
    assert len(requests) == 3  # nothing was asked about the device


def test_what_the_schema_names_is_checked(call: Call, tmp_path: Path) -> None:
    """Before anything is asked."""
    root = write_files(tmp_path, {"schema.json": SCHEMA})
    found = call("call", f"{tmp_path}/nobody", "device_add", "on=on", "--schema", root)
    assert "member 'driver' is missing" in one_error(found, TROUBLE)
