from __future__ import annotations

import logging
import pickle
import sys
import traceback
from pathlib import Path

import pytest
from catchment.core.errors import ConfigError
from catchment.core.profiles import Profile, config_path, load_profile
from catchment.core.secret import Secret

CANARY = "canary-7f3a"
SCHEMA = {"endpoint": str, "secret_access_key": Secret, "retries": int, "timeout": float, "verify": bool}
CONFIG = f"""
[profile.default.lakefs]
endpoint = "https://one"

[profile.dev.lakefs]
endpoint = "https://two"
secret_access_key = "{CANARY}"
retries = 2
timeout = 5
verify = true

[profile.dev.influxdb]
anything = "unchecked until asked for"
"""


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """An environment that points to a file of its own."""
    path = tmp_path / "config.toml"
    path.write_text(CONFIG, "utf-8")
    path.chmod(0o600)
    return {"CATCHMENT_CONFIG": str(path)}


def write(environ: dict[str, str], text: str) -> None:
    """Replace the file."""
    Path(environ["CATCHMENT_CONFIG"]).write_text(text, "utf-8")


def profile(name: str | None, environ: dict[str, str]) -> Profile:
    """Load a profile that is there."""
    found = load_profile(name, environ=environ)
    assert found is not None
    return found


def endpoint(name: str | None, environ: dict[str, str]) -> object:
    """Read one setting."""
    return (profile(name, environ).section("lakefs", SCHEMA) or {})["endpoint"]


def test_the_argument_beats_the_variable_beats_the_default(environ: dict[str, str]) -> None:
    """Default is taken only when no name is given at all."""
    assert endpoint(None, environ) == "https://one"
    assert endpoint(None, environ | {"CATCHMENT_PROFILE": "dev"}) == "https://two"
    assert endpoint("default", environ | {"CATCHMENT_PROFILE": "dev"}) == "https://one"


def test_settings_have_the_types_of_the_schema(environ: dict[str, str]) -> None:
    """Secrets are wrapped; whole numbers do for floats."""
    settings = profile("dev", environ).section("lakefs", SCHEMA)
    assert settings == {
        "endpoint": "https://two",
        "secret_access_key": Secret(CANARY),
        "retries": 2,
        "timeout": 5.0,
        "verify": True,
    }
    assert isinstance(settings["timeout"], float)


def test_a_profile_shows_no_values(environ: dict[str, str]) -> None:
    """Its repr names file and sections; its secrets are still plain text inside."""
    shown = repr(profile("dev", environ))
    assert "lakefs, influxdb" in shown
    assert CANARY not in shown


def test_a_pickle_carries_the_name_and_no_settings(environ: dict[str, str]) -> None:
    """The far side reads its own file."""
    data = pickle.dumps(profile("dev", environ))
    assert CANARY.encode() not in data
    assert pickle.loads(data).section("lakefs", SCHEMA)["secret_access_key"] == Secret(CANARY)


@pytest.mark.parametrize("line", ['endpiont = "x"', "retries = true", "broken"])
def test_no_traceback_holds_a_secret(environ, line: str) -> None:
    """Not even one that prints the local variables of every frame."""
    write(environ, f'[profile.dev.lakefs]\nsecret_access_key = "{CANARY}"\n{line}\n')
    with pytest.raises(ConfigError) as caught:
        profile("dev", environ).section("lakefs", SCHEMA)
    inside = list(traceback.walk_tb(caught.value.__traceback__))[1:]
    assert inside
    assert CANARY not in repr([frame.f_locals for frame, _ in inside])


def test_sections_of_other_services_do_not_matter(environ: dict[str, str]) -> None:
    """A profile may have none for this service, and ones this version does not know."""
    assert profile("dev", environ).section("v3io", {}) is None
    assert profile("dev", environ).sections == ("lakefs", "influxdb")


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('endpiont = "x"', "unknown key 'endpiont'; did you mean 'endpoint'"),
        ('colour = "x"', "unknown key 'colour'; known keys: endpoint, retries"),
        ('endpoint = ["x"]', "endpoint must be text in quotes, not list"),
        ("endpoint = 5", "endpoint must be text in quotes, not int"),
        ("secret_access_key = 12345", "secret_access_key must be text in quotes, not int"),
        ('retries = "2"', "retries must be int, not text"),
        ("retries = true", "retries must be int, not bool"),
        ("retries = 2.0", "retries must be int, not float"),
        ("verify = 1", "verify must be bool, not int"),
        ("timeout = true", "timeout must be float, not bool"),
        (f'retries = "{CANARY}"', "retries must be int, not text"),
    ],
)
def test_a_wrong_setting_is_named_with_file_and_section(environ, line: str, problem: str) -> None:
    """The message says where and what, and never shows the value."""
    write(environ, f"[profile.dev.lakefs]\n{line}\n")
    with pytest.raises(ConfigError) as caught:
        profile("dev", environ).section("lakefs", SCHEMA)
    assert f"{environ['CATCHMENT_CONFIG']} [profile.dev.lakefs]: {problem}" in str(caught.value)
    assert CANARY not in str(caught.value)


