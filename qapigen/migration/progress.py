"""What there is to tell about a migration: counters, and the answer made of them.

In: a report of each side, with all numbers as they are at that moment.  Out: the schema type
MigrationInfo, with the members that belong to the status and no others.
Must not know: clocks, engines, locks.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from qapi_migration.types.migration import (
    MigrationInfo,
    MigrationStats,
    MigrationStatus,
    XBZRLECacheStats,
)

from .settings import PAGE_SIZE
from .status import IN_TRANSFER

__all__ = ["Counters", "DiskProgress", "IncomingReport", "OutgoingReport", "migration_info"]


@dataclass(slots=True)
class Counters:
    """What is counted in one outgoing migration; the next one begins with new counters.

    The engine's thread counts; the reader of the return path alone counts
    ``postcopy_requests``.  Any thread may take a :meth:`snapshot`.
    """

    transferred: int = 0
    """Bytes of memory sent: contents in whatever form with the headers of pages, and the end
    marks of iterations; no other framing, no devices, no disks."""
    duplicate: int = 0
    """Pages sent as a mark because they were zero."""
    normal: int = 0
    """Pages sent completely, plain or compressed."""
    dirty_sync_count: int = 0
    """How often the log of written pages was collected."""
    postcopy_requests: int = 0
    """Requests for pages that came on the return path, bad ones included."""
    dirty_pages_rate: int = 0
    """Pages per second that the guest writes to; 0 before it was measured."""
    xbzrle_bytes: int = 0
    """Bytes sent as differences, headers included."""
    xbzrle_pages: int = 0
    """Pages sent as differences."""
    xbzrle_cache_miss: int = 0
    """Lookups of pages that were not in the cache."""
    xbzrle_cache_miss_rate: float = 0.0
    """Share of lookups that missed, of late."""
    xbzrle_overflow: int = 0
    """Pages whose difference would have been longer than the page."""

    def snapshot(self) -> Counters:
        """A copy that does not change any more."""
        return dataclasses.replace(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskProgress:
    """How far the disks have come, in bytes."""

    transferred: int
    remaining: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingReport:
    """The outgoing migration at one moment.

    Numbers may be there in any status; :func:`migration_info` picks those that are to be told.
    """

    status: MigrationStatus = MigrationStatus.NONE
    counters: Counters = dataclasses.field(default_factory=Counters)
    remaining_bytes: int = 0
    """Memory that still has to be sent."""
    total_bytes: int = 0
    """Memory that takes part."""
    mbps: float = 0.0
    """Throughput in 10**6 bits per second: of late or, once completed, on average."""
    total_time_ms: int = 0
    """Since the command was accepted or, once completed, until the end."""
    setup_time_ms: int = 0
    expected_downtime_ms: int = 0
    downtime_ms: int = 0
    throttle: int = 0
    """Percentage by which the guest is slowed down; 0 if it is not."""
    disk: DiskProgress | None = None
    """None unless disks are being migrated."""
    xbzrle_cache_size: int | None = None
    """Bytes of the cache; None unless the capability xbzrle is on."""
    error: str | None = None
    """Why it failed; None if that is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingReport:
    """The incoming migration at one moment."""

    status: MigrationStatus = MigrationStatus.NONE
    postcopy_blocktime_ms: int | None = None
    """How long all CPUs at once waited for memory; None if it was not measured."""
    postcopy_vcpu_blocktime_ms: tuple[int, ...] = ()
    """How long each CPU waited, in their order."""
    error: str | None = None
    """Why it failed; None if that is not known."""


def migration_info(outgoing: OutgoingReport, incoming: IncomingReport) -> MigrationInfo:
    """The answer to ``query-migrate``.

    It describes the outgoing migration if there was one, else the incoming one.  The times that
    CPUs waited stay in the answer when a guest that arrived by postcopy moves on.
    """
    info = MigrationInfo()
    if incoming.status is MigrationStatus.COMPLETED:
        _add_block_times(info, incoming)
    described = incoming if outgoing.status is MigrationStatus.NONE else outgoing
    if described.status is MigrationStatus.NONE:
        return info
    info.status = described.status
    if described.status is MigrationStatus.FAILED:
        info.error_desc = described.error or None
    if isinstance(described, OutgoingReport):
        _add_transfer(info, described)
    return info


def _add_block_times(info: MigrationInfo, report: IncomingReport) -> None:
    if report.postcopy_blocktime_ms is not None:
        info.postcopy_blocktime = report.postcopy_blocktime_ms
        info.postcopy_vcpu_blocktime = list(report.postcopy_vcpu_blocktime_ms)


def _add_transfer(info: MigrationInfo, report: OutgoingReport) -> None:
    completed = report.status is MigrationStatus.COMPLETED
    if not completed and report.status not in IN_TRANSFER:
        return
    info.total_time = report.total_time_ms
    info.setup_time = report.setup_time_ms
    info.ram = _ram(report, completed=completed)
    if report.xbzrle_cache_size is not None:
        info.xbzrle_cache = _xbzrle(report.counters, report.xbzrle_cache_size)
    if completed:
        info.downtime = report.downtime_ms
        return
    info.expected_downtime = report.expected_downtime_ms
    if report.disk is not None:
        info.disk = _disk(report.disk)
    if report.throttle > 0:
        info.cpu_throttle_percentage = report.throttle


def _ram(report: OutgoingReport, *, completed: bool) -> MigrationStats:
    counters = report.counters
    normal = counters.normal  # once, as the engine may count on
    return MigrationStats(
        transferred=counters.transferred,
        remaining=0 if completed else report.remaining_bytes,
        total=report.total_bytes,
        duplicate=counters.duplicate,
        skipped=0,
        normal=normal,
        normal_bytes=normal * PAGE_SIZE,
        dirty_pages_rate=0 if completed else counters.dirty_pages_rate,
        mbps=report.mbps,
        dirty_sync_count=counters.dirty_sync_count,
        postcopy_requests=counters.postcopy_requests,
        page_size=PAGE_SIZE,
    )


def _disk(disk: DiskProgress) -> MigrationStats:
    return MigrationStats(
        transferred=disk.transferred,
        remaining=disk.remaining,
        total=disk.total,
        duplicate=0,
        skipped=0,
        normal=0,
        normal_bytes=0,
        dirty_pages_rate=0,
        mbps=0.0,
        dirty_sync_count=0,
        postcopy_requests=0,
        page_size=0,
    )


def _xbzrle(counters: Counters, cache_size: int) -> XBZRLECacheStats:
    return XBZRLECacheStats(
        cache_size=cache_size,
        bytes=counters.xbzrle_bytes,
        pages=counters.xbzrle_pages,
        cache_miss=counters.xbzrle_cache_miss,
        cache_miss_rate=counters.xbzrle_cache_miss_rate,
        overflow=counters.xbzrle_overflow,
    )
