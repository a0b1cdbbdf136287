"""InfluxDB 1.x: write points, run InfluxQL, read frames.

`AsyncInfluxDBClient` is awaited, `InfluxDBClient` blocks; `catchment.influxdb.aio` has every name to await. Names are
loaded on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from catchment.influxdb import aio as aio
    from catchment.influxdb import errors as errors
    from catchment.influxdb._async.client import AsyncInfluxDBClient as AsyncInfluxDBClient
    from catchment.influxdb._async.querying import AsyncInfluxDBChunkedResult as InfluxDBChunkedResult
    from catchment.influxdb._sync.admin import Admin as Admin
    from catchment.influxdb._sync.client import InfluxDBClient as InfluxDBClient
    from catchment.influxdb._sync.writer import BatchWriter as BatchWriter
    from catchment.influxdb.errors import AuthenticationError as AuthenticationError
    from catchment.influxdb.errors import AuthorizationError as AuthorizationError
    from catchment.influxdb.errors import DatabaseNotFoundError as DatabaseNotFoundError
    from catchment.influxdb.errors import FieldTypeConflictError as FieldTypeConflictError
    from catchment.influxdb.errors import HandlerCrashedError as HandlerCrashedError
    from catchment.influxdb.errors import InfluxDBError as InfluxDBError
    from catchment.influxdb.errors import InfluxDBWriteError as InfluxDBWriteError
    from catchment.influxdb.errors import LinesRefusedError as LinesRefusedError
    from catchment.influxdb.errors import NotServedError as NotServedError
    from catchment.influxdb.errors import PartialFieldTypeConflictError as PartialFieldTypeConflictError
    from catchment.influxdb.errors import PartialWriteError as PartialWriteError
    from catchment.influxdb.errors import PayloadTooLargeError as PayloadTooLargeError
    from catchment.influxdb.errors import QuerySyntaxError as QuerySyntaxError
    from catchment.influxdb.errors import QueryTruncatedError as QueryTruncatedError
    from catchment.influxdb.errors import RetentionPolicyNotFoundError as RetentionPolicyNotFoundError
    from catchment.influxdb.errors import ServerBusyError as ServerBusyError
    from catchment.influxdb.errors import ServerFailureError as ServerFailureError
    from catchment.influxdb.errors import StatementError as StatementError
    from catchment.influxdb.errors import TooManyRequestsError as TooManyRequestsError
    from catchment.influxdb.errors import WriteAuthenticationError as WriteAuthenticationError
    from catchment.influxdb.errors import WriteAuthorizationError as WriteAuthorizationError
    from catchment.influxdb.errors import WriteDatabaseNotFoundError as WriteDatabaseNotFoundError
    from catchment.influxdb.errors import WriteHandlerCrashedError as WriteHandlerCrashedError
    from catchment.influxdb.errors import WriteNotServedError as WriteNotServedError
    from catchment.influxdb.errors import WritePayloadTooLargeError as WritePayloadTooLargeError
    from catchment.influxdb.errors import WriteRetentionPolicyNotFoundError as WriteRetentionPolicyNotFoundError
    from catchment.influxdb.errors import WriteServerBusyError as WriteServerBusyError
    from catchment.influxdb.errors import WriteServerFailureError as WriteServerFailureError
    from catchment.influxdb.errors import WriteTooManyRequestsError as WriteTooManyRequestsError
    from catchment.influxdb.frames_in import FrameOptions as FrameOptions
    from catchment.influxdb.influxql import Duration as Duration
    from catchment.influxdb.influxql import Expression as Expression
    from catchment.influxdb.influxql import Identifier as Identifier
    from catchment.influxdb.influxql import Regex as Regex
    from catchment.influxdb.influxql import any_of as any_of
    from catchment.influxdb.influxql import escape_regex as escape_regex
    from catchment.influxdb.influxql import quote_ident as quote_ident
    from catchment.influxdb.influxql import quote_literal as quote_literal
    from catchment.influxdb.influxql import quote_regex as quote_regex
    from catchment.influxdb.models import ContinuousQuery as ContinuousQuery
    from catchment.influxdb.models import FieldKey as FieldKey
    from catchment.influxdb.models import Grant as Grant
    from catchment.influxdb.models import Health as Health
    from catchment.influxdb.models import RetentionPolicy as RetentionPolicy
    from catchment.influxdb.models import RunningQuery as RunningQuery
    from catchment.influxdb.models import Shard as Shard
    from catchment.influxdb.models import ShardGroup as ShardGroup
    from catchment.influxdb.models import Subscription as Subscription
    from catchment.influxdb.models import User as User
    from catchment.influxdb.patterns import Pattern as Pattern
    from catchment.influxdb.point import Point as Point
    from catchment.influxdb.records import Layout as Layout
    from catchment.influxdb.reporting import Report as Report
    from catchment.influxdb.results import InfluxDBResult as InfluxDBResult
    from catchment.influxdb.results import Series as Series
    from catchment.influxdb.results import iterpoints as iterpoints
    from catchment.influxdb.results import named_points as named_points
    from catchment.influxdb.schema import BOOL as BOOL
    from catchment.influxdb.schema import DECIMAL as DECIMAL
    from catchment.influxdb.schema import ENUM as ENUM
    from catchment.influxdb.schema import FLOAT as FLOAT
    from catchment.influxdb.schema import INT as INT
    from catchment.influxdb.schema import MEASUREMENT as MEASUREMENT
    from catchment.influxdb.schema import STR as STR
    from catchment.influxdb.schema import TAG as TAG
    from catchment.influxdb.schema import TAGENUM as TAGENUM
    from catchment.influxdb.schema import TIMEDT as TIMEDT
    from catchment.influxdb.schema import TIMEINT as TIMEINT
    from catchment.influxdb.schema import TIMESTR as TIMESTR
    from catchment.influxdb.schema import SchemaError as SchemaError
    from catchment.influxdb.schema import lineprotocol as lineprotocol
    from catchment.influxdb.server_info import PingHeaders as PingHeaders
    from catchment.influxdb.server_info import Version as Version
    from catchment.influxdb.settings import MODES as MODES

_MODULES = frozenset({"aio", "errors"})

_WHERE = {
    "Admin": "_sync.admin",
    "AsyncInfluxDBClient": "_async.client",
    "AuthenticationError": "errors",
    "AuthorizationError": "errors",
    "BOOL": "schema",
    "BatchWriter": "_sync.writer",
    "ContinuousQuery": "models",
    "DECIMAL": "schema",
    "DatabaseNotFoundError": "errors",
    "Duration": "influxql",
    "ENUM": "schema",
    "Expression": "influxql",
    "FLOAT": "schema",
    "FieldKey": "models",
    "FieldTypeConflictError": "errors",
    "FrameOptions": "frames_in",
    "Grant": "models",
    "HandlerCrashedError": "errors",
    "Health": "models",
    "INT": "schema",
    "Identifier": "influxql",
    "InfluxDBChunkedResult": "_async.querying",
    "InfluxDBClient": "_sync.client",
    "InfluxDBError": "errors",
    "InfluxDBResult": "results",
    "InfluxDBWriteError": "errors",
    "Layout": "records",
    "LinesRefusedError": "errors",
    "MEASUREMENT": "schema",
    "MODES": "settings",
    "NotServedError": "errors",
    "PartialFieldTypeConflictError": "errors",
    "PartialWriteError": "errors",
    "Pattern": "patterns",
    "PayloadTooLargeError": "errors",
    "PingHeaders": "server_info",
    "Point": "point",
    "QuerySyntaxError": "errors",
    "QueryTruncatedError": "errors",
    "Regex": "influxql",
    "Report": "reporting",
    "RetentionPolicy": "models",
    "RetentionPolicyNotFoundError": "errors",
    "RunningQuery": "models",
    "STR": "schema",
    "SchemaError": "schema",
    "Series": "results",
    "ServerBusyError": "errors",
    "ServerFailureError": "errors",
    "Shard": "models",
    "ShardGroup": "models",
    "StatementError": "errors",
    "Subscription": "models",
    "TAG": "schema",
    "TAGENUM": "schema",
    "TIMEDT": "schema",
    "TIMEINT": "schema",
    "TIMESTR": "schema",
    "TooManyRequestsError": "errors",
    "User": "models",
    "Version": "server_info",
    "WriteAuthenticationError": "errors",
    "WriteAuthorizationError": "errors",
    "WriteDatabaseNotFoundError": "errors",
    "WriteHandlerCrashedError": "errors",
    "WriteNotServedError": "errors",
    "WritePayloadTooLargeError": "errors",
    "WriteRetentionPolicyNotFoundError": "errors",
    "WriteServerBusyError": "errors",
    "WriteServerFailureError": "errors",
    "WriteTooManyRequestsError": "errors",
    "any_of": "influxql",
    "escape_regex": "influxql",
    "iterpoints": "results",
    "lineprotocol": "schema",
    "named_points": "results",
    "quote_ident": "influxql",
    "quote_literal": "influxql",
    "quote_regex": "influxql",
}

_NAMED = {
    "InfluxDBChunkedResult": "AsyncInfluxDBChunkedResult",
}
"""Names that their module has under another one."""

__all__ = [
    "BOOL",
    "DECIMAL",
    "ENUM",
    "FLOAT",
    "INT",
    "MEASUREMENT",
    "MODES",
    "STR",
    "TAG",
    "TAGENUM",
    "TIMEDT",
    "TIMEINT",
    "TIMESTR",
    "Admin",
    "AsyncInfluxDBClient",
    "AuthenticationError",
    "AuthorizationError",
    "BatchWriter",
    "ContinuousQuery",
    "DatabaseNotFoundError",
    "Duration",
    "Expression",
    "FieldKey",
    "FieldTypeConflictError",
    "FrameOptions",
    "Grant",
    "HandlerCrashedError",
    "Health",
    "Identifier",
    "InfluxDBChunkedResult",
    "InfluxDBClient",
    "InfluxDBError",
    "InfluxDBResult",
    "InfluxDBWriteError",
    "Layout",
    "LinesRefusedError",
    "NotServedError",
    "PartialFieldTypeConflictError",
    "PartialWriteError",
    "Pattern",
    "PayloadTooLargeError",
    "PingHeaders",
    "Point",
    "QuerySyntaxError",
    "QueryTruncatedError",
    "Regex",
    "Report",
    "RetentionPolicy",
    "RetentionPolicyNotFoundError",
    "RunningQuery",
    "SchemaError",
    "Series",
    "ServerBusyError",
    "ServerFailureError",
    "Shard",
    "ShardGroup",
    "StatementError",
    "Subscription",
    "TooManyRequestsError",
    "User",
    "Version",
    "WriteAuthenticationError",
    "WriteAuthorizationError",
    "WriteDatabaseNotFoundError",
    "WriteHandlerCrashedError",
    "WriteNotServedError",
    "WritePayloadTooLargeError",
    "WriteRetentionPolicyNotFoundError",
    "WriteServerBusyError",
    "WriteServerFailureError",
    "WriteTooManyRequestsError",
    "aio",
    "any_of",
    "errors",
    "escape_regex",
    "iterpoints",
    "lineprotocol",
    "named_points",
    "quote_ident",
    "quote_literal",
    "quote_regex",
]


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"catchment.influxdb.{name}")
    where = _WHERE.get(name)
    if where is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"catchment.influxdb.{where}"), _NAMED.get(name, name))
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