def test_a_misspelt_section_is_found(environ: dict[str, str]) -> None:
    """Otherwise its credentials would be passed over without a word."""
    write(environ, "[profile.dev.lakfs]\n")
    with pytest.raises(ConfigError, match=r"\[profile\.dev\.lakfs\]: unknown section; did you mean 'lakefs'"):
        profile("dev", environ).section("lakefs", SCHEMA)


@pytest.mark.parametrize(
    ("name", "variable", "hint"),
    [("dve", "", "by argument"), (None, "dve", "CATCHMENT_PROFILE")],
)
def test_a_named_profile_must_exist(environ, name, variable: str, hint: str) -> None:
    """The error suggests the nearest name and says who asked."""
    with pytest.raises(ConfigError, match="no profile 'dve'; did you mean 'dev'") as caught:
        load_profile(name, environ=environ | {"CATCHMENT_PROFILE": variable})
    assert hint in (caught.value.hint or "")


def test_a_far_off_name_lists_the_profiles(environ: dict[str, str]) -> None:
    """No guess is better than a wild one."""
    with pytest.raises(ConfigError, match="profiles: default, dev"):
        load_profile("production", environ=environ)


def test_without_a_name_the_default_may_be_missing(environ: dict[str, str]) -> None:
    """Having profiles does not mean having a default one."""
    write(environ, "[profile.dev.lakefs]\n")
    assert load_profile(environ=environ) is None


def test_without_a_file_nothing_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Most users have none, and that is no error."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    assert load_profile(environ={}) is None


def test_a_file_given_by_argument_must_exist(tmp_path: Path) -> None:
    """Even without a profile's name."""
    with pytest.raises(ConfigError, match="no such file") as caught:
        load_profile(environ={}, path=tmp_path / "none.toml")
    assert caught.value.hint == "the file was asked for by argument"


@pytest.mark.parametrize(
    ("name", "extra"), [("dev", {}), (None, {"CATCHMENT_PROFILE": "dev"}), (None, {"CATCHMENT_CONFIG": "here"})]
)
def test_a_file_that_was_asked_for_must_exist(tmp_path: Path, name, extra) -> None:
    """By a profile's name or by its own."""
    environ = {"CATCHMENT_CONFIG": str(tmp_path / "none.toml")} | ({} if "CATCHMENT_CONFIG" in extra else extra)
    with pytest.raises(ConfigError, match="no such file"):
        load_profile(name, environ=environ)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[profile.dev", "no TOML"),
        ("a = 1", "unknown key 'a'"),
        ("[profiles.dev.lakefs]", "unknown key 'profiles'"),
        ("profile = 1", "profile must be a table"),
        ("[profile]\ndev = 1", "profile.dev must be a table"),
        ('[profile.dev]\nendpoint = "x"', "profile.dev.endpoint must be a table"),
        ("[profile.a.lakefs]\n[profile.a.lakefs]", "no TOML"),
        ("x = " + "[" * 5000, "no TOML"),
    ],
)
def test_a_broken_file_is_named(environ, text: str, problem: str) -> None:
    """Also when the profile asked for would be fine: a typo may hide it."""
    write(environ, text)
    with pytest.raises(ConfigError) as caught:
        load_profile("dev", environ=environ)
    assert environ["CATCHMENT_CONFIG"] in str(caught.value)
    assert problem in str(caught.value)


def test_secrets_that_others_can_read_are_warned_of_once(environ, caplog: pytest.LogCaptureFixture) -> None:
    """The warning says what to do, and comes once a file."""
    Path(environ["CATCHMENT_CONFIG"]).chmod(0o644)
    profile("default", environ).section("lakefs", SCHEMA)
    assert not caplog.records, "a section without secrets needs no protection"
    for _ in range(2):
        profile("dev", environ).section("lakefs", SCHEMA)
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert "chmod 600" in caplog.text


def test_a_private_file_is_not_warned_of(environ, caplog: pytest.LogCaptureFixture) -> None:
    """0600 is how it should be."""
    profile("dev", environ).section("lakefs", SCHEMA)
    assert not caplog.records


def test_the_override_may_use_a_tilde(monkeypatch: pytest.MonkeyPatch) -> None:
    """No shell expands it in a service's environment file."""
    monkeypatch.setenv("HOME", "/home/someone")
    monkeypatch.setenv("USERPROFILE", "/home/someone")
    assert config_path({"CATCHMENT_CONFIG": "~/c.toml"}) == Path("/home/someone/c.toml")


@pytest.mark.skipif(sys.platform != "linux", reason="each system has its own folder")
def test_the_file_is_in_the_users_configuration_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the system has it: XDG on Linux."""
    monkeypatch.setenv("XDG_CONFIG_HOME", "/home/someone/.config")
    assert config_path({}) == Path("/home/someone/.config/catchment/config.toml")
