"""Attributes: what is stored comes back, and what would come back as something else is refused by name."""

from __future__ import annotations

import json
import math
from array import array
from base64 import b64encode
from collections import ChainMap, OrderedDict
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from fractions import Fraction
from types import MappingProxyType
from typing import Any, cast

import numpy as np
import pandas as pd
import pytest
from catchment.core.errors import UnsafeInputError
from catchment.v3io import arrays, limits, values
from catchment.v3io.timestamps import Timestamp
from hypothesis import given
from hypothesis import strategies as st

NOON = datetime(2024, 5, 1, 12, 0, 0, 500_000, UTC)


class Level(IntEnum):
    HIGH = 3


class Colour(StrEnum):
    RED = "red"


class Plain(Enum):
    RED = "red"


class Metres(float):
    def __repr__(self) -> str:
        return "long"


def typed(value: object) -> Any:
    """Return a value as the server would read it."""
    return json.loads(values.encode_value(value))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("text", {"S": "text"}),
        ("", {"S": ""}),
        ('q"\\\n\t\x00\x1f\x7fé😀\u2028', {"S": 'q"\\\n\t\x00\x1f\x7fé😀\u2028'}),
        (Colour.RED, {"S": "red"}),
        (np.str_("red"), {"S": "red"}),
        (12, {"N": "12"}),
        (-(2**63), {"N": "-9223372036854775808"}),
        (2**64 - 1, {"N": "18446744073709551615"}),
        (Level.HIGH, {"N": "3"}),
        (np.int16(-5), {"N": "-5"}),
        (np.uint64(2**64 - 1), {"N": "18446744073709551615"}),
        (0.1, {"N": "0.1"}),
        (3.0, {"N": "3.0"}),
        (-0.0, {"N": "-0.0"}),
        (1e300, {"N": "1e+300"}),
        (5e-324, {"N": "5e-324"}),
        (math.nan, {"N": "nan"}),
        (Metres(2.5), {"N": "2.5"}),
        (np.float64(2.5), {"N": "2.5"}),
        (np.float32(0.1), {"N": "0.10000000149011612"}),
        (np.float16(0.5), {"N": "0.5"}),
        (np.longdouble(0.5), {"N": "0.5"}),
        (Decimal("0.1"), {"N": "0.1"}),
        (Decimal("1E+3"), {"N": "1000"}),
        (Decimal(9007199254740993), {"N": "9007199254740993"}),
        (Decimal("NaN"), {"N": "nan"}),
        (True, {"BOOL": True}),
        (False, {"BOOL": False}),
        (np.True_, {"BOOL": True}),
        (b"\x00\xff", {"B": "AP8="}),
        (b"", {"B": ""}),
        (bytearray(b"\x00\xff"), {"B": "AP8="}),
        (memoryview(b"\x00\xff"), {"B": "AP8="}),
        (memoryview(b"\x00.\xff.")[::2], {"B": "AP8="}),
        (np.bytes_(b"\x00\xff"), {"B": "AP8="}),
        (NOON, {"TS": "1714564800:500000000"}),
        (Timestamp.of(NOON, 7), {"TS": "1714564800:500000007"}),
        (pd.Timestamp("2024-05-01T12:00:00.500000007Z"), {"TS": "1714564800:500000007"}),
        ([1, 2], {"B": "MEGrAAEAAAAQAAAAAwEAAAEAAAAAAAAAAgAAAAAAAAA="}),
        ((1, 2), {"B": "MEGrAAEAAAAQAAAAAwEAAAEAAAAAAAAAAgAAAAAAAAA="}),
        (array("i", [1, 2]), {"B": "MEGrAAEAAAAQAAAAAwEAAAEAAAAAAAAAAgAAAAAAAAA="}),
        (np.array([1, 2]), {"B": "MEGrAAEAAAAQAAAAAwEAAAEAAAAAAAAAAgAAAAAAAAA="}),
        ([], {"B": "MEGrAAEAAAAAAAAAAwEAAA=="}),
    ],
)
def test_values_as_the_platform_types_them(value: object, expected: dict[str, object]) -> None:
    """Each by its own type; classes of other packages as the plain value that they equal."""
    assert typed(value) == expected


