from __future__ import annotations

import json
import pickle
from base64 import b64decode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from catchment.core import clock
from catchment.core._async.api import AsyncApiClient
from catchment.core._async.waiting import map_ordered, sleep
from catchment.core.errors import ClosedError, ConfigError, UnsafeInputError
from catchment.core.wire import Headers, RawResponse, Request
from catchment.lakefs._async import client as clients
from catchment.lakefs._async.client import (
    Client,
    ServerConfiguration,
    ServerStorageConfiguration,
    current_default,
    default_client,
    from_aws_role,
    from_web_identity,
    init,
)
from catchment.lakefs._async.server import ServerFacts
from catchment.lakefs.exceptions import NoAuthenticationFound, NotAuthorizedException, ServerFailureException
from catchment.local import Fault, Stack

from tests.lakefs.doubles import Enterprise, store

CANARY = "canary-7f3a"
START = datetime(2025, 1, 15, 10, 30, tzinfo=UTC)
LOGIN = "/auth/external/principal/login"
PAIR: dict[str, Any] = {"username": "AKIAIOSFODNN7EXAMPLE", "password": CANARY}


@pytest.fixture(autouse=True)
def _bare_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Let no test see this machine's own settings."""
    for name in ("LAKECTL_CONFIG_FILE", "CATCHMENT_PROFILE", "CATCHMENT_ALLOW_HTTP", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("LAKECTL_SERVER_ENDPOINT_URL", "LAKECTL_CREDENTIALS_ACCESS_KEY_ID", "AWS_ACCESS_KEY_ID"):
        monkeypatch.delenv(name, raising=False)
    config = tmp_path / "config.toml"
    config.touch()
    monkeypatch.setenv("CATCHMENT_CONFIG", str(config))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr("catchment.lakefs.aws.botocore_missing", lambda: True)
    monkeypatch.setattr(clients, "_default", None)


@pytest.fixture
def manual() -> Iterator[clock.ManualClock]:
    """Time that the test moves."""
    with clock.using(clock.ManualClock(START)) as time:
        assert isinstance(time, clock.ManualClock)
        yield time


def session() -> Any:
    """Make what boto3 calls a session."""
    keys = SimpleNamespace(access_key="ASIAIOSFODNN7EXAMPLE", secret_key=CANARY, token="session")
    credentials = SimpleNamespace(get_frozen_credentials=lambda: keys)
    return SimpleNamespace(get_credentials=lambda: credentials, region_name="eu-west-1")


# -- looking up --------------------------------------------------------------------------------------------------------


async def test_making_a_client_reads_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither environment nor files, until the first call."""
    monkeypatch.setattr("catchment.lakefs.machine.Machine.present", lambda: pytest.fail("the machine was asked"))
    assert repr(Client()) == "<Client not connected>"
    assert repr(Client(**PAIR, host="https://lake.example.com")) == "<Client not connected>"


async def test_errors_of_the_lookup_come_at_the_first_call_and_go_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is set later is found later."""
    client = Client(host="https://lake.example.com")
    with pytest.raises(NoAuthenticationFound):
        _ = await client.version
    monkeypatch.setenv("LAKECTL_CREDENTIALS_SESSION_TOKEN", CANARY)
    assert (client.config.kind, client.config.source) == ("token", "environment variables")
    assert client.config.host == "https://lake.example.com/api/v1"


async def test_what_was_found_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client is one user at one server for as long as it lives; `explain` looks anew."""
    monkeypatch.setenv("LAKECTL_CREDENTIALS_SESSION_TOKEN", CANARY)
    client = Client(host="https://lake.example.com")
    before = client.config
    monkeypatch.delenv("LAKECTL_CREDENTIALS_SESSION_TOKEN")
    assert client.config == before
    assert client.explain().winner is None


async def test_contradicting_arguments_fail_at_once() -> None:
    """Nothing needs to be looked up to know."""
    with pytest.raises(ConfigError, match="host and endpoint"):
        Client(host="https://one", endpoint="https://two")


async def test_environment_of_a_served_stack_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """No argument at all, over a real socket."""
    with Stack().serve(only=["lakefs"]) as running:
        for name, value in running.environment.items():
            monkeypatch.setenv(name, value)
        async with Client() as client:
            assert await client.version == "1.84.0"


async def test_config_and_explain_send_nothing_and_show_no_secret() -> None:
    """They are what users paste into bug reports."""
    stack = Stack()
    client = Client(local=stack, **PAIR)
    shown = f"{client!r} {client.config} {client.explain()} {client.api!r}"
    assert "lakefs.catchment.local" in shown
    assert CANARY not in shown
    assert client.explain().winner == "arguments"
    assert client.sdk_client is client.api


async def test_wrong_credentials_stay_a_401() -> None:
    """The class says what happened; it is not every error's class."""
    client = Client(local=Stack(), **PAIR)
    with pytest.raises(NotAuthorizedException) as caught:
        _ = await client.version
    assert caught.value.status_code == 401
    assert CANARY not in str(caught.value)


# -- what the server says of itself ------------------------------------------------------------------------------------


async def test_configuration_is_asked_for_once() -> None:
    """Version, store and transfers of any number of repositories cost one request together."""
    server = Enterprise(tokens=1)
    client = Client(local=server, access_token="t1")
    assert [await client.pre_signs(f"repository-{number}") for number in range(3)] == [True] * 3
    assert await client.version == "1.84.0"
    assert (await client.storage_config).blockstore_type == "s3"
    assert await client.multiparts("another")
    assert [seen.name for seen in server.seen] == ["/config"]


class SlowSender:
    """Answers with a configuration, and lets others run meanwhile."""

    def __init__(self) -> None:
        self.calls = 0

    async def send(self, request: Request, *, outcomes: tuple[int, ...] = ()) -> RawResponse:
        """Answer."""
        self.calls += 1
        await sleep(0.01)
        return RawResponse(200, Headers(), json.dumps({"storage_config": store()}).encode())


async def test_those_who_ask_meanwhile_wait_for_the_first() -> None:
    """However many tasks or threads find the configuration missing, one asks."""
    facts, sender = ServerFacts(), SlowSender()

    async def ask(number: int) -> str:
        return (await facts.store_of(cast("AsyncApiClient", sender), f"repository-{number}")).blockstore_type

    with clock.using(clock.NoWaiting()):
        assert [answer async for answer in map_ordered(ask, range(8), limit=8)] == ["s3"] * 8
    assert sender.calls == 1


async def test_failure_to_configure_is_not_kept() -> None:
    """The next call asks again."""
    stack = Stack()
    stack.faults.add(Fault(service="lakefs", operation="getConfig", kind="status", status=404))
    client = Client(local=stack)
    with pytest.raises(Exception, match="404"):
        _ = await client.version
    assert await client.version == "1.84.0"


async def test_store_of_a_repository_is_looked_up_once_and_only_among_several() -> None:
    """A server with several stores says which one a repository lies in."""
    server = Enterprise([store("one"), store("two", pre_sign=False)], {"first": "one", "second": "two"}, tokens=1)
    client = Client(local=server, access_token="t1")
    assert [await client.pre_signs(name) for name in ("first", "second", "first", "second")] == [True, False] * 2
    assert not await client.multiparts("second")
    assert [seen.name for seen in server.seen] == ["/config", "/repositories/first", "/repositories/second"]


async def test_two_clients_never_mix_their_servers() -> None:
    """What is known of one server is its client's alone."""
    one = Client(local=Enterprise([store(pre_sign=True)], tokens=1), access_token="t1")
    two = Client(local=Enterprise([store(pre_sign=False)], tokens=1), access_token="t1")
    assert (await one.pre_signs("repository"), await two.pre_signs("repository")) == (True, False)


async def test_store_by_id() -> None:
    """An unknown id is answered with those that there are; no id means the default store."""
    client = Client(local=Enterprise([store("one"), store("two", pre_sign=False)], tokens=1), access_token="t1")
    assert (await client.storage_config_by_id("two")).pre_sign_support is False
    assert (await client.storage_config).blockstore_id == "one"
    with pytest.raises(UnsafeInputError, match="no store 'three'; it has 'one', 'two'"):
        await client.storage_config_by_id("three")


async def test_server_configuration_has_the_names_of_the_design_note() -> None:
    """Made of a client, or of the default one."""
    stack = Stack()
    configuration = ServerConfiguration(Client(local=stack))
    assert await configuration.version == "1.84.0"
    assert (await configuration.storage_config).pre_sign_support is True
    assert (await configuration.storage_config_by_id()).import_support is True
    init(local=stack)
    assert await ServerConfiguration().version == "1.84.0"


async def test_storage_configuration_made_of_a_client() -> None:
    """Every attribute of lakeFS's own package, after one request."""
    client = Client(local=Stack())
    storage = ServerStorageConfiguration(client)
    assert repr(storage) == "<ServerStorageConfiguration not loaded>"
    assert await storage.load() is storage
    assert repr(storage) == "<ServerStorageConfiguration s3>"
    assert storage == await client.storage_config
    known = await client.storage_config
    names = [
        "blockstore_id", "blockstore_type", "pre_sign_support", "import_support", "blockstore_namespace_example",
        "blockstore_namespace_validity_regex", "pre_sign_support_ui", "import_validity_regex",
        "default_namespace_prefix", "pre_sign_multipart_upload",
    ]  # fmt: skip
    assert {name: getattr(storage, name) for name in names} == {name: getattr(known, name) for name in names}


# -- copies and ends ---------------------------------------------------------------------------------------------------


async def test_copy_has_other_limits_and_shares_the_rest() -> None:
    """Credentials, connections and what is known of the server; the original keeps its limits."""
    server = Enterprise()
    client = from_aws_role(session(), local=server)
    copy = client.with_options(timeout=7, retries=0)
    assert await client.version == await copy.version
    assert await copy.pre_signs("repository")
    assert [seen.name for seen in server.seen] == [LOGIN, "/config"]
    assert (copy.api.settings.timeouts.deadline, copy.api.settings.retry.attempts) == (7.0, 1)
    assert (client.api.settings.timeouts.deadline, client.api.settings.retry.attempts) == (60.0, 4)
    assert copy.with_options(retries=2).api.settings.timeouts.deadline == 7.0


async def test_copy_uses_the_sockets_of_its_original() -> None:
    """Another retry policy or deadline costs no new connection; other limits of connections do."""
    client = Client(host="http://localhost:1", **PAIR)
    original = client.api

    def engines(copy: Client) -> tuple[object, object]:
        return original._connections.engines(copy.api.settings)

    assert client.with_options(retries=0).api._connections is original._connections
    assert engines(client.with_options(retries=0)) == engines(client)
    assert engines(client.with_options(timeout=2)) != engines(client)
    assert engines(client.with_options(timeout=2)) == engines(client.with_options(timeout=2))
    await client.aclose()


async def test_closed_client_refuses() -> None:
    """Closing twice is fine; what was known already does not hide it."""
    client = Client(local=Stack())
    _ = await client.version
    await client.aclose()
    await client.aclose()
    with pytest.raises(ClosedError):
        _ = await client.version
    with pytest.raises(ClosedError):
        _ = client.api
    with pytest.raises(ClosedError):
        async with client:
            pass


async def test_copies_close_alone_and_with_their_original() -> None:
    """The connections belong to the original."""
    client = Client(local=Stack())
    first, second = client.with_options(retries=0), client.with_options(retries=1)
    _ = await first.version
    await first.aclose()
    assert await client.version == await second.version
    kept = second.api
    await client.aclose()
    with pytest.raises(ClosedError):
        _ = await second.version
    with pytest.raises(ClosedError):
        _ = await ServerConfiguration(second).version
    assert kept.settings.retry.attempts == 2


async def test_unused_client_can_be_closed() -> None:
    """Nothing is looked up for that."""
    async with Client():
        pass


# -- pickles -----------------------------------------------------------------------------------------------------------


async def test_client_of_the_environment_pickles(monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings travel, what was found does not: the far side looks on its own."""
    monkeypatch.setenv("LAKECTL_CREDENTIALS_SESSION_TOKEN", CANARY)
    client = Client(host="https://lake.example.com", timeout=9, retries=1)
    assert client.config.kind == "token"
    data = pickle.dumps(client)
    assert CANARY.encode() not in data
    monkeypatch.delenv("LAKECTL_CREDENTIALS_SESSION_TOKEN")
    far = pickle.loads(data)
    with pytest.raises(NoAuthenticationFound):
        _ = far.config
    monkeypatch.setenv("LAKECTL_CREDENTIALS_SESSION_TOKEN", "another")
    assert (far.config.timeouts.deadline, far.config.retry.attempts) == (9.0, 2)


async def test_secrets_given_as_text_pickle_only_when_allowed() -> None:
    """The pickle would hold them in clear."""
    with pytest.raises(UnsafeInputError, match="not pickled"):
        pickle.dumps(Client(host="https://lake.example.com", **PAIR))
    far = pickle.loads(pickle.dumps(Client(host="https://lake.example.com", pickle_secrets=True, **PAIR)))
    assert far.config.username == "AKIA***"


async def test_fetched_tokens_never_travel() -> None:
    """A role's token stays in the process that logged in."""
    server = Enterprise()
    client = from_aws_role(None, host="https://lake.example.com", ttl_seconds=600)
    assert b"t1" not in pickle.dumps(client)
    with pytest.raises(UnsafeInputError, match="boto session"):
        pickle.dumps(from_aws_role(session(), host="https://lake.example.com"))
    with pytest.raises(UnsafeInputError, match="local stack"):
        pickle.dumps(Client(local=server))
    with pytest.raises(UnsafeInputError, match="state"):
        client.__getstate__()


# -- AWS roles ---------------------------------------------------------------------------------------------------------


async def test_role_logs_in_once_without_credentials_and_uses_the_token(manual: clock.ManualClock) -> None:
    """One login, no Authorization header on it; then bearer tokens."""
    server = Enterprise()
    client = from_aws_role(session(), ttl_seconds=1800, presigned_ttl=90, local=server)
    assert client.reset_time is None
    _ = await client.version
    login, config = server.seen
    assert (login.name, login.headers.get("authorization")) == (LOGIN, None)
    assert login.json["token_expiration_duration"] == 1800
    identity = login.json["identityRequest"]
    assert isinstance(identity, dict)
    proof = json.loads(b64decode(identity["identity_token"]))
    assert (proof["access_key_id"], proof["security_token"]) == ("ASIAIOSFODNN7EXAMPLE", "session")
    assert (proof["host"], proof["expiration_duration"]) == ("sts.eu-west-1.amazonaws.com", "90")
    assert proof["signed_headers"] == ["host", "x-lakefs-server-id"]
    assert config.headers["authorization"] == "Bearer t1"
    assert client.reset_time == START + timedelta(seconds=3600 - 300)


async def test_role_signs_the_headers_it_is_given() -> None:
    """They replace the default; an empty map signs none."""
    server = Enterprise()
    _ = await from_aws_role(session(), additional_headers={}, local=server).version
    identity = server.seen[0].json["identityRequest"]
    assert isinstance(identity, dict)
    assert json.loads(b64decode(identity["identity_token"]))["signed_headers"] == ["host"]


async def test_token_is_renewed_before_it_runs_out(manual: clock.ManualClock) -> None:
    """By the end that the server told, five minutes early."""
    server = Enterprise([store("one"), store("two")], {f"r{number}": "one" for number in range(3)}, lifetime=1800)
    client = from_aws_role(session(), local=server)
    await client.pre_signs("r0")
    manual.advance(1499)
    await client.pre_signs("r1")
    assert server.count(LOGIN) == 1
    manual.advance(1)
    await client.pre_signs("r2")
    assert server.count(LOGIN) == 2
    assert server.seen[-1].headers["authorization"] == "Bearer t2"


async def test_server_that_tells_no_end_granted_what_was_asked(manual: clock.ManualClock) -> None:
    """The life that was asked for counts from the login."""
    client = from_aws_role(session(), ttl_seconds=1200, local=Enterprise(tells_end=False))
    _ = await client.version
    assert client.reset_time == START + timedelta(seconds=900)


async def test_refused_token_is_renewed_once() -> None:
    """The server also answers 401 to a missing permission: a second 401 is the answer."""
    server = Enterprise(refused={"Bearer t1"})
    client = from_aws_role(session(), local=server)
    assert await client.version == "1.84.0"
    assert server.count(LOGIN) == 2
    server = Enterprise(refused={"Bearer t1", "Bearer t2", "Bearer t3"})
    with pytest.raises(NotAuthorizedException):
        _ = await from_aws_role(session(), local=server).version
    assert server.count(LOGIN) == 2


async def test_community_edition_is_named() -> None:
    """501 alone would leave the user guessing."""
    server = Enterprise(edition_lacks_logins=True)
    with pytest.raises(ServerFailureException) as caught:
        _ = await from_aws_role(session(), local=server).version
    assert "Community edition" in str(caught.value.hint)
    assert server.count(LOGIN) == 1


async def test_last_resort_says_that_nobody_asked_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A user who forgot the key pair learns why an AWS login was tried."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", CANARY)
    with Stack().serve(only=["lakefs"]) as running:
        client = Client(host=running.endpoints["lakefs"])
        with pytest.raises(ServerFailureException) as caught:
            _ = await client.version
        await client.aclose()
    assert any("no lakeFS credentials were found" in note for note in caught.value.__notes__)


async def test_role_without_keys_says_so() -> None:
    """Before anything is sent."""
    server = Enterprise()
    nobody: Any = SimpleNamespace(get_credentials=lambda: None)
    with pytest.raises(NoAuthenticationFound, match="boto session has no AWS keys"):
        _ = await from_aws_role(nobody, local=server).version
    with pytest.raises(NoAuthenticationFound, match="no AWS keys in the environment"):
        _ = await from_aws_role(local=server).version
    assert server.seen == []


async def test_role_refuses_other_credentials() -> None:
    """The server takes one kind."""
    with pytest.raises(ConfigError, match="AWS role and key pair are both given"):
        from_aws_role(session(), host="https://lake.example.com", **PAIR)


# -- web identities ----------------------------------------------------------------------------------------------------


async def test_web_identity_trades_its_code_for_a_token() -> None:
    """Code, state and address go out as they came; then bearer tokens."""
    server = Enterprise()
    client = from_web_identity(CANARY, "state", "https://app/back", ttl_seconds=900, local=server)
    assert CANARY not in repr(client) + str(client.config)
    _ = await client.version
    login, config = server.seen
    assert (login.name, login.headers.get("authorization")) == ("/sts/login", None)
    assert login.json == {"code": CANARY, "state": "state", "redirect_uri": "https://app/back", "ttl_seconds": 900}
    assert config.headers["authorization"] == "Bearer t1"


async def test_web_identity_is_never_used_twice(manual: clock.ManualClock) -> None:
    """Its code is spent: a 401 stays one, and the end of the token is said as such."""
    server = Enterprise([store("one"), store("two")], {"r": "one"}, refused={"Bearer t1"})
    client = from_web_identity("code", "state", "https://app/back", local=server)
    with pytest.raises(NotAuthorizedException):
        _ = await client.version
    server.refused.clear()
    assert await client.version == "1.84.0"
    manual.advance(3600)
    with pytest.raises(NoAuthenticationFound, match="has run out"):
        await client.pre_signs("r")
    assert server.count("/sts/login") == 1


@pytest.mark.parametrize("ttl", [0, 43_201])
async def test_web_identity_lives_at_most_half_a_day(ttl: int) -> None:
    """The server's limit, said before anything is sent."""
    with pytest.raises(ConfigError, match="ttl_seconds"):
        from_web_identity("code", "state", "https://app/back", ttl_seconds=ttl)


# -- the default client ------------------------------------------------------------------------------------------------


async def test_default_client_is_made_once() -> None:
    """At first use; asking whether there is one makes none."""
    assert current_default() is None
    made = {id(client) async for client in map_ordered(_default, range(4), limit=4)}
    assert made == {id(current_default())}


async def _default(_: int) -> Client:
    return default_client()


async def test_init_replaces_the_default_client_and_leaves_it_open() -> None:
    """Things made with the old one keep it."""
    stack = Stack()
    before = init(local=stack)
    after = init(local=stack)
    assert (before is not after, current_default() is after, default_client() is after) == (True, True, True)
    assert await before.version == "1.84.0"
