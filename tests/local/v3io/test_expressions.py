"""The expression language of the local V3IO."""

from __future__ import annotations

import math
from array import array

import pytest
from catchment.local.v3io.errors import RefusalError
from catchment.local.v3io.expressions.grammar import read_condition
from catchment.local.v3io.expressions.running import Scope
from catchment.local.v3io.expressions.updates import Changes, run_update
from catchment.local.v3io.values import Timestamp, read_array, write_array
from hypothesis import given
from hypothesis import strategies as st

ITEM = {
    "a": 1,
    "b": 2.5,
    "s": "text",
    "q": 'say "x"',
    "t": True,
    "f": False,
    "when": Timestamp(5, 6),
    "raw": b"\x00\x01",
    "ints": write_array(array("q", [3, 1, 2])),
    "doubles": write_array(array("d", [0.5, 1.5])),
    "nothing": write_array(array("q")),
    "and": 7,
}


def holds(expression, item=ITEM):
    """Tell whether a condition holds for an item."""
    return read_condition(expression)(Scope("name.1", None, item))


def updated(expression, item=ITEM):
    """Return the attributes that an update makes; arrays as lists."""
    changes = Changes("name", None, item)
    run_update(expression, changes)
    return {name: _shown(changes.copy[name]) for name in changes.changed}, set(item) - set(changes.copy)


def _shown(value):
    found = read_array(value) if isinstance(value, bytes) else None
    return value if found is None else list(found)


@pytest.mark.parametrize(
    "expression",
    [
        "", "  ", "a == 1", "a==1.0", "b > 2 and b < 3", "a != 2", "a >= 1 AND a <= 1", "not a == 2", "NOT (a == 2)",
        "s == 'text'", 's == "text"', "q == 'say \"x\"'", "s < 'texu'", "t", "t == true", "f == False", "not f",
        "`and` == 7", "when == 5:6", "when > -1:5", "when < 5:7", "a IN (2, 1)", "s in ('x', \"text\")", "-a in (-1)",
        "exists(a) and not exists(gone)", "starts(s, 'te') and ends(s, 'xt') and contains(s, 'ex')",
        "length(s) == 4", "length(ints) == 3", "length(raw) == 2", "length(nothing) == 0",
        "min(a, b) == 1", "max(a, b) == 2.5", "min(ints) == 1", "max(doubles) == 1.5", "sum(ints) == 6", "avg(ints) == 2",
        "sqrt(4) == 2", "if_else(a == 1, 5, 6) == 5", "if_else(gone == 1, 5, 6) == 6", "if_not_exists(gone, 3) == 3",
        "ints[0] == 3", "ints[a] == 1", "sum(ints[0..1]) == 4", "doubles[1] > ints[1]",
        "a + 1 * 2 == 3", "(a + 1) * 2 == 4", "a - 1 - 1 == -1", "6 / 4 == 1.5", "6 / 3 == 2", "- -a == 1", "t + t == 2",
        "5 & 3 == 1", "(5 | 3) == 7", "5 ^ 3 == 6", "~a == -2", "1 << 3 == 8", "-8 >> 1 == -4", "b * 2 & 4 == 4",
        "s + 'x' == 'textx'", "raw + blob('Ag==') == blob('AAEC')", "blob('AAE=') == raw",
        "a == 1 or gone == 1 and gone == 1", "(a == 2 or a == 1) and t", "isnan(nan)", "1e300 * 1e300 == inf", "-inf < a",
        "str(a) == '1'", "to_int(b) == 2",
    ],
)  # fmt: skip
def test_conditions_that_hold(expression):
    """Each operator, operand and function once."""
    assert holds(expression)


