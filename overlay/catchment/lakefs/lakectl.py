"""Settings that lakeFS users have already: lakectl's file, and the environment variables that stand for its keys.

Keys that only lakectl itself has a use for are ignored, and so are keys that nobody knows.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from catchment.core.durations import parse_duration
from catchment.core.errors import ConfigError, UnsafeInputError
from catchment.core.headers import check_headers
from catchment.core.yamlfile import load_yaml
from catchment.lakefs.credential import AwsRole
from catchment.lakefs.exceptions import InvalidEnvVarFormat, UnsupportedCredentialsProviderType
from catchment.lakefs.machine import Machine

ENDPOINT = "LAKECTL_SERVER_ENDPOINT_URL"
SESSION_TOKEN = "LAKECTL_CREDENTIALS_SESSION_TOKEN"  # noqa: S105 - the variable's name
KEY_PAIRS = (
    ("LAKECTL_CREDENTIALS_ACCESS_KEY_ID", "LAKECTL_CREDENTIALS_SECRET_ACCESS_KEY"),
    ("LAKECTL_ACCESS_KEY_ID", "LAKECTL_ACCESS_SECRET_KEY"),
)
"""Real names first, then those of lakeFS's design note."""
PROVIDER_TYPE = "LAKECTL_CREDENTIALS_PROVIDER_TYPE"
_AWS = "LAKECTL_CREDENTIALS_PROVIDER_AWS_IAM_"
TOKEN_TTL = (_AWS + "TOKEN_TTL_SECONDS",)
PRESIGN_TTL = (_AWS + "PRESIGNED_URL_TTL_SECONDS", _AWS + "URL_PRESIGN_TTL_SECONDS")
"""As lakeFS's Python package spells it, and as lakectl does."""
TOKEN_HEADERS = _AWS + "TOKEN_REQUEST_HEADERS"


@dataclass(frozen=True, slots=True)
class LakectlFile:
    """
    Hold what lakectl's file says.

    Args:
        path: Where it is, or would be.
        tree: Its content; `None` where there is no such file.
        named: Whether `LAKECTL_CONFIG_FILE` names it.
    """

    path: Path
    tree: Mapping[str, object] | None
    named: bool = False

    def __repr__(self) -> str:
        return f"LakectlFile({str(self.path)!r})"

    @classmethod
    def load(cls, machine: Machine) -> LakectlFile:
        """
        Read the file that `LAKECTL_CONFIG_FILE` names, else `~/.lakectl.yaml`.

        Raises:
            ConfigError: It is there and cannot be read.
        """
        path = machine.path("LAKECTL_CONFIG_FILE", ".lakectl.yaml")
        return cls(path, load_yaml(path), named=machine.value("LAKECTL_CONFIG_FILE") is not None)

    @property
    def absence(self) -> str:
        """Why the file says nothing."""
        return f"LAKECTL_CONFIG_FILE names {self.path}, which does not exist" if self.named else f"no {self.path}"

    def text(self, *keys: str) -> str | None:
        """
        Return a setting; `None` and empty mean not set.

        Raises:
            ConfigError: It is a truth value, a list or a mapping.
        """
        value = self.at(*keys)
        if value is None or isinstance(value, str):
            return value or None
        kind = type(value).__name__
        del value  # it may be a secret in the wrong form, and a traceback's frames may be printed
        raise ConfigError(f"{self.path}: {'.'.join(keys)} is no text but {kind}", hint="put its value in quotes")

    def at(self, *keys: str) -> object:
        """Return whatever is there; `None` where nothing is."""
        value: object = self.tree
        for key in keys:
            value = _member(value, key)
        return value


def _member(value: object, key: str) -> object:
    return cast("Mapping[str, object]", value).get(key) if isinstance(value, Mapping) else None


# -- the credentials provider ------------------------------------------------------------------------------------------


