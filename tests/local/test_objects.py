"""Objects over the API: what real servers answer, oddities included."""

from __future__ import annotations

import hashlib
from urllib.parse import quote

import pytest

MAIN = "/repositories/flights/branches/main"
REFS = "/repositories/flights/refs/main"


def test_raw_upload_answers_stats(api):
    """201, hex MD5, the request's content type, metadata keys in lower case."""
    stats = api.put("a", b"hello", "main", ("Content-Type", "text/x"), ("X-Lakefs-Meta-Key", "V"))
    assert stats["checksum"] == hashlib.md5(b"hello").hexdigest()
    assert (stats["size_bytes"], stats["content_type"], stats["metadata"]) == (5, "text/x", {"key": "V"})
    assert stats["physical_address"].startswith("s3://lake/flights/data/")


def test_internal_headers_get_their_own_prefix(api):
    """`x-lakefs-internal-*` is kept apart from user metadata."""
    assert api.put("a", b"", "main", ("x-lakefs-internal-client-mtime", "1"))["metadata"] == {
        "::lakefs::client-mtime": "1"
    }


def test_form_upload_takes_the_part_named_content(api):
    """Other parts are ignored; the part's own content type counts; line breaks inside survive."""
    body = (
        b'--B\r\nContent-Disposition: form-data; name="other"\r\n\r\nno\r\n'
        b'--B\r\nContent-Disposition: form-data; name="content"; filename="f"\r\nContent-Type: text/csv\r\n\r\n'
        b"\r\na,b\r\n\r\n--B--\r\n"
    )
    stats = api.put("a", body, "main", ("Content-Type", "multipart/form-data; boundary=B"))
    assert stats["content_type"] == "text/csv"
    assert api.get("a") == b"\r\na,b\r\n"
    missing = b'--B\r\nContent-Disposition: form-data; name="x"\r\n\r\n1\r\n--B--\r\n'
    api.refused(400, "POST", MAIN + "/objects?path=b", missing, ("Content-Type", "multipart/form-data; boundary=B"))


def test_create_only_upload(api):
    """`If-None-Match: *` refuses an existing path with 412; other conditions are not on offer."""
    api.put("a")
    api.refused(412, "POST", MAIN + "/objects?path=a", b"2", ("If-None-Match", "*"))
    assert api.get("a") == b"x"
    api.refused(501, "POST", MAIN + "/objects?path=b", b"2", ("If-None-Match", '"etag"'))
    api.refused(501, "POST", MAIN + "/objects?path=b", b"2", ("If-Match", '"etag"'))
    api.delete("a")
    api.put("a", b"3", "main", ("If-None-Match", "*"))


def test_empty_path_is_refused_and_empty_body_is_not(api):
    """A zero-byte object is an object; a nameless one is not."""
    api.refused(400, "POST", MAIN + "/objects?path=", b"1")
    assert api.put("empty", b"")["size_bytes"] == 0


RANGES = [
    ("bytes=0-1", 206, b"ab", "bytes 0-1/6"),
    ("bytes=4-", 206, b"ef", "bytes 4-5/6"),
    ("bytes=-2", 206, b"ef", "bytes 4-5/6"),
    ("bytes=-99", 206, b"abcdef", "bytes 0-5/6"),
    ("bytes=2-99", 206, b"cdef", "bytes 2-5/6"),
    ("bytes=6-", 416, None, "bytes */6"),
    ("bytes=-0", 416, None, "bytes */6"),
    ("bytes=0--1", 416, None, None),
    ("bytes=3-2", 416, None, None),
    ("bytes=0-1,3-4", 416, None, None),
    ("lines=1-2", 416, None, None),
]


@pytest.mark.parametrize(("header", "status", "body", "content_range"), RANGES)
def test_ranges(api, header, status, body, content_range):
    """One range or none; only an unsatisfiable one tells the size."""
    api.put("a", b"abcdef")
    reply = api.send("GET", REFS + "/objects?path=a", None, ("Range", header))
    assert (reply.status, reply.header("content-range")) == (status, content_range)
    if body is not None:
        assert reply.body == body


def test_any_range_of_an_empty_object_is_unsatisfiable(api):
    """There is no byte to give."""
    api.put("a", b"")
    reply = api.send("GET", REFS + "/objects?path=a", None, ("Range", "bytes=0-"))
    assert (reply.status, reply.header("content-range")) == (416, "bytes */0")


def test_etag_and_not_modified(api):
    """The quoted checksum is the ETag; sending it back saves the body."""
    etag = f'"{api.put("a")["checksum"]}"'
    reply = api.send("GET", REFS + "/objects?path=a")
    assert reply.header("etag") == etag
    again = api.send("GET", REFS + "/objects?path=a", None, ("If-None-Match", etag))
    assert (again.status, again.body, again.header("content-length")) == (304, b"", None)


