"""Queries: every form of answer, the errors that hide in a 200, streams, frames with the server's types."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest
from catchment import influxdb
from catchment.core.clock import NoWaiting, using
from catchment.core.errors import OutcomeUnknownError, UnsafeInputError
from catchment.influxdb import AsyncInfluxDBClient, Identifier, InfluxDBResult, Regex, iterpoints, named_points
from catchment.local import Fault, InfluxDBOptions

from tests.influxdb.doubles import Place, WatchedStack

T = 1_577_836_800_000_000_001
LINES = f"""m,h=a f=1,i=1i,b=true,s="x" {T}
m,h=a f=2,i={2**53 + 1}i,b=false,s="" {T + 1}
m,h=b f=2.5 {T + 2}
n,h=a v=1 {T}"""


@pytest.fixture(autouse=True)
def _no_waiting() -> Iterator[None]:
    """Let no repetition wait."""
    with using(NoWaiting()):
        yield


def make(place: Place, **options: Any) -> AsyncInfluxDBClient:
    """Make a client for a place."""
    return AsyncInfluxDBClient(**{**place.options, "db": place.db, **options})


async def filled(place: Place, **options: Any) -> AsyncInfluxDBClient:
    """Make a client whose database holds something."""
    client = make(place, **options)
    await client.write(LINES)
    if place.stack is not None:
        place.stack.seen.clear()
    return client


# -- documents ---------------------------------------------------------------------------------------------------------


async def test_an_answer_is_what_the_server_says_with_its_types(place: Place) -> None:
    """Whole floats stay floats, which JSON cannot show."""
    async with await filled(place) as client:
        found = await client.query("SELECT f, i, b, s FROM m WHERE h = 'a'")
    (series,) = found["results"][0]["series"]
    assert series == {
        "name": "m",
        "columns": ["time", "f", "i", "b", "s"],
        "values": [[T, 1.0, 1, True, "x"], [T + 1, 2.0, 2**53 + 1, False, ""]],
    }
    assert [type(value) for value in series["values"][0]] == [int, float, int, bool, str]
    assert found["results"][0]["statement_id"] == 0


@pytest.mark.parametrize(
    ("epoch", "time"), [("ns", T), ("us", T // 1000), ("µ", T // 1000), ("s", T // 10**9), ("h", T // 3600 // 10**9)]
)
async def test_times_in_every_unit(place: Place, epoch: str, time: int) -> None:
    """By every spelling; the server would take unknown ones for nanoseconds."""
    async with await filled(place) as client:
        found = await client.query("SELECT v FROM n", epoch=epoch)
    assert found["results"][0]["series"][0]["values"] == [[time, 1.0]]


async def test_times_as_text(place: Place) -> None:
    """To the nanosecond."""
    async with await filled(place) as client:
        found = await client.query("SELECT v FROM n", epoch=None)
    assert found["results"][0]["series"][0]["values"] == [["2020-01-01T00:00:00.000000001Z", 1.0]]


async def test_nothing_found_is_no_error(place: Place) -> None:
    """No series, and no statement at all."""
    async with await filled(place) as client:
        assert await client.query("SELECT x FROM nothing") == {"results": [{"statement_id": 0}]}
        assert (await client.query(";"))["results"] == []


async def test_other_forms_of_an_answer(place: Place) -> None:
    """By client or by call."""
    async with await filled(place) as client:
        assert await client.query("SELECT v FROM n", output="raw") == await client.query("SELECT v FROM n")
        assert b'"columns":["time","v"]' in await client.query("SELECT v FROM n", output="bytes")
        result = await client.query("SELECT v FROM n", output="iterable")
        assert isinstance(result, InfluxDBResult)
        assert list(result) == [[T, 1.0]]
        client.output = "dataframe"
        assert isinstance(await client.query("SELECT v FROM n"), pd.DataFrame)
        with pytest.raises(ValueError, match="output"):
            client.output = "xml"


async def test_bytes_and_csv_and_raw(place: Place) -> None:
    """For other programs; an empty CSV is asked about a second time, because it may be a failure."""
    async with await filled(place) as client:
        assert (await client.query_csv("SELECT v FROM n")).splitlines() == ["name,tags,time,v", f"n,,{T},1"]
        assert await client.query_csv("SELECT x FROM nothing") == ""
        with pytest.raises(influxdb.DatabaseNotFoundError):
            await client.query_csv("SELECT x FROM nowhere..nothing")
        with pytest.raises(UnsafeInputError):
            await client.query_csv("SELECT v FROM n; SELECT v FROM n")
        assert b"error" in await client.query_raw("SELECT x FROM nowhere..nothing")
        assert (await client.query_raw("SHOW DATABASES", accept="application/x-msgpack"))[:1] == b"\x81"


async def test_queries_may_be_bytes(place: Place) -> None:
    """As their original takes them."""
    async with await filled(place) as client:
        assert await client.query(b"SELECT v FROM n") == await client.query("SELECT v FROM n")


# -- errors ------------------------------------------------------------------------------------------------------------


async def test_a_query_that_cannot_be_parsed(place: Place) -> None:
    """With the place of the mistake."""
    async with make(place) as client:
        with pytest.raises(influxdb.QuerySyntaxError) as caught:
            await client.query("SELECT v\nFORM n")
    assert (caught.value.line, caught.value.status) == (2, 400)


async def test_the_statement_that_failed_is_the_one_that_is_named(place: Place) -> None:
    """Although the server's unchunked answer says `not executed` of it."""
    async with await filled(place) as client:
        with pytest.raises(influxdb.InfluxDBError, match=r"database not found: nowhere \(statement 1\)") as caught:
            await client.query("SELECT v FROM n; SELECT v FROM nowhere..x; SHOW DATABASES")
    assert isinstance(caught.value, influxdb.DatabaseNotFoundError)
    assert caught.value.statement_id == 1


