"""Query patterns: the built-in ones, and those that users add."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any, Unpack, cast

from catchment.core.errors import UnsafeInputError
from catchment.influxdb._async.query import AsyncQueries
from catchment.influxdb.asking import QueryOptions
from catchment.influxdb.patterns import BUILT_IN, RESERVED, Pattern


class AsyncShortcuts(AsyncQueries):
    """The part of a client that has a method for each usual statement; answers come in the client's output form."""

    @classmethod
    def set_query_pattern(
        cls, queries: Mapping[str, str] | str | None = None, qp: str | None = None, **patterns: str
    ) -> None:
        """
        Add methods that run queries with placeholders: `set_query_pattern(last="SELECT last({field}) FROM {m}")`.

        Names that exist already, and patterns with the placeholders q, epoch, chunked, chunk_size or parser, are
        warned of and left out.

        Args:
            queries: Name to pattern; or a name, with its pattern as `qp`.
            qp: Pattern.
            patterns: Name to pattern.
        """
        named = {queries: qp or ""} if isinstance(queries, str) else dict(queries or {})
        for name, text in {**named, **patterns}.items():
            pattern = Pattern(text)
            if not name.isidentifier() or hasattr(cls, name):
                warnings.warn(f"no pattern {name!r} is added: the name is in use or none", stacklevel=2)
            elif RESERVED.intersection(pattern.names):
                warnings.warn(f"no pattern {name!r} is added: a placeholder has the name of an argument", stacklevel=2)
            else:
                setattr(cls, name, _method(name, text))

    async def create_database(self, db: str | None = None) -> Any:
        """Create a database, the client's by default; that it exists is no error."""
        return await self._run("create_database", {}, db=self._named(db))

    async def drop_database(self, db: str | None = None) -> Any:
        """Drop a database with all it holds, the client's by default; that there is none is no error."""
        return await self._run("drop_database", {}, db=self._named(db))

    async def drop_measurement(self, measurement: str, **options: Unpack[QueryOptions]) -> Any:
        """Drop a measurement; that there is none is no error."""
        return await self._run("drop_measurement", options, measurement=measurement)

    async def show_databases(self, **options: Unpack[QueryOptions]) -> Any:
        """List databases."""
        return await self._run("show_databases", options)

    async def show_measurements(self, **options: Unpack[QueryOptions]) -> Any:
        """List measurements of the client's database."""
        return await self._run("show_measurements", options)

    async def show_retention_policies(self, **options: Unpack[QueryOptions]) -> Any:
        """List retention policies of the client's database."""
        return await self._run("show_retention_policies", options)

    async def show_users(self, **options: Unpack[QueryOptions]) -> Any:
        """List users."""
        return await self._run("show_users", options)

    async def select_all(self, measurement: str, **options: Unpack[QueryOptions]) -> Any:
        """Return all points of a measurement."""
        return await self._run("select_all", options, measurement=measurement)

    async def show_series(self, measurement: str | None = None, **options: Unpack[QueryOptions]) -> Any:
        """List series, of one measurement or of all."""
        return await self._run_from("show_series", measurement, options)

    async def show_tag_keys(self, measurement: str | None = None, **options: Unpack[QueryOptions]) -> Any:
        """List tag keys, of one measurement or of all."""
        return await self._run_from("show_tag_keys", measurement, options)

    async def show_field_keys(self, measurement: str | None = None, **options: Unpack[QueryOptions]) -> Any:
        """List fields and their types, of one measurement or of all."""
        return await self._run_from("show_field_keys", measurement, options)

    async def show_tag_values(self, key: str, measurement: str | None = None, **options: Unpack[QueryOptions]) -> Any:
        """List the values of a tag, in one measurement or in all."""
        return await self._run_from("show_tag_values", measurement, options, key=key)

    async def show_series_from(self, measurement: str, **options: Unpack[QueryOptions]) -> Any:
        """The same as `show_series`, by its older name."""
        return await self.show_series(measurement, **options)

    async def show_tag_keys_from(self, measurement: str, **options: Unpack[QueryOptions]) -> Any:
        """The same as `show_tag_keys`, by its older name."""
        return await self.show_tag_keys(measurement, **options)

    async def show_tag_values_from(self, measurement: str, key: str, **options: Unpack[QueryOptions]) -> Any:
        """The same as `show_tag_values`, by its older name."""
        return await self.show_tag_values(key, measurement, **options)

    async def show_continuous_queries(self, **options: Unpack[QueryOptions]) -> Any:
        """List continuous queries of all databases."""
        return await self._run("show_continuous_queries", options)

    async def _run_from(self, name: str, measurement: str | None, options: QueryOptions, **values: object) -> Any:
        if measurement is None:
            return await self._run(name, options, **values)
        return await self._run(f"{name}_from", options, measurement=measurement, **values)

    async def _run(self, pattern: str, options: QueryOptions, **values: object) -> Any:
        return await self.query(Pattern(BUILT_IN[pattern]).fill((), values), **options)

    def _named(self, db: str | None) -> str:
        name = db or self.db
        if not name:
            raise UnsafeInputError("no database is named, and the client has none", hint="give db=")
        return name


def _method(name: str, text: str) -> Callable[..., Any]:
    """Make the method for a pattern: values by name or in order, and options of `query`."""
    pattern = Pattern(text)

    async def run(self: AsyncShortcuts, *args: object, **values: object) -> Any:
        options = {key: values.pop(key) for key in list(values) if key in QueryOptions.__annotations__}
        if "db" in pattern.names:
            values["db"] = options.get("db") or self.db
        return await self.query(pattern.fill(args, values), **cast("QueryOptions", options))

    run.__name__ = name
    run.__doc__ = f"Run `{text}`."
    return run
