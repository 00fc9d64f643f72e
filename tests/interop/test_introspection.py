"""Live servers tell the schema that we tell, but for what their build left out."""

from __future__ import annotations

import fnmatch
from pathlib import Path

import pytest

from qapigen.compiler.ir import Schema
from qapigen.compiler.passes.compare import Info, compare
from qapigen.compiler.passes.deduce import conditions, deduced, unexplained
from qapigen.compiler.passes.introspect import introspect
from tests.compiler.passes.builds import TEXT, built
from tests.compiler.schema_texts import schema_of
from tests.interop.differences import Release
from tests.interop.introspection_report import main, report
from tests.interop.packages import Package
from tests.interop.programs import DAEMON, QEMU
from tests.interop.raw_client import RawClient
from tests.interop.round_trips import same_json


@pytest.fixture(scope="module")
def schema() -> Schema:
    return schema_of(TEXT, "modern")


def test_the_report(schema: Schema) -> None:
    text = report("lamp 1.0", schema, built(schema, {"C"}))
    assert "| gone | `A and not B` |" in text
    assert "| Ee, value y | `A` |" in text
    assert "0 of them without an explanation" in text
    assert "**none**" not in text
    assert "| poke | **none** |" in report("lamp 1.0", schema, [])


def judge(schema: Schema, live: list[Info], release: Release) -> set[str]:
    """Everything compared is there, or a condition says why not; so the lists are the same.

    Where the schema is an older one, the table says what is new: the patterns that were needed.
    """
    conds = conditions(schema)
    findings = compare(introspect(schema, mask=False), live)
    places = [str(finding.place) for finding in unexplained(findings, conds)]
    needed = {each: fnmatch.filter(places, each) for each in release.beyond_schemas}
    assert [place for place in places if not any(place in found for found in needed.values())] == []
    config, wrong = deduced(findings, conds)
    assert wrong == []
    assert {"CONFIG_LINUX", "CONFIG_POSIX"} & config.defined
    assert "CONFIG_VMNET" not in config.defined
    assert same_json(introspect(schema, config=config), live) == (not places)
    return {pattern for pattern, found in needed.items() if found}


@pytest.mark.requires(QEMU)
def test_qemu(release: Release, qapi: Package, rich: RawClient) -> None:
    live = rich.execute("query-qmp-schema")
    assert len(live) > 1000
    assert judge(qapi.schema, live, release) == set(release.beyond_schemas)


@pytest.mark.requires(DAEMON)
def test_storage_daemon(release: Release, daemon_qapi: Package, daemon: RawClient) -> None:
    live = daemon.execute("query-qmp-schema")
    assert len(live) > 450
    judge(daemon_qapi.schema, live, release)


@pytest.mark.requires(QEMU)
def test_commands_are_those_of_the_schema(release: Release, qapi: Package, rich: RawClient) -> None:
    """Both ways to ask for the commands agree, in the package's own terms."""
    new = release.beyond_schemas
    live = {row["name"]: row for row in rich.execute("query-qmp-schema")}
    for row in rich.execute("query-commands"):
        if any(fnmatch.fnmatchcase(row["name"], pattern.split(",")[0]) for pattern in new):
            continue
        spec = qapi.commands[row["name"]]
        info = live[row["name"]]
        assert spec.allow_oob is info.get("allow-oob", False)
        assert list(spec.features) == info.get("features", [])
    events = {name for name, info in live.items() if info["meta-type"] == "event"}
    assert events <= set(qapi.events)


@pytest.mark.requires(QEMU, DAEMON, release="7.2")
def test_the_module_prints(corpus: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main() == 0
    printed = capsys.readouterr().out
    assert printed.count("0 of them without an explanation") == 2
    assert "| query-gic-capabilities | `TARGET_ARM` |" in printed
