"""AWS Signature Version 4, in headers and in a query string, the way S3 wants it: paths are encoded once.

Knows one algorithm, one key, one payload. Chunked and asymmetric signatures are not here.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from urllib.parse import quote, unquote_to_bytes, urlsplit

from catchment.core import clock
from catchment.core.credentials import KeyPair
from catchment.core.errors import UnsafeInputError
from catchment.core.secret import Secret, mask
from catchment.core.signing import Header

ALGORITHM = "AWS4-HMAC-SHA256"
EMPTY_SHA256 = sha256(b"").hexdigest()
UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD"
_DEFAULT_PORTS = {"http": "80", "ws": "80", "https": "443", "wss": "443"}


@dataclass(frozen=True, slots=True)
class Scope:
    """
    Say where and when a signature holds.

    Args:
        region: AWS region, or what the platform wants in its place.
        service: AWS service, likewise.
        at: Aware instant of signing; servers accept some minutes of difference.
    """

    region: str
    service: str
    at: datetime

    def __post_init__(self) -> None:
        if self.at.tzinfo is None:
            raise UnsafeInputError("the instant of signing has no time zone")

    @property
    def stamp(self) -> str:
        """`YYYYMMDDTHHMMSSZ`."""
        return self.at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")

    @property
    def day(self) -> str:
        """`YYYYMMDD`."""
        return self.stamp[:8]

    def __str__(self) -> str:
        return f"{self.day}/{self.region}/{self.service}/aws4_request"


def sigv4_headers(
    method: str,
    url: str,
    headers: Iterable[Header],
    payload: str,
    *,
    keys: KeyPair,
    scope: Scope,
    key: bytes | None = None,
) -> list[Header]:
    """
    Sign a request in its headers.

    Args:
        method: HTTP method.
        url: Absolute URL, escaped as it is sent; user-info and fragment are not allowed.
        headers: Those to be signed besides the ones added here. `Host` is derived from the URL unless given.
        payload: `payload_hash(body)`.
        keys: Who signs; with a session token, it is sent and signed too.
        scope: Where and when.
        key: `signing_key(...)`, where the caller keeps it for the day.

    Returns:
        The headers to add: `X-Amz-Date`, `X-Amz-Content-Sha256`, perhaps `X-Amz-Security-Token`, `Authorization`.
    """
    added: list[Header] = [("X-Amz-Date", scope.stamp), ("X-Amz-Content-Sha256", payload)]
    if keys.session_token is not None:
        added.append(("X-Amz-Security-Token", keys.session_token.reveal()))
    lines, names = _canonical_headers(url, [*headers, *added])
    path, query = _path_and_query(url)
    request = "\n".join((method, path, canonical_query(query), lines, names, payload))
    signature = _sign(request, keys, scope, key)
    credential = f"{keys.access_key_id}/{scope}"
    value = f"{ALGORITHM} Credential={credential}, SignedHeaders={names}, Signature={signature}"
    return [*added, ("Authorization", value)]


def sigv4_presign(
    method: str,
    url: str,
    *,
    keys: KeyPair,
    scope: Scope,
    expires: int | None = None,
    headers: Iterable[Header] = (),
    payload: str = EMPTY_SHA256,
) -> str:
    """
    Sign a request in its query string.

    The result is a secret: whoever has it can send the request until it expires.

    Args:
        method: HTTP method.
        url: Absolute URL, escaped; its own query is signed too.
        keys: Who signs; a session token becomes part of the URL.
        scope: Where and when.
        expires: Seconds for which it holds, 1 to 604800; `None` leaves it to the server.
        headers: Those that must be sent with it, besides `Host`.
        payload: `payload_hash(body)`, or `UNSIGNED_PAYLOAD` as S3 wants it.

    Raises:
        UnsafeInputError: `expires` lies outside its range.
    """
    if expires is not None and not 1 <= expires <= 604_800:
        raise UnsafeInputError(f"expires={expires} must lie between 1 s and 604800 s (7 days)")
    lines, names = _canonical_headers(url, headers)
    path, query = _path_and_query(url)
    query = canonical_query("&".join(filter(None, (query, _query_parameters(names, keys, scope, expires)))))
    signature = _sign(f"{method}\n{path}\n{query}\n{lines}\n{names}\n{payload}", keys, scope, None)
    return f"{url.partition('?')[0]}?{query}&X-Amz-Signature={signature}"


def payload_hash(body: bytes | None) -> str:
    """Return the hash of the very bytes sent; `UNSIGNED-PAYLOAD` for a body that streams (`None`)."""
    if body is None:
        return UNSIGNED_PAYLOAD
    return sha256(body).hexdigest() if body else EMPTY_SHA256


def canonical_query(query: str) -> str:
    """
    Return a query string as it is signed: each key and value encoded once, sorted by both.

    A plus sign is a plus sign: what is sent must spell a blank `%20`.
    """
    if not query:
        return ""
    pairs = (pair.partition("=") for pair in query.split("&") if pair)
    return "&".join(
        f"{name}={value}" for name, value in sorted((_encode(name), _encode(value)) for name, _, value in pairs)
    )


def signing_key(secret: Secret, scope: Scope) -> bytes:
    """Derive the key of one day, region and service; as secret as the secret itself for that day."""
    key = ("AWS4" + secret.reveal()).encode()
    for part in (scope.day, scope.region, scope.service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


class SigV4Signer:
    """
    Sign each attempt in its headers.

    Args:
        keys: Who signs.
        region: See `Scope`.
        service: See `Scope`.
        signed: Lower-case names of the request's own headers that are signed where present, besides `host` and all
            `x-amz-*`.
    """

    __slots__ = ("_cached", "keys", "region", "service", "signed")

    def __init__(self, keys: KeyPair, *, region: str, service: str, signed: Iterable[str] = ("content-type",)) -> None:
        self.keys = keys
        self.region = region
        self.service = service
        self.signed = frozenset(signed)
        self._cached: tuple[str, bytes] = ("", b"")

    def sign(self, method: str, url: str, headers: Sequence[Header], body: bytes | None) -> list[Header]:
        """Return date, payload hash and `Authorization` for the present instant."""
        scope = Scope(self.region, self.service, clock.now())
        chosen = [header for header in headers if self._is_signed(header[0].lower())]
        return sigv4_headers(method, url, chosen, payload_hash(body), keys=self.keys, scope=scope, key=self._key(scope))

    def _is_signed(self, name: str) -> bool:
        return name in self.signed or name == "host" or name.startswith("x-amz-")

    def _key(self, scope: Scope) -> bytes:
        day, key = self._cached
        if day != scope.day:
            key = signing_key(self.keys.secret_access_key, scope)
            self._cached = (scope.day, key)  # one assignment: threads may race, and each result is right
        return key

    def __repr__(self) -> str:
        return f"<SigV4Signer {mask(self.keys.access_key_id)} {self.region}/{self.service}>"

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (self.keys, self.region, self.service, self.signed))


def _rebuild(keys: KeyPair, region: str, service: str, signed: frozenset[str]) -> SigV4Signer:
    return SigV4Signer(keys, region=region, service=service, signed=signed)


# -- canonical forms ---------------------------------------------------------------------------------------------------


def _sign(request: str, keys: KeyPair, scope: Scope, key: bytes | None) -> str:
    text = "\n".join((ALGORITHM, scope.stamp, str(scope), sha256(request.encode()).hexdigest()))
    key = signing_key(keys.secret_access_key, scope) if key is None else key
    return hmac.digest(key, text.encode(), "sha256").hex()


def _canonical_headers(url: str, headers: Iterable[Header]) -> tuple[str, str]:
    """Return one line per header, an empty line after the last, and the names joined."""
    values: dict[str, list[str]] = {}
    for name, value in headers:
        values.setdefault(name.lower(), []).append(" ".join(value.split()))
    if "host" not in values:
        values["host"] = [_host(url)]
    names = sorted(values)
    return "".join(f"{name}:{','.join(values[name])}\n" for name in names), ";".join(names)


def _query_parameters(names: str, keys: KeyPair, scope: Scope, expires: int | None) -> str:
    parameters = [
        ("X-Amz-Algorithm", ALGORITHM),
        ("X-Amz-Credential", f"{keys.access_key_id}/{scope}"),
        ("X-Amz-Date", scope.stamp),
        ("X-Amz-SignedHeaders", names),
    ]
    if expires is not None:
        parameters.append(("X-Amz-Expires", str(expires)))
    if keys.session_token is not None:
        parameters.append(("X-Amz-Security-Token", keys.session_token.reveal()))
    return "&".join(f"{name}={quote(value, safe='')}" for name, value in parameters)


def _host(url: str) -> str:
    parts = urlsplit(url)
    host = parts.netloc.lower()
    if "@" in host or not host:
        raise UnsafeInputError("a URL to be signed needs a host and no user-info")
    name, colon, port = host.rpartition(":")
    return name if colon and port == _DEFAULT_PORTS.get(parts.scheme) else host


def _path_and_query(url: str) -> tuple[str, str]:
    if "#" in url:
        raise UnsafeInputError("a URL to be signed has no fragment; escape # as %23")
    parts = urlsplit(url)
    return parts.path or "/", parts.query


def _encode(text: str) -> str:
    return quote(unquote_to_bytes(text), safe="")
