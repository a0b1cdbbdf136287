"""Where the dashboard is and how to speak to it: what the caller said, checked, and nothing looked up yet. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, cast

from catchment.core.addresses import check_endpoint
from catchment.core.arguments import ConnectionOptions, connection_settings, secret_of, text_of, wrapped
from catchment.core.config import Retry
from catchment.core.given import CommonGiven
from catchment.core.secret import Secret
from catchment.v3io.control_credential import ControlCredential, credential_of
from catchment.v3io.settings import DEFAULT_TRANSPORT

LOCAL: Final = "v3io-control"
"""Name of the dashboard in a local stack."""


class ControlOptions(ConnectionOptions, total=False):
    """Every argument of the clients, for functions that pass them on."""

    endpoint: str | None
    username: str | None
    password: str | Secret | None
    access_key: str | Secret | None
    session_cookie: str | Secret | None


@dataclass(frozen=True, slots=True)
class ControlGiven(CommonGiven[ControlCredential]):
    """Say what the caller said."""

    @classmethod
    def of(cls, options: ControlOptions) -> ControlGiven:
        """
        Check arguments of a client.

        Args:
            options: As `concealed` returns them.

        Raises:
            ConfigError: Half a credential, two kinds of them, two addresses, or a value that cannot be meant.
        """
        portable = options.get("pickle_secrets", False)
        endpoint = text_of(options, "endpoint")
        given = cls(
            endpoint=None if endpoint is None else check_endpoint(endpoint),
            credential=credential_of(
                secret_of(options, "access_key", portable=portable),
                text_of(options, "username"),
                secret_of(options, "password", portable=portable),
                secret_of(options, "session_cookie", portable=portable),
                where="arguments",
            ),
            profile=options.get("profile"),
            retry=Retry.of(options.get("retries")),
            transport=connection_settings(options, DEFAULT_TRANSPORT),
            local=options.get("local"),
        ).timed(options.get("timeout"))
        given.refuse_two_places("endpoint and profile")
        return given


def concealed(options: ControlOptions) -> ControlOptions:
    """Return arguments with every secret wrapped, as tools that print local variables must not show them."""
    return cast("ControlOptions", wrapped(options, ("access_key", "password", "session_cookie")))
