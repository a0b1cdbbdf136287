# pyright: reportUnnecessaryTypeIgnoreComment=true
"""What an editor knows of the lakeFS overlay: read by two type checkers, never run.

The lines marked with an ignore must *not* type-check: an ignore that is not needed is an error, so each of them is a
test that the mistake is seen.
"""

from __future__ import annotations

from datetime import datetime
from typing import assert_type

from catchment import lakefs
from catchment.core._async.pages import AsyncPages
from catchment.core._sync.pages import Pages
from catchment.lakefs import aio
from catchment_api.lakefs import models
from catchment_api.lakefs.api.branches import list_branches


def blocking() -> None:
    """Attributes are values, files are the standard library's, listings know their items."""
    repo = lakefs.repository("example")
    branch = repo.branch("main")
    assert_type(repo, lakefs.Repository)
    assert_type(branch, lakefs.Branch)
    assert_type(branch.head, lakefs.Reference)
    assert_type(branch.metadata, dict[str, str])
    assert_type(branch.commit_message, str)
    assert_type(branch.get_commit(), lakefs.Commit)
    assert_type(branch.commit("why"), lakefs.Reference)
    assert_type(branch.download("a"), bytes)
    assert_type(branch.upload(b"", "a"), lakefs.ObjectInfo)
    assert_type(branch.object("a"), lakefs.WriteableObject)
    assert_type(repo.commit("abc").object("a"), lakefs.StoredObject)
    assert_type(branch.list_objects(), Pages[lakefs.ObjectInfo | lakefs.CommonPrefix])
    assert_type(branch.stat_object("a").modified_time, datetime)
    assert_type(branch.stat_object("a").size_bytes, int | None)
    assert_type(branch.diff("other"), Pages[lakefs.Change])
    assert_type(next(iter(branch.uncommitted())).path, str)
    assert_type(branch.merge_into("main"), str)
    assert_type(branch.transaction("why"), lakefs.BranchTransaction)
    assert_type(branch.import_from("s3://a/", "b", "c").run(), lakefs.ImportResult)
    assert_type(lakefs.ServerConfiguration().version, str)

    assert_type(branch.open("a", "r"), lakefs.TextReader)
    assert_type(branch.open("a", "rb"), lakefs.BytesReader)
    assert_type(branch.open("a", "w"), lakefs.TextWriter)
    assert_type(branch.open("a", "xb"), lakefs.BytesWriter)
    with branch.open("a", "r") as text:
        assert_type(text.read(), str)
    with branch.open("a", "rb") as data:
        assert_type(data.read(), bytes)

    assert_type(list_branches.sync("example", client=lakefs.Client().api), models.RefList)


async def awaited() -> None:
    """The same names, to be awaited, lazy attributes included."""
    branch = aio.repository("example").branch("main")
    assert_type(await branch.head, aio.Reference)
    assert_type(await branch.metadata, dict[str, str])
    assert_type(await branch.get_commit(), aio.Commit)
    assert_type((await branch.get_commit()).metadata, dict[str, str])
    assert_type(await branch.download("a"), bytes)
    assert_type(await branch.upload(b"", "a"), aio.ObjectInfo)
    assert_type(branch.list_objects(), AsyncPages[aio.ObjectInfo | aio.CommonPrefix])
    async for item in branch.list_objects():
        assert_type(item.path, str)
    async with branch.open("a", "r") as text:
        assert_type(await text.read(), str)
    async with branch.open("a", "rb") as data:
        assert_type(await data.read(), bytes)
    async with branch.transaction("why") as tx:
        assert_type(tx, aio.BranchTransaction)
    assert_type(await list_branches.asyncio("example", client=aio.Client().api), models.RefList)


def mistakes() -> None:
    """What is wrong is seen before it runs."""
    repo = lakefs.repository("example")
    repo.commit("abc").upload(b"", "a")  # type: ignore[attr-defined]
    repo.commit("abc").open("a", "w")  # type: ignore[call-overload]
    repo.branch("main").open("a", "a")  # type: ignore[call-overload]
    repo.branch("main").merge_into("dev", strategy="ours")  # type: ignore[arg-type]
    lakefs.Client("host")  # type: ignore[call-arg]
    list_branches.sync("example", client=aio.Client().api)  # type: ignore[arg-type]


def mistyped() -> None:
    """A name that is not exported is not there."""
    lakefs.Repostory  # type: ignore[attr-defined]
    aio.Repostory  # type: ignore[attr-defined]
