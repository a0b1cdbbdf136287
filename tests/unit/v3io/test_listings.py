"""The two answers in XML, and what is refused instead of read."""

from __future__ import annotations

import copy
import pickle

import pytest
from catchment.v3io import listings
from catchment.v3io.outputs import Container, ContainerCommonPrefix, ContainerContent

CONTAINERS = b"""<?xml version="1.0" encoding="UTF-8"?>
<ListAllMyBucketsResult><Owner><ID>7</ID><DisplayName>ann</DisplayName></Owner><Buckets>
<Bucket><Name>users</Name><CreationDate>2024-05-01T08:00:00.000000+00:00</CreationDate><Id>3</Id></Bucket>
<Bucket><Name>bigdata</Name><CreationDate>2024-05-01T08:00:01.000000+00:00</CreationDate><Id>4</Id></Bucket>
</Buckets></ListAllMyBucketsResult>"""

PLAIN = b"""<ListBucketResult><Name>users</Name><Prefix>farm</Prefix><Marker/><Delimiter>/</Delimiter>
<NextMarker>farm/pen</NextMarker><MaxKeys>2</MaxKeys><IsTruncated>true</IsTruncated>
<Contents><Key>farm/h&amp;ns &lt;1&gt;.csv</Key><Size>12</Size><LastModified>2024-05-01T08:00:00.18Z</LastModified></Contents>
<CommonPrefixes><Prefix>farm/pen/</Prefix></CommonPrefixes></ListBucketResult>"""

FULL = b"""<ListBucketResult><Name>users</Name><NextMarker>s</NextMarker><MaxKeys>1000</MaxKeys>
<IsTruncated>false</IsTruncated><Contents><Key>s/0</Key><Size>5</Size><LastSequenceId>9</LastSequenceId>
<LastModified>m</LastModified><AccessTime>a</AccessTime><CreatingTime>c</CreatingTime><Mode>0100664</Mode>
<GID>3e8</GID><UID>3e9</UID><InodeNumber>11</InodeNumber><Else>x</Else></Contents>
<CommonPrefixes><Prefix>s/</Prefix><LastModified>m</LastModified><AccessTime>a</AccessTime><CreatingTime>c</CreatingTime>
<Mode>040775</Mode><GID>3e8</GID><UID>3e9</UID><InodeNumber>12</InodeNumber><ShardCount>8</ShardCount>
<RetentionPeriodHours>24</RetentionPeriodHours><RetentionPeriodSec>86400</RetentionPeriodSec></CommonPrefixes>
</ListBucketResult>"""


def test_containers() -> None:
    """In the server's order, with numbers as numbers."""
    assert listings.read_containers(CONTAINERS).containers == [
        Container("users", "2024-05-01T08:00:00.000000+00:00", 3),
        Container("bigdata", "2024-05-01T08:00:01.000000+00:00", 4),
    ]
    empty = b"<ListAllMyBucketsResult><Buckets/></ListAllMyBucketsResult>"
    assert listings.read_containers(empty).containers == []


def test_a_page() -> None:
    """Text stays text; what the server did not send does not exist."""
    page = listings.read_listing(PLAIN)
    assert (page.name, page.next_marker, page.max_keys, page.is_truncated) == ("users", "farm/pen", "2", "true")
    (file,) = page.contents
    assert (file.key, file.size, file.last_modified) == ("farm/h&ns <1>.csv", 12, "2024-05-01T08:00:00.18Z")
    assert not hasattr(file, "mode")
    assert not hasattr(file, "last_sequence_id")
    (folder,) = page.common_prefixes
    assert folder.prefix == "farm/pen/"
    assert repr(folder) == "ContainerCommonPrefix(prefix='farm/pen/')"
    with pytest.raises(AttributeError):
        folder.last_modified


