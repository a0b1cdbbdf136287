"""Deleting a folder with all that is in it, which the platform itself does not offer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from catchment.core.errors import NotFoundError, UnsafeInputError
from catchment.v3io._async.scanning import Entry, entries, path_of
from catchment.v3io._async.sent import AsyncApi, send_many
from catchment.v3io.bulk import DeletedTree, DeleteTreeError
from catchment.v3io.calls import objects
from catchment.v3io.outputs import ContainerCommonPrefix
from catchment.v3io.paths import object_target


async def delete_tree(api: AsyncApi, container: str, path: str, *, whole_container: bool) -> DeletedTree:
    """Delete a folder with all that is in it; `AsyncContainers.delete_tree` explains it."""
    top = "/".join(name for name in path.split("/") if name)
    if not top and not whole_container:
        raise UnsafeInputError(
            f"path {path!r} is all of container {container!r}", hint="if everything is to go, say whole_container=True"
        )
    walk = _Walk(api, container)
    await walk.empty(top)
    if top:
        await walk.delete([(f"{top}/", True)])
    if walk.failed:
        error = DeleteTreeError(
            f"{len(walk.failed)} paths below {path!r} were not deleted, and "
            f"{walk.done.files + walk.done.directories} were",
            walk.failed,
            service="v3io",
            operation="deleteObject",
        )
        error.deleted = walk.done
        raise error
    return walk.done


@dataclass(slots=True)
class _Walk:
    """Goes down, deleting files as they are listed, and up again, deleting the folders that are empty then."""

    api: AsyncApi
    container: str
    done: DeletedTree = field(default_factory=DeletedTree)
    failed: dict[str, Exception] = field(default_factory=dict[str, Exception])

    async def empty(self, top: str) -> None:
        """Delete what is in a folder."""
        stack: list[tuple[str, bool]] = [(top, False)]
        while stack:
            path, emptied = stack.pop()
            if emptied:
                await self.delete([(f"{path}/", True)])
                continue
            if path != top:
                stack.append((path, True))
            try:
                stack += [(folder, False) for folder in await self._delete_files(path)]
            except NotFoundError:
                if path == top:
                    raise

    async def _delete_files(self, path: str) -> list[str]:
        folders: list[str] = []
        async for page in entries(self.api, self.container, path).by_page():
            folders += [path_of(entry) for entry in page if isinstance(entry, ContainerCommonPrefix)]
            await self.delete([(path_of(entry), False) for entry in page if not _is_folder(entry)])
        return folders

    async def delete(self, paths: Sequence[tuple[str, bool]]) -> None:
        """Delete files, or empty folders; what has gone meanwhile is deleted, too."""
        plans = [objects.delete(object_target(self.container, path)) for path, _ in paths]
        for (path, folder), error in zip(paths, await send_many(self.api(), plans), strict=True):
            if error is None or isinstance(error, NotFoundError):
                self.done.directories += folder
                self.done.files += not folder
            elif not (folder and self._is_explained(path)):
                self.failed[path] = error

    def _is_explained(self, folder: str) -> bool:
        """Say whether something in a folder could not be deleted, so that neither could the folder."""
        return any(path.startswith(folder) for path in self.failed)


def _is_folder(entry: Entry) -> bool:
    return isinstance(entry, ContainerCommonPrefix)
