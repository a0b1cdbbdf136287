from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from catchment.core.errors import OutcomeUnknownError, UnsafeInputError
from catchment.lakefs import aio as lakefs
from catchment.lakefs.exceptions import (
    BadRequestException,
    ConflictException,
    ForbiddenException,
    HookFailedException,
    LakeFSDeprecationWarning,
    MergeConflictException,
    NotFoundException,
)
from catchment.local import Fault
from catchment.testing import frozen_time, no_waiting

from tests.lakefs.doubles import WatchedStack

NOW = datetime(2025, 1, 15, 10, 30, tzinfo=UTC)


async def put(branch: lakefs.Branch, message: str, **contents: str) -> lakefs.Reference:
    """Write objects and commit them."""
    for path, content in contents.items():
        await branch.upload(content, path, pre_sign=False)
    return await branch.commit(message)


async def paths(reference: Any) -> list[str]:
    """List what a reference holds."""
    return [item.path async for item in reference.objects()]


async def changed(listing: Any) -> list[tuple[str, str]]:
    """Walk differences."""
    return [(change.type, change.path) async for change in listing]


# -- commits -----------------------------------------------------------------------------------------------------------


async def test_commit_makes_changes_history(main: lakefs.Branch) -> None:
    """The reference that comes back is the new head, and its facts are those that were given."""
    before = (await main.head).id
    await main.upload(b"x", "a", pre_sign=False)
    with frozen_time(NOW):
        made = await main.commit("größer ☃", metadata={"source": "demo"})
    assert (await main.head).id == made.id
    commit = await made.get_commit()
    assert (commit.message, commit.metadata, commit.parents) == ("größer ☃", {"source": "demo"}, [before])
    assert (commit.creation_date, commit.created) == (int(NOW.timestamp()), NOW)
    assert (commit.committer, commit.commit_message) == ("admin", "größer ☃")
    assert commit.to_dict()["id"] == commit.id
    assert await made.metadata == {"source": "demo"}
    assert await made.commit_message == "größer ☃"
    assert await changed(main.uncommitted()) == []


async def test_commit_of_nothing(main: lakefs.Branch) -> None:
    """Is refused, unless an empty one is wanted."""
    with pytest.raises(BadRequestException, match="no changes"):
        await main.commit("nothing")
    made = await main.commit("nothing", allow_empty=True)
    assert (await main.head).id == made.id


async def test_commit_with_a_date_of_its_own(main: lakefs.Branch) -> None:
    """An aware instant or unix seconds; a naive one is refused before anything is sent."""
    made = await main.commit("a", date=NOW, allow_empty=True)
    assert (await made.get_commit()).created == NOW
    made = await main.commit("b", date=1_600_000_000, allow_empty=True)
    assert (await made.get_commit()).creation_date == 1_600_000_000
    with pytest.raises(UnsafeInputError, match="time zone"):
        await main.commit("c", date=datetime(2025, 1, 1))


async def test_commit_of_a_reference_is_asked_for_once_that_of_a_branch_each_time(
    repo: lakefs.Repository, main: lakefs.Branch, stack: WatchedStack
) -> None:
    """Branches move, commits do not."""
    commit = repo.commit((await main.head).id)
    stack.requests.clear()
    assert await commit.get_commit() is await commit.get_commit()
    assert len(stack.requests) == 1
    await main.get_commit()
    await main.get_commit()
    assert len(stack.requests) == 3


async def test_unknown_commit(repo: lakefs.Repository) -> None:
    """Not found, by id or by name."""
    for name in ("0" * 64, "nowhere"):
        with pytest.raises(NotFoundException):
            await repo.commit(name).get_commit()


async def test_refused_by_a_hook(main: lakefs.Branch, stack: WatchedStack) -> None:
    """412 alone says little; the class and the id of the run say where to look."""
    body = b'{"message": "pre-commit hook aborted, run id \'5k2abc\': 1 error occurred"}'
    stack.faults.add(Fault("status", operation="commit", status=412, body=body))
    with pytest.raises(HookFailedException) as caught:
        await main.commit("x", allow_empty=True)
    assert caught.value.run_id == "5k2abc"
    assert caught.value.status_code == 412


async def test_lost_answer_of_a_commit_is_settled(main: lakefs.Branch, stack: WatchedStack) -> None:
    """The head is the commit that was asked for: it was applied, and is not repeated."""
    await main.upload(b"x", "a", pre_sign=False)
    stack.faults.add(Fault("reset", operation="commit", applied=True))
    with no_waiting():
        made = await main.commit("one", metadata={"k": "v"})
    assert (await main.head).id == made.id
    assert len(stack.ledger.of("commit")) == 1


