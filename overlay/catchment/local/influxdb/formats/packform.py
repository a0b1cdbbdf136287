"""Write answers as msgpack."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from typing import cast

from catchment.local.influxdb.formats.jsonform import epoch_divisor, in_epoch
from catchment.local.influxdb.results import Column, Series, StatementResult

_TIME_TYPE = 5
_SECOND = 1_000_000_000


def document(results: Iterable[StatementResult], epoch: str) -> bytes:
    """Return one whole document."""
    shown = list(results)
    out = bytearray(b"\x81")
    _write(out, "results")
    _write_size(out, len(shown), 0x90, 0xDC)
    for each in shown:
        _write_result(out, each, epoch)
    return bytes(out)


def error_document(message: str) -> bytes:
    """Return the body of a refused request."""
    out = bytearray(b"\x81")
    _write(out, "error")
    _write(out, message)
    return bytes(out)


def _write_result(out: bytearray, result: StatementResult, epoch: str) -> None:
    if result.error:
        out += b"\x81"
        _write(out, "error")
        _write(out, result.error)
        return
    out.append(0x80 + 2 + bool(result.messages) + result.partial)
    _write(out, "statement_id")
    _write(out, result.statement)
    if result.messages:
        _write(out, "messages")
        _write(out, [{"level": "warning", "text": each} for each in result.messages])
    _write(out, "series")
    _write_size(out, len(result.series), 0x90, 0xDC)
    for each in result.series:
        _write_series(out, each, epoch)
    if result.partial:
        _write(out, "partial")
        _write(out, value=True)


def _write_series(out: bytearray, series: Series, epoch: str) -> None:
    out.append(0x80 + 2 + bool(series.name) + bool(series.tags) + series.partial)
    if series.name:
        _write(out, "name")
        _write(out, series.name)
    if series.tags:
        _write(out, "tags")
        _write(out, dict(sorted(series.tags.items())))
    _write(out, "columns")
    _write(out, [each.name for each in series.columns])
    _write(out, "values")
    _write_size(out, series.length, 0x90, 0xDC)
    columns = [_cells(each, epoch) for each in series.columns]
    head = bytearray()
    _write_size(head, len(columns), 0x90, 0xDC)
    for row in zip(*columns, strict=True):
        out += head
        for each in row:
            out += each
    if series.partial:
        _write(out, "partial")
        _write(out, value=True)


def _cells(column: Column, epoch: str) -> list[bytes]:
    if column.kind == "time":
        times = cast("Sequence[int]", column.values)
        if epoch:
            divisor = epoch_divisor(epoch)
            return [_integer(in_epoch(each, divisor)) for each in times]
        return [struct.pack(">BBbqi", 0xC7, 12, _TIME_TYPE, *divmod(each, _SECOND)) for each in times]
    if column.kind == "float":
        pack = struct.Struct(">Bd").pack
        return [b"\xc0" if each is None else pack(0xCB, cast("float", each)) for each in column.values]
    return [_packed(each) for each in column.values]


def _packed(value: object) -> bytes:
    out = bytearray()
    _write(out, value)
    return bytes(out)


def _write(out: bytearray, value: object) -> None:
    match value:
        case None:
            out += b"\xc0"
        case bool():
            out += b"\xc3" if value else b"\xc2"
        case int():
            out += _integer(value)
        case float():
            out += struct.pack(">Bd", 0xCB, value)
        case dict():
            items = cast("dict[str, object]", value)
            _write_size(out, len(items), 0x80, 0xDE)
            for key, each in items.items():
                _write(out, key)
                _write(out, each)
        case list():
            values = cast("list[object]", value)
            _write_size(out, len(values), 0x90, 0xDC)
            for each in values:
                _write(out, each)
        case _:
            _write_text(out, str(value))


def _write_text(out: bytearray, text: str) -> None:
    data = text.encode("utf-8", "surrogateescape")
    size = len(data)
    if size < 32:
        out.append(0xA0 + size)
    elif size < 256:
        out += struct.pack(">BB", 0xD9, size)
    else:
        out += struct.pack(">BH", 0xDA, size) if size < 65536 else struct.pack(">BI", 0xDB, size)
    out += data


def _write_size(out: bytearray, size: int, small: int, large: int) -> None:
    if size < 16:
        out.append(small + size)
    else:
        out += struct.pack(">BH", large, size) if size < 65536 else struct.pack(">BI", large + 1, size)


def _integer(value: int) -> bytes:
    """Return the shortest form, the way the server's library writes integers with sign."""
    if -32 <= value < 128:
        return struct.pack(">b", value)
    for code, form, bits in ((0xD0, "b", 7), (0xD1, "h", 15), (0xD2, "i", 31)):
        if -(1 << bits) <= value < (1 << bits):
            return struct.pack(f">B{form}", code, value)
    return struct.pack(">Bq", 0xD3, value)
