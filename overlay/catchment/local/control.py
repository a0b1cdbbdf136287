"""Let test programs in any language plan faults, read the ledger, and seed the object store over HTTP."""

from __future__ import annotations

import hmac
import json
from typing import cast
from urllib.parse import parse_qs

from catchment.local.faults import Fault, FaultPlan
from catchment.local.http import Answer, Request, json_answer
from catchment.local.ledger import Ledger
from catchment.local.store import ObjectStore

ADMIN_HEADER = "X-Catchment-Admin"
PREFIX = "/_catchment/"


class Control:
    """
    Answers below `/_catchment/` to whoever sends the admin token.

    `faults`: GET lists, POST adds one or a list, DELETE clears. `ledger`: GET lists, DELETE clears.
    `store?uri=`: GET reads, PUT writes, DELETE removes one object.
    """

    def __init__(self, faults: FaultPlan, ledger: Ledger, store: ObjectStore, token: str) -> None:
        self._faults = faults
        self._ledger = ledger
        self._store = store
        self._token = token

    @property
    def headers(self) -> dict[str, str]:
        """What to send along."""
        return {ADMIN_HEADER: self._token}

    def wants(self, request: Request) -> bool:
        """Tell whether a request is for the control paths."""
        return request.face != "objects" and request.path.startswith(PREFIX)

    def answer(self, request: Request) -> Answer:
        """Answer one control request."""
        if not hmac.compare_digest((request.header(ADMIN_HEADER) or "").encode(), self._token.encode()):
            return json_answer(401, {"message": f"send the stack's admin token as {ADMIN_HEADER}"})
        match request.method, request.path.removeprefix(PREFIX):
            case "GET", "faults":
                return json_answer(200, [fault.to_dict() for fault in self._faults.pending])
            case "POST", "faults":
                return self._add(request)
            case "DELETE", "faults":
                self._faults.clear()
                return Answer(204)
            case "GET", "ledger":
                return json_answer(200, [entry.to_dict() for entry in self._ledger])
            case "DELETE", "ledger":
                self._ledger.clear()
                return Answer(204)
            case "GET" | "PUT" | "DELETE", "store":
                return self._object(request)
            case _:
                return json_answer(404, {"message": "known here: faults, ledger, store"})

    def _add(self, request: Request) -> Answer:
        try:
            given: object = json.loads(request.body.read())
            rows = cast("list[object]", given if isinstance(given, list) else [given])
            if not all(isinstance(row, dict) for row in rows):
                return json_answer(400, {"message": "a fault is a JSON object"})
            self._faults.add(*(Fault.from_dict(cast("dict[str, object]", row)) for row in rows))
        except ValueError as error:
            return json_answer(400, {"message": str(error)})
        return json_answer(201, {"pending": len(self._faults.pending)})

    def _object(self, request: Request) -> Answer:
        uri = parse_qs(request.query).get("uri", [""])[0]
        try:
            if request.method == "PUT":
                self._store.save(uri, request.body, request.header("content-type") or "application/octet-stream")
                return Answer(204)
        except ValueError as error:
            return json_answer(400, {"message": str(error)})
        if request.method == "DELETE":
            self._store.delete(uri)
            return Answer(204)
        found = self._store.find(uri)
        if found is None:
            return json_answer(404, {"message": f"no object {uri!r}"})
        return Answer(200, [("Content-Type", found.content_type)], found.blob.read())
