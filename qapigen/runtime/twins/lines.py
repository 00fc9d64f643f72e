"""A function that is written line by line, and made at run time.

In: lines, and the objects that they name.  Out: the function.
Must not know: what the lines do.

As with @dataclass, which makes an ``__init__`` in this way, the lines consist of names of
attributes, which are identifiers, of literals, and of nothing that a peer has said.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["FAILURES", "Lines"]

#: What straight code raises for values that it does not know how to take: members that are
#: missing (KeyError) or unset (AttributeError), values that cannot be looked up (TypeError),
#: ints that are out of range, what JSON libraries refuse (all ValueError or TypeError).
FAILURES = (KeyError, TypeError, AttributeError, struct.error, ValueError, RecursionError)


class Lines:
    """The body of ``def function(given)``, which gives None for all that it does not take.

    ``failures`` are what else is raised for that.
    """

    def __init__(self, *failures: type[Exception]) -> None:
        self._lines: list[str] = []
        self._indent = 2  # inside of the function, inside of ``try``
        self._constants: dict[str, object] = {"FAILURES": (*FAILURES, *failures)}
        self._names: dict[object, str] = {}
        self._locals = 0

    def add(self, *lines: str) -> None:
        """Write lines."""
        self._lines += ["    " * self._indent + line for line in lines]

    def refuse_if(self, wrong: str) -> None:
        """Write that a condition leaves the value to others."""
        if wrong:
            self.add(f"if {wrong}: return None")

    @contextmanager
    def block(self, head: str) -> Iterator[None]:
        """Write a head, and indent what follows."""
        self.add(head)
        self._indent += 1
        yield
        self._indent -= 1

    def mark(self) -> int:
        """A place for a line that is known later."""
        self._lines.append("")
        return len(self._lines) - 1

    def fill(self, mark: int, line: str) -> None:
        """Write a line of the outermost block where its place is."""
        self._lines[mark] = "        " + line

    def local(self) -> str:
        """The name of another variable."""
        self._locals += 1
        return f"v{self._locals}"

    def constant(self, value: object) -> str:
        """The name of an object."""
        key: object = id(value)
        if key not in self._names:
            self._names[key] = name = f"C{len(self._names)}"
            self._constants[name] = value
        return self._names[key]

    def function(self) -> Callable[[Any], Any]:
        """What was written."""
        text = "\n".join(
            [
                "def function(given):",
                "    try:",
                *self._lines,
                "    except FAILURES:",
                "        return None",
            ]
        )
        scope = dict(self._constants)
        exec(text, scope)  # noqa: S102 - see above
        made: Any = scope["function"]
        return made  # type: ignore[no-any-return]
