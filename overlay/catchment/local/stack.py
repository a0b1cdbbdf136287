"""Put the local platforms together: one clock, one store, one fault plan, one ledger, two front doors."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from email.utils import formatdate
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from threading import RLock
from types import TracebackType
from typing import Self

from catchment.local.bodies import BlobFolder
from catchment.local.control import Control
from catchment.local.delivery import finished, in_process
from catchment.local.faults import Delivery, Fault, FaultPlan, carries_out, deliver
from catchment.local.http import Answer, Reply, Request
from catchment.local.influxdb.options import InfluxDBOptions
from catchment.local.influxdb.platform import InfluxDBPlatform
from catchment.local.lakefs.options import LakeFSOptions
from catchment.local.lakefs.platform import LakeFSPlatform
from catchment.local.ledger import Ledger
from catchment.local.platform import Platform, origin
from catchment.local.saving import Saver
from catchment.local.server import Running
from catchment.local.store import ObjectStore
from catchment.local.v3io.control import ControlPlane
from catchment.local.v3io.options import V3IOOptions
from catchment.local.v3io.platform import V3IOPlatform


class LocalService:
    """One platform of a stack, seen from this process."""

    def __init__(self, stack: Stack, name: str) -> None:
        self._stack = stack
        self._name = name

    @property
    def endpoint(self) -> str:
        """Where `handle` answers."""
        return origin(self._name)

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables that point the platform's clients here."""
        return self._stack.environment_for(self.endpoint, self._name)

    def handle(self, method: str, url: str, headers: Sequence[tuple[str, str]], body: bytes = b"") -> Reply:
        """
        Answer one request without a socket; URLs of the stack's other hosts are answered here too.

        Args:
            method: Such as `GET`.
            url: Absolute. Any host but the stack's own is refused.
            headers: As they would go over the wire, `Content-Length` included where a server wants it.
            body: The whole body.

        Raises:
            ConnectionRefusedError: The host is not part of this stack.
            ConnectionResetError: A planned fault broke the connection.
            TimeoutError: A planned fault let the request stall.
        """
        return self._stack.handle(method, url, headers, body)


class LocalLakeFS(LocalService):
    """The lakeFS of a stack; the API lies below `/api/v1`."""

    def __init__(self, stack: Stack, options: LakeFSOptions) -> None:
        super().__init__(stack, "lakefs")
        self.options = options


class LocalInfluxDB(LocalService):
    """The InfluxDB of a stack."""

    def __init__(self, stack: Stack, options: InfluxDBOptions) -> None:
        super().__init__(stack, "influxdb")
        self.options = options

    def run_continuous_queries(self) -> dict[str, str]:
        """
        Run every continuous query once, over the last whole window before now, or over what its FOR says.

        They never run by themselves.

        Returns:
            The error of each query by `database.name`; empty where it went well.
        """
        return self._stack.run_continuous_queries()


class LocalV3IO(LocalService):
    """The V3IO of a stack."""

    def __init__(self, stack: Stack, options: V3IOOptions) -> None:
        super().__init__(stack, "v3io")
        self.options = options


