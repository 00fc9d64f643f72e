"""What real servers answer is what the schema's types can hold, to the last member."""

from __future__ import annotations

from typing import Any

import pytest

from qapigen.runtime.errors import VisitError
from qapigen.runtime.visit import from_wire
from qapigen.runtime.visit.specialised import pair_of
from tests.interop.differences import Release
from tests.interop.packages import Package
from tests.interop.programs import AGENT, DAEMON, QEMU
from tests.interop.raw_client import RawClient, Refused
from tests.interop.round_trips import WAYS, RoundTrip, fault

#: How the names of commands begin that only ask.
ASKING = (
    *("query-", "x-query-", "x-debug-query-", "qom-list-types"),
    *("guest-info", "guest-get-", "guest-network-get-", "guest-fsfreeze-status"),
)

#: What cannot be told on every machine: it needs KVM, special processors, a profiler, real disks.
MAY_REFUSE = {
    "guest-get-devices",
    "guest-get-disks",
    "guest-get-diskstats",
    "guest-get-fsinfo",
    "guest-get-memory-block-info",
    "guest-get-memory-blocks",
    "query-firmware-log",
    "query-gic-capabilities",
    "query-hv-balloon-status-report",
    "query-s390x-cpu-polarization",
    "query-sev",
    "query-sev-capabilities",
    "query-sev-launch-measure",
    "query-sgx",
    "query-sgx-capabilities",
    "x-query-profile",
}

#: Questions with arguments.
DETAILED: tuple[tuple[str, dict[str, object]], ...] = (
    ("query-stats", {"target": "vm"}),
    ("query-stats", {"target": "vcpu"}),
    ("query-cpu-model-expansion", {"type": "static", "model": {"name": "qemu64"}}),
    ("query-cpu-model-expansion", {"type": "full", "model": {"name": "max"}}),
    ("query-blockstats", {"query-nodes": True}),
    ("query-named-block-nodes", {"flat": True}),
    ("query-rx-filter", {"name": "net0"}),
    ("query-rocker", {"name": "switch0"}),
    ("query-rocker-ports", {"name": "switch0"}),
    ("query-command-line-options", {"option": "machine"}),
    ("qom-list", {"path": "/objects"}),
    ("qom-list", {"path": "/machine"}),
    ("qom-get", {"path": "/machine", "property": "type"}),
    ("qom-get", {"path": "/machine/peripheral/balloon0", "property": "guest-stats"}),
    ("qom-list-types", {"implements": "machine", "abstract": True}),
    ("qom-list-properties", {"typename": "iothread"}),
    ("device-list-properties", {"typename": "virtio-blk-pci"}),
    ("x-query-virtio-status", {"path": "/machine/peripheral/vd0/virtio-backend"}),
    ("x-query-virtio-status", {"path": "/machine/peripheral/net0/virtio-backend"}),
    ("x-query-virtio-status", {"path": "/machine/peripheral/scsi0/virtio-backend"}),
    ("x-query-virtio-status", {"path": "/machine/peripheral/balloon0/virtio-backend"}),
    ("x-query-virtio-status", {"path": "/machine/peripheral/rng0/virtio-backend"}),
    (
        "x-query-virtio-queue-status",
        {"path": "/machine/peripheral/vd0/virtio-backend", "queue": 0},
    ),
    ("human-monitor-command", {"command-line": "info version"}),
)

way = pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)


def questions(package: Package, names: set[str]) -> tuple[list[str], list[str]]:
    """The commands among ``names`` that only ask: those that need no arguments, those that do."""
    asking = [name for name in package.commands if name in names and name.startswith(ASKING)]
    free = [name for name in asking if _accepts_nothing(package, name)]
    return free, [name for name in asking if name not in free]


def _accepts_nothing(package: Package, name: str) -> bool:
    visit = package.commands[name].visit_arguments
    try:
        return visit is None or from_wire(visit, {}) is not None
    except VisitError:
        return False


def answers(client: RawClient, names: list[str]) -> dict[str, Any]:
    """What the server has to say; not all of it can be told everywhere."""
    found: dict[str, Any] = {}
    for name in names:
        try:
            found[name] = client.execute(name)
        except Refused:
            assert name in MAY_REFUSE
    return found


def faults(package: Package, way: RoundTrip, found: dict[str, Any]) -> dict[str, str]:
    """What is wrong with answers, by command."""
    judged = {
        name: fault(way, package.visit_answer(name), answer) for name, answer in found.items()
    }
    return {name: text for name, text in judged.items() if text is not None}


@pytest.fixture(scope="session")
def rich_answers(qapi: Package, rich: RawClient) -> dict[str, Any]:
    names = {row["name"] for row in rich.execute("query-commands")}
    return answers(rich, questions(qapi, names)[0])


