"""Who asks V3IO: an access key, or a user with a password; or nobody, where the local stack asks for none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

from catchment.core.credentials import Anonymous, Login, half_credential
from catchment.core.secret import MASK, Secret
from catchment.core.signing import AnonymousSigner, BasicSigner, HeaderSigner, Signer

SESSION_KEY: Final = "X-v3io-session-key"
"""Header that carries an access key."""


@dataclass(frozen=True, slots=True)
class AccessKey:
    """A key that the dashboard gave out."""

    key: Secret


Credential: TypeAlias = AccessKey | Login | Anonymous


def shown(credential: Credential) -> dict[str, str]:
    """Return what `explain()` may show."""
    if isinstance(credential, AccessKey):
        return {"access_key": MASK}
    return {"username": credential.username, "password": MASK} if isinstance(credential, Login) else {}


def signer_of(credential: Credential) -> Signer:
    """
    Return what adds proof of identity to requests.

    Raises:
        ConfigError: A part cannot be sent.
    """
    if isinstance(credential, AccessKey):
        return key_signer(credential.key)
    if isinstance(credential, Login):
        return BasicSigner(credential.username, credential.password)
    return AnonymousSigner()


def key_signer(key: Secret) -> Signer:
    """Return what adds an access key to requests."""
    return HeaderSigner(SESSION_KEY, key)


def credential_of(
    access_key: Secret | None, username: str | None, password: Secret | None, *, where: str
) -> Credential | None:
    """
    Put together what one source has; an access key goes before a user and a password, as in the platform's clients.

    Returns:
        The credential; `None` where the source has nothing.

    Raises:
        ConfigError: Half a credential.
    """
    if access_key:
        return AccessKey(access_key)
    if not username and not password:
        return None
    if not username or not password:
        present, missing = ("username", "password") if username else ("password", "username")
        raise half_credential(present, missing, where=where)
    return Login(username, password)
