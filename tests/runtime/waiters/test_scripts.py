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
from qapigen.runtime.errors import ConnectionLost, QapiError, RemoteError
from qapigen.runtime.messages import Event, Timestamp
from qapigen.runtime.session.devices import DeviceNews
from qapigen.runtime.waiters.scripts import (
    JOB_STATUSES,
    MIGRATION_STATUSES,
    Ask,
    JobResult,
    Kept,
    News,
    Script,
    device_script,
    job_script,
    migration_script,
)

NOTHING = DeviceNews(False, [])
LOST = ConnectionLost("the server closed the connection")
MISSING = RemoteError("there is no such command", "CommandNotFound")
NO_PATH = RemoteError("there is no such path", "DeviceNotFound")


def event(name: str, **data: object) -> Event:
    return Event(name, dict(data) or None, Timestamp(1, 2))


def play(
    script: Script[Any],
    answers: Iterable[object],
    *,
    kept: Iterable[Event] = (),
    news: DeviceNews = NOTHING,
) -> tuple[list[str], Any]:
    """What the script asked for, and its result; all answers are wanted."""
    asked: list[str] = []
    step = next(script)
    left = list(answers)
    while True:
        answer: object
        if isinstance(step, Kept | News):
            answer = list(kept) if isinstance(step, Kept) else news
        else:
            asked.append(step.name if isinstance(step, Ask) else f"{step.seconds:g}")
            answer = left.pop(0)
        try:
            if isinstance(answer, RemoteError | ConnectionLost):
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


def test_statuses_of_later_releases(corpus: Path, newest_schemas: Path) -> None:
    older = corpus / "qemu-7.2/qapi/qapi-schema.json"
    newer = newest_schemas / "qapi/qapi-schema.json"
    assert values_of(older, "JobStatus") == values_of(newer, "JobStatus") == set(JOB_STATUSES)
    assert values_of(older, "MigrationStatus") < values_of(newer, "MigrationStatus")
    since_11 = {"failing"}
    assert values_of(newer, "MigrationStatus") == MIGRATION_STATUSES.keys() - since_11


def test_jobs_that_are_over() -> None:
    assert {status for status, over in JOB_STATUSES.items() if over} == {"concluded", "null"}


# --- migration ---


@pytest.mark.parametrize(
    "statuses",
    [
        ["setup", "active", "device", "completed"],  # told without a pause since 10.0
        ["setup", "failing", "failed"],
        ["active", "postcopy-device", "postcopy-active", "completed"],
        ["postcopy-paused", "postcopy-recover-setup", "postcopy-recover", "completed"],
    ],
    ids=lambda statuses: statuses[-2],
)
def test_statuses_on_the_way_are_not_the_end(statuses: list[str]) -> None:
    seen: list[object] = []
    infos = [{"status": status} for status in statuses]
    answers = [answer for info in infos for answer in (info, event("MIGRATION", **info))]
    asked, result = play(migration_script(seen.append, 0.5), answers[:-1])
    assert asked.count("query-migrate") == len(statuses)
    assert (seen, result) == (infos, infos[-1])


def test_the_server_goes_while_it_fails() -> None:
    answers = [{"status": "active"}, event("MIGRATION", status="failing"), LOST, LOST]
    with pytest.raises(ConnectionLost):
        play(migration_script(None, 0.5), answers)


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


def moved(status: object) -> Event:
    return event("MIGRATION", status=status)


@pytest.mark.parametrize(
    ("kept", "answers", "status"),
    [
        ([], [{"status": "active", "n": 1}, moved("completed"), LOST, LOST], "completed"),
        ([], [{"status": "active", "n": 1}, LOST, LOST, moved("failed"), LOST], "failed"),
        (
            [],
            [{"status": "active", "n": 1}, moved("device"), LOST, moved("completed"), LOST],
            "completed",
        ),
        ([moved("setup"), moved("completed")], [LOST, LOST], "completed"),
        ([moved("failed"), moved("setup")], [LOST, moved("cancelled"), LOST], "cancelled"),
    ],
)
def test_an_end_that_was_heard_is_the_answer(
    kept: list[Event], answers: list[object], status: str
) -> None:
    seen: list[dict[str, Any]] = []
    _, info = play(migration_script(seen.append, 1), answers, kept=kept)
    assert info["status"] == status and seen[-1] == info
    assert ("n" in info) is (len(seen) > 1), "the rest is the last answer"


@pytest.mark.parametrize(
    ("kept", "answers"),
    [
        ([], [{"status": "active"}, moved("device"), LOST, LOST]),
        ([moved("completed"), moved("setup")], [LOST, LOST]),
        ([moved("completed")], [{"status": "active"}, moved("active"), LOST, moved(7), LOST]),
        ([event("MIGRATION")], [LOST, LOST]),
    ],
)
def test_a_source_that_goes_before_the_end(kept: list[Event], answers: list[object]) -> None:
    with pytest.raises(ConnectionLost, match="closed"):
        play(migration_script(None, 1), answers, kept=kept)


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
        play(job_script("x", None, 2), [job("running"), None])
    assert caught.value.error_class == "DeviceNotFound"
    with pytest.raises(QapiError, match="query-jobs: expected an array, got an object"):
        play(job_script("x", None, 2), [{}])
    with pytest.raises(QapiError, match="query-jobs: expected an object, got number 1"):
        play(job_script("x", None, 2), [[1]])