@pytest.mark.parametrize(
    ("value", "message", "advice"),
    [
        (2**64, "more than 64 bits", "text"),
        (-(2**63) - 1, "more than 64 bits", "text"),
        pytest.param(10**5000, "an integer of 16610 bits needs", "text", id="huge"),
        (math.inf, "inf is not stored", "text"),
        (-math.inf, "-inf is not stored", "text"),
        (np.float32("inf"), "inf is not stored", "text"),
        (Decimal("0.1000000000000000000001"), "no double that says the same", "round"),
        (Decimal("1E+400"), "no double that says the same", "round"),
        (Decimal("Infinity"), "no double that says the same", "round"),
        (Decimal(18446744073709551617), "no double that says the same", "round"),
        (None, "NoneType cannot be stored", "no null"),
        (pd.NA, "NAType cannot be stored", "no null"),
        (pd.NaT, "NaT is no instant", "leave"),
        ({"a": 1}, "dict cannot be stored", "JSON"),
        ({1, 2}, "set cannot be stored", "text"),
        (1j, "complex cannot be stored", "text"),
        (Fraction(1, 2), "Fraction cannot be stored", "text"),
        (Plain.RED, "Plain cannot be stored", "value"),
        (object(), "object cannot be stored", "text"),
        (datetime(2024, 5, 1), "no time zone", "tzinfo"),
        (date(2024, 5, 1), "date cannot be stored", "a day is no instant"),
        (time(12), "time cannot be stored", "isoformat"),
        (timedelta(1), "timedelta cannot be stored", "isoformat"),
        (np.datetime64("2024-05-01"), "datetime64 cannot be stored", "pandas"),
        (np.timedelta64(1, "s"), "timedelta64 cannot be stored", "seconds"),
        (np.complex128(1), "complex128 cannot be stored", "text"),
        ([1, None], "element 1 is NoneType", "attributes of their own"),
        (np.array([True]), "numpy array of bool", "astype"),
    ],
)
def test_values_without_a_type_are_refused(value: object, message: str, advice: str) -> None:
    """The message names the attribute and the reason, the hint says what to do; its neighbours are not blamed."""
    with pytest.raises(UnsafeInputError, match=f"attribute 'bad': .*{message}") as caught:
        values.encode_attributes({"good": 1, "bad": value, "later": 2})
    assert caught.value.hint is not None
    assert advice in caught.value.hint


def test_extended_precision_is_refused_where_it_would_be_cut() -> None:
    """More digits than a double has are not dropped."""
    third = np.longdouble(1) / 3
    if float(third) == third:
        pytest.skip("this machine's longdouble is a double")
    with pytest.raises(UnsafeInputError, match="more digits"):
        values.encode_value(third)


@pytest.mark.parametrize("letter", ["x", "é", "😀"])
def test_text_is_measured_in_bytes(letter: str) -> None:
    """61,200 bytes are stored, whatever number of characters they are; one more is refused."""
    room = limits.MAX_TEXT // len(letter.encode())
    assert typed(letter * room) == {"S": letter * room}
    with pytest.raises(UnsafeInputError, match="61,200"):
        values.encode_attributes({"a": letter * room + "y"})


def test_blobs_are_measured() -> None:
    """A MiB is stored, and the header of an array counts."""
    assert typed(b"x" * limits.MAX_BLOB)["B"]
    for value in (b"x" * (limits.MAX_BLOB + 1), [0] * (limits.MAX_BLOB // 8)):
        with pytest.raises(UnsafeInputError, match="1,048,576"):
            values.encode_value(value)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("a b", "cannot be stored"),
        ("__size", "system"),
        ("", "empty"),
        (5, "names are text"),
        (None, "names are text"),
        ((1,), "names are text"),
    ],
)
def test_names_are_checked(name: object, message: str) -> None:
    """Names that the platform does not store, system attributes and what is no text are refused."""
    with pytest.raises(UnsafeInputError, match=message):
        values.encode_attributes(cast("Any", {name: 1}))


def test_text_enums_are_names() -> None:
    """Their text is the name."""
    assert json.loads(values.encode_attributes({Colour.RED: 1})) == {"red": {"N": "1"}}


