from __future__ import annotations

import logging
import pickle
import traceback
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from catchment.core.config import Retry
from catchment.core.credentials import KeyPair, Resolved, Token
from catchment.core.engines import TransportSettings
from catchment.core.errors import ConfigError, UnsafeInputError
from catchment.core.secret import Secret
from catchment.lakefs.credential import SessionCookie, signer_of
from catchment.lakefs.machine import Machine
from catchment.lakefs.settings import Address, ClientConfig, Given, api_url, concealed, plain_http_allowed

CANARY = "canary-7f3a"


def given(**options: Any) -> Given:
    """Check arguments the way that `Client` does."""
    return Given.of(concealed(options))  # type: ignore[arg-type]


def url(text: str, *, plain: bool = False) -> str:
    """Read an address; `plain` allows http everywhere."""
    return api_url(text, what="host", plain=lambda host: plain or host in {"localhost", "127.0.0.1"})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://lake.example.com", "https://lake.example.com/api/v1"),
        ("https://lake.example.com/", "https://lake.example.com/api/v1"),
        ("https://lake.example.com:8443", "https://lake.example.com:8443/api/v1"),
        ("https://example.com/lake/api/v1", "https://example.com/lake/api/v1"),
        ("https://example.com/lake/api/v1/", "https://example.com/lake/api/v1"),
        ("https://example.com/lake", "https://example.com/lake"),
        ("localhost:8000", "http://localhost:8000/api/v1"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000/api/v1"),
        ("lake.example.com", "https://lake.example.com/api/v1"),
    ],
)
def test_api_path_is_added_where_there_is_no_path(text: str, expected: str) -> None:
    """Both official clients add it to an empty path and keep any other."""
    assert url(text) == expected


def test_address_without_scheme_is_http_where_that_is_allowed() -> None:
    """The official package means http; credentials cross a network in clear only when told to."""
    assert url("lake.example.com", plain=True) == "http://lake.example.com/api/v1"


def test_plain_http_to_another_machine_is_refused() -> None:
    """The error names the setting, the host and both ways to allow it."""
    with pytest.raises(ConfigError, match=r"host is plain http to lake\.example\.com") as caught:
        url("http://lake.example.com")
    assert "allow_http=True" in str(caught.value.hint)
    assert "CATCHMENT_ALLOW_HTTP" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("host", "expected"),
    [("lake.example.com", True), ("LAKE.example.com", True), ("other.example.com", False), ("localhost", True)],
)
def test_variable_allows_plain_http_by_host_name(host: str, *, expected: bool) -> None:
    """A list of names; case does not matter, and no name covers another."""
    machine = Machine({"CATCHMENT_ALLOW_HTTP": "first, lake.example.com"}, Path("/nowhere"))
    assert plain_http_allowed(given(), machine)(host) is expected


def test_argument_allows_plain_http() -> None:
    """`allow_http=True` allows every host of that client."""
    assert plain_http_allowed(given(allow_http=True), Machine({}, Path("/nowhere")))("lake.example.com")


@pytest.mark.parametrize("text", ["https://user:pw@lake.example.com", "https://lake.example.com?x=1", "ftp://lake"])
def test_unusable_address_is_refused_without_showing_it(text: str) -> None:
    """A password may be in it."""
    with pytest.raises(ConfigError, match=r"^host ") as caught:
        url(text)
    assert "pw" not in str(caught.value)


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"username": "id", "password": CANARY}, "id"),
        ({"access_key_id": "id", "secret_access_key": CANARY}, "id"),
        ({"username": "id", "secret_access_key": Secret(CANARY)}, "id"),
        ({"username": "id", "access_key_id": "id", "password": CANARY, "secret_access_key": CANARY}, "id"),
    ],
)
def test_key_pair_has_two_spellings(options: dict[str, Any], name: str) -> None:
    """The official package's words and lakectl's mean the same; giving both alike is fine."""
    assert given(**options).credential == KeyPair(name, Secret(CANARY))


@pytest.mark.parametrize("word", ["access_token", "jwt_token"])
def test_token_has_two_spellings(word: str) -> None:
    """The official package's word and the API document's mean the same."""
    assert given(**{word: CANARY}).credential == Token(Secret(CANARY))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"username": "id"}, "username is given, password is not"),
        ({"secret_access_key": CANARY}, "password is given, username is not"),
        ({"username": "one", "access_key_id": "two", "password": CANARY}, "username and access_key_id mean the same"),
        ({"password": CANARY, "secret_access_key": "x", "username": "id"}, "mean the same and differ"),
        ({"host": "https://one", "endpoint": "https://two"}, "host and endpoint mean the same and differ"),
        ({"username": "id", "password": CANARY, "access_token": CANARY}, "several kinds of credentials"),
        ({"access_token": CANARY, "api_key": CANARY}, "several kinds of credentials"),
        ({"password": 5, "username": "id"}, "password must be text, not int"),
        ({"api_key_prefix": "Bearer"}, "api_key_prefix is given without api_key"),
        ({"access_token": CANARY, "retries": -1}, "retries=-1"),
        ({"access_token": CANARY, "timeout": 0}, "timeout"),
        ({"api_key": f"{CANARY} with blanks"}, "api_key is no value of a cookie"),
        ({"api_key": {"nonsense": CANARY}}, "security scheme 'nonsense'"),
        ({"api_key": {"cookie_auth": CANARY, "saml_auth": CANARY}}, "must name one security scheme, not 2"),
        ({"api_key": CANARY, "api_key_prefix": "Bearer"}, "api_key_prefix cannot work"),
        ({"access_token": CANARY, "ssl_ca_cert": "/no/such/file.pem"}, "there is no file"),
        ({"access_token": CANARY, "local": object(), "host": "https://one"}, "serves in process"),
    ],
)
def test_contradiction_is_refused_and_no_frame_holds_a_secret(options: dict[str, Any], message: str) -> None:
    """Half a credential, two of them, two addresses; tracebacks that print local variables show no secret."""
    wrapped = concealed(options)  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match=message) as caught:
        Given.of(wrapped)
    assert CANARY not in str(caught.value)
    inside = list(traceback.walk_tb(caught.value.__traceback__))[1:]
    assert inside
    assert CANARY not in repr([frame.f_locals for frame, _ in inside])


