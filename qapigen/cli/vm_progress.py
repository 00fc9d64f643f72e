"""How a migration goes, as a line: one that changes on a terminal, or one for each news elsewhere.

In: answers of query-migrate.  Out: text on stderr.
Must not know: where the answers come from, how often they come.
"""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING, TextIO, cast

from rich.console import Console
from rich.file_proxy import FileProxy
from rich.live import Live
from rich.text import Text

from qapi_migration.types.migration import MigrationStatus

from .terminal import writes_over

if TYPE_CHECKING:
    from qapi_migration.types.migration import MigrationInfo, MigrationStats

__all__ = ["ProgressLine", "progress_text"]

_MIB = 1 << 20
_NEWS_EACH = 5  # answers between two lines where lines stay
_ENDS = (MigrationStatus.COMPLETED, MigrationStatus.FAILED, MigrationStatus.CANCELLED)


def progress_text(info: MigrationInfo) -> str:
    """The line for one answer; "" if there is nothing to tell."""
    if info.status is None:
        return ""
    # What matters most comes first: a terminal of 80 columns may show no more.
    parts = [info.status.value]
    if info.ram is not None:
        parts += _main_texts(info.ram)
    if info.expected_downtime is not None:
        parts.append(f"downtime {info.expected_downtime} ms expected")
    if info.downtime is not None:
        parts.append(f"downtime {info.downtime} ms")
    if info.total_time is not None:
        parts.append(f"{info.total_time / 1000:.1f} s")
    if info.cpu_throttle_percentage is not None:
        parts.append(f"CPUs throttled by {info.cpu_throttle_percentage} %")
    if info.ram is not None:
        parts += _other_texts(info.ram)
    if info.error_desc is not None:
        parts.append(info.error_desc)
    return "  ".join(parts)


def _main_texts(ram: MigrationStats) -> list[str]:
    done = ram.total - ram.remaining
    share = done * 100 // ram.total if ram.total else 100
    return [
        f"{share:3} %",
        f"{ram.normal + ram.duplicate} pages",
        f"{ram.mbps / 8:.1f} MB/s",
        f"pass {ram.dirty_sync_count}",
    ]


def _other_texts(ram: MigrationStats) -> list[str]:
    return [
        f"{ram.remaining / _MIB:.1f} of {ram.total / _MIB:.0f} MiB left",
        f"{ram.duplicate} pages zero",
    ]


class ProgressLine:
    """Shows answers as they come; the line of each migration stays when it has ended.

    On a terminal that can write over a line, one line changes.  Elsewhere there is one line for
    each status and now and then one between.  Nothing is ever written to stdout, which belongs to
    programs.  Colour settings (FORCE_COLOR, NO_COLOR) change nothing: the text has no colours.
    """

    def __init__(self, console: Console | None = None) -> None:
        self._console = console if console is not None else _console()
        self._writes_over = self._console.is_terminal
        # Live draws and prints in steps between which another thread could write.
        self._drawing = threading.RLock()
        self._live: Live | None = None
        self._shown = ""
        self._news = ""  # status of the last line that stays
        self._skipped = 0

    @property
    def stream(self) -> TextIO:
        """A stream for other lines on stderr: they appear above the line that changes."""
        return cast("TextIO", _Above(self._console, self._drawing))

    def __call__(self, info: MigrationInfo) -> None:
        """Show an answer."""
        with self._drawing:
            self._show(info)

    def _show(self, info: MigrationInfo) -> None:
        text = progress_text(info)
        if text == self._shown or not text:
            return
        self._shown = text
        if self._writes_over:
            self._write_over(text)
            if info.status in _ENDS:
                self.close()  # whoever writes next to this terminal begins a new line
            return
        self._skipped += 1
        status = text.partition(" ")[0]
        if status != self._news or self._skipped >= _NEWS_EACH:
            self._news, self._skipped = status, 0
            self._console.print(text, soft_wrap=True, highlight=False, markup=False)

    def _write_over(self, text: str) -> None:
        if self._live is None:
            # Redirected streams would move what is printed on stdout to stderr.
            self._live = Live(
                console=self._console,
                auto_refresh=False,
                redirect_stdout=False,
                redirect_stderr=False,
            )
            self._live.start()
        self._live.update(Text(text, no_wrap=True, overflow="ellipsis"), refresh=True)

    def close(self) -> None:
        """The end: what is shown stays."""
        with self._drawing:
            if self._live is not None:
                self._live.stop()
                self._live = None


class _Above(FileProxy):
    """What is written here by any thread stands above the line that changes."""

    def __init__(self, console: Console, drawing: threading.RLock) -> None:
        super().__init__(console, console.file)
        self._drawing = drawing

    def write(self, text: str) -> int:
        with self._drawing:
            return super().write(text)

    def flush(self) -> None:
        with self._drawing:
            super().flush()


def _console() -> Console:
    """The console on stderr, which counts as a terminal if a line there can change."""
    return Console(stderr=True, force_terminal=writes_over(sys.stderr))
