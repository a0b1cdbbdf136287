"""Identifiers, literals, bound values: whatever they hold, they stay what they are."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from catchment.core.errors import UnsafeInputError
from catchment.influxdb import influxql, lexing
from catchment.influxdb.influxql import (
    Duration,
    Expression,
    Identifier,
    Regex,
    any_of,
    bind,
    duration,
    escape_regex,
    literal,
    params_json,
    parse_duration,
    quote_ident,
    quote_literal,
    quote_path,
    quote_regex,
    render,
)
from hypothesis import given
from hypothesis import strategies as st

HOSTILE = [
    "x'; DROP DATABASE d; --",
    'x"; DROP DATABASE d; --',
    "\\",
    "\\'",
    '\\"',
    "a\nb",
    "/*",
    "--",
    "$p",
    "{x}",
    ";",
]
PRINTABLE = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\r\0"), min_size=1)


def kinds(text: str) -> list[str]:
    """Return the kinds of the tokens of a text."""
    return [token.kind for token in lexing.tokens(text)]


@given(PRINTABLE)
def test_a_quoted_name_is_one_identifier(name: str) -> None:
    """Nothing in a name ends its quotes."""
    assert kinds(quote_ident(name)) == ["quoted"]
    assert next(lexing.tokens(quote_ident(name))).complete


@given(PRINTABLE)
def test_a_quoted_text_is_one_literal(text: str) -> None:
    """Nothing in a text ends its quotes."""
    assert kinds(quote_literal(text)) == ["string"]
    assert next(lexing.tokens(quote_literal(text))).complete


@given(PRINTABLE)
def test_text_as_a_regular_expression_is_one_token(text: str) -> None:
    """A slash inside does not end it."""
    if "\n" in text:
        return
    assert kinds("=~" + quote_regex(escape_regex(text))) == ["sign", "regex"]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_one_statement(text: str) -> None:
    """What would end a literal, a statement or begin a comment does none of these."""
    values: dict[str, object] = {"v": text, "i": Identifier(text)}
    query, _ = bind("SELECT * FROM $i WHERE h = $v", values, mode="client")
    assert len(lexing.statements(query)) == 1
    assert [token.kind for token in lexing.statements(query)[0]].count("string") == 1


def test_escapes_are_those_of_the_server() -> None:
    """Only backslash, the quote itself and line feeds have escapes."""
    assert quote_ident('a"b\\c\nd\te') == '"a\\"b\\\\c\\nd\te"'
    assert quote_literal("a'b\\c\nd") == "'a\\'b\\\\c\\nd'"
    assert quote_regex("a/b\\/c\\d") == "/a\\/b\\/c\\d/"
    assert escape_regex("a.b(c)") == "a\\.b\\(c\\)"
    assert quote_path("db", None, "m") == '"db".."m"'


@pytest.mark.parametrize("function", [quote_ident, quote_literal, quote_regex])
@pytest.mark.parametrize("text", ["a\rb", "a\0b", "\ud800"])
def test_what_no_quotes_can_hold_is_refused(function: Any, text: str) -> None:
    """The server reads CR as LF and NUL as the end, inside quotes too."""
    with pytest.raises(UnsafeInputError):
        function(text)


@pytest.mark.parametrize(
    ("function", "text"), [(quote_ident, ""), (quote_regex, ""), (quote_regex, "a\\"), (quote_regex, "a\nb")]
)
def test_what_means_nothing_is_refused(function: Any, text: str) -> None:
    """An empty name, an empty or broken expression."""
    with pytest.raises(UnsafeInputError):
        function(text)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("x", "'x'"),
        (True, "true"),
        (5, "5"),
        (-(2**63), str(-(2**63))),
        (1e-7, "0.0000001"),
        (1e22, "1" + "0" * 22 + ".0"),
        (2.0, "2.0"),
        (-0.5, "-0.5"),
        (Decimal("1.50"), "1.50"),
        (Decimal(3), "3.0"),
        (np.float64(0.1), "0.1"),
        (np.int64(7), "7"),
        (np.bool_(True), "true"),
        (datetime(2020, 1, 1, tzinfo=UTC), "1577836800000000000"),
        (datetime(2020, 1, 1), "1577836800000000000"),
        (datetime(2020, 1, 1, 1, tzinfo=timezone(timedelta(hours=1))), "1577836800000000000"),
        (date(2020, 1, 1), "1577836800000000000"),
        (pd.Timestamp("2020-01-01T00:00:00.000000001Z"), "1577836800000000001"),
        (np.datetime64("2020-01-01T00:00:00.000000001", "ns"), "1577836800000000001"),
        (timedelta(hours=1), "1h"),
        (timedelta(minutes=90), "90m"),
        (timedelta(milliseconds=1.5), "1500u"),
        (timedelta(0), "0s"),
        (Identifier("a b"), '"a b"'),
        (Regex("h[01]"), "/h[01]/"),
        (Duration("1h30m"), "1h30m"),
        (Expression("now() - 1h"), "now() - 1h"),
    ],
)
def test_each_value_has_its_literal(value: object, text: str) -> None:
    """Floats never have an exponent, times are nanoseconds, naive is UTC."""
    assert literal(value) == text


@pytest.mark.parametrize(
    "value", [None, [1], {"a": 1}, float("nan"), float("inf"), Decimal("NaN"), 2**63, object(), pd.NaT, b"x"]
)
def test_values_without_a_form_are_refused(value: object) -> None:
    """The server would answer 400 or, worse, read something else."""
    with pytest.raises(UnsafeInputError):
        literal(value)
    with pytest.raises(UnsafeInputError):
        bind("SELECT $a", {"a": value})


@pytest.mark.parametrize("text", ["", "1", "1x", "h", "1h;", "-1h"])
def test_a_duration_is_numbers_and_units(text: str) -> None:
    """Anything else would be InfluxQL of the caller's."""
    with pytest.raises(UnsafeInputError):
        Duration(text)


