"""The interface of backends."""

from __future__ import annotations

from importlib import import_module

import pytest

from qapigen.compiler.backends import BACKEND_API, BACKENDS, Request
from qapigen.compiler.emit.render import Renderer
from qapigen.compiler.pipeline import Options, analyze, render_all


@pytest.mark.parametrize("place", BACKENDS.values(), ids=BACKENDS)
def test_the_table_is_true(place: str) -> None:
    module, _, function = place.partition(":")
    assert callable(getattr(import_module(module), function))


def test_all_are_made_by_default() -> None:
    assert set(Options().backends) == set(BACKENDS)


def test_version() -> None:
    assert BACKEND_API == 1


def test_requests_are_values() -> None:
    renderer = Renderer()
    request = Request("acme", ("a.json",), renderer)
    assert request == Request("acme", ("a.json",), renderer, True, None)
    with pytest.raises(AttributeError):
        request.package = "other"  # type: ignore[misc]


def test_backends_agree() -> None:
    """One at a time or all at once, they make the same files."""
    schema = analyze("a.json", {"a.json": "{ 'command': 'go' }"}.__getitem__).schema
    assert schema is not None
    together = render_all(schema, Options())
    apart = [render_all(schema, Options(backends=(name,))) for name in BACKENDS]
    assert {path: text for files in apart for path, text in files.items()} == dict(together)
