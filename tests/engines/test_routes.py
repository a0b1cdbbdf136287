"""Which engine carries which call: decided by the call's shape, and by proxies on its way."""

from __future__ import annotations

import asyncio
import subprocess
import sys

import pytest
from catchment.core._async.api import ApiSettings as AsyncSettings
from catchment.core._async.api import AsyncApiClient
from catchment.core._sync.api import ApiClient, ApiSettings
from catchment.core.engines import TransportSettings
from catchment.core.failures import MessageDialect
from catchment.core.wire import Operation, Request

from tests.engines.chaos import Chaos

ONE = TransportSettings(pool_size=1, trust_env=False)


def request(path: str, method: str = "GET", content: object = None) -> Request:
    """Return a request for a behaviour of the server."""
    return Request(Operation("x", path, method, f"/{path}", "x", retry="A"), f"/{path}", content=content)  # type: ignore[arg-type]


def test_calls_go_on_while_an_answer_streams(chaos: Chaos) -> None:
    """Whoever reads a long answer asks for details meanwhile, also where one connection is all that is allowed."""
    client = ApiClient(ApiSettings("x", chaos.url("")[:-1], MessageDialect(), transport=ONE), None)
    with client.stream(request("large")) as body:
        pieces = iter(body.chunks())
        size = len(next(pieces))
        assert client.send(request("ok"), deadline=2).body == b"ok"
        assert size + sum(map(len, pieces)) == 3_000_000
    client.close()


def test_calls_go_on_while_an_answer_streams_async(chaos: Chaos) -> None:
    """The same for tasks."""

    async def main() -> None:
        client = AsyncApiClient(AsyncSettings("x", chaos.url("")[:-1], MessageDialect(), transport=ONE), None)
        async with client.stream(request("large")) as body:
            pieces = body.chunks()
            size = len(await anext(pieces))
            assert (await client.send(request("ok"), deadline=2)).body == b"ok"
            async for piece in pieces:
                size += len(piece)
        assert size == 3_000_000
        await client.aclose()

    asyncio.run(main())


SCRIPT = """
import sys
from catchment.core._sync.api import ApiClient, ApiSettings
from catchment.core.engines import TransportSettings
from catchment.core.errors import NetworkError
from catchment.core.failures import MessageDialect
from catchment.core.wire import Operation, Request

settings = ApiSettings("x", {url!r}, MessageDialect(), transport=TransportSettings({options}))
client = ApiClient(settings, None)
operation = Operation("x", "echo", "PUT", "/echo", "x")
try:
    assert client.send(Request(operation, "/echo", content=iter([b"a", b"b"]))).body == b"ab"
    with client.stream(Request(operation, "/echo", content=b"ab")) as body:
        assert body.read() == b"ab"
except NetworkError:
    assert {options!r}, "only the proxy is missing"
sys.exit("httpcore" in sys.modules)
"""


@pytest.mark.parametrize(("options", "general"), [("", False), ("proxy='http://127.0.0.1:1'", True)], ids=str)
def test_streams_load_the_general_engine_only_for_proxies(chaos: Chaos, options: str, general: bool) -> None:
    """Neither uploads nor answers that stream load it."""
    code = SCRIPT.format(url=chaos.url("")[:-1], options=options)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=20, check=False)
    assert (done.returncode, done.stderr) == (int(general), "")
