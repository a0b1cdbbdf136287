"""Calls of containers and folders. Pure."""

from __future__ import annotations

from typing import Final

from catchment_api.v3io.api.cluster import get_cluster_metadata
from catchment_api.v3io.api.containers import head_container, list_containers, list_directory

from catchment.core.wire import Request
from catchment.v3io.calls.plan import Planned, function_headers
from catchment.v3io.items import read_cluster_metadata
from catchment.v3io.listings import read_containers, read_listing
from catchment.v3io.outputs import ClusterMetadataOutput, GetContainerContentsOutput, GetContainersOutput
from catchment.v3io.paths import container_target, listing_target

_CLUSTER: Final = function_headers("GetClusterMD")


def containers() -> Planned[GetContainersOutput]:
    """List the containers that may be accessed."""
    return Planned(Request(list_containers.OP, "/"), read_containers)


def listing(
    container: str,
    path: str,
    get_all_attributes: bool | None = None,
    directories_only: bool | None = None,
    limit: int | None = None,
    marker: str | None = None,
) -> Planned[GetContainerContentsOutput]:
    """List a page of a folder."""
    target = listing_target(
        container,
        path,
        get_all_attributes=get_all_attributes,
        directories_only=directories_only,
        limit=limit,
        marker=marker,
    )
    return Planned(Request(list_directory.OP, target), read_listing)


def container_head(container: str) -> Planned[None]:
    """Ask whether a container is there and may be read."""
    return Planned(Request(head_container.OP, container_target(container)))


def cluster(container: str) -> Planned[ClusterMetadataOutput]:
    """Ask for facts of the cluster."""
    target = f"{container_target(container)}/"
    return Planned(Request(get_cluster_metadata.OP, target, constant=_CLUSTER), read_cluster_metadata)
