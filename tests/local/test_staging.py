"""Uploads past the server: signed addresses, presigned URLs, multipart uploads."""

from __future__ import annotations

import hashlib

import pytest

MAIN = "/repositories/flights/branches/main"
REFS = "/repositories/flights/refs/main"


def locate(api, path="a", branch="main"):
    """Ask for a presigned address."""
    return api.ok("GET", f"/repositories/flights/branches/{branch}/staging/backing?path={path}&presign=true")


def link(api, staging, status, path="a", branch="main", **more):
    """Link an address and return the body."""
    body = {"staging": staging, "checksum": "c", "size_bytes": 3, **more}
    reply = api.send("PUT", f"/repositories/flights/branches/{branch}/staging/backing?path={path}", body)
    assert reply.status == status, reply
    return reply.json()


def test_presigned_upload_and_download(api):
    """PUT to the object store, link, and read back from there; metadata keys keep their case, mtime counts."""
    staging = locate(api)
    put = api.objects("PUT", staging["presigned_url"], b"abc", ("Content-Type", "text/csv"))
    assert put.header("etag") == f'"{hashlib.md5(b"abc").hexdigest()}"'
    stats = link(api, staging, 200, user_metadata={"Key": "ü"}, mtime=7)
    assert (stats["metadata"], stats["mtime"]) == ({"Key": "ü"}, 7)
    assert api.get("a") == b"abc"
    redirect = api.send("GET", REFS + "/objects?path=a&presign=true")
    assert redirect.status == 302
    got = api.objects("GET", redirect.header("location"), b"", ("Range", "bytes=1-"))
    assert (got.status, got.body, got.header("content-range")) == (206, b"bc", "bytes 1-2/3")
    assert got.header("content-disposition") == "attachment"
    shown = api.ok("GET", REFS + "/objects/stat?path=a&presign=true")
    assert shown["physical_address_expiry"] == 1_700_000_900
    assert api.objects("GET", shown["physical_address"]).body == b"abc"


def test_linking_twice_is_fine(api):
    """A lost reply may be asked for again with the same address."""
    staging = locate(api)
    api.objects("PUT", staging["presigned_url"], b"abc")
    assert link(api, staging, 200) == link(api, staging, 200)


def test_address_is_for_one_branch_and_path_and_24_hours(api, clock):
    """Anywhere else, or a day later, linking it is 400."""
    api.branch("dev")
    staging = locate(api)
    link(api, staging, 400, path="b")
    link(api, staging, 400, branch="dev")
    link(api, {"physical_address": "s3://lake/flights/data/made-up"}, 400)
    clock.now += 24 * 3600
    assert "expired" in link(api, staging, 400)["message"]


def test_address_outside_the_namespace_is_linked_as_it_is(api):
    """That is how existing data is registered."""
    api.stack.store.put("s3://other/bucket/key", b"abc")
    assert link(api, {"physical_address": "s3://other/bucket/key"}, 200)["physical_address"] == "s3://other/bucket/key"
    assert api.get("a") == b"abc"


def test_conditional_link(api):
    """`If-None-Match: *` is 412 for an existing path."""
    staging = locate(api)
    api.put("a")
    body = {"staging": staging, "checksum": "c", "size_bytes": 3}
    api.refused(412, "PUT", MAIN + "/staging/backing?path=a", body, ("If-None-Match", "*"))


def code(reply):
    """Return status and error code of an XML answer."""
    assert reply.header("content-type") == "application/xml"
    return reply.status, reply.body.decode().split("<Code>")[1].split("</Code>")[0]


def test_object_store_refusals(api, clock):
    """Second authentication, wrong method, altered or old URL, missing length: XML errors, nothing stored."""
    url = locate(api)["presigned_url"]
    assert code(api.objects("PUT", url, b"abc", api.authorization)) == (400, "InvalidArgument")
    assert code(api.objects("GET", url)) == (403, "SignatureDoesNotMatch")
    assert code(api.objects("PUT", url.replace("X-Amz-Expires=900", "X-Amz-Expires=901"))) == (
        403,
        "SignatureDoesNotMatch",
    )
    assert code(api.objects("PUT", url.partition("?")[0], b"abc")) == (403, "AccessDenied")
    handle = api.stack.lakefs.handle
    assert code(handle("PUT", url, [], b"abc")) == (411, "MissingContentLength")
    assert code(handle("PUT", url, [("Transfer-Encoding", "chunked")], b"abc")) == (501, "NotImplemented")
    assert code(handle("PUT", url, [("Content-Length", "4")], b"abc")) == (400, "IncompleteBody")
    clock.now += 900
    assert code(api.objects("PUT", url, b"abc")) == (403, "AccessDenied")
    assert api.stack.store.list() == []


