"""What the marshalling benches read and write: JSON values, each with the type it has.

In: nothing, or the introspection data of the corpus.  Out: subjects with values like those that
a running machine sends.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property

from tests.outside import corpus_folder

__all__ = ["MIGRATION", "Subject", "subjects"]


@dataclass(frozen=True)
class Subject:
    """A value to be read and written.

    ``title`` heads a column.  ``type_name`` is the schema's name of its type, ``module`` the file that defines it; a
    ``corpus`` subject has a type of QEMU 7.2, the others have types of the shipped schema.
    """

    title: str
    type_name: str
    module: str
    value: object
    corpus: bool = False

    @cached_property
    def text(self) -> bytes:
        """The value as QEMU writes it: one line of ASCII."""
        return json.dumps(self.value).encode()


RAM = {
    "transferred": 8_412_966_912,
    "remaining": 73_289_728,
    "total": 17_197_105_152,
    "duplicate": 2_231_504,
    "skipped": 0,
    "normal": 2_043_871,
    "normal-bytes": 8_371_695_616,
    "dirty-pages-rate": 18_274,
    "mbps": 939.1836,
    "dirty-sync-count": 4,
    "postcopy-requests": 0,
    "page-size": 4096,
}

XBZRLE = {
    "cache-size": 67_108_864,
    "bytes": 20_971_520,
    "pages": 2_444_343,
    "cache-miss": 2244,
    "cache-miss-rate": 0.123,
    "overflow": 34_434,
}

INFO = {
    "status": "active",
    "ram": RAM,
    "disk": RAM | {"transferred": 20_971_520, "page-size": 0, "mbps": 0.0},
    "xbzrle-cache": XBZRLE,
    "total-time": 71_204,
    "expected-downtime": 341,
    "downtime": 0,
    "setup-time": 17,
    "cpu-throttle-percentage": 20,
    "error-desc": "none that would be worth a word",
    "postcopy-blocktime": 12,
    "postcopy-vcpu-blocktime": [12, 0, 7, 31],
}

PARAMETERS = {
    "compress-level": 1,
    "compress-threads": 8,
    "decompress-threads": 2,
    "cpu-throttle-initial": 20,
    "cpu-throttle-increment": 10,
    "tls-creds": "tls0",
    "tls-hostname": "destination.example.org",
    "max-bandwidth": 1_073_741_824,
    "downtime-limit": 300,
    "x-checkpoint-delay": 20_000,
    "block-incremental": False,
    "x-multifd-channels": 4,
    "x-multifd-page-count": 128,
    "xbzrle-cache-size": 67_108_864,
}

FEW = ("compress-level", "max-bandwidth", "downtime-limit", "tls-creds", "block-incremental")

BLOCKDEV = {
    "driver": "qcow2",
    "node-name": "disk0",
    "discard": "unmap",
    "cache": {"direct": True, "no-flush": False},
    "read-only": False,
    "detect-zeroes": "on",
    "overlap-check": {"template": "constant", "active-l1": True, "refcount-block": False},
    "l2-cache-size": 33_554_432,
    "encrypt": {"format": "luks", "key-secret": "sec0"},
    "file": {
        "driver": "quorum",
        "vote-threshold": 2,
        "read-pattern": "fifo",
        "children": [
            "mirror0",
            {"driver": "file", "filename": "/srv/images/mirror1.qcow2", "locking": "auto"},
            {
                "driver": "throttle",
                "throttle-group": "slow",
                "file": {"driver": "null-co", "size": 10_737_418_240, "latency-ns": 50_000},
            },
        ],
    },
    "backing": {
        "driver": "raw",
        "read-only": True,
        "offset": 1_048_576,
        "file": {
            "driver": "nbd",
            "server": {"type": "inet", "host": "nbd.example.org", "port": "10809", "ipv4": True},
            "export": "base",
            "reconnect-delay": 30,
        },
    },
}

#: Those whose types the shipped schema has: statistics of RAM and of XBZRLE, a full answer to
#: query-migrate, arguments of migrate-set-parameters.
MIGRATION = (
    Subject("Stats", "MigrationStats", "migration", RAM),
    Subject("Xbzrle", "XBZRLECacheStats", "migration", XBZRLE),
    Subject("Info", "MigrationInfo", "migration", INFO),
    Subject(
        "Set5",
        "MigrateSetParameters",
        "migration",
        {name: PARAMETERS[name] for name in FEW},
    ),
    Subject("Set14", "MigrateSetParameters", "migration", PARAMETERS),
)


def subjects() -> list[Subject]:
    """All that can be measured here; without the corpus, those of the shipped schema.

    With the corpus also a whole answer to query-qmp-schema, of 210 kB, and arguments of
    blockdev-add: unions and alternates inside of each other.
    """
    corpus = corpus_folder()
    if corpus is None:
        return list(MIGRATION)
    answer = (corpus / "qemu-7.2" / "introspect-masked.json").read_text(encoding="utf-8")
    return [
        *MIGRATION,
        Subject("Schema", "SchemaInfo_list", "introspect", json.loads(answer), True),
        Subject("Blockdev", "BlockdevOptions", "block_core", BLOCKDEV, True),
    ]
