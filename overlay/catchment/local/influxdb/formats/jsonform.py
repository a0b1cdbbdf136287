"""Write answers as JSON, in the form of Go's encoder."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import cast

from catchment.local.influxdb.numbers import go_float, go_floats
from catchment.local.influxdb.results import Column, Series, StatementResult
from catchment.local.influxdb.times import PRECISIONS, rfc3339

_SURROGATES = re.compile("[\ud800-\udfff]")
_SPECIAL = re.compile("[<>&\u2028\u2029\x08\x0c\x7f]")
_ESCAPES = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def text(value: str) -> str:
    """Return a JSON string the way Go writes it."""
    quoted = json.dumps(_SURROGATES.sub("\ufffd", value), ensure_ascii=False)
    quoted = quoted.replace("\\b", "\\u0008").replace("\\f", "\\u000c") if "\\" in quoted else quoted
    return _SPECIAL.sub(lambda found: _ESCAPES.get(found[0], found[0]), quoted)


def epoch_divisor(epoch: str) -> int:
    """Return how many nanoseconds the unit of the `epoch` parameter has; an unknown word means nanoseconds."""
    return PRECISIONS.get(epoch, 1)


def in_epoch(nanoseconds: int, divisor: int) -> int:
    """Return a time in a unit, cut towards zero."""
    return nanoseconds // divisor if nanoseconds >= 0 else -(-nanoseconds // divisor)


def document(results: Iterable[StatementResult], epoch: str, *, pretty: bool) -> bytes:
    """Return one whole document, with its line end."""
    shown = [_result(each, epoch) for each in results]
    body = '{"results":[' + ",".join(shown) + "]}" if shown else "{}"
    return finished(body, pretty=pretty)


def error_document(message: str, *, pretty: bool) -> bytes:
    """Return the body of a refused request."""
    return finished(f'{{"error":{text(message)}}}', pretty=pretty)


def finished(body: str, *, pretty: bool) -> bytes:
    """Return a body with its line end, indented if wanted."""
    if pretty:
        body = _indented(body)
    return body.encode("utf-8", "replace") + b"\n"


def _result(result: StatementResult, epoch: str) -> str:
    parts = [f'"statement_id":{result.statement}']
    if result.series:
        parts.append('"series":[' + ",".join(_series(each, epoch) for each in result.series) + "]")
    if result.messages:
        shown = (f'{{"level":"warning","text":{text(each)}}}' for each in result.messages)
        parts.append('"messages":[' + ",".join(shown) + "]")
    if result.partial:
        parts.append('"partial":true')
    if result.error:
        parts.append(f'"error":{text(result.error)}')
    return "{" + ",".join(parts) + "}"


def _series(series: Series, epoch: str) -> str:
    parts: list[str] = []
    if series.name:
        parts.append(f'"name":{text(series.name)}')
    if series.tags:
        shown = ",".join(f"{text(key)}:{text(value)}" for key, value in sorted(series.tags.items()))
        parts.append('"tags":{' + shown + "}")
    parts.append('"columns":[' + ",".join(text(each.name) for each in series.columns) + "]")
    if series.length:
        cells = [_cells(each, epoch, series.zone) for each in series.columns]
        rows = "],[".join(map(",".join, zip(*cells, strict=True)))
        parts.append(f'"values":[[{rows}]]')
    if series.partial:
        parts.append('"partial":true')
    return "{" + ",".join(parts) + "}"


def _cells(column: Column, epoch: str, zone: str) -> list[str]:
    if column.kind == "time":
        times = cast("Sequence[int]", column.values)
        if epoch:
            divisor = epoch_divisor(epoch)
            return [str(in_epoch(each, divisor)) for each in times]
        return [f'"{rfc3339(each, zone)}"' for each in times]
    if column.kind == "float":
        if None not in column.values:
            return go_floats(cast("list[float]", list(column.values)))
        return ["null" if each is None else go_float(cast("float", each)) for each in column.values]
    return [cell(each) for each in column.values]


def cell(value: object) -> str:
    """Return one value."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float():
            return go_float(value)
        case str():
            return text(value)
        case list():
            return "[" + ",".join(cell(each) for each in cast("list[object]", value)) + "]"
        case _:
            return text(str(value))


def _indented(body: str) -> str:
    """Indent by four spaces without touching numbers or strings."""
    out: list[str] = []
    depth, position = 0, 0
    for found in re.finditer(r'"(?:[^"\\]|\\.)*"|[\[\]{},:]', body):
        out.append(body[position : found.start()])
        position = found.end()
        mark = found[0]
        if mark in "[{":
            empty = body[position] in "]}"
            depth += 1
            out.append(mark if empty else mark + "\n" + "    " * depth)
        elif mark in "]}":
            depth -= 1
            out.append(mark if body[found.start() - 1] in "[{" else "\n" + "    " * depth + mark)
        elif mark == ",":
            out.append(",\n" + "    " * depth)
        else:
            out.append(": " if mark == ":" else mark)
    out.append(body[position:])
    return "".join(out)
