"""The log of what is said."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qapigen.runtime.aio.traffic import TrafficLog, log_traffic, redacted

from .conftest import Play
from .serving import RawClient, sample_server


def logged(*chunks: bytes, redact: bool = True, shown_characters: int = 2000) -> list[str]:
    """What a log says about bytes that came."""
    lines: list[str] = []
    log = TrafficLog("c", write=lines.append, redact=redact, shown_characters=shown_characters)
    for chunk in chunks:
        log.received(chunk)
    return lines


def test_one_record_a_message() -> None:
    assert logged(b'{"a": 1}{"b"', b": 2}\n") == ['c <- {"a": 1}', 'c <- {"b": 2}']


def test_both_directions_are_apart() -> None:
    lines: list[str] = []
    log = TrafficLog("c", write=lines.append)
    log.received(b'{"a": ')
    log.sent(b'{"b": 2}\r\n')
    log.received(b"1}")
    log.note("closed")
    assert lines == ['c -> {"b": 2}', 'c <- {"a": 1}', "c -- closed"]


def test_secrets_are_replaced_wherever_the_bytes_are_cut() -> None:
    text = b'{"execute": "set_password", "arguments": {"password": "hush", "protocol": "vnc"}}'
    for cut in range(len(text)):
        (line,) = logged(text[:cut], text[cut:])
        assert "hush" not in line and "vnc" in line


def test_secrets_are_shown_if_that_is_wanted() -> None:
    assert "hush" in logged(b'{"password": "hush"}', redact=False)[0]


def test_the_data_of_a_secret() -> None:
    value = {"arguments": [{"qom-type": "secret", "data": "hush"}, {"data": "x", "qom-type": 1}]}
    assert redacted(value) == {
        "arguments": [{"qom-type": "secret", "data": "***"}, {"data": "x", "qom-type": 1}]
    }


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        (
            {"qom-type": "secret", "id": "s", "props": {"data": "hush", "format": "raw"}},
            {"qom-type": "secret", "id": "s", "props": {"data": "***", "format": "raw"}},
        ),
        ({"command-line": "set_password vnc hush", "cpu-index": 1}, {"cpu-index": 1}),
        ({"device": "vnc", "target": "password", "arg": "hush"}, {"device": "vnc"}),
        ({"device": "vnc", "target": "passwd", "arg": "hush"}, {"device": "vnc"}),
        ({"path": "/bin/login", "arg": ["hush"]}, {"path": "/bin/login"}),
        ({"path": "/objects/s", "property": "data", "value": "hush"}, {"path": "/objects/s"}),
        ({"path": "/x", "property": "password", "value": {"of": "hush"}}, {"path": "/x"}),
    ],
)
def test_secrets_of_commands(arguments: dict[str, object], shown: dict[str, object]) -> None:
    clean = redacted({"execute": "x", "arguments": arguments})
    assert isinstance(clean, dict) and "hush" not in json.dumps(clean)
    assert clean["arguments"].items() >= shown.items()


@pytest.mark.parametrize(
    "arguments",
    [
        {"qom-type": "iothread", "props": {"data": "seen"}},
        {"device": "ide1-cd0", "target": "/seen.iso", "arg": "raw"},
        {"path": "/objects/s", "property": "format", "value": "seen"},
        {"property": ["data"], "value": "seen", "target": None, "arg": "seen"},
        {"data": "seen", "value": "seen", "arg": "seen"},
    ],
)
def test_what_only_looks_like_them(arguments: dict[str, object]) -> None:
    assert redacted({"arguments": arguments}) == {"arguments": arguments}


@given(
    st.recursive(
        st.none() | st.integers() | st.text(),
        lambda inner: st.lists(inner)
        | st.dictionaries(st.text() | st.sampled_from(["password", "secret", "qom-type"]), inner),
        max_leaves=20,
    )
)
def test_everything_else_stays(value: object) -> None:
    assert redacted(value, ()) == value or "secret" in json.dumps(value)
    before = json.dumps(value)
    clean = redacted(value)
    assert json.dumps(value) == before
    assert redacted(clean) == clean


def test_bad_bytes_are_mentioned_and_never_shown() -> None:
    lines = logged(b'{"password": "hush", nope} {"a": 1}')
    assert all("hush" not in line for line in lines)
    assert any("no JSON" in line for line in lines)


def test_long_and_deep_messages_are_cut() -> None:
    (line,) = logged(json.dumps({"text": "x" * 5000}).encode(), shown_characters=100)
    assert len(line) < 150 and "characters" in line
    (deep,) = logged(b"[" * 1000 + b"]" * 1000, shown_characters=50)
    assert len(deep) < 120


def test_a_server_logs_what_is_asked_for(
    play: Play, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    async def scenario(**options: object) -> None:
        server, _ = sample_server(**options)
        async with server:
            await server.serve(f"unix:{tmp_path}/s")
            async with await RawClient.ready(f"unix:{tmp_path}/s") as client:
                await client.call("echo", {"password": "hush", "x": "seen"})

    play(scenario())
    assert "seen" not in caplog.text  # off, unless it is asked for
    play(scenario(traffic=log_traffic()))
    assert "client-1 <- " in caplog.text and "client-1 -> " in caplog.text
    assert "seen" in caplog.text and "hush" not in caplog.text
    play(scenario(traffic=log_traffic(redact=False)))
    assert "hush" in caplog.text