def test_head_has_headers_and_no_body(api):
    """HEAD tells the length; its errors say nothing at all."""
    api.put("a", b"abc")
    reply = api.send("HEAD", REFS + "/objects?path=a")
    assert (reply.status, reply.header("content-length"), reply.body) == (200, "3", b"")
    assert reply.header("accept-ranges") == "bytes"
    assert api.send("HEAD", REFS + "/objects?path=no").body == b""


def test_delete_of_nothing_is_fine(api):
    """204 either way, and a missing object is no mutation."""
    assert api.send("DELETE", MAIN + "/objects?path=no").status == 204
    assert not api.stack.ledger.of("deleteObject")


def test_bulk_delete_limit_and_errors(api):
    """At most 1000 paths; protected branches answer 200 with an error for each path."""
    api.put("a")
    assert api.ok("POST", MAIN + "/objects/delete", {"paths": ["a", "no"]}) == {"errors": []}
    assert api.list() == []
    api.refused(400, "POST", MAIN + "/objects/delete", {"paths": [str(n) for n in range(1001)]})
    api.ok("PUT", "/repositories/flights/settings/branch_protection", [{"pattern": "ma*"}])
    errors = api.ok("POST", MAIN + "/objects/delete", {"paths": ["a"]})["errors"]
    assert [(error["path"], error["status_code"]) for error in errors] == [("a", 403)]


def test_copy_is_a_real_copy(api):
    """Another address, the same bytes and metadata; shallow copies are not on offer."""
    first = api.put("a", b"abc", "main", ("x-lakefs-meta-k", "v"))
    copied = api.ok("POST", MAIN + "/objects/copy?dest_path=b", {"src_path": "a"})
    assert copied["physical_address"] != first["physical_address"]
    assert (copied["metadata"], api.get("b")) == ({"k": "v"}, b"abc")
    api.refused(501, "POST", MAIN + "/objects/copy?dest_path=c", {"src_path": "a", "shallow": True})
    api.refused(404, "POST", MAIN + "/objects/copy?dest_path=c", {"src_path": "no"})


def test_user_metadata_is_replaced_whole_with_204(api):
    """Declared 201, sent 204; keys that are not named again are gone."""
    api.put("a", b"", "main", ("x-lakefs-meta-old", "1"))
    reply = api.send("PUT", MAIN + "/objects/stat/user_metadata?path=a", {"set": {"New": "2"}})
    assert (reply.status, reply.body) == (204, b"")
    assert api.ok("GET", REFS + "/objects/stat?path=a")["metadata"] == {"New": "2"}
    assert "metadata" not in api.ok("GET", REFS + "/objects/stat?path=a&user_metadata=false")


def test_amounts(api):
    """1 to 1000; 0 and -1 mean the default of 100; more is refused."""
    for number in range(120):
        api.put(f"f{number:03d}")
    for amount in ("", "&amount=0", "&amount=-1"):
        assert len(api.list("main", "prefix=f" + amount)) == 100
    assert len(api.list("main", "amount=1000")) == 120
    for amount in ("1001", "-2", "many"):
        api.refused(400, "GET", REFS + f"/objects/ls?amount={amount}")
    page = api.ok("GET", REFS + "/objects/ls?amount=2&after=f0005")["pagination"]
    assert page == {"has_more": True, "max_per_page": 1000, "next_offset": "f002", "results": 2}


def test_prefix_is_a_plain_string_prefix(api):
    """`foo` also matches `foobar`."""
    for name in ("foo/a", "foobar", "other"):
        api.put(name)
    assert api.list("main", "prefix=foo") == ["foo/a", "foobar"]
    assert api.list("main", "delimiter=/") == ["foo/", "foobar", "other"]
    assert api.list("main", "delimiter=/&after=foo/") == ["foobar", "other"]


def test_names_survive_byte_for_byte(api):
    """Escaped names come back as they were."""
    for name in ("a b", "a+b", "é/ü", "%2F", "?#&=", "a//b", "/lead", "trail/", "\U0001f600"):
        api.put(quote(name, safe=""))
        assert name in api.list("main", "amount=1000")


def test_missing_things_are_404(api):
    """Repository, reference, branch and path, each by name."""
    for path in ("/repositories/nope", "/repositories/flights/refs/nope/objects?path=a", REFS + "/objects?path=a"):
        api.refused(404, "GET", path)
    api.refused(404, "POST", "/repositories/flights/branches/nope/objects?path=a", b"")


def test_lost_bytes_are_gone(api):
    """An imported object whose source was deleted answers 410."""
    api.stack.store.put("s3://src/a", b"1")
    location = {"physical_address": "s3://src/a"}
    body = {"staging": location, "checksum": "c", "size_bytes": 1}
    api.ok("PUT", MAIN + "/staging/backing?path=a", body)
    assert api.get("a") == b"1"
    api.stack.store.delete("s3://src/a")
    api.refused(410, "GET", REFS + "/objects?path=a")
