"""The answer to query-migrate, over all pairs of statuses; answers are looked at as on the wire."""

from __future__ import annotations

import dataclasses
import json
from itertools import product
from typing import Any

import pytest

from qapi_migration.types.migration import MigrationInfo, MigrationStatus
from qapi_migration.visit.migration import visit_MigrationInfo
from qapigen.migration.progress import (
    Counters,
    DiskProgress,
    IncomingReport,
    OutgoingReport,
    migration_info,
)
from qapigen.runtime.marshalling import decode, encode

S = MigrationStatus

TRANSFER = (S.ACTIVE, S.CANCELLING, S.POSTCOPY_ACTIVE, S.PRE_SWITCHOVER, S.DEVICE)

#: Members of answers about an outgoing migration in which everything is there that could be.
IN_TRANSFER = {
    *("status", "total-time", "setup-time", "expected-downtime"),
    *("ram", "disk", "xbzrle-cache", "cpu-throttle-percentage"),
}
SOURCE_MEMBERS = {
    S.NONE: set(),
    S.SETUP: {"status"},
    S.COLO: {"status"},
    S.CANCELLED: {"status"},
    **dict.fromkeys(TRANSFER, IN_TRANSFER),
    S.COMPLETED: {"status", "total-time", "setup-time", "downtime", "ram", "xbzrle-cache"},
    S.FAILED: {"status", "error-desc"},
}

BLOCK_TIMES = {"postcopy-blocktime", "postcopy-vcpu-blocktime"}
DESTINATION_MEMBERS = {
    S.NONE: set(),
    S.ACTIVE: {"status"},
    S.POSTCOPY_ACTIVE: {"status"},
    S.COLO: {"status"},
    S.FAILED: {"status", "error-desc"},
    S.COMPLETED: {"status", *BLOCK_TIMES},
}

COUNTERS = Counters(
    transferred=571460610,
    duplicate=131080,
    normal=136192,
    dirty_sync_count=3,
    postcopy_requests=17,
    dirty_pages_rate=8120,
    xbzrle_bytes=11348002,
    xbzrle_pages=20318,
    xbzrle_cache_miss=5120,
    xbzrle_cache_miss_rate=0.07,
    xbzrle_overflow=41,
)


def full_outgoing(status: MigrationStatus = S.ACTIVE, **changes: Any) -> OutgoingReport:
    """A report in which every number is there, whatever the status."""
    report = OutgoingReport(
        status=status,
        counters=COUNTERS,
        remaining_bytes=25165824,
        total_bytes=1073741824,
        mbps=263.5,
        total_time_ms=17180,
        setup_time_ms=12,
        expected_downtime_ms=1008,
        downtime_ms=214,
        throttle=30,
        disk=DiskProgress(transferred=5, remaining=15, total=20),
        xbzrle_cache_size=67108864,
        error="connection refused",
    )
    return dataclasses.replace(report, **changes)


def full_incoming(status: MigrationStatus) -> IncomingReport:
    return IncomingReport(
        status=status,
        postcopy_blocktime_ms=61,
        postcopy_vcpu_blocktime_ms=(84, 131, 102, 97),
        error="the stream ends too early",
    )


def told(
    outgoing: OutgoingReport | None = None, incoming: IncomingReport | None = None
) -> dict[str, Any]:
    """The answer as a client gets it."""
    info = migration_info(outgoing or OutgoingReport(), incoming or IncomingReport())
    text = encode(visit_MigrationInfo, info)
    assert decode(visit_MigrationInfo, text) == info
    answer: dict[str, Any] = json.loads(text)
    return answer


@pytest.mark.parametrize(
    ("outgoing", "incoming"), list(product(SOURCE_MEMBERS, DESTINATION_MEMBERS))
)
def test_every_pair(outgoing: MigrationStatus, incoming: MigrationStatus) -> None:
    answer = told(full_outgoing(outgoing), full_incoming(incoming))
    if outgoing is S.NONE:
        expected = DESTINATION_MEMBERS[incoming]
        status, error = incoming, "the stream ends too early"
    else:
        expected = SOURCE_MEMBERS[outgoing] | (DESTINATION_MEMBERS[incoming] & BLOCK_TIMES)
        status, error = outgoing, "connection refused"
    assert set(answer) == expected
    assert answer.get("status", "none") == status.value
    assert answer.get("error-desc", error) == error


def test_the_pairs_are_all_pairs() -> None:
    assert set(SOURCE_MEMBERS) == set(S)
    impossible = {S.SETUP, S.CANCELLING, S.CANCELLED, S.PRE_SWITCHOVER, S.DEVICE}
    assert set(DESTINATION_MEMBERS) == set(S) - impossible


def test_nothing_to_tell() -> None:
    assert told() == {}
    assert migration_info(OutgoingReport(), IncomingReport()) == MigrationInfo()


