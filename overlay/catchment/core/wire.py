"""What generated code and the core agree on: operations, requests, raw answers and how values become text.

Generated modules import this module and nothing else of the package. It does no I/O.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterable, AsyncIterator, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from enum import Enum
from hashlib import sha256
from typing import IO, Any, Final, Generic, Literal, Protocol, TypeAlias, TypeVar, cast, final
from urllib.parse import quote
from uuid import UUID

from catchment.core.errors import DecodeError, UnsafeInputError

T = TypeVar("T")

RetryClass: TypeAlias = Literal["A", "B", "C", "D"]
"""What may be done after doubt.

`A` safe to repeat, `B` made safe before the first attempt, `C` looked up before it is repeated, `D` never repeated.
"""

Content: TypeAlias = bytes | bytearray | memoryview | str | IO[bytes] | Iterable[bytes]
"""A request body. Bytes and text can be sent again; a file only from where it stands; an iterable never."""

AsyncContent: TypeAlias = Content | AsyncIterable[bytes]


@final
class Unset(Enum):
    """Type of `UNSET`; an enum, so that `is UNSET` narrows for type checkers."""

    UNSET = "UNSET"

    def __bool__(self) -> Literal[False]:
        """An absent value is false."""
        return False

    def __repr__(self) -> str:
        return "UNSET"


UNSET: Final = Unset.UNSET
"""Left out of a request, where `None` would be sent as null."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of a platform's document, as data."""

    service: str
    id: str
    method: str
    path: str
    tag: str
    retry: RetryClass = "D"
    successes: tuple[int, ...] = ()
    """Documented answers of 2xx; a page of HTML under another one is nobody's success."""
    outcomes: tuple[int, ...] = ()
    """Documented answers below 400 that are no success (302, 304): errors in plain calls, values in detailed ones."""
    deprecated: bool = False
    anonymous: bool = False
    """Sent without credentials (logins, health checks)."""
    reads_json: bool = False
    """Every success is JSON, so that anything else can be told from it before it is parsed."""

    @property
    def name(self) -> str:
        """`service.id`, as errors and logs show it."""
        return f"{self.service}.{self.id}"


class Headers(Mapping[str, str]):
    """Response headers: lookups ignore case, repeated names are joined with a comma."""

    __slots__ = ("_index", "raw")

    def __init__(self, raw: Sequence[tuple[str, str]] = ()) -> None:
        self.raw = raw
        self._index: dict[str, str] | None = None

    def _lookup(self) -> dict[str, str]:
        if self._index is None:
            index: dict[str, str] = {}
            for name, value in self.raw:
                key = name.lower()
                index[key] = f"{index[key]}, {value}" if key in index else value
            self._index = index
        return self._index

    def __getitem__(self, name: str) -> str:
        return self._lookup()[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._lookup())

    def __len__(self) -> int:
        return len(self._lookup())

    def __repr__(self) -> str:
        return f"<Headers: {', '.join(self._lookup())}>"


@dataclass(slots=True)
class Request:
    """A request as the operation says it: nothing about hosts, credentials or attempts."""

    operation: Operation
    target: str
    """Path below the service's base URL, with its query string; complete and escaped."""
    headers: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    content: AsyncContent | None = None
    retry: RetryClass | None = None
    """What may be done after doubt with this request, where its arguments say more than the operation's class: a
    query that only reads, points that all have a time."""
    constant: tuple[tuple[str, str], ...] = ()
    """Headers that all requests of this kind have, sent before the others; they are checked and written out once."""

    def __repr__(self) -> str:
        return f"<Request {self.operation.name} {self.operation.method} {self.operation.path}>"


@dataclass(slots=True)
class RawResponse:
    """An answer with its whole body in memory, already decoded from its transfer and content codings."""

    status: int
    headers: Headers
    body: bytes

    @property
    def text(self) -> str:
        """The body as UTF-8; bytes that are none become U+FFFD."""
        return self.body.decode("utf-8", "replace")

    def __repr__(self) -> str:
        return f"<RawResponse {self.status}, {len(self.body)} bytes>"


