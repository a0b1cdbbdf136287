"""Objects and directories of the local V3IO."""

from __future__ import annotations

import pytest

VERIFIER = "X-v3io-transaction-verifier"


def test_data_is_replaced_and_attributes_stay(web):
    """A put of data keeps the item in the same place, and a put of the item keeps the data."""
    web.put("/users/a/f", b"one")
    web.put_item("/users/a/f", age=1)
    assert web.get("/users/a/f") == b"one"
    web.put("/users/a/f", b"three")
    assert web.item("/users/a/f", "*,__size") == {"age": 1, "__size": 5}


def test_post_is_put(web):
    """Both verbs do the same."""
    assert web.send("POST", "/users/f", b"x").status == 200
    assert web.get("/users/f") == b"x"


def test_appending_adds_and_makes(web):
    """`Range: -1` adds at the end; a missing object is made."""
    for piece in (b"", b"a" * 70_000, b"b", b"c" * 10):
        web.put("/users/log", piece, ("Range", "-1"))
    assert web.get("/users/log") == b"a" * 70_000 + b"b" + b"c" * 10
    assert web.get("/users/log", ("Range", "bytes=69999-70001")) == b"abc"


@pytest.mark.parametrize(
    ("asked", "status", "body", "content_range"),
    [
        ("bytes=2-4", 206, b"234", "bytes 2-4/10"),
        ("bytes=0-9", 206, b"0123456789", "bytes 0-9/10"),
        ("bytes=7-", 206, b"789", "bytes 7-9/10"),
        ("bytes=7", 206, b"789", "bytes 7-9/10"),
        ("bytes=-3", 206, b"789", "bytes 7-9/10"),
        ("bytes=8-10", 200, b"89", None),
        ("bytes=10-12", 200, b"", None),
    ],
)
def test_a_range_past_the_end_is_200_with_what_there_is(web, asked, status, body, content_range):
    """206 only when all of the range existed."""
    web.put("/users/f", b"0123456789")
    reply = web.send("GET", "/users/f", b"", ("Range", asked))
    assert (reply.status, reply.body, reply.header("content-range")) == (status, body, content_range)


def test_ranges_that_make_no_sense_are_refused(web):
    """400, not the whole object."""
    web.put("/users/f", b"0123456789")
    for asked in ("bytes=5-2", "bytes=a-b", "lines=1-2", "bytes=1-2,4-5"):
        assert web.send("GET", "/users/f", b"", ("Range", asked)).status == 400


def test_what_answers_tell_of_an_object(web):
    """Last change, kind, and the condition that holds until the next one."""
    put = web.put("/users/f")
    got = web.send("GET", "/users/f")
    assert got.header("Last-Modified") == "Tue, 14 Nov 2023 22:13:20 GMT"
    assert got.header("X-v3io-object-type") == "regular"
    assert got.header(VERIFIER) == put.header(VERIFIER)
    assert put.header(VERIFIER).startswith("__mtime_secs==1700000000 and __mtime_nsecs==")


def test_no_two_changes_have_the_same_time(web):
    """Even while the clock stands still."""
    assert len({web.put("/users/f").header(VERIFIER) for _ in range(50)}) == 50


def test_head(web):
    """Length of a file; none of a directory; no body with an error; containers answer as well."""
    web.put("/users/d/f", b"12345")
    found = {
        path: web.send("HEAD", path) for path in ("/users/d/f", "/users/d", "/users/d/", "/users/x", "/users", "/no")
    }
    assert [(each.status, each.header("content-length")) for each in found.values()] == [
        (200, "5"), (200, "0"), (200, "0"), (404, None), (200, "0"), (404, None),
    ]  # fmt: skip
    assert {each.body for each in found.values()} == {b""}


def test_directories(web):
    """Made by a slash at the end, again and again; nothing reads them; full ones stay."""
    web.put("/users/d/", b"")
    web.put("/users/d/", b"")
    assert web.send("PUT", "/users/d/", b"data").status == 400
    assert web.send("GET", "/users/d").status == web.send("GET", "/users/d/").status == 404
    web.put("/users/d/f")
    assert web.send("DELETE", "/users/d").status == 409
    assert web.send("DELETE", "/users/d/f/").status == 404
    assert web.send("DELETE", "/users/d/f").status == 204
    assert web.send("DELETE", "/users/d/").status == 204
    assert web.send("DELETE", "/users/d").status == 404