@pytest.mark.parametrize(
    "expression",
    [
        "gone == 1", "gone != 1", "1 == gone", "gone in (1)", "starts(gone, 'x')", "length(gone) == 0", "gone",
        "a == '1'", "a != '1'", "t == 1", "t != 1", "s == true", "when == 5", "raw == 'x'", "a == ints", "s", "a",
        "starts(a, '1')", "a + s == 2", "s - 'x' == 1", "a / 0 == 1", "ints[3] == 1", "ints[-1] == 2", "s[0] == 't'",
        "sum(ints[1..3]) == 1", "sum(ints[2..1]) == 1", "sqrt(-1) == 1", "min(nothing) == 0", "b & 1 == 1", "1 << 64 == 0",
        "9223372036854775807 * 4 > 0", "exists(`not`)", "min(a, s) == 1", "__size == 0",
    ],
)  # fmt: skip
def test_conditions_that_do_not_hold(expression):
    """What is missing, of another kind, or cannot be computed makes its condition false."""
    assert not holds(expression)


def test_logic_goes_on_around_what_is_missing():
    """Only the single condition is false."""
    assert holds("gone > 1 or b == 2.5")
    assert holds("not (gone > 1)")
    assert not holds("not (gone > 1) and gone < 1")
    assert holds("(gone > 1) == false")


@pytest.mark.parametrize(
    "expression",
    [
        "a ==", "== 1", "a == 1)", "(a == 1", "a == 1 b", "a = 1", "a == 1 and", "foo(1)", "a in ()", "a in (b)", "a in (1.5)",
        "'open", "'back\\slash' == s", "a == #", "exists(1)", "exists(a, b)", "starts(s)", "if_else(t, 1)", "blob('*') == raw",
        "blob(s) == raw", "ints[0", "ints[0..1..2]", "5:1234567890 == when", "and == 7", "in (1)", "a; b",
    ],
)  # fmt: skip
def test_what_cannot_be_read(expression):
    """400 with the code of a bad argument."""
    with pytest.raises(RefusalError, match="expression") as caught:
        read_condition(expression)
    assert (caught.value.status, caught.value.code) == (400, -201326592)


def test_what_the_real_engine_has_besides():
    """501 with the name of the function."""
    with pytest.raises(RefusalError, match="regexp_instr") as caught:
        read_condition("regexp_instr(s, 't') == 0")
    assert caught.value.status == 501


def test_limits():
    """8 KB of text, 700 operators, 1024 values; nesting ends in an error, not in a crash."""
    assert holds(f"a == 1{' ' * (8192 - 6)}")
    assert holds(" and ".join(["a==1"] * 350))
    assert holds(f"a in ({','.join(['1'] * 1024)})")
    assert holds("+".join(["a"] * 700) + " > 0")
    assert holds("- " * 698 + "a == a")
    assert holds("(" * 30 + "a == 1" + ")" * 30)
    for expression in (
        "a[" * 500 + "a" + "]" * 500, "not(" * 500 + "a" + ")" * 500,
        f"a == 1{' ' * 8187}", " and ".join(["a==1"] * 351), f"a in ({','.join(['1'] * 1025)})", "(" * 500 + "a" + ")" * 500,
    ):  # fmt: skip
        with pytest.raises(RefusalError):
            read_condition(expression)


@pytest.mark.parametrize(
    ("expression", "changed", "removed"),
    [
        ("a = a + 1", {"a": 2}, set()),
        ("SET a = 5; set c = a * 2;", {"a": 5, "c": 10}, set()),
        ("REMOVE a; remove gone", {}, {"a"}),
        ("delete(a)", {}, {"a"}),
        ("a = 1; REMOVE a", {}, {"a"}),
        ("", {}, set()),
        (";;", {}, set()),
        ("ints[1] = ints[1] * 2; doubles[0] = doubles[0] * 3", {"ints": [3, 2, 2], "doubles": [1.5, 1.5]}, set()),
        ("ints[0..1] = 9", {"ints": [9, 9, 2]}, set()),
        ("ints[0..1] = ints[1..2]", {"ints": [1, 2, 2]}, set()),
        ("ints[a] = 4 / 2", {"ints": [3, 2, 2]}, set()),
        ("ints[0..2] = psum(ints[0..2], ints)", {"ints": [6, 2, 4]}, set()),
        ("m = pmax(doubles, doubles[0..1]); n = pmin(ints, ints)", {"m": [0.5, 1.5], "n": [3, 1, 2]}, set()),
        ("x = init_array(2, 'int'); y = init_array(2, 'double', 1)", {"x": [0, 0], "y": [1.0, 1.0]}, set()),
        ("x = init_array(2, 'double', -inf); `nan` = 1", {"x": [-math.inf] * 2, "nan": 1}, set()),
        ("n = if_not_exists(n, 0) + 1", {"n": 1}, set()),
        ("c = if_else(a > 5, 'big', 'small')", {"c": "small"}, set()),
        ("c = a > 5; d = t", {"c": False, "d": True}, set()),
        ("raw = raw + blob('Ag==')", {"raw": b"\x00\x01\x02"}, set()),
        ("`and` = 8; __mark = 1", {"and": 8, "__mark": 1}, set()),
        ("w = 5:6", {"w": Timestamp(5, 6)}, set()),
    ],
)
def test_updates(expression, changed, removed):
    """Left to right, each seeing the ones before."""
    assert updated(expression) == (changed, removed)


