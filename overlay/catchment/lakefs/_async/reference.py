"""References: reading, history, comparison; commits and tags."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Literal, Self, TypeAlias, overload

from catchment_api.lakefs import api, models

from catchment.core._async.doubt import settle
from catchment.core._async.pages import AsyncPages
from catchment.core.errors import ConflictError, NotFoundError, OutcomeUnknownError, UnsafeInputError
from catchment.core.paging import Page
from catchment.core.wire import RawResponse, Request
from catchment.lakefs._async.committed import find_merge, head_of
from catchment.lakefs._async.files import BytesReader, TextReader, new_reader
from catchment.lakefs._async.objects import CommonPrefix, ObjectInfo, Place, StoredObject
from catchment.lakefs._async.ranges import ObjectRanges
from catchment.lakefs.models import Change, MergeBase, instant
from catchment.lakefs.modes import READ_MODES, ReadModes, check_mode
from catchment.lakefs.names import check_branch, check_path, check_ref, check_repository, check_tag, in_path

if TYPE_CHECKING:
    import os

    from catchment.lakefs._async.client import Client

RefLike: TypeAlias = "str | Reference"
"""A reference: its expression, or any object that stands for one."""

MergeStrategy: TypeAlias = Literal["source-wins", "dest-wins"]


def ref_id(ref: RefLike) -> str:
    """Return the expression that names a reference."""
    return check_ref(ref.id if isinstance(ref, ReadIOBase) else ref)


class ReadIOBase:
    """Reading of objects, shared by branches, tags, commits and transactions."""

    _place: Place

    @property
    def repo_id(self) -> str:
        """Repository id."""
        return self._place.repository

    @property
    def id(self) -> str:
        """The reference's expression: a branch or tag id, or a commit id."""
        return self._place.ref

    def __str__(self) -> str:
        return self.id

    def __repr__(self) -> str:
        return f"<{type(self).__name__} lakefs://{self.repo_id}/{self.id}>"

    @property
    def _client(self) -> Client:
        return self._place.ready

    @property
    def _wire_id(self) -> str:
        return in_path(self.id)

    async def download(self, path: str, *, pre_sign: bool | None = None) -> bytes:
        """
        Return an object's whole content; it must fit into memory.

        Raises:
            ObjectNotFoundException: No such object.

        Wire: getObject · specs/lakefs.yaml
        """
        return await ObjectRanges(self._client, self.repo_id, self._wire_id, check_path(path), pre_sign).read_all()

    async def download_file(self, path: str, target: str | os.PathLike[str], *, pre_sign: bool | None = None) -> int:
        """
        Download an object into a local file, holding a few windows of it at most.

        The file appears under its name when it is complete; until then, and if anything fails, an older one stays.

        Args:
            path: Object path.
            target: Local file; its folder must exist.
            pre_sign: Read from a presigned URL; `None` as the server's configuration says.

        Returns:
            Bytes written.

        Raises:
            ObjectNotFoundException: No such object.
            OSError: The local file cannot be written.

        Wire: getObject · specs/lakefs.yaml
        """
        from catchment.core.targets import LocalTarget

        ranges = ObjectRanges(self._client, self.repo_id, self._wire_id, check_path(path), pre_sign)
        with LocalTarget(target) as file:
            async for piece in ranges.pieces():
                file.write(piece)
            return file.complete()

    @overload
    def open(
        self, path: str, mode: Literal["r"] = "r", pre_signed: bool | None = None, *, encoding: str | None = None
    ) -> TextReader: ...
    @overload
    def open(
        self, path: str, mode: Literal["rb"], pre_signed: bool | None = None, *, encoding: str | None = None
    ) -> BytesReader: ...
    def open(
        self, path: str, mode: ReadModes = "r", pre_signed: bool | None = None, *, encoding: str | None = None
    ) -> TextReader | BytesReader:
        """
        Open an object for reading; nothing is sent before the first read.

        Args:
            path: Object path.
            mode: `"r"` for text, `"rb"` for bytes.
            pre_signed: Read from a presigned URL; `None` as the server's configuration says.
            encoding: Of text; UTF-8 if left out.

        Wire: getObject · specs/lakefs.yaml
        """
        mode = check_mode(mode, READ_MODES)  # type: ignore[assignment]
        ranges = ObjectRanges(self._client, self.repo_id, self._wire_id, check_path(path), pre_signed)
        return new_reader(ranges, path, mode, encoding)

    async def stat_object(self, path: str) -> ObjectInfo:
        """
        Return an object's facts.

        Raises:
            ObjectNotFoundException: No such object.

        Wire: statObject · specs/lakefs.yaml
        """
        return await StoredObject(self.repo_id, self.id, path, self._place.client).stat()

    def object(self, path: str) -> StoredObject:
        """Return a handle to an object; nothing is sent."""
        return StoredObject(self.repo_id, self.id, path, self._place.client)

    def list_objects(
        self, max_amount: int | None = None, after: str = "", prefix: str = "", delimiter: str = "/"
    ) -> AsyncPages[ObjectInfo | CommonPrefix]:
        """
        List one level of objects and prefixes, in byte order of their paths.

        As `objects`, but grouped by `/` unless told otherwise.
        """
        return self.objects(max_amount, after, prefix, delimiter)

    def objects(
        self,
        max_amount: int | None = None,
        after: str | None = None,
        prefix: str | None = None,
        delimiter: str | None = None,
        *,
        user_metadata: bool | None = None,
        presign: bool | None = None,
        amount: int | None = None,
    ) -> AsyncPages[ObjectInfo | CommonPrefix]:
        """
        List objects, in byte order of their paths, 1000 a request.

        Args:
            max_amount: How many at most; all if left out.
            after: Only paths behind this one, which need not exist.
            prefix: Only paths that start with this text; `"foo"` also matches `"foobar"`.
            delimiter: Group what has it behind the prefix into `CommonPrefix` entries; no grouping if left out.
            user_metadata: `False` leaves user metadata out and makes answers smaller.
            presign: Put presigned URLs into `physical_address`.
            amount: Items to ask for at once, 1 to 1000 (the default).

        Wire: listObjects · specs/lakefs.yaml
        """
        place = self._place

        def build(cursor: str, amount: int) -> Request:
            return api.objects.list_objects.build_request(
                self.repo_id,
                self._wire_id,
                prefix=prefix or None,
                after=cursor or None,
                amount=amount,
                delimiter=delimiter or None,
                user_metadata=user_metadata,
                presign=presign,
            )

        def read(response: RawResponse) -> Page[ObjectInfo | CommonPrefix]:
            page = api.objects.list_objects.parse_response(response)
            items = [
                ObjectInfo.of_stats(stats, place)
                if stats.path_type == "object"
                else CommonPrefix.of_path(stats.path, place)
                for stats in page.results
            ]
            return Page(items, page.pagination.next_offset, page.pagination.has_more)

        return AsyncPages(
            lambda: self._client.api, build, read, key=path_of, after=after or "", limit=max_amount, page_size=amount
        )

    def log(
        self,
        max_amount: int | None = None,
        *,
        after: str | None = None,
        objects: Sequence[str] | None = None,
        prefixes: Sequence[str] | None = None,
        first_parent: bool | None = None,
        since: datetime | None = None,
        stop_at: RefLike | None = None,
        limit: bool | None = None,
        amount: int | None = None,
    ) -> AsyncPages[Commit]:
        """
        List commits, newest first, starting here.

        Args:
            max_amount: How many at most; all if left out.
            after: Only commits behind this commit id, as `cursor` has it.
            objects: Only commits that changed one of these paths.
            prefixes: Only commits that changed a path with one of these prefixes.
            first_parent: Follow the first parent of merges only.
            since: Only commits from this instant on; it needs a time zone.
            stop_at: Last commit to list.
            limit: Stop searching after `max_amount` commits; cheaper together with path filters.
            amount: Items to ask for at once, 1 to 1000 (the default).

        Wire: logCommits · specs/lakefs.yaml
        """
        if since is not None and since.tzinfo is None:
            raise UnsafeInputError("since has no time zone; give an aware instant")
        stop = None if stop_at is None else ref_id(stop_at)

        def build(cursor: str, amount: int) -> Request:
            return api.refs.log_commits.build_request(
                self.repo_id,
                self._wire_id,
                after=cursor or None,
                amount=amount,
                objects=None if objects is None else list(objects),
                prefixes=None if prefixes is None else list(prefixes),
                first_parent=first_parent,
                since=since,
                stop_at=stop,
                limit=limit,
            )

        def read(response: RawResponse) -> Page[Commit]:
            page = api.refs.log_commits.parse_response(response)
            items = [Commit.of_model(commit, self._place) for commit in page.results]
            return Page(items, page.pagination.next_offset, page.pagination.has_more)

        return AsyncPages(
            lambda: self._client.api, build, read, key=ref_id, after=after or "", limit=max_amount, page_size=amount
        )

    def diff(
        self,
        other_ref: RefLike,
        max_amount: int | None = None,
        after: str | None = None,
        prefix: str | None = None,
        delimiter: str | None = None,
        *,
        type: Literal["two_dot", "three_dot"] | None = None,  # noqa: A002 - the wire's and the official package's name
        amount: int | None = None,
    ) -> AsyncPages[Change]:
        """
        List what merging `other_ref` into this reference would change.

        Args:
            other_ref: Reference to compare with; branches count by their committed state.
            max_amount: How many at most; all if left out.
            after: Only paths behind this one.
            prefix: Only paths that start with this text.
            delimiter: Group changes below prefixes.
            type: `"three_dot"` (default) compares with the merge base, and clashes have type `conflict`; `"two_dot"`
                compares the two states directly.
            amount: Items to ask for at once, 1 to 1000 (the default).

        Wire: diffRefs · specs/lakefs.yaml
        """
        right = in_path(ref_id(other_ref))

        def build(cursor: str, amount: int) -> Request:
            return api.refs.diff_refs.build_request(
                self.repo_id,
                self._wire_id,
                right,
                after=cursor or None,
                amount=amount,
                prefix=prefix or None,
                delimiter=delimiter or None,
                type_=type,
            )

        def read(response: RawResponse) -> Page[Change]:
            return changes(api.refs.diff_refs.parse_response(response))

        return AsyncPages(
            lambda: self._client.api, build, read, key=path_of, after=after or "", limit=max_amount, page_size=amount
        )

    async def merge_into(
        self,
        destination_branch_id: RefLike,
        *,
        message: str | None = None,
        metadata: dict[str, str] | None = None,
        strategy: MergeStrategy | None = None,
        force: bool | None = None,
        allow_empty: bool | None = None,
        squash_merge: bool | None = None,
    ) -> str:
        """
        Merge this reference's committed state into a branch; uncommitted changes are not merged.

        Args:
            destination_branch_id: Branch to merge into; it must have no uncommitted changes.
            message: Of the merge commit; `Merge '<source>' into '<destination>'` if left out.
            metadata: Of the merge commit.
            strategy: Who wins where both sides changed a path; without one such a merge is refused.
            force: Merge although the repository is read-only.
            allow_empty: Make a merge commit even if nothing changes.
            squash_merge: Leave the source's commits out of the destination's history.

        Returns:
            Id of the merge commit.

        Raises:
            MergeConflictException: Both sides changed the same paths.
            BadRequestException: Nothing to merge, or the destination has uncommitted changes.
            OutcomeUnknownError: The answer was lost, and the destination's log does not tell.

        Wire: mergeIntoBranch · specs/lakefs.yaml
        """
        destination = check_branch(ref_id(destination_branch_id))
        body = models.Merge(
            message=message,
            metadata=metadata,
            strategy=strategy,
            force=force,
            allow_empty=allow_empty,
            squash_merge=squash_merge,
        )

        before = await head_of(self._client, self.repo_id, destination) if allow_empty else None

        async def send() -> str:
            result = await api.refs.merge_into_branch.asyncio(
                self.repo_id, self._wire_id, destination, client=self._client.api, body=body
            )
            return result.reference

        async def look() -> str | None:
            return await find_merge(self._client, self.repo_id, self._wire_id, destination, before)

        if squash_merge:  # leaves no parent to find it by
            return await send()
        return await settle(send, look, self._client.api.settings.retry)

    async def merge_base(self, destination_branch: RefLike) -> MergeBase:
        """
        Return the commits that a merge into this branch would compare.

        Wire: findMergeBase · specs/lakefs.yaml
        """
        found = await api.refs.find_merge_base.asyncio(
            self.repo_id, self._wire_id, in_path(ref_id(destination_branch)), client=self._client.api
        )
        return MergeBase(found.source_commit_id, found.destination_commit_id, found.base_commit_id)


