"""The batching writer: what is written arrives, once and in order, and what does not is told."""

from __future__ import annotations

import logging
import pickle
import re
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import pytest
from catchment.core.config import Retry
from catchment.core.errors import ClosedError, ConfigError, DeadlineError, NetworkError, UnsafeInputError
from catchment.influxdb._async.crew import AsyncGate
from catchment.influxdb._async.writer import AsyncBatchWriter
from catchment.influxdb.errors import (
    FieldTypeConflictError,
    PartialWriteError,
    WriteDatabaseNotFoundError,
    WriteHandlerCrashedError,
    WritePayloadTooLargeError,
)
from catchment.influxdb.verdicts import BatchWriteError
from catchment.testing import no_waiting


class AsyncServer:
    """
    Stands for client and server: keeps what it stored, and refuses what `rule` has an error for.

    Args:
        rule: Body to the error that answers it, or `None`.
    """

    db = "db"
    rp = None

    def __init__(self, rule: Callable[[bytes], Exception | None] = lambda _: None) -> None:
        self.rule = rule
        self.asked: list[bytes] = []
        self.stored: list[bytes] = []
        self.targets: list[str] = []
        self.under_way = self.most = 0
        self.gate: Any = None

    @property
    def api(self) -> Any:
        """What sends requests: this."""
        return self

    def with_settings(self, *, retry: Retry, warns: bool) -> Any:
        """Check that repeating is left to the writer, and telling of it too."""
        assert (retry.attempts, warns) == (1, False)
        return self

    async def send(self, request: Any) -> Any:
        """Answer a write; wait for the gate first, if there is one."""
        assert request.retry == "B"
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            if self.gate is not None:
                await self.gate.pause(10)
            self.asked.append(request.content)
            error = self.rule(request.content)
            if error is not None:
                raise error
            self.stored += request.content.splitlines()
            self.targets.append(request.target)
        finally:
            self.under_way -= 1
        return type("Response", (), {"status": 204})


def once(error: Exception) -> Callable[[bytes], Exception | None]:
    """Fail the first request only."""
    errors = [error]
    return lambda _: errors.pop() if errors else None


def bodies_with(part: bytes, error: Exception) -> Callable[[bytes], Exception | None]:
    """Fail every request that carries something."""
    return lambda body: error if part in body else None


def lines(count: int, series: int = 1) -> str:
    """Return points with the times 0, 1, 2 ... in so many series."""
    return "".join(f"m,h=h{number % series} v={number} {number}\n" for number in range(count))


async def test_points_written_one_by_one_go_in_batches() -> None:
    """No request for each point, and none is larger than `batch_size`."""
    server = AsyncServer()
    async with AsyncBatchWriter(server, batch_size=10, in_flight=1) as writer:
        for number in range(25):
            await writer.write({"measurement": "m", "fields": {"v": number}, "time": number})
    assert server.stored == [b"m v=%di %d" % (number, number) for number in range(25)]
    assert [body.count(b"\n") for body in server.asked] == [10, 10, 5]


async def test_nothing_is_sent_before_there_is_a_reason() -> None:
    """A batch that is neither full nor old waits for others."""
    server = AsyncServer()
    writer = AsyncBatchWriter(server, flush_interval=60)
    await writer.write(lines(3))
    assert (server.asked, writer.stats.buffered) == ([], 3)
    await writer.aclose()
    assert len(server.stored) == 3


async def test_a_batch_goes_by_itself_when_it_is_old() -> None:
    """Nobody has to flush."""
    server, arrived = AsyncServer(), AsyncGate()
    writer = AsyncBatchWriter(server, flush_interval=0.01, success=lambda *_: arrived.open())
    await writer.write(lines(1))
    await arrived.pause(30)
    assert server.stored == [b"m,h=h0 v=0 0"]
    await writer.aclose()


async def test_flush_returns_when_everything_is_stored() -> None:
    """Also what is under way already."""
    server = AsyncServer()
    async with AsyncBatchWriter(server, batch_size=2, flush_interval=60) as writer:
        await writer.write(lines(9, series=4))
        await writer.flush()
        assert sorted(server.stored) == sorted(lines(9, series=4).encode().splitlines())
        assert (writer.stats.written, writer.stats.buffered, writer.stats.in_flight) == (9, 0, 0)


async def test_flush_with_a_limit_of_time_keeps_the_lines() -> None:
    """What is not stored in time is not lost either."""
    server = AsyncServer()
    server.gate = AsyncGate()
    async with AsyncBatchWriter(server) as writer:
        await writer.write(lines(1))
        with pytest.raises(DeadlineError, match="1 lines"):
            await writer.flush(timeout=0.01)
        server.gate.open()
    assert len(server.stored) == 1


