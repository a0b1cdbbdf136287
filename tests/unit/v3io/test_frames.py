"""Items become columns of the types that their values, or the table's schema, have."""

from __future__ import annotations

import pandas as pd
import pytest
from catchment.v3io import frames
from catchment.v3io.schema import Schema, SchemaField

SCHEMA = Schema("name", (SchemaField("name", "string"), SchemaField("seats", "double")))


def table(*seats: float | None, schema: Schema | None = None) -> pd.Series:
    """Return the column of items that have so many seats, or say nothing of them."""
    rows = frames.Rows(["seats"], schema)
    for page in (seats[:1], seats[1:]):
        rows.add([{"__name": "n"} if number is None else {"__name": "n", "seats": number} for number in page])
    return frames.to_pandas(rows)["seats"]


@pytest.mark.parametrize("missing", [False, True])
def test_a_schema_makes_whole_numbers_floats(missing: bool) -> None:
    """What the schema calls double is float, although the wire wrote each number as a whole one."""
    column = table(182, *([None] if missing else []), 55, schema=SCHEMA)
    assert column.dtype == "float64"
    assert column.dropna().tolist() == [182.0, 55.0]
    assert column.isna().sum() == missing


def test_numbers_that_no_float_holds_stay_whole() -> None:
    """A schema does not round: whole numbers beyond 53 bits stay what they are."""
    assert table(2**60 + 1, 1, schema=SCHEMA).tolist() == [2**60 + 1, 1]


@pytest.mark.parametrize("missing", [False, True])
def test_without_a_schema_values_say_the_type(missing: bool) -> None:
    """Whole numbers are integers, and nullable ones where some are missing."""
    assert table(182, *([None] if missing else []), 55).dtype == ("Int64" if missing else "int64")
