"""Answers of the platform to errors: codes in every place where releases have put them, then texts, then statuses."""

from __future__ import annotations

import pickle

import pytest
from catchment.core import errors as core
from catchment.core.failures import failure
from catchment.core.wire import Headers, Operation, RawResponse
from catchment.v3io import errors
from catchment.v3io.errors import DIALECT

OP = Operation("v3io", "putItem", "PUT", "/{container}/{path}", "items", retry="D", successes=(200,))


def made(status: int, body: str = "", operation: str = "putItem") -> core.CatchmentError:
    """Make the error of an answer."""
    op = Operation("v3io", operation, "PUT", "/x", "t", retry="D", successes=(200,))
    return failure(op, RawResponse(status, Headers([("Content-Type", "application/json")]), body.encode()), DIALECT)


@pytest.mark.parametrize(
    ("status", "body", "leaf", "base"),
    [
        (400, '{"ErrorCode":-16777244,"ErrorMessage":"x"}', errors.ConditionFalseError, core.PreconditionError),
        (400, '{"ErrorCode":16777244}', errors.ConditionFalseError, core.PreconditionError),
        (400, '{"E":{"ErrorCode":-1,"M":"ErrorCode\\":16777245"}}', errors.ConditionFalseError, core.PreconditionError),
        (400, "failed: 184549378", errors.ConditionFalseError, core.PreconditionError),
        (400, '{"ErrorCode":-1,"M":{"ErrorCode":-369098809}}', errors.ItemExistsError, core.ConflictError),
        (400, '{"ErrorCode":-201326592}', errors.InvalidArgumentError, core.InvalidRequestError),
        (400, '{"ErrorCode":-201326594}', errors.ShardOutOfRangeError, core.InvalidRequestError),
        (400, '{"ErrorCode":-5,"ErrorMessage":"IllegalLocationException"}', errors.IllegalLocationError, ValueError),
        (400, "IllegalLocation", errors.IllegalLocationError, core.InvalidRequestError),
        (400, "ResourceNotFoundException", errors.StreamNotFoundError, core.NotFoundError),
        (404, "ResourceNotFoundException", errors.StreamNotFoundError, LookupError),
        (400, "ResourceNotStreamException", errors.NotAStreamError, core.InvalidRequestError),
        (400, "InvalidShardCountException", errors.InvalidShardCountError, core.InvalidRequestError),
        (400, "something else", errors.RequestRefusedError, core.InvalidRequestError),
        (401, "", errors.AuthenticationError, core.UnauthenticatedError),
        (403, '{"ErrorCode":-13}', errors.AccessDeniedError, PermissionError),
        (404, "No such file or directory", errors.ResourceNotFoundError, core.NotFoundError),
        (404, "Container not found", errors.ContainerNotFoundError, core.NotFoundError),
        (409, "ResourceInUseException", errors.StreamExistsError, core.ConflictError),
        (409, "", errors.ResourceConflictError, core.ConflictError),
        (429, "", errors.TooManyRequestsError, core.RateLimitedError),
        (500, "", errors.ServerFailureError, core.ServerError),
        (503, '{"ErrorCode":-117440512}', errors.ControlPathBusyError, core.ServerError),
        (503, "", errors.ServerFailureError, core.ServerError),
        (513, "", errors.TableChangedError, core.ServerError),
        (418, "", errors.HttpResponseError, core.StatusError),
    ],
)
def test_classes(status: int, body: str, leaf: type, base: type) -> None:
    """Each answer has its class, which is one of the core's too, with status and body."""
    error = made(status, body)
    assert type(error) is leaf
    if base is not ValueError:
        assert isinstance(error, base)
    assert isinstance(error, errors.HttpResponseError)
    assert (error.status_code, error.body) == (status, body.encode())


@pytest.mark.parametrize("number", ["116777244", "167772441", "3690988090"])
def test_numbers_are_compared_whole(number: str) -> None:
    """A number that merely holds a known code is another code."""
    assert type(made(400, f'{{"ErrorCode":-{number}}}')) is errors.RequestRefusedError


def test_conflicts_are_named_by_the_call() -> None:
    """A 409 without a word means what the call makes of it."""
    assert type(made(409, "", "createStream")) is errors.StreamExistsError
    assert type(made(409, "", "deleteObject")) is errors.DirectoryNotEmptyError


def test_errors_travel() -> None:
    """A pickled error keeps class, status, code, body and headers as the server spelled them."""
    again = pickle.loads(pickle.dumps(made(400, '{"ErrorCode":-16777244,"ErrorMessage":"false"}')))
    assert type(again) is errors.ConditionFalseError
    assert (again.status_code, again.code, again.message) == (400, -16777244, "false")
    assert again.raw_headers == (("Content-Type", "application/json"),)


def test_pages_of_others_are_not_quoted() -> None:
    """Markup of a machine in between is summarised, not shown."""
    assert "<html" not in str(made(502, "<html><body>Bad Gateway</body></html>"))


def test_every_write_that_is_not_repeated_has_something_to_look_at() -> None:
    """Where nobody knows whether it was applied, the hint says what to check."""
    for name in ("appendObject", "putItem", "updateItem", "createStream", "putRecords", "scatterWrite", "putChunk"):
        assert DIALECT.check(Operation("v3io", name, "PUT", "/x", "t"))


def test_errors_of_records() -> None:
    """A record that was refused has the class of its code."""
    assert isinstance(errors.record_error(-201326594, "x"), errors.ShardOutOfRangeError)
    assert isinstance(errors.record_error(None, None), errors.RequestRefusedError)


def test_several_failures_are_one_group() -> None:
    """Failures of a batch can be taken apart by `except*`, and answers are an `HttpResponseError` together."""
    failed = {0: made(404, "gone"), 2: made(409)}
    group = errors.BatchStatusError("2 of 3 failed", failed, [1], service="v3io", status=404)
    assert isinstance(group, errors.HttpResponseError)
    caught: list[BaseException] = []
    try:
        raise group
    except* errors.ResourceNotFoundError as part:
        caught += part.exceptions
    except* errors.ResourceConflictError as part:
        caught += part.exceptions
    assert caught == list(failed.values())