@pytest.fixture(scope="session")
def daemon_answers(daemon_qapi: Package, daemon: RawClient) -> dict[str, Any]:
    names = {row["name"] for row in daemon.execute("query-commands")}
    return answers(daemon, questions(daemon_qapi, names)[0])


@pytest.fixture(scope="session")
def agent_answers(qga: Package, guest_agent: RawClient) -> dict[str, Any]:
    rows = guest_agent.execute("guest-info")["supported_commands"]
    return answers(guest_agent, questions(qga, {row["name"] for row in rows if row["enabled"]})[0])


@way
@pytest.mark.requires(QEMU)
def test_qemu(
    way: RoundTrip, release: Release, qapi: Package, rich_answers: dict[str, Any]
) -> None:
    assert len(rich_answers) >= 65
    assert faults(qapi, way, rich_answers).keys() == set(release.newer_answers)


@way
@pytest.mark.requires(DAEMON)
def test_storage_daemon(
    way: RoundTrip, daemon_qapi: Package, daemon_answers: dict[str, Any]
) -> None:
    assert len(daemon_answers) >= 13
    assert faults(daemon_qapi, way, daemon_answers) == {}


@way
@pytest.mark.requires(AGENT)
def test_guest_agent(way: RoundTrip, qga: Package, agent_answers: dict[str, Any]) -> None:
    assert len(agent_answers) >= 8
    assert faults(qga, way, agent_answers) == {}


@pytest.mark.requires(QEMU)
@pytest.mark.parametrize("question", DETAILED, ids=lambda question: question[0])
def test_detailed_questions(
    question: tuple[str, dict[str, object]], release: Release, qapi: Package, rich: RawClient
) -> None:
    """Arguments are as QEMU wants them, and its answers as we do."""
    name, arguments = question
    if name in release.unasked:
        assert name in qapi.commands  # it is there, and better left alone
        return
    visit_arguments = qapi.commands[name].visit_arguments
    assert visit_arguments is not None
    answer = rich.execute(name, arguments)
    for function in WAYS.values():
        assert fault(function, visit_arguments, arguments) is None
        assert fault(function, qapi.visit_answer(name), answer) is None


@pytest.mark.requires(QEMU)
def test_arguments_are_mandatory_for_both(qapi: Package, rich: RawClient) -> None:
    """A command that our types do not let go without arguments is refused by QEMU, too."""
    names = {row["name"] for row in rich.execute("query-commands")}
    needy = questions(qapi, names)[1]
    assert len(needy) >= 9
    for name in needy:
        with pytest.raises(Refused, match="Parameter '.*' is missing"):
            rich.execute(name)


def test_there_is_a_quick_way(qapi: Package, qga: Package, daemon_qapi: Package) -> None:
    """Generated types have one; builtin types, and visits put off to a later import, may not."""
    for package in (qapi, qga, daemon_qapi):
        specs = package.commands.values()
        visits = [spec.visit_returns for spec in specs if spec.visit_returns is not None]
        own = [each for each in visits if f"{package.name}.visit." in each.__module__]
        assert len(own) > 10
        assert [each for each in own if pair_of(each).read is None] == []


@pytest.mark.requires(QEMU)
def test_the_machine_is_rich(rich_answers: dict[str, Any]) -> None:
    """Answers have something in them: lists, and different branches of unions."""
    empty = {name for name, answer in rich_answers.items() if answer == []}
    assert empty <= {
        "query-audiodevs",
        "query-block-exports",
        "query-block-jobs",
        "query-cryptodev",
        "query-jobs",
        "query-pr-managers",
        "query-stats-schemas",
        "query-tpm",
        "query-vcpu-dirty-limit",
    }
    drivers = {node["drv"] for node in rich_answers["query-named-block-nodes"]}
    assert drivers == {"null-co", "throttle"}
    assert {row["type"] for row in rich_answers["query-memory-devices"]} == {"dimm"}
    kinds = {row["meta-type"] for row in rich_answers["query-qmp-schema"]}
    assert kinds == {"builtin", "enum", "array", "object", "alternate", "command", "event"}


@pytest.mark.requires(AGENT)
def test_the_agent_serves_its_schema(
    release: Release, qga: Package, guest_agent: RawClient
) -> None:
    """The agent lists the commands of its schema, and which of them answer nothing."""
    rows = guest_agent.execute("guest-info")["supported_commands"]
    listed = {row["name"]: row["success-response"] for row in rows}
    known = {name: qga.commands[name].success_response for name in qga.commands}
    missing = set(known) - set(listed)
    conditional = {each.name for each in qga.schema.definitions if each.cond is not None}
    assert missing <= conditional | set(release.not_of_this_system)
    assert listed == {name: known[name] for name in known if name not in missing}
