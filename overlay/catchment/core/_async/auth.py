"""Credentials on their way into requests: fixed ones, and tokens that run out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from catchment.core import clock
from catchment.core._async.waiting import AsyncLock
from catchment.core.credentials import Token
from catchment.core.secret import Secret
from catchment.core.signing import BearerSigner, Signer, lasting_headers


class AsyncAuth(Protocol):
    """Signs one attempt at a time, because a signature of the first attempt may be stale at the third."""

    async def sign(
        self, method: str, url: str, headers: Sequence[tuple[str, str]], body: bytes | None
    ) -> list[tuple[str, str]]:
        """Return the headers to add."""
        ...

    async def renew(self, refused: Sequence[tuple[str, str]]) -> bool:
        """Replace the credentials with these headers, which were refused; `False` where there are no others."""
        ...


class AsyncFixedAuth:
    """Credentials that never change."""

    def __init__(self, signer: Signer) -> None:
        self._signer = signer

    def lasting(self) -> list[tuple[str, str]] | None:
        """Return the headers that every request gets alike; `None` where each gets its own."""
        return lasting_headers(self._signer)

    async def sign(
        self, method: str, url: str, headers: Sequence[tuple[str, str]], body: bytes | None
    ) -> list[tuple[str, str]]:
        """Return the headers to add."""
        return self._signer.sign(method, url, headers, body)

    async def renew(self, refused: Sequence[tuple[str, str]]) -> bool:
        """There is nothing newer."""
        del refused
        return False


class AsyncTokenAuth:
    """
    A token that is fetched at first use and again before it runs out.

    However many callers find it missing, one of them fetches it and the others wait.

    Args:
        fetch: Logs in and returns the token with its end of life.
        renewable: Whether a token that the server refuses is worth another login; not where a login can happen once.
        signer: Makes what sends a token; a bearer by default.
    """

    def __init__(
        self,
        fetch: Callable[[], Awaitable[Token]],
        *,
        renewable: bool = True,
        signer: Callable[[Secret], Signer] = BearerSigner,
    ) -> None:
        self._fetch = fetch
        self._renewable = renewable
        self._signer = signer
        self._lock = AsyncLock()
        self._token: Token | None = None

    async def sign(
        self, method: str, url: str, headers: Sequence[tuple[str, str]], body: bytes | None
    ) -> list[tuple[str, str]]:
        """Return the headers that hold the token, after a login where one is due."""
        token = await self.token()
        return self._signer(token.value).sign(method, url, headers, body)

    async def token(self) -> Token:
        """Return a token that is good for a while yet."""
        token = self._token
        if token is not None and not token.needs_refresh(clock.now()):
            return token
        async with self._lock:
            if self._token is None or self._token.needs_refresh(clock.now()):
                self._token = await self._fetch()
            return self._token

    @property
    def current(self) -> Token | None:
        """The token that the last login gave; `None` before the first."""
        return self._token

    async def renew(self, refused: Sequence[tuple[str, str]]) -> bool:
        """Forget the refused token, where another can be had; a newer one, fetched meanwhile by another call, stays."""
        if not self._renewable:
            return False
        token = self._token
        if token is not None and self._signer(token.value).sign("", "", (), None) == list(refused):
            self._token = None
        return True
