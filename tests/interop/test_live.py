"""``qapigen`` asks real programs what they have of a schema.

The schemas are those of QEMU 7.2.  Of that, conditions explain all that differs; of a later QEMU
they do not, and what is conditional is decided all the same.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.process import run
from tests.interop.differences import Release
from tests.interop.packages import ROOTS
from tests.interop.programs import (
    AGENT,
    DAEMON,
    QEMU,
    agent_socket,
    machine_socket,
    storage_daemon_socket,
)

OURS = "7.2"
DIALECT = ("--dialect", OURS)


@pytest.mark.requires(QEMU)
def test_qemu(corpus: Path, tmp_path: Path, release: Release) -> None:
    root = corpus / f"qemu-{OURS}" / ROOTS["live_qapi"]
    with machine_socket(tmp_path) as path:
        live = ("--config", f"qmp:unix:{path}")
        found = run("introspect", root, *DIALECT, *live, "-v")
        differences = run("introspect", root, *DIALECT, "--diff", path)
        unexplained = run("introspect", root, *DIALECT, *live, "--diff", path)
        told = json.loads(run("call", path, "query-qmp-schema").stdout)
        (tmp_path / "told.json").write_text(json.dumps(told))
    with_, _, without = found.stderr.partition("built without ")
    assert {"CONFIG_LINUX", "CONFIG_POSIX"} <= set(with_.replace(",", "").split())
    assert {"CONFIG_VMNET", "CONFIG_COCOA"} <= set(without.replace(",", "").split())
    assert (found.returncode, "vmnet-host" in found.stdout) == (0, False)
    assert differences.returncode == 1
    assert "-NetClientDriver, value vmnet-host (if CONFIG_VMNET)\n" in differences.stdout
    assert "vmnet" not in unexplained.stdout
    if release.schemas == OURS:
        assert json.loads(found.stdout) == told
        assert "note: " not in found.stderr
        lines = differences.stdout.splitlines()[2:]
        assert all(line.startswith("-") and " (if " in line for line in lines)
        assert (unexplained.returncode, unexplained.stdout) == (0, "")
    else:
        assert "note: differs from the schema in " in found.stderr
        assert "+BlockDeviceInfo, member active\n" in differences.stdout
    # What it told is as good as the program.
    again = run("introspect", root, *DIALECT, "--config", tmp_path / "told.json")
    assert again.stdout == found.stdout


@pytest.mark.requires(QEMU)
def test_a_pruned_package(corpus: Path, tmp_path: Path, release: Release) -> None:
    """It has no trace of what the program cannot do, and reads the program's answers."""
    root, out = corpus / f"qemu-{OURS}" / ROOTS["live_qapi"], tmp_path / "out"
    with machine_socket(tmp_path) as path:
        made = run(
            *("generate", root, *DIALECT, "--config", f"qmp:unix:{path}"),
            *("-o", out, "--package", "live_pruned", "--backend", "python"),
        )
        assert made.returncode == 0, made.stderr
        version = str(json.loads(run("call", path, "query-version").stdout)["qemu"]["major"])
        code = f"""
import sys; sys.path.insert(0, {str(out)!r})
from live_pruned.client import BlockingClient
with BlockingClient.connect({str(path)!r}, timeout=60) as client:
    print(client.query_version().qemu.major, client.query_status().status.value)
    assert not hasattr(client, "query_gic_capabilities")
"""
        answer = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, check=False, text=True
        )
    assert answer.stdout.split() == [version, "prelaunch"], answer.stderr


@pytest.mark.requires(DAEMON, release=OURS)
def test_storage_daemon(corpus: Path, tmp_path: Path) -> None:
    root = corpus / f"qemu-{OURS}" / ROOTS["live_storage_daemon"]
    with storage_daemon_socket(tmp_path) as path:
        found = run("introspect", root, *DIALECT, "--diff", path)
        release = json.loads(run("call", path, "query-version").stdout)["qemu"]
    assert found.returncode == 1
    lines = found.stdout.splitlines()[2:]
    assert any(line.startswith("-") for line in lines)
    if f"{release['major']}.{release['minor']}" == OURS:
        assert all(line.startswith("-") and " (if " in line for line in lines)


@pytest.mark.requires(AGENT, release=OURS)
def test_guest_agent(corpus: Path, tmp_path: Path) -> None:
    """It tells the names of its commands, and nothing else."""
    root = corpus / f"qemu-{OURS}" / ROOTS["live_qga"]
    with agent_socket(tmp_path) as path:
        found = run("introspect", root, *DIALECT, "--diff", f"qga:unix:{path}")
        info = json.loads(run("call", path, "guest-info", "--guest-agent").stdout)
    names = {line[1:] for line in found.stdout.splitlines()[2:] if line.startswith("+")}
    assert names <= {each["name"] for each in info["supported_commands"]}
    if info["version"].startswith(OURS):
        assert (found.returncode, found.stdout) == (0, ""), found.stderr
    else:
        assert (found.returncode, bool(names)) == (1, True)
