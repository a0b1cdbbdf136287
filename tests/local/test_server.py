"""Repositories, accounts, tasks, pull requests, and what holds for every route."""

from __future__ import annotations

import base64
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import yaml
from catchment.local import LakeFSOptions, Stack
from catchment.local.lakefs.routes.table import routes

REPO = "/repositories/flights"
SPEC = Path(__file__).parents[2] / "specs" / "lakefs.yaml"


def create(api, name, namespace, **more):
    """Create a repository."""
    return api.send("POST", "/repositories", {"name": name, "storage_namespace": namespace, **more})


def test_repository_rules(api):
    """Ids, storage types, and namespaces, which are never free again."""
    assert create(api, "flights", "s3://lake/new").status == 409
    assert create(api, "Bad", "s3://lake/new").status == 400
    assert create(api, "ab", "s3://lake/new").status == 400
    assert create(api, "other", "mem://lake").status == 400
    assert create(api, "other", "s3://lake/flights").status == 400
    assert create(api, "other", "s3://lake/flights/inside").status == 400
    assert create(api, "other", "s3://lake/new", storage_id="x").status == 400
    assert api.send("DELETE", REPO).status == 204
    api.refused(404, "GET", REPO)
    assert create(api, "flights", "s3://lake/flights").status == 400


def test_repositories_are_listed_in_order(api):
    """By id, with prefix, search and paging."""
    for name in ("zeta", "alpha"):
        create(api, name, f"s3://lake/{name}")
    listed = api.ok("GET", "/repositories?amount=2")
    assert [each["id"] for each in listed["results"]] == ["alpha", "flights"]
    assert listed["pagination"]["next_offset"] == "flights"
    assert [each["id"] for each in api.ok("GET", "/repositories?search=et")["results"]] == ["zeta"]


def test_read_only_repositories_take_forced_writes_only(api):
    """Every write is 403 without `force`."""
    assert create(api, "locked", "s3://lake/locked", read_only=True).status == 201
    path = "/repositories/locked/branches/main/objects?path=a"
    api.refused(403, "POST", path, b"1")
    api.ok("POST", path + "&force=true", b"1")
    api.refused(403, "POST", "/repositories/locked/branches/main/commits", {"message": "m"})
    api.ok("POST", "/repositories/locked/branches/main/commits", {"message": "m", "force": True})
    api.refused(403, "DELETE", "/repositories/locked")


def test_sample_data(api):
    """Some objects, committed, on a protected default branch."""
    assert create(api, "samples", "s3://lake/samples", sample_data=True).status == 201
    assert api.ok("GET", "/repositories/samples/refs/main@/objects/ls")["results"]
    api.refused(403, "POST", "/repositories/samples/branches/main/objects?path=a", b"1")


def test_repository_metadata(api):
    """Set merges, delete removes."""
    api.ok("POST", REPO + "/metadata", {"metadata": {"a": "1", "b": "2"}})
    api.ok("DELETE", REPO + "/metadata", {"keys": ["a", "no"]})
    assert api.ok("GET", REPO + "/metadata") == {"b": "2"}


def status_of(api, *headers):
    """Ask who I am, with these headers."""
    return api.stack.lakefs.handle("GET", api.stack.lakefs.endpoint + "/api/v1/user", list(headers), b"")


def basic(key, secret):
    """Return a basic authorization header."""
    return ("Authorization", "Basic " + base64.b64encode(f"{key}:{secret}".encode()).decode())


def test_every_request_names_its_sender(api, clock):
    """Key pair, token or cookie; the first one present decides; 401 has one body for all of them."""
    token = api.ok("POST", "/auth/login", {"access_key_id": api.key, "secret_access_key": api.secret})
    assert token["token_expiration"] == 1_700_000_000 + 7 * 24 * 3600
    bearer, cookie = (
        ("Authorization", f"Bearer {token['token']}"),
        ("Cookie", f"internal_auth_session={token['token']}"),
    )
    for good in (api.authorization, bearer, cookie):
        assert status_of(api, good).status == 200
    bad = [(), (basic(api.key, "no"),), (basic("no", api.secret),), (("Authorization", "Bearer x.y.z"),),
           (("Authorization", "Basic %%%"),), (basic(api.key, "no"), cookie)]  # fmt: skip
    for headers in bad:
        reply = status_of(api, *headers)
        assert (reply.status, reply.json()) == (401, {"message": "error authenticating request"})
    clock.now = token["token_expiration"]
    assert status_of(api, bearer).status == 401