async def test_commit_that_never_arrived_is_repeated(main: lakefs.Branch, stack: WatchedStack) -> None:
    """The changes are still there and the head is the old one: once more."""
    await main.upload(b"x", "a", pre_sign=False)
    stack.faults.add(Fault("reset", operation="commit"))
    with no_waiting():
        made = await main.commit("one")
    assert (await made.get_commit()).message == "one"
    assert len(stack.ledger.of("commit")) == 1


# -- log ---------------------------------------------------------------------------------------------------------------


async def test_log_is_newest_first(repo: lakefs.Repository, main: lakefs.Branch) -> None:
    """Every item is a commit that also reads; it can be cut and continued."""
    ids = [(await put(main, str(number), a=str(number))).id for number in range(5)]
    log = [commit async for commit in main.log()]
    assert [commit.message for commit in log[:5]] == ["4", "3", "2", "1", "0"]
    assert [commit.id for commit in log[:5]] == ids[::-1]
    assert await log[3].download("a") == b"1"
    assert [commit.message async for commit in main.log(2)] == ["4", "3"]
    listing = main.log()
    await listing.to_list(2)
    assert listing.cursor == ids[3]
    await listing.aclose()
    assert [commit.message for commit in await main.log(after=listing.cursor).to_list(2)] == ["2", "1"]
    assert [commit.message async for commit in repo.commit(ids[1]).log(1)] == ["1"]


async def test_log_of_paths(main: lakefs.Branch) -> None:
    """Only commits that touched them."""
    await put(main, "one", a="1")
    await put(main, "two", b="1")
    await put(main, "three", a="2")
    await put(main, "four", **{"dir/c": "1"})
    assert [commit.message async for commit in main.log(objects=["a"])] == ["three", "one"]
    assert [commit.message async for commit in main.log(prefixes=["dir/"])] == ["four"]
    assert [commit.message async for commit in main.log(objects=["b"], prefixes=["dir/"])] == ["four", "two"]


async def test_log_between(repo: lakefs.Repository, main: lakefs.Branch) -> None:
    """From an instant on, or down to a commit; a naive instant is refused."""
    old = await main.commit("old", date=1_600_000_000, allow_empty=True)
    await main.commit("new", date=1_700_000_000, allow_empty=True)
    since = datetime.fromtimestamp(1_650_000_000, UTC)
    assert [commit.message async for commit in main.log(since=since)][:1] == ["new"]
    assert "old" not in [commit.message async for commit in main.log(since=since)]
    assert [commit.message async for commit in main.log(stop_at=old)] == ["new", "old"]
    with pytest.raises(UnsafeInputError, match="time zone"):
        main.log(since=datetime(2025, 1, 1))


async def test_log_along_first_parents(repo: lakefs.Repository, main: lakefs.Branch) -> None:
    """Leaves out what came in by merges."""
    dev = await repo.branch("dev").create("main")
    await put(main, "on main", a="1")
    await put(dev, "on dev", b="1")
    await dev.merge_into(main)
    assert "on dev" in [commit.message async for commit in main.log()]
    assert "on dev" not in [commit.message async for commit in main.log(first_parent=True)]


# -- differences -------------------------------------------------------------------------------------------------------


async def test_diff_is_what_a_merge_would_change(repo: lakefs.Repository, main: lakefs.Branch) -> None:
    """Against the merge base by default, between the two states when asked."""
    await put(main, "base", a="1", b="1", c="1")
    dev = await repo.branch("dev").create("main")
    await dev.object("a").delete()
    await put(dev, "dev", b="2", d="4")
    await put(main, "main", e="1")
    assert await changed(main.diff(dev)) == [("removed", "a"), ("changed", "b"), ("added", "d")]
    assert ("removed", "e") in await changed(main.diff("dev", type="two_dot"))
    assert await changed(main.diff("dev", prefix="b")) == [("changed", "b")]
    assert await changed(main.diff("dev", 1, "a")) == [("changed", "b")]
    item = await main.diff(dev, prefix="d").first()
    assert item is not None
    assert (item.path_type, item.size_bytes) == ("object", 1)


async def test_diff_previews_conflicts(repo: lakefs.Repository, main: lakefs.Branch) -> None:
    """As a type of their own."""
    await put(main, "base", a="1")
    dev = await repo.branch("dev").create("main")
    await put(dev, "dev", a="2")
    await put(main, "main", a="3")
    assert await changed(main.diff(dev)) == [("conflict", "a")]


