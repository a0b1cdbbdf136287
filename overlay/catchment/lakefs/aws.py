"""AWS roles as lakeFS identities: keys of this machine, and the token that proves them to a lakeFS server.

Nothing here talks to AWS. A presigned `GetCallerIdentity` request is taken to pieces; the lakeFS server puts it
together again and sends it.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol, TypeAlias, cast
from urllib.parse import parse_qs, urlsplit

from catchment.core.credentials import Found, KeyPair, key_pair
from catchment.core.errors import ConfigError
from catchment.core.secret import Secret, mask
from catchment.core.sigv4 import ALGORITHM, Scope, sigv4_presign
from catchment.core.textfile import read_text
from catchment.lakefs.machine import Machine

SERVER_ID = "X-LakeFS-Server-ID"
Section: TypeAlias = "dict[str, str | Secret | None]"
_SECRETS = frozenset({"aws_secret_access_key", "aws_session_token"})
_ACTION, _VERSION = "GetCallerIdentity", "2011-06-15"


@dataclass(frozen=True, slots=True)
class AwsIdentity:
    """
    Hold AWS keys and the region in which they are to be checked.

    Args:
        keys: Who asks, with the session token of temporary keys.
        region: Such as `"eu-west-1"`; `None` for the global STS endpoint.
    """

    keys: KeyPair
    region: str | None = None


# -- the token ---------------------------------------------------------------------------------------------------------


def identity_token(identity: AwsIdentity, *, expires: int, headers: Mapping[str, str], at: datetime) -> Secret:
    """
    Make the identity token that `externalPrincipalLogin` wants.

    Args:
        identity: Who asks.
        expires: Seconds for which the server may use it, 1 to 604800.
        headers: Signed along with it, so that a token for one server is of no use at another; see `token_headers`.
        at: Aware instant of signing.

    Raises:
        UnsafeInputError: `expires` lies outside its range.
    """
    scope = Scope(identity.region or "us-east-1", "sts", at)
    url = f"https://{sts_host(identity.region)}/?Action={_ACTION}&Version={_VERSION}"
    signed = sigv4_presign("POST", url, keys=identity.keys, scope=scope, expires=expires, headers=list(headers.items()))
    parts = urlsplit(signed)
    pieces = _pieces(parts.netloc, {name: values[0] for name, values in parse_qs(parts.query).items()})
    return Secret(b64encode(json.dumps(pieces).encode()).decode("ascii"))


def _pieces(host: str, query: Mapping[str, str]) -> dict[str, object]:
    key, _, region, *_ = query["X-Amz-Credential"].split("/")
    return {
        "method": "POST",
        "host": host,
        "region": region,
        "action": query["Action"],
        "date": query["X-Amz-Date"],
        "expiration_duration": query["X-Amz-Expires"],
        "access_key_id": key,
        "signature": query["X-Amz-Signature"],
        "signed_headers": query["X-Amz-SignedHeaders"].split(";"),
        "version": query["Version"],
        "algorithm": ALGORITHM,
        "security_token": query.get("X-Amz-Security-Token"),
    }


def token_headers(configured: Mapping[str, str] | None, server: str) -> dict[str, str]:
    """
    Return the headers to sign with an identity token.

    Args:
        configured: Replaces the default as a whole: `{}` signs none; `None` means not configured.
        server: Host name of the lakeFS endpoint, without port: the default, as `X-LakeFS-Server-ID`.
    """
    return {SERVER_ID: server} if configured is None else dict(configured)


def sts_host(region: str | None) -> str:
    """Return the host of AWS's token service in a region; `None` for the global one."""
    if region is None:
        return "sts.amazonaws.com"
    return f"sts.{region}.amazonaws.com" + (".cn" if region.startswith("cn-") else "")


# -- keys of this machine ----------------------------------------------------------------------------------------------


def find_identity(machine: Machine, *, last: Callable[[], AwsIdentity | None] | None = None) -> AwsIdentity | None:
    """
    Look for AWS keys: environment, then the shared files' profile, then all that botocore knows, where it is installed.

    botocore asks the metadata service of cloud machines, which takes a request; that is why it comes last.

    Args:
        machine: Where to look.
        last: Stands in for botocore.

    Raises:
        ConfigError: Half a key pair, a profile that is nowhere, a file that cannot be read.
    """
    found = _in_environment(machine) or _in_files(machine)
    return found or (from_botocore if last is None else last)()


def absence(machine: Machine) -> str:
    """Say where `find_identity` looked in vain, and what to install where that may help."""
    where = f"no AWS keys in the environment or in profile {_profile(machine)!r} of the AWS files"
    if botocore_missing():
        return f"{where}; other ways (SSO, assumed and instance roles) need botocore: pip install 'catchment[aws]'"
    return f"{where}, and botocore found none"


def _in_environment(machine: Machine) -> AwsIdentity | None:
    values = {"AWS_ACCESS_KEY_ID": machine.value("AWS_ACCESS_KEY_ID")} | {
        name: _secret(machine.value(name)) for name in ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
    }
    found = key_pair(values, "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", where="environment variables")
    if not isinstance(found, Found):
        return None
    return AwsIdentity(_with_session(found.credential, values["AWS_SESSION_TOKEN"]), _region(machine))


