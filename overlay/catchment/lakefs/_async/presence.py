"""Whether an object is there, told from what only looks like it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from catchment_api.lakefs import api

from catchment.core.errors import DecodeError, NotFoundError

if TYPE_CHECKING:
    from catchment.lakefs._async.client import Client


async def is_there(client: Client, repository: str, ref: str, path: str) -> bool:
    """
    Ask for an object's headers.

    Args:
        client: Client to ask.
        repository: Repository id.
        ref: Reference, as it goes into the URL path.
        path: Object path.

    Raises:
        DecodeError: Something else answered: an object has an ETag.

    Wire: headObject · specs/lakefs.yaml
    """
    try:
        answer = await api.objects.head_object.asyncio_detailed(repository, ref, client=client.api, path=path)
    except NotFoundError:
        return False
    if "etag" not in answer.headers:
        text = f"the answer about {path!r} is not lakeFS's: it has no ETag"
        raise not_the_server(text, operation="headObject", status=answer.status)
    return True


def not_the_server(text: str, *, operation: str, status: int) -> DecodeError:
    """Return the error for an answer that is none of lakeFS's, although its status says that all is well."""
    return DecodeError(
        text,
        service="lakefs",
        operation=operation,
        status=status,
        hint="a proxy or a login page probably answered in the server's place",
    )
