"""What to say when a library cannot be imported.

In: the error of an import.  Out: a sentence that names the library and how to install it.
Must not know: which verb needs which library.
"""

from __future__ import annotations

import sys

__all__ = ["library_trouble"]

#: What comes with an extra; all else that is not Python's own is installed with qapigen.
_EXTRAS = {"numpy": "qapigen[vm]", "rich": "qapigen[vm]"}
_OWN = ("qapigen", "qapi_migration")


def library_trouble(error: ImportError) -> str | None:
    """What is wrong with a library of somebody else, in one line; None if the fault is ours."""
    name = (error.name or _raising_module(error)).partition(".")[0]
    is_missing = isinstance(error, ModuleNotFoundError)
    if not name or name in _OWN:
        return None
    if name in sys.stdlib_module_names:
        return f"this Python was installed without {name}" if is_missing else None
    package = f"'{_EXTRAS[name]}'" if name in _EXTRAS else name
    if is_missing:
        return f"it needs {name}, which is not installed; pip install {package}"
    return f"it needs {name}, which cannot be used ({error}); pip install --upgrade {name}"


def _raising_module(error: ImportError) -> str:
    """The module that raised the error by itself, as one does that finds its own parts wanting."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return str(trace.tb_frame.f_globals.get("__name__", "")) if trace is not None else ""
