"""What takes long in real programs, and what is over before anybody waits for it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from qapigen.runtime.errors import DEVICE_NOT_FOUND, ConnectionLost, QapiError
from qapigen.runtime.waiters import JobResult
from tests.interop.drivers import DRIVERS, Driver
from tests.interop.programs import (
    AGENT,
    DAEMON,
    QEMU,
    agent_socket,
    machine_socket,
    storage_daemon_socket,
)

PATIENCE = 30.0
TURNS = 10

_DISKS = "-nodefaults -display none -machine pc -accel tcg -m 64 -S -device virtio-scsi-pci,id=s0"


@pytest.fixture(params=DRIVERS.values(), ids=list(DRIVERS))
def driver(request: pytest.FixtureRequest) -> type[Driver]:
    found: type[Driver] = request.param
    return found


@pytest.mark.requires(QEMU)
def test_what_a_device_has_used_is_free(tmp_path: Path, driver: type[Driver]) -> None:
    with machine_socket(tmp_path, _DISKS.split()) as path, driver(f"unix:{path}") as vm:
        for turn in range(TURNS):
            node = f"node{turn}"
            disk = {"driver": "scsi-hd", "id": "disk", "drive": node, "bus": "s0.0"}
            vm.execute("blockdev-add", {"driver": "null-co", "node-name": node})
            vm.execute("device_add", disk)
            vm.execute("device_del", {"id": "disk"})
            vm.wait("wait_device_deleted", "disk", timeout=PATIENCE)
            vm.execute("blockdev-del", {"node-name": node})
        assert len(vm.client.kept_events("DEVICE_DELETED")) == TURNS


@pytest.mark.requires(QEMU)
def test_why_a_machine_has_ended(tmp_path: Path, driver: type[Driver]) -> None:
    with machine_socket(tmp_path) as path, driver(f"unix:{path}") as vm:
        vm.execute("quit")
        with pytest.raises(ConnectionLost):
            vm.wait_event("NEVER", timeout=PATIENCE)
        shutdown = vm.wait_event("SHUTDOWN", timeout=PATIENCE)
        assert shutdown.data == {"guest": False, "reason": "host-qmp-quit"}


@pytest.mark.requires(DAEMON)
def test_jobs_that_are_over_at_once(tmp_path: Path, driver: type[Driver]) -> None:
    broken = {"driver": "blkdebug", "node-name": "broken", "image": "small"}
    errors = [{"event": "none", "iotype": "read", "errno": 5}]
    with storage_daemon_socket(tmp_path) as path, driver(f"unix:{path}") as store:
        for name in ("small", "copy"):
            store.execute("blockdev-add", {"driver": "null-co", "node-name": name, "size": 65536})
        store.execute("blockdev-add", broken | {"inject-error": errors})
        for _ in range(TURNS):
            for device, error in (("small", None), ("broken", os.strerror(5))):
                job = {"job-id": "job0", "device": device, "target": "copy", "sync": "full"}
                store.execute("blockdev-backup", job)
                found = store.wait("wait_job", "job0", timeout=PATIENCE)
                assert found == JobResult("job0", error)
        with pytest.raises(QapiError, match="there is no job 'job1'") as caught:
            store.wait("wait_job", "job1", timeout=PATIENCE)
        assert caught.value.error_class == DEVICE_NOT_FOUND


@pytest.mark.requires(AGENT)
def test_the_most_that_a_guest_agent_reads(tmp_path: Path, driver: type[Driver]) -> None:
    most = 48 << 20
    big = tmp_path / "big"
    with big.open("wb") as file:
        file.truncate(most + 1)
    open_it = {"path": str(big), "mode": "r"}
    with agent_socket(tmp_path) as path:
        with driver(f"unix:{path}", mode="guest-agent") as agent:
            handle = agent.execute("guest-file-open", open_it)
            read = {"handle": handle, "count": most}
            assert agent.execute("guest-file-read", read, timeout=60)["count"] == most
            agent.execute("guest-file-close", {"handle": handle})
        with driver(f"unix:{path}", mode="guest-agent", answer_bytes=1 << 20) as agent:
            handle = agent.execute("guest-file-open", open_it)
            read = {"handle": handle, "count": 1 << 20}
            with pytest.raises(QapiError, match="longer than 1048576 bytes"):
                agent.execute("guest-file-read", read, timeout=60)
            assert agent.execute("guest-ping", timeout=60) == {}
