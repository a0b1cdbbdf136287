"""The client of V3IO's control plane: what it makes and tells, and what happens where something goes wrong."""

from __future__ import annotations

import logging
import pickle
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from catchment.core.clock import Clock, ManualClock, using
from catchment.core.errors import (
    ClosedError,
    ConfigError,
    DeadlineError,
    DecodeError,
    OutcomeUnknownError,
    ResponseError,
    UnsafeInputError,
)
from catchment.core.secret import Secret
from catchment.local import Fault, Stack
from catchment.v3io import aio as v3io
from catchment.v3io import errors
from catchment_api.v3io_control.api.users import get_self

from tests.v3io_control.conftest import KEY, PASSWORD, Place

CONTROL = "v3io-control"
START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def manual() -> Iterator[Clock]:
    """Time that waits move."""
    with using(ManualClock(START)) as time:
        yield time


def make(place: Place, **options: Any) -> v3io.controlplane.Client:
    """Make a client for a place."""
    return v3io.controlplane.Client(**{**place.options, **options})


def plan(place: Place, kind: Any, operation: str, **more: Any) -> None:
    """Plan a fault of the dashboard."""
    place.stack.faults.add(Fault(kind, CONTROL, operation, **more))


# -- what it does ------------------------------------------------------------------------------------------------------


async def test_a_container_is_made_and_deleted(place: Place) -> None:
    """The web API has it under its number from then on, and not after it was deleted."""
    async with make(place) as control:
        made = await control.create_container("flights", id=4711)
        assert made == v3io.controlplane.Container(id=4711, name="flights")
        assert b"<Name>flights</Name>" in place.containers(KEY)[1]
        await control.delete_container(made)
        assert b"flights" not in place.containers(KEY)[1]
        other = await control.create_container("flights")
        await control.delete_container(other.id)
    assert (place.count("createContainer"), place.count("deleteContainer")) == (2, 2)


async def test_an_access_key_is_told_once_and_shown_nowhere(place: Place) -> None:
    """It opens the half that it was made for, until it is deleted."""
    async with make(place) as control:
        key = await control.create_access_key(label="loader", ttl=timedelta(minutes=1))
        assert isinstance(key.key, Secret)
        assert key.key.reveal() not in repr(key)
        assert (key.label, key.plane, key.kind, key.ttl) == ("loader", "data", "accessKey", 60)
        assert key.expires_at is not None
        assert key.expires_at.tzinfo is UTC
        assert place.containers(key.key.reveal())[0] == 200
        await control.delete_access_key(key)
        assert place.containers(key.key.reveal())[0] == 403
        again = await control.create_access_key(plane="control", kind="session")
        async with make(place, username=None, password=None, access_key=again.key) as other:
            assert (await other.get_self()).username == "admin"
        await control.delete_access_key(again.key.reveal())
        with pytest.raises(errors.ResourceNotFoundError):
            await control.delete_access_key(again)


async def test_users_are_made_read_and_deleted(place: Place) -> None:
    """Every attribute that is given comes back, but the password; the new user can log in."""
    async with make(place) as control:
        assert (await control.get_self()).username == "admin"
        ada = await control.create_user(
            "ada", password="pw-of-ada", email="ada@example.com", first_name="Ada", last_name="E", uid=77, enabled=True,
            assigned_policies=["Data", "Function Admin"], authentication_scheme="local", data_access_mode="enabled",
            department="d", description="x", job_title="j", phone_number="1", send_password_on_creation=False,
        )  # fmt: skip
        assert (ada.email, ada.uid, ada.assigned_policies) == ("ada@example.com", 77, ("Data", "Function Admin"))
        assert "pw-of-ada" not in repr(ada)
        async with make(place, username="ada", password="pw-of-ada") as other:
            assert (await other.get_self()).id == ada.id
            with pytest.raises(errors.AccessDeniedError, match="Security Admin"):
                await other.create_user("bob")
        await control.delete_user(ada)
        with pytest.raises(errors.ResourceNotFoundError):
            await control.delete_user(ada.id)


async def test_events_carry_their_facts_by_type(local: Place) -> None:
    """Texts and numbers go into their own lists, times in ISO 8601."""
    async with make(local) as control:
        await control.create_event(
            "Flights.Loaded", source="loader", description="in", severity="info", visibility="external",
            classification="sw", tags=["a", "b"], parameters={"origin": "JFK", "flights": 842},
            timestamp=START, system_event=False, invoking_user_id="u", audit_tenant="t",
        )  # fmt: skip
    (entry,) = local.stack.ledger.of("createEvent", CONTROL)
    assert entry.subject["parameters_text"] == [{"name": "origin", "value": "JFK"}]
    assert entry.subject["parameters_uint64"] == [{"name": "flights", "value": 842}]
    assert entry.subject["timestamp_iso8601"] == "2026-01-01T00:00:00Z"
    assert (entry.subject["tags"], entry.subject["severity"]) == (["a", "b"], "info")


