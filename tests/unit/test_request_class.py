"""A request's own retry class, in both clients' attempt loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from catchment.core._async.api import ApiSettings as AsyncApiSettings
from catchment.core._async.api import AsyncApiClient, AsyncConnections
from catchment.core._async.transport import Engines as AsyncEngines
from catchment.core._sync.api import ApiClient, ApiSettings, Connections
from catchment.core._sync.transport import Engines
from catchment.core.config import Retry
from catchment.core.errors import NetworkError, OutcomeUnknownError
from catchment.core.failures import MessageDialect
from catchment.core.recorder import AsyncScriptedEngine, Scripted, ScriptedEngine
from catchment.core.wire import Operation, RawResponse, Request, RetryClass

QUICK = Retry(attempts=2, base=0.0, throttled_base=0.0)


class Scripts(Connections):
    """Connections to a script that loses the first answer."""

    def __init__(self) -> None:
        super().__init__()
        self.script = ScriptedEngine([lost(), Scripted(200, b"done")])

    def engines(self, settings: ApiSettings) -> Engines:
        """Return the script, whatever the body."""
        return Engines(self.script, self.script, self.script)


class AsyncScripts(AsyncConnections):
    """Connections to a script that loses the first answer."""

    def __init__(self) -> None:
        super().__init__()
        self.script = AsyncScriptedEngine([lost(), Scripted(200, b"done")])

    def engines(self, settings: AsyncApiSettings) -> AsyncEngines:
        """Return the script, whatever the body."""
        return AsyncEngines(self.script, self.script, self.script)


def lost() -> NetworkError:
    """Make the error of an answer that never came."""
    error = NetworkError("connection reset")
    error.sent = True
    return error


def blocking(request: Request) -> RawResponse:
    """Send through the blocking client."""
    settings = ApiSettings("test", "http://test.invalid", MessageDialect(), retry=QUICK)
    return ApiClient(settings, None, connections=Scripts()).send(request)


def asynchronous(request: Request) -> RawResponse:
    """Send through the async client."""
    settings = AsyncApiSettings("test", "http://test.invalid", MessageDialect(), retry=QUICK)
    return asyncio.run(AsyncApiClient(settings, None, connections=AsyncScripts()).send(request))


SENDERS = pytest.mark.parametrize("send", [blocking, asynchronous])


def request(operation: RetryClass, own: RetryClass | None) -> Request:
    """Make a request of an operation of one class, with a class of its own or none."""
    return Request(Operation("test", "query", "POST", "/query", "query", retry=operation), "/query", retry=own)


@SENDERS
@pytest.mark.parametrize(("operation", "own"), [("D", "A"), ("D", "B"), ("A", None), ("C", "B")])
def test_what_is_safe_is_repeated(
    send: Callable[[Request], RawResponse], operation: RetryClass, own: RetryClass | None
) -> None:
    """A request that says it is safe is sent again after a lost answer, whatever its operation's class."""
    assert send(request(operation, own)).body == b"done"


@SENDERS
@pytest.mark.parametrize(("operation", "own"), [("A", "D"), ("D", None), ("B", "C")])
def test_what_is_not_safe_is_not_repeated(
    send: Callable[[Request], RawResponse], operation: RetryClass, own: RetryClass | None
) -> None:
    """A request that says it is not safe is not sent again, though its operation's class would allow it."""
    with pytest.raises(OutcomeUnknownError):
        send(request(operation, own))