@pytest.mark.parametrize("status", S)
def test_what_is_not_there_is_absent(status: MigrationStatus) -> None:
    sparse = OutgoingReport(status=status)
    optional = {"disk", "xbzrle-cache", "cpu-throttle-percentage", "error-desc"}
    assert set(told(sparse)) == SOURCE_MEMBERS[status] - optional


@pytest.mark.parametrize("status", DESTINATION_MEMBERS)
def test_what_is_not_there_is_absent_on_a_destination(status: MigrationStatus) -> None:
    sparse = IncomingReport(status=status)
    assert set(told(incoming=sparse)) == DESTINATION_MEMBERS[status] & {"status"}


@pytest.mark.parametrize("status", [S.COMPLETED, *sorted(TRANSFER)])
def test_zero_is_a_value(status: MigrationStatus) -> None:
    answer = told(OutgoingReport(status=status))
    assert answer["total-time"] == answer["setup-time"] == 0
    other = "downtime" if status is S.COMPLETED else "expected-downtime"
    assert answer[other] == 0


def test_an_empty_reason_is_none() -> None:
    assert told(OutgoingReport(status=S.FAILED, error="")) == {"status": "failed"}


# --- the numbers ---


def test_numbers_in_transfer() -> None:
    assert told(full_outgoing()) == {
        "status": "active",
        "total-time": 17180,
        "expected-downtime": 1008,
        "setup-time": 12,
        "cpu-throttle-percentage": 30,
        "ram": {
            "transferred": 571460610,
            "remaining": 25165824,
            "total": 1073741824,
            "duplicate": 131080,
            "skipped": 0,
            "normal": 136192,
            "normal-bytes": 557842432,
            "dirty-pages-rate": 8120,
            "mbps": 263.5,
            "dirty-sync-count": 3,
            "postcopy-requests": 17,
            "page-size": 4096,
        },
        "disk": {
            "transferred": 5,
            "remaining": 15,
            "total": 20,
            "duplicate": 0,
            "skipped": 0,
            "normal": 0,
            "normal-bytes": 0,
            "dirty-pages-rate": 0,
            "mbps": 0,
            "dirty-sync-count": 0,
            "postcopy-requests": 0,
            "page-size": 0,
        },
        "xbzrle-cache": {
            "cache-size": 67108864,
            "bytes": 11348002,
            "pages": 20318,
            "cache-miss": 5120,
            "cache-miss-rate": 0.07,
            "overflow": 41,
        },
    }


@pytest.mark.parametrize("status", sorted(TRANSFER))
def test_all_statuses_in_transfer_tell_the_same(status: MigrationStatus) -> None:
    expected = told(full_outgoing(S.ACTIVE)) | {"status": status.value}
    assert told(full_outgoing(status)) == expected


def test_numbers_when_completed() -> None:
    active, completed = told(full_outgoing(S.ACTIVE)), told(full_outgoing(S.COMPLETED))
    assert completed["ram"] == active["ram"] | {"remaining": 0, "dirty-pages-rate": 0}
    assert completed["xbzrle-cache"] == active["xbzrle-cache"]
    assert completed["downtime"] == 214
    assert (completed["total-time"], completed["setup-time"]) == (17180, 12)


@pytest.mark.parametrize(("throttle", "expected"), [(0, None), (1, 1), (99, 99)])
def test_throttling(throttle: int, expected: int | None) -> None:
    answer = told(full_outgoing(throttle=throttle))
    assert answer.get("cpu-throttle-percentage") == expected


def test_a_cache_without_hits_is_told() -> None:
    report = OutgoingReport(status=S.ACTIVE, xbzrle_cache_size=4096)
    assert told(report)["xbzrle-cache"] == {
        "cache-size": 4096,
        "bytes": 0,
        "pages": 0,
        "cache-miss": 0,
        "cache-miss-rate": 0,
        "overflow": 0,
    }


def test_a_failed_attempt_to_connect() -> None:
    report = OutgoingReport(status=S.FAILED, error="192.0.2.20:4446: connection refused")
    assert told(report) == {
        "status": "failed",
        "error-desc": "192.0.2.20:4446: connection refused",
    }


def test_block_times() -> None:
    assert told(incoming=full_incoming(S.COMPLETED)) == {
        "status": "completed",
        "postcopy-blocktime": 61,
        "postcopy-vcpu-blocktime": [84, 131, 102, 97],
    }
    short = IncomingReport(status=S.COMPLETED, postcopy_blocktime_ms=0)
    assert told(incoming=short) == {
        "status": "completed",
        "postcopy-blocktime": 0,
        "postcopy-vcpu-blocktime": [],
    }


# --- counters ---


def test_counters_begin_with_zero() -> None:
    assert set(dataclasses.astuple(Counters())) == {0}


def test_a_snapshot_stays_as_it_is() -> None:
    counters = Counters(transferred=5, normal=1)
    kept = counters.snapshot()
    assert kept == counters
    counters.transferred += 4096
    counters.normal += 1
    assert (kept.transferred, kept.normal) == (5, 1)


def test_reports_do_not_share_counters() -> None:
    assert OutgoingReport().counters is not OutgoingReport().counters
