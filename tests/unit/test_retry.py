from __future__ import annotations

import socket
from datetime import UTC, datetime
from itertools import product

import pytest
from catchment.core import clock
from catchment.core.config import Retry
from catchment.core.errors import (
    ClosedError,
    DeadlineError,
    DecodeError,
    HeaderError,
    IntegrityError,
    NetworkError,
    RateLimitedError,
    RedirectRefusedError,
    ResponseTooLargeError,
    ServerError,
    TLSError,
    TruncatedBodyError,
)
from catchment.core.retry import (
    THROTTLED_COST,
    TRANSIENT_COST,
    Again,
    Outcome,
    Stop,
    Unknown,
    Verify,
    fate,
    is_already_gone,
    judge,
    parse_retry_after,
)
from hypothesis import given
from hypothesis import strategies as st

CLASSES = ["A", "B", "C", "D"]
SAFE, DOUBTING = ["A", "B"], ["C", "D"]
POLICY = Retry()


def crossed(*values):
    """Pair every value with every other."""
    return list(product(*values))


def verdict(outcome: Outcome, attempt: int = 1, jitter: float = 1.0, policy: Retry = POLICY):
    """Judge with the longest draw."""
    return judge(outcome, attempt=attempt, policy=policy, jitter=jitter)


def network(*, sent: bool = True, stale: bool = False) -> NetworkError:
    """Break a connection."""
    error = NetworkError("connection lost")
    error.sent, error.stale = sent, stale
    return error


def late(*, sent: bool) -> DeadlineError:
    """Let a wait run out."""
    error = DeadlineError("no byte for 30 s")
    error.sent = sent
    return error


LOST = [
    network(),
    late(sent=True),
    TruncatedBodyError("cut"),
    DecodeError("garbage on the wire"),
    IntegrityError("md5"),
]
DOUBTFUL_STATUSES = [500, 502, 503, 504, 520, 524, 529]
DOUBTFUL = [{"error": error} for error in LOST] + [{"status": status} for status in DOUBTFUL_STATUSES]
UNAPPLIED = (
    [{"error": network(sent=False), "sent": False}, {"error": late(sent=False), "sent": False}]
    + [{"status": status} for status in (408, 420, 425, 429)]
    + [{"status": 503, "server_asked": 1.0}]
)


@pytest.mark.parametrize(("retry", "how"), crossed(CLASSES, UNAPPLIED))
def test_what_was_not_applied_is_repeated_whatever_the_class(retry, how) -> None:
    """R01 R02 R19 R21 R23: nothing sent, or turned away by the server: no repetition can double anything."""
    assert isinstance(verdict(Outcome(retry, **how)), Again)


@pytest.mark.parametrize(("retry", "how"), crossed(SAFE, DOUBTFUL))
def test_doubt_does_not_hold_back_safe_operations(retry, how) -> None:
    """R04-R10 R20: classes A and B are repeated after a lost answer."""
    assert isinstance(verdict(Outcome(retry, **how)), Again)


@pytest.mark.parametrize("how", DOUBTFUL)
def test_class_c_is_looked_up_after_doubt(how) -> None:
    """R04 R20 R22: the caller looks; if the request was not applied, it is sent again after the usual wait."""
    found = verdict(Outcome("C", verifiable=True, check="look at the head commit", **how))
    assert isinstance(found, Verify)
    assert isinstance(found.absent, Again)
    assert "look at the head commit" in found.hint


@pytest.mark.parametrize("how", DOUBTFUL)
def test_class_c_without_a_look_is_unknown(how) -> None:
    """Where nobody can look, nothing is repeated."""
    assert isinstance(verdict(Outcome("C", **how)), Unknown)


@pytest.mark.parametrize(("verifiable", "how"), crossed([True, False], DOUBTFUL))
def test_class_d_is_never_repeated_after_doubt(verifiable, how) -> None:
    """R04 R20 R22: a lost answer is an unknown outcome, and the hint says what to check."""
    found = verdict(Outcome("D", verifiable=verifiable, check="list the credentials", **how))
    assert isinstance(found, Unknown)
    assert "list the credentials" in found.hint


@pytest.mark.parametrize(
    ("retry", "status"), crossed(CLASSES, [301, 307, 400, 401, 403, 404, 409, 410, 412, 413, 416, 422, 501, 505, 507])
)
def test_final_answers_are_raised(retry, status: int) -> None:
    """R16 R18 R23: an answer that a repetition does not change ends the call, in every class."""
    found = verdict(Outcome(retry, status=status, verifiable=True))
    assert isinstance(found, Stop)
    assert str(status) in found.reason


@pytest.mark.parametrize(
    ("retry", "error"),
    crossed(
        CLASSES,
        [TLSError("self-signed"), RedirectRefusedError("away"), ClosedError("closed"), ResponseTooLargeError("x")],
    ),
)
def test_errors_that_last_are_raised(retry, error) -> None:
    """R27 R34 R35: certificates, redirects, closed clients and bombs are the same next time."""
    assert isinstance(verdict(Outcome.of_error(error, retry)), Stop)


