# pyright: reportUnnecessaryTypeIgnoreComment=true

"""What type checkers see of the generated endpoints: read by mypy and pyright, never run.

One sample for each branch of the templates, then calls that must not type-check: each carries an ignore that both
checkers report when the error is gone.
"""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager, AbstractContextManager
from datetime import datetime
from typing import assert_type

from catchment.core.wire import AsyncIncoming, AsyncSender, Incoming, RawResponse, Request, Response, Sender
from catchment_api.influxdb.api.query import query_in_background, query_post
from catchment_api.influxdb.api.server import ping
from catchment_api.influxdb.api.write import write_points
from catchment_api.influxdb.models import QueryForm, QueryResponse, ServerVersion
from catchment_api.lakefs import api, models
from catchment_api.lakefs.api.actions import list_repository_runs
from catchment_api.lakefs.api.branches import create_branch, delete_branch, list_branches
from catchment_api.lakefs.api.config import get_config
from catchment_api.lakefs.api.objects import get_object, head_object, upload_object
from catchment_api.lakefs.api.refs import log_commits
from catchment_api.lakefs.api.repositories import get_branch_protection_rules, get_repository_metadata
from catchment_api.lakefs.models import ActionRun, BranchCreation, BranchProtectionRule, ObjectStats, RefList
from catchment_api.v3io.api.containers import list_directory
from catchment_api.v3io.api.items import get_item, get_items, put_item
from catchment_api.v3io.api.objects import get_object_by_inode, put_object
from catchment_api.v3io.api.streams import put_records, seek_shard
from catchment_api.v3io.models import (
    AttributeValue,
    ItemAnswer,
    ItemPage,
    NewRecord,
    PutItem,
    PutRecords,
    PutRecordsAnswer,
    SeekShard,
    SeekShardAnswer,
)
from catchment_api.v3io.models import GetItem as ItemQuestion
from catchment_api.v3io.models import GetItems as TableQuestion
from catchment_api.v3io_control.api.users import create_user, get_self
from catchment_api.v3io_control.models import UserAttributes, UserDocument, UserResource


def returns(client: Sender, raw: RawResponse) -> None:
    """Calls return the success and nothing else."""
    assert_type(list_branches.sync("repo", client=client), RefList)
    assert_type(list_branches.sync("repo", client=client).results[0].id, str)
    assert_type(list_branches.sync_detailed("repo", client=client), Response[RefList])
    assert_type(list_branches.parse_response(raw), RefList)
    assert_type(create_branch.sync("repo", client=client, body=BranchCreation("a", "main")), str)
    assert_type(get_branch_protection_rules.sync("repo", client=client), list[BranchProtectionRule])
    assert_type(get_repository_metadata.sync("repo", client=client), dict[str, str])
    assert_type(get_object.sync("repo", "main", client=client, path="a"), bytes)
    assert_type(get_object.sync_detailed("repo", "main", client=client, path="a"), Response[bytes | None])
    assert_type(head_object.sync_detailed("repo", "main", client=client, path="a"), Response[None])
    assert_type(get_object.stream("repo", "main", client=client, path="a"), AbstractContextManager[Incoming])


async def returns_when_awaited(client: AsyncSender) -> None:
    """Awaited calls return the same."""
    assert_type(await list_branches.asyncio("repo", client=client), RefList)
    assert_type(await list_branches.asyncio_detailed("repo", client=client), Response[RefList])
    assert_type(get_object.astream("repo", "main", client=client, path="a"), AbstractAsyncContextManager[AsyncIncoming])


async def forms(client: Sender, waiting: AsyncSender, form: QueryForm) -> None:
    """Where callers choose the form of the answer, what they get follows from it."""
    assert_type(query_post.sync(client=client, body=form), QueryResponse)
    assert_type(query_post.sync(client=client, body=form, accept="application/json"), QueryResponse)
    assert_type(query_post.sync(client=client, body=form, accept="text/csv"), bytes)
    assert_type(query_post.sync_detailed(client=client, body=form), Response[QueryResponse])
    assert_type(query_post.sync_detailed(client=client, body=form, accept="text/csv"), Response[bytes])
    assert_type(await query_post.asyncio(client=waiting, body=form), QueryResponse)
    assert_type(await query_post.asyncio(client=waiting, body=form, accept="application/x-msgpack"), bytes)
    assert_type(await query_post.asyncio_detailed(client=waiting, body=form), Response[QueryResponse])
    assert_type(
        query_post.stream(client=client, body=form, accept="application/x-msgpack"), AbstractContextManager[Incoming]
    )
    assert_type(query_post.astream(client=waiting, body=form), AbstractAsyncContextManager[AsyncIncoming])
    assert_type(ping.sync(client=client), ServerVersion | None)
    assert_type(query_in_background.sync_detailed(client=client, body=form), Response[None])


