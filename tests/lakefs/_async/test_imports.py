from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from catchment.core.errors import OutcomeUnknownError, UnsafeInputError
from catchment.lakefs import aio as lakefs
from catchment.lakefs.exceptions import ForbiddenException, ImportManagerException
from catchment.local import Fault, LakeFSOptions
from catchment.testing import frozen_time, no_waiting

from tests.lakefs.doubles import WatchedStack

NOW = datetime(2025, 1, 15, 10, 30, tzinfo=UTC)
SOURCE = "s3://source/2013/"


@pytest.fixture
def options() -> LakeFSOptions:
    """An import that takes three questions."""
    return LakeFSOptions(import_polls=3)


@pytest.fixture(autouse=True)
def source(stack: WatchedStack) -> None:
    """Three objects in a bucket of their own."""
    for path in ("01.csv", "02.csv", "sub/03.csv"):
        stack.store.put(SOURCE + path, path.encode())
    stack.store.put("s3://source/single.csv", b"single")


async def paths(reference: Any) -> list[str]:
    """List what a reference holds."""
    return [item.path async for item in reference.objects()]


async def test_import_commits_what_the_store_holds(main: lakefs.Branch) -> None:
    """Under the destination, without moving a byte; the result has the commit and the count."""
    with no_waiting():
        result = await main.import_from(SOURCE, "flights/", "bring them in", {"k": "v"}).run()
    assert result.ingested_objects == 3
    assert (result.commit.id, result.commit.message) == ((await main.head).id, "bring them in")
    assert result.commit.metadata["k"] == "v"
    assert await paths(main) == ["flights/01.csv", "flights/02.csv", "flights/sub/03.csv"]
    assert await main.download("flights/01.csv") == b"01.csv"
    info = await main.stat_object("flights/01.csv")
    assert info.physical_address == SOURCE + "01.csv"


async def test_several_sources(main: lakefs.Branch) -> None:
    """Prefixes and single objects in one commit."""
    manager = main.import_data("several").prefix(SOURCE, "a").object("s3://source/single.csv", "b/one.csv")
    assert [(source.type_, source.destination) for source in manager.sources] == [
        ("common_prefix", "a"),
        ("object", "b/one.csv"),
    ]
    with no_waiting():
        result = await manager.run()
    assert result.ingested_objects == 4
    assert await paths(main) == ["a/01.csv", "a/02.csv", "a/sub/03.csv", "b/one.csv"]
    assert len((await main.get_commit()).parents) == 1


async def test_import_replaces_what_is_under_its_destination(main: lakefs.Branch) -> None:
    """And nothing beside it."""
    await main.upload(b"old", "a/old", pre_sign=False)
    await main.upload(b"old", "other", pre_sign=False)
    await main.commit("base")
    with no_waiting():
        await main.import_from(SOURCE, "a/").run()
    assert await paths(main) == ["a/01.csv", "a/02.csv", "a/sub/03.csv", "other"]


async def test_start_status_and_wait(main: lakefs.Branch) -> None:
    """By hand: the id at once, then how far it is, then the result, as often as it is asked for."""
    manager = lakefs.ImportManager("flights", "main", main._client, commit_message="by hand").prefix(SOURCE, "a/")
    assert manager.import_id is None
    identifier = await manager.start()
    assert manager.import_id == identifier
    assert not (await manager.status()).completed
    with no_waiting():
        result = await manager.wait(timedelta(seconds=1))
        assert await manager.wait() == result
    assert (await manager.status()).completed
    assert repr(manager) == f"<ImportManager lakefs://flights/main {identifier}>"


async def test_progress_sees_every_status(main: lakefs.Branch) -> None:
    """The last one is the completed one; pauses are those that were asked for."""
    seen: list[bool] = []
    with no_waiting() as waits:
        await main.import_from(SOURCE, "a/").run(
            timedelta(seconds=7), progress=lambda status: seen.append(status.completed)
        )
    assert seen == [False, False, False, True]
    assert waits == [7.0] * 3


async def test_pauses_are_two_seconds_unless_told(main: lakefs.Branch) -> None:
    """As in lakeFS's own package."""
    with no_waiting() as waits:
        await main.import_from(SOURCE, "a/").run()
    assert set(waits) == {2.0}


async def test_cancelled_import_commits_nothing(main: lakefs.Branch) -> None:
    """And waiting for it says so."""
    head = (await main.head).id
    manager = main.import_from(SOURCE, "a/")
    await manager.start()
    await manager.cancel()
    with no_waiting(), pytest.raises(ImportManagerException, match="failed"):
        await manager.wait()
    assert (await main.head).id == head


async def test_cancelling_what_has_ended(main: lakefs.Branch) -> None:
    """Leaves it as it is."""
    manager = main.import_from(SOURCE, "a/")
    with no_waiting():
        await manager.run()
    await manager.cancel()
    assert len(await paths(main)) == 3


async def test_failing_block_cancels(main: lakefs.Branch, stack: WatchedStack) -> None:
    """A block that ends well, or an import that has ended, is left alone."""

    async def work() -> None:
        async with main.import_from(SOURCE, "a/") as manager:
            await manager.start()
            raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        await work()
    assert stack.count("DELETE", "/import?") == 1
    async with main.import_from(SOURCE, "a/") as manager:
        with no_waiting():
            await manager.run()
    assert stack.count("DELETE", "/import?") == 1


