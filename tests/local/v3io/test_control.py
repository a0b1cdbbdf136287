"""The dashboard of the local V3IO: what it answers, and that what is made there is good for the web API."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from catchment.local import Fault, Reply, Stack

from tests.local.conftest import Clock


class Dashboard:
    """Asks the dashboard of a stack, in process."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.service = stack.service("v3io-control")
        self.environment = self.service.environment
        self.cookie = ""

    def ask(self, method: str, path: str, kind: str = "", id_: object = None, /, **attributes: object) -> Reply:
        """Send a document, or nothing, as whoever logged in last."""
        data = {"type": kind, "attributes": attributes, **({} if id_ is None else {"id": id_})}
        body = json.dumps({"data": data}).encode() if kind else b""
        headers = [("Cookie", self.cookie)] if self.cookie else []
        return self.service.handle(method, f"{self.service.endpoint}/api/{path}", headers, body)

    def login(self, username: str | None = None, password: str | None = None) -> Reply:
        """Log in, as the first user by default."""
        name = username or self.environment["V3IO_CONTROLPLANE_USERNAME"]
        word = password or self.environment["V3IO_CONTROLPLANE_PASSWORD"]
        reply = self.ask("POST", "sessions", "session", username=name, password=word, plane="control")
        if reply.status == 201:
            self.cookie = str(reply.header("Set-Cookie")).partition(";")[0]
        return reply

    def containers(self, key: str) -> Reply:
        """List the containers of the web API with an access key."""
        return self.stack.v3io.handle("GET", self.stack.v3io.endpoint + "/", [("X-v3io-session-key", key)])


def data(reply: Reply) -> Any:
    """Return the document of an answer."""
    return reply.json()["data"]  # type: ignore[index]


@pytest.fixture
def clock() -> Clock:
    """A clock that stands still until it is turned."""
    return Clock()


@pytest.fixture
def dashboard(clock: Clock) -> Iterator[Dashboard]:
    """A dashboard where the first user is logged in."""
    with Stack(clock=clock) as stack:
        made = Dashboard(stack)
        made.login()
        yield made


def test_a_login_needs_the_right_password(dashboard: Dashboard) -> None:
    """A wrong password and an unknown name are the same 401, as JSON:API words it."""
    for name, password in (("admin", "wrong"), ("nobody", "wrong")):
        reply = dashboard.login(name, password)
        assert reply.status == 401
        assert reply.json()["errors"][0]["detail"] == "wrong user name or password"  # type: ignore[index]


def test_the_access_key_makes_a_cookie_without_a_login(dashboard: Dashboard) -> None:
    """`j:{"sid": KEY}`, percent-encoded, is a session."""
    key = dashboard.stack.v3io.environment["V3IO_ACCESS_KEY"]
    dashboard.cookie = f"session=j:%7B%22sid%22%3A%20%22{key}%22%7D"
    assert data(dashboard.ask("GET", "self"))["attributes"]["username"] == "admin"


@pytest.mark.parametrize(
    "cookie", ["", "session=", "session=j%3A%7B", "session=j:[1]", 'session=j:{"sid":"x"}', "\x01="]
)
def test_other_cookies_are_nobody(dashboard: Dashboard, cookie: str) -> None:
    """Whatever stands in a cookie, it is answered, and with 401."""
    dashboard.cookie = cookie
    assert dashboard.ask("GET", "self").status == 401


def test_a_container_made_here_is_in_the_web_api(dashboard: Dashboard) -> None:
    """It is listed under its number, takes objects, and is gone with everything in it after it was deleted."""
    key = dashboard.stack.v3io.environment["V3IO_ACCESS_KEY"]
    made = data(dashboard.ask("POST", "containers", "container", 4711, name="flights"))
    assert (made["id"], made["attributes"]) == (4711, {"name": "flights"})
    assert b"<Name>flights</Name>" in dashboard.containers(key).body
    assert dashboard.ask("DELETE", "containers/4711").status == 204
    assert b"flights" not in dashboard.containers(key).body


