r"""
Run a working day of the official `lakefs` package against the server that the environment names.

Needs an interpreter with `lakefs` 0.16 installed and nothing of ours; the usual `LAKECTL_*` variables say
where the server is. Prints one JSON line `{"passed": [...], "failed": {name: why}}` and exits with 1 if
anything failed.

    python official_lakefs_workflow.py s3://bucket/unique-prefix s3://bucket/source/

The second address must hold `a.csv` (b"a,1\\n") and `sub/b.csv` (b"b,2\\n").
Last verified with lakefs 0.16.0 and lakefs-sdk 1.88.0.
"""

from __future__ import annotations

import json
import sys
import traceback
import uuid

import lakefs
import lakefs_sdk
from lakefs.client import Client
from lakefs.exceptions import (
    BadRequestException,
    ConflictException,
    ForbiddenException,
    ImportManagerException,
    NotAuthorizedException,
    NotFoundException,
    ObjectExistsException,
    ObjectNotFoundException,
    TransactionException,
)

CHECKS = []


def check(function):
    """Register one check; they run in order and share one repository."""
    CHECKS.append(function)
    return function


def expect(condition, what):
    """Fail with words instead of a bare assertion."""
    if not condition:
        raise AssertionError(what)


def refused(error, action, text=""):
    """Return the error that the action must raise."""
    try:
        action()
    except error as raised:
        expect(text in str(raised), f"{text!r} not in {raised}")
        return raised
    raise AssertionError(f"{error.__name__} expected")


class Day:
    """What the checks share."""

    def __init__(self, namespace, source):
        self.namespace = namespace.rstrip("/")
        self.source = source
        self.name = f"day-{uuid.uuid4().hex[:10]}"
        self.repo = lakefs.Repository(self.name)

    def branch(self, name, source="main"):
        """Return a branch, made if need be."""
        return self.repo.branch(name).create(source, exist_ok=True)


@check
def server_says_what_it_is(day):
    """The configuration names version, block store and capabilities."""
    client = Client()
    expect(client.version == "1.84.0", client.version)
    expect(client.storage_config.blockstore_type == "s3", client.storage_config)
    expect(client.storage_config.pre_sign_support and client.storage_config.import_support, client.storage_config)


@check
def bad_credentials_are_refused(day):
    """A wrong key pair is answered with 401."""
    host = Client().config.host
    bad = Client(host=host, username="AKIAJNOBODY", password="wrong")
    refused(NotAuthorizedException, lambda: lakefs.Repository("x-repo", client=bad).metadata)


@check
def repository_is_created_once(day):
    """Names and storage namespaces are unique; `exist_ok` forgives the name."""
    day.repo.create(f"{day.namespace}/{day.name}")
    expect(day.repo.properties.default_branch == "main", day.repo.properties)
    expect(day.name in [repo.id for repo in lakefs.repositories(prefix="day-")], "not listed")
    refused(ConflictException, lambda: lakefs.Repository(day.name).create(f"{day.namespace}/other"))
    lakefs.Repository(day.name).create(f"{day.namespace}/other", exist_ok=True)
    refused(BadRequestException, lambda: lakefs.Repository("second-repo").create(f"{day.namespace}/{day.name}"))
    refused(NotFoundException, lambda: lakefs.Repository("no-such-repo").metadata)
    expect(day.repo.metadata == {}, day.repo.metadata)


@check
def sample_repository_has_objects_and_a_protected_branch(day):
    """Sample repositories come filled, and their default branch refuses writes."""
    repo = lakefs.Repository(f"{day.name}-s").create(f"{day.namespace}/{day.name}-s", include_samples=True)
    expect(len(list(repo.branch("main").objects())) > 0, "no samples")
    refused(ForbiddenException, lambda: repo.branch("main").object("x").upload("x", pre_sign=False))
    repo.delete()
    refused(NotFoundException, lambda: repo.branch("main").get_commit())


@check
def raw_upload_is_read_back(day):
    """Bytes, content type and metadata of a raw upload survive; metadata keys become lower case."""
    branch = day.branch("raw")
    data = "flight,carrier\n1545,UA\n"
    sent = branch.object("flights/2013 jan+feb/é.csv").upload(
        data, pre_sign=False, content_type="text/csv", metadata={"Origin": "EWR"}
    )
    stats = sent.stat()
    expect(stats.size_bytes == len(data) and stats.content_type == "text/csv", stats)
    expect(stats.metadata == {"origin": "EWR"}, stats.metadata)
    expect(sent.reader(mode="r", pre_sign=False).read() == data, "other text")
    with sent.reader(pre_sign=False) as file:
        file.seek(7)
        expect(file.read(7) == b"carrier", "wrong range")
    expect(sent.exists() and not branch.object("flights").exists(), "exists")


