"""Serve setup, login, users and their key pairs."""

from __future__ import annotations

from catchment.local.http import Answer, json_answer
from catchment.local.lakefs.call import Call, no_content, page_json
from catchment.local.lakefs.errors import ConflictError
from catchment.local.lakefs.listing import page_of_names
from catchment.local.lakefs.users import Credentials, User


def _user_json(user: User) -> dict[str, object]:
    return {"id": user.id, "creation_date": user.creation_date, "friendly_name": user.id}


def _pair_json(pair: Credentials) -> dict[str, object]:
    return {"access_key_id": pair.access_key_id, "creation_date": pair.creation_date}


def setup_state(call: Call) -> Answer:
    """Answer `getSetupState`."""
    state = "initialized" if call.state.users.initialized else "not_initialized"
    login = {"RBAC": "none", "login_url": "", "login_cookie_names": ["internal_auth_session"], "logout_url": "/logout"}
    return json_answer(200, {"state": state, "comm_prefs_missing": False, "login_config": login})


def setup(call: Call) -> Answer:
    """Answer `setup`: the first user, once. Keys of the caller's own are taken over."""
    if call.state.users.initialized:
        raise ConflictError("lakeFS already initialized")
    body = call.body()
    name, key = body.text("username"), body.optional_fields("key")
    access_key_id = key.text("access_key_id") if key else call.state.access_key_id
    secret = key.text("secret_access_key") if key else call.state.secret_access_key
    call.state.users.add(name, call.state.now)
    pair = call.state.users.add_credentials(name, access_key_id, secret, call.state.now)
    call.subject["user"] = name
    return json_answer(200, {**_pair_json(pair), "secret_access_key": pair.secret})


def login(call: Call) -> Answer:
    """Answer `login`."""
    body = call.body()
    user = call.state.users.by_key(body.text("access_key_id"), body.text("secret_access_key"))
    expires = call.state.now + call.state.options.login_seconds
    token = call.state.users.issue_token(user, call.state.clock(), expires)
    cookie = f"internal_auth_session={token}; Path=/; HttpOnly; SameSite=Strict"
    return json_answer(200, {"token": token, "token_expiration": expires}, ("Set-Cookie", cookie))


def current_user(call: Call) -> Answer:
    """Answer `getCurrentUser`."""
    return json_answer(200, {"user": _user_json(call.state.users.user(call.user))})


def list_users(call: Call) -> Answer:
    """Answer `listUsers`."""
    page = page_of_names(call.state.users.users.items(), call.window())
    return json_answer(200, page_json(page, [_user_json(each) for each in page.items]))


def create_user(call: Call) -> Answer:
    """Answer `createUser`."""
    user = call.state.users.add(call.body().text("id"), call.state.now)
    call.subject["user"] = user.id
    return json_answer(201, _user_json(user))


def get_user(call: Call) -> Answer:
    """Answer `getUser`."""
    return json_answer(200, _user_json(call.state.users.user(call.params["userId"])))


def delete_user(call: Call) -> Answer:
    """Answer `deleteUser`."""
    call.state.users.remove(call.params["userId"])
    return no_content()


def list_credentials(call: Call) -> Answer:
    """Answer `listUserCredentials`; secrets are shown once, at creation."""
    user = call.state.users.user(call.params["userId"])
    pairs = ((key, pair) for key, pair in call.state.users.credentials.items() if pair.user == user.id)
    page = page_of_names(pairs, call.window())
    return json_answer(200, page_json(page, [_pair_json(each) for each in page.items]))


def create_credentials(call: Call) -> Answer:
    """Answer `createCredentials`."""
    key, secret = f"AKIAJ{call.state.new_id()[:15].upper()}Q", call.state.new_id() + call.state.new_id()
    pair = call.state.users.add_credentials(call.params["userId"], key, secret, call.state.now)
    call.subject["access_key_id"] = key
    return json_answer(201, {**_pair_json(pair), "secret_access_key": pair.secret})


def get_credentials(call: Call) -> Answer:
    """Answer `getCredentials`."""
    pair = call.state.users.credentials_of(call.params["userId"], call.params["accessKeyId"])
    return json_answer(200, _pair_json(pair))


def delete_credentials(call: Call) -> Answer:
    """Answer `deleteCredentials`."""
    pair = call.state.users.credentials_of(call.params["userId"], call.params["accessKeyId"])
    del call.state.users.credentials[pair.access_key_id]
    return no_content()


ROUTES = {
    "getSetupState": setup_state,
    "setup": setup,
    "login": login,
    "getCurrentUser": current_user,
    "listUsers": list_users,
    "createUser": create_user,
    "getUser": get_user,
    "deleteUser": delete_user,
    "listUserCredentials": list_credentials,
    "createCredentials": create_credentials,
    "getCredentials": get_credentials,
    "deleteCredentials": delete_credentials,
}
