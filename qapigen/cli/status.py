"""Exit statuses, and the error that ends a verb."""

from __future__ import annotations

__all__ = ["CRASH", "FINDINGS", "FINE", "INTERRUPTED", "REFUSED", "TROUBLE", "Trouble"]

FINE = 0
FINDINGS = 1  #: something is wrong with a schema, or output is stale
REFUSED = 1  #: a server answered a command with an error
TROUBLE = 2  #: wrong usage or configuration, files or servers that cannot be reached
CRASH = 70  #: a defect of qapigen
INTERRUPTED = 130


class Trouble(Exception):
    """What ends a verb with TROUBLE; ``str()`` is the whole message."""