async def test_cluster_info_is_replaced(place: Place) -> None:
    """What was sent comes back."""
    service = v3io.controlplane.ServiceEndpoint(
        service_id="grafana", display_name="Grafana", urls=("https://g",), api_urls=("https://g/api",)
    )
    async with make(place) as control:
        assert await control.update_cluster_info("default cluster/1", [service]) == [service]
        assert await control.update_cluster_info("default cluster/1", []) == []


async def test_configurations_are_read_anew_by_jobs(place: Place) -> None:
    """Each of the four reloads returns a job that ends well; each status is shown on the way."""
    seen: list[str | None] = []
    async with make(place) as control:
        for start in (
            control.reload_cluster_config,
            control.reload_events_config,
            control.reload_app_services_config,
            control.reload_artifact_version_manifest,
        ):
            job = await start()
            done = await job.wait(poll_interval=0.001, progress=lambda status: seen.append(status.state))
            assert (done.id, done.state, done.ended) == (job.id, "completed", True)
            assert await control.job(job.id).wait() == done
    assert seen == ["in_progress", "completed"] * 4


async def test_the_manifest_of_services_changes_by_a_job(place: Place) -> None:
    """While it goes on, another change is a conflict."""
    services = [{"spec": {"name": "grafana"}}]
    async with make(place) as control:
        job = await control.update_app_services_manifest(services, cluster_name="default-cluster")
        (before,) = await control.app_services_manifests()
        assert before.running_modification_job == job.id
        with pytest.raises(errors.ResourceConflictError):
            await control.update_app_services_manifest([])
        await job.wait(poll_interval=0.001)
        (after,) = await control.app_services_manifests()
        assert (after.app_services, after.running_modification_job) == (services, "")


async def test_generated_endpoints_go_the_same_way(local: Place) -> None:
    """`api` is what raw calls take."""
    async with make(local) as control:
        assert (await get_self.asyncio(client=control.api)).data.attributes.username == "admin"


# -- jobs that do not end well -----------------------------------------------------------------------------------------


async def test_a_job_that_fails_raises_with_what_came_of_it(local: Place, manual: Clock) -> None:
    """The error has the last status."""
    local.stack.v3io_control.fail_next_job("no such file")
    async with make(local) as control:
        job = await control.reload_events_config()
        with pytest.raises(v3io.controlplane.JobFailedError, match="has failed: no such file") as caught:
            await job.wait()
    assert caught.value.job is not None
    assert caught.value.job.result == "no such file"


async def test_waiting_ends_with_its_time(local: Place, manual: Clock) -> None:
    """Not earlier, and not by a whole pause later; the job can be waited for again."""
    async with make(local) as control:
        job = await control.reload_events_config()
        plan(local, "status", "getJob", status=200, count=5, body=b'{"data":{"type":"job","id":"j","attributes":{}}}')
        with pytest.raises(DeadlineError, match="has not ended yet"):
            await job.wait(timeout=2.5)
        assert manual.monotonic() == ManualClock(START).monotonic() + 2.5
        local.stack.faults.clear()
        assert (await job.wait()).ended


# -- who asks ----------------------------------------------------------------------------------------------------------


async def test_one_login_is_enough(place: Place) -> None:
    """It happens with the first call, and not before."""
    async with make(place) as control:
        assert place.count("createSession") == 0
        for _ in range(3):
            await control.get_self()
    assert place.count("createSession") == 1


async def test_a_session_that_has_ended_is_opened_again(local: Place) -> None:
    """One refused call costs one login, and nobody notices."""
    async with make(local) as control:
        await control.get_self()
        plan(local, "status", "getSelf", status=401)
        assert (await control.get_self()).username == "admin"
    assert local.count("createSession") == 2


async def test_a_wrong_password_is_refused_once(local: Place) -> None:
    """The error says why, and holds no secret."""
    async with make(local, username="admin", password="wr0ng-one") as control:
        with pytest.raises(errors.AuthenticationError, match="wrong user name or password") as caught:
            await control.get_self()
    assert (caught.value.status, caught.value.operation) == (401, "createSession")
    assert (
        "wr0ng-one"
        not in f"{caught.value!r} {caught.value} {caught.value.__notes__ if hasattr(caught.value, '__notes__') else ''}"
    )


