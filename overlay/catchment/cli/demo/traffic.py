"""Chapter three: planes go into a table of V3IO, and a day's departures through a stream to a group of two."""

from __future__ import annotations

import csv
import json
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping

from catchment.cli.demo.data import Flights
from catchment.cli.demo.telling import Story
from catchment.core.profiles import load_profile
from catchment.v3io import Client
from catchment.v3io.chain import PROFILE
from catchment.v3io.expressions import Attribute
from catchment.v3io.groups import GroupState

_CONTAINER = "users"
_SHARDS = 8
_PLANES = 3_322
_DEPARTURES = 842
_IDLE = 0.5
"""Seconds without a record after which the day is over."""
_NUMBERS = ("year", "engines", "seats", "speed")


def client(profile: str | None) -> Client:
    """Return a client of the profile's V3IO; where it names none, of a local one that lives as long as it."""
    named = None if profile is None else load_profile(profile)
    if named is not None and named.section("v3io", PROFILE):
        return Client(profile=profile)
    from catchment.local import Stack

    return Client(local=Stack())


def tell(story: Story, flights: Flights, client: Client) -> None:
    """Tell the chapter; what it makes lies in one folder, which it deletes in the end."""
    folder = f"nycflights13_{uuid.uuid4().hex[:8]}"
    story.chapter("V3IO: the planes, and the departures of a day as they happen")
    _planes(story, flights, client, f"{folder}/planes")
    _departures(story, flights, client, f"{folder}/departures")
    gone = client.container.delete_tree(_CONTAINER, folder)
    story.check("planes deleted in the end", gone.files, _PLANES)


# -- a table -----------------------------------------------------------------------------------------------------------


def _planes(story: Story, flights: Flights, client: Client, table: str) -> None:
    """Put every plane in one batch, and find the large ones of one maker."""
    planes = dict(_rows(flights))
    for tail, plane in planes.items():
        client.batch.kv.put(_CONTAINER, table, tail, plane)
    story.check("planes put, many at a time", len(client.batch.wait()), _PLANES)

    large = (Attribute("manufacturer") == "BOEING") & (Attribute("seats") > 300)
    cursor = client.kv.new_cursor(_CONTAINER, table, attribute_names="__name,seats", filter_expression=large)
    found = {str(item["__name"]): item["seats"] for item in cursor.all()}
    wanted = {
        tail: plane["seats"]
        for tail, plane in planes.items()
        if plane["manufacturer"] == "BOEING" and int(plane.get("seats", 0)) > 300
    }
    story.say(f"Asked for {large}.")
    story.check("planes found, each with its seats", len(found) if found == wanted else found, len(wanted))


def _rows(flights: Flights) -> Iterator[tuple[str, dict[str, int | str]]]:
    """Yield planes by tail number: whole numbers as such, what is not known left out."""
    with flights.table("planes").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            known = {name: value for name, value in row.items() if value != "NA"}
            tail = known.pop("tailnum")
            yield tail, {name: int(value) if name in _NUMBERS else value for name, value in known.items()}


# -- a stream ----------------------------------------------------------------------------------------------------------


def _departures(story: Story, flights: Flights, client: Client, stream: str) -> None:
    """Write the first day's departures by carrier, and let two members of a group share them."""
    day = list(_first_day(flights))
    client.stream.create(_CONTAINER, stream, shard_count=_SHARDS)
    put = client.stream.put_all(
        _CONTAINER, stream, ({"data": json.dumps(one), "partition_key": one["carrier"]} for one in day)
    )
    story.check("departures written to a stream of eight shards", put.count, _DEPARTURES)

    group = client.stream.consumer_group(_CONTAINER, stream, "boards", max_replicas=2)
    with group.member("north") as north, group.member("south") as south:
        story.say(f"Two members share the shards: {_shares(group.state())}.")
        read = {
            member.member_id: [json.loads(one.data) for one in member.records(idle=_IDLE)] for member in (north, south)
        }
    together = [one for board in read.values() for one in board]
    story.check("departures read by either or the other", len(together), _DEPARTURES)
    story.check("none of them lost, doubled or changed", sorted(map(_text, together)) == sorted(map(_text, day)), True)
    story.check("minutes of delay, read and known", _delay(together), _delay(day))
    story.check("records that the group has not done", sum(group.lag().values()), 0)
    busiest, count = Counter(one["carrier"] for one in together).most_common(1)[0]
    story.say(f"  busiest carrier: {busiest}, with {count} departures")
    client.stream.delete(_CONTAINER, stream)


def _first_day(flights: Flights) -> Iterator[Mapping[str, str]]:
    _, january = next(flights.months())
    for row in csv.DictReader(january.decode().splitlines()):
        if row["day"] == "1":
            yield row


def _shares(state: GroupState) -> str:
    return ", ".join(f"{one.member_id} {list(one.shards)}" for one in state.sessions)


def _text(departure: Mapping[str, str]) -> str:
    return json.dumps(departure, sort_keys=True)


def _delay(departures: list[Mapping[str, str]]) -> int:
    return sum(int(one["dep_delay"]) for one in departures if one["dep_delay"] != "NA")
