"""Tell who sends a request."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping

from catchment.local.v3io.errors import no_credentials, wrong_credentials
from catchment.local.v3io.tenant import Tenant

# Tools made for S3: only the key is looked at, the signature is not checked.
_S3 = re.compile(r"AWS4-HMAC-SHA256\s+Credential=([^/,\s]+)|AWS\s+([^:\s]+):")


def authenticate(tenant: Tenant, headers: Mapping[str, str]) -> str:
    """
    Return the name of the user who sends a request.

    Raises:
        RefusalError: It does not say, or nobody has what it says.
    """
    key = headers.get("x-v3io-session-key")
    if key is None:
        return _by_authorization(tenant, headers.get("authorization"))
    user = tenant.user_of_key(key)
    if user is None:
        raise wrong_credentials()
    return user


def _by_authorization(tenant: Tenant, given: str | None) -> str:
    if not given:
        raise no_credentials()
    scheme, _, rest = given.partition(" ")
    if scheme.lower() == "basic":
        return _basic(tenant, rest)
    match = _S3.match(given)
    user = tenant.user_of_key(match[1] or match[2]) if match else None
    if user is None:
        raise wrong_credentials()
    return user


def _basic(tenant: Tenant, encoded: str) -> str:
    try:
        username, _, password = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        raise wrong_credentials() from None
    if not tenant.knows(username, password):
        raise wrong_credentials()
    return username