@pytest.mark.parametrize("kind", ["access_key", "session_cookie"])
async def test_keys_and_cookies_need_no_login(local: Place, kind: str) -> None:
    """Either is the session itself."""
    value = KEY if kind == "access_key" else f"j:%7B%22sid%22:%22{KEY}%22%7D"
    async with make(local, **{kind: value}) as control:
        assert (await control.get_self()).username == "admin"
    assert local.count("createSession") == 0


async def test_a_login_without_a_session_is_an_error(local: Place) -> None:
    """Such as one that went to another part of the platform."""
    plan(local, "status", "createSession", status=201, body=b'{"data":{"type":"session","attributes":{}}}')
    async with make(local) as control:
        with pytest.raises(errors.V3IOError, match="without a session"):
            await control.get_self()


async def test_no_secret_is_shown(local: Place, caplog: pytest.LogCaptureFixture) -> None:
    """Neither in logs, nor in what explains or shows a client."""
    caplog.set_level(logging.DEBUG)
    async with make(local, username="admin", password=PASSWORD) as control:
        key = await control.create_access_key(label="a")
        await control.create_user("ada", password=Secret("pw-of-ada"))
        await control.delete_access_key(key)
        shown = f"{control!r} {control.explain()} {caplog.text}"
    for secret in (PASSWORD, KEY, key.key.reveal(), "pw-of-ada"):
        assert secret not in shown
    assert "createAccessKey" in caplog.text


# -- what goes wrong ---------------------------------------------------------------------------------------------------


async def test_refusals_have_classes(local: Place) -> None:
    """By status, with what the dashboard says."""
    async with make(local) as control:
        await control.create_container("flights")
        with pytest.raises(errors.ResourceConflictError, match="exists") as caught:
            await control.create_container("flights")
        assert (caught.value.service, caught.value.status_code) == ("v3io_control", 409)
        with pytest.raises(errors.ResourceNotFoundError, match="there is no such job"):
            await control.job("nothing").status()
        plan(local, "status", "createEvent", status=500)
        with pytest.raises(OutcomeUnknownError):
            await control.create_event("A.B")
        plan(local, "status", "createEvent", status=400, body=b"<html>")
        with pytest.raises(errors.RequestRefusedError):
            await control.create_event("A.B")


async def test_what_makes_things_is_never_sent_twice(local: Place) -> None:
    """A lost answer says what to check; the thing was made once."""
    async with make(local) as control:
        await control.get_self()
        plan(local, "reset", "createContainer", applied=True)
        with pytest.raises(OutcomeUnknownError) as caught:
            await control.create_container("flights")
        assert "list the containers" in str(caught.value.hint)
        plan(local, "reset", "createAccessKey", applied=True)
        with pytest.raises(OutcomeUnknownError):
            await control.create_access_key()
    assert (local.count("createContainer"), local.count("createAccessKey")) == (1, 1)


async def test_reads_and_deletions_are_repeated(local: Place, manual: Clock) -> None:
    """What was deleted by the attempt whose answer was lost counts as deleted."""
    async with make(local) as control:
        made = await control.create_container("flights")
        plan(local, "reset", "deleteContainer", applied=True)
        await control.delete_container(made)
        plan(local, "status", "getSelf", count=2)
        assert (await control.get_self()).username == "admin"
    assert local.count("deleteContainer") == 1


@pytest.mark.parametrize(
    ("operation", "body"),
    [
        ("getSelf", b'{"data":{"type":"user","attributes":{"username":"a"}}}'),
        ("getSelf", b'{"data":[]}'),
        ("getSelf", b"<html>"),
        ("getSelf", b"{}"),
    ],
)
async def test_answers_of_another_shape_are_errors(local: Place, manual: Clock, operation: str, body: bytes) -> None:
    """A success that holds no user is none."""
    plan(local, "status", operation, status=200, body=body, count=9)
    async with make(local) as control:
        with pytest.raises(ResponseError):
            await control.get_self()


async def test_a_reload_without_a_job_is_an_error(local: Place) -> None:
    """There would be nothing to wait for."""
    body = b'{"data":{"type":"cluster_configuration_reload","attributes":{}}}'
    plan(local, "status", "reloadClusterConfiguration", status=201, body=body)
    async with make(local) as control:
        with pytest.raises(DecodeError, match="no job_id"):
            await control.reload_cluster_config()


# -- bad input ---------------------------------------------------------------------------------------------------------

