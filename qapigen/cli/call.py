"""Run one command of a program that speaks QMP, and print its answer as a line of JSON.

Arguments are key=value words by the rules of QEMU's options: a.b=c is a member of a member,
a.0=c an item of an array.  Other users of a machine can see words: "-" stands for arguments on
standard input, @FILE for those in a file, as a JSON object or with a word in each line.  They are
checked before they are sent: by the schema behind --schema, else by the shipped one, else by what
the program itself tells about its commands.

Exit status: 0 for an answer, 1 for an error that the program answered, 2 for wrong usage,
arguments that do not fit, no connection, no answer in time.
"""

from __future__ import annotations

import argparse
import math
import sys
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING

from ..runtime.addresses import ADDRESS_FORMS, parse_address
from ..runtime.errors import ConnectionLost, QapiError, RemoteError
from .standard_input import reader, root_path
from .status import FINE, REFUSED, Trouble

if TYPE_CHECKING:
    import ssl

    from ..compiler.ir import Schema
    from ..runtime.blocking import Client
    from ..runtime.session.client import Mode
    from .call_arguments import Given
    from .call_properties import ReadProperty

__all__ = ["arguments", "run"]

#: Commands of the guest agent that answer nothing when all went well.
_SILENCE_SECONDS = 2.0  # no answer for so long is a good one
_SILENT = ("guest-shutdown", "guest-suspend-disk", "guest-suspend-ram", "guest-suspend-hybrid")


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the verb takes."""
    parser.add_argument("address", metavar="ADDRESS", help=f"where it listens: {ADDRESS_FORMS}")
    parser.add_argument("command", metavar="COMMAND", help="the name of the command")
    parser.add_argument(
        "words",
        metavar="KEY=VALUE",
        nargs="*",
        default=[],
        help="an argument; a comma is nothing special; - and @FILE: arguments are there",
    )
    parser.add_argument(
        "--json",
        metavar="TEXT",
        help="all arguments as one JSON object, in place of words; also -, @FILE",
    )
    parser.add_argument(
        "--wait",
        action="store_true",
        help="if its socket is not there yet, or refuses, wait for it (as long as --timeout says)",
    )
    parser.add_argument(
        "--timeout",
        metavar="SECONDS",
        type=_seconds,
        help="how long all of it may take (default: as long as it takes)",
    )
    parser.add_argument(
        "--wait-event",
        metavar="NAME",
        action="append",
        default=[],
        help="after the answer, wait for this event and print it, too; where it is repeated, "
        "the first one of them that comes",
    )
    parser.add_argument(
        "--guest-agent",
        action="store_true",
        help="it is a guest agent; without --schema, values that are JSON are taken as such "
        "and nothing is checked",
    )
    parser.add_argument(
        "--schema",
        metavar="FILE",
        help="the root file of the schema that it was built with; - is standard input",
    )
    parser.add_argument(
        "--tls",
        metavar="FOLDER",
        help="it speaks TLS; the folder has ca-cert.pem, and client-cert.pem with client-key.pem "
        "where it wants to see a certificate",
    )
    parser.add_argument(
        "--tls-hostname",
        metavar="NAME",
        help="the name that must be in its certificate (default: the host of ADDRESS; without "
        "one, localhost)",
    )


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise argparse.ArgumentTypeError(f"expected a number of seconds above 0, got {text!a}")
    return seconds


def run(options: argparse.Namespace) -> int:
    """Call the command; the exit status."""
    try:
        _Call(options).run()
    except RemoteError as error:
        from ..compiler.diagnostics import one_line

        text = one_line(f"{error.error_class}: {error.desc}")  # whatever the program put in there
        print(f"qapigen call: {text}", file=sys.stderr)
        return REFUSED
    except TimeoutError:
        text = f"{options.address}: no answer within {options.timeout:g} s"
        raise Trouble(f"qapigen call: error: {text}") from None
    except QapiError as error:
        raise Trouble(f"qapigen call: error: {error.desc}") from None
    return FINE


class _Call:
    """One call, from the words of the shell to the lines that are printed."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.command: str = options.command
        self.schema: Schema | None = None  # the one behind --schema
        self.refusal: QapiError | None = None  # why the shipped schema does not take the arguments
        self.silent = options.guest_agent and self.command in _SILENT
        self.deadline = math.inf if options.timeout is None else monotonic() + options.timeout

    def run(self) -> None:
        """All of it.  What is wrong on our side is found before a connection is made."""
        from ..runtime.blocking import Client
        from . import call_arguments

        if self.options.guest_agent and self.options.wait_event:
            raise QapiError("--wait-event: a guest agent has no events")
        address = parse_address(self.options.address)
        if self.options.schema == "-" and "-" in (*self.options.words, self.options.json):
            raise QapiError("standard input is the schema already: no arguments can be there")
        given = call_arguments.Given.parse(self.options.words, self.options.json)
        checked = self.by_own_schema(given)
        mode: Mode = "guest-agent" if self.options.guest_agent else "qmp"
        with Client.connect(
            address,
            timeout=self.time_left(),
            tls=self.tls_context(),
            tls_hostname=self.options.tls_hostname,
            mode=mode,
            wait=self.options.wait,
        ) as client:
            if checked is None:
                checked = self.by_their_schema(client, given)
            elif self.schema is not None and self.takes_properties(given):
                checked = call_arguments.by_schema(
                    self.schema, self.command, given, self.property_reader(client, given)
                )
            self.perform(client, checked)

    def tls_context(self) -> ssl.SSLContext | None:
        """How TLS is spoken; None where it is not."""
        if self.options.tls is None:
            if self.options.tls_hostname is not None:
                raise QapiError("--tls-hostname says nothing without --tls")
            return None
        from ..runtime.aio.tls import client_context

        return client_context(self.options.tls)

    def time_left(self) -> float | None:
        """Seconds until the deadline; None where there is no limit."""
        if self.deadline == math.inf:
            return None
        return max(self.deadline - monotonic(), 0.001)

    def by_own_schema(self, given: Given) -> dict[str, object] | None:
        """The arguments as a schema on our side has them; None if no such schema tells."""
        from . import call_arguments

        if self.options.schema is not None:
            path = root_path(self.options.schema)
            self.schema = call_arguments.read_schema(path, reader(self.options))
            known = {each.name: each for each in self.schema.commands}
            if self.command in known:
                self.silent = not known[self.command].success_response
            return call_arguments.by_schema(self.schema, self.command, given)
        if self.options.guest_agent:
            return call_arguments.unchecked(given)
        try:
            return call_arguments.by_shipped_schema(self.command, given)
        except QapiError as error:
            self.refusal = error  # but the program may be newer than that schema
            return None

    def by_their_schema(self, client: Client, given: Given) -> dict[str, object]:
        """The arguments as the program itself tells about its commands, as far as it does."""
        from . import call_arguments

        if not given.values and self.refusal is None:
            return {}  # there is nothing to look at
        try:
            rows = client.execute("query-qmp-schema", timeout=self.time_left())
            found = call_arguments.by_introspection(
                rows, self.command, given, self.property_reader(client, given)
            )
        except RemoteError:
            found = None  # there are small servers without introspection
        if found is not None:
            return found
        if self.refusal is not None:
            raise self.refusal
        return call_arguments.unchecked(given)

    def takes_properties(self, given: Given) -> bool:
        """Are there arguments whose types only the program knows?"""
        from .call_properties import COMMANDS

        return self.command in COMMANDS and not given.is_json and not self.options.guest_agent

    def property_reader(self, client: Client, given: Given) -> ReadProperty:
        """What reads the values of properties; the program is asked for their types."""
        from .call_properties import guessed, property_reader

        if not self.takes_properties(given):
            return guessed

        def execute(command: str, arguments: dict[str, object]) -> object:
            return client.execute(command, arguments, timeout=self.time_left())

        assert client.greeting is not None  # no guest agent
        version = client.greeting.version
        release = (version.major, version.minor)
        return property_reader(execute, release, self.command, given.values)

    def perform(self, client: Client, arguments: dict[str, object]) -> None:
        """Execute the command and print what it returns, then the event that is waited for."""
        names = self.options.wait_event
        if not names:
            self.execute(client, arguments)
            return
        with client.subscribe(*names) as events:  # one may come before the answer
            try:
                self.execute(client, arguments)
            except ConnectionLost:  # of quit, often only the event is told
                if (event := events.take()) is not None:
                    _print(event.to_wire())
                raise
            _print(events.get(timeout=self.time_left()).to_wire())

    def execute(self, client: Client, arguments: dict[str, object]) -> None:
        """Execute the command and print what it returns, if it answers at all."""
        if self.silent:
            self.expect_silence(client, arguments)
        else:
            _print(client.execute(self.command, arguments, timeout=self.time_left()))

    def expect_silence(self, client: Client, arguments: dict[str, object]) -> None:
        """Execute a command that answers only if it fails, and give it a moment to do so."""
        moment = min(self.time_left() or math.inf, _SILENCE_SECONDS)
        with suppress(TimeoutError, ConnectionLost):  # as whoever shuts down ends connections
            client.execute(self.command, arguments, timeout=moment)


def _print(value: object) -> None:
    """A line of JSON, at once: somebody may wait for the first of two."""
    from ..runtime.codec import dumps

    print(dumps(value), flush=True)
