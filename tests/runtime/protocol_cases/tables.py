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
    "AGENT_PROBED",
    "COMPAT_PROBED",
    "HALF_CLOSED",
    "LARGE",
    "PROBED",
    "SERVED",
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

#: Sent with a question behind them.  What is queued on a connection with out-of-band execution
#: would be dropped if it were closed.
PROBED: dict[str, list[Case]] = {
    name: probe(table) for name, table in (HALF_CLOSED | {"oob": oob.CASES}).items()
}

#: Take seconds each.
LARGE = limits.LARGE

#: These need the commands of ``served.json``.
SERVED: dict[str, list[Case]] = {"arguments": arguments.CASES}

SERVED_PROBED: dict[str, list[Case]] = {
    name: probe(table) for name, table in (SERVED | {"oob commands": arguments.OOB}).items()
}

#: For guest agents, which keep what a client left unfinished for the next one.
AGENT_PROBED = probe(agent.CASES)

#: Under the policy of ``arguments``.
COMPAT_PROBED = probe(arguments.COMPAT)
