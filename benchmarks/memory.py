"""Peak memory: cases in processes of their own, and how their rows say what was held above the base."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from harness import Sample, Side, median
from report import Row

MIB = 1 << 20
LIMIT = 64 * MIB
"""Bytes above the base that an object or a scan may hold, whatever its size."""


def fill(source: Path, size: int) -> None:
    """Write a file that does not compress and repeats only every MiB."""
    piece = random.Random(0).randbytes(MIB)
    with source.open("wb") as file:
        for number in range(size // MIB):
            file.write(number.to_bytes(8, "big") + piece[8:])


def alone(python: str, program: str, case: str, **arguments: object) -> Sample:
    """Run a case once in a process of its own."""
    with Side(python, program) as side:
        return side.run(case, **arguments)


def worst(runs: int, python: str, program: str, case: str, arguments: Mapping[str, object]) -> Sample:
    """Run a case some times; return the run that held most memory, with the median CPU of all."""
    samples = [alone(python, program, case, **arguments) for _ in range(runs)]
    most = max(samples, key=lambda sample: sample.peak - sample.base)
    return replace(most, cpu=median(samples, "cpu"))


def peak(what: str, mine: Sample, theirs: Sample | None, cpu: Callable[[Sample], str]) -> Row:
    """
    Hold what a case held above its base against the limit.

    Args:
        what: Name of the row.
        mine: Of this package.
        theirs: Of the official one, if it has such a call.
        cpu: Says what CPU a sample took, in the unit of the table.
    """

    def carried(sample: Sample) -> str:
        return f"{(sample.peak - sample.base) / MIB:.1f} MiB; {cpu(sample)}"

    above = mine.peak - mine.base
    other = None if theirs is None else max(theirs.peak - theirs.base, 1)
    return Row(
        what,
        None if other is None else other / max(above, 1),
        "64 MiB",
        above <= LIMIT,
        carried(mine),
        "" if theirs is None else carried(theirs),
    )