def path_of(item: ObjectInfo | CommonPrefix | Change) -> str:
    """Return what a listing continues behind."""
    return item.path


def changes(page: models.DiffList) -> Page[Change]:
    """Turn a page of differences into changes."""
    items = [Change(diff.type_, diff.path, diff.path_type, diff.size_bytes) for diff in page.results]
    return Page(items, page.pagination.next_offset, page.pagination.has_more)


class Reference(ReadIOBase):
    """
    Any state of a repository: a branch, a tag, a commit, or an expression such as `main~2`.

    Making one sends nothing.

    Args:
        repository_id: Repository.
        reference_id: Expression.
        client: Client to ask; the default one, made on first use, if left out.
    """

    def __init__(self, repository_id: str, reference_id: str, client: Client | None = None) -> None:
        self._place = Place(client, check_repository(repository_id), check_ref(reference_id))
        self._commit: Commit | None = None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Reference):
            return NotImplemented
        return (self.repo_id, self.id) == (other.repo_id, other.id)

    def __hash__(self) -> int:
        return hash((self.repo_id, self.id))

    async def get_commit(self) -> Commit:
        """
        Return the commit that the reference stands for, asked for once.

        Raises:
            NotFoundException: No such reference.

        Wire: getCommit · specs/lakefs.yaml
        """
        if self._commit is None:
            self._commit = await self._fetch_commit()
        return self._commit

    @property
    async def metadata(self) -> dict[str, str]:
        """Metadata of the commit that the reference stands for."""
        return (await self.get_commit()).metadata

    @property
    async def commit_message(self) -> str:
        """Message of the commit that the reference stands for."""
        return (await self.get_commit()).message

    async def _stands_at(self, source: str) -> bool:
        """
        Say whether a branch or tag whose creation is in doubt exists and stands at its source.

        Raises:
            OutcomeUnknownError: It exists and stands elsewhere: somebody else's, or moved since.
        """
        try:
            own = await self._fetch_commit()
        except NotFoundError:
            return False
        wanted = await api.commits.get_commit.asyncio(self.repo_id, in_path(source), client=self._client.api)
        if own.id != wanted.id:
            raise OutcomeUnknownError(
                f"{self.id!r} exists but stands at {own.id[:12]}, not at {source!r}",
                service="lakefs",
                operation="getCommit",
                hint=f"look at {self!r}: somebody else may have made it",
            )
        return True

    async def _fetch_commit(self) -> Commit:
        commit = await api.commits.get_commit.asyncio(self.repo_id, self._wire_id, client=self._client.api)
        return Commit.of_model(commit, self._place)


