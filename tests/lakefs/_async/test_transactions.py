from __future__ import annotations

from typing import Any

import pytest
from catchment.core.errors import UnsafeInputError
from catchment.lakefs import aio as lakefs
from catchment.lakefs.exceptions import (
    ConflictException,
    ForbiddenException,
    NotFoundException,
    ServerFailureException,
    TransactionException,
)
from catchment.local import Fault
from catchment.testing import no_waiting

from tests.lakefs.doubles import WatchedStack


class BodyError(Exception):
    """What a block raises in these tests."""


async def leftovers(repo: lakefs.Repository) -> list[str]:
    """List the branches that transactions left."""
    return [branch.id async for branch in repo.leftover_transactions()]


async def paths(reference: Any) -> list[str]:
    """List what a reference holds."""
    return [item.path async for item in reference.objects()]


def start(main: lakefs.Branch, way: str, **more: Any) -> Any:
    """Make a transaction either way."""
    return main.transaction("work") if way == "transaction" else main.transact("work", **more)


BOTH = pytest.mark.parametrize("way", ["transaction", "transact"])


# -- that end well -----------------------------------------------------------------------------------------------------


@BOTH
async def test_work_arrives_as_one_merge(repo: lakefs.Repository, main: lakefs.Branch, way: str) -> None:
    """Nothing is seen on the branch before; then all of it, and the ephemeral branch is gone."""
    async with start(main, way) as tx:
        await tx.upload(b"1", "a")
        async with tx.open("b", "w") as file:
            await file.write("2")
        assert await paths(main) == []
        assert await paths(tx) == ["a", "b"]
    assert await paths(main) == ["a", "b"]
    head = await main.get_commit()
    assert (head.id, head.message) == (tx.merge_commit_id, f"Merge transaction {tx.id} to branch")
    assert [commit.message async for commit in main.log()][1] == "work"
    assert await leftovers(repo) == []


@BOTH
async def test_ephemeral_branch_is_hidden_and_named_after_its_source(
    repo: lakefs.Repository, main: lakefs.Branch, way: str
) -> None:
    """Listings do not show it unless asked; two at once do not collide."""
    async with start(main, way) as one, start(main, way) as two:
        assert one.source_id == "main"
        assert one.id.startswith("tx-main-")
        assert one.id != two.id
        assert [branch.id async for branch in repo.branches()] == ["main"]
        assert await leftovers(repo) == sorted([one.id, two.id])
        await one.upload(b"1", "a")
        await two.upload(b"2", "b")
    assert await paths(main) == ["a", "b"]


async def test_everything_a_branch_reads_and_writes(repo: lakefs.Repository, main: lakefs.Branch) -> None:
    """Works inside, and sees the branch as it was at the start."""
    await main.upload(b"old", "old")
    await main.upload(b"gone", "gone")
    await main.commit("base")
    async with main.transaction("work") as tx:
        assert await tx.download("old") == b"old"
        await tx.delete_objects(["gone"])
        await tx.upload(b"new", "dir/new", metadata={"k": "v"})
        await tx.upload(b"x", "never-mind")
        await tx.reset("never-mind")
        await tx.copy_object("main", "old", "copy")
        assert (await tx.stat_object("dir/new")).metadata == {"k": "v"}
        assert [change.path async for change in tx.uncommitted()] == ["copy", "dir/new", "gone"]
        assert await tx.object("dir/new").exists()
        assert [item.path async for item in tx.list_objects()] == ["copy", "dir/", "old"]
        assert (await tx.get_commit()).id == (await main.head).id
        assert [commit.message async for commit in tx.log(1)] == ["base"]
        async with tx.open("dir/new", "rb") as file:
            assert await file.read() == b"new"
    assert await paths(main) == ["copy", "dir/new", "old"]


async def test_message_metadata_and_tag_can_be_set_inside(repo: lakefs.Repository, main: lakefs.Branch) -> None:
    """The tag names the merge commit."""
    async with main.transact() as tx:
        await tx.upload(b"1", "a")
        tx.commit_message = "decided late"
        tx.commit_metadata = {"rows": "1"}
        tx.tag = "v1"
    work = (await main.log(2).to_list())[1]
    assert (work.message, work.metadata) == ("decided late", {"rows": "1"})
    assert (await repo.tag("v1").get_commit()).id == tx.merge_commit_id == (await main.head).id


async def test_tag_is_checked_when_it_is_set(main: lakefs.Branch) -> None:
    """After the merge it would be too late."""
    tx = main.transaction("work")
    with pytest.raises(UnsafeInputError):
        tx.tag = "not a tag"
    assert tx.tag is None


