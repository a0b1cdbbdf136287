"""Imports: data that is in the object store already becomes objects, without moving a byte."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from types import TracebackType
from typing import TYPE_CHECKING, NamedTuple, Self

from catchment_api.lakefs import api, models

from catchment.core import clock
from catchment.core._async.waiting import sleep
from catchment.core.errors import CatchmentError, ConflictError, UnsafeInputError
from catchment.lakefs._async.objects import Place
from catchment.lakefs._async.reference import Commit
from catchment.lakefs.exceptions import ImportManagerException
from catchment.lakefs.names import check_branch, check_repository, check_source_uri

if TYPE_CHECKING:
    from catchment.lakefs._async.client import Client

POLL = timedelta(seconds=2)

_STALLED = 60.0
"""Seconds without a heartbeat after which the server process is taken for dead; it beats about every second."""


class _Ingested(NamedTuple):
    commit: Commit
    ingested_objects: int


class ImportResult(_Ingested):
    """
    What an import brought: a pair, with the last status behind it.

    Attributes:
        commit: The commit that the server made.
        ingested_objects: How many objects it has brought.
        status: The last status, whose members are attributes of the result too.
    """

    status: models.ImportStatus

    @classmethod
    def of(cls, status: models.ImportStatus, commit: Commit) -> Self:
        """Make it of the status of a completed import."""
        self = cls(commit, status.ingested_objects or 0)
        self.status = status
        return self

    @property
    def completed(self) -> bool:
        """Whether the import is done."""
        return self.status.completed

    @property
    def update_time(self) -> datetime:
        """When the server last said so."""
        return self.status.update_time

    @property
    def metarange_id(self) -> str | None:
        """Id of the imported content."""
        return self.status.metarange_id

    @property
    def error(self) -> models.Error | None:
        """What went wrong: nothing, or there would be no result."""
        return self.status.error


class ImportManager:
    """
    One import: add sources, then `run` it, or `start` it and `wait` for it.

    **Everything already on the branch under a destination is replaced**, and destinations are plain text prefixes: an
    object imported to `a/f1` also replaces an existing `a/f10`. The branch must have no uncommitted changes. A manager
    is for one import; as a context manager it cancels an unfinished one when its block fails.

    Args:
        repository_id: Repository.
        reference_id: Branch.
        client: Client to ask; the default one if left out.
        commit_message: Of the commit that the server makes; `Import objects` if empty. Settable until `start`.
        commit_metadata: Of that commit. Settable until `start`.
    """

    def __init__(
        self,
        repository_id: str,
        reference_id: str,
        client: Client | None = None,
        *,
        commit_message: str = "",
        commit_metadata: Mapping[str, str] | None = None,
    ) -> None:
        self._place = Place(client, check_repository(repository_id), check_branch(reference_id))
        self._sources: list[models.ImportLocation] = []
        self._id: str | None = None
        self._finished = False
        self.commit_message = commit_message
        self.commit_metadata: dict[str, str] = dict(commit_metadata or {})

    def __repr__(self) -> str:
        state = "not started" if self._id is None else self._id
        return f"<ImportManager lakefs://{self._place.repository}/{self._place.ref} {state}>"

    @property
    def import_id(self) -> str | None:
        """Id of the import; `None` before `start`."""
        return self._id

    @property
    def sources(self) -> list[models.ImportLocation]:
        """What will be imported, in the order in which it was added."""
        return list(self._sources)

    def prefix(self, object_store_uri: str, destination: str) -> Self:
        """
        Add everything under a URI.

        Args:
            object_store_uri: URI prefix in the server's own object store.
            destination: Path prefix on the branch; a `/` is put between. Empty replaces the whole branch.
        """
        return self._add("common_prefix", object_store_uri, destination)

    def object(self, object_store_uri: str, destination: str) -> Self:
        """
        Add one object.

        Args:
            object_store_uri: URI of the object.
            destination: Its exact path on the branch.
        """
        if not destination:
            raise UnsafeInputError("an object needs a path as its destination; an empty one would replace the branch")
        return self._add("object", object_store_uri, destination)

    async def start(self) -> str:
        """
        Start the import and return its id at once.

        Raises:
            ImportManagerException: Started before.
            ForbiddenException: The server does not import.
            OutcomeUnknownError: The answer was lost. Starting again would import twice.

        Wire: importStart · specs/lakefs.yaml
        """
        if self._id is not None:
            raise ImportManagerException(
                f"import {self._id} was started already; make another manager for another import"
            )
        answer = await api.import_.import_start.asyncio(
            self._place.repository,
            self._place.ref,
            client=self._place.ready.api,
            body=models.ImportCreation(
                paths=self._sources,
                commit=models.CommitCreation(message=self.commit_message, metadata=self.commit_metadata),
            ),
        )
        self._id = answer.id
        return self._id

    async def status(self) -> models.ImportStatus:
        """
        Return how far the import is.

        Raises:
            ImportManagerException: Not started.

        Wire: importStatus · specs/lakefs.yaml
        """
        return await api.import_.import_status.asyncio(
            self._place.repository, self._place.ref, client=self._place.ready.api, id=self._started()
        )

    async def wait(
        self,
        poll_interval: timedelta | None = POLL,
        *,
        timeout: float | timedelta | None = None,
        progress: Callable[[models.ImportStatus], object] | None = None,
    ) -> ImportResult:
        """
        Wait for the end of the import; waiting again after it is fine.

        Args:
            poll_interval: Pause between questions.
            timeout: Seconds after which to stop waiting; the import goes on. `None` waits as long as it lives.
            progress: Called with each status.

        Raises:
            ImportManagerException: It failed, was cancelled, is not started, or its server process is gone.
            TimeoutError: `timeout` has passed.

        Wire: importStatus · specs/lakefs.yaml
        """
        pause = _pause(poll_interval)
        until = None if timeout is None else clock.monotonic() + _float(timeout)
        beat: tuple[datetime | None, float] = (None, clock.monotonic())
        while True:
            status = await self.status()
            if progress is not None:
                progress(status)
            if status.error is not None:
                self._finished = True
                raise ImportManagerException(
                    f"import {self._id} failed: {status.error.message}", service="lakefs", operation="importStatus"
                )
            if status.completed and status.commit is not None:
                self._finished = True
                return ImportResult.of(status, Commit.of_model(status.commit, self._place))
            beat = self._check_alive(status, beat)
            if until is not None and clock.monotonic() + pause > until:
                raise TimeoutError(f"import {self._id} is not finished yet; it goes on, and wait() can be called again")
            await sleep(pause)

    async def run(
        self,
        poll_interval: timedelta | None = None,
        *,
        timeout: float | timedelta | None = None,
        progress: Callable[[models.ImportStatus], object] | None = None,
    ) -> ImportResult:
        """Start the import and wait for its end; arguments and errors are those of `start` and `wait`."""
        _pause(poll_interval or POLL)
        await self.start()
        return await self.wait(poll_interval or POLL, timeout=timeout, progress=progress)

    async def cancel(self) -> None:
        """
        Cancel the import; nothing of it is committed. An import that has ended is left as it is.

        Raises:
            ImportManagerException: Not started.

        Wire: importCancel · specs/lakefs.yaml
        """
        with contextlib.suppress(ConflictError):  # completed in the meantime
            await api.import_.import_cancel.asyncio(
                self._place.repository, self._place.ref, client=self._place.ready.api, id=self._started()
            )
        self._finished = True

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if exc_type is not None and self._id is not None and not self._finished:
            try:
                await self.cancel()
            except CatchmentError as failed:
                if exc is not None:
                    exc.add_note(f"import {self._id} could not be cancelled: {failed}")

    def _add(self, kind: str, uri: str, destination: str) -> Self:
        if self._id is not None:
            raise ImportManagerException(f"import {self._id} has started; nothing can be added to it")
        location = models.ImportLocation(type_=kind, path=check_source_uri(uri), destination=destination)  # type: ignore[arg-type]
        self._sources.append(location)
        return self

    def _started(self) -> str:
        if self._id is None:
            raise ImportManagerException("the import is not started yet", hint="call start() or run() first")
        return self._id

    def _check_alive(
        self, status: models.ImportStatus, beat: tuple[datetime | None, float]
    ) -> tuple[datetime | None, float]:
        """Compare heartbeats by our own clock, so that the server's may be wrong."""
        if status.update_time != beat[0]:
            return status.update_time, clock.monotonic()
        if clock.monotonic() - beat[1] > _STALLED:
            raise ImportManagerException(
                f"import {self._id} has shown no sign of life for {_STALLED:g} s; its server process is probably gone",
                hint="start a new import: nothing of this one was committed",
            )
        return beat


def _pause(poll_interval: timedelta | None) -> float:
    seconds = _float(poll_interval if poll_interval is not None else POLL)
    if seconds < 0:
        raise UnsafeInputError(f"poll_interval {poll_interval} is negative")
    return seconds


def _float(duration: float | timedelta) -> float:
    return duration.total_seconds() if isinstance(duration, timedelta) else float(duration)
