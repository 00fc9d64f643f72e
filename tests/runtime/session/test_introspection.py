"""What a server tells about itself, whether its schema has commands for that or not."""

from __future__ import annotations

from typing import Any

from qapi_migration.commands import SPECS
from qapi_migration.introspect import query_qmp_schema
from qapi_migration.types.control import VersionInfo, VersionTriple
from qapigen.runtime import messages
from qapigen.runtime.commands import CommandSpec
from qapigen.runtime.session.introspection import IntrospectedRegistry

VERSION = messages.VersionTriple(1, 2, 3)
OWN = {"ring": CommandSpec(name="ring", method="ring")}
ROWS: list[dict[str, Any]] = [
    {"name": "ring", "meta-type": "command", "arg-type": "0", "ret-type": "0"},
    {"name": "toll", "meta-type": "command", "arg-type": "0", "ret-type": "0"},
    {"name": "RANG", "meta-type": "event", "arg-type": "0"},
    {"name": "0", "meta-type": "object", "members": []},
]


class Bell:
    def ring(self) -> None:
        pass


def asked(registry: IntrospectedRegistry, name: str, **arguments: object) -> Any:
    reply = registry.dispatch({"execute": name, "arguments": arguments})
    assert reply is not None
    return reply["return"] if "return" in reply else reply["error"]


def bell(**options: Any) -> IntrospectedRegistry:
    return IntrospectedRegistry(OWN, [Bell()], version=VERSION, **options)


def test_a_schema_without_such_commands() -> None:
    registry = bell(package="tower", schema=lambda: ROWS)
    assert asked(registry, "query-version") == {
        "qemu": {"major": 1, "minor": 2, "micro": 3},
        "package": "tower",
    }
    names = [each["name"] for each in asked(registry, "query-commands")]
    assert sorted(names) == [
        *("qmp_capabilities", "query-commands", "query-qmp-schema", "query-version", "ring")
    ]
    assert names[0] == "qmp_capabilities"
    assert asked(registry, "query-qmp-schema") == [ROWS[0], *ROWS[2:]]


def test_arguments_are_refused() -> None:
    assert "unexpected" in asked(bell(), "query-version", x=1)["desc"]


def test_without_a_schema() -> None:
    registry = bell()
    assert "query-qmp-schema" not in registry.names()
    assert asked(registry, "query-qmp-schema")["class"] == "CommandNotFound"


def test_what_is_disabled_is_not_told() -> None:
    registry = bell(schema=lambda: ROWS)
    registry.disable("ring")
    assert {"name": "ring"} not in asked(registry, "query-commands")
    assert ROWS[0] not in asked(registry, "query-qmp-schema")
    registry.enable("ring")
    assert {"name": "ring"} in asked(registry, "query-commands")


def test_a_schema_that_has_them() -> None:
    """Answers go through the types of the schema."""
    registry = IntrospectedRegistry(SPECS, [], version=VERSION, schema=query_qmp_schema)
    assert registry.find("query-version").spec is SPECS["query-version"]
    assert asked(registry, "query-version")["qemu"]["micro"] == 3
    rows = asked(registry, "query-qmp-schema")
    served = {row["name"] for row in rows if row["meta-type"] == "command"}
    assert served == {each["name"] for each in asked(registry, "query-commands")}
    assert any(row["meta-type"] == "event" for row in rows)


def test_a_handler_comes_first() -> None:
    class Own:
        def query_version(self) -> VersionInfo:
            triple = VersionTriple(major=9, minor=9, micro=9)
            return VersionInfo(qemu=triple, package="mine")

    registry = IntrospectedRegistry(SPECS, [Own()], version=VERSION)
    assert asked(registry, "query-version")["package"] == "mine"