@check
def presigned_upload_is_read_back(day):
    """Bytes uploaded past the server survive; metadata keys keep their case."""
    branch = day.branch("presigned")
    data = bytes(range(256)) * 300
    sent = branch.object("planes.bin").upload(data, mode="wb", pre_sign=True, metadata={"Kept": "As Is"})
    expect(sent.stat().metadata == {"Kept": "As Is"}, sent.stat().metadata)
    expect(sent.reader(pre_sign=True).read() == data, "other bytes")
    with sent.reader(pre_sign=True) as file:
        file.seek(256)
        expect(file.read(3) == b"\x00\x01\x02", "wrong range")
    signed = sent.stat(pre_sign=True)
    expect(signed.physical_address.startswith("http") and signed.physical_address_expiry, signed)
    branch.object("empty").upload(b"", mode="wb", pre_sign=True)
    expect(branch.object("empty").stat().size_bytes == 0, "not empty")


@check
def object_errors_are_typed(day):
    """Missing and existing objects raise the errors of the object interface."""
    branch = day.branch("errors")
    refused(ObjectNotFoundException, lambda: branch.object("nothing").stat())
    refused(ObjectNotFoundException, lambda: branch.object("nothing").reader(pre_sign=False).read())
    for pre_sign in (False, True):
        target = branch.object(f"once-{pre_sign}")
        target.upload("1", mode="x", pre_sign=pre_sign)
        refused(ObjectExistsException, lambda target=target, p=pre_sign: target.upload("2", mode="x", pre_sign=p))
    branch.object("short").upload("abc", pre_sign=False)
    reader = branch.object("short").reader(pre_sign=False)
    reader.seek(10)
    # This client turns the 416 with a size into "end of file".
    expect(reader.read(2) == b"", "read past the end")


@check
def listing_pages_and_groups(day):
    """Pages of any size make one ordered list; a delimiter groups; deletes show at once."""
    branch = day.branch("listing")
    names = [f"d{i % 3}/f{i:03d}" for i in range(25)] + ["top", "é"]
    for name in names:
        branch.object(name).upload(name, pre_sign=False)
    found = [item.path for item in branch.objects(amount=7)]
    expect(found == sorted(names), found)
    groups = [(type(item).__name__, item.path) for item in branch.objects(delimiter="/", amount=1)]
    expect([path for _, path in groups] == ["d0/", "d1/", "d2/", "top", "é"], groups)
    expect(groups[0][0] == "CommonPrefix", groups)
    expect([i.path for i in branch.objects(prefix="d1/", after="d1/f013", max_amount=2)] == ["d1/f016", "d1/f019"], 1)
    branch.delete_objects(names[:10])
    expect(len(list(branch.objects())) == 17, "bulk delete")
    branch.object("top").delete()
    branch.object("top").delete()
    expect(not branch.object("top").exists(), "deleted")


@check
def changes_are_committed_and_diffed(day):
    """Staged changes show, reset, commit once, and differ from other branches as expected."""
    branch = day.branch("work")
    branch.object("a").upload("1", pre_sign=False)
    branch.object("b/c").upload("1", pre_sign=False)
    expect([(c.type, c.path) for c in branch.uncommitted()] == [("added", "a"), ("added", "b/c")], "uncommitted")
    commit = branch.commit("first", metadata={"k": "v"}).get_commit()
    expect(commit.message == "first" and commit.metadata == {"k": "v"} and len(commit.id) == 64, commit)
    refused(BadRequestException, lambda: branch.commit("nothing"), "no changes")
    branch.object("a").upload("1", pre_sign=False)
    refused(BadRequestException, lambda: branch.commit("same content"), "no changes")
    branch.object("a").upload("2", pre_sign=False)
    branch.object("gone").upload("x", pre_sign=False)
    branch.reset_changes("object", "gone")
    branch.object("b/c").delete()
    expect([(c.type, c.path) for c in branch.uncommitted()] == [("changed", "a"), ("removed", "b/c")], "uncommitted 2")
    branch.reset_changes()
    expect(list(branch.uncommitted()) == [], "reset")
    diff = [(c.type, c.path) for c in day.repo.branch("main").diff(branch)]
    expect(diff == [("added", "a"), ("added", "b/c")], diff)
    grouped = [(c.type, c.path) for c in day.repo.branch("main").diff(branch, delimiter="/")]
    expect(grouped == [("added", "a"), ("prefix_changed", "b/")], grouped)
    back = [(c.type, c.path) for c in branch.diff("main", type="two_dot")]
    expect(back == [("removed", "a"), ("removed", "b/c")], back)


