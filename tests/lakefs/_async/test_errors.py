from __future__ import annotations

import json
import pickle
from typing import Any

import pytest
from catchment.core import errors
from catchment.lakefs import aio as lakefs
from catchment.lakefs import exceptions
from catchment.local import Fault, LakeFSOptions
from catchment.testing import no_waiting

from tests.lakefs.doubles import WatchedStack

CANARY = "canary-7f3a"


@pytest.fixture
def options() -> LakeFSOptions:
    """Credentials that are easy to find in a text."""
    return LakeFSOptions(access_key_id=f"AKIA{CANARY}", secret_access_key=f"secret-{CANARY}", pre_sign_support=False)


async def stat(main: lakefs.Branch) -> Any:
    """Read an object's facts: a call whose errors are those of object I/O."""
    return await main.stat_object("a")


async def head(main: lakefs.Branch) -> Any:
    """Read the head: a call whose errors are lakeFS's plain ones."""
    return await main.head


async def upload(main: lakefs.Branch) -> Any:
    """Write an object."""
    return await main.upload(b"x", "a")


async def commit(main: lakefs.Branch) -> Any:
    """Make a commit, which is never repeated blindly."""
    return await main.commit("x")


PLAIN: list[tuple[int, type[Exception], type[Exception]]] = [
    (400, exceptions.BadRequestException, errors.InvalidRequestError),
    (401, exceptions.NotAuthorizedException, errors.UnauthenticatedError),
    (403, exceptions.ForbiddenException, PermissionError),
    (404, exceptions.NotFoundException, LookupError),
    (405, exceptions.UnsupportedOperationException, errors.StatusError),
    (409, exceptions.ConflictException, errors.ConflictError),
    (410, exceptions.GoneException, errors.NotFoundError),
    (412, exceptions.PreconditionFailedException, errors.PreconditionError),
    (416, exceptions.InvalidRangeException, OSError),
    (418, exceptions.BadRequestException, errors.StatusError),
    (420, exceptions.TooManyRequestsException, errors.RateLimitedError),
    (422, exceptions.BadRequestException, errors.InvalidRequestError),
    (429, exceptions.TooManyRequestsException, errors.RateLimitedError),
    (500, exceptions.ServerFailureException, errors.ServerError),
    (501, exceptions.ServerFailureException, errors.ServerError),
    (503, exceptions.ServerFailureException, errors.ServerError),
    (507, exceptions.ServerFailureException, errors.ServerError),
]


@pytest.mark.parametrize(("status", "cls", "parent"), PLAIN, ids=[str(row[0]) for row in PLAIN])
async def test_class_by_status(
    main: lakefs.Branch, stack: WatchedStack, status: int, cls: type[Exception], parent: type[Exception]
) -> None:
    """Each is what lakeFS's users know it as, one of ours, and a builtin where there is one; with the facts."""
    stack.faults.add(
        Fault("status", operation="getBranch", count=50, status=status, body=b'{"message": "why \xe2\x98\x83"}')
    )
    with no_waiting(), pytest.raises(cls) as caught:
        await head(main)
    error: Any = caught.value
    assert type(error) is cls
    assert isinstance(error, (parent, exceptions.ServerException))
    assert isinstance(error, parent)
    assert (error.status_code, error.status, error.body) == (status, status, {"message": "why ☃"})
    assert (error.service, error.operation) == ("lakefs", "getBranch")
    assert error.request_id
    assert str(error).startswith(f"lakefs.getBranch: {status} why ☃")
    assert error.attempts == stack.count("/branches/main")


@pytest.mark.parametrize(
    ("status", "cls", "builtin"),
    [
        (401, exceptions.ObjectUnauthenticatedException, PermissionError),
        (403, exceptions.ObjectForbiddenException, PermissionError),
        (404, exceptions.ObjectNotFoundException, FileNotFoundError),
    ],
)
async def test_errors_of_objects_are_those_of_files(
    main: lakefs.Branch, stack: WatchedStack, status: int, cls: type[Exception], builtin: type[Exception]
) -> None:
    """And still those of their status."""
    stack.faults.add(Fault("status", operation="statObject", status=status))
    with pytest.raises(builtin) as caught:
        await stat(main)
    assert type(caught.value) is cls
    assert isinstance(caught.value, {row[0]: row[1] for row in PLAIN}[status])


@pytest.mark.parametrize("call", [stat, head, upload, commit])
@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 412])
async def test_refusals_are_not_repeated(main: lakefs.Branch, stack: WatchedStack, call: Any, status: int) -> None:
    """The answer would be the same."""
    stack.faults.add(Fault("status", operation="*", count=50, status=status))
    with no_waiting() as waits, pytest.raises(exceptions.ServerException) as caught:
        await call(main)
    assert (len(stack.requests), caught.value.attempts, waits) == (1, 1, [])


@pytest.mark.parametrize("status", [429, 500, 503])
@pytest.mark.parametrize("call", [stat, head])
async def test_passing_failures_are_repeated(main: lakefs.Branch, stack: WatchedStack, call: Any, status: int) -> None:
    """Where that cannot double anything; the caller learns nothing of it."""
    await main.upload(b"x", "a")
    stack.requests.clear()
    stack.faults.add(Fault("status", operation="*", count=2, status=status))
    with no_waiting():
        await call(main)
    assert len(stack.requests) == 3


