"""Run a machine with a simulated guest that can be migrated, and serve QMP for it.

The guest has memory, a workload that writes to it, and devices; it moves to another such process,
or to and from QEMU with '-machine none', over QEMU's own migration stream.

Exit status: 0 after the command quit or a signal to end, 1 if a guest cannot be waited for or does
not arrive, 2 for wrong options.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
from importlib import import_module
from typing import TYPE_CHECKING

from ..runtime.addresses import ADDRESS_FORMS, Address, FdAddress, parse_address
from ..runtime.errors import QapiError
from .status import Trouble

if TYPE_CHECKING:
    from ..migration.vm import Vm, VmOptions
    from .vm_progress import ProgressLine

__all__ = ["arguments", "run"]

_BLOCK = "pc.ram"  # as QEMU's examples name a machine's memory


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the verb takes."""
    _guest_arguments(parser.add_argument_group("the guest"))
    _arrival_arguments(parser.add_argument_group("a guest that arrives"))
    _process_arguments(parser.add_argument_group("the process"))


def _guest_arguments(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--ram",
        metavar="[NAME=]SIZE",
        action="append",
        default=[],
        help="a block of the guest's memory, such as 256M or rom=64K; may be repeated with other "
        f"names (default: {_BLOCK}=256M)",
    )
    group.add_argument(
        "--fill",
        choices=("zero", "half", "random"),
        default="zero",
        help="contents of a new guest's memory (default: zero)",
    )
    group.add_argument(
        "--machine",
        metavar="TYPE",
        default="none",
        help="the type of machine, which both ends have to have (default: none)",
    )
    group.add_argument(
        "--cpus", metavar="N", type=_count, default=1, help="virtual CPUs (default: 1)"
    )
    group.add_argument(
        "--workload",
        metavar="WHAT",
        default="idle",
        help="what the guest writes: idle (the default), dirty (all the time to about 128 pages), "
        "or, with commas between, rate=PAGES of each second and some of hot=PAGES, "
        "pattern=sequential|random|hotcold, seed=N",
    )
    group.add_argument(
        "--disk",
        metavar="NAME=FILE",
        action="append",
        default=[],
        help="a disk of the guest, may be repeated; disks cannot be migrated yet",
    )
    group.add_argument(
        "--paused",
        action="store_true",
        help="the guest does not run before the command cont, also when it has arrived",
    )


def _arrival_arguments(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--incoming",
        metavar="URI",
        help="wait for a guest: tcp:HOST:PORT, unix:PATH, exec:COMMAND, fd:NUMBER, or defer to "
        "wait for the command migrate-incoming",
    )
    group.add_argument(
        "--exit-on-incoming-failure",
        action=argparse.BooleanOptionalAction,
        help="end with status 1 if the guest does not arrive, as by default, or wait for quit",
    )
    group.set_defaults(exit_on_incoming_failure=True)  # of which Python 3.11 would write, too


def _process_arguments(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--qmp",
        metavar="ADDRESS",
        action="append",
        default=[],
        help=f"where clients connect, may be repeated: {ADDRESS_FORMS}",
    )
    group.add_argument("--progress", action="store_true", help="show how a migration goes")
    group.add_argument(
        "--digest",
        action="store_true",
        help="at the end, print a digest of each block of memory as a line of JSON",
    )


def _count(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected a number, got {text!a}") from None


def run(options: argparse.Namespace) -> int:
    """Serve until somebody ends it; the exit status."""
    # Whatever is missing is missed before anything is opened.
    for library in ("numpy", "rich") if options.progress else ("numpy",):
        import_module(library)
    import asyncio

    return asyncio.run(_serve(options, _vm_options(options)))


async def _serve(options: argparse.Namespace, vm_options: VmOptions) -> int:
    from ..migration.vm import NotListening

    vm = _vm(vm_options)
    watch = _progress() if options.progress else None
    stream = watch.stream if watch is not None else None
    logging.basicConfig(format="qapigen vm: %(message)s", level=logging.WARNING, stream=stream)
    try:
        status = await vm.run(ready=_tell_addresses, watch=watch)
        if watch is not None:
            watch.close()  # the digest gets a line of its own on a terminal, too
        if options.digest:
            print(json.dumps(vm.guest.ram.digests()), flush=True)
    except NotListening as error:
        print(f"qapigen vm: error: {error.desc}", file=sys.stderr)
        return 1
    except QapiError as error:
        raise Trouble(f"qapigen vm: error: {error.desc}") from None
    finally:
        vm.guest.close()
        if watch is not None:
            watch.close()
    return status


def _vm(options: VmOptions) -> Vm:
    from ..migration.guest.drives import DriveError
    from ..migration.vm import Vm

    try:
        return Vm(options)
    except (ValueError, DriveError) as error:
        raise Trouble(f"qapigen vm: error: {error}") from None
    except (OSError, OverflowError, MemoryError):
        raise Trouble("qapigen vm: error: --ram: the host has not so much memory") from None


def _tell_addresses(addresses: list[str]) -> None:
    for address in addresses:
        print(f"qapigen vm: serving {address}", file=sys.stderr, flush=True)
    if not addresses:
        print("qapigen vm: serving nobody; a signal ends it", file=sys.stderr, flush=True)


def _progress() -> ProgressLine:
    from .vm_progress import ProgressLine

    return ProgressLine()


def _vm_options(options: argparse.Namespace) -> VmOptions:
    """The options as values; Trouble names the one that is wrong."""
    from ..migration.guest.drives import parse_disk
    from ..migration.guest.workloads import parse_workload
    from ..migration.vm import VmOptions

    try:
        monitors = [parse_address(text) for text in options.qmp]
        return VmOptions(
            blocks=_blocks(options.ram),
            monitors=[str(monitor) for monitor in monitors],
            incoming=options.incoming,
            paused=options.paused,
            machine=options.machine,
            workload=parse_workload(options.workload),
            cpus=options.cpus,
            fill=options.fill,
            drives=[parse_disk(text) for text in options.disk],
            exit_on_incoming_failure=options.exit_on_incoming_failure,
            inherited=_inherited(monitors),
        )
    except ValueError as error:
        raise Trouble(f"qapigen vm: error: {error}") from None
    except QapiError as error:
        raise Trouble(f"qapigen vm: error: {error.desc}") from None


def _inherited(monitors: list[Address]) -> frozenset[int]:
    """What this process was started with and no monitor uses."""
    from ..migration.channels.descriptors import numbers_in_use

    return numbers_in_use() - {each.fd for each in monitors if isinstance(each, FdAddress)}


def _blocks(texts: list[str]) -> dict[str, int]:
    from ..runtime.visit.scalar_texts import size_value

    blocks: dict[str, int] = {}
    for text in texts or [f"{_BLOCK}=256M"]:
        name, equals, size = text.rpartition("=")
        if not equals:
            name = _BLOCK
        if name in blocks:
            raise ValueError(f"--ram: two blocks have the name {name}")
        value = size_value(size)
        if value is None:
            raise ValueError(f"--ram {text}: expected a size such as 256M or 2G")
        blocks[name] = value
    return blocks