@pytest.mark.parametrize(
    "expression",
    [
        "a = gone", "a = gone + 1", "a = s + 1", "a = 1 / 0", "ints[3] = 1", "ints[0] = 1.5", "ints[0] = s", "ints[0..1] = ints",
        "s[0] = 'x'", "gone[0] = 1", "__size = 1", "REMOVE __name", "a", "a = ", "= 1", "a = 1 b = 2", "a == 1", "ADD a 1",
        "a = 1, b = 2", "delete(a", "init_array(2, 'int') = a", "x = init_array(-1, 'int')", "x = init_array(2, 'text')",
        "ints[0] = 9223372036854775808", "a = 9223372036854775807 * 4",
    ],
)  # fmt: skip
def test_updates_that_fail(expression):
    """400; what was there is untouched."""
    before = dict(ITEM)
    with pytest.raises(RefusalError) as caught:
        updated(expression)
    assert (caught.value.status, caught.value.code) == (400, -201326592)
    assert before == ITEM


# Laws: a tiny model of the language in Python

NUMBERS = st.integers(-9, 9)
NAMES = st.sampled_from(["a", "b", "gone", "s"])
COMPARISONS = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])
MODEL = {"a": 3, "b": -2, "s": "text"}


@st.composite
def conditions(draw, depth=3):
    """Return an expression and the function that says what it must give."""
    kind = draw(st.sampled_from(["compare", "and", "or", "not"] if depth else ["compare"]))
    if kind == "compare":
        name, symbol, number = draw(NAMES), draw(COMPARISONS), draw(NUMBERS)
        value = MODEL.get(name)
        known = isinstance(value, int)
        return f"{name} {symbol} {number}", known and eval(f"{value} {symbol} {number}")
    if kind == "not":
        text, value = draw(conditions(depth - 1))
        return f"not ({text})", not value
    (left, one), (right, other) = draw(conditions(depth - 1)), draw(conditions(depth - 1))
    return f"({left}) {kind} ({right})", (one and other) if kind == "and" else (one or other)


@given(conditions())
def test_logic_is_that_of_the_model(case):
    """However conditions nest, and whatever is missing."""
    text, wanted = case
    assert holds(text, MODEL) is wanted


@st.composite
def arithmetic(draw, depth=4):
    """Return an expression that Python reads alike."""
    if not depth or draw(st.booleans()):
        return draw(st.one_of(NUMBERS.map(lambda n: f"({n})" if n < 0 else str(n)), st.sampled_from(["a", "b"])))
    symbol = draw(st.sampled_from(["+", "-", "*", "&", "|", "^"]))
    text = f"{draw(arithmetic(depth - 1))} {symbol} {draw(arithmetic(depth - 1))}"
    return f"({text})" if draw(st.booleans()) else text


@given(arithmetic())
def test_arithmetic_binds_as_in_python(text):
    """With and without parentheses."""
    wanted = eval(text, {}, dict(MODEL))
    assert updated(f"x = {text}", MODEL)[0] == {"x": wanted}


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text):
    """Never another error."""
    for action in (lambda: holds(text), lambda: updated(text)):
        try:
            action()
        except RefusalError as refusal:
            assert refusal.status in (400, 501)
