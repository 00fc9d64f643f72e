"""The judge of answers finds what is wrong."""

from __future__ import annotations

import pytest

from qapi_migration.visit.control import visit_VersionInfo
from tests.interop.round_trips import WAYS, RoundTrip, fault, same_json

VERSION = {"qemu": {"major": 7, "minor": 2, "micro": 22}, "package": ""}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_good_and_bad(way: RoundTrip) -> None:
    assert fault(way, visit_VersionInfo, VERSION) is None
    assert fault(way, visit_VersionInfo, {**VERSION, "qemu": {"major": 7, "minor": 2}})
    assert fault(way, visit_VersionInfo, {**VERSION, "package": None})
    assert fault(way, visit_VersionInfo, {**VERSION, "more": 1})


def test_a_change_is_a_fault() -> None:
    assert fault(lambda visit, value: {"package": ""}, visit_VersionInfo, VERSION)


def test_same_json() -> None:
    assert same_json({"a": 1, "b": [None]}, {"b": [None], "a": 1})
    assert not same_json({"a": 1}, {"a": 1.0})
    assert not same_json([1], [True])
    assert not same_json({"a": None}, {})
