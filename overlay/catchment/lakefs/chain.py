"""Which sources are asked for address and credentials of a lakeFS server, and in which order.

    arguments > profile > environment variables > lakectl's file > an AWS role of this machine

The address and the credentials are looked for on their own; credentials are taken whole, from the first source that has
any. With a local stack there are two sources, arguments and the stack, and nothing on the machine is read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property

from catchment.core.credentials import Declined, Found, KeyPair, Resolved, Source, Token
from catchment.core.errors import ConfigError, CredentialsNotFoundError
from catchment.core.lookup import ENVIRONMENT, Address, Named, ServiceLookup
from catchment.core.profiles import Schema
from catchment.core.secret import MASK, Secret, mask
from catchment.lakefs import aws, lakectl
from catchment.lakefs.credential import AwsRole, Credential, SessionCookie, kind_of, read_pair
from catchment.lakefs.exceptions import NoAuthenticationFound
from catchment.lakefs.lakectl import LakectlFile
from catchment.lakefs.machine import Machine
from catchment.lakefs.settings import API_PATH, Given, api_url, plain_http_allowed

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


class Lookup(ServiceLookup[Given, Credential]):
    """
    One look at everything that can say where the server is and who asks.

    Args:
        given: What the caller said.
        machine: Whose environment and files are read.
    """

    title = "lakeFS"
    section = "lakefs"
    schema = PROFILE
    stack = "lakefs"
    base_path = API_PATH
    argument = "host"
    hint = _HINT

    def __init__(self, given: Given, machine: Machine) -> None:
        super().__init__(given, machine.environ, machine.profiles)
        self._machine = machine

    def credential(self) -> Resolved[Credential]:
        """
        Return the first hit.

        Raises:
            NoAuthenticationFound: No source had any.
            ConfigError: A source is broken.
        """
        try:
            return super().credential()
        except CredentialsNotFoundError as exc:
            raise NoAuthenticationFound(exc.message, hint=exc.hint) from None

    def _named_elsewhere(self) -> Named | None:
        if text := self._machine.value(lakectl.ENDPOINT):
            return Named(text, ENVIRONMENT, lakectl.ENDPOINT)
        if text := self._file.text("server", "endpoint_url"):
            return Named(text, str(self._file.path), "server.endpoint_url")
        return None

    def _default_address(self) -> Address:
        raise ConfigError(
            "no address of a lakeFS server: not given, and not in profile, environment or lakectl's file",
            hint=f"give host=, or set {lakectl.ENDPOINT} or server.endpoint_url in {self._file.path}",
        )

    def _checked(self, text: str, *, what: str) -> str:
        return api_url(text, what=what, plain=plain_http_allowed(self._given, self._machine))

    # -- sources -------------------------------------------------------------------------------------------------------

    def _sources(self) -> Sequence[Source[Credential]]:
        own = [Source("lakectl's file", self._from_file), Source("AWS role", self._from_aws)]
        return [*super()._sources(), *own]

    @cached_property
    def _file(self) -> LakectlFile:
        return LakectlFile.load(self._machine)

    def _shown(self, credential: Credential) -> Mapping[str, str]:
        return _shown(credential)

    def _from_stack(self, environment: Mapping[str, str]) -> Found[Credential] | Declined:
        return _first_pair(environment.get)

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
        return self._found_in_profile(None)

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
