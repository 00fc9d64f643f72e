"""Capabilities and parameters: defaults, what is accepted, what goes together."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qapi_migration.types.migration import (
    MigrateSetParameters,
    MigrationCapability,
    MigrationCapabilityStatus,
    MigrationParameter,
    MigrationParameters,
)
from qapigen.migration.settings import (
    CAPABILITIES,
    PAGE_SIZE,
    PARAMETERS,
    Capabilities,
    Parameters,
    cache_size_request,
    capability_list,
    check_capabilities,
    downtime_request,
    speed_request,
    to_query,
    with_capabilities,
    with_parameters,
)
from qapigen.runtime.errors import GENERIC_ERROR, QapiError
from qapigen.runtime.model import NULL

C = MigrationCapability

#: What can be switched on.
THERE = {
    C.XBZRLE,
    C.AUTO_CONVERGE,
    C.EVENTS,
    C.RETURN_PATH,
    C.PAUSE_BEFORE_SWITCHOVER,
    # Without effect as long as there is nothing that they govern, as in QEMU.
    C.RDMA_PIN_ALL,
    C.ZERO_BLOCKS,
    C.RELEASE_RAM,
    C.DIRTY_BITMAPS,
    C.POSTCOPY_BLOCKTIME,
}

#: Name, default, least, most.
NUMBERS = [
    ("compress_level", 1, 0, 9),
    ("compress_threads", 8, 1, 255),
    ("decompress_threads", 2, 1, 255),
    ("cpu_throttle_initial", 20, 1, 99),
    ("cpu_throttle_increment", 10, 1, 99),
    ("max_bandwidth", 33554432, 0, 2**63 - 1),
    ("downtime_limit", 300, 0, 2000000),
    ("x_checkpoint_delay", 200, 0, 4294967295),
    ("x_multifd_channels", 2, 1, 255),
    ("x_multifd_page_count", 16, 1, 10000),
    ("xbzrle_cache_size", 67108864, 4096, 2**62),
]
RANGES = [number for number in NUMBERS if number[0] != "xbzrle_cache_size"]


def item(name: MigrationCapability, state: bool) -> MigrationCapabilityStatus:
    return MigrationCapabilityStatus(capability=name, state=state)


def switched(
    old: Capabilities, *request: tuple[MigrationCapability, bool], **said: bool
) -> Capabilities:
    given = {"busy": False, "incoming": False, **said}
    return with_capabilities(
        old,
        [item(name, state) for name, state in request],
        busy=given["busy"],
        incoming=given["incoming"],
    )


def refused(members: dict[str, Any], old: Parameters | None = None) -> str:
    """The text of the error that a request is refused with."""
    with pytest.raises(QapiError) as caught:
        with_parameters(old or Parameters(), MigrateSetParameters(**members))
    assert caught.value.error_class == GENERIC_ERROR
    return caught.value.desc


# --- capabilities ---


def test_the_table_has_all_capabilities_in_order() -> None:
    assert list(CAPABILITIES) == list(C)
    assert all(entry.note for entry in CAPABILITIES.values())


def test_all_are_off_at_first() -> None:
    capabilities = Capabilities()
    assert dict(capabilities) == dict.fromkeys(C, False)
    assert len(capabilities) == 15


def test_what_is_no_capability() -> None:
    wrong: Any = "flying"
    with pytest.raises(KeyError):
        Capabilities()[wrong]


@pytest.mark.parametrize("name", C)
@pytest.mark.parametrize("incoming", [True, False])
def test_only_what_is_there_can_be_switched_on(name: MigrationCapability, incoming: bool) -> None:
    if name in THERE:
        new = switched(Capabilities(), (name, True), incoming=incoming)
        assert {each for each, state in new.items() if state} == {name}
        return
    with pytest.raises(QapiError, match=f"'{name.value}' is not available here: ") as caught:
        switched(Capabilities(), (name, True), incoming=incoming)
    assert caught.value.error_class == GENERIC_ERROR


@pytest.mark.parametrize("name", C)
def test_everything_can_be_switched_off(name: MigrationCapability) -> None:
    assert switched(Capabilities(), (name, False)) == Capabilities()


def test_what_is_not_listed_stays() -> None:
    old = switched(Capabilities(), (C.EVENTS, True), (C.RETURN_PATH, True))
    new = switched(old, (C.AUTO_CONVERGE, True), (C.RETURN_PATH, False))
    assert new.on == {C.EVENTS, C.AUTO_CONVERGE}
    assert old.on == {C.EVENTS, C.RETURN_PATH}


def test_of_duplicates_the_last_counts() -> None:
    assert switched(Capabilities(), (C.EVENTS, True), (C.EVENTS, False)).on == set()
    assert switched(Capabilities(), (C.EVENTS, False), (C.EVENTS, True)).on == {C.EVENTS}
    assert switched(Capabilities(), (C.XBZRLE, True), (C.XBZRLE, False)).on == set()


def test_an_empty_request_is_fine() -> None:
    assert switched(Capabilities()) == Capabilities()


@pytest.mark.parametrize("request_", [(), ((C.EVENTS, True),), ((C.XBZRLE, True),)])
def test_nothing_changes_while_busy(
    request_: tuple[tuple[MigrationCapability, bool], ...],
) -> None:
    with pytest.raises(QapiError, match="^A migration is in progress$"):
        switched(Capabilities(), *request_, busy=True)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (C.COMPRESS, C.POSTCOPY_RAM),
        (C.X_COLO, C.RETURN_PATH),
        (C.X_COLO, C.POSTCOPY_RAM),
    ],
)
def test_what_does_not_go_together(one: MigrationCapability, other: MigrationCapability) -> None:
    for pair in ((one, other), (other, one)):
        with pytest.raises(QapiError, match=f"'{one.value}' and '{other.value}' exclude"):
            switched(Capabilities(), *((name, True) for name in pair))
    with pytest.raises(QapiError, match=f"'{one.value}' and '{other.value}' exclude"):
        switched(Capabilities(frozenset({one})), (other, True))


def test_what_was_switched_on_by_itself_is_checked_too() -> None:
    """As `migrate` does with ``blk``."""
    wanted = Capabilities().changed({C.BLOCK: True})
    assert wanted[C.BLOCK]
    with pytest.raises(QapiError, match="'block' is not available here: disks"):
        check_capabilities(wanted)
    check_capabilities(Capabilities(frozenset(THERE)))


def test_the_list_is_complete() -> None:
    listed = capability_list(switched(Capabilities(), (C.EVENTS, True)))
    assert listed == [item(name, name is C.EVENTS) for name in C]


# --- parameters ---


def test_the_table_has_all_parameters_in_order() -> None:
    assert list(PARAMETERS) == list(MigrationParameter)
    names = [name.value.replace("-", "_") for name in MigrationParameter]
    assert [field.name for field in dataclasses.fields(Parameters)] == names


def test_the_defaults() -> None:
    defaults = dataclasses.asdict(Parameters())
    others = {"tls_creds": "", "tls_hostname": "", "block_incremental": False}
    assert defaults == {name: default for name, default, _, _ in NUMBERS} | others


def test_an_answer_has_all_of_them() -> None:
    changed = Parameters(tls_creds="tls0", block_incremental=True, downtime_limit=0)
    answer = to_query(changed)
    assert isinstance(answer, MigrationParameters)
    for field in dataclasses.fields(Parameters):
        assert getattr(answer, field.name) == getattr(changed, field.name)
    assert None not in {getattr(to_query(Parameters()), name) for name, *_ in NUMBERS}


@pytest.mark.parametrize(("name", "_default", "least", "most"), RANGES)
def test_the_ends_of_the_ranges(name: str, _default: int, least: int, most: int) -> None:
    for value in (least, most):
        members: dict[str, Any] = {name: value}
        new = with_parameters(Parameters(), MigrateSetParameters(**members))
        assert new == Parameters(**members)
    told = name.replace("_", "-")
    for value in (least - 1, most + 1):
        assert refused({name: value}) == f"{told} must be {least} to {most}"


@pytest.mark.parametrize(("name", "_default", "least", "most"), RANGES)
def test_numbers_are_never_cut_to_their_width(
    name: str, _default: int, least: int, most: int
) -> None:
    for width in (8, 32, 64):
        value = (1 << width) + least + 1
        if value > most:
            assert "must be" in refused({name: value})
    assert "must be" in refused({name: -1})


@pytest.mark.parametrize("power", [*range(12, 63)])
def test_sizes_of_the_cache(power: int) -> None:
    request = MigrateSetParameters(xbzrle_cache_size=1 << power)
    assert with_parameters(Parameters(), request).xbzrle_cache_size == 1 << power


@pytest.mark.parametrize("size", [-4096, -1, 0, 1, 2048, 4095, 4097, 12288, 2**62 + 1, 2**63])
def test_no_sizes_of_the_cache(size: int) -> None:
    assert PAGE_SIZE == 4096
    expected = f"xbzrle-cache-size must be a power of two, 4096 to {2**62}"
    assert refused({"xbzrle_cache_size": size}) == expected


def test_what_is_left_out_stays() -> None:
    old = with_parameters(Parameters(), MigrateSetParameters(tls_creds="tls0", downtime_limit=5))
    new = with_parameters(old, MigrateSetParameters(compress_level=9))
    assert new == Parameters(tls_creds="tls0", downtime_limit=5, compress_level=9)
    assert with_parameters(new, MigrateSetParameters()) == new


def test_zero_and_false_are_values() -> None:
    old = Parameters(block_incremental=True)
    new = with_parameters(old, MigrateSetParameters(block_incremental=False, max_bandwidth=0))
    assert new == Parameters(max_bandwidth=0)


def test_null_is_the_empty_string() -> None:
    old = Parameters(tls_creds="tls0", tls_hostname="dst")
    assert with_parameters(old, MigrateSetParameters(tls_creds=NULL)).tls_creds == ""
    assert with_parameters(old, MigrateSetParameters(tls_hostname=NULL)).tls_hostname == ""
    assert with_parameters(old, MigrateSetParameters(tls_hostname="")).tls_hostname == ""


def test_the_first_violation_is_told() -> None:
    wrong = {name: most + 1 for name, _, _, most in NUMBERS}
    for name, *_ in NUMBERS:
        assert refused(wrong).startswith(name.replace("_", "-") + " must be ")
        del wrong[name]


def test_the_result_is_checked_as_a_whole() -> None:
    old = Parameters(compress_level=77)  # cannot come about by requests
    assert refused({"downtime_limit": 5}, old) == "compress-level must be 0 to 9"


# --- the old commands ---


@pytest.mark.parametrize(
    ("seconds", "ms"),
    [
        (0.0, 0),
        (0, 0),
        (-0.0, 0),
        (0.25, 250),
        (0.12345, 123),
        (0.0009, 0),
        (0.29, 290),
        (1.001, 1001),
        (4.35, 4350),
        (1e-7, 0),
        (2000, 2000000),
        (2000.0, 2000000),
        (1999.9999, 1999999),
    ],
)
def test_downtime_in_seconds(seconds: float, ms: int) -> None:
    new = with_parameters(Parameters(), downtime_request(seconds))
    assert new == Parameters(downtime_limit=ms)


@given(st.integers(0, 2_000_000))
def test_every_millisecond_can_be_said_in_seconds(ms: int) -> None:
    assert downtime_request(ms / 1000).downtime_limit == ms


@pytest.mark.parametrize("seconds", [-0.001, -1, 2000.001, 2001, 1e300, float("inf"), float("nan")])
def test_no_downtime(seconds: float) -> None:
    with pytest.raises(QapiError, match="^value must be 0 to 2000 seconds$"):
        downtime_request(seconds)


def test_speed() -> None:
    new = with_parameters(Parameters(), speed_request(104857600))
    assert new == Parameters(max_bandwidth=104857600)
    with pytest.raises(QapiError, match="max-bandwidth must be 0 to"):
        with_parameters(Parameters(), speed_request(-1))


def test_cache_size() -> None:
    new = with_parameters(Parameters(), cache_size_request(268435456))
    assert new == Parameters(xbzrle_cache_size=268435456)
    with pytest.raises(QapiError, match="xbzrle-cache-size must be a power of two"):
        with_parameters(Parameters(), cache_size_request(-4096))
