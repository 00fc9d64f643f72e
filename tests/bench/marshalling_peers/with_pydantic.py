"""The types as pydantic models: strict, ranges in fields, no unknown members, absence is None."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

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

T = TypeVar("T")

Int: TypeAlias = Annotated[int, Field(ge=-(2**63), le=2**63 - 1)]
UInt16: TypeAlias = Annotated[int, Field(ge=0, le=2**16 - 1)]
UInt32: TypeAlias = Annotated[int, Field(ge=0, le=2**32 - 1)]
UInt64: TypeAlias = Annotated[int, Field(ge=0, le=2**64 - 1)]

#: An enum, which the strict mode would not make from a string that was parsed before.
Lax: TypeAlias = Annotated[T, Field(strict=False)]


class Strict(BaseModel):
    """What all have in common."""

    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        alias_generator=lambda name: name.replace("_", "-"),
        validate_by_alias=True,
        serialize_by_alias=True,
    )


class MigrationStats(Strict):
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


class XBZRLECacheStats(Strict):
    cache_size: Int
    bytes: Int
    pages: Int
    cache_miss: Int
    cache_miss_rate: float
    overflow: Int


class MigrationInfo(Strict):
    status: Lax[MigrationStatus] | None = None
    ram: MigrationStats | None = None
    disk: MigrationStats | None = None
    xbzrle_cache: XBZRLECacheStats | None = None
    total_time: Int | None = None
    expected_downtime: Int | None = None
    downtime: Int | None = None
    setup_time: Int | None = None
    cpu_throttle_percentage: Int | None = None
    error_desc: str | None = None
    postcopy_blocktime: UInt32 | None = None
    postcopy_vcpu_blocktime: list[UInt32] | None = None


class MigrateSetParameters(Strict):
    compress_level: Int | None = None
    compress_threads: Int | None = None
    decompress_threads: Int | None = None
    cpu_throttle_initial: Int | None = None
    cpu_throttle_increment: Int | None = None
    tls_creds: str | None = None
    tls_hostname: str | None = None
    max_bandwidth: Int | None = None
    downtime_limit: Int | None = None
    x_checkpoint_delay: Int | None = None
    block_incremental: bool | None = None
    x_multifd_channels: Int | None = None
    x_multifd_page_count: Int | None = None
    xbzrle_cache_size: UInt64 | None = None


# --- query-qmp-schema ---


class EnumMember(Strict):
    name: str
    features: list[str] | None = None


class ObjectMember(Strict):
    name: str
    type: str
    default: Any = None
    features: list[str] | None = None


class ObjectVariant(Strict):
    case: str
    type: str


class AlternateMember(Strict):
    type: str


class SchemaInfo(Strict):
    name: str
    features: list[str] | None = None


class SchemaInfoBuiltin(SchemaInfo):
    meta_type: Literal["builtin"]
    json_type: Lax[JSONType]


class SchemaInfoEnum(SchemaInfo):
    meta_type: Literal["enum"]
    members: list[EnumMember]
    values: list[str]


class SchemaInfoArray(SchemaInfo):
    meta_type: Literal["array"]
    element_type: str


class SchemaInfoObject(SchemaInfo):
    meta_type: Literal["object"]
    members: list[ObjectMember]
    tag: str | None = None
    variants: list[ObjectVariant] | None = None


class SchemaInfoAlternate(SchemaInfo):
    meta_type: Literal["alternate"]
    members: list[AlternateMember]


class SchemaInfoCommand(SchemaInfo):
    meta_type: Literal["command"]
    arg_type: str
    ret_type: str
    allow_oob: bool | None = None


class SchemaInfoEvent(SchemaInfo):
    meta_type: Literal["event"]
    arg_type: str


SchemaInfos: TypeAlias = Annotated[
    SchemaInfoBuiltin
    | SchemaInfoEnum
    | SchemaInfoArray
    | SchemaInfoObject
    | SchemaInfoAlternate
    | SchemaInfoCommand
    | SchemaInfoEvent,
    Field(discriminator="meta_type"),
]


# --- blockdev-add: the drivers of the sample only ---


class CacheOptions(Strict):
    direct: bool | None = None
    no_flush: bool | None = None


class OverlapCheckFlags(Strict):
    template: Lax[OverlapCheckMode] | None = None
    main_header: bool | None = None
    active_l1: bool | None = None
    active_l2: bool | None = None
    refcount_table: bool | None = None
    refcount_block: bool | None = None
    snapshot_table: bool | None = None
    inactive_l1: bool | None = None
    inactive_l2: bool | None = None
    bitmap_directory: bool | None = None


class EncryptionAes(Strict):
    format: Literal["aes"]
    key_secret: str | None = None


class EncryptionLuks(Strict):
    format: Literal["luks"]
    key_secret: str | None = None


class ServerInet(Strict):
    type: Literal["inet"]
    host: str
    port: str
    numeric: bool | None = None
    to: UInt16 | None = None
    ipv4: bool | None = None
    ipv6: bool | None = None
    keep_alive: bool | None = None
    mptcp: bool | None = None


class ServerUnix(Strict):
    type: Literal["unix"]
    path: str
    abstract: bool | None = None
    tight: bool | None = None


class BlockdevNode(Strict):
    node_name: str | None = None
    discard: Lax[Discard] | None = None
    cache: CacheOptions | None = None
    read_only: bool | None = None
    auto_read_only: bool | None = None
    force_share: bool | None = None
    detect_zeroes: Lax[DetectZeroes] | None = None


class BlockdevFile(BlockdevNode):
    driver: Literal["file"]
    filename: str
    pr_manager: str | None = None
    locking: Lax[OnOffAuto] | None = None
    aio: Lax[AioOptions] | None = None
    aio_max_batch: Int | None = None
    drop_cache: bool | None = None
    x_check_cache_dropped: bool | None = None


class BlockdevNull(BlockdevNode):
    driver: Literal["null-co"]
    size: Int | None = None
    latency_ns: UInt64 | None = None
    read_zeroes: bool | None = None


class BlockdevRaw(BlockdevNode):
    driver: Literal["raw"]
    file: BlockdevRef
    offset: Int | None = None
    size: Int | None = None


class BlockdevThrottle(BlockdevNode):
    driver: Literal["throttle"]
    throttle_group: str
    file: BlockdevRef


class BlockdevNbd(BlockdevNode):
    driver: Literal["nbd"]
    server: Annotated[ServerInet | ServerUnix, Field(discriminator="type")]
    export: str | None = None
    tls_creds: str | None = None
    tls_hostname: str | None = None
    x_dirty_bitmap: str | None = None
    reconnect_delay: UInt32 | None = None
    open_timeout: UInt32 | None = None


class BlockdevQuorum(BlockdevNode):
    driver: Literal["quorum"]
    children: list[BlockdevRef]
    vote_threshold: Int
    blkverify: bool | None = None
    rewrite_corrupted: bool | None = None
    read_pattern: Lax[ReadPattern] | None = None


class BlockdevQcow2(BlockdevNode):
    driver: Literal["qcow2"]
    file: BlockdevRef
    backing: BlockdevRef | None = None
    lazy_refcounts: bool | None = None
    pass_discard_request: bool | None = None
    pass_discard_snapshot: bool | None = None
    pass_discard_other: bool | None = None
    overlap_check: OverlapCheckFlags | Lax[OverlapCheckMode] | None = None
    cache_size: Int | None = None
    l2_cache_size: Int | None = None
    l2_cache_entry_size: Int | None = None
    refcount_cache_size: Int | None = None
    cache_clean_interval: Int | None = None
    encrypt: Annotated[EncryptionAes | EncryptionLuks, Field(discriminator="format")] | None = None
    data_file: BlockdevRef | None = None


BlockdevOptions: TypeAlias = Annotated[
    BlockdevFile
    | BlockdevNull
    | BlockdevRaw
    | BlockdevThrottle
    | BlockdevNbd
    | BlockdevQuorum
    | BlockdevQcow2,
    Field(discriminator="driver"),
]
BlockdevRef: TypeAlias = Annotated[BlockdevOptions | str, Field(union_mode="left_to_right")]


def peer() -> Peer:
    """The ways of pydantic: the methods of a model, a type adapter for what is none."""
    models: list[type[Strict]] = [
        MigrationStats,
        XBZRLECacheStats,
        MigrationInfo,
        MigrateSetParameters,
    ]
    return {
        **{model.__name__: _model_way(model) for model in models},
        "SchemaInfo_list": _schema_way(TypeAdapter(list[SchemaInfos])),
        "BlockdevOptions": _adapter_way(TypeAdapter(BlockdevOptions)),
    }


def _model_way(model: type[Strict]) -> Way:
    return Way(
        decode=model.model_validate_json,
        encode=lambda made: made.model_dump_json(exclude_none=True),
        from_value=model.model_validate,
        to_value=lambda made: made.model_dump(mode="json", exclude_none=True),
    )


def _adapter_way(adapter: TypeAdapter[Any]) -> Way:
    return Way(
        decode=adapter.validate_json,
        encode=lambda made: adapter.dump_json(made, exclude_none=True),
        from_value=adapter.validate_python,
        to_value=lambda made: adapter.dump_python(made, mode="json", exclude_none=True),
    )


def _schema_way(adapter: TypeAdapter[Any]) -> Way:
    """For objects with members that may be null: what was not set is left out, a bit slower."""
    return Way(
        decode=adapter.validate_json,
        encode=lambda made: adapter.dump_json(made, exclude_unset=True),
        from_value=adapter.validate_python,
        to_value=lambda made: adapter.dump_python(made, mode="json", exclude_unset=True),
    )