def functions(client: Sender) -> None:
    """Functions that share a path and a method have bodies and answers of their own; XML comes as it is."""
    item = PutItem({"seats": AttributeValue(n="178")}, condition_expression="not(exists(seats))")
    assert_type(put_item.build_request("flights", "planes/N37408", body=item), Request)
    assert_type(get_item.sync("flights", "planes/N37408", client=client, body=ItemQuestion("seats")), ItemAnswer)
    page = get_items.sync("flights", "planes", client=client, body=TableQuestion(limit=10))
    assert_type(page, ItemPage)
    assert_type(page.items[0]["seats"].n, str | None)
    records = PutRecords([NewRecord("bGlmdA==", shard_id=3)])
    assert_type(put_records.sync("flights", "departures", client=client, body=records), PutRecordsAnswer)
    where = seek_shard.sync("flights", "departures", 3, client=client, body=SeekShard("EARLIEST"))
    assert_type(where, SeekShardAnswer)
    assert_type(list_directory.sync("flights", client=client, prefix="planes", max_keys=10), bytes)
    assert_type(get_object_by_inode.sync("flights", 7, client=client, ctime_sec=1, ctime_nsec=2), bytes)
    put_object.sync("flights", "a/b", client=client, body=iter([b"piece"]))
    assert_type(get_self.sync(client=client).data.attributes.username, str | None)
    user = UserDocument(UserResource("user", UserAttributes(username="ada")))
    assert_type(create_user.sync(client=client, body=user), UserDocument)


def members(stats: ObjectStats, run: ActionRun) -> None:
    """Models hold plain Python values; what may be absent is `None`, never a marker."""
    assert_type(stats.path, str)
    assert_type(stats.size_bytes, int | None)
    assert_type(stats.metadata, dict[str, str] | None)
    assert_type(run.start_time, datetime)
    assert_type(run.end_time, datetime | None)
    assert_type(ObjectStats.from_dict({}), ObjectStats)


def packages() -> None:
    """Lazy packages look eager."""
    assert_type(api.branches.list_branches.build_request("repo"), Request)
    assert_type(models.Ref("main", "c0ffee").id, str)


def bodies(client: Sender) -> None:
    """Whatever can be streamed can be sent."""
    upload_object.sync("repo", "main", client=client, path="a", body=b"bytes")
    upload_object.sync("repo", "main", client=client, path="a", body="text")
    upload_object.sync("repo", "main", client=client, path="a", body=iter([b"piece"]))
    with open("file", "rb") as file:  # noqa: PTH123 - the type of `open` is the point
        upload_object.sync("repo", "main", client=client, path="a", body=file)
    log_commits.sync("repo", "main", client=client, since=datetime.now().astimezone(), objects=["a"])


async def mistakes(client: Sender, waiting: AsyncSender) -> None:
    """What must not type-check."""
    list_branches.sync("repo")  # type: ignore[call-arg]
    list_branches.sync("repo", client=waiting)  # type: ignore[arg-type]
    list_branches.sync(7, client=client)  # type: ignore[arg-type]
    list_branches.sync("repo", client=client, ammount=1)  # type: ignore[call-arg]
    list_branches.sync("repo", client=client, amount="1")  # type: ignore[arg-type]
    get_object.sync("repo", "main", client=client)  # type: ignore[call-arg]
    get_config.sync(client=client).nothing  # type: ignore[attr-defined]
    create_branch.sync("repo", client=client, body={"name": "a"})  # type: ignore[arg-type]
    log_commits.sync("repo", "main", client=client, since="2025")  # type: ignore[arg-type]
    delete_branch.sync("repo", "a", client=client).id  # type: ignore[func-returns-value, attr-defined]
    list_repository_runs.stream("repo", client=client)  # type: ignore[attr-defined]
    query_post.sync(client=client, body=QueryForm("SHOW DATABASES"), accept="text/html")  # type: ignore[call-overload]
    write_points.sync(client=client, body=b"m v=1", db="d", precision="us")  # type: ignore[arg-type]
    seek_shard.sync("flights", "departures", "3", client=client, body=SeekShard("EARLIEST"))  # type: ignore[arg-type]
    SeekShard("LATER")  # type: ignore[arg-type]
    models.Reff  # type: ignore[attr-defined]
    list_branches.asyncio("repo", client=waiting).results  # type: ignore[attr-defined]
