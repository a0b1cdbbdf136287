"""Ordinary work on the local stack, each with what must be true afterwards, whatever went wrong on the way."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from catchment.lakefs import aio as lakefs
from catchment.local import Stack
from catchment.local.lakefs.options import LakeFSOptions

ITEMS = 7


@dataclass
class Scene:
    """A stack with a repository, and a client of it."""

    stack: Stack
    client: lakefs.Client
    repo: lakefs.Repository
    main: lakefs.Branch
    before: int = 0
    """Mutations in the ledger before the work began."""
    results: dict[str, object] = field(default_factory=dict)

    def applied(self, operation: str) -> int:
        """Count how often an operation took effect since the work began."""
        return sum(entry.sequence > self.before for entry in self.stack.ledger.of(operation))


Step = Callable[[Scene], Awaitable[None]]


@dataclass(frozen=True)
class Workflow:
    """
    One piece of work.

    Attributes:
        name: How test ids call it.
        prepare: What must be there before; no fault strikes it.
        work: The calls that faults strike.
        check: Raises `AssertionError` unless the work was done once and as a whole.
        presign: Whether the server hands out presigned URLs.
    """

    name: str
    prepare: Step
    work: Step
    check: Step
    presign: bool = False


@asynccontextmanager
async def scene(*, presign: bool) -> AsyncIterator[Scene]:
    """Set the scene and leave nothing of it."""
    options = LakeFSOptions(pre_sign_support=presign, pre_sign_multipart_upload=presign)
    stack = Stack(lakefs=options)
    try:
        async with lakefs.Client(local=stack) as client:
            repo = await lakefs.repository("example", client=client).create("s3://bucket/example")
            await client.storage_config
            yield Scene(stack, client, repo, repo.branch("main"))
    finally:
        stack.close()


async def nothing(scene: Scene) -> None:
    """Prepare nothing."""
    del scene


async def uploads(scene: Scene) -> None:
    """Upload small objects."""
    await scene.main.upload(b"one", "a/1", metadata={"k": "v"})
    await scene.main.upload("two", "a/2", mode="x")


async def uploaded(scene: Scene) -> None:
    """Both are there, as they were sent."""
    assert await scene.main.download("a/1") == b"one"
    assert (await scene.main.stat_object("a/1")).metadata == {"k": "v"}
    assert await scene.main.download("a/2") == b"two"


def large() -> bytes:
    """Return what travels in parts, now that `MULTIPART_FROM` is small."""
    return bytes(range(256)) * 40


async def uploads_parts(scene: Scene) -> None:
    """Upload an object in parts."""
    await scene.main.upload(large(), "large")


async def uploaded_parts(scene: Scene) -> None:
    """It is there as a whole."""
    assert await scene.main.download("large") == large()


async def put_objects(scene: Scene) -> None:
    """Put objects there to read."""
    for number in range(3):
        await scene.main.upload(str(number).encode() * 1000, f"in/{number}")


async def downloads(scene: Scene) -> None:
    """Read them."""
    scene.results["read"] = [await scene.main.download(f"in/{number}") for number in range(3)]


async def downloaded(scene: Scene) -> None:
    """What was read is what was put there."""
    assert scene.results["read"] == [str(number).encode() * 1000 for number in range(3)]


async def put_many(scene: Scene) -> None:
    """Put objects there, for several small pages."""
    for number in range(ITEMS):
        scene.stack.store.put(f"s3://source/{number:05}", b"x")
    await scene.main.import_from("s3://source/", "many/", "import").run()


async def lists(scene: Scene) -> None:
    """List them all."""
    scene.results["paths"] = [item.path async for item in scene.main.objects(prefix="many/", amount=3)]


async def listed(scene: Scene) -> None:
    """Each is listed once, in order."""
    assert scene.results["paths"] == [f"many/{number:05}" for number in range(ITEMS)]


async def change(scene: Scene) -> None:
    """Leave something uncommitted on main."""
    await scene.main.upload(b"x", "changed")


async def commits(scene: Scene) -> None:
    """Commit it."""
    scene.results["head"] = (await scene.main.commit("work", metadata={"by": "test"})).id


async def committed(scene: Scene) -> None:
    """There is one such commit, and it is the head."""
    assert scene.applied("commit") == 1
    head = await scene.main.get_commit()
    assert (head.id, head.message, head.metadata) == (scene.results["head"], "work", {"by": "test"})


async def diverge(scene: Scene) -> None:
    """Commit something on another branch."""
    other = await scene.repo.branch("other").create("main")
    await other.upload(b"x", "other")
    await other.commit("other")


async def merges(scene: Scene) -> None:
    """Merge it."""
    scene.results["merge"] = await scene.repo.branch("other").merge_into("main")


async def merged(scene: Scene) -> None:
    """It is merged once."""
    assert scene.applied("mergeIntoBranch") == 1
    assert (await scene.main.get_commit()).id == scene.results["merge"]


async def transacts(scene: Scene) -> None:
    """Write in a transaction."""
    async with scene.main.transaction(commit_message="all or nothing") as tx:
        await tx.upload(b"1", "tx/1")
        await tx.upload(b"2", "tx/2")


async def transacted(scene: Scene) -> None:
    """All of it is on main, once, and no branch is left."""
    assert [item.path async for item in scene.main.objects(prefix="tx/")] == ["tx/1", "tx/2"]
    assert scene.applied("commit") == 1
    assert scene.applied("mergeIntoBranch") == 1
    assert [branch.id async for branch in scene.repo.branches(show_hidden=True)] == ["main"]


async def names(scene: Scene) -> None:
    """Make a branch and a tag, and delete another branch."""
    await scene.repo.branch("made").create("main")
    await scene.repo.tag("v1").create("main")
    await scene.repo.branch("other").delete()


async def named(scene: Scene) -> None:
    """They are there, and it is gone."""
    assert [branch.id async for branch in scene.repo.branches()] == ["made", "main"]
    assert [tag.id async for tag in scene.repo.tags()] == ["v1"]
    assert scene.applied("createBranch") == 1
    assert scene.applied("createTag") == 1
    assert scene.applied("deleteBranch") == 1


async def deletes(scene: Scene) -> None:
    """Delete one object, then several at once."""
    await scene.main.object("in/0").delete()
    await scene.main.delete_objects(["in/1", "in/2"])


async def deleted(scene: Scene) -> None:
    """None is left."""
    assert await scene.main.objects(prefix="in/").to_list() == []


WORKFLOWS = (
    Workflow("upload direct", nothing, uploads, uploaded),
    Workflow("upload presigned", nothing, uploads, uploaded, presign=True),
    Workflow("upload in parts", nothing, uploads_parts, uploaded_parts, presign=True),
    Workflow("download direct", put_objects, downloads, downloaded),
    Workflow("download presigned", put_objects, downloads, downloaded, presign=True),
    Workflow("list", put_many, lists, listed),
    Workflow("commit", change, commits, committed),
    Workflow("merge", diverge, merges, merged),
    Workflow("transaction", nothing, transacts, transacted),
    Workflow("names", diverge, names, named),
    Workflow("delete", put_objects, deletes, deleted),
)
