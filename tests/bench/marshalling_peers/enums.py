"""The enums of the types, for all peers."""

from __future__ import annotations

from enum import StrEnum

__all__ = [
    "AioOptions",
    "DetectZeroes",
    "Discard",
    "JSONType",
    "MigrationStatus",
    "OnOffAuto",
    "OverlapCheckMode",
    "ReadPattern",
]


class MigrationStatus(StrEnum):
    NONE = "none"
    SETUP = "setup"
    CANCELLING = "cancelling"
    CANCELLED = "cancelled"
    ACTIVE = "active"
    POSTCOPY_ACTIVE = "postcopy-active"
    COMPLETED = "completed"
    FAILED = "failed"
    COLO = "colo"
    PRE_SWITCHOVER = "pre-switchover"
    DEVICE = "device"


class JSONType(StrEnum):
    STRING = "string"
    NUMBER = "number"
    INT = "int"
    BOOLEAN = "boolean"
    NULL = "null"
    OBJECT = "object"
    ARRAY = "array"
    VALUE = "value"


class Discard(StrEnum):
    IGNORE = "ignore"
    UNMAP = "unmap"


class DetectZeroes(StrEnum):
    OFF = "off"
    ON = "on"
    UNMAP = "unmap"


class AioOptions(StrEnum):
    THREADS = "threads"
    NATIVE = "native"
    IO_URING = "io_uring"


class OnOffAuto(StrEnum):
    AUTO = "auto"
    ON = "on"
    OFF = "off"


class OverlapCheckMode(StrEnum):
    NONE = "none"
    CONSTANT = "constant"
    CACHED = "cached"
    ALL = "all"


class ReadPattern(StrEnum):
    QUORUM = "quorum"
    FIFO = "fifo"