def _in_files(machine: Machine) -> AwsIdentity | None:
    profile = _profile(machine)
    credentials = machine.path("AWS_SHARED_CREDENTIALS_FILE", ".aws", "credentials")
    config = machine.path("AWS_CONFIG_FILE", ".aws", "config")
    sections = [_section(credentials, profile), _config_section(config, profile)]
    if machine.value("AWS_PROFILE") and not any(section is not None for section in sections):
        raise ConfigError(f"AWS_PROFILE={profile!r} is neither in {credentials} nor in {config}")
    for path, section in zip((credentials, config), sections, strict=True):
        found = key_pair(
            section or {}, "aws_access_key_id", "aws_secret_access_key", where=f"profile {profile!r} in {path}"
        )
        if isinstance(found, Found):
            token = (section or {}).get("aws_session_token")
            return AwsIdentity(_with_session(found.credential, token), _region(machine))
    return None


def _with_session(pair: KeyPair, token: str | Secret | None) -> KeyPair:
    return KeyPair(pair.access_key_id, pair.secret_access_key, Secret.of(token) if token else None)


def _secret(value: str | None) -> Secret | None:
    return Secret(value) if value else None


def _region(machine: Machine) -> str | None:
    named = machine.value("AWS_REGION") or machine.value("AWS_DEFAULT_REGION")
    if named is not None:
        return named
    section = _config_section(machine.path("AWS_CONFIG_FILE", ".aws", "config"), _profile(machine))
    region = (section or {}).get("region")
    return region if isinstance(region, str) and region else None


def _profile(machine: Machine) -> str:
    return machine.value("AWS_PROFILE") or "default"


def _config_section(path: Path, profile: str) -> Section | None:
    return _section(path, "default" if profile == "default" else f"profile {profile}")


def _section(path: Path, name: str) -> Section | None:
    from configparser import Error, RawConfigParser

    text = read_text(path)
    if text is None:
        return None
    # AWS knows no section that all others inherit from, and [DEFAULT] is one to the parser unless told otherwise.
    parser = RawConfigParser(default_section="\0", strict=False)
    try:
        parser.read_string(text.reveal())
    except Error as exc:  # the parser's own message quotes the line, which may hold a secret
        raise ConfigError(f"{path} is no AWS settings file ({type(exc).__name__})") from None
    if not parser.has_section(name):
        return None
    return {key: Secret(value) if key in _SECRETS else value for key, value in parser[name].items()}


# -- boto --------------------------------------------------------------------------------------------------------------


class FrozenCredentials(Protocol):
    """What `get_frozen_credentials()` of botocore gives."""

    @property
    def access_key(self) -> str:
        """Public half."""
        ...

    @property
    def secret_key(self) -> str:
        """Secret half."""
        ...

    @property
    def token(self) -> str | None:
        """Session token of temporary keys."""
        ...


class BotoCredentials(Protocol):
    """Credentials of botocore, renewed by it where they run out."""

    def get_frozen_credentials(self) -> FrozenCredentials:
        """Return the present keys."""
        ...


class BotoSession(Protocol):
    """What `boto3.Session` and botocore's own session have in common."""

    def get_credentials(self) -> BotoCredentials | None:
        """Return the session's credentials."""
        ...


def identity_of(session: BotoSession) -> AwsIdentity | None:
    """Return the keys that a boto session has at this moment; `None` where it has none."""
    credentials = session.get_credentials()
    if credentials is None:
        return None
    frozen = credentials.get_frozen_credentials()
    keys = KeyPair(frozen.access_key, Secret(frozen.secret_key), Secret(frozen.token) if frozen.token else None)
    return AwsIdentity(keys, _boto_region(session))


def _boto_region(session: object) -> str | None:
    ask = getattr(session, "get_config_variable", None)  # botocore; boto3 has the attribute
    region: object = ask("region") if callable(ask) else getattr(session, "region_name", None)
    return region if isinstance(region, str) and region not in {"", "aws-global"} else None


def botocore_missing() -> bool:
    """Tell whether botocore cannot be imported."""
    from importlib.util import find_spec

    return find_spec("botocore") is None


def from_botocore() -> AwsIdentity | None:
    """Return what botocore's own chain finds; `None` where it finds nothing or is not installed."""
    if botocore_missing():
        return None
    from importlib import import_module

    session = cast("BotoSession", import_module("botocore.session").Session())
    try:
        return identity_of(session)
    except Exception as exc:  # its errors share no base with ours: an SSO login that ran out, a role that is refused
        raise ConfigError(f"botocore cannot give AWS credentials: {type(exc).__name__}") from exc


def shown(identity: AwsIdentity) -> dict[str, str]:
    """Return what `explain()` may show of an identity."""
    return {"access_key_id": mask(identity.keys.access_key_id), "region": identity.region or "global"}
