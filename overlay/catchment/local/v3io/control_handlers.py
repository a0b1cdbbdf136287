"""
Carry out what the dashboard is asked for: one function for each operation.

No source tells how the real one answers bad input; 400, 403, 404 and 409 are chosen as HTTP means them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from urllib.parse import quote

from catchment.local.http import Answer, json_answer
from catchment.local.v3io.control_call import ControlCall, ControlRefusalError, gone, missing, resource
from catchment.local.v3io.control_state import MANIFEST, Attributes, Job
from catchment.local.v3io.options import is_container_name

Handler = Callable[[ControlCall], Answer]

RELOAD = "cluster_configuration_reload"


def create_session(call: ControlCall) -> Answer:
    """Open a session, and send its cookie."""
    _, given = call.document("session")
    name, password = given.needed_text("username"), given.needed_text("password")
    user = call.dashboard.user_named(name)
    if user is None or not call.dashboard.tenant.knows(name, password) or not user.attributes.get("enabled", True):
        raise ControlRefusalError(401, "wrong user name or password")
    session = call.dashboard.open_session(user)
    call.note(call.operation, {"username": name})
    cookie = f"session={cookie_value(session)}; Path=/; HttpOnly"
    attributes = {"username": name, "plane": given.text("plane") or "control"}
    return resource("session", session, attributes, 201, ("Set-Cookie", cookie))


def cookie_value(sid: str) -> str:
    """Return what stands in the cookie of a session."""
    return quote("j:" + json.dumps({"sid": sid}), safe="")


def get_self(call: ControlCall) -> Answer:
    """Tell who asks."""
    return resource("user", call.user.id, call.user.shown(), 200)


# Users


def create_user(call: ControlCall) -> Answer:
    """Make a user, who may log in to both halves at once."""
    call.only_for_security_admins()
    _, given = call.document("user")
    name, password = given.needed_text("username"), given.text("password")
    checked = {"uid": given.integer("uid"), "assigned_policies": given.texts("assigned_policies")}
    if call.dashboard.user_named(name) is not None:
        raise ControlRefusalError(409, f"user {name!r} exists")
    attributes: Attributes = {"enabled": True, **given.values, **checked}
    attributes.pop("password", None)
    user = call.dashboard.add_user(attributes)
    if password is not None and attributes["enabled"]:
        call.dashboard.tenant.passwords[name] = password
    call.note(call.operation, {"id": user.id, "username": name})
    return resource("user", user.id, user.shown(), 201)


def delete_user(call: ControlCall) -> Answer:
    """Delete a user and all its keys and sessions."""
    call.only_for_security_admins()
    user = call.dashboard.records.users.get(call.id)
    if user is None:
        raise missing("user")
    call.dashboard.remove_user(user)
    call.note(call.operation, {"id": user.id, "username": user.name})
    return gone()


# Containers


def create_container(call: ControlCall) -> Answer:
    """Make a container, under the number that was asked for."""
    owner = call.user
    number, given = call.document("container")
    name, tenant = given.needed_text("name"), call.dashboard.tenant
    if number in ("", 0):  # v3io-go sends an empty id where it wants none
        number = None
    if number is not None and (not isinstance(number, int) or isinstance(number, bool) or number < 0):
        raise ControlRefusalError(400, "data.id must be a number")
    if not is_container_name(name):
        raise ControlRefusalError(400, f"no name for a container: {name!r}")
    taken = {each.number for each in tenant.containers.values()}
    if name in tenant.containers or number in taken:
        raise ControlRefusalError(409, f"container {name!r} or its number exists")
    container = tenant.create_container(name)
    if number is not None:
        container.number = number
        tenant.last_container = max(tenant.last_container, number)
    call.note(call.operation, {"id": container.number, "name": name, "username": owner.name})
    return resource("container", container.number, {"name": name}, 201)


def delete_container(call: ControlCall) -> Answer:
    """Delete a container with everything in it."""
    owner, tenant = call.user, call.dashboard.tenant
    found = next((each for each in tenant.containers.values() if str(each.number) == call.id), None)
    if found is None:
        raise missing("container")
    tenant.delete_container(found.name)
    call.note(call.operation, {"id": found.number, "name": found.name, "username": owner.name})
    return gone()


# Access keys


def create_access_key(call: ControlCall) -> Answer:
    """Make an access key of the sender's."""
    owner = call.user
    _, given = call.document("access_key")
    plane, ttl = given.text("plane") or "data", given.integer("ttl")
    if plane not in ("control", "data"):
        raise ControlRefusalError(400, "plane must be control or data")
    if ttl is not None and ttl <= 0:
        raise ControlRefusalError(400, "ttl must be positive")
    ends = None if ttl is None else int(call.dashboard.now()) + ttl
    key = call.dashboard.add_key(owner, plane, ends)
    attributes: Attributes = {
        **given.values,
        "plane": plane,
        "kind": given.text("kind") or "accessKey",
        "uid": owner.uid,
        "created_at": call.dashboard.stamp(),
        **({} if ends is None else {"expires_at": ends}),
    }
    call.note(call.operation, {"label": given.text("label"), "plane": plane, "username": owner.name})
    return resource("access_key", key, attributes, 201)


