"""HTTP/1.1 without I/O: a request to bytes, bytes to an answer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from catchment.core import neterrors
from catchment.core.decoding import decode_whole
from catchment.core.engines import HEAD_LIMIT
from catchment.core.errors import TruncatedBodyError, UnsafeInputError
from catchment.core.headblock import HeaderBlock
from catchment.core.wire import Headers, RawResponse

_METHODS: Final = frozenset({"GET", "HEAD", "PUT", "POST", "DELETE", "PATCH", "OPTIONS"})
_WITH_BODY: Final = frozenset({"PUT", "POST", "PATCH"})


def request_head(
    method: str, target: str, netloc: str, headers: Sequence[tuple[str, str]], length: int | None
) -> bytes:
    """
    Return request line and headers.

    Args:
        method: One that HTTP defines.
        target: Path and query, checked by `addresses.split_url`.
        netloc: For the `Host` header, unless the caller gives one (signatures may cover it).
        headers: Sent in this order.
        length: Bytes of the body, `None` without one.

    Raises:
        UnsafeInputError: What would end a header early, or a framing that contradicts the body.
    """
    if isinstance(headers, HeaderBlock) and method in _METHODS:
        framing = "" if length is None and method not in _WITH_BODY else f"Content-Length: {length or 0}\r\n"
        return f"{method} {target} HTTP/1.1\r\nHost: {netloc}\r\n{headers.text}{framing}\r\n".encode("latin-1")
    text = "".join([f"{name}: {value}\r\n" for name, value in headers])
    lowered = "\n" + text.lower()
    host = "" if "\nhost:" in lowered else f"Host: {netloc}\r\n"
    framing = ""
    if "\ntransfer-encoding:" in lowered:
        raise UnsafeInputError("a body in memory has a length; it is not sent with Transfer-Encoding")
    if "\ncontent-length:" in lowered:
        _check_length(headers, length or 0)
    elif length is not None or method in _WITH_BODY:
        framing = f"Content-Length: {length or 0}\r\n"
    return _head(method, target, host, text, framing, len(headers))


def framed_head(method: str, target: str, headers: Sequence[tuple[str, str]]) -> bytes:
    """
    Return request line and headers of a body that streams.

    Args:
        method: One that HTTP defines.
        target: Path and query, checked by `addresses.split_url`.
        headers: With `Host` and the framing of the body, as `headers.framed_headers` adds them.

    Raises:
        UnsafeInputError: What would end a header early.
    """
    text = "".join([f"{name}: {value}\r\n" for name, value in headers])
    return _head(method, target, "", text, "", len(headers))


def _head(method: str, target: str, host: str, text: str, framing: str, count: int) -> bytes:
    if method not in _METHODS:
        raise UnsafeInputError(f"{method[:40]!r} is no method that is sent here: {', '.join(sorted(_METHODS))}")
    # Whoever builds the headers checks them; counting is a second bolt on the same door, and costs next to nothing.
    if text.count("\n") != count or text.count("\r") != count or "\0" in text:
        raise UnsafeInputError("a header holds a line break or NUL")
    try:
        return f"{method} {target} HTTP/1.1\r\n{host}{text}{framing}\r\n".encode("latin-1")
    except UnicodeEncodeError:
        raise UnsafeInputError("a header holds characters beyond latin-1, which HTTP cannot carry") from None


def _check_length(headers: Sequence[tuple[str, str]], length: int) -> None:
    stated = [value for name, value in headers if name.lower() == "content-length"]
    if stated != [str(length)]:
        raise UnsafeInputError(f"Content-Length says {', '.join(stated)[:40]}, and the body has {length} bytes")


class ArrivedHeaders(Headers):
    """Headers as they arrived, made text of when somebody asks: most answers are read for their bodies alone."""

    __slots__ = ("_arrived", "_text")

    def __init__(self, arrived: Sequence[tuple[bytes, bytes]]) -> None:
        self._arrived = arrived
        self._text: list[tuple[str, str]] | None = None
        self._index = None

    @property
    def raw(self) -> list[tuple[str, str]]:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Names and values, in their order."""
        if self._text is None:
            self._text = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in self._arrived]
        return self._text

    def __reduce__(self) -> tuple[object, ...]:
        return (Headers, (self.raw,))


