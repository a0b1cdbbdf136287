"""Arrays as blobs: the bytes of the platform's own client where that is right, and a refusal where it loses something."""

from __future__ import annotations

import math
import sys
from array import array
from base64 import b64decode
from enum import IntEnum

import numpy as np
import pytest
from catchment.core.errors import UnsafeInputError
from catchment.v3io import arrays
from hypothesis import given
from hypothesis import strategies as st

ONE_TWO = b64decode("MEGrAAEAAAAQAAAAAwEAAAEAAAAAAAAAAgAAAAAAAAA=")
EMPTY = b64decode("MEGrAAEAAAAAAAAAAwEAAA==")


class Level(IntEnum):
    HIGH = 2


@pytest.mark.parametrize(
    "values",
    [
        [1, 2],
        (1, 2),
        [1, Level.HIGH],
        [np.int8(1), np.uint64(2)],
        array("q", [1, 2]),
        array("i", [1, 2]),
        array("B", [1, 2]),
        array("Q", [1, 2]),
        np.array([1, 2]),
        np.array([1, 2], dtype=">i4"),
        np.array([1, 2], dtype="uint8"),
        np.array([1, 2], dtype="uint64"),
        np.array([1, 2], dtype=object),
        np.array([1, 9, 2, 9])[::2],
    ],
)
def test_whole_numbers_of_every_kind_are_one_blob(values: object) -> None:
    """Whatever holds them, 64-bit integers are sent, in the order of the platform and not of this machine."""
    assert arrays.is_array(values)
    assert arrays.encode(values) == ONE_TWO


@pytest.mark.parametrize("values", [[], (), array("i"), np.array([], dtype=int)])
def test_empty_arrays_are_of_integers(values: object) -> None:
    """As the platform's own client writes them."""
    assert arrays.encode(values) == EMPTY  # type: ignore[arg-type]
    assert arrays.decode(EMPTY) == []


@pytest.mark.parametrize(
    "values",
    [
        [1, 2.5],
        [1.0, 2.5],
        [np.float32(1), 2.5],
        [np.float64(1), np.int8(1) * 2.5],
        array("d", [1, 2.5]),
        array("f", [1, 2.5]),
        np.array([1, 2.5]),
        np.array([1, 2.5], dtype=">f4"),
        np.array([1, 2.5], dtype="float16"),
        np.array([1, 2.5], dtype="longdouble"),
        np.array([1, 2.5], dtype=object),
    ],
)
def test_a_float_among_them_makes_an_array_of_doubles(values: object) -> None:
    """Wherever it stands; nothing is cut to a whole number."""
    blob = arrays.encode(values)  # type: ignore[arg-type]
    assert blob[12] == 5
    assert arrays.decode(blob) == [1.0, 2.5]


@given(st.lists(st.integers(-(2**63), 2**63 - 1)))
def test_integers_come_back(values: list[int]) -> None:
    """All of 64 bits."""
    assert arrays.decode(arrays.encode(values)) == values


@given(st.lists(st.floats(allow_nan=False), min_size=1))
def test_doubles_come_back(values: list[float]) -> None:
    """Infinities too, and with their sign."""
    found = arrays.decode(arrays.encode(values))
    assert found is not None
    assert list(map(repr, found)) == list(map(repr, values))


def test_machines_of_the_other_order_swap_the_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    """What `array` holds in the machine's order is sent in the platform's; the caller's array is not touched."""
    values = array("q", [1, 2])
    monkeypatch.setattr(arrays.sys, "byteorder", "big" if sys.byteorder == "little" else "little")
    values.byteswap()
    before = values[:]
    assert arrays.encode(values) == ONE_TWO
    assert values == before


def test_nan_comes_back() -> None:
    """An element without a value is a double like others."""
    found = arrays.decode(arrays.encode([math.nan]))
    assert found is not None
    assert math.isnan(found[0])


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([1, True], "element 1 is bool"),
        ([True, False], "element 0 is bool"),
        ([1, "2"], "element 1 is str"),
        ([1, None], "element 1 is NoneType"),
        ([[1], [2]], "element 0 is list"),
        ([np.timedelta64(1, "s")], "element 0 is timedelta64"),
        ([2**63], "element 0 .* more than 64 bits"),
        ([1, -(2**63) - 1], "element 1 .* more than 64 bits"),
        (array("Q", [1, 2**63]), "element 1 .* more than 64 bits"),
        (np.array([2**63], dtype="uint64"), "element 0 .* more than 64 bits"),
        ([1.5, 2**53 + 1], "element 1 .* does not hold it exactly"),
        ([10**5000], "element 0 .* more than 64 bits"),
        ([1.5, 10**5000], "element 1 .* does not hold it exactly"),
        (array("u", "ab"), "characters"),
        (np.array([True]), "numpy array of bool"),
        (np.array(["a"]), "numpy array of"),
        (np.array([1j]), "numpy array of complex128"),
        (np.array([1], dtype="datetime64[s]"), "numpy array of datetime64"),
        (np.array([1], dtype="timedelta64[s]"), "numpy array of timedelta64"),
        (np.array([[1]]), "2 dimensions"),
        (np.array(1), "0 dimensions"),
    ],
)
def test_what_would_change_is_refused(values: object, message: str) -> None:
    """The message names the element and why."""
    with pytest.raises(UnsafeInputError, match=message):
        arrays.encode(values)  # type: ignore[arg-type]


def test_extended_precision_is_refused_where_it_would_be_cut() -> None:
    """More digits than a double has are not dropped."""
    third = np.longdouble(1) / 3
    if float(third) == third:
        pytest.skip("this machine's longdouble is a double")
    for values in (np.array([third]), [third]):
        with pytest.raises(UnsafeInputError, match="more digits"):
            arrays.encode(values)  # type: ignore[arg-type]


def test_large_whole_numbers_that_doubles_hold_go_with_floats() -> None:
    """2**60 is a double."""
    assert arrays.decode(arrays.encode([0.5, 2**60])) == [0.5, float(2**60)]


@pytest.mark.parametrize(
    "blob",
    [
        b"",
        ONE_TWO[:15],
        ONE_TWO[:-1],
        ONE_TWO + b"\0",
        b"\1" + ONE_TWO[1:],
        ONE_TWO[:4] + b"\2" + ONE_TWO[5:],
        ONE_TWO[:8] + b"\x08" + ONE_TWO[9:],
        ONE_TWO[:12] + b"\4" + ONE_TWO[13:],
        ONE_TWO[:8] + b"\x0f\0\0\0" + ONE_TWO[12:-1],
    ],
)
def test_bytes_that_are_not_exactly_an_array_are_none(blob: bytes) -> None:
    """Magic, version, length and type must all be right; otherwise they are the user's own bytes."""
    assert arrays.decode(blob) is None


@pytest.mark.parametrize("value", ["ab", b"ab", {1: 2}, {1}, range(2), 1, None])
def test_what_is_no_array(value: object) -> None:
    """Text and bytes have types of their own, and sets have no order."""
    assert not arrays.is_array(value)
