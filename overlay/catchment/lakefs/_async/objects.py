"""Objects: what a listing says of them, and handles to read, write, copy and delete them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal, Self, overload

from catchment_api.lakefs import api, models

from catchment.core._async.gathering import gather
from catchment.core._async.waiting import demand
from catchment.core.errors import NotFoundError
from catchment.core.sources import AsyncUploadData, Source
from catchment.lakefs._async import client as clients
from catchment.lakefs._async.files import BytesReader, BytesWriter, TextReader, TextWriter, new_reader, new_writer
from catchment.lakefs._async.presence import is_there
from catchment.lakefs._async.ranges import ObjectRanges
from catchment.lakefs._async.uploads import Upload, upload
from catchment.lakefs.metadata import check_user_metadata
from catchment.lakefs.models import instant
from catchment.lakefs.modes import READ_MODES, WRITE_MODES, ReadModes, WriteModes, check_mode
from catchment.lakefs.names import check_branch, check_path, check_ref, check_repository, in_path

if TYPE_CHECKING:
    from catchment.core.progress import ProgressLike
    from catchment.lakefs._async.client import Client


@dataclass(frozen=True, slots=True)
class Place:
    """Where objects are listed: one value shared by a whole page."""

    client: Client | None
    repository: str
    ref: str

    @property
    def ready(self) -> Client:
        """The client to ask: the given one, or the default made on first use."""
        return self.client or clients.default_client()


class ObjectInfo:
    """
    One object as a listing or a stat found it: its facts are attributes, and it can be read and deleted.

    Made from ids it knows its path only; the rest is fetched with `stat()`.

    Args:
        repository_id: Repository.
        reference_id: Branch, tag or commit.
        path: Object path.
        client: Client to ask; the default one if left out.
    """

    __slots__ = ("_path", "_place", "_stats")

    def __init__(self, repository_id: str, reference_id: str, path: str, client: Client | None = None) -> None:
        self._place = Place(client, check_repository(repository_id), check_ref(reference_id))
        self._path = check_path(path)
        self._stats: models.ObjectStats | None = None

    @classmethod
    def of_stats(cls, stats: models.ObjectStats, place: Place) -> Self:
        """Make it of what the server said."""
        self = cls.__new__(cls)
        self._place = place
        self._path = stats.path
        self._stats = stats
        return self

    def __repr__(self) -> str:
        size = "" if self._stats is None else f" {self._stats.size_bytes} bytes"
        return f"<ObjectInfo lakefs://{self.repo}/{self.ref}/{self._path}{size}>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ObjectInfo):
            return NotImplemented
        return (self.repo, self.ref, self._path, self._stats) == (other.repo, other.ref, other._path, other._stats)

    def __hash__(self) -> int:
        return hash((self.repo, self.ref, self._path))

    @property
    def repo(self) -> str:
        """Repository id."""
        return self._place.repository

    @property
    def ref(self) -> str:
        """Branch, tag or commit that it was found on."""
        return self._place.ref

    @property
    def path(self) -> str:
        """Object path."""
        return self._path

    @property
    def physical_address(self) -> str:
        """Where the bytes lie: a URI of the object store, or a presigned URL where one was asked for."""
        return self._known().physical_address

    @property
    def physical_address_expiry(self) -> int | None:
        """End of a presigned URL's life in unix seconds, where there is one."""
        return self._known().physical_address_expiry

    @property
    def checksum(self) -> str:
        """The store's ETag; a hex MD5 of the content only for objects uploaded in one piece."""
        return self._known().checksum

    @property
    def mtime(self) -> int:
        """When it was last written, in unix seconds."""
        return self._known().mtime

    @property
    def modified_time(self) -> datetime:
        """When it was last written: aware, UTC."""
        return instant(self._known().mtime)

    @property
    def size_bytes(self) -> int | None:
        """Size in bytes."""
        return self._known().size_bytes

    @property
    def content_type(self) -> str | None:
        """Media type as it was stored."""
        return self._known().content_type

    @property
    def metadata(self) -> dict[str, str]:
        """User metadata; empty where the listing was told to leave it out."""
        return self._known().metadata or {}

    def to_dict(self) -> dict[str, object]:
        """Return the facts as a plain mapping."""
        return {"path": self._path, **({} if self._stats is None else self._stats.to_dict())}

    async def stat(self) -> Self:
        """
        Fetch the facts anew.

        Raises:
            ObjectNotFoundException: It is not there any more.

        Wire: statObject · specs/lakefs.yaml
        """
        self._stats = await _stat(self._place, self._path)
        return self

    load = stat

    async def download(self) -> bytes:
        """Return the whole content; it must fit into memory."""
        return await ObjectRanges(self._place.ready, self.repo, in_path(self.ref), self._path, None).read_all()

    async def delete(self) -> None:
        """
        Delete the object from its branch; deleting twice is fine.

        Wire: deleteObject · specs/lakefs.yaml
        """
        await WriteableObject(self.repo, self.ref, self._path, self._place.client).delete()

    def _known(self) -> models.ObjectStats:
        if self._stats is None:
            demand(self.stat, f"what {self._path!r} is")
        if self._stats is None:
            raise NotFoundError(f"nothing is known of {self._path!r}")
        return self._stats


