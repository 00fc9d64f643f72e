"""The types as msgspec Structs: ranges in annotations, no unknown members, absence is UNSET."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from tests.bench.marshalling_peers import Peer, Way
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

__all__ = ["peer"]

Int: TypeAlias = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
UInt16: TypeAlias = Annotated[int, Meta(ge=0, le=2**16 - 1)]
UInt32: TypeAlias = Annotated[int, Meta(ge=0, le=2**32 - 1)]
UInt64: TypeAlias = Annotated[int, Meta(ge=0)]  # the reader takes no more than 2**64 - 1

OptionalInt: TypeAlias = Int | UnsetType
OptionalUInt32: TypeAlias = UInt32 | UnsetType
OptionalUInt64: TypeAlias = UInt64 | UnsetType
OptionalBool: TypeAlias = bool | UnsetType
OptionalStr: TypeAlias = str | UnsetType


class Strict(Struct, rename="kebab", forbid_unknown_fields=True):
    """What all have in common."""


class MigrationStats(Strict, kw_only=True):
    transferred: Int
    remaining: Int
    total: Int
    duplicate: Int
    skipped: Int
    normal: Int
    normal_bytes: Int
    dirty_pages_rate: Int
    mbps: float
    dirty_sync_count: Int
    postcopy_requests: Int
    page_size: Int


class XBZRLECacheStats(Strict, kw_only=True):
    cache_size: Int
    bytes: Int
    pages: Int
    cache_miss: Int
    cache_miss_rate: float
    overflow: Int


class MigrationInfo(Strict, kw_only=True):
    status: MigrationStatus | UnsetType = UNSET
    ram: MigrationStats | UnsetType = UNSET
    disk: MigrationStats | UnsetType = UNSET
    xbzrle_cache: XBZRLECacheStats | UnsetType = UNSET
    total_time: OptionalInt = UNSET
    expected_downtime: OptionalInt = UNSET
    downtime: OptionalInt = UNSET
    setup_time: OptionalInt = UNSET
    cpu_throttle_percentage: OptionalInt = UNSET
    error_desc: OptionalStr = UNSET
    postcopy_blocktime: OptionalUInt32 = UNSET
    postcopy_vcpu_blocktime: list[UInt32] | UnsetType = UNSET


class MigrateSetParameters(Strict, kw_only=True):
    compress_level: OptionalInt = UNSET
    compress_threads: OptionalInt = UNSET
    decompress_threads: OptionalInt = UNSET
    cpu_throttle_initial: OptionalInt = UNSET
    cpu_throttle_increment: OptionalInt = UNSET
    tls_creds: str | UnsetType | None = UNSET
    tls_hostname: str | UnsetType | None = UNSET
    max_bandwidth: OptionalInt = UNSET
    downtime_limit: OptionalInt = UNSET
    x_checkpoint_delay: OptionalInt = UNSET
    block_incremental: OptionalBool = UNSET
    x_multifd_channels: OptionalInt = UNSET
    x_multifd_page_count: OptionalInt = UNSET
    xbzrle_cache_size: OptionalUInt64 = UNSET


# --- query-qmp-schema ---


class EnumMember(Strict, kw_only=True):
    name: str
    features: list[str] | UnsetType = UNSET


class ObjectMember(Strict, kw_only=True):
    name: str
    type: str
    default: Any = UNSET
    features: list[str] | UnsetType = UNSET


class ObjectVariant(Strict, kw_only=True):
    case: str
    type: str


class AlternateMember(Strict, kw_only=True):
    type: str


class SchemaInfo(Strict, tag_field="meta-type", kw_only=True):
    name: str
    features: list[str] | UnsetType = UNSET


class SchemaInfoBuiltin(SchemaInfo, tag="builtin", kw_only=True):
    json_type: JSONType


class SchemaInfoEnum(SchemaInfo, tag="enum", kw_only=True):
    members: list[EnumMember]
    values: list[str]


class SchemaInfoArray(SchemaInfo, tag="array", kw_only=True):
    element_type: str


class SchemaInfoObject(SchemaInfo, tag="object", kw_only=True):
    members: list[ObjectMember]
    tag: OptionalStr = UNSET
    variants: list[ObjectVariant] | UnsetType = UNSET


class SchemaInfoAlternate(SchemaInfo, tag="alternate", kw_only=True):
    members: list[AlternateMember]


class SchemaInfoCommand(SchemaInfo, tag="command", kw_only=True):
    arg_type: str
    ret_type: str
    allow_oob: OptionalBool = UNSET


class SchemaInfoEvent(SchemaInfo, tag="event", kw_only=True):
    arg_type: str


SchemaInfos: TypeAlias = (
    SchemaInfoBuiltin
    | SchemaInfoEnum
    | SchemaInfoArray
    | SchemaInfoObject
    | SchemaInfoAlternate
    | SchemaInfoCommand
    | SchemaInfoEvent
)


# --- blockdev-add: the drivers of the sample only ---


class CacheOptions(Strict, kw_only=True):
    direct: OptionalBool = UNSET
    no_flush: OptionalBool = UNSET


class OverlapCheckFlags(Strict, kw_only=True):
    template: OverlapCheckMode | UnsetType = UNSET
    main_header: OptionalBool = UNSET
    active_l1: OptionalBool = UNSET
    active_l2: OptionalBool = UNSET
    refcount_table: OptionalBool = UNSET
    refcount_block: OptionalBool = UNSET
    snapshot_table: OptionalBool = UNSET
    inactive_l1: OptionalBool = UNSET
    inactive_l2: OptionalBool = UNSET
    bitmap_directory: OptionalBool = UNSET


class EncryptionAes(Strict, tag_field="format", tag="aes", kw_only=True):
    key_secret: OptionalStr = UNSET


class EncryptionLuks(Strict, tag_field="format", tag="luks", kw_only=True):
    key_secret: OptionalStr = UNSET


class ServerInet(Strict, tag_field="type", tag="inet", kw_only=True):
    host: str
    port: str
    numeric: OptionalBool = UNSET
    to: UInt16 | UnsetType = UNSET
    ipv4: OptionalBool = UNSET
    ipv6: OptionalBool = UNSET
    keep_alive: OptionalBool = UNSET
    mptcp: OptionalBool = UNSET


class ServerUnix(Strict, tag_field="type", tag="unix", kw_only=True):
    path: str
    abstract: OptionalBool = UNSET
    tight: OptionalBool = UNSET


class BlockdevNode(Strict, tag_field="driver", kw_only=True):
    node_name: OptionalStr = UNSET
    discard: Discard | UnsetType = UNSET
    cache: CacheOptions | UnsetType = UNSET
    read_only: OptionalBool = UNSET
    auto_read_only: OptionalBool = UNSET
    force_share: OptionalBool = UNSET
    detect_zeroes: DetectZeroes | UnsetType = UNSET


class BlockdevFile(BlockdevNode, tag="file", kw_only=True):
    filename: str
    pr_manager: OptionalStr = UNSET
    locking: OnOffAuto | UnsetType = UNSET
    aio: AioOptions | UnsetType = UNSET
    aio_max_batch: OptionalInt = UNSET
    drop_cache: OptionalBool = UNSET
    x_check_cache_dropped: OptionalBool = UNSET


class BlockdevNull(BlockdevNode, tag="null-co", kw_only=True):
    size: OptionalInt = UNSET
    latency_ns: OptionalUInt64 = UNSET
    read_zeroes: OptionalBool = UNSET


class BlockdevRaw(BlockdevNode, tag="raw", kw_only=True):
    file: BlockdevRef
    offset: OptionalInt = UNSET
    size: OptionalInt = UNSET


class BlockdevThrottle(BlockdevNode, tag="throttle", kw_only=True):
    throttle_group: str
    file: BlockdevRef


class BlockdevNbd(BlockdevNode, tag="nbd", kw_only=True):
    server: ServerInet | ServerUnix
    export: OptionalStr = UNSET
    tls_creds: OptionalStr = UNSET
    tls_hostname: OptionalStr = UNSET
    x_dirty_bitmap: OptionalStr = UNSET
    reconnect_delay: OptionalUInt32 = UNSET
    open_timeout: OptionalUInt32 = UNSET


class BlockdevQuorum(BlockdevNode, tag="quorum", kw_only=True):
    children: list[BlockdevRef]
    vote_threshold: Int
    blkverify: OptionalBool = UNSET
    rewrite_corrupted: OptionalBool = UNSET
    read_pattern: ReadPattern | UnsetType = UNSET


class BlockdevQcow2(BlockdevNode, tag="qcow2", kw_only=True):
    file: BlockdevRef
    backing: BlockdevRef | UnsetType | None = UNSET
    lazy_refcounts: OptionalBool = UNSET
    pass_discard_request: OptionalBool = UNSET
    pass_discard_snapshot: OptionalBool = UNSET
    pass_discard_other: OptionalBool = UNSET
    overlap_check: OverlapCheckFlags | OverlapCheckMode | UnsetType = UNSET
    cache_size: OptionalInt = UNSET
    l2_cache_size: OptionalInt = UNSET
    l2_cache_entry_size: OptionalInt = UNSET
    refcount_cache_size: OptionalInt = UNSET
    cache_clean_interval: OptionalInt = UNSET
    encrypt: EncryptionAes | EncryptionLuks | UnsetType = UNSET
    data_file: BlockdevRef | UnsetType = UNSET


BlockdevOptions: TypeAlias = (
    BlockdevFile
    | BlockdevNull
    | BlockdevRaw
    | BlockdevThrottle
    | BlockdevNbd
    | BlockdevQuorum
    | BlockdevQcow2
)
BlockdevRef: TypeAlias = BlockdevOptions | str


def peer() -> Peer:
    """The ways of msgspec: a decoder for each type, one encoder for all."""
    types: dict[str, Any] = {
        "MigrationStats": MigrationStats,
        "XBZRLECacheStats": XBZRLECacheStats,
        "MigrationInfo": MigrationInfo,
        "MigrateSetParameters": MigrateSetParameters,
        "SchemaInfo_list": list[SchemaInfos],
        "BlockdevOptions": BlockdevOptions,
    }
    return {name: _way(type_) for name, type_ in types.items()}


def _way(type_: Any) -> Way:
    return Way(
        decode=msgspec.json.Decoder(type_).decode,
        encode=msgspec.json.Encoder().encode,
        from_value=lambda value: msgspec.convert(value, type_),
        to_value=msgspec.to_builtins,
    )
