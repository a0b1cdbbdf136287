"""What a client says of its arguments and of its address, before and beside its calls."""

from __future__ import annotations

import logging

import pytest
from catchment.core.errors import ConfigError
from catchment.local import Stack
from catchment.v3io import Client


def test_an_address_in_the_logger_s_place_is_refused() -> None:
    """The first argument is the logger, as in the original: an address there is an error at once, not at a call."""
    with pytest.raises(ConfigError, match="logger"):
        Client("https://v3io-webapi:8081", "key")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def test_a_stack_in_this_process_is_not_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    """Nothing crosses a network on the way to a local stack, whatever its address looks like."""
    with caplog.at_level(logging.WARNING, "catchment"), Stack() as stack, Client(local=stack) as client:
        client.get_containers()
    assert caplog.records == []


def test_a_key_in_clear_is_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    """Plain http to another machine is said to be that, when the connection is made."""
    with caplog.at_level(logging.WARNING, "catchment"), Client(endpoint="v3io-webapi:8081", access_key="k") as client:
        assert client.api.settings.endpoint == "http://v3io-webapi:8081"
    assert ["in clear" in record.getMessage() for record in caplog.records] == [True]
