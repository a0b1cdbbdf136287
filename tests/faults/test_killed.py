"""R28: a process killed at any request leaves what it was told is done, nothing twice, and nothing that nobody finds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from catchment import influxdb, lakefs, v3io
from catchment.local import Stack
from catchment.testing import frozen_time

from tests.faults.killing import KillingStack

MOST = 40
Law = Callable[[Stack, list[str]], None]


@dataclass(frozen=True)
class Victim:
    """
    A program, and what must be true after it was killed.

    Attributes:
        name: How test ids call it.
        service: Which platform it works with.
        modules: What the program needs.
        program: In Python; it prints what it was told is done.
        prepare: What must be there before.
        law: Raises `AssertionError` unless what is there is as it should be, given what was printed.
    """

    name: str
    service: str
    modules: tuple[str, ...]
    program: str
    prepare: Callable[[Stack], None]
    law: Law


# -- lakeFS ------------------------------------------------------------------------------------------------------------

TRANSACTION = """
from catchment import lakefs

with lakefs.repository("example").branch("main").transaction(commit_message="all or nothing") as tx:
    tx.upload(b"1", "tx/1", pre_sign=False)
    tx.upload(b"2", "tx/2", pre_sign=False)
print("done")
"""


def make_repository(stack: Stack) -> None:
    """Make the repository that the transaction is in."""
    with lakefs.Client(local=stack) as client:
        lakefs.repository("example", client=client).create("s3://bucket/example")


def whole_or_undone(stack: Stack, said: list[str]) -> None:
    """Readers of main see both objects or neither; a branch that stayed is listed and can be dropped."""
    with lakefs.Client(local=stack) as client:
        repo = lakefs.repository("example", client=client)
        there = [item.path for item in repo.branch("main").objects(prefix="tx/")]
        assert there in ([], ["tx/1", "tx/2"])
        assert there or not said
        for left in repo.leftover_transactions():
            left.delete()
        assert repo.leftover_transactions().to_list() == []


# -- V3IO --------------------------------------------------------------------------------------------------------------

NAMES = ["0", "1"]
ONCE_EACH = """
from catchment import v3io

client = v3io.dataplane.Client()
for name in ["0", "1"]:
    client.object.put("users", "log", body=name, append=True)
    print("append", flush=True)
    client.stream.put_records("users", "s", [{"data": name, "shard_id": 0}])
    print("record", flush=True)
    client.kv.update("users", "t", "n", expression="n = n + 1")
    print("count", flush=True)
"""


def prepare_once_each(stack: Stack) -> None:
    """Make the stream and the counter."""
    with v3io.Client(local=stack) as client:
        client.stream.create("users", "s", 1)
        client.kv.put("users", "t", "n", {"n": 0})


def once_each(stack: Stack, said: list[str]) -> None:
    """What was told is there once, and at most the one that nobody was told of besides."""
    with v3io.Client(local=stack) as client:
        log = client.object.get("users", "log", raise_for_status=[200, 404])
        appended = list(log.body.decode()) if log.status_code == 200 else []
        records = [record.data.decode() for record in client.stream.records("users", "s")]
        counted = client.kv.get("users", "t", "n").output.item["n"]
    assert appended == NAMES[: len(appended)]
    assert records == NAMES[: len(records)]
    assert isinstance(counted, int)
    done = {"append": len(appended), "record": len(records), "count": counted}
    unheard = sum(number - said.count(what) for what, number in done.items())
    assert all(number >= said.count(what) for what, number in done.items())
    assert unheard <= 1


LARGE = bytes(range(256)) * 16
UPLOAD = """
from catchment import v3io

pieces = iter([bytes(range(256))] * 16)
v3io.dataplane.Client().object.upload("users", "large", pieces, piece_size=1024)
print("done")
"""


def nothing(stack: Stack) -> None:
    """Prepare nothing."""
    del stack


def whole_pieces(stack: Stack, said: list[str]) -> None:
    """What is there is a beginning, of whole pieces; all of it where that was told."""
    with v3io.Client(local=stack) as client:
        response = client.object.get("users", "large", raise_for_status=[200, 404])
    there = response.body if response.status_code == 200 else b""
    assert LARGE.startswith(there)
    assert len(there) % 1024 == 0
    assert there == LARGE or not said


RECORDS = [str(number) for number in range(6)]
MEMBER = """
from catchment import v3io

