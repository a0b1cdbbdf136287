"""Writing of objects, shared by branches and transactions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Literal, TypeAlias, overload

from catchment_api.lakefs import api, models

from catchment.core._async.pages import AsyncPages
from catchment.core.errors import BulkError, UnsafeInputError
from catchment.core.failures import Told
from catchment.core.paging import Page
from catchment.core.sources import AsyncUploadData
from catchment.core.wire import RawResponse, Request
from catchment.lakefs._async.files import BytesReader, BytesWriter, TextReader, TextWriter
from catchment.lakefs._async.imports import ImportManager
from catchment.lakefs._async.objects import ObjectInfo, StoredObject, WriteableObject
from catchment.lakefs._async.reference import ReadIOBase, RefLike, changes, path_of, ref_id
from catchment.lakefs.exceptions import DIALECT
from catchment.lakefs.models import Change
from catchment.lakefs.modes import READ_MODES, WRITE_MODES, OpenModes, check_mode
from catchment.lakefs.names import check_path

if TYPE_CHECKING:
    from catchment.core.progress import ProgressLike

SLICE = 1000
"""Paths that one bulk deletion takes; the server refuses more."""

PathLike: TypeAlias = "str | StoredObject | ObjectInfo"


class WriteIOBase(ReadIOBase):
    """Writing of objects, and what can be done to uncommitted changes."""

    def object(self, path: str) -> WriteableObject:
        """Return a handle to an object; nothing is sent."""
        return WriteableObject(self.repo_id, self.id, path, self._place.client)

    async def upload(
        self,
        data: AsyncUploadData,
        path: str,
        *,
        mode: Literal["w", "wb", "x", "xb"] = "wb",
        pre_sign: bool | None = None,
        content_type: str | None = None,
        metadata: Mapping[str, str] | None = None,
        force: bool | None = None,
        progress: ProgressLike = None,
    ) -> ObjectInfo:
        """
        Write an object; when this returns, every reader of the branch sees it.

        Args:
            data: Bytes, text (stored as UTF-8), a path to a local file, an open file, or an iterable of byte pieces.
            path: Object path; replaced if it exists, unless `mode` says otherwise.
            mode: `w` or `wb` creates or replaces, `x` or `xb` creates only.
            pre_sign: Past the server or through it; `None` as the server's configuration says.
            content_type: Media type; `application/octet-stream` if left out.
            metadata: User metadata. Keys are lower-cased; values must be latin-1.
            force: Write although the repository is read-only.
            progress: `True`, or called with (done, total) bytes.

        Returns:
            The object's facts.

        Raises:
            ObjectExistsException: Create-only mode, and the path exists.
            UnsafeInputError: Data or metadata that would not arrive as they are; nothing was sent.

        Wire: uploadObject, or getPhysicalAddress and linkPhysicalAddress around a PUT to the store · specs/lakefs.yaml
        """
        written = await self.object(path).upload(
            data, mode, pre_sign, content_type, metadata, force=force, progress=progress
        )
        return await written.stat()

    @overload
    def open(
        self,
        path: str,
        mode: Literal["r"] = "r",
        pre_signed: bool | None = None,
        *,
        encoding: str | None = None,
    ) -> TextReader: ...
    @overload
    def open(
        self, path: str, mode: Literal["rb"], pre_signed: bool | None = None, *, encoding: str | None = None
    ) -> BytesReader: ...
    @overload
    def open(
        self,
        path: str,
        mode: Literal["w", "x"],
        pre_signed: bool | None = None,
        *,
        encoding: str | None = None,
        content_type: str | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> TextWriter: ...
    @overload
    def open(
        self,
        path: str,
        mode: Literal["wb", "xb"],
        pre_signed: bool | None = None,
        *,
        encoding: str | None = None,
        content_type: str | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> BytesWriter: ...
    def open(
        self,
        path: str,
        mode: OpenModes = "r",
        pre_signed: bool | None = None,
        *,
        encoding: str | None = None,
        content_type: str | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> TextReader | BytesReader | TextWriter | BytesWriter:
        """
        Open an object as a file; nothing is sent before the first read, or before a written file is closed.

        Args:
            path: Object path.
            mode: `r` or `rb` to read, `w` or `wb` to create or replace, `x` or `xb` to create only.
            pre_signed: Past the server or through it; `None` as the server's configuration says.
            encoding: Of text; UTF-8 if left out.
            content_type: Media type of what is written.
            metadata: User metadata of what is written.

        Raises:
            UnsafeInputError: Another mode; also a `ValueError`.

        Wire: getObject; or uploadObject, or getPhysicalAddress and linkPhysicalAddress · specs/lakefs.yaml
        """
        plain = check_mode(mode, (*READ_MODES, *WRITE_MODES))
        if plain in READ_MODES:
            return super().open(path, plain, pre_signed, encoding=encoding)  # type: ignore[call-overload, no-any-return]
        return self.object(path).writer(plain, pre_signed, content_type, metadata, encoding=encoding)  # type: ignore[call-overload, no-any-return]

    async def delete_objects(self, object_paths: PathLike | Iterable[PathLike], *, force: bool | None = None) -> None:
        """
        Delete objects, 1000 a request; missing ones are no error.

        Args:
            object_paths: A path, an object, or an iterable of them, however long.
            force: Delete although the repository is read-only.

        Raises:
            BulkError: Some were refused: `.failed` maps paths to their errors, `.succeeded` has the others.

        Wire: deleteObjects · specs/lakefs.yaml
        """
        failed: dict[str, Exception] = {}
        done: list[str] = []
        for paths in _slices(_paths(object_paths)):
            answer = await api.objects.delete_objects.asyncio(
                self.repo_id,
                self.id,
                client=self._client.api,
                body=models.PathList(paths=list(paths)),
                force=force,
            )
            refused = {error.path or "": _refusal(error) for error in answer.errors}
            failed.update(refused)
            done += [path for path in paths if path not in refused]
        if failed:
            raise BulkError(
                f"{len(failed)} of {len(failed) + len(done)} objects were not deleted",
                failed,
                done,
                service="lakefs",
                operation="deleteObjects",
            )

    async def copy_object(
        self, from_reference: RefLike, from_path: str, to_path: str | None = None, *, force: bool | None = None
    ) -> ObjectInfo:
        """
        Copy an object of this repository to this branch, in the store; no bytes pass through here.

        Args:
            from_reference: Where it is.
            from_path: Its path there.
            to_path: Path here; the same if left out.
            force: Write although the repository is read-only.

        Wire: copyObject · specs/lakefs.yaml
        """
        source = StoredObject(self.repo_id, ref_id(from_reference), from_path, self._place.client)
        copy = await source.copy(self.id, to_path or from_path, force=force)
        return await copy.stat()

    def import_from(
        self,
        object_store_uri: str,
        destination: str = "",
        commit_message: str = "",
        metadata: Mapping[str, str] | None = None,
    ) -> ImportManager:
        """
        Prepare an import of everything under a URI; nothing is sent before `start` or `run`.

        What is on the branch under `destination` already is replaced.

        Args:
            object_store_uri: URI prefix in the server's own object store.
            destination: Path prefix on the branch; empty for the whole branch.
            commit_message: Of the commit that the server makes.
            metadata: Of that commit.
        """
        return self.import_data(commit_message, metadata).prefix(object_store_uri, destination)

    def import_data(self, commit_message: str = "", metadata: Mapping[str, str] | None = None) -> ImportManager:
        """Prepare an import of several sources: add them with `.prefix` and `.object`, then `run` it."""
        return ImportManager(
            self.repo_id, self.id, self._place.client, commit_message=commit_message, commit_metadata=metadata
        )

    def list_uncommitted(self, max_amount: int | None = None, after: str = "", prefix: str = "") -> AsyncPages[Change]:
        """List uncommitted changes, in byte order of their paths; as `uncommitted`."""
        return self.uncommitted(max_amount, after, prefix)

    def uncommitted(
        self,
        max_amount: int | None = None,
        after: str | None = None,
        prefix: str | None = None,
        delimiter: str | None = None,
        *,
        amount: int | None = None,
    ) -> AsyncPages[Change]:
        """
        List uncommitted changes, in byte order of their paths.

        Args:
            max_amount: How many at most; all if left out.
            after: Only paths behind this one.
            prefix: Only paths that start with this text.
            delimiter: Group changes below prefixes.
            amount: Items to ask for at once, 1 to 1000 (the default).

        Wire: diffBranch · specs/lakefs.yaml
        """

        def build(cursor: str, amount: int) -> Request:
            return api.branches.diff_branch.build_request(
                self.repo_id,
                self.id,
                after=cursor or None,
                amount=amount,
                prefix=prefix or None,
                delimiter=delimiter or None,
            )

        def read(response: RawResponse) -> Page[Change]:
            return changes(api.branches.diff_branch.parse_response(response))

        return AsyncPages(
            lambda: self._client.api, build, read, key=path_of, after=after or "", limit=max_amount, page_size=amount
        )

    async def reset_changes(
        self,
        path_type: Literal["reset", "object", "common_prefix"] = "reset",
        path: str | None = None,
        *,
        force: bool | None = None,
    ) -> None:
        """
        Drop uncommitted changes: all of them, those of one object, or those under a prefix.

        Args:
            path_type: `"reset"` for all; `"object"` or `"common_prefix"` for those at `path`.
            path: Object path or prefix; needed unless all are dropped, and refused if they are.
            force: Reset although the repository is read-only.

        Wire: resetBranch · specs/lakefs.yaml
        """
        if path_type not in ("reset", "object", "common_prefix"):
            raise UnsafeInputError(f"path_type {path_type!r} is none of 'reset', 'object', 'common_prefix'")
        if (path is None) != (path_type == "reset"):
            raise UnsafeInputError(
                "a path goes with path_type 'object' or 'common_prefix', and only with them; "
                f"path_type {path_type!r} with path {path!r} would drop something else than was meant"
            )
        await api.branches.reset_branch.asyncio(
            self.repo_id,
            self.id,
            client=self._client.api,
            body=models.ResetCreation(type_=path_type, path=path, force=force),
        )

    async def reset(self, path: str | None = None) -> None:
        """Drop all uncommitted changes, those of one object, or, for a path that ends in `/`, those below it."""
        if path is None:
            await self.reset_changes()
        else:
            await self.reset_changes("common_prefix" if check_path(path).endswith("/") else "object", path)


def _paths(object_paths: PathLike | Iterable[PathLike]) -> Iterator[str]:
    if isinstance(object_paths, (str, StoredObject, ObjectInfo)):
        object_paths = (object_paths,)
    for item in object_paths:
        if not isinstance(item, (str, StoredObject, ObjectInfo)):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise UnsafeInputError(f"a {type(item).__name__} is no object path")
        yield check_path(item if isinstance(item, str) else item.path)


def _refusal(error: models.ObjectError) -> Exception:
    """Make what the same refusal would be if the object had been deleted alone."""
    cls = DIALECT.leaf(api.objects.delete_object.OP, error.status_code, Told(error.message))
    return cls(error.message, service="lakefs", operation="deleteObjects", status=error.status_code)


def _slices(paths: Iterator[str]) -> Iterator[list[str]]:
    while piece := list(islice(paths, SLICE)):
        yield piece