def test_container_names_and_numbers_are_unique(dashboard: Dashboard) -> None:
    """A second one of the same name or number is a conflict, a name that is none is refused."""
    dashboard.ask("POST", "containers", "container", 7, name="a")
    assert dashboard.ask("POST", "containers", "container", 8, name="a").status == 409
    assert dashboard.ask("POST", "containers", "container", 7, name="b").status == 409
    assert dashboard.ask("POST", "containers", "container", name="Not Good").status == 400


def test_keys_open_the_half_that_they_are_for(dashboard: Dashboard, clock: Clock) -> None:
    """A key of the data plane opens the web API only, one of the control plane the dashboard only; both until they end."""
    of_data = data(dashboard.ask("POST", "access_keys", "access_key", label="a", plane="data", ttl=60))["id"]
    of_control = data(dashboard.ask("POST", "access_keys", "access_key", label="b", plane="control"))["id"]
    assert dashboard.containers(of_data).status == 200
    assert dashboard.containers(of_control).status == 403
    for key, status in ((of_data, 401), (of_control, 200)):
        dashboard.cookie = f'session=j:%7B"sid":"{key}"%7D'.replace('"', "%22")
        assert dashboard.ask("GET", "self").status == status
    clock.now += 61
    assert dashboard.containers(of_data).status == 403


def test_a_deleted_key_opens_nothing(dashboard: Dashboard) -> None:
    """Deleting it twice is 404."""
    key = data(dashboard.ask("POST", "access_keys", "access_key", label="a"))["id"]
    assert dashboard.ask("DELETE", f"access_keys/{key}").status == 204
    assert dashboard.containers(key).status == 403
    assert dashboard.ask("DELETE", f"access_keys/{key}").status == 404


def test_a_user_logs_in_until_deleted(dashboard: Dashboard) -> None:
    """A new user has a session and keys of its own, all of which end with it; its password shows nowhere."""
    made = dashboard.ask("POST", "users", "user", username="ada", password="s3cret", email="a@b.c")
    assert b"s3cret" not in made.body
    admin = dashboard.cookie
    assert dashboard.login("ada", "s3cret").status == 201
    key = data(dashboard.ask("POST", "access_keys", "access_key", label="a"))["id"]
    ada, dashboard.cookie = dashboard.cookie, admin
    assert dashboard.ask("DELETE", f"users/{data(made)['id']}").status == 204
    assert dashboard.containers(key).status == 403
    dashboard.cookie = ada
    assert dashboard.ask("GET", "self").status == 401
    assert "s3cret" not in str([entry.to_dict() for entry in dashboard.stack.ledger])


def test_only_security_admins_make_users(dashboard: Dashboard) -> None:
    """Other users are refused with 403."""
    dashboard.ask("POST", "users", "user", username="ada", password="s3cret", assigned_policies=["Data"])
    dashboard.login("ada", "s3cret")
    assert dashboard.ask("POST", "users", "user", username="bob", password="x").status == 403


def test_a_disabled_user_stays_outside(dashboard: Dashboard) -> None:
    """`enabled: false` is no login, with the right password either."""
    dashboard.ask("POST", "users", "user", username="ada", password="s3cret", enabled=False)
    assert dashboard.login("ada", "s3cret").status == 401


def test_a_job_goes_on_with_each_look(dashboard: Dashboard) -> None:
    """The reload of the cluster's configuration names its job in the attributes, the others are the job."""
    first = data(dashboard.ask("POST", "configurations/cluster/reloads", "cluster_configuration_reload"))
    second = data(dashboard.ask("POST", "configurations/events/reloads", "cluster_configuration_reload"))
    for job in (first["attributes"]["job_id"], second["id"]):
        states = [data(dashboard.ask("GET", f"jobs/{job}"))["attributes"]["state"] for _ in range(3)]
        assert states == ["in_progress", "completed", "completed"]


def test_a_job_can_be_told_to_fail(dashboard: Dashboard) -> None:
    """Only the next one does."""
    dashboard.stack.v3io_control.fail_next_job("no such file")
    jobs = [dashboard.ask("POST", "configurations/events/reloads", "cluster_configuration_reload") for _ in range(2)]
    for _ in range(2):
        ends = [data(dashboard.ask("GET", f"jobs/{data(job)['id']}"))["attributes"] for job in jobs]
    assert [(end["state"], end["result"]) for end in ends] == [
        ("failed", "no such file"),
        ("completed", '{"status": 200}'),
    ]


