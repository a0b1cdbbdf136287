"""The client itself: where it finds what it needs, what it shows, how it ends, what it shares."""

from __future__ import annotations

import logging
import pickle
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from catchment import influxdb
from catchment.core.clock import Clock, ManualClock, using
from catchment.core.errors import ConfigError, DeadlineError, UnsafeInputError
from catchment.influxdb import AsyncInfluxDBClient
from catchment.influxdb._async import colour
from catchment.local import Fault, InfluxDBOptions

from tests.influxdb.doubles import Place, WatchedStack

CANARY = "canary-7f3a"
POINT = {"measurement": "m", "fields": {"v": 1.0}, "time": 1}


@pytest.fixture
def manual() -> Iterator[Clock]:
    """Time that waits move."""
    with using(ManualClock(datetime(2025, 1, 1, tzinfo=UTC))) as time:
        yield time


def make(place: Place, **options: Any) -> AsyncInfluxDBClient:
    """Make a client for a place."""
    return AsyncInfluxDBClient(**{**place.options, "db": place.db, **options})


# -- the server --------------------------------------------------------------------------------------------------------


async def test_what_the_server_says_of_itself(place: Place) -> None:
    """Headers by any spelling of their case, and a version that compares."""
    async with make(place) as client:
        headers = await client.ping()
        assert headers["X-Influxdb-Version"] == headers["x-influxdb-version"] == headers.get("X-INFLUXDB-VERSION")
        assert "x-influxdb-build" in headers
        assert headers.get("x-nothing", "none") == "none"
        assert dict(headers)["X-Influxdb-Build"] == "OSS"
        version = await client.version()
        assert (1, 6) <= version < (1, 9)
        assert (version.build, version.text[:3]) == ("OSS", "1.6")
        assert (await client.health()).ready
        assert await client.wait_ready(5) == version


@pytest.mark.parametrize("options", [InfluxDBOptions(version="1.8.10")])
async def test_health_of_newer_servers(local: Place) -> None:
    """Asked by its own endpoint; a server that is not ready says so."""
    assert local.stack is not None
    async with make(local, retries=0) as client:
        health = await client.health()
        assert (health.status, health.version) == ("pass", "1.8.10")
        assert local.count("/health") == 1
        local.stack.faults.add(Fault("status", service="influxdb", operation="health", status=503, body=b"starting"))
        assert not (await client.health()).ready
        local.stack.faults.add(Fault("status", service="influxdb", operation="health", status=500, body=b"{}"))
        with pytest.raises(influxdb.ServerFailureError):
            await client.health()


async def test_waiting_for_a_server_that_starts(local: Place, manual: Clock) -> None:
    """Until it answers, or time is over."""
    assert local.stack is not None
    async with make(local, retries=0) as client:
        local.stack.faults.add(Fault("reset", service="influxdb", operation="ping", count=3))
        assert await client.wait_ready(10) >= (1, 6)
        assert local.count("/ping") == 4
        local.stack.faults.add(Fault("reset", service="influxdb", operation="ping", count=1000))
        with pytest.raises(DeadlineError, match="10 s"):
            await client.wait_ready(10)
        with pytest.raises(ConfigError):
            await client.wait_ready(0)


# -- who asks ----------------------------------------------------------------------------------------------------------

AUTH = InfluxDBOptions(auth=True, username="root", password=CANARY, shared_secret="s3cret", version="1.8.10")


@pytest.mark.parametrize("options", [AUTH])
@pytest.mark.parametrize(
    "who",
    [
        {"username": "root", "password": CANARY},
        {"username": "root", "jwt_secret": "s3cret"},
        {"token": f"root:{CANARY}"},
        {},
    ],
)
async def test_every_kind_of_credential_gets_in(local: Place, who: dict[str, Any]) -> None:
    """And none of them stands in an address; the stack's own user is found by itself."""
    assert local.stack is not None
    async with make(local, **who) as client:
        await client.write(POINT)
        assert await client.query("SELECT v FROM m")
    assert all(CANARY not in request.query and "p=" not in request.query for request in local.stack.seen)


