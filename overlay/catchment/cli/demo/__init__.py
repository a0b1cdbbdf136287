"""The main job: one story on real data, told platform by platform, checked at each step."""

from __future__ import annotations

import time

from catchment.cli.demo import lake, traffic, weather
from catchment.cli.demo.data import Flights
from catchment.cli.demo.telling import Story
from catchment.core.errors import ConfigError


def run(*, profile: str | None = None, storage_namespace: str | None = None) -> int:
    """
    Tell the story and return the exit status.

    Args:
        profile: Real platforms to tell it on; the local stack, which needs no account, if left out.
        storage_namespace: Where the new repository keeps its data on a real lakeFS.

    Raises:
        ConfigError: A profile without a storage namespace, or the data package is missing.
    """
    if profile is not None and storage_namespace is None:
        raise ConfigError(
            "a real lakeFS needs to know where the new repository keeps its data",
            hint="add --storage-namespace s3://bucket/some/new/prefix",
        )
    began = time.perf_counter()
    story = Story()
    flights = Flights.installed()
    with lake.client(profile) as client:
        lake.tell(story, flights, client, storage_namespace or "s3://catchment-demo/nycflights13")
    with weather.client(profile) as influxdb:
        weather.tell(story, flights, influxdb)
    with traffic.client(profile) as platform:
        traffic.tell(story, flights, platform)
    story.say(f"Done in {time.perf_counter() - began:.1f} s; {story.checks} checks, all of them true.")
    return 0
