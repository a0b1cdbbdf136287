"""What calls return, by the path from which the platform's own package has it imported."""

from __future__ import annotations

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

__all__ = [
    "ClusterMetadataOutput",
    "Container",
    "ContainerCommonPrefix",
    "ContainerContent",
    "DescribeStreamOutput",
    "GetContainerContentsOutput",
    "GetContainersOutput",
    "GetItemOutput",
    "GetItemsOutput",
    "GetRecordsOutput",
    "GetRecordsResult",
    "PutRecordsOutput",
    "PutRecordsResult",
    "SeekShardOutput",
]