@pytest.mark.parametrize("options", [AUTH])
async def test_who_may_not_is_told(local: Place) -> None:
    """Wrong password, and missing rights; 401 and 403 for queries and writes."""
    async with make(local) as admin:
        await admin.admin.create_user("ann", "pw")
        await admin.admin.grant("READ", "ann")
    async with make(local, username="ann", password="wrong") as client:
        with pytest.raises(influxdb.AuthenticationError):
            await client.query("SELECT v FROM m")
        with pytest.raises(influxdb.WriteAuthenticationError):
            await client.write(POINT)
    async with make(local, username="ann", password="pw") as client:
        await client.query("SELECT v FROM m")
        with pytest.raises(influxdb.AuthorizationError):
            await client.query("DROP DATABASE db")
        with pytest.raises(influxdb.WriteAuthorizationError) as caught:
            await client.write(POINT)
        assert isinstance(caught.value, PermissionError)


async def test_secrets_show_nowhere(local: Place, caplog: pytest.LogCaptureFixture) -> None:
    """Neither in what prints itself, nor in logs at any level, nor in errors."""
    caplog.set_level(logging.DEBUG)
    async with make(local, username="u", password=CANARY, log_level=logging.DEBUG) as client:
        await client.admin.create_user("x", CANARY)
        await client.query(f"SELECT v FROM m WHERE h = '{CANARY}'")
        with pytest.raises(influxdb.InfluxDBError) as caught:
            await client.query(f"SELECT v FROM nowhere..m WHERE h = '{CANARY}'")
        shown = f"{client!r} {client.config} {client.explain()} {client.api!r} {caught.value!r} {vars(caught.value)}"
    assert CANARY not in shown
    assert CANARY not in caplog.text
    assert "SELECT v FROM m WHERE h = '***'" in caplog.text
    logging.getLogger("catchment.influxdb").setLevel(logging.NOTSET)


async def test_log_level_is_that_of_its_own_logger(local: Place, caplog: pytest.LogCaptureFixture) -> None:
    """And of no other one."""
    logger = logging.getLogger("catchment.influxdb")
    before = logger.level
    async with make(local, log_level=logging.ERROR) as client:
        assert logger.level == logging.ERROR
        await client.query("SHOW DATABASES")
    assert "SHOW" not in caplog.text
    logger.setLevel(before)


# -- settings ----------------------------------------------------------------------------------------------------------


async def test_address_from_the_environment(stack: WatchedStack, monkeypatch: pytest.MonkeyPatch) -> None:
    """No argument at all, over a real socket; `from_env` needs no file."""
    with stack.serve(only=["influxdb"]) as running:
        for name, value in running.environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("INFLUX_DATABASE", "db")
        for client in (AsyncInfluxDBClient(), AsyncInfluxDBClient.from_env()):
            async with client:
                assert await client.write(POINT)
                assert client.config["url_source"] == "environment variables"
                assert (client.db, client.database) == ("db", "db")


async def test_addresses_by_url(stack: WatchedStack) -> None:
    """Database, user and password are taken out of it."""
    with stack.serve(only=["influxdb"]) as running:
        plain = running.environment["INFLUX_URL"].removeprefix("http://")
        async with AsyncInfluxDBClient.from_url(f"influxdb://ann:{CANARY}@{plain}/db", timeout=5) as client:
            assert await client.write(POINT)
            assert client.db == "db"
            assert CANARY not in f"{client!r} {client.config} {client.api.settings}"
        host, _, port = plain.partition(":")
        async with AsyncInfluxDBClient(host, int(port), database="db", db="other") as client:
            assert await client.query("SELECT v FROM m")
            assert client.db == "db"
        async with AsyncInfluxDBClient(f"http://{plain}", path="/prefix", db="db") as client:
            with pytest.raises(influxdb.InfluxDBError):
                await client.query("SELECT v FROM m")
    assert stack.seen[-1].path == "/prefix/query"


async def test_unix_sockets(stack: WatchedStack, tmp_path: Path) -> None:
    """Named by their path; a missing one is an error of the network."""
    async with AsyncInfluxDBClient(unix_socket=tmp_path / "missing.sock", db="db", retries=0) as client:
        with pytest.raises(ConnectionError):
            await client.ping()


