from __future__ import annotations

import logging

import pytest
from catchment.core import log
from catchment.core.errors import NetworkError, NotFoundError, OutcomeUnknownError, ServerError
from catchment.core.wire import Operation

COMMIT = Operation("lakefs", "commit", "POST", "/x", "commits", "C")
CANARY = "canary-7f3a"


def test_an_attempt_is_one_debug_event(caplog: pytest.LogCaptureFixture) -> None:
    """Operation, number, status and milliseconds, in words and as facts for structured logging."""
    caplog.set_level(logging.DEBUG, "catchment")
    log.attempt(COMMIT, 2, 0.0125, 503)
    (record,) = caplog.records
    assert (record.name, record.levelno) == ("catchment", logging.DEBUG)
    assert record.getMessage() == "lakefs.commit: attempt 2: 503 in 12.5 ms"
    assert record.catchment == {
        "operation": "lakefs.commit",
        "attempt": 2,
        "status": 503,
        "error": None,
        "milliseconds": 12.5,
    }


def test_an_error_shows_as_its_class_and_status_only(caplog: pytest.LogCaptureFixture) -> None:
    """Messages may quote a server's body, which may quote anything."""
    caplog.set_level(logging.DEBUG, "catchment")
    log.attempt(COMMIT, 1, 0, NetworkError(CANARY))
    log.gave_up(COMMIT, 4, ServerError(CANARY, status=502), "4 attempts were made")
    assert "attempt 1: NetworkError in" in caplog.text
    assert "gave up after 4 attempts: ServerError (502): 4 attempts were made" in caplog.text
    assert CANARY not in caplog.text
    assert CANARY not in repr([record.__dict__["catchment"] for record in caplog.records])


@pytest.mark.parametrize(
    ("error", "attempts", "level"),
    [
        (NetworkError(), 1, logging.WARNING),
        (ServerError(status=500), 1, logging.WARNING),
        (OutcomeUnknownError(status=500), 1, logging.WARNING),
        (NotFoundError(status=404), 2, logging.WARNING),
        (NotFoundError(status=404), 1, logging.DEBUG),
    ],
)
def test_a_surrender_warns_and_a_plain_no_does_not(caplog, error, attempts: int, level: int) -> None:
    """Asking whether something exists must not fill the log with warnings."""
    caplog.set_level(logging.DEBUG, "catchment")
    log.gave_up(COMMIT, attempts, error, "because")
    assert [record.levelno for record in caplog.records] == [level]


def test_what_the_caller_repeats_is_no_surrender(caplog: pytest.LogCaptureFixture) -> None:
    """It tells of the failure itself; here it shows among the attempts."""
    caplog.set_level(logging.DEBUG, "catchment")
    log.gave_up(COMMIT, 1, NetworkError(), "because", warns=False)
    assert [record.levelno for record in caplog.records] == [logging.DEBUG]


def test_one_attempt_is_singular(caplog: pytest.LogCaptureFixture) -> None:
    """Logs are read by people."""
    log.gave_up(COMMIT, 1, NetworkError(), "no repetition is allowed")
    assert caplog.messages == ["lakefs.commit: gave up after 1 attempt: NetworkError: no repetition is allowed"]


def test_nothing_is_written_below_the_level(caplog: pytest.LogCaptureFixture) -> None:
    """The application decides; by default attempts are silent."""
    caplog.set_level(logging.WARNING, "catchment")
    log.attempt(COMMIT, 1, 0, 200)
    log.gave_up(COMMIT, 1, NotFoundError(status=404), "final")
    assert not caplog.records


def test_a_warning_is_written_as_it_is(caplog: pytest.LogCaptureFixture) -> None:
    """Percent signs of a path are no placeholders."""
    log.warn("/tmp/50%s is readable by others")
    assert caplog.messages == ["/tmp/50%s is readable by others"]


def test_good_news_is_no_warning(caplog: pytest.LogCaptureFixture) -> None:
    """The end of an outage is for those who want to know."""
    caplog.set_level(logging.INFO, "catchment")
    log.info("50%s is back")
    assert [(record.levelno, record.getMessage()) for record in caplog.records] == [(logging.INFO, "50%s is back")]


def test_the_logger_is_left_to_the_application() -> None:
    """A NullHandler and no level: nothing reaches stderr unless someone asks."""
    assert [type(handler) for handler in log.logger.handlers] == [logging.NullHandler]
    assert log.logger.level == logging.NOTSET
    assert log.logger.propagate


def test_headers_show_by_allow_list() -> None:
    """Known harmless ones in clear; a header nobody thought of is masked."""
    shown = log.redact_headers(
        [("Content-Type", "text/csv"), ("Authorization", CANARY), ("X-New", CANARY), ("Cookie", CANARY)]
    )
    assert shown == [("Content-Type", "text/csv"), ("Authorization", "***"), ("X-New", "***"), ("Cookie", "***")]


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("amount=100&after=x", "amount=100&after=x"),
        ("p=hunter2&u=me", "p=***&u=***"),
        ("X-Amz-Signature=abc&X-Amz-Expires=60", "X-Amz-Signature=***&X-Amz-Expires=60"),
        ("path=private%2Fname", "path=***"),
        ("%70=hunter2", "%70=***"),
        ("flag&empty=", "flag&empty="),
        ("", ""),
        ("amount=1=2", "amount=1=2"),
    ],
)
def test_queries_show_by_allow_list(query: str, shown: str) -> None:
    """Names in clear, values only where known to be harmless."""
    assert log.redact_query(query) == shown
