"""What every client's connection does alike: it looks once, makes its way out once, and ends as its platform says."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from typing import ClassVar

import pytest
from catchment.core._sync.auth import Auth
from catchment.core._sync.service_connection import ServiceConnection
from catchment.core.credentials import Anonymous, Declined, Found
from catchment.core.errors import ClosedError, ConfigError, UnsafeInputError
from catchment.core.exposure import warn_of_exposure
from catchment.core.failures import Dialect
from catchment.core.given import CommonGiven
from catchment.core.lookup import Address, ServiceLookup
from catchment.core.profiles import Schema
from catchment.local import Stack
from catchment.v3io.errors import DIALECT

GIVEN = CommonGiven(endpoint="https://rain.example.com", credential=Anonymous())


class Lookup(ServiceLookup[CommonGiven[Anonymous], Anonymous]):
    """A platform that asks for nobody."""

    title = "Rain"
    section = "rain"
    schema: ClassVar[Schema] = {"endpoint": str}
    stack = "v3io"

    def _default_address(self) -> Address:
        raise ConfigError("no address of Rain")

    def _from_profile(self) -> Found[Anonymous] | Declined:
        return Declined("it has none")

    def _from_environment(self) -> Found[Anonymous] | Declined:
        return Declined("it has none")

    def _from_stack(self, environment: Mapping[str, str]) -> Found[Anonymous] | Declined:
        return Found(Anonymous())

    def _shown(self, credential: Anonymous) -> Mapping[str, str]:
        return {}


class Connection(ServiceConnection[CommonGiven[Anonymous], Anonymous]):
    """A way to it, with a count of what was done."""

    service = "rain"
    stack = "v3io"
    dialect: ClassVar[Dialect] = DIALECT

    def __init__(self, given: CommonGiven[Anonymous]) -> None:
        super().__init__(given)
        self.done: list[str] = []

    def _lookup(self) -> Lookup:
        self.done.append("looked")
        return Lookup(self.given, {})

    def _auth(self, credential: Anonymous) -> Auth | None:
        self.done.append("made")
        return None

    def _warn(self, address: Address, credential: Anonymous) -> None:
        self.done.append("warned")


class Reopening(Connection):
    """One that use opens again."""

    reopens = True


def test_threads_share_one_way_out() -> None:
    """Whichever comes first makes it; nothing is looked for before."""
    connection = Connection(GIVEN)
    assert connection.found is None
    start, seen = threading.Barrier(8), []

    def use() -> None:
        start.wait()
        seen.append(connection.api)

    threads = [threading.Thread(target=use) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 8
    assert len(set(map(id, seen))) == 1
    assert connection.done == ["looked", "warned", "made"]
    assert connection.found is not None
    connection.close()


def test_a_look_that_fails_is_repeated() -> None:
    """What was missing may be there the next time."""
    connection = Connection(CommonGiven(credential=Anonymous()))
    for _ in range(2):
        with pytest.raises(ConfigError, match="no address of Rain"):
            connection.resolve()
    assert connection.done == ["looked", "looked"]


def test_a_closed_one_says_so() -> None:
    """Used or not before; closing twice is fine, and what was found stays known."""
    for used in (False, True):
        connection = Connection(GIVEN)
        if used:
            _ = connection.api
        connection.close()
        connection.close()
        with pytest.raises(ClosedError, match="this rain client is closed") as caught:
            _ = connection.api
        assert (caught.value.service, caught.value.hint) == ("rain", "make a new client")
        with pytest.raises(ClosedError):
            connection.refuse_closed()
        assert (connection.found is not None) is used


def test_where_clients_reopen_use_makes_a_new_way_out() -> None:
    """It looks no second time."""
    connection = Reopening(GIVEN)
    first = connection.api
    connection.close()
    connection.refuse_closed()
    assert connection.api is not first
    assert connection.done == ["looked", "warned", "made", "warned", "made"]
    connection.close()


def test_a_stack_in_this_process_is_not_warned_of() -> None:
    """There is no network in between."""
    with Stack() as stack:
        connection = Connection(CommonGiven(local=stack))
        _ = connection.api
        assert connection.done == ["looked", "made"]
        connection.close()


@pytest.mark.parametrize(
    ("url", "checked", "sent", "message"),
    [
        ("https://a.example.com", True, "credentials", None),
        ("https://a.example.com", False, None, "certificates of a.example.com:443 are not checked"),
        ("http://a.example.com", True, "credentials", "credentials for a.example.com:80 cross the network in clear"),
        ("http://a.example.com", False, None, None),
        ("http://localhost:1", False, "credentials", None),
        ("http+unix://%2Fvar%2Frun%2Fa.sock", False, "credentials", None),
    ],
)
def test_what_others_can_read_or_change_is_warned_of(
    url: str, checked: bool, sent: str | None, message: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    """Secrets without TLS to another machine, and TLS that anybody can pretend; nothing else."""
    with caplog.at_level(logging.WARNING, "catchment"):
        warn_of_exposure(url, checked=checked, sent=sent, remedy="https://")
    assert [each.getMessage().startswith(message or "?") for each in caplog.records] == (
        [] if message is None else [True]
    )


def test_a_stack_is_refused_beside_another_place_and_in_pickles() -> None:
    """It lives in this process, and it is the place."""
    with Stack() as stack:
        given: CommonGiven[Anonymous] = CommonGiven(endpoint="https://a", local=stack)
        with pytest.raises(ConfigError, match="leave endpoint out"):
            given.refuse_two_places("endpoint")
        with pytest.raises(UnsafeInputError, match="cannot be pickled"):
            given.refuse_pickling_local()
