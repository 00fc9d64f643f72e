from __future__ import annotations

import json
from typing import Any

import pytest

from qapigen.runtime.secrets import is_secret, redacted, redacted_text


@pytest.mark.parametrize(
    "name",
    [
        *("password", "Password", "vnc-password", "vnc_password", "passwd", "passphrase"),
        *("token", "auth-token", "private-key", "cookie", "input-data", "buf-b64", "secret"),
    ],
)
def test_members_that_hold_a_secret(name: str) -> None:
    assert is_secret(name)
    value: dict[str, Any] = {"arguments": [{name: "hush"}, {name: {"a": ["hush"]}}]}
    assert "hush" not in json.dumps(redacted(value))


@pytest.mark.parametrize(
    "name", ["key-secret", "password-id", "key", "tokens-left", "data", "username", "format"]
)
def test_members_that_do_not(name: str) -> None:
    assert not is_secret(name)
    assert redacted({name: "seen"}) == {name: "seen"}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://me:hush@host:80/x?y#z", "https://***@host:80/x?y#z"),
        ("see ssh://hush@a/b and ftp://c:hush@d", "see ssh://***@a/b and ftp://***@d"),
        ("http://host/a@b", "http://host/a@b"),
        ("nbd+unix:///x?socket=/a@b", "nbd+unix:///x?socket=/a@b"),
        ("me@host", "me@host"),
        ('json:{"driver": "http", "password": "hush"}', "json:***"),
        ("tcp:host:4444", "tcp:host:4444"),
    ],
)
def test_texts(text: str, shown: str) -> None:
    assert redacted_text(text) == shown
    assert redacted({"arguments": {"filename": text, "more": [text]}}) == {
        "arguments": {"filename": shown, "more": [shown]}
    }


def test_members_of_the_callers_own() -> None:
    value = {"pin": "hush", "card-pin": "hush", "password": "seen"}
    assert redacted(value, {"pin"}) == {"pin": "***", "card-pin": "***", "password": "seen"}


def test_what_is_too_deep() -> None:
    value: object = "hush"
    for _ in range(100_000):
        value = [value]
    assert redacted(value) == "***"
