"""Sign object URLs and check their signatures: AWS Signature Version 4 in the query string."""

from __future__ import annotations

import calendar
import hashlib
import hmac
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, quote, unquote, urlsplit

ALGORITHM = "AWS4-HMAC-SHA256"
REGION = "us-east-1"
_STAMP = "%Y%m%dT%H%M%SZ"


class SignatureRefusedError(Exception):
    """The URL is unsigned, altered, for something else, or too old. `code` is the store's error code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Signer:
    """A key pair of the object store."""

    access_key_id: str
    secret: str = field(repr=False)

    def presign(
        self, method: str, origin: str, path: str, *, now: float, seconds: int, extra: Mapping[str, str] | None = None
    ) -> str:
        """
        Return a URL that allows one method on one object until it expires.

        Args:
            method: `GET` or `PUT`.
            origin: Scheme and host of the object store, without a trailing slash.
            path: `/bucket/key`, not escaped.
            now: Seconds since the epoch.
            seconds: Lifetime.
            extra: Further query parameters to sign, such as `partNumber`.
        """
        stamp = time.strftime(_STAMP, time.gmtime(now))
        escaped = quote(path, safe="/-_.~")
        query = {
            "X-Amz-Algorithm": ALGORITHM,
            "X-Amz-Credential": f"{self.access_key_id}/{_scope(stamp)}",
            "X-Amz-Date": stamp,
            "X-Amz-Expires": str(seconds),
            "X-Amz-SignedHeaders": "host",
            **(extra or {}),
        }
        host = urlsplit(origin).netloc
        signature = self._signature(method, host, escaped, query, stamp)
        return f"{origin}{escaped}?{_canonical(query)}&X-Amz-Signature={signature}"

    def check(self, method: str, host: str, path: str, query: str, now: float) -> dict[str, str]:
        """
        Return the query parameters of a request whose signature holds.

        Args:
            method: Of the request.
            host: Its `Host` header.
            path: As sent, still escaped; escaping more or less than `presign` did changes nothing.
            query: As sent.
            now: Seconds since the epoch.

        Raises:
            SignatureRefusedError: It does not hold.
        """
        values = dict(parse_qsl(query, keep_blank_values=True))
        given = values.pop("X-Amz-Signature", None)
        stamp = values.get("X-Amz-Date", "")
        if given is None or values.get("X-Amz-Algorithm") != ALGORITHM:
            raise SignatureRefusedError("AccessDenied", "Access Denied")
        escaped = quote(unquote(path), safe="/-_.~")
        expected = self._signature(method, host, escaped, values, stamp)
        if not hmac.compare_digest(given, expected):
            raise SignatureRefusedError(
                "SignatureDoesNotMatch",
                "The request signature we calculated does not match the signature you provided.",
            )
        if now >= calendar.timegm(time.strptime(stamp, _STAMP)) + int(values["X-Amz-Expires"]):
            raise SignatureRefusedError("AccessDenied", "Request has expired")
        return values

    def _signature(self, method: str, host: str, path: str, query: Mapping[str, str], stamp: str) -> str:
        canonical = "\n".join((method, path, _canonical(query), f"host:{host}", "", "host", "UNSIGNED-PAYLOAD"))
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        to_sign = "\n".join((ALGORITHM, stamp, _scope(stamp), digest))
        key = f"AWS4{self.secret}".encode()
        for part in (*_scope(stamp).split("/"), to_sign):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        return key.hex()


def _scope(stamp: str) -> str:
    return f"{stamp[:8]}/{REGION}/s3/aws4_request"


def _canonical(query: Mapping[str, str]) -> str:
    return "&".join(f"{quote(key, safe='-_.~')}={quote(value, safe='-_.~')}" for key, value in sorted(query.items()))
