"""One record of a stream as it is sent."""

from __future__ import annotations

from binascii import b2a_base64
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from json.encoder import encode_basestring as json_text
from typing import Any, Final, NoReturn, TypeAlias, cast

from catchment.core.errors import UnsafeInputError
from catchment.v3io.limits import (
    INT_MAX,
    MAX_CLIENT_INFO,
    MAX_PARTITION_KEY,
    MAX_RECORD,
    check_int,
    check_size,
    plain_text,
    utf8,
)

Data: TypeAlias = str | bytes | bytearray | memoryview
"""Text is sent as UTF-8, and comes back as bytes."""


@dataclass(frozen=True, slots=True)
class Record:
    """
    A record to write.

    Attributes:
        data: At most 2 MiB; see `Data`.
        client_info: At most 16 bytes beside it, which readers get too.
        partition_key: At most 256 bytes; records of one key are in one shard, in order.
        shard_id: 0-based shard, which wins over `partition_key`. With neither, the server takes the shards in turn.
    """

    data: Data
    client_info: Data | None = None
    partition_key: str | None = None
    shard_id: int | None = None


RecordLike: TypeAlias = Record | Mapping[str, object]
"""A `Record`, or a mapping with `data` and, if wanted, its other members."""

_MEMBERS: Final = ("data", "client_info", "partition_key", "shard_id")
_known: Final = frozenset(_MEMBERS).issuperset


def entry(record: RecordLike, place: int) -> bytes:
    """
    Return a record as a member of the request's list.

    Args:
        record: See `RecordLike`.
        place: Its number among all, for the message.

    Raises:
        UnsafeInputError: It cannot be sent.
    """
    try:
        if type(record) is dict:
            return _dict_entry(cast("dict[str, Any]", record))
        return _dict_entry(_as_dict(record))
    except UnsafeInputError as flaw:
        raise UnsafeInputError(f"record {place}: {flaw.message}", hint=flaw.hint) from None
    except UnicodeEncodeError:
        raise UnsafeInputError(
            f"record {place}: data holds lone surrogates, which cannot be sent", hint="pass it as bytes"
        ) from None


def _as_dict(record: object) -> dict[str, Any]:
    if isinstance(record, Record):
        return {name: getattr(record, name) for name in _MEMBERS}
    if isinstance(record, Mapping):
        return dict(cast("Mapping[str, Any]", record))
    raise UnsafeInputError(
        f"{type(record).__name__} is no record", hint="pass a mapping with 'data', or a Record; wrap bare data in one"
    )


def _dict_entry(record: dict[str, Any]) -> bytes:
    data = record.get("data")
    if type(data) is str:
        data = data.encode()
    elif type(data) is not bytes:
        data = _bytes(data, "data") if _known(record) else _refuse(record)
    if len(data) > MAX_RECORD:
        check_size(len(data), MAX_RECORD, "data")
    size, shard = len(record), record.get("shard_id")
    if size == 1:
        return b'{"Data":"%b"}' % b2a_base64(data, newline=False)
    if size == 2 and type(shard) is int and shard >= 0:
        return b'{"Data":"%b","ShardId":%d}' % (b2a_base64(data, newline=False), shard)
    if not _known(record):
        _refuse(record)
    rest = b"" if shard is None else b',"ShardId":%d' % check_int(shard, "shard_id", 0, INT_MAX)
    key, info = record.get("partition_key"), record.get("client_info")
    if key is not None:
        rest += _key(key if type(key) is str else plain_text(key, "partition_key"))
    if info is not None:
        rest += _info(info)
    return b'{"Data":"%b"%b}' % (b2a_base64(data, newline=False), rest)


@lru_cache(maxsize=4096)
def _key(text: str) -> bytes:
    plain_text(text, "partition_key")
    check_size(len(utf8(text, "partition_key")), MAX_PARTITION_KEY, "partition_key")
    return b',"PartitionKey":' + json_text(text).encode()


def _info(value: object) -> bytes:
    data = _bytes(value, "client_info")
    check_size(len(data), MAX_CLIENT_INFO, "client_info")
    return b',"ClientInfo":"' + b2a_base64(data, newline=False) + b'"'


def _bytes(value: object, what: str) -> bytes:
    if isinstance(value, str):
        return utf8(value, what)
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(cast("bytes", value))
    given = "missing" if value is None else type(value).__name__
    raise UnsafeInputError(f"{what} is {given}: str or bytes are needed", hint="json.dumps() makes text of most things")


def _refuse(record: dict[str, Any]) -> NoReturn:
    name = next(name for name in record if name not in _MEMBERS)
    near = get_close_matches(str(name).lower(), _MEMBERS, n=1, cutoff=0.5)
    meant = f": did you mean {near[0]!r}?" if near else f": {', '.join(_MEMBERS)} are known"
    raise UnsafeInputError(f"{name!r} is no member of a record{meant}")
