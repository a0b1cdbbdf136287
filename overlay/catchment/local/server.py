"""Serve a stack on loopback ports, from one thread with one event loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from types import TracebackType
from typing import Protocol, Self

from catchment.local.bodies import BlobFolder
from catchment.local.connection import Connection, Front
from catchment.local.control import Control
from catchment.local.faults import Delivery
from catchment.local.http import Request
from catchment.local.platform import origin

HOST = "127.0.0.1"


class Served(Protocol):
    """What a server needs of the stack behind it."""

    blobs: BlobFolder
    control: Control

    def respond(self, request: Request) -> Delivery:
        """Answer a request."""
        ...

    def environment_for(self, endpoint: str, name: str) -> dict[str, str]:
        """Return the environment variables that point a platform's clients to an endpoint."""
        ...

    def faces_of(self, name: str) -> list[str]:
        """Return the names of the origins that a platform answers at; the first is its own."""
        ...


class Running:
    """
    A stack that listens on 127.0.0.1 until `close`, or the end of the `with` block.

    Attributes:
        endpoints: URL by service name.
        object_endpoint: Origin of presigned URLs; in process only, unless lakeFS is served.
    """

    def __init__(self, stack: Served, names: Sequence[str], port: int = 0) -> None:
        self._stack = stack
        self._names = names
        self.endpoints: dict[str, str] = {}
        self.object_endpoint = origin("objects")
        self._loop = asyncio.new_event_loop()
        self._connections: set[Connection] = set()
        self._servers: list[asyncio.Server] = []
        started: Future[None] = Future()
        self._thread = threading.Thread(target=self._run, args=(port, started), name="catchment-local", daemon=True)
        self._thread.start()
        started.result()

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables that point clients here."""
        found: dict[str, str] = {}
        for name, endpoint in self.endpoints.items():
            found.update(self._stack.environment_for(endpoint, name))
        return found

    @property
    def admin_headers(self) -> dict[str, str]:
        """What the control paths below `/_catchment/` want to see."""
        return self._stack.control.headers

    def close(self) -> None:
        """Stop listening and drop all connections; closing twice is fine."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # In the thread

    def _run(self, port: int, started: Future[None]) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._listen(port))
        except OSError as error:
            self._loop.run_until_complete(self._stop())
            self._loop.close()
            started.set_exception(error)
            return
        started.set_result(None)
        try:
            self._loop.run_forever()
        finally:
            self._loop.run_until_complete(self._stop())
            self._loop.close()

    async def _listen(self, port: int) -> None:
        for index, name in enumerate(self._names):
            own, *others = self._stack.faces_of(name)
            self.endpoints[name] = await self._open(own, 0 if index else port)
            for face in others:
                opened = await self._open(face, 0)
                if face == "objects":
                    self.object_endpoint = opened

    async def _open(self, face: str, port: int) -> str:
        front = Front(self._stack.respond, self._stack.blobs, face, self._object_origin, self._connections)
        make: Callable[[], Connection] = lambda: Connection(front)  # noqa: E731 - a factory is what asyncio wants
        server = await self._loop.create_server(make, HOST, port)
        self._servers.append(server)
        return f"http://{HOST}:{server.sockets[0].getsockname()[1]}"

    def _object_origin(self) -> str:
        return self.object_endpoint

    async def _stop(self) -> None:
        for server in self._servers:
            server.close()
        for connection in tuple(self._connections):
            connection.close()
        # One turn of the loop lets the transports tell their connections.
        await asyncio.sleep(0)
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
