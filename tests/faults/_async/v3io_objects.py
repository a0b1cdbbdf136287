"""Workflows of V3IO's objects: appends, uploads in pieces, downloads in windows, batches, trees."""

from __future__ import annotations

from io import BytesIO

from catchment.v3io.response import Response

from tests.faults._async.scenes import Scene, Workflow, nothing
from tests.faults._async.v3io_scene import WHERE, counted_once, log_of, records_of, scene

APPENDED = [str(number) for number in range(4)]
LARGE = bytes(range(256)) * 20
PIECE = 1024


async def appends(here: Scene) -> None:
    """Begin a log, append to it, and delete another object."""
    objects = here.client.object
    await objects.put(WHERE, "log", body="")
    for name in APPENDED:
        await objects.put(WHERE, "log", body=f"<{name}>", append=True)
        here.done.append(name)
    await objects.put(WHERE, "gone", body="x")
    await objects.delete(WHERE, "gone")


async def appended(here: Scene) -> None:
    """The log holds each once and in order; the other object is gone."""
    assert await log_of(here) == APPENDED
    assert (await here.client.object.head(WHERE, "gone", raise_for_status=[404])).status_code == 404


async def append_law(here: Scene) -> None:
    """What was reported appended is there once, in order; of the others nothing is there twice."""
    there = await log_of(here)
    counted_once(there, here.done, APPENDED)
    assert there == APPENDED[: len(there)]


async def uploads_pieces(here: Scene) -> None:
    """Upload what has no length, piece by piece, then append to it."""
    pieces = [LARGE[at : at + 700] for at in range(0, len(LARGE), 700)]
    here.results["size"] = await here.client.object.upload(WHERE, "large", iter(pieces), piece_size=PIECE)
    here.results["more"] = await here.client.object.upload(WHERE, "large", LARGE, append=True, piece_size=2 * PIECE)


async def uploaded_pieces(here: Scene) -> None:
    """It is there as a whole, and no piece twice."""
    assert await here.client.object.read(WHERE, "large") == LARGE + LARGE
    assert here.results == {"size": len(LARGE), "more": len(LARGE)}


async def upload_law(here: Scene) -> None:
    """What is there is a beginning of it, of whole pieces."""
    response = await here.client.object.get(WHERE, "large", raise_for_status=[200, 404])
    there = response.body if response.status_code == 200 else b""
    assert (LARGE + LARGE).startswith(there)
    assert len(there) % PIECE == 0
    if "size" in here.results:
        assert len(there) >= len(LARGE)


async def put_large(here: Scene) -> None:
    """Put an object there that is read in several windows."""
    await here.client.object.put(WHERE, "large", body=LARGE)


async def downloads(here: Scene) -> None:
    """Read it in every way there is."""
    objects, target = here.client.object, BytesIO()
    here.results["read"] = await objects.read(WHERE, "large")
    await objects.download(WHERE, "large", target)
    here.results["downloaded"] = target.getvalue()
    async with objects.open(WHERE, "large") as file:
        await file.seek(1000)
        here.results["opened"] = await file.read(2000)


async def downloaded(here: Scene) -> None:
    """Every byte came once, and from its place."""
    assert here.results == {"read": LARGE, "downloaded": LARGE, "opened": LARGE[1000:3000]}


async def read_law(here: Scene) -> None:
    """Whatever was read is what is there."""
    for name, read in here.results.items():
        if name != "caught" and name != "errors":
            assert read in LARGE


# -- batches -----------------------------------------------------------------------------------------------------------


async def prepare_batch(here: Scene) -> None:
    """Put there what the calls of a batch change."""
    await here.client.stream.create(WHERE, "s", 1)
    await here.client.kv.put(WHERE, "t", "n", {"n": 0})
    await here.client.object.put(WHERE, "victim", body="x")


async def batches(here: Scene) -> None:
    """Send a batch of everything; note what each call came to."""
    batch = here.client.create_batch()
    calls: dict[str, Response[object]] = {}
    for name in APPENDED:
        calls[f"append {name}"] = batch.put_object(WHERE, "log", body=f"<{name}>", append=True)
        calls[f"count {name}"] = batch.kv.update(WHERE, "t", "n", expression="n = n + 1")
        calls[f"record {name}"] = batch.put_records(WHERE, "s", [{"data": name, "shard_id": 0}])
        calls[f"item {name}"] = batch.kv.put(WHERE, "t", name, {"a": name})
    calls["make"] = batch.create_stream(WHERE, "made", 2)
    calls["delete"] = batch.delete_object(WHERE, "victim")
    calls["read"] = batch.kv.get(WHERE, "t", "n")
    try:
        await batch.wait()
    finally:
        here.done += [name for name, call in calls.items() if call.error is None]


async def batched(here: Scene) -> None:
    """All of it was done."""
    assert len(here.done) == 4 * len(APPENDED) + 3
    assert (await here.client.stream.describe(WHERE, "made")).output.shard_count == 2


async def batch_law(here: Scene) -> None:
    """Appends, records and counts that were reported are there once, and none of the others twice."""
    for kind, found in (("append", await log_of(here)), ("record", await records_of(here))):
        counted_once(found, _of(here, kind), APPENDED)
    counted = (await here.client.kv.get(WHERE, "t", "n")).output.item["n"]
    assert len(_of(here, "count")) <= counted <= len(APPENDED)
    assert here.applied("updateItem") == counted
    for name in _of(here, "item"):
        assert (await here.client.kv.get(WHERE, "t", name)).output.item == {"a": name}
    if "delete" in here.done:
        assert (await here.client.object.head(WHERE, "victim", raise_for_status=[404])).status_code == 404


def _of(here: Scene, kind: str) -> list[str]:
    return [name.partition(" ")[2] for name in here.done if name.startswith(f"{kind} ")]


# -- trees -------------------------------------------------------------------------------------------------------------

TREE = ("tree/a", "tree/b", "tree/c/d", "tree/c/e/f", "tree/g/h")


async def put_tree(here: Scene) -> None:
    """Put objects into folders of folders, and one beside them."""
    for path in (*TREE, "beside"):
        await here.client.object.put(WHERE, path, body="x")


async def deletes_tree(here: Scene) -> None:
    """Delete them all."""
    done = await here.client.container.delete_tree(WHERE, "tree")
    here.results["deleted"] = (done.files, done.directories)


async def deleted_tree(here: Scene) -> None:
    """Each was deleted and counted once."""
    assert here.results["deleted"] == (len(TREE), 4)
    assert here.applied("deleteObject") == len(TREE) + 4
    assert (await here.client.object.head(WHERE, "tree", raise_for_status=[404])).status_code == 404


async def tree_law(here: Scene) -> None:
    """What is beside the tree stays."""
    assert (await here.client.object.get(WHERE, "beside")).body == b"x"


WORKFLOWS = (
    Workflow("v3io appends", scene, nothing, appends, appended, append_law, ("v3io",), frozenset({"appendObject"})),
    Workflow("v3io upload in pieces", scene, nothing, uploads_pieces, uploaded_pieces, upload_law, ("v3io",)),
    Workflow("v3io download", scene, put_large, downloads, downloaded, read_law, ("v3io",), tidying=None),
    Workflow(
        "v3io batch",
        scene,
        prepare_batch,
        batches,
        batched,
        batch_law,
        ("v3io",),
        frozenset({"appendObject", "updateItem", "putRecords"}),
        tidying=None,
    ),
    Workflow("v3io tree", scene, put_tree, deletes_tree, deleted_tree, tree_law, ("v3io",), tidying=None),
)
