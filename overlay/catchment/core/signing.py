"""What a request carries to say who asks: the seam, and the signers that only add a header.

AWS signatures are in `core.sigv4`.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from catchment.core.errors import ConfigError
from catchment.core.secret import Secret

Header = tuple[str, str]


class Signer(Protocol):
    """
    Add proof of identity to one attempt.

    Called anew for each attempt, because signatures and tokens age. Signers do no I/O: a token that must be fetched is
    fetched before.
    """

    def sign(self, method: str, url: str, headers: Sequence[Header], body: bytes | None) -> list[Header]:
        """
        Return the headers to add.

        Args:
            method: HTTP method, upper case.
            url: Absolute URL, escaped as it is sent.
            headers: All other headers of the request.
            body: The very bytes sent, empty where there is no body; `None` for a body that streams and cannot be read
                before it is sent.
        """
        ...


def lasting_headers(signer: Signer) -> list[Header] | None:
    """Return what a signer adds to every request alike; `None` where it differs from one to the next, or with time."""
    if isinstance(signer, AnonymousSigner | BasicSigner | BearerSigner | HeaderSigner):
        return signer.sign("", "", (), b"")
    return None


@dataclass(frozen=True, slots=True)
class AnonymousSigner:
    """Add nothing."""

    def sign(self, method: str, url: str, headers: Sequence[Header], body: bytes | None) -> list[Header]:
        """Return no header."""
        del method, url, headers, body
        return []


@dataclass(frozen=True, slots=True)
class BasicSigner:
    """
    Send a name and a password (RFC 7617, UTF-8).

    Args:
        user: Name or access key id; without a colon, which the scheme cannot carry.
        password: Password or secret access key.
    """

    user: str
    password: Secret

    def __post_init__(self) -> None:
        if ":" in self.user:
            raise ConfigError("a user name or access key id cannot hold a colon: HTTP basic authentication cuts there")
        check_sendable("user", Secret(self.user))
        check_sendable("password", self.password)

    def sign(self, method: str, url: str, headers: Sequence[Header], body: bytes | None) -> list[Header]:
        """Return the `Authorization` header."""
        del method, url, headers, body
        pair = f"{self.user}:{self.password.reveal()}".encode()
        return [("Authorization", "Basic " + b64encode(pair).decode("ascii"))]


@dataclass(frozen=True, slots=True)
class BearerSigner:
    """Send a token (RFC 6750)."""

    token: Secret

    def __post_init__(self) -> None:
        check_sendable("token", self.token, ascii_only=True)

    def sign(self, method: str, url: str, headers: Sequence[Header], body: bytes | None) -> list[Header]:
        """Return the `Authorization` header."""
        del method, url, headers, body
        return [("Authorization", "Bearer " + self.token.reveal())]


@dataclass(frozen=True, slots=True)
class HeaderSigner:
    """Send a secret in a header of the platform's own."""

    name: str
    value: Secret

    def __post_init__(self) -> None:
        check_sendable(self.name, self.value, ascii_only=True)

    def sign(self, method: str, url: str, headers: Sequence[Header], body: bytes | None) -> list[Header]:
        """Return the header."""
        del method, url, headers, body
        return [(self.name, self.value.reveal())]


def check_sendable(what: str, secret: Secret, *, ascii_only: bool = False) -> None:
    """
    Refuse a secret that no server would recognise, without showing it.

    Args:
        what: How messages call it.
        secret: The value.
        ascii_only: Whether it is sent as it is, in a header.

    Raises:
        ConfigError: It is empty, or holds line ends, control characters, lone surrogates or outer blanks.
    """
    # The frame that raises does not hold the text: tracebacks may print local variables.
    flaw = _flaw(secret.reveal(), ascii_only=ascii_only)
    if flaw is None:
        return
    hint = "it was probably read from a file or a prompt together with the line end: strip it"
    raise ConfigError(f"the {what} {flaw}", hint=hint if "line end" in flaw else None)


def _flaw(text: str, *, ascii_only: bool) -> str | None:
    if not text:
        return "is empty"
    if text != text.strip() or any(ord(char) < 32 or ord(char) == 127 for char in text):
        return "holds a line end, a control character or an outer blank"
    if any("\ud800" <= char <= "\udfff" for char in text) or (ascii_only and not text.isascii()):
        return "holds a character that cannot be sent"
    return None