@check
def references_resolve(day):
    """Prefixes, ancestors and committed-only views lead to the right commit."""
    branch = day.repo.branch("work")
    head = branch.get_commit()
    expect(day.repo.ref(head.id[:12]).get_commit().id == head.id, "prefix")
    expect(day.repo.ref("work~1").get_commit().id == head.parents[0], "ancestor")
    expect(day.repo.ref("work^").get_commit().id == head.parents[0], "parent")
    branch.object("staged").upload("s", pre_sign=False)
    expect(branch.object("staged").exists() and not day.repo.ref("work@").object("staged").exists(), "@")
    branch.reset_changes()
    refused(NotFoundException, lambda: day.repo.ref("work~99").get_commit())


@check
def merges_and_conflicts(day):
    """Merges carry changes over, preview and refuse clashes, and follow a strategy."""
    left, right = day.branch("left", "work"), day.branch("right", "work")
    merged = left.merge_into("main", message="take left") if list(day.repo.branch("main").diff(left)) else None
    expect(merged and day.repo.branch("main").get_commit().message == "take left", merged)
    refused(BadRequestException, lambda: left.merge_into("main"), "no changes")
    left.object("a").upload("left", pre_sign=False)
    left.commit("left")
    right.object("a").upload("right", pre_sign=False)
    right.commit("right")
    expect([c.type for c in left.diff(right)] == ["conflict"], "preview")
    refused(ConflictException, lambda: right.merge_into(left))
    right.merge_into(left, strategy="source-wins", message="settled")
    expect(left.object("a").reader(mode="r", pre_sign=False).read() == "right", "strategy")
    expect(left.get_commit().metadata[".lakefs.merge.strategy"] == "source-wins", left.get_commit().metadata)
    left.object("dirt").upload("d", pre_sign=False)
    refused(BadRequestException, lambda: day.repo.branch("main").merge_into(left), "dirty branch")
    left.reset_changes()


@check
def log_is_newest_first(day):
    """The log runs backwards, filters by object, and stops at a limit."""
    branch = day.branch("log")
    for number in range(5):
        branch.object(f"n{number}").upload(str(number), pre_sign=False)
        branch.commit(f"c{number}")
    messages = [commit.message for commit in branch.log(max_amount=5, amount=2)]
    expect(messages == ["c4", "c3", "c2", "c1", "c0"], messages)
    filtered = [commit.message for commit in branch.log(objects=["n1", "n3"])]
    expect(filtered == ["c3", "c1"], filtered)
    limited = [commit.message for commit in branch.log(amount=2, limit=True)]
    expect(limited == ["c4", "c3"], limited)


@check
def revert_and_cherry_pick(day):
    """A commit can be undone, and carried over to another branch."""
    branch = day.branch("pick")
    branch.object("p").upload("1", pre_sign=False)
    one = branch.commit("one").get_commit()
    branch.object("p").upload("2", pre_sign=False)
    two = branch.commit("two").get_commit()
    made = branch.revert(two.id)
    expect(made.message == f"Revert {two.id}", made.message)
    expect(branch.object("p").reader(mode="r", pre_sign=False).read() == "1", "reverted")
    other = day.branch("pick-to")
    picked = other.cherry_pick(one.id)
    expect(picked.message == "one" and picked.metadata["cherry-pick-origin"] == one.id, picked)
    refused(ConflictException, lambda: day.branch("pick-bad").cherry_pick(two.id))


@check
def tags_name_commits(day):
    """Tags are unique, listed, resolvable, and removable."""
    tag = day.repo.tag("v1.2").create("main")
    expect(tag.get_commit().id == day.repo.branch("main").get_commit().id, "tag")
    refused(ConflictException, lambda: day.repo.tag("v1.2").create("main"))
    # No "+" here: this client leaves it bare in a path, and the server then reads a space.
    odd = day.repo.tag("odd=tag,é").create("v1.2")
    expect(odd.id in [each.id for each in day.repo.tags()], "listed")
    odd.delete()
    expect([each.id for each in day.repo.tags(prefix="v")] == ["v1.2"], "prefix")
    refused(NotFoundException, lambda: odd.get_commit())


@check
def branches_can_hide_and_go(day):
    """Hidden branches are listed on request; the default branch stays; bad names are refused."""
    hidden = day.repo.branch("hidden-1").create("main", hidden=True)
    expect("hidden-1" not in [branch.id for branch in day.repo.branches()], "hidden is listed")
    expect("hidden-1" in [branch.id for branch in day.repo.branches(show_hidden=True)], "not listed")
    hidden.delete()
    refused(NotFoundException, hidden.get_commit)
    refused(ConflictException, lambda: day.repo.branch("main").create("main"))
    refused(ForbiddenException, lambda: day.repo.branch("main").delete())
    refused(BadRequestException, lambda: day.repo.branch("bad/name").create("main"))


