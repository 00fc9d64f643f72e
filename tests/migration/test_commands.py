"""The commands of a machine where no migration is going on: arguments, settings, refusals.

Real processes; what a refused command must leave alone is compared before and after.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from qapi_migration.introspect import query_qmp_schema
from qapi_migration.types.migration import (
    MigrateSetParameters,
    MigrationCapability,
    MigrationCapabilityStatus,
    MigrationStatus,
)
from qapi_migration.types.objects import ObjectOptions_TlsCredsX509
from qapi_migration.types.run_state import RunState
from qapigen import __version__
from qapigen.migration.commands import Commands
from qapigen.migration.engine.migrator import Listeners, Migrator
from qapigen.migration.guest.cpu import VCpus
from qapigen.migration.guest.devices import DeviceSet, TimerDevice
from qapigen.migration.guest.machine import Guest
from qapigen.migration.guest.ram import GuestRam, RamBlock
from qapigen.migration.guest.workloads import Idle
from qapigen.migration.objects import Objects
from qapigen.migration.settings import CAPABILITIES
from qapigen.runtime.errors import QapiError, RemoteError, VisitError
from qapigen.runtime.messages import VersionTriple
from tests.migration.machines import DEADLINE_SECONDS, Machine, machine

#: The twenty commands of migration.json.
OF_MIGRATION = {
    "client_migrate_info",
    "migrate",
    "migrate-continue",
    "migrate-incoming",
    "migrate-set-cache-size",
    "migrate-set-capabilities",
    "migrate-set-parameters",
    "migrate-start-postcopy",
    "migrate_cancel",
    "migrate_set_downtime",
    "migrate_set_speed",
    "query-migrate",
    "query-migrate-cache-size",
    "query-migrate-capabilities",
    "query-migrate-parameters",
    "query-xen-replication-status",
    "x-colo-lost-heartbeat",
    "xen-colo-do-checkpoint",
    "xen-save-devices-state",
    "xen-set-replication",
}

#: Those that a machine with a guest has besides.
OTHERS = {
    *("cont", "stop", "query-status", "quit", "getfd", "closefd", "object-add", "object-del"),
    *("qmp_capabilities", "query-commands", "query-qmp-schema", "query-version"),
}

GENERIC = "GenericError"


@pytest.fixture(scope="module")
def idle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A machine that was never migrated, and whose settings are as they were at first."""
    with machine(tmp_path_factory.mktemp("idle"), "--paused") as found:
        yield found


def refused(
    one: Machine, name: str, arguments: Mapping[str, object] | None = None, **more: Any
) -> tuple[str, str]:
    """The error of a command; it has changed nothing, and nobody was told of anything."""
    before = one.settings, one.info
    one.heard()
    error = one.refused(name, arguments, **more)
    assert (one.settings, one.info) == before
    assert one.heard() == []
    return error


# --- what there is ---


def test_all_commands_exist(idle: Machine) -> None:
    names = [row["name"] for row in idle.execute("query-commands")]
    assert set(names) == OF_MIGRATION | OTHERS
    assert len(names) == len(set(names))


def test_schema(idle: Machine) -> None:
    """It tells of the same commands, and is the schema of the package, unchanged."""
    rows = idle.execute("query-qmp-schema")
    assert rows == list(query_qmp_schema())
    assert {row["name"] for row in rows if row["meta-type"] == "command"} == OF_MIGRATION | OTHERS
    events = {row["name"] for row in rows if row["meta-type"] == "event"}
    assert events == {"MIGRATION", "MIGRATION_PASS", "STOP", "RESUME", "SHUTDOWN"}


def test_unknown_command(idle: Machine) -> None:
    assert refused(idle, "query-rdma")[0] == "CommandNotFound"


