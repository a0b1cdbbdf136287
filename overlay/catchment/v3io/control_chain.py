"""Which sources are asked for the dashboard's address and for credentials, and in which order.

    arguments > profile > environment variables

Either is looked for on its own; credentials are taken whole, from the first source that has any. With a local stack
nothing on the machine is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from catchment.core.credentials import Declined, Found
from catchment.core.errors import ConfigError
from catchment.core.lookup import ENVIRONMENT, LOCAL_STACK, Address, ServiceLookup
from catchment.core.profiles import Schema
from catchment.core.secret import Secret
from catchment.v3io.chain import ACCESS_KEY
from catchment.v3io.control_credential import ControlCredential, credential_of, shown
from catchment.v3io.control_settings import LOCAL, ControlGiven

ENDPOINT: Final = "V3IO_CONTROLPLANE_URL"
USERNAME: Final = "V3IO_CONTROLPLANE_USERNAME"
PASSWORD: Final = "V3IO_CONTROLPLANE_PASSWORD"  # noqa: S105 - the name of a variable
PROFILE: Final[Schema] = {
    "endpoint": str,
    "username": str,
    "password": Secret,
    "access_key": Secret,
    "session_cookie": Secret,
}
"""What `[profile.NAME.v3io_control]` may hold."""


class ControlLookup(ServiceLookup[ControlGiven, ControlCredential]):
    """One look at everything that can say where the dashboard is and who asks."""

    title = "V3IO control plane"
    section = "v3io_control"
    schema = PROFILE
    stack = LOCAL
    variables = (ENDPOINT,)
    hint = f"give username= and password=, or set {USERNAME}"

    def _default_address(self) -> Address:
        raise ConfigError(
            "no address of the V3IO dashboard: it is in no argument, no profile and no variable",
            hint=f"give endpoint='https://dashboard.example.com', or set {ENDPOINT}",
        )

    def _from_stack(self, environment: Mapping[str, str]) -> Found[ControlCredential] | Declined:
        return self._found(_of_variables(environment, LOCAL_STACK), "it names no user")

    def _from_profile(self) -> Found[ControlCredential] | Declined:
        credential = credential_of(
            self._secret("access_key"),
            self._text("username"),
            self._secret("password"),
            self._secret("session_cookie"),
            where=self._profile_name,
        )
        return self._found_in_profile(credential, "the control plane")

    def _from_environment(self) -> Found[ControlCredential] | Declined:
        return self._found(_of_variables(self._environ, ENVIRONMENT), f"neither {USERNAME} nor {ACCESS_KEY} is set")

    def _shown(self, credential: ControlCredential) -> Mapping[str, str]:
        return shown(credential)


def _of_variables(environ: Mapping[str, str], where: str) -> ControlCredential | None:
    """Take the control plane's own variables first: the access key is set wherever the data layer is used."""
    username, password, key = environ.get(USERNAME), environ.get(PASSWORD), environ.get(ACCESS_KEY)
    if username or password:
        return credential_of(None, username, Secret(password) if password else None, None, where=where)
    return credential_of(Secret(key) if key else None, None, None, None, where=where)
