"""The misbehaving server, and each of the engines."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from catchment.core.engines import TransportSettings

from tests.engines.chaos import Chaos
from tests.engines.drivers import DRIVERS, Driver


@pytest.fixture(scope="session")
def chaos() -> Iterator[Chaos]:
    server = Chaos()
    yield server
    server.close()


@pytest.fixture(params=DRIVERS)
def make(request: pytest.FixtureRequest) -> Iterator[Callable[..., Driver]]:
    """Make engines with the settings that a test needs; all are closed at its end."""
    made: list[Driver] = []

    def make(**settings: object) -> Driver:
        driver = Driver(request.param, TransportSettings(trust_env=False, **settings))  # type: ignore[arg-type]
        made.append(driver)
        return driver

    yield make
    for driver in made:
        driver.close()


@pytest.fixture
def engine(make: Callable[..., Driver]) -> Driver:
    return make()