def test_version(idle: Machine) -> None:
    assert idle.execute("query-version") == {
        "qemu": {"major": 2, "minor": 12, "micro": 50},
        "package": f"qapigen-{__version__}",
    }
    greeting = idle.qmp.greeting
    assert greeting is not None
    assert greeting.version == VersionTriple(2, 12, 50)
    assert greeting.package == f"qapigen-{__version__}"


# --- arguments, checked before anything happens ---


@pytest.mark.parametrize(
    ("command", "arguments", "told"),
    [
        ("migrate", {}, "uri"),
        ("migrate", {"uri": 5}, "uri"),
        ("migrate", {"uri": None}, "uri"),
        ("migrate", {"uri": "exec:true", "blk": "on"}, "blk"),
        ("migrate", {"uri": "exec:true", "inc": 1}, "inc"),
        ("migrate", {"uri": "exec:true", "detach": None}, "detach"),
        ("migrate", {"uri": "exec:true", "resume": True}, "resume"),
        ("migrate-incoming", {}, "uri"),
        ("migrate-incoming", {"uri": ["tcp::0"]}, "uri"),
        ("migrate_cancel", {"now": True}, "now"),
        ("migrate-continue", {}, "state"),
        ("migrate-continue", {"state": "paused"}, "state"),
        ("migrate-start-postcopy", {"now": True}, "now"),
        ("migrate-set-capabilities", {}, "capabilities"),
        ("migrate-set-capabilities", {"capabilities": {}}, "capabilities"),
        ("migrate-set-capabilities", {"capabilities": ["events"]}, "capabilities[0]"),
        ("migrate-set-capabilities", {"capabilities": [{"capability": "events"}]}, "state"),
        (
            "migrate-set-capabilities",
            {
                "capabilities": [
                    {"capability": "events", "state": True},
                    {"capability": "magic", "state": True},
                ]
            },
            "[1].capability",
        ),
        (
            "migrate-set-capabilities",
            {"capabilities": [{"capability": "events", "state": True, "for": 3}]},
            "for",
        ),
        ("migrate-set-parameters", {"max-bandwith": 1}, "max-bandwith"),
        ("migrate-set-parameters", {"max-bandwidth": "1"}, "max-bandwidth"),
        ("migrate-set-parameters", {"max-bandwidth": 2**63}, "max-bandwidth"),
        ("migrate-set-parameters", {"max-bandwidth": -(2**63) - 1}, "max-bandwidth"),
        ("migrate-set-parameters", {"compress-level": 1.5}, "compress-level"),
        ("migrate-set-parameters", {"xbzrle-cache-size": 2**64}, "xbzrle-cache-size"),
        ("migrate-set-parameters", {"tls-creds": 0}, "tls-creds"),
        ("migrate-set-parameters", {"tls-creds": {}}, "tls-creds"),
        ("migrate-set-parameters", {"tls-hostname": False}, "tls-hostname"),
        ("migrate-set-parameters", {"block-incremental": "off"}, "block-incremental"),
        ("migrate_set_speed", {}, "value"),
        ("migrate_set_speed", {"value": 1e6}, "value"),
        ("migrate_set_downtime", {"value": "1"}, "value"),
        ("migrate-set-cache-size", {"value": "64M"}, "value"),
        ("query-migrate", {"verbose": True}, "verbose"),
        ("query-migrate-capabilities", {"capability": "events"}, "capability"),
        ("query-migrate-parameters", {"name": "x"}, "name"),
        ("query-migrate-cache-size", {"x": 0}, "x"),
        ("client_migrate_info", {"protocol": "spice"}, "hostname"),
        ("client_migrate_info", {"hostname": "h"}, "protocol"),
        ("client_migrate_info", {"protocol": "spice", "hostname": "h", "port": "1"}, "port"),
        ("x-colo-lost-heartbeat", {"x": 0}, "x"),
        ("xen-save-devices-state", {}, "filename"),
        ("xen-set-replication", {"enable": True}, "primary"),
        ("xen-set-replication", {"enable": 1, "primary": True}, "enable"),
        ("query-xen-replication-status", {"x": 0}, "x"),
        ("xen-colo-do-checkpoint", {"x": 0}, "x"),
        ("object-add", {"qom-type": "rng-random", "id": "r"}, "qom-type"),
        ("object-add", {"qom-type": "tls-creds-x509", "id": "c", "endpoint": "both"}, "endpoint"),
        ("object-add", {"qom-type": "tls-creds-x509", "id": "c", "props": {}}, "props"),
        ("object-del", {}, "id"),
        ("getfd", {}, "fdname"),
        ("stop", {"now": True}, "now"),
    ],
)
def test_wrong_arguments(
    idle: Machine, command: str, arguments: dict[str, object], told: str
) -> None:
    error, desc = refused(idle, command, arguments)
    assert error == GENERIC
    assert told in desc