@dataclass(slots=True)
class Response(Generic[T]):
    """A parsed answer with its status and headers."""

    status: int
    headers: Headers
    parsed: T

    def __repr__(self) -> str:
        return f"<Response {self.status} {self.parsed!r}>"


class Incoming(Protocol):
    """An answer whose body is still arriving; what endpoints hand out is a success."""

    @property
    def status(self) -> int:
        """HTTP status."""
        ...

    @property
    def headers(self) -> Headers:
        """Response headers."""
        ...

    def chunks(self) -> Iterator[bytes]:
        """Yield the body in the pieces in which it arrives, content coding undone."""
        ...

    def lines(self) -> Iterator[str]:
        """Yield the body's lines as UTF-8 text, without their ends."""
        ...

    def read(self) -> bytes:
        """Return the rest of the body."""
        ...


class AsyncIncoming(Protocol):
    """An answer whose body is still arriving; what endpoints hand out is a success."""

    @property
    def status(self) -> int:
        """HTTP status."""
        ...

    @property
    def headers(self) -> Headers:
        """Response headers."""
        ...

    def chunks(self) -> AsyncIterator[bytes]:
        """Yield the body in the pieces in which it arrives, content coding undone."""
        ...

    def lines(self) -> AsyncIterator[str]:
        """Yield the body's lines as UTF-8 text, without their ends."""
        ...

    async def read(self) -> bytes:
        """Return the rest of the body."""
        ...


class Sender(Protocol):
    """What `sync`, `sync_detailed` and `stream` of a generated endpoint need."""

    def send(self, request: Request, *, outcomes: tuple[int, ...] = ()) -> RawResponse:
        """Send with signing and retries; return a success (or one of `outcomes`), raise anything else."""
        ...

    def stream(self, request: Request) -> AbstractContextManager[Incoming]:
        """Send and hand out a success before its body has arrived."""
        ...


class AsyncSender(Protocol):
    """What `asyncio`, `asyncio_detailed` and `astream` of a generated endpoint need."""

    async def send(self, request: Request, *, outcomes: tuple[int, ...] = ()) -> RawResponse:
        """Send with signing and retries; return a success (or one of `outcomes`), raise anything else."""
        ...

    def stream(self, request: Request) -> AbstractAsyncContextManager[AsyncIncoming]:
        """Send and hand out a success before its body has arrived."""
        ...


# -- values to text ----------------------------------------------------------------------------------------------------


def _text(value: object) -> str:
    """Write a value as URLs and headers carry it; what has no one spelling is refused, not guessed."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    raise UnsafeInputError(f"{type(value).__name__} cannot be sent in a URL or header: pass text, a number or a bool")


def _quoted(value: object, safe: str) -> str:
    try:
        return quote(_text(value), safe=safe)
    except UnicodeEncodeError:
        raise UnsafeInputError("text with lone surrogates cannot be sent: it has no UTF-8") from None


def segment(value: object) -> str:
    """Escape one path segment; nothing is left as it is but unreserved characters.

    Raises:
        UnsafeInputError: It is empty, so that the path would name something else, or neither text nor a number.
    """
    text = _quoted(value, "")
    if not text:
        raise UnsafeInputError("a name in the path is empty: the address would be that of something else")
    # Clients and proxies resolve dot segments, so that one name would silently become another.
    return text.replace(".", "%2E") if text in {".", ".."} else text


def raw_path(value: object) -> str:
    """Escape a path that may hold slashes; dot segments are escaped, so that no layer below resolves them."""
    return "/".join(
        part.replace(".", "%2E") if part in {".", ".."} else part
        for part in _quoted(value, "/~!$&'()*+,;=:@").split("/")
    )


def query_value(value: object) -> str:
    """Escape one query value; booleans are `true` and `false`."""
    return _quoted(value, "")


def query_items(name: str, values: Iterable[object], *, joined: bool = False) -> list[str]:
    """Return `name=value` for each value, or for all of them joined with commas; `name` is escaped already.

    Raises:
        UnsafeInputError: One string came instead of a list, and would be sent letter by letter.
    """
    if isinstance(values, str | bytes):
        raise UnsafeInputError(f"{name} takes a list, not one string")
    escaped = [query_value(value) for value in values]
    return [f"{name}={','.join(escaped)}"] if joined else [f"{name}={value}" for value in escaped]


def listed(name: str, value: T, known: Collection[object]) -> T:
    """Return the value if the platform knows it.

    Raises:
        UnsafeInputError: It does not; the platform would take it for another one without a word.
    """
    if value not in known:
        choices = ", ".join(f"{one!r}" for one in known)
        raise UnsafeInputError(f"{name} must be one of {choices}, not {value!r}")
    return value


def header_value(value: object) -> str:
    """Write a header's value; characters that headers cannot carry are refused where it is sent."""
    return _text(value)


