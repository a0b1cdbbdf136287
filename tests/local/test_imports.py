"""Imports: no bytes move, destinations are replaced, the commit is the server's."""

from __future__ import annotations

import pytest

IMPORT = "/repositories/flights/branches/main/import"


@pytest.fixture
def source(api):
    """Return an API whose store has something to import."""
    for name in ("d/1", "d/sub/2", "dd/3"):
        api.stack.store.put(f"s3://src/{name}", name.encode())
    return api


def begin(api, *paths, message="take", **more):
    """Start an import and return its id."""
    sources = [dict(zip(("type", "path", "destination"), each, strict=True)) for each in paths]
    return api.ok("POST", IMPORT, {"paths": sources, "commit": {"message": message, **more}})["id"]


def finish(api, job):
    """Poll twice: in progress, then done."""
    first = api.ok("GET", f"{IMPORT}?id={job}")
    assert first["completed"] is False
    assert "error" not in first
    return api.ok("GET", f"{IMPORT}?id={job}")


def test_import_of_a_prefix(source):
    """In progress first, done later; a slash goes between destination and rest; `d` does not take `dd`."""
    status = finish(source, begin(source, ("common_prefix", "s3://src/d", "in"), metadata={"k": "v"}))
    assert status["completed"]
    assert status["ingested_objects"] == 2
    assert status["commit"]["message"] == "take"
    assert status["commit"]["metadata"] == {"k": "v", ".lakefs.merge.strategy": "source-wins"}
    assert source.list() == ["in/1", "in/sub/2"]
    assert source.get("in/1") == b"d/1"
    stat = source.ok("GET", "/repositories/flights/refs/main/objects/stat?path=in/1")
    assert stat["physical_address"] == "s3://src/d/1"


def test_destinations_are_cleared_as_string_prefixes(source):
    """Importing an object to `a/f1` removes `a/f10` as well."""
    for name in ("a/f1", "a/f10", "a/g"):
        source.put(name)
    source.commit()
    finish(source, begin(source, ("object", "s3://src/d/1", "a/f1")))
    assert source.list() == ["a/f1", "a/g"]
    finish(source, begin(source, ("common_prefix", "s3://src/dd/", "")))
    assert source.list() == ["3"]


def test_dirty_branch_shows_in_the_status(source):
    """Starting is fine; the status has the error, and nothing was committed."""
    source.put("dirt")
    head = source.head()
    status = finish(source, begin(source, ("common_prefix", "s3://src/d/", "in/")))
    assert "dirty branch" in status["error"]["message"]
    assert status["completed"] is False
    assert source.head() == head


def test_cancel(source):
    """A cancelled import changes nothing; a finished one cannot be cancelled."""
    job = begin(source, ("common_prefix", "s3://src/d/", "in/"))
    assert source.send("DELETE", f"{IMPORT}?id={job}").status == 204
    assert source.ok("GET", f"{IMPORT}?id={job}")["error"]["message"] == "Canceled"
    assert source.list() == []
    job = begin(source, ("common_prefix", "s3://src/d/", "in/"))
    finish(source, job)
    source.refused(409, "DELETE", f"{IMPORT}?id={job}")


def test_import_nobody_asks_about_is_done_after_a_second(source, clock):
    """It does not wait for ever."""
    begin(source, ("common_prefix", "s3://src/d/", "in/"))
    assert source.list() == []
    clock.now += 1
    assert source.list() == ["in/1", "in/sub/2"]


def test_nothing_to_import_makes_an_empty_commit(source):
    """An empty list of paths is allowed."""
    head = source.head()
    assert finish(source, begin(source, message=""))["commit"]["message"] == "Import objects"
    assert source.head() != head


@pytest.mark.parametrize("path", ["gs://src/d/", "s3://lake/flights/data/", "s3://lake/"])
def test_bad_sources_are_refused(source, path):
    """Other storage, and the repository's own namespace or what holds it."""
    body = {"paths": [{"type": "common_prefix", "path": path, "destination": ""}], "commit": {"message": "m"}}
    source.refused(400, "POST", IMPORT, body)


def test_import_may_be_off(make_api):
    """403 where the installation has no import."""
    api = make_api(import_support=False).make()
    api.refused(403, "POST", IMPORT, {"paths": [], "commit": {"message": ""}})