def test_negative_durations_are_refused_and_inf_is_known() -> None:
    """`INF` is the server's word for no end."""
    with pytest.raises(UnsafeInputError):
        duration(timedelta(seconds=-1))
    assert (duration("inf"), duration("1w"), duration(timedelta(weeks=2))) == ("INF", "1w", "2w")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("168h0m0s", timedelta(days=7)),
        ("0s", None),
        ("1.5ms", timedelta(microseconds=1500)),
        ("42µs", timedelta(microseconds=42)),
        ("1m2.5s", timedelta(seconds=62.5)),
        ("999ns", timedelta(0)),
    ],
)
def test_durations_of_answers(text: str, value: timedelta | None) -> None:
    """As Go writes them."""
    assert parse_duration(text) == value


@pytest.mark.parametrize("text", ["", "5", "1h x", "INF"])
def test_what_is_no_duration_of_answers(text: str) -> None:
    """Nothing is guessed."""
    with pytest.raises(ValueError, match="no duration"):
        parse_duration(text)


# -- binding -----------------------------------------------------------------------------------------------------------


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_bound_floats_have_a_dot_and_no_exponent(value: float) -> None:
    """The server reads a number without a dot as an integer, and fails on `1e-07`."""
    text = params_json({"a": value})
    assert "." in text
    assert "e" not in text.replace('"a"', "")
    assert json.loads(text)["a"] == value


def test_plain_values_are_bound_and_others_written() -> None:
    """Older servers bind nothing else; names and strings that look like parameters are left alone."""
    query, params = bind(
        """SELECT * FROM $m WHERE "$a" = $a AND b = '$b' AND r =~ $r -- $c""",
        {"m": Identifier("x"), "$a": "it's\r", "r": Regex("a")},
    )
    assert query == """SELECT * FROM "x" WHERE "$a" = $a AND b = '$b' AND r =~ /a/ -- $c"""
    assert params == '{"a":"it\'s\\r"}'


