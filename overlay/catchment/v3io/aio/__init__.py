"""V3IO for asyncio: the names of `catchment.v3io`, with methods that are awaited."""

from __future__ import annotations

from typing import TYPE_CHECKING

from catchment.core import lazy

if TYPE_CHECKING:
    from catchment.v3io._async.batch import AsyncBatch as Batch
    from catchment.v3io._async.client import AsyncClient as Client
    from catchment.v3io._async.consuming import AsyncRecords as Records
    from catchment.v3io._async.cursor import AsyncItemsCursor as ItemsCursor
    from catchment.v3io._async.groups import AsyncConsumerGroup as ConsumerGroup
    from catchment.v3io._async.members import AsyncGroupMember as GroupMember
    from catchment.v3io._async.scanning import AsyncItems as Items
    from catchment.v3io.aio import controlplane as controlplane
    from catchment.v3io.aio import dataplane as dataplane
    from catchment.v3io.bulk import DeletedTree as DeletedTree
    from catchment.v3io.bulk import DeleteTreeError as DeleteTreeError
    from catchment.v3io.bulk import PutAllOutput as PutAllOutput
    from catchment.v3io.bulk import WriteFrameError as WriteFrameError
    from catchment.v3io.errors import AccessDeniedError as AccessDeniedError
    from catchment.v3io.errors import AuthenticationError as AuthenticationError
    from catchment.v3io.errors import BatchError as BatchError
    from catchment.v3io.errors import BatchStatusError as BatchStatusError
    from catchment.v3io.errors import ConditionFalseError as ConditionFalseError
    from catchment.v3io.errors import ContainerNotFoundError as ContainerNotFoundError
    from catchment.v3io.errors import ControlPathBusyError as ControlPathBusyError
    from catchment.v3io.errors import DirectoryNotEmptyError as DirectoryNotEmptyError
    from catchment.v3io.errors import HttpResponseError as HttpResponseError
    from catchment.v3io.errors import IllegalLocationError as IllegalLocationError
    from catchment.v3io.errors import InvalidArgumentError as InvalidArgumentError
    from catchment.v3io.errors import InvalidShardCountError as InvalidShardCountError
    from catchment.v3io.errors import ItemExistsError as ItemExistsError
    from catchment.v3io.errors import NotAStreamError as NotAStreamError
    from catchment.v3io.errors import PutRecordsError as PutRecordsError
    from catchment.v3io.errors import RedirectedError as RedirectedError
    from catchment.v3io.errors import RequestRefusedError as RequestRefusedError
    from catchment.v3io.errors import ResourceConflictError as ResourceConflictError
    from catchment.v3io.errors import ResourceNotFoundError as ResourceNotFoundError
    from catchment.v3io.errors import ServerFailureError as ServerFailureError
    from catchment.v3io.errors import ShardOutOfRangeError as ShardOutOfRangeError
    from catchment.v3io.errors import StreamExistsError as StreamExistsError
    from catchment.v3io.errors import StreamNotFoundError as StreamNotFoundError
    from catchment.v3io.errors import TableChangedError as TableChangedError
    from catchment.v3io.errors import TooManyRequestsError as TooManyRequestsError
    from catchment.v3io.errors import UnexpectedStatusError as UnexpectedStatusError
    from catchment.v3io.errors import V3IOError as V3IOError
    from catchment.v3io.expressions import Condition as Condition
    from catchment.v3io.expressions import Expression as Expression
    from catchment.v3io.expressions import attr as attr
    from catchment.v3io.functions import if_else as if_else
    from catchment.v3io.functions import if_not_exists as if_not_exists
    from catchment.v3io.functions import init_array as init_array
    from catchment.v3io.functions import maximum as maximum
    from catchment.v3io.functions import minimum as minimum
    from catchment.v3io.functions import sqrt as sqrt
    from catchment.v3io.groups import GroupFullError as GroupFullError
    from catchment.v3io.groups import MembershipLostError as MembershipLostError
    from catchment.v3io.logger import Logger as Logger
    from catchment.v3io.outputs import ClusterMetadataOutput as ClusterMetadataOutput
    from catchment.v3io.outputs import Container as Container
    from catchment.v3io.outputs import ContainerCommonPrefix as ContainerCommonPrefix
    from catchment.v3io.outputs import ContainerContent as ContainerContent
    from catchment.v3io.outputs import DescribeStreamOutput as DescribeStreamOutput
    from catchment.v3io.outputs import GetContainerContentsOutput as GetContainerContentsOutput
    from catchment.v3io.outputs import GetContainersOutput as GetContainersOutput
    from catchment.v3io.outputs import GetItemOutput as GetItemOutput
    from catchment.v3io.outputs import GetItemsOutput as GetItemsOutput
    from catchment.v3io.outputs import GetRecordsOutput as GetRecordsOutput
    from catchment.v3io.outputs import GetRecordsResult as GetRecordsResult
    from catchment.v3io.outputs import PutRecordsOutput as PutRecordsOutput
    from catchment.v3io.outputs import PutRecordsResult as PutRecordsResult
    from catchment.v3io.outputs import SeekShardOutput as SeekShardOutput
    from catchment.v3io.reading import StreamRecord as StreamRecord
    from catchment.v3io.records import Record as Record
    from catchment.v3io.response import RaiseForStatus as RaiseForStatus
    from catchment.v3io.response import Response as Response
    from catchment.v3io.response import Responses as Responses
    from catchment.v3io.response import TransportActions as TransportActions
    from catchment.v3io.schema import Schema as Schema
    from catchment.v3io.schema import SchemaField as SchemaField
    from catchment.v3io.timestamps import Timestamp as Timestamp
    from catchment.v3io.updates import Update as Update

