"""Lost answers of commits and merges: what the branch shows decides, and where it does not tell, nobody guesses."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from catchment.core.errors import OutcomeUnknownError
from catchment.lakefs import aio as lakefs
from catchment.local import Fault
from catchment.testing import frozen_time, no_waiting

from tests.lakefs.doubles import WatchedStack

NOW = datetime(2026, 1, 15, 10, 30, tzinfo=UTC)
MESSAGE = "daily load"


async def staged(branch: lakefs.Branch) -> list[str]:
    """Return the paths of uncommitted changes."""
    return [change.path async for change in branch.uncommitted()]


async def messages(branch: lakefs.Branch) -> list[str]:
    """Return the latest messages, newest first."""
    return [commit.message async for commit in branch.log(4)]


async def test_older_commit_of_the_same_message_is_no_proof(
    repo: lakefs.Repository, main: lakefs.Branch, stack: WatchedStack
) -> None:
    """Jobs commit the same message every day: a lost request is sent again, not taken for yesterday's."""
    with frozen_time(NOW) as time:
        await main.upload(b"1", "a")
        first = await main.commit(MESSAGE)
        time.advance(60)
        await main.upload(b"2", "b")
        stack.faults.add(Fault("reset", operation="commit"))
        second = await repo.branch("main").commit(MESSAGE)
    assert second.id != first.id
    assert await staged(main) == []
    assert (await messages(main))[:2] == [MESSAGE, MESSAGE]


async def test_own_commit_of_a_moment_ago_is_no_proof(main: lakefs.Branch, stack: WatchedStack) -> None:
    """A loop commits several times a second; what a handle has made itself it never takes for the next."""
    with frozen_time(NOW):
        await main.upload(b"1", "a")
        first = await main.commit(MESSAGE)
        await main.upload(b"2", "b")
        stack.faults.add(Fault("reset", operation="commit"))
        second = await main.commit(MESSAGE)
    assert second.id != first.id
    assert await staged(main) == []


async def test_what_cannot_be_told_is_not_guessed(
    repo: lakefs.Repository, main: lakefs.Branch, stack: WatchedStack
) -> None:
    """A twin within the same second by another handle, and changes still there: lost, or made and written to since."""
    with frozen_time(NOW):
        await main.upload(b"1", "a")
        await main.commit(MESSAGE)
        await main.upload(b"2", "b")
        stack.faults.add(Fault("reset", operation="commit"))
        with pytest.raises(OutcomeUnknownError, match="still or again") as caught:
            await repo.branch("main").commit(MESSAGE)
    assert MESSAGE in str(caught.value.hint)
    assert await staged(main) == ["b"]


@pytest.mark.parametrize("applied", [False, True])
async def test_empty_commit_is_made_once(main: lakefs.Branch, stack: WatchedStack, applied: bool) -> None:
    """It leaves nothing behind but itself: the head before it decides."""
    with frozen_time(NOW):
        first = await main.commit(MESSAGE, allow_empty=True)
        stack.faults.add(Fault("reset", operation="commit", applied=applied))
        second = await main.commit(MESSAGE, allow_empty=True)
    assert second.id != first.id
    assert len(stack.ledger.of("commit")) == 2


async def test_commit_of_given_date_is_found(main: lakefs.Branch, stack: WatchedStack) -> None:
    """The server records the date that it was given, not the time."""
    await main.upload(b"1", "a")
    stack.faults.add(Fault("status", status=500, operation="commit", applied=True))
    with no_waiting():
        made = await main.commit(MESSAGE, {"k": "v"}, date=datetime(2001, 2, 3, tzinfo=UTC))
    assert (await made.get_commit()).creation_date == int(datetime(2001, 2, 3, tzinfo=UTC).timestamp())
    assert len(stack.ledger.of("commit")) == 1


@pytest.mark.parametrize("ahead", [-3600, 3600])
async def test_wrong_clocks_do_not_matter(main: lakefs.Branch, stack: WatchedStack, ahead: int) -> None:
    """The server's own `Date` says what its clock shows, so an hour between the clocks changes nothing."""
    with frozen_time(NOW):
        await main.upload(b"1", "a", pre_sign=False)
        stack.skew = ahead
        stack.faults.add(Fault("reset", operation="commit", applied=True))
        made = await main.commit(MESSAGE)
        assert made.id == (await main.get_commit()).id
    assert len(stack.ledger.of("commit")) == 1


@pytest.mark.parametrize("applied", [False, True])
async def test_empty_merge_is_made_once(
    repo: lakefs.Repository, main: lakefs.Branch, stack: WatchedStack, applied: bool
) -> None:
    """The same head can be merged again where empty merges are allowed, so the destination's head before decides."""
    dev = await repo.branch("dev").create("main")
    await dev.commit("x", allow_empty=True)
    first = await dev.merge_into(main, allow_empty=True)
    stack.faults.add(Fault("reset", operation="mergeIntoBranch", applied=applied))
    with no_waiting():
        second = await dev.merge_into(main, allow_empty=True)
    assert second != first
    assert len(stack.ledger.of("mergeIntoBranch")) == 2


async def test_squash_in_doubt_is_told(repo: lakefs.Repository, main: lakefs.Branch, stack: WatchedStack) -> None:
    """It leaves no parent to find it by."""
    dev = await repo.branch("dev").create("main")
    await dev.upload(b"x", "a")
    await dev.commit("x")
    stack.faults.add(Fault("reset", operation="mergeIntoBranch", applied=True))
    with no_waiting(), pytest.raises(OutcomeUnknownError):
        await dev.merge_into(main, squash_merge=True)
    assert len(stack.ledger.of("mergeIntoBranch")) == 1


async def test_transaction_that_committed_itself_loses_nothing_after_it(
    repo: lakefs.Repository, main: lakefs.Branch, stack: WatchedStack
) -> None:
    """A commit of the block's own is not taken for the last one: what came after it is committed and merged too."""
    async with main.transaction("the rest") as tx:
        await tx.upload(b"1", "first")
        await repo.branch(tx.id).commit("in between")
        await tx.upload(b"2", "second")
        stack.faults.add(Fault("reset", operation="commit"))
    assert [item.path async for item in main.objects()] == ["first", "second"]
    assert "the rest" in await messages(main)
