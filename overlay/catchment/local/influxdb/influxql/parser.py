"""Read a query: statements with semicolons between, found by their first words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from catchment.local.influxdb.influxql import administering, showing
from catchment.local.influxdb.influxql.binding import Bound
from catchment.local.influxdb.influxql.reading import TokenReader, unexpected
from catchment.local.influxdb.influxql.selecting import read_select
from catchment.local.influxdb.influxql.statements import DropShard, Explain, Statement

Handler = Callable[[TokenReader], Statement]
# The words in the order in which the real server names them when another comes.
Branches = dict[str, "Handler | Branches"]


def parse_query(text: str, params: Mapping[str, Bound] | None = None) -> list[Statement]:
    """
    Read all statements of a query.

    Raises:
        QuerySyntaxError: With the text of the real server.
    """
    tokens = TokenReader(text, params)
    statements: list[Statement] = []
    separated = True
    while True:
        token = tokens.next()
        if token.kind == "EOF":
            return statements
        if token.kind == ";":
            separated = True
            continue
        if not separated:
            raise unexpected(token, ";")
        tokens.back()
        statements.append(_statement(tokens))
        separated = False


def _statement(tokens: TokenReader) -> Statement:
    branch: Branches = _LANGUAGE
    while True:
        token = tokens.next()
        found = branch.get(token.kind)
        if found is None:
            raise unexpected(token, *branch)
        if callable(found):
            return found(tokens)
        branch = found


def _explain(tokens: TokenReader) -> Explain:
    analyze = tokens.take("ANALYZE")
    tokens.need("SELECT")
    return Explain(read_select(tokens), analyze)


def _plain(subject: str) -> Handler:
    return lambda tokens: showing.plain(subject)  # noqa: ARG005 - nothing follows


def _grants(tokens: TokenReader) -> Statement:
    show = showing.plain("GRANTS")
    show.name = tokens.identifier()
    return show


_SHOW: Branches = {
    "CONTINUOUS": {"QUERIES": _plain("CONTINUOUS QUERIES")},
    "DATABASES": _plain("DATABASES"),
    "DIAGNOSTICS": partial(showing.read_module, subject="DIAGNOSTICS"),
    "FIELD": {
        "KEY": partial(showing.read_counted_keys, subject="FIELD KEY"),
        "KEYS": showing.read_field_keys,
    },
    "GRANTS": {"FOR": _grants},
    "MEASUREMENT": {
        "EXACT": partial(showing.read_counted_measurements, exact=True),
        "CARDINALITY": partial(showing.read_counted_measurements, exact=False),
    },
    "MEASUREMENTS": showing.read_measurements,
    "QUERIES": _plain("QUERIES"),
    "RETENTION": {"POLICIES": lambda tokens: showing.read_on(tokens, showing.plain("RETENTION POLICIES"))},
    "SERIES": showing.read_series,
    "SHARD": {"GROUPS": _plain("SHARD GROUPS")},
    "SHARDS": _plain("SHARDS"),
    "STATS": partial(showing.read_module, subject="STATS"),
    "SUBSCRIPTIONS": _plain("SUBSCRIPTIONS"),
    "TAG": {
        "KEY": partial(showing.read_counted_keys, subject="TAG KEY"),
        "KEYS": showing.read_tag_keys,
        "VALUES": showing.read_tag_values,
    },
    "USERS": _plain("USERS"),
}
_CREATE: Branches = {
    "CONTINUOUS": {"QUERY": administering.read_create_continuous},
    "DATABASE": administering.read_create_database,
    "USER": administering.read_create_user,
    "RETENTION": {"POLICY": administering.read_create_policy},
    "SUBSCRIPTION": administering.read_create_subscription,
}
_DROP: Branches = {
    "CONTINUOUS": {"QUERY": partial(administering.read_drop_on, what="CONTINUOUS QUERY")},
    "DATABASE": partial(administering.read_drop_named, what="DATABASE"),
    "MEASUREMENT": partial(administering.read_drop_named, what="MEASUREMENT"),
    "RETENTION": {"POLICY": partial(administering.read_drop_on, what="RETENTION POLICY")},
    "SERIES": partial(administering.read_delete, verb="DROP SERIES"),
    "SHARD": lambda tokens: DropShard(tokens.unsigned()),
    "SUBSCRIPTION": administering.read_drop_subscription,
    "USER": partial(administering.read_drop_named, what="USER"),
}
_LANGUAGE: Branches = {
    "SELECT": read_select,
    "DELETE": partial(administering.read_delete, verb="DELETE"),
    "SHOW": _SHOW,
    "CREATE": _CREATE,
    "DROP": _DROP,
    "EXPLAIN": _explain,
    "GRANT": partial(administering.read_grant, verb="GRANT"),
    "REVOKE": partial(administering.read_grant, verb="REVOKE"),
    "ALTER": {"RETENTION": {"POLICY": administering.read_alter_policy}},
    "SET": {"PASSWORD": {"FOR": administering.read_set_password}},
    "KILL": {"QUERY": administering.read_kill},
}
