from __future__ import annotations

import traceback
from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from catchment.core.credentials import KeyPair, Token
from catchment.core.errors import ConfigError, CredentialsNotFoundError
from catchment.core.secret import Secret
from catchment.lakefs.aws import AwsIdentity
from catchment.lakefs.chain import Lookup
from catchment.lakefs.credential import AwsRole
from catchment.lakefs.exceptions import (
    InvalidEnvVarFormat,
    NoAuthenticationFound,
    UnsupportedCredentialsProviderType,
)
from catchment.lakefs.machine import Machine
from catchment.lakefs.settings import Given, concealed

CANARY = "canary-7f3a"
KEYS = {"LAKECTL_CREDENTIALS_ACCESS_KEY_ID": "env-id", "LAKECTL_CREDENTIALS_SECRET_ACCESS_KEY": CANARY}
SEED_KEYS = {"LAKECTL_ACCESS_KEY_ID": "seed-id", "LAKECTL_ACCESS_SECRET_KEY": CANARY}
AWS_KEYS = {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": CANARY}
TOKEN = {"LAKECTL_CREDENTIALS_SESSION_TOKEN": CANARY}
IAM = {"LAKECTL_CREDENTIALS_PROVIDER_TYPE": "aws_iam"}
IAM_OPTION = "LAKECTL_CREDENTIALS_PROVIDER_AWS_IAM_"
FILE = f"""
credentials:
  access_key_id: file-id
  secret_access_key: {CANARY}
server:
  endpoint_url: https://file.example.com
  retries: {{enabled: true, max_attempts: 4}}
network: {{http2: {{enabled: true}}}}
anything: [new, that, nobody, knows]
"""
FILE_IAM = """
credentials:
  provider:
    type: aws_iam
    aws_iam:
      token_ttl_seconds: 1h30m
      url_presign_ttl_seconds: 30
      refresh_interval: 5m
      token_request_headers: {X-One: "1"}
"""
PROFILE = f"""
[profile.dev.lakefs]
endpoint = "https://profile.example.com"
access_key_id = "profile-id"
secret_access_key = "{CANARY}"
"""

Look = Callable[..., Lookup]


@pytest.fixture
def look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Look:
    """Make a lookup on a machine with nothing but what the test says; botocore is not there."""
    monkeypatch.setattr("catchment.lakefs.aws.botocore_missing", lambda: True)

    def make(env: dict[str, str] | None = None, *, file: str = "", profiles: str = "", **options: Any) -> Lookup:
        if file:
            (tmp_path / ".lakectl.yaml").write_text(file, "utf-8")
        config = tmp_path / "config.toml"
        config.write_text(profiles, "utf-8")
        config.chmod(0o600)
        return Lookup(Given.of(concealed(options)), Machine(env or {}, tmp_path, config))  # type: ignore[arg-type]

    return make


# -- precedence --------------------------------------------------------------------------------------------------------

EVERYTHING: dict[str, Any] = {"env": TOKEN | KEYS | SEED_KEYS | IAM | AWS_KEYS, "file": FILE, "profiles": PROFILE}


def without(*names: str) -> dict[str, str]:
    """Return everything in the environment but these."""
    return {name: value for name, value in EVERYTHING["env"].items() if name not in names}


@pytest.mark.parametrize(
    ("changes", "expected", "source"),
    [
        ({"username": "arg-id", "password": CANARY, "profile": "dev"}, "arg-id", "arguments"),
        ({"profile": "dev"}, "profile-id", "profile"),
        ({"env": EVERYTHING["env"] | {"CATCHMENT_PROFILE": "dev"}}, "profile-id", "profile"),
        ({}, "token", "environment variables"),
        ({"env": without(*TOKEN)}, "env-id", "environment variables"),
        ({"env": without(*TOKEN, *KEYS)}, "seed-id", "environment variables"),
        ({"env": without(*TOKEN, *KEYS, *SEED_KEYS)}, "aws", "environment variables"),
        ({"env": AWS_KEYS}, "file-id", "lakectl's file"),
        ({"env": AWS_KEYS, "file": FILE_IAM}, "aws", "lakectl's file"),
        ({"env": AWS_KEYS, "file": ""}, "aws", "AWS role"),
    ],
)
def test_each_source_wins_over_those_after_it(look: Look, changes: dict[str, Any], expected: str, source: str) -> None:
    """Arguments, profile, variables (token, pair, older pair, provider), file (pair, provider), AWS role."""
    found = look(**{**EVERYTHING, **changes}).credential()
    credential = found.credential
    name = (
        credential.access_key_id
        if isinstance(credential, KeyPair)
        else "token"
        if isinstance(credential, Token)
        else "aws"
    )
    assert (name, found.source) == (expected, source)


def test_role_of_the_last_resort_is_marked(look: Look) -> None:
    """A failing login can then say that no setting asked for it."""
    asked = look(IAM | AWS_KEYS).credential().credential
    fallback = look(AWS_KEYS).credential().credential
    assert isinstance(asked, AwsRole)
    assert isinstance(fallback, AwsRole)
    assert (asked.asked_for, fallback.asked_for) == (True, False)


def test_aws_is_looked_at_last(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    """Finding AWS keys can take a request to a metadata service."""
    monkeypatch.setattr("catchment.lakefs.aws.find_identity", lambda _: pytest.fail("AWS was asked"))
    assert look(KEYS).credential().source == "environment variables"


def test_local_stack_needs_nothing_of_the_machine(look: Look) -> None:
    """Credentials and address are the stack's; environment, profile and files are not asked."""
    lookup = look(KEYS | {"CATCHMENT_PROFILE": "missing"}, file="not: [valid", local=FakeStack())
    assert lookup.credential().credential == KeyPair("local-id", Secret(CANARY))
    assert lookup.address().url == "http://lakefs.catchment.local/api/v1"
    assert [step.source for step in lookup.explain().steps] == ["arguments", "the local stack"]


class FakeStack:
    """What `local=` needs: one service, by name."""

    endpoint = "http://lakefs.catchment.local"
    environment = MappingProxyType(
        {"LAKECTL_CREDENTIALS_ACCESS_KEY_ID": "local-id", "LAKECTL_CREDENTIALS_SECRET_ACCESS_KEY": CANARY}
    )

    def service(self, name: str) -> FakeStack:
        """Return itself."""
        assert name == "lakefs"
        return self


# -- nothing, halves, broken sources -----------------------------------------------------------------------------------


def test_nothing_found_lists_every_source(look: Look) -> None:
    """The message is what a user needs to find the source that was meant to have it."""
    with pytest.raises(NoAuthenticationFound) as caught:
        look().credential()
    message = str(caught.value)
    for source in ("arguments", "profile", "environment variables", "lakectl's file", "AWS role"):
        assert f"\n  {source}: " in message
    assert "LAKECTL_CREDENTIALS_SESSION_TOKEN" in message
    assert ".lakectl.yaml" in message
    assert "catchment[aws]" in message
    assert isinstance(caught.value, CredentialsNotFoundError)
    assert "username=" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("env", "file", "profiles", "present"),
    [
        ({"LAKECTL_CREDENTIALS_ACCESS_KEY_ID": "x"}, FILE, "", "LAKECTL_CREDENTIALS_ACCESS_KEY_ID is set"),
        ({"LAKECTL_CREDENTIALS_SECRET_ACCESS_KEY": CANARY}, FILE, "", "LAKECTL_CREDENTIALS_SECRET_ACCESS_KEY is set"),
        ({"LAKECTL_ACCESS_SECRET_KEY": CANARY}, FILE, "", "LAKECTL_ACCESS_SECRET_KEY is set"),
        ({}, f"credentials: {{secret_access_key: {CANARY}}}", "", "credentials.secret_access_key is set"),
        ({"AWS_SECRET_ACCESS_KEY": CANARY}, "", "", "AWS_SECRET_ACCESS_KEY is set"),
        ({}, FILE, f'[profile.default.lakefs]\nsecret_access_key = "{CANARY}"\n', "secret_access_key is set"),
    ],
)
def test_half_a_pair_ends_the_search(look: Look, env: dict[str, str], file: str, profiles: str, present: str) -> None:
    """Never skipped for a later source, and no frame of the traceback holds the half that is there."""
    with pytest.raises(ConfigError, match=present) as caught:
        look(env, file=file, profiles=profiles).credential()
    inside = list(traceback.walk_tb(caught.value.__traceback__))[1:]
    assert CANARY not in repr([frame.f_locals for frame, _ in inside])


def test_other_provider_is_refused(look: Look) -> None:
    """Wherever it stands, the message says where."""
    with pytest.raises(UnsupportedCredentialsProviderType, match=r"LAKECTL_CREDENTIALS_PROVIDER_TYPE names .*'gcp'"):
        look({"LAKECTL_CREDENTIALS_PROVIDER_TYPE": "gcp"}).credential()
    with pytest.raises(UnsupportedCredentialsProviderType, match=r"\.lakectl\.yaml names .*'gcp'"):
        look(file="credentials: {provider: {type: gcp}}").credential()


def test_missing_named_profile_is_an_error(look: Look) -> None:
    """A typing mistake must not lead to another user's credentials."""
    with pytest.raises(ConfigError, match="no profile 'prod'"):
        look(KEYS, profiles=PROFILE, profile="prod").credential()


def test_profile_can_hold_a_token_or_a_provider(look: Look) -> None:
    """Kinds that lakectl's file and the environment have, a profile has too."""
    token = look(profiles=f'[profile.default.lakefs]\naccess_token = "{CANARY}"\n').credential().credential
    assert token == Token(Secret(CANARY))
    role = look(profiles='[profile.default.lakefs]\nprovider = "aws_iam"\n').credential().credential
    assert isinstance(role, AwsRole)


def test_named_file_that_is_missing_is_listed(look: Look, tmp_path: Path) -> None:
    """The file of lakectl may be absent even when it is named; the list of sources says so."""
    with pytest.raises(NoAuthenticationFound, match=r"LAKECTL_CONFIG_FILE names .*none\.yaml, which does not exist"):
        look({"LAKECTL_CONFIG_FILE": str(tmp_path / "none.yaml")}, file=FILE).credential()


def test_named_file_replaces_the_usual_one(look: Look, tmp_path: Path) -> None:
    """Nothing of `~/.lakectl.yaml` is mixed in."""
    other = tmp_path / "other.yaml"
    other.write_text("credentials: {access_key_id: other-id, secret_access_key: x}")
    found = look({"LAKECTL_CONFIG_FILE": str(other)}, file=FILE).credential().credential
    assert found == KeyPair("other-id", Secret("x"))


def test_broken_file_matters_only_where_it_is_asked(look: Look) -> None:
    """Credentials and address in the environment need no file."""
    env = KEYS | {"LAKECTL_SERVER_ENDPOINT_URL": "https://env.example.com"}
    lookup = look(env, file="a: [unclosed")
    assert lookup.credential().source == "environment variables"
    assert lookup.address().url == "https://env.example.com/api/v1"
    with pytest.raises(ConfigError, match=r"\.lakectl\.yaml"):
        look(file="a: [unclosed").credential()


def test_access_keys_of_digits_arrive_unchanged(look: Look) -> None:
    """YAML would read 0123 as 83 and 12e4 as a float."""
    found = look(file="credentials: {access_key_id: 0123, secret_access_key: 12e4}").credential().credential
    assert found == KeyPair("0123", Secret("12e4"))


def test_setting_of_another_shape_is_named(look: Look) -> None:
    """A list where a text belongs is an error, and its content is not shown."""
    with pytest.raises(ConfigError, match=r"credentials\.secret_access_key is no text but list") as caught:
        look(file=f"credentials: {{access_key_id: x, secret_access_key: [{CANARY}]}}").credential()
    inside = list(traceback.walk_tb(caught.value.__traceback__))[1:]
    assert CANARY not in str(caught.value) + repr([frame.f_locals for frame, _ in inside])


# -- options of the provider -------------------------------------------------------------------------------------------


def role(lookup: Lookup) -> AwsRole:
    """Return the role that was found."""
    found = lookup.credential().credential
    assert isinstance(found, AwsRole)
    return found


def test_file_configures_the_provider(look: Look) -> None:
    """Durations as lakectl writes them, seconds as lakeFS's package does; keys of lakectl alone are ignored."""
    assert role(look(file=FILE_IAM)) == AwsRole(token_ttl=5400, presign_ttl=30, headers={"X-One": "1"})


@pytest.mark.parametrize("type_from", [IAM, {}])
def test_variables_win_over_the_file_one_by_one(look: Look, type_from: dict[str, str]) -> None:
    """Each option on its own, wherever the type comes from."""
    found = role(look(type_from | {IAM_OPTION + "TOKEN_TTL_SECONDS": "60"}, file=FILE_IAM))
    assert found == AwsRole(token_ttl=60, presign_ttl=30, headers={"X-One": "1"})


@pytest.mark.parametrize("word", ["PRESIGNED_URL_TTL_SECONDS", "URL_PRESIGN_TTL_SECONDS"])
@pytest.mark.parametrize(("value", "seconds"), [("90", 90), ("1m30s", 90), ("2m", 120)])
def test_both_spellings_and_both_forms_of_a_duration(look: Look, word: str, value: str, seconds: int) -> None:
    """The two official clients disagree on name and form; both are understood, and digits are seconds."""
    assert role(look(IAM | {IAM_OPTION + word: value})).presign_ttl == seconds


@pytest.mark.parametrize("value", ["soon", "0", "-5", "1500ms", "604801"])
def test_unusable_duration_is_refused(look: Look, value: str) -> None:
    """Whole seconds that AWS accepts, nothing rounded."""
    with pytest.raises(ConfigError):
        look(IAM | {IAM_OPTION + "URL_PRESIGN_TTL_SECONDS": value}).credential()


@pytest.mark.parametrize(
    ("value", "headers"),
    [
        ('{"X-One": "1", "X-Two": "a=b,c"}', {"X-One": "1", "X-Two": "a=b,c"}),
        ("X-One=1,X-Two=a=b", {"X-One": "1", "X-Two": "a=b"}),
        ("{}", {}),
    ],
)
def test_both_forms_of_headers(look: Look, value: str, headers: dict[str, str]) -> None:
    """A JSON object as lakeFS's package wants it, pairs as lakectl does; an empty object signs none."""
    assert role(look(IAM | {IAM_OPTION + "TOKEN_REQUEST_HEADERS": value})).headers == headers


@pytest.mark.parametrize("value", ["{broken", '{"X-One": 1}', "no pairs", "[1]", "a=1,,b=2", '{"bad name": "1"}'])
def test_other_forms_of_headers_are_refused(look: Look, value: str) -> None:
    """The variable is named."""
    with pytest.raises(InvalidEnvVarFormat, match="TOKEN_REQUEST_HEADERS"):
        look(IAM | {IAM_OPTION + "TOKEN_REQUEST_HEADERS": value}).credential()


# -- address -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("env", "options", "expected", "source"),
    [
        ({"LAKECTL_SERVER_ENDPOINT_URL": "https://env"}, {"host": "https://arg", "profile": "dev"}, "arg", "arguments"),
        ({"LAKECTL_SERVER_ENDPOINT_URL": "https://env"}, {"profile": "dev"}, "profile.example.com", "profile 'dev'"),
        ({"LAKECTL_SERVER_ENDPOINT_URL": "https://env"}, {}, "env", "environment variables"),
        ({}, {}, "file.example.com", "lakectl.yaml"),
    ],
)
def test_address_has_its_own_order(
    look: Look, env: dict[str, str], options: dict[str, str], expected: str, source: str
) -> None:
    """Argument, profile, environment, file: whatever the credentials come from."""
    found = look(env, file=FILE, profiles=PROFILE, **options).address()
    assert (found.url, source in found.source) == (f"https://{expected}/api/v1", True)


