"""What holds for every test of the engines."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .fakes import threads_named


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    yield
    assert threads_named("outgoing", "incoming", "return-path", "vcpu-0") == []
