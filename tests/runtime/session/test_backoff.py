from __future__ import annotations

from itertools import islice

import pytest

from qapigen.runtime.session.backoff import Retries, backoff


def test_waits_grow_until_the_longest() -> None:
    waits = list(islice(backoff(0.5, factor=3, most_seconds=10), 5))
    assert waits == [0.5, 1.5, 4.5, 10, 10]


def test_the_usual_ones_never_end() -> None:
    waits = list(islice(backoff(), 100))
    assert waits == sorted(waits)
    assert 0 < waits[0] < waits[-1] <= 5


class TestRetries:
    ERROR = ConnectionRefusedError("nobody is there")
    LOSS = ConnectionResetError("gone again")

    def test_attempts_that_fail(self) -> None:
        retries = Retries(lambda: [1, 2])
        assert [retries.failed(self.ERROR) for _ in range(2)] == [1, 2]
        with pytest.raises(ConnectionRefusedError):
            retries.failed(self.ERROR)

    def test_what_ends_too_soon_is_an_attempt_that_failed(self) -> None:
        retries = Retries(lambda: [1, 2, 4])
        assert retries.failed(self.ERROR) == 1
        assert retries.ended(1.9, self.LOSS) == 2
        assert retries.ended(3.9, self.LOSS) == 4
        with pytest.raises(ConnectionResetError):
            retries.ended(3.9, self.LOSS)

    def test_what_holds_begins_anew(self) -> None:
        retries = Retries(lambda: [1, 2])
        assert retries.ended(1, self.LOSS) == 0
        assert retries.failed(self.ERROR) == 1
        assert retries.ended(2, self.LOSS) == 0
        assert [retries.failed(self.ERROR) for _ in range(2)] == [1, 2]
        assert retries.ended(2, self.LOSS) == 0  # where the waits have ended
        assert retries.failed(self.ERROR) == 1

    def test_without_waits(self) -> None:
        retries = Retries(list)
        assert retries.ended(0, self.LOSS) == 0
        with pytest.raises(ConnectionRefusedError):
            retries.failed(self.ERROR)
