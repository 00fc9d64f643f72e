"""What to ask and to listen for until something is over.

In: answers and events.  Out: commands and waits for events, at last how it ended.
Must not know: clients, time.

Each wait is a script: a generator that asks for commands and events and knows nothing of how
they come.  Events can be missed, because they were sent before anybody listened or because the
server sends none; so every script looks at the state first, and again from time to time.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias, TypeVar

from ..errors import (
    COMMAND_NOT_FOUND,
    DEVICE_NOT_FOUND,
    ConnectionLost,
    QapiError,
    RemoteError,
    cut,
    describe,
)
from ..messages import Event
from ..session.devices import DEVICE_EVENTS, DeviceNews, devices_of

__all__ = [
    "DEVICE_EVENTS",
    "JOB_EVENTS",
    "JOB_STATUSES",
    "MIGRATION_EVENTS",
    "MIGRATION_STATUSES",
    "Ask",
    "JobResult",
    "Kept",
    "Listen",
    "News",
    "Progress",
    "Script",
    "device_script",
    "job_script",
    "migration_script",
]

R = TypeVar("R")

#: The values of MigrationStatus, and whether a migration that has one is over.  In the status
#: ``none`` it has not begun yet; ``postcopy-paused`` waits for somebody to repair the connection.
#: Later releases of QEMU are a little more precise: ``postcopy-recover-setup`` (since 9.1) is the
#: time in which that connection is made, ``postcopy-device`` (10.2) the one in which the devices
#: go over before ``postcopy-active``, and ``failing`` (11.0) cleans up before ``failed``.
MIGRATION_STATUSES: Final[Mapping[str, bool]] = {
    "none": False,
    "setup": False,
    "cancelling": False,
    "cancelled": True,
    "active": False,
    "postcopy-device": False,
    "postcopy-active": False,
    "postcopy-paused": False,
    "postcopy-recover-setup": False,
    "postcopy-recover": False,
    "completed": True,
    "failing": False,
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

#: Is called with each answer about the state that is waited for.
Progress: TypeAlias = Callable[[dict[str, Any]], object]


@dataclass(frozen=True, slots=True)
class JobResult:
    """How a job has ended: ``error`` is a sentence for people, None if it succeeded."""

    id: str
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Ask:
    """Execute a command: what it returns is sent into the script, its error raised there.

    So is :class:`ConnectionLost`; what was heard before can still be listened for.
    """

    name: str
    arguments: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Listen:
    """Wait for an event: it is sent into the script, or None after so many seconds.

    :class:`ConnectionLost` is raised there when none is left and none can come.
    """

    seconds: float


@dataclass(frozen=True, slots=True)
class Kept:
    """Look at the events that came before: the list of them is sent into the script."""


@dataclass(frozen=True, slots=True)
class News:
    """Look at what was heard of a device: a :class:`DeviceNews` is sent into the script."""

    device: str


#: What a script asks for.
Step: TypeAlias = Ask | Listen | Kept | News

#: What is played; its result is how it ended.
Script: TypeAlias = Generator[Step, Any, R]


# --- migration ---


def migration_script(on_progress: Progress | None, interval: float) -> Script[dict[str, Any]]:
    """Until a migration is over; the last answer to ``query-migrate``.

    If the server goes, but an event has reported the end before, it is that answer with the
    status of the event.
    """
    info: dict[str, Any] = {}
    reported: object = None
    for event in (yield Kept()):
        reported = _status(event)
    while True:
        try:
            answer = yield Ask("query-migrate")
        except ConnectionLost:
            reported = yield from _last_status(reported)
            if not _is_over(MIGRATION_STATUSES, reported):
                raise
            answer = info | {"status": reported}
        info = _an_object(answer, "query-migrate")
        if on_progress is not None:
            on_progress(info)
        if _is_over(MIGRATION_STATUSES, info.get("status")):
            return info
        with suppress(ConnectionLost):  # the next question shows it
            event = yield Listen(interval)
            reported = reported if event is None else _status(event)


def _last_status(reported: object) -> Script[object]:
    """The status of the last event, now that no other can come."""
    with suppress(ConnectionLost):
        while (event := (yield Listen(0))) is not None:
            reported = _status(event)
    return reported


def _status(event: Event) -> object:
    return (event.data or {}).get("status")


# --- jobs ---


def job_script(job_id: str, on_progress: Progress | None, interval: float) -> Script[JobResult]:
    """Until a job is over or has dismissed itself."""
    heard = _Heard(job_id)
    for event in (yield Kept()):
        heard.hear(event)
    while True:
        try:
            job = _job((yield Ask("query-jobs")), job_id)
        except ConnectionLost:
            yield from _hear_the_rest(heard)
            if not heard.over:
                raise
            return JobResult(job_id, heard.error)
        if job is None:
            # It has dismissed itself.  What was heard before this answer tells how it ended.
            yield from _hear_the_rest(heard)
            if not heard.anything:
                raise QapiError(f"there is no job '{cut(job_id)}'", DEVICE_NOT_FOUND)
            return JobResult(job_id, heard.error)
        heard.anything = True
        if on_progress is not None:
            on_progress(job)
        if _is_over(JOB_STATUSES, job.get("status")):
            return JobResult(job_id, _text(job.get("error")) or heard.error)
        with suppress(ConnectionLost):  # the next question shows it
            while (event := (yield Listen(interval))) is not None:
                if heard.hear(event):
                    break


def _hear_the_rest(heard: _Heard) -> Script[None]:
    with suppress(ConnectionLost):
        while (event := (yield Listen(0))) is not None:
            heard.hear(event)


class _Heard:
    """What events have reported of a job, since it was created: ids are used again."""

    def __init__(self, job_id: str) -> None:
        self._job_id = job_id
        self.anything = False
        self.over = False
        self.error: str | None = None

    def hear(self, event: Event) -> bool:
        """Take notice of an event; is it a change of the job's status?"""
        data = event.data or {}
        change = event.name == "JOB_STATUS_CHANGE"
        if data.get("id" if change else "device") != self._job_id:
            return False
        self.anything = True
        if change:
            self._changed(data.get("status"))
        elif event.name == "BLOCK_JOB_CANCELLED":
            self.error, self.over = "the job was cancelled", True
        else:
            self.error, self.over = _text(data.get("error")) or self.error, True
        return change

    def _changed(self, status: object) -> None:
        if status == "created":
            self.error, self.over = None, False
        elif status == "aborting":
            self.error = self.error or "the job failed"
        self.over = self.over or _is_over(JOB_STATUSES, status)


