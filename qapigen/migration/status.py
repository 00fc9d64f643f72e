"""How a migration goes on: a table for each side, and the one place where its status changes.

In: the status that is expected and the one that is to follow.  Out: whether the change happened,
and a call of ``on_change`` for each one.  ``python -m qapigen.migration.status`` prints the
tables as a page.
Must not know: engines, channels, how an event is sent.

Two rules hold on top of the tables: a change happens only if the status is still the expected
one, which decides races between completion, failure and cancelling; and what a table does not
list is a bug of the program.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Final, TypeAlias

from qapi_migration.types.migration import MigrationStatus

from .run_states import RUN_MOVES

__all__ = [
    "BUSY",
    "DESTINATION_MOVES",
    "IN_PROGRESS",
    "IN_TRANSFER",
    "SOURCE_MOVES",
    "IllegalMove",
    "Moves",
    "StatusHolder",
    "page",
]

#: From each status those that may follow, each with what brings it about.
Moves: TypeAlias = Mapping[MigrationStatus, Mapping[MigrationStatus, str]]

_NONE = MigrationStatus.NONE
_SETUP = MigrationStatus.SETUP
_CANCELLING = MigrationStatus.CANCELLING
_CANCELLED = MigrationStatus.CANCELLED
_ACTIVE = MigrationStatus.ACTIVE
_POSTCOPY_ACTIVE = MigrationStatus.POSTCOPY_ACTIVE
_COMPLETED = MigrationStatus.COMPLETED
_FAILED = MigrationStatus.FAILED
_COLO = MigrationStatus.COLO
_PRE_SWITCHOVER = MigrationStatus.PRE_SWITCHOVER
_DEVICE = MigrationStatus.DEVICE

_CANCEL = "`migrate_cancel`"
_FORGOTTEN = "the next `migrate` is accepted; nobody is told"
_BROKEN = (
    "a write fails, the guest cannot be stopped, a part cannot be saved, disks cannot be handed"
    " over, the destination reports a failure, or the return path breaks"
)

#: The outgoing migration.
SOURCE_MOVES: Final[Moves] = MappingProxyType(
    {
        _NONE: {_SETUP: "`migrate` is accepted"},
        _SETUP: {
            _ACTIVE: "the header and all parts of the setup are written",
            _FAILED: (
                "the uri is of no known kind, the start, the connection or TLS fails, or the"
                " return path or another channel cannot be opened"
            ),
            _CANCELLING: _CANCEL,
        },
        _ACTIVE: {
            _PRE_SWITCHOVER: (
                "the guest is stopped for the last stage or for postcopy, and"
                " `pause-before-switchover` is on"
            ),
            _POSTCOPY_ACTIVE: "postcopy begins without a pause",
            _COMPLETED: "all is written and, with a return path, the destination confirms it",
            _COLO: "all is written, and `x-colo` is on",
            _FAILED: _BROKEN,
            _CANCELLING: _CANCEL,
        },
        _PRE_SWITCHOVER: {
            _DEVICE: "`migrate-continue` before the last stage",
            _POSTCOPY_ACTIVE: "`migrate-continue` before postcopy",
            _CANCELLING: _CANCEL,
        },
        _DEVICE: {
            _COMPLETED: "all is written and, with a return path, the destination confirms it",
            _COLO: "all is written, and `x-colo` is on",
            _FAILED: _BROKEN,
            _CANCELLING: _CANCEL,
        },
        _POSTCOPY_ACTIVE: {
            _COMPLETED: "the last page is written, and the destination confirms it",
            _FAILED: "any error, on the way to the guest's move or after it",
            _CANCELLING: _CANCEL + "; if it has moved, the guest is lost",
        },
        _COLO: {_COMPLETED: "`x-colo-lost-heartbeat`"},
        _CANCELLING: {_CANCELLED: "the engine has come to its end, and all is cleaned up"},
        _CANCELLED: {_NONE: _FORGOTTEN},
        _COMPLETED: {_NONE: _FORGOTTEN},
        _FAILED: {_NONE: _FORGOTTEN},
    }
)

#: The incoming migration; a process has one in its life.
DESTINATION_MOVES: Final[Moves] = MappingProxyType(
    {
        _NONE: {_ACTIVE: "the source is connected, with TLS if so configured; loading begins"},
        _ACTIVE: {
            _POSTCOPY_ACTIVE: "the source says that the guest comes before its memory",
            _COMPLETED: "everything is loaded, and the guest is handed over",
            _COLO: "everything is loaded, and the source wants to go on with checkpoints",
            _FAILED: "anything that was sent cannot be loaded, or the connection ends too early",
        },
        _POSTCOPY_ACTIVE: {
            _COMPLETED: "both the rest of the memory and the devices are loaded",
            _FAILED: "the rest of the memory does not arrive or cannot be loaded",
        },
        _COLO: {_COMPLETED: "`x-colo-lost-heartbeat`"},
        _COMPLETED: {},
        _FAILED: {},
        # The event of this status is sent when listening begins; the status itself never comes.
        _SETUP: {},
        _CANCELLING: {},
        _CANCELLED: {},
        _PRE_SWITCHOVER: {},
        _DEVICE: {},
    }
)

#: A migration that can still be called off; capabilities must not change.
BUSY: Final = frozenset({_SETUP, _ACTIVE, _POSTCOPY_ACTIVE, _PRE_SWITCHOVER, _DEVICE})

#: A migration that has not come to its end; another ``migrate`` is refused.
IN_PROGRESS: Final = BUSY | {_CANCELLING, _COLO}

#: A source with something to tell about its transfer (``MigrationInfo``, *in transfer*).
IN_TRANSFER: Final = frozenset({_ACTIVE, _CANCELLING, _POSTCOPY_ACTIVE, _PRE_SWITCHOVER, _DEVICE})


class IllegalMove(AssertionError):
    """A change of status that no table lists: a bug of the program, never of a peer."""


class StatusHolder:
    """The status of one side, changed by comparing and swapping.

    Any thread may read it and swap it; a reader never waits.  ``on_change`` is called with each
    new status while the lock is held, so that calls come in the order of the changes: it must
    be quick and must not change the status itself.
    """

    def __init__(self, moves: Moves, on_change: Callable[[MigrationStatus], None]) -> None:
        self._moves = moves
        self._on_change = on_change
        self._lock = threading.Lock()
        self._status = _NONE

    @property
    def status(self) -> MigrationStatus:
        """The status at this moment; the next one may have come before the caller looks at it."""
        return self._status

    def swap(self, old: MigrationStatus, new: MigrationStatus) -> bool:
        """Go from ``old`` to ``new``; False, and nothing else, if the status is not ``old``.

        Raises IllegalMove where the table has no such move, whatever the status is.
        """
        if new is _NONE or new not in self._moves[old]:
            raise IllegalMove(f"no move leads from '{old.value}' to '{new.value}'")
        with self._lock:
            if self._status is not old:
                return False
            self._status = new
            self._on_change(new)
        return True

    def reset(self) -> None:
        """Forget a migration that has ended: the status is ``none``, and nobody is told.

        Raises IllegalMove while one is in progress, and on a side that never begins anew.
        """
        with self._lock:
            old = self._status
            if old is not _NONE and _NONE not in self._moves[old]:
                raise IllegalMove(f"'{old.value}' cannot be forgotten")
            self._status = _NONE


# --- the page ---

_PAGE = """\
# States of a migration

