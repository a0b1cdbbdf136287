"""Record every applied mutation, so that "nothing lost, nothing twice" can be tested."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from threading import Lock
from typing import overload


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """
    One mutation that took effect.

    Attributes:
        sequence: 1-based position, without gaps.
        service: `lakefs`, `objects` for bytes put straight into the object store, `influxdb`, `v3io`, or
            `v3io-control`.
        operation: Operation id of the API, such as `commit`; of InfluxDB's queries the statement, such as
            `drop_series`.
        request_id: The `X-Request-ID` that the answer carried (or would have carried).
        subject: What it was applied to: path parameters, object path, resulting ids; of points each series and
            time, with how many points of the request went there; of V3IO's records each shard and sequence number.
    """

    sequence: int
    service: str
    operation: str
    request_id: str
    subject: dict[str, object]

    def to_dict(self) -> dict[str, object]:
        """Return the entry as plain JSON values."""
        return asdict(self)


class Ledger(Sequence[LedgerEntry]):
    """An append-only list of applied mutations, oldest first. Reading it needs no lock."""

    def __init__(self) -> None:
        self._entries: list[LedgerEntry] = []
        self._lock = Lock()

    def record(self, service: str, operation: str, request_id: str, subject: dict[str, object]) -> LedgerEntry:
        """Append one mutation and return its entry."""
        with self._lock:
            entry = LedgerEntry(len(self._entries) + 1, service, operation, request_id, dict(subject))
            self._entries.append(entry)
        return entry

    def of(self, operation: str, service: str = "lakefs") -> list[LedgerEntry]:
        """Return the entries of one operation, oldest first."""
        return [entry for entry in self._entries if entry.operation == operation and entry.service == service]

    def clear(self) -> None:
        """Forget everything; sequence numbers start again at 1."""
        with self._lock:
            self._entries.clear()

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[LedgerEntry]:
        return iter(tuple(self._entries))

    @overload
    def __getitem__(self, index: int) -> LedgerEntry: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[LedgerEntry]: ...
    def __getitem__(self, index: int | slice) -> LedgerEntry | Sequence[LedgerEntry]:
        return self._entries[index]