def _job(jobs: object, job_id: str) -> dict[str, Any] | None:
    """What ``query-jobs`` says of one job."""
    if not isinstance(jobs, list):
        raise QapiError(f"query-jobs: expected an array, got {describe(jobs)}")
    found = (_an_object(job, "query-jobs") for job in jobs)
    return next((job for job in found if job.get("id") == job_id), None)


# --- devices ---


def device_script(device: str, interval: float, settling: float) -> Script[None]:
    """Until a device is gone; QapiError if the guest refuses to let go of it.

    The device is no longer listed some time before the server has done with it, and says so in
    an event.  That event is waited for, up to ``settling`` seconds, unless it has come already.
    """
    news: DeviceNews = yield News(device)
    if news.asked:
        for event in news.events:
            if _is_the_end(event, device):
                return
    try:
        while (yield from _is_there(device)):
            if (yield from _hears_the_end(device, interval)):
                return
    except ConnectionLost:  # a question is answered by what was heard before it, or not at all
        if not (yield from _hears_the_end(device, 0)):
            raise
        return
    if not news.events or news.events[-1].name != _DELETED:
        yield from _hears_the_end(device, settling)


def _hears_the_end(device: str, seconds: float) -> Script[bool]:
    """Wait for the event that a device is gone."""
    while (event := (yield Listen(seconds))) is not None:
        if _is_the_end(event, device):
            return True
    return False


def _is_the_end(event: Event, device: str) -> bool:
    """Does an event tell that a device is gone?  QapiError for a refusal."""
    data = event.data or {}
    if device not in (data.get("device"), data.get("path"), *devices_of(event)):
        return False
    if event.name == _DELETED:
        return True
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