def test_setup_happens_once(make_stack):
    """A fresh server knows nobody; setup names the first user and shows the secret once."""
    stack = make_stack(initialized=False)
    base = stack.lakefs.endpoint + "/api/v1/setup_lakefs"
    assert stack.lakefs.handle("GET", base, [], b"").json()["state"] == "not_initialized"
    key = b'{"username":"me","key":{"access_key_id":"AK","secret_access_key":"SK"}}'
    assert stack.lakefs.handle("POST", base, [], key).json()["secret_access_key"] == "SK"
    assert stack.lakefs.handle("POST", base, [], key).status == 409
    user = stack.lakefs.handle("GET", stack.lakefs.endpoint + "/api/v1/user", [basic("AK", "SK")], b"")
    assert user.json()["user"]["id"] == "me"


def test_more_key_pairs(api):
    """A created pair works until it is deleted; listings never show secrets."""
    made = api.ok("POST", "/auth/users/admin/credentials")
    pair = basic(made["access_key_id"], made["secret_access_key"])
    assert status_of(api, pair).status == 200
    listed = api.ok("GET", "/auth/users/admin/credentials")["results"]
    assert len(listed) == 2
    assert not any("secret_access_key" in each for each in listed)
    api.ok("DELETE", f"/auth/users/admin/credentials/{made['access_key_id']}")
    assert status_of(api, pair).status == 401


def test_configuration_follows_the_block_store():
    """S3 presigns and imports, local imports, mem does neither."""
    expected = {"s3": (True, True, True), "local": (False, False, True), "mem": (False, False, False)}
    for kind, answers in expected.items():
        options = LakeFSOptions(blockstore_type=kind)
        assert (options.presigns, options.presigns_multipart, options.imports) == answers


@pytest.mark.parametrize(
    "options",
    [{"blockstore_type": "ftp"}, {"access_key_id": "x"}, {"blockstore_type": "mem", "pre_sign_multipart_upload": True}],
)
def test_options_that_make_no_sense_are_refused(options):
    """At once, with a sentence."""
    with pytest.raises(ValueError, match=r"\w"):
        LakeFSOptions(**options)


def test_dump_and_restore(api):
    """Refs dumped from one repository come back in a bare one; any other is refused."""
    api.put("a")
    head = api.commit()
    api.ok("POST", REPO + "/tags", {"id": "v1", "ref": "main"})
    task = api.ok("POST", REPO + "/dump")["id"]
    assert api.ok("GET", f"{REPO}/dump?task_id={task}")["done"] is False
    refs = api.ok("GET", f"{REPO}/dump?task_id={task}")["refs"]
    api.refused(400, "POST", REPO + "/restore", refs)
    api.ok("POST", "/repositories?bare=true", {"name": "copy", "storage_namespace": "s3://lake/copy"})
    api.refused(404, "GET", "/repositories/copy/branches/main")
    task = api.ok("POST", "/repositories/copy/restore", refs)["id"]
    assert [api.ok("GET", f"/repositories/copy/restore?task_id={task}")["done"] for _ in range(2)] == [False, True]
    assert api.ok("GET", "/repositories/copy/branches/main")["commit_id"] == head
    assert api.ok("GET", "/repositories/copy/tags/v1")["commit_id"] == head


def test_garbage_collection_rules(api):
    """404 until some are set, and again when they are deleted."""
    path = REPO + "/settings/gc_rules"
    rules = {"default_retention_days": 21, "branches": [{"branch_id": "main", "retention_days": 28}]}
    api.refused(404, "GET", path)
    api.ok("PUT", path, rules)
    assert api.ok("GET", path) == rules
    api.ok("DELETE", path)
    api.refused(404, "GET", path)