async def test_several_requests_are_under_way_and_every_series_keeps_its_order() -> None:
    """Batches of different series overtake one another, points of one series never do."""
    server = AsyncServer()
    async with AsyncBatchWriter(server, batch_size=5, in_flight=3) as writer:
        server.gate = AsyncGate()
        await writer.write(lines(300, series=12))
        while server.under_way < 3:
            await server.gate.pause(0.001)
        server.gate.open()
    by_series: dict[bytes, list[int]] = defaultdict(list)
    for line in server.stored:
        by_series[line.split(b" ")[0]].append(int(line.split(b" ")[2]))
    assert all(times == sorted(times) for times in by_series.values())
    assert (server.most, sum(map(len, by_series.values()))) == (3, 300)


async def test_points_without_a_time_are_stamped_before_the_first_attempt() -> None:
    """So that the repetition carries the same points, and two of a series do not overwrite each other."""
    server = AsyncServer(once(NetworkError("gone")))
    with no_waiting():
        async with AsyncBatchWriter(server) as writer:
            await writer.write([{"measurement": "m", "fields": {"v": 1}}, {"measurement": "m", "fields": {"v": 2}}])
    assert len(server.asked) == 2
    assert server.asked[0] == server.asked[1]
    times = re.findall(rb"m v=[12]i (\d{19})\n", server.asked[0])
    assert len(set(times)) == 2


async def test_requests_that_fail_are_repeated_and_told() -> None:
    """`retry` hears of each, and the statistics count them."""
    told: list[tuple[Any, ...]] = []
    server = AsyncServer(once(NetworkError("gone")))
    with no_waiting():
        async with AsyncBatchWriter(server, retry=lambda *facts: told.append(facts)) as writer:
            await writer.write(lines(1))
            await writer.flush()
            assert (writer.stats.retries, writer.stats.written) == (1, 1)
    ((conf, data, error),) = told
    assert (conf, data, type(error)) == (("db", None, "n"), b"m,h=h0 v=0 0\n", NetworkError)


async def test_what_is_given_up_is_raised_by_flush_with_its_lines() -> None:
    """And told to `error` at once; the next flush has nothing to say."""
    told: list[Any] = []
    server = AsyncServer(lambda _: NetworkError("gone"))
    writer = AsyncBatchWriter(server, retries=2, error=lambda *facts: told.append(facts))
    with no_waiting():
        await writer.write(lines(2))
        with pytest.raises(BatchWriteError, match="2 lines were not stored: gone") as caught:
            await writer.flush()
    (loss,) = caught.value.losses
    assert (len(server.asked), loss.data, told[0][1]) == (3, lines(2).encode(), lines(2).encode())
    assert writer.stats.dropped == 2
    await writer.flush()
    await writer.aclose()


async def test_close_raises_what_was_lost() -> None:
    """Leaving a `with` block is no way to miss it."""
    server = AsyncServer(lambda _: WriteDatabaseNotFoundError("database not found", status=404))
    writer = AsyncBatchWriter(server)
    with pytest.raises(BatchWriteError):
        async with writer:
            await writer.write(lines(1))
    assert len(server.asked) == 1


async def test_an_error_inside_the_block_is_not_hidden_by_losses() -> None:
    """It is raised, with a note about them."""
    server = AsyncServer(lambda _: WriteDatabaseNotFoundError("database not found", status=404))
    with pytest.raises(KeyError) as caught:
        async with AsyncBatchWriter(server) as writer:
            await writer.write(lines(1))
            raise KeyError("of the user")
    assert "database not found" in caught.value.__notes__[0]


async def test_good_lines_of_a_partial_write_are_never_sent_again() -> None:
    """One request; the bad line is reported with its reason, and `success` hears of the others."""
    said = "partial write: unable to parse 'm,h=h0 v=1 1': of no use dropped=0"
    server, stored = AsyncServer(lambda _: PartialWriteError(said, status=400)), []
    writer = AsyncBatchWriter(server, success=lambda conf, data: stored.append(data))
    await writer.write(lines(3))
    with pytest.raises(BatchWriteError) as caught:
        await writer.aclose()
    assert len(server.asked) == 1
    assert caught.value.losses[0].bad_lines == (("m,h=h0 v=1 1", "of no use"),)
    assert stored == [b"m,h=h0 v=0 0\nm,h=h0 v=2 2\n"]
    assert (writer.stats.written, writer.stats.dropped) == (2, 1)