async def test_failures_hide_literals(place: Place) -> None:
    """They may be personal or secret."""
    async with make(place) as client:
        with pytest.raises(influxdb.InfluxDBError) as caught:
            await client.query("SELECT v FROM nowhere..x WHERE h = 'canary'")
    assert caught.value.query == "SELECT v FROM nowhere..x WHERE h = '***'"
    assert "canary" not in repr(vars(caught.value))


@pytest.mark.parametrize("options", [InfluxDBOptions(max_row_limit=2)])
async def test_what_the_server_would_cut_comes_whole(local: Place) -> None:
    """Its limit of rows is for unchunked answers."""
    async with await filled(local) as client:
        assert len((await client.query("SELECT f FROM m"))["results"][0]["series"][0]["values"]) == 3
        assert b'"partial":true' in await client.query_raw("SELECT f FROM m")


# -- parts -------------------------------------------------------------------------------------------------------------


async def test_answers_in_parts(place: Place) -> None:
    """Each a document with some rows of one series."""
    async with await filled(place) as client:
        parts = [part async for part in client.stream("SELECT f FROM m GROUP BY h", chunk_size=1)]
    rows = [part["results"][0]["series"][0]["values"] for part in parts]
    assert rows == [[[T, 1.0]], [[T + 1, 2.0]], [[T + 2, 2.5]]]


async def test_points_one_by_one(place: Place) -> None:
    """By column, with the tags of their series."""
    async with await filled(place) as client:
        points = [point async for point in client.query_stream("SELECT f FROM m GROUP BY h", chunk_size=1)]
    assert points[0] == {"h": "a", "time": T, "f": 1.0}
    assert len(points) == 3


async def test_a_failure_behind_data_comes_behind_it(place: Place) -> None:
    """What was there before it was handed out."""
    seen = []
    async with await filled(place) as client:
        with pytest.raises(influxdb.DatabaseNotFoundError):
            async for part in client.stream("SELECT v FROM n; SELECT v FROM nowhere..x; SHOW DATABASES"):
                seen += [part]
    assert [part["results"][0]["statement_id"] for part in seen] == [0]


