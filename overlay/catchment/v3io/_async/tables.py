"""Tables written and read as frames."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from catchment.core.errors import NotFoundError, StatusError, UnsafeInputError
from catchment.core.wire import Headers, RawResponse, undecodable
from catchment.v3io import frames
from catchment.v3io._async.scanning import AsyncItems
from catchment.v3io._async.sending import send
from catchment.v3io._async.sent import AsyncApi, send_many
from catchment.v3io.bulk import WriteFrameError
from catchment.v3io.calls import kv, objects
from catchment.v3io.frame_rows import CHUNK, Row, Table, keyed_rows
from catchment.v3io.paths import directory_target, item_target
from catchment.v3io.schema import SCHEMA_NAME, Schema, read_schema

if TYPE_CHECKING:
    import pandas as pd


async def write_frame(
    api: AsyncApi,
    container: str,
    table_path: str,
    frame: Table,
    key: str | Sequence[str] | None,
    condition: object,
    update_mode: str | None,
) -> int:
    """Write a row as an item each; `AsyncKV.write_frame` explains it."""
    directory_target(container, table_path)  # checked, also where there are no rows
    failed: dict[str, Exception] = {}
    written = 0
    rows = keyed_rows(frame, key)
    while True:
        try:
            plans = {
                name: kv.put(item_target(container, table_path, name), attributes, condition, update_mode)
                for name, attributes in _chunk(rows)
            }
        except UnsafeInputError as flaw:
            if not written and not failed:
                raise
            raise _partial({**failed, "": flaw}, written, f"; those from there on were not sent: {flaw}") from flaw
        if not plans:
            break
        errors = await send_many(api(), plans.values())
        wrong = {name: error for name, error in zip(plans, errors, strict=True) if error is not None}
        failed |= wrong
        written += len(plans) - len(wrong)
        # Refused rows are a matter of these rows; where nobody answers, the others would only wait for the same.
        if any(not isinstance(error, StatusError) for error in wrong.values()):
            raise _partial(failed, written, "; the rows behind them were not sent")
    if failed:
        raise _partial(failed, written, "")
    return written


def _chunk(rows: Iterator[tuple[str, Row]]) -> list[tuple[str, Row]]:
    return list(islice(rows, CHUNK))


def _partial(failed: dict[str, Exception], written: int, rest: str) -> WriteFrameError:
    error = WriteFrameError(
        f"{len(failed)} of {len(failed) + written} rows were not written{rest}",
        failed,
        service="v3io",
        operation="putItem",
        hint="rows are independent: those that were written stay, and may be written again without harm",
    )
    error.written = written
    return error


async def read_frame(
    api: AsyncApi, container: str, table_path: str, items: AsyncItems, columns: Sequence[str] | None
) -> pd.DataFrame:
    """Return the items of a table as a DataFrame; `AsyncKV.read_frame` explains it."""
    rows = frames.Rows(columns, await _schema(api, container, table_path))
    async for page in items.by_page():
        rows.add(page)
    return frames.to_pandas(rows)


async def _schema(api: AsyncApi, container: str, table_path: str) -> Schema | None:
    """Return the table's schema, if it has one."""
    plan = objects.get(item_target(container, table_path, SCHEMA_NAME))
    try:
        response = await send(api(), plan)
    except NotFoundError:
        return None
    try:
        return read_schema(response.body)
    except (ValueError, KeyError, TypeError, AttributeError) as exc:
        raise undecodable(plan.operation, RawResponse(200, Headers(), response.body), exc) from exc
