"""What answers say, under the names that V3IO's users know. Records, of which there are many, are msgspec's structs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar

import msgspec

from catchment.v3io.values import Value


@dataclass(slots=True)
class Container:
    """
    A container.

    Attributes:
        name: Of the container.
        creation_date: ISO 8601 with offset, as the server wrote it.
        identifier: Its number, which requests may use in place of the name.
    """

    name: str
    creation_date: str
    identifier: int


@dataclass(slots=True)
class GetContainersOutput:
    """The containers that the caller may see."""

    containers: list[Container] = field(default_factory=list[Container])


class _Sent:
    """Attributes that the server did not send do not exist."""

    __slots__ = ()
    _shown: ClassVar[tuple[str, ...]]

    def _items(self) -> Iterator[tuple[str, object]]:
        for name in self._shown:
            if hasattr(self, name):
                yield name, getattr(self, name)

    def to_dict(self) -> dict[str, str | int]:
        """Return what the server sent, by attribute name."""
        found: dict[str, Any] = dict(self._items())
        return found

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self._items())})"

    def __eq__(self, other: object) -> bool:
        return (
            type(other) is type(self) and self.to_dict() == other.to_dict()
            if isinstance(other, _Sent)
            else NotImplemented
        )

    __hash__ = None  # pyright: ignore[reportAssignmentType] - attributes may be set


class ContainerContent(_Sent):
    """
    A file of a listing. An attribute that the server did not send does not exist.

    Attributes:
        key: Path within the container, without a slash before it.
        size: Bytes.
        last_modified: RFC 3339 with fraction.
        last_sequence_id: Of a stream's shard only.
        mode: Octal text, such as `"0100664"`; this and the following with `get_all_attributes` only.
        access_time: RFC 3339 with fraction.
        creating_time: RFC 3339 with fraction.
        gid: Hexadecimal text.
        uid: Hexadecimal text.
        inode_number: Of the object.
    """

    __slots__ = _shown = (
        "key",
        "size",
        "last_sequence_id",
        "last_modified",
        "mode",
        "access_time",
        "creating_time",
        "gid",
        "uid",
        "inode_number",
    )

    key: str
    size: int
    last_sequence_id: int
    last_modified: str
    mode: str
    access_time: str
    creating_time: str
    gid: str
    uid: str
    inode_number: int


class ContainerCommonPrefix(_Sent):
    """
    A folder of a listing. An attribute that the server did not send does not exist.

    Attributes:
        prefix: Path within the container, with a slash at its end.
        last_modified: RFC 3339 with fraction; this and the following with `get_all_attributes` only.
        access_time: RFC 3339 with fraction.
        creating_time: RFC 3339 with fraction.
        mode: Octal text, such as `"040775"`.
        gid: Hexadecimal text.
        uid: Hexadecimal text.
        inode_number: Of the folder.
        shard_count: Of a stream only.
        retention_period_hours: Of a stream only.
        retention_period_sec: Of a stream only.
    """

    __slots__ = _shown = (
        "prefix",
        "last_modified",
        "access_time",
        "creating_time",
        "mode",
        "gid",
        "uid",
        "inode_number",
        "shard_count",
        "retention_period_hours",
        "retention_period_sec",
    )

    prefix: str
    last_modified: str
    access_time: str
    creating_time: str
    mode: str
    gid: str
    uid: str
    inode_number: int
    shard_count: int
    retention_period_hours: int
    retention_period_sec: int


@dataclass(slots=True)
class GetContainerContentsOutput:
    """
    One page of a folder.

    Attributes:
        name: The container.
        next_marker: Where the next page begins; filled on the last page too, so that `is_truncated` decides. `None`
            when empty.
        max_keys: Page size, as text.
        is_truncated: `"true"` while there are more pages.
        contents: Files.
        common_prefixes: Folders.
    """

    name: str
    next_marker: str | None
    max_keys: str
    is_truncated: str
    contents: list[ContainerContent] = field(default_factory=list[ContainerContent], repr=False)
    common_prefixes: list[ContainerCommonPrefix] = field(default_factory=list[ContainerCommonPrefix], repr=False)


@dataclass(slots=True)
class GetItemOutput:
    """Attributes of an item by name; those asked for and absent are left out."""

    item: dict[str, Value]


@dataclass(slots=True)
class GetItemsOutput:
    """
    One page of a scan, which may be empty and not be the last.

    Attributes:
        items: Attributes of each item.
        last: Whether the scan ends here.
        next_marker: Continues it; `None` at the end.
    """

    items: list[dict[str, Value]] = field(repr=False)
    last: bool
    next_marker: str | None


@dataclass(slots=True)
class DescribeStreamOutput:
    """Shards of a stream, and the hours for which it keeps records at least."""

    shard_count: int
    retention_period_hours: int


@dataclass(slots=True)
class SeekShardOutput:
    """Where to read from: opaque, never computed."""

    location: str


class PutRecordsResult(
    msgspec.Struct,
    frozen=True,
    gc=False,
    rename={
        "sequence_number": "SequenceNumber",
        "shard_id": "ShardId",
        "error_code": "ErrorCode",
        "error_message": "ErrorMessage",
    },
):
    """
    What became of one record.

    Attributes:
        sequence_number: Within its shard; `None` if it was not written.
        shard_id: Where it went; `None` if it was not written.
        error_code: Why it was not written; `None` if it was.
        error_message: The same in words.
    """

    sequence_number: int | None = None
    shard_id: int | None = None
    error_code: int | None = None
    error_message: str | None = None


class PutRecordsOutput(msgspec.Struct, rename={"failed_record_count": "FailedRecordCount", "records": "Records"}):
    """What became of each record, in the order of the request."""

    failed_record_count: int
    records: list[PutRecordsResult]

    def __repr__(self) -> str:
        return f"PutRecordsOutput(failed_record_count={self.failed_record_count})"


class GetRecordsResult(
    msgspec.Struct,
    frozen=True,
    gc=False,
    rename={
        "arrival_time_sec": "ArrivalTimeSec",
        "arrival_time_nsec": "ArrivalTimeNSec",
        "sequence_number": "SequenceNumber",
        "data": "Data",
        "client_info": "ClientInfo",
        "partition_key": "PartitionKey",
    },
):
    """
    A record of a shard.

    Attributes:
        arrival_time_sec: Seconds since 1970 at which the server had it.
        arrival_time_nsec: Nanoseconds beyond them.
        sequence_number: Unique in the shard, growing by one.
        data: The record.
        client_info: What the writer sent along, or `None`.
        partition_key: What the writer chose the shard by, or `None`.
    """

    arrival_time_sec: int
    arrival_time_nsec: int
    sequence_number: int
    data: bytes
    client_info: bytes | None = None
    partition_key: str | None = None

    def to_dict(self) -> dict[str, int | bytes | str | None]:
        """Return its members by name, as tables want them."""
        return msgspec.structs.asdict(self)


class GetRecordsOutput(
    msgspec.Struct,
    rename={
        "next_location": "NextLocation",
        "msec_behind_latest": "MSecBehindLatest",
        "records_behind_latest": "RecordsBehindLatest",
        "records": "Records",
    },
):
    """
    Records of a shard, oldest first.

    Attributes:
        next_location: Where to go on; the same again while there is nothing newer.
        msec_behind_latest: Age of the last record read, against the shard's newest.
        records_behind_latest: Records newer than those read.
        records: Of this page.
    """

    next_location: str
    msec_behind_latest: int
    records_behind_latest: int
    records: list[GetRecordsResult]

    def __repr__(self) -> str:
        shown = ("next_location", "msec_behind_latest", "records_behind_latest")
        return f"GetRecordsOutput({', '.join(f'{name}={getattr(self, name)!r}' for name in shown)})"


@dataclass(slots=True)
class ClusterMetadataOutput:
    """
    Facts of the cluster.

    Attributes:
        number_of_vns: Virtual nodes that share the data.
    """

    number_of_vns: int