def test_no_address_says_what_to_set(look: Look) -> None:
    """There is no default server."""
    with pytest.raises(ConfigError, match="no address of a lakeFS server") as caught:
        look(KEYS).address()
    assert "LAKECTL_SERVER_ENDPOINT_URL" in str(caught.value.hint)


def test_plain_http_is_judged_wherever_the_address_comes_from(look: Look) -> None:
    """The message names the setting."""
    with pytest.raises(ConfigError, match=r"server\.endpoint_url is plain http to lake"):
        look(file="server: {endpoint_url: 'http://lake'}").address()
    allowed = look({"CATCHMENT_ALLOW_HTTP": "lake"}, file="server: {endpoint_url: 'http://lake'}")
    assert allowed.address().url == "http://lake/api/v1"


# -- explain -----------------------------------------------------------------------------------------------------------


def test_explain_lists_all_and_shows_no_secret(look: Look) -> None:
    """Sources after the winner are not asked."""
    explanation = look(KEYS, file=FILE, profiles=PROFILE).explain()
    assert explanation.winner == "environment variables"
    assert [step.state for step in explanation.steps] == [
        "declined",
        "declined",
        "found",
        "not reached",
        "not reached",
    ]
    assert CANARY not in str(explanation) + repr(explanation)


def test_explain_survives_broken_sources(look: Look) -> None:
    """It is there to find out what is wrong."""
    explanation = look({"LAKECTL_CREDENTIALS_PROVIDER_TYPE": "gcp"}).explain()
    assert [step.state for step in explanation.steps][2] == "broken"


def test_role_explains_whose_keys_it_uses(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    """Enough of the key id to recognise it."""
    identity = AwsIdentity(KeyPair("AKIAIOSFODNN7EXAMPLE", Secret(CANARY)), "eu-west-1")
    monkeypatch.setattr("catchment.lakefs.aws.find_identity", lambda _: identity)
    assert "access_key_id=AKIA***, region=eu-west-1" in str(look().explain())
