"""What lakeFS does with commits, branches, tags and imports, as the client relies on it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from catchment import lakefs
from catchment.lakefs.exceptions import (
    BadRequestException,
    ConflictException,
    ForbiddenException,
    ImportManagerException,
    MergeConflictException,
    NotAuthorizedException,
    NotFoundException,
    TransactionException,
)
from catchment_api.lakefs import api, models

from tests.conformance.conftest import Target


def put(branch: lakefs.Branch, path: str, text: str) -> lakefs.Reference:
    """Write and commit one object."""
    branch.upload(text, path)
    return branch.commit(f"{path}={text}")


def diff(changes: object) -> list[tuple[str, str]]:
    """Reduce changes to what they do, and where."""
    return [(change.type, change.path) for change in changes]  # type: ignore[attr-defined]


def test_server_tells_of_itself(target: Target) -> None:
    """Version and store are told to whoever is known; strangers are told nothing."""
    assert target.client.version
    assert target.client.storage_config.blockstore_type in {"s3", "gs", "azure", "local", "mem"}
    with target.stranger() as nobody, pytest.raises(NotAuthorizedException):
        _ = nobody.version


def test_reference_expressions(repo: lakefs.Repository, main: lakefs.Branch) -> None:
    """Prefixes, ancestors and parents resolve; what is not there is 404, a parent that cannot be is 400."""
    first = put(main, "a", "1")
    second = put(main, "a", "2")
    for expression in ("main", "main@", second.id, second.id[:10], "main~0"):
        assert repo.ref(expression).get_commit().id == second.id
    for expression in ("main~1", "main^", "main^1", f"{second.id}~"):
        assert repo.ref(expression).get_commit().id == first.id
    with pytest.raises(NotFoundException):
        repo.ref("main~99").get_commit()
    with pytest.raises(BadRequestException):
        repo.ref("main^2").get_commit()


@pytest.mark.parametrize("name", ["v1.2", "a+b", "100%", "ü", "a%2Fb", "x=y&z"])
def test_tag_names_survive(repo: lakefs.Repository, main: lakefs.Branch, name: str) -> None:
    """Path parameters are decoded twice; what was made is what is found, read and deleted."""
    tag = repo.tag(name).create(main)
    assert [found.id for found in repo.tags()] == [name]
    assert tag.get_commit().id == main.head.id
    with pytest.raises(ConflictException):
        repo.tag(name).create(main)
    tag.delete()
    assert list(repo.tags()) == []


def test_branches(repo: lakefs.Repository) -> None:
    """Hidden ones are listed on request; names are unique; the default branch stays."""
    repo.branch("dev").create("main")
    repo.branch("secret").create("main", hidden=True)
    assert [branch.id for branch in repo.branches()] == ["dev", "main"]
    assert [branch.id for branch in repo.branches(show_hidden=True)] == ["dev", "main", "secret"]
    with pytest.raises(ConflictException):
        repo.branch("dev").create("main")
    with pytest.raises(NotFoundException):
        repo.branch("x").create("nowhere")
    with pytest.raises(ForbiddenException):
        repo.branch("main").delete()
    repo.branch("dev").delete()
    with pytest.raises(NotFoundException):
        repo.branch("dev").get_commit()


def test_diffs(repo: lakefs.Repository, main: lakefs.Branch) -> None:
    """Three dots preview a merge, clashes included; two dots compare states."""
    put(main, "base", "1")
    left, right = (repo.branch(name).create("main") for name in ("left", "right"))
    put(left, "l", "1")
    put(left, "base", "left")
    put(right, "base", "right")
    assert diff(main.diff(left)) == [("changed", "base"), ("added", "l")]
    assert diff(right.diff(left)) == [("conflict", "base"), ("added", "l")]
    assert diff(right.diff(left, type="two_dot")) == [("changed", "base"), ("added", "l")]
    assert diff(left.diff(right, type="two_dot")) == [("changed", "base"), ("removed", "l")]
    assert diff(main.diff("main")) == []


def test_merges(repo: lakefs.Repository, main: lakefs.Branch) -> None:
    """Nothing to merge, a dirty destination and a conflict are refused apart; a strategy settles the last."""
    put(main, "a", "0")
    dev = repo.branch("dev").create("main")
    with pytest.raises(BadRequestException, match="no changes"):
        dev.merge_into(main)
    put(dev, "a", "dev")
    main.upload(b"x", "dirt")
    with pytest.raises(BadRequestException, match="dirty"):
        dev.merge_into(main)
    main.reset()
    merged = dev.merge_into(main)
    commit = main.get_commit()
    assert (commit.id, commit.message) == (merged, "Merge 'dev' into 'main'")
    assert len(commit.parents) == 2
    put(dev, "a", "dev 2")
    put(main, "a", "main 2")
    with pytest.raises(MergeConflictException):
        dev.merge_into(main)
    dev.merge_into(main, strategy="dest-wins")
    assert main.download("a") == b"main 2"
    assert main.get_commit().metadata[".lakefs.merge.strategy"] == "dest-wins"


def test_squash_leaves_one_parent(repo: lakefs.Repository, main: lakefs.Branch) -> None:
    """The destination's history has one commit more and none of the source's."""
    before = main.head.id
    dev = repo.branch("dev").create("main")
    put(dev, "a", "1")
    put(dev, "b", "2")
    dev.merge_into(main, squash_merge=True, message="both")
    assert main.get_commit().parents == [before]


def test_revert_and_cherry_pick(repo: lakefs.Repository, main: lakefs.Branch) -> None:
    """An undone commit is named in the message; a repeated one keeps its message and says where it is from."""
    one, two = put(main, "a", "1"), put(main, "a", "2")
    dev = repo.branch("dev").create(one.id)
    undone = main.revert(two)
    assert undone.message == f"Revert {two.id}"
    assert main.download("a") == b"1"
    picked = dev.cherry_pick(two)
    assert (picked.message, picked.metadata["cherry-pick-origin"]) == ("a=2", two.id)
    assert dev.download("a") == b"2"
    put(dev, "b", "1")
    dev.merge_into(main, strategy="source-wins")
    with pytest.raises(ConflictException):
        main.revert("main")
    assert main.revert("main", 1).id == main.head.id


def test_resets(repo: lakefs.Repository, main: lakefs.Branch) -> None:
    """By path, by prefix, all; where nothing is, nothing happens; a hard reset moves the head."""
    first = put(main, "kept", "1")
    for path in ("a", "d/a", "d/b", "z"):
        main.upload(b"x", path)
    main.reset("a")
    main.reset("d/")
    assert diff(main.uncommitted()) == [("added", "z")]
    main.reset()
    main.reset()
    put(main, "kept", "2")
    main.hard_reset(first)
    assert (main.head.id, main.download("kept")) == (first.id, b"1")


def test_log(repo: lakefs.Repository, main: lakefs.Branch) -> None:
    """Newest first; filters name paths; a limit stops the search."""
    commits = [put(main, f"d{number % 2}/f{number}", "x") for number in range(4)]
    ids = [commit.id for commit in reversed(commits)]
    assert [commit.id for commit in main.log()][:4] == ids
    assert [commit.id for commit in main.log(max_amount=2)] == ids[:2]
    assert [commit.id for commit in main.log(prefixes=["d1/"])] == [ids[0], ids[2]]
    assert [commit.id for commit in main.log(objects=["d0/f0"])] == [ids[3]]
    assert [commit.id for commit in main.log(stop_at=commits[1])] == ids[:3]


def test_protected_branch_takes_merges_only(target: Target, repo: lakefs.Repository, main: lakefs.Branch) -> None:
    """Writes and commits are forbidden; a transaction gets there by its merge."""
    rules = [models.BranchProtectionRule(pattern="main")]
    api.repositories.set_branch_protection_rules.sync(repo.id, client=target.client.api, body=rules)
    with pytest.raises(ForbiddenException):
        main.upload(b"x", "a")
    with pytest.raises(ForbiddenException):
        main.commit("x", allow_empty=True)
    with main.transaction("through the door") as tx:
        tx.upload(b"x", "a")
    assert main.download("a") == b"x"


def test_transactions(repo: lakefs.Repository, main: lakefs.Branch) -> None:
    """All or nothing; what was committed and cannot be merged stays on a branch that the error names."""
    put(main, "a", "0")
    with main.transact("load", tag="loaded") as tx:
        tx.upload(b"1", "a")
    assert repo.tag("loaded").download("a") == b"1"
    assert [branch.id for branch in repo.branches(show_hidden=True)] == ["main"]

    def late() -> None:
        with main.transaction("late") as tx:
            tx.upload(b"2", "a")
            main.upload(b"x", "dirt")

    with pytest.raises(TransactionException, match="dirty") as caught:
        late()
    left = caught.value.branch
    assert left is not None
    assert repo.branch(left).download("a") == b"2"
    assert [branch.id for branch in repo.leftover_transactions()] == [left]


def test_imports(target: Target, repo: lakefs.Repository, main: lakefs.Branch) -> None:
    """Objects are linked and committed; what lies under a destination is replaced, plain text prefixes included."""
    if target.source is None or not target.client.storage_config.import_support:
        pytest.skip("there is nothing to import from")
    for path in ("in/old", "one", "one-more", "other"):
        main.upload(b"old", path)
    main.commit("before")
    manager = main.import_data("taken over", {"by": "test"})
    manager.prefix(target.source, "in/").object(target.source + "a.csv", "one")
    result = manager.run(timedelta(seconds=0.05))
    assert result.ingested_objects == 3
    assert result.commit.message == "taken over"
    assert result.commit.metadata["by"] == "test"
    assert [item.path for item in main.objects()] == ["in/a.csv", "in/sub/b.csv", "one", "other"]
    assert main.download("in/sub/b.csv") == b"b,2\n"
    main.upload(b"x", "dirt")
    with pytest.raises(ImportManagerException, match="dirty"):
        main.import_from(target.source, "in/", "again").run(timedelta(seconds=0.05))
