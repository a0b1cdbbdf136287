"""Batches: nothing is sent before its time, everything gets its answer, nothing hangs and nothing is sent twice."""

from __future__ import annotations

import pickle

import pytest
from catchment.core.config import Retry
from catchment.core.errors import BulkError, ClosedError, NetworkError, OutcomeUnknownError, UnsafeInputError
from catchment.local.faults import Fault
from catchment.testing import no_waiting
from catchment.v3io.aio.dataplane import Client, RaiseForStatus, Responses
from catchment.v3io.errors import (
    BatchError,
    BatchStatusError,
    HttpResponseError,
    PutRecordsError,
    ResourceNotFoundError,
    StreamExistsError,
)

from tests.v3io.doubles import WatchedStack


async def test_calls_are_queued_and_checked(client: Client, stack: WatchedStack) -> None:
    """A call in a batch sends nothing, and what cannot be sent is refused when it is made."""
    answer = client.batch.put_object("users", "o", body="x")
    with pytest.raises(UnsafeInputError):
        client.batch.put_item("users", "t/k", {"__size": 1})
    assert not stack.requests
    assert len(client.batch) == 1
    with pytest.raises(ClosedError, match="no answer"):
        _ = answer.status_code
    answers = await client.batch.wait()
    assert answers[0] is answer
    assert answer.status_code == 200


async def test_answers_are_in_the_order_of_the_calls(client: Client) -> None:
    """Whatever comes first, the list is that of the calls; it is a `Responses` and a list."""
    for number in range(50):
        client.batch.object.put("users", f"o{number}", body=f"body {number}")
    written = await client.batch.wait()
    assert isinstance(written, Responses)
    assert written.responses is written
    assert written.success
    for number in range(50):
        client.batch.object.get("users", f"o{number}")
    assert [answer.body for answer in await client.batch.wait()] == [b"body %d" % number for number in range(50)]


async def test_an_empty_batch_is_no_error(client: Client, stack: WatchedStack) -> None:
    """`wait` without calls returns an empty list and sends nothing."""
    assert await client.batch.wait() == []
    assert not stack.requests


async def test_one_failure_is_raised_as_itself(client: Client) -> None:
    """The error is that of the call; it carries the answers to all of them."""
    client.batch.put_object("users", "o", body="x")
    client.batch.get_object("users", "gone")
    with pytest.raises(ResourceNotFoundError) as caught:
        await client.batch.wait()
    assert [answer.status_code for answer in caught.value.responses] == [200, 404]
    assert (await client.get_object("users", "o")).body == b"x"


async def test_several_failures_are_raised_together(client: Client) -> None:
    """Every failed call is named, by its place, and every other call was carried out."""
    for name in ("gone", "kept", "lost"):
        if name == "kept":
            client.batch.put_object("users", name, body="x")
        else:
            client.batch.get_object("users", name)
    with pytest.raises(BatchStatusError, match="2 of 3") as caught:
        await client.batch.wait()
    assert isinstance(caught.value, BulkError)
    assert list(caught.value.failed) == [0, 2]
    assert list(caught.value.succeeded) == [1]
    assert caught.value.status_code == 404
    assert [answer.status_code for answer in caught.value.responses] == [404, 200, 404]
    again = pickle.loads(pickle.dumps(caught.value))
    assert (again.status_code, list(again.failed)) == (404, [0, 2])


async def test_who_accepts_what(client: Client) -> None:
    """`wait` says what is acceptable, and a call's own wish wins."""
    client.batch.get_object("users", "gone")
    assert [answer.status_code for answer in await client.batch.wait(RaiseForStatus.never)] == [404]
    client.batch.get_object("users", "gone", raise_for_status=[404])
    assert [answer.status_code for answer in await client.batch.wait()] == [404]
    client.batch.get_object("users", "gone", raise_for_status=RaiseForStatus.never)
    client.batch.put_object("users", "o", body="x")
    with pytest.raises(HttpResponseError) as caught:
        await client.batch.wait([404])
    assert caught.value.status_code == 200


async def test_batches_are_independent(client: Client) -> None:
    """Each batch has its own calls, and can be used again after a failure."""
    one, two = client.create_batch(), client.create_batch()
    one.get_object("users", "gone")
    two.put_object("users", "o", body="x")
    assert [answer.status_code for answer in await two.wait()] == [200]
    with pytest.raises(ResourceNotFoundError):
        await one.wait()
    one.get_object("users", "o")
    assert (await one.wait())[0].body == b"x"


async def test_calls_can_be_forgotten(client: Client, stack: WatchedStack) -> None:
    """`clear` drops what waits, and nothing of it is sent."""
    client.batch.put_object("users", "o", body="x")
    client.batch.clear()
    await client.batch.wait()
    assert not stack.requests


