"""Which sources are asked for address and credentials of a lakeFS server, and in which order.

    arguments > profile > environment variables > lakectl's file > an AWS role of this machine

The address and the credentials are looked for on their own; credentials are taken whole, from the first source that has
any. With a local stack there are two sources, arguments and the stack, and nothing on the machine is read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property

from catchment.core.credentials import (
    Chain,
    Declined,
    Explanation,
    Found,
    KeyPair,
    Resolved,
    Source,
    Token,
)
from catchment.core.errors import ConfigError, CredentialsNotFoundError
from catchment.core.profiles import Profile, Schema, Setting, load_profile
from catchment.core.secret import MASK, Secret, mask
from catchment.lakefs import aws, lakectl
from catchment.lakefs.credential import AwsRole, Credential, SessionCookie, kind_of, read_pair
from catchment.lakefs.exceptions import NoAuthenticationFound
from catchment.lakefs.lakectl import LakectlFile
from catchment.lakefs.machine import Machine
from catchment.lakefs.settings import API_PATH, Address, Given, api_url, plain_http_allowed

ENVIRONMENT = "environment variables"
PROFILE: Schema = {
    "endpoint": str,
    "access_key_id": str,
    "secret_access_key": Secret,
    "access_token": Secret,
    "provider": str,
}
"""What `[profile.NAME.lakefs]` may hold; `provider` is `aws_iam`."""
_HINT = (
    "set LAKECTL_CREDENTIALS_ACCESS_KEY_ID and LAKECTL_CREDENTIALS_SECRET_ACCESS_KEY, or give username= and password=; "
    "to try without a server, give local=catchment.local.Stack()"
)


class Lookup:
    """
    One look at everything that can say where the server is and who asks.

    Files are read when a source is asked that needs them, and once; make another `Lookup` to look again.
    """

    def __init__(self, given: Given, machine: Machine) -> None:
        self._given = given
        self._machine = machine

    def credential(self) -> Resolved[Credential]:
        """
        Return the first hit.

        Raises:
            NoAuthenticationFound: No source had any.
            ConfigError: A source is broken.
        """
        try:
            return self._chain.resolve()
        except CredentialsNotFoundError as exc:
            raise NoAuthenticationFound(exc.message, hint=exc.hint) from None

    def explain(self) -> Explanation:
        """Say how every source answers."""
        return self._chain.explain()

    def address(self) -> Address:
        """
        Return the base URL of the API: argument, profile, environment, file.

        Raises:
            ConfigError: No source names one, or what is named cannot be used.
        """
        if self._given.local is not None:
            return Address(self._given.local.service("lakefs").endpoint.rstrip("/") + API_PATH, "the local stack")
        named = self._named_address()
        if named is None:
            raise ConfigError(
                "no address of a lakeFS server: not given, and not in profile, environment or lakectl's file",
                hint=f"give host=, or set {lakectl.ENDPOINT} or server.endpoint_url in {self._file.path}",
            )
        text, source, what = named
        return Address(api_url(text, what=what, plain=plain_http_allowed(self._given, self._machine)), source)

    def _named_address(self) -> tuple[str, str, str] | None:
        """Return text, source and setting of the address."""
        if self._given.endpoint is not None:
            return self._given.endpoint, "arguments", "host"
        endpoint = self._settings.get("endpoint")
        if isinstance(endpoint, str) and endpoint:
            return endpoint, self._profile_name, f"endpoint in {self._profile_name}"
        if text := self._machine.value(lakectl.ENDPOINT):
            return text, ENVIRONMENT, lakectl.ENDPOINT
        if text := self._file.text("server", "endpoint_url"):
            return text, str(self._file.path), "server.endpoint_url"
        return None

    # -- sources -------------------------------------------------------------------------------------------------------

    @property
    def _chain(self) -> Chain[Credential]:
        sources: list[Source[Credential]] = [Source("arguments", self._from_arguments)]
        if self._given.local is not None:
            sources.append(Source("the local stack", self._from_local))
        else:
            sources += [
                Source("profile", self._from_profile),
                Source(ENVIRONMENT, self._from_environment),
                Source("lakectl's file", self._from_file),
                Source("AWS role", self._from_aws),
            ]
        return Chain("lakeFS", sources, _HINT)

    @cached_property
    def _file(self) -> LakectlFile:
        return LakectlFile.load(self._machine)

    @cached_property
    def _profile(self) -> Profile | None:
        return load_profile(self._given.profile, environ=self._machine.environ, path=self._machine.profiles)

    @cached_property
    def _settings(self) -> Mapping[str, Setting]:
        """Settings of the profile; empty where there is none, or none for lakeFS."""
        return (self._profile.section("lakefs", PROFILE) if self._profile is not None else None) or {}

    @property
    def _profile_name(self) -> str:
        return "profile" if self._profile is None else f"profile {self._profile.name!r}"

    def _from_arguments(self) -> Found[Credential] | Declined:
        credential = self._given.credential
        return Declined("none given") if credential is None else Found(credential, _shown(credential))

    def _from_local(self) -> Found[Credential] | Declined:
        local = self._given.local
        return Declined("not used") if local is None else _first_pair(local.service("lakefs").environment.get)

    def _from_profile(self) -> Found[Credential] | Declined:
        settings = {name: value for name, value in self._settings.items() if isinstance(value, str | Secret) and value}
        token, provider = settings.get("access_token"), settings.get("provider")
        if token is not None:
            return Found(Token(Secret.of(token)), {"access_token": MASK})
        pair = read_pair(settings.get, "access_key_id", "secret_access_key", where=self._profile_name)
        if isinstance(pair, Found):
            return pair
        if provider is not None:
            lakectl.check_provider(str(provider), where=self._profile_name)
            return Found(lakectl.aws_role(self._machine, self._file), {"provider": str(provider)})
        return Declined("no profile named" if self._profile is None else f"{self._profile_name} has none for lakeFS")

    def _from_environment(self) -> Found[Credential] | Declined:
        if token := self._machine.value(lakectl.SESSION_TOKEN):
            return Found(Token(Secret(token)), {lakectl.SESSION_TOKEN: MASK})
        pair = _first_pair(self._machine.value)
        if isinstance(pair, Found):
            return pair
        provider = self._machine.value(lakectl.PROVIDER_TYPE)
        if provider is None:
            names = (lakectl.SESSION_TOKEN, *lakectl.KEY_PAIRS[0], lakectl.PROVIDER_TYPE)
            return Declined(f"none of {', '.join(names)} is set")
        lakectl.check_provider(provider, where=lakectl.PROVIDER_TYPE)
        return Found(lakectl.aws_role(self._machine, self._file), {lakectl.PROVIDER_TYPE: provider})

    def _from_file(self) -> Found[Credential] | Declined:
        file = self._file
        if file.tree is None:
            return Declined(file.absence)
        names = ("credentials.access_key_id", "credentials.secret_access_key")
        pair = read_pair(lambda name: file.text(*name.split(".")), *names, where=str(file.path))
        if isinstance(pair, Found):
            return pair
        provider = file.text("credentials", "provider", "type")
        if provider is None:
            return Declined(f"{file.path} has no credentials")
        lakectl.check_provider(provider, where=str(file.path))
        return Found(lakectl.aws_role(self._machine, file), {"credentials.provider.type": provider})

    def _from_aws(self) -> Found[Credential] | Declined:
        identity = aws.find_identity(self._machine)
        if identity is None:
            return Declined(aws.absence(self._machine))
        return Found(AwsRole(asked_for=False), aws.shown(identity))


def _first_pair(variable: Callable[[str], str | None]) -> Found[Credential] | Declined:
    for identifier, secret in lakectl.KEY_PAIRS:
        pair = read_pair(variable, identifier, secret, where=ENVIRONMENT)
        if isinstance(pair, Found):
            return pair
    return Declined(f"{' and '.join(lakectl.KEY_PAIRS[0])} are not set")


def _shown(credential: Credential) -> dict[str, str]:
    if isinstance(credential, KeyPair):
        return {"username": mask(credential.access_key_id), "password": MASK}
    if isinstance(credential, SessionCookie):
        return {credential.name: MASK}
    return {kind_of(credential): MASK}