class LocalV3IOControl(LocalService):
    """The dashboard of a stack's V3IO: users, containers and keys made here are good for its web API."""

    def __init__(self, stack: Stack, control_plane: ControlPlane) -> None:
        super().__init__(stack, control_plane.name)
        self._control_plane = control_plane

    def fail_next_job(self, result: str) -> None:
        """Let the next job that is started fail, with this result."""
        self._control_plane.dashboard.next_failure = result


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
        influxdb: Which InfluxDB to play.
        v3io: Which V3IO to play.
        clock: Gives the seconds since the epoch.
        seed: Decides ids and the generated key pair.
        sleep: Waits out a `delay` fault in process.
    """

    def __init__(
        self,
        data: str | Path | None = None,
        *,
        lakefs: LakeFSOptions | None = None,
        influxdb: InfluxDBOptions | None = None,
        v3io: V3IOOptions | None = None,
        clock: Callable[[], float] = time.time,
        seed: int = 0,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._seed = seed
        self._lock = RLock()
        self._folder = Path(data) if data is not None else None
        self._running: list[Running] = []
        self._requests = 0
        self.blobs = BlobFolder(self._folder / "objects" if self._folder else None)
        self.store = ObjectStore(self.blobs, clock)
        # V3IO's data is no part of the object store, so it has a folder of its own.
        v3io_blobs = BlobFolder(self._folder / "v3io") if self._folder else self.blobs
        lakefs_options, influxdb_options = lakefs or LakeFSOptions(), influxdb or InfluxDBOptions()
        v3io_options = v3io or V3IOOptions()
        platforms: list[Platform] = [
            LakeFSPlatform(lakefs_options, self.store, clock, seed),
            influxdb_platform := InfluxDBPlatform(influxdb_options, clock, seed),
            v3io_platform := V3IOPlatform(v3io_options, v3io_blobs, clock, seed),
            control_plane := ControlPlane(v3io_platform, clock),  # behind the tenant that it looks after
        ]
        self._influxdb = influxdb_platform
        self._v3io = v3io_platform
        self._platforms = {each.name: each for each in platforms}
        self._by_face = {face: each for each in platforms for face in each.faces}
        self.lakefs = LocalLakeFS(self, lakefs_options)
        self.influxdb = LocalInfluxDB(self, influxdb_options)
        self.v3io = LocalV3IO(self, v3io_options)
        self.v3io_control = LocalV3IOControl(self, control_plane)
        self._services: dict[str, LocalService] = {
            "lakefs": self.lakefs,
            "influxdb": self.influxdb,
            "v3io": self.v3io,
            control_plane.name: self.v3io_control,
        }
        self.faults = FaultPlan({face: names for each in platforms for face, names in each.faces.items()})
        self.ledger = Ledger()
        self.control = Control(self.faults, self.ledger, self.store, secrets.token_urlsafe(24))
        self._saver = Saver(self._folder, self._dump) if self._folder else None
        if self._saver is not None:
            self._restore(self._saver)
            self.store.on_change = self._saver.changed

    # Use

    def service(self, name: str) -> LocalService:
        """
        Return a platform by name.

        Raises:
            KeyError: There is none; the message names the known ones.
        """
        if name not in self._services:
            message = f"no local service {name!r}; there are: {', '.join(self._services)}"
            raise KeyError(message)
        return self._services[name]

    def environment_for(self, endpoint: str, name: str = "lakefs") -> dict[str, str]:
        """Return the environment variables that point a platform's clients to an endpoint of this stack."""
        return self._platforms[name].environment(endpoint)

    def run_continuous_queries(self) -> dict[str, str]:
        """Run the continuous queries of InfluxDB; see `LocalInfluxDB.run_continuous_queries`."""
        with self._lock:
            request_id = self._derived("continuous queries")
            return self._influxdb.run_continuous_queries(self._recorder("influxdb", request_id))

    def _recorder(self, face: str, request_id: str) -> Callable[[str, dict[str, object]], None]:
        def record(operation: str, subject: dict[str, object]) -> None:
            self.ledger.record(face, operation, request_id, subject)
            if self._saver is not None:
                self._saver.changed()

        return record

    def faces_of(self, name: str) -> list[str]:
        """Return the names of the origins that a platform answers at; the first is its own."""
        return list(self._platforms[name].faces)

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
        names = list(dict.fromkeys(self._services if only is None else only))
        for name in names:
            self.service(name)
        running = Running(self, names, port)
        self._running.append(running)
        return running

    def handle(self, method: str, url: str, headers: Sequence[tuple[str, str]], body: bytes = b"") -> Reply:
        """Answer one request without a socket; see `LocalService.handle`."""
        request = Request.from_url(method, url, headers, body)
        face, _, domain = request.host.partition(":")[0].partition(".")
        if face not in self._by_face or domain != "catchment.local":
            message = f"{request.host} is not part of the local stack"
            raise ConnectionRefusedError(message)
        request = replace(request, face=face, object_origin=origin("objects"))
        return in_process(self.respond(request), self._sleep)

    def reset(self) -> None:
        """Forget all state, planned faults and the ledger; credentials stay the same."""
        with self._lock:
            self._requests = 0
            for platform in self._platforms.values():
                platform.reset()
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
            self._v3io.sweep()
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
        platform = self._by_face[request.face]
        with self._lock:
            self._requests += 1
            request_id = platform.request_id(request, self._derived(f"request {self._requests}"))
            name, work = platform.aim(request, request_id)
            fault = self.faults.take(request.face, name, request.method, request.path, request.door)
            record = self._recorder(request.face, request_id)
            answer = work(record) if fault is None or carries_out(fault) else None
        date = ("Date", _http_date(int(self._clock())))  # a server's headers tell the time its answers are of
        return _delivery(request, [*platform.identifying(request, request_id), date], fault, answer)

    def _derived(self, purpose: str) -> str:
        """Return 32 digits that depend on the seed and a purpose only."""
        return sha256(f"{self._seed}\0{purpose}".encode()).hexdigest()[:32]

    # Snapshots

    def _dump(self) -> dict[str, object]:
        with self._lock:
            platforms = {name: each.dump() for name, each in self._platforms.items()}
            return {"store": self.store.dump(), **platforms}

    def _restore(self, saver: Saver) -> None:
        saved: Mapping[str, object] | None = saver.load()
        if saved is None:
            return
        self.store.restore(saved["store"])
        for name, platform in self._platforms.items():
            if saved.get(name) is not None:
                platform.restore(saved[name])
        self.blobs.sweep(self.store.names_in_use())


def _delivery(request: Request, headers: list[tuple[str, str]], fault: Fault | None, answer: Answer | None) -> Delivery:
    delivery = Delivery(answer) if fault is None else deliver(fault, answer)
    if delivery.answer is None:
        return delivery
    given = {name.lower() for name, _ in delivery.answer.headers}
    added = [header for header in headers if header[0].lower() not in given]
    complete = finished(request, delivery.answer.with_headers(*added))
    return Delivery(complete) if fault is None else replace(delivery, answer=complete)


@lru_cache(maxsize=4)
def _http_date(seconds: int) -> str:
    return formatdate(seconds, usegmt=True)
