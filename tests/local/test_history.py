"""Commits, merges, diffs, logs, reverts and references over the API."""

from __future__ import annotations

import pytest

REPO = "/repositories/flights"


def merge(api, source, destination="main", status=200, **body):
    """Merge one branch into another and return the body."""
    reply = api.send("POST", f"{REPO}/refs/{source}/merge/{destination}", body)
    assert reply.status == status, reply
    return reply.json()


def log(api, query="", ref="main"):
    """Return the messages on a page of the log."""
    page = api.ok("GET", f"{REPO}/refs/{ref}/commits?{query}")
    return [commit["message"] for commit in page["results"]]


def test_commit_needs_changes(api):
    """Nothing staged, or the same content staged again, is 400 "no changes"; allow_empty commits it."""
    assert "no changes" in api.refused(400, "POST", REPO + "/branches/main/commits", {"message": "m"})
    api.put("a")
    api.commit()
    api.put("a")
    assert "no changes" in api.refused(400, "POST", REPO + "/branches/main/commits", {"message": "m"})
    head = api.head()
    assert api.commit(allow_empty=True) != head


def test_commit_keeps_what_it_is_told(api):
    """Message, metadata and date are the caller's; the id is 64 hex digits."""
    api.put("a")
    made = api.ok("POST", REPO + "/branches/main/commits", {"message": "m", "metadata": {"k": "v"}, "date": 5})
    assert (made["message"], made["metadata"], made["creation_date"]) == ("m", {"k": "v"}, 5)
    assert len(made["id"]) == 64
    assert made["parents"]
    assert made["committer"] == "admin"


def test_ids_repeat_with_clock_and_seed(make_api):
    """Two stacks with one seed and one clock make the same ids."""
    heads = []
    for _ in range(2):
        api = make_api().make()
        api.put("a")
        heads.append((api.commit(), api.put("b")["physical_address"]))
    assert heads[0] == heads[1]


def test_merge_conflict_has_an_empty_reference(api):
    """409 without an error message; a strategy settles it; others are refused."""
    api.branch("dev")
    api.put("a", b"dev", "dev")
    api.commit("dev")
    api.put("a", b"main")
    api.commit()
    assert merge(api, "dev", status=409) == {"reference": ""}
    assert api.diff("main", "dev") == [("conflict", "a")]
    api.refused(400, "POST", REPO + "/refs/dev/merge/main", {"strategy": "best-wins"})
    reference = merge(api, "dev", strategy="dest-wins")["reference"]
    made = api.ok("GET", f"{REPO}/commits/{reference}")
    assert made["metadata"] == {".lakefs.merge.strategy": "dest-wins"}
    assert made["message"] == "Merge 'dev' into 'main'"
    assert api.get("a") == b"main"


def test_merge_without_a_body(api):
    """The body is optional."""
    api.branch("dev")
    api.put("a", b"1", "dev")
    api.commit("dev")
    assert api.send("POST", REPO + "/refs/dev/merge/main").status == 200


def test_merge_rules(api):
    """A dirty destination and a source without news are 400; staged source changes stay behind."""
    api.branch("dev")
    api.put("staged", b"1", "dev")
    assert "no changes" in api.refused(400, "POST", REPO + "/refs/dev/merge/main", {})
    merge(api, "dev", allow_empty=True)
    api.put("dirt")
    assert "dirty branch" in api.refused(400, "POST", REPO + "/refs/dev/merge/main", {})
    assert api.list("main@") == []


def test_squash_leaves_one_parent(api):
    """A squash merge has the destination as its only parent."""
    api.branch("dev")
    api.put("a", b"1", "dev")
    api.commit("dev")
    squashed = merge(api, "dev", squash_merge=True)["reference"]
    assert len(api.ok("GET", f"{REPO}/commits/{squashed}")["parents"]) == 1


def test_merge_base(api):
    """The fork point, until a merge moves it."""
    fork = api.head()
    api.branch("dev")
    api.put("a", b"1", "dev")
    head = api.commit("dev")
    base = api.ok("GET", REPO + "/refs/dev/merge/main")
    assert base == {"source_commit_id": head, "destination_commit_id": fork, "base_commit_id": fork}
    merge(api, "dev")
    assert api.ok("GET", REPO + "/refs/dev/merge/main")["base_commit_id"] == head


def test_protected_branch_takes_merges_only(api):
    """Staging, commits and resets are 403; a merge goes through."""
    api.branch("dev")
    api.put("a", b"1", "dev")
    api.commit("dev")
    api.ok("PUT", REPO + "/settings/branch_protection", [{"pattern": "main"}])
    api.refused(403, "POST", REPO + "/branches/main/objects?path=x", b"")
    api.refused(403, "POST", REPO + "/branches/main/commits", {"message": "m", "allow_empty": True})
    merge(api, "dev")
    assert api.list() == ["a"]