def aws_role(machine: Machine, file: LakectlFile) -> AwsRole:
    """
    Collect the options of the provider `aws_iam`: variables, then the file, then defaults, each on its own.

    Raises:
        ConfigError: A length of time that is none.
        InvalidEnvVarFormat: The headers variable is neither a JSON object nor `k1=v1,k2=v2`.
    """
    return AwsRole(
        token_ttl=_ttl(machine, file, TOKEN_TTL, "token_ttl_seconds", 3600),
        presign_ttl=_ttl(machine, file, PRESIGN_TTL, "url_presign_ttl_seconds", 60),
        headers=_token_headers(machine, file),
    )


def check_provider(name: str, *, where: str) -> None:
    """
    Refuse every provider but `aws_iam`.

    Raises:
        UnsupportedCredentialsProviderType: It is another.
    """
    if name != "aws_iam":
        raise UnsupportedCredentialsProviderType(
            f"{where} names the credentials provider {name!r}; only aws_iam is known"
        )


def _ttl(machine: Machine, file: LakectlFile, variables: tuple[str, ...], key: str, default: int) -> int:
    for what, value in _candidates(machine, file, variables, key):
        if value is not None and value != "":
            return _whole_seconds(what, value)
    return default


def _candidates(
    machine: Machine, file: LakectlFile, variables: tuple[str, ...], key: str
) -> Iterator[tuple[str, object]]:
    for variable in variables:
        yield variable, machine.value(variable)
    keys = ("credentials", "provider", "aws_iam", key)
    yield f"{file.path}: {'.'.join(keys)}", file.at(*keys)


def _whole_seconds(what: str, value: object) -> int:
    if not isinstance(value, str):
        raise ConfigError(f"{what} must be seconds or a duration such as 1h30m, not {type(value).__name__}")
    seconds = parse_duration(value, what=what)
    if seconds < 1 or seconds != int(seconds):
        raise ConfigError(f"{what}={value!r} must be whole seconds, at least 1")
    return int(seconds)


def _token_headers(machine: Machine, file: LakectlFile) -> dict[str, str] | None:
    text = machine.value(TOKEN_HEADERS)
    if text is not None:
        return _parse_headers(text)
    value = file.at("credentials", "provider", "aws_iam", "token_request_headers")
    if value is None:
        return None
    what = f"{file.path}: credentials.provider.aws_iam.token_request_headers"
    headers = _texts(value)
    if headers is None:
        raise ConfigError(f"{what} must be a mapping of header names to texts", hint="put truth values in quotes")
    return _sendable(headers, ConfigError, what)


def _parse_headers(text: str) -> dict[str, str]:
    """Read a JSON object, as lakeFS's Python package writes it, or `k1=v1,k2=v2`, as lakectl does."""
    headers = _json_headers(text) if text.lstrip().startswith("{") else _listed_headers(text)
    if headers is None:
        raise InvalidEnvVarFormat(
            f"{TOKEN_HEADERS} is neither a JSON object of texts nor k1=v1,k2=v2", hint='for example {"X-Name": "value"}'
        )
    return _sendable(headers, InvalidEnvVarFormat, TOKEN_HEADERS)


def _json_headers(text: str) -> dict[str, str] | None:
    try:
        return _texts(json.loads(text))
    except (ValueError, RecursionError):
        return None


def _listed_headers(text: str) -> dict[str, str] | None:
    pairs = [item.partition("=") for item in text.split(",")]
    if not all(name.strip() and equals for name, equals, _ in pairs):
        return None
    return {name.strip(): value.strip() for name, _, value in pairs}


def _texts(value: object) -> dict[str, str] | None:
    if not isinstance(value, Mapping):
        return None
    items = cast("Mapping[object, object]", value).items()
    texts = {name: text for name, text in items if isinstance(name, str) and isinstance(text, str)}
    return texts if len(texts) == len(items) else None


def _sendable(headers: dict[str, str], error: type[ConfigError], what: str) -> dict[str, str]:
    try:
        check_headers(list(headers.items()))
    except UnsafeInputError as exc:
        raise error(f"{what}: {exc.message}", hint=exc.hint) from None
    return headers
