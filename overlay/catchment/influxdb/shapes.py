"""What the documents of an answer look like, checked before anything is read out of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeGuard, cast

from catchment.core.errors import DecodeError

if TYPE_CHECKING:
    from catchment.influxdb.documents import ResultDict

_SKIPPED: Final = 10_000
"""Statements without an answer that may lie between two with one: a number beyond is none."""


def results(document: object) -> Sequence[ResultDict]:
    """
    Return what a document says of its statements.

    Raises:
        DecodeError: It is no document of results.
    """
    found = cast("Mapping[str, Any]", document).get("results") or () if isinstance(document, Mapping) else None
    if not _is_list(found) or not all(map(_is_result, found)):
        raise DecodeError("the answer is no document of results", service="influxdb", operation="query")
    return cast("Sequence[ResultDict]", found)


def check_number(number: object, last: int) -> int:
    """
    Return the number of a statement.

    Raises:
        DecodeError: It cannot be one.
    """
    if not isinstance(number, int) or not 0 <= number <= last + _SKIPPED:
        raise DecodeError(f"the answer numbers a statement {number!r:.40}", service="influxdb", operation="query")
    return number


def _is_result(result: object) -> bool:
    if not isinstance(result, Mapping):
        return False
    facts = cast("Mapping[str, Any]", result)
    return all(_is_listing(facts.get(key), Mapping) for key in ("series", "messages")) and all(
        map(_is_series, facts.get("series") or ())
    )


def _is_series(series: Mapping[str, Any]) -> bool:
    tags = series.get("tags")
    return (
        isinstance(series.get("name", ""), str)
        and (tags is None or isinstance(tags, Mapping))
        and series.get("columns") is not None
        and _is_listing(series["columns"], str)
        and (series.get("values") is None or _is_list(series["values"]))
    )


def _is_listing(value: object, kind: type) -> bool:
    return value is None or (_is_list(value) and all(isinstance(one, kind) for one in value))


def _is_list(value: object) -> TypeGuard[Iterable[Any]]:
    return isinstance(value, list | tuple)
