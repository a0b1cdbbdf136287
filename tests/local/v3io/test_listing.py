"""Listings of the local V3IO."""

from __future__ import annotations

from urllib.parse import quote
from xml.etree import ElementTree as ET

import pytest


def listing(web, path, query=""):
    """Return the tree of one page."""
    reply = web.send("GET", f"/users?prefix={quote(path)}{query}")
    assert reply.status == 200, reply
    return ET.fromstring(reply.body)


def entries(page):
    """Return the paths on a page."""
    return [each.text for each in (*page.findall("Contents/Key"), *page.findall("CommonPrefixes/Prefix"))]


def all_entries(web, path, size, query=""):
    """Return the paths on all pages, and how many pages there were."""
    found, marker, pages = [], "", 0
    while True:
        page = listing(web, path, f"&max-keys={size}&marker={quote(marker)}{query}")
        found += entries(page)
        pages += 1
        marker = page.findtext("NextMarker")
        if page.findtext("IsTruncated") == "false":
            return found, pages


@pytest.fixture
def filled(web):
    """A server with files and directories whose order is not that of numbers."""
    for name in ("stream-9", "stream-10", "a", "z"):
        web.put(f"/users/d/{name}", b"12")
    for name in ("dir", "stream-95"):
        web.put(f"/users/d/{name}/below")
    return web


def test_a_whole_page(filled):
    """All elements are there; a key is the whole path, a prefix ends in a slash."""
    page = listing(filled, "d")
    assert entries(page) == ["d/a", "d/stream-10", "d/stream-9", "d/z", "d/dir/", "d/stream-95/"]
    told = {each.tag: each.text for each in page if not len(each)}
    assert told == {
        "Name": "users", "Prefix": "d", "Marker": None, "Delimiter": "/", "NextMarker": "d/z", "MaxKeys": "1000",
        "IsTruncated": "false",
    }  # fmt: skip
    contents = {each.tag: each.text for each in page.find("Contents")}
    assert contents == {"Key": "d/a", "Size": "2", "LastModified": contents["LastModified"]}
    assert contents["LastModified"].startswith("2023-11-14T22:13:20.")


@pytest.mark.parametrize("path", ["d", "/d", "d/", "/d/"])
def test_slashes_around_a_prefix_do_not_matter(filled, path):
    """Six entries each time."""
    assert len(entries(listing(filled, path))) == 6


def test_the_root_and_directories_in_the_path(filled):
    """An empty prefix is the container; the path of the URL counts too."""
    assert entries(listing(filled, "")) == ["d/"]
    page = ET.fromstring(filled.send("GET", "/users/d?prefix=dir").body)
    assert entries(page) == ["d/dir/below"]
    assert entries(ET.fromstring(filled.send("GET", "/users/").body)) == ["d/"]


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 6, 7])
def test_pages_lose_nothing(filled, size):
    """Files and directories are one sequence, by bytes."""
    found, pages = all_entries(filled, "d", size)
    wanted = ["d/a", "d/dir/", "d/stream-10", "d/stream-9", "d/stream-95/", "d/z"]
    assert (sorted(found), pages) == (wanted, -(-6 // size))


@pytest.mark.parametrize("size", [1, 2, 3])
def test_twins_of_file_and_directory_are_both_listed(web, size):
    """Wherever a page ends."""
    for name in ("a", "twin", "twin/below", "z"):
        web.put(f"/users/d/{name}")
    assert sorted(all_entries(web, "d", size)[0]) == ["d/a", "d/twin", "d/twin/", "d/z"]


def test_directories_only(filled):
    """In pages too."""
    assert all_entries(filled, "d", 1, "&prefix-only=1") == (["d/dir/", "d/stream-95/"], 2)


def test_a_page_of_nothing(filled):
    """A limit of 0 tells that the directory is there; there is no marker then."""
    page = listing(filled, "d", "&max-keys=0")
    assert (entries(page), page.findtext("IsTruncated"), page.findtext("NextMarker")) == ([], "false", "")
    assert filled.send("GET", "/users?prefix=d&max-keys=x").status == 400


def test_an_empty_directory(web):
    """200 without entries and without a marker."""
    web.put("/users/d/", b"")
    page = listing(web, "d")
    assert (entries(page), page.findtext("NextMarker")) == ([], "")


def test_the_path_of_a_file_is_no_directory(filled):
    """404, as where nothing is."""
    assert filled.send("GET", "/users?prefix=d/a").status == 404


def test_entries_go_while_they_are_listed(web):
    """Deleting what was listed skips nothing: markers are names."""
    for number in range(10):
        web.put(f"/users/d/{number}")
    found, marker = [], ""
    while True:
        page = listing(web, "d", f"&max-keys=3&marker={marker}")
        for key in entries(page):
            found.append(key)
            web.send("DELETE", f"/users/{key}")
        marker = page.findtext("NextMarker")
        if page.findtext("IsTruncated") == "false":
            break
    assert found == [f"d/{number}" for number in range(10)]


def test_all_attributes(web):
    """Modes in octal, owners in hex; streams tell what they are, shards how far they got."""
    web.put("/users/d/f")
    web.ok("CreateStream", "/users/d/s", {"ShardCount": 2, "RetentionPeriodHours": 3})
    web.ok("PutRecords", "/users/d/s", {"Records": [{"Data": "eA==", "ShardId": 1}]})
    page = listing(web, "d", "&prefix-info=1")
    file = {each.tag: each.text for each in page.find("Contents")}
    stream = {each.tag: each.text for each in page.find("CommonPrefixes")}
    common = {"LastModified", "AccessTime", "CreatingTime", "Mode", "GID", "UID", "InodeNumber"}
    assert set(file) == {"Key", "Size", *common}
    assert set(stream) == {"Prefix", "ShardCount", "RetentionPeriodHours", "RetentionPeriodSec", *common}
    assert (file["Mode"], file["UID"], stream["Mode"]) == ("0100664", "3e8", "040775")
    assert (stream["ShardCount"], stream["RetentionPeriodSec"]) == ("2", "10800")
    shard = {each.tag: each.text for each in listing(web, "d/s").find("Contents")}
    assert (shard["Key"], shard["LastSequenceId"]) == ("d/s/1", "1")


def test_names_are_escaped(web):
    """Ampersands, brackets, line ends and blanks come back as they went in."""
    name = "<&>\n\r\t ü]]>"
    web.put("/users/d/" + quote(name))
    assert entries(listing(web, "d")) == [f"d/{name}"]


def test_containers(make_web):
    """Those of the options, with numbers and times."""
    web = make_web(containers=("one", "two"))
    buckets = ET.fromstring(web.send("GET", "/").body).findall("Buckets/Bucket")
    assert [(each.findtext("Name"), each.findtext("Id")) for each in buckets] == [("one", "1001"), ("two", "1002")]
    assert buckets[0].findtext("CreationDate").startswith("2023-11-14T22:13:20.")
    assert buckets[0].findtext("CreationDate").endswith("+00:00")