class Commit(Reference):
    """
    One commit: its facts are attributes, and it reads as any reference does.

    Attributes:
        parents: Ids of the commits it was made on; two for a merge.
        committer: Who made it.
        message: Why.
        creation_date: When, in unix seconds.
        meta_range_id: Id of its content.
        metadata: User metadata.
    """

    _model: models.Commit
    parents: list[str]
    committer: str
    message: str
    creation_date: int
    meta_range_id: str
    generation: int | None
    version: int | None

    @classmethod
    def of_model(cls, model: models.Commit, place: Place) -> Self:
        """Make it of what the server said."""
        self = cls.__new__(cls)
        self._place = Place(place.client, place.repository, model.id)
        self._model = model
        self._commit = self
        self.parents = model.parents
        self.committer = model.committer
        self.message = model.message
        self.creation_date = model.creation_date
        self.meta_range_id = model.meta_range_id
        self.generation = model.generation
        self.version = model.version
        return self

    @property
    def metadata(self) -> dict[str, str]:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        """User metadata."""
        return self._model.metadata or {}

    @property
    def commit_message(self) -> str:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        """Message, under the name that references have for it."""
        return self.message

    @property
    def created(self) -> datetime:
        """When it was made: aware, UTC."""
        return instant(self.creation_date)

    def to_dict(self) -> dict[str, object]:
        """Return the facts as a plain mapping."""
        return self._model.to_dict()


