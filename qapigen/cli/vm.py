"""Run a machine with a simulated guest that can be migrated, and serve QMP for it.

The guest has memory, a workload that writes to it, and devices; it moves to another such process,
or to and from QEMU with '-machine none', over QEMU's own migration stream.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
from typing import TYPE_CHECKING

from ..runtime.addresses import ADDRESS_FORMS
from ..runtime.errors import QapiError
from .status import Trouble

if TYPE_CHECKING:
    from ..migration.vm import VmOptions
    from .vm_progress import ProgressLine

__all__ = ["arguments", "run"]

_BLOCK = "pc.ram"  # as QEMU's examples name a machine's memory


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the verb takes."""
    parser.add_argument(
        "--ram",
        metavar="[NAME=]SIZE",
        action="append",
        default=[],
        help="memory of the guest, such as 256M; may be repeated with names (default: "
        f"{_BLOCK}=256M)",
    )
    parser.add_argument(
        "--qmp",
        metavar="ADDRESS",
        action="append",
        default=[],
        help=f"where clients connect, may be repeated: {ADDRESS_FORMS}",
    )
    parser.add_argument(
        "--incoming",
        metavar="URI",
        help="wait for a guest: tcp:HOST:PORT, unix:PATH, exec:COMMAND, fd:NUMBER, or defer to "
        "wait for the command migrate-incoming",
    )
    parser.add_argument(
        "--paused", action="store_true", help="the guest does not run before the command cont"
    )
    parser.add_argument(
        "--machine", metavar="TYPE", default="none", help="the type that both ends have to have"
    )
    parser.add_argument(
        "--workload",
        metavar="WHAT",
        default="idle",
        help="what the guest writes: idle, dirty (all the time to about 128 pages), or "
        "rate=PAGES_PER_SECOND,hot=PAGES,pattern=sequential|random|hotcold,seed=N",
    )
    parser.add_argument(
        "--cpus", metavar="N", type=int, default=1, help="virtual CPUs (default: 1)"
    )
    parser.add_argument(
        "--fill",
        choices=("zero", "half", "random"),
        default="zero",
        help="contents of a new guest's memory (default: zero)",
    )
    parser.add_argument(
        "--disk", metavar="NAME=FILE", action="append", default=[], help="a disk of the guest"
    )
    parser.add_argument("--progress", action="store_true", help="show how a migration goes")
    parser.add_argument(
        "--exit-on-incoming-failure",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="end with status 1 if the guest does not arrive, rather than wait for quit",
    )
    parser.add_argument(
        "--digest",
        action="store_true",
        help="at the end, print a digest of each block of memory as a line of JSON",
    )


def run(options: argparse.Namespace) -> int:
    """Serve until somebody ends it; the exit status."""
    try:
        import numpy  # noqa: F401 - to tell at once if it is missing
    except ImportError:
        raise Trouble(
            "qapigen vm: error: it needs numpy and rich: pip install 'qapigen[vm]'"
        ) from None
    import asyncio

    logging.basicConfig(format="qapigen vm: %(message)s", level=logging.ERROR)
    try:
        return asyncio.run(_serve(options, _vm_options(options)))
    except QapiError as error:
        print(f"qapigen vm: error: {error.desc}", file=sys.stderr)
        return 1


async def _serve(options: argparse.Namespace, vm_options: VmOptions) -> int:
    from ..migration.guest.drives import DriveError
    from ..migration.vm import Vm

    watch = _progress() if options.progress else None
    try:
        vm = Vm(vm_options)
    except (ValueError, DriveError) as error:
        raise Trouble(f"qapigen vm: error: {error}") from None
    try:
        status = await vm.run(ready=_tell_addresses, watch=watch)
        if options.digest:
            print(json.dumps(vm.guest.ram.digests()), flush=True)
    finally:
        vm.guest.close()
        if watch is not None:
            watch.close()
    return status


def _tell_addresses(addresses: list[str]) -> None:
    for address in addresses:
        print(f"qapigen vm: serving {address}", file=sys.stderr, flush=True)


def _progress() -> ProgressLine:
    from .vm_progress import ProgressLine

    return ProgressLine()


def _vm_options(options: argparse.Namespace) -> VmOptions:
    """The options as values; Trouble names the one that is wrong."""
    from ..migration.guest.drives import parse_disk
    from ..migration.guest.workloads import parse_workload
    from ..migration.vm import VmOptions

    try:
        return VmOptions(
            blocks=_blocks(options.ram),
            monitors=options.qmp,
            incoming=options.incoming,
            paused=options.paused,
            machine=options.machine,
            workload=parse_workload(options.workload),
            cpus=options.cpus,
            fill=options.fill,
            drives=[parse_disk(text) for text in options.disk],
            exit_on_incoming_failure=options.exit_on_incoming_failure,
        )
    except ValueError as error:
        raise Trouble(f"qapigen vm: error: {error}") from None


def _blocks(texts: list[str]) -> dict[str, int]:
    from ..runtime.visit.scalar_texts import size_value

    blocks: dict[str, int] = {}
    for text in texts or ["256M"]:
        name, _, size = text.rpartition("=")
        name = name or _BLOCK
        if name in blocks:
            raise ValueError(f"--ram: two blocks have the name {name}")
        value = size_value(size)
        if value is None:
            raise ValueError(f"--ram {text}: expected a size such as 256M or 2G")
        blocks[name] = value
    return blocks
