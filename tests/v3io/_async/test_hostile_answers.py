"""What the server says, in all the ways in which releases, proxies and broken ones say it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from catchment.core.errors import (
    CatchmentError,
    ConflictError,
    DecodeError,
    ForbiddenError,
    NotFoundError,
    OutcomeUnknownError,
    PreconditionError,
    ServerError,
)
from catchment.local.faults import Fault
from catchment.testing import no_waiting
from catchment.v3io import errors
from catchment.v3io.aio.dataplane import Client, RaiseForStatus

from tests.v3io.doubles import WatchedStack

CALLS: dict[str, Callable[[Any], Awaitable[Any]]] = {
    "updateItem": lambda client: client.kv.update("users", "t", "k", expression="a = 1"),
    "putItem": lambda client: client.kv.put("users", "t", "k", {"a": 1}),
    "getItem": lambda client: client.kv.get("users", "t", "k"),
    "getItems": lambda client: client.kv.scan("users", "t"),
    "getObject": lambda client: client.object.get("users", "o"),
    "putObject": lambda client: client.object.put("users", "o", body="x"),
    "appendObject": lambda client: client.object.put("users", "o", body="x", append=True),
    "deleteObject": lambda client: client.object.delete("users", "o"),
    "createStream": lambda client: client.stream.create("users", "new", 1),
    "updateStream": lambda client: client.stream.update("users", "s", 3),
    "describeStream": lambda client: client.stream.describe("users", "s"),
    "putRecords": lambda client: client.stream.put_records("users", "s", [{"data": "x"}]),
    "seekShard": lambda client: client.stream.seek("users", "s", 0, "LATEST"),
    "getRecords": lambda client: client.stream.get_records("users", "s", 0, "AQAAAAAAAAAAAAAAAAAAAA=="),
    "listContainers": lambda client: client.get_containers(),
    "listDirectory": lambda client: client.container.list("users", "t"),
}


def answers(stack: WatchedStack, operation: str, status: int, body: str) -> None:
    """Let the stack give this answer from now on."""
    stack.faults.add(Fault("status", service="v3io", operation=operation, status=status, body=body.encode(), count=50))


def code(number: int, text: str = "(reason)") -> str:
    """Return the body of a function call's error."""
    return f'{{"ErrorCode":{number},"ErrorMessage":"{text}"}}'


NESTED = '{"ErrorCode":-5,"ErrorMessage":"outer","Inner":{"ErrorCode":-16777245,"ErrorMessage":"inner"}}'


