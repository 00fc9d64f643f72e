"""Waiting until something that a command began is over.

In: a client, what is waited for.  Out: how it ended.
Must not know: sockets, event loops.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import cut
from ..typed.aio import AsyncTypedClient
from ..typed.blocking import BlockingTypedClient
from .play import play, play_blocking
from .scripts import (
    DEVICE_EVENTS,
    JOB_EVENTS,
    JOB_STATUSES,
    MIGRATION_EVENTS,
    MIGRATION_STATUSES,
    JobResult,
    Progress,
    device_script,
    job_script,
    migration_script,
)

if TYPE_CHECKING:
    from ..aio.client import Client
    from ..blocking.client import Client as BlockingClient

#: How long the event that a device is gone is waited for when it is no longer listed.
_SETTLING_SECONDS = 5.0

__all__ = [
    "JOB_STATUSES",
    "MIGRATION_STATUSES",
    "JobResult",
    "follow_migration",
    "follow_migration_blocking",
    "wait_device_deleted",
    "wait_device_deleted_blocking",
    "wait_job",
    "wait_job_blocking",
]

# --- for asyncio ---


async def follow_migration(
    client: Client | AsyncTypedClient,
    *,
    timeout: float | None = None,
    on_progress: Progress | None = None,
    interval: float = 0.25,
) -> dict[str, Any]:
    """Wait until a migration is over; the last answer to ``query-migrate``, as JSON.

    To be called after ``migrate`` was answered, or on a destination at any time before its
    migration is over.  That it is over may mean that it has failed or was cancelled: look at the
    member ``status``.  ``on_progress`` is called with each answer, every ``interval`` seconds
    and when the server says that the status has changed.

    An end that an event reported is the answer even if the server exits at once: then it is the
    last answer with the status of the event.

    Raises :class:`ConnectionLost` (a destination ends when its migration fails), TimeoutError
    after ``timeout`` seconds.
    """
    script = migration_script(on_progress, interval)
    return await play(client, script, MIGRATION_EVENTS, timeout, "the migration goes on")


async def wait_job(
    client: Client | AsyncTypedClient,
    job_id: str,
    *,
    timeout: float | None = None,
    on_progress: Progress | None = None,
    interval: float = 1.0,
) -> JobResult:
    """Wait until a job is over, and say how it ended.

    A job that dismisses itself may be gone before this is called; then the result comes from
    the events that the client has kept.  Where more than those may come, make the job with
    ``"auto-dismiss": false``, and dismiss it afterwards.  ``on_progress`` is called with what
    ``query-jobs`` says of the job; it is the place to see that a job is ``ready`` or
    ``pending``, and waits for a command.

    Raises a DeviceNotFound :class:`QapiError` if no such job was ever heard of, TimeoutError
    after ``timeout`` seconds, :class:`ConnectionLost`.
    """
    script = job_script(job_id, on_progress, interval)
    return await play(client, script, JOB_EVENTS, timeout, f"job '{cut(job_id)}' goes on")


async def wait_device_deleted(
    client: Client | AsyncTypedClient,
    device: str,
    *,
    timeout: float | None = None,
    interval: float = 1.0,
) -> None:
    """Wait until a device is gone, after ``device_del``: the guest has to let go of it first.

    ``device`` is its id or QOM path.  The end is the event DEVICE_DELETED, after which what
    the device has used is free.  It may have come before, since this client's last ``device_add``
    or ``device_del`` of the device.  A device that is not there, and without an event, is
    taken for gone after five seconds, or half of ``timeout`` if that is less.

    Raises :class:`QapiError` if the guest refuses, TimeoutError
    after ``timeout`` seconds, :class:`ConnectionLost`.
    """
    script = device_script(device, interval, _settling(timeout))
    await play(client, script, DEVICE_EVENTS, timeout, f"device '{cut(device)}' is still there")


# --- without an event loop ---


def follow_migration_blocking(
    client: BlockingClient | BlockingTypedClient,
    *,
    timeout: float | None = None,
    on_progress: Progress | None = None,
    interval: float = 0.25,
) -> dict[str, Any]:
    """The same as :func:`follow_migration`."""
    script = migration_script(on_progress, interval)
    return play_blocking(client, script, MIGRATION_EVENTS, timeout, "the migration goes on")


def wait_job_blocking(
    client: BlockingClient | BlockingTypedClient,
    job_id: str,
    *,
    timeout: float | None = None,
    on_progress: Progress | None = None,
    interval: float = 1.0,
) -> JobResult:
    """The same as :func:`wait_job`."""
    script = job_script(job_id, on_progress, interval)
    return play_blocking(client, script, JOB_EVENTS, timeout, f"job '{cut(job_id)}' goes on")


def wait_device_deleted_blocking(
    client: BlockingClient | BlockingTypedClient,
    device: str,
    *,
    timeout: float | None = None,
    interval: float = 1.0,
) -> None:
    """The same as :func:`wait_device_deleted`."""
    script = device_script(device, interval, _settling(timeout))
    failure = f"device '{cut(device)}' is still there"
    play_blocking(client, script, DEVICE_EVENTS, timeout, failure)


def _settling(timeout: float | None) -> float:
    return _SETTLING_SECONDS if timeout is None else min(_SETTLING_SECONDS, timeout / 2)