class CommonPrefix:
    """
    What stands for all objects below a prefix in a listing with a delimiter.

    Args:
        repository_id: Repository.
        reference_id: Branch, tag or commit.
        path: Prefix, ending in the delimiter.
        client: Client to ask; the default one if left out.
    """

    __slots__ = ("_path", "_place")

    def __init__(self, repository_id: str, reference_id: str, path: str, client: Client | None = None) -> None:
        self._place = Place(client, check_repository(repository_id), check_ref(reference_id))
        self._path = check_path(path)

    @classmethod
    def of_path(cls, path: str, place: Place) -> Self:
        """Make it of what the server said."""
        self = cls.__new__(cls)
        self._place = place
        self._path = path
        return self

    def __repr__(self) -> str:
        return f"<CommonPrefix lakefs://{self._place.repository}/{self._place.ref}/{self._path}>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, CommonPrefix):
            return NotImplemented
        return self.to_dict() == other.to_dict()

    def __hash__(self) -> int:
        return hash((self._place.repository, self._place.ref, self._path))

    @property
    def path(self) -> str:
        """The prefix."""
        return self._path

    def to_dict(self) -> dict[str, object]:
        """Return the facts as a plain mapping."""
        return {"path": self._path, "path_type": "common_prefix"}

    async def exists(self) -> bool:
        """
        Say whether any object is below the prefix now.

        Wire: listObjects · specs/lakefs.yaml
        """
        page = await api.objects.list_objects.asyncio(
            self._place.repository,
            in_path(self._place.ref),
            client=self._place.ready.api,
            prefix=self._path,
            amount=1,
            user_metadata=False,
        )
        return bool(page.results)


class StoredObject:
    """
    A handle to an object on any reference; making it sends nothing.

    Args:
        repository_id: Repository.
        reference_id: Branch, tag or commit.
        path: Object path.
        client: Client to ask; the default one if left out.
    """

    def __init__(self, repository_id: str, reference_id: str, path: str, client: Client | None = None) -> None:
        self._place = Place(client, check_repository(repository_id), check_ref(reference_id))
        self._path = check_path(path)
        self._stats: models.ObjectStats | None = None

    def __str__(self) -> str:
        return self._path

    def __repr__(self) -> str:
        return f"<{type(self).__name__} lakefs://{self.repo}/{self.ref}/{self._path}>"

    @property
    def repo(self) -> str:
        """Repository id."""
        return self._place.repository

    @property
    def ref(self) -> str:
        """Branch, tag or commit."""
        return self._place.ref

    @property
    def path(self) -> str:
        """Object path."""
        return self._path

    @overload
    def reader(self, mode: Literal["r"], pre_sign: bool | None = None) -> TextReader: ...
    @overload
    def reader(self, mode: Literal["rb"] = "rb", pre_sign: bool | None = None) -> BytesReader: ...
    def reader(self, mode: ReadModes = "rb", pre_sign: bool | None = None) -> TextReader | BytesReader:
        """
        Open for reading; nothing is sent before the first read, and small objects take one request.

        Args:
            mode: `"rb"` for bytes, `"r"` for UTF-8 text.
            pre_sign: Read from a presigned URL; `None` as the server's configuration says.

        Wire: getObject · specs/lakefs.yaml
        """
        check_mode(mode, READ_MODES)
        ranges = ObjectRanges(self._place.ready, self.repo, in_path(self.ref), self._path, pre_sign)
        return new_reader(ranges, self._path, mode)

    async def stat(self, pre_sign: bool | None = None) -> ObjectInfo:
        """
        Return the object's facts, asked for once; with `pre_sign` anew each time, because URLs age.

        Raises:
            ObjectNotFoundException: No such object.

        Wire: statObject · specs/lakefs.yaml
        """
        if pre_sign or self._stats is None:
            stats = await _stat(self._place, self._path, presign=pre_sign)
            if pre_sign:
                return ObjectInfo.of_stats(stats, self._place)
            self._stats = stats
        return ObjectInfo.of_stats(self._stats, self._place)

    async def exists(self) -> bool:
        """
        Say whether the object is there now.

        Wire: headObject · specs/lakefs.yaml
        """
        return await is_there(self._place.ready, self.repo, in_path(self.ref), self._path)

    async def copy(
        self, destination_branch_id: str, destination_path: str, *, force: bool | None = None
    ) -> WriteableObject:
        """
        Copy within the repository, in the store; no bytes pass through here.

        Args:
            destination_branch_id: Branch to write to.
            destination_path: Path there; replaced if it exists.
            force: Write although the repository is read-only.

        Wire: copyObject · specs/lakefs.yaml
        """
        copy = WriteableObject(self.repo, destination_branch_id, destination_path, self._place.client)
        copy._stats = await api.objects.copy_object.asyncio(  # noqa: SLF001 - a class of its own kind
            self.repo,
            destination_branch_id,
            client=self._place.ready.api,
            dest_path=destination_path,
            body=models.ObjectCopyCreation(src_path=self._path, src_ref=self.ref, force=force),
        )
        return copy

    async def storage_id(self) -> str:
        """Return which of the server's stores holds the repository; empty on a server with one."""
        client = self._place.ready
        return await client.facts.storage_id(client.api, self.repo)