def test_no_arguments_may_be_an_empty_object(idle: Machine) -> None:
    for name in ("migrate_cancel", "query-migrate", "query-migrate-parameters"):
        raw = idle.qmp.client.execute(name, {}, timeout=DEADLINE_SECONDS)
        assert raw == idle.execute(name)


def test_none_may_be_executed_out_of_band(idle: Machine) -> None:
    with pytest.raises(RemoteError) as caught:
        idle.qmp.client.execute("migrate_cancel", oob=True, timeout=DEADLINE_SECONDS)
    assert caught.value.error_class == GENERIC


# --- the state before any migration ---


def test_query_migrate(idle: Machine) -> None:
    assert idle.info == {}
    assert idle.execute("query-status") == {
        "running": False,
        "singlestep": False,
        "status": "prelaunch",
    }


def test_cancel_has_nothing_to_do(idle: Machine) -> None:
    before = idle.settings
    assert idle.execute("migrate_cancel") == {}
    assert (idle.settings, idle.info, idle.heard()) == (before, {}, [])


@pytest.mark.parametrize(
    ("command", "arguments", "error", "told"),
    [
        ("migrate-start-postcopy", {}, GENERIC, "postcopy-ram"),
        ("migrate-continue", {"state": "pre-switchover"}, GENERIC, "'none'"),
        ("migrate-continue", {"state": "active"}, GENERIC, "'none'"),
        ("migrate-incoming", {"uri": "tcp:127.0.0.1:0"}, GENERIC, "defer"),
        ("migrate-incoming", {"uri": "magic:"}, GENERIC, "defer"),
        ("client_migrate_info", {"protocol": "vnc", "hostname": "h"}, GENERIC, "spice"),
        ("client_migrate_info", {"protocol": "SPICE", "hostname": "h"}, GENERIC, "spice"),
        ("client_migrate_info", {"protocol": "spice", "hostname": "h"}, "DeviceNotActive", "SPICE"),
        (
            "client_migrate_info",
            {"protocol": "spice", "hostname": "h", "port": 1, "tls-port": 2, "cert-subject": "s"},
            "DeviceNotActive",
            "SPICE",
        ),
        ("x-colo-lost-heartbeat", {}, GENERIC, "COLO"),
        ("xen-set-replication", {"enable": True, "primary": True}, GENERIC, "replication"),
        (
            "xen-set-replication",
            {"enable": True, "primary": True, "failover": False},
            GENERIC,
            "replication",
        ),
        ("query-xen-replication-status", {}, GENERIC, "replication"),
        ("xen-colo-do-checkpoint", {}, GENERIC, "replication"),
        ("closefd", {"fdname": "nobody"}, GENERIC, "nobody"),
        ("getfd", {"fdname": "nothing-came"}, GENERIC, "SCM_RIGHTS"),
        ("object-del", {"id": "nobody"}, GENERIC, "nobody"),
    ],
)
def test_refused(
    idle: Machine, command: str, arguments: dict[str, object], error: str, told: str
) -> None:
    found, desc = refused(idle, command, arguments)
    assert found == error
    assert told in desc