def test_head_is_not_signed_by_a_get_url(api):
    """The signature covers the method."""
    api.put("a")
    url = api.send("GET", REFS + "/objects?path=a&presign=true").header("location")
    assert api.objects("HEAD", url).status == 403


@pytest.mark.parametrize("kind", ["mem", "local"])
def test_stores_without_presigning(make_api, kind):
    """500 for an address, 400 for an object, 501 for multipart."""
    api = make_api(blockstore_type=kind)
    api.ok("POST", "/repositories", {"name": "flights", "storage_namespace": f"{kind}://flights"})
    api.put("a", b"abc")
    assert api.get("a") == b"abc"
    api.refused(500, "GET", MAIN + "/staging/backing?path=a&presign=true")
    api.refused(400, "GET", REFS + "/objects?path=a&presign=true")
    api.refused(501, "POST", MAIN + "/staging/pmpu?path=a")
    assert "presigned_url" not in api.ok("GET", MAIN + "/staging/backing?path=a")


def start(api, parts):
    """Start a multipart upload."""
    return api.ok("POST", f"{MAIN}/staging/pmpu?path=big&parts={parts}")


def test_multipart_upload(make_api):
    """Parts in any order, one replaced, one fresh URL; the checksum is no MD5; the address is relative."""
    api = make_api(minimum_part_bytes=4).make()
    upload = start(api, 2)
    address = {"physical_address": upload["physical_address"]}
    path = f"{MAIN}/staging/pmpu/{upload['upload_id']}"
    third = api.ok("PUT", f"{path}/parts/3?path=big", address)["presigned_url"]
    api.objects("PUT", upload["presigned_urls"][1], b"wrong")
    sent = [(3, third, b"!"), (2, upload["presigned_urls"][1], b"efgh"), (1, upload["presigned_urls"][0], b"abcd")]
    tags = {number: api.objects("PUT", url, data).header("etag").strip('"') for number, url, data in sent}
    parts = [{"part_number": number, "etag": tags[number]} for number in (1, 2, 3)]
    stats = api.ok("PUT", path + "?path=big", {**address, "parts": parts, "content_type": "x/y"})
    digests = b"".join(hashlib.md5(data).digest() for data in (b"abcd", b"efgh", b"!"))
    assert stats["checksum"] == hashlib.md5(digests).hexdigest() + "-3"
    assert stats["physical_address"].startswith("data/")
    assert stats["content_type"] == "x/y"
    assert api.get("big") == b"abcdefgh!"
    assert not api.stack.store.open_uploads
    api.refused(404, "PUT", path + "?path=big", {**address, "parts": parts})


def test_multipart_rules(make_api):
    """Small, missing, unordered or different parts are refused; an abort drops them; limits hold."""
    api = make_api(minimum_part_bytes=4).make()
    upload = start(api, 2)
    address = {"physical_address": upload["physical_address"]}
    path = f"{MAIN}/staging/pmpu/{upload['upload_id']}?path=big"
    one, two = (api.objects("PUT", url, b"ab").header("etag").strip('"') for url in upload["presigned_urls"])
    small = [{"part_number": 1, "etag": one}, {"part_number": 2, "etag": two}]
    assert "TooSmall" in api.refused(400, "PUT", path, {**address, "parts": small})
    assert "Order" in api.refused(400, "PUT", path, {**address, "parts": small[::-1]})
    assert "InvalidPart" in api.refused(400, "PUT", path, {**address, "parts": [{"part_number": 1, "etag": "no"}]})
    assert api.send("DELETE", path, address).status == 204
    assert not api.stack.store.open_uploads
    assert api.objects("PUT", upload["presigned_urls"][0], b"ab").status == 404
    api.refused(400, "POST", f"{MAIN}/staging/pmpu?path=big&parts=10001")
    api.refused(404, "POST", "/repositories/flights/branches/nope/staging/pmpu?path=big")


def test_parts_can_be_copied(make_api):
    """A part taken from an object, or from a range of it."""
    api = make_api(minimum_part_bytes=1).make()
    api.put("source", b"0123456789")
    upload = start(api, 0)
    address = {"physical_address": upload["physical_address"]}
    path = f"{MAIN}/staging/pmpu/{upload['upload_id']}"
    source = {"repository": "flights", "ref": "main", "path": "source", "range": "bytes=2-4"}
    reply = api.send("PUT", f"{path}/parts/1/copy?path=big", {**address, "copy_source": source})
    assert reply.status == 204
    parts = [{"part_number": 1, "etag": reply.header("etag").strip('"')}]
    api.ok("PUT", path + "?path=big", {**address, "parts": parts})
    assert api.get("big") == b"234"
