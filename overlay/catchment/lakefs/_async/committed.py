"""Whether a commit or merge whose answer was lost took place: the branch tells, never its message alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import takewhile
from typing import TYPE_CHECKING

from catchment_api.lakefs import api, models

from catchment.core import clock
from catchment.core.errors import OutcomeUnknownError

if TYPE_CHECKING:
    from catchment.lakefs._async.client import Client

_RECENT = 20
"""Commits that are looked at, newest first."""

_SKEW = 300.0
"""Seconds by which a server's clock may differ from ours, where it does not tell the time."""

_GRAIN = 2.0
"""Seconds by which its clock and ours are compared: both headers and commits count whole seconds."""


async def find_commit(
    client: Client,
    repository: str,
    branch: str,
    body: models.CommitCreation,
    *,
    began: datetime,
    older: str | None,
    before: str | None,
) -> str | None:
    """
    Say which commit a request made, if it made one.

    A message may be that of earlier commits too, so the staging area decides: it is empty after a commit, and was not
    before, unless empty commits were allowed; for those the head before counts.

    Args:
        client: Client to ask.
        repository: Repository id.
        branch: Branch id.
        body: What was sent.
        began: When, by our clock.
        older: A commit known to be of an earlier request.
        before: Head of the branch before the request, where empty commits were allowed.

    Returns:
        Id of the commit; `None` where there is none, and the request can be sent again.

    Raises:
        OutcomeUnknownError: The branch does not tell.
    """
    answer = await api.refs.log_commits.asyncio_detailed(repository, branch, client=client.api, amount=_RECENT)
    since = _by_server(began, answer.headers.get("date"))
    log = list(takewhile(lambda commit: commit.id not in (older, before), answer.parsed.results))
    twins = [commit for commit in log if _is_like(commit, body, since)]
    if before is not None:
        return twins[0].id if twins else None
    staged = await api.branches.diff_branch.asyncio(repository, branch, client=client.api, amount=1)
    if bool(twins) != bool(staged.results):
        return twins[0].id if twins else None
    raise OutcomeUnknownError(
        "a commit like it is in the log, and there are uncommitted changes still or again"
        if twins
        else "the branch has no uncommitted changes any more, and its latest commits are others",
        service="lakefs",
        operation="commit",
        hint=f"look at the log of {branch!r} for {body.message!r}",
    )


async def find_merge(client: Client, repository: str, source: str, destination: str, before: str | None) -> str | None:
    """
    Return the merge of a reference's head among the destination's latest commits.

    Args:
        client: Client to ask.
        repository: Repository id.
        source: Reference, as it goes into the URL path.
        destination: Branch id.
        before: Head of the destination before the request, where empty merges were allowed; else a merge of the same
            head is the only one.
    """
    head = await api.commits.get_commit.asyncio(repository, source, client=client.api)
    page = await api.refs.log_commits.asyncio(
        repository, destination, client=client.api, amount=_RECENT, first_parent=True
    )
    return _merge_of(head.id, list(takewhile(lambda commit: commit.id != before, page.results)))


async def head_of(client: Client, repository: str, branch: str) -> str:
    """Return the commit id at which a branch stands."""
    return (await api.branches.get_branch.asyncio(repository, branch, client=client.api)).commit_id


def _merge_of(head: str, log: Sequence[models.Commit]) -> str | None:
    return next((commit.id for commit in log if head in commit.parents[1:]), None)


def _is_like(commit: models.Commit, body: models.CommitCreation, since: float) -> bool:
    """Say whether a commit may be the one asked for."""
    timely = commit.creation_date >= since if body.date is None else commit.creation_date == body.date
    return timely and commit.message == body.message and (commit.metadata or {}) == (body.metadata or {})


def _by_server(began: datetime, date: str | None) -> float:
    """Return an instant of ours by the server's clock, as early as it can be meant."""
    now = clock.parse_http_date(date)
    if now is None:
        return began.timestamp() - _SKEW
    return began.timestamp() + (now - clock.now()).total_seconds() - _GRAIN
