"""Work of the platform that goes on after the answer: ask how far it is, or wait for its end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from catchment.core import clock
from catchment.core._async.waiting import sleep
from catchment.core.durations import parse_duration
from catchment.core.errors import ConfigError, DeadlineError
from catchment.v3io.control_errors import JobFailedError
from catchment.v3io.control_models import JobStatus

if TYPE_CHECKING:
    from catchment.v3io._async.control_session import ControlConnection

POLL: Final = 1.0


class Job:
    """
    A job that was started.

    Attributes:
        id: By which `client.job(id)` finds it again.
    """

    def __init__(self, connection: ControlConnection, id: str) -> None:  # noqa: A002 - the platform's word
        self._connection = connection
        self.id = id

    def __repr__(self) -> str:
        return f"<Job {self.id}>"

    async def status(self) -> JobStatus:
        """
        Ask how far the job is.

        Raises:
            ResourceNotFoundError: There is no such job, or no longer.

        Wire: getJob · specs/v3io_control.yaml
        """
        from catchment_api.v3io_control import api

        answer = await api.jobs.get_job.asyncio(self.id, client=self._connection.api)
        return JobStatus.of(answer.data, "getJob")

    async def wait(
        self,
        *,
        timeout: float | timedelta | str | None = None,
        poll_interval: float | timedelta | str = POLL,
        progress: Callable[[JobStatus], object] | None = None,
    ) -> JobStatus:
        """
        Wait for the end of the job; waiting again after it is fine.

        Args:
            timeout: Seconds after which to stop waiting; the job goes on. `None` waits as long as it takes.
            poll_interval: Seconds between questions; more than 0.
            progress: Called with each status.

        Returns:
            The last status, whose `state` is `completed`.

        Raises:
            JobFailedError: The job failed or was canceled.
            DeadlineError: `timeout` has passed; also a `TimeoutError`.

        Wire: getJob · specs/v3io_control.yaml
        """
        pause = parse_duration(poll_interval, what="poll_interval")
        if not pause:
            raise ConfigError("poll_interval must be more than 0")
        until = None if timeout is None else clock.monotonic() + parse_duration(timeout, what="timeout")
        while True:
            status = await self.status()
            if progress is not None:
                progress(status)
            if status.ended:
                return _good_end(status)
            left = pause if until is None else until - clock.monotonic()
            if left <= 0:
                raise DeadlineError(
                    f"job {self.id} has not ended yet; it is {status.state}",
                    service="v3io_control",
                    operation="getJob",
                    hint="it goes on: wait() can be called again, also by client.job(id)",
                )
            await sleep(min(pause, left))


def _good_end(status: JobStatus) -> JobStatus:
    if status.state == "completed":
        return status
    why = f": {status.result}" if status.result else ""
    error = JobFailedError(
        f"job {status.id} {_ENDS[str(status.state)]}{why}", service="v3io_control", operation="getJob"
    )
    error.job = status
    raise error


_ENDS: Final = {"failed": "has failed", "canceled": "was canceled"}