def test_protection_rules_are_guarded_by_their_etag(api):
    """`If-Match` with an old ETag is 412 and changes nothing."""
    path = REPO + "/settings/branch_protection"
    etag = api.send("GET", path).header("etag")
    assert api.send("PUT", path, [{"pattern": "a"}], ("If-Match", etag)).status == 204
    api.refused(412, "PUT", path, [{"pattern": "b"}], ("If-Match", etag))
    assert api.ok("GET", path) == [{"pattern": "a"}]


def test_diffs(api):
    """Two dots compare states; three dots show what a merge would bring; a delimiter groups."""
    api.put("keep")
    api.put("old")
    api.commit()
    api.branch("dev")
    api.put("d/1", b"1", "dev")
    api.put("d/2", b"1", "dev")
    api.put("keep", b"new", "dev")
    api.delete("old", "dev")
    api.commit("dev")
    api.put("mine")
    api.commit()
    assert api.diff("main", "dev") == [("added", "d/1"), ("added", "d/2"), ("changed", "keep"), ("removed", "old")]
    assert ("removed", "mine") in api.diff("main", "dev", "type=two_dot")
    assert api.diff("main", "dev", "delimiter=/&prefix=d") == [("prefix_changed", "d/")]
    assert api.diff("main", "dev", "amount=1&after=d/2") == [("changed", "keep")]
    api.put("staged", b"1", "dev")
    assert ("added", "staged") not in api.diff("main", "dev", "type=two_dot")
    assert ("added", "staged") in api.diff("main", "dev$", "type=two_dot")
    page = api.ok("GET", REPO + "/refs/main/diff/dev?include_right_stats=true&after=d/2&amount=1")
    assert page["results"][0]["right"]["checksum"]
    api.refused(400, "GET", REPO + "/refs/main$/diff/dev")


def test_uncommitted_changes_page(api):
    """Staged changes in order; what equals the head again is no change."""
    api.put("a")
    api.put("b")
    api.commit()
    api.put("b")
    api.put("c")
    api.delete("a")
    page = api.ok("GET", REPO + "/branches/main/diff?amount=1")
    assert [(item["type"], item["path"]) for item in page["results"]] == [("removed", "a")]
    page = api.ok("GET", REPO + "/branches/main/diff?after=a")
    assert [(item["type"], item["path"]) for item in page["results"]] == [("added", "c")]


@pytest.mark.parametrize(
    ("body", "left"),
    [
        ({"type": "object", "path": "d/1"}, ["d/10", "e"]),
        ({"type": "common_prefix", "path": "d/"}, ["e"]),
        ({"type": "reset"}, []),
        ({"type": "object", "path": "nothing"}, ["d/1", "d/10", "e"]),
    ],
)
def test_reset(api, body, left):
    """One object, a prefix, or all of it; nothing there is still 204."""
    for name in ("d/1", "d/10", "e"):
        api.put(name)
    assert api.send("PUT", REPO + "/branches/main", body).status == 204
    assert api.list() == left


def test_hard_reset_moves_the_head(api):
    """The branch points to the other commit, without staged changes."""
    first = api.head()
    api.put("a")
    api.commit()
    api.put("b")
    assert api.send("PUT", REPO + "/branches/main/hard_reset?ref=main~1").status == 204
    assert (api.head(), api.list()) == (first, [])


def test_log(api, clock):
    """Newest first; pages, limits, path filters, since, and stop_at, which is included."""
    for number in range(5):
        clock.now += 10
        api.put(f"d{number}/x")
        api.commit(message=str(number))
    assert log(api) == ["4", "3", "2", "1", "0", "Repository created"]
    page = api.ok("GET", REPO + "/refs/main/commits?amount=2")
    after = page["pagination"]["next_offset"]
    assert after == page["results"][-1]["id"]
    assert log(api, f"amount=2&after={after}") == ["2", "1"]
    assert api.ok("GET", REPO + "/refs/main/commits?amount=2&limit=true")["pagination"]["has_more"] is False
    assert log(api, "objects=d1/x&prefixes=d3/") == ["3", "1"]
    assert log(api, "since=2023-11-14T22:13:50Z") == ["4", "3", "2"]
    assert log(api, "stop_at=main~2") == ["4", "3", "2"]
    api.refused(400, "GET", REPO + "/refs/main/commits?since=yesterday")


def test_log_of_first_parents(api):
    """The other side of a merge is left out."""
    api.branch("dev")
    api.put("a", b"1", "dev")
    api.commit("dev", "on dev")
    merge(api, "dev", message="merged")
    assert log(api) == ["merged", "on dev", "Repository created"]
    assert log(api, "first_parent=true") == ["merged", "Repository created"]