def test_parameters_may_have_any_name() -> None:
    """As `$"any name"`."""
    assert lexing.parameters('SELECT $a, $"b \\"c", $a') == ["a", 'b "c']
    assert render('SELECT $"b \\"c"', {'b "c': 5}) == "SELECT 5"


@pytest.mark.parametrize("params", [{}, {"a": 1, "b": 2}, {"b": 2}])
def test_parameters_and_values_must_match(params: dict[str, object]) -> None:
    """A forgotten value is found here; one too many is a misspelt name."""
    with pytest.raises(UnsafeInputError, match="parameter"):
        bind("SELECT $a", params)


def test_queries_without_parameters_bind_nothing() -> None:
    """Neither member is sent."""
    assert bind("SELECT a FROM m", None) == ("SELECT a FROM m", None)
    assert bind("SELECT a FROM m", {}) == ("SELECT a FROM m", None)


def test_who_binds_is_one_of_two() -> None:
    """Anything else is a mistake."""
    with pytest.raises(UnsafeInputError, match="bind"):
        bind("SELECT $a", {"a": 1}, mode="x")  # type: ignore[arg-type]
    assert bind("SELECT $a", {"a": "x"}, mode="client") == ("SELECT 'x'", None)


def test_any_of_replaces_the_missing_in() -> None:
    """And refuses to say never."""
    assert any_of("h", ["a", "b'"]).text == """("h" = 'a' OR "h" = 'b\\'')"""
    with pytest.raises(UnsafeInputError):
        any_of("h", [])


# -- statements --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("SELECT 1", 1),
        (";", 0),
        (" ; ;", 0),
        ("-- only; a comment", 0),
        ("/* a; */ SELECT 1 /* b", 1),
        ("SELECT 'a;b'; SHOW X;", 2),
        ('SELECT ";"', 1),
        ("SELECT a FROM /x;y/", 1),
        ("SELECT a FROM m WHERE h =~ /a\\/;/; SHOW X", 2),
        ("SELECT a / b; SELECT c / d", 2),
        ("SELECT 'it\\'s;'", 1),
        ("SELECT mean(/a;b/) FROM m", 1),
        ("SHOW TAG KEYS FROM /a;b/, /c;d/", 1),
    ],
)
def test_statements_are_counted_as_the_server_does(query: str, count: int) -> None:
    """Semicolons in literals, names, comments and regular expressions separate nothing."""
    assert len(lexing.statements(query)) == count


@pytest.mark.parametrize(
    ("query", "reads"),
    [
        ("select a from m", True),
        ("-- x\nSELECT a FROM m", True),
        ("SHOW DATABASES", True),
        ("EXPLAIN SELECT a FROM m", True),
        ("EXPLAIN ANALYZE SELECT a INTO b FROM m", False),
        ("SELECT a INTO b FROM m", False),
        ('SELECT "into" FROM m', True),
        ("SELECT 'into' FROM m", True),
        ("DROP DATABASE x", False),
        ("DELETE FROM m", False),
        ("KILL QUERY 1", False),
        ("(SELECT 1)", False),
        ("'x'", False),
    ],
)
def test_only_reading_is_repeated(query: str, reads: bool) -> None:
    """What might change something is never sent twice after doubt."""
    assert all(lexing.reads_only(statement) for statement in lexing.statements(query)) is reads


@given(st.text())
def test_tokens_joined_are_the_query(query: str) -> None:
    """Nothing is lost, whatever the text."""
    assert "".join(token.text for token in lexing.tokens(query)) == query


def test_literals_and_comments_are_hidden() -> None:
    """They hold passwords and personal data; the rest of the statement is needed to find a mistake."""
    query = "CREATE USER \"u\" WITH PASSWORD 'can\\'ary' -- canary\n; SELECT a FROM m WHERE h = 'canary"
    shown = lexing.redacted(query)
    assert "canary" not in shown
    assert "ary" not in shown
    assert shown.startswith("CREATE USER \"u\" WITH PASSWORD '***'")


def test_kinds_have_equality() -> None:
    """They are values."""
    assert Identifier("a") == Identifier("a")
    assert influxql.Regex("a") != influxql.Regex("b")
