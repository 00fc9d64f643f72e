"""Live servers tell the schema that we tell, but for what their build left out."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from qapigen.compiler.ir import Schema
from qapigen.compiler.passes.introspect import introspect
from qapigen.compiler.passes.select import Config
from tests.compiler.schema_texts import schema_of
from tests.interop.introspection import Info, Place, compare, conditions, decided, unexplained
from tests.interop.introspection_report import main, report
from tests.interop.packages import Package
from tests.interop.programs import DAEMON, QEMU
from tests.interop.raw_client import RawClient
from tests.interop.round_trips import same_json

TEXT = """
{ 'command': 'poke', 'data': 'Poke', 'boxed': true, 'returns': 'Uu' }
{ 'struct': 'Poke', 'data': { 'e': 'Ee', '*s': { 'type': 'str', 'if': 'S' } } }
{ 'command': 'gone', 'if': { 'all': [ 'A', { 'not': 'B' } ] }, 'features': [ 'unstable' ] }
{ 'event': 'EV', 'if': { 'any': [ 'A', 'C' ] }, 'data': { 'a': ['Alt'] } }
{ 'alternate': 'Alt', 'data': { 'n': 'null', 's': 'str' } }
{ 'enum': 'Ee', 'data': [ 'x', { 'name': 'y', 'if': 'A' }, 'z' ] }
{ 'struct': 'Arm', 'data': { 'l': ['Ee'] } }
{ 'union': 'Uu', 'base': { 'k': 'Ee' }, 'discriminator': 'k', 'data': { 'x': 'Arm' } }
"""
BUILDS = ({"A"}, {"A", "B", "C"}, {"C"}, {"S", "C", "B"})


@pytest.fixture(scope="module")
def schema() -> Schema:
    return schema_of(TEXT, "modern")


def built(schema: Schema, symbols: set[str]) -> list[Info]:
    """What a server would tell that was built with these symbols."""
    return introspect(schema, config=Config(frozenset(symbols), complete=True))


@pytest.mark.parametrize("symbols", BUILDS, ids=lambda symbols: "".join(sorted(symbols)))
def test_conditions_explain_a_build(schema: Schema, symbols: set[str]) -> None:
    live = built(schema, symbols)
    findings = compare(introspect(schema, mask=False), live)
    conds = conditions(schema)
    assert any(finding.differs for finding in findings)
    assert unexplained(findings, conds) == []
    config, wrong = decided(findings, conds)
    assert wrong == []
    assert config.defined <= symbols and not config.undefined & symbols
    assert introspect(schema, config=config) == live


def change_type(infos: list[Info]) -> None:
    infos[0]["ret-type"] = infos[0]["arg-type"]


def drop_command(infos: list[Info]) -> None:
    del infos[0]


def add_command(infos: list[Info]) -> None:
    infos.append(infos[0] | {"name": "poke-harder"})


def make_mandatory(infos: list[Info]) -> None:
    rows = [row for info in infos for row in info.get("members", ())]
    next(row for row in rows if "default" in row).pop("default")


def drop_value(infos: list[Info]) -> None:
    enum = next(info for info in infos if info["meta-type"] == "enum")
    enum["values"].remove("z")
    enum["members"] = [row for row in enum["members"] if row["name"] != "z"]


def disagree(infos: list[Info]) -> None:
    next(info for info in infos if info["meta-type"] == "enum")["values"].reverse()


def reorder(infos: list[Info]) -> None:
    next(info for info in infos if info["name"] == "0")["members"].reverse()


def add_feature(infos: list[Info]) -> None:
    infos[0]["features"] = ["deprecated"]


def retag(infos: list[Info]) -> None:
    next(info for info in infos if "tag" in info)["tag"] = "j"


def drop_alternative(infos: list[Info]) -> None:
    next(info for info in infos if info["meta-type"] == "alternate")["members"].pop()


CHANGES = (
    change_type,
    drop_command,
    add_command,
    make_mandatory,
    drop_value,
    disagree,
    reorder,
    add_feature,
    retag,
    drop_alternative,
)


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_other_differences_have_no_explanation(schema: Schema, change: Any) -> None:
    live = copy.deepcopy(built(schema, {"A", "C", "S"}))
    conds = conditions(schema)
    ours = introspect(schema, mask=False)
    assert unexplained(compare(ours, live), conds) == []
    change(live)
    assert unexplained(compare(ours, live), conds)


def test_a_contradiction_is_found(schema: Schema) -> None:
    """Two places with one condition are both there or both missing."""
    live = copy.deepcopy(built(schema, {"A", "S"}))
    drop = next(info for info in live if "variants" in info)
    drop["variants"] = [row for row in drop["variants"] if row["case"] != "y"]
    conds = conditions(schema)
    findings = compare(introspect(schema, mask=False), live)
    assert unexplained(findings, conds) == []
    assert {each.place for each in decided(findings, conds)[1]} & {
        Place("Uu", "branch", "y"),
        Place("Ee", "value", "y"),
    }


def test_the_report(schema: Schema) -> None:
    text = report("lamp 1.0", schema, built(schema, {"C"}))
    assert "| gone | (`A` and not `B`) |" in text
    assert "| Ee, value y | `A` |" in text
    assert "0 of them without an explanation" in text
    assert "**none**" not in text
    assert "| poke | **none** |" in report("lamp 1.0", schema, [])


def judge(schema: Schema, live: list[Info]) -> None:
    """Everything compared is there, or a condition says why not; so the lists are the same."""
    conds = conditions(schema)
    findings = compare(introspect(schema, mask=False), live)
    assert unexplained(findings, conds) == []
    config, wrong = decided(findings, conds)
    assert wrong == []
    assert {"CONFIG_LINUX", "CONFIG_POSIX"} & config.defined
    assert "CONFIG_VMNET" not in config.defined
    assert same_json(introspect(schema, config=config), live)


@pytest.mark.requires(QEMU)
def test_qemu(qapi: Package, rich: RawClient) -> None:
    live = rich.execute("query-qmp-schema")
    assert len(live) > 1000
    judge(qapi.schema, live)


@pytest.mark.requires(DAEMON)
def test_storage_daemon(daemon_qapi: Package, daemon: RawClient) -> None:
    live = daemon.execute("query-qmp-schema")
    assert len(live) > 450
    judge(daemon_qapi.schema, live)


@pytest.mark.requires(QEMU)
def test_commands_are_those_of_the_schema(qapi: Package, rich: RawClient) -> None:
    """Both ways to ask for the commands agree, in the package's own terms."""
    live = {row["name"]: row for row in rich.execute("query-qmp-schema")}
    for row in rich.execute("query-commands"):
        spec = qapi.commands[row["name"]]
        info = live[row["name"]]
        assert spec.allow_oob is info.get("allow-oob", False)
        assert list(spec.features) == info.get("features", [])
    events = {name for name, info in live.items() if info["meta-type"] == "event"}
    assert events <= set(qapi.events)


def test_places_read_well() -> None:
    assert str(Place("query-x")) == "query-x"
    assert str(Place("Colour", "value", "red")) == "Colour, value red"


@pytest.mark.requires(QEMU, DAEMON)
def test_the_module_prints(corpus: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main() == 0
    printed = capsys.readouterr().out
    assert printed.count("0 of them without an explanation") == 2
    assert "| query-gic-capabilities | `TARGET_ARM` |" in printed