def test_the_manifest_changes_one_job_at_a_time(dashboard: Dashboard) -> None:
    """A second change is a conflict until the job of the first has ended."""
    change = ("PUT", "app_services_manifests", "app_services_manifest")
    job = data(dashboard.ask(*change, app_services=[{"spec": {"name": "grafana"}}]))["id"]
    assert dashboard.ask(*change, app_services=[]).status == 409
    dashboard.ask("GET", f"jobs/{job}"), dashboard.ask("GET", f"jobs/{job}")
    (one,) = data(dashboard.ask("GET", "app_services_manifests"))
    assert one["attributes"]["app_services"] == [{"spec": {"name": "grafana"}}]
    assert one["attributes"]["state"] == "ready"
    assert dashboard.ask(*change, app_services=[]).status == 200


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b'{"data": 7}', b'{"data": {"type": "container"}}', b'{"data": {"attributes": {}}}',
             b'{"data": {"type": "user", "attributes": {"name": "a"}}}', b'{"data": {"type": "container", "attributes": 7}}'],
)  # fmt: skip
def test_other_documents_are_refused(dashboard: Dashboard, body: bytes) -> None:
    """A document without type or attributes, or of another type, changes nothing."""
    url = f"{dashboard.service.endpoint}/api/containers"
    assert dashboard.service.handle("POST", url, [("Cookie", dashboard.cookie)], body).status == 400


def test_unknown_paths_are_not_found(dashboard: Dashboard) -> None:
    """So are known ones with another method."""
    assert dashboard.ask("GET", "nothing").status == 404
    assert dashboard.ask("DELETE", "self").status == 404
    url = dashboard.service.endpoint + "/status"
    assert dashboard.service.handle("GET", url, []).status == 404


def test_mutations_stand_in_the_ledger_once(dashboard: Dashboard) -> None:
    """So that "nothing twice" can be tested; refused ones do not."""
    dashboard.ask("POST", "containers", "container", name="flights")
    dashboard.ask("POST", "containers", "container", name="flights")
    dashboard.ask("POST", "manual_events", "event", kind="Flights.Loaded")
    assert [entry.operation for entry in dashboard.stack.ledger if entry.service == "v3io-control"] == [
        "createSession", "createContainer", "createEvent",
    ]  # fmt: skip


def test_faults_are_planned_by_operation(dashboard: Dashboard) -> None:
    """A fault of the stack's plan hits the operation that it names."""
    dashboard.stack.faults.add(Fault("status", "v3io-control", "getSelf"))
    assert dashboard.ask("GET", "self").status == 503
    assert dashboard.ask("GET", "self").status == 200


def test_a_folder_keeps_users_and_sessions(tmp_path: Any, clock: Clock) -> None:
    """After a restart the same cookie opens, jobs go on where they were, and keys still end."""
    with Stack(tmp_path, clock=clock) as stack:
        before = Dashboard(stack)
        before.login()
        before.ask("POST", "users", "user", username="ada", password="s3cret")
        key = data(before.ask("POST", "access_keys", "access_key", label="a", ttl=60))["id"]
        job = data(before.ask("POST", "configurations/events/reloads", "cluster_configuration_reload"))["id"]
        before.ask("GET", f"jobs/{job}")
    with Stack(tmp_path, clock=clock) as stack:
        after = Dashboard(stack)
        after.cookie = before.cookie
        assert data(after.ask("GET", f"jobs/{job}"))["attributes"]["state"] == "completed"
        assert after.containers(key).status == 200
        clock.now += 61
        assert after.containers(key).status == 403
        assert after.login("ada", "s3cret").status == 201


def test_it_is_served_on_a_port_of_its_own(dashboard: Dashboard) -> None:
    """The environment of a served stack names both halves."""
    with dashboard.stack.serve(only=["v3io", "v3io-control"]) as running:
        assert set(running.endpoints) == {"v3io", "v3io-control"}
        assert running.environment["V3IO_CONTROLPLANE_URL"] == running.endpoints["v3io-control"]
        assert running.environment["V3IO_API"] == running.endpoints["v3io"]
