"""Read the history of a reference, filtered and cut into pages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from catchment.local.lakefs.commits import Commit
from catchment.local.lakefs.listing import Page
from catchment.local.lakefs.merging import two_dot
from catchment.local.lakefs.repositories import Repository


@dataclass(frozen=True, slots=True)
class LogQuery:
    """
    Which commits to show.

    Attributes:
        after: Id of the last commit of the page before.
        objects: Keep commits that changed one of these paths.
        prefixes: Keep commits that changed something under one of these prefixes.
        limit: Stop after `amount` for good.
        since: Unix seconds; older commits end the log.
        stop_at: A reference; its commit is the last one shown.
    """

    after: str = ""
    amount: int = 100
    objects: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()
    limit: bool = False
    first_parent: bool = False
    since: float | None = None
    stop_at: str = ""


def read_log(repository: Repository, ref: str, query: LogQuery) -> Page[Commit]:
    """Return one page of history, newest first."""
    commits = _filtered(repository, ref, query)
    if query.after:
        for commit in commits:
            if commit.id == query.after:
                break
    items: list[Commit] = []
    for commit in commits:
        if len(items) == query.amount:
            return Page(items, items[-1].id)
        items.append(commit)
        if query.limit and len(items) == query.amount:
            break
    return Page(items)


def _filtered(repository: Repository, ref: str, query: LogQuery) -> Iterator[Commit]:
    stop = repository.commit_at(query.stop_at).id if query.stop_at else None
    start = repository.commit_at(ref).id
    for commit in repository.commits.history(start, first_parent=query.first_parent):
        if query.since is not None and commit.date < query.since:
            return
        if _touches(repository, commit, query):
            yield commit
        if commit.id == stop:
            return


def _touches(repository: Repository, commit: Commit, query: LogQuery) -> bool:
    if not query.objects and not query.prefixes:
        return True
    if len(commit.parents) != 1:
        # The server compares a commit with its only parent: roots and merges never match a path filter.
        return False
    parent = repository.commits[commit.parents[0]]
    return any(
        change.path in query.objects or change.path.startswith(query.prefixes)
        for change in two_dot(parent.tree, commit.tree)
    )