async def test_connections_that_break_are_told_by_call(client: Client, stack: WatchedStack) -> None:
    """What is safe is repeated, what is not is in doubt, and both are told apart by call."""
    await client.create_stream("users", "s", 1)
    stack.begin()
    stack.faults.add(Fault("reset", service="v3io", operation="putRecords", applied=True))
    stack.faults.add(Fault("reset", service="v3io", operation="putObject"))
    stack.faults.add(Fault("reset", service="v3io", operation="appendObject"))
    client.batch.stream.put_records("users", "s", [{"data": "x"}])
    client.batch.object.put("users", "o", body="x")
    client.batch.object.put("users", "log", body="x", append=True)
    with no_waiting(), pytest.raises(BatchError) as caught:
        await client.batch.wait()
    assert {place: type(error) for place, error in caught.value.failed.items()} == {
        0: OutcomeUnknownError,
        2: OutcomeUnknownError,
    }
    assert caught.value.responses[1].status_code == 200
    with pytest.raises(OutcomeUnknownError):
        _ = caught.value.responses[0].status_code
    assert (stack.count("PutRecords"), stack.count("-1"), stack.count("/users/o")) == (1, 1, 2)


async def test_repeating_ends(client: Client, stack: WatchedStack) -> None:
    """A server that is gone for good fails every call, and the batch comes back."""
    stack.faults.add(Fault("reset", service="v3io", operation="getObject", count=1000))
    quick = client.with_options(retries=Retry(attempts=2, base=0.0))
    for number in range(40):
        quick.batch.get_object("users", f"o{number}")
    with no_waiting(), pytest.raises(BatchError) as caught:
        await quick.batch.wait()
    assert len(caught.value.failed) == 40
    assert all(isinstance(error, NetworkError) for error in caught.value.failed.values())
    await quick.aclose()


async def test_refused_records_are_a_failure_of_their_call(client: Client) -> None:
    """A PutRecords in a batch that stored some records and not others raises, as it does alone."""
    await client.create_stream("users", "s", 1)
    records = [{"data": "a", "shard_id": 7}, {"data": "b"}]
    answer = client.batch.put_records("users", "s", records)
    with pytest.raises(PutRecordsError) as caught:
        await client.batch.wait()
    assert list(caught.value.failed) == [0]
    assert answer.output.failed_record_count == 1
    client.batch.put_records("users", "s", records)
    assert (await client.batch.wait(RaiseForStatus.never))[0].output.failed_record_count == 1


async def test_calls_of_several_requests(client: Client, stack: WatchedStack) -> None:
    """Streams are made and deleted within a batch by the client's own rules, a lost answer included."""
    stack.faults.add(Fault("reset", service="v3io", operation="createStream", applied=True))
    client.batch.create_stream("users", "one", 2)
    client.batch.create_stream("users", "two", 1)
    with no_waiting():
        assert [answer.status_code for answer in await client.batch.wait()] == [204, 204]
    client.batch.create_stream("users", "one", 2)
    client.batch.delete_stream("users", "two")
    client.batch.delete_stream("users", "three")
    with pytest.raises(BatchError) as caught:
        await client.batch.wait()
    assert [type(error) for error in caught.value.failed.values()] == [StreamExistsError, ResourceNotFoundError]
    client.batch.delete_stream("users", "three", raise_for_status=RaiseForStatus.never)
    assert [answer.status_code for answer in await client.batch.wait()] == [404]


async def test_other_access_keys(client: Client, stack: WatchedStack) -> None:
    """A call's own key is sent with that call alone."""
    client.batch.get_object("users", "o", access_key="another", raise_for_status=RaiseForStatus.never)
    client.batch.put_object("users", "o", body="x")
    assert [answer.status_code for answer in await client.batch.wait()] == [403, 200]
    assert "another" not in repr(client.batch)


async def test_a_batch_says_itself_when_it_sends(client: Client, stack: WatchedStack) -> None:
    """How far a call goes is nothing to ask of a batch."""
    with pytest.raises(UnsafeInputError, match="wait"):
        client.batch.put_object("users", "o", None, None, 3, body="x")
    with pytest.raises(UnsafeInputError, match="wait"):
        client.batch.create_stream("users", "s", 1, None, None, 1)
    assert not len(client.batch)


async def test_a_body_that_fails_is_its_own_call_s_failure(client: Client) -> None:
    """An iterable that raises ends its own call; the others are carried out."""

    def pieces() -> object:
        yield b"a"
        raise RuntimeError("the disk is gone")

    client.batch.object.put("users", "bad", body=pieces())  # type: ignore[arg-type]
    client.batch.object.put("users", "good", body="x")
    with pytest.raises(RuntimeError, match="disk") as caught:
        await client.batch.wait()
    assert caught.value.responses[1].status_code == 200  # type: ignore[attr-defined]
    assert (await client.get_object("users", "good")).body == b"x"