@pytest.mark.parametrize(
    ("api_key", "prefix", "header"),
    [
        ("abc", None, "internal_auth_session=abc"),
        ("internal_auth_session=abc", None, "internal_auth_session=abc"),
        ({"cookie_auth": "abc"}, {"cookie_auth": "internal_auth_session"}, "internal_auth_session=abc"),
        ({"oidc_auth": "abc"}, None, "oidc_auth_session=abc"),
        ({"saml_auth": "abc=="}, None, "saml_auth_session=abc=="),
    ],
)
def test_api_key_is_a_session_cookie(api_key: Any, prefix: Any, header: str) -> None:
    """The three cookies of the API document; the official package's documented prefix changes nothing."""
    credential = given(api_key=api_key, api_key_prefix=prefix).credential
    assert isinstance(credential, SessionCookie)
    assert signer_of(credential).sign("GET", "https://x", [], b"") == [("Cookie", header)]


def test_nothing_given_is_no_credential() -> None:
    """Empty texts count as not given, as they do in the environment."""
    assert given(username="", password="", access_token="", host="").credential is None
    assert given(host="").endpoint is None


def test_timeout_limits_connections_too() -> None:
    """A client that may take 2 s does not wait 5 s for a connection."""
    made = given(timeout=timedelta(seconds=2))
    assert (made.timeouts.deadline, made.transport.connect, made.transport.read) == (2.0, 2.0, 2.0)


def test_transport_keeps_its_own_limits_without_timeout() -> None:
    """Settings of connections are altered only by arguments that say the same."""
    made = given(transport=TransportSettings(connect=1, read=2, pool_size=3), proxy="http://proxy:3128")
    assert (made.transport.connect, made.transport.read, made.transport.pool_size) == (1, 2, 3)
    assert made.transport.proxy == "http://proxy:3128"


def test_verification_is_on_unless_turned_off(tmp_path: Path) -> None:
    """A bundle replaces the system's store; `verify_ssl=False` wins over it, as it does in lakeFS's package."""
    bundle = tmp_path / "ca.pem"
    bundle.touch()
    assert given().transport.verify is True
    assert given(ssl_ca_cert=str(bundle)).transport.verify == str(bundle)
    assert given(ssl_ca_cert=str(bundle), verify_ssl=False).transport.verify is False


def test_no_retries_means_one_request() -> None:
    """`retries=0` is not the default."""
    assert given(retries=0).retry == Retry(attempts=1)
    assert given(retries=0).repeating(None).retry == Retry(attempts=1)
    assert given(retries=0).repeating(2).retry == Retry(attempts=3)


def test_secret_arguments_do_not_pickle_unless_allowed() -> None:
    """A pickle holds them in clear."""
    with pytest.raises(UnsafeInputError, match="not pickled"):
        pickle.dumps(given(username="id", password=CANARY))
    allowed = given(username="id", password=CANARY, pickle_secrets=True)
    assert pickle.loads(pickle.dumps(allowed)) == allowed


def test_given_shows_no_secret(caplog: pytest.LogCaptureFixture) -> None:
    """Neither repr nor log."""
    with caplog.at_level(logging.DEBUG):
        shown = repr(given(username="AKIAIOSFODNN7EXAMPLE", password=CANARY, proxy=f"http://u:{CANARY}@proxy:1"))
    assert CANARY not in shown + caplog.text


def test_config_shows_where_everything_came_from() -> None:
    """Address and credential with their sources, and the first characters of the access key id at most."""
    made = given(username="AKIAIOSFODNN7EXAMPLE", password=CANARY, verify_ssl=False)
    assert made.credential is not None
    config = ClientConfig.of(made, Address("https://x/api/v1", "arguments"), Resolved(made.credential, "arguments"))
    assert (config.endpoint, config.kind, config.source, config.username) == (
        "https://x/api/v1",
        "key pair",
        "arguments",
        "AKIA***",
    )
    assert config.verify_ssl is False
    assert CANARY not in repr(config)


def test_address_knows_its_host_without_port() -> None:
    """AWS identity tokens are made out to the host name alone."""
    assert Address("https://lake.example.com:8443/api/v1", "x").host == "lake.example.com"
