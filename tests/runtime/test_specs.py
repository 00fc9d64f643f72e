"""Specifications that are loaded when they are asked for."""

from __future__ import annotations

import sys

import pytest

from qapigen.runtime.commands import CommandSpec, LazySpecs
from qapigen.runtime.events import EventSpec

MODULE = f"{__package__}.sample_commands"


@pytest.fixture
def unloaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, MODULE, raising=False)


def lazy() -> LazySpecs[CommandSpec]:
    modules = {"start": "sample_commands", "pay": "sample_commands", "ghost": "no_such_module"}
    return LazySpecs(f"{__package__}", modules)


@pytest.mark.usefixtures("unloaded")
def test_names_need_no_import() -> None:
    specs = lazy()
    assert list(specs) == ["start", "pay", "ghost"]
    assert len(specs) == 3
    assert "pay" in specs
    assert "nonsense" not in specs
    assert MODULE not in sys.modules


@pytest.mark.usefixtures("unloaded")
def test_a_look_up_imports_the_module_and_keeps_the_specification() -> None:
    specs = lazy()
    spec = specs["start"]
    assert MODULE in sys.modules
    assert (spec.name, spec.method) == ("start", "start")
    assert specs["start"] is spec


def test_events_are_found_under_their_attribute() -> None:
    specs: LazySpecs[EventSpec] = LazySpecs(
        f"{__package__}", {"RUN_PASS": "sample_commands"}, attribute="EVENTS"
    )
    assert specs["RUN_PASS"].name == "RUN_PASS"


def test_an_unknown_name_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        lazy()["nonsense"]
    assert lazy().get("nonsense") is None


def test_a_module_without_the_name_is_a_key_error() -> None:
    specs: LazySpecs[CommandSpec] = LazySpecs(f"{__package__}", {"lost": "sample_commands"})
    with pytest.raises(KeyError):
        specs["lost"]