def test_continue_with_the_status_that_is(idle: Machine) -> None:
    """It is accepted, whatever it is, and has no effect."""
    before = idle.settings
    assert idle.execute("migrate-continue", state="none") == {}
    assert (idle.settings, idle.info, idle.heard()) == (before, {}, [])


def test_xen_file_is_not_touched(idle: Machine, tmp_path: Path) -> None:
    path = tmp_path / "state"
    assert refused(idle, "xen-save-devices-state", filename=str(path))[0] == GENERIC
    assert not path.exists()


# --- capabilities ---


def capabilities(one: Machine) -> dict[str, bool]:
    rows = one.execute("query-migrate-capabilities")
    assert all(row.keys() == {"capability", "state"} for row in rows)
    return {row["capability"]: row["state"] for row in rows}


def test_capabilities(idle: Machine) -> None:
    """In the order of the schema, and off at first."""
    found = capabilities(idle)
    assert list(found) == [name.value for name in CAPABILITIES]
    assert len(found) == 15
    assert not any(found.values())


PRESENT = [
    "xbzrle",
    "auto-converge",
    "events",
    "return-path",
    "pause-before-switchover",
    "rdma-pin-all",
    "zero-blocks",
    "release-ram",
    "dirty-bitmaps",
    "postcopy-blocktime",
]


@pytest.mark.parametrize("name", PRESENT)
def test_capability_that_is_there(idle: Machine, name: str) -> None:
    off = capabilities(idle)
    assert idle.execute("migrate-set-capabilities", capabilities=[on(name)]) == {}
    assert capabilities(idle) == off | {name: True}
    idle.execute("migrate-set-capabilities", capabilities=[on(name, state=False)])
    assert capabilities(idle) == off


@pytest.mark.parametrize("name", sorted({name.value for name in CAPABILITIES} - set(PRESENT)))
def test_capability_that_is_not_there(idle: Machine, name: str) -> None:
    """It may be switched off, though; and nothing else of the same request is done."""
    error, desc = refused(
        idle, "migrate-set-capabilities", capabilities=[on("events"), on(name), on("return-path")]
    )
    assert error == GENERIC
    assert f"'{name}'" in desc
    assert idle.execute("migrate-set-capabilities", capabilities=[on(name, state=False)]) == {}


def test_capabilities_that_exclude_each_other(idle: Machine) -> None:
    for one, other in [("compress", "postcopy-ram"), ("x-colo", "return-path")]:
        error, desc = refused(idle, "migrate-set-capabilities", capabilities=[on(one), on(other)])
        assert error == GENERIC
        assert f"'{one}' and '{other}' exclude each other" in desc


def test_of_duplicates_the_last_counts(idle: Machine) -> None:
    idle.execute("migrate-set-capabilities", capabilities=[on("events"), on("events", state=False)])
    assert not any(capabilities(idle).values())
    assert idle.execute("migrate-set-capabilities", capabilities=[]) == {}


def on(name: str, *, state: bool = True) -> dict[str, object]:
    return {"capability": name, "state": state}


# --- parameters ---

DEFAULTS = {
    "compress-level": 1,
    "compress-threads": 8,
    "decompress-threads": 2,
    "cpu-throttle-initial": 20,
    "cpu-throttle-increment": 10,
    "tls-creds": "",
    "tls-hostname": "",
    "max-bandwidth": 33554432,
    "downtime-limit": 300,
    "x-checkpoint-delay": 200,
    "block-incremental": False,
    "x-multifd-channels": 2,
    "x-multifd-page-count": 16,
    "xbzrle-cache-size": 67108864,
}


def parameters(one: Machine) -> dict[str, object]:
    found = one.execute("query-migrate-parameters")
    assert isinstance(found, dict)
    return found


