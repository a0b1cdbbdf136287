"""Transactions: work on an ephemeral branch, then commit, merge and clean up, or leave the branch and say so."""

from __future__ import annotations

import re
import uuid
from types import TracebackType
from typing import TYPE_CHECKING, Self

from catchment_api.lakefs import api, models

from catchment.core._async.doubt import settle
from catchment.core.errors import CatchmentError, NotFoundError, OutcomeUnknownError
from catchment.lakefs._async import reference as references
from catchment.lakefs._async.objects import Place
from catchment.lakefs._async.writing import WriteIOBase
from catchment.lakefs.exceptions import BadRequestException, TransactionException
from catchment.lakefs.names import check_branch, check_repository, check_tag

if TYPE_CHECKING:
    from catchment.lakefs._async.client import Client

PREFIX = "tx-"
"""What the names of ephemeral branches start with."""

_LONGEST_SOURCE = 40


class BranchTransaction(WriteIOBase):
    """
    Work that reaches its branch as a whole or not at all; also the way to write to a protected branch.

    Entering the block creates a hidden branch from the source; everything done through the transaction happens there.
    Leaving it commits, merges into the source and deletes the hidden branch. If the block or a step fails, the source
    branch stays as it was. Used once.

    Attributes:
        commit_message: Settable until the block ends.
        commit_metadata: Settable until the block ends.
        tag: Tag to create on the merge commit; settable until the block ends.
        merge_commit_id: Id of the merge commit, once the block has ended well.

    Args:
        repository_id: Repository.
        source_branch_id: Branch to work for.
        client: Client to ask; the default one if left out.
        commit_message: Of the commit.
        commit_metadata: Of the commit.
        keep_on_error: Keep the ephemeral branch when the block raises.
        wrap: Raise a `TransactionException` that names the kept branch instead of the block's own error.
        tag: Tag to create on the merge commit.
    """

    def __init__(
        self,
        repository_id: str,
        source_branch_id: str,
        client: Client | None = None,
        *,
        commit_message: str = "",
        commit_metadata: dict[str, str] | None = None,
        keep_on_error: bool = True,
        wrap: bool = True,
        tag: str | None = None,
    ) -> None:
        self.source_id = check_branch(source_branch_id)
        self._place = Place(client, check_repository(repository_id), _name(source_branch_id))
        self._keep_on_error = keep_on_error
        self._wrap = wrap
        self._entered = False
        self._base: str | None = None
        self.commit_message = commit_message
        self.commit_metadata: dict[str, str] = dict(commit_metadata or {})
        self.tag = tag
        self.merge_commit_id: str | None = None

    @property
    def tag(self) -> str | None:
        """Tag to create on the merge commit; checked when it is set, because after the merge it is too late."""
        return self._tag_id

    @tag.setter
    def tag(self, tag_id: str | None) -> None:
        self._tag_id = tag_id if tag_id is None else check_tag(tag_id)

    async def get_commit(self) -> references.Commit:
        """
        Return the commit at which the ephemeral branch stands.

        Wire: getCommit · specs/lakefs.yaml
        """
        commit = await api.commits.get_commit.asyncio(self.repo_id, self.id, client=self._client.api)
        return references.Commit.of_model(commit, self._place)

    async def __aenter__(self) -> Self:
        if self._entered:
            raise TransactionException(f"transaction {self.id} was used already; start another one")
        self._entered = True
        try:
            self._base = await self._create_branch()
        except BaseException as stopped:
            if _in_doubt(stopped):
                stopped.add_note(f"branch {self.id!r} may have been created; if so it is empty and can be deleted")
            raise
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if exc is not None:
            await self._failed(exc)
            return
        try:
            await self._finish()
        except BaseException as stopped:
            if not isinstance(stopped, Exception):  # Ctrl-C, or a cancelled task
                stopped.add_note(
                    f"transaction {self.id} was interrupted at its end: unless it was merged into {self.source_id!r} "
                    f"already, branch {self.id!r} holds the work"
                )
            raise

    async def _finish(self) -> None:
        """Commit, merge, clean up, tag."""
        try:
            await self._commit()
        except CatchmentError as failed:
            await self._refuse(failed, keep=self._keep_on_error)
        try:
            self.merge_commit_id = await self._merge()
        except CatchmentError as failed:
            await self._refuse(failed, keep=True)  # committed work is never dropped
        await self._delete_branch()
        if self.tag is not None:
            await self._tag(self.tag, self.merge_commit_id or "")

    async def _create_branch(self) -> str:
        body = models.BranchCreation(name=self.id, source=self.source_id, hidden=True)

        async def send() -> str:
            return await api.branches.create_branch.asyncio(self.repo_id, client=self._client.api, body=body)

        async def look() -> str | None:
            try:  # nobody else can have made a branch of this name
                made = await api.branches.get_branch.asyncio(self.repo_id, self.id, client=self._client.api)
            except NotFoundError:
                return None
            return made.commit_id

        return await settle(send, look, self._client.api.settings.retry)

    async def _commit(self) -> None:
        """Commit what is uncommitted; a block that committed by itself may have nothing left."""

        async def send() -> str:
            made = await api.commits.commit.asyncio(
                self.repo_id,
                self.id,
                client=self._client.api,
                body=models.CommitCreation(message=self.commit_message, metadata=self.commit_metadata),
            )
            return made.id

        async def look() -> str | None:
            # The branch is ours alone; what the block committed by itself left nothing uncommitted, or does not count.
            if await self.uncommitted(max_amount=1).first() is not None:
                return None
            head = await self.get_commit()
            return None if head.id == self._base else head.id

        try:
            await settle(send, look, self._client.api.settings.retry)
        except BadRequestException as nothing:
            if "no changes" not in nothing.message or (await self.get_commit()).id == self._base:
                raise

    async def _merge(self) -> str:
        return await self.merge_into(self.source_id, message=f"Merge transaction {self.id} to branch")

    async def _tag(self, tag: str, commit: str) -> None:
        try:
            await references.Tag(self.repo_id, tag, self._place.client).create(commit)
        except CatchmentError as failed:
            raise self._described(
                f"transaction {self.id} was merged into {self.source_id!r} as {commit[:12]}, but tag {tag!r} was not "
                f"created: {failed.message}",
                None,
                "create the tag yourself; do not repeat the transaction",
            ) from failed

    async def _failed(self, exc: BaseException) -> None:
        """Deal with a block that raised."""
        if not self._keep_on_error:
            await self._drop_quietly(exc)
            return
        if not self._wrap or not isinstance(exc, Exception):
            exc.add_note(f"branch {self.id!r} holds what the transaction had done")
            return
        raise self._described(
            f"transaction {self.id} was not committed: {type(exc).__name__}: {exc}",
            self.id,
            f"branch {self.id!r} holds what it had done; look at it, then delete it",
        ) from exc

    async def _refuse(self, failed: CatchmentError, *, keep: bool) -> None:
        """Raise the transaction's own error for a step that failed."""
        if not keep:
            await self._drop_quietly(failed)
        raise self._described(
            f"Failed committing transaction {self.id}: {failed}",
            self.id if keep else None,
            f"branch {self.id!r} holds the work; merge it or delete it" if keep else None,
        ) from failed

    def _described(self, message: str, branch: str | None, hint: str | None) -> TransactionException:
        error = TransactionException(message, service="lakefs", operation="transaction", hint=hint)
        error.branch = branch
        error.source = self.source_id
        return error

    async def _delete_branch(self) -> None:
        """Clean up after success; a branch that stays is no reason to call the transaction failed."""
        try:
            await api.branches.delete_branch.asyncio(self.repo_id, self.id, client=self._client.api)
        except NotFoundError:
            pass
        except CatchmentError as failed:
            from warnings import warn

            warn(
                f"transaction {self.id} was merged, but its branch could not be deleted: {failed}",
                ResourceWarning,
                stacklevel=4,
            )

    async def _drop_quietly(self, exc: BaseException) -> None:
        """Delete the branch; if that fails too, the first error stays and says so."""
        try:
            await api.branches.delete_branch.asyncio(self.repo_id, self.id, client=self._client.api)
        except CatchmentError as failed:
            exc.add_note(f"branch {self.id!r} could not be deleted: {failed}")


def _in_doubt(stopped: BaseException) -> bool:
    """Whether a request that was given up may have been applied all the same."""
    return isinstance(stopped, OutcomeUnknownError) or not isinstance(stopped, Exception)


def _name(source: str) -> str:
    """Name the ephemeral branch after its source, within what a branch id may hold."""
    plain = re.sub(r"[^-\w]", "-", source, flags=re.ASCII)[:_LONGEST_SOURCE]
    return f"{PREFIX}{plain}-{uuid.uuid4().hex[:12]}"
