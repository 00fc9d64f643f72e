"""Exit statuses, and the error that ends a verb."""

from __future__ import annotations

__all__ = ["CRASH", "FINDINGS", "FINE", "INTERRUPTED", "TROUBLE", "Trouble"]

FINE = 0
FINDINGS = 1  #: something is wrong with a schema, or output is stale
TROUBLE = 2  #: wrong usage or configuration, or files that cannot be read or written
CRASH = 70  #: a defect of qapigen
INTERRUPTED = 130


class Trouble(Exception):
    """What ends a verb with TROUBLE; ``str()`` is the whole message."""
