"""What became of data that cannot be stored as it is: refused, replaced or dropped, and never without a word."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple, TypeAlias, get_args

from catchment.core.errors import UnsafeInputError
from catchment.influxdb.escaping import Unstorable

OnInvalid: TypeAlias = Literal["raise", "replace", "drop"]
"""What to do with data that the server cannot store: refuse all, alter it, or leave the point out."""

MAX_FINDINGS: Final = 100


class Finding(NamedTuple):
    """
    One thing that was not sent as it was given.

    Attributes:
        row: 0-based, in the frame or among the points.
        key: Column, tag, field or part of the point.
        reason: Why.
        action: What was done.
        rows: How many rows of the frame it concerns, this one the first.
    """

    row: int
    key: str
    reason: str
    action: Literal["replaced", "dropped", "skipped"]
    rows: int = 1


@dataclass(slots=True)
class Report:
    """
    Counts of what an encoding did; complete once its chunks have been consumed.

    Attributes:
        lines: Points encoded.
        skipped: Points left out because no field of theirs had a value.
        replaced: Names and values that were altered, counted once for each row.
        dropped: Points left out because they could not be stored.
        findings: The first of them, at most 100.
    """

    lines: int = 0
    skipped: int = 0
    replaced: int = 0
    dropped: int = 0
    findings: list[Finding] = field(default_factory=list[Finding])

    def note(self, finding: Finding) -> None:
        """Keep a finding, if there is room."""
        if len(self.findings) < MAX_FINDINGS:
            self.findings.append(finding)


class DroppedPoint(Exception):  # noqa: N818 - a signal inside the package, not an error
    """The point being encoded is to be left out; it is counted already."""


class Policy:
    """Decides about what cannot be stored."""

    def __init__(self, on_invalid: OnInvalid, report: Report, *, strict: bool) -> None:
        if on_invalid not in get_args(OnInvalid):
            raise UnsafeInputError(f"on_invalid={on_invalid!r}: one of {', '.join(get_args(OnInvalid))} is needed")
        self.on_invalid = on_invalid
        self.report = report
        self.strict = strict

    def settle(self, row: int, key: str, flaw: Unstorable, rows: int = 1) -> str:
        """
        Return what to send in place of something unstorable.

        Args:
            row: The first row that has it.
            key: Column or key, with its role.
            flaw: What is wrong.
            rows: How many rows have it.

        Raises:
            UnsafeInputError: By `"raise"`.
            DroppedPoint: By `"drop"`, or because nothing can take its place.
        """
        if self.on_invalid == "raise":
            raise UnsafeInputError(f"row {row}, {key}: {flaw.reason}")
        if self.on_invalid == "replace" and flaw.replacement is not None:
            self.report.replaced += rows
            self.report.note(Finding(row, key, flaw.reason, "replaced", rows))
            return flaw.replacement
        self.report.note(Finding(row, key, flaw.reason, "dropped", rows))
        raise DroppedPoint

    def skip(self, row: int, rows: int = 1) -> None:
        """
        Count rows without any field.

        Raises:
            UnsafeInputError: In strict mode.
        """
        if self.strict:
            raise UnsafeInputError(f"row {row}: no field has a value, so there is nothing to store")
        self.report.skipped += rows
        self.report.note(Finding(row, "fields", "no field has a value", "skipped", rows))