@pytest.mark.parametrize(
    ("operation", "status", "body", "kind", "also"),
    [
        ("updateItem", 400, code(-16777244), errors.ConditionFalseError, PreconditionError),
        ("updateItem", 400, code(16777244), errors.ConditionFalseError, PreconditionError),
        ("putItem", 400, NESTED, errors.ConditionFalseError, PreconditionError),
        ("updateItem", 400, code(-5, "184549378"), errors.ConditionFalseError, PreconditionError),
        ("updateItem", 400, "code 385876025", errors.ConditionFalseError, PreconditionError),
        (
            "updateItem",
            400,
            code(-201326592, "no condition 167772440"),
            errors.InvalidArgumentError,
            errors.RequestRefusedError,
        ),
        ("putItem", 400, '{"ErrorCode":-1,"X":{"ErrorCode":-369098809}}', errors.ItemExistsError, ConflictError),
        ("updateItem", 400, code(-201326592), errors.InvalidArgumentError, errors.RequestRefusedError),
        ("getRecords", 400, code(-201326594), errors.ShardOutOfRangeError, errors.RequestRefusedError),
        (
            "getRecords",
            400,
            code(-1, "IllegalLocationException"),
            errors.IllegalLocationError,
            errors.HttpResponseError,
        ),
        ("getRecords", 400, "IllegalLocation", errors.IllegalLocationError, errors.HttpResponseError),
        ("getRecords", 404, code(-2, "ResourceNotFoundException"), errors.StreamNotFoundError, NotFoundError),
        ("getRecords", 400, code(-2, "ResourceNotFoundException"), errors.StreamNotFoundError, LookupError),
        ("updateStream", 400, "InvalidShardCountException", errors.InvalidShardCountError, errors.RequestRefusedError),
        ("updateStream", 400, "ResourceNotStreamException", errors.NotAStreamError, errors.RequestRefusedError),
        ("createStream", 409, "ResourceInUseException", errors.StreamExistsError, ConflictError),
        ("createStream", 409, code(-17), errors.StreamExistsError, errors.ResourceConflictError),
        ("deleteObject", 409, code(-39), errors.DirectoryNotEmptyError, ConflictError),
        ("getObject", 404, "No such file", errors.ResourceNotFoundError, LookupError),
        ("putObject", 404, "Container not found", errors.ContainerNotFoundError, NotFoundError),
        ("getItem", 403, code(-13), errors.AccessDeniedError, ForbiddenError),
        ("getItem", 403, code(-1), errors.AccessDeniedError, PermissionError),
        ("getItem", 403, code(-13, "/users/16777244"), errors.AccessDeniedError, PermissionError),
        ("getItems", 503, code(-117440512), errors.ControlPathBusyError, ServerError),
        ("getItems", 513, "", errors.TableChangedError, ServerError),
        ("getItem", 400, "[" * 3000, errors.RequestRefusedError, errors.HttpResponseError),
    ],
)
async def test_every_code_has_its_class(
    client: Client,
    stack: WatchedStack,
    operation: str,
    status: int,
    body: str,
    kind: type[Exception],
    also: type[Exception],
) -> None:
    """The code decides wherever it stands, then the text, then the status; permission is never mistaken for more."""
    answers(stack, operation, status, body)
    with no_waiting(), pytest.raises(errors.HttpResponseError) as caught:
        await CALLS[operation](client)
    assert type(caught.value) is kind
    assert isinstance(caught.value, also)
    assert caught.value.status_code == status
    if not body or body.startswith("["):
        return
    assert caught.value.body == body.encode()
    for number in ("16777244", "16777245", "369098809", "201326592"):  # what callers of other clients search for
        if f"-{number}" in body:
            assert number in str(caught.value)


@pytest.mark.parametrize(
    ("operation", "body"),
    [
        ("getItem", '{"Item":{"a":{"N":"1","S":"x"}}}'),
        ("getItem", '{"Item":{"a":{"Q":"1"}}}'),
        ("getItem", '{"Item":{"a":{"N":"one"}}}'),
        ("getItem", '{"Item":{"a":{"BOOL":"false"}}}'),
        ("getItem", '{"Item":{"a":{"B":"!!"}}}'),
        ("getItem", '{"Item":{"a":{"TS":"1:-5"}}}'),
        ("getItem", '{"Item":{"a":{"TS":"99999999999999:0"}}}'),
        ("getItem", '{"Item":null}'),
        ("getItem", "[]"),
        ("getItem", "{}"),
        ("getItem", '{"Item":{"a":{"N":"1"}}'),
        ("getItem", "<html>Please sign in</html>"),
        ("getItems", '{"Items":[]}'),
        ("getItems", '{"LastItemIncluded":"FALSE","NumItems":0,"Items":[]}'),
        ("getItems", '{"LastItemIncluded":"FALSE","NumItems":0,"NextMarker":"","Items":[]}'),
        ("describeStream", '{"ShardCount":"4","RetentionPeriodHours":1}'),
        ("describeStream", "{}"),
        ("seekShard", "{}"),
        ("putRecords", "{}"),
        ("putRecords", '{"FailedRecordCount":1,"Records":[{"SequenceNumber":1,"ShardId":0}]}'),
        ("putRecords", '{"FailedRecordCount":0,"Records":[{"ShardId":0}]}'),
        ("listContainers", "<html>hi</html>"),
        ("listContainers", "<ListAllMyBucketsResult><Buckets>"),
        ("listDirectory", '<!DOCTYPE a [<!ENTITY x "y">]><ListBucketResult>&x;</ListBucketResult>'),
        ("listDirectory", "<ListBucketResult><Name>a</Name></ListBucketResult>"),
    ],
)
async def test_no_answer_is_read_as_another(client: Client, stack: WatchedStack, operation: str, body: str) -> None:
    """What is not as documented is one typed error, wherever the answer is first looked at, and never half an output."""
    answers(stack, operation, 200, body)
    with no_waiting(), pytest.raises(CatchmentError) as caught:
        _ = (await CALLS[operation](client)).output
    wrong: BaseException | None = caught.value
    if isinstance(wrong, OutcomeUnknownError):
        wrong = wrong.__cause__
    assert isinstance(wrong, DecodeError)