def test_revert(api):
    """204 without a body, message as the reference was given, and the content of before."""
    api.put("a", b"1")
    api.commit()
    api.put("a", b"2")
    two = api.commit()
    reply = api.send("POST", REPO + "/branches/main/revert", {"ref": "main", "parent_number": 0})
    assert (reply.status, reply.body) == (204, b"")
    assert api.get("a") == b"1"
    assert log(api)[0] == "Revert main"
    assert "no changes" in api.refused(400, "POST", REPO + "/branches/main/revert", {"ref": two, "parent_number": 0})
    api.put("a", b"3")
    dirty = api.refused(400, "POST", REPO + "/branches/main/revert", {"ref": two, "parent_number": 0})
    assert "dirty branch" in dirty
    api.commit()
    api.refused(409, "POST", REPO + "/branches/main/revert", {"ref": two, "parent_number": 0})
    api.refused(400, "POST", REPO + "/branches/main/revert", {"ref": two})


def test_merge_commits_need_a_parent_number(api):
    """Revert: 409 without, 400 out of range; cherry-pick: 400 for 0."""
    api.branch("dev")
    api.put("a", b"1", "dev")
    api.commit("dev")
    made = merge(api, "dev")["reference"]
    api.refused(409, "POST", REPO + "/branches/main/revert", {"ref": made, "parent_number": 0})
    api.refused(400, "POST", REPO + "/branches/main/revert", {"ref": made, "parent_number": 3})
    api.branch("other", "main~1")
    api.refused(400, "POST", REPO + "/branches/other/cherry-pick", {"ref": made, "parent_number": 0})
    picked = api.ok("POST", REPO + "/branches/other/cherry-pick", {"ref": made, "parent_number": 1})
    assert picked["metadata"]["cherry-pick-origin"] == made
    assert api.list("other") == ["a"]
    api.ok("POST", REPO + "/branches/main/revert", {"ref": made, "parent_number": 1})
    assert api.list() == []


def test_references_lead_where_they_say(api):
    """Branch, tag, id prefix, ancestors, parents; past the root 404, no such parent 400."""
    root = api.head()
    api.put("a")
    head = api.commit()
    api.ok("POST", REPO + "/tags", {"id": "v1.0", "ref": "main"})
    api.put("staged")

    def commit(ref):
        return api.ok("GET", f"{REPO}/commits/{ref}")["id"]

    assert [commit(ref) for ref in ("main", "v1.0", head, head[:10], "main^0")] == [head] * 5
    assert [commit(ref) for ref in ("main~", "main~1", "v1.0^", "main~0~1")] == [root] * 4
    api.refused(404, "GET", REPO + "/commits/main~9")
    api.refused(400, "GET", REPO + "/commits/main^2")
    api.refused(400, "GET", REPO + "/commits/v1.0@")
    api.refused(400, "POST", REPO + "/tags", {"id": "v2", "ref": "main$"})
    assert (api.list("main"), api.list("main@"), api.list("main$")) == (["a", "staged"], ["a"], ["a", "staged"])


def test_branches(api):
    """The answer to a creation is plain text; hidden ones are listed on request; the default one stays."""
    reply = api.send("POST", REPO + "/branches", {"name": "dev", "source": "main", "hidden": True})
    assert (reply.status, reply.header("content-type")) == (201, "text/html")
    assert reply.body.decode() == api.head()
    assert [each["id"] for each in api.ok("GET", REPO + "/branches")["results"]] == ["main"]
    assert [each["id"] for each in api.ok("GET", REPO + "/branches?show_hidden=true")["results"]] == ["dev", "main"]
    api.refused(409, "POST", REPO + "/branches", {"name": "dev", "source": "main"})
    api.refused(400, "POST", REPO + "/branches", {"name": "a.b", "source": "main"})
    api.refused(404, "POST", REPO + "/branches", {"name": "new", "source": "nope"})
    api.refused(403, "DELETE", REPO + "/branches/main")
    assert api.send("DELETE", REPO + "/branches/dev").status == 204
    api.refused(404, "DELETE", REPO + "/branches/dev")


def test_path_parameters_are_unescaped_twice(api):
    """A bare plus is a space, `%2B` a plus, and a percent sign takes `%2525`."""
    api.ok("POST", REPO + "/tags", {"id": "a+b", "ref": "main"})
    api.ok("POST", REPO + "/tags", {"id": "50%", "ref": "main"})
    api.refused(404, "GET", REPO + "/tags/a+b")
    assert api.ok("GET", REPO + "/tags/a%2Bb")["id"] == "a+b"
    assert api.ok("GET", REPO + "/tags/50%2525")["id"] == "50%"
    reply = api.send("GET", REPO + "/tags/50%25")
    assert (reply.status, reply.header("content-type")) == (400, "text/plain; charset=utf-8")
