"""Messages as bytes, by dialect."""

from __future__ import annotations

import math

import pytest

from qapigen.runtime.errors import QapiError
from qapigen.runtime.session.dialects import (
    GUEST_AGENT,
    QMP,
    QMP_PRETTY,
    Dialect,
    message_line,
    reply_line,
)


def test_qmp_ends_lines_with_both_characters() -> None:
    assert message_line({"return": ["ä\n"]}) == b'{"return": ["\\u00E4\\n"]}\r\n'


def test_the_guest_agent_ends_lines_with_one() -> None:
    assert message_line({"return": {}}, GUEST_AGENT) == b'{"return": {}}\n'


def test_for_people() -> None:
    text = message_line({"return": {"a": 1}}, QMP_PRETTY)
    assert text.endswith(b"}\r\n")
    assert text.count(b"\r\n") == text.count(b"\n") == 5


@pytest.mark.parametrize("dialect", [QMP, GUEST_AGENT])
def test_a_reply_that_cannot_be_written_is_an_error_reply(dialect: Dialect) -> None:
    line = reply_line({"return": {"x": math.nan}, "id": [7]}, dialect)
    assert line.startswith(b'{"error": {"class": "GenericError", "desc": "the reply cannot')
    assert line.endswith(b', "id": [7]}' + dialect.newline)


def test_not_even_its_id() -> None:
    for reply in ({"return": {}, "id": object()}, {"error": {"class": "x"}, "id": object()}):
        line = reply_line(dict(reply))
        assert line.startswith(b'{"error": {"class": "GenericError", "desc": "the reply cannot')
        assert b'"id"' not in line


def test_other_messages_are_not_replaced() -> None:
    with pytest.raises(QapiError):
        message_line({"event": "X", "data": {"x": math.nan}})
