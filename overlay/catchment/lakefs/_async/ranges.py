"""Reading one object: windows of bytes, pinned to one version, through the server or from a presigned URL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from catchment_api.lakefs import api

from catchment.core import clock
from catchment.core._async.windows import AsyncWindows
from catchment.core.errors import (
    ForbiddenError,
    IntegrityError,
    RangeNotSatisfiableError,
    TruncatedBodyError,
    UnsafeInputError,
)
from catchment.core.parts import parse_content_range
from catchment.core.secret import Secret
from catchment.core.wire import Headers, Operation, RawResponse
from catchment.lakefs._async.presence import not_the_server

if TYPE_CHECKING:
    from catchment.lakefs._async.client import Client

_STORE_GET = Operation(
    service="lakefs", id="getPresigned", method="GET", path="(presigned)", tag="store", retry="A", anonymous=True
)
_EXPIRY_MARGIN = 15.0


class ObjectRanges(AsyncWindows):
    """
    The bytes of one object, by offset.

    All windows come from the same version: the first answer's ETag is held against every later one, because a branch
    may change between two requests.

    Attributes:
        size: Bytes of the object; `None` until the first window has arrived.
        etag: The version's ETag, likewise.
    """

    def __init__(self, client: Client, repository: str, ref: str, path: str, pre_sign: bool | None) -> None:
        self.size: int | None = None
        self.etag: str | None = None
        self._client = client
        self._repository = repository
        self._ref = ref
        self._path = path
        self._pre_sign = pre_sign
        self._url: Secret | None = None
        self._url_expires: int | None = None

    @property
    def pre_sign(self) -> bool | None:
        """Whether windows come from a presigned URL; `None` until that is decided."""
        return self._pre_sign

    async def read_at(self, start: int, count: int) -> bytes:
        """Return up to `count` bytes from `start` on; fewer only at the end of the object."""
        if count <= 0 or (self.size is not None and start >= self.size):
            return b""
        try:
            response = await self._fetch(start, count)
        except RangeNotSatisfiableError as exc:
            if exc.size is None or start < exc.size:
                raise  # it says nothing of the object's end
            self._resized(exc.size)
            return b""
        return self._accept(response, start, count)

    async def _fetch(self, start: int, count: int) -> RawResponse:
        if self._pre_sign is None:
            self._pre_sign = await self._client.pre_signs(self._repository)
        if self._pre_sign:
            return await self._fetch_presigned(start, count)
        request = api.objects.get_object.build_request(
            self._repository, self._ref, path=self._path, range_=f"bytes={start}-{start + count - 1}"
        )
        return await self._client.api.send(request, deadline=None)

    async def _fetch_presigned(self, start: int, count: int) -> RawResponse:
        url = await self._locate()
        if self.size is not None and start >= self.size:
            return RawResponse(206, Headers([("Content-Range", f"bytes */{self.size}")]), b"")
        headers = [("Range", f"bytes={start}-{start + count - 1}")]
        try:
            return await self._client.api.send_elsewhere(_STORE_GET, url, headers=headers)
        except ForbiddenError:  # stores answer an expired signature with 403; a fresh one settles which it is
            self._url = None
            return await self._client.api.send_elsewhere(_STORE_GET, await self._locate(), headers=headers)

    async def _locate(self) -> Secret:
        if self._url is not None and not self._expiring():
            return self._url
        stats = await api.objects.stat_object.asyncio(
            self._repository, self._ref, client=self._client.api, path=self._path, presign=True, user_metadata=False
        )
        if not stats.physical_address.startswith(("http://", "https://")):
            raise UnsafeInputError(
                f"the server gave no presigned URL for {self._path!r}", hint="read it with pre_sign=False"
            )
        self._pin(f'"{stats.checksum}"')
        self.size = stats.size_bytes
        self._url, self._url_expires = Secret(stats.physical_address), stats.physical_address_expiry
        return self._url

    def _expiring(self) -> bool:
        return self._url_expires is not None and self._url_expires - clock.now().timestamp() < _EXPIRY_MARGIN

    def _pin(self, etag: str | None) -> None:
        if etag is None:
            return
        if self.etag is not None and etag != self.etag:
            raise IntegrityError(
                f"{self._path!r} on {self._ref!r} was replaced while it was being read",
                service="lakefs",
                operation="getObject",
                hint="read from a commit id: commits never change",
            )
        self.etag = etag

    def _accept(self, response: RawResponse, start: int, count: int) -> bytes:
        """Check a window against what was asked for and announced."""
        if not self._pre_sign:  # a store's ETag need not be lakeFS's checksum
            self._pin(response.headers.get("etag"))
        body = response.body
        if response.status != 206:  # the whole object, although a part was asked for
            if "etag" not in response.headers:
                text = f"what came for {self._path!r} is no object: it has no ETag"
                raise not_the_server(text, operation="getObject", status=response.status)
            self._resized(len(body))
            return body[start : start + count]
        part, size = parse_content_range(response.headers.get("content-range") or "")
        if part is not None and part.offset != start:
            raise IntegrityError(
                f"bytes of {self._path!r} from {part.offset} on came instead of those from {start} on",
                service="lakefs",
                operation="getObject",
            )
        if size is not None:
            self._resized(size)
        expected = count if self.size is None else min(count, self.size - start)
        if len(body) != expected:
            raise TruncatedBodyError(
                f"{len(body)} bytes of {self._path!r} came instead of {expected}",
                service="lakefs",
                operation="getObject",
            )
        return body

    def _resized(self, size: int) -> None:
        if self.size is not None and size != self.size:
            raise IntegrityError(
                f"{self._path!r} has {size} bytes now and had {self.size} before",
                service="lakefs",
                operation="getObject",
            )
        self.size = size
