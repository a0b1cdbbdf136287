"""Annotated CSV: every type, quotes, several tables, pieces of any size, errors on the way."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from catchment.core.errors import DecodeError
from catchment.influxdb.errors import StatementError
from catchment.influxdb.flux import FluxReader, FluxTable, Tables
from catchment.influxdb.flux_frames import frames

ANSWER = (
    b"#datatype,string,long,dateTime:RFC3339,dateTime:RFC3339Nano,double,string,string\r\n"
    b"#group,false,false,true,false,false,true,true\r\n"
    b"#default,_result,,,,,,\r\n"
    b",result,table,_start,_time,_value,_field,host\r\n"
    b",,0,2013-01-01T00:00:00Z,2013-01-01T06:00:00.000000001Z,39.02,temp,a\r\n"
    b",,0,2013-01-01T00:00:00Z,2013-01-01T07:00:00Z,,temp,a\r\n"
    b',,1,2013-01-01T00:00:00Z,2013-01-01T06:00:00Z,-1,temp,"b ""x"", y\r\nz"\r\n'
    b"\r\n"
    b"#datatype,string,long,boolean,unsignedLong,long,duration,base64Binary\r\n"
    b"#group,false,false,false,false,false,false,false\r\n"
    b"#default,other,,,,,,\r\n"
    b",result,table,b,u,i,d,raw\r\n"
    b",,0,true,18446744073709551615,-9223372036854775808,1h5m3ns,AAE=\r\n"
    b",,0,false,,,,\r\n"
    b"\r\n"
)
SIX = 1_357_020_000_000_000_000


def read(data: bytes, size: int = 1 << 20) -> list[FluxTable]:
    """Read an answer that arrives in pieces of so many bytes."""
    reader, tables = FluxReader(), Tables()
    for at in range(0, len(data), size):
        for schema, row in reader.feed(data[at : at + size]):
            tables.add(schema, row)
    for schema, row in reader.finish():
        tables.add(schema, row)
    return tables.found


def plain(tables: list[FluxTable]) -> list[tuple[Any, ...]]:
    """Return everything that tables hold."""
    return [(table.result, table.number, table.columns, table.rows) for table in tables]


def test_types_are_those_of_the_annotations() -> None:
    """Times to the nanosecond, 64 bits with and without sign, bytes; a default stands for nothing, nothing is None."""
    one, two, three = read(ANSWER)
    assert [(table.result, table.number) for table in (one, two, three)] == [
        ("_result", 0),
        ("_result", 1),
        ("other", 0),
    ]
    assert one.rows == [
        (SIX - 6 * 3_600_000_000_000, SIX + 1, 39.02, "temp", "a"),
        (SIX - 6 * 3_600_000_000_000, SIX + 3_600_000_000_000, None, "temp", "a"),
    ]
    assert list(two) == [
        {"_start": SIX - 21_600_000_000_000, "_time": SIX, "_value": -1.0, "_field": "temp", "host": 'b "x", y\r\nz'}
    ]
    assert three.rows == [(True, 2**64 - 1, -(2**63), "1h5m3ns", b"\0\1"), (False, None, None, None, None)]
    assert [column.type for column in one.columns] == ["dateTime", "dateTime", "double", "string", "string"]


def test_the_group_key_is_what_rows_have_in_common() -> None:
    """By the annotation, not by looking."""
    assert read(ANSWER)[0].group_key == {"_start": SIX - 21_600_000_000_000, "_field": "temp", "host": "a"}


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 1000])
def test_pieces_may_end_anywhere(size: int) -> None:
    """Also inside quotes, and between CR and LF."""
    assert plain(read(ANSWER, size)) == plain(read(ANSWER))


def test_a_last_line_needs_no_end() -> None:
    """And line ends may be LF alone."""
    whole = ANSWER.replace(b"\r\n", b"\n").replace(b"y\nz", b"y\r\nz")
    assert plain(read(whole.rstrip(b"\n"))) == plain(read(ANSWER))


def test_long_texts_are_whole() -> None:
    """Beyond what `csv` takes; quotes in them too."""
    text = '"' * 3 + "x" * 300_000
    quoted = text.replace('"', '""')
    answer = f'#datatype,string\n#group,false\n#default,\n,a\n,"{quoted}"\n'.encode()
    assert read(answer)[0].rows == [(text,)]


def test_floats_have_their_words() -> None:
    """As Go writes them."""
    answer = b"#datatype,double\n#group,false\n#default,\n,a\n,+Inf\n,-Inf\n,NaN\n,1e-7\n"
    assert repr(read(answer)[0].rows) == "[(inf,), (-inf,), (nan,), (1e-07,)]"


def test_nothing_is_no_table() -> None:
    """An empty answer has no header either."""
    assert read(b"") == []
    assert read(b"\r\n") == []


def test_a_header_without_rows_is_a_table() -> None:
    """Its group key stands in the defaults."""
    answer = (
        b"#datatype,string,long,string\r\n#group,false,false,true\r\n#default,_result,3,a\r\n,result,table,host\r\n\r\n"
    )
    (table,) = read(answer)
    assert (table.result, table.number, len(table), table.group_key) == ("_result", 3, 0, {"host": "a"})


@pytest.mark.parametrize(
    "end",
    [
        b"#datatype,string,string\r\n#group,true,true\r\n#default,,\r\n,error,reference\r\n,out of memory,897\r\n",
        b"\r\n,error,reference\r\n,out of memory,897\r\n",
    ],
    ids=["annotated", "bare"],
)
def test_an_error_on_the_way_is_raised(end: bytes) -> None:
    """Whatever came before it."""
    with pytest.raises(StatementError, match=r"out of memory \(reference 897\)"):
        read(ANSWER + end)
    with pytest.raises(StatementError, match="out of memory"):
        read(end)


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (b"a,b\n", "no #datatype"),
        (b"#datatype,long\n,a\n,x\n", "column 'a' holds what is no long"),
        (b"#datatype,boolean\n,a\n,TRUE\n", "no boolean"),
        (b"#datatype,dateTime:RFC3339\n,a\n,yesterday\n", "no dateTime"),
        (b"#datatype,base64Binary\n,a\n,!\n", "no base64Binary"),
        (b"#datatype,long\n,a\n,1,2\n", "a row has 2 values, and its header 1"),
        (b"#datatype,long\n#group,true,true\n,a\n", "not of one width"),
        (b'#datatype,string\n,a\n,"x\n', "inside a quoted value"),
        (b'#datatype,string\n,a\n,"x"y\n', "quotes"),
        (b"#datatype,string\n,a\n,\xff\n", "UTF-8"),
        (b"<html>", "neither"),
    ],
)
def test_what_is_no_annotated_csv_is_refused(answer: bytes, why: str) -> None:
    """Half an answer is no answer."""
    with pytest.raises(DecodeError, match=why):
        read(answer)


def test_frames_have_the_types() -> None:
    """Tables with the same columns share one; gaps keep integers integers."""
    one, two = frames(read(ANSWER))
    assert list(one.columns) == ["result", "table", "_start", "_time", "_value", "_field", "host"]
    assert list(one["table"]) == [0, 0, 1]
    assert one["_time"].astype("int64").tolist() == [SIX + 1, SIX + 3_600_000_000_000, SIX]
    assert str(one["_time"].dtype) == "datetime64[ns, UTC]"
    assert one["_value"].dtype == np.float64
    assert one["_value"].isna().tolist() == [False, True, False]
    assert [str(kind) for kind in two.dtypes[2:5]] == ["bool", "UInt64", "Int64"]
    assert two["u"].tolist() == [2**64 - 1, pd.NA]
    assert two["raw"].tolist() == [b"\0\1", None]


def test_columns_without_gaps_are_plain() -> None:
    """Nullable types only where something is missing."""
    answer = (
        b"#datatype,long,unsignedLong,boolean,dateTime:RFC3339\n#group,,,,\n#default,,,,\n,i,u,b,t\n"
        b",1,2,true,2013-01-01T06:00:00Z\n,3,4,false,\n"
    )
    (frame,) = frames(read(answer))
    assert [str(kind) for kind in frame.dtypes[2:]] == ["int64", "uint64", "bool", "datetime64[ns, UTC]"]
    assert frame["t"].isna().tolist() == [False, True]