async def test_diff_by_levels(repo: lakefs.Repository, main: lakefs.Branch) -> None:
    """Changes below a prefix are one."""
    dev = await repo.branch("dev").create("main")
    await put(dev, "dev", **{"dir/a": "1", "dir/b": "1", "x": "1"})
    found = [(change.path, change.path_type) async for change in main.diff(dev, delimiter="/")]
    assert found == [("dir/", "common_prefix"), ("x", "object")]


async def test_uncommitted(main: lakefs.Branch) -> None:
    """Added, changed and removed since the head, in order; with prefix, cursor and limit."""
    await put(main, "base", a="1", b="1")
    await main.object("a").delete()
    for path in ("b", "c/1", "c/2"):
        await main.upload(b"2", path, pre_sign=False)
    assert await changed(main.uncommitted()) == [("removed", "a"), ("changed", "b"), ("added", "c/1"), ("added", "c/2")]
    assert await changed(main.uncommitted(prefix="c/")) == [("added", "c/1"), ("added", "c/2")]
    assert await changed(main.uncommitted(1, after="a")) == [("changed", "b")]
    assert [change.path async for change in main.uncommitted(delimiter="/")] == ["a", "b", "c/"]
    assert await changed(main.list_uncommitted(2)) == [("removed", "a"), ("changed", "b")]


# -- merges ------------------------------------------------------------------------------------------------------------


async def test_merge(repo: lakefs.Repository, main: lakefs.Branch) -> None:
    """Makes a commit with two parents; what the source has not committed stays behind."""
    dev = await repo.branch("dev").create("main")
    await put(dev, "dev", a="1")
    await dev.upload(b"x", "uncommitted", pre_sign=False)
    base = (await main.head).id
    merged = await dev.merge_into(main, message="in with it", metadata={"k": "v"})
    commit = await repo.commit(merged).get_commit()
    assert (commit.message, commit.parents) == ("in with it", [base, (await dev.head).id])
    assert commit.metadata["k"] == "v"
    assert (await main.head).id == merged
    assert await paths(main) == ["a"]


async def test_merge_has_a_message_without_one(repo: lakefs.Repository, main: lakefs.Branch) -> None:
    """The server's."""
    dev = await repo.branch("dev").create("main")
    await put(dev, "dev", a="1")
    await dev.merge_into("main")
    assert (await main.get_commit()).message == "Merge 'dev' into 'main'"


async def test_merge_of_nothing(repo: lakefs.Repository, main: lakefs.Branch) -> None:
    """Is refused, unless an empty one is wanted."""
    dev = await repo.branch("dev").create("main")
    with pytest.raises(BadRequestException, match="no changes"):
        await dev.merge_into(main)
    assert await dev.merge_into(main, allow_empty=True) == (await main.head).id


async def test_merge_into_a_dirty_branch(repo: lakefs.Repository, main: lakefs.Branch) -> None:
    """Is refused, and says why."""
    dev = await repo.branch("dev").create("main")
    await put(dev, "dev", a="1")
    await main.upload(b"x", "b", pre_sign=False)
    with pytest.raises(BadRequestException, match="dirty"):
        await dev.merge_into(main)


async def test_merge_of_conflicts(repo: lakefs.Repository, main: lakefs.Branch) -> None:
    """Is refused with a class of its own and leaves both sides as they were; a strategy decides."""
    await put(main, "base", a="1")
    for name in ("one", "two"):
        await put(await repo.branch(name).create("main"), name, a=name)
    await put(main, "main", a="main")
    head = (await main.head).id
    with pytest.raises(MergeConflictException) as caught:
        await repo.branch("one").merge_into(main)
    assert caught.value.status_code == 409
    assert "both sides" in str(caught.value)
    assert (await main.head).id == head
    await repo.branch("one").merge_into(main, strategy="dest-wins")
    assert await main.download("a", pre_sign=False) == b"main"
    await repo.branch("two").merge_into(main, strategy="source-wins")
    assert await main.download("a", pre_sign=False) == b"two"
    wrong: Any = "mine"
    with pytest.raises((BadRequestException, UnsafeInputError)):
        await repo.branch("two").merge_into(main, strategy=wrong)


async def test_squashed_merge(repo: lakefs.Repository, main: lakefs.Branch) -> None:
    """One commit, one parent, and none of the source's history."""
    dev = await repo.branch("dev").create("main")
    await put(dev, "one", a="1")
    await put(dev, "two", b="1")
    base = (await main.head).id
    await dev.merge_into(main, squash_merge=True)
    assert (await main.get_commit()).parents == [base]
    assert await paths(main) == ["a", "b"]


