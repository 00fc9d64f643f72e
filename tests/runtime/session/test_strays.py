from __future__ import annotations

import logging

import pytest

from qapigen.runtime.messages import Failure, Success
from qapigen.runtime.session.strays import note_stray, warn_of_stray


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Success({"password": "hush"}), "a reply without an id"),
        (Success("hush", None), "a reply with the unknown id null"),
        (Success(["hush"], {"hush": 1}), "a reply with the unknown id an object"),
        (Failure("Strange", "hush"), "the error 'Strange' without an id"),
        (Failure("Strange", "hush", "x-1"), "the error 'Strange' with the unknown id 'x-1'"),
    ],
)
def test_a_warning_never_shows_what_was_said(
    caplog: pytest.LogCaptureFixture, reply: Success | Failure, words: str
) -> None:
    assert warn_of_stray(reply, "query-status") == words
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert (
        record.getMessage() == f"the server sent {words} where the answer to 'query-status' was due"
    )
    assert "hush" not in caplog.text


def test_long_ids_are_cut(caplog: pytest.LogCaptureFixture) -> None:
    warn_of_stray(Success(1, "x" * 10_000))
    assert len(caplog.text) < 300


def test_what_may_well_happen_is_no_warning(caplog: pytest.LogCaptureFixture) -> None:
    note_stray("a greeting")
    assert not caplog.records
    with caplog.at_level(logging.INFO, "qapigen.runtime"):
        note_stray("a greeting", detail="late")
    assert caplog.messages == ["ignored a greeting: late"]