async def test_arguments_of_transact(repo: lakefs.Repository, main: lakefs.Branch) -> None:
    """Message, metadata and tag."""
    async with main.transact("msg", {"k": "v"}, tag="v2") as tx:
        await tx.upload(b"1", "a")
    work = (await main.log(2).to_list())[1]
    assert (work.message, work.metadata) == ("msg", {"k": "v"})
    assert (await repo.tag("v2").get_commit()).id == tx.merge_commit_id


async def test_protected_branch_takes_transactions(client: lakefs.Client) -> None:
    """It refuses writes and commits, and takes merges."""
    made = await lakefs.repository("guarded", client).create("s3://lake/guarded", include_samples=True)
    async with made.branch("main").transaction("work") as tx:
        await tx.upload(b"1", "new")
    assert await made.branch("main").download("new") == b"1"


@BOTH
async def test_branch_that_moved_meanwhile(main: lakefs.Branch, way: str) -> None:
    """Other paths do not matter: a merge brings both together."""
    async with start(main, way) as tx:
        await tx.upload(b"1", "a")
        await main.upload(b"2", "b")
        await main.commit("meanwhile")
    assert await paths(main) == ["a", "b"]


async def test_block_that_committed_by_itself(main: lakefs.Branch) -> None:
    """An import inside commits on the ephemeral branch; nothing else is left to commit, and it is merged."""
    async with main.transaction("work") as tx:
        stack_branch = lakefs.Branch("flights", tx.id, main._client)
        await tx.upload(b"1", "a")
        await stack_branch.commit("by itself")
    assert await paths(main) == ["a"]


# -- that do not -------------------------------------------------------------------------------------------------------


async def test_failing_block_of_transaction_keeps_the_branch_and_names_it(
    repo: lakefs.Repository, main: lakefs.Branch
) -> None:
    """The design note's way: a wrapping error that says where the work is; the branch's own state is untouched."""
    head = (await main.head).id

    async def work() -> None:
        async with main.transaction("work") as tx:
            await tx.upload(b"1", "a")
            raise BodyError("half way")

    with pytest.raises(TransactionException, match="BodyError: half way") as caught:
        await work()
    assert isinstance(caught.value.__cause__, BodyError)
    assert await leftovers(repo) == [caught.value.branch]
    assert (caught.value.source, (await main.head).id) == ("main", head)
    assert caught.value.branch in str(caught.value.hint)
    assert await paths(repo.branch(caught.value.branch or "")) == ["a"]


async def test_failing_block_of_transact_deletes_the_branch_and_raises_its_own_error(
    repo: lakefs.Repository, main: lakefs.Branch
) -> None:
    """The official package's way."""

    async def work() -> None:
        async with main.transact("work") as tx:
            await tx.upload(b"1", "a")
            raise BodyError("half way")

    with pytest.raises(BodyError, match="half way"):
        await work()
    assert await leftovers(repo) == []
    assert await paths(main) == []


async def test_transact_can_keep_the_branch(repo: lakefs.Repository, main: lakefs.Branch) -> None:
    """The block's own error comes through, and a note names the branch."""

    async def work() -> None:
        async with main.transact("work", delete_branch_on_error=False) as tx:
            await tx.upload(b"1", "a")
            raise BodyError("half way")

    with pytest.raises(BodyError) as caught:
        await work()
    assert any(branch in note for branch in await leftovers(repo) for note in caught.value.__notes__)