async def test_merge_base(repo: lakefs.Repository, main: lakefs.Branch) -> None:
    """The newest common ancestor and both heads."""
    base = (await main.head).id
    dev = await repo.branch("dev").create("main")
    await put(dev, "dev", a="1")
    await put(main, "main", b="1")
    found = await dev.merge_base(main)
    assert found == lakefs.MergeBase((await dev.head).id, (await main.head).id, base)


async def test_lost_answer_of_a_merge_is_settled(
    repo: lakefs.Repository, main: lakefs.Branch, stack: WatchedStack
) -> None:
    """By the second parent; a squashed one leaves none, so it stays in doubt."""
    dev = await repo.branch("dev").create("main")
    await put(dev, "dev", a="1")
    stack.faults.add(Fault("reset", operation="mergeIntoBranch", applied=True))
    with no_waiting():
        assert await dev.merge_into(main) == (await main.head).id
    assert len(stack.ledger.of("mergeIntoBranch")) == 1
    await put(dev, "dev", a="2")
    stack.faults.add(Fault("reset", operation="mergeIntoBranch", applied=True))
    with no_waiting(), pytest.raises(OutcomeUnknownError) as caught:
        await dev.merge_into(main, squash_merge=True)
    assert "log" in str(caught.value.hint)
    assert len(stack.ledger.of("mergeIntoBranch")) == 2


async def test_tags_and_commits_merge_too(repo: lakefs.Repository, main: lakefs.Branch) -> None:
    """Any state can be merged into a branch, and into a branch only."""
    dev = await repo.branch("dev").create("main")
    commit = await put(dev, "dev", a="1")
    tag = await repo.tag("v1").create(dev)
    assert await tag.merge_into(main) == (await main.head).id
    with pytest.raises(UnsafeInputError):
        await commit.merge_into("main~1")


# -- undoing -----------------------------------------------------------------------------------------------------------


async def test_revert_undoes_by_a_new_commit(repo: lakefs.Repository, main: lakefs.Branch) -> None:
    """The message names the commit, not the branch that stood there; later changes stay."""
    await put(main, "one", a="1")
    second = await put(main, "two", a="2")
    await put(main, "three", b="3")
    undone = await main.revert(second)
    assert undone.id == (await main.head).id
    assert second.id in undone.message
    assert await main.download("a", pre_sign=False) == b"1"
    assert await main.download("b", pre_sign=False) == b"3"


async def test_revert_by_name_undoes_where_the_name_stood(main: lakefs.Branch) -> None:
    """`main` is resolved before it moves."""
    await put(main, "one", a="1")
    head = await put(main, "two", a="2")
    undone = await main.reverse("main")
    assert head.id in undone.message
    assert await main.download("a", pre_sign=False) == b"1"


async def test_revert_with_words_of_its_own(main: lakefs.Branch) -> None:
    """Message and metadata of the new commit."""
    commit = await put(main, "one", a="1")
    undone = await main.revert(commit, message="never mind", metadata={"k": "v"})
    assert (undone.message, undone.metadata) == ("never mind", {"k": "v"})


async def test_revert_by_the_old_argument(main: lakefs.Branch) -> None:
    """Works, and warns."""
    commit = await put(main, "one", a="1")
    with pytest.warns(LakeFSDeprecationWarning, match="reference_id"):
        await main.revert(reference_id=commit.id)
    assert await paths(main) == []


async def test_revert_refusals(repo: lakefs.Repository, main: lakefs.Branch) -> None:
    """A merge without its parent, a later change of the same path, a dirty branch, a negative parent, nothing."""
    first = await put(main, "one", a="1")
    await put(main, "two", a="2")
    with pytest.raises(ConflictException):
        await main.revert(first)
    dev = await repo.branch("dev").create("main")
    await put(dev, "dev", b="1")
    merge = await dev.merge_into(main)
    with pytest.raises(ConflictException):
        await main.revert(merge)
    await main.revert(merge, 1)
    assert await paths(main) == ["a"]
    with pytest.raises(UnsafeInputError):
        await main.revert(merge, -1)
    with pytest.raises(UnsafeInputError, match="needs the commit"):
        await main.revert()
    await main.upload(b"x", "c", pre_sign=False)
    with pytest.raises(BadRequestException):
        await main.revert("main")


