"""Calls of `/query` and statements of management: checked and built before anything is sent."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest
from catchment.core.errors import ConfigError, UnsafeInputError
from catchment.influxdb import lexing, statements
from catchment.influxdb.asking import Ask, ask, check_chunked
from catchment.influxdb.influxql import Regex, any_of
from hypothesis import given
from hypothesis import strategies as st

NAMES = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\r\0"), min_size=1)


def form(asked: Ask) -> dict[str, str]:
    """Return what the body of a request says."""
    content = asked.request().content
    assert isinstance(content, bytes)
    return {name: values[0] for name, values in parse_qs(content.decode(), keep_blank_values=True).items()}


def test_queries_travel_in_the_body() -> None:
    """Of any length, and in no access log; types are kept by msgpack, errors by chunks."""
    asked = ask("SELECT a FROM m WHERE h = $h", db="d", rp="r", epoch="us", params={"h": "x"}, chunk_size=7)
    request = asked.request()
    assert (request.target, request.retry) == ("/query", "A")
    assert form(asked) == {
        "q": "SELECT a FROM m WHERE h = $h",
        "db": "d",
        "rp": "r",
        "epoch": "u",
        "chunked": "true",
        "chunk_size": "7",
        "params": '{"h":"x"}',
    }
    headers = dict(request.headers)
    assert (headers["Accept"], headers["Accept-Encoding"]) == ("application/x-msgpack", "identity")


def test_what_is_not_said_is_not_sent() -> None:
    """Times as text, no database, one document."""
    assert form(ask("SHOW DATABASES", epoch=None, chunked=False)) == {"q": "SHOW DATABASES"}


def test_only_reading_is_repeated() -> None:
    """Others keep the operation's class, which repeats nothing."""
    assert ask("SELECT a FROM m; SHOW DATABASES").request().retry == "A"
    for q in ("DROP DATABASE x", "SELECT a FROM m; DELETE FROM m", "SELECT a INTO b FROM m", "-- nothing"):
        assert ask(q).request().retry is None


@pytest.mark.parametrize(
    ("q", "method", "sent"),
    [
        ("SELECT a FROM m", "POST", "POST"),
        ("SELECT a FROM m", "GET", "GET"),
        ("SELECT a FROM m", "auto", "GET"),
        ("SELECT a INTO b FROM m", "auto", "POST"),
        ("DROP DATABASE x", "auto", "POST"),
        ("SELECT a FROM m WHERE h = '" + "x" * 16_000 + "'", "auto", "POST"),
    ],
)
def test_the_verb(q: str, method: Any, sent: str) -> None:
    """POST, unless asked otherwise and harmless."""
    assert ask(q, method=method).request().operation.method == sent


def test_get_has_all_in_its_address() -> None:
    """Escaped."""
    request = ask("SELECT a FROM m WHERE h = $h", db="d b", params={"h": "&"}, method="GET").request()
    query = {name: values[0] for name, values in parse_qs(request.target.partition("?")[2]).items()}
    assert query["q"] == "SELECT a FROM m WHERE h = $h"
    assert (query["db"], query["epoch"], query["params"]) == ("d b", "n", '{"h":"&"}')
    assert request.content is None


def test_diagnostics_come_as_json() -> None:
    """Their msgpack is broken in the server."""
    assert ask("show diagnostics").accept == "application/json"
    assert ask("SHOW DATABASES").accept == "application/x-msgpack"
    assert dict(ask("SHOW DATABASES", gzip=True).request().headers)["Accept-Encoding"] == "gzip"


@pytest.mark.parametrize(
    "options",
    [
        {"q": ""},
        {"q": " \n"},
        {"q": 5},
        {"epoch": "fortnight"},
        {"epoch": "NS"},
        {"chunk_size": 0},
        {"chunk_size": True},
        {"chunk_size": "5"},
        {"method": "PUT"},
        {"method": "GET", "q": "DROP DATABASE x"},
    ],
)
def test_what_the_server_would_misread_is_refused(options: dict[str, Any]) -> None:
    """An unknown epoch is nanoseconds to it, and a chunk size that is none 10000."""
    with pytest.raises(UnsafeInputError):
        ask(**{"q": "SHOW DATABASES", **options})


@pytest.mark.parametrize("value", ["true", 1, 10_000, None])
def test_chunked_is_a_bool(value: object) -> None:
    """As its original wants it, a `ValueError` otherwise."""
    with pytest.raises(ValueError, match="chunked") as caught:
        check_chunked(value)
    assert isinstance(caught.value, ConfigError)


def test_a_query_shows_without_its_literals() -> None:
    """They may be personal."""
    assert ask("SELECT a FROM m WHERE h = 'canary'").shown == "SELECT a FROM m WHERE h = '***'"


# -- management --------------------------------------------------------------------------------------------------------

