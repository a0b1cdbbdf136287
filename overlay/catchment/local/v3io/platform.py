"""Fit V3IO into a stack."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from catchment.local.bodies import BlobFolder
from catchment.local.http import Request
from catchment.local.platform import Work
from catchment.local.v3io.options import V3IOOptions
from catchment.local.v3io.service import OPERATIONS, V3IOService
from catchment.local.v3io.snapshot import dump_tenant, names_in_use, restore_tenant
from catchment.local.v3io.tenant import Tenant


class V3IOPlatform:
    """
    V3IO in a stack.

    Args:
        options: Which tenant to play.
        blobs: Where large data is kept; nothing else may be in it.
        clock: Gives the seconds since the epoch.
        seed: Decides generated credentials.
    """

    name = "v3io"

    def __init__(self, options: V3IOOptions, blobs: BlobFolder, clock: Callable[[], float], seed: int) -> None:
        self._options = options
        self._blobs = blobs
        self._clock = clock
        self._seed = seed
        self.reset()

    @property
    def faces(self) -> Mapping[str, frozenset[str]]:
        """The web API."""
        return {"v3io": OPERATIONS}

    def reset(self) -> None:
        """Start over; credentials stay the same."""
        self.tenant = Tenant(self._options, self._blobs, self._clock, self._seed)
        self._service = V3IOService(self.tenant)

    def aim(self, request: Request, request_id: str) -> tuple[str, Work]:
        """Return the operation that a request is aimed at, and what carries it out."""
        del request_id
        return self._service.aim(request)

    def request_id(self, request: Request, made: str) -> str:
        """Return the id that the ledger knows a request by."""
        del request
        return made

    def identifying(self, request: Request, request_id: str) -> list[tuple[str, str]]:
        """Return nothing: the real server's answers carry no id."""
        del request, request_id
        return []

    def environment(self, endpoint: str) -> dict[str, str]:
        """Return the environment variables that point V3IO clients to an endpoint."""
        return {"V3IO_API": endpoint, "V3IO_ACCESS_KEY": self.tenant.access_key}

    def dump(self) -> object:
        """Return the state as JSON values."""
        return dump_tenant(self.tenant)

    def restore(self, saved: object) -> None:
        """Take over a state that was dumped."""
        restore_tenant(self.tenant, cast("Mapping[str, Any]", saved))
        self.sweep()

    def sweep(self) -> None:
        """Remove the files of data that nothing refers to any more."""
        self._blobs.sweep(names_in_use(self.tenant))