def delete_access_key(call: ControlCall) -> Answer:
    """Delete an access key, which opens nothing from now on."""
    owner = call.user
    if not call.dashboard.remove_key(call.id):
        raise missing("access key")
    call.note(call.operation, {"username": owner.name})
    return gone()


# Events and cluster


def create_event(call: ControlCall) -> Answer:
    """Take an event; only the ledger shows it."""
    owner = call.user
    _, given = call.document("event")
    call.note(call.operation, {**given.values, "username": owner.name})
    return Answer(201)


def update_cluster_info(call: ControlCall) -> Answer:
    """Replace what the cluster tells of its services."""
    owner = call.user
    _, given = call.document("cluster_info")
    call.dashboard.records.cluster_info[call.id] = given.values
    call.note(call.operation, {"id": call.id, "username": owner.name})
    return resource("cluster_info", call.id, given.values, 200)


def reload_cluster_configuration(call: ControlCall) -> Answer:
    """Start a job, and name it in the attributes, as this one reload does."""
    job = _reload(call)
    return resource(RELOAD, call.dashboard.new_id("reload"), {"job_id": job.id}, 201)


def reload_configuration(call: ControlCall) -> Answer:
    """Start a job, and answer with it."""
    job = _reload(call)
    return resource("job", job.id, job.shown(), 201)


def _reload(call: ControlCall) -> Job:
    owner = call.user
    call.document(RELOAD)
    job = call.dashboard.add_job(call.operation)
    call.note(call.operation, {"job": job.id, "username": owner.name})
    return job


# Jobs and services


def get_job(call: ControlCall) -> Answer:
    """Tell how far a job is, which takes it a step further."""
    _ = call.user
    job = call.dashboard.records.jobs.get(call.id)
    if job is None:
        raise missing("job")
    call.dashboard.look_at(job)
    return resource("job", job.id, job.shown(), 200)


def list_manifests(call: ControlCall) -> Answer:
    """List the one manifest."""
    _ = call.user
    one = {"type": "app_services_manifest", "id": MANIFEST, "attributes": call.dashboard.records.manifest}
    return json_answer(200, {"data": [one]})


def update_manifest(call: ControlCall) -> Answer:
    """Start a job that changes the manifest, unless one is at it."""
    owner = call.user
    _, given = call.document("app_services_manifest")
    manifest = call.dashboard.records.manifest
    if manifest["running_modification_job"]:
        raise ControlRefusalError(409, f"job {manifest['running_modification_job']} is changing the manifest")
    job = call.dashboard.add_job(call.operation)
    manifest |= {name: value for name, value in given.values.items() if name in ("app_services", "cluster_name")}
    manifest |= {"running_modification_job": job.id, "last_modification_job": job.id, "state": "scaling"}
    call.note(call.operation, {"job": job.id, "username": owner.name})
    return resource("job", job.id, job.shown(), 200)


HANDLERS: Mapping[str, Handler] = {
    "createSession": create_session,
    "getSelf": get_self,
    "createUser": create_user,
    "deleteUser": delete_user,
    "createContainer": create_container,
    "deleteContainer": delete_container,
    "createAccessKey": create_access_key,
    "deleteAccessKey": delete_access_key,
    "createEvent": create_event,
    "updateClusterInfo": update_cluster_info,
    "reloadClusterConfiguration": reload_cluster_configuration,
    "reloadEventsConfiguration": reload_configuration,
    "reloadAppServicesConfiguration": reload_configuration,
    "reloadArtifactVersionManifest": reload_configuration,
    "getJob": get_job,
    "listAppServicesManifests": list_manifests,
    "updateAppServicesManifest": update_manifest,
}