def test_single_protection_rules(api):
    """Added and removed one by one; twice is refused."""
    path = REPO + "/branch_protection"
    api.ok("POST", path, {"pattern": "a*"})
    api.refused(400, "POST", path, {"pattern": "a*"})
    assert api.ok("GET", path) == [{"pattern": "a*"}]
    api.ok("DELETE", path, {"pattern": "a*"})
    api.refused(404, "DELETE", path, {"pattern": "a*"})


def test_no_hooks_run_here(api):
    """An empty list of runs, and no run by any id."""
    assert api.ok("GET", REPO + "/actions/runs")["results"] == []
    api.refused(404, "GET", REPO + "/actions/runs/r1/hooks")


def test_pull_requests(api):
    """Open, change, merge once; the list filters by status."""
    api.branch("dev")
    api.put("a", b"1", "dev")
    api.commit("dev")
    body = {"title": "t", "source_branch": "dev", "destination_branch": "main"}
    pull = api.ok("POST", REPO + "/pulls", body)["id"]
    api.ok("PATCH", f"{REPO}/pulls/{pull}", {"description": "d", "status": "closed"})
    api.refused(400, "PUT", f"{REPO}/pulls/{pull}/merge")
    api.ok("PATCH", f"{REPO}/pulls/{pull}", {"status": "open"})
    reference = api.ok("PUT", f"{REPO}/pulls/{pull}/merge")["reference"]
    shown = api.ok("GET", f"{REPO}/pulls/{pull}")
    assert (shown["status"], shown["merged_commit_id"], shown["description"]) == ("merged", reference, "d")
    assert api.ok("GET", REPO + "/pulls?status=open")["results"] == []
    assert len(api.ok("GET", REPO + "/pulls?status=closed")["results"]) == 1


def test_bad_bodies(api):
    """Broken JSON is 400 in plain text; a missing or mistyped field is 400 in JSON and names it."""
    reply = api.send("POST", REPO + "/branches", b"{")
    assert (reply.status, reply.header("content-type")) == (400, "text/plain; charset=utf-8")
    assert "source" in api.refused(400, "POST", REPO + "/branches", {"name": "x"})
    assert "hidden" in api.refused(400, "POST", REPO + "/branches", {"name": "x", "source": "main", "hidden": "yes"})


def test_unknown_routes_and_methods(api):
    """404 with JSON, 405 without a body."""
    assert api.refused(404, "GET", "/nowhere") == "invalid API endpoint"
    assert api.send("PATCH", "/repositories").status == 405


def test_operations_it_lacks_say_so(api):
    """501 with the operation's name."""
    assert "listGroups" in api.refused(501, "GET", "/auth/groups")


def test_every_answer_has_a_request_id_of_its_own(api):
    """Good ones and bad ones."""
    ids = {api.send("GET", path).header("x-request-id") for path in ("/user", "/nowhere", "/repositories/no")}
    assert len(ids) == 3
    assert all(ids)


def test_ledger_records_what_was_applied(api):
    """Reads and refusals leave no trace; a mutation leaves its operation, subject and request id."""
    before = len(api.stack.ledger)
    api.send("GET", "/user")
    api.send("POST", REPO + "/branches", {"name": "main", "source": "main"})
    assert len(api.stack.ledger) == before
    reply = api.send("POST", REPO + "/branches", {"name": "dev", "source": "main"})
    entry = api.stack.ledger[-1]
    assert (entry.sequence, entry.operation, entry.request_id) == (
        before + 1,
        "createBranch",
        reply.header("x-request-id"),
    )
    assert entry.subject == {"repository": "flights", "branch": "dev", "commit": api.head()}


@pytest.mark.skipif(not SPEC.exists(), reason="the document is not written yet")
def test_routes_are_those_of_the_document():
    """Operation, method, path and whether credentials are needed, for all of them."""
    document = yaml.safe_load(SPEC.read_text(encoding="utf-8"))
    declared = {
        (operation["operationId"], method.upper(), path, operation.get("security") == [])
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in ("get", "put", "post", "delete", "patch", "head")
    }
    assert {(route.operation, route.method, route.path, route.public) for route in routes()} == declared