@pytest.mark.parametrize("retry", CLASSES)
def test_a_body_that_cannot_be_sent_twice_is_not(retry) -> None:
    """An exhausted source would store an empty object, so even an unapplied request is not repeated."""
    found = verdict(Outcome(retry, status=429, replayable=False))
    assert found == Stop("the body cannot be sent a second time")


def test_class_c_with_a_spent_body_is_still_looked_up() -> None:
    """The look may find that it was applied, which is a success; otherwise the error is raised."""
    found = verdict(Outcome("C", error=network(), replayable=False, verifiable=True))
    assert isinstance(found, Verify)
    assert isinstance(found.absent, Stop)


@pytest.mark.parametrize("retry", SAFE)
def test_a_stale_connection_is_replaced_at_once_and_for_free(retry) -> None:
    """R03: a pooled connection that was dead already says nothing about the server."""
    assert verdict(Outcome.of_error(network(stale=True), retry)) == Again(0.0, 0)


@pytest.mark.parametrize("retry", DOUBTING)
def test_a_stale_connection_repeats_c_and_d_only_if_nothing_was_sent(retry) -> None:
    """R03: once bytes went out, the server may have read them before it closed."""
    assert verdict(Outcome.of_error(network(sent=False, stale=True), retry)) == Again(0.0, 0)
    assert isinstance(verdict(Outcome.of_error(network(stale=True), retry)), Unknown)


def test_attempts_are_counted() -> None:
    """Four attempts mean three repetitions."""
    lost = Outcome("A", error=network())
    assert [isinstance(verdict(lost, attempt), Again) for attempt in (1, 2, 3, 4)] == [True, True, True, False]


def test_no_retries_means_one_request() -> None:
    """retries=0 is obeyed even for a stale connection."""
    found = verdict(Outcome("A", error=network(stale=True), stale=True), policy=Retry.of(0))
    assert found == Stop("no repetition is allowed")


def test_a_name_that_does_not_resolve_is_tried_twice() -> None:
    """R02: a wrong host name stays wrong; one repetition is for a resolver's hiccup."""
    error = network(sent=False)
    error.__cause__ = socket.gaierror(-2, "Name or service not known")
    outcome = Outcome.of_error(error, "A")
    assert isinstance(verdict(outcome, 1), Again)
    assert isinstance(verdict(outcome, 2), Stop)


@pytest.mark.parametrize("error", [IntegrityError("md5 differs"), DecodeError("no JSON", status=200)])
def test_the_same_bad_content_twice_is_believed(error) -> None:
    """R13 R14: one re-read, then the error."""
    outcome = Outcome.of_error(error, "A")
    assert isinstance(verdict(outcome, 1), Again)
    assert isinstance(verdict(outcome, 2), Stop)


def test_garbage_on_the_wire_counts_as_a_lost_connection() -> None:
    """R05: without a status the bytes came from no server of ours; all attempts are used."""
    assert isinstance(verdict(Outcome.of_error(DecodeError("garbage"), "A"), 3), Again)


def test_waits_double_up_to_the_cap() -> None:
    """The longest wait of each attempt is base * 2 ** (attempt - 1), at most the cap."""
    policy = Retry(attempts=99)
    waits = [verdict(Outcome("A", error=network()), n, policy=policy).after for n in (1, 2, 3, 8, 9, 90)]
    assert waits == [0.1, 0.2, 0.4, 12.8, 20.0, 20.0]


@pytest.mark.parametrize("status", [420, 429, 503])
def test_throttled_waits_start_higher_and_cost_less(status: int) -> None:
    """A server that asks to slow down gets 1 s to begin with."""
    assert verdict(Outcome("A", status=status)) == Again(1.0, THROTTLED_COST)
    assert verdict(Outcome("A", status=500)) == Again(0.1, TRANSIENT_COST)


@given(jitter=st.floats(0, 1), attempt=st.integers(1, 3))
def test_jitter_is_full(jitter: float, attempt: int) -> None:
    """Waits are spread over the whole range, so that callers do not come back together."""
    assert verdict(Outcome("A", status=500), attempt, jitter).after == jitter * (0.1 * 2 ** (attempt - 1))


@pytest.mark.parametrize("retry", CLASSES)
def test_the_servers_wish_is_a_minimum(retry) -> None:
    """R19: Retry-After is obeyed, however small the draw."""
    assert verdict(Outcome(retry, status=429, server_asked=7.0), jitter=0.0).after == 7.0


def test_a_wish_beyond_the_limit_is_handed_to_the_caller() -> None:
    """R19: 3600 s is raised at once, with the number."""
    found = verdict(Outcome("D", status=429, server_asked=3600.0))
    assert isinstance(found, Stop)
    assert found.retry_after == 3600.0