async def test_interrupt_is_never_wrapped(repo: lakefs.Repository, main: lakefs.Branch) -> None:
    """Whoever stops the program stops it; a note names the branch."""

    async def work() -> None:
        async with main.transaction("work"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as caught:
        await work()
    assert any(branch in note for branch in await leftovers(repo) for note in caught.value.__notes__)


async def test_first_error_stays_the_error(main: lakefs.Branch, stack: WatchedStack) -> None:
    """If the clean-up fails too, that is a note on it."""

    async def work() -> None:
        async with main.transact("work"):
            stack.faults.add(Fault("status", operation="deleteBranch", count=50, status=403))
            raise BodyError("half way")

    with pytest.raises(BodyError) as caught:
        await work()
    assert any("could not be deleted" in note for note in caught.value.__notes__)


@BOTH
async def test_nothing_changed(repo: lakefs.Repository, main: lakefs.Branch, way: str) -> None:
    """Is a failure with the server's words."""

    async def work() -> None:
        async with start(main, way):
            pass

    with pytest.raises(TransactionException, match=r"Failed committing transaction tx-main-.*no changes") as caught:
        await work()
    assert await leftovers(repo) == ([caught.value.branch] if way == "transaction" else [])


@BOTH
async def test_dirty_source(repo: lakefs.Repository, main: lakefs.Branch, way: str) -> None:
    """The merge is refused; committed work is kept either way, and can be merged later."""
    await main.upload(b"x", "dirty")

    async def work() -> None:
        async with start(main, way) as tx:
            await tx.upload(b"1", "a")

    with pytest.raises(TransactionException, match="dirty") as caught:
        await work()
    assert await leftovers(repo) == [caught.value.branch]
    assert await paths(main) == ["dirty"]
    await main.reset()
    await repo.branch(caught.value.branch or "").merge_into(main)
    assert await paths(main) == ["a"]


@BOTH
async def test_conflict_with_the_source(repo: lakefs.Repository, main: lakefs.Branch, way: str) -> None:
    """The same: the source is as it was, the work is on the branch that the error names."""

    async def work() -> None:
        async with start(main, way) as tx:
            await tx.upload(b"1", "a")
            await main.upload(b"2", "a")
            await main.commit("meanwhile")

    with pytest.raises(TransactionException, match="both sides") as caught:
        await work()
    assert isinstance(caught.value.__cause__, ConflictException)
    assert await main.download("a") == b"2"
    assert await repo.branch(caught.value.branch or "").download("a") == b"1"


async def test_tag_that_exists(repo: lakefs.Repository, main: lakefs.Branch) -> None:
    """The merge has happened: the error says so, and that repeating would be wrong."""
    await repo.tag("v1").create("main")

    async def work() -> None:
        async with main.transact("work", tag="v1") as tx:
            await tx.upload(b"1", "a")

    with pytest.raises(TransactionException, match="was merged into 'main'") as caught:
        await work()
    assert caught.value.branch is None
    assert await paths(main) == ["a"]
    assert await leftovers(repo) == []


async def test_unknown_source(repo: lakefs.Repository, stack: WatchedStack) -> None:
    """Fails on entering; the block never runs."""
    ran = []

    async def work() -> None:
        async with repo.branch("nowhere").transaction("work"):
            ran.append(True)

    with pytest.raises(NotFoundException):
        await work()
    assert ran == []


async def test_transaction_is_used_once(main: lakefs.Branch) -> None:
    """A second block would find its branch gone."""
    tx = main.transaction("work")
    async with tx:
        await tx.upload(b"1", "a")
    with pytest.raises(TransactionException, match="used already"):
        await tx.__aenter__()


# -- lost answers ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("operation", ["createBranch", "commit", "mergeIntoBranch", "deleteBranch", "createTag"])
@pytest.mark.parametrize("applied", [True, False], ids=["applied", "not applied"])
async def test_lost_answer_of_any_step(
    repo: lakefs.Repository, main: lakefs.Branch, stack: WatchedStack, operation: str, applied: bool
) -> None:
    """The work arrives once, whichever answer was lost and whether it had been carried out."""
    stack.faults.add(Fault("reset", operation=operation, applied=applied))
    with no_waiting():
        async with main.transact("work", tag="v1") as tx:
            await tx.upload(b"1", "a", pre_sign=False)
    assert await paths(main) == ["a"]
    assert await leftovers(repo) == []
    assert (await repo.tag("v1").get_commit()).id == (await main.head).id
    for step in ("createBranch", "commit", "mergeIntoBranch", "deleteBranch", "createTag"):
        assert len(stack.ledger.of(step)) == 1, step


async def test_branch_that_cannot_be_deleted_after_the_merge(main: lakefs.Branch, stack: WatchedStack) -> None:
    """Is a warning: the work has arrived."""
    stack.faults.add(Fault("status", operation="deleteBranch", count=50, status=503))

    async def work() -> None:
        async with main.transaction("work") as tx:
            await tx.upload(b"1", "a", pre_sign=False)

    with no_waiting(), pytest.warns(ResourceWarning, match="was merged, but its branch could not be deleted"):
        await work()
    assert await paths(main) == ["a"]


async def test_server_that_fails_on_entering(main: lakefs.Branch, stack: WatchedStack) -> None:
    """Its own error, also after failures that may have come later: looking showed that nothing was made."""
    stack.faults.add(Fault("status", operation="createBranch", status=403))
    with pytest.raises(ForbiddenException):
        await main.transaction("work").__aenter__()
    stack.faults.add(Fault("status", operation="createBranch", count=50, status=503))
    with no_waiting() as waits, pytest.raises(ServerFailureException) as caught:
        await main.transaction("work").__aenter__()
    assert caught.value.status == 503
    assert len(waits) == 3
    assert len(stack.ledger) == 0
