"""Writing one object: through the server, or past it to a presigned URL, in one piece or in parts."""

from __future__ import annotations

import contextlib
import hashlib
import re
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, cast

from catchment_api.lakefs import api, models

from catchment.core._async.doubt import settle
from catchment.core._async.waiting import map_ordered
from catchment.core.errors import CatchmentError, ForbiddenError, IntegrityError, NotFoundError
from catchment.core.parts import Part, plan_parts
from catchment.core.progress import ProgressLike, Reporter, resolve
from catchment.core.secret import Secret
from catchment.core.sources import Source
from catchment.core.wire import AsyncContent, Operation, RawResponse
from catchment.lakefs._async.presence import is_there
from catchment.lakefs.exceptions import ObjectExistsException
from catchment.lakefs.metadata import check_user_metadata, metadata_headers

if TYPE_CHECKING:
    from catchment.lakefs._async.client import Client

MULTIPART_FROM = 32 * 1024 * 1024
"""Size in bytes from which an object travels in parts, where the server can."""

_PARTS_IN_MEMORY = 32 * 1024 * 1024
"""Bytes of parts under way at once."""

_STORE_PUT = Operation(
    service="lakefs", id="putPresigned", method="PUT", path="(presigned)", tag="store", retry="A", anonymous=True
)
_CREATE_ONLY = "*"


@dataclass(frozen=True, slots=True)
class Upload:
    """
    One object to write.

    Attributes:
        create: Refuse to replace an existing object.
        force: Write although the repository is read-only.
        pre_sign: Past the server or through it; `None` as the server's configuration says.
    """

    repository: str
    branch: str
    path: str
    content_type: str | None = None
    metadata: dict[str, str] = field(default_factory=dict[str, str])
    create: bool = False
    force: bool | None = None
    pre_sign: bool | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "metadata", check_user_metadata(self.metadata))


class Payload:
    """A source on its way: as bytes where it is small, as a hashing file where it is not."""

    def __init__(self, source: Source, report: Reporter) -> None:
        self._source = source
        self._report = report
        self._stream = None if source.whole is not None else source.stream(report)

    @property
    def content(self) -> AsyncContent:
        """What to send."""
        return self._source.whole or b"" if self._stream is None else cast("IO[bytes]", self._stream)

    def sent(self) -> str:
        """Return the hex MD5 of what was sent."""
        if self._stream is not None:
            return self._stream.md5
        self._report(self._source.size)
        return hashlib.md5(self._source.whole or b"", usedforsecurity=False).hexdigest()


async def upload(client: Client, what: Upload, source: Source, progress: ProgressLike = False) -> models.ObjectStats:
    """
    Write an object; when this returns, every reader of the branch sees it.

    Args:
        client: Client to ask.
        what: Where and how.
        source: The bytes.
        progress: `None` shows large objects where a person watches the terminal.

    Raises:
        ObjectExistsException: `create` was asked for and the path exists.
        IntegrityError: What the server stored is not what was sent.
    """
    pre_sign = what.pre_sign
    if pre_sign is None:
        pre_sign = await client.pre_signs(what.repository)
    if progress is None and source.size < MULTIPART_FROM:
        progress = False
    with resolve(progress, label=f"upload {what.path}", total=source.size) as report:
        return await _send(client, what, source, report, pre_sign=pre_sign)


async def _send(
    client: Client, what: Upload, source: Source, report: Reporter, *, pre_sign: bool
) -> models.ObjectStats:
    if not pre_sign:
        return await _direct(client, what, source, report)
    if what.create:
        await _refuse_existing(client, what)
    # Parts cannot be linked conditionally or by force, so such writes travel in one piece.
    if source.size >= MULTIPART_FROM and not what.force and await client.multiparts(what.repository):
        return await _multipart(client, what, source, report)
    return await _presigned(client, what, source, report)