class ResponseReader:
    """
    The answers of one connection, one after the other: `expect`, `feed` until it is true, `response`.

    An answer that streams is expected as such: `taken` hands out its body as it comes, and nothing limits its length.

    Held strictly: two lengths, a length beside chunks, bare line feeds, folded headers and header blocks beyond 64 KiB
    are refused, because machines in between may read them differently.

    Args:
        label: Who answers, for messages.
        limit: Bytes that a body may have.
        lenient: Accept control characters in header values.
    """

    __slots__ = (
        "_barren",
        "_bodiless",
        "_bound",
        "_headers",
        "_heading",
        "_keep",
        "_label",
        "_left",
        "_lenient",
        "_limit",
        "_parser",
        "_pieces",
        "_received",
        "_spilt",
        "_status",
        "complete",
        "untouched",
    )

    def __init__(self, label: str, limit: int, *, lenient: bool = False) -> None:
        self._label = label
        self._limit = limit
        self._lenient = lenient
        self._parser = self._new_parser()
        self._spilt = False
        self._bodiless = False
        self._left: int | None = None
        self.expect("GET")

    def expect(self, method: str, *, streams: bool = False) -> None:
        """Get ready for the answer to a request of this method."""
        if self._bodiless or self._left is not None:  # the parser still waits for a body that it never sees
            self._parser = self._new_parser()
        self._bodiless = method == "HEAD"
        self._bound = math.inf if streams else self._limit
        self._left = None
        self._headers: list[tuple[bytes, bytes]] = []
        self._pieces: list[bytes] = []
        self._received = 0
        self._barren = 0
        self._status = 0
        self._heading = True
        self._keep = False
        self.untouched = True
        """Whether no byte of the answer has come yet."""
        self.complete = False

    def _new_parser(self) -> HttpResponseParser:
        parser = HttpResponseParser(self)
        if self._lenient:
            parser.set_dangerous_leniencies(lenient_headers=True)
        return parser

    @property
    def in_body(self) -> bool:
        """Whether the headers are complete, so that what breaks now breaks the body."""
        return not self._heading

    @property
    def status(self) -> int:
        """Status of the answer; 0 until its headers are complete."""
        return 0 if self._heading else self._status

    @property
    def headers(self) -> Headers:
        """Headers of the answer."""
        return ArrivedHeaders(self._headers)

    @property
    def has_some(self) -> bool:
        """Whether there is something of the body to take."""
        return bool(self._pieces)

    def taken(self) -> bytes:
        """Hand out what has come of the body since the last time, as it was sent."""
        pieces, self._pieces = self._pieces, []
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def broken(self) -> TruncatedBodyError:
        """Describe a connection that was reset within the body."""
        return neterrors.truncated(self._label, f"reset after {self._received} bytes", status=self._status)

    @property
    def reusable(self) -> bool:
        """Whether the connection can carry another request."""
        return self.complete and self._keep and not self._spilt

    def feed(self, data: bytes) -> bool:
        """
        Take bytes off the wire; return whether the answer is complete.

        Raises:
            DecodeError: They are no HTTP.
            ResponseTooLargeError: The body outgrows the limit.
        """
        self.untouched = False
        if self._left is not None:
            return self._take(data)
        before, heading = self._received, self._heading
        try:
            self._parser.feed_data(data)
        except HttpParserError as exc:
            if not self.complete:
                raise neterrors.garbled(self._label, str(exc).lower(), status=self._status or None) from None
            self._spilt = True
        except HttpParserUpgrade:
            raise neterrors.garbled(self._label, "it changes the protocol unasked", status=101) from None
        size = len(data)
        if not self.complete or self._received > self._bound or size + self._barren > HEAD_LIMIT:
            self._check_bounds(size, grown=self._received > before, headed=heading and not self._heading)
        return self.complete

    def _take(self, data: bytes) -> bool:
        """Take bytes of a body whose length is known: the parser would only copy them."""
        left = self._left or 0
        if self.complete or len(data) > left:
            self._spilt = True
            data = data[:left]
        if data:
            self._left = left - len(data)
            self._received += len(data)
            self._pieces.append(data)
        if not self._left:
            self.complete = True
        return self.complete

    def _check_bounds(self, size: int, *, grown: bool, headed: bool) -> None:
        if self._received > self._bound:
            raise neterrors.too_large(self._label, self._limit, status=self._status)
        # Endless interim answers, headers, chunk extensions and trailers have in common that no body comes out of them.
        self._barren = 0 if grown else self._barren + size
        if self._barren > HEAD_LIMIT and not self.complete:
            raise neterrors.garbled(self._label, f"more than {HEAD_LIMIT} bytes of headers or trailers")
        if headed and not self.complete:
            self._check_framing()
        if headed and sum([len(name) + len(value) + 4 for name, value in self._headers]) > HEAD_LIMIT:
            raise neterrors.garbled(self._label, f"more than {HEAD_LIMIT} bytes of headers")

    def _check_framing(self) -> None:
        """Refuse at once what cannot fit or be read; bodies of a known length need no parser from here on."""
        headers = ArrivedHeaders(self._headers)
        length = headers.get("content-length", "")
        if length.isdigit() and int(length) > self._bound:
            raise neterrors.too_large(self._label, self._limit, status=self._status)
        if "transfer-encoding" not in headers:
            if length.isdigit():
                self._left = int(length) - self._received
                self._keep = self._parser.get_http_version() == "1.1" and not _closes(self._headers)
            return
        coding = headers["transfer-encoding"].strip().lower()
        if coding != "chunked":
            raise neterrors.garbled(self._label, f"its transfer coding is {coding[:40]!r}", status=self._status)

    def end(self, *, clean: bool = True) -> None:
        """
        Take the end of the connection.

        Args:
            clean: Whether the peer ended it, not somebody who cut the line (TLS can tell).

        Raises:
            NetworkError: No complete headers have come.
            TruncatedBodyError: The body has not come to its announced end.
        """
        if self.complete:
            return
        if self._heading:
            raise neterrors.lost(self._label, None)
        headers = ArrivedHeaders(self._headers)
        if "content-length" in headers:
            detail = f"{self._received} of {headers['content-length']} bytes"
        elif "transfer-encoding" in headers:
            detail = f"no last chunk after {self._received} bytes"
        elif not clean:
            detail = f"the connection was cut after {self._received} bytes"
        else:
            self.complete = True
            return
        raise neterrors.truncated(self._label, detail, status=self._status)

    def response(self) -> RawResponse:
        """
        Return the complete answer, its content coding undone.

        Raises:
            TruncatedBodyError: The coded body lacks its end.
            DecodeError: It is not in the coding that it claims.
            ResponseTooLargeError: It unpacks to more than the limit.
        """
        body = self.taken()  # a connection at rest must not hold a window of its last download
        headers = ArrivedHeaders(self._headers)
        for name, _ in self._headers:
            if len(name) == 16 and name.lower() == b"content-encoding":
                if not self._bodiless and self._status not in {204, 304}:
                    body = decode_whole(
                        body, headers["content-encoding"], self._limit, label=self._label, status=self._status
                    )
                break
        return RawResponse(self._status, headers, body)

    # -- called by the parser ------------------------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        """More than was asked for: the connection is out of step."""
        if self.complete:
            self._spilt = True

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header; trailers, which come after the body, are none."""
        if self._heading:
            self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        """Learn the status; a HEAD ends here."""
        if self.complete:
            return
        status = self._status = self._parser.get_status_code()
        if status >= 200:
            self._heading = False
            if self._bodiless:
                self.complete = True
                self._keep = self._parser.get_http_version() == "1.1" and not _closes(self._headers)

    def on_body(self, data: bytes) -> None:
        """Keep a piece of the body."""
        if self.complete:
            self._spilt = True
            return
        self._received += len(data)
        if self._received <= self._bound:
            self._pieces.append(data)

    def on_message_complete(self) -> None:
        """End the answer, or an interim one."""
        if self._heading:
            self._headers = []
        elif not self.complete:
            self.complete = True
            self._keep = self._parser.should_keep_alive()


def _closes(headers: list[tuple[bytes, bytes]]) -> bool:
    return "close" in ArrivedHeaders(headers).get("connection", "").lower()
