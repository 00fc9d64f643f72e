"""How a migration is told as a line."""

from __future__ import annotations

import io
import json
import re
import sys
import threading

import pyte
import pytest
from rich.console import Console

from qapi_migration.types.migration import MigrationInfo, MigrationStats, MigrationStatus
from qapi_migration.visit.migration import visit_MigrationInfo
from qapigen.cli.vm_progress import ProgressLine, progress_text
from qapigen.runtime import decode

MIB = 1 << 20


def stats(*, total: int = 256 * MIB, remaining: int = 64 * MIB, passes: int = 1) -> MigrationStats:
    return MigrationStats(
        transferred=1,
        remaining=remaining,
        total=total,
        duplicate=1000,
        skipped=0,
        normal=234,
        normal_bytes=234 * 4096,
        dirty_pages_rate=0,
        mbps=268.0,
        dirty_sync_count=passes,
        postcopy_requests=0,
        page_size=4096,
    )


def active(**more: object) -> MigrationInfo:
    info = MigrationInfo(status=MigrationStatus.ACTIVE, ram=stats(), total_time=1234)
    for name, value in more.items():
        setattr(info, name, value)
    return info


# --- the text ---


@pytest.mark.parametrize(
    ("info", "text"),
    [
        (MigrationInfo(), ""),
        (MigrationInfo(status=MigrationStatus.SETUP), "setup"),
        (
            MigrationInfo(status=MigrationStatus.FAILED, error_desc="no [bold] connection"),
            "failed  no [bold] connection",
        ),
        (
            active(expected_downtime=300),
            "active   75 %  1234 pages  33.5 MB/s  pass 1  downtime 300 ms expected  1.2 s  "
            "64.0 of 256 MiB left  1000 pages zero",
        ),
        (
            active(cpu_throttle_percentage=20),
            "active   75 %  1234 pages  33.5 MB/s  pass 1  1.2 s  CPUs throttled by 20 %  "
            "64.0 of 256 MiB left  1000 pages zero",
        ),
        (
            active(status=MigrationStatus.COMPLETED, downtime=7, ram=stats(remaining=0)),
            "completed  100 %  1234 pages  33.5 MB/s  pass 1  downtime 7 ms  1.2 s  "
            "0.0 of 256 MiB left  1000 pages zero",
        ),
        (active(ram=stats(total=0, remaining=0), total_time=None), None),
    ],
)
def test_text(info: MigrationInfo, text: str | None) -> None:
    if text is None:
        assert "100 %" in progress_text(info)
    else:
        assert progress_text(info) == text


def from_a_later_qemu(status: str) -> MigrationInfo:
    """An answer that has members and a status of its own."""
    ram = {"transferred": 1, "remaining": 64 * MIB, "total": 256 * MIB, "duplicate": 1000}
    ram |= {"normal": 234, "normal-bytes": 234 * 4096, "dirty-pages-rate": 0, "mbps": 268}
    ram |= {
        "dirty-sync-count": 1,
        "pages-per-second": 9,
        "postcopy-requests": 0,
        "page-size": 4096,
        "skipped": 0,
    }
    text = json.dumps({"status": status, "remaining": 64 * MIB, "ram": ram})
    return decode(visit_MigrationInfo, text.encode(), lenient=True)


@pytest.mark.parametrize("status", ["failing", "postcopy-device", "postcopy-recover-setup"])
def test_a_status_of_later_releases(status: str) -> None:
    """It is a piece of news, and none that ends the line."""
    info = from_a_later_qemu(status)
    assert progress_text(info).startswith(f"{status}   75 %  1234 pages")
    infos = [active(), info, active(status=MigrationStatus.COMPLETED)]
    assert told(infos) == [progress_text(each) for each in infos]
    assert shown(infos).count("\n") == 1


# --- lines that stay ---


