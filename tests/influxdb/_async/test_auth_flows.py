"""`auth=`: any flow of httpx's proves who asks, on each call of a client, and nothing of it shows."""

from __future__ import annotations

import pickle
import traceback
from collections.abc import Generator
from typing import Any

import httpx
import pytest
from catchment.core.errors import ConfigError, OutcomeUnknownError, UnsafeInputError
from catchment.influxdb._async.client import AsyncInfluxDBClient
from catchment.influxdb.errors import AuthenticationError, WriteAuthenticationError
from catchment.local import Fault, InfluxDBOptions
from catchment.testing import no_waiting

from tests.influxdb.doubles import Place

USER, CANARY = "ada", "canary-7f3a9b-secret"


class Challenged(httpx.Auth):
    """Says who it is only where it is asked, as digest authentication does."""

    def __init__(self, password: str = CANARY) -> None:
        self.basic = httpx.BasicAuth(USER, password)

    def __repr__(self) -> str:
        return f"Challenged({CANARY})"

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Answer a challenge."""
        answer = yield request
        if answer.status_code == 401 and answer.headers["WWW-Authenticate"].startswith("Basic "):
            yield from self.basic.auth_flow(request)


@pytest.fixture
def options() -> InfluxDBOptions:
    """A server that asks for credentials."""
    return InfluxDBOptions(auth=True, username=USER, password=CANARY)


@pytest.fixture(params=["local", "socket"])
def place(request: pytest.FixtureRequest) -> Place:
    """The stack behind each of its doors."""
    return request.getfixturevalue(request.param)


@pytest.mark.parametrize("auth", [httpx.BasicAuth(USER, CANARY), Challenged()], ids=["basic", "challenged"])
async def test_every_kind_of_call(place: Place, auth: httpx.Auth) -> None:
    """Writes, queries, streams, batches and management."""
    async with AsyncInfluxDBClient(**place.options, db="db", auth=auth) as client:
        await client.write("m v=1 1")
        async with client.writer() as writer:
            await writer.write("m v=2 2")
        found = await client.query("SELECT v FROM m")
        assert found["results"][0]["series"][0]["values"] == [[1, 1.0], [2, 2.0]]
        assert [row["v"] async for row in client.query_stream("SELECT v FROM m")] == [1.0, 2.0]
        assert await client.admin.list_databases() == ["db"]
        assert [user.name for user in await client.using(db="other").admin.list_users()] == [USER]


async def test_a_challenge_costs_one_request_more(local: Place) -> None:
    """And the caller sees the answer behind it."""
    async with AsyncInfluxDBClient(**local.options, db="db", auth=Challenged()) as client:
        await client.write("m v=1 1")
    assert local.count("/write") == 2
    assert local.stack is not None
    asked = [request.header("authorization") is not None for request in local.stack.seen]
    assert asked == [False, True]


async def test_a_wrong_password(place: Place) -> None:
    """Is refused as ever, and not asked for a third time."""
    async with AsyncInfluxDBClient(**place.options, db="db", auth=Challenged("wrong")) as client:
        with pytest.raises(WriteAuthenticationError):
            await client.write("m v=1 1")
        with pytest.raises(AuthenticationError) as caught:
            await client.query("SHOW DATABASES")
    assert caught.value.attempts == 1
    assert (place.count("/write"), place.count("/query")) == (2, 2)


async def test_retries_run_the_flow_anew(local: Place) -> None:
    """Each attempt has its own credentials; a write without times is still never doubled."""
    assert local.stack is not None
    with no_waiting():
        async with AsyncInfluxDBClient(**local.options, db="db", auth=Challenged()) as client:
            local.stack.faults.add(Fault("status", "influxdb", status=503, nth=2))
            await client.write("m v=1 1")
            assert local.count("/write") == 4
            local.stack.faults.add(Fault("reset", "influxdb", nth=2, applied=True))
            with pytest.raises(OutcomeUnknownError):
                await client.write("m v=2")
            assert len(await client.query_result("SELECT v FROM m")) == 2
    assert local.count("/write") == 6


def test_explain_names_the_flow() -> None:
    """By its class alone."""
    client = AsyncInfluxDBClient("db.example.com", ssl=True, db="db", auth=Challenged())
    assert "1. arguments              found        auth=Challenged" in str(client.explain())
    assert client.config["credential"] == "flow of Challenged"
    assert CANARY not in str(client.explain()) + repr(client) + repr(client.config)


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ({"auth": (USER, CANARY)}, "auth must be an httpx.Auth"),
        ({"auth": Challenged(), "username": USER, "password": CANARY}, "leave username"),
        ({"auth": Challenged(), "token": CANARY}, "leave username"),
        ({"auth": Challenged(), "pool_size": 3}, "unknown argument pool_size"),
        ({"auth": Challenged(), "timeout": -1}, "timeout"),
        ({"auth": Challenged(), "mode": "parallel"}, "mode="),
        ({"password": CANARY, "mode": "parallel"}, "mode="),
        ({"password": CANARY, "username": USER, "pool_size": 3}, "unknown argument pool_size"),
    ],
)
def test_what_cannot_be_meant_is_refused(arguments: dict[str, Any], why: str) -> None:
    """And tools that print local variables of a traceback's frames print nothing of it."""
    with pytest.raises(ConfigError, match=why) as caught:
        AsyncInfluxDBClient("db.example.com", db="db", **arguments)
    whole = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    whole.stack = traceback.StackSummary.from_list([each for each in whole.stack if "/tests/" not in each.filename])
    assert CANARY not in "".join(whole.format()) + repr(caught.value)


def test_urls_and_the_environment_take_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Instead of what they would say themselves."""
    made = AsyncInfluxDBClient.from_url("influxdb://db.example.com/db", auth=Challenged())
    assert (made.config["credential"], made.config["url"]) == ("flow of Challenged", "http://db.example.com:8086")
    monkeypatch.setenv("INFLUX_TOKEN", CANARY)
    assert AsyncInfluxDBClient.from_env(auth=Challenged(), db="db").config["credential"] == "flow of Challenged"


def test_flows_are_pickled_where_that_is_allowed() -> None:
    """For a pickle holds their secrets in clear."""
    client = AsyncInfluxDBClient("db.example.com", db="db", auth=httpx.BasicAuth(USER, CANARY))
    with pytest.raises(UnsafeInputError, match="BasicAuth is not pickled"):
        pickle.dumps(client)
    client = AsyncInfluxDBClient("a.example", db="db", auth=httpx.BasicAuth(USER, CANARY), pickle_secrets=True)
    assert pickle.loads(pickle.dumps(client)).config["credential"] == "flow of BasicAuth"


def test_clear_text_is_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    """As with credentials of other kinds."""
    _ = AsyncInfluxDBClient("db.example.com", db="db", auth=Challenged()).api
    assert caplog.messages == [
        "requests, and what Challenged adds, for db.example.com:8086 cross the network in clear: "
        "use ssl=True where the server has it"
    ]
