"""``qapigen vm`` in processes of its own, as users run it, spoken to over QMP."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar, cast

from qapigen.runtime.blocking import Client
from qapigen.runtime.messages import Event
from tests.cli.process import COMMAND, environment

from .machines import DEADLINE_SECONDS

__all__ = ["VmProcess", "poll"]

T = TypeVar("T")

_READY = "qapigen vm: serving "
_ENDS = ("completed", "failed", "cancelled")


def poll(look: Callable[[], T | None], what: str, *, seconds: float = DEADLINE_SECONDS) -> T:
    """Look again and again, for what nobody tells of."""
    deadline = time.monotonic() + seconds
    never = threading.Event()
    while (found := look()) is None:
        assert time.monotonic() < deadline, f"in vain: {what}"
        never.wait(0.01)
    return found


class VmProcess:
    """One process, that is killed at the latest when the test ends.

    It starts in the background; :meth:`ready` waits for it and connects.
    """

    def __init__(self, folder: Path, name: str, *options: str, incoming: str | None = None) -> None:
        self._qmp = f"unix:{folder / name}.qmp"
        #: Where guests are waited for; known when it is ready.
        self.uri = ""
        self.errors: list[str] = []
        self._changed = threading.Condition()
        self._waits_for = 1 + (incoming is not None)
        arriving = () if incoming is None else ("--incoming", incoming)
        self._process = subprocess.Popen(
            [*COMMAND, "vm", "--qmp", self._qmp, *options, *arriving],
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        self._listening = threading.Thread(target=self._listen, daemon=True)
        self._listening.start()
        self._client: Client | None = None

    def _listen(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            with self._changed:
                self.errors.append(line.rstrip("\n"))
                self._changed.notify_all()
        with self._changed:
            self._waits_for = 0
            self._changed.notify_all()

    def _addresses(self) -> list[str]:
        return [each.removeprefix(_READY) for each in self.errors if each.startswith(_READY)]

    def ready(self) -> Self:
        """Wait until it serves."""
        with self._changed:
            assert self._changed.wait_for(
                lambda: len(self._addresses()) >= self._waits_for, DEADLINE_SECONDS
            ), self.errors
        self.uri = self._addresses()[-1] if len(self._addresses()) > 1 else ""
        self._client = Client.connect(self._qmp, timeout=DEADLINE_SECONDS)
        return self

    @property
    def client(self) -> Client:
        assert self._client is not None, "not ready yet"
        return self._client

    # --- commands ---

    def execute(self, name: str, **arguments: object) -> object:
        """A command; underscores of arguments stand for dashes."""
        given = {key.replace("_", "-"): value for key, value in arguments.items()}
        return self.client.execute(name, given, timeout=DEADLINE_SECONDS)

    def switch_on(self, *capabilities: str) -> None:
        self.execute(
            "migrate-set-capabilities",
            capabilities=[{"capability": each, "state": True} for each in capabilities],
        )

    def info(self) -> dict[str, object]:
        return cast("dict[str, object]", self.execute("query-migrate"))

    def ram_info(self) -> dict[str, float]:
        """Empty in the statuses that have none."""
        return cast("dict[str, float]", self.info().get("ram", {}))

    @property
    def running(self) -> bool:
        status = cast("dict[str, object]", self.execute("query-status"))
        return bool(status["running"])

    @property
    def status(self) -> str:
        status = cast("dict[str, object]", self.execute("query-status"))
        return str(status["status"])

    def ended(self) -> str:
        """Wait for the end of a migration, by its events; which one it is."""
        event = self.client.wait_event(
            "MIGRATION",
            wanted=lambda event: _status(event) in _ENDS,
            timeout=DEADLINE_SECONDS,
        )
        return _status(event)

    # --- the process ---

    def memory(self, what: str = "VmRSS") -> int:
        """Bytes of memory that it has now, or ``VmHWM``: had at most."""
        text = Path(f"/proc/{self._process.pid}/status").read_text()
        for line in text.splitlines():
            if line.startswith(f"{what}:"):
                return int(line.split()[1]) << 10
        raise AssertionError(f"no {what}: the process has ended")

    @property
    def ended_with(self) -> int | None:
        """The exit status, once there is one."""
        return self._process.poll()

    def freeze(self) -> None:
        """Let it stand still, as one does for which its host has no time."""
        self._process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, self._process.pid, os.WSTOPPED)

    def thaw(self) -> None:
        """Let it go on."""
        self._process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """SIGKILL, from any thread; when this returns it is dead."""
        self._process.kill()
        self._process.wait(DEADLINE_SECONDS)

    def wait(self) -> int:
        """Wait for its end; its exit status."""
        status = self._process.wait(DEADLINE_SECONDS)
        self._listening.join(DEADLINE_SECONDS)
        return status

    def quit(self) -> dict[str, str]:
        """End it in an orderly way; the digests that it prints with ``--digest``."""
        self.execute("quit")
        assert self._process.stdout is not None
        text = self._process.stdout.read()
        assert self.wait() == 0, self.errors
        return cast("dict[str, str]", json.loads(text)) if text else {}

    def close(self) -> None:
        self._process.kill()
        self.wait()
        if self._client is not None:
            self._client.close()
        for stream in (self._process.stdout, self._process.stderr):
            assert stream is not None
            stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _status(event: Event) -> str:
    assert event.data is not None
    return str(event.data["status"])
