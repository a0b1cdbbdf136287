"""Answers as callers see them, and which of them are raised. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import Enum, IntEnum
from typing import Final, Generic, NoReturn, TypeAlias, TypeVar, cast

from catchment.core.errors import CatchmentError, ClosedError, UnsafeInputError
from catchment.core.wire import UNSET, Headers, Operation, RawResponse, Unset, undecodable
from catchment.v3io.errors import DIALECT, HttpResponseError, RedirectedError, UnexpectedStatusError

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class RaiseForStatus(Enum):
    """Which answers are raised as errors."""

    always = "always"
    """Every answer with a status of 300 and more; the default."""
    never = "never"
    """None: the caller looks at `status_code`. Failures without an answer are raised all the same."""


RaiseForStatusTypes: TypeAlias = RaiseForStatus | Sequence[int] | None
"""What calls take as `raise_for_status=`; a list names the only statuses that are not raised, and `[]` is `None`."""


class TransportActions(IntEnum):
    """How far a call goes before it returns."""

    encode_only = 1
    """Return the request, checked and encoded, and send nothing."""
    encode_and_send = 2
    """Send, and return what gives the response later, by `result()`."""
    send_and_receive = 3
    """Return the response; the default."""


def acceptable(status: int, wanted: RaiseForStatusTypes) -> bool:
    """
    Say whether an answer is returned rather than raised.

    Args:
        status: Of the answer.
        wanted: As the caller gave it.
    """
    if wanted is None or wanted is RaiseForStatus.always:
        return status < 300
    if wanted is RaiseForStatus.never:
        return True
    return status in wanted if wanted else status < 300


def check_wanted(wanted: RaiseForStatusTypes) -> RaiseForStatusTypes:
    """
    Return the statuses to raise for, `None` for the default.

    Raises:
        UnsafeInputError: It is neither a `RaiseForStatus` nor a list of statuses.
    """
    if wanted is None or isinstance(wanted, RaiseForStatus):
        return None if wanted is RaiseForStatus.always else wanted
    if isinstance(wanted, (list, tuple, set, frozenset, range)) and all(type(code) is int for code in wanted):  # pyright: ignore[reportUnknownVariableType]
        return tuple(wanted) or None
    raise UnsafeInputError(
        f"raise_for_status={wanted!r} is neither RaiseForStatus.always or .never nor a list of statuses"
    )


REDIRECTS: Final = tuple(status for status in range(300, 400))
"""Statuses that are answers always: ours is the error that names where they point."""
# What the server turned away before it looked, and its own failures, are repeated first and returned only then.
_REPEATED: Final = frozenset({408, 420, 425, 429})
_ANSWERS: Final = REDIRECTS + tuple(status for status in range(400, 500) if status not in _REPEATED)
_GONE: Final = frozenset({404, 410})
_ANSWERS_TO_DELETE: Final = tuple(status for status in _ANSWERS if status not in _GONE)


def outcomes_of(wanted: RaiseForStatusTypes, method: str) -> tuple[int, ...]:
    """
    Return the statuses beyond 2xx that are answers already at the first attempt.

    Args:
        wanted: As `check_wanted` returns it.
        method: Of the request: a 404 to a deletion whose first answer was lost means that it worked.
    """
    if wanted is None:
        return REDIRECTS
    if wanted is RaiseForStatus.never:
        return _ANSWERS_TO_DELETE if method == "DELETE" else _ANSWERS
    codes = cast("Sequence[int]", wanted)
    return REDIRECTS + tuple(code for code in codes if not (method == "DELETE" and code in _GONE))


class ResponseHeaders(Mapping[str, str]):
    """Headers of an answer as the server spelled them; upper and lower case are the same to lookups."""

    __slots__ = ("_headers",)

    def __init__(self, raw: Sequence[tuple[str, str]]) -> None:
        self._headers = Headers(raw)

    def __getitem__(self, name: str) -> str:
        return self._headers[name]

    def __iter__(self) -> Iterator[str]:
        seen: set[str] = set()
        for name, _ in self._headers.raw:
            if name.lower() not in seen:
                seen.add(name.lower())
                yield name

    def __len__(self) -> int:
        return len(self._headers)

    def __repr__(self) -> str:
        return f"<ResponseHeaders: {', '.join(self)}>"

    def __reduce__(self) -> tuple[object, ...]:
        return (ResponseHeaders, (list(self._headers.raw),))


class Response(Generic[T_co]):
    """
    One answer.

    Attributes:
        status_code: HTTP status.
        body: Bytes of the answer; of a failure repeated and given up, the first 16 KiB.

    A call of a batch returns its response at once, and `wait()` fills it: before that, asking it for anything raises
    `ClosedError`; if no answer ever comes, what went wrong is raised.
    """

    __slots__ = ("__weakref__", "_headers", "_operation", "_output", "_read", "body", "error", "status_code")

    status_code: int
    body: bytes
    error: Exception | None

    def __init__(
        self,
        operation: Operation,
        raw: RawResponse,
        read: Callable[[bytes], T_co] | None = None,
        error: CatchmentError | None = None,
    ) -> None:
        self._operation = operation
        self._read = read
        self.status_code = raw.status
        self.body = raw.body
        self._headers: Headers | ResponseHeaders = raw.headers
        self.error = error
        self._output: T_co | Unset = UNSET

    @staticmethod
    def awaited(operation: Operation, read: Callable[[bytes], T] | None) -> Response[T]:
        """Return a response whose answer comes later."""
        made = cast("Response[T]", object.__new__(Response))
        made._operation, made._read, made._output = operation, read, UNSET  # noqa: SLF001 - this class's own
        return made

    def fill(self, other: Response[T_co]) -> None:
        """Take over the answer of another one."""
        self.status_code, self.body, self.error = other.status_code, other.body, other.error
        self._headers = other._headers

    def fail(self, error: Exception) -> None:
        """Take over that there is no answer."""
        self.error = error

    @property
    def headers(self) -> ResponseHeaders:
        """Headers of the answer, as the server spelled them."""
        headers = self._headers
        if not isinstance(headers, ResponseHeaders):
            headers = self._headers = ResponseHeaders(headers.raw)
        return headers

    @property
    def output(self) -> T_co:
        """
        What the body says; read when it is first asked for. `None` where there is no body, or none to read, and for
        every status of 300 and more.

        Raises:
            DecodeError: The body is not what the call documents.
        """
        output = self._output
        if isinstance(output, Unset):
            output = self._output = self._parsed()
        return output

    def _parsed(self) -> T_co:
        if self.status_code >= 300 or self._read is None or not self.body:
            return cast("T_co", None)
        try:
            return self._read(self.body)
        except (ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError) as exc:
            raw = RawResponse(self.status_code, Headers(list(self.headers.items())), self.body)
            raise undecodable(self._operation, raw, exc) from exc

    @property
    def ok(self) -> bool:
        """Whether the status is below 300."""
        return self.status_code < 300

    def raise_for_status(self, raise_for_status: RaiseForStatusTypes = None) -> None:
        """
        Raise an answer that is not acceptable.

        Args:
            raise_for_status: Which ones are; by default those below 300.

        Raises:
            HttpResponseError: Of the class that says what happened.
        """
        if not acceptable(self.status_code, check_wanted(raise_for_status)):
            raise self.error or refusal(self._operation, RawResponse(self.status_code, self._wire_headers, self.body))

    @property
    def _wire_headers(self) -> Headers:
        headers = self._headers
        return headers if isinstance(headers, Headers) else Headers(list(headers.items()))

    def __getattr__(self, name: str) -> NoReturn:
        """Only slots that nothing has filled come here."""
        if name not in {"status_code", "body", "_headers", "error"}:
            raise AttributeError(f"a response has no attribute {name!r}")
        try:
            error = cast("Exception | None", object.__getattribute__(self, "error"))
        except AttributeError:
            error = None
        if error is not None:
            raise error
        raise ClosedError(
            f"there is no answer to {self._operation.name} yet", service="v3io", hint="call wait() of the batch first"
        )

    def __repr__(self) -> str:
        try:
            return f"<Response {self._operation.name} {self.status_code}, {len(self.body)} bytes>"
        except CatchmentError as exc:
            return f"<Response {self._operation.name}: {type(exc).__name__}>"

    def __getstate__(self) -> dict[str, object]:
        """Travel without the reader, which the operation names."""
        return {name: value for name in ("status_code", "body", "error") if (value := self._slot(name)) is not None} | {
            "operation": self._operation,
            "read": self._read,
            "headers": list(self._wire_headers.raw) if self._slot("_headers") is not None else None,
        }

    def _slot(self, name: str) -> object:
        try:
            return object.__getattribute__(self, name)
        except AttributeError:
            return None

    def __setstate__(self, state: dict[str, object]) -> None:
        """Come back as it left."""
        self._operation = cast("Operation", state["operation"])
        self._read = cast("Callable[[bytes], T_co] | None", state["read"])
        self._output = UNSET
        if state["headers"] is not None:
            self._headers = Headers(cast("list[tuple[str, str]]", state["headers"]))
            self.status_code = cast("int", state["status_code"])
            self.body = cast("bytes", state.get("body", b""))
            self.error = cast("Exception | None", state.get("error"))
        elif "error" in state:
            self.error = cast("Exception", state["error"])


class Responses(list[Response[T]]):
    """The responses of several calls, in the order of the calls."""

    @property
    def responses(self) -> list[Response[T]]:
        """The same, as its original names it."""
        return self

    @property
    def success(self) -> bool:
        """Whether every status is 200."""
        return all(response.status_code == 200 for response in self)

    def raise_for_status(self, raise_for_status: RaiseForStatusTypes = None) -> None:
        """
        Raise the first answer that is not acceptable.

        Args:
            raise_for_status: Which ones are; by default those below 300.
        """
        for response in self:
            response.raise_for_status(raise_for_status)


def refusal(operation: Operation, raw: RawResponse) -> HttpResponseError:
    """Make the error of an answer that the caller does not accept."""
    from catchment.core.failures import failure

    if raw.status < 300:
        text = f"the call succeeded with status {raw.status}, which raise_for_status does not list"
        return _error(UnexpectedStatusError, operation, raw, text)
    if raw.status < 400:
        place = raw.headers.get("location")
        points = f" and points to {_shown(place)}" if place else ""
        text = f"the server answered {raw.status}{points}; redirects are never followed"
        return _error(RedirectedError, operation, raw, text).advise(
            "set the endpoint to the address at which the server really answers"
        )
    error = failure(operation, raw, DIALECT)
    if isinstance(error, HttpResponseError):
        return error
    return _error(HttpResponseError, operation, raw, error.message)


def answer_of(error: HttpResponseError) -> RawResponse:
    """Return the answer behind an error, as far as the error keeps it."""
    return RawResponse(error.status_code, Headers(list(error.raw_headers)), error.body)


def _error(cls: type[HttpResponseError], operation: Operation, raw: RawResponse, message: str) -> HttpResponseError:
    return cls(
        message,
        service=operation.service,
        operation=operation.id,
        status=raw.status,
        body=raw.body[: 16 * 1024],
        headers=raw.headers,
        attempts=1,
    )


def _shown(place: str) -> str:
    from catchment.core.addresses import mask_url

    return mask_url(place)[:300]