async def test_a_conflict_costs_the_line_that_has_it_and_no_other() -> None:
    """The server stores nothing of such a batch, so that it is halved until the line is alone."""
    server = AsyncServer(bodies_with(b"v=13 ", FieldTypeConflictError("field type conflict", status=400)))
    writer = AsyncBatchWriter(server, in_flight=1)
    await writer.write(lines(64))
    with pytest.raises(BatchWriteError) as caught:
        await writer.aclose()
    assert [loss.data for loss in caught.value.losses] == [b"m,h=h0 v=13 13\n"]
    assert server.stored == [line for line in lines(64).encode().splitlines() if b"v=13 " not in line]
    assert len(server.asked) <= 2 * 6 + 1


async def test_a_line_that_crashes_the_server_costs_no_other() -> None:
    """As a point with exactly 100 tags does."""
    crash = WriteHandlerCrashedError("Internal Server Error", status=500)
    server = AsyncServer(bodies_with(b"v=5 ", crash))
    writer = AsyncBatchWriter(server)
    await writer.write(lines(16))
    with pytest.raises(BatchWriteError, match="1 lines"):
        await writer.aclose()
    assert len(server.stored) == 15


async def test_batches_that_are_too_large_are_halved_and_later_ones_are_smaller() -> None:
    """The server's limit is learnt from its first 413."""
    large = WritePayloadTooLargeError("Request Entity Too Large", status=413)
    server = AsyncServer(lambda body: large if len(body) > 100 else None)
    async with AsyncBatchWriter(server, in_flight=1) as writer:
        await writer.write(lines(20))
        await writer.flush()
        refused = len(server.asked)
        await writer.write(lines(20))
    assert server.stored == lines(20).encode().splitlines() * 2
    assert all(len(body) <= 160 for body in server.asked[refused:])


async def test_failing_callbacks_are_logged_and_change_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """The user's mistake costs no points."""

    def fail(*_: object) -> None:
        raise ZeroDivisionError

    server = AsyncServer(once(NetworkError("gone")))
    with caplog.at_level(logging.WARNING, "catchment"), no_waiting():
        async with AsyncBatchWriter(server, success=fail, retry=fail) as writer:
            await writer.write(lines(1))
    assert len(server.stored) == 1
    assert [record.message.count("ZeroDivisionError") for record in caplog.records if "callback" in record.message] == [
        1,
        1,
    ]


async def test_callbacks_may_write_and_must_not_wait() -> None:
    """Lines may be saved elsewhere; a flush would wait for the very worker that calls it."""
    server = AsyncServer(bodies_with(b"bad", PartialWriteError("partial write: of no use dropped=1", status=400)))
    seen: list[Exception] = []

    async def save(conf: Any, data: bytes, error: Exception) -> None:
        await writer.write(data.replace(b"bad", b"saved"))
        for wait in (writer.flush, writer.aclose):
            try:
                await wait()
            except UnsafeInputError as exc:
                seen.append(exc)

    writer = AsyncBatchWriter(server, error=save, max_buffer_bytes=30, max_bytes=30)
    await writer.write("bad v=1 1\n")
    with pytest.raises(BatchWriteError):
        await writer.flush()
    await writer.aclose()
    assert (server.stored, len(seen)) == ([b"saved v=1 1"], 2)


async def test_a_full_buffer_makes_writers_wait() -> None:
    """Memory is bounded, and nothing is lost."""
    server = AsyncServer()
    limit = len(lines(4))
    async with AsyncBatchWriter(server, max_buffer_bytes=limit, max_bytes=limit, flush_interval=60) as writer:
        highest = 0
        for line in lines(50).splitlines():
            await writer.write(line)
            highest = max(highest, writer.stats.buffered_bytes)
    assert len(server.stored) == 50
    assert highest <= limit


async def test_a_full_buffer_may_raise_and_take_nothing() -> None:
    """All of a call or nothing, so that it can be repeated."""
    server = AsyncServer()
    limit = len(lines(4))
    async with AsyncBatchWriter(
        server, overflow="raise", max_buffer_bytes=limit, max_bytes=limit, flush_interval=60
    ) as writer:
        await writer.write(lines(3))
        with pytest.raises(UnsafeInputError, match="nothing of them was taken"):
            await writer.write(lines(2))
        assert (writer.stats.lines, writer.stats.buffered) == (3, 3)
        await writer.flush()
        await writer.write(lines(2))
    assert len(server.stored) == 5


async def test_a_full_buffer_may_drop_the_oldest_lines() -> None:
    """They are told to `error` and counted, and no reason for `close` to raise."""
    server = AsyncServer()
    told: list[bytes] = []
    limit = len(lines(4))
    writer = AsyncBatchWriter(
        server, overflow="drop_oldest", max_buffer_bytes=limit, max_bytes=limit, batch_size=2, flush_interval=60,
        error=lambda conf, data, error: told.append(data),
    )  # fmt: skip
    server.gate = AsyncGate()
    for line in lines(8).splitlines():
        await writer.write(line)
    server.gate.open()
    await writer.aclose()
    dropped = b"".join(told).splitlines()
    assert dropped
    assert sorted(dropped + server.stored) == lines(8).encode().splitlines()
    assert (b"m,h=h0 v=7 7" in server.stored, writer.stats.dropped) == (True, len(dropped))