BUILT: list[tuple[str, str]] = [
    (statements.create_database("d"), 'CREATE DATABASE "d"'),
    (
        statements.create_database("d", length=timedelta(days=2), replication=1, shard_length="1h", policy="p"),
        'CREATE DATABASE "d" WITH DURATION 2d REPLICATION 1 SHARD DURATION 1h NAME "p"',
    ),
    (
        statements.retention_policy("CREATE", "r", "d", length="INF", replication=1, shard_length=None, default=True),
        'CREATE RETENTION POLICY "r" ON "d" DURATION INF REPLICATION 1 DEFAULT',
    ),
    (
        statements.show_measurements("d", "^a", 5, 2),
        'SHOW MEASUREMENTS ON "d" WITH MEASUREMENT =~ /^a/ LIMIT 5 OFFSET 2',
    ),
    (statements.show_keys("SERIES", "d", "m", {"h": "a"}, 1), 'SHOW SERIES ON "d" FROM "m" WHERE "h" = \'a\' LIMIT 1'),
    (statements.show_tag_values("k", "d", None, None, None, None), 'SHOW TAG VALUES ON "d" WITH KEY = "k"'),
    (
        statements.show_tag_values(["a", "b"], None, "m", None, None, None),
        'SHOW TAG VALUES FROM "m" WITH KEY IN ("a", "b")',
    ),
    (statements.show_tag_values(Regex("x"), None, None, None, None, None), "SHOW TAG VALUES WITH KEY =~ /x/"),
    (statements.show_cardinality("SERIES", "d", exact=True), 'SHOW SERIES EXACT CARDINALITY ON "d"'),
    (statements.delete("m", None, None, None, None), 'DELETE FROM "m"'),
    (
        statements.delete(
            None, 5, datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC), {"h": ["b", "a"], "r": Regex("x")}, any_of("z", ["q"])
        ),
        "DELETE WHERE time >= 5 AND time < 1000000000 AND (\"h\" = 'a' OR \"h\" = 'b') "
        'AND "r" =~ /x/ AND ("z" = \'q\')',
    ),
    (statements.drop_series("m", {"h": "a"}), 'DROP SERIES FROM "m" WHERE "h" = \'a\''),
    (statements.grant("GRANT", "read", "d", "u"), 'GRANT READ ON "d" TO "u"'),
    (statements.grant("REVOKE", "ALL", "d", "u"), 'REVOKE ALL ON "d" FROM "u"'),
    (
        statements.continuous_query(
            "c", "d", "SELECT mean(v) INTO b FROM m GROUP BY time(1h);", every="1h", span=timedelta(hours=2)
        ),
        'CREATE CONTINUOUS QUERY "c" ON "d" RESAMPLE EVERY 1h FOR 2h '
        "BEGIN SELECT mean(v) INTO b FROM m GROUP BY time(1h) END",
    ),
    (
        statements.create_subscription("s", "d", "r", ["udp://a:1"], "any"),
        'CREATE SUBSCRIPTION "s" ON "d"."r" DESTINATIONS ANY \'udp://a:1\'',
    ),
    (statements.numbered("KILL QUERY", 5), "KILL QUERY 5"),
]


@pytest.mark.parametrize(("built", "text"), BUILT, ids=[text for _, text in BUILT])
def test_statements_of_management(built: str, text: str) -> None:
    """As the server's grammar has them."""
    assert built == text


@given(NAMES, NAMES)
def test_no_name_or_value_leaves_its_place(name: str, value: str) -> None:
    """Each is one token, whatever it holds."""
    for built in (
        statements.create_database(name, policy=value),
        statements.grant("GRANT", "READ", name, value),
        statements.delete(name, 1, None, {value: value, name: [value]}, None),
        statements.show_keys("SERIES", name, value, {name: value}),
        statements.create_subscription(name, value, name, [value], "ALL"),
    ):
        (tokens,) = lexing.statements(built)
        assert all(token.complete for token in tokens)
        assert {token.kind for token in tokens} <= {"word", "quoted", "string", "sign", "number"}


@pytest.mark.parametrize(
    "build",
    [
        lambda: statements.delete(None, None, None, None, None),
        lambda: statements.drop_series(None, None),
        lambda: statements.delete("m", 5, 5, None, None),
        lambda: statements.delete("m", None, None, {"h": 5}, None),
        lambda: statements.delete("m", None, None, {"h": []}, None),
        lambda: statements.retention_policy(
            "ALTER", "r", "d", length=None, replication=None, shard_length=None, default=False
        ),
        lambda: statements.grant("GRANT", "OWN", "d", "u"),
        lambda: statements.continuous_query("c", "d", "SELECT a FROM m", every=None, span=None),
        lambda: statements.continuous_query("c", "d", "SELECT a INTO b FROM m; DROP DATABASE d", every=None, span=None),
        lambda: statements.continuous_query("c", "d", "SELECT a INTO b FROM m --", every=None, span=None),
        lambda: statements.create_subscription("s", "d", "r", [], "ALL"),
        lambda: statements.create_subscription("s", "d", "r", "udp://a", "ALL"),
        lambda: statements.create_subscription("s", "d", "r", ["udp://a"], "SOME"),
        lambda: statements.show_measurements(None, None, 0, None),
        lambda: statements.show_tag_values([], None, None, None, None, None),
        lambda: statements.numbered("DROP SHARD", -1),
        lambda: statements.create_database(""),
    ],
)
def test_what_would_do_too_much_or_nothing_is_refused(build: Any) -> None:
    """Nothing is sent."""
    with pytest.raises(UnsafeInputError):
        build()