async def test_cherry_pick(repo: lakefs.Repository, main: lakefs.Branch) -> None:
    """Repeats one commit's change, with its message and metadata, or with others."""
    dev = await repo.branch("dev").create("main")
    await put(dev, "one", a="1")
    picked = await put(dev, "two", b="1")
    made = await main.cherry_pick(picked)
    assert made.message == "two"
    assert picked.id in made.metadata.values()
    assert (await main.head).id == made.id
    assert await paths(main) == ["b"]
    other = await main.cherry_pick("dev~1", message="as mine", metadata={"k": "v"})
    assert (other.message, other.metadata["k"]) == ("as mine", "v")
    with pytest.raises(UnsafeInputError, match="parent_number"):
        await main.cherry_pick(picked, 0)


async def test_cherry_pick_of_a_merge_names_its_parent(repo: lakefs.Repository, main: lakefs.Branch) -> None:
    """As the server wants it."""
    target = await repo.branch("target").create("main")
    dev = await repo.branch("dev").create("main")
    await put(dev, "dev", a="1")
    merge = await dev.merge_into(main)
    with pytest.raises(BadRequestException):
        await target.cherry_pick(merge)
    await target.cherry_pick(merge, 1)
    assert await paths(target) == ["a"]


async def test_reset_drops_what_is_uncommitted(main: lakefs.Branch) -> None:
    """One object, those below a prefix, or all; a path and its kind go together."""
    await put(main, "base", a="1")

    async def dirty() -> None:
        for path in ("a", "b", "dir/1", "dir/2"):
            await main.upload(b"2", path, pre_sign=False)

    await dirty()
    await main.reset_changes("object", "a")
    assert await changed(main.uncommitted()) == [("added", "b"), ("added", "dir/1"), ("added", "dir/2")]
    await main.reset_changes("common_prefix", "dir/")
    assert await changed(main.uncommitted()) == [("added", "b")]
    await main.reset_changes()
    assert await paths(main) == ["a"]
    await dirty()
    await main.reset("b")
    await main.reset("dir/")
    assert await changed(main.uncommitted()) == [("changed", "a")]
    await main.reset()
    assert await main.download("a", pre_sign=False) == b"1"
    await main.reset()


async def test_reset_that_would_drop_something_else(main: lakefs.Branch, stack: WatchedStack) -> None:
    """A path without its kind would drop everything: refused."""
    wrong: Any = "everything"
    for arguments in (("reset", "a"), ("object",), ("common_prefix",), (wrong,)):
        with pytest.raises(UnsafeInputError):
            await main.reset_changes(*arguments)
    assert stack.requests == []


async def test_hard_reset_moves_the_branch(main: lakefs.Branch) -> None:
    """To where the expression stood when it was given, however often the request travels."""
    first = await put(main, "one", a="1")
    await put(main, "two", a="2")
    await main.upload(b"3", "a", pre_sign=False)
    await main.hard_reset("main~1")
    assert (await main.head).id == first.id
    assert await main.download("a", pre_sign=False) == b"1"
    assert await changed(main.uncommitted()) == []


async def test_lost_answer_of_a_hard_reset(main: lakefs.Branch, stack: WatchedStack) -> None:
    """Moving to the same commit twice is moving there once."""
    first = await put(main, "one", a="1")
    await put(main, "two", a="2")
    stack.faults.add(Fault("reset", operation="hardResetBranch", applied=True))
    with no_waiting():
        await main.hard_reset("main~1")
    assert (await main.head).id == first.id


async def test_writing_to_a_protected_branch(client: lakefs.Client) -> None:
    """Commits are refused, merges are taken."""
    made = await lakefs.repository("guarded", client).create("s3://lake/guarded", include_samples=True)
    main = made.branch("main")
    with pytest.raises(ForbiddenException):
        await main.commit("x", allow_empty=True)
    dev = await made.branch("dev").create("main")
    await put(dev, "dev", a="1")
    assert await dev.merge_into(main) == (await main.head).id


async def test_references_compare_by_where_they_point(repo: lakefs.Repository, client: lakefs.Client) -> None:
    """Repository and expression; a set holds one of each."""
    assert repo.ref("main") == lakefs.Reference("flights", "main", client)
    assert repo.ref("main") != repo.ref("dev")
    assert repo.ref("main") != lakefs.Reference("other", "main", client)
    assert len({repo.ref("main"), repo.ref("main"), repo.ref("dev")}) == 2
    assert (str(repo.branch("dev")), repr(repo.branch("dev"))) == ("dev", "<Branch lakefs://flights/dev>")