async def test_server_that_is_told_to_wait_for_is_waited_for(main: lakefs.Branch, stack: WatchedStack) -> None:
    """`Retry-After` outranks our own pauses."""
    stack.faults.add(Fault("status", operation="getBranch", status=429, headers={"Retry-After": "7"}))
    with no_waiting() as waits:
        await main.head
    assert len(waits) == 1
    assert 7 <= waits[0] < 10


async def test_missing_edition_is_not_repeated(main: lakefs.Branch, stack: WatchedStack) -> None:
    """501 stays what it is."""
    stack.faults.add(Fault("status", operation="getBranch", count=50, status=501))
    with no_waiting(), pytest.raises(exceptions.ServerFailureException):
        await main.head
    assert len(stack.requests) == 1


async def test_refused_token_of_a_pair_is_not_asked_for_again(main: lakefs.Branch, stack: WatchedStack) -> None:
    """LakeFS answers 401 to a missing permission too: one request, whatever it says."""
    stack.faults.add(
        Fault("status", operation="getBranch", count=50, status=401, body=b'{"message": "insufficient permissions"}')
    )
    with pytest.raises(exceptions.NotAuthorizedException, match="insufficient permissions"):
        await main.head
    assert len(stack.requests) == 1


@pytest.mark.parametrize("body", [b"", b"not json", b"[1]", b'{"message": 5}', b"<html>gateway</html>", b"\xff\xfe"])
async def test_error_bodies_of_any_kind(main: lakefs.Branch, stack: WatchedStack, body: bytes) -> None:
    """Proxies and escaping mistakes answer without JSON; the status is an error all the same."""
    stack.faults.add(Fault("status", operation="getBranch", status=400, body=body))
    with pytest.raises(exceptions.BadRequestException) as caught:
        await main.head
    assert caught.value.status_code == 400


async def test_markup_of_a_proxy_stays_out_of_the_message(main: lakefs.Branch, stack: WatchedStack) -> None:
    """It says what it is instead."""
    page, kind = b"<html><b>Bad gateway</b></html>", {"Content-Type": "text/html"}
    stack.faults.add(Fault("status", operation="getBranch", status=400, body=page, headers=kind))
    with pytest.raises(exceptions.BadRequestException) as caught:
        await main.head
    assert "<" not in str(caught.value)
    assert caught.value.body == {}


async def test_login_page_is_not_an_answer(main: lakefs.Branch, stack: WatchedStack) -> None:
    """200 with a page of a proxy is neither data nor silence."""
    stack.faults.add(Fault("html", operation="getBranch", count=50))
    with no_waiting(), pytest.raises(errors.ResponseError):
        await main.head


async def test_redirects_are_never_followed(main: lakefs.Branch, stack: WatchedStack) -> None:
    """They could take the credentials along."""
    stack.faults.add(Fault("redirect", operation="getBranch", location="http://127.0.0.1:1/", status=302))
    with pytest.raises(errors.RedirectRefusedError) as caught:
        await main.head
    assert "endpoint" in str(caught.value.hint)
    assert len(stack.requests) == 1


@pytest.mark.parametrize(("status", "cls", "parent"), PLAIN, ids=[str(row[0]) for row in PLAIN])
async def test_errors_travel_and_tell_no_secret(
    main: lakefs.Branch, stack: WatchedStack, status: int, cls: type[Exception], parent: type[Exception]
) -> None:
    """Through a pickle with all their facts; never with the credentials."""
    del parent
    stack.faults.add(Fault("status", operation="getBranch", count=50, status=status, body=b'{"message": "why"}'))
    with no_waiting(), pytest.raises(cls) as caught:
        await main.head
    far: Any = pickle.loads(pickle.dumps(caught.value))
    assert type(far) is cls
    assert (str(far), far.status, far.operation, far.body) == (
        str(caught.value),
        status,
        "getBranch",
        {"message": "why"},
    )
    assert CANARY not in f"{far!r} {far} {far.__dict__}"


async def test_unreachable_server(stack: WatchedStack) -> None:
    """A `ConnectionError` of ours: nothing of the HTTP library comes through."""
    with stack.serve(only=["lakefs"]) as running:
        gone = running.endpoints["lakefs"]
    client: Any = lakefs.Client(host=gone, username=f"AKIA{CANARY}", password=f"secret-{CANARY}")
    with no_waiting(), pytest.raises(errors.NetworkError) as caught:
        await lakefs.repository("flights", client).branch("main").head
    assert isinstance(caught.value, ConnectionError)
    assert caught.value.attempts > 1
    assert f"secret-{CANARY}" not in str(caught.value)
    await client.aclose()


async def test_unknown_fields_are_kept_out_of_the_way(main: lakefs.Branch, stack: WatchedStack) -> None:
    """A newer server says more than we know; a required field that is missing is told."""
    kind = {"Content-Type": "application/json"}
    newer = json.dumps({"id": "main", "commit_id": "c" * 64, "news": {"deep": [1]}}).encode()
    stack.faults.add(Fault("status", operation="getBranch", status=200, body=newer, headers=kind))
    assert (await main.head).id == "c" * 64
    stack.faults.add(Fault("status", operation="getBranch", status=200, body=b'{"id": "main"}', headers=kind))
    with pytest.raises(errors.DecodeError, match="commit_id"):
        await main.head
