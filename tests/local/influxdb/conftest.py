"""What the tests of the local InfluxDB server share."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from catchment.local import InfluxDBOptions, Stack

from tests.local.influxdb.sides import LocalSide

NOW = 1_600_000_000.0


@pytest.fixture
def make_side() -> Iterator[Callable[..., LocalSide]]:
    """Return a maker of local servers whose clock stands still."""
    made: list[Stack] = []

    def make(data: object = None, **options: object) -> LocalSide:
        made.append(Stack(data, influxdb=InfluxDBOptions(**options), clock=lambda: NOW))
        return LocalSide(made[-1])

    yield make
    for stack in made:
        stack.close()


@pytest.fixture
def side(make_side: Callable[..., LocalSide]) -> LocalSide:
    """A local server with the default options."""
    return make_side()
