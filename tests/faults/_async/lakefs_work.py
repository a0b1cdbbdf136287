"""Ordinary work on lakeFS, each with what must be true afterwards, whatever went wrong on the way."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial

from catchment.core.clock import ManualClock
from catchment.lakefs import aio as lakefs
from catchment.local.lakefs.options import LakeFSOptions

from tests.faults._async.scenes import Scene, Workflow, nothing
from tests.faults.stage import CountingStack, Hurry, hasty, stage, theatre
from tests.lakefs.doubles import place_of

ITEMS = 7
ONCE = ("commit", "mergeIntoBranch", "createBranch", "createTag", "deleteBranch", "completePresignMultipartUpload")


@dataclass
class LakeFSScene(Scene):
    """A scene with a repository."""

    repo: lakefs.Repository = field(kw_only=True)
    main: lakefs.Branch = field(kw_only=True)


@asynccontextmanager
async def scene(*, presign: bool, served: bool = False, silence: float = 5.0) -> AsyncIterator[LakeFSScene]:
    """Set the scene and leave nothing of it."""
    options = LakeFSOptions(pre_sign_support=presign, pre_sign_multipart_upload=presign)
    if served:
        with theatre("lakefs", lakefs=options) as (stack, hurry, running):
            async with lakefs.Client(**place_of(running), **hasty(silence)) as client:
                yield await begun(stack, client, hurry)
        return
    with stage(lakefs=options) as (stack, time):
        async with lakefs.Client(local=stack) as client:
            yield await begun(stack, client, time)


async def begun(stack: CountingStack, client: lakefs.Client, time: ManualClock | Hurry) -> LakeFSScene:
    """Make the repository that the work is done in."""
    repo = await lakefs.repository("example", client=client).create("s3://bucket/example")
    await client.storage_config
    secret = stack.lakefs.environment["LAKECTL_CREDENTIALS_SECRET_ACCESS_KEY"]
    return LakeFSScene(stack, client, time, "lakefs", secret, repo=repo, main=repo.branch("main"))


async def once(scene: LakeFSScene) -> None:
    """Nothing was done twice that counts, and the branch can be read."""
    assert all(scene.applied(operation) <= 1 for operation in ONCE)
    assert await scene.main.get_commit() is not None
    await nothing_is_left(scene)


async def nothing_is_left(scene: LakeFSScene) -> None:
    """A transaction is whole or not there; after an interruption no parts lie about, and a branch left is named."""
    paths = [item.path async for item in scene.main.objects(prefix="tx/")]
    assert paths in ([], ["tx/1", "tx/2"])
    caught = scene.results.get("caught")
    if caught is None:
        return
    begun = scene.applied("createPresignMultipartUpload")
    ended = scene.applied("completePresignMultipartUpload") + scene.applied("abortPresignMultipartUpload")
    if begun and scene.stack.store.open_uploads:
        # Interrupted before its id arrived, nobody can know of it.
        assert ended == 0
        assert scene.applied("uploadPart") == 0
    said = str(caught) + "".join(getattr(caught, "__notes__", []))
    async for left in scene.repo.leftover_transactions():
        assert left.id in said


async def uploads(scene: LakeFSScene) -> None:
    """Upload small objects."""
    await scene.main.upload(b"one", "a/1", metadata={"k": "v"})
    await scene.main.upload("two", "a/2", mode="x")


async def uploaded(scene: LakeFSScene) -> None:
    """Both are there, as they were sent."""
    assert await scene.main.download("a/1") == b"one"
    assert (await scene.main.stat_object("a/1")).metadata == {"k": "v"}
    assert await scene.main.download("a/2") == b"two"


def large() -> bytes:
    """Return what travels in parts, now that `MULTIPART_FROM` is small."""
    return bytes(range(256)) * 40


async def uploads_parts(scene: LakeFSScene) -> None:
    """Upload an object in parts."""
    await scene.main.upload(large(), "large")


async def uploaded_parts(scene: LakeFSScene) -> None:
    """It is there as a whole."""
    assert await scene.main.download("large") == large()


async def put_objects(scene: LakeFSScene) -> None:
    """Put objects there to read."""
    for number in range(3):
        await scene.main.upload(str(number).encode() * 1000, f"in/{number}")


async def downloads(scene: LakeFSScene) -> None:
    """Read them."""
    scene.results["read"] = [await scene.main.download(f"in/{number}") for number in range(3)]


async def downloaded(scene: LakeFSScene) -> None:
    """What was read is what was put there."""
    assert scene.results["read"] == [str(number).encode() * 1000 for number in range(3)]


async def put_many(scene: LakeFSScene) -> None:
    """Put objects there, for several small pages."""
    for number in range(ITEMS):
        scene.stack.store.put(f"s3://source/{number:05}", b"x")
    await scene.main.import_from("s3://source/", "many/", "import").run()


async def lists(scene: LakeFSScene) -> None:
    """List them all."""
    scene.results["paths"] = [item.path async for item in scene.main.objects(prefix="many/", amount=3)]


async def listed(scene: LakeFSScene) -> None:
    """Each is listed once, in order."""
    assert scene.results["paths"] == [f"many/{number:05}" for number in range(ITEMS)]


async def change(scene: LakeFSScene) -> None:
    """Leave something uncommitted on main."""
    await scene.main.upload(b"x", "changed")


async def commits(scene: LakeFSScene) -> None:
    """Commit it."""
    scene.results["head"] = (await scene.main.commit("work", metadata={"by": "test"})).id


async def committed(scene: LakeFSScene) -> None:
    """There is one such commit, and it is the head."""
    assert scene.applied("commit") == 1
    head = await scene.main.get_commit()
    assert (head.id, head.message, head.metadata) == (scene.results["head"], "work", {"by": "test"})


async def diverge(scene: LakeFSScene) -> None:
    """Commit something on another branch."""
    other = await scene.repo.branch("other").create("main")
    await other.upload(b"x", "other")
    await other.commit("other")


async def merges(scene: LakeFSScene) -> None:
    """Merge it."""
    scene.results["merge"] = await scene.repo.branch("other").merge_into("main")


async def merged(scene: LakeFSScene) -> None:
    """It is merged once."""
    assert scene.applied("mergeIntoBranch") == 1
    assert (await scene.main.get_commit()).id == scene.results["merge"]


async def transacts(scene: LakeFSScene) -> None:
    """Write in a transaction."""
    async with scene.main.transaction(commit_message="all or nothing") as tx:
        await tx.upload(b"1", "tx/1")
        await tx.upload(b"2", "tx/2")


async def transacted(scene: LakeFSScene) -> None:
    """All of it is on main, once, and no branch is left."""
    assert [item.path async for item in scene.main.objects(prefix="tx/")] == ["tx/1", "tx/2"]
    assert scene.applied("commit") == 1
    assert scene.applied("mergeIntoBranch") == 1
    assert [branch.id async for branch in scene.repo.branches(show_hidden=True)] == ["main"]


async def names(scene: LakeFSScene) -> None:
    """Make a branch and a tag, and delete another branch."""
    await scene.repo.branch("made").create("main")
    await scene.repo.tag("v1").create("main")
    await scene.repo.branch("other").delete()


async def named(scene: LakeFSScene) -> None:
    """They are there, and it is gone."""
    assert [branch.id async for branch in scene.repo.branches()] == ["made", "main"]
    assert [tag.id async for tag in scene.repo.tags()] == ["v1"]
    assert scene.applied("createBranch") == 1
    assert scene.applied("createTag") == 1
    assert scene.applied("deleteBranch") == 1


async def deletes(scene: LakeFSScene) -> None:
    """Delete one object, then several at once."""
    await scene.main.object("in/0").delete()
    await scene.main.delete_objects(["in/1", "in/2"])


async def deleted(scene: LakeFSScene) -> None:
    """None is left."""
    assert await scene.main.objects(prefix="in/").to_list() == []


DIRECT = partial(scene, presign=False)
PRESIGNED = partial(scene, presign=True)
BOTH = ("lakefs", "objects")

WORKFLOWS = (
    Workflow("upload direct", DIRECT, nothing, uploads, uploaded, once),
    Workflow("upload presigned", PRESIGNED, nothing, uploads, uploaded, once, BOTH),
    Workflow("upload in parts", PRESIGNED, nothing, uploads_parts, uploaded_parts, once, BOTH),
    Workflow("download direct", DIRECT, put_objects, downloads, downloaded, once),
    Workflow("download presigned", PRESIGNED, put_objects, downloads, downloaded, once, BOTH),
    Workflow("list", DIRECT, put_many, lists, listed, once),
    Workflow("commit", DIRECT, change, commits, committed, once),
    Workflow("merge", DIRECT, diverge, merges, merged, once),
    Workflow("transaction", DIRECT, nothing, transacts, transacted, once),
    Workflow("names", DIRECT, diverge, names, named, once),
    Workflow("delete", DIRECT, put_objects, deletes, deleted, once),
)