@check
def transactions_commit_merge_and_clean_up(day):
    """A transaction is applied as a whole or not at all, and leaves no branch."""
    branch = day.branch("tx")
    with branch.transact(commit_message="load", tag="loaded") as tx:
        tx.object("t").upload("t", pre_sign=False)
    expect(branch.object("t").exists() and day.repo.tag("loaded").get_commit().message.startswith("Merge"), "tx")
    expect(not [b.id for b in day.repo.branches(show_hidden=True) if b.id.startswith("tx-")], "left over")

    def fail():
        with branch.transact(commit_message="fail") as tx:
            tx.object("u").upload("u", pre_sign=False)
            raise KeyError("stop")

    refused(KeyError, fail)
    expect(not branch.object("u").exists(), "rolled back")

    def idle():
        with branch.transact(commit_message="idle"):
            pass

    refused(TransactionException, idle, "no changes")


@check
def imports_take_objects_over(day):
    """An import links objects, commits, and refuses a dirty branch."""
    branch = day.branch("import")
    manager = branch.import_data("take over", {"by": "test"}).prefix(day.source, "in/")
    manager.object(day.source + "a.csv", "one.csv")
    status = manager.run()
    expect(status.completed and status.ingested_objects == 3, status)
    expect([item.path for item in branch.objects()][-3:] == ["in/a.csv", "in/sub/b.csv", "one.csv"], "paths")
    expect(branch.object("in/sub/b.csv").reader(pre_sign=False).read() == b"b,2\n", "bytes")
    expect(branch.get_commit().message == "take over", branch.get_commit())
    branch.object("dirt").upload("d", pre_sign=False)
    refused(ImportManagerException, lambda: branch.import_data("x").prefix(day.source, "in/").run(), "dirty branch")


@check
def copies_are_made(day):
    """A copy has bytes of its own and keeps the metadata."""
    branch = day.branch("copy")
    branch.object("from").upload("abc", pre_sign=False, metadata={"m": "1"})
    copied = branch.object("from").copy("copy", "to/there")
    expect(copied.stat().metadata == {"m": "1"}, copied.stat())
    expect(copied.stat().physical_address != branch.object("from").stat().physical_address, "shared address")


@check
def generated_client_agrees(day):
    """Rules, merge base, multipart upload, pull requests and refs dumps work through the generated client."""
    api = Client().sdk_client
    expect(api.auth_api.get_current_user().user.id, "no user")
    api.repositories_api.set_branch_protection_rules(day.name, [lakefs_sdk.BranchProtectionRule(pattern="stable*")])
    rules = api.repositories_api.get_branch_protection_rules(day.name)
    expect([rule.pattern for rule in rules] == ["stable*"], rules)
    day.branch("stable-1")
    refused(ForbiddenException, lambda: day.repo.branch("stable-1").object("x").upload("x", pre_sign=False))
    base = api.refs_api.find_merge_base(day.name, "work", "main")
    expect(base.base_commit_id and base.source_commit_id, base)
    upload = api.experimental_api.create_presign_multipart_upload(day.name, "raw", "big", parts=1)
    http = api.objects_api.api_client.rest_client.pool_manager
    part = http.request("PUT", upload.presigned_urls[0], body=b"x" * 10)
    complete = lakefs_sdk.CompletePresignMultipartUpload(
        physical_address=upload.physical_address,
        parts=[lakefs_sdk.UploadPart(part_number=1, etag=part.headers["ETag"].strip('"'))],
    )
    stats = api.experimental_api.complete_presign_multipart_upload(
        day.name, "raw", upload.upload_id, "big", complete_presign_multipart_upload=complete
    )
    expect(stats.size_bytes == 10 and stats.checksum.endswith("-1"), stats)
    pull = api.pulls_api.create_pull_request(
        day.name, lakefs_sdk.PullRequestCreation(title="t", source_branch="log", destination_branch="main")
    )
    expect(api.pulls_api.merge_pull_request(day.name, pull.id).reference, "pull")
    dump = api.internal_api.dump_refs(day.name)
    bare = f"{day.name}-bare"
    api.repositories_api.create_repository(
        lakefs_sdk.RepositoryCreation(name=bare, storage_namespace=f"{day.namespace}/{bare}"), bare=True
    )
    api.internal_api.restore_refs(bare, lakefs_sdk.RefsRestore(**dump.dict()))
    expect(lakefs.Repository(bare).branch("main").get_commit().id == day.repo.branch("main").get_commit().id, "refs")


def main():
    """Run all checks and report."""
    day = Day(sys.argv[1], sys.argv[2])
    passed, failed = [], {}
    for each in CHECKS:
        try:
            each(day)
            passed.append(each.__name__)
        except Exception as error:  # noqa: BLE001 - every failure is reported, whatever it is
            failed[each.__name__] = f"{type(error).__name__}: {error}"
            traceback.print_exc()
    print(json.dumps({"passed": passed, "failed": failed}))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