ENDED = event("BLOCK_JOB_COMPLETED", device="j")
FAILED = event("BLOCK_JOB_COMPLETED", device="j", error="bad")


@pytest.mark.parametrize(
    ("kept", "error"),
    [
        ([changed("created"), changed("running"), ENDED, changed("null")], None),
        ([changed("created"), changed("aborting"), FAILED, changed("null")], "bad"),
        ([changed("created"), changed("aborting"), changed("null")], "the job failed"),
        ([FAILED], "bad"),
        ([changed("null")], None),
        # An id is used again: what an earlier job of the same name met says nothing.
        ([changed("aborting"), FAILED, changed("created"), ENDED], None),
    ],
)
def test_a_job_that_is_over_before_anybody_waits(kept: list[Event], error: str | None) -> None:
    assert play(job_script("j", None, 2), [[], None], kept=kept)[1] == JobResult("j", error)
    assert play(job_script("j", None, 2), [LOST, LOST], kept=kept)[1] == JobResult("j", error)


def test_what_was_heard_of_other_jobs() -> None:
    others = [changed("null", "other"), event("BLOCK_JOB_COMPLETED", device="other")]
    with pytest.raises(QapiError, match="there is no job 'j'"):
        play(job_script("j", None, 2), [[], None], kept=others)


def test_a_server_that_goes_before_the_job_ends() -> None:
    with pytest.raises(ConnectionLost):
        play(job_script("j", None, 2), [LOST, LOST], kept=[changed("created")])
    answers = [job("running"), LOST, LOST, changed("concluded"), LOST]
    assert play(job_script("j", None, 2), answers)[1] == JobResult("j")


# --- devices ---

THERE = [{"name": "type", "type": "string"}, {"name": "d", "type": "child<x>"}]
GONE = THERE[:1]
DELETED = event("DEVICE_DELETED", device="d", path="/machine/peripheral/d")


OTHER = event("DEVICE_DELETED", path="/machine/peripheral/other")
REFUSED = event("DEVICE_UNPLUG_GUEST_ERROR", device="d", path="/x")


def test_device() -> None:
    asked, _ = play(device_script("d", 2, 9), [THERE, OTHER, None, THERE, DELETED])
    assert asked == ["qom-list", "2", "2", "qom-list", "2"]


def test_device_that_is_no_longer_listed() -> None:
    """It is free only when that was told."""
    asked, _ = play(device_script("d", 2, 9), [GONE, OTHER, DELETED])
    assert asked == ["qom-list", "9", "9"]
    asked, _ = play(device_script("d", 2, 9), [THERE, None, GONE, None])
    assert asked == ["qom-list", "2", "qom-list", "9"], "in vain, but not for ever"


def test_device_whose_end_was_heard_before() -> None:
    asked, _ = play(device_script("d", 2, 9), [], news=DeviceNews(True, [DELETED]))
    assert asked == []
    asked, _ = play(device_script("d", 2, 9), [GONE], news=DeviceNews(False, [DELETED]))
    assert asked == ["qom-list"]


def test_what_was_heard_of_an_earlier_device() -> None:
    """Nobody knows when that was, but the device is there."""
    for each in (DELETED, REFUSED):
        news = DeviceNews(False, [each])
        asked, _ = play(device_script("d", 2, 9), [THERE, DELETED], news=news)
        assert asked == ["qom-list", "2"]


def test_device_of_a_server_that_goes() -> None:
    play(device_script("d", 2, 9), [THERE, None, LOST, DELETED])
    with pytest.raises(ConnectionLost):
        play(device_script("d", 2, 9), [THERE, LOST, LOST])
    with pytest.raises(ConnectionLost):
        play(device_script("d", 2, 9), [GONE, LOST])


def test_device_by_its_path() -> None:
    path = "/machine/peripheral/d"
    script = device_script(path, 2, 9)
    assert next(script) == News(path)
    assert script.send(NOTHING) == Ask("qom-list", {"path": path})
    assert play(device_script(path, 2, 9), [NO_PATH, DELETED])[0] == ["qom-list", "9"]
    assert play(device_script(path, 2, 9), [[], DELETED])[0] == ["qom-list", "2"]


def test_device_when_only_events_tell() -> None:
    assert play(device_script("d", 2, 9), [MISSING, None, MISSING, DELETED])[0][-1] == "2"
    with pytest.raises(RemoteError, match="odd"):
        play(device_script("d", 2, 9), [RemoteError("odd")])
    with pytest.raises(QapiError, match="qom-list: expected an array, got null"):
        play(device_script("d", 2, 9), [None])


@pytest.mark.parametrize(
    ("refusal", "text"),
    [
        (REFUSED, "of device 'd'$"),
        (event("MEM_UNPLUG_ERROR", device="d", msg="in use"), "of device 'd': in use$"),
    ],
)
def test_the_guest_refuses(refusal: Event, text: str) -> None:
    with pytest.raises(QapiError, match=text):
        play(device_script("d", 2, 9), [THERE, refusal])
    with pytest.raises(QapiError, match=text):
        play(device_script("d", 2, 9), [], news=DeviceNews(True, [refusal]))
