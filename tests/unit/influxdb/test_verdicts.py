"""What follows the answer to a batch, and which lines a refusal is about."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from catchment.core.config import Retry
from catchment.core.errors import CatchmentError, DeadlineError, NetworkError, RateLimitedError
from catchment.core.retry import Again
from catchment.influxdb import errors, verdicts
from catchment.influxdb.chunks import Chunk
from catchment.influxdb.sending import Target
from catchment.influxdb.tally import KEPT, Tally
from catchment.influxdb.verdicts import CRASHES, BatchWriteError, Halve, Settled, decide, lost

TARGET = Target("db", "rp", "s")
CONFLICT = (
    'partial write: field type conflict: input field "{}" on measurement "{}" is type {}, '
    "already exists as type {} dropped={}"
)


def chunk(*lines: str) -> Chunk:
    """Return lines as they are sent."""
    return Chunk("".join(f"{line}\n" for line in lines).encode(), len(lines), True)


THREE = chunk("m v=1i 1", "m v=2 2", "m v=3i 3")


def verdict(error: CatchmentError, what: Chunk = THREE, **changes: Any) -> Any:
    """Decide about a first attempt, or as `changes` say."""
    settings: dict[str, Any] = {
        "attempt": 1, "policy": Retry(attempts=3), "remaining": 60.0, "crashes": 0, "jitter": 1.0, **changes
    }  # fmt: skip
    return decide(error, what, TARGET, **settings)


@pytest.mark.parametrize(
    "error",
    [
        NetworkError("gone"),
        DeadlineError("silence"),
        RateLimitedError("slower", status=429),
        errors.WriteServerBusyError("request throttled, queue full", status=503),
        errors.WriteServerFailureError("timeout", status=500),
    ],
)
def test_what_may_pass_is_sent_again_and_lost_in_the_end(error: CatchmentError) -> None:
    """As often as the policy says, and not after the time is over."""
    assert isinstance(verdict(error), Again)
    assert verdict(error, attempt=3).loss.lines == 3
    assert verdict(error, remaining=0.0).loss.lines == 3


@pytest.mark.parametrize(
    "error",
    [
        errors.WriteDatabaseNotFoundError('database not found: "x"', status=404),
        errors.WriteRetentionPolicyNotFoundError("retention policy not found: x", status=500),
        errors.WriteAuthenticationError("authorization failed", status=401),
        errors.LinesRefusedError("unable to parse 'x': missing fields", status=400),
    ],
)
def test_what_a_repetition_does_not_change_is_lost_at_once(error: CatchmentError) -> None:
    """Every line is reported with the error."""
    outcome = verdict(error)
    assert (outcome.stored.lines, outcome.loss.lines, outcome.loss.data) == (0, 3, THREE.body)


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (errors.FieldTypeConflictError("field type conflict", status=400), "conflict"),
        (errors.WritePayloadTooLargeError("Request Entity Too Large", status=413), "size"),
        (errors.WriteHandlerCrashedError("Internal Server Error", status=500), "crash"),
    ],
)
def test_what_concerns_some_lines_is_halved_until_one_is_left(error: CatchmentError, why: Any) -> None:
    """A single line is lost and reported."""
    assert verdict(error) == Halve(why)
    assert verdict(error, chunk("m v=1 1")).loss.bad_lines == (("m v=1 1", error.message),)


def test_crashes_are_not_halved_for_ever() -> None:
    """A server that crashes on everything gets no thousand requests."""
    crash = errors.WriteHandlerCrashedError("Internal Server Error", status=500)
    assert isinstance(verdict(crash, crashes=CRASHES), Settled)


def test_lines_that_the_server_quotes_are_lost_and_all_others_stored() -> None:
    """`dropped=0` in such an answer means nothing."""
    said = "partial write: unable to parse 'm v=x 2': invalid boolean dropped=0"
    outcome = verdict(errors.PartialWriteError(said, status=400), chunk("m v=1i 1", "m v=x 2", "m v=3i 3"))
    assert outcome.stored == chunk("m v=1i 1", "m v=3i 3")
    assert (outcome.loss.data, outcome.loss.lines) == (b"m v=x 2\n", 1)
    assert outcome.loss.bad_lines == (("m v=x 2", "invalid boolean"),)


def test_several_quoted_lines_have_a_reason_each() -> None:
    """One text for each, with a line feed between."""
    said = "partial write: unable to parse 'a': missing fields\nunable to parse 'b v=': missing field value dropped=0"
    outcome = verdict(errors.PartialWriteError(said, status=400), chunk("a", "m v=1 1", "b v="))
    assert outcome.loss.bad_lines == (("a", "missing fields"), ("b v=", "missing field value"))


@pytest.mark.parametrize(
    ("field", "measurement", "kind", "known", "bad", "good"),
    [
        ("v", "m", "float", "integer", ["m v=2 2"], ["m v=1i 1", "n v=1.5 1", "m w=1.5 1"]),
        ("v", "m", "string", "float", ['m w=1,v="a b,v=1" 2'], ['m w="v=2" 1', "m,v=a v=1 1"]),
        ("v", "m", "boolean", "float", ["m v=true 1"], ["m v=1 1"]),
        ("a b", "m,n o", "integer", "float", [r"m\,n\ o,t=\ x a\ b=2i 2"], [r"m\,n\ o a\ b=2 2", "m a=2i 2"]),
        ("", "m", "integer", "float", [], ["m v=1i 1"]),
    ],
)
def test_lines_of_a_conflict_are_found_by_their_types(
    field: str, measurement: str, kind: str, known: str, bad: list[str], good: list[str]
) -> None:
    """The server names field, measurement and types, and no line."""
    error = errors.PartialFieldTypeConflictError(
        CONFLICT.format(field, measurement, kind, known, max(len(bad), 1)), status=400
    )
    outcome = verdict(error, chunk(*good, *bad))
    if bad:
        assert (outcome.stored, outcome.loss.data) == (chunk(*good), chunk(*bad).body)
        assert [line for line, _ in outcome.loss.bad_lines] == bad
    else:
        assert (outcome.stored.lines, outcome.loss.lines, outcome.loss.bad_lines) == (len(good) - 1, 1, ())


def test_where_the_server_only_counts_all_lines_are_handed_over() -> None:
    """The count is right, the lines are those that may be lost, and none is called bad."""
    error = errors.PartialWriteError("partial write: points beyond retention policy dropped=2", status=400)
    outcome = verdict(error)
    assert (outcome.stored.lines, outcome.loss.lines, outcome.loss.data) == (1, 2, THREE.body)
    assert outcome.loss.bad_lines == ()


def test_more_suspects_than_lost_lines_are_handed_over_and_none_is_called_bad() -> None:
    """A conflict may concern one shard only: the same types are fine in another."""
    error = errors.PartialFieldTypeConflictError(CONFLICT.format("v", "m", "integer", "float", 1), status=400)
    outcome = verdict(error)
    assert (outcome.loss.lines, outcome.loss.data) == (1, b"m v=1i 1\nm v=3i 3\n")
    assert outcome.loss.bad_lines == ()


def test_the_error_of_a_flush_has_every_loss_and_pickles() -> None:
    """It is a group, so that `except*` finds what was refused; and other processes get the lines."""
    tally = Tally()
    for error in (errors.LinesRefusedError("no", status=400), NetworkError("gone")):
        tally.lost(lost(error, THREE, TARGET))
    raised = tally.error()
    assert raised is not None
    assert (raised.lines, [loss.conf for loss in raised.losses]) == (6, [("db", "rp", "s")] * 2)
    assert raised.subgroup(NetworkError) is not None
    copy: BatchWriteError = pickle.loads(pickle.dumps(raised))
    assert (copy.lines, [loss.data for loss in copy.losses]) == (6, [THREE.body] * 2)
    assert tally.error() is None


def test_losses_that_nobody_asks_for_do_not_fill_the_memory() -> None:
    """The first ones are kept, all are counted."""
    tally = Tally()
    for _ in range(KEPT + 10):
        tally.lost(lost(NetworkError("gone"), THREE, TARGET))
    raised = tally.error()
    assert raised is not None
    assert (len(raised.losses), raised.lines) == (KEPT, 3 * (KEPT + 10))


def test_what_is_lost_does_not_show_in_a_repr() -> None:
    """Points are the user's affair."""
    assert "v=2" not in repr(verdicts.lost(NetworkError("gone"), THREE, TARGET))