@pytest.mark.parametrize("attributes", [None, [("a", 1)], "a", 5, {"a"}])
def test_attributes_are_a_mapping(attributes: object) -> None:
    """Anything else has no names."""
    with pytest.raises(UnsafeInputError, match="mapping"):
        values.encode_attributes(cast("Any", attributes))


@pytest.mark.parametrize("kind", [dict, OrderedDict, MappingProxyType, ChainMap])
def test_every_mapping_will_do(kind: Any) -> None:
    """In its own order."""
    assert values.encode_attributes(kind({"b": 1, "a": "x"})) == '{"b":{"N":"1"},"a":{"S":"x"}}'


STORED = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"])),
    st.integers(-(2**63), 2**64 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
    st.binary(),
    st.datetimes(timezones=st.just(UTC)),
    st.lists(st.integers(-(2**63), 2**63 - 1)),
    st.lists(st.floats(allow_nan=False), min_size=1),
)


@given(
    st.dictionaries(
        st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,9}", fullmatch=True).filter(
            lambda name: name not in limits.SYSTEM_ATTRIBUTES
        ),
        STORED,
    )
)
def test_what_is_stored_comes_back(attributes: dict[str, Any]) -> None:
    """Every attribute, of its own type, in its own order; bytes that are exactly an array's blob are the one exception."""
    found = values.decode_item(json.loads(values.encode_attributes(attributes)))
    expected = {
        name: arrays.decode(value) or value if isinstance(value, bytes) else value for name, value in attributes.items()
    }
    assert list(found.items()) == list(expected.items())
    assert list(map(type, found.values())) == list(map(type, expected.values()))


@pytest.mark.parametrize(
    ("one", "value"),
    [
        ({"N": "12"}, 12),
        ({"N": "-7"}, -7),
        ({"N": "18446744073709551615"}, 2**64 - 1),
        ({"N": "12.0"}, 12.0),
        ({"N": "1e5"}, 100000.0),
        ({"N": "1.2500000000000000E+01"}, 12.5),
        ({"N": "inf"}, math.inf),
        ({"N": 12}, 12),
        ({"N": 12.5}, 12.5),
        ({"S": "12"}, "12"),
        ({"S": 12}, "12"),
        ({"S": 1.5}, "1.5"),
        ({"BOOL": False}, False),
        ({"B": ""}, b""),
        ({"B": "AP8="}, b"\x00\xff"),
        ({"B": "MEGrAAEAAAAAAAAAAwEAAA=="}, []),
        ({"B": b64encode(arrays.encode([1.5])).decode()}, [1.5]),
        ({"B": b64encode(arrays.encode([1])[:-1]).decode()}, arrays.encode([1])[:-1]),
        ({"TS": "-1:500000000"}, datetime(1969, 12, 31, 23, 59, 59, 500_000, UTC)),
        ({"TS": "0:1"}, Timestamp.of(datetime(1970, 1, 1, tzinfo=UTC), 1)),
    ],
)
def test_values_are_read(one: dict[str, object], value: object) -> None:
    """By one and in items alike: whole numbers as ints, others as floats, numbers in a text's place as text."""
    for found in (values.decode_value(one), values.decode_item({"a": one})["a"]):
        assert (type(found), found) == (type(value), value)


def test_nan_is_read() -> None:
    """A number without a value stays one."""
    found = values.decode_item({"a": {"N": "nan"}})["a"]
    assert isinstance(found, float)
    assert math.isnan(found)


@pytest.mark.parametrize(
    "one",
    [
        {},
        {"S": "a", "N": "1"},
        {"X": "a"},
        {"S": None},
        {"S": True},
        {"N": "abc"},
        {"N": None},
        {"N": True},
        {"N": ""},
        {"BOOL": "true"},
        {"BOOL": 1},
        {"B": "A"},
        {"B": "AP8=AP8="},
        {"B": "A P8="},
        {"B": "é"},
        {"TS": "1"},
    ],
)
def test_bad_values_of_answers_are_value_errors(one: dict[str, object]) -> None:
    """Nothing is guessed, and nothing left out."""
    with pytest.raises(ValueError, match=r".+"):
        values.decode_item({"a": one})
    with pytest.raises(ValueError, match=r".+"):
        values.decode_value(one)
