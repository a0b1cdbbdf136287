"""What is made of many calls of folders: all entries, and deleting a whole tree."""

from __future__ import annotations

from catchment.core._async.pages import AsyncPages
from catchment.core.secret import Secret
from catchment.v3io._async import trees
from catchment.v3io._async.client_core import AsyncClientCore
from catchment.v3io._async.container_calls import AsyncContainerCalls
from catchment.v3io._async.scanning import Entry, entries
from catchment.v3io.bulk import DeletedTree


class AsyncContainerWalks(AsyncContainerCalls):
    """Folders as a whole."""

    __slots__ = ()

    _client: AsyncClientCore

    def entries(
        self,
        container: str,
        path: str = "",
        *,
        get_all_attributes: bool | None = None,
        directories_only: bool | None = None,
        limit: int | None = None,
        after: str | None = None,
        page_size: int | None = None,
        access_key: str | Secret | None = None,
    ) -> AsyncPages[Entry]:
        """
        Return the files and folders of a folder, in byte order of their paths; fetched as they are asked for.

        Files are `ContainerContent`, folders `ContainerCommonPrefix`. One page is in memory, the next one under way.

        Args:
            container: Its name, or its number.
            path: Folder; empty for the container's root.
            get_all_attributes: Times, modes, owners and inodes too.
            directories_only: No files.
            limit: Entries in all; every one if left out.
            after: Only what comes behind this path: `cursor` of an earlier listing goes on where that stood.
            page_size: Entries to ask for at once, 1 to 1000 (the default).
            access_key: For these calls, in place of the client's.

        Raises:
            ResourceNotFoundError: There is no such folder; when the first entry is asked for.

        Wire: listDirectory · specs/v3io.yaml
        """
        return entries(
            lambda: self._client.api_for(access_key),
            container,
            path,
            get_all_attributes=get_all_attributes,
            directories_only=directories_only,
            limit=limit,
            after=after,
            page_size=page_size,
        )

    async def delete_tree(
        self,
        container: str,
        path: str,
        *,
        whole_container: bool = False,
        access_key: str | Secret | None = None,
    ) -> DeletedTree:
        """
        Delete a folder with all that is in it: objects, items, streams, further folders.

        Not atomic: what is written meanwhile may stay. What cannot be deleted stays, and everything else goes.

        Args:
            container: Its name, or its number.
            path: Folder.
            whole_container: Allows the container's root, all of whose contents go then.
            access_key: For these calls, in place of the client's.

        Returns:
            How many files and folders were deleted.

        Raises:
            ResourceNotFoundError: There is no such folder.
            DeleteTreeError: Some could not be deleted: `.failed` maps paths to errors, `.deleted` counts the rest.
            UnsafeInputError: The path is the container's root, and that was not allowed.

        Wire: listDirectory, deleteObject · specs/v3io.yaml
        """
        return await trees.delete_tree(
            lambda: self._client.api_for(access_key), container, path, whole_container=whole_container
        )
