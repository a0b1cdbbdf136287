"""Expressions: what is written, what is refused, and that no value leaves its place."""

from __future__ import annotations

import enum
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from catchment.core.errors import UnsafeInputError
from catchment.v3io.expressions import Condition, attr
from catchment.v3io.functions import if_else, if_not_exists, init_array, maximum, minimum, sqrt
from catchment.v3io.updates import Update
from hypothesis import given
from hypothesis import strategies as st

AGE = attr("age")


class Colour(enum.Enum):
    """Values that are members."""

    RED = "red"
    TEN = 10


@pytest.mark.parametrize(
    ("condition", "text"),
    [
        (AGE > 15, "age > 15"),
        (15 < AGE, "age > 15"),  # noqa: SIM300 - the reflected operator
        (AGE >= -1, "age >= -1"),
        (AGE < 1.5, "age < 1.5"),
        (AGE <= AGE + 1, "age <= age + 1"),
        (AGE != 3, "age != 3"),
        (attr("name") == "bob", "name == 'bob'"),
        (attr("name") == "bob's", 'name == "bob\'s"'),
        (attr("ok") == True, "ok == true"),  # noqa: E712 - a literal of the language
        (attr("blob") == b"\x00\x01", "blob == blob('AAE=')"),
        (attr("at") >= datetime(1969, 12, 31, 23, 59, 59, 500_000, UTC), "at >= -1:500000000"),
        (attr("at") < datetime(1970, 1, 1, 1, tzinfo=timezone(timedelta(hours=1))), "at < 0:0"),
        (attr("at") == pd.Timestamp("1970-01-01T00:00:01.000000007Z"), "at == 1:7"),
        ((AGE > 1) & (AGE < 5), "(age > 1) AND (age < 5)"),
        ((AGE > 1) & (AGE < 5) & (AGE != 3), "(age > 1) AND (age < 5) AND (age != 3)"),
        (((AGE > 1) & (AGE < 5)) | (AGE == 9), "((age > 1) AND (age < 5)) OR (age == 9)"),
        (~((AGE > 1) | (AGE < 0)), "NOT((age > 1) OR (age < 0))"),
        (~attr("gone").exists(), "NOT(exists(gone))"),
        (AGE.in_([1, 2]), "age IN (1, 2)"),
        (attr("name").in_(name for name in ("a", "b")), "name IN ('a', 'b')"),
        (attr("name").starts("a") & attr("name").ends("z"), "(starts(name, 'a')) AND (ends(name, 'z'))"),
        (attr("name").contains(attr("part")), "contains(name, part)"),
        (attr("name").length() == 3, "length(name) == 3"),
        (minimum(AGE, 3) < maximum(attr("list")), "min(age, 3) < max(list)"),
        (sqrt(AGE) == 4, "sqrt(age) == 4"),
        (attr("list")[0] == 1, "list[0] == 1"),
        (attr("list")[AGE + 1] == 1, "list[age + 1] == 1"),
        (attr("list")[1:4] == 1, "list[1..3] == 1"),
        (attr("list")[:2] == 1, "list[0..1] == 1"),
        (attr("Set") == 1, "`Set` == 1"),
        (attr("__mtime_secs") > 5, "__mtime_secs > 5"),
        (AGE == Colour.TEN, "age == 10"),
        (np.int32(4) == AGE, "age == 4"),
        (np.float64(0.5) == AGE, "age == 0.5"),
        (np.bool_(True) == AGE, "age == true"),
        (Decimal("0.25") == AGE, "age == 0.25"),
        (AGE == 1e-7, "age == 0.0000001"),
        (AGE == 1e22, "age == 10000000000000000000000.0"),
    ],
)
def test_conditions_are_written_so(condition: Condition, text: str) -> None:
    """Operators, functions and literals of every kind have one text."""
    assert str(condition) == text


@pytest.mark.parametrize(
    ("formula", "text"),
    [
        (AGE + 1 + 2, "(age + 1) + 2"),
        (2 * AGE, "2 * age"),
        (1 - (AGE - 2), "1 - (age - 2)"),
        (AGE - -3, "age - (-3)"),
        (-(AGE + 1), "-(age + 1)"),
        (1 / AGE, "1 / age"),
        (AGE * minimum(AGE, 2), "age * min(age, 2)"),
        (if_else(AGE > 1, "old", "young"), "if_else(age > 1, 'old', 'young')"),
        (if_not_exists("n", 0) + 1, "if_not_exists(n, 0) + 1"),
        (init_array(3, "double", 0.5), "init_array(3, 'double', 0.5)"),
    ],
)
def test_formulas_keep_their_order(formula: object, text: str) -> None:
    """Parentheses stand where the order of computation is not that of the language."""
    assert str(formula) == text


def test_updates_are_steps_in_order() -> None:
    """Steps are joined by semicolons, each update is a new one."""
    first = Update().set("seen", 1)
    second = first.add("n", 2).add("m", 1, start=0).set(attr("list")[2], AGE * 2).set_default("z", "x").remove("a", "b")
    assert str(first) == "seen = 1"
    assert str(second) == (
        "seen = 1; n = n + 2; m = if_not_exists(m, 0) + 1; list[2] = age * 2; z = if_not_exists(z, 'x'); "
        "REMOVE a; REMOVE b"
    )


