"""Where the control plane's client finds its address and credentials, and what its cookie looks like."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from catchment.core.errors import ConfigError, CredentialsNotFoundError
from catchment.core.secret import Secret
from catchment.v3io.control_chain import ControlLookup
from catchment.v3io.control_credential import CookieSigner, SessionCookie, cookie_of_key, session_of
from catchment.v3io.control_settings import ControlGiven
from catchment.v3io.credential import AccessKey, Login
from catchment.v3io.errors import V3IOError

NOW = datetime(2026, 1, 1, tzinfo=UTC)
USER = {"V3IO_CONTROLPLANE_USERNAME": "ada", "V3IO_CONTROLPLANE_PASSWORD": "pw"}


def look(environ: dict[str, str], **options: str) -> ControlLookup:
    """Look with an environment and arguments."""
    return ControlLookup(ControlGiven.of(options), environ)  # type: ignore[arg-type]


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """An environment with a configuration file."""
    path = tmp_path / "config.toml"
    path.write_text(
        '[profile.dev.v3io_control]\nendpoint = "https://dash.example.com/"\nsession_cookie = "c"\n', encoding="utf-8"
    )
    path.chmod(0o600)
    return {"CATCHMENT_CONFIG": str(path), "CATCHMENT_PROFILE": "dev"}


def test_the_dashboards_own_user_goes_before_the_access_key() -> None:
    """The key is set wherever the data layer is used, and need not be one of the control plane."""
    assert look({**USER, "V3IO_ACCESS_KEY": "k"}).credential().credential == Login("ada", Secret("pw"))
    assert look({"V3IO_ACCESS_KEY": "k"}).credential().credential == AccessKey(Secret("k"))


def test_arguments_go_before_profile_and_environment(config: dict[str, str]) -> None:
    """First hit wins, for address and credentials apart."""
    environ = {**config, **USER, "V3IO_CONTROLPLANE_URL": "https://env.example.com"}
    assert look(environ).credential().credential == SessionCookie(Secret("c"))
    assert look(environ).address().url == "https://dash.example.com"
    given = look(environ, endpoint="arg.example.com", access_key="k")
    assert given.credential().credential == AccessKey(Secret("k"))
    assert given.address().url == "https://arg.example.com"


def test_an_address_without_a_scheme_is_https_elsewhere_and_http_here() -> None:
    """A password crosses no network in clear unasked."""
    assert look({"V3IO_CONTROLPLANE_URL": "dash.example.com"}).address().url == "https://dash.example.com"
    assert look({"V3IO_CONTROLPLANE_URL": "localhost:8080"}).address().url == "http://localhost:8080"


def test_what_is_missing_is_named() -> None:
    """Half a credential is an error, never skipped; nothing at all lists where was looked."""
    with pytest.raises(ConfigError, match="username is set, password is not"):
        look({"V3IO_CONTROLPLANE_USERNAME": "ada"}).credential()
    with pytest.raises(CredentialsNotFoundError, match="neither V3IO_CONTROLPLANE_USERNAME nor V3IO_ACCESS_KEY"):
        look({}).credential()
    with pytest.raises(ConfigError, match="no address") as caught:
        look({}).address()
    assert "V3IO_CONTROLPLANE_URL" in str(caught.value.hint)


def test_explanations_mask_everything(config: dict[str, str]) -> None:
    """Every source answers, no secret shows."""
    text = str(look({**config, **USER}).explain())
    assert "session_cookie=***" in text
    assert "pw" not in text


def test_a_key_as_a_cookie() -> None:
    """`j:{"sid": KEY}`, percent-encoded, whatever the key holds."""
    assert cookie_of_key(Secret("k1")).reveal() == "j%3A%7B%22sid%22%3A%20%22k1%22%7D"
    assert cookie_of_key(Secret('a";b ü')).reveal().isascii()
    signed = CookieSigner(cookie_of_key(Secret('a";b'))).sign("GET", "", [], None)
    assert signed == [("Cookie", "session=j%3A%7B%22sid%22%3A%20%22a%5C%22%3Bb%22%7D")]


@pytest.mark.parametrize(
    ("line", "life"),
    [
        ("session=abc; Path=/; HttpOnly", None),
        ("session=abc", None),
        ("session=abc; max-age=60", timedelta(seconds=60)),
        ("session=abc; Max-Age=-1", None),
        ("session=abc; Max-Age=99999999999999999999", timedelta(seconds=10**9)),
    ],
)
def test_the_session_is_taken_out_of_the_answer(line: str, life: timedelta | None) -> None:
    """Of several cookies the one called `session`; its age limits it, attributes are not sent back."""
    token = session_of([("Set-Cookie", "other=1"), ("set-cookie", line)], NOW)
    assert token.value.reveal() == "abc"
    assert token.expires == (None if life is None else NOW + life)


@pytest.mark.parametrize("line", ["other=abc", "session=", "session", ""])
def test_an_answer_without_a_session_is_an_error(line: str) -> None:
    """And says whom one probably asked."""
    with pytest.raises(V3IOError) as caught:
        session_of([("Set-Cookie", line)], NOW)
    assert "dashboard" in str(caught.value.hint)
