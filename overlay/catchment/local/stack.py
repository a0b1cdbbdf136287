"""Put the local platforms together: one clock, one store, one fault plan, one ledger, two front doors."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from email.utils import formatdate
from pathlib import Path
from threading import RLock
from types import TracebackType
from typing import Self

from catchment.local.bodies import BlobFolder
from catchment.local.control import Control
from catchment.local.delivery import finished, in_process
from catchment.local.faults import Delivery, Fault, FaultPlan, carries_out, deliver
from catchment.local.http import Answer, Reply, Request, find_header
from catchment.local.lakefs.installation import Installation
from catchment.local.lakefs.options import LakeFSOptions
from catchment.local.lakefs.service import LakeFSService, known_operations
from catchment.local.lakefs.snapshot import dump_installation, restore_installation
from catchment.local.ledger import Ledger
from catchment.local.presign import Signer
from catchment.local.s3 import OPERATIONS, ObjectEndpoint
from catchment.local.saving import Saver
from catchment.local.server import Running
from catchment.local.store import ObjectStore

LAKEFS_ORIGIN = "http://lakefs.catchment.local"
OBJECTS_ORIGIN = "http://objects.catchment.local"
_FACES = {"lakefs.catchment.local": "lakefs", "objects.catchment.local": "objects"}


class LocalLakeFS:
    """The lakeFS of a stack, seen from this process."""

    def __init__(self, stack: Stack, options: LakeFSOptions) -> None:
        self._stack = stack
        self.options = options

    @property
    def endpoint(self) -> str:
        """Where `handle` answers; the API lies below `/api/v1`."""
        return LAKEFS_ORIGIN

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables that point lakeFS clients here."""
        return self._stack.environment_for(LAKEFS_ORIGIN)

    def handle(self, method: str, url: str, headers: Sequence[tuple[str, str]], body: bytes = b"") -> Reply:
        """
        Answer one request without a socket; presigned URLs are answered here too.

        Args:
            method: Such as `GET`.
            url: Absolute. Any host but the stack's own two is refused.
            headers: As they would go over the wire, `Content-Length` included where a server wants it.
            body: The whole body.

        Raises:
            ConnectionRefusedError: The host is not part of this stack.
            ConnectionResetError: A planned fault broke the connection.
            TimeoutError: A planned fault let the request stall.
        """
        return self._stack.handle(method, url, headers, body)


