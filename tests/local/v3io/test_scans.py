"""Scans of the local V3IO: pages, slices, segments, ranges, markers."""

from __future__ import annotations

import pytest

INVALID = -201326592


@pytest.fixture
def fill():
    """Return a function that writes items with a number each."""

    def write(web, names, table="/users/t"):
        for number, name in enumerate(names):
            web.put_item(f"{table}/{name}", n=number)
        return web

    return write


@pytest.mark.parametrize("slices", [1, 64, 1024])
def test_every_item_once(make_web, fill, slices):
    """However short the pages are; with one slice a page, most are empty."""
    web = fill(make_web(slices_per_page=slices), [str(n) for n in range(40)])
    pages = web.pages("/users/t/", AttributesToGet="__name,n")
    assert sorted(item["n"] for page in pages for item in page) == list(range(40))
    assert len(pages) == 1024 // slices
    assert ([] in pages) == (slices < 1024)


@pytest.mark.parametrize("limit", [1, 7, 39, 40, 41])
def test_limits_count_what_is_returned(make_web, fill, limit):
    """Not what was looked at."""
    web = fill(make_web(slices_per_page=1024), [str(n) for n in range(80)])
    pages = web.pages("/users/t/", Limit=limit, FilterExpression="n >= 40")
    assert sorted(item["n"] for page in pages for item in page) == list(range(40, 80))
    assert max(map(len, pages)) == min(limit, 40)


def test_filters_make_empty_pages(web, fill):
    """Which are not the end."""
    pages = fill(web, [str(n) for n in range(40)]).pages("/users/t/", FilterExpression="n == 17")
    assert [len(page) for page in pages].count(0) == 15
    assert [item["n"] for page in pages for item in page] == [17]


@pytest.mark.parametrize("total", [1, 2, 3, 7, 1024])
def test_segments_share_a_table(web, fill, total):
    """Disjoint, and together whole."""
    fill(web, [str(n) for n in range(30)])
    found = [name for segment in range(total) for name in web.names("/users/t/", Segment=segment, TotalSegment=total)]
    assert sorted(found, key=int) == [str(n) for n in range(30)]


def test_ranges_of_sorting_keys(web, fill):
    """From the start on, up to the end without it, in bytewise order; other sharding keys stay out."""
    keys = ["a", "B", "b", "10", "9", "z", "ü"]
    fill(web, [*(f"k.{key}" for key in keys), "k", "kk.b", "j.b"])

    def names(**asked):
        return web.names("/users/t/", ShardingKey="k", **asked)

    assert names() == ["k", "k.10", "k.9", "k.B", "k.a", "k.b", "k.z", "k.ü"]
    assert names(SortKeyRangeStart="9", SortKeyRangeEnd="b") == ["k.9", "k.B", "k.a"]
    assert names(SortKeyRangeStart="b") == ["k.b", "k.z", "k.ü"]
    assert names(SortKeyRangeEnd="9") == ["k", "k.10"]
    assert names(Limit=1) == names()
    assert web.names("/users/t/", ShardingKey="gone") == []


def test_star_brings_the_name(web, fill):
    """Unlike in the answer of one item; two stars bring all."""
    fill(web, ["x"])
    assert web.scan("/users/t/") == [{"__name": "x", "n": 0}]
    assert web.scan("/users/t/", AttributesToGet="n") == [{"n": 0}]
    assert {"__name", "__size", "n"} <= set(web.scan("/users/t/", AttributesToGet="**")[0])


def test_which_directory_is_the_table(web, fill):
    """Its own items only, stray files included; the container's root; all below it."""
    fill(web, ["a", "sub/b"])
    web.put("/users/t/.%23schema", b"{}")
    web.put_item("/users/top", n=9)
    assert sorted(web.names("/users/t")) == sorted(web.names("/users/", TableName="t")) == [".#schema", "a"]
    assert web.names("/users/", TableName="t/sub/") == ["b"]
    assert web.names("/users/", TableName="/") == ["top"]
    assert sorted(web.names("/users/", TableName="/*")) == [".#schema", "a", "b", "top"]
    assert sorted(web.names("/users/", TableName="/*", Limit=1)) == [".#schema", "a", "b", "top"]
    assert web.refused(404, "GetItems", "/users/gone/", {})[0] == -2


def test_pages_are_no_larger_than_two_megabytes(make_web):
    """The rest comes with the marker."""
    web = make_web(slices_per_page=1024)
    for number in range(60):
        web.put_item(f"/users/t/{number}", text="x" * 60_000)
    pages = web.pages("/users/t/", AttributesToGet="text")
    assert [len(page) for page in pages] == [35, 25]


def test_markers_survive_writes(make_web):
    """Items that stay are seen once, whatever comes and goes between two pages."""
    web = make_web(slices_per_page=1024)
    for number in range(50):
        web.put_item(f"/users/t/{number}", n=number)
    first = web.ok("GetItems", "/users/t/", {"Limit": 20, "AttributesToGet": "n"})
    seen = [int(item["n"]["N"]) for item in first["Items"]]
    for number in seen[:10]:
        web.send("DELETE", f"/users/t/{number}")
    for number in range(100, 150):
        web.put_item(f"/users/t/{number}", n=number)
    seen += [item["n"] for item in web.scan("/users/t/", AttributesToGet="n", Marker=first["NextMarker"])]
    assert sorted(number for number in seen if number < 50) == list(range(50))


@pytest.mark.parametrize(
    "asked",
    [
        {"Segment": 0},
        {"TotalSegment": 2},
        {"Segment": 2, "TotalSegment": 2},
        {"Segment": -1, "TotalSegment": 2},
        {"Segment": 0, "TotalSegment": 1025},
        {"SortKeyRangeStart": "a"},
        {"SortKeyRangeEnd": "a"},
        {"ShardingKey": "k", "Segment": 0, "TotalSegment": 2},
        {"ShardingKey": "k.x"},
        {"Limit": 0},
        {"Limit": "5"},
        {"Marker": "what?"},
        {"Marker": "AAAA"},
        {"FilterExpression": "n ="},
        {"AttributesToGet": ["n"]},
    ],
)
def test_what_makes_no_sense(web, fill, asked):
    """400 with a code."""
    fill(web, ["k.x"])
    assert web.refused(400, "GetItems", "/users/t/", asked)[0] == INVALID


def test_a_marker_is_for_its_kind_of_scan(web, fill):
    """Not for another segment, nor for a range."""
    fill(web, [str(n) for n in range(40)])
    marker = web.ok("GetItems", "/users/t/", {"Limit": 1})["NextMarker"]
    for other in ({"Segment": 0, "TotalSegment": 2}, {"ShardingKey": "5"}):
        assert web.refused(400, "GetItems", "/users/t/", {"Marker": marker, **other})[0] == INVALID


def test_what_nobody_describes_is_not_guessed(web, fill):
    """501 with its name."""
    fill(web, ["x"])
    assert "ReturnData" in web.refused(501, "GetItems", "/users/t/", {"ReturnData": "true"})[1]
    web.ok("GetItems", "/users/t/", {"ReturnData": ""})
    assert web.ask("GetItems", "/users/t/", {}, conditional_mtime_sec="5").status == 501


def test_binary_answers_are_json(web, fill):
    """Clients that ask for them, such as the one for Go, go by the content type."""
    fill(web, ["x"])
    asked = {"AllowObjectScatter": "true"}
    reply = web.ask("GetItems", "/users/t/", asked, X_v3io_response_content_type="capnp")
    assert (reply.status, reply.header("content-type")) == (200, "application/json")
