"""Tell how a SELECT would be carried out."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from catchment.local.influxdb.influxql.nodes import Call, Measurement, Select, VarRef
from catchment.local.influxdb.select.engine import SelectEngine, symbols
from catchment.local.influxdb.select.shaping import output_fields
from catchment.local.influxdb.select.windows import Frame


def plan_lines(engine: SelectEngine, statement: Select) -> list[str]:
    """Return the lines of EXPLAIN. Nothing is ever in files here, so all values count as cached."""
    checked, frame = engine.prepare(statement)
    calls, along = symbols(output_fields(checked.statement))
    aux = ", ".join(str(each) for each in along)
    names = {each.name for each in along} | {
        node.name for each in calls.values() for node in each.walk() if isinstance(node, VarRef)
    }
    blocks: list[list[str]] = []
    for source in checked.statement.sources:
        if isinstance(source, Measurement):
            for expr in [_innermost(each) for each in calls.values()] or ["<nil>"] * any(each.type for each in along):
                lines = [f"EXPRESSION: {expr}"]
                if aux:
                    lines.append(f"AUXILIARY FIELDS: {aux}")
                blocks.append([*lines, *_costs(engine, source, frame, names)])
    return [line for index, block in enumerate(blocks) for line in ([""] if index else []) + block] or [""]


def _innermost(call: Call) -> Call:
    while call.args and isinstance(call.args[0], Call):
        call = call.args[0]
    return call


def _costs(engine: SelectEngine, source: Measurement, frame: Frame, names: Collection[str]) -> Iterator[str]:
    shards = engine.reader.shards(source, frame.low, frame.high)
    series = {each.key for each in engine.reader.series(source)}
    cached = sum(
        len(column)
        for shard in shards
        for key in series & set(shard.data)
        for name, column in shard.data[key].items()
        if name in names
    )
    yield f"NUMBER OF SHARDS: {len(shards)}"
    yield f"NUMBER OF SERIES: {len(series) * len(shards)}"
    yield f"CACHED VALUES: {cached}"
    yield "NUMBER OF FILES: 0"
    yield "NUMBER OF BLOCKS: 0"
    yield "SIZE OF BLOCKS: 0"