def test_the_wish_is_read_off_the_error() -> None:
    """An error that knows the server's wish needs no second telling."""
    error = RateLimitedError("slow down", status=429)
    error.retry_after = 5.0
    assert verdict(Outcome.of_error(error, "A"), jitter=0.0).after == 5.0


def test_nothing_is_repeated_past_the_deadline() -> None:
    """A wait that ends after the deadline is not begun."""
    assert isinstance(verdict(Outcome("A", status=500, remaining=0.1)), Stop)
    assert isinstance(verdict(Outcome("A", status=500, remaining=0.11)), Again)


def test_no_look_is_taken_after_the_deadline() -> None:
    """R06: a look is a request too; out of time, class C is unknown."""
    assert isinstance(verdict(Outcome("C", error=late(sent=True), verifiable=True, remaining=0.0)), Unknown)


def test_the_fate_says_whether_later_answers_can_be_a_repeat() -> None:
    """Callers remember doubt, for `is_already_gone`."""
    assert fate(Outcome("A", status=502)) == "doubtful"
    assert fate(Outcome("A", status=429)) == "unapplied"
    assert fate(Outcome("A", status=404)) == "final"


@pytest.mark.parametrize(
    ("method", "status", "doubted", "gone"),
    [
        ("DELETE", 404, True, True),
        ("DELETE", 410, True, True),
        ("DELETE", 404, False, False),
        ("GET", 404, True, False),
        ("DELETE", 409, True, False),
    ],
)
def test_404_on_a_repeated_deletion_is_success(method, status, doubted, gone) -> None:
    """Only where an earlier attempt may have deleted it."""
    assert is_already_gone(method, status, doubted=doubted) is gone


DATE = "Wed, 15 Jan 2025 10:30:00 GMT"


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        ("120", 120.0),
        (" 3 ", 3.0),
        ("1.5", 1.5),
        ("Wed, 15 Jan 2025 10:30:20 GMT", 20.0),
        ("Wed, 15 Jan 2025 10:29:00 GMT", 0.0),
        (None, None),
        ("", None),
        ("-5", None),
        ("soon", None),
        ("1e9", None),
        ("inf", None),
        ("٣", None),
        ("9" * 400, None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value, seconds) -> None:
    """R19: dates count from the answer's own Date; past ones are 0; junk is None."""
    assert parse_retry_after(value, DATE) == seconds


def test_a_date_without_the_servers_clock_counts_from_ours() -> None:
    """Without a Date header, this machine's clock has to do."""
    with clock.using(clock.ManualClock(datetime(2025, 1, 15, 10, 30, tzinfo=UTC))):
        assert parse_retry_after("Wed, 15 Jan 2025 10:30:20 GMT", None) == 20.0


outcomes = st.builds(
    Outcome,
    retry=st.sampled_from(CLASSES),
    status=st.none() | st.integers(300, 599),
    error=st.none() | st.sampled_from(LOST),
    sent=st.booleans(),
    stale=st.booleans(),
    replayable=st.booleans(),
    server_asked=st.none() | st.floats(0, 5000),
    remaining=st.none() | st.floats(-5, 500),
    verifiable=st.booleans(),
)


@given(outcomes, st.integers(1, 6), st.floats(0, 1))
def test_no_verdict_breaks_a_promise(outcome: Outcome, attempt: int, jitter: float) -> None:
    """Whatever happened: C and D are never blindly repeated after doubt, and no wait passes deadline or limits."""
    found = verdict(outcome, attempt, jitter)
    again = found.absent if isinstance(found, Verify) else found
    if fate(outcome) == "doubtful" and outcome.retry in DOUBTING:
        assert not isinstance(found, Again | Stop)
    if isinstance(again, Again):
        assert attempt < POLICY.attempts
        assert outcome.replayable
        assert 0 <= again.after <= POLICY.max_retry_after
        assert outcome.remaining is None or again.after < outcome.remaining
        assert again.after >= (outcome.server_asked or 0)


@pytest.mark.parametrize("retry", CLASSES)
def test_a_platforms_class_may_know_more_than_its_status(retry) -> None:
    """A 500 that means a wrong name is final; a 503 of a queue that was full did nothing."""
    unapplied, final = ServerError("queue full", status=503), ServerError("no such policy", status=500)
    unapplied.fate, final.fate = "unapplied", "final"
    assert fate(Outcome.of_error(unapplied, retry)) == "unapplied"
    assert isinstance(verdict(Outcome.of_error(unapplied, retry)), Again)
    assert isinstance(verdict(Outcome.of_error(final, retry)), Stop)


def test_a_header_that_cannot_be_read_is_believed_at_once() -> None:
    """The server sends the same header again; in doubt the doubt is told."""
    assert isinstance(verdict(Outcome.of_error(HeaderError("bad"), "A")), Stop)
    assert isinstance(verdict(Outcome.of_error(HeaderError("bad"), "D")), Unknown)
