"""Repositories: where branches and tags begin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from catchment_api.lakefs import api, models

from catchment.core._async.doubt import settle
from catchment.core._async.pages import AsyncPages
from catchment.core.errors import ConflictError, NotFoundError, OutcomeUnknownError
from catchment.core.paging import Page
from catchment.core.wire import RawResponse, Request
from catchment.lakefs._async import client as clients
from catchment.lakefs._async.branch import Branch
from catchment.lakefs._async.objects import Place
from catchment.lakefs._async.reference import Reference, Tag
from catchment.lakefs._async.transaction import PREFIX
from catchment.lakefs.models import RepositoryProperties
from catchment.lakefs.names import check_branch, check_namespace, check_repository

if TYPE_CHECKING:
    from catchment.lakefs._async.client import Client


class Repository:
    """
    A repository; making one sends nothing.

    Args:
        repository_id: 3 to 63 of a-z, 0-9 and `-`.
        client: Client to ask; the default one, made on first use, if left out.
    """

    def __init__(self, repository_id: str, client: Client | None = None) -> None:
        self._place = Place(client, check_repository(repository_id), "")
        self._properties: RepositoryProperties | None = None

    def __str__(self) -> str:
        return self.id

    def __repr__(self) -> str:
        return f"<Repository lakefs://{self.id}>"

    def __eq__(self, other: object) -> bool:
        return self.id == other.id if isinstance(other, Repository) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.id)

    @property
    def id(self) -> str:
        """Repository id."""
        return self._place.repository

    async def create(
        self,
        storage_namespace: str,
        default_branch: str = "main",
        include_samples: bool = False,
        exist_ok: bool = False,
        *,
        storage_id: str | None = None,
        read_only: bool | None = None,
    ) -> Self:
        """
        Create the repository.

        Args:
            storage_namespace: URI in the server's object store where its objects will lie, such as
                `s3://bucket/prefix`. One namespace serves one repository ever, even after that is deleted.
            default_branch: Its first branch.
            include_samples: Put a few sample objects in; the server then protects the default branch too.
            exist_ok: Take an existing repository as it is.
            storage_id: Which of the server's stores, where it has several.
            read_only: Refuse writes that are not forced.

        Raises:
            ConflictException: It exists.
            BadRequestException: The namespace is in use or not of the server's store.

        Wire: createRepository · specs/lakefs.yaml
        """
        body = models.RepositoryCreation(
            name=self.id,
            storage_namespace=check_namespace(storage_namespace),
            default_branch=check_branch(default_branch),
            sample_data=include_samples or None,
            storage_id=storage_id,
            read_only=read_only,
        )

        async def send() -> Self:
            try:
                made = await api.repositories.create_repository.asyncio(client=self._client.api, body=body)
            except ConflictError:
                if not exist_ok:
                    raise
            else:
                self._properties = _properties(made)
            return self

        async def look() -> Self | None:
            return await self._if_made(storage_namespace)

        return await settle(send, look, self._client.api.settings.retry)

    async def get_or_create(
        self, storage_namespace: str, default_branch_id: str = "main", include_samples: bool = False
    ) -> Self:
        """
        Create the repository, or take an existing one as it is.

        Arguments as in `create`; they do nothing where it exists.

        Wire: createRepository · specs/lakefs.yaml
        """
        return await self.create(storage_namespace, default_branch_id, include_samples, exist_ok=True)

    async def delete(self, *, force: bool | None = None) -> None:
        """
        Delete the repository with all its branches and history; the data in the store stays.

        Args:
            force: Delete although it is read-only.

        Wire: deleteRepository · specs/lakefs.yaml
        """
        self._properties = None
        await api.repositories.delete_repository.asyncio(self.id, client=self._client.api, force=force)

    def branch(self, branch_id: str) -> Branch:
        """Return a branch; nothing is sent."""
        return Branch(self.id, branch_id, self._place.client)

    def commit(self, commit_id: str) -> Reference:
        """Return a commit by its id or a unique prefix of it; nothing is sent."""
        return Reference(self.id, commit_id, self._place.client)

    def ref(self, ref_id: str) -> Reference:
        """Return any reference by its expression; nothing is sent."""
        return Reference(self.id, ref_id, self._place.client)

    def tag(self, tag_id: str) -> Tag:
        """Return a tag; nothing is sent."""
        return Tag(self.id, tag_id, self._place.client)

    def branches(
        self,
        max_amount: int | None = None,
        after: str | None = None,
        prefix: str | None = None,
        *,
        show_hidden: bool | None = None,
        amount: int | None = None,
    ) -> AsyncPages[Branch]:
        """
        List branches in byte order of their ids.

        Args:
            max_amount: How many at most; all if left out.
            after: Only ids behind this one.
            prefix: Only ids that start with this text.
            show_hidden: Hidden ones too, among them those of unfinished transactions.
            amount: Items to ask for at once, 1 to 1000 (the default).

        Wire: listBranches · specs/lakefs.yaml
        """

        def build(cursor: str, amount: int) -> Request:
            return api.branches.list_branches.build_request(
                self.id, prefix=prefix or None, after=cursor or None, amount=amount, show_hidden=show_hidden
            )

        def read(response: RawResponse) -> Page[Branch]:
            page = api.branches.list_branches.parse_response(response)
            items = [Branch(self.id, ref.id, self._place.client) for ref in page.results]
            return Page(items, page.pagination.next_offset, page.pagination.has_more)

        return AsyncPages(
            lambda: self._client.api, build, read, key=str, after=after or "", limit=max_amount, page_size=amount
        )

    def list_branches(self, max_amount: int | None = None, after: str = "", prefix: str = "") -> AsyncPages[Branch]:
        """List branches; as `branches`."""
        return self.branches(max_amount, after, prefix)

    def leftover_transactions(self) -> AsyncPages[Branch]:
        """
        List the branches of transactions that are under way or did not end well.

        Each can be merged into its branch or deleted; which of the two only its owner knows.

        Wire: listBranches · specs/lakefs.yaml
        """
        return self.branches(prefix=PREFIX, show_hidden=True)

    def tags(
        self,
        max_amount: int | None = None,
        after: str | None = None,
        prefix: str | None = None,
        *,
        amount: int | None = None,
    ) -> AsyncPages[Tag]:
        """
        List tags in byte order of their ids.

        Args:
            max_amount: How many at most; all if left out.
            after: Only ids behind this one.
            prefix: Only ids that start with this text.
            amount: Items to ask for at once, 1 to 1000 (the default).

        Wire: listTags · specs/lakefs.yaml
        """

        def build(cursor: str, amount: int) -> Request:
            return api.tags.list_tags.build_request(self.id, prefix=prefix or None, after=cursor or None, amount=amount)

        def read(response: RawResponse) -> Page[Tag]:
            page = api.tags.list_tags.parse_response(response)
            items = [Tag(self.id, ref.id, self._place.client) for ref in page.results]
            return Page(items, page.pagination.next_offset, page.pagination.has_more)

        return AsyncPages(
            lambda: self._client.api, build, read, key=str, after=after or "", limit=max_amount, page_size=amount
        )

    def list_tags(self, max_amount: int | None = None, after: str = "", prefix: str = "") -> AsyncPages[Tag]:
        """List tags; as `tags`."""
        return self.tags(max_amount, after, prefix)

    @property
    async def metadata(self) -> dict[str, str]:
        """Metadata of the repository, fetched each time."""
        return await api.repositories.get_repository_metadata.asyncio(self.id, client=self._client.api)

    @property
    async def properties(self) -> RepositoryProperties:
        """What the repository was made with, fetched once."""
        if self._properties is None:
            self._properties = _properties(
                await api.repositories.get_repository.asyncio(self.id, client=self._client.api)
            )
        return self._properties

    @property
    def _client(self) -> Client:
        return self._place.ready

    async def _if_made(self, storage_namespace: str) -> Self | None:
        """Say after a lost answer whether the repository is there and is the one asked for."""
        try:
            found = await api.repositories.get_repository.asyncio(self.id, client=self._client.api)
        except NotFoundError:
            return None
        if found.storage_namespace != storage_namespace:
            raise OutcomeUnknownError(
                f"{self.id!r} exists, in {found.storage_namespace!r}",
                service="lakefs",
                operation="createRepository",
                hint="somebody else may have made it",
            )
        self._properties = _properties(found)
        return self


def repository(repository_id: str, client: Client | None = None) -> Repository:
    """Return a repository; nothing is sent."""
    return Repository(repository_id, client)


def repositories(
    client: Client | None = None,
    prefix: str | None = None,
    after: str | None = None,
    *,
    max_amount: int | None = None,
    search: str | None = None,
    amount: int | None = None,
) -> AsyncPages[Repository]:
    """
    List repositories in byte order of their ids.

    Args:
        client: Client to ask; the default one if left out.
        prefix: Only ids that start with this text.
        after: Only ids behind this one.
        max_amount: How many at most; all if left out.
        search: Only ids that hold this text.
        amount: Items to ask for at once, 1 to 1000 (the default).

    Wire: listRepositories · specs/lakefs.yaml
    """

    def build(cursor: str, amount: int) -> Request:
        return api.repositories.list_repositories.build_request(
            prefix=prefix or None, after=cursor or None, amount=amount, search=search
        )

    def read(response: RawResponse) -> Page[Repository]:
        page = api.repositories.list_repositories.parse_response(response)
        items = [Repository(found.id, client) for found in page.results]
        return Page(items, page.pagination.next_offset, page.pagination.has_more)

    return AsyncPages(
        lambda: (client or clients.default_client()).api,
        build,
        read,
        key=str,
        after=after or "",
        limit=max_amount,
        page_size=amount,
    )


def _properties(model: models.Repository) -> RepositoryProperties:
    return RepositoryProperties(
        model.id,
        model.creation_date,
        model.default_branch,
        model.storage_namespace,
        model.storage_id,
        model.read_only,
    )
