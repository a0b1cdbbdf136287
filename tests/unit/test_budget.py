from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor

from catchment.core.budget import Budget
from catchment.core.retry import THROTTLED_COST, TRANSIENT_COST, Again, Stop, Unknown

TRANSIENT = Again(0.1, TRANSIENT_COST)


def test_an_outage_gets_35_repetitions() -> None:
    """R24: 500 tokens at 14 each, whatever the number of callers."""
    budget = Budget()
    with ThreadPoolExecutor(8) as pool:
        verdicts = list(pool.map(lambda _: budget.allow(TRANSIENT), range(200)))
    assert sum(isinstance(verdict, Again) for verdict in verdicts) == 35


def test_throttled_repetitions_are_cheaper() -> None:
    """The server is alive and asked for them."""
    budget = Budget()
    assert sum(isinstance(budget.allow(Again(1, THROTTLED_COST)), Again) for _ in range(200)) == 100


def test_an_empty_budget_says_so() -> None:
    """What cannot be paid for ends the call, with the reason."""
    verdict = Budget(capacity=3).allow(TRANSIENT)
    assert isinstance(verdict, Stop)
    assert "many calls" in verdict.reason


def test_other_verdicts_are_free() -> None:
    """Only repetitions are paid for."""
    budget = Budget()
    unknown = Unknown("check")
    assert budget.allow(unknown) is unknown
    assert budget.tokens == 500


def test_success_gives_back_what_was_paid() -> None:
    """A call that succeeds at last has not been part of an outage."""
    budget = Budget()
    budget.allow(TRANSIENT)
    budget.allow(TRANSIENT)
    budget.succeeded(2 * TRANSIENT_COST)
    assert budget.tokens == 500


def test_clean_calls_refill_slowly() -> None:
    """One token each, never above the capacity."""
    budget = Budget()
    budget.allow(TRANSIENT)
    budget.succeeded()
    assert budget.tokens == 500 - TRANSIENT_COST + 1
    for _ in range(50):
        budget.succeeded()
    assert budget.tokens == 500


def test_its_state_can_be_seen() -> None:
    """For whoever wonders why nothing is repeated."""
    assert repr(Budget(capacity=20)) == "<Budget 20/20>"


def test_a_copy_in_another_process_starts_full() -> None:
    """Locks do not travel, and the far side has its own view of the server."""
    budget = Budget(capacity=20)
    budget.allow(TRANSIENT)
    assert pickle.loads(pickle.dumps(budget)).tokens == 20