Made by `python -m qapigen.migration.status` from the tables that the program runs on; do not edit.

A change to any status but `none` is told by the event `MIGRATION`, if the capability `events` is
on. When a destination begins to listen, it sends the event with `setup`, although that status is
the source's alone.

## Source

{source}

## Destination

{destination}

## The guest

The states of `query-status`, and which may follow which. A guest that was halted when a migration
began is in the same state again if the migration comes to nothing.

{guest}
"""


def page() -> str:
    """The tables as a page of Markdown, made of nothing else."""
    return _PAGE.format(
        source="\n".join(_status_section(SOURCE_MOVES)),
        destination="\n".join(_status_section(DESTINATION_MOVES)),
        guest="\n".join(_run_state_table()),
    )


def _status_section(moves: Moves) -> Iterator[str]:
    yield "| From | To | When |"
    yield "|---|---|---|"
    for old, followers in moves.items():
        for new, trigger in followers.items():
            yield f"| `{old.value}` | `{new.value}` | {trigger} |"
    yield ""
    yield "```mermaid"
    yield "stateDiagram-v2"
    yield from _nodes(moves)
    yield f"    [*] --> {_node(_NONE)}"
    for old, followers in moves.items():
        for new in followers:
            yield f"    {_node(old)} --> {_node(new)}"
    yield "```"


def _nodes(moves: Moves) -> Iterator[str]:
    reached = {new for followers in moves.values() for new in followers}
    for status in moves:
        if status in reached and "-" in status.value:
            yield f'    state "{status.value}" as {_node(status)}'


def _node(status: MigrationStatus) -> str:
    # A dash would end the name of a node.
    return status.value.replace("-", "_")


def _run_state_table() -> Iterator[str]:
    yield "| From | To |"
    yield "|---|---|"
    for old, followers in RUN_MOVES.items():
        yield f"| `{old.value}` | {', '.join(f'`{new.value}`' for new in sorted(followers))} |"


if __name__ == "__main__":
    sys.stdout.write(page())
