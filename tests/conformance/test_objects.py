"""What lakeFS does with objects and listings, as the client relies on it."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from catchment import lakefs
from catchment.lakefs.exceptions import (
    BadRequestException,
    InvalidRangeException,
    ObjectExistsException,
    ServerException,
)
from catchment_api.lakefs import api, models

from tests.conformance.conftest import Target

ROADS = [False, True]


@pytest.fixture
def where(target: Target, repo: lakefs.Repository) -> dict[str, Any]:
    """First arguments of raw calls on the default branch."""
    if not target.client.storage_config.pre_sign_support:
        pytest.skip("this server does not presign")
    return {"repository": repo.id, "client": target.client.api}


@pytest.mark.parametrize("pre_sign", ROADS)
def test_content_and_facts_survive(main: lakefs.Branch, where: dict[str, Any], pre_sign: bool) -> None:
    """Bytes, size, MD5, content type and metadata read back as they were sent, by either road."""
    data = bytes(range(256)) * 5
    info = main.upload(data, "d/ü +%.bin", pre_sign=pre_sign, content_type="text/x-odd; a=b", metadata={"Key": "V 1"})
    for facts in (info, main.stat_object("d/ü +%.bin"), next(main.objects(prefix="d/"))):
        assert isinstance(facts, lakefs.ObjectInfo)
        assert (facts.path, facts.size_bytes, facts.content_type) == ("d/ü +%.bin", 1280, "text/x-odd; a=b")
        assert facts.checksum == hashlib.md5(data, usedforsecurity=False).hexdigest()
        assert facts.metadata == {"key": "V 1"}
    for road in ROADS:
        assert main.download("d/ü +%.bin", pre_sign=road) == data


@pytest.mark.parametrize("pre_sign", ROADS)
def test_empty_object(main: lakefs.Branch, where: dict[str, Any], pre_sign: bool) -> None:
    """Zero bytes are an object; any range on it is unsatisfiable and tells the size."""
    main.upload(b"", "empty", pre_sign=pre_sign)
    assert main.stat_object("empty").size_bytes == 0
    assert main.download("empty", pre_sign=pre_sign) == b""
    request = api.objects.get_object.build_request(where["repository"], "main", path="empty", range_="bytes=0-10")
    with pytest.raises(InvalidRangeException) as caught:
        where["client"].send(request)
    assert caught.value.size == 0


def test_ranges(main: lakefs.Branch, where: dict[str, Any]) -> None:
    """One range is answered with 206 and the whole's size; one that cannot be read gets 416 without a size."""
    main.upload(b"0123456789", "r")

    def ask(text: str) -> Any:
        request = api.objects.get_object.build_request(where["repository"], "main", path="r", range_=text)
        return where["client"].send(request)

    for text, body, told in (
        ("bytes=2-4", b"234", "bytes 2-4/10"),
        ("bytes=8-", b"89", "bytes 8-9/10"),
        ("bytes=-3", b"789", "bytes 7-9/10"),
        ("bytes=5-99", b"56789", "bytes 5-9/10"),
    ):
        answer = ask(text)
        assert (answer.status, answer.body, answer.headers.get("content-range")) == (206, body, told)
    with pytest.raises(InvalidRangeException) as beyond:
        ask("bytes=10-12")
    assert beyond.value.size == 10
    with pytest.raises(InvalidRangeException) as malformed:
        ask("bytes=0--1")
    assert malformed.value.size is None


@pytest.mark.parametrize("pre_sign", ROADS)
def test_create_only(main: lakefs.Branch, where: dict[str, Any], pre_sign: bool) -> None:
    """An existing path is refused and stays as it was."""
    main.upload(b"1", "once", mode="x", pre_sign=pre_sign)
    with pytest.raises(ObjectExistsException) as caught:
        main.upload(b"2", "once", mode="x", pre_sign=pre_sign)
    assert caught.value.status_code == 412
    assert main.download("once") == b"1"


def test_replace_only_is_not_offered(main: lakefs.Branch, where: dict[str, Any]) -> None:
    """The community server answers 501 to `If-Match`."""
    with pytest.raises(ServerException) as caught:
        api.objects.upload_object.sync(
            where["repository"], "main", client=where["client"], path="a", body=b"x", if_match='"y"'
        )
    assert caught.value.status_code == 501


def test_an_address_is_for_one_path(main: lakefs.Branch, where: dict[str, Any]) -> None:
    """A staging address that was signed for one path cannot be linked to another."""
    place = api.staging.get_physical_address.sync(
        where["repository"], "main", client=where["client"], path="a", presign=True
    )
    body = models.StagingMetadata(staging=place, checksum="0" * 32, size_bytes=1)
    with pytest.raises(BadRequestException):
        api.staging.link_physical_address.sync(where["repository"], "main", client=where["client"], path="b", body=body)


