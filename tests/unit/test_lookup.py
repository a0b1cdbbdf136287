"""What looking for address and credentials does alike for every platform, shown on one that there is not."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import pytest
from catchment.core.credentials import Declined, Found
from catchment.core.errors import ConfigError, CredentialsNotFoundError
from catchment.core.given import CommonGiven
from catchment.core.inprocess import InProcessService
from catchment.core.lookup import Address, ServiceLookup
from catchment.core.profiles import Schema
from catchment.core.secret import MASK, Secret

FILE = """
[profile.default.rain]
endpoint = "profile.example.com"
token = "canary-of-the-profile"

[profile.empty.rain]
endpoint = ""
token = ""

[profile.other.snow]
token = "x"
"""


class Place:
    """A stack of one platform, which is never asked anything."""

    endpoint = "http://rain.stack/"
    environment: Mapping[str, str] = {"RAIN_TOKEN": "of-the-stack"}

    def handle(self, method: str, url: str, headers: object, body: bytes) -> object:
        """Nothing is sent by looking."""
        raise NotImplementedError

    def service(self, name: str) -> InProcessService:
        """Return the only one."""
        assert name == "rain-gauge"
        return self  # type: ignore[return-value]


class Lookup(ServiceLookup[CommonGiven[Secret], Secret]):
    """A platform with a token and nothing else."""

    title = "Rain"
    section = "rain"
    schema: ClassVar[Schema] = {"endpoint": str, "token": Secret}
    stack = "rain-gauge"
    base_path = "/v1"
    variables = ("RAIN_URL", "RAIN_HOST")
    hint = "set RAIN_TOKEN"

    def _default_address(self) -> Address:
        raise ConfigError("no address of Rain")

    def _from_profile(self) -> Found[Secret] | Declined:
        return self._found_in_profile(self._secret("token"))

    def _from_environment(self) -> Found[Secret] | Declined:
        named = self._variable("RAIN_TOKEN")
        return self._found(None if named is None else Secret(named[1]), "RAIN_TOKEN is not set")

    def _from_stack(self, environment: Mapping[str, str]) -> Found[Secret] | Declined:
        return self._found(Secret(environment["RAIN_TOKEN"]), "it has none")

    def _shown(self, credential: Secret) -> Mapping[str, str]:
        return {"token": MASK}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file of profiles."""
    path = tmp_path / "config.toml"
    path.write_text(FILE)
    path.chmod(0o600)
    return path


def test_first_hit_wins_for_address_and_credentials_apart(file: Path) -> None:
    """Arguments, profile, variables; either is looked for on its own."""
    environ = {"RAIN_URL": "variable.example.com", "RAIN_TOKEN": "variable"}
    by_argument = Lookup(CommonGiven(endpoint="given.example.com"), environ, file)
    assert by_argument.address() == Address("https://given.example.com", "arguments")
    assert by_argument.credential().credential == Secret("canary-of-the-profile")
    by_profile = Lookup(CommonGiven(credential=Secret("given")), environ, file)
    assert by_profile.address() == Address("https://profile.example.com", "profile 'default'")
    assert by_profile.credential().source == "arguments"
    by_variable = Lookup(CommonGiven(profile="empty"), environ, file)
    assert by_variable.address() == Address("https://variable.example.com", "environment variables")
    assert by_variable.credential().credential == Secret("variable")


def test_variables_are_asked_in_order(tmp_path: Path) -> None:
    """The first that is set and not empty names the address."""
    environ = {"XDG_CONFIG_HOME": str(tmp_path), "RAIN_URL": "", "RAIN_HOST": "localhost:1"}
    assert Lookup(CommonGiven(), environ).address().url == "http://localhost:1"


def test_a_stack_stands_for_the_whole_machine(file: Path) -> None:
    """Neither files nor variables are read; what comes with the stack is beaten by arguments alone."""
    environ = {"CATCHMENT_PROFILE": "no such profile", "RAIN_URL": "https://elsewhere", "RAIN_TOKEN": "variable"}
    look = Lookup(CommonGiven(local=Place()), environ, file)
    assert look.address() == Address("http://rain.stack/v1", "the local stack")
    assert look.credential().credential == Secret("of-the-stack")
    assert [step.source for step in look.explain().steps] == ["arguments", "the local stack"]
    given = Lookup(CommonGiven(local=Place(), credential=Secret("given")), environ, file)
    assert given.credential().credential == Secret("given")


def test_nothing_lists_every_source_and_why(file: Path) -> None:
    """A profile without credentials is named, one that is not there is said not to be."""
    with pytest.raises(CredentialsNotFoundError) as caught:
        Lookup(CommonGiven(profile="other"), {}, file).credential()
    assert caught.value.hint == "set RAIN_TOKEN"
    assert "arguments: none given" in caught.value.message
    assert "profile: profile 'other' has none for Rain" in caught.value.message
    assert "environment variables: RAIN_TOKEN is not set" in caught.value.message


def test_the_file_is_read_once(file: Path) -> None:
    """Address and credentials come from one state of the file."""
    look = Lookup(CommonGiven(), {}, file)
    look.address()
    file.write_text("")
    assert look.credential().credential == Secret("canary-of-the-profile")


def test_a_broken_address_names_its_setting(file: Path) -> None:
    """Whoever has to correct it learns where it stands."""
    file.write_text('[profile.default.rain]\nendpoint = "https://a?b"\n')
    with pytest.raises(ConfigError, match="endpoint in profile 'default' has a query"):
        Lookup(CommonGiven(), {}, file).address()
    file.write_text('[profile.default.rain]\nendpoint = ""\n')
    with pytest.raises(ConfigError, match="RAIN_HOST has a query"):
        Lookup(CommonGiven(), {"RAIN_HOST": "https://a?b"}, file).address()


def test_explaining_shows_no_secret(file: Path) -> None:
    """The table is for screens."""
    text = str(Lookup(CommonGiven(), {}, file).explain())
    assert f"found        token={MASK}" in text
    assert "canary" not in text
