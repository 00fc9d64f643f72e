from __future__ import annotations

import pytest

from qapigen.runtime.session.attempts import Attempts

ABSENT = FileNotFoundError(2, "No such file or directory")
REFUSED = ConnectionRefusedError(111, "Connection refused")


class Clock:
    """Goes on when it is told."""

    def __init__(self) -> None:
        self.now = 50.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize("error", [ABSENT, REFUSED])
def test_until_the_time_is_over(error: Exception) -> None:
    clock = Clock()
    attempts = Attempts(3.0, clock=clock)
    waited = []
    while (seconds := attempts.pause(error)) is not None:
        waited.append(seconds)
        clock.now += seconds
    assert waited == pytest.approx(sorted(waited[:-1]) + waited[-1:])
    assert 2.9 < sum(waited) < 3.0, "the last attempt is made in time"
    assert len(waited) < 40
    assert attempts.words(error) == " within 3 s"


@pytest.mark.parametrize(
    ("timeout", "wait", "tries"),
    [(None, None, 1), (None, False, 1), (5.0, False, 1), (None, True, 100), (5.0, True, 100)],
)
def test_who_waits(timeout: float | None, wait: bool | None, tries: int) -> None:
    attempts = Attempts(timeout, wait=wait, clock=lambda: 0.0)
    found = [attempts.pause(REFUSED) for _ in range(100)]
    assert sum(seconds is not None for seconds in found) == (tries if tries > 1 else 0)
    assert (attempts.words(REFUSED) != "") is (tries > 1 and timeout is not None)


@pytest.mark.parametrize(
    "error", [PermissionError(13, "no"), OSError("no such host"), ValueError()]
)
def test_what_does_not_mend_itself(error: Exception) -> None:
    attempts = Attempts(5.0)
    assert attempts.pause(error) is None
    assert attempts.words(error) == ""