def test_state_survives_a_restart(tmp_path, make_api):
    """Objects, staging, commits, tags, rules, users, uploads: all there under the same keys."""
    first = make_api(tmp_path).make()
    first.put("committed", b"1" * 2_000_000)
    first.commit()
    first.put("committed2", b"2")
    first.commit(message="second")
    first.put("staged", b"3", "main", ("x-lakefs-meta-k", "v"))
    first.delete("committed2")
    first.ok("POST", REPO + "/tags", {"id": "v1", "ref": "main~1"})
    first.ok("PUT", REPO + "/settings/branch_protection", [{"pattern": "x"}])
    user = first.ok("POST", "/auth/users/admin/credentials")
    upload = first.ok("POST", REPO + "/branches/main/staging/pmpu?path=big&parts=1")
    etag = first.objects("PUT", upload["presigned_urls"][0], b"part").header("etag").strip('"')
    first.ok("POST", REPO + "/dump")
    head = first.head()
    first.stack.close()
    assert (tmp_path / "state.json").stat().st_mode & 0o077 == 0

    again = make_api(tmp_path)
    assert again.head() == head
    assert again.list() == ["committed", "staged"]
    assert again.list("v1") == ["committed"]
    assert again.get("committed", "v1") == b"1" * 2_000_000
    assert again.ok("GET", REPO + "/refs/main/objects/stat?path=staged")["metadata"] == {"k": "v"}
    assert again.ok("GET", REPO + "/settings/branch_protection") == [{"pattern": "x"}]
    assert status_of(again, basic(user["access_key_id"], user["secret_access_key"])).status == 200
    body = {"physical_address": upload["physical_address"], "parts": [{"part_number": 1, "etag": etag}]}
    again.ok("PUT", f"{REPO}/branches/main/staging/pmpu/{upload['upload_id']}?path=big", body)
    assert again.get("big") == b"part"
    assert again.put("new")["physical_address"] != upload["physical_address"]
    assert [commit["message"] for commit in again.ok("GET", REPO + "/refs/main/commits")["results"]] == [
        "second",
        "message",
        "Repository created",
    ]


def test_threads_may_share_a_stack(api):
    """Two hundred uploads from eight threads: all there, each in the ledger once, numbered without gaps."""
    before = len(api.stack.ledger)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: api.put(f"f{number:03d}", str(number).encode()), range(200)))
    assert api.list("main", "amount=1000") == [f"f{number:03d}" for number in range(200)]
    added = api.stack.ledger[before:]
    assert sorted(entry.subject["path"] for entry in added) == [f"f{number:03d}" for number in range(200)]
    assert [entry.sequence for entry in added] == list(range(before + 1, before + 201))


def test_reset_forgets_everything_but_the_credentials(api):
    """A reset stack is like a new one for the same clients."""
    api.put("a")
    api.stack.reset()
    api.refused(404, "GET", REPO)
    assert len(api.stack.ledger) == 0
    assert api.stack.store.list() == []
    api.make()


def test_secrets_stay_out_of_sight():
    """No repr shows a secret."""
    stack = Stack(lakefs=LakeFSOptions(access_key_id="AK", secret_access_key="canary-secret"))
    users = stack._platforms["lakefs"].state.users
    shown = repr(stack) + repr(stack.lakefs) + repr(stack.lakefs.options) + repr(users.credentials)
    assert "canary-secret" not in shown
    stack.close()


def test_unknown_hosts_and_services(api):
    """Nothing outside the stack is answered; an unknown service is named with the known ones."""
    with pytest.raises(ConnectionRefusedError):
        api.stack.lakefs.handle("GET", "http://example.com/", [], b"")
    with pytest.raises(ValueError, match="absolute"):
        api.stack.lakefs.handle("GET", "/api/v1/user", [], b"")
    assert api.stack.service("lakefs") is api.stack.lakefs
    with pytest.raises(KeyError, match=re.escape("there are: lakefs, influxdb")):
        api.stack.service("postgres")
