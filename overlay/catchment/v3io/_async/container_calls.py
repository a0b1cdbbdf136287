"""Calls of containers and folders, one request each."""

from __future__ import annotations

from catchment.core.secret import Secret
from catchment.v3io._async.base import AsyncCalls
from catchment.v3io.calls import containers
from catchment.v3io.outputs import GetContainerContentsOutput
from catchment.v3io.response import RaiseForStatusTypes, Response


class AsyncContainerCalls(AsyncCalls):
    """Containers and their folders."""

    __slots__ = ()

    async def list(
        self,
        container: str,
        path: str,
        access_key: str | Secret | None = None,
        raise_for_status: RaiseForStatusTypes = None,
        transport_actions: int | None = None,
        get_all_attributes: bool | None = None,
        directories_only: bool | None = None,
        limit: int | None = None,
        marker: str | None = None,
    ) -> Response[GetContainerContentsOutput]:
        """
        List one page of a folder; go on with `marker=output.next_marker` while `output.is_truncated` is `"true"`.

        Args:
            container: Its name, or its number.
            path: Folder; empty or `/` for all of the container.
            access_key: For this call, in place of the client's.
            raise_for_status: Which answers are raised; see `RaiseForStatus`.
            transport_actions: How far to go before returning; see `TransportActions`.
            get_all_attributes: Times, modes, owners and inode numbers too.
            directories_only: No files.
            limit: Entries of the page; 1000 by default, 0 only asks whether the folder is there.
            marker: Start behind this entry.

        Raises:
            ResourceNotFoundError: There is no such folder.

        Wire: listDirectory · specs/v3io.yaml
        """
        plan = containers.listing(container, path, get_all_attributes, directories_only, limit, marker)
        return await self._carrier.perform(plan, access_key, raise_for_status, transport_actions)

    async def head(
        self,
        container: str,
        access_key: str | Secret | None = None,
        raise_for_status: RaiseForStatusTypes = None,
        transport_actions: int | None = None,
    ) -> Response[None]:
        """
        Ask whether a container is there and may be read.

        Args:
            container: Its name, or its number.
            access_key: For this call, in place of the client's.
            raise_for_status: Which answers are raised; see `RaiseForStatus`.
            transport_actions: How far to go before returning; see `TransportActions`.

        Raises:
            ResourceNotFoundError: There is no such container.

        Wire: headContainer · specs/v3io.yaml
        """
        return await self._carrier.perform(
            containers.container_head(container), access_key, raise_for_status, transport_actions
        )