async def test_whoever_stops_reading_stops(place: Place) -> None:
    """And the client works on."""
    async with await filled(place) as client:
        parts = client.stream("SELECT f FROM m", chunk_size=1)
        async for _ in parts:
            break
        await parts.aclose()
        assert await client.query("SELECT v FROM n")


# -- frames ------------------------------------------------------------------------------------------------------------


async def test_frames_come_back_as_they_went_in(place: Place) -> None:
    """Types, missing values, order and nanoseconds."""
    rng = np.random.default_rng(7)
    frame = pd.DataFrame(
        {
            "h": [f"h{n % 3}" for n in range(500)],
            "f": np.where(rng.random(500) < 0.1, np.nan, np.round(rng.normal(size=500), 6)),
            "whole": np.arange(500.0),
            "i": rng.integers(-(2**62), 2**62, 500),
            "b": rng.random(500) < 0.5,
            "s": [f'te"xt\\ {n}' for n in range(500)],
        },
        index=pd.DatetimeIndex(T + np.arange(500) * 7, tz="UTC"),
    )
    async with make(place) as client:
        await client.write(frame, "m", tag_columns=["h"])
        found = await client.query_data_frame("SELECT * FROM m", chunk_size=64)
    pd.testing.assert_frame_equal(found[list(frame.columns)], frame, check_freq=False)


async def test_columns_without_values_have_their_fields_type(place: Place) -> None:
    """The server is asked once, and only then."""
    async with await filled(place, output="dataframe") as client:
        found = await client.query("SELECT f, i, b, s FROM m WHERE h = 'b'")
        assert [str(dtype) for dtype in found.dtypes[:3]] == ["float64", "Int64", "boolean"]
        assert found[["i", "b", "s"]].isna().all().all()
        assert place.count("/query") in {2, -1}
        await client.query("SELECT f FROM m WHERE h = 'b'")
        assert place.count("/query") in {3, -1}


async def test_shapes_of_frames(place: Place) -> None:
    """By statements and series, as their original has them."""
    async with await filled(place, output="dataframe") as client:
        assert list(await client.query("SELECT f FROM m GROUP BY h")) == ["m,h=a", "m,h=b"]
        assert await client.query("SELECT x FROM nothing") == {}
        assert [list(one) for one in await client.query("SELECT v FROM n; SELECT x FROM n")] == [["n"], []]
        total = await client.query("SELECT sum(f) FROM m")
        assert total.to_dict("list") == {"sum": [5.5]}
        assert isinstance(total.index, pd.RangeIndex)
        shown = await client.query("SHOW TAG KEYS")
        assert shown["m"].to_dict("list") == {"tagKey": ["h"]}
        assert list(await client.query("SELECT v FROM n GROUP BY h")) == ["v", "h"]


async def test_frames_as_asked(place: Place) -> None:
    """One frame of all series; index, zone, nullable types."""
    async with await filled(place) as client:
        one = await client.query_data_frame(
            "SELECT f, i FROM m GROUP BY h", combine=True, data_frame_index=["h", "time"]
        )
        assert one.index.names == ["h", "time"]
        assert one["f"].tolist() == [1.0, 2.0, 2.5]
        kind = await client.query_data_frame(
            "SELECT f FROM m", use_extension_dtypes=True, tz="Europe/Berlin", epoch="s"
        )
        assert str(kind["f"].dtype) == "Float64"
        assert kind.index[0] == pd.Timestamp("2020-01-01", tz="UTC")
        assert str(kind.index.tz) == "Europe/Berlin"
        with pytest.raises(UnsafeInputError):
            await client.query_data_frame("SELECT i FROM m WHERE h = 'a'; SELECT f, i FROM m", integers="float64")


