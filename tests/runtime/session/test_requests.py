from __future__ import annotations

import pytest

from qapigen.runtime.codec import MAX_TEXT_BYTES
from qapigen.runtime.errors import QapiError
from qapigen.runtime.messages import Failure
from qapigen.runtime.session.requests import Request, line, remote_error


def test_a_line() -> None:
    assert line({"execute": "a", "id": "1"}) == b'{"execute":"a","id":"1"}\n'
    with pytest.raises(QapiError, match="too long: "):
        line({"text": "x" * MAX_TEXT_BYTES})


def test_an_error_knows_its_request() -> None:
    error = remote_error(Failure("Odd", "no", "other"), Request("query-status", "7-1", b""))
    assert (error.id, error.command, error.error_class, error.desc) == (
        *("7-1", "query-status", "Odd", "no"),
    )
