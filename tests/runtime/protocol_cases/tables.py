"""All tables together."""

from __future__ import annotations

from tests.runtime.protocol_cases import (
    agent,
    arguments,
    envelope,
    framing,
    lexing,
    limits,
    oob,
    parsing,
    strings,
)
from tests.runtime.protocol_cases.cases import Case, probe

__all__ = [
    "AGENT",
    "AGENT_PROBED",
    "COMPAT_PROBED",
    "HALF_CLOSED",
    "LARGE",
    "LEFT_OPEN",
    "PROBED",
    "SERVED",
    "SERVED_LEFT_OPEN",
    "SERVED_PROBED",
]

#: Sent, and the sending side closed behind them.
HALF_CLOSED: dict[str, list[Case]] = {
    "framing": framing.CASES,
    "lexing": lexing.CASES,
    "strings": strings.CASES,
    "parsing": parsing.CASES,
    "limits": limits.CASES,
    "envelope": envelope.CASES,
}

#: What is queued on a connection with out-of-band execution would be dropped if it were closed.
LEFT_OPEN: dict[str, list[Case]] = HALF_CLOSED | {"oob": oob.CASES}

#: Sent with a question behind them.
PROBED: dict[str, list[Case]] = {name: probe(table) for name, table in LEFT_OPEN.items()}

#: Take seconds each.
LARGE = limits.LARGE

#: These need the commands of ``served.json``.
SERVED: dict[str, list[Case]] = {"arguments": arguments.CASES}

SERVED_LEFT_OPEN: dict[str, list[Case]] = SERVED | {"oob commands": arguments.OOB}

SERVED_PROBED: dict[str, list[Case]] = {
    name: probe(table) for name, table in SERVED_LEFT_OPEN.items()
}

#: For guest agents, which keep what a client left unfinished for the next one.
AGENT = agent.CASES
AGENT_PROBED = probe(AGENT)

#: Under the policy of ``arguments``.
COMPAT_PROBED = probe(arguments.COMPAT)
