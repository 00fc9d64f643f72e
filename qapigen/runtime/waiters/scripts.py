"""What to ask and to listen for until something is over.

In: answers and events.  Out: commands and waits for events, at last how it ended.
Must not know: clients, time.

Each wait is a script: a generator that asks for commands and events and knows nothing of how
they come.  Events can be missed, because they were sent before anybody listened or because the
server sends none; so every script looks at the state first, and again from time to time.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias, TypeVar

from ..errors import COMMAND_NOT_FOUND, DEVICE_NOT_FOUND, QapiError, RemoteError, cut, describe
from ..messages import Event

__all__ = [
    "DEVICE_EVENTS",
    "JOB_EVENTS",
    "JOB_STATUSES",
    "MIGRATION_EVENTS",
    "MIGRATION_STATUSES",
    "Ask",
    "JobResult",
    "Listen",
    "Progress",
    "Script",
    "device_script",
    "job_script",
    "migration_script",
]

R = TypeVar("R")

#: The values of MigrationStatus, and whether a migration that has one is over.  In the status
#: ``none`` it has not begun yet; ``postcopy-paused`` waits for somebody to repair the connection.
MIGRATION_STATUSES: Final[Mapping[str, bool]] = {
    "none": False,
    "setup": False,
    "cancelling": False,
    "cancelled": True,
    "active": False,
    "postcopy-active": False,
    "postcopy-paused": False,
    "postcopy-recover": False,
    "completed": True,
    "failed": True,
    "colo": False,
    "pre-switchover": False,
    "device": False,
    "wait-unplug": False,
}

#: The values of JobStatus, and whether a job that has one is over.  ``ready`` and ``standby``
#: wait for job-complete, ``pending`` may wait for job-finalize.
JOB_STATUSES: Final[Mapping[str, bool]] = {
    "undefined": False,
    "created": False,
    "running": False,
    "paused": False,
    "ready": False,
    "standby": False,
    "waiting": False,
    "pending": False,
    "aborting": False,
    "concluded": True,
    "null": True,
}

MIGRATION_EVENTS = ("MIGRATION",)
JOB_EVENTS = ("JOB_STATUS_CHANGE", "BLOCK_JOB_COMPLETED", "BLOCK_JOB_CANCELLED")
_DELETED = "DEVICE_DELETED"
DEVICE_EVENTS = (_DELETED, "DEVICE_UNPLUG_GUEST_ERROR", "MEM_UNPLUG_ERROR")

#: Is called with each answer about the state that is waited for.
Progress: TypeAlias = Callable[[dict[str, Any]], object]


@dataclass(frozen=True, slots=True)
class JobResult:
    """How a job has ended: ``error`` is a sentence for people, None if it succeeded."""

    id: str
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Ask:
    """Execute a command: what it returns is sent into the script, its error raised there."""

    name: str
    arguments: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Listen:
    """Wait for an event: it is sent into the script, or None after so many seconds."""

    seconds: float


#: What is played; its result is how it ended.
Script: TypeAlias = Generator[Ask | Listen, Any, R]


def migration_script(on_progress: Progress | None, interval: float) -> Script[dict[str, Any]]:
    """Until a migration is over; the last answer to ``query-migrate``."""
    while True:
        answer = yield Ask("query-migrate")
        info = _an_object(answer, "query-migrate")
        if on_progress is not None:
            on_progress(info)
        if _is_over(MIGRATION_STATUSES, info.get("status")):
            return info
        yield Listen(interval)


def job_script(job_id: str, on_progress: Progress | None, interval: float) -> Script[JobResult]:
    """Until a job is over or has dismissed itself."""
    seen = False
    error: str | None = None
    while True:
        jobs = yield Ask("query-jobs")
        job = _job(jobs, job_id)
        if job is None:
            if not seen:
                raise QapiError(f"there is no job '{cut(job_id)}'", DEVICE_NOT_FOUND)
            # It has dismissed itself.  What was heard before this answer tells how it ended.
            while (event := (yield Listen(0))) is not None:
                error = _heard_of_job(event, job_id)[1] or error
            return JobResult(job_id, error)
        seen = True
        if on_progress is not None:
            on_progress(job)
        if _is_over(JOB_STATUSES, job.get("status")):
            return JobResult(job_id, _text(job.get("error")) or error)
        while (event := (yield Listen(interval))) is not None:
            changed, told = _heard_of_job(event, job_id)
            error = told or error
            if changed:
                break


def _job(jobs: object, job_id: str) -> dict[str, Any] | None:
    """What ``query-jobs`` says of one job."""
    if not isinstance(jobs, list):
        raise QapiError(f"query-jobs: expected an array, got {describe(jobs)}")
    found = (_an_object(job, "query-jobs") for job in jobs)
    return next((job for job in found if job.get("id") == job_id), None)


def _heard_of_job(event: Event, job_id: str) -> tuple[bool, str | None]:
    """Whether an event is about a change of the job's status, and the error it tells of."""
    data = event.data or {}
    if event.name == "JOB_STATUS_CHANGE":
        aborting = data.get("status") == "aborting"
        mine = data.get("id") == job_id
        return mine, "the job failed" if mine and aborting else None
    if data.get("device") != job_id:
        return False, None
    if event.name == "BLOCK_JOB_CANCELLED":
        return False, "the job was cancelled"
    return False, _text(data.get("error"))


def device_script(device: str, interval: float) -> Script[None]:
    """Until a device is gone; QapiError if the guest refuses to let go of it."""
    while (yield from _is_there(device)):
        while (event := (yield Listen(interval))) is not None:
            data = event.data or {}
            if device not in (data.get("device"), data.get("path")):
                continue
            if event.name == _DELETED:
                return
            reason = _text(data.get("msg"))
            because = f": {reason}" if reason else ""
            raise QapiError(f"the guest does not let go of device '{cut(device)}'{because}")


def _is_there(device: str) -> Script[bool]:
    """Whether a device is there, as far as the server can tell."""
    is_path = device.startswith("/")
    try:
        found = yield Ask("qom-list", {"path": device if is_path else "/machine/peripheral"})
    except RemoteError as error:
        if error.error_class == COMMAND_NOT_FOUND:
            return True  # it cannot be asked; events will tell
        if error.error_class == DEVICE_NOT_FOUND:
            return False
        raise
    if is_path:
        return True
    if not isinstance(found, list):
        raise QapiError(f"qom-list: expected an array, got {describe(found)}")
    return any(_an_object(each, "qom-list").get("name") == device for each in found)


def _is_over(statuses: Mapping[str, bool], status: object) -> bool:
    """Whether something is over; a status that is not known yet goes on."""
    return isinstance(status, str) and statuses.get(status, False)


def _an_object(value: object, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise QapiError(f"{what}: expected an object, got {describe(value)}")
    return value


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
