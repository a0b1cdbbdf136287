"""The fast and the plain form of tables are one form: the same bytes, however rows are cut and gathered."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pandas as pd
import pytest
from catchment.influxdb import arrow_out, lines, tables
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.influxdb.engines import COMBINATIONS

# Numbers that all writers of floats spell alike; they differ in exponents only.
floats = st.none() | st.sampled_from([0.0, -0.0, float("inf")]) | st.floats(0.001, 1e15) | st.floats(-1e15, -0.001)
text = st.none() | st.text('a"\\\n,= é', max_size=4)
row = st.fixed_dictionaries(
    {
        "t": st.sampled_from(["x", "y z", "", None]),
        "u": st.sampled_from(["1", "2"]),
        "f": floats,
        "g": floats.map(lambda value: 1.5 if value is None else value),
        "i": st.integers(-(2**63), 2**63 - 1),
        "j": st.none() | st.integers(-9, 9),
        "b": st.booleans(),
        "c": st.none() | st.booleans(),
        "s": text,
        "o": st.none() | st.integers(0, 9) | st.text(max_size=2),
    }
)
DTYPES = {"f": "float64", "g": "float64", "i": "int64", "j": "Int64", "b": "bool", "c": "boolean", "s": "str"}


def frame(rows: list[dict[str, Any]], names: list[str]) -> pd.DataFrame:
    """Return a frame whose rows are 1 s apart."""
    made = pd.DataFrame({name: pd.Series([r[name] for r in rows], dtype=DTYPES.get(name, object)) for name in names})
    made.index = pd.date_range("2024-01-01", periods=len(rows), freq="s", tz="UTC")
    return made


def body(data: pd.DataFrame, tags: list[str], hidden: tuple[str, ...] = (), **options: Any) -> bytes:
    """Return everything in one body, some optional packages hidden."""
    with pytest.MonkeyPatch.context() as patch:
        for name in hidden:
            patch.setitem(sys.modules, name, None)
        chunks = lines.encode(data, measurement="m", tag_columns=tags, object_types="infer", **options)
        return b"".join(chunk.body for chunk in chunks)


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=150, deadline=None)
@given(st.lists(row, min_size=1, max_size=8), st.permutations(list("fgijbcso")), st.integers(1, 8))
def test_all_forms_are_the_same_bytes(rows: list[dict[str, Any]], order: list[str], count: int) -> None:
    """Fields stand in the order of the columns, whatever has gaps, and whatever writes them."""
    for name in ("pyarrow", "orjson"):
        pytest.importorskip(name)
    data = frame(rows, ["t", "u", *order[:count]])
    bodies = {
        name: body(data, ["t", "u"], hidden, on_invalid="drop")
        for name, hidden in COMBINATIONS.items()
        if name != "arrow"  # which spells whole floats in its own way
    }
    assert len(set(bodies.values())) == 1, bodies


def mixed(rows: int) -> pd.DataFrame:
    """Return many rows with gaps of all kinds, and a tag of its own for each third."""
    draw = np.random.default_rng(0)
    made = [
        {
            "t": f"tag {number // 3}", "u": "x", "f": None if draw.random() < 0.3 else number / 8, "i": number,
            "c": None if number % 3 else True, "s": None if number % 5 else 'q"', "j": None if number % 7 else 1,
        }
        for number in range(rows)
    ]  # fmt: skip
    return frame(made, ["t", "u", "f", "i", "c", "s", "j"])


@pytest.mark.parametrize("gone", [[], ["i"]], ids=["a full column", "gaps only"])
@pytest.mark.parametrize(
    ("module", "limit", "value"),
    [
        (arrow_out, "MOST_ROWS", 7),
        (arrow_out, "FIXED_TEXT", 1),
        (arrow_out, "FIXED_TEXT", 3_000),
        (tables, "FAST_ROWS", 13),
        (tables, "PLAIN_ROWS", 13),
    ],
)
def test_how_rows_are_cut_shows_nowhere(
    engine: str, monkeypatch: pytest.MonkeyPatch, module: Any, limit: str, value: int, gone: list[str]
) -> None:
    """Neither where a slab or a block ends, nor with more tags than are kept at hand."""
    data = mixed(100).drop(columns=gone)
    whole = body(data, ["t", "u"])
    assert whole.count(b"\n") == 100 - data.drop(columns=["t", "u"]).isna().all(axis=1).sum()
    monkeypatch.setattr(module, limit, value)
    assert body(data, ["t", "u"]) == whole


def test_wide_tables_are_gathered_in_fewer_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the memory of one block would grow with the columns."""
    pytest.importorskip("pyarrow")
    monkeypatch.setattr(arrow_out, "LEAST_ROWS", 4)
    monkeypatch.setattr(arrow_out, "NUMBERS", 400)
    data = pd.DataFrame(np.arange(4_000.0).reshape(20, 200), index=pd.date_range("2024-01-01", periods=20, freq="s"))
    assert body(data, []) == body(data, [], ("pyarrow",))