class WriteableObject(StoredObject):
    """A handle to an object on a branch; making it sends nothing."""

    def __init__(self, repository_id: str, reference_id: str, path: str, client: Client | None = None) -> None:
        super().__init__(repository_id, check_branch(reference_id), path, client)

    async def upload(
        self,
        data: AsyncUploadData,
        mode: WriteModes = "w",
        pre_sign: bool | None = None,
        content_type: str | None = None,
        metadata: Mapping[str, str] | None = None,
        *,
        force: bool | None = None,
        progress: ProgressLike = None,
    ) -> Self:
        """
        Write the object; when this returns, every reader of the branch sees it.

        Args:
            data: Bytes, text (stored as UTF-8), a path to a local file, an open file, or an iterable of byte pieces.
                What can be read once only is put into a temporary file first, so that it can be sent again.
            mode: `w` or `wb` creates or replaces, `x` or `xb` creates only.
            pre_sign: Past the server or through it; `None` as the server's configuration says.
            content_type: Media type; `application/octet-stream` if left out.
            metadata: User metadata. Keys are lower-cased; values must be latin-1.
            force: Write although the repository is read-only.
            progress: `True`, or called with (done, total) bytes.

        Raises:
            ObjectExistsException: Create-only mode, and the path exists.
            UnsafeInputError: Data or metadata that would not arrive as they are; nothing was sent.
            OSError: A local file cannot be read; nothing was sent.

        Wire: uploadObject, or getPhysicalAddress and linkPhysicalAddress around a PUT to the store · specs/lakefs.yaml
        """
        check_mode(mode, WRITE_MODES)
        what = Upload(
            self.repo,
            self.ref,
            self._path,
            content_type=content_type,
            metadata=dict(metadata or {}),
            create="x" in mode,
            force=force,
            pre_sign=pre_sign,
        )
        source = await gather(data)
        try:
            self._stats = await upload(self._place.ready, what, source, progress)
        finally:
            source.close()
        return self

    @overload
    def writer(
        self,
        mode: Literal["w", "x"],
        pre_sign: bool | None = None,
        content_type: str | None = None,
        metadata: Mapping[str, str] | None = None,
        *,
        encoding: str | None = None,
    ) -> TextWriter: ...
    @overload
    def writer(
        self,
        mode: Literal["wb", "xb"] = "wb",
        pre_sign: bool | None = None,
        content_type: str | None = None,
        metadata: Mapping[str, str] | None = None,
        *,
        encoding: str | None = None,
    ) -> BytesWriter: ...
    def writer(
        self,
        mode: WriteModes = "wb",
        pre_sign: bool | None = None,
        content_type: str | None = None,
        metadata: Mapping[str, str] | None = None,
        *,
        encoding: str | None = None,
    ) -> TextWriter | BytesWriter:
        """
        Open for writing; the object appears when the file is closed, and not at all if its block fails.

        Arguments as in `upload`; `encoding` is for text modes, UTF-8 if left out.
        """
        check_mode(mode, WRITE_MODES)

        async def commit(
            source: Source, pre_sign: bool | None, content_type: str | None, metadata: Mapping[str, str]
        ) -> None:
            what = Upload(
                self.repo,
                self.ref,
                self._path,
                content_type=content_type,
                metadata=dict(metadata),
                create="x" in mode,
                pre_sign=pre_sign,
            )
            self._stats = await upload(self._place.ready, what, source)

        return new_writer(
            commit,
            self._path,
            mode,
            pre_sign=pre_sign,
            content_type=content_type,
            metadata=check_user_metadata(metadata),
            encoding=encoding,
        )

    async def delete(self, *, force: bool | None = None) -> None:
        """
        Delete the object; deleting twice is fine.

        Args:
            force: Delete although the repository is read-only.

        Wire: deleteObject · specs/lakefs.yaml
        """
        self._stats = None
        await api.objects.delete_object.asyncio(
            self.repo, self.ref, client=self._place.ready.api, path=self._path, force=force
        )

    async def set_metadata(self, metadata: Mapping[str, str]) -> None:
        """
        Replace the whole user metadata; the content stays.

        Wire: updateObjectUserMetadata · specs/lakefs.yaml
        """
        self._stats = None
        await api.objects.update_object_user_metadata.asyncio(
            self.repo,
            self.ref,
            client=self._place.ready.api,
            path=self._path,
            body=models.UpdateObjectUserMetadata(set_=check_user_metadata(metadata)),
        )


async def _stat(place: Place, path: str, *, presign: bool | None = None) -> models.ObjectStats:
    return await api.objects.stat_object.asyncio(
        place.repository, in_path(place.ref), client=place.ready.api, path=path, presign=presign
    )