def test_parameters(idle: Machine) -> None:
    assert parameters(idle) == DEFAULTS
    assert idle.execute("query-migrate-cache-size") == 67108864


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("compress-level", (0, 9)),
        ("compress-threads", (1, 255)),
        ("decompress-threads", (1, 255)),
        ("cpu-throttle-initial", (1, 99)),
        ("cpu-throttle-increment", (1, 99)),
        ("tls-creds", ("nobody", "")),
        ("tls-hostname", ("höst", "")),
        ("max-bandwidth", (0, 2**63 - 1)),
        ("downtime-limit", (0, 2_000_000)),
        ("x-checkpoint-delay", (0, 2**32 - 1)),
        ("block-incremental", (True, False)),
        ("x-multifd-channels", (1, 255)),
        ("x-multifd-page-count", (1, 10_000)),
        ("xbzrle-cache-size", (4096, 2**40)),
    ],
)
def test_parameter(idle: Machine, name: str, values: tuple[object, object]) -> None:
    for value in values:
        assert idle.execute("migrate-set-parameters", {name: value}) == {}
        assert parameters(idle) == DEFAULTS | {name: value}
    idle.execute("migrate-set-parameters", {name: DEFAULTS[name]})
    assert parameters(idle) == DEFAULTS


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("compress-level", (-1, 10, 256, 257)),
        ("compress-threads", (0, 256, 257)),
        ("decompress-threads", (0, 256)),
        ("cpu-throttle-initial", (0, 100)),
        ("cpu-throttle-increment", (0, 100)),
        ("max-bandwidth", (-1, -(2**63))),
        ("downtime-limit", (-1, 2_000_001)),
        ("x-checkpoint-delay", (-1, 2**32)),
        ("x-multifd-channels", (0, 256)),
        ("x-multifd-page-count", (0, 10_001)),
        ("xbzrle-cache-size", (0, 2048, 4095, 12288, 2**63)),
    ],
)
def test_parameter_out_of_range(idle: Machine, name: str, values: tuple[int, ...]) -> None:
    for value in values:
        error, desc = refused(idle, "migrate-set-parameters", {name: value, "tls-creds": "x"})
        assert (error, desc.startswith(f"{name} must be")) == (GENERIC, True)


def test_first_violation_is_told(idle: Machine) -> None:
    """In the order of the schema, not of the request."""
    wrong = {"x-multifd-channels": 0, "downtime-limit": -1, "decompress-threads": 0}
    for first in ("decompress-threads", "downtime-limit", "x-multifd-channels"):
        assert first in refused(idle, "migrate-set-parameters", wrong)[1]
        del wrong[first]


def test_null_stands_for_nothing(idle: Machine) -> None:
    idle.set(tls_creds="a", tls_hostname="b")
    idle.set(tls_creds=None, tls_hostname=None)
    assert parameters(idle) == DEFAULTS
    assert idle.execute("migrate-set-parameters") == {}


def test_typed_client(idle: Machine) -> None:
    """The client of the package, with the same settings."""
    idle.qmp.migrate_set_parameters(MigrateSetParameters(downtime_limit=7))
    assert idle.qmp.query_migrate_parameters().downtime_limit == 7
    idle.qmp.migrate_set_parameters(MigrateSetParameters(downtime_limit=300))
    status = MigrationCapabilityStatus(capability=MigrationCapability.EVENTS, state=False)
    idle.qmp.migrate_set_capabilities(capabilities=[status])
    assert status in idle.qmp.query_migrate_capabilities()
    with pytest.raises(VisitError):
        idle.qmp.migrate(uri=5)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("command", "value", "name", "stored"),
    [
        ("migrate_set_speed", 0, "max-bandwidth", 0),
        ("migrate_set_speed", 2**63 - 1, "max-bandwidth", 2**63 - 1),
        ("migrate_set_downtime", 0, "downtime-limit", 0),
        ("migrate_set_downtime", 0.12345, "downtime-limit", 123),
        ("migrate_set_downtime", 1.001, "downtime-limit", 1001),
        ("migrate_set_downtime", 2000, "downtime-limit", 2_000_000),
        ("migrate-set-cache-size", 4096, "xbzrle-cache-size", 4096),
    ],
)
def test_old_commands(idle: Machine, command: str, value: float, name: str, stored: int) -> None:
    assert idle.execute(command, value=value) == {}
    assert parameters(idle) == DEFAULTS | {name: stored}
    assert idle.execute("query-migrate-cache-size") == parameters(idle)["xbzrle-cache-size"]
    idle.execute("migrate-set-parameters", {name: DEFAULTS[name]})


