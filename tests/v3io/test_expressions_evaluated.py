"""Built expressions, evaluated by the local stack's engine, mean what the same operators mean in Python."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from catchment import v3io
from catchment.core.errors import UnsafeInputError
from catchment.local import Stack
from catchment.v3io.expressions import Condition, Operand, attr
from catchment.v3io.functions import if_else, if_not_exists, maximum, minimum
from catchment.v3io.updates import Update
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

Item = dict[str, Any]
NAMES = ("a", "b", "set", "t")
GONE: Any = object()

NUMBERS = st.one_of(st.integers(-1000, 1000), st.sampled_from([0.5, -2.25, 1e-7, 3.0]))
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\\\0", exclude_categories=["Cc"]), max_size=6).filter(
    lambda text: not ("'" in text and '"' in text)
)
ITEMS = st.fixed_dictionaries({}, optional={"a": NUMBERS, "b": NUMBERS, "set": NUMBERS, "t": TEXTS})


class Model:
    """An expression, and what it gives for an item."""

    def __init__(self, built: Any, value: Callable[[Item], Any]) -> None:
        self.built = built
        self.value = value

    def __repr__(self) -> str:
        return repr(self.built)


def attribute(name: str) -> Model:
    """An attribute that the item may lack."""
    return Model(attr(name), lambda item: item.get(name, GONE))


def computed(sign: Callable[[Any, Any], Any], left: Model, right: Model) -> Model:
    """A formula; without one of its parts it has no value."""

    def value(item: Item) -> Any:
        parts = left.value(item), right.value(item)
        return GONE if GONE in parts else sign(*parts)

    return Model(sign(left.built, right.built), value)


def compared(sign: Callable[[Any, Any], Any], left: Model, right: Model) -> Model:
    """A comparison; false where something is missing or the kinds are unlike."""

    def value(item: Item) -> bool:
        one, other = left.value(item), right.value(item)
        if one is GONE or other is GONE or isinstance(one, str) != isinstance(other, str):
            return False
        return bool(sign(one, other))

    return Model(sign(left.built, right.built), value)


SIGNS = st.sampled_from([operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge])
ARITHMETIC = st.sampled_from([operator.add, operator.sub, operator.mul])
BASE = st.sampled_from(["a", "b", "set"]).map(attribute)
FORMULAS = st.recursive(
    BASE,
    lambda inner: st.one_of(
        st.builds(computed, ARITHMETIC, inner, st.integers(-9, 9).map(lambda n: Model(n, lambda _: n))),
        st.builds(computed, ARITHMETIC, inner, inner),
        inner.map(lambda m: computed(lambda x, _: -x, m, Model(0, lambda _: 0))),
    ),
    max_leaves=4,
)
LITERALS = st.one_of(NUMBERS, TEXTS).map(lambda value: Model(value, lambda _: value))


def listed(name: str, values: list[Any]) -> Model:
    """Membership of a list of one kind."""
    return Model(attr(name).in_(values), lambda item: item.get(name, GONE) in values)


def present(name: str) -> Model:
    """Whether the item has an attribute."""
    return Model(attr(name).exists(), lambda item: name in item)


def asked(test: str, text: str) -> Model:
    """A question about a text."""
    python: dict[str, Callable[[str], bool]] = {
        "starts": lambda t: t.startswith(text),
        "ends": lambda t: t.endswith(text),
        "contains": lambda t: text in t,
    }
    return Model(getattr(attr("t"), test)(text), lambda item: "t" in item and python[test](item["t"]))


CONDITIONS = st.recursive(
    st.one_of(
        st.builds(compared, SIGNS, FORMULAS, NUMBERS.map(lambda value: Model(value, lambda _: value))),
        st.builds(compared, SIGNS, FORMULAS, FORMULAS),
        st.builds(compared, SIGNS, st.just(attribute("t")), LITERALS),
        st.builds(listed, st.just("a"), st.lists(st.integers(-5, 5), min_size=1, max_size=4)),
        st.builds(listed, st.just("t"), st.lists(TEXTS, min_size=1, max_size=4)),
        st.sampled_from(NAMES).map(present),
        st.builds(asked, st.sampled_from(["starts", "ends", "contains"]), TEXTS),
    ),
    lambda inner: st.one_of(
        st.builds(lambda x, y: Model(x.built & y.built, lambda i: x.value(i) and y.value(i)), inner, inner),
        st.builds(lambda x, y: Model(x.built | y.built, lambda i: x.value(i) or y.value(i)), inner, inner),
        inner.map(lambda x: Model(~x.built, lambda i: not x.value(i))),
    ),
    max_leaves=6,
)


@pytest.fixture(scope="module")
def client() -> Iterator[v3io.Client]:
    """One table for all examples."""
    with Stack() as stack, v3io.Client(local=stack) as made:
        yield made


COMMON = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@COMMON
@given(item=ITEMS, condition=CONDITIONS)
def test_conditions_hold_where_pythons_do(client: v3io.Client, item: Item, condition: Model) -> None:
    """Operators, order, negation, missing attributes and values of every kind."""
    assert isinstance(condition.built, Condition)
    client.kv.put("users", "t", "one", item)
    found = client.kv.items("users", "t", filter_expression=condition.built).to_list()
    assert bool(found) == condition.value(item)


@COMMON
@given(item=ITEMS, formula=FORMULAS)
def test_formulas_compute_what_python_computes(client: v3io.Client, item: Item, formula: Model) -> None:
    """An update assigns the value; one that needs what is missing changes nothing."""
    assert isinstance(formula.built, Operand)
    expected = formula.value(item)
    client.kv.put("users", "t", "one", item)
    update = Update().set("result", formula.built)
    if expected is GONE:
        with pytest.raises(v3io.dataplane.HttpResponseError):
            client.kv.update("users", "t", "one", expression=update)
        assert "result" not in client.kv.get("users", "t", "one").output.item
    else:
        client.kv.update("users", "t", "one", expression=update)
        assert client.kv.get("users", "t", "one").output.item["result"] == pytest.approx(expected)


@COMMON
@given(value=st.text(max_size=12))
def test_no_text_changes_what_is_asked(client: v3io.Client, value: str) -> None:
    """Any text finds exactly the item that has it, or is refused; it never finds another one."""
    client.kv.put("users", "texts", "other", {"t": "something else", "admin": True})
    try:
        client.kv.put("users", "texts", "mine", {"t": value})
        found = client.kv.items("users", "texts", filter_expression=attr("t") == value).to_list()
    except UnsafeInputError:
        return
    assert [item["__name"] for item in found] == ["mine"]


@COMMON
@given(item=ITEMS, first=NUMBERS, second=NUMBERS)
def test_updates_are_made_one_after_another(client: v3io.Client, item: Item, first: Any, second: Any) -> None:
    """Each step sees those before it; defaults, choices and removals included."""
    client.kv.put("users", "t", "one", item)
    update = (
        Update()
        .set("x", first)
        .add("x", second)
        .set_default("a", 7)
        .set("least", minimum(attr("x"), attr("a")))
        .set("most", maximum(attr("x"), attr("a")))
        .set("sign", if_else(attr("x") > 0, "plus", "minus"))
        .add("count", 1, start=0)
        .remove("b")
        .set("b", if_not_exists("b", "gone"))
    )
    client.kv.update("users", "t", "one", expression=update)
    x, a = first + second, item.get("a", 7)
    expected = {"x": x, "a": a, "least": min(x, a), "most": max(x, a), "sign": "plus" if x > 0 else "minus"}
    found = client.kv.get("users", "t", "one").output.item
    assert {name: found[name] for name in expected} == pytest.approx(expected)
    assert (found["count"], found["b"]) == (1, "gone")


def test_arrays_are_changed_by_element_and_slice(client: v3io.Client) -> None:
    """Indexes begin at 0, and the end of a slice is not part of it."""
    client.kv.put("users", "t", "one", {"list": [1, 2, 3, 4], "i": 1})
    numbers = attr("list")
    update = Update().set(numbers[1], numbers[1] * 10).set(numbers[attr("i") + 1], 7).set("head", numbers[0:2])
    client.kv.update("users", "t", "one", expression=update, condition=numbers.length() == 4)
    assert client.kv.get("users", "t", "one").output.item == {"list": [1, 20, 7, 4], "i": 1, "head": [1, 20]}
