"""Compiling schemas that stand in a test."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from qapigen.compiler.pipeline import Options, Result, compile_schema
from qapigen.compiler.source import ReadError


@pytest.fixture
def compile_text() -> Callable[..., Result]:
    """Compiles schema texts: ``compile_text({"a.json": text, ...}, dialect="modern", ...)``.

    The first file is the root; a lone text is ``schema.json``.  Keywords are those of
    :class:`Options`.
    """

    def compile_them(files: Mapping[str, str] | str, **options: Any) -> Result:
        texts = {"schema.json": files} if isinstance(files, str) else files

        def read(path: str) -> str:
            if path not in texts:
                raise ReadError("No such file or directory")
            return texts[path]

        return compile_schema(next(iter(texts)), read, Options(**options))

    return compile_them