def form_body(members: Mapping[str, object]) -> bytes:
    """Encode members as `application/x-www-form-urlencoded`; lists repeat their name."""
    pairs: list[str] = []
    for name, value in members.items():
        values = cast("list[object]", value) if isinstance(value, list) else [value]
        pairs += query_items(query_value(name), values)
    return "&".join(pairs).encode()


def multipart_body(members: Mapping[str, object]) -> tuple[str, bytes]:
    """Encode members as `multipart/form-data`: bytes as files, text and numbers as fields; lists repeat their name.

    Returns:
        Value of `Content-Type`, which names the boundary, and the body.
    """
    parts: list[bytes] = []
    for name, value in members.items():
        for one in cast("list[object]", value) if isinstance(value, list) else [value]:
            # As HTML forms escape names, which quotes and line ends would cut short.
            label = f'name="{name.translate(_FIELD_NAME)}"'
            if isinstance(one, bytes):
                parts.append(f"{label}; filename={label[5:]}\r\nContent-Type: application/octet-stream".encode())
                parts[-1] += b"\r\n\r\n" + one
            else:
                parts.append(f"{label}\r\n\r\n{_text(one)}".encode())
    # A digest of what it separates cannot stand in it, and equal requests are equal.
    boundary = sha256(b"\0".join(parts)).hexdigest()[:40].encode()
    opening = b"--" + boundary + b"\r\nContent-Disposition: form-data; "
    body = b"".join(opening + part + b"\r\n" for part in parts) + b"--" + boundary + b"--\r\n"
    return f"multipart/form-data; boundary={boundary.decode()}", body


_FIELD_NAME = str.maketrans({'"': "%22", "\r": "%0D", "\n": "%0A"})


# -- instants ----------------------------------------------------------------------------------------------------------


def format_instant(value: datetime) -> str:
    """Write an instant as RFC 3339.

    Raises:
        UnsafeInputError: It has no time zone, so that it is no instant.
    """
    # Callers' types are not checked at run time, hence the second question.
    if not isinstance(value, datetime) or value.utcoffset() is None:  # pyright: ignore[reportUnnecessaryIsInstance]
        raise UnsafeInputError("an instant must be a datetime with a time zone: add tzinfo=timezone.utc or your own")
    return value.isoformat().removesuffix("+00:00") + ("Z" if value.utcoffset() == timedelta(0) else "")


def parse_instant(text: str) -> datetime:
    """Read an instant; digits beyond microseconds are cut, and an instant without a zone is UTC.

    Raises:
        ValueError: It is none.
    """
    try:
        # Forty times faster than dateutil, and right for every RFC 3339 instant but leap seconds.
        instant = datetime.fromisoformat(text)
    except ValueError:
        instant = _parse_unusual(text)
    return instant if instant.tzinfo is not None else instant.replace(tzinfo=UTC)


def _parse_unusual(text: str) -> datetime:
    """Read HTTP dates, lower-case zones and the like; text without a year or a time is refused, not completed."""
    from dateutil import parser

    if not (_YEAR.search(text) and _CLOCK.search(text)):
        raise ValueError(f"{text[:40]!r} is no instant")
    return parser.parse(text, tzinfos=_zone)


_YEAR = re.compile(r"\d{4}")
_CLOCK = re.compile(r"\d:\d\d")


def _zone(name: str | None, offset: int | None) -> tzinfo | None:
    if offset is not None:
        return timezone(timedelta(seconds=offset))
    if name is None or name.upper() in {"Z", "UTC", "GMT"}:
        return UTC
    raise ValueError(f"time zone {name!r} is ambiguous")


