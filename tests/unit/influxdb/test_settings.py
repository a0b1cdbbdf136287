"""Addresses, modes, credentials and the chain of sources: what users may say, and what is made of it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import pickle
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from catchment.core import clock
from catchment.core.errors import ConfigError, UnsafeInputError
from catchment.core.secret import Secret
from catchment.influxdb.addressing import base_url, options_of_url
from catchment.influxdb.chain import Lookup
from catchment.influxdb.credential import InfluxToken, JwtSecret, JwtSigner, Login, signer_of
from catchment.influxdb.settings import (
    ClientOptions,
    Given,
    concealed,
    keyword_options,
    settled_mode,
)

CANARY = "canary-7f3a"


def given(**options: Any) -> Given:
    """Check arguments as a client does."""
    return Given.of(concealed(ClientOptions(**options)))


# -- addresses ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "url"),
    [
        ({}, None),
        ({"host": "influx"}, "http://influx:8086"),
        ({"host": "influx", "port": 80}, "http://influx"),
        ({"host": "influx", "ssl": True}, "https://influx:8086"),
        ({"port": 9999}, "http://localhost:9999"),
        ({"ssl": True}, "https://localhost:8086"),
        ({"host": "influx:1234"}, "http://influx:1234"),
        ({"host": "::1"}, "http://[::1]:8086"),
        ({"host": "[::1]:99"}, "http://[::1]:99"),
        ({"host": "h", "path": "/proxy/influx/"}, "http://h:8086/proxy/influx"),
        ({"host": "https://h:1/a/", "path": "b"}, "https://h:1/a/b"),
        ({"unix_socket": "/run/influx.sock"}, "http+unix://%2Frun%2Finflux.sock"),
        ({"unix_socket": Path("/run/i"), "path": "/p"}, "http+unix://%2Frun%2Fi/p"),
    ],
)
def test_addresses(arguments: dict[str, Any], url: str | None) -> None:
    """Host, port, TLS, path and socket make one base URL."""
    full: dict[str, Any] = {"host": None, "port": None, "path": "/", "ssl": False, "unix_socket": None, **arguments}
    assert base_url(full.pop("host"), full.pop("port"), full.pop("path"), **full) == url


@pytest.mark.parametrize(
    "arguments",
    [
        {"port": 0},
        {"port": 70000},
        {"port": True},
        {"host": "http://h", "port": 1},
        {"host": "https://h", "ssl": True},
        {"unix_socket": "/s", "host": "h"},
        {"unix_socket": "relative"},
        {"host": "udp+influxdb://h"},
        {"host": "a b"},
        {"host": 5},
        {"output": "xml"},
        {"username": "u"},
        {"password": "p"},
        {"jwt_secret": "s"},
        {"username": "u", "password": "p", "jwt_secret": "s"},
        {"token": "a:b", "username": "u"},
        {"username": "u", "jwt_secret": "s", "jwt_algorithm": "RS256"},
        {"timeout": -1},
        {"retries": -1},
    ],
)
def test_what_cannot_be_meant_is_refused(arguments: dict[str, Any]) -> None:
    """At once, as a `ValueError`, before anything is looked up or sent."""
    with pytest.raises(ValueError, match=r".") as caught:
        given(**arguments)
    assert isinstance(caught.value, ConfigError)


@pytest.mark.parametrize(
    ("url", "options"),
    [
        ("influxdb://h", {"host": "http://h:8086"}),
        (
            "influxdb+ssl://u:p%40@h:1/my%20db",
            {"host": "https://h:1", "database": "my db", "username": "u", "password": "p@"},
        ),
        ("http://h:1/prefix", {"host": "http://h:1/prefix"}),
        ("https://h", {"host": "https://h"}),
        ("https+influxdb://h:2/d", {"host": "https://h:2", "database": "d"}),
    ],
)
def test_urls_are_taken_apart(url: str, options: dict[str, str]) -> None:
    """Password and user are arguments from then on, and part of no URL."""
    found: Any = options_of_url(url)
    secret = found.pop("password", None)
    assert {**found, **({"password": secret.reveal()} if secret else {})} == options


@pytest.mark.parametrize(
    "url", ["h", "ftp://h", "influxdb://h/a/b", "influxdb://h/d?x=1", f"influxdb://u:{CANARY}@[::1/d", "http://h#x"]
)
def test_urls_that_cannot_be_meant(url: str) -> None:
    """The text may hold a password and is not shown."""
    with pytest.raises(ConfigError) as caught:
        options_of_url(url)
    assert CANARY not in str(caught.value)


# -- modes -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "mode", "frames"),
    [
        ({}, "async", False),
        ({"mode": "blocking"}, "blocking", False),
        ({"async_": False}, "blocking", False),
        ({"extra": {"async": False}}, "blocking", False),
        ({"dataframe": True}, "blocking", True),
        ({"mode": "dataframe"}, "blocking", True),
        ({"dataframe": True, "mode": "async"}, "async", True),
        ({"async_": True, "mode": "async"}, "async", False),
    ],
)
def test_modes(said: dict[str, Any], mode: str, frames: bool) -> None:
    """The seed's and its successors' ways to say it."""
    full = {"mode": None, "dataframe": False, "async_": None, "extra": {}, **said}
    assert settled_mode(full.pop("mode"), "async", **full) == (mode, frames)


@pytest.mark.parametrize(
    "said", [{"mode": "x"}, {"mode": "async", "async_": False}, {"extra": {"asink": True}}, {"async_": 1}]
)
def test_modes_that_contradict(said: dict[str, Any]) -> None:
    """A misspelt keyword is not taken for nothing."""
    full = {"mode": None, "dataframe": False, "async_": None, "extra": {}, **said}
    with pytest.raises(ValueError, match=r"."):
        settled_mode(full.pop("mode"), "async", **full)


def test_the_keyword_comes_out_of_the_options() -> None:
    """And out of nothing else."""
    options = {"async": False, "host": "h"}
    assert keyword_options(options) == {"async": False}
    assert options == {"host": "h"}


# -- credentials -------------------------------------------------------------------------------------------------------


def test_each_kind_of_credential_has_its_header() -> None:
    """Never a part of the URL."""
    login = given(username="u", password=f"{CANARY}:x").credential
    assert signer_of(login).sign("GET", "", (), None) == [  # type: ignore[arg-type]
        ("Authorization", "Basic " + base64.b64encode(f"u:{CANARY}:x".encode()).decode())
    ]
    token = given(token="user:pass").credential
    assert isinstance(token, InfluxToken)
    assert signer_of(token).sign("GET", "", (), None) == [("Authorization", "Token user:pass")]
    with pytest.raises(ConfigError, match="blank"):
        signer_of(InfluxToken(Secret("a b")))


@pytest.mark.parametrize(
    ("algorithm", "function"), [("HS256", hashlib.sha256), ("HS384", hashlib.sha384), ("HS512", hashlib.sha512)]
)
def test_jwts_are_made_and_renewed(algorithm: Any, function: Any) -> None:
    """Signed with the secret, for the user, and anew before they run out."""
    with clock.using(clock.ManualClock(datetime(2025, 1, 1, tzinfo=UTC))) as time:
        assert isinstance(time, clock.ManualClock)
        signer = JwtSigner(JwtSecret("ann", Secret(CANARY), algorithm))
        ((_, first),) = signer.sign("GET", "", (), None)
        head, body, signature = first.removeprefix("Bearer ").split(".")
        raw = [base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in (head, body, signature)]
        assert json.loads(raw[0]) == {"alg": algorithm, "typ": "JWT"}
        assert json.loads(raw[1]) == {"username": "ann", "exp": int(clock.now().timestamp()) + 600}
        assert raw[2] == hmac.new(CANARY.encode(), f"{head}.{body}".encode(), function).digest()
        time.advance(299)
        assert signer.sign("GET", "", (), None) == [("Authorization", first)]
        time.advance(2)
        assert signer.sign("GET", "", (), None) != [("Authorization", first)]
    assert CANARY not in repr(signer)
    assert "Bearer" not in repr(signer)


@pytest.mark.parametrize(
    "options", [{"username": "u", "password": CANARY}, {"token": CANARY}, {"username": "u", "jwt_secret": CANARY}]
)
def test_secrets_show_nowhere(options: dict[str, Any]) -> None:
    """Nor do they travel in a pickle, unless that was asked for."""
    made = given(**options)
    assert CANARY not in f"{made!r} {made.credential!r} {Lookup(made, {}).explain()}"
    with pytest.raises(UnsafeInputError):
        pickle.dumps(made)
    allowed = pickle.loads(pickle.dumps(given(**options, pickle_secrets=True)))
    assert allowed.credential == made.credential


# -- the chain ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def profile(tmp_path: Path) -> dict[str, str]:
    """An environment that names a file of profiles."""
    path = tmp_path / "config.toml"
    path.write_text(
        '[profile.default.influxdb]\nendpoint = "https://p:1"\nusername = "p"\npassword = "x"\n'
        'database = "pd"\nrp = "pr"\n'
        '[profile.jwt.influxdb]\nusername = "p"\njwt_secret = "x"\n[profile.half.influxdb]\nusername = "p"\n'
    )
    path.chmod(0o600)
    return {"CATCHMENT_CONFIG": str(path)}


ENVIRON = {
    "INFLUX_HOST": "e",
    "INFLUX_PORT": "2",
    "INFLUX_USERNAME": "e",
    "INFLUX_PASSWORD": CANARY,
    "INFLUX_DATABASE": "ed",
}


def test_arguments_win_over_the_profile_and_that_over_the_environment(profile: dict[str, str]) -> None:
    """Address, credential and database are each looked for on their own."""
    lookup = Lookup(given(host="a", username="a", password="y", db="ad", rp="ar"), profile | ENVIRON)
    assert (lookup.address().url, lookup.database(), lookup.policy()) == ("http://a:8086", "ad", "ar")
    assert lookup.credential().source == "arguments"
    lookup = Lookup(given(), profile | ENVIRON)
    assert (lookup.address().url, lookup.database(), lookup.policy()) == ("https://p:1", "pd", "pr")
    assert lookup.credential().source == "profile"
    lookup = Lookup(given(), ENVIRON)
    assert (lookup.address().url, lookup.database(), lookup.policy()) == ("http://e:2", "ed", None)
    assert isinstance(lookup.credential().credential, Login)


def test_nothing_set_means_influxdbs_defaults() -> None:
    """This machine, port 8086, nobody."""
    lookup = Lookup(given(), {})
    assert lookup.address().url == "http://localhost:8086"
    assert lookup.database() is None
    assert lookup.credential().source == "InfluxDB's default"
    assert "none given" in str(lookup.explain())


@pytest.mark.parametrize(
    ("environ", "url", "database", "user"),
    [
        ({"INFLUX_URL": "influxdb+ssl://u:p@h/d"}, "https://h:8086", "d", "u"),
        ({"INFLUX_URL": "http://h:1/pre", "INFLUX_USER": "v", "INFLUXDB_PASSWORD": "p"}, "http://h:1/pre", None, "v"),
        ({"INFLUXDB_HOST": "h", "INFLUXDB_DB": "d"}, "http://h:8086", "d", None),
    ],
)
def test_environments(environ: dict[str, str], url: str, database: str | None, user: str | None) -> None:
    """URL, or its parts."""
    lookup = Lookup(given(), environ)
    assert (lookup.address().url, lookup.database()) == (url, database)
    assert getattr(lookup.credential().credential, "username", None) == user


@pytest.mark.parametrize(
    "environ",
    [
        {"INFLUX_URL": "x"},
        {"INFLUX_PORT": "x"},
        {"INFLUX_USERNAME": "u"},
        {"INFLUX_TOKEN": "t", "INFLUX_JWT_SECRET": "s"},
    ],
)
def test_a_broken_source_ends_the_search(environ: dict[str, str]) -> None:
    """It is never skipped, and its values are not shown."""
    lookup = Lookup(given(), environ)
    with pytest.raises(ConfigError):
        _ = lookup.address(), lookup.credential()


def test_profiles_may_hold_each_kind(profile: dict[str, str]) -> None:
    """And half a credential in one is an error."""
    assert isinstance(Lookup(given(profile="jwt"), profile).credential().credential, JwtSecret)
    with pytest.raises(ConfigError, match="half a credential|is not"):
        Lookup(given(profile="half"), profile).credential()


def test_a_client_of_the_environment_reads_no_profile(profile: dict[str, str]) -> None:
    """As `from_env` promises."""
    from dataclasses import replace

    lookup = Lookup(replace(given(), environment_only=True), profile | ENVIRON)
    assert lookup.address().url == "http://e:2"
    assert "profile" not in str(lookup.explain())
