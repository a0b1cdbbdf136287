"""Times in unsigned columns: the upper half of 64 bits is beyond every time, and must not wrap around to before 1970."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from catchment.core.errors import UnsafeInputError
from catchment.influxdb import lines
from catchment.influxdb.lines import Report

LATE = 2**63 + 5


def tables(times: list[int | None]) -> dict[str, Any]:
    """Return the same times in every kind of column that has 64 bits without a sign."""
    values = [1.0] * len(times)
    made: dict[str, Any] = {
        "pandas' nullable": pd.DataFrame({"t": pd.array(times, dtype="UInt64"), "v": values}),
        "pandas' Arrow": pd.DataFrame({"t": pd.array(times, dtype="uint64[pyarrow]"), "v": values}),
        "Arrow": pa.table({"t": pa.array(times, pa.uint64()), "v": values}),
        "polars": pl.DataFrame({"t": pl.Series(times, dtype=pl.UInt64), "v": values}),
    }
    if None not in times:
        made["numpy"] = pd.DataFrame({"t": np.array(times, "uint64"), "v": values})
    return made


def body(table: Any, **options: Any) -> bytes:
    """Return the lines of a table."""
    return b"".join(
        chunk.body for chunk in lines.encode(table, measurement="m", time_column="t", precision="ns", **options)
    )


@pytest.mark.parametrize("kind", tables([0]))
def test_times_that_fit_are_exact(kind: str) -> None:
    """Up to the last one that the server stores."""
    assert body(tables([5, 2**63 - 2])[kind]) == b"m v=1.0 5\nm v=1.0 9223372036854775806\n"


@pytest.mark.parametrize("kind", tables([0]))
@pytest.mark.parametrize("late", [2**63 - 1, 2**63, LATE, 2**64 - 1])
def test_times_that_do_not_fit_are_refused(kind: str, late: int) -> None:
    """By row and column, by our error and not by another library's."""
    with pytest.raises(UnsafeInputError, match="row 1, time column 't'"):
        body(tables([5, late])[kind])


@pytest.mark.parametrize("kind", tables([None]))
def test_missing_times_are_refused(kind: str) -> None:
    """As in columns with a sign."""
    with pytest.raises(UnsafeInputError, match="row 1, time column 't'"):
        body(tables([5, None])[kind])


@pytest.mark.parametrize("kind", tables([0]))
def test_times_that_do_not_fit_can_be_dropped(kind: str) -> None:
    """And are counted; the rows around them go."""
    report = Report()
    assert body(tables([5, LATE, 6])[kind], on_invalid="drop", report=report) == b"m v=1.0 5\nm v=1.0 6\n"
    assert report.dropped == 1


def test_an_unsigned_index(engine: str) -> None:
    """Is no other than a column, whatever is installed."""
    frame = pd.DataFrame({"v": [1.0, 2.0]}, index=pd.Index(np.array([5, LATE], "uint64")))
    with pytest.raises(UnsafeInputError, match="row 1, time:"):
        list(lines.encode(frame, measurement="m", precision="ns"))