def test_a_file_and_a_directory_may_share_a_name(web):
    """The file goes first."""
    web.put("/users/twin", b"file")
    web.put("/users/twin/", b"")
    assert web.get("/users/twin") == b"file"
    assert [web.send("DELETE", "/users/twin").status for _ in range(3)] == [204, 204, 404]


def test_paths(web):
    """Doubled slashes count once, escapes are undone, numbers stand for containers."""
    web.put("//users//a%20b//%23c%3Fd%25e.%C3%BC", b"x")
    number = web.send("GET", "/").body.partition(b"<Name>users</Name>")[2].partition(b"<Id>")[2].partition(b"<")[0]
    assert web.get(f"/{number.decode()}/a%20b%2F%23c%3Fd%25e.%c3%bc") == b"x"


@pytest.mark.parametrize(
    "path", ["a/../b", "./a", "a%00b", "%ff", "x" * 256, "%C3%BC" * 128, "/".join(["x" * 200] * 21)]
)
def test_names_that_no_entry_can_have(web, path):
    """Dots, NUL, bytes that are no UTF-8, and what is too long in bytes."""
    assert web.send("PUT", f"/users/{path}", b"x").status == 400


def test_names_at_their_limits(web):
    """255 bytes of a name and 4096 of a path are fine."""
    web.put("/users/" + "x" * 255)
    web.put("/users/" + "%C3%BC" * 127)
    web.put("/users/" + "/".join(["x" * 200] * 20))


def test_escaped_slashes_can_be_refused(make_web):
    """For those who want to know that their client sends none."""
    assert make_web(strict_paths=True).send("PUT", "/users/a%2fb", b"x").status == 400


def test_missing_things_are_told_apart(web):
    """A missing container by another text than a missing path."""
    for method in ("GET", "PUT", "DELETE"):
        assert b"Container not found" in web.send(method, "/nope/x", b"").body
    for method, path in (("GET", "/users/x"), ("DELETE", "/users/x"), ("GET", "/users?prefix=x")):
        reply = web.send(method, path)
        assert (reply.status, reply.json()) == (404, {"ErrorCode": -2, "ErrorMessage": "No such file or directory"})


def test_containers_are_not_deleted_here(web):
    """That is the control plane's work."""
    assert web.send("DELETE", "/users").status == 403


def test_scatter_write(web):
    """The sizes must add up to what arrives."""
    sizes = [("X-v3io-function", "OosRun"), ("io-vec-num", "2"), ("io-vec-sizes", "3,2")]
    web.put("/users/f", b"hdrab", *sizes)
    assert web.get("/users/f") == b"hdrab"
    assert web.send("PUT", "/users/f", b"toolong", *sizes).status == 400
    assert web.send("PUT", "/users/f", b"x", ("X-v3io-function", "OosRun")).status == 400


def test_attributes_of_entries_are_for_administrators(web, make_web):
    """Others are refused with -13."""
    asked = {"mode": 0o600, "uid": 7, "mtime.sec": 5, "mtime.nsec": 6}
    web.put("/users/f")
    assert web.refused(403, "DirSetAttr", "/users/f", asked)[0] == -13
    admin = make_web(administrator=True)
    admin.put("/users/f")
    admin.ok("DirSetAttr", "/users/f", asked)
    wanted = {"__mode": 0o100600, "__uid": 7, "__gid": 1000, "__mtime_secs": 5, "__mtime_nsecs": 6}
    assert admin.item("/users/f", ",".join(wanted)) == wanted
    assert admin.refused(400, "DirSetAttr", "/users/f", {"colour": 1})[0] == -201326592


def test_objects_by_inode(web):
    """Number and time of creation must both be right."""
    web.put("/users/d/f", b"x")
    facts = web.item("/users/d/f", "__inode_number,__ctime_secs,__ctime_nsecs")
    headers = [("ctime-sec", str(facts["__ctime_secs"])), ("ctime-nsec", str(facts["__ctime_nsecs"]))]
    path = f"/users/{facts['__inode_number']}"
    web.put("/users/d/f", b"later")
    assert web.get(path, *headers) == b"later"
    assert web.send("GET", path, b"", headers[0], ("ctime-nsec", "1")).status == 404
    assert web.send("GET", "/users/x", b"", *headers).status == 400
