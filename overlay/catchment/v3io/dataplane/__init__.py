"""V3IO's data plane: objects, items, streams."""

from __future__ import annotations

from catchment.v3io._sync.batch import Batch
from catchment.v3io._sync.client import Client
from catchment.v3io._sync.consuming import Records
from catchment.v3io._sync.cursor import ItemsCursor
from catchment.v3io._sync.groups import ConsumerGroup
from catchment.v3io._sync.members import GroupMember
from catchment.v3io._sync.scanning import Items
from catchment.v3io.bulk import DeletedTree, DeleteTreeError, PutAllOutput, WriteFrameError
from catchment.v3io.dataplane import kv_cursor, output, response
from catchment.v3io.errors import (
    AccessDeniedError,
    AuthenticationError,
    BatchError,
    BatchStatusError,
    ConditionFalseError,
    ContainerNotFoundError,
    ControlPathBusyError,
    DirectoryNotEmptyError,
    HttpResponseError,
    IllegalLocationError,
    InvalidArgumentError,
    InvalidShardCountError,
    ItemExistsError,
    NotAStreamError,
    PutRecordsError,
    RedirectedError,
    RequestRefusedError,
    ResourceConflictError,
    ResourceNotFoundError,
    ServerFailureError,
    ShardOutOfRangeError,
    StreamExistsError,
    StreamNotFoundError,
    TableChangedError,
    TooManyRequestsError,
    UnexpectedStatusError,
    V3IOError,
)
from catchment.v3io.expressions import Condition, Expression, attr
from catchment.v3io.functions import if_else, if_not_exists, init_array, maximum, minimum, sqrt
from catchment.v3io.groups import GroupFullError, MembershipLostError
from catchment.v3io.logger import Logger
from catchment.v3io.outputs import (
    ClusterMetadataOutput,
    Container,
    ContainerCommonPrefix,
    ContainerContent,
    DescribeStreamOutput,
    GetContainerContentsOutput,
    GetContainersOutput,
    GetItemOutput,
    GetItemsOutput,
    GetRecordsOutput,
    GetRecordsResult,
    PutRecordsOutput,
    PutRecordsResult,
    SeekShardOutput,
)
from catchment.v3io.reading import StreamRecord
from catchment.v3io.record import Record
from catchment.v3io.records import RecordBatch
from catchment.v3io.response import RaiseForStatus, Response, Responses, TransportActions
from catchment.v3io.schema import Schema, SchemaField
from catchment.v3io.timestamps import Timestamp
from catchment.v3io.updates import Update

__all__ = [
    "AccessDeniedError",
    "AuthenticationError",
    "Batch",
    "BatchError",
    "BatchStatusError",
    "Client",
    "ClusterMetadataOutput",
    "Condition",
    "ConditionFalseError",
    "ConsumerGroup",
    "Container",
    "ContainerCommonPrefix",
    "ContainerContent",
    "ContainerNotFoundError",
    "ControlPathBusyError",
    "DeleteTreeError",
    "DeletedTree",
    "DescribeStreamOutput",
    "DirectoryNotEmptyError",
    "Expression",
    "GetContainerContentsOutput",
    "GetContainersOutput",
    "GetItemOutput",
    "GetItemsOutput",
    "GetRecordsOutput",
    "GetRecordsResult",
    "GroupFullError",
    "GroupMember",
    "HttpResponseError",
    "IllegalLocationError",
    "InvalidArgumentError",
    "InvalidShardCountError",
    "ItemExistsError",
    "Items",
    "ItemsCursor",
    "Logger",
    "MembershipLostError",
    "NotAStreamError",
    "PutAllOutput",
    "PutRecordsError",
    "PutRecordsOutput",
    "PutRecordsResult",
    "RaiseForStatus",
    "Record",
    "RecordBatch",
    "Records",
    "RedirectedError",
    "RequestRefusedError",
    "ResourceConflictError",
    "ResourceNotFoundError",
    "Response",
    "Responses",
    "Schema",
    "SchemaField",
    "SeekShardOutput",
    "ServerFailureError",
    "ShardOutOfRangeError",
    "StreamExistsError",
    "StreamNotFoundError",
    "StreamRecord",
    "TableChangedError",
    "Timestamp",
    "TooManyRequestsError",
    "TransportActions",
    "UnexpectedStatusError",
    "Update",
    "V3IOError",
    "WriteFrameError",
    "attr",
    "if_else",
    "if_not_exists",
    "init_array",
    "kv_cursor",
    "maximum",
    "minimum",
    "output",
    "response",
    "sqrt",
]