def test_a_page_with_all_attributes() -> None:
    """Files and folders with what the server knows of them; elements unknown to us are passed over."""
    page = listings.read_listing(FULL)
    assert page.contents[0].to_dict() == {
        "key": "s/0",
        "size": 5,
        "last_sequence_id": 9,
        "last_modified": "m",
        "mode": "0100664",
        "access_time": "a",
        "creating_time": "c",
        "gid": "3e8",
        "uid": "3e9",
        "inode_number": 11,
    }
    assert page.common_prefixes[0].to_dict() == {
        "prefix": "s/",
        "last_modified": "m",
        "access_time": "a",
        "creating_time": "c",
        "mode": "040775",
        "gid": "3e8",
        "uid": "3e9",
        "inode_number": 12,
        "shard_count": 8,
        "retention_period_hours": 24,
        "retention_period_sec": 86400,
    }


def test_an_empty_page() -> None:
    """No marker is `None`, as the original has it."""
    page = listings.read_listing(
        b"<ListBucketResult><Name>u</Name><NextMarker/><MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated></ListBucketResult>"
    )
    assert (page.next_marker, page.contents, page.common_prefixes) == (None, [], [])


def test_the_other_spelling_of_sequence_numbers() -> None:
    """The platform's own Python client looks for another one than its Go client sees."""
    page = listings.read_listing(FULL.replace(b"LastSequenceId", b"LastSequenceID"))
    assert page.contents[0].last_sequence_id == 9


def test_entries_are_values() -> None:
    """They are equal by what they hold, and survive pickle and copies without gaining attributes."""
    one, other = listings.read_listing(PLAIN), listings.read_listing(PLAIN)
    assert one == other
    assert pickle.loads(pickle.dumps(one)) == one
    assert copy.copy(one.contents[0]) == one.contents[0]
    assert not hasattr(copy.copy(one.contents[0]), "mode")
    assert one.contents[0] != listings.read_listing(FULL).contents[0]
    assert ContainerContent() != ContainerCommonPrefix()
    assert ContainerContent() != "x"


BOMB = b'<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;&b;">]>'


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no xml",
        b"{}",
        b"<html></html>",
        CONTAINERS,
        BOMB + PLAIN,
        PLAIN.decode().encode("utf-16"),
        b'<!DOCTYPE a SYSTEM "file:///etc/passwd">' + PLAIN,
        PLAIN.replace(b"<Name>users</Name>", b""),
        PLAIN.replace(b"<NextMarker>farm/pen</NextMarker>", b""),
        PLAIN.replace(b"<NextMarker>farm/pen</NextMarker>", b"<NextMarker/>"),
        PLAIN.replace(b"<MaxKeys>2</MaxKeys>", b""),
        PLAIN.replace(b"<IsTruncated>true</IsTruncated>", b""),
        PLAIN.replace(b"<IsTruncated>true</IsTruncated>", b"<IsTruncated>maybe</IsTruncated>"),
        PLAIN.replace(b"<Size>12</Size>", b"<Size>many</Size>"),
        PLAIN.replace(b"<Prefix>farm/pen/</Prefix>", b""),
        PLAIN[:-20],
        PLAIN.replace(b"farm/pen/", b"&undefined;"),
    ],
)
def test_documents_that_are_no_listing_are_value_errors(body: bytes) -> None:
    """Nothing is guessed; declarations, with which a few bytes become gigabytes, are not even read."""
    with pytest.raises(ValueError, match=r".+"):
        listings.read_listing(body)


@pytest.mark.parametrize(
    "body",
    [
        PLAIN,
        BOMB + CONTAINERS,
        b"<ListAllMyBucketsResult/>",
        CONTAINERS.replace(b"<Id>3</Id>", b""),
        CONTAINERS.replace(b"<Id>3</Id>", b"<Id>x</Id>"),
        CONTAINERS.replace(b"<Name>users</Name>", b""),
    ],
)
def test_documents_that_are_no_containers_are_value_errors(body: bytes) -> None:
    """A container has a name, a date and a number."""
    with pytest.raises(ValueError, match=r".+"):
        listings.read_containers(body)
