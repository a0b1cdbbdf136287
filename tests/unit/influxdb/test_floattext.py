"""Texts of floats by numpy are `repr`'s, whatever the float."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from catchment.influxdb.floattext import texts
from hypothesis import given
from hypothesis import strategies as st


def _same(values: Any) -> None:
    values = np.array(values, np.float64)
    wrong = [(got, value) for got, value in zip(texts(values), values.tolist(), strict=True) if got != repr(value)]
    assert not wrong[:5]


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False) | st.floats(0.009, 1e16) | st.floats(-2000, 2000)))
def test_any_floats(values: list[float]) -> None:
    """The shortest text that reads back, of those the nearest, in `repr`'s form."""
    _same(values)


@given(st.lists(st.decimals(-(10**6), 10**6, places=4), min_size=1), st.integers(0, 12))
def test_short_decimals(values: list[Any], shift: int) -> None:
    """What people measure has few decimals, before or behind the point."""
    _same([float(value) * 10**shift for value in values])
    _same([float(value) / 10**shift for value in values])


@pytest.mark.parametrize("exponent", range(-8, 54))
def test_neighbours_of_powers_of_two(exponent: int) -> None:
    """Floats below one are closer to each other than those above it."""
    middle = 2.0**exponent
    _same(middle + np.spacing(middle) / 2 * np.arange(-120, 120))


@pytest.mark.parametrize("exponent", range(-3, 17))
def test_neighbours_of_powers_of_ten(exponent: int) -> None:
    """There the number of digits before the point changes, or of zeros behind it."""
    middle = 10.0**exponent
    _same(middle + np.spacing(middle) * np.arange(-200, 200))


@pytest.mark.parametrize("digits", [14, 15, 16, 17])
def test_numbers_of_many_digits(digits: int) -> None:
    """Fifteen, sixteen and seventeen digits, of all sizes, many of them close to a tie."""
    draw = np.random.default_rng(digits)
    numbers = draw.integers(10 ** (digits - 1), 10**digits, 20_000)
    for shift in range(digits + 2):
        _same(numbers[:1_000] / 10.0**shift)
    _same(np.ldexp(1 + draw.integers(0, 2**52, 20_000) / 2**52, draw.integers(-7, 50, 20_000)))
    _same(numbers // 8 * 8 / 2.0 ** draw.integers(0, 40, 20_000))  # short in binary: ties


@given(st.lists(st.sampled_from([0.0, -0.0, 1.0, -1.0, 0.5, 5e-324, 1e-4, 1e15, 1e16, 1.7976931348623157e308])))
def test_those_left_to_repr_stay_in_place(values: list[float]) -> None:
    """Very small and large ones among others, and zeros with their sign."""
    _same(values)


@pytest.mark.parametrize("values", [[], [float("nan")], [float("nan"), 1.5, float("inf"), 2.25, -3.125]])
def test_what_has_no_text_keeps_its_place(values: list[float]) -> None:
    """Gaps are floats without a number; what they get nobody reads, without a warning."""
    found = texts(np.array(values, np.float64))
    assert len(found) == len(values)
    assert [text for text, value in zip(found, values, strict=True) if np.isfinite(value)] == [
        repr(value) for value in values if np.isfinite(value)
    ]