async def _direct(client: Client, what: Upload, source: Source, report: Reporter) -> models.ObjectStats:
    payload = Payload(source, report)
    request = api.objects.upload_object.build_request(
        what.repository,
        what.branch,
        path=what.path,
        body=payload.content,
        if_none_match=_CREATE_ONLY if what.create else None,
        force=what.force,
    )
    request.headers[:] = [(name, value) for name, value in request.headers if name.lower() != "content-type"]
    request.headers += [
        ("Content-Type", what.content_type or "application/octet-stream"),
        ("Content-Length", str(source.size)),
        *metadata_headers(what.metadata),
    ]
    try:
        stats = api.objects.upload_object.parse_response(await client.api.send(request))
    except ObjectExistsException as exists:
        return await _ours_after_all(client, what, exists, payload.sent())
    _check_stored(what, stats.checksum, payload.sent())
    return stats


async def _presigned(client: Client, what: Upload, source: Source, report: Reporter) -> models.ObjectStats:
    async def locate() -> models.StagingLocation:
        return await api.staging.get_physical_address.asyncio(
            what.repository, what.branch, client=client.api, path=what.path, presign=True
        )

    place = await locate()
    try:
        checksum = await _put_whole(client, what, source, report, place)
    except ForbiddenError:  # an expired signature; a fresh one settles whether it was that
        place = await locate()
        checksum = await _put_whole(client, what, source, report, place)
    try:
        return await api.staging.link_physical_address.asyncio(
            what.repository,
            what.branch,
            client=client.api,
            path=what.path,
            body=models.StagingMetadata(
                staging=place,
                checksum=checksum,
                size_bytes=source.size,
                user_metadata=what.metadata or None,
                content_type=what.content_type,
                force=what.force,
            ),
            if_none_match=_CREATE_ONLY if what.create else None,
        )
    except ObjectExistsException as exists:
        return await _ours_after_all(client, what, exists, checksum)


async def _put_whole(
    client: Client, what: Upload, source: Source, report: Reporter, place: models.StagingLocation
) -> str:
    payload = Payload(source, report)
    response = await _put(client, Secret(place.presigned_url or ""), payload.content, source.size, what.content_type)
    sent = payload.sent()
    told = response.headers.get("content-md5")
    if told is not None:
        _check_stored(what, b64decode(told).hex(), sent)
        return sent
    return _etag(response, what.path)


async def _put(
    client: Client, url: Secret, content: AsyncContent | None, size: int, content_type: str | None
) -> RawResponse:
    headers = [("Content-Length", str(size))]  # stores refuse presigned bodies of unknown length
    if content_type is not None:
        headers.append(("Content-Type", content_type))
    if ".blob.core.windows.net/" in url.reveal():
        headers.append(("x-ms-blob-type", "BlockBlob"))
    return await client.api.send_elsewhere(_STORE_PUT, url, headers=headers, content=content)


