from __future__ import annotations

import hashlib
import json
import pickle
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from catchment.core import clock
from catchment.core.credentials import KeyPair
from catchment.core.errors import UnsafeInputError
from catchment.core.secret import Secret
from catchment.core.sigv4 import (
    EMPTY_SHA256,
    UNSIGNED_PAYLOAD,
    Scope,
    SigV4Signer,
    canonical_query,
    payload_hash,
    signing_key,
    sigv4_headers,
    sigv4_presign,
)
from hypothesis import given
from hypothesis import strategies as st

AT = datetime(2025, 1, 15, 10, 30, tzinfo=UTC)
VECTORS = json.loads((Path(__file__).parent / "sigv4_vectors.json").read_text("utf-8"))
KEYS = KeyPair("AKIDEXAMPLE000000001", Secret("s3cr3t-canary"))


def keys_of(case) -> KeyPair:
    """Return who signs in this case."""
    token = case["session_token"]
    return KeyPair(VECTORS["access_key_id"], Secret(VECTORS["secret_access_key"]), Secret(token) if token else None)


def of_kind(kind: str):
    """Select cases."""
    return [
        pytest.param(case, id=f"{case['method']} {case['url']}") for case in VECTORS["cases"] if case["kind"] == kind
    ]


@pytest.mark.parametrize("case", of_kind("headers"))
def test_header_signatures_equal_botocores(case) -> None:
    """Byte for byte what AWS's own client puts into Authorization."""
    headers = sigv4_headers(
        case["method"],
        case["url"],
        case["headers"].items(),
        payload_hash(case["body"].encode()),
        keys=keys_of(case),
        scope=Scope(case["region"], case["service"], AT),
    )
    assert dict(headers)["Authorization"] == case["authorization"]
    assert dict(headers)["X-Amz-Content-Sha256"] == case["sha"]


@pytest.mark.parametrize("case", of_kind("presign"))
def test_presigned_urls_equal_botocores(case) -> None:
    """Same parameters, same signature; only the order of parameters is our own."""
    url = sigv4_presign(
        case["method"],
        case["url"],
        keys=keys_of(case),
        scope=Scope(case["region"], case["service"], AT),
        expires=case["expires"],
        headers=case["headers"].items(),
        payload=payload_hash(None if case["body"] is None else case["body"].encode()),
    )
    ours, theirs = urlsplit(url), urlsplit(case["signed"])
    assert ours[:3] == theirs[:3]
    assert sorted(parse_qsl(ours.query)) == sorted(parse_qsl(theirs.query))


INFINO = KeyPair("IAK_EXAMPLE1234567890", Secret("sk_example_0123456789abcdefghijABCDEFGHIJ"))


def test_the_signing_key_of_a_day() -> None:
    """The chain of four HMACs, against a published intermediate value."""
    key = signing_key(INFINO.secret_access_key, Scope("us-east-1", "es", AT))
    assert key.hex() == "5d9a8f52c4bce90b524c6ef872b2f0b397aea927a25686c9fff2e16fedb04b68"


@pytest.mark.parametrize(
    ("method", "url", "content_type", "body", "signature"),
    [
        (
            "GET",
            "https://api.infino.ws/",
            True,
            b"",
            "67e124835b14f089b66c1a3c1ede18bfa68e6eca217a5709a94d4ab15a6381e4",
        ),
        (
            "POST",
            "https://api.infino.ws/sql",
            True,
            b'{"query": "SELECT * FROM products LIMIT 10"}',
            "83acf8fe8932674e2ec46c922a6c8cdf36a5ea8888592b62ef105b5861fed03f",
        ),
        (
            "POST",
            "https://api.infino.ws/import/file?async=false",
            False,
            None,
            "d31b6f9ba661cb90f147599e2b97e042697ad359591218847fd2f56afb9ced62",
        ),
        (
            "GET",
            "https://api.infino.ws/visualizations?offset=100&limit=50",
            True,
            b"",
            "c51304f917500c74b83b5b14a402ace933757382ca66bf440a7903d6e28daa8e",
        ),
        (
            "GET",
            "http://localhost:8080/",
            True,
            b"",
            "32e117c3fd3246b91949b9d355167c4d23b6a16eb3c5900a5ab4ee9371183346",
        ),
        (
            "GET",
            "https://api.infino.ws/my%20data/doc/%C3%BC%2F1",
            True,
            b"",
            "8402288d6842fac5c849b3891466a92d3b371f2ebcdcb022cd3d2ea5d5eee5ec",
        ),
        (
            "GET",
            "https://api.infino.ws/promql/series?match[]=up{job=%22a%20b%22}",
            True,
            b"",
            "dd56ed5432a757c6a07d9d57866014dfe83c279790888b54ba1fadbadc18e56d",
        ),
    ],
)
def test_the_signer_signs_the_present_instant(method, url, content_type, body, signature) -> None:
    """Vectors of a platform that signs in S3's style, through the signer and the clock."""
    headers = [("x-infino-client-id", "never signed")]
    headers += [("Content-Type", "application/json")] if content_type else []
    with clock.using(clock.ManualClock(AT)):
        added = dict(SigV4Signer(INFINO, region="us-east-1", service="es").sign(method, url, headers, body))
    assert added["Authorization"].endswith(f"Signature={signature}")
    assert added["X-Amz-Date"] == "20250115T103000Z"


