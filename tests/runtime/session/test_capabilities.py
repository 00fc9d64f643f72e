"""What a client may enable."""

from __future__ import annotations

from typing import Any

import pytest

from qapigen.runtime.errors import GENERIC_ERROR, QapiError
from qapigen.runtime.messages import Greeting, VersionTriple
from qapigen.runtime.session.capabilities import CAPABILITIES, check_offered, wanted_capabilities

VERSION = VersionTriple(1, 2, 3)


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        ({}, set()),
        ({"enable": []}, set()),
        ({"enable": ["oob"]}, {"oob"}),
        ({"enable": ["oob", "oob"]}, {"oob"}),
    ],
)
def test_what_is_wanted(arguments: dict[str, object], wanted: set[str]) -> None:
    assert wanted_capabilities(arguments) == wanted


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"enable": None}, "arguments.enable: expected an array, got null"),
        ({"enable": "oob"}, "arguments.enable: expected an array, got string 'oob'"),
        ({"enable": ["oob", 1]}, "arguments.enable[1]: expected a string, got number 1"),
        ({"enable": ["oob", "fly"]}, "arguments.enable[1]: there is no capability 'fly'"),
        ({"enable": ["OOB"]}, "arguments.enable[0]: there is no capability 'OOB'"),
        ({"enable": ["oob"], "x": 1}, "arguments: member 'x' is unexpected"),
        ({"Enable": []}, "arguments: member 'Enable' is unexpected"),
    ],
)
def test_wrong_arguments(arguments: dict[str, Any], text: str) -> None:
    with pytest.raises(QapiError) as caught:
        wanted_capabilities(arguments)
    assert caught.value.desc == text
    assert caught.value.error_class == GENERIC_ERROR


def test_what_is_offered() -> None:
    check_offered(frozenset({"oob"}), Greeting(VERSION, "", ("new", "oob")))
    check_offered(frozenset(), Greeting(VERSION))
    check_offered(frozenset(), None)
    for greeting in (Greeting(VERSION), None):
        with pytest.raises(QapiError, match="not offered on this connection: oob"):
            check_offered(frozenset({"oob"}), greeting)


def test_the_generated_enum_knows_the_same() -> None:
    from qapi_migration import QMPCapability

    assert [each.value for each in QMPCapability] == list(CAPABILITIES)
