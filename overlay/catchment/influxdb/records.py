"""Flat records (mappings, named tuples, dataclasses) as points, by naming which of their keys is what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from catchment.core.errors import UnsafeInputError


@dataclass(frozen=True, slots=True)
class Layout:
    """
    Where a flat record has the parts of a point.

    Args:
        measurement_key: Key of the measurement.
        measurement_name: The measurement of all records, if none has its own.
        time_key: Key of the time.
        tag_keys: Keys of tags; absent ones are left out.
        field_keys: Keys of fields; by default all that are nothing else.
    """

    measurement_key: str | None = None
    measurement_name: str | None = None
    time_key: str = "time"
    tag_keys: Sequence[str] = ()
    field_keys: Sequence[str] | None = None

    def __post_init__(self) -> None:
        for name, keys in (("tag_keys", self.tag_keys), ("field_keys", self.field_keys)):
            if isinstance(keys, str):
                raise UnsafeInputError(f"{name}={keys!r}: a list of keys is needed")

    def fits(self, record: object) -> bool:
        """Tell whether this is a record."""
        return isinstance(record, Mapping) or hasattr(record, "_fields") or hasattr(record, "__dataclass_fields__")

    def point(self, record: object) -> dict[str, Any]:
        """Return a record as a point's mapping; one that is a point's mapping already stays as it is."""
        values = _values(record)
        if isinstance(values.get("fields"), Mapping):
            return values
        measurement = values.get(self.measurement_key) if self.measurement_key is not None else None
        taken = {self.measurement_key, self.time_key, *self.tag_keys}
        keys = self.field_keys if self.field_keys is not None else [key for key in values if key not in taken]
        return {
            "measurement": measurement if measurement is not None else self.measurement_name,
            "time": values.get(self.time_key),
            "tags": {key: values[key] for key in self.tag_keys if key in values},
            "fields": {key: values[key] for key in keys if key in values},
        }


def _values(record: Any) -> dict[str, Any]:
    if isinstance(record, Mapping):
        return dict(cast("Mapping[str, Any]", record))
    if hasattr(record, "_fields"):
        return {name: getattr(record, name) for name in record._fields}
    return {name: getattr(record, name) for name in record.__dataclass_fields__}
