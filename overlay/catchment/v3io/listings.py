"""The two answers in XML: containers, and one page of a folder."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar
from xml.etree.ElementTree import Element, ParseError, fromstring

from catchment.v3io.outputs import (
    Container,
    ContainerCommonPrefix,
    ContainerContent,
    GetContainerContentsOutput,
    GetContainersOutput,
)

_Entry = TypeVar("_Entry", ContainerContent, ContainerCommonPrefix)
_Members = dict[str, tuple[str, Callable[[str], str | int]]]

_COMMON: Final[_Members] = {
    "LastModified": ("last_modified", str),
    "Mode": ("mode", str),
    "AccessTime": ("access_time", str),
    "CreatingTime": ("creating_time", str),
    "GID": ("gid", str),
    "UID": ("uid", str),
    "InodeNumber": ("inode_number", int),
}
_FILE: Final[_Members] = {
    "Key": ("key", str),
    "Size": ("size", int),
    "LastSequenceId": ("last_sequence_id", int),
    "LastSequenceID": ("last_sequence_id", int),  # as the platform's own Python client spells it
    **_COMMON,
}
_FOLDER: Final[_Members] = {
    "Prefix": ("prefix", str),
    "ShardCount": ("shard_count", int),
    "RetentionPeriodHours": ("retention_period_hours", int),
    "RetentionPeriodSec": ("retention_period_sec", int),
    **_COMMON,
}


def read_containers(body: bytes) -> GetContainersOutput:
    """
    Read the list of containers.

    Raises:
        ValueError: It is no such document.
    """
    buckets = _document(body, "ListAllMyBucketsResult").find("Buckets")
    if buckets is None:
        raise ValueError("the list of containers has no <Buckets>")
    return GetContainersOutput(
        [
            Container(_text(bucket, "Name"), _text(bucket, "CreationDate"), int(_text(bucket, "Id")))
            for bucket in buckets.iterfind("Bucket")
        ]
    )


def read_listing(body: bytes) -> GetContainerContentsOutput:
    """
    Read one page of a folder.

    Raises:
        ValueError: It is no such document; or it says that there are more entries, and not where.
    """
    root = _document(body, "ListBucketResult")
    marker, truncated = _text(root, "NextMarker") or None, _text(root, "IsTruncated")
    if truncated not in {"true", "false"} or (truncated == "true" and marker is None):
        raise ValueError("the listing does not say whether or where it goes on")
    return GetContainerContentsOutput(
        _text(root, "Name"),
        marker,
        _text(root, "MaxKeys"),
        truncated,
        [_entry(node, ContainerContent(), _FILE, "key") for node in root.iterfind("Contents")],
        [_entry(node, ContainerCommonPrefix(), _FOLDER, "prefix") for node in root.iterfind("CommonPrefixes")],
    )


def _document(body: bytes, name: str) -> Element:
    # Declarations of entities make a few bytes gigabytes, or name files. In every encoding that expat takes, they begin
    # with these letters; those of UTF-16, the one exception, have NUL bytes.
    if b"<!DOCTYPE" in body or b"\0" in body:
        raise ValueError("the XML document declares a type, which the platform never does")
    try:
        root = fromstring(body)  # noqa: S314 - no declarations, as just seen
    except ParseError as error:
        raise ValueError(f"no XML document: {error}") from None
    if root.tag != name:
        raise ValueError(f"<{name}> expected, <{root.tag[:60]}> found")
    return root


def _text(node: Element, name: str) -> str:
    child = node.find(name)
    if child is None:
        raise ValueError(f"<{node.tag}> has no <{name}>")
    return child.text or ""


def _entry(node: Element, entry: _Entry, members: _Members, needed: str) -> _Entry:
    for child in node:
        member = members.get(child.tag)
        if member is not None:
            name, kind = member
            setattr(entry, name, kind(child.text or ""))
    if not hasattr(entry, needed):
        raise ValueError(f"an entry of the listing has no {needed}")
    return entry
