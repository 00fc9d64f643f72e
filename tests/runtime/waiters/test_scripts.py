"""Scripts, played by hand: what they ask for, and how they end."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from qapi_migration import MigrationStatus
from qapigen.compiler.disk import read_source
from qapigen.compiler.ir import Enum
from qapigen.compiler.pipeline import analyze
from qapigen.runtime.errors import QapiError, RemoteError
from qapigen.runtime.messages import Event, Timestamp
from qapigen.runtime.waiters.scripts import (
    JOB_STATUSES,
    MIGRATION_STATUSES,
    Ask,
    JobResult,
    Listen,
    Script,
    device_script,
    job_script,
    migration_script,
)

MISSING = RemoteError("there is no such command", "CommandNotFound")
NO_PATH = RemoteError("there is no such path", "DeviceNotFound")


def event(name: str, **data: object) -> Event:
    return Event(name, dict(data) or None, Timestamp(1, 2))


def play(script: Script[Any], answers: Iterable[object]) -> tuple[list[str], Any]:
    """What the script asked for, and its result; all answers are wanted."""
    asked: list[str] = []
    step = next(script)
    left = list(answers)
    while True:
        asked.append(step.name if isinstance(step, Ask) else f"{step.seconds:g}")
        answer = left.pop(0)
        try:
            if isinstance(answer, RemoteError):
                step = script.throw(answer)
            else:
                step = script.send(answer)
        except StopIteration as end:
            assert left == []
            return asked, end.value


# --- tables ---


def values_of(path: Path, name: str) -> set[str]:
    schema = analyze(str(path), read_source).schema
    assert schema is not None
    enum = schema.type(name)
    assert isinstance(enum, Enum)
    return {value.name for value in enum.values}


def test_migration_statuses_of_our_schema() -> None:
    assert {status.value for status in MigrationStatus} <= MIGRATION_STATUSES.keys()
    over = {MigrationStatus(status) for status, is_over in MIGRATION_STATUSES.items() if is_over}
    assert over == {MigrationStatus.COMPLETED, MigrationStatus.FAILED, MigrationStatus.CANCELLED}


def test_statuses_of_a_later_release(corpus: Path) -> None:
    path = corpus / "qemu-7.2/qapi/qapi-schema.json"
    assert values_of(path, "MigrationStatus") == set(MIGRATION_STATUSES)
    assert values_of(path, "JobStatus") == set(JOB_STATUSES)


def test_jobs_that_are_over() -> None:
    assert {status for status, over in JOB_STATUSES.items() if over} == {"concluded", "null"}


# --- migration ---


def test_migration() -> None:
    seen: list[object] = []
    infos = [
        {},
        {"status": "setup"},
        {"status": "who-knows"},
        {"status": "completed", "downtime": 1},
    ]
    answers = [infos[0], None, infos[1], event("MIGRATION"), infos[2], None, infos[3]]
    asked, result = play(migration_script(seen.append, 0.5), answers)
    assert asked == ["query-migrate", "0.5"] * 3 + ["query-migrate"]
    assert result == infos[3]
    assert seen == infos


@pytest.mark.parametrize("status", [s for s, over in MIGRATION_STATUSES.items() if over])
def test_migration_is_over_at_once(status: str) -> None:
    assert play(migration_script(None, 1), [{"status": status}])[1] == {"status": status}


def test_migration_of_a_strange_server() -> None:
    with pytest.raises(QapiError, match="query-migrate: expected an object, got null"):
        play(migration_script(None, 1), [None])
    with pytest.raises(RemoteError):
        play(migration_script(None, 1), [MISSING])


# --- jobs ---


def job(status: str, **more: object) -> list[dict[str, object]]:
    return [{"id": "other", "status": "concluded"}, {"id": "j", "status": status, **more}]


def changed(status: str, job_id: str = "j") -> Event:
    return event("JOB_STATUS_CHANGE", id=job_id, status=status)


def test_job() -> None:
    seen: list[object] = []
    answers = [job("running"), changed("ready", "other"), changed("ready"), job("ready")]
    answers += [None, job("ready"), changed("concluded"), job("concluded")]
    asked, result = play(job_script("j", seen.append, 2), answers)
    assert asked == ["query-jobs", "2", "2", "query-jobs", "2", "query-jobs", "2", "query-jobs"]
    assert result == JobResult("j")
    assert [each["status"] for each in seen] == ["running", "ready", "ready", "concluded"]  # type: ignore[index]


def test_job_that_fails() -> None:
    result = play(job_script("j", None, 2), [job("concluded", error="disk full")])[1]
    assert result == JobResult("j", "disk full")


@pytest.mark.parametrize(
    ("last", "error"),
    [
        ([], None),
        ([changed("aborting")], "the job failed"),
        ([changed("aborting", "other")], None),
        ([changed("aborting"), event("BLOCK_JOB_COMPLETED", device="j", error="bad")], "bad"),
        ([event("BLOCK_JOB_COMPLETED", device="j")], None),
        ([event("BLOCK_JOB_COMPLETED", device="other", error="bad")], None),
        ([event("BLOCK_JOB_CANCELLED", device="j")], "the job was cancelled"),
    ],
)
def test_job_that_dismisses_itself(last: list[Event], error: str | None) -> None:
    """What was heard tells how it ended, whether it was heard before or after the question."""
    gone = [{"id": "other", "status": "running"}]
    late = [job("running"), changed("null"), gone, *last, None]
    assert play(job_script("j", None, 2), late)[1] == JobResult("j", error)
    if all(each.name != "JOB_STATUS_CHANGE" for each in last):
        early = [job("running"), *last, changed("null"), gone, None]
        assert play(job_script("j", None, 2), early)[1] == JobResult("j", error)


def test_no_job() -> None:
    with pytest.raises(QapiError, match="there is no job 'x'") as caught:
        play(job_script("x", None, 2), [job("running")])
    assert caught.value.error_class == "DeviceNotFound"
    with pytest.raises(QapiError, match="query-jobs: expected an array, got an object"):
        play(job_script("x", None, 2), [{}])
    with pytest.raises(QapiError, match="query-jobs: expected an object, got number 1"):
        play(job_script("x", None, 2), [[1]])


# --- devices ---

THERE = [{"name": "type", "type": "string"}, {"name": "d", "type": "child<x>"}]
GONE = THERE[:1]
DELETED = event("DEVICE_DELETED", device="d", path="/machine/peripheral/d")


def test_device() -> None:
    script = device_script("d", 2)
    first = next(script)
    assert first == Ask("qom-list", {"path": "/machine/peripheral"})
    other = event("DEVICE_DELETED", path="/machine/peripheral/other")
    assert script.send(THERE) == Listen(2)
    assert script.send(other) == Listen(2)
    with pytest.raises(StopIteration):
        script.send(DELETED)


def test_device_that_is_gone() -> None:
    assert play(device_script("d", 2), [GONE])[0] == ["qom-list"]
    assert play(device_script("d", 2), [THERE, None, GONE])[0] == ["qom-list", "2", "qom-list"]


def test_device_by_its_path() -> None:
    path = "/machine/peripheral/d"
    assert next(device_script(path, 2)) == Ask("qom-list", {"path": path})
    assert play(device_script(path, 2), [NO_PATH])[0] == ["qom-list"]
    assert play(device_script(path, 2), [[], DELETED])[0] == ["qom-list", "2"]


def test_device_when_only_events_tell() -> None:
    assert play(device_script("d", 2), [MISSING, None, MISSING, DELETED])[0][-1] == "2"
    with pytest.raises(RemoteError, match="odd"):
        play(device_script("d", 2), [RemoteError("odd")])
    with pytest.raises(QapiError, match="qom-list: expected an array, got null"):
        play(device_script("d", 2), [None])


@pytest.mark.parametrize(
    ("refusal", "text"),
    [
        (event("DEVICE_UNPLUG_GUEST_ERROR", device="d", path="/x"), "of device 'd'$"),
        (event("MEM_UNPLUG_ERROR", device="d", msg="in use"), "of device 'd': in use$"),
    ],
)
def test_the_guest_refuses(refusal: Event, text: str) -> None:
    with pytest.raises(QapiError, match=text):
        play(device_script("d", 2), [THERE, refusal])