@pytest.mark.parametrize(
    ("command", "values"),
    [
        ("migrate_set_speed", (-1, -(2**63))),
        ("migrate_set_downtime", (-0.001, 2000.001, 1e300, -1)),
        ("migrate-set-cache-size", (0, 1, 4097, 3 << 20, -4096)),
    ],
)
def test_old_commands_out_of_range(idle: Machine, command: str, values: tuple[float, ...]) -> None:
    for value in values:
        assert refused(idle, command, value=value)[0] == GENERIC


# --- stop and cont ---


def test_stop_and_cont(tmp_path: Path) -> None:
    with machine(tmp_path) as one:
        assert one.execute("query-status")["running"] is True
        for _ in range(2):  # the second one changes nothing
            one.execute("stop")
            assert one.state == "paused"
        assert one.heard() == ["STOP"]
        for _ in range(2):
            one.execute("cont")
            assert one.state == "running"
        assert one.heard() == ["RESUME"]


# --- what no option of the command can bring about ---


class Stuck(TimerDevice):
    """A device whose state cannot leave the host."""

    migratable = False


def commands(*, device: TimerDevice, run_state: RunState = RunState.PRELAUNCH) -> Commands:
    ram = GuestRam([RamBlock("pc.ram", 4096)])
    guest = Guest(
        ram,
        DeviceSet([device]),
        VCpus(Idle(), 1, ram, time.monotonic),
        run_state=run_state,
    )

    def unheard(told: object) -> None:
        raise AssertionError(f"an event: {told}")

    listeners = Listeners(status=unheard, passed=unheard, arrived=unheard)
    return Commands(Migrator(guest, listeners), Objects(), quit_=lambda: None)


def test_device_that_cannot_move() -> None:
    one = commands(device=Stuck(time.monotonic))
    with pytest.raises(QapiError, match="'timer' cannot be migrated") as caught:
        one.migrate(uri="exec:true", blk=True)
    assert caught.value.error_class == GENERIC
    assert one.query_migrate().status is None


@pytest.mark.parametrize("state", [RunState.INTERNAL_ERROR, RunState.SHUTDOWN])
def test_cont_where_a_reset_is_needed(state: RunState) -> None:
    one = commands(device=TimerDevice(time.monotonic), run_state=state)
    with pytest.raises(QapiError, match=f"'{state.value}'.* after a reset"):
        one.cont()
    assert one.query_status().status is state
    one.stop()
    assert one.query_status().status is state


def test_cont_where_the_guest_is_leaving() -> None:
    one = commands(device=TimerDevice(time.monotonic), run_state=RunState.FINISH_MIGRATE)
    with pytest.raises(QapiError, match="about to leave"):
        one.cont()
    assert one.query_status().status is RunState.FINISH_MIGRATE


def test_object_without_a_folder() -> None:
    one = commands(device=TimerDevice(time.monotonic))
    with pytest.raises(QapiError, match="dir: "):
        one.object_add(ObjectOptions_TlsCredsX509(id="c"))
    with pytest.raises(QapiError, match="no object 'c'"):
        one.object_del(id="c")


def test_continue_names_the_status() -> None:
    one = commands(device=TimerDevice(time.monotonic))
    with pytest.raises(QapiError, match="'none', not 'device'"):
        one.migrate_continue(state=MigrationStatus.DEVICE)
