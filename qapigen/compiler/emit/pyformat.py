"""Python text to black's form of it, in process.

The shipped templates print that form already; this is for users' own templates.
"""

from __future__ import annotations

import gc

__all__ = ["FormatFailure", "format_python"]


_NO_PYTHON = "the templates made text that is no Python"


class FormatFailure(Exception):
    """Text that is no Python; ``str()`` says where."""


def format_python(path: str, text: str) -> str:
    """``text`` formatted by black with its defaults; FormatFailure if it does not parse."""
    if "\0" in text:  # each version of Python and of black has another error for that
        before = text[: text.index("\0")]
        place = f"{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10)) - 1}"
        raise FormatFailure(f"{path}: error: {_NO_PYTHON}: a null character at {place}")
    import black  # slow to load, and only wanted here
    from black.parsing import InvalidInput

    # black makes many small objects and no cycles: with fewer collections it is a third faster.
    thresholds = gc.get_threshold()
    gc.set_threshold(100_000, 50, 50)
    try:
        return black.format_str(text, mode=black.Mode(is_pyi=path.endswith(".pyi")))
    except InvalidInput as error:
        raise FormatFailure(f"{path}: error: {_NO_PYTHON}: {error}") from error
    finally:
        gc.set_threshold(*thresholds)
