"""Answer the SHOW statements about the server itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from catchment.local.influxdb.durations import format_go_duration
from catchment.local.influxdb.errors import InfluxError
from catchment.local.influxdb.formats.csvform import PlainInt
from catchment.local.influxdb.influxql.statements import Show
from catchment.local.influxdb.installation import Installation
from catchment.local.influxdb.meta import User
from catchment.local.influxdb.results import Series, table
from catchment.local.influxdb.storage import Shard
from catchment.local.influxdb.times import SECOND, rfc3339

_SHARD_COLUMNS = (
    "id",
    "database",
    "retention_policy",
    "shard_group",
    "start_time",
    "end_time",
    "expiry_time",
    "owners",
)
_GROUP_COLUMNS = ("id", "database", "retention_policy", "start_time", "end_time", "expiry_time")


class Monitor:
    """
    Answers about one server.

    Args:
        state: The server.
        database: Where statements without ON look.
        user: Who asks; decides which databases are shown.
    """

    def __init__(self, state: Installation, database: str, user: User | None) -> None:
        self._state = state
        self._meta = state.meta
        self._database = database
        self._user = user

    def answer(self, show: Show) -> list[Series]:
        """
        Return the series of the answer.

        Raises:
            InfluxError: The statement cannot be carried out.
        """
        return self._handlers()[show.subject](show)

    def _handlers(self) -> Mapping[str, Callable[[Show], list[Series]]]:
        return {
            "DATABASES": self._databases,
            "RETENTION POLICIES": self._policies,
            "CONTINUOUS QUERIES": self._continuous,
            "SUBSCRIPTIONS": self._subscriptions,
            "SHARDS": self._shards,
            "SHARD GROUPS": self._groups,
            "USERS": self._users,
            "GRANTS": self._grants,
            "QUERIES": self._queries,
            "STATS": self._stats,
            "DIAGNOSTICS": self._diagnostics,
        }

    def _databases(self, show: Show) -> list[Series]:
        del show
        user = self._user
        shown = [
            [name]
            for name in self._meta.databases
            if user is None or user.allows("READ", name) or user.allows("WRITE", name)
        ]
        return [table("databases", ["name"], shown)]

    def _policies(self, show: Show) -> list[Series]:
        name = show.database or self._database
        if not name:
            message = "database name required"
            raise InfluxError(message)
        database = self._meta.database(name)
        rows = [
            [
                each.name,
                format_go_duration(each.duration),
                format_go_duration(each.shard_duration),
                PlainInt(each.replication),
                each.name == database.default,
            ]
            for each in database.policies.values()
        ]
        return [table("", ["name", "duration", "shardGroupDuration", "replicaN", "default"], rows)]

    def _continuous(self, show: Show) -> list[Series]:
        del show
        return [table(each.name, ["name", "query"], each.queries.items()) for each in self._meta.databases.values()]

    def _subscriptions(self, show: Show) -> list[Series]:
        del show
        found: list[Series] = []
        for database in self._meta.databases.values():
            rows = [
                [policy.name, each.name, each.mode, each.destinations]
                for policy in database.policies.values()
                for each in policy.subscriptions
            ]
            if rows:
                found.append(table(database.name, ["retention_policy", "name", "mode", "destinations"], rows))
        return found

    def _shards(self, show: Show) -> list[Series]:
        del show
        found: list[Series] = []
        for database in self._meta.databases.values():
            rows = [
                [group.shard.number, database.name, policy.name, group.number, *_span(group.shard, policy.duration), ""]
                for policy in database.policies.values()
                for group in policy.groups
            ]
            found.append(table(database.name, _SHARD_COLUMNS, rows))
        return found

    def _groups(self, show: Show) -> list[Series]:
        del show
        rows = [
            [group.number, database.name, policy.name, *_span(group.shard, policy.duration)]
            for database in self._meta.databases.values()
            for policy in database.policies.values()
            for group in policy.groups
        ]
        return [table("shard groups", _GROUP_COLUMNS, rows)]

    def _users(self, show: Show) -> list[Series]:
        del show
        return [table("", ["user", "admin"], [[each.name, each.admin] for each in self._meta.users.values()])]

    def _grants(self, show: Show) -> list[Series]:
        user = self._meta.user(show.name)
        rows = [[name, privilege or "NO PRIVILEGES"] for name, privilege in user.privileges.items()]
        return [table("", ["database", "privilege"], rows)]

    def _queries(self, show: Show) -> list[Series]:
        # Statements run one at a time: the only one under way is this.
        row = [self._state.queries, str(show), self._database, "0s", "running"]
        return [table("", ["qid", "query", "database", "duration", "status"], [row])]

    def _stats(self, show: Show) -> list[Series]:
        found: list[Series] = []
        for name, tags, values in self.statistics():
            if show.name in ("", name):
                series = table(name, list(values), [list(values.values())])
                series.tags = tags
                found.append(series)
        return found

    def statistics(self) -> list[tuple[str, dict[str, str], dict[str, int]]]:
        """Return the counters of the server: name, tags, values."""
        counted = self._state.statistics
        found: list[tuple[str, dict[str, str], dict[str, int]]] = []
        for database in self._meta.databases.values():
            index = database.index
            values = {"numMeasurements": len(index.measurements()), "numSeries": len(index)}
            found.append(("database", {"database": database.name}, values))
        names = ("authFail", "clientError", "pingReq", "pointsWrittenDropped", "pointsWrittenFail")
        more = ("pointsWrittenOK", "queryReq", "req", "serverError", "statusReq", "writeReq", "writeReqBytes")
        found.append(("httpd", {"bind": ":8086"}, {name: counted[name] for name in (*names, *more)}))
        found.append(("queryExecutor", {}, {"queriesExecuted": self._state.queries}))
        written = counted["pointsWrittenOK"] + counted["pointsWrittenDropped"]
        found.append(("write", {}, {"pointReq": written, "req": counted["writeReq"]}))
        return found

    def _diagnostics(self, show: Show) -> list[Series]:
        now, started = self._state.now(), self._state.started
        version = self._state.options.version
        known = {
            "build": {"Branch": "unknown", "Build Time": "", "Commit": "unknown", "Version": version},
            "config-data": {"max-series-per-database": self._state.options.max_series_per_database},
            "config-httpd": {"max-row-limit": self._state.options.max_row_limit},
            "network": {"hostname": "influxdb.catchment.local"},
            "system": {
                "PID": 1,
                "currentTime": rfc3339(now),
                "started": rfc3339(started),
                "uptime": format_go_duration(now - started),
            },
        }
        return [
            table(name, list(values), [list(values.values())])
            for name, values in known.items()
            if show.name in ("", name)
        ]


def _span(shard: Shard, duration: int) -> list[str]:
    """Return start, end and expiry of a shard group, in whole seconds."""
    return [rfc3339(each // SECOND * SECOND) for each in (shard.start, shard.end, shard.end + duration)]
