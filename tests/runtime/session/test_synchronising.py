from __future__ import annotations

import json
from itertools import islice

from qapigen.runtime.session.synchronising import Synchronisation, patience


def questions() -> Synchronisation:
    numbers = iter(range(1, 100))
    return Synchronisation(
        lambda size: (2 * next(numbers)).to_bytes(size), lambda: "an id", lambda: iter((3.0, 5.0))
    )


def test_each_question_has_a_number_and_a_delimiter_in_front() -> None:
    sync = questions()
    first, second = sync.question(), sync.question()
    assert first[:1] == second[:1] == b"\xff"
    asked = [json.loads(each[1:]) for each in (first, second)]
    assert [each["arguments"]["id"] for each in asked] == [1, 2]
    assert {each["execute"] for each in asked} == {"guest-sync-delimited"}


def test_only_the_last_number_counts() -> None:
    sync = questions()
    assert not sync.is_answered_by(1)
    sync.question()
    assert sync.is_answered_by(1)
    sync.question()
    assert (sync.is_answered_by(1), sync.is_answered_by(2)) == (False, True)


def test_waits_between_questions() -> None:
    sync = questions()
    sync.question()
    assert sync.waits == 3.0
    sync.question()
    assert sync.waits == 5.0
    waits = list(islice(patience(), 50))
    assert waits == sorted(waits) and waits[0] < 1 and waits[-1] < 30
