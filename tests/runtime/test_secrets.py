from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest

from qapigen.runtime.errors import VisitError, describe
from qapigen.runtime.messages import Command, Event, Success, Timestamp
from qapigen.runtime.model import Struct, keep_unknown_members, members
from qapigen.runtime.secrets import is_secret, redacted, redacted_text, secrets_shown


@pytest.mark.parametrize(
    "name",
    [
        *("password", "Password", "vnc-password", "vnc_password", "passwd", "passphrase"),
        *("token", "auth-token", "private-key", "cookie", "input-data", "env", "buf-b64", "secret"),
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


@dataclass(init=False, repr=False, eq=False)
class Camera(Struct):
    __slots__ = ("data", "pass_word", "qom_type", "url")

    qom_type: str
    pass_word: str | None
    data: object
    url: str | None

    def __init__(
        self,
        *,
        qom_type: str = "x",
        pass_word: str | None = None,
        data: object = None,
        url: str | None = None,
    ) -> None:
        self.qom_type = qom_type
        self.pass_word = pass_word
        self.data = data
        self.url = url


members("Camera", "qom-type", "vnc-password", "data", "url")(Camera)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (Camera(pass_word="hush"), "Camera(qom_type='x', pass_word='***')"),
        (Camera(url="http://me:hush@a/"), "Camera(qom_type='x', url='http://***@a/')"),
        (Camera(url="json:{hush}"), "Camera(qom_type='x', url='json:***')"),
        (Camera(qom_type="secret", data="hush"), "Camera(qom_type='secret', data='***')"),
        (
            Camera(qom_type="secret_keyring", data="hush"),
            "Camera(qom_type='secret_keyring', data='***')",
        ),
        (Camera(data=[Camera(pass_word="hush")]), "[Camera(qom_type='x', pass_word='***')]"),
        (Camera(data={"token": "hush"}), "data={'token': '***'}"),
        (Command("x", {"password": "hush"}), "arguments={'password': '***'}"),
        (Event("X", {"url": "a://hush@b"}, Timestamp(1, 2)), "data={'url': 'a://***@b'}"),
        (Success({"buf-b64": "hush"}), "Success(value={'buf-b64': '***'}"),
    ],
)
def test_repr(value: object, shown: str) -> None:
    assert shown in repr(value)
    assert "hush" not in repr(value)
    with secrets_shown():
        assert "hush" in repr(value)
    assert "hush" not in repr(value)


def test_members_that_an_older_class_does_not_know() -> None:
    camera = Camera()
    keep_unknown_members(camera, {"token": "hush", "size": 1})
    assert repr(camera) == "Camera(qom_type='x', unknown={'token': '***', 'size': 1})"


@pytest.mark.parametrize("place", ["password", "arguments.vnc-password", "data", "input-data"])
@pytest.mark.parametrize("got", ["string 'hush'", "number 4711"])
def test_errors_say_only_of_what_kind_a_secret_is(place: str, got: str) -> None:
    made = VisitError("expected an array, got " + got, expected="an array", got=got, path=place)
    later = VisitError("expected an array, got " + got, expected="an array", got=got)
    later.prefix(place)
    for error in (made, later):
        kind = got.partition(" ")[0]
        assert error.desc == f"{place}: expected an array, got a {kind}"
        assert error.got == f"a {kind}"


def test_errors_in_an_object_called_data_are_told() -> None:
    error = VisitError("expected x, got number 1", expected="x", got="number 1", path="pass")
    error.prefix("data")
    assert error.desc == "data.pass: expected x, got number 1"


def test_errors_quote_no_credentials() -> None:
    assert describe("http://me:hush@host/") == "string 'http://***@host/'"
    assert describe("json:{'a': 'hush'}") == "string 'json:***'"
