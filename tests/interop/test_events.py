"""Events of real servers are events of the schema."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from qapigen.runtime.events import make_event, parse_event
from tests.interop.packages import Package
from tests.interop.programs import DAEMON, QEMU
from tests.interop.raw_client import Message, RawClient
from tests.interop.round_trips import WAYS, fault, same_json


def judge(package: Package, messages: Iterable[Message]) -> list[str]:
    """The names of events, each of which makes the way into typed data and back."""
    names = []
    for message in messages:
        spec = package.events[message["event"]]
        if spec.visit_data is not None:
            for way in WAYS.values():
                assert fault(way, spec.visit_data, message.get("data", {})) is None
        else:
            assert "data" not in message
        event, data = parse_event(package.events, message)
        assert same_json(make_event(spec, data, event.timestamp).to_wire(), message)
        names.append(event.name)
    return names


def told(package: Package, client: RawClient, name: str) -> Any:
    """The typed answer to a question, which makes the way back, too."""
    answer = client.execute(name)
    for way in WAYS.values():
        assert fault(way, package.visit_answer(name), answer) is None
    return package.answer(name, answer)


@pytest.mark.requires(QEMU)
def test_run_states(qapi: Package, machine: RawClient) -> None:
    for command in ("cont", "stop", "cont"):
        machine.execute(command)
    later = {"system_reset": "RESET", "system_powerdown": "POWERDOWN", "quit": "SHUTDOWN"}
    for command, event in later.items():
        machine.execute(command)
        machine.wait_for(event)
    names = judge(qapi, machine.events)
    assert [name for name in names if name in ("RESUME", "STOP")] == ["RESUME", "STOP", "RESUME"]
    assert set(later.values()) <= set(names)


@pytest.mark.requires(QEMU)
def test_a_migration(qapi: Package, machine: RawClient, tmp_path: Path) -> None:
    """From the first event to the full statistics of a migration that is done."""
    capability = {"capability": "events", "state": True}
    machine.execute("migrate-set-capabilities", {"capabilities": [capability]})
    assert told(qapi, machine, "query-migrate") == qapi.type("MigrationInfo")()
    machine.execute("migrate", {"uri": f"exec:cat > {tmp_path}/stream"})
    status = qapi.type("MigrationStatus")
    machine.wait_for("MIGRATION", lambda data: data["status"] == status.COMPLETED)
    info = told(qapi, machine, "query-migrate")
    assert info.status is status.COMPLETED
    assert info.ram is not None and info.total_time is not None
    assert info.ram.dirty_sync_count >= 1
    names = judge(qapi, machine.events)
    assert names.count("MIGRATION") >= 3
    assert "MIGRATION_PASS" in names
    seen = [event["data"]["status"] for event in machine.events if event["event"] == "MIGRATION"]
    assert seen[:2] == [status.SETUP, status.ACTIVE]


@pytest.mark.requires(DAEMON)
def test_jobs(daemon_qapi: Package, own_daemon: RawClient, tmp_path: Path) -> None:
    """An image is made, opened, measured and mirrored; jobs and images tell about it."""
    path = tmp_path / "disk.qcow2"
    path.touch()
    file = {"driver": "file", "filename": str(path)}
    own_daemon.execute("blockdev-add", {**file, "node-name": "file0"})
    options = {"driver": "qcow2", "file": "file0", "size": 1 << 20, "compression-type": "zstd"}
    own_daemon.execute("blockdev-create", {"job-id": "make", "options": options})
    own_daemon.wait_for("JOB_STATUS_CHANGE", lambda data: data["status"] == "concluded")
    jobs = told(daemon_qapi, own_daemon, "query-jobs")
    assert [(job.id, job.type, job.status, job.error) for job in jobs] == [
        ("make", "create", "concluded", None)
    ]
    own_daemon.execute("job-dismiss", {"id": "make"})
    arguments = {"driver": "qcow2", "node-name": "disk", "file": "file0"}
    own_daemon.execute("blockdev-add", arguments)
    nodes = {
        node.node_name: node for node in told(daemon_qapi, own_daemon, "query-named-block-nodes")
    }
    image = nodes["disk"].image
    assert image.virtual_size == 1 << 20
    assert isinstance(image.format_specific, daemon_qapi.type("ImageInfoSpecific_Qcow2"))
    assert image.format_specific.data.compression_type == "zstd"
    target = {"driver": "null-co", "node-name": "target", "size": 1 << 20}
    own_daemon.execute("blockdev-add", target)
    mirror = {"job-id": "copy", "device": "disk", "target": "target", "sync": "full"}
    own_daemon.execute("blockdev-mirror", mirror | {"auto-dismiss": False})
    own_daemon.wait_for("BLOCK_JOB_READY")
    told(daemon_qapi, own_daemon, "query-block-jobs")
    own_daemon.execute("job-complete", {"id": "copy"})
    own_daemon.wait_for(
        "JOB_STATUS_CHANGE", lambda data: (data["id"], data["status"]) == ("copy", "concluded")
    )
    told(daemon_qapi, own_daemon, "query-block-jobs")
    names = judge(daemon_qapi, own_daemon.events)
    assert {"JOB_STATUS_CHANGE", "BLOCK_JOB_READY", "BLOCK_JOB_COMPLETED"} <= set(names)
