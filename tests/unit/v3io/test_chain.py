"""Where address and credentials are looked for, in which order, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from catchment.core.credentials import Anonymous
from catchment.core.errors import ConfigError, CredentialsNotFoundError
from catchment.core.secret import Secret
from catchment.v3io.chain import Lookup
from catchment.v3io.credential import AccessKey, Login, credential_of, signer_of
from catchment.v3io.settings import ClientOptions, Given, concealed, endpoint_of

CONFIG = """
[profile.default.v3io]
endpoint = "https://profile:8081"
access_key = "profile-key"

[profile.people.v3io]
username = "ann"
password = "secret"
"""


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """An environment that has everything, and a file of profiles."""
    path = tmp_path / "config.toml"
    path.write_text(CONFIG)
    path.chmod(0o600)
    return {"CATCHMENT_CONFIG": str(path), "V3IO_API": "variable:8081", "V3IO_ACCESS_KEY": "variable-key"}


def lookup(environ: dict[str, str], **options: object) -> Lookup:
    """Look with arguments and an environment."""
    return Lookup(Given.of(concealed(ClientOptions(**options))), environ)  # type: ignore[typeddict-item]


def test_arguments_come_first(environ: dict[str, str]) -> None:
    """What the caller said wins, each of the two for itself."""
    found = lookup(environ, access_key="own")
    assert found.credential().credential == AccessKey(Secret("own"))
    assert found.address().url == "https://profile:8081"
    assert lookup(environ, endpoint="https://here:1/x/").address().url == "https://here:1/x"


def test_profiles_come_before_the_environment(environ: dict[str, str]) -> None:
    """A profile that names them wins; one that names half of them leaves the rest to the environment."""
    assert lookup(environ).credential().credential == AccessKey(Secret("profile-key"))
    people = lookup(environ, profile="people")
    assert people.credential().credential == Login("ann", Secret("secret"))
    assert people.address().url == "http://variable:8081"


def test_the_environment_comes_last(environ: dict[str, str]) -> None:
    """A key goes before a user, as in the platform's own clients."""
    alone = {name: value for name, value in environ.items() if name.startswith("V3IO")}
    alone |= {"XDG_CONFIG_HOME": "/nowhere", "V3IO_USERNAME": "ann", "V3IO_PASSWORD": "pw"}
    assert Lookup(Given(), alone).credential().credential == AccessKey(Secret("variable-key"))
    del alone["V3IO_ACCESS_KEY"]
    assert Lookup(Given(), alone).credential().credential == Login("ann", Secret("pw"))
    del alone["V3IO_PASSWORD"]
    with pytest.raises(ConfigError, match="password is not"):
        Lookup(Given(), alone).credential()


def test_nothing_lists_every_source() -> None:
    """Without any, the error names each place and what to set."""
    with pytest.raises(CredentialsNotFoundError, match="V3IO_ACCESS_KEY") as caught:
        Lookup(Given(), {}).credential()
    assert all(place in str(caught.value) for place in ("arguments", "profile", "environment"))
    with pytest.raises(ConfigError, match="V3IO_API") as missing:
        Lookup(Given(), {}).address()
    assert missing.value.hint
    steps = Lookup(Given(), {}).explain().steps
    assert [step.state for step in steps] == ["declined"] * 3


def test_nothing_shows(environ: dict[str, str]) -> None:
    """What is found is masked."""
    shown = str(lookup(environ).explain()) + repr(lookup(environ).credential()) + repr(Given.of({"access_key": "own"}))
    assert not any(secret in shown for secret in ("profile-key", "variable-key", "own'"))


@pytest.mark.parametrize(
    ("text", "url"),
    [("host:8081", "http://host:8081"), ("https://host/", "https://host"), ("http://host/a/b/", "http://host/a/b")],
)
def test_endpoints_have_one_form(text: str, url: str) -> None:
    """Without a scheme it is http, as all of the platform's clients have it; slashes at the end go."""
    assert endpoint_of(text, what="x") == url


def test_signatures() -> None:
    """A key goes into its own header, a user into HTTP's; nobody adds nothing."""
    assert signer_of(AccessKey(Secret("k"))).sign("GET", "", (), b"") == [("X-v3io-session-key", "k")]
    assert signer_of(Login("ann", Secret("pw"))).sign("GET", "", (), b"") == [("Authorization", "Basic YW5uOnB3")]
    assert signer_of(Anonymous()).sign("GET", "", (), b"") == []
    for bad in ("a\r\nX: y", " k", "ключ"):
        with pytest.raises(ConfigError):
            signer_of(AccessKey(Secret(bad)))


def test_halves_are_refused() -> None:
    """Half a credential is never skipped."""
    assert credential_of(None, None, None, where="here") is None
    for user, password in (("ann", None), (None, Secret("pw"))):
        with pytest.raises(ConfigError, match="here"):
            credential_of(None, user, password, where="here")
