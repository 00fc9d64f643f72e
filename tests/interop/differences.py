"""The releases of QEMU that the tests talk to, and all that differs between them.

In: nothing.  Out: a row for each release, and its programs in front of all others.
Must not know: what the tests do with it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final
from unittest.mock import patch

from tests.runtime.protocol_cases.cases import Answer, fails, returns

__all__ = ["NEWEST", "NEWEST_VARIABLE", "QEMU_7_2", "RELEASES", "Release"]

#: The environment variable that names the folder with the newest QEMU's programs.
NEWEST_VARIABLE: Final = "QEMU_NEW_BIN"


@dataclass(frozen=True)
class Release:
    """A release of QEMU; each member is something in which the releases differ."""

    name: str
    #: The environment variable with the folder of its programs; None if they are installed.
    variable: str | None
    #: Whose schemas in the corpus come closest, and the dialect of those.
    schemas: str
    #: In what the programs differ from these schemas, conditions apart: patterns of places.
    beyond_schemas: tuple[str, ...]
    #: Questions whose answers have more than these schemas know.
    newer_answers: tuple[str, ...]
    #: Questions that are not asked, as they end it.
    unasked: tuple[str, ...]
    #: What a command has too much (of the schema's commands, for another system).
    not_of_this_system: tuple[str, ...]
    #: Answers where it reads bytes that are no right JSON differently from the tables, by the
    #: names of their cases, and how many errors come of a control byte behind them.
    recoveries: Mapping[str, tuple[tuple[Answer, ...], int]]
    #: Whether it goes on behind a mistake where our server does.
    recovers_as_we_do: bool

    # --- migration: what it has ---

    #: Capabilities that it refuses.
    removed: tuple[str, ...]
    #: Capabilities that it has with others only.
    needed: Mapping[str, str]
    #: Capabilities of which the other side is not told, and has to have them, too.
    silent: tuple[str, ...]
    #: Members of ``ram`` in query-migrate that count pages and bytes.
    counters: tuple[str, ...]
    #: Whether ``fd:`` takes a descriptor of a plain file.
    migrates_to_descriptors_of_files: bool
    #: Whether a destination has anonymous credentials in common with OpenSSL.
    admits_anonymously: bool

    # --- migration: what it says ---

    #: The last statuses of a source that fails, and of one that has stopped its guest.
    failing: tuple[str, ...]
    handing_over: tuple[str, ...]
    #: Whether an empty destination lives on when its credentials are of the wrong endpoint.
    outlives_the_wrong_endpoint: bool
    #: How a destination calls data of a device that it does not have.
    unknown_section: str
    #: How a destination calls a stream that is encrypted where none should be.
    encrypted: str

    # --- migration: the stream ---

    #: Numbers of the sections of RAM, ``timer`` and ``globalstate``.
    sections: tuple[int, int, int]
    #: The commands that a source sends on its own.
    commands: tuple[tuple[int, bytes], ...]
    #: The byte of ``globalstate`` that says whether it is told if the guest was suspended.
    tells_suspension: int
    #: What a description has, and the fields of ``globalstate`` in there.
    description: tuple[str, ...]
    state_fields: tuple[str, ...]
    #: The first device of a PC.
    first_device: str

    @contextmanager
    def in_front(self) -> Iterator[None]:
        """PATH with its programs before all others."""
        if self.variable is None:
            yield
            return
        path = os.pathsep.join((os.environ[self.variable], os.environ["PATH"]))
        with patch.dict(os.environ, {"PATH": path}):
            yield

    @property
    def is_there(self) -> bool:
        """Whether somebody says where it is."""
        return self.variable is None or bool(os.environ.get(self.variable))

    def traced(self, *statuses: str) -> list[str]:
        """What a source of this release tells where we tell these statuses."""
        found: list[str] = []
        for status in statuses:
            if status == "failed":
                found += self.failing
            elif status == "completed" and "pre-switchover" not in statuses:
                found += self.handing_over
            else:
                found.append(status)
        return found


QEMU_7_2: Final = Release(
    name="7.2",
    variable=None,
    schemas="7.2",
    beyond_schemas=(),
    newer_answers=(),
    unasked=(),
    not_of_this_system=(),
    recoveries={},
    recovers_as_we_do=True,
    removed=(),
    needed={},
    silent=(),
    counters=("total", "remaining", "normal", "normal-bytes", "duplicate", "skipped"),
    migrates_to_descriptors_of_files=True,
    admits_anonymously=True,
    failing=("failed",),
    handing_over=("completed",),
    outlives_the_wrong_endpoint=True,
    unknown_section="Unknown savevm section or instance 'counter' 0",
    encrypted="Not a migration stream",
    sections=(2, 0, 4),
    commands=(),
    tells_suspension=0,
    description=("page_size", "devices"),
    state_fields=("size", "runstate"),
    first_device="cpu_common",
)

#: One mistake is one error; the rest of the text is skipped, to its end if it has one.
_SKIPPED_TO_ITS_END: Final = ((fails(), returns(1)), 1)
_SKIPPED: Final = ((fails(),), 0)

#: What is new or gone since QEMU 10.2.
_SINCE_10_2: Final = (
    *("query-kvm, feature deprecated", "query-migrationthreads"),
    *("query-block", "BlockExportOptions, member iothread", "BlockdevOptionsCurlHttps"),
    "q_obj_cxl-inject-*-event-arg, member *",
    *("QapiVfioMigrationState, value pre-copy-p2p-prepare", "VirtVhostQueueStatus, member *"),
    *("VhostStatus, member backend-features", "I*othread*, member poll-weight"),
    *("IOThreadInfo, member poll-weight", "MemoryDeviceInfo*, * sp-mem"),
    *("SysEmuTarget, value *", "CpuInfoFast, branch *", "Object*, * monitor-?mp"),
    *("TdxGuestProperties, feature confidential-guest-reset", "q_obj_migrate-arg, member detach"),
    *("MigrationStatus, value failing", "MigrationParameters, member tls-*"),
    *("Migrat*, member x-rdma-chunk-size", "MigrationCapability, value zero-blocks"),
    *("MigrationInfo, member remaining", "DisplayGTK, member clipboard"),
    *("NetdevUserOptions, member *fwd", "NetDevPasstOptions, member *"),
    *("DumpGuestMemoryFormat, value win-dmp, feature *", "Chardev*, member logtimestamp"),
    *("Chardev*, member encoding", "Block*, * gluster", "BlockdevOptionsCurlHttp*, member *"),
    *("BlkdebugInjectErrorOptions, member delay-ns", "GuestPanicInformation*, * sev"),
)

#: 11.1; what stands in front of a schema is that of 10.2.
NEWEST: Final = Release(
    name="newest",
    variable=NEWEST_VARIABLE,
    schemas="10.2",
    beyond_schemas=_SINCE_10_2,
    newer_answers=("query-iothreads", "query-migrate-parameters"),
    unasked=("x-query-virtio-status",),
    not_of_this_system=("guest-get-devices",),
    recoveries=dict.fromkeys(
        ("1025 levels", "1025 objects", "1025 in a command", "1030 openers"), _SKIPPED_TO_ITS_END
    )
    | dict.fromkeys(
        (
            *("open: [{]", 'open: [{"a":1]', 'open: {"a":[}', 'open: {"a":[1,2}', "open: [{]["),
            *('open: {"a" 1', "open: [1 2", "open: {,", "open: [nope,", "a brace too few"),
            *("1025 openers", "1025 openers twice"),
        ),
        _SKIPPED,
    ),
    recovers_as_we_do=False,
    removed=("compress", "block", "zero_blocks"),
    needed={"x_colo": "return_path"},
    silent=("x_colo",),
    counters=("total", "remaining", "normal", "normal-bytes", "duplicate"),
    migrates_to_descriptors_of_files=False,
    admits_anonymously=False,
    failing=("failing", "failed"),
    handing_over=("device", "completed"),
    outlives_the_wrong_endpoint=False,
    unknown_section="Unknown section or instance 'counter' 0",
    encrypted="unknown channel magic",
    sections=(1, 0, 3),
    commands=((11, b""),),
    tells_suspension=1,
    description=("configuration", "page_size", "devices"),
    state_fields=("size", "runstate", "has_vm_was_suspended", "vm_was_suspended", "unused"),
    first_device="apic",
)

RELEASES: Final = {release.name: release for release in (QEMU_7_2, NEWEST)}