async def _multipart(client: Client, what: Upload, source: Source, report: Reporter) -> models.ObjectStats:
    parts = plan_parts(source.size)
    begun = await api.experimental.create_presign_multipart_upload.asyncio(
        what.repository, what.branch, client=client.api, path=what.path, parts=len(parts)
    )

    async def send(piece: tuple[Part, bytes]) -> models.UploadPart:
        part, data = piece
        etag = await _send_part(client, what, begun, part, data)
        report(part.size)
        return models.UploadPart(part_number=part.number, etag=etag)

    at_once = max(1, min(4, _PARTS_IN_MEMORY // parts[0].size))
    try:
        done = [part async for part in map_ordered(send, _pieces(source, parts), limit=at_once)]
        if what.create:
            await _refuse_existing(client, what)
        return await _complete(client, what, begun, done)
    except BaseException:
        with contextlib.suppress(CatchmentError):  # the first failure is the one to report
            await _abort(client, what, begun)
        raise


async def _complete(
    client: Client, what: Upload, begun: models.PresignMultipartUpload, parts: list[models.UploadPart]
) -> models.ObjectStats:
    """Put the parts together; an address is used once, so an object at it is this one."""

    async def send() -> models.ObjectStats:
        return await api.experimental.complete_presign_multipart_upload.asyncio(
            what.repository,
            what.branch,
            begun.upload_id,
            client=client.api,
            path=what.path,
            body=models.CompletePresignMultipartUpload(
                physical_address=begun.physical_address,
                parts=parts,
                user_metadata=what.metadata or None,
                content_type=what.content_type,
            ),
        )

    async def look() -> models.ObjectStats | None:
        try:
            stats = await api.objects.stat_object.asyncio(
                what.repository, what.branch, client=client.api, path=what.path
            )
        except NotFoundError:
            return None
        return stats if stats.physical_address.endswith(begun.physical_address) else None

    return await settle(send, look, client.api.settings.retry)


async def _send_part(
    client: Client, what: Upload, begun: models.PresignMultipartUpload, part: Part, data: bytes
) -> str:
    """Send one part, with a fresh URL where there is none or the given one has expired."""
    if part.number <= len(begun.presigned_urls or ()):
        given = Secret((begun.presigned_urls or ())[part.number - 1])
        try:
            return _etag(await _put(client, given, data, len(data), None), what.path)
        except ForbiddenError:
            pass
    fresh = await api.experimental.upload_part.asyncio(
        what.repository,
        what.branch,
        begun.upload_id,
        part.number,
        client=client.api,
        path=what.path,
        body=models.UploadPartFrom(physical_address=begun.physical_address),
    )
    return _etag(await _put(client, Secret(fresh.presigned_url), data, len(data), None), what.path)


def _pieces(source: Source, parts: list[Part]) -> Iterator[tuple[Part, bytes]]:
    """Read parts as places become free, so that only those under way are in memory."""
    for part in parts:
        yield part, source.read_at(part.offset, part.size)


async def _abort(client: Client, what: Upload, begun: models.PresignMultipartUpload) -> None:
    await api.experimental.abort_presign_multipart_upload.asyncio(
        what.repository,
        what.branch,
        begun.upload_id,
        client=client.api,
        path=what.path,
        body=models.AbortPresignMultipartUpload(physical_address=begun.physical_address),
    )


async def _refuse_existing(client: Client, what: Upload) -> None:
    """Look before bytes are sent: past the server, the conditional answer comes only after them."""
    if not await is_there(client, what.repository, what.branch, what.path):
        return
    raise ObjectExistsException(
        f"{what.path!r} exists on {what.branch!r} already", service="lakefs", operation="uploadObject", status=412
    )


async def _ours_after_all(
    client: Client, what: Upload, exists: ObjectExistsException, checksum: str
) -> models.ObjectStats:
    """
    Settle a create-only write that was repeated: an attempt whose answer was lost may itself have made the object.

    Raises:
        ObjectExistsException: It was there before, or is another object.
    """
    if exists.attempts < 2:
        raise exists
    stats = await api.objects.stat_object.asyncio(what.repository, what.branch, client=client.api, path=what.path)
    if stats.checksum != checksum or (stats.metadata or {}) != what.metadata:
        raise exists
    return stats


def _etag(response: RawResponse, path: str) -> str:
    etag = (response.headers.get("etag") or "").strip().strip('"')
    if not etag:
        raise IntegrityError(
            f"the object store took {path!r} without naming a checksum", service="lakefs", operation="putPresigned"
        )
    return etag


def _check_stored(what: Upload, stored: str, sent: str) -> None:
    """Hold the MD5 that the server made against ours; anything but a plain MD5 says nothing about the bytes."""
    if re.fullmatch(r"[0-9a-f]{32}", stored) and stored != sent:
        raise IntegrityError(
            f"{what.path!r} was stored with MD5 {stored}, and {sent} was sent",
            service="lakefs",
            operation="uploadObject",
            hint="upload it again; something between here and the store changes bytes",
        )
