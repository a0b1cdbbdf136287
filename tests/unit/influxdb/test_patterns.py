"""Query patterns: placeholders are filled by place, and no value can leave it."""

from __future__ import annotations

from typing import Any

import pytest
from catchment.core.errors import UnsafeInputError
from catchment.influxdb import lexing
from catchment.influxdb.influxql import Duration, Expression, Identifier, Regex
from catchment.influxdb.patterns import BUILT_IN, Pattern
from hypothesis import given
from hypothesis import strategies as st

NAMES = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\r\0\ua66e"), min_size=1)


@pytest.mark.parametrize("name", BUILT_IN)
@given(value=NAMES)
def test_no_name_leaves_its_place(name: str, value: str) -> None:
    """Every built-in pattern stays one statement with the same words, whatever it is filled with."""
    pattern = Pattern(BUILT_IN[name])
    filled = pattern.fill((), dict.fromkeys(pattern.names, value))
    plain = pattern.fill((), dict.fromkeys(pattern.names, "x"))
    (tokens,), (expected,) = lexing.statements(filled), lexing.statements(plain)
    assert [(token.kind, token.upper) for token in tokens] == [(token.kind, token.upper) for token in expected]


@given(NAMES)
def test_no_text_leaves_quotes_of_the_pattern(value: str) -> None:
    """Quotes that stand in the pattern already are respected too."""
    if "\n" in value:
        return
    filled = Pattern("""SELECT * FROM "{a}" WHERE h = '{a}' AND x =~ /^{a}$/ AND y = {a}""").fill((), {"a": value})
    kinds = [token.kind for token in lexing.statements(filled)[0]]
    assert len(lexing.statements(filled)) == 1
    assert (kinds.count("string"), kinds.count("quoted"), kinds.count("regex")) == (2, 1, 1)


@pytest.mark.parametrize(
    ("pattern", "values", "query"),
    [
        ("SELECT mean({f}) FROM {m}", {"f": "v", "m": "a b"}, 'SELECT mean("v") FROM "a b"'),
        (
            "WHERE h = {h} AND x > {n} AND y != {b}",
            {"h": "a'b", "n": 1e-7, "b": True},
            "WHERE h = 'a\\'b' AND x > 0.0000001 AND y != true",
        ),
        (
            "GROUP BY time({d}), {t} fill({z})",
            {"d": "1h30m", "t": "host", "z": "none"},
            'GROUP BY time(1h30m), "host" fill(none)',
        ),
        ("GROUP BY time(1d, {o})", {"o": "5m"}, "GROUP BY time(1d, 5m)"),
        ("GROUP BY time({n}m)", {"n": 5}, "GROUP BY time(5m)"),
        ("WHERE time > now() - {d}", {"d": "2d"}, "WHERE time > now() - 2d"),
        ("DURATION {d} NAME {n}", {"d": "INF", "n": "rp"}, 'DURATION INF NAME "rp"'),
        ("tz({z})", {"z": "Europe/Berlin"}, "tz('Europe/Berlin')"),
        ("WITH PASSWORD {p}", {"p": "a'b"}, "WITH PASSWORD 'a\\'b'"),
        ("WHERE h =~ {r}", {"r": "a/b"}, "WHERE h =~ /a\\/b/"),
        ("WITH KEY = {k}", {"k": "host"}, 'WITH KEY = "host"'),
        ("WITH KEY IN ({a}, {b})", {"a": "x", "b": "y"}, 'WITH KEY IN ("x", "y")'),
        (
            "{m} {r} {d} {e}",
            {"m": Identifier("a"), "r": Regex("b"), "d": Duration("1h"), "e": Expression("now()")},
            '"a" /b/ 1h now()',
        ),
        ("LIMIT {n}", {"n": 5}, "LIMIT 5"),
        ("SELECT /{r}/, '{s}'", {"r": "a.b", "s": 5}, "SELECT /a\\.b/, '5'"),
        ("{{}} {a} {a}", {"a": 1}, "{} 1 1"),
        ("fill({n})", {"n": 0}, "fill(0)"),
    ],
)
def test_the_place_says_how_a_value_is_written(pattern: str, values: dict[str, Any], query: str) -> None:
    """Name, literal, duration, keyword, regular expression."""
    assert Pattern(pattern).fill((), values) == query


@pytest.mark.parametrize(
    ("pattern", "values"),
    [
        ("SELECT '{a}", {"a": "x"}),
        ("SELECT -- {a}\n b", {"a": "x"}),
        ("${a}", {"a": "x"}),
        ("x{a}", {"a": "y"}),
        ("{a.b}", {"a": 1}),
        ("{a[0]}", {"a": [1]}),
        ("{a:>5}", {"a": 1}),
        ("{a!r}", {"a": 1}),
        ("{a", {"a": 1}),
        ("{a}", {"a": None}),
        ("{a}", {"a": ""}),
        ("{a}", {"a": "x\r"}),
        ("{a}", {"a": 1, "b": 2}),
        ("'{a}'", {"a": Regex("x")}),
        ("time({a})", {"a": "1h) --"}),
        ("fill({a})", {"a": "x"}),
        ("{a} \ua66e", {"a": 1}),
    ],
)
def test_what_cannot_be_filled_safely_is_refused(pattern: str, values: dict[str, Any]) -> None:
    """Nothing is sent."""
    with pytest.raises(UnsafeInputError):
        Pattern(pattern).fill((), values)


def test_a_missing_value_is_named() -> None:
    """With the words of the original, as a `ValueError`."""
    with pytest.raises(ValueError, match='Missing argument "m" in'):
        Pattern("SELECT * FROM {m}").fill()


def test_values_come_by_name_or_in_order() -> None:
    """Names win; the rest is taken in order of appearance; nothing is left over."""
    assert Pattern("{a} {b} {a}").fill(("x", "y")) == '"x" "y" "x"'
    assert Pattern("{a} {b}").fill(("y",), {"a": "x"}) == '"x" "y"'
    assert Pattern("{} {}").fill(("x", "y")) == '"x" "y"'
    with pytest.raises(UnsafeInputError, match="no placeholder"):
        Pattern("{a}").fill(("x", "y"))


def test_names_of_a_pattern() -> None:
    """Each once, in order."""
    assert Pattern("{b} {a} {b} {{c}}").names == ("b", "a")
