from __future__ import annotations

import json
import sys
from base64 import b64decode
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any
from urllib.parse import quote

import pytest
from catchment.core.credentials import KeyPair
from catchment.core.errors import ConfigError, UnsafeInputError
from catchment.core.secret import Secret
from catchment.core.sigv4 import Scope, sigv4_presign
from catchment.lakefs.aws import (
    AwsIdentity,
    absence,
    find_identity,
    from_botocore,
    identity_of,
    identity_token,
    sts_host,
    token_headers,
)
from catchment.lakefs.machine import Machine

CANARY = "canary-7f3a"
NOW = datetime(2025, 1, 15, 10, 30, tzinfo=UTC)
KEYS = KeyPair("AKIAIOSFODNN7EXAMPLE", Secret(CANARY))
TEMPORARY = KeyPair("ASIAIOSFODNN7EXAMPLE", Secret(CANARY), Secret("session/+="))
ENV = {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": CANARY}


def pieces(identity: AwsIdentity, *, expires: int = 60, **headers: str) -> dict[str, Any]:
    """Make a token and undo its coding."""
    token = identity_token(identity, expires=expires, headers=headers, at=NOW)
    return json.loads(b64decode(token.reveal(), validate=True))


# -- the token ---------------------------------------------------------------------------------------------------------


def test_token_has_the_pieces_that_the_server_reads() -> None:
    """Names and forms as the login wants them: texts, but for the list of signed headers."""
    made = pieces(AwsIdentity(KEYS, "eu-west-1"), expires=90, **{"X-LakeFS-Server-ID": "lake.example.com"})
    signature = made.pop("signature")
    assert len(bytes.fromhex(signature)) == 32
    assert made == {
        "method": "POST",
        "host": "sts.eu-west-1.amazonaws.com",
        "region": "eu-west-1",
        "action": "GetCallerIdentity",
        "date": "20250115T103000Z",
        "expiration_duration": "90",
        "access_key_id": "AKIAIOSFODNN7EXAMPLE",
        "signed_headers": ["host", "x-lakefs-server-id"],
        "version": "2011-06-15",
        "algorithm": "AWS4-HMAC-SHA256",
        "security_token": None,
    }


def test_pieces_make_up_the_request_that_was_signed() -> None:
    """Put together again the way the server does it, the request has the signature that the token carries."""
    made = pieces(AwsIdentity(TEMPORARY, "eu-west-1"), **{"X-LakeFS-Server-ID": "lake.example.com"})
    assert made["security_token"] == "session/+="
    url = f"https://{made['host']}/?Action={made['action']}&Version={made['version']}"
    rebuilt = sigv4_presign(
        made["method"],
        url,
        keys=KeyPair(made["access_key_id"], Secret(CANARY), Secret(made["security_token"])),
        scope=Scope(made["region"], "sts", NOW),
        expires=int(made["expiration_duration"]),
        headers=[("x-lakefs-server-id", "lake.example.com")],
    )
    assert rebuilt.endswith(f"&X-Amz-Signature={made['signature']}")
    assert f"X-Amz-Security-Token={quote(made['security_token'], safe='')}" in rebuilt


def test_signature_is_botocores() -> None:
    """The RequestSigner of botocore 1.44.5 presigns the same request, at the same instant, with this signature."""
    made = pieces(AwsIdentity(TEMPORARY, "eu-west-1"), **{"X-LakeFS-Server-ID": "lake.example.com"})
    assert made["signature"] == "11b7862987a5fb95807d280a4b03aa41d2c8f2eb9bcdfaf2dcdbdffa103795bb"


def test_signature_depends_on_the_server_it_is_for() -> None:
    """A server cannot use the token at another."""
    one = pieces(AwsIdentity(KEYS), **{"X-LakeFS-Server-ID": "one"})
    two = pieces(AwsIdentity(KEYS), **{"X-LakeFS-Server-ID": "two"})
    assert one["signature"] != two["signature"]


def test_without_region_the_global_service_is_meant() -> None:
    """AWS signs for it in us-east-1."""
    made = pieces(AwsIdentity(KEYS))
    assert (made["host"], made["region"], made["signed_headers"]) == ("sts.amazonaws.com", "us-east-1", ["host"])


def test_chinese_regions_have_their_own_domain() -> None:
    """The signature would otherwise be checked nowhere."""
    assert sts_host("cn-north-1") == "sts.cn-north-1.amazonaws.com.cn"


@pytest.mark.parametrize("expires", [0, 604_801])
def test_life_of_the_proof_has_limits(expires: int) -> None:
    """AWS's own."""
    with pytest.raises(UnsafeInputError):
        pieces(AwsIdentity(KEYS), expires=expires)


@pytest.mark.parametrize(
    ("configured", "signed"),
    [
        (None, {"X-LakeFS-Server-ID": "lake.example.com"}),
        ({}, {}),
        ({"X-One": "1"}, {"X-One": "1"}),
    ],
)
def test_configured_headers_replace_the_default(configured: dict[str, str] | None, signed: dict[str, str]) -> None:
    """They are not merged; an empty map signs none."""
    assert token_headers(configured, "lake.example.com") == signed


def test_token_is_a_secret() -> None:
    """Whoever has it can log in with it for a minute."""
    assert "eyJ" not in repr(identity_token(AwsIdentity(KEYS), expires=60, headers={}, at=NOW))


# -- keys of this machine ----------------------------------------------------------------------------------------------


def find(home: Path, env: dict[str, str], *, last: AwsIdentity | None = None) -> AwsIdentity | None:
    """Look on a machine with this environment and home folder; `last` is what botocore would find."""
    return find_identity(Machine(env, home), last=lambda: last)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home folder with three profiles."""
    folder = tmp_path / ".aws"
    folder.mkdir()
    (folder / "credentials").write_text(
        "[default]\naws_access_key_id = default-id\naws_secret_access_key = default%secret\n"
        "[dev]\naws_access_key_id = dev-id\naws_secret_access_key = s\naws_session_token = t=\n"
    )
    (folder / "config").write_text(
        "[DEFAULT]\nregion = nowhere\n"
        "[default]\nregion = eu-west-1\ns3 =\n    max_concurrent_requests = 20\n[profile dev]\nregion = us-west-2\n"
        "[profile conf]\naws_access_key_id = conf-id\naws_secret_access_key = s\n[profile sso]\nsso_session = x\n"
    )
    return tmp_path


def test_environment_wins_over_files(home: Path) -> None:
    """As it does for AWS's own tools; the region may still come from the profile."""
    assert find(home, ENV | {"AWS_SESSION_TOKEN": "t"}) == AwsIdentity(
        KeyPair("AKIAIOSFODNN7EXAMPLE", Secret(CANARY), Secret("t")), "eu-west-1"
    )


@pytest.mark.parametrize(
    ("profile", "identity"),
    [
        (None, AwsIdentity(KeyPair("default-id", Secret("default%secret")), "eu-west-1")),
        ("dev", AwsIdentity(KeyPair("dev-id", Secret("s"), Secret("t=")), "us-west-2")),
        ("conf", AwsIdentity(KeyPair("conf-id", Secret("s")), None)),
    ],
)
def test_profile_is_read_from_both_files(home: Path, profile: str | None, identity: AwsIdentity) -> None:
    """Keys from either file, nothing taken over from the default profile, percent signs left alone."""
    assert find(home, {"AWS_PROFILE": profile} if profile else {}) == identity


@pytest.mark.parametrize("variable", ["AWS_REGION", "AWS_DEFAULT_REGION"])
def test_region_of_the_environment_wins(home: Path, variable: str) -> None:
    """Over the profile's."""
    found = find(home, {variable: "ap-south-1"})
    assert found is not None
    assert found.region == "ap-south-1"


def test_files_may_lie_elsewhere(home: Path, tmp_path: Path) -> None:
    """AWS's two variables name them."""
    other = tmp_path / "other"
    other.write_text("[default]\naws_access_key_id = other-id\naws_secret_access_key = s\n")
    found = find(home, {"AWS_SHARED_CREDENTIALS_FILE": str(other), "AWS_CONFIG_FILE": str(tmp_path / "none")})
    assert found == AwsIdentity(KeyPair("other-id", Secret("s")))


def test_profile_without_keys_is_left_to_botocore(home: Path) -> None:
    """SSO and assumed roles take requests that are its business."""
    found = AwsIdentity(KEYS, "x")
    assert find(home, {"AWS_PROFILE": "sso"}, last=found) is found
    assert find(home, {"AWS_PROFILE": "sso"}) is None


def test_unknown_profile_is_an_error(home: Path) -> None:
    """Another profile's keys would be somebody else's."""
    with pytest.raises(ConfigError, match="AWS_PROFILE='prod' is neither in"):
        find(home, {"AWS_PROFILE": "prod"})


def test_half_a_pair_is_an_error(home: Path) -> None:
    """Not skipped for the files."""
    with pytest.raises(ConfigError, match="AWS_SECRET_ACCESS_KEY is set, AWS_ACCESS_KEY_ID is not"):
        find(home, {"AWS_SECRET_ACCESS_KEY": CANARY})


def test_broken_file_is_named_and_not_quoted(home: Path) -> None:
    """The line that cannot be read may hold a secret."""
    (home / ".aws" / "credentials").write_text(f"{CANARY}\n")
    with pytest.raises(ConfigError, match="credentials is no AWS settings file") as caught:
        find(home, {})
    assert CANARY not in str(caught.value)


def test_bare_machine_has_none(tmp_path: Path) -> None:
    """No files, no variables."""
    assert find(tmp_path, {}) is None


@pytest.mark.parametrize(("missing", "expected"), [(True, "catchment[aws]"), (False, "botocore found none")])
def test_absence_says_what_may_help(monkeypatch: pytest.MonkeyPatch, *, missing: bool, expected: str) -> None:
    """The extra is named where botocore is not installed, and only there."""
    monkeypatch.setattr("catchment.lakefs.aws.botocore_missing", lambda: missing)
    text = absence(Machine({"AWS_PROFILE": "sso"}, Path("/nowhere")))
    assert expected in text
    assert "'sso'" in text


# -- boto --------------------------------------------------------------------------------------------------------------


def frozen(token: str | None = None) -> SimpleNamespace:
    """Make what botocore calls credentials."""
    keys = SimpleNamespace(access_key="boto-id", secret_key=CANARY, token=token)
    return SimpleNamespace(get_frozen_credentials=lambda: keys)


@pytest.mark.parametrize(
    ("session", "identity"),
    [
        (
            SimpleNamespace(get_credentials=frozen, region_name="eu-west-1"),
            AwsIdentity(KeyPair("boto-id", Secret(CANARY)), "eu-west-1"),
        ),
        (SimpleNamespace(get_credentials=frozen, region_name=None), AwsIdentity(KeyPair("boto-id", Secret(CANARY)))),
        (
            SimpleNamespace(
                get_credentials=lambda: frozen("t"), get_config_variable=lambda name: {"region": "us-west-2"}[name]
            ),
            AwsIdentity(KeyPair("boto-id", Secret(CANARY), Secret("t")), "us-west-2"),
        ),
        (SimpleNamespace(get_credentials=lambda: None), None),
    ],
)
def test_sessions_of_boto3_and_botocore_are_read(session: Any, identity: AwsIdentity | None) -> None:
    """They name their region differently."""
    assert identity_of(session) == identity


def test_botocore_is_asked_where_it_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Through its own session, so that everything it knows counts."""
    module = ModuleType("botocore.session")
    module.Session = lambda: SimpleNamespace(get_credentials=frozen, get_config_variable=lambda _: None)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "botocore.session", module)
    monkeypatch.setattr("catchment.lakefs.aws.botocore_missing", lambda: False)
    assert from_botocore() == AwsIdentity(KeyPair("boto-id", Secret(CANARY)))


def test_failing_botocore_is_an_error_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """An SSO login that has run out, say; its message may hold anything and is only the cause."""

    def fail() -> None:
        raise RuntimeError(CANARY)

    module = ModuleType("botocore.session")
    module.Session = lambda: SimpleNamespace(get_credentials=fail)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "botocore.session", module)
    monkeypatch.setattr("catchment.lakefs.aws.botocore_missing", lambda: False)
    with pytest.raises(ConfigError, match="botocore cannot give AWS credentials: RuntimeError") as caught:
        from_botocore()
    assert CANARY not in str(caught.value)
