"""Carry imports out: look at the store, replace the destinations, commit."""

from __future__ import annotations

from catchment.local.lakefs.errors import InvalidError
from catchment.local.lakefs.history import STRATEGY_KEY, CommitText, Signature, append
from catchment.local.lakefs.imports import CANCELED, DIRTY, ImportJob, ImportSource, cleared
from catchment.local.lakefs.installation import Installation
from catchment.local.lakefs.repositories import Repository
from catchment.local.lakefs.trees import Entry
from catchment.local.store import StoredObject

UNATTENDED_SECONDS = 1.0


def check_source(state: Installation, repository: Repository, source: ImportSource) -> None:
    """Refuse a source that the server could not read or that overlaps the repository's own data."""
    if source.type not in ("common_prefix", "object"):
        raise InvalidError(f"import type {source.type!r} is not common_prefix or object")
    if not source.path.startswith(f"{state.options.blockstore_type}://"):
        raise InvalidError(f"import source {source.path!r}: invalid storage type")
    own = repository.storage_namespace.rstrip("/") + "/"
    given = source.path.rstrip("/") + "/"
    if given.startswith(own) or (source.type == "common_prefix" and own.startswith(given)):
        raise InvalidError(f"import source {source.path!r}: import from or around the storage namespace is not allowed")


def poll(state: Installation, repository: Repository, job: ImportJob) -> None:
    """Move an import on because somebody asked how far it is."""
    if job.finished:
        return
    job.updated = state.clock()
    if job.polls >= state.options.import_polls:
        finish(state, repository, job)
    job.polls += 1


def finish_overdue(state: Installation, repository: Repository) -> bool:
    """Carry out the imports that nobody asked about for a second; tell whether there were any."""
    overdue = [
        job
        for job in repository.imports.values()
        if not job.finished and state.clock() - job.updated >= UNATTENDED_SECONDS
    ]
    for job in overdue:
        finish(state, repository, job)
    return bool(overdue)


def cancel(state: Installation, job: ImportJob) -> None:
    """Stop an import that is not finished."""
    if not job.finished:
        job.error = CANCELED
        job.updated = state.clock()


def finish(state: Installation, repository: Repository, job: ImportJob) -> None:
    """Make the commit, or note why there is none."""
    job.updated = state.clock()
    branch = repository.branches.get(job.branch)
    if branch is None:
        job.error = f"branch {job.branch!r} not found"
        return
    if repository.uncommitted(branch):
        job.error = DIRTY
        return
    missing = [each.path for each in job.sources if each.type == "object" and state.store.find(each.path) is None]
    if missing:
        job.error = f"{missing[0]}: not found"
        return
    found = _found(state, job.sources)
    head = repository.commits[branch.commit_id]
    gone: dict[str, Entry | None] = dict.fromkeys(cleared(head.tree.entries(), job.sources))
    tree = head.tree.apply({**gone, **found})
    text = CommitText(job.message or "Import objects", {**job.metadata, STRATEGY_KEY: "source-wins"})
    commit = append(repository, (head.id,), tree, text, Signature(job.committer, state.now))
    branch.commit_id = commit.id
    branch.staging.clear()
    job.commit_id, job.ingested = commit.id, len(found)


def _found(state: Installation, sources: list[ImportSource]) -> dict[str, Entry]:
    entries: dict[str, Entry] = {}
    for source in sources:
        prefix = source.path if source.type == "object" else source.path.rstrip("/") + "/"
        for uri, stored in state.store.scan(prefix):
            if source.covers(uri):
                entries[source.target(uri)] = _entry(uri, stored)
    return entries


def _entry(uri: str, stored: StoredObject) -> Entry:
    return Entry(uri, stored.blob.size, stored.etag, stored.content_type, stored.mtime, relative=False)