def test_an_array_is_assigned_as_a_blob() -> None:
    """Lists of numbers become the array blob that put writes."""
    assert str(Update().set("a", [1, 2])) == "a = blob('MEGrAAEAAAAQAAAAAwEAAAEAAAAAAAAAAgAAAAAAAAA=')"


@pytest.mark.parametrize(
    ("build", "why"),
    [
        (lambda: AGE == 'it\'s "both"', "both kinds of quotes"),
        (lambda: AGE == "back\\slash", "backslash"),
        (lambda: AGE == "nul\0", "NUL"),
        (lambda: AGE == "\ud800", "surrogates"),
        (lambda: AGE == None, "exists"),  # noqa: E711 - what users write
        (lambda: float("nan") == AGE, "nan"),
        (lambda: AGE == 2**64, "64 bits"),
        (lambda: Decimal("0.1234567890123456789") == AGE, "cannot be kept"),
        (lambda: date(2024, 5, 1) == AGE, "a day"),
        (lambda: datetime(2024, 5, 1) == AGE, "no time zone"),
        (lambda: AGE == {"a": 1}, "dict"),
        (lambda: attr("a b"), "cannot be stored"),
        (lambda: attr("a == 1 OR b"), "cannot be stored"),
        (lambda: attr("1a"), "cannot be stored"),
        (lambda: attr("x" * 256), "cannot be stored"),
        (lambda: bool(AGE > 1), "no truth"),
        (lambda: 1 < AGE < 5, "no truth"),
        (lambda: (AGE > 1) and (AGE < 5), "no truth"),
        (lambda: AGE in [1, 2], "no truth"),
        (lambda: AGE > 1 & AGE, "parentheses"),
        (lambda: AGE & (AGE > 1), "parentheses"),
        (lambda: (AGE > 1) & True, "parentheses"),  # pyright: ignore[reportOperatorIssue]
        (lambda: ~AGE, "compare first"),
        (lambda: (AGE > 1) == 1, "comparison already"),
        (lambda: AGE + (AGE > 1), "is a condition"),  # pyright: ignore[reportOperatorIssue]
        (lambda: AGE.in_([]), "1 to 1024"),
        (lambda: AGE.in_(range(1025)), "1 to 1024"),
        (lambda: AGE.in_([1.5]), "whole numbers"),  # pyright: ignore[reportArgumentType]
        (lambda: AGE.in_([True]), "whole numbers"),
        (lambda: AGE.in_("abc"), "takes a list"),
        (lambda: attr("a")[-1], "0 or more"),
        (lambda: attr("a")[1:], "an end"),
        (lambda: attr("a")[0:4:2], "no step"),
        (lambda: attr("a")[2:2], "empty"),
        (lambda: attr("a")[True], "0 or more"),
        (lambda: minimum(1, 2, 3), "nest"),
        (lambda: if_else(AGE, 1, 2), "begins with a condition"),  # pyright: ignore[reportArgumentType]
        (lambda: init_array(0, "int"), "at least one"),
        (lambda: init_array(1, "text"), "'int' or 'double'"),  # pyright: ignore[reportArgumentType]
        (lambda: Update().set("__size", 1), "system's own"),
        (lambda: Update().set(AGE + 1, 1), "cannot be assigned"),  # pyright: ignore[reportArgumentType]
        (lambda: Update().set("a", AGE > 1), "is a condition"),  # pyright: ignore[reportArgumentType]
        (lambda: Update().remove(attr("a")[1]), "whole attributes"),  # pyright: ignore[reportArgumentType]
        (lambda: Update().add(attr("a")[1], 1, start=0), "start="),
        (lambda: AGE == "x" * 8192, "8,192"),
    ],
)
def test_what_cannot_be_said_is_refused(build: Callable[[], Any], why: str) -> None:
    """Bad values, names and combinations are errors where they are written; the message says why."""
    with pytest.raises(UnsafeInputError) as caught:
        build()
    assert why in "\n".join([str(caught.value), *getattr(caught.value, "__notes__", ())])


def test_seven_hundred_operators_are_the_most() -> None:
    """The server refuses more; so a chain that grows beyond them is refused where it grows."""
    chain = attr("a") == 1
    for _ in range(349):
        chain = chain | (attr("a") == 1)
    with pytest.raises(UnsafeInputError, match="operators"):
        _ = chain | (attr("a") == 1)


TEXTS = st.text(st.characters(codec="utf-8"), max_size=20)


@given(TEXTS)
def test_text_never_leaves_its_literal(value: str) -> None:
    """Any text is refused, or is between two quotes that it does not hold."""
    try:
        text = str(attr("a") == value)
    except UnsafeInputError:
        assert "\\" in value or "\0" in value or ("'" in value and '"' in value)
        return
    quote = text[len("a == ")]
    assert text == f"a == {quote}{value}{quote}"
    assert quote not in value


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_floats_keep_every_bit(value: float) -> None:
    """The decimal text reads back as the same number, and is no whole number."""
    text = str(attr("a") == value).removeprefix("a == ")
    assert float(text).hex() == value.hex()
    assert "." in text
    assert "e" not in text
