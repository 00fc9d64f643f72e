"""What it means: trees to a :class:`~qapigen.compiler.ir.Schema`, or diagnostics.

Start reading at :mod:`.schema`.
"""

from __future__ import annotations

from .schema import check

__all__ = ["check"]
