"""The tree of errors: what each is besides ours, that they travel, and what they show."""

from __future__ import annotations

import pickle
from collections.abc import Iterator

import pytest
from catchment.core import errors
from catchment.core.errors import BulkError, CatchmentError, ForbiddenError, NotFoundError, OutcomeUnknownError
from catchment.lakefs import exceptions


def every_class() -> Iterator[type[CatchmentError]]:
    """Yield each class of the tree, lakeFS's leaves included."""
    for module in (errors, exceptions):
        for value in vars(module).values():
            if isinstance(value, type) and issubclass(value, CatchmentError) and value is not BulkError:
                yield value


@pytest.mark.parametrize("cls", sorted(set(every_class()), key=lambda cls: cls.__name__))
def test_errors_travel(cls: type[CatchmentError]) -> None:
    """A pickle keeps class, text, facts and advice; processes of a pool hand errors over like this."""
    error = cls("what", service="lakefs", operation="getX", status=404, code=7, request_id="r", attempts=2, hint="do")
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is cls
    assert str(copy) == str(error)
    assert copy.__dict__ == error.__dict__
    assert copy.__notes__ == ["do"]


@pytest.mark.parametrize("cls", sorted(set(every_class()), key=lambda cls: cls.__name__))
def test_each_class_says_what_happened(cls: type[CatchmentError]) -> None:
    """The docstring's first sentence is there to be read."""
    assert (cls.__doc__ or "").strip().split("\n")[0].endswith((".", ":", ")"))


@pytest.mark.parametrize(
    ("cls", "builtin"),
    [
        ("ConfigError", ValueError), ("UnsafeInputError", ValueError), ("ClosedError", ValueError),
        ("NetworkError", ConnectionError), ("DeadlineError", TimeoutError), ("ForbiddenError", PermissionError),
        ("NotFoundError", LookupError), ("BulkError", ExceptionGroup),
    ],
)  # fmt: skip
def test_builtin_parents(cls: str, builtin: type[BaseException]) -> None:
    """Code that knows nothing of this package catches what it means."""
    assert issubclass(getattr(errors, cls), builtin)


def test_text_reads_where_what_facts() -> None:
    """Place, status, sentence, then the facts that operators ask for."""
    error = NotFoundError(
        "no such branch", service="lakefs", operation="getBranch", status=404, code="x", request_id="r1"
    )
    error.attempts = 2
    assert str(error) == "lakefs.getBranch: 404 no such branch (code x, request r1, 2 attempts)"
    assert error.message == "no such branch"
    assert str(CatchmentError()) == ""


@pytest.mark.parametrize(
    ("status", "cls"),
    [
        (400, "InvalidRequestError"), (401, "UnauthenticatedError"), (403, "ForbiddenError"), (404, "NotFoundError"),
        (409, "ConflictError"), (410, "NotFoundError"), (412, "PreconditionError"), (413, "InvalidRequestError"),
        (416, "RangeNotSatisfiableError"), (422, "InvalidRequestError"), (429, "RateLimitedError"),
        (500, "ServerError"), (529, "ServerError"), (304, "StatusError"),
    ],
)  # fmt: skip
def test_class_by_status(status: int, cls: str) -> None:
    """Statuses outside every list have a class too."""
    assert errors.class_for_status(status).__name__ == cls


def test_bulk_errors_split_with_their_items() -> None:
    """`except*` leaves each handler the items of its own failures."""
    bulk = BulkError("2 of 3", {"a": NotFoundError("no a"), "b": ForbiddenError("not b")}, ["c"], service="lakefs")
    seen = {}
    try:
        raise bulk
    except* NotFoundError as group:
        seen["missing"] = group
    except* PermissionError as group:
        seen["refused"] = group
    assert isinstance(seen["missing"], BulkError)
    assert list(seen["missing"].failed) == ["a"]
    assert list(seen["refused"].failed) == ["b"]
    copy = pickle.loads(pickle.dumps(bulk))
    assert (str(copy), list(copy.failed), copy.succeeded) == ("lakefs: 2 of 3", ["a", "b"], ["c"])


def test_what_is_known_is_not_overwritten() -> None:
    """A place given first stays; the advice is a note."""
    error = OutcomeUnknownError("lost", operation="commit").at(service="lakefs", operation="other", attempts=3)
    assert (error.service, error.operation, error.attempts) == ("lakefs", "commit", 3)
    assert error.advise("look").hint == "look"
    assert error.__notes__ == ["look"]
