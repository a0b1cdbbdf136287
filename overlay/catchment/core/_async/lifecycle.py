"""What every client does alike at its end: blocks close it, and its state is not handed out."""

from __future__ import annotations

from types import TracebackType
from typing import NoReturn, Self

from catchment.core.errors import UnsafeInputError


class AsyncLifecycle:
    """Base of clients: each says how it is closed, and how a pickle makes it again."""

    async def aclose(self) -> None:
        """Close every connection."""
        raise NotImplementedError

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def __getstate__(self) -> NoReturn:
        """Refuse the default of `object`, which would hand out secrets and fetched tokens."""
        raise UnsafeInputError("the state of a client is not handed out; pickle the client itself")