def told(infos: list[MigrationInfo]) -> list[str]:
    out = io.StringIO()
    line = ProgressLine(Console(file=out, width=20))
    for info in infos:
        line(info)
    line.close()
    return out.getvalue().splitlines()


def test_each_status_is_told_at_once() -> None:
    statuses = [MigrationStatus.SETUP, MigrationStatus.CANCELLING, MigrationStatus.CANCELLED]
    infos = [MigrationInfo(status=status) for status in statuses]
    assert told([MigrationInfo(), *infos, infos[-1]]) == ["setup", "cancelling", "cancelled"]


def test_the_rest_is_told_now_and_then() -> None:
    """Of answers that differ in numbers only every fifth one; none twice."""
    infos = [active(ram=stats(remaining=left * MIB)) for left in range(20, 0, -1)]
    lines = told([info for info in infos for _ in range(2)])
    left = [re.search(r"([\d.]+) of", line) for line in lines]
    assert [each and each[1] for each in left] == ["20.0", "15.0", "10.0", "5.0"]


def test_lines_are_plain_text() -> None:
    """No markup, no colours, and no breaks however narrow it is."""
    info = MigrationInfo(status=MigrationStatus.FAILED, error_desc=f"[bold]5[/bold] {'x ' * 100}")
    assert told([info]) == [progress_text(info).rstrip()] or told([info]) == [progress_text(info)]


# --- a line that changes ---


def shown(infos: list[MigrationInfo], *, width: int = 200) -> str:
    out = io.StringIO()
    console = Console(file=out, width=width, force_terminal=True, _environ={"TERM": "xterm"})
    line = ProgressLine(console)
    for info in infos:
        line(info)
    line.close()
    return out.getvalue()


def test_line_on_a_terminal() -> None:
    infos = [active(ram=stats(remaining=left * MIB)) for left in (30, 20, 10)]
    text = shown(infos)
    for left in (30, 20, 10):
        assert f"{left}.0 of 256 MiB left" in text
    assert text.count("\n") == 1  # each is written over the last one
    assert text.index("\x1b[?25l") < text.index("30.0 of") < text.index("\x1b[?25h")


def test_nothing_new_is_not_written() -> None:
    assert shown([active(), active(), active()]).count("of 256 MiB") == (
        shown([active()]).count("of 256 MiB")
    )


@pytest.mark.parametrize("status", [MigrationStatus.ACTIVE, MigrationStatus.PRE_SWITCHOVER])
def test_what_matters_fits_into_80_columns(status: MigrationStatus) -> None:
    text = shown([active(status=status, expected_downtime=300)], width=80)
    for what in (status.value, "75 %", "1234 pages", "33.5 MB/s", "pass 1", "300 ms expected"):
        assert what in text


def test_narrow_terminal() -> None:
    """The line is cut, so that it can be written over."""
    text = shown([active()], width=20)
    assert "…" in text
    assert text.count("\n") == 1


def test_nothing_to_tell() -> None:
    assert told([MigrationInfo(), MigrationInfo()]) == []


def test_lines_of_another_thread_never_join_the_one_that_changes() -> None:
    """However they come in between; what the screen shows is judged row by row."""
    rounds = 150
    file = io.StringIO()
    line = ProgressLine(Console(file=file, force_terminal=True, width=80))
    stream = line.stream
    over = threading.Event()

    def log() -> None:
        while not over.is_set():
            stream.write("a line of the log\n")

    logging = threading.Thread(target=log)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        logging.start()
        for _ in range(rounds):
            line(active())
            line(MigrationInfo(status=MigrationStatus.FAILED))
    finally:
        over.set()
        logging.join()
        sys.setswitchinterval(interval)
    text = file.getvalue()
    screen = pyte.Screen(80, text.count("\n") + 2)
    pyte.Stream(screen).feed(text.replace("\n", "\r\n"))
    rows = {row.rstrip() for row in screen.display}
    assert rows == {"a line of the log", "failed", ""}
