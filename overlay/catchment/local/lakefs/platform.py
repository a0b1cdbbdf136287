"""Fit lakeFS, and the object endpoint that its presigned URLs point to, into a stack."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from catchment.local.http import Answer, Request
from catchment.local.lakefs.installation import Installation
from catchment.local.lakefs.options import LakeFSOptions
from catchment.local.lakefs.service import LakeFSService, known_operations
from catchment.local.lakefs.snapshot import dump_installation, restore_installation
from catchment.local.platform import Record, Work
from catchment.local.presign import Signer
from catchment.local.s3 import OPERATIONS, ObjectEndpoint
from catchment.local.store import ObjectStore


class LakeFSPlatform:
    """
    lakeFS in a stack.

    Args:
        options: Which installation to play.
        store: The stack's object store.
        clock: Gives the seconds since the epoch.
        seed: Decides ids and the generated key pair.
    """

    name = "lakefs"

    def __init__(self, options: LakeFSOptions, store: ObjectStore, clock: Callable[[], float], seed: int) -> None:
        self._options = options
        self._store = store
        self._clock = clock
        self._seed = seed
        self.reset()

    @property
    def faces(self) -> Mapping[str, frozenset[str]]:
        """The API, and the object endpoint."""
        return {"lakefs": known_operations(), "objects": OPERATIONS}

    def reset(self) -> None:
        """Start over with an empty object store; credentials stay the same."""
        self._store.clear()
        signer = Signer("AKIACATCHMENTOBJECTS", "")
        self.state = Installation(self._options, store=self._store, signer=signer, clock=self._clock, seed=self._seed)
        self.state.signer = Signer(signer.access_key_id, self.state.derive("object store"))
        self._service = LakeFSService(self.state)
        self._objects = ObjectEndpoint(self._store, self.state.signer, self._clock)

    def aim(self, request: Request, request_id: str) -> tuple[str, Work]:
        """Return the operation that a request is aimed at, and what carries it out."""
        del request_id
        if request.face == "objects":
            return self._objects.operation(request), lambda record: self._objects.answer(request, record)
        target = self._service.target(request)

        def work(record: Record) -> Answer:
            return self._service.answer(request, target, record)

        return target.name, work

    def request_id(self, request: Request, made: str) -> str:
        """Return the id that the server makes."""
        del request
        return made

    def identifying(self, request: Request, request_id: str) -> list[tuple[str, str]]:
        """Return the header that every answer carries."""
        return [("X-Amz-Request-Id" if request.face == "objects" else "X-Request-ID", request_id)]

    def environment(self, endpoint: str) -> dict[str, str]:
        """Return the environment variables that point lakeFS clients to an endpoint."""
        return {
            "LAKECTL_SERVER_ENDPOINT_URL": endpoint,
            "LAKECTL_CREDENTIALS_ACCESS_KEY_ID": self.state.access_key_id,
            "LAKECTL_CREDENTIALS_SECRET_ACCESS_KEY": self.state.secret_access_key,
        }

    def dump(self) -> object:
        """Return the state as JSON values."""
        return dump_installation(self.state)

    def restore(self, saved: object) -> None:
        """Take over a state that was dumped."""
        restore_installation(self.state, cast("Any", saved))
