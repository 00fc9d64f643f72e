"""Typed arguments reach real servers, and both sides refuse the same values.

A handler may refuse more than its types do; QEMU 7.2 words the refusals of types in a few ways,
by which they are told apart here.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any

import pytest

from qapigen.runtime.errors import VisitError
from qapigen.runtime.visit import from_wire, to_wire
from tests.interop.differences import Release
from tests.interop.packages import Package
from tests.interop.programs import DAEMON, QEMU
from tests.interop.raw_client import RawClient, Refused

TYPE_REFUSAL = re.compile(
    r"Invalid parameter type for '.*', expected: [\w ]+\Z"
    r"|Parameter '.*' expects u?int\d+(_t)?\Z"
    r"|Parameter '.*' is (missing|unexpected)\Z"
    r"|Parameter '.*' does not accept value '.*'\Z"
)

#: Values for any place; what they are worth depends on the type.
VALUES: tuple[object, ...] = (
    *(None, True, False, "", "on", "none", "zlib", "1", "1M", [], {}, [1], [None], {"a": 1}),
    *(0, 1, -1, 1.0, 0.5, 1e3, 127, 128, -128, -129, 255, 256, -255, 65535, 65536, -65536),
    *(2**31 - 1, 2**31, -(2**31), -(2**31) - 1, 2**32 - 1, 2**32, 2**53 + 1),
    *(2**63 - 1, 2**63, -(2**63), -(2**63) - 1, 2**64 - 1, 2**64, 10**30),
)

CAPABILITY = {"capability": "events", "state": False}

#: A command, arguments for it, the member that is varied (of a list or an object: by a path).
VARIED: tuple[tuple[str, dict[str, Any], tuple[str | int, ...]], ...] = (
    ("migrate-set-parameters", {}, ("cpu-throttle-initial",)),  # uint8
    ("migrate-set-parameters", {}, ("max-bandwidth",)),  # size
    ("migrate-set-parameters", {}, ("downtime-limit",)),  # uint64
    ("migrate-set-parameters", {}, ("x-checkpoint-delay",)),  # uint32
    ("migrate-set-parameters", {}, ("cpu-throttle-tailslow",)),  # bool
    ("migrate-set-parameters", {}, ("tls-creds",)),  # StrOrNull
    ("migrate-set-parameters", {}, ("multifd-compression",)),  # enum
    ("migrate-set-parameters", {}, ("block-bitmap-mapping",)),  # list of structs
    ("migrate-set-parameters", {}, ("Downtime-Limit",)),  # no member
    ("migrate-set-capabilities", {}, ("capabilities",)),
    ("migrate-set-capabilities", {"capabilities": [CAPABILITY]}, ("capabilities", 0)),
    ("migrate-set-capabilities", {"capabilities": [CAPABILITY]}, ("capabilities", 0, "state")),
    ("migrate-set-capabilities", {"capabilities": [CAPABILITY]}, ("capabilities", 0, "capability")),
    ("migrate-set-capabilities", {"capabilities": [CAPABILITY]}, ("capabilities", 0, "more")),
    ("object-add", {"qom-type": "iothread", "id": "t1"}, ("poll-max-ns",)),  # int
    ("object-add", {"qom-type": "iothread", "id": "t1"}, ("qom-type",)),  # a union's tag
    ("object-add", {"qom-type": "iothread", "id": "t1"}, ("size",)),  # of another branch
    ("blockdev-add", {"driver": "null-co", "node-name": "x"}, ("latency-ns",)),
    ("blockdev-add", {"driver": "null-co", "node-name": "x"}, ("read-zeroes",)),
    ("blockdev-add", {"driver": "raw", "node-name": "x", "file": ""}, ("file",)),  # BlockdevRef
    ("screendump", {"filename": "/nowhere/x"}, ("head",)),
    ("query-migrate", {}, ("x",)),  # no arguments at all
)


def varied(arguments: Any, path: tuple[str | int, ...], value: object) -> Any:
    """Arguments with one value put in."""
    if not path:
        return value
    copy = arguments.copy()
    first, *rest = path
    copy[first] = varied(copy[first], tuple(rest), value) if rest else value
    return copy


def our_refusal(package: Package, name: str, arguments: dict[str, Any]) -> str | None:
    visit = package.commands[name].visit_arguments
    if visit is None:
        return f"unexpected {[*arguments]}" if arguments else None
    try:
        typed = from_wire(visit, arguments, "arguments")
    except VisitError as error:
        return str(error)
    to_wire(visit, typed)
    return None


def their_refusal(client: RawClient, name: str, arguments: dict[str, Any]) -> str | None:
    try:
        client.execute(name, arguments)
    except Refused as error:
        return error.desc if TYPE_REFUSAL.match(error.desc) else None
    return None


def undo(client: RawClient, name: str) -> None:
    """Make room for the next attempt."""
    undoing: dict[str, tuple[str, dict[str, object]]] = {
        "object-add": ("object-del", {"id": "t1"}),
        "blockdev-add": ("blockdev-del", {"node-name": "x"}),
    }
    if name in undoing:
        with suppress(Refused):  # there may be nothing to undo
            client.execute(*undoing[name])


@pytest.mark.requires(QEMU)
@pytest.mark.parametrize("case", VARIED, ids=lambda case: f"{case[0]}:{case[2]}")
def test_both_refuse_the_same(
    case: tuple[str, dict[str, Any], tuple[str | int, ...]], qapi: Package, machine: RawClient
) -> None:
    name, base, path = case
    verdicts = []
    for value in VALUES:
        arguments = varied(base, path, value)
        ours = our_refusal(qapi, name, arguments)
        theirs = their_refusal(machine, name, arguments)
        undo(machine, name)
        verdicts.append((value, ours, theirs))
    assert [each for each in verdicts if bool(each[1]) != bool(each[2])] == []
    assert any(ours for _, ours, _ in verdicts)


@pytest.mark.requires(QEMU)
def test_missing_members(qapi: Package, machine: RawClient) -> None:
    for name, arguments in (
        ("migrate-set-capabilities", {}),
        ("migrate-set-capabilities", {"capabilities": [{"capability": "events"}]}),
        ("object-add", {"qom-type": "iothread"}),
        ("object-add", {"id": "t1"}),
        ("blockdev-add", {"node-name": "x"}),
        ("blockdev-add", {"driver": "throttle", "node-name": "x", "file": "y"}),
    ):
        assert "missing" in str(our_refusal(qapi, name, arguments)), name
        assert "is missing" in str(their_refusal(machine, name, arguments)), name


@pytest.mark.requires(QEMU)
def test_parameters_set_and_read(qapi: Package, machine: RawClient) -> None:
    """Typed parameters arrive: what QEMU then tells is what was set."""
    compression = qapi.type("MultiFDCompression")
    chosen = qapi.type("MigrateSetParameters")(
        cpu_throttle_initial=9,
        max_bandwidth=2**40 + 1,
        downtime_limit=12345,
        multifd_compression=compression.ZSTD,
        tls_hostname="\u00e4\U0001f4a1",
        cpu_throttle_tailslow=True,
    )
    machine.execute("migrate-set-parameters", qapi.arguments("migrate-set-parameters", chosen))
    name = "query-migrate-parameters"
    told = qapi.answer(name, machine.execute(name))
    names = ("cpu_throttle_initial", "max_bandwidth", "downtime_limit", "tls_hostname")
    for name in (*names, "multifd_compression", "cpu_throttle_tailslow"):
        assert getattr(told, name) == getattr(chosen, name), name
    assert told.multifd_compression is compression.ZSTD


@pytest.mark.requires(QEMU)
def test_capabilities_set_and_read(release: Release, qapi: Package, machine: RawClient) -> None:
    capability = qapi.type("MigrationCapability")
    status = qapi.type("MigrationCapabilityStatus")
    chosen = qapi.type("MigrateSetCapabilitiesArguments")(
        capabilities=[
            status(capability=capability.EVENTS, state=True),
            status(capability=capability.RELEASE_RAM, state=True),
        ]
    )
    machine.execute("migrate-set-capabilities", qapi.arguments("migrate-set-capabilities", chosen))
    name = "query-migrate-capabilities"
    told = qapi.answer(name, machine.execute(name))
    assert [row.capability for row in told if row.state] == [
        row.capability for row in chosen.capabilities
    ]
    removed = {name.replace("_", "-") for name in release.removed}
    assert {row.capability for row in told} == set(capability) - removed


@pytest.mark.requires(DAEMON)
def test_a_union_in_a_union(daemon_qapi: Package, own_daemon: RawClient) -> None:
    """Nodes within nodes, by objects and by names, become the graph that was asked for."""
    null = daemon_qapi.type("BlockdevOptions_NullCo")
    throttle = daemon_qapi.type("BlockdevOptions_Throttle")
    limits = daemon_qapi.type("ThrottleLimits")
    group = daemon_qapi.type("ObjectOptions_ThrottleGroup")(
        id="group0", limits=limits(iops_total=100)
    )
    node = throttle(
        node_name="slow", throttle_group="group0", file=null(node_name="inner", size=2**30)
    )
    upper = throttle(node_name="slower", throttle_group="group0", file="slow")
    for name, value in (("object-add", group), ("blockdev-add", node), ("blockdev-add", upper)):
        own_daemon.execute(name, daemon_qapi.arguments(name, value))
    name = "query-named-block-nodes"
    told = {each.node_name: each for each in daemon_qapi.answer(name, own_daemon.execute(name))}
    assert {"slow", "slower", "inner"} <= set(told)
    assert told["inner"].image.virtual_size == 2**30
    assert told["slower"].drv == "throttle"
