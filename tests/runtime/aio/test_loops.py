"""The event loop that is asked for."""

from __future__ import annotations

import asyncio
import sys

import pytest

from qapigen.runtime.aio.loops import loop_factory, run
from qapigen.runtime.errors import QapiError


async def loop_name() -> str:
    return type(asyncio.get_running_loop()).__module__


def test_asyncios_own_loop_is_the_default() -> None:
    assert run(loop_name()).startswith("asyncio")


def test_uvloop_if_it_is_asked_for() -> None:
    pytest.importorskip("uvloop")
    assert run(loop_name(), uvloop=True).startswith("uvloop")


def test_uvloop_may_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uvloop", None)
    with pytest.raises(QapiError, match="not installed"):
        run(loop_name(), uvloop=True)
    assert loop_factory(uvloop=False) is asyncio.new_event_loop