group = v3io.dataplane.Client().stream.consumer_group(
    "users", "s", "readers", max_replicas=1, page_size=2, poll=0.001
)
with group.member("victim") as member:
    for record in member.records(idle=0.001):
        print(record.data.decode(), flush=True)
        member.mark(record)
        member.commit()
"""


def put_records(stack: Stack) -> None:
    """Put the records there."""
    with v3io.Client(local=stack) as client:
        client.stream.create("users", "s", 2)
        client.stream.put_all("users", "s", [{"data": name, "shard_id": int(name) % 2} for name in RECORDS])


def nothing_unread(stack: Stack, said: list[str]) -> None:
    """When the dead member's time is over, another one gets all that it had not written down as done, in order."""
    later = datetime.now(UTC) + timedelta(seconds=11)
    with frozen_time(later), v3io.Client(local=stack) as client:
        group = client.stream.consumer_group("users", "s", "readers", max_replicas=1)
        with group.member("heir") as heir:
            rest = [record.data.decode() for record in heir.records(idle=1)]
        assert group.state().sessions == ()
    assert set(said) | set(rest) == set(RECORDS)
    for shard in (0, 1):
        mine = [name for name in rest if int(name) % 2 == shard]
        assert mine == [name for name in RECORDS if int(name) % 2 == shard][3 - len(mine) :]


# -- InfluxDB ----------------------------------------------------------------------------------------------------------

WRITER = """
from catchment.influxdb import InfluxDBClient

with InfluxDBClient.from_env(db="db") as client, client.writer(batch_size=4, in_flight=1) as writer:
    for first in (1, 9):
        writer.write([{"measurement": "m", "fields": {"v": n}, "time": n} for n in range(first, first + 8)])
        writer.flush()
        print(first, flush=True)
"""


def make_database(stack: Stack) -> None:
    """Make the database."""
    with influxdb.InfluxDBClient(local=stack, db="db") as client:
        client.admin.create_database("db")


def flushed_is_there(stack: Stack, said: list[str]) -> None:
    """What a flush has told is stored; the others are a beginning."""
    with influxdb.InfluxDBClient(local=stack, db="db") as client:
        there = [row["v"] for row in client.query_stream("SELECT v FROM m")]
    assert there == list(range(1, len(there) + 1))
    assert len(there) >= 8 * len(said)


LAKEFS = ("catchment.lakefs._sync.repository", "catchment.lakefs._sync.transaction")
V3IO = ("catchment.v3io._sync.client",)
INFLUXDB = ("catchment.influxdb._sync.client",)

VICTIMS = (
    Victim("transaction", "lakefs", LAKEFS, TRANSACTION, make_repository, whole_or_undone),
    Victim("appends, records, counts", "v3io", V3IO, ONCE_EACH, prepare_once_each, once_each),
    Victim("upload in pieces", "v3io", V3IO, UPLOAD, nothing, whole_pieces),
    Victim("member of a group", "v3io", V3IO, MEMBER, put_records, nothing_unread),
    Victim("batching writer", "influxdb", INFLUXDB, WRITER, make_database, flushed_is_there),
)


@pytest.mark.parametrize("victim", VICTIMS, ids=lambda victim: victim.name)
@pytest.mark.parametrize("applied", [False, True], ids=["before", "after"])
def test_what_was_told_outlives_who_was_told(victim: Victim, applied: bool) -> None:
    """Whichever request it dies at, before or after that was carried out."""
    with KillingStack() as stack, stack.nursery(victim.program, victim.modules):
        for nth in range(1, MOST):
            stack.reset()
            victim.prepare(stack)
            killed, said = stack.run(victim.service, nth, applied=applied)
            victim.law(stack, said)
            if not killed:
                break
        assert 3 < nth < MOST - 1
