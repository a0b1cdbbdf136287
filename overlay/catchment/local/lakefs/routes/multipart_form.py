"""Find the part named `content` in a form upload."""

from __future__ import annotations

from email.message import Message
from email.parser import BytesHeaderParser

from catchment.local.bodies import Blob, MemoryBlob
from catchment.local.lakefs.errors import InvalidError


def content_part(content_type: str, body: Blob) -> tuple[Blob, str]:
    """
    Return the bytes and the content type of the part named `content`; other parts are ignored.

    The form is held in memory while it is taken apart; raw uploads are not.

    Raises:
        InvalidError: The form has no boundary or no such part.
    """
    header = Message()
    header["Content-Type"] = content_type
    boundary = header.get_boundary()
    if boundary is None:
        raise InvalidError("failed to read form: no multipart boundary param in Content-Type")
    for part in _parts(body.read(), boundary.encode()):
        head, separator, content = part.partition(b"\r\n\r\n")
        fields = BytesHeaderParser().parsebytes(head.lstrip(b"\r\n"))
        if separator and fields.get_param("name", header="content-disposition") == "content":
            return MemoryBlob(content), fields.get("Content-Type", "application/octet-stream")
    raise InvalidError("failed to read form: http: no such file: content")


def _parts(data: bytes, boundary: bytes) -> list[bytes]:
    # A first line break in front lets the opening boundary be found like all others.
    pieces = (b"\r\n" + data).split(b"\r\n--" + boundary)
    return [piece.removeprefix(b"\r\n") for piece in pieces[1:] if not piece.startswith(b"--")]