async def test_the_database_can_be_changed(place: Place) -> None:
    """On the client, with a warning where none is left; and for a while on a copy."""
    async with make(place) as client:
        await client.write(POINT)
        client.db = "nowhere"
        with pytest.raises(influxdb.DatabaseNotFoundError):
            await client.query("SELECT v FROM m")
        async with client.using(db=place.db) as copy:
            assert copy.db == place.db
            assert (await copy.query("SELECT v FROM m"))["results"][0]["series"]
        assert client.db == "nowhere"
        with pytest.warns(UserWarning, match="no default database"):
            client.database = None
        client.db = place.db
        assert (await client.query("SELECT v FROM m"))["results"][0]["series"]


async def test_policies_by_copy(place: Place) -> None:
    """For writes and for queries; another database has other policies."""
    async with make(place) as client:
        await client.admin.create_retention_policy("long", "INF")
        async with client.using(rp="long", output="dataframe") as copy:
            await copy.write(POINT)
            assert len(await copy.query("SELECT v FROM m")) == 1
            assert copy.using(db="x").rp is None
        assert (await client.query("SELECT v FROM m"))["results"] == [{"statement_id": 0}]


async def test_copies_with_other_limits(local: Place) -> None:
    """Share the connection, and close nothing."""
    assert local.stack is not None
    async with make(local) as client:
        copy = client.with_options(retries=0, timeout=7)
        assert (copy.api.settings.retry.attempts, copy.api.settings.timeouts.deadline) == (1, 7)
        assert copy.db == "db"
        local.stack.faults.add(Fault("reset", service="influxdb", operation="ping"))
        with pytest.raises(ConnectionError):
            await copy.ping()
        await copy.aclose()
        assert await client.ping()


async def test_settings_that_cannot_be_meant(local: Place) -> None:
    """Fail at once."""
    with pytest.raises(ConfigError, match="unknown argument"):
        AsyncInfluxDBClient(asink=True)
    with pytest.raises(ConfigError, match="serves in process"):
        make(local, host="h")
    with pytest.warns(UserWarning, match="loop= has no effect"):
        make(local, loop=object())


async def test_the_mode_is_a_matter_of_the_class(local: Place) -> None:
    """It can be read, and set to what it is."""
    client = make(local, mode=colour.MODE)
    client.mode = colour.MODE
    assert client.mode == colour.MODE
    other = "blocking" if colour.MODE != "blocking" else influxdb.MODES[0]
    with pytest.raises(ValueError, match="its class"):
        client.mode = other
    with pytest.raises(ValueError, match="mode"):
        client.mode = "parallel"


# -- life --------------------------------------------------------------------------------------------------------------


async def test_closing_is_no_end(place: Place) -> None:
    """The next call opens it again; closing twice is fine."""
    client = make(place)
    assert await client.ping()
    await client.aclose()
    await client.aclose()
    assert await client.ping()
    await client.create_session(pool_size=3)
    assert client.api.settings.transport.pool_size == 3
    assert await client.ping()
    await client.close()


async def test_making_a_client_sends_nothing(local: Place) -> None:
    """Nor does asking what it found."""
    client = make(local)
    assert "not connected" in repr(client)
    _ = client.config, client.explain()
    assert local.stack is not None
    assert local.stack.seen == []
    await client.aclose()


async def test_clients_travel(socket: Place) -> None:
    """Without a secret in the pickle, or with it where that was asked for; a stack in this process cannot."""
    copy = pickle.loads(pickle.dumps(make(socket)))
    assert isinstance(copy, AsyncInfluxDBClient)
    assert await copy.write(POINT)
    await copy.aclose()
    secret = make(socket, username="u", password=CANARY)
    with pytest.raises(UnsafeInputError, match="pickle"):
        pickle.dumps(secret)
    assert pickle.loads(pickle.dumps(make(socket, username="u", password=CANARY, pickle_secrets=True))).db == "db"
    with pytest.raises(UnsafeInputError):
        secret.__getstate__()
    assert socket.stack is not None
    with pytest.raises(UnsafeInputError, match="local stack"):
        pickle.dumps(AsyncInfluxDBClient(local=socket.stack, db="db"))