BAD: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
    ("create_container", ("Not Good",), {}),
    ("create_container", ("",), {}),
    ("create_container", ("a",), {"id": 0}),
    ("create_container", ("a",), {"id": True}),
    ("delete_container", ("flights",), {}),
    ("create_user", ("",), {}),
    ("create_user", ("a",), {"password": ""}),
    ("create_user", ("a",), {"assigned_policies": "Data"}),
    ("create_user", ("a",), {"uid": -1}),
    ("delete_user", ("",), {}),
    ("create_access_key", (), {"plane": "both"}),
    ("create_access_key", (), {"kind": "x"}),
    ("create_access_key", (), {"ttl": 0}),
    ("create_access_key", (), {"ttl": 1.5}),
    ("create_access_key", (), {"ttl": "soon"}),
    ("create_access_key", (), {"group_ids": "a"}),
    ("delete_access_key", ("",), {}),
    ("create_event", ("",), {}),
    ("create_event", ("a",), {"tags": "x"}),
    ("create_event", ("a",), {"parameters": {"a": 1.5}}),
    ("create_event", ("a",), {"parameters": {"a": -1}}),
    ("create_event", ("a",), {"parameters": {"a": True}}),
    ("create_event", ("a",), {"timestamp": datetime(2026, 1, 1)}),
    ("update_cluster_info", ("", []), {}),
]


@pytest.mark.parametrize(("method", "arguments", "options"), BAD)
async def test_bad_input_is_refused_before_anything_is_sent(
    local: Place, method: str, arguments: tuple[Any, ...], options: dict[str, Any]
) -> None:
    """No login happens either."""
    async with make(local) as control:
        with pytest.raises((UnsafeInputError, ConfigError)):
            await getattr(control, method)(*arguments, **options)
    assert len(local.stack.ledger) == 0


@pytest.mark.parametrize(
    "options",
    [
        {"username": "a"},
        {"password": "a"},
        {"username": "a", "password": "b", "access_key": "c"},
        {"access_key": "c", "session_cookie": "d"},
        {"endpoint": "https://a", "local": Stack},
        {"endpoint": "https://me:secret@a"},
        {"username": 7, "password": "b"},
    ],
)
async def test_settings_that_cannot_be_meant_are_refused(stack: Stack, options: dict[str, Any]) -> None:
    """When the client is made."""
    with pytest.raises(ConfigError):
        v3io.controlplane.Client(**{**options, **({"local": stack} if "local" in options else {})})


@pytest.mark.parametrize("cookie", ["a;b", "a b", "a\nb", 'a"b', "ä"])
async def test_cookies_that_would_be_cut_are_refused(local: Place, cookie: str) -> None:
    """Before they are sent."""
    async with make(local, session_cookie=cookie) as control:
        with pytest.raises(ConfigError):
            await control.get_self()
    assert len(local.stack.ledger) == 0


async def test_poll_intervals_must_be_positive(local: Place) -> None:
    """Asking without a pause would only keep the platform busy."""
    async with make(local) as control:
        job = await control.reload_events_config()
        for interval in (0, -1, "x"):
            with pytest.raises(ConfigError):
                await job.wait(poll_interval=interval)


# -- the client as an object -------------------------------------------------------------------------------------------


async def test_a_closed_client_says_so(local: Place) -> None:
    """Closing twice is fine."""
    control = make(local)
    await control.get_self()
    await control.aclose()
    await control.aclose()
    with pytest.raises(ClosedError):
        await control.get_self()


async def test_pickles_hold_secrets_only_where_allowed(stack: Stack) -> None:
    """A client of a stack in this process does not travel at all."""
    with pytest.raises(UnsafeInputError, match="local stack"):
        pickle.dumps(v3io.controlplane.Client(local=stack))
    options = {"endpoint": "http://127.0.0.1:1", "username": "admin", "password": PASSWORD}
    with pytest.raises(UnsafeInputError, match="in clear"):
        pickle.dumps(v3io.controlplane.Client(**options))
    with stack.serve(only=[CONTROL]) as running:
        options["endpoint"] = running.endpoints[CONTROL]
        control = pickle.loads(pickle.dumps(v3io.controlplane.Client(**options, pickle_secrets=True)))
        async with control:
            assert (await control.get_self()).username == "admin"


async def test_the_environment_of_a_served_stack_is_enough(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """Address and credentials are found there."""
    with stack.serve(only=[CONTROL]) as running:
        for name, value in running.environment.items():
            monkeypatch.setenv(name, value)
        async with v3io.controlplane.Client() as control:
            assert (await control.get_self()).username == "admin"