class Tag(Reference):
    """
    A name for one commit that does not move.

    Args:
        repository_id: Repository.
        tag_id: Tag.
        client: Client to ask; the default one if left out.
    """

    def __init__(self, repository_id: str, tag_id: str, client: Client | None = None) -> None:
        super().__init__(repository_id, check_tag(tag_id), client)

    async def create(self, source_ref: RefLike, exist_ok: bool = False, *, force: bool | None = None) -> Self:
        """
        Create the tag.

        Args:
            source_ref: What it names.
            exist_ok: Leave an existing tag as it is, whatever it names.
            force: Create although the repository is read-only.

        Raises:
            ConflictException: It exists.

        Wire: createTag · specs/lakefs.yaml
        """
        source = ref_id(source_ref)

        async def send() -> Self:
            try:
                await api.tags.create_tag.asyncio(
                    self.repo_id,
                    client=self._client.api,
                    body=models.TagCreation(id=self.id, ref=source, force=force),
                )
            except ConflictError:
                if not exist_ok:
                    raise
            return self

        async def look() -> Self | None:
            return self if await self._stands_at(source) else None

        return await settle(send, look, self._client.api.settings.retry)

    async def delete(self, *, force: bool | None = None) -> None:
        """
        Delete the tag; the commit stays.

        Wire: deleteTag · specs/lakefs.yaml
        """
        self._commit = None
        await api.tags.delete_tag.asyncio(self.repo_id, self._wire_id, client=self._client.api, force=force)
