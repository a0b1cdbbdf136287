"""V3IO's data plane for asyncio: objects, items, streams."""

from __future__ import annotations

from catchment.v3io import outputs as output
from catchment.v3io import response
from catchment.v3io._async.batch import AsyncBatch as Batch
from catchment.v3io._async.client import AsyncClient as Client
from catchment.v3io._async.consuming import AsyncRecords as Records
from catchment.v3io._async.cursor import AsyncItemsCursor as ItemsCursor
from catchment.v3io._async.groups import AsyncConsumerGroup as ConsumerGroup
from catchment.v3io._async.members import AsyncGroupMember as GroupMember
from catchment.v3io._async.scanning import AsyncItems as Items
from catchment.v3io.bulk import DeletedTree, DeleteTreeError, PutAllOutput, WriteFrameError
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
    "maximum",
    "minimum",
    "output",
    "response",
    "sqrt",
]