async def test_block_that_fails_after_the_import(main: lakefs.Branch, stack: WatchedStack) -> None:
    """There is nothing left to cancel."""

    async def work() -> None:
        async with main.import_from(SOURCE, "a/") as manager:
            await manager.run()
            raise RuntimeError("later")

    with no_waiting(), pytest.raises(RuntimeError, match="later"):
        await work()
    assert stack.count("DELETE", "/import") == 0
    assert len(await paths(main)) == 3


async def test_import_into_a_dirty_branch(main: lakefs.Branch) -> None:
    """Fails with the server's words."""
    await main.upload(b"x", "dirty", pre_sign=False)
    with no_waiting(), pytest.raises(ImportManagerException, match="uncommitted"):
        await main.import_from(SOURCE, "a/").run()
    assert await paths(main) == ["dirty"]


async def test_missing_source(main: lakefs.Branch) -> None:
    """A single object that is not there fails the import."""
    with no_waiting(), pytest.raises(ImportManagerException, match="nowhere"):
        await main.import_data().object("s3://source/nowhere", "a").run()


async def test_import_whose_server_is_gone(main: lakefs.Branch, stack: WatchedStack) -> None:
    """Without a heartbeat for a minute it is given up; by our clock, so that the server's may be wrong."""
    body = b'{"completed": false, "update_time": "2020-01-01T00:00:00Z"}'
    stack.faults.add(
        Fault(
            "status",
            operation="importStatus",
            count=500,
            status=200,
            body=body,
            headers={"Content-Type": "application/json"},
        )
    )
    with frozen_time(NOW) as time:
        manager = main.import_from(SOURCE, "a/")
        await manager.start()
        with pytest.raises(ImportManagerException, match="no sign of life"):
            await manager.wait()
        assert 60 <= (time.now() - NOW).total_seconds() <= 70


async def test_waiting_ends_when_it_was_told_to(main: lakefs.Branch, stack: WatchedStack) -> None:
    """The import goes on, and can be waited for again."""
    manager = main.import_from(SOURCE, "a/")
    with frozen_time(NOW):
        await manager.start()
        with pytest.raises(TimeoutError, match="goes on"):
            await manager.wait(timedelta(seconds=0.5), timeout=1)
        assert (await manager.wait(timeout=timedelta(minutes=5))).ingested_objects == 3


async def test_manager_is_for_one_import(main: lakefs.Branch) -> None:
    """Neither a second start nor another source."""
    manager = main.import_from(SOURCE, "a/")
    await manager.start()
    with pytest.raises(ImportManagerException, match="started already"):
        await manager.start()
    with pytest.raises(ImportManagerException, match="nothing can be added"):
        manager.prefix(SOURCE, "b/")


async def test_out_of_order(main: lakefs.Branch, stack: WatchedStack) -> None:
    """Nothing is there to ask about or cancel before the start."""
    manager = main.import_from(SOURCE, "a/")
    for call in (manager.status, manager.wait, manager.cancel):
        with pytest.raises(ImportManagerException, match="not started"):
            await call()
    assert stack.requests == []


async def test_what_cannot_be_imported_sends_nothing(main: lakefs.Branch, stack: WatchedStack) -> None:
    """No URI, an object without a destination, a pause that is none."""
    wrong: Any = "bucket/path"
    with pytest.raises(UnsafeInputError, match="URI"):
        main.import_from(wrong)
    with pytest.raises(UnsafeInputError, match="destination"):
        main.import_data().object("s3://source/single.csv", "")
    with pytest.raises(UnsafeInputError, match="negative"):
        await main.import_from(SOURCE, "a/").run(timedelta(seconds=-1))
    assert stack.requests == []


async def test_lost_answer_of_a_start_is_told(main: lakefs.Branch, stack: WatchedStack) -> None:
    """Starting again could import twice, so nobody does."""
    stack.faults.add(Fault("reset", operation="importStart", applied=True))
    with no_waiting(), pytest.raises(OutcomeUnknownError) as caught:
        await main.import_from(SOURCE, "a/").start()
    assert "log" in str(caught.value.hint)
    assert stack.count("POST", "/import") + stack.count("PUT", "/import") == 1


@pytest.mark.parametrize("options", [LakeFSOptions(import_support=False)], ids=["no imports"])
async def test_server_that_does_not_import(main: lakefs.Branch) -> None:
    """Says so."""
    with pytest.raises(ForbiddenException):
        await main.import_from(SOURCE, "a/").start()


async def test_import_inside_a_transaction(main: lakefs.Branch) -> None:
    """Commits on the ephemeral branch, which is then merged."""
    with no_waiting():
        async with main.transaction("bring them in") as tx:
            await tx.import_from(SOURCE, "a/").run()
    assert len(await paths(main)) == 3


async def test_failed_cancellation_does_not_hide_what_went_wrong(main: lakefs.Branch, stack: WatchedStack) -> None:
    """The block's own error is raised; that the import goes on is noted on it."""

    async def fail() -> None:
        async with main.import_from(SOURCE, "a/") as task:
            await task.start()
            stack.faults.add(Fault("status", operation="importCancel", status=500, count=10))
            raise KeyError("the block's own")

    with no_waiting(), pytest.raises(KeyError, match="own") as caught:
        await fail()
    assert "could not be cancelled" in "".join(caught.value.__notes__)
