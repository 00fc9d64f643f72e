"""Commands and events of the sample schema, in the form in which they are generated."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass

from qapigen.runtime.commands import ArgumentsStyle, CommandSpec, not_served, unserved
from qapigen.runtime.events import Emitter, EventSpec, make_event
from qapigen.runtime.messages import Event, Timestamp
from qapigen.runtime.model import Struct, members
from qapigen.runtime.visit import Visitor, visit_bool, visit_int, visit_str, visit_str_list

from .sample_types import (
    Payment,
    RunInfo,
    RunState,
    visit_Payment,
    visit_RunInfo,
    visit_RunState,
)


@members("q_obj_start-arg", "uri", "blk", "dry-run")
@dataclass(init=False, repr=False, eq=False, match_args=False, kw_only=True)
class StartArguments(Struct):
    """The arguments of start."""

    __slots__ = ("blk", "dry_run", "uri")

    uri: str
    blk: bool | None
    dry_run: bool | None

    def __init__(self, *, uri: str, blk: bool | None = None, dry_run: bool | None = None) -> None:
        self.uri = uri
        self.blk = blk
        self.dry_run = dry_run


def visit_StartArguments(v: Visitor, name: str, value: StartArguments | None) -> StartArguments:
    """Visit the arguments of start."""
    return v.struct(name, value, StartArguments, visit_StartArguments_members)


def visit_StartArguments_members(v: Visitor, obj: StartArguments) -> None:
    """Visit the members of the arguments of start, in the order of the wire."""
    v.member(obj, "uri", "uri", visit_str)
    v.optional(obj, "blk", "blk", visit_bool)
    v.optional(obj, "dry-run", "dry_run", visit_bool)


@members("q_obj_RUN_PASS-arg", "pass", "state")
@dataclass(init=False, repr=False, eq=False, match_args=False, kw_only=True)
class RunPassData(Struct):
    """The data of RUN_PASS."""

    __slots__ = ("pass_", "state")

    pass_: int | None
    state: RunState | None

    def __init__(self, *, pass_: int | None = None, state: RunState | None = None) -> None:
        self.pass_ = pass_
        self.state = state


def visit_RunPassData(v: Visitor, name: str, value: RunPassData | None) -> RunPassData:
    """Visit the data of RUN_PASS."""
    return v.struct(name, value, RunPassData, visit_RunPassData_members)


def visit_RunPassData_members(v: Visitor, obj: RunPassData) -> None:
    """Visit the members of the data of RUN_PASS, in the order of the wire."""
    v.optional(obj, "pass", "pass_", visit_int)
    v.optional(obj, "state", "state", visit_RunState)


class SampleCommands:
    """The commands of the sample; override those you serve."""

    @unserved
    def query_run(self) -> RunInfo | Awaitable[RunInfo]:
        """What is going on."""
        raise not_served("query-run")

    @unserved
    def query_names(self) -> list[str] | Awaitable[list[str]]:
        """Some names."""
        raise not_served("query-names")

    @unserved
    def start(
        self, *, uri: str, blk: bool | None = None, dry_run: bool | None = None
    ) -> Awaitable[None] | None:
        """Start a run."""
        raise not_served("start")

    @unserved
    def pay(self, arguments: Payment, /) -> Awaitable[None] | None:
        """Pay for a run."""
        raise not_served("pay")

    @unserved
    def raw_add(self, arguments: dict[str, object], /) -> object:
        """Take arguments as they are."""
        raise not_served("raw-add")

    @unserved
    def halt(self) -> Awaitable[None] | None:
        """Stop for good, without a reply."""
        raise not_served("halt")

    @unserved
    def rescue(self) -> Awaitable[None] | None:
        """Works out of band and early."""
        raise not_served("rescue")


COMMANDS: tuple[CommandSpec, ...] = (
    CommandSpec(name="query-run", method="query_run", visit_returns=visit_RunInfo),
    CommandSpec(name="query-names", method="query_names", visit_returns=visit_str_list),
    CommandSpec(
        name="start",
        method="start",
        arguments=ArgumentsStyle.KEYWORDS,
        visit_arguments=visit_StartArguments,
    ),
    CommandSpec(
        name="pay",
        method="pay",
        arguments=ArgumentsStyle.BOXED,
        visit_arguments=visit_Payment,
    ),
    CommandSpec(name="raw-add", method="raw_add", arguments=ArgumentsStyle.RAW),
    CommandSpec(name="halt", method="halt", success_response=False),
    CommandSpec(name="rescue", method="rescue", allow_oob=True, allow_preconfig=True),
)

RUN_PASS = EventSpec(name="RUN_PASS", visit_data=visit_RunPassData)
RUN_STOP = EventSpec(name="RUN_STOP")

EVENTS: tuple[EventSpec, ...] = (RUN_PASS, RUN_STOP)


def run_pass(
    *, pass_: int | None = None, state: RunState | None = None, timestamp: Timestamp
) -> Event:
    """Make a RUN_PASS event."""
    return make_event(RUN_PASS, RunPassData(pass_=pass_, state=state), timestamp)


class SampleEvents(Emitter):
    """Sends the events of the sample."""

    def run_pass(self, *, pass_: int | None = None, state: RunState | None = None) -> None:
        """Send RUN_PASS."""
        self._emit(RUN_PASS, RunPassData(pass_=pass_, state=state))

    def run_stop(self) -> None:
        """Send RUN_STOP."""
        self._emit(RUN_STOP)
