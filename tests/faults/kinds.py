"""The faults of the matrix, named after its rows."""

from __future__ import annotations

from typing import Any

UNAPPLIED: dict[str, dict[str, Any]] = {
    "R19 429 with Retry-After": {"kind": "status", "status": 429, "headers": {"Retry-After": "1"}},
    "R21 503 with Retry-After": {"kind": "status", "status": 503, "headers": {"Retry-After": "2"}},
    "R23 408": {"kind": "status", "status": 408},
}
"""Answers that say that nothing was done: any request may be sent again."""

DOUBTFUL: dict[str, dict[str, Any]] = {
    "R03 reset before it was applied": {"kind": "reset"},
    "R04 reset after it was applied": {"kind": "reset", "applied": True},
    "R07 stall": {"kind": "stall", "seconds": 60.0},
    "R07 stall after it was applied": {"kind": "stall", "seconds": 60.0, "applied": True},
    "R08 body cut": {"kind": "cut", "after_bytes": 1},
    "R20 500, not applied": {"kind": "status", "status": 500},
    "R20 502": {"kind": "status", "status": 502, "body": b"<html>bad gateway</html>"},
    "R21 503": {"kind": "status", "status": 503},
    "R22 applied, then 500": {"kind": "status", "status": 500, "applied": True},
}
"""Failures after which a request may have been applied, or not."""

SURVIVED = UNAPPLIED | DOUBTFUL

SCHEDULED: tuple[dict[str, Any], ...] = (
    {"kind": "reset"},
    {"kind": "reset", "applied": True},
    {"kind": "status", "status": 500, "applied": True},
    {"kind": "status", "status": 503},
    {"kind": "status", "status": 429},
    {"kind": "cut", "after_bytes": 3},
    {"kind": "stall", "seconds": 60.0, "applied": True},
    {"kind": "html", "applied": True},
)
"""What random schedules are made of."""
