"""Which sources are asked for address and credentials, and in which order.

    arguments > profile > environment variables

Either is looked for on its own; credentials are taken whole, from the first source that has any. With a local stack
nothing on the machine is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from catchment.core.credentials import Anonymous, Declined, Found
from catchment.core.errors import ConfigError
from catchment.core.lookup import ENVIRONMENT, LOCAL_STACK, Address, ServiceLookup
from catchment.core.profiles import Schema
from catchment.core.secret import Secret
from catchment.v3io.credential import Credential, credential_of, shown
from catchment.v3io.settings import Given, endpoint_of

ENDPOINT: Final = "V3IO_API"
ACCESS_KEY: Final = "V3IO_ACCESS_KEY"
USERNAME: Final = "V3IO_USERNAME"
PASSWORD: Final = "V3IO_PASSWORD"  # noqa: S105 - the name of a variable
PROFILE: Final[Schema] = {"endpoint": str, "access_key": Secret, "username": str, "password": Secret}
"""What `[profile.NAME.v3io]` may hold."""


class Lookup(ServiceLookup[Given, Credential]):
    """One look at everything that can say where the platform is and who asks."""

    title = "V3IO"
    section = "v3io"
    schema = PROFILE
    stack = "v3io"
    variables = (ENDPOINT,)
    hint = f"give access_key=, or set {ACCESS_KEY}"

    def _default_address(self) -> Address:
        raise ConfigError(
            "no V3IO endpoint: it is in no argument, no profile and no variable",
            hint=f"give endpoint='https://v3io-webapi:8081', or set {ENDPOINT}",
        )

    def _checked(self, text: str, *, what: str) -> str:
        return endpoint_of(text, what=what)

    def _from_stack(self, environment: Mapping[str, str]) -> Found[Credential] | Declined:
        credential = _of_variables(environment, LOCAL_STACK)
        return Found(credential or Anonymous(), shown(credential) if credential else {"user": "nobody"})

    def _from_profile(self) -> Found[Credential] | Declined:
        return self._found_in_profile(
            credential_of(
                self._secret("access_key"), self._text("username"), self._secret("password"), where=self._profile_name
            )
        )

    def _from_environment(self) -> Found[Credential] | Declined:
        return self._found(_of_variables(self._environ, ENVIRONMENT), f"neither {ACCESS_KEY} nor {USERNAME} is set")

    def _shown(self, credential: Credential) -> Mapping[str, str]:
        return shown(credential)


def _of_variables(environ: Mapping[str, str], where: str) -> Credential | None:
    key, password = environ.get(ACCESS_KEY), environ.get(PASSWORD)
    if key:
        return credential_of(Secret(key), None, None, where=where)
    return credential_of(None, environ.get(USERNAME), Secret(password) if password else None, where=where)