def test_presigning_without_an_end() -> None:
    """WebSocket URLs carry no X-Amz-Expires; their parameters are sorted, the signature last."""
    url = sigv4_presign(
        "GET",
        "wss://api.infino.ws/fino/nl?threadId=t%201&clientId=c1",
        keys=INFINO,
        scope=Scope("us-east-1", "es", AT),
    )
    assert url.endswith("X-Amz-Signature=346d333b25ccaa6bbf948a6efa1bccfe42a518e573adfd5c39f7ec44ebc197a1")
    assert "X-Amz-Expires" not in url


def test_the_key_is_derived_anew_each_day() -> None:
    """A client that runs past midnight signs with the new day's key."""
    signer = SigV4Signer(KEYS, region="r", service="s")
    with clock.using(clock.ManualClock(AT)) as manual:
        signer.sign("GET", "https://h/", [], b"")
        manual.advance(timedelta(days=1).total_seconds())
        later = signer.sign("GET", "https://h/", [], b"")
        fresh = SigV4Signer(KEYS, region="r", service="s").sign("GET", "https://h/", [], b"")
    assert later == fresh


def test_a_body_that_streams_is_not_hashed() -> None:
    """None means unreadable before sending; an empty body has a hash of its own."""
    assert payload_hash(None) == UNSIGNED_PAYLOAD
    assert payload_hash(b"") == EMPTY_SHA256 == hashlib.sha256(b"").hexdigest()


@pytest.mark.parametrize(
    ("query", "canonical"),
    [
        ("", ""),
        ("b=2&a=1&a=0", "a=0&a=1&b=2"),
        ("flag", "flag="),
        ("a=%7e%2f", "a=~%2F"),
        ("a=1+1", "a=1%2B1"),
        ("a=b=c", "a=b%3Dc"),
        ("&&a=1&", "a=1"),
        ("B=1&a=1", "B=1&a=1"),
        ("a=%FF", "a=%FF"),
    ],
)
def test_queries_are_encoded_once_and_sorted(query: str, canonical: str) -> None:
    """Upper-case hex, unreserved characters bare, bytes that are no UTF-8 kept."""
    assert canonical_query(query) == canonical


@given(st.text(st.characters(exclude_characters="#", exclude_categories=["Cs"])))
def test_canonical_queries_are_stable(query: str) -> None:
    """A query in its canonical form stays as it is."""
    once = canonical_query(query)
    assert canonical_query(once) == once


@pytest.mark.parametrize("url", ["https://user:pw@h/", "https:///x", "https://h/#frag"])
def test_urls_that_cannot_be_signed_are_refused(url: str) -> None:
    """User-info, a missing host or a fragment would make the signature wrong, and the message shows none of it."""
    with pytest.raises(UnsafeInputError) as caught:
        sigv4_headers("GET", url, [], EMPTY_SHA256, keys=KEYS, scope=Scope("r", "s", AT))
    assert "pw" not in str(caught.value)


@pytest.mark.parametrize("expires", [0, -1, 604_801])
def test_presigned_urls_hold_for_a_second_to_a_week(expires: int) -> None:
    """AWS accepts nothing else."""
    for allowed in (1, 604_800):
        url = sigv4_presign("GET", "https://h/", keys=KEYS, scope=Scope("r", "s", AT), expires=allowed)
        assert f"X-Amz-Expires={allowed}&" in url
    with pytest.raises(UnsafeInputError, match="604800"):
        sigv4_presign("GET", "https://h/", keys=KEYS, scope=Scope("r", "s", AT), expires=expires)


def test_a_host_header_of_ones_own_is_signed() -> None:
    """Behind a proxy the Host that is sent may differ from the URL's."""
    scope = Scope("r", "s", AT)
    own = sigv4_headers("GET", "https://proxy/", [("Host", "real")], EMPTY_SHA256, keys=KEYS, scope=scope)
    assert own == sigv4_headers("GET", "https://real/", [], EMPTY_SHA256, keys=KEYS, scope=scope)


def test_naive_instants_are_refused() -> None:
    """A local time would be hours off."""
    with pytest.raises(UnsafeInputError, match="time zone"):
        Scope("r", "s", AT.replace(tzinfo=None))


def test_the_signer_shows_no_secret_and_pickles_none() -> None:
    """Neither the secret nor the day's key, which is as good, leaves the process."""
    signer = SigV4Signer(KEYS, region="r", service="s")
    signer.sign("GET", "https://h/", [], b"")
    assert repr(signer) == "<SigV4Signer AKID*** r/s>"
    with pytest.raises(UnsafeInputError):
        pickle.dumps(signer)


def test_an_allowed_signer_signs_the_same_far_away() -> None:
    """A portable secret makes the whole signer portable, without the cached key."""
    near = SigV4Signer(KeyPair("AKID", Secret("x").carried()), region="r", service="s", signed=("x-own",))
    far = pickle.loads(pickle.dumps(near))
    with clock.using(clock.ManualClock(AT)):
        assert far.sign("GET", "https://h/", [("X-Own", "1")], b"") == near.sign(
            "GET", "https://h/", [("X-Own", "1")], b""
        )
