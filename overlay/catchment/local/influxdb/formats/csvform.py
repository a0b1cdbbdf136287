"""Write answers as CSV, with the defects that the real server's form has."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from catchment.local.influxdb.formats.jsonform import epoch_divisor, in_epoch
from catchment.local.influxdb.keys import escape_tag
from catchment.local.influxdb.numbers import go_float
from catchment.local.influxdb.results import Column, Series, StatementResult


class CSVForm:
    """Writes the parts of one answer; a header comes again only where the columns change within a part."""

    def __init__(self) -> None:
        self._statement = -1
        self._cells: list[str] = []

    def document(self, results: Iterable[StatementResult], epoch: str) -> bytes:
        """Return the lines of some results. Errors and messages are not shown: so it is on the real server."""
        out: list[str] = []
        for result in results:
            if result.statement != self._statement:
                if not result.series:
                    continue
                if self._statement >= 0:
                    out.append("\n")
                self._statement = result.statement
                out.append(self._header(result.series[0]))
            before: Series | None = None
            for series in result.series:
                if before is not None and _names(before) != _names(series):
                    out.extend(("\n", self._header(series)))
                before = series
                out.extend(self._rows(series, epoch))
        return "".join(out).encode("utf-8", "surrogateescape")

    def _header(self, series: Series) -> str:
        self._cells = ["name", "tags", *_names(series)]
        return _line(self._cells)

    def _rows(self, series: Series, epoch: str) -> Iterable[str]:
        tags = ",".join(f"{escape_tag(key)}={escape_tag(value)}" for key, value in sorted(series.tags.items()) if value)
        self._cells[:2] = [series.name, tags]
        columns = [_texts(each, epoch) for each in series.columns]
        for row in zip(*columns, strict=True):
            for index, shown in enumerate(row, 2):
                # What the form does not know keeps the cell of the row above, or the header.
                if shown is not None:
                    self._cells[index] = shown
            yield _line(self._cells)


def error_lines(message: str) -> bytes:
    """Return the body of a refused request."""
    return (_line(["error"]) + _line([message])).encode("utf-8", "surrogateescape")


def _names(series: Series) -> list[str]:
    return [each.name for each in series.columns]


def _texts(column: Column, epoch: str) -> list[str | None]:
    if column.kind == "time":
        divisor = epoch_divisor(epoch)
        return [str(in_epoch(cast("int", each), divisor)) for each in column.values]
    return [_text(each) for each in column.values]


def _text(value: object) -> str | None:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case PlainInt():
            return None
        case int():
            return str(value)
        case float():
            return go_float(value, always_plain=True)
        case str():
            return value
        case _:
            return None


class PlainInt(int):
    """A number whose type the real server's CSV does not know, such as a replication factor."""


def _line(cells: list[str]) -> str:
    return ",".join(_quoted(each) for each in cells) + "\n"


def _quoted(text: str) -> str:
    if text == "":
        return ""
    special = any(char in text for char in ',"\r\n') or text[0] in " \t" or text == r"\."
    return '"' + text.replace('"', '""') + '"' if special else text
