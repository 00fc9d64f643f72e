"""The event loop that is asked for."""

from __future__ import annotations

import asyncio
import sys

import pytest

from qapigen.runtime.aio.loops import loop_factory, run, tells_errors_once
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


async def errors_once() -> bool:
    return tells_errors_once(asyncio.get_running_loop())


def test_which_loop_tells_errors_once() -> None:
    assert not run(errors_once())
    pytest.importorskip("uvloop")
    assert run(errors_once(), uvloop=True)
