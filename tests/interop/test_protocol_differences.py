"""What nobody put into a table: the same junk makes QEMU and our server say the same."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import takewhile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.interop.differences import Release
from tests.interop.programs import QEMU, machine_socket
from tests.runtime.protocol_cases.cases import ABSENT, ask
from tests.runtime.protocol_cases.conversation import outline
from tests.runtime.protocol_cases.servers import connected, example_server

pytestmark = pytest.mark.requires(QEMU)

#: Tokens, halves of tokens, parts of commands, and what ends a mistake.
PIECES = (
    *(b"{", b"}", b"[", b"]", b":", b",", b'"', b"'", b"\\", b"\n", b"\r\n", b" ", b"\t"),
    *(b"0", b"1", b"-", b"+", b".", b"e", b"E", b"true", b"false", b"null", b"nope", b"x"),
    *(b"\x00", b"\x01", b"\x7f", b"\x80", b"\xc3", b"\xa9", b"\xc0\x80", b"\xfe", b"\xff", b"#"),
    *(b"\\u", b"\\u00e9", b"\\ud800", b"\\udc00", b"\\n", b"\\'", b"%", b"/*", b"\xf0\x9f\x98\x80"),
    *(b'"a"', b"'a'", b'"a":', b'"a":1', b"[1,2]", b"{}", b"[]", b'"execute"', b'"id":'),
    *(b'"execute":"query-version"', b'"execute":"nope"', b'"arguments":{}', b'"arguments":'),
    *(b'{"execute":"query-status"', b',"id":', b'{"id":', ask("1"), ask('"x"'), ask()),
)

junk = st.lists(st.sampled_from(PIECES) | st.binary(max_size=3), max_size=30).map(b"".join)


@st.composite
def hurt(draw: st.DrawFn) -> bytes:
    """A conversation that is right, but for a few bytes."""
    good = (ask("1"), ask(r'"\u00e9\ud83d\ude00"'), ask('{"a":[1,-2.5e1,null]}'), b"[[1],{}]\n")
    data = bytearray(b"".join(draw(st.lists(st.sampled_from(good), min_size=1, max_size=5))))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data)))
        cut = draw(st.integers(0, 3))
        data[at : at + cut] = draw(st.sampled_from(PIECES) | st.binary(max_size=2))
    return bytes(data)


#: What QEMU 7.2 is known to get wrong (0e1), or cannot say in JSON (numbers beyond all).
KNOWN = re.compile(rb"(?<![0-9.])-?0[eE]|[eE][+]?[0-9]{3}|[0-9]{200}")


@pytest.fixture(scope="module")
def theirs(release: Release, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with machine_socket(tmp_path_factory.mktemp("theirs")) as path:
        yield path


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with example_server(tmp_path_factory.mktemp("ours"), repeat_errors=True) as path:
        yield path


@settings(
    max_examples=2000,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much],
)
@given(data=junk | hurt())
def test_the_same_answers(release: Release, ours: Path, theirs: Path, data: bytes) -> None:
    """To all of it, or up to the first mistake where recovery differs."""
    assume(not KNOWN.search(data))
    judged = list if release.recovers_as_we_do else before_the_first_error
    with connected(theirs) as connection:
        expected = judged(outline(connection, data))
    with connected(ours) as connection:
        assert judged(outline(connection, data)) == expected


def before_the_first_error(answers: Iterable[tuple[str, object]]) -> list[tuple[str, object]]:
    """The answers to what came before anything that is not even a command."""
    return list(takewhile(lambda answer: answer != ("GenericError", ABSENT), answers))
