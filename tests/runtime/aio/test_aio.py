"""The package's own names."""

from __future__ import annotations

import subprocess
import sys

import pytest

from qapigen.runtime import aio


@pytest.mark.parametrize("name", aio.__all__)
def test_each_name_is_there(name: str) -> None:
    assert getattr(aio, name).__module__.startswith("qapigen.runtime.aio.")
    assert name in dir(aio)


def test_another_name_is_not() -> None:
    with pytest.raises(AttributeError):
        _ = aio.Sever


def test_importing_it_loads_nothing() -> None:
    code = "import qapigen.runtime.aio, sys; sys.exit('asyncio' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
