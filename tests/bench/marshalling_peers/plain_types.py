"""Plain dataclasses of the types, for libraries that build upon dataclasses.

Python's names have ``_`` where the schema's have ``-``; each library is told so in its own way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args, get_type_hints

from tests.bench.marshalling_peers.enums import (
    AioOptions,
    DetectZeroes,
    Discard,
    JSONType,
    MigrationStatus,
    OnOffAuto,
    OverlapCheckMode,
    ReadPattern,
)

__all__ = [
    "ABSENT",
    "UNIONS",
    "BlockdevNode",
    "Encryption",
    "MigrateSetParameters",
    "MigrationInfo",
    "MigrationStats",
    "SchemaInfo",
    "Server",
    "XBZRLECacheStats",
    "tag_of",
]

#: Stands for an absent member that may be null.
ABSENT: Any = object()


@dataclass(slots=True, kw_only=True)
class MigrationStats:
    transferred: int
    remaining: int
    total: int
    duplicate: int
    skipped: int
    normal: int
    normal_bytes: int
    dirty_pages_rate: int
    mbps: float
    dirty_sync_count: int
    postcopy_requests: int
    page_size: int


@dataclass(slots=True, kw_only=True)
class XBZRLECacheStats:
    cache_size: int
    bytes: int
    pages: int
    cache_miss: int
    cache_miss_rate: float
    overflow: int


@dataclass(slots=True, kw_only=True)
class MigrationInfo:
    status: MigrationStatus | None = None
    ram: MigrationStats | None = None
    disk: MigrationStats | None = None
    xbzrle_cache: XBZRLECacheStats | None = None
    total_time: int | None = None
    expected_downtime: int | None = None
    downtime: int | None = None
    setup_time: int | None = None
    cpu_throttle_percentage: int | None = None
    error_desc: str | None = None
    postcopy_blocktime: int | None = None
    postcopy_vcpu_blocktime: list[int] | None = None


@dataclass(slots=True, kw_only=True)
class MigrateSetParameters:
    compress_level: int | None = None
    compress_threads: int | None = None
    decompress_threads: int | None = None
    cpu_throttle_initial: int | None = None
    cpu_throttle_increment: int | None = None
    tls_creds: str | None = None
    tls_hostname: str | None = None
    max_bandwidth: int | None = None
    downtime_limit: int | None = None
    x_checkpoint_delay: int | None = None
    block_incremental: bool | None = None
    x_multifd_channels: int | None = None
    x_multifd_page_count: int | None = None
    xbzrle_cache_size: int | None = None


# --- query-qmp-schema ---


@dataclass(slots=True, kw_only=True)
class EnumMember:
    name: str
    features: list[str] | None = None


@dataclass(slots=True, kw_only=True)
class ObjectMember:
    name: str
    type: str
    default: Any = ABSENT  # null is a default
    features: list[str] | None = None


@dataclass(slots=True, kw_only=True)
class ObjectVariant:
    case: str
    type: str


@dataclass(slots=True, kw_only=True)
class AlternateMember:
    type: str


@dataclass(slots=True, kw_only=True)
class SchemaInfo:
    name: str
    features: list[str] | None = None


@dataclass(slots=True, kw_only=True)
class SchemaInfoBuiltin(SchemaInfo):
    meta_type: Literal["builtin"]
    json_type: JSONType


@dataclass(slots=True, kw_only=True)
class SchemaInfoEnum(SchemaInfo):
    meta_type: Literal["enum"]
    members: list[EnumMember]
    values: list[str]


@dataclass(slots=True, kw_only=True)
class SchemaInfoArray(SchemaInfo):
    meta_type: Literal["array"]
    element_type: str


@dataclass(slots=True, kw_only=True)
class SchemaInfoObject(SchemaInfo):
    meta_type: Literal["object"]
    members: list[ObjectMember]
    tag: str | None = None
    variants: list[ObjectVariant] | None = None


@dataclass(slots=True, kw_only=True)
class SchemaInfoAlternate(SchemaInfo):
    meta_type: Literal["alternate"]
    members: list[AlternateMember]


@dataclass(slots=True, kw_only=True)
class SchemaInfoCommand(SchemaInfo):
    meta_type: Literal["command"]
    arg_type: str
    ret_type: str
    allow_oob: bool | None = None


@dataclass(slots=True, kw_only=True)
class SchemaInfoEvent(SchemaInfo):
    meta_type: Literal["event"]
    arg_type: str


# --- blockdev-add: the drivers of the sample only ---


@dataclass(slots=True, kw_only=True)
class CacheOptions:
    direct: bool | None = None
    no_flush: bool | None = None


@dataclass(slots=True, kw_only=True)
class OverlapCheckFlags:
    template: OverlapCheckMode | None = None
    main_header: bool | None = None
    active_l1: bool | None = None
    active_l2: bool | None = None
    refcount_table: bool | None = None
    refcount_block: bool | None = None
    snapshot_table: bool | None = None
    inactive_l1: bool | None = None
    inactive_l2: bool | None = None
    bitmap_directory: bool | None = None


@dataclass(slots=True, kw_only=True)
class Encryption:
    """The base of a union, like SchemaInfo, Server, BlockdevNode."""


@dataclass(slots=True, kw_only=True)
class EncryptionAes(Encryption):
    format: Literal["aes"]
    key_secret: str | None = None


@dataclass(slots=True, kw_only=True)
class EncryptionLuks(Encryption):
    format: Literal["luks"]
    key_secret: str | None = None


@dataclass(slots=True, kw_only=True)
class Server:
    pass


@dataclass(slots=True, kw_only=True)
class ServerInet(Server):
    type: Literal["inet"]
    host: str
    port: str
    numeric: bool | None = None
    to: int | None = None
    ipv4: bool | None = None
    ipv6: bool | None = None
    keep_alive: bool | None = None
    mptcp: bool | None = None


@dataclass(slots=True, kw_only=True)
class ServerUnix(Server):
    type: Literal["unix"]
    path: str
    abstract: bool | None = None
    tight: bool | None = None


@dataclass(slots=True, kw_only=True)
class BlockdevNode:
    node_name: str | None = None
    discard: Discard | None = None
    cache: CacheOptions | None = None
    read_only: bool | None = None
    auto_read_only: bool | None = None
    force_share: bool | None = None
    detect_zeroes: DetectZeroes | None = None


@dataclass(slots=True, kw_only=True)
class BlockdevFile(BlockdevNode):
    driver: Literal["file"]
    filename: str
    pr_manager: str | None = None
    locking: OnOffAuto | None = None
    aio: AioOptions | None = None
    aio_max_batch: int | None = None
    drop_cache: bool | None = None
    x_check_cache_dropped: bool | None = None


@dataclass(slots=True, kw_only=True)
class BlockdevNull(BlockdevNode):
    driver: Literal["null-co"]
    size: int | None = None
    latency_ns: int | None = None
    read_zeroes: bool | None = None


@dataclass(slots=True, kw_only=True)
class BlockdevRaw(BlockdevNode):
    driver: Literal["raw"]
    file: BlockdevRef
    offset: int | None = None
    size: int | None = None


@dataclass(slots=True, kw_only=True)
class BlockdevThrottle(BlockdevNode):
    driver: Literal["throttle"]
    throttle_group: str
    file: BlockdevRef


@dataclass(slots=True, kw_only=True)
class BlockdevNbd(BlockdevNode):
    driver: Literal["nbd"]
    server: Server
    export: str | None = None
    tls_creds: str | None = None
    tls_hostname: str | None = None
    x_dirty_bitmap: str | None = None
    reconnect_delay: int | None = None
    open_timeout: int | None = None


@dataclass(slots=True, kw_only=True)
class BlockdevQuorum(BlockdevNode):
    driver: Literal["quorum"]
    children: list[BlockdevRef]
    vote_threshold: int
    blkverify: bool | None = None
    rewrite_corrupted: bool | None = None
    read_pattern: ReadPattern | None = None


@dataclass(slots=True, kw_only=True)
class BlockdevQcow2(BlockdevNode):
    driver: Literal["qcow2"]
    file: BlockdevRef
    backing: BlockdevRef | None = None
    lazy_refcounts: bool | None = None
    pass_discard_request: bool | None = None
    pass_discard_snapshot: bool | None = None
    pass_discard_other: bool | None = None
    overlap_check: OverlapCheckFlags | OverlapCheckMode | None = None
    cache_size: int | None = None
    l2_cache_size: int | None = None
    l2_cache_entry_size: int | None = None
    refcount_cache_size: int | None = None
    cache_clean_interval: int | None = None
    encrypt: Encryption | None = None
    data_file: BlockdevRef | None = None


BlockdevRef: TypeAlias = BlockdevNode | str

#: The bases of unions, and the member on the wire that says which of its subclasses is meant.
UNIONS: dict[type[Any], str] = {
    SchemaInfo: "meta-type",
    Encryption: "format",
    Server: "type",
    BlockdevNode: "driver",
}


def tag_of(cls: type[Any]) -> str:
    """The value of the tag that goes with a class of a union."""
    member = next(member for base, member in UNIONS.items() if issubclass(cls, base))
    hints = get_type_hints(cls)
    tag: str = get_args(hints[member.replace("-", "_")])[0]
    return tag
