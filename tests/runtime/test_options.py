"""Arguments of options: JSON or key=value text."""

from __future__ import annotations

import pytest

from qapigen.runtime.codec import JsonError
from qapigen.runtime.errors import QapiError, VisitError
from qapigen.runtime.options import from_option
from qapigen.runtime.visit import visit_any
from qapigen.runtime.visit.keyval_syntax import HelpRequested

from .sample_types import PaymentCash, RunStats, visit_Payment, visit_RunStats


def test_key_value_text() -> None:
    stats = from_option(visit_RunStats, "0x10,normal-bytes=1k,mbps=2", implied_key="transferred")
    assert stats == RunStats(transferred=16, normal_bytes=1024, mbps=2)


def test_json() -> None:
    text = '{"transferred": 16, "normal-bytes": 1024, "mbps": 2}'
    assert from_option(visit_RunStats, text, implied_key="transferred") == RunStats(
        transferred=16, normal_bytes=1024, mbps=2
    )


def test_both_say_the_same() -> None:
    assert (
        from_option(visit_Payment, '{"amount": 1, "method": "cash", "given": 2}')
        == from_option(visit_Payment, "amount=1,method=cash,given=2")
        == PaymentCash(amount=1, given=2)
    )


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ('{"transferred": "16", "mbps": 2}', "transferred: expected an integer, got string '16'"),
        ('{"transferred": 16, "mbps": 2, "x": 1}', "member 'x' is unexpected"),
        ("transferred=1.5,mbps=2", "transferred: expected an integer, got string '1.5'"),
        ("transferred=1,mbps=2,x=1", "member 'x' is unexpected"),
        (' {"transferred": 16, "mbps": 2}', "is no name of a parameter"),
        ("", "member 'transferred' is missing"),
    ],
)
def test_refused(text: str, error: str) -> None:
    with pytest.raises(VisitError) as caught:
        from_option(visit_RunStats, text)
    assert error in caught.value.desc


@pytest.mark.parametrize("text", ["{", '{"transferred": 1,}', '{"a": 1, "a": 1}', "{}x"])
def test_what_begins_like_json_must_be_json(text: str) -> None:
    with pytest.raises(JsonError):
        from_option(visit_RunStats, text)


def test_help() -> None:
    with pytest.raises(HelpRequested):
        from_option(visit_RunStats, "help", implied_key="transferred")
    assert issubclass(HelpRequested, QapiError)


@pytest.mark.parametrize(
    "text",
    [
        "{'transferred': 16, 'mbps': 2}",
        "{'transferred': 16, \"mbps\": 2} \r\n",
        '{"tr\\u0061nsferred":16,"mbps":2}',
    ],
)
def test_json_may_have_what_qmp_allows_beyond(text: str) -> None:
    assert from_option(visit_RunStats, text) == RunStats(transferred=16, mbps=2)


def test_strings_in_single_quotes() -> None:
    text = r"""{'method': 'voucher', 'amount': 1, 'code': 'a "b" \'c\' é'}"""
    assert from_option(visit_any, text) == {
        "method": "voucher",
        "amount": 1,
        "code": "a \"b\" 'c' é",
    }


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{'a': 1, \"a\": 1}", "member 'a' is there twice"),
        ("{'a': 1", "the text ends too early"),
        ("{'a", "the text ends too early"),
        ("{'a': 1}{}", "expected the end of the text"),
        ("{'a': 1} x", "expected the end of the text"),
        ("{'a': 1} 'x", "expected the end of the text"),
        ("{'a': 1}@", "stray '@'"),
        ("{'a': 'b\tc'}", "stray byte 0x09"),
        ("{'a': '\uffff'}", "no character"),
        ("{'a': '\ud800'}", "lone surrogate"),
        ("{'a': True}", "stray 'T'"),
        ("{'a': 1,}", "expected a member name"),
        ("{'a': " + "[" * 1024 + "]" * 1024 + "}", "nested more than 1024 levels"),
    ],
)
def test_json_is_read_as_strictly_as_qmp(text: str, problem: str) -> None:
    with pytest.raises(JsonError) as caught:
        from_option(visit_any, text)
    assert problem in caught.value.desc


def test_the_place_of_what_is_too_much() -> None:
    with pytest.raises(JsonError) as caught:
        from_option(visit_any, "{'é':\n1} {}")
    assert (caught.value.line, caught.value.column) == (2, 3)