def test_signed_url_needs_and_takes_no_credentials(main: lakefs.Branch, where: dict[str, Any]) -> None:
    """`presign` puts a URL in the place of the address, which says when it ends."""
    main.upload(b"x", "a")
    plain, signed = main.object("a").stat(), main.object("a").stat(pre_sign=True)
    assert not plain.physical_address.startswith("http")
    assert plain.physical_address_expiry is None
    assert signed.physical_address.startswith("http")
    assert signed.physical_address_expiry is not None
    assert signed.checksum == plain.checksum
    assert main.download("a", pre_sign=True) == b"x"


def test_same_content_is_no_change(main: lakefs.Branch) -> None:
    """Size, checksum, metadata and content type make a version; time and address do not."""
    main.upload(b"1", "a")
    main.commit("one")
    main.upload(b"1", "a")
    assert list(main.uncommitted()) == []
    with pytest.raises(BadRequestException, match="no changes"):
        main.commit("nothing")
    main.upload(b"1", "a", metadata={"k": "v"})
    assert [(change.type, change.path) for change in main.uncommitted()] == [("changed", "a")]


def test_metadata_is_replaced_as_a_whole(main: lakefs.Branch) -> None:
    """The content stays, and keys that are left out are gone."""
    main.upload(b"1", "a", metadata={"old": "1", "kept": "2"})
    main.object("a").set_metadata({"kept": "3"})
    assert main.stat_object("a").metadata == {"kept": "3"}
    assert main.download("a") == b"1"


def test_deleting(main: lakefs.Branch, where: dict[str, Any]) -> None:
    """Deleting nothing is fine, alone and in bulk; more than 1000 paths at once are refused."""
    main.upload(b"1", "a")
    for _ in range(2):
        main.object("a").delete()
    main.delete_objects(["a", "b"])
    assert not main.object("a").exists()
    body = models.PathList(paths=[str(number) for number in range(1001)])
    with pytest.raises(BadRequestException):
        api.objects.delete_objects.sync(where["repository"], "main", client=where["client"], body=body)


def test_copies(main: lakefs.Branch) -> None:
    """A copy has its source's bytes and metadata, and an address of its own."""
    source = main.upload(b"1", "a", metadata={"k": "v"})
    copy = main.copy_object("main", "a", "b/c")
    assert (copy.path, copy.size_bytes, copy.metadata) == ("b/c", 1, {"k": "v"})
    assert copy.physical_address != source.physical_address
    main.object("a").delete()
    assert main.download("b/c") == b"1"


def test_listing_order_prefix_and_cursor(main: lakefs.Branch) -> None:
    """Byte order; a prefix is plain text; a cursor is exclusive and need not exist."""
    names = ["B", "a", "a/b", "a/c", "ab", "é", "z"]
    for name in reversed(names):
        main.upload(b"x", name)
    paths = sorted(names, key=str.encode)
    assert [item.path for item in main.objects()] == paths
    assert [item.path for item in main.objects(prefix="a")] == ["a", "a/b", "a/c", "ab"]
    assert [item.path for item in main.objects(after="a/b")] == ["a/c", "ab", "z", "é"]
    assert [item.path for item in main.objects(after="a/bb", max_amount=2)] == ["a/c", "ab"]


def test_grouping(main: lakefs.Branch) -> None:
    """A delimiter groups what has it behind the prefix, and a group is a cursor as good as a path."""
    for name in ("a", "d1/x", "d1/y", "d2/x/z", "e"):
        main.upload(b"x", name)
    groups = [(type(item).__name__, item.path) for item in main.objects(delimiter="/")]
    assert groups == [
        ("ObjectInfo", "a"), ("CommonPrefix", "d1/"), ("CommonPrefix", "d2/"), ("ObjectInfo", "e"),
    ]  # fmt: skip
    assert [item.path for item in main.list_objects(prefix="d2/")] == ["d2/x/"]
    assert [item.path for item in main.objects(delimiter="/", after="d1/")] == ["d2/", "e"]


def test_page_size(main: lakefs.Branch, where: dict[str, Any]) -> None:
    """A page has up to 1000 items and says where the next begins; more cannot be asked for."""
    for name in "abc":
        main.upload(b"x", name)

    def ask(amount: int) -> models.ObjectStatsList:
        return api.objects.list_objects.sync(where["repository"], "main", client=where["client"], amount=amount)

    page = ask(2)
    assert ([item.path for item in page.results], page.pagination.next_offset) == (["a", "b"], "b")
    assert (page.pagination.has_more, page.pagination.max_per_page) == (True, 1000)
    last = ask(1000)
    assert (last.pagination.has_more, last.pagination.next_offset) == (False, "")
    with pytest.raises(BadRequestException):
        ask(1001)


def test_readers_share_the_staging_area(target: Target, repo: lakefs.Repository, main: lakefs.Branch) -> None:
    """What is written is seen at once on the branch, and not at its committed state."""
    main.upload(b"x", "staged")
    other = target.client.with_options()
    assert lakefs.repository(repo.id, other).branch("main").download("staged") == b"x"
    assert not repo.ref("main@").object("staged").exists()
    assert repo.ref("main$").object("staged").exists()
