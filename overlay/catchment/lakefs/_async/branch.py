"""Branches: their history, and the work that is not committed yet."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Self

from catchment_api.lakefs import api, models

from catchment.core import clock
from catchment.core._async.doubt import settle
from catchment.core.errors import ConflictError, UnsafeInputError
from catchment.lakefs._async.committed import find_commit, head_of
from catchment.lakefs._async.reference import Commit, Reference, RefLike, ref_id
from catchment.lakefs._async.transaction import BranchTransaction
from catchment.lakefs._async.writing import WriteIOBase
from catchment.lakefs.names import check_branch, in_path

if TYPE_CHECKING:
    from catchment.lakefs._async.client import Client


class Branch(WriteIOBase, Reference):
    """
    A line of commits with a staging area for what is not committed yet.

    What is written is seen by every reader of the branch at once; `commit` makes it history.

    Args:
        repository_id: Repository.
        branch_id: Branch.
        client: Client to ask; the default one, made on first use, if left out.
    """

    def __init__(self, repository_id: str, branch_id: str, client: Client | None = None) -> None:
        super().__init__(repository_id, check_branch(branch_id), client)
        self._latest: str | None = None

    async def create(
        self,
        source_reference_id: RefLike,
        exist_ok: bool = False,
        *,
        hidden: bool | None = None,
        force: bool | None = None,
    ) -> Self:
        """
        Create the branch.

        Args:
            source_reference_id: Where it starts.
            exist_ok: Leave an existing branch as it is, wherever it stands.
            hidden: Keep it out of listings that do not ask for hidden branches.
            force: Create although the repository is read-only.

        Raises:
            ConflictException: It exists.

        Wire: createBranch · specs/lakefs.yaml
        """
        source = ref_id(source_reference_id)

        async def send() -> Self:
            try:
                await api.branches.create_branch.asyncio(
                    self.repo_id,
                    client=self._client.api,
                    body=models.BranchCreation(name=self.id, source=source, hidden=hidden, force=force),
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
        Delete the branch and its uncommitted changes.

        Raises:
            ForbiddenException: It is the default branch.

        Wire: deleteBranch · specs/lakefs.yaml
        """
        await api.branches.delete_branch.asyncio(self.repo_id, self.id, client=self._client.api, force=force)

    @property
    async def head(self) -> Reference:
        """The commit at which the branch stands now, as a reference that does not move."""
        branch = await api.branches.get_branch.asyncio(self.repo_id, self.id, client=self._client.api)
        return Reference(self.repo_id, branch.commit_id, self._place.client)

    async def get_commit(self) -> Commit:
        """
        Return the commit at which the branch stands now; asked anew each time, because branches move.

        Wire: getCommit · specs/lakefs.yaml
        """
        return await self._fetch_commit()

    async def commit(
        self,
        message: str,
        metadata: dict[str, str] | None = None,
        *,
        date: datetime | int | None = None,
        allow_empty: bool | None = None,
        force: bool | None = None,
    ) -> Reference:
        """
        Make the uncommitted changes a commit.

        Args:
            message: Why.
            metadata: User metadata.
            date: Instant (aware) or unix seconds to record instead of now.
            allow_empty: Commit even if nothing changed.
            force: Commit although the repository is read-only.

        Returns:
            The new head.

        Raises:
            BadRequestException: Nothing changed.
            ForbiddenException: The branch is protected; merge into it instead.
            HookFailedException: A hook refused.
            OutcomeUnknownError: The answer was lost, and the branch does not tell whether it was applied.

        Wire: commit · specs/lakefs.yaml
        """
        body = models.CommitCreation(
            message=message, metadata=metadata, date=_seconds(date), allow_empty=allow_empty, force=force
        )
        # An empty commit leaves the staging area as it was, so only the head can tell whether it was made.
        before = await head_of(self._client, self.repo_id, self.id) if allow_empty else None
        began, older = clock.now(), self._latest

        async def send() -> str:
            return (await api.commits.commit.asyncio(self.repo_id, self.id, client=self._client.api, body=body)).id

        async def look() -> str | None:
            return await find_commit(self._client, self.repo_id, self.id, body, began=began, older=older, before=before)

        self._latest = await settle(send, look, self._client.api.settings.retry)
        return Reference(self.repo_id, self._latest, self._place.client)

    async def commit_changes(self, message: str, metadata: dict[str, str] | None = None) -> Reference:
        """Make the uncommitted changes a commit; as `commit`."""
        return await self.commit(message, metadata)

    async def revert(
        self,
        reference: RefLike | None = None,
        parent_number: int = 0,
        *,
        reference_id: str | None = None,
        message: str | None = None,
        metadata: dict[str, str] | None = None,
        allow_empty: bool | None = None,
        force: bool | None = None,
    ) -> Commit:
        """
        Undo a commit by a new one; the branch must have no uncommitted changes.

        Args:
            reference: The commit to undo.
            parent_number: For a merge, the parent to go back to, from 1; 0 for other commits.
            reference_id: Deprecated spelling of `reference`.
            message: Of the new commit; `Revert <commit id>` if left out.
            metadata: Of the new commit.
            allow_empty: Commit even if nothing is left to undo.
            force: Revert although the repository is read-only.

        Returns:
            The new head.

        Raises:
            ConflictException: Later commits changed the same paths, or a merge needs `parent_number`.
            OutcomeUnknownError: The answer was lost; look at the branch's log.

        Wire: revertBranch · specs/lakefs.yaml
        """
        target = await self._commit_to_undo(reference, reference_id)
        if parent_number < 0:
            raise UnsafeInputError(f"parent_number {parent_number} is negative; 0 for no merge, else from 1")
        overrides = None
        if message is not None or metadata is not None:
            overrides = models.CommitOverrides(message=message, metadata=metadata)
        await api.branches.revert_branch.asyncio(
            self.repo_id,
            self.id,
            client=self._client.api,
            body=models.RevertCreation(
                ref=target,
                parent_number=parent_number,
                commit_overrides=overrides,
                allow_empty=allow_empty,
                force=force,
            ),
        )
        return await self.get_commit()

    async def reverse(self, reference_id: RefLike) -> Commit:
        """Undo a commit by a new one; as `revert`."""
        return await self.revert(reference_id)

    async def cherry_pick(
        self,
        reference: RefLike,
        parent_number: int | None = None,
        *,
        message: str | None = None,
        metadata: dict[str, str] | None = None,
        force: bool | None = None,
    ) -> Commit:
        """
        Repeat the change of one commit on this branch.

        Args:
            reference: The commit to repeat.
            parent_number: For a merge, the parent to compare it with, from 1.
            message: Of the new commit; that of the original if left out.
            metadata: Of the new commit.
            force: Pick although the repository is read-only.

        Returns:
            The new commit.

        Raises:
            ConflictException: The branch changed the same paths.

        Wire: cherryPick · specs/lakefs.yaml
        """
        if parent_number is not None and parent_number < 1:
            raise UnsafeInputError(
                f"parent_number {parent_number} is below 1; leave it out for commits that are no merge"
            )
        overrides = None
        if message is not None or metadata is not None:
            overrides = models.CommitOverrides(message=message, metadata=metadata)
        made = await api.branches.cherry_pick.asyncio(
            self.repo_id,
            self.id,
            client=self._client.api,
            body=models.CherryPickCreation(
                ref=ref_id(reference), parent_number=parent_number, commit_overrides=overrides, force=force
            ),
        )
        return Commit.of_model(made, self._place)

    async def hard_reset(self, reference: RefLike, *, force: bool | None = None) -> None:
        """
        Move the branch to another commit and drop its uncommitted changes.

        Args:
            reference: Where it stands afterwards. An expression such as `main~1` is resolved first, because a repeated
                request would otherwise go one further.
            force: Reset although the repository is read-only.

        Wire: hardResetBranch · specs/lakefs.yaml
        """
        target = await api.commits.get_commit.asyncio(self.repo_id, in_path(ref_id(reference)), client=self._client.api)

        async def send() -> bool:
            await api.experimental.hard_reset_branch.asyncio(
                self.repo_id, self.id, client=self._client.api, ref=target.id, force=force
            )
            return True

        async def look() -> bool | None:
            return None  # moving to the same commit twice is moving there once

        await settle(send, look, self._client.api.settings.retry)

    def transaction(self, commit_message: str) -> BranchTransaction:
        """
        Work on an ephemeral branch that is committed and merged into this one when the block ends.

        If anything fails, the ephemeral branch stays, and a `TransactionException` names it.

        Args:
            commit_message: Of the commit.
        """
        return BranchTransaction(
            self.repo_id, self.id, self._place.client, commit_message=commit_message, keep_on_error=True
        )

    def transact(
        self,
        commit_message: str = "",
        commit_metadata: dict[str, str] | None = None,
        delete_branch_on_error: bool = True,
        tag: str | None = None,
    ) -> BranchTransaction:
        """
        Work on an ephemeral branch that is committed and merged into this one when the block ends.

        Args:
            commit_message: Of the commit.
            commit_metadata: Of the commit.
            delete_branch_on_error: Delete the ephemeral branch when the block raises, and raise the block's own error.
                Work that was committed and could not be merged is kept in any case, and the error names its branch.
            tag: Tag to create on the merge commit.
        """
        return BranchTransaction(
            self.repo_id,
            self.id,
            self._place.client,
            commit_message=commit_message,
            commit_metadata=commit_metadata,
            keep_on_error=not delete_branch_on_error,
            wrap=False,
            tag=tag,
        )

    async def _commit_to_undo(self, reference: RefLike | None, reference_id: str | None) -> str:
        """Resolve to a commit id: a branch name would end up in the message, and mean another commit afterwards."""
        if reference_id is not None:
            from warnings import warn

            from catchment.lakefs.exceptions import LakeFSDeprecationWarning

            warn("reference_id is deprecated; give reference", LakeFSDeprecationWarning, stacklevel=3)
            reference = reference or reference_id
        if reference is None:
            raise UnsafeInputError("revert needs the commit to undo")
        commit = await api.commits.get_commit.asyncio(self.repo_id, in_path(ref_id(reference)), client=self._client.api)
        return commit.id


def _seconds(date: datetime | int | None) -> int | None:
    if isinstance(date, datetime):
        if date.tzinfo is None:
            raise UnsafeInputError("date has no time zone; give an aware instant, or unix seconds")
        return int(date.timestamp())
    return date
