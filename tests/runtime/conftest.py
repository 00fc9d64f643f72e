"""The backends of JSON text, for tests that must hold with each of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from qapigen.runtime.codec.backends import Name, active, available, use


# Not for each function anew: Hypothesis runs a function many times.
@pytest.fixture(scope="module", params=["orjson", "standard"])
def each_backend(request: pytest.FixtureRequest) -> Iterator[Name]:
    """Runs the tests of a module once with every backend."""
    name: Name = request.param
    if name not in [backend.name for backend in available()]:
        pytest.skip(f"not installed: {name}")
    before = use(name)
    assert active().name == name
    yield name
    use(before)
