"""What generated code and the core agree on: operations, requests, raw answers and how values become text.

Generated modules import this module and nothing else of the package. It does no I/O.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import dataclass, field
from enum import Enum
from typing import IO, Any, Final, Generic, Literal, Protocol, TypeAlias, TypeVar, cast, final
from urllib.parse import quote

from catchment.core.errors import DecodeError

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
    outcomes: tuple[int, ...] = ()
    """Documented answers below 400 that are no success (302, 304): errors in plain calls, values in detailed ones."""
    deprecated: bool = False
    anonymous: bool = False
    """Sent without credentials (logins, health checks)."""

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
    """An answer whose body is still arriving; only successes get this far."""

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
    """An answer whose body is still arriving; only successes get this far."""

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


def segment(value: object) -> str:
    """Escape one path segment; nothing is left as it is but unreserved characters."""
    text = quote(str(value), safe="")
    # Clients and proxies resolve dot segments, so that one name would silently become another.
    return text.replace(".", "%2E") if text in {".", ".."} else text


def raw_path(value: object) -> str:
    """Escape a path that may hold slashes; dot segments are escaped, so that no layer below resolves them."""
    return "/".join(
        part.replace(".", "%2E") if part in {".", ".."} else part
        for part in quote(str(value), safe="/~!$&'()*+,;=:@").split("/")
    )


def query_value(value: object) -> str:
    """Escape one query value; booleans are `true` and `false`."""
    if value is True:
        return "true"
    if value is False:
        return "false"
    return quote(str(value), safe="")


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
    """Encode compactly as UTF-8; NaN and infinities, which JSON lacks, are refused with `ValueError`."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def decode(operation: Operation, response: RawResponse, build: Callable[[Any], T]) -> T:
    """Decode a JSON success and build its model.

    Raises:
        DecodeError: The body is no JSON, or not of the documented shape.
    """
    try:
        return build(load_json(response.body))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as exc:
        raise undecodable(operation, response, exc) from exc


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


def to_wire(value: Any) -> Any:
    """Turn a model, an instant or a list of them into what JSON can carry."""
    if hasattr(value, "to_dict"):
        return value.to_dict()
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if isinstance(value, list):
        return [to_wire(item) for item in cast("list[Any]", value)]
    return value


def first_match(value: Any, builders: Sequence[Callable[[Any], Any] | None]) -> Any:
    """Build the first alternative of a union that accepts the value; a value that none accepts stays as it is."""
    for build in builders:
        if build is None:
            continue
        try:
            return build(value)
        except (TypeError, ValueError, AttributeError, KeyError):
            continue
    return value
