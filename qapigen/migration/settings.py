"""Capabilities and parameters: what there is, what goes together, which numbers are accepted.

In: the settings as they are and a client's request.  Out: new settings, or a QapiError that says
what is wrong with the request; then the old ones stay in force as a whole.
Must not know: engines, the guest, who holds the settings.

Settings are values: a change makes new ones, so any thread may read those it was given.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from qapi_migration.types.migration import (
    MigrateSetParameters,
    MigrationCapability,
    MigrationCapabilityStatus,
    MigrationParameter,
    MigrationParameters,
)
from qapigen.runtime.errors import QapiError
from qapigen.runtime.model import NULL

__all__ = [
    "CAPABILITIES",
    "PAGE_SIZE",
    "PARAMETERS",
    "Capabilities",
    "Capability",
    "Parameter",
    "Parameters",
    "cache_size_request",
    "capability_list",
    "check_capabilities",
    "downtime_request",
    "speed_request",
    "to_query",
    "with_capabilities",
    "with_parameters",
]

PAGE_SIZE: Final = 4096
"""Bytes of a page of the guest, and of the host."""

_Name = MigrationCapability


# --- capabilities ---


class Capability(NamedTuple):
    """What there is behind a capability."""

    available: bool
    """Whether it can be switched on here; so can what has no effect without something else."""
    note: str
    """What it does; if it cannot be switched on, what is missing."""


#: All capabilities, in the order of the schema.
CAPABILITIES: Final[Mapping[MigrationCapability, Capability]] = MappingProxyType(
    {
        _Name.XBZRLE: Capability(True, "sends what differs, from the second pass on"),
        _Name.RDMA_PIN_ALL: Capability(True, "governs rdma: alone, which is refused"),
        _Name.AUTO_CONVERGE: Capability(True, "slows the guest's CPUs down"),
        _Name.ZERO_BLOCKS: Capability(True, "governs the migration of disks alone"),
        _Name.COMPRESS: Capability(False, "there are no threads that compress"),
        _Name.EVENTS: Capability(True, "sends MIGRATION and MIGRATION_PASS"),
        _Name.POSTCOPY_RAM: Capability(False, "memory cannot follow the guest"),
        _Name.X_COLO: Capability(False, "there are no checkpoints"),
        _Name.RELEASE_RAM: Capability(True, "governs memory that follows the guest alone"),
        _Name.BLOCK: Capability(False, "disks cannot be migrated"),
        _Name.RETURN_PATH: Capability(True, "lets the destination confirm the end"),
        _Name.PAUSE_BEFORE_SWITCHOVER: Capability(True, "waits for migrate-continue"),
        _Name.X_MULTIFD: Capability(False, "there is but one connection"),
        _Name.DIRTY_BITMAPS: Capability(True, "sends bitmaps of disks, which have none"),
        _Name.POSTCOPY_BLOCKTIME: Capability(True, "governs memory that follows the guest alone"),
    }
)

#: Pairs that must not be on together, and why.
_CONFLICTS: Final = (
    (_Name.COMPRESS, _Name.POSTCOPY_RAM, "pages that follow the guest are never compressed"),
    (_Name.X_COLO, _Name.RETURN_PATH, "a secondary confirms nothing before it takes over"),
    (_Name.X_COLO, _Name.POSTCOPY_RAM, "the guest stays on the primary"),
)


@dataclass(frozen=True, slots=True)
class Capabilities(Mapping[MigrationCapability, bool]):
    """Which capabilities are on: a mapping of all of them, in the order of the schema."""

    on: frozenset[MigrationCapability] = frozenset()

    def __getitem__(self, name: MigrationCapability) -> bool:
        if name not in CAPABILITIES:
            raise KeyError(name)
        return name in self.on

    def __iter__(self) -> Iterator[MigrationCapability]:
        return iter(CAPABILITIES)

    def __len__(self) -> int:
        return len(CAPABILITIES)

    def changed(self, changes: Mapping[MigrationCapability, bool]) -> Capabilities:
        """The same with some switched on or off; nothing is checked."""
        added = {name for name, state in changes.items() if state}
        return Capabilities((self.on - changes.keys()) | added)


def with_capabilities(
    old: Capabilities,
    request: Iterable[MigrationCapabilityStatus],
    *,
    busy: bool,
    incoming: bool,
) -> Capabilities:
    """The capabilities after a request (migrate-set-capabilities); of duplicates the last counts.

    ``busy`` tells whether an outgoing migration can still be called off.  ``incoming`` tells
    whether this process waits for a guest, which might rule out ``postcopy-ram``; it never
    does, as simulated memory can always be provided on demand.  Raises QapiError as
    :func:`check_capabilities` does, and for any request while busy, even an empty one.
    """
    if busy:
        raise QapiError("A migration is in progress")
    new = old.changed({item.capability: item.state for item in request})
    check_capabilities(new)
    return new


def check_capabilities(capabilities: Capabilities) -> None:
    """Raise QapiError if they do not go together, or if one is on that is not there."""
    for one, other, reason in _CONFLICTS:
        if capabilities[one] and capabilities[other]:
            raise QapiError(f"'{one.value}' and '{other.value}' exclude each other: {reason}")
    for name, state in capabilities.items():
        if state and not CAPABILITIES[name].available:
            raise QapiError(
                f"the capability '{name.value}' is not available here: {CAPABILITIES[name].note}"
            )


def capability_list(capabilities: Capabilities) -> list[MigrationCapabilityStatus]:
    """The answer to ``query-migrate-capabilities``: all of them, in the order of the schema."""
    return [
        MigrationCapabilityStatus(capability=name, state=state)
        for name, state in capabilities.items()
    ]


# --- parameters ---


class Parameter(NamedTuple):
    """What is accepted for a parameter; without numbers, whatever has its type."""

    unit: str
    least: int | None = None
    most: int | None = None
    power_of_two: bool = False

    def problem(self, name: MigrationParameter, value: object) -> str | None:
        """What is wrong with a value, as a sentence; None if it is accepted."""
        if self.least is None or self.most is None or not isinstance(value, int):
            return None
        fits = self.least <= value <= self.most
        if self.power_of_two:
            if fits and value & (value - 1) == 0:
                return None
            return f"{name.value} must be a power of two, {self.least} to {self.most}"
        return None if fits else f"{name.value} must be {self.least} to {self.most}"


#: All parameters, in the order of the schema, which is the order in which they are checked.
PARAMETERS: Final[Mapping[MigrationParameter, Parameter]] = MappingProxyType(
    {
        MigrationParameter.COMPRESS_LEVEL: Parameter("level of zlib", 0, 9),
        MigrationParameter.COMPRESS_THREADS: Parameter("threads", 1, 255),
        MigrationParameter.DECOMPRESS_THREADS: Parameter("threads", 1, 255),
        MigrationParameter.CPU_THROTTLE_INITIAL: Parameter("percent", 1, 99),
        MigrationParameter.CPU_THROTTLE_INCREMENT: Parameter("percentage points", 1, 99),
        MigrationParameter.TLS_CREDS: Parameter("id of an object"),
        MigrationParameter.TLS_HOSTNAME: Parameter("name"),
        MigrationParameter.MAX_BANDWIDTH: Parameter("bytes/s", 0, 2**63 - 1),
        MigrationParameter.DOWNTIME_LIMIT: Parameter("ms", 0, 2_000_000),
        MigrationParameter.X_CHECKPOINT_DELAY: Parameter("ms", 0, 2**32 - 1),
        MigrationParameter.BLOCK_INCREMENTAL: Parameter("flag"),
        MigrationParameter.X_MULTIFD_CHANNELS: Parameter("channels", 1, 255),
        MigrationParameter.X_MULTIFD_PAGE_COUNT: Parameter("pages", 1, 10_000),
        # `query-migrate-cache-size` answers with a signed number, so 2**63 would have no answer.
        MigrationParameter.XBZRLE_CACHE_SIZE: Parameter("bytes", PAGE_SIZE, 2**62, True),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """The parameters and their defaults; the schema type MigrateSetParameters explains them."""

    compress_level: int = 1
    compress_threads: int = 8
    decompress_threads: int = 2
    cpu_throttle_initial: int = 20
    cpu_throttle_increment: int = 10
    tls_creds: str = ""
    tls_hostname: str = ""
    max_bandwidth: int = 32 * 2**20
    downtime_limit: int = 300
    x_checkpoint_delay: int = 200
    block_incremental: bool = False
    x_multifd_channels: int = 2
    x_multifd_page_count: int = 16
    xbzrle_cache_size: int = 64 * 2**20


def with_parameters(old: Parameters, request: MigrateSetParameters) -> Parameters:
    """The parameters after a request (migrate-set-parameters).

    What the request leaves out stays; null stands for the empty string.  Raises QapiError for
    the first number, in the order of :data:`PARAMETERS`, that is not accepted.  Numbers are
    checked as they came, never cut to the width of their type.
    """
    changes: dict[str, Any] = {
        field.name: "" if value is NULL else value
        for field in dataclasses.fields(Parameters)
        if (value := getattr(request, field.name)) is not None
    }
    new = dataclasses.replace(old, **changes)
    for name, parameter in PARAMETERS.items():
        problem = parameter.problem(name, getattr(new, _field(name)))
        if problem is not None:
            raise QapiError(problem)
    return new


def to_query(parameters: Parameters) -> MigrationParameters:
    """The answer to ``query-migrate-parameters``: every member is there."""
    return MigrationParameters(**dataclasses.asdict(parameters))


def _field(name: MigrationParameter) -> str:
    return name.value.replace("-", "_")


# --- what the old commands ask for ---


def speed_request(value: int) -> MigrateSetParameters:
    """What ``migrate_set_speed`` asks for; ``value`` in bytes per second."""
    return MigrateSetParameters(max_bandwidth=value)


def downtime_request(value: float) -> MigrateSetParameters:
    """What ``migrate_set_downtime`` asks for; ``value`` in seconds, finer than ms is cut off.

    Raises QapiError for less than 0 or more than 2000.
    """
    if not 0 <= value <= 2000:  # whatever is no number is refused, too
        raise QapiError("value must be 0 to 2000 seconds")
    # By its digits: as a float, 1.001 * 1000 is less than 1001.
    return MigrateSetParameters(downtime_limit=int(Decimal(str(value)) * 1000))


def cache_size_request(value: int) -> MigrateSetParameters:
    """What ``migrate-set-cache-size`` asks for; ``value`` in bytes."""
    return MigrateSetParameters(xbzrle_cache_size=value)
