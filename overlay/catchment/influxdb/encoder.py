"""Encoders by their settings: checked once, and kept with what they found out about points."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Any, Final, Literal, TypedDict, Unpack, cast

from catchment.core.errors import UnsafeInputError
from catchment.influxdb import precision
from catchment.influxdb.bulk import BulkEncoder
from catchment.influxdb.chunks import Chunk, Packer
from catchment.influxdb.encoding import Encoding, TableArguments
from catchment.influxdb.known import MOST, MOST_FOR_LONG, Known
from catchment.influxdb.points import PointEncoder
from catchment.influxdb.records import Layout
from catchment.influxdb.reporting import OnInvalid, Policy, Report
from catchment.influxdb.single import SingleEncoder
from catchment.influxdb.values import field_types as checked_field_types

_KEPT: Final = 8


class Settings(TypedDict, total=False):
    """How data becomes lines; `lines.encode` says what each means."""

    measurement: str | None
    tag_columns: Sequence[Hashable] | None
    tags: Mapping[str, object] | None
    precision: str | None
    field_types: Mapping[str, object] | None
    on_invalid: OnInvalid
    strict: bool
    report: Report | None
    time_column: Hashable | None
    timezone: str | None
    object_types: Literal["str", "infer"]
    datetimes: Literal["iso", "ns"]
    category_tags: bool
    layout: Layout | None


class Encoder:
    """
    Encodes data, again and again with the same settings; safe to share between threads.

    Args:
        most: Sets of tags that are kept from one call to the next.
        settings: Those of `lines.encode`.

    Raises:
        UnsafeInputError: A setting that cannot be.
    """

    def __init__(self, most: int = MOST, **settings: Unpack[Settings]) -> None:
        given, spelling = settings.get, settings.get("precision")
        report = given("report")
        policy = Policy(
            given("on_invalid", "raise"), Report() if report is None else report, strict=given("strict", False)
        )
        unit: precision.Precision = "n" if spelling is None else precision.canonical(spelling)
        types = checked_field_types(given("field_types"))
        self._table = _table(settings)
        self._layout = given("layout")
        self._report = policy.report
        self._points = PointEncoder(given("measurement"), dict(given("tags") or {}), unit, types, policy)
        known = Known(self._points, most)
        self._bulk = BulkEncoder(self._points, known)
        self._single = SingleEncoder(known, types)

    def chunks(self, data: object, max_lines: int, max_bytes: int) -> Iterator[Chunk]:
        """
        Yield data as chunks, lazily and in order.

        Args:
            data: Of any kind.
            max_lines: Lines of a chunk, at most.
            max_bytes: Bytes of a chunk, at most, unless a single line is longer.

        Raises:
            UnsafeInputError: Not even one line or byte; while iterating: data that cannot be stored.
        """
        if max_lines < 1 or max_bytes < 1:
            raise UnsafeInputError(f"max_lines={max_lines} and max_bytes={max_bytes}: both must be at least 1")
        packer = Packer(max_lines, max_bytes, self._report)
        return Encoding(self._points, self._bulk, self._table, self._layout, packer).chunks(data)

    def single(self, data: object) -> Chunk | None:
        """Return the chunk of one point; `None` for what is no plain mapping, and for what `chunks` has to look at."""
        if type(data) is not dict or self._layout is not None:
            return None
        chunk = self._single.chunk(cast("dict[str, Any]", data))
        if chunk is not None:
            self._report.lines += 1
        return chunk


def _table(settings: Settings) -> TableArguments:
    given = settings.get
    object_types, datetimes = given("object_types", "str"), given("datetimes", "iso")
    for value, allowed in ((object_types, ("str", "infer")), (datetimes, ("iso", "ns"))):
        if value not in allowed:
            raise UnsafeInputError(f"{value!r} is none of {', '.join(map(repr, allowed))}")
    return TableArguments(
        tag_columns=_names(given("tag_columns")),
        time_column=given("time_column"),
        timezone=given("timezone"),
        object_types=object_types,
        datetimes=datetimes,
        category_tags=given("category_tags", False),
        counted=given("precision") is not None,
    )


def _names(names: Sequence[Hashable] | None) -> Sequence[Hashable]:
    if isinstance(names, str):
        raise UnsafeInputError(f"tag_columns={names!r}: a list of names is needed")
    return list(names or ())


class Encoders:
    """Keeps the encoders of the settings that come again and again; safe to share between threads."""

    def __init__(self) -> None:
        self._kept: dict[tuple[object, ...], Encoder] = {}

    def of(self, **settings: Unpack[Settings]) -> Encoder:
        """
        Return an encoder with some settings.

        Raises:
            UnsafeInputError: A setting that cannot be.
        """
        try:
            key = _key(**settings)
            found = self._kept.get(key)
        except TypeError:  # of one call: a list, a report
            return Encoder(**settings)
        if found is None:
            if len(self._kept) >= _KEPT:
                self._kept.clear()
            found = self._kept[key] = Encoder(MOST_FOR_LONG, **settings)
        return found


def _key(
    measurement: object = None, tags: object = None, field_types: object = None, **others: object
) -> tuple[object, ...]:
    """
    Return what tells settings apart.

    Raises:
        TypeError: They are equal to others and yet not alike, as 1 and True are.
    """
    if measurement is not None and type(measurement) is not str:
        raise TypeError
    return (measurement, _frozen(tags), _frozen(field_types), *others, *others.values())


def _frozen(mapping: Any) -> tuple[object, ...] | None:
    if not mapping:
        return None
    if not all(type(part) is str or isinstance(part, type) for pair in mapping.items() for part in pair):
        raise TypeError
    return tuple(mapping.items())