async def test_a_closed_writer_takes_nothing() -> None:
    """Closing twice is fine."""
    writer = AsyncBatchWriter(AsyncServer())
    await writer.write(lines(1))
    await writer.aclose()
    await writer.aclose()
    with pytest.raises(ClosedError):
        await writer.write(lines(1))


async def test_close_waits_only_so_long_and_tells_what_is_left() -> None:
    """A server that never comes back does not keep a program from ending; each line is told once."""
    server = AsyncServer(lambda _: NetworkError("gone"))
    writer = AsyncBatchWriter(
        server, max_close_wait=0.05, retries=Retry(attempts=100, base=60.0), batch_size=1, in_flight=1
    )
    await writer.write(lines(3))
    with pytest.raises(BatchWriteError) as caught:
        await writer.aclose()
    assert [str(loss.error).partition(":")[2] for loss in caught.value.losses][1:] == [
        " not stored within 0.05 s of close()"
    ] * 2
    assert (writer.stats.dropped, isinstance(caught.value.losses[0].error, NetworkError)) == (3, True)


async def test_a_request_without_an_end_is_given_up_by_close() -> None:
    """Its lines are told once, whatever comes of it later."""
    server = AsyncServer()
    server.gate = AsyncGate()
    writer = AsyncBatchWriter(server, max_close_wait=0.01)
    await writer.write(lines(2))
    with pytest.raises(BatchWriteError, match="2 lines were not stored: not stored within"):
        await writer.aclose()
    server.gate.open()
    assert (writer.stats.dropped, writer.stats.written) == (2, 0)


async def test_targets_have_requests_of_their_own() -> None:
    """Database, policy and precision are those of each write; a policy of the client goes with its database only."""
    server = AsyncServer()
    async with AsyncBatchWriter(server) as writer:
        await writer.write("m v=1 1")
        await writer.write("m v=1 1", db="other")
        await writer.write("m v=1 1", rp="week", precision="s")
    found = sorted(server.targets)
    assert found == ["/write?db=db", "/write?db=db&rp=week&precision=s", "/write?db=other"]


async def test_tags_of_the_writer_are_added() -> None:
    """Those of a call win."""
    server = AsyncServer()
    async with AsyncBatchWriter(server, tags={"site": "a", "rack": "1"}) as writer:
        await writer.write({"measurement": "m", "fields": {"v": 1}, "time": 1}, rack="2")
    assert server.stored == [b"m,rack=2,site=a v=1i 1"]


async def test_data_that_cannot_be_stored_is_refused_at_once() -> None:
    """By the call that brought it, and nothing of it is taken."""
    server = AsyncServer()
    async with AsyncBatchWriter(server) as writer:
        with pytest.raises(UnsafeInputError, match="row 1"):
            await writer.write([{"measurement": "m", "fields": {"v": 1}}, {"measurement": "", "fields": {"v": 1}}])
    assert server.asked == []


async def test_frames_are_taken() -> None:
    """As `write` of the client takes them."""
    import pandas as pd

    frame = pd.DataFrame({"h": ["a", "b"], "v": [1.5, 2.5]}, index=pd.to_datetime([1, 2], utc=True))
    server = AsyncServer()
    async with AsyncBatchWriter(server, in_flight=1) as writer:
        await writer.write(frame, "m", ["h"])
    assert server.stored == [b"m,h=a v=1.5 1", b"m,h=b v=2.5 2"]


async def test_without_a_database_nothing_is_taken() -> None:
    """The server would refuse it later, where nobody looks."""
    server = AsyncServer()
    server.db = ""
    async with AsyncBatchWriter(server) as writer:
        with pytest.raises(ConfigError, match="no database"):
            await writer.write("m v=1 1")


def test_a_pickled_writer_is_a_new_one_with_the_same_settings() -> None:
    """What waits stays where it is, or it would be sent twice."""
    copy = pickle.loads(pickle.dumps(AsyncBatchWriter(None, batch_size=7)))  # type: ignore[arg-type]
    assert (copy._limits.batch_size, copy.stats.lines) == (7, 0)


async def test_a_repr_shows_no_points() -> None:
    """Only how many there are."""
    async with AsyncBatchWriter(AsyncServer(), flush_interval=60) as writer:
        await writer.write("secret v=1 1")
        assert repr(writer).endswith("BatchWriter 1 lines wait>")
