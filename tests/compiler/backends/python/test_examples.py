"""The examples in our documentation are true: generated code reads and writes them as they are."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from qapigen.compiler.disk import read_source
from qapigen.compiler.ir import Schema
from qapigen.compiler.pipeline import Options, analyze, render_all
from qapigen.runtime.events import parse_event
from qapigen.runtime.messages import parse_command
from qapigen.runtime.visit import from_wire, to_wire
from tests.compiler.backends.python.packages import PYTHON, write
from tests.compiler.backends.python.qmp_examples import Message, examples_of


@pytest.fixture(scope="module")
def schema(schemas: Path) -> Schema:
    found = analyze(str(schemas / "qapi-schema.json"), read_source).schema
    assert found is not None
    return found


@pytest.fixture(scope="module")
def package(schema: Schema, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The package made of our schemas, importable."""
    name = "examples_of_own"
    folder = tmp_path_factory.mktemp("examples")
    write(folder, render_all(schema, Options(package=name, backends=PYTHON)))
    sys.path.insert(0, str(folder))
    yield name
    sys.path.remove(str(folder))


def messages(schema: Schema) -> list[Message]:
    return [message for example in examples_of(schema) for message in example]


def same(visit: Any, value: object) -> None:
    assert to_wire(visit, from_wire(visit, value)) == value


def test_there_are_examples(schema: Schema, schemas: Path) -> None:
    texts = [path.read_text() for path in schemas.glob("*.json")]
    assert len(examples_of(schema)) == sum(text.count(".. qmp-example::") for text in texts) > 50
    assert all(examples_of(schema))


def test_commands_and_replies(schema: Schema, package: str) -> None:
    specs = import_module(f"{package}.commands").SPECS
    classes = {each.value for each in import_module(package).QapiErrorClass}
    for message in messages(schema):
        if message.sent:
            command = parse_command(message.value, oob_enabled=True)
            spec = specs[command.name]
            if spec.visit_arguments is None:
                assert command.arguments == {}, message
            else:
                same(spec.visit_arguments, command.arguments)
        elif message.command is not None and "return" in message.value:
            visit = specs[message.command].visit_returns
            if visit is None:
                assert message.value["return"] == {}, message
            else:
                same(visit, message.value["return"])
        elif message.command is not None:
            assert message.value["error"]["class"] in classes, message
            assert message.value["error"]["desc"], message


def test_events(schema: Schema, package: str) -> None:
    specs = import_module(f"{package}.events").SPECS
    seen = set()
    for message in messages(schema):
        if "event" in message.value:
            event, _ = parse_event(specs, message.value)
            assert event.to_wire() == message.value
            seen.add(event.name)
            visit = specs[event.name].visit_data
            if visit is None:
                assert event.data is None
            else:
                same(visit, event.data or {})
    assert seen == set(specs)


def test_examples_are_where_they_belong(schema: Schema) -> None:
    """The example of a command uses that command, that of an event shows that event."""
    commands = {command.name for command in schema.commands}
    events = {event.name for event in schema.events}
    for example in examples_of(schema):
        symbol = example[0].symbol
        used = {m.value.get("execute") or m.value.get("exec-oob") for m in example if m.sent}
        shown = {m.value["event"] for m in example if "event" in m.value}
        if symbol in commands:
            assert symbol in used
        elif symbol in events:
            assert symbol in shown