class Stack:
    """
    The platforms on this machine, for demos and tests.

    Everything that looks random is derived from `seed` and the order of calls, so a run repeats; only the
    token of the control paths is random each time.
    A folder must belong to one stack at a time.

    Args:
        data: Folder that keeps the state over restarts; None keeps it in memory, and bodies above
            1 MiB in a temporary folder that goes with `close`.
        lakefs: Which lakeFS to play.
        clock: Gives the seconds since the epoch.
        seed: Decides ids and the generated key pair.
        sleep: Waits out a `delay` fault in process.
    """

    def __init__(
        self,
        data: str | Path | None = None,
        *,
        lakefs: LakeFSOptions | None = None,
        clock: Callable[[], float] = time.time,
        seed: int = 0,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._options = lakefs or LakeFSOptions()
        self._clock = clock
        self._sleep = sleep
        self._seed = seed
        self._lock = RLock()
        self._folder = Path(data) if data is not None else None
        self._running: list[Running] = []
        self.faults = FaultPlan({"lakefs": known_operations(), "objects": OPERATIONS})
        self.ledger = Ledger()
        self.blobs = BlobFolder(self._folder / "objects" if self._folder else None)
        self.store = ObjectStore(self.blobs, clock)
        self._build()
        self.lakefs = LocalLakeFS(self, self._options)
        self.control = Control(self.faults, self.ledger, self.store, secrets.token_urlsafe(24))
        self._saver = Saver(self._folder, self._dump) if self._folder else None
        if self._saver is not None:
            self._restore(self._saver)
            self.store.on_change = self._saver.changed

    def _build(self) -> None:
        signer = Signer("AKIACATCHMENTOBJECTS", "")
        self._state = Installation(self._options, store=self.store, signer=signer, clock=self._clock, seed=self._seed)
        self._state.signer = Signer(signer.access_key_id, self._state.derive("object store"))
        self._service = LakeFSService(self._state)
        self._objects = ObjectEndpoint(self.store, self._state.signer, self._clock)
        self._requests = 0

    # Use

    def service(self, name: str) -> LocalLakeFS:
        """
        Return a platform by name.

        Raises:
            KeyError: There is none; the message names the known ones.
        """
        if name != "lakefs":
            message = f"no local service {name!r}; there is: lakefs"
            raise KeyError(message)
        return self.lakefs

    def environment_for(self, endpoint: str) -> dict[str, str]:
        """Return the environment variables that point lakeFS clients to an endpoint of this stack."""
        return {
            "LAKECTL_SERVER_ENDPOINT_URL": endpoint,
            "LAKECTL_CREDENTIALS_ACCESS_KEY_ID": self._state.access_key_id,
            "LAKECTL_CREDENTIALS_SECRET_ACCESS_KEY": self._state.secret_access_key,
        }

    def serve(self, port: int = 0, only: Iterable[str] | None = None) -> Running:
        """
        Serve on 127.0.0.1 from a thread until the returned context ends.

        Args:
            port: Of the first service; 0 takes a free one. Presigned URLs get a port of their own.
            only: Names of the services to serve; None serves all.

        Raises:
            KeyError: No such service.
            OSError: The port is taken.
        """
        for name in only or ():
            self.service(name)
        running = Running(self, port)
        self._running.append(running)
        return running

    def handle(self, method: str, url: str, headers: Sequence[tuple[str, str]], body: bytes = b"") -> Reply:
        """Answer one request without a socket; see `LocalLakeFS.handle`."""
        request = Request.from_url(method, url, headers, body)
        face = _FACES.get(request.host.partition(":")[0])
        if face is None:
            message = f"{request.host} is not part of the local stack"
            raise ConnectionRefusedError(message)
        request = replace(request, face=face, object_origin=OBJECTS_ORIGIN)
        return in_process(self.respond(request), self._sleep)

    def reset(self) -> None:
        """Forget all state, planned faults and the ledger; credentials stay the same."""
        with self._lock:
            self.store.clear()
            self._build()
        self.faults.clear()
        self.ledger.clear()
        if self._saver is not None:
            self._saver.changed()

    def close(self) -> None:
        """Stop serving, save what is not saved, and remove temporary files."""
        for running in self._running:
            running.close()
        self._running.clear()
        if self._saver is not None:
            self._saver.close()
            self.blobs.sweep(self.store.names_in_use())
        self.blobs.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # Both front doors end here

    def respond(self, request: Request) -> Delivery:
        """Answer a request, planned faults included."""
        if self.control.wants(request):
            return Delivery(finished(request, self.control.answer(request)))
        with self._lock:
            self._requests += 1
            request_id = self._state.derive(f"request {self._requests}")[:32]
            name, work = self._aimed(request, request_id)
            fault = self.faults.take(request.face, name, request.method, request.path, request.door)
            answer = work() if fault is None or carries_out(fault) else None
        return _delivery(request, (request_id, self._clock()), fault, answer)

    def _aimed(self, request: Request, request_id: str) -> tuple[str, Callable[[], Answer]]:
        """Return the operation that a request is aimed at, and what carries it out."""

        def record(operation: str, subject: dict[str, object]) -> None:
            self.ledger.record(request.face, operation, request_id, subject)
            if self._saver is not None:
                self._saver.changed()

        if request.face == "objects":
            return self._objects.operation(request), lambda: self._objects.answer(request, record)
        target = self._service.target(request)
        return target.name, lambda: self._service.answer(request, target, record)

    # Snapshots

    def _dump(self) -> dict[str, object]:
        with self._lock:
            return {"store": self.store.dump(), "lakefs": dump_installation(self._state)}

    def _restore(self, saver: Saver) -> None:
        saved: Mapping[str, object] | None = saver.load()
        if saved is None:
            return
        self.store.restore(saved["store"])
        restore_installation(self._state, saved["lakefs"])
        self.blobs.sweep(self.store.names_in_use())


def _delivery(request: Request, stamp: tuple[str, float], fault: Fault | None, answer: Answer | None) -> Delivery:
    delivery = Delivery(answer) if fault is None else deliver(fault, answer)
    if delivery.answer is None:
        return delivery
    name = "X-Amz-Request-Id" if request.face == "objects" else "X-Request-ID"
    stamped = delivery.answer.with_headers((name, stamp[0]))
    if find_header(stamped.headers, "date") is None:
        stamped = stamped.with_headers(("Date", formatdate(stamp[1], usegmt=True)))
    return replace(delivery, answer=finished(request, stamped))