# -- JSON --------------------------------------------------------------------------------------------------------------

_fast_loads: Callable[[bytes], Any]
try:
    from orjson import loads as _fast_loads  # pyright: ignore[reportMissingImports, reportUnknownVariableType]
except ImportError:
    _fast_loads = json.loads


def load_json(body: bytes) -> Any:
    """Decode JSON of a known shape; with the `fast` extra by orjson.

    Integers of the documents are 64 bit, so orjson's one weakness (2**64 and beyond become floats) cannot bite here;
    free-form JSON of users' data must go through `load_json_exactly`.
    """
    return _fast_loads(body)


def load_json_exactly(body: bytes) -> Any:
    """Decode JSON whatever its integers' size."""
    return json.loads(body)


def dump_json(value: object) -> bytes:
    """Encode compactly as UTF-8.

    Raises:
        UnsafeInputError: JSON has no place for a value: NaN, infinities, lone surrogates, objects of unknown types.
    """
    try:
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, TypeError, RecursionError) as exc:
        raise UnsafeInputError(f"the body cannot be sent as JSON: {exc}") from exc


def decode(operation: Operation, response: RawResponse, build: Callable[[Any], T], kind: type = dict) -> T:
    """Decode a JSON success and build its model.

    Args:
        operation: For the error.
        response: Its body is decoded.
        build: Makes the result of the decoded value.
        kind: What the outermost value must be; `object` lets everything through to `build`.

    Raises:
        DecodeError: The body is no JSON, or not of the documented shape.
    """
    try:
        value = load_json(response.body)
        if not isinstance(value, kind):
            raise TypeError(f"{kind.__name__} expected, {type(value).__name__} found")  # noqa: TRY301 - one way out
        return build(value)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as exc:
        raise undecodable(operation, response, exc) from exc


def looks_whole(body: bytes) -> bool:
    """Say whether a body begins and ends as JSON does; a page of a proxy or half an answer does not."""
    if body[:1] == b"{" and body[-1:] == b"}":
        return True
    text = body.strip()
    return (text[:1], text[-1:]) in {(b"{", b"}"), (b"[", b"]")} or text[:1] not in {b"", b"<", b"{", b"["}


def undecodable(operation: Operation, response: RawResponse, cause: BaseException) -> DecodeError:
    """Describe a success that cannot be read, with a hint where the cause is a usual one."""
    kind = response.headers.get("content-type", "no content type")
    missing = f"no member {cause}" if isinstance(cause, KeyError) else str(cause)
    hint = None
    if "html" in kind:
        hint = "an HTML page instead of JSON: the endpoint is probably a web page, a login page or a proxy"
    return DecodeError(
        f"the answer cannot be read as {operation.id} documents it ({kind}, {len(response.body)} bytes): {missing}",
        service=operation.service,
        operation=operation.id,
        status=response.status,
        body=response.body[:2048],
        hint=hint,
    )


def as_is(value: T) -> T:
    """Return the value; the decoder of what JSON already is."""
    return value


def to_wire(value: Any) -> Any:
    """Turn a model, an instant or a list of them into what JSON can carry."""
    if isinstance(value, datetime):
        return format_instant(value)
    if hasattr(value, "to_dict"):
        return value.to_dict()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, list):
        return [to_wire(item) for item in cast("list[Any]", value)]
    if isinstance(value, dict):
        return {key: to_wire(item) for key, item in cast("dict[str, Any]", value).items()}
    return value


def one_of(value: Any, *builders: tuple[type, Callable[[Any], Any]]) -> Any:
    """Build the first alternative of a union that takes the value; a value that none takes stays as it is.

    Each alternative says which JSON type it reads, so that text is never tried as an object.
    """
    for kind, build in builders:
        if isinstance(value, kind):
            try:
                return build(value)
            except (TypeError, ValueError, AttributeError, KeyError):
                continue
    return value


def masked(value: object) -> str:
    """Show that a secret is there, or that it is not."""
    return "***" if value else repr(value)