async def test_an_error_code_of_zero_is_none(client: Client, stack: WatchedStack) -> None:
    """Servers that write an error code with every record write 0 for those that were stored."""
    body = '{"FailedRecordCount":0,"Records":[{"SequenceNumber":7,"ShardId":0,"ErrorCode":0,"ErrorMessage":""}]}'
    answers(stack, "putRecords", 200, body)
    answer = await client.stream.put_records("users", "s", [{"data": "x"}])
    assert (answer.output.failed_record_count, answer.output.records[0].sequence_number) == (0, 7)


@pytest.mark.parametrize("operation", ["putObject", "putItem", "deleteObject"])
async def test_a_login_page_is_no_receipt(client: Client, stack: WatchedStack, operation: str) -> None:
    """A gateway that answers a write with its login page has not written; what may be repeated is."""
    await client.object.put("users", "o", body="x")
    stack.begin()
    stack.faults.add(Fault("html", service="v3io", operation=operation))
    with no_waiting():
        assert (await CALLS[operation](client)).ok
    assert len(stack.requests) == 2


@pytest.mark.parametrize("operation", ["appendObject", "updateItem", "putRecords"])
async def test_a_login_page_leaves_doubt(client: Client, stack: WatchedStack, operation: str) -> None:
    """What may not be repeated is in doubt after a login page, and sent once."""
    await client.stream.create("users", "s", 1)
    stack.begin()
    stack.faults.add(Fault("html", service="v3io", operation=operation))
    with no_waiting(), pytest.raises(OutcomeUnknownError) as caught:
        await CALLS[operation](client)
    assert caught.value.hint
    assert len(stack.requests) == 1


@pytest.mark.parametrize("status", [200, 204, 206, 300, 304, 308, 400, 401, 403, 404, 409, 418])
@pytest.mark.parametrize(
    "wanted",
    [
        None,
        RaiseForStatus.always,
        RaiseForStatus.never,
        [],
        [200],
        [200, 204],
        (404,),
        [204, 404],
        range(200, 300),
        {308},
    ],
    ids=str,
)
async def test_what_is_raised(client: Client, stack: WatchedStack, status: int, wanted: Any) -> None:
    """By default what is 300 and more; never nothing; of a list, what is not in it, a 200 too."""
    stack.faults.add(Fault("status", service="v3io", operation="getObject", status=status, body=b"b"))
    if isinstance(wanted, RaiseForStatus) or not wanted:
        raised = status >= 300 and wanted is not RaiseForStatus.never
    else:
        raised = status not in wanted
    if raised:
        with pytest.raises(errors.HttpResponseError) as caught:
            await client.object.get("users", "o", raise_for_status=wanted)
        assert caught.value.status_code == status
    else:
        assert (await client.object.get("users", "o", raise_for_status=wanted)).status_code == status
    assert len(stack.requests) == 1


@pytest.mark.parametrize("status", [500, 502, 503, 513, 429])
async def test_what_is_repeated_is_then_returned(client: Client, stack: WatchedStack, status: int) -> None:
    """With `never`, a read that fails is repeated as ever, and what it came to is returned with its body."""
    stack.faults.add(Fault("status", service="v3io", operation="getObject", status=status, body=b"why", count=50))
    with no_waiting():
        answer = await client.object.get("users", "o", raise_for_status=RaiseForStatus.never)
    assert (answer.status_code, answer.body, answer.output) == (status, b"why", None)
    assert len(stack.requests) > 1


async def test_never_does_not_hide_lost_connections(client: Client, stack: WatchedStack) -> None:
    """`never` speaks of answers: where there is none, there is an error."""
    stack.faults.add(Fault("reset", service="v3io", operation="*", count=50))
    with no_waiting(), pytest.raises(ConnectionError):
        await client.object.get("users", "o", raise_for_status=RaiseForStatus.never)