_HOME = "catchment.v3io"
_WHERE = {
    "AccessDeniedError": f"{_HOME}.errors",
    "AuthenticationError": f"{_HOME}.errors",
    "Batch": f"{_HOME}._async.batch:AsyncBatch",
    "BatchError": f"{_HOME}.errors",
    "BatchStatusError": f"{_HOME}.errors",
    "Client": f"{_HOME}._async.client:AsyncClient",
    "ClusterMetadataOutput": f"{_HOME}.outputs",
    "Condition": f"{_HOME}.expressions",
    "ConditionFalseError": f"{_HOME}.errors",
    "ConsumerGroup": f"{_HOME}._async.groups:AsyncConsumerGroup",
    "Container": f"{_HOME}.outputs",
    "ContainerCommonPrefix": f"{_HOME}.outputs",
    "ContainerContent": f"{_HOME}.outputs",
    "ContainerNotFoundError": f"{_HOME}.errors",
    "ControlPathBusyError": f"{_HOME}.errors",
    "DeleteTreeError": f"{_HOME}.bulk",
    "DeletedTree": f"{_HOME}.bulk",
    "DescribeStreamOutput": f"{_HOME}.outputs",
    "DirectoryNotEmptyError": f"{_HOME}.errors",
    "Expression": f"{_HOME}.expressions",
    "GetContainerContentsOutput": f"{_HOME}.outputs",
    "GetContainersOutput": f"{_HOME}.outputs",
    "GetItemOutput": f"{_HOME}.outputs",
    "GetItemsOutput": f"{_HOME}.outputs",
    "GetRecordsOutput": f"{_HOME}.outputs",
    "GetRecordsResult": f"{_HOME}.outputs",
    "GroupFullError": f"{_HOME}.groups",
    "GroupMember": f"{_HOME}._async.members:AsyncGroupMember",
    "HttpResponseError": f"{_HOME}.errors",
    "IllegalLocationError": f"{_HOME}.errors",
    "InvalidArgumentError": f"{_HOME}.errors",
    "InvalidShardCountError": f"{_HOME}.errors",
    "ItemExistsError": f"{_HOME}.errors",
    "Items": f"{_HOME}._async.scanning:AsyncItems",
    "ItemsCursor": f"{_HOME}._async.cursor:AsyncItemsCursor",
    "Logger": f"{_HOME}.logger",
    "MembershipLostError": f"{_HOME}.groups",
    "NotAStreamError": f"{_HOME}.errors",
    "PutAllOutput": f"{_HOME}.bulk",
    "PutRecordsError": f"{_HOME}.errors",
    "PutRecordsOutput": f"{_HOME}.outputs",
    "PutRecordsResult": f"{_HOME}.outputs",
    "RaiseForStatus": f"{_HOME}.response",
    "Record": f"{_HOME}.records",
    "Records": f"{_HOME}._async.consuming:AsyncRecords",
    "RedirectedError": f"{_HOME}.errors",
    "RequestRefusedError": f"{_HOME}.errors",
    "ResourceConflictError": f"{_HOME}.errors",
    "ResourceNotFoundError": f"{_HOME}.errors",
    "Response": f"{_HOME}.response",
    "Responses": f"{_HOME}.response",
    "Schema": f"{_HOME}.schema",
    "SchemaField": f"{_HOME}.schema",
    "SeekShardOutput": f"{_HOME}.outputs",
    "ServerFailureError": f"{_HOME}.errors",
    "ShardOutOfRangeError": f"{_HOME}.errors",
    "StreamExistsError": f"{_HOME}.errors",
    "StreamNotFoundError": f"{_HOME}.errors",
    "StreamRecord": f"{_HOME}.reading",
    "TableChangedError": f"{_HOME}.errors",
    "Timestamp": f"{_HOME}.timestamps",
    "TooManyRequestsError": f"{_HOME}.errors",
    "TransportActions": f"{_HOME}.response",
    "UnexpectedStatusError": f"{_HOME}.errors",
    "Update": f"{_HOME}.updates",
    "V3IOError": f"{_HOME}.errors",
    "WriteFrameError": f"{_HOME}.bulk",
    "attr": f"{_HOME}.expressions",
    "controlplane": "catchment.v3io.aio.controlplane",
    "dataplane": "catchment.v3io.aio.dataplane",
    "if_else": f"{_HOME}.functions",
    "if_not_exists": f"{_HOME}.functions",
    "init_array": f"{_HOME}.functions",
    "maximum": f"{_HOME}.functions",
    "minimum": f"{_HOME}.functions",
    "sqrt": f"{_HOME}.functions",
}

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
    "controlplane",
    "dataplane",
    "if_else",
    "if_not_exists",
    "init_array",
    "maximum",
    "minimum",
    "sqrt",
]

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy.exports(__name__, _WHERE)
