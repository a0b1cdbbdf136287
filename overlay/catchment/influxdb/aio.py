"""InfluxDB for asyncio: the names of `catchment.influxdb`, with methods that are awaited."""

from __future__ import annotations

from typing import TYPE_CHECKING

from catchment.core import lazy

if TYPE_CHECKING:
    from catchment.influxdb._async.admin import AsyncAdmin as Admin
    from catchment.influxdb._async.client import AsyncInfluxDBClient as AsyncInfluxDBClient
    from catchment.influxdb._async.client import AsyncInfluxDBClient as InfluxDBClient
    from catchment.influxdb._async.querying import AsyncInfluxDBChunkedResult as InfluxDBChunkedResult
    from catchment.influxdb._async.writer import AsyncBatchWriter as BatchWriter
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
    from catchment.influxdb.flux import FluxColumn as FluxColumn
    from catchment.influxdb.flux import FluxTable as FluxTable
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
    from catchment.influxdb.tally import WriterStats as WriterStats
    from catchment.influxdb.verdicts import BatchWriteError as BatchWriteError
    from catchment.influxdb.verdicts import Loss as Loss

_HOME = "catchment.influxdb"
_WHERE = {
    "Admin": f"{_HOME}._async.admin:AsyncAdmin",
    "AsyncInfluxDBClient": f"{_HOME}._async.client",
    "AuthenticationError": f"{_HOME}.errors",
    "AuthorizationError": f"{_HOME}.errors",
    "BOOL": f"{_HOME}.schema",
    "BatchWriteError": f"{_HOME}.verdicts",
    "BatchWriter": f"{_HOME}._async.writer:AsyncBatchWriter",
    "ContinuousQuery": f"{_HOME}.models",
    "DECIMAL": f"{_HOME}.schema",
    "DatabaseNotFoundError": f"{_HOME}.errors",
    "Duration": f"{_HOME}.influxql",
    "ENUM": f"{_HOME}.schema",
    "Expression": f"{_HOME}.influxql",
    "FLOAT": f"{_HOME}.schema",
    "FieldKey": f"{_HOME}.models",
    "FieldTypeConflictError": f"{_HOME}.errors",
    "FluxColumn": f"{_HOME}.flux",
    "FluxTable": f"{_HOME}.flux",
    "FrameOptions": f"{_HOME}.frames_in",
    "Grant": f"{_HOME}.models",
    "HandlerCrashedError": f"{_HOME}.errors",
    "Health": f"{_HOME}.models",
    "INT": f"{_HOME}.schema",
    "Identifier": f"{_HOME}.influxql",
    "InfluxDBChunkedResult": f"{_HOME}._async.querying:AsyncInfluxDBChunkedResult",
    "InfluxDBClient": f"{_HOME}._async.client:AsyncInfluxDBClient",
    "InfluxDBError": f"{_HOME}.errors",
    "InfluxDBResult": f"{_HOME}.results",
    "InfluxDBWriteError": f"{_HOME}.errors",
    "Layout": f"{_HOME}.records",
    "LinesRefusedError": f"{_HOME}.errors",
    "Loss": f"{_HOME}.verdicts",
    "MEASUREMENT": f"{_HOME}.schema",
    "MODES": f"{_HOME}.settings",
    "NotServedError": f"{_HOME}.errors",
    "PartialFieldTypeConflictError": f"{_HOME}.errors",
    "PartialWriteError": f"{_HOME}.errors",
    "Pattern": f"{_HOME}.patterns",
    "PayloadTooLargeError": f"{_HOME}.errors",
    "PingHeaders": f"{_HOME}.server_info",
    "Point": f"{_HOME}.point",
    "QuerySyntaxError": f"{_HOME}.errors",
    "QueryTruncatedError": f"{_HOME}.errors",
    "Regex": f"{_HOME}.influxql",
    "Report": f"{_HOME}.reporting",
    "RetentionPolicy": f"{_HOME}.models",
    "RetentionPolicyNotFoundError": f"{_HOME}.errors",
    "RunningQuery": f"{_HOME}.models",
    "STR": f"{_HOME}.schema",
    "SchemaError": f"{_HOME}.schema",
    "Series": f"{_HOME}.results",
    "ServerBusyError": f"{_HOME}.errors",
    "ServerFailureError": f"{_HOME}.errors",
    "Shard": f"{_HOME}.models",
    "ShardGroup": f"{_HOME}.models",
    "StatementError": f"{_HOME}.errors",
    "Subscription": f"{_HOME}.models",
    "TAG": f"{_HOME}.schema",
    "TAGENUM": f"{_HOME}.schema",
    "TIMEDT": f"{_HOME}.schema",
    "TIMEINT": f"{_HOME}.schema",
    "TIMESTR": f"{_HOME}.schema",
    "TooManyRequestsError": f"{_HOME}.errors",
    "User": f"{_HOME}.models",
    "Version": f"{_HOME}.server_info",
    "WriteAuthenticationError": f"{_HOME}.errors",
    "WriteAuthorizationError": f"{_HOME}.errors",
    "WriteDatabaseNotFoundError": f"{_HOME}.errors",
    "WriteHandlerCrashedError": f"{_HOME}.errors",
    "WriteNotServedError": f"{_HOME}.errors",
    "WritePayloadTooLargeError": f"{_HOME}.errors",
    "WriteRetentionPolicyNotFoundError": f"{_HOME}.errors",
    "WriteServerBusyError": f"{_HOME}.errors",
    "WriteServerFailureError": f"{_HOME}.errors",
    "WriteTooManyRequestsError": f"{_HOME}.errors",
    "WriterStats": f"{_HOME}.tally",
    "any_of": f"{_HOME}.influxql",
    "escape_regex": f"{_HOME}.influxql",
    "iterpoints": f"{_HOME}.results",
    "lineprotocol": f"{_HOME}.schema",
    "named_points": f"{_HOME}.results",
    "quote_ident": f"{_HOME}.influxql",
    "quote_literal": f"{_HOME}.influxql",
    "quote_regex": f"{_HOME}.influxql",
}

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
    "BatchWriteError",
    "BatchWriter",
    "ContinuousQuery",
    "DatabaseNotFoundError",
    "Duration",
    "Expression",
    "FieldKey",
    "FieldTypeConflictError",
    "FluxColumn",
    "FluxTable",
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
    "Loss",
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
    "WriterStats",
    "any_of",
    "escape_regex",
    "iterpoints",
    "lineprotocol",
    "named_points",
    "quote_ident",
    "quote_literal",
    "quote_regex",
]

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy.exports(__name__, _WHERE)