async def test_streams_of_frames(place: Place) -> None:
    """One for each part."""
    async with await filled(place) as client:
        frames = [frame async for frame in client.query_data_frame_stream("SELECT f, i FROM m", chunk_size=1)]
        assert [frame["f"].tolist() for frame in frames] == [[1.0], [2.0], [2.5]]
        assert str(frames[2]["i"].dtype) == "Int64"
        alike = client.query_data_frame_stream("SELECT f, i FROM m", chunk_size=2, use_extension_dtypes=True)
        assert {str(frame["i"].dtype) async for frame in alike} == {"Int64"}


# -- results -----------------------------------------------------------------------------------------------------------


async def test_results_by_name_and_tag(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    """Points, series, keys, values, JSON, Arrow, polars."""
    async with await filled(place) as client:
        result = await client.query_result("SELECT f FROM m GROUP BY h; SELECT v, h FROM n")
    assert (len(result), result.series_count, bool(result)) == (4, 3, True)
    assert [point["f"] for point in result.get_points("m", {"h": "a"})] == [1.0, 2.0]
    assert [point["v"] for point in result.get_points(tags={"h": "a"}) if "v" in point] == [1.0]
    assert list(result.get_points("z")) == []
    assert result.keys()[0] == ("m", {"h": "a"})
    assert result.to_dicts()[-1] == {"time": T, "v": 1.0, "h": "a"}
    assert result.to_values(["h", "f"])[:2] == [["a", 1.0], ["a", 2.0]]
    assert '"f": 2.5' in result.to_json()
    assert list(result.to_pandas()[0]) == ["m,h=a", "m,h=b"]
    assert result.to_arrow().num_rows == 4
    assert result.to_polars()["f"].to_list() == [1.0, 2.0, 2.5, None]
    assert result.series[0].tags == {"h": "a"}
    assert repr(result) == "<InfluxDBResult: 4 points in 3 series>"
    result.show()
    assert capsys.readouterr().out.splitlines()[0] == "m,h=a: 2 points of time, f"


async def test_points_through_parsers(place: Place) -> None:
    """Of all statements and all series; named tuples, functions with and without `meta`."""

    @dataclass
    class Both:
        time: int
        value: float

    async with await filled(place) as client:
        found = await client.query("SELECT f FROM m GROUP BY h; SELECT v FROM n")
    assert len(list(iterpoints(found))) == 4
    assert list(iterpoints(found, Both))[0] == Both(T, 1.0)  # noqa: RUF015 - all are read
    assert list(iterpoints(found, namedtuple("P", ["t", "v"])))[3].v == 1.0  # noqa: PYI024
    metas = list(iterpoints(found, lambda *_, meta: (meta["name"], meta.get("tags"), meta["statement_id"])))
    assert metas[0] == ("m", {"h": "a"}, 0)
    assert metas[3] == ("n", None, 1)
    assert list(iterpoints(found, named_points))[0].f == 1.0  # noqa: RUF015
    assert list(iterpoints({})) == []


# -- values and patterns -----------------------------------------------------------------------------------------------


HOSTILE = ["a' OR 1=1 --", 'x"; DROP DATABASE db; --', "back\\slash\\", "line\nfeed", "cr\rnul\0", "$h", "{h}", "ünï"]


@pytest.mark.parametrize("text", HOSTILE)
async def test_no_value_is_read_as_a_part_of_the_query(place: Place, text: str) -> None:
    """Bound or written, it is what it is; text with CR and NUL can be bound only."""
    async with make(place) as client:
        await client.write({"measurement": "m", "fields": {"s": text}, "time": 1})
        found = await client.query("SELECT s FROM m WHERE s = $s", params={"s": text})
        assert found["results"][0]["series"][0]["values"] == [[1, text]]
        if "\r" not in text:
            written = [
                await client.query("SELECT s FROM m WHERE s = $s", params={"s": text}, bind="client"),
                await client.query("SELECT s FROM m WHERE s = {s}", s=text),
                await client.query("SELECT s FROM m WHERE s = '{}'", text),
            ]
            assert written == [found] * 3


@pytest.mark.parametrize("name", ['m"; DROP DATABASE "db', "a b", "ünï", "select", "m\\x", "a.b", "a,b=c"])
async def test_no_name_is_read_as_a_part_of_the_query(place: Place, name: str) -> None:
    """Measurements, fields and tags."""
    async with make(place) as client:
        await client.write({"measurement": name, "tags": {name: "t"}, "fields": {"v": 1.0}, "time": 1})
        found = await client.select_all(name)
        assert found["results"][0]["series"][0]["name"] == name
        q = "SELECT v FROM $m WHERE $t = 't' GROUP BY $t"
        found = await client.query(q, params={"m": Identifier(name), "t": Identifier(name)})
        assert found["results"][0]["series"][0]["tags"] == {name: "t"}
        assert place.db in await client.admin.list_databases()
        await client.drop_measurement(name)
        assert await client.admin.list_measurements() == []


@pytest.mark.parametrize("value", [1e-7, 1e22, 5e-324, 0.1, -1.5, 3.0])
async def test_floats_are_bound_as_they_are(place: Place, value: float) -> None:
    """The server fails on `1e-07`, which is how Python writes it."""
    async with make(place) as client:
        await client.write({"measurement": "m", "fields": {"v": value}, "time": 1})
        found = await client.query("SELECT v FROM m WHERE v = $v", params={"v": value})
        assert found["results"][0]["series"][0]["values"] == [[1, value]]


async def test_values_of_other_kinds(place: Place) -> None:
    """Times, regular expressions, limits."""
    async with await filled(place) as client:
        found = await client.query(
            "SELECT f FROM m WHERE time > $t AND h =~ $r LIMIT $n",
            params={"t": pd.Timestamp(T, tz="UTC"), "r": Regex("^[ab]$"), "n": 1},
        )
        assert found["results"][0]["series"][0]["values"] == [[T + 1, 2.0]]


async def test_a_parameter_without_a_value_sends_nothing(local: Place) -> None:
    """And one without a parameter neither."""
    async with make(local) as client:
        with pytest.raises(UnsafeInputError):
            await client.query("SELECT $a", params={"b": 1})
        with pytest.raises(UnsafeInputError, match="Missing argument"):
            await client.query("SELECT {a} FROM {b}", a=1)
        with pytest.raises(UnsafeInputError):
            await client.query("SELECT a", epoch="fortnight")
        with pytest.raises(ValueError, match="chunked"):
            await client.query("SELECT a", chunked="yes")  # type: ignore[arg-type]
    assert local.count("/query") == 0


async def test_built_in_patterns(place: Place) -> None:
    """Each one of them."""
    async with await filled(place) as client:
        names = await client.show_databases()
        assert [place.db] in names["results"][0]["series"][0]["values"]
        for call, value in (
            (client.show_measurements(), [["m"], ["n"]]),
            (client.show_series("n"), [["n,h=a"]]),
            (client.show_series_from("n"), [["n,h=a"]]),
            (client.show_tag_keys("m"), [["h"]]),
            (client.show_tag_keys_from("m"), [["h"]]),
            (client.show_field_keys("n"), [["v", "float"]]),
            (client.show_tag_values("h", "m"), [["h", "a"], ["h", "b"]]),
            (client.show_tag_values_from("n", "h"), [["h", "a"]]),
        ):
            document = await call
            assert document["results"][0]["series"][0]["values"] == value
        assert len((await client.show_series())["results"][0]["series"][0]["values"]) == 3
        for every in (client.show_tag_keys(), client.show_field_keys(), client.show_tag_values("h")):
            assert len((await every)["results"][0]["series"]) == 2
        policies = await client.show_retention_policies()
        assert policies["results"][0]["series"][0]["values"][0][0] == "autogen"
        assert "results" in await client.show_users()
        assert "results" in await client.show_continuous_queries()
        assert isinstance(await client.select_all("n", output="dataframe"), pd.DataFrame)
        await client.drop_measurement("n")
        assert (await client.show_measurements())["results"][0]["series"][0]["values"] == [["m"]]


async def test_databases_by_pattern(place: Place) -> None:
    """The client's, or another one."""
    other = f"{place.db} other"
    async with make(place) as client:
        await client.create_database(other)
        assert other in await client.admin.list_databases()
        await client.drop_database(other)
        assert other not in await client.admin.list_databases()


async def test_own_patterns(place: Place) -> None:
    """Become methods of the class; values by name or in order; options of `query` too."""

    class Own(AsyncInfluxDBClient):
        pass

    Own.set_query_pattern({"newest": "SELECT last({f}) FROM {m}"}, first="SELECT first({f}) FROM {m} WHERE h = {h}")
    Own.set_query_pattern("count_of", "SELECT count({f}) FROM {m}")
    async with await filled(place) as plain, Own(**place.options, db=place.db) as client:
        assert not hasattr(plain, "newest")
        assert (await client.newest("f", "m"))["results"][0]["series"][0]["values"] == [[T + 2, 2.5]]  # type: ignore[attr-defined]
        found = await client.first("f", m="m", h="a", epoch="s")  # type: ignore[attr-defined]
        assert found["results"][0]["series"][0]["values"] == [[T // 10**9, 1.0]]
        frame = await client.count_of("f", "m", output="dataframe")  # type: ignore[attr-defined]
        assert frame["count"].tolist() == [3]
        with pytest.raises(ValueError, match="Missing argument"):
            await client.newest("f")  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "patterns", [{"query": "SELECT 1"}, {"x y": "SELECT 1"}, {"own": "SELECT {q}"}, {"own": "SELECT {epoch}"}]
)
async def test_patterns_that_would_hide_something_are_left_out(patterns: dict[str, str]) -> None:
    """With a warning."""

    class Own(AsyncInfluxDBClient):
        pass

    with pytest.warns(UserWarning, match="no pattern"):
        Own.set_query_pattern(patterns)
    assert not hasattr(Own, "own")
    assert Own.query is AsyncInfluxDBClient.query


# -- doubt -------------------------------------------------------------------------------------------------------------


def lose(stack: WatchedStack | None, count: int = 1) -> None:
    """Carry out the next queries, and lose their answers."""
    assert stack is not None
    stack.faults.add(Fault("reset", service="influxdb", operation="query", applied=True, count=count))


async def test_reading_is_repeated(local: Place) -> None:
    """Nothing changes however often it arrives."""
    async with await filled(local) as client:
        lose(local.stack, 2)
        assert await client.query("SELECT v FROM n")
        lose(local.stack)
        assert len(await client.query_data_frame("SELECT v FROM n")) == 1
    assert local.count("/query") == 5


@pytest.mark.parametrize("q", ["DROP MEASUREMENT n", "SELECT v INTO x FROM n", "SELECT v FROM n; DELETE FROM n"])
async def test_what_changes_something_is_never_repeated(local: Place, q: str) -> None:
    """The error says that nobody knows."""
    async with await filled(local) as client:
        lose(local.stack)
        with pytest.raises(OutcomeUnknownError) as caught:
            await client.query(q)
    assert "statement" in str(caught.value.hint)
    assert local.count("/query") == 1


async def test_the_verb_can_be_chosen(local: Place) -> None:
    """For caches between; never for what changes something."""
    async with await filled(local) as client:
        found = await client.query("SELECT v FROM n", method="GET")
        assert found == await client.query("SELECT v FROM n", method="auto")
        with pytest.raises(UnsafeInputError):
            await client.query("DROP MEASUREMENT n", method="GET")
    assert local.stack is not None
    assert [request.method for request in local.stack.seen] == ["GET", "GET"]
