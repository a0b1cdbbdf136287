"""Settings of connections, and headers before they are sent."""

from __future__ import annotations

import pickle
import ssl

import pytest
from catchment.core import tls
from catchment.core.engines import TransportSettings
from catchment.core.errors import ConfigError, UnsafeInputError
from catchment.core.headers import check_headers


@pytest.mark.parametrize(
    "values",
    [
        {"connect": 0},
        {"read": -1.0},
        {"read": float("inf")},
        {"pool_size": 0},
        {"max_body": 0},
        {"verify": "/no/such/file.pem"},
        {"cert": ()},
        {"cert": ("/no/such.pem", "/no/such.key")},
        {"proxy": "p:3128"},
    ],
    ids=str,
)
def test_settings_that_cannot_be_meant(values: dict[str, object]) -> None:
    """Refused where they are written, not at the first call."""
    with pytest.raises(ConfigError):
        TransportSettings(**values)  # type: ignore[arg-type]


def test_secrets_of_settings_do_not_show(tmp_path: object) -> None:
    """Neither in a repr nor in a pickle."""
    settings = TransportSettings(proxy="http://me:canary@p:1")
    assert "canary" not in repr(settings)
    with pytest.raises(TypeError, match="password"):
        pickle.dumps(settings)


def test_settings_travel() -> None:
    """Plain ones pickle; a ready context cannot, and the error says what can."""
    assert pickle.loads(pickle.dumps(TransportSettings(read=3))) == TransportSettings(read=3)
    with pytest.raises(TypeError, match="path"):
        pickle.dumps(TransportSettings(verify=ssl.create_default_context()))


def test_bad_certificate_file(tmp_path: object) -> None:
    """A file that is there and no certificate."""
    path = f"{tmp_path}/ca.pem"
    with open(path, "w") as file:  # noqa: PTH123
        file.write("nothing")
    with pytest.raises(ConfigError, match="cannot be loaded"):
        tls.context_for(TransportSettings(verify=path))


def test_verification_is_on() -> None:
    """By default: certificate and host name, TLS 1.2 at least."""
    context = tls.context_for(TransportSettings())
    assert context.verify_mode == ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2


def test_good_headers_pass() -> None:
    """As they are, in their order, latin-1 included."""
    headers = [("X-B", "1"), ("x-a", "tab\tand ü"), ("X-B", "")]
    assert check_headers(headers) == headers


@pytest.mark.parametrize(
    ("header", "word"),
    [
        (("X-A", "canary\r\nX-Evil: 1"), "line break"),
        (("X-A", "canary\n"), "line break"),
        (("X-A", "canary\0"), "control"),
        (("X-A", "canary\x7f"), "control"),
        (("X-A", "canary €"), "latin-1"),
        (("X-A", " canary"), "space"),
        (("X A", "canary"), "name"),
        (("", "canary"), "name"),
        (("X-A:", "canary"), "name"),
        (("X-Ä", "canary"), "name"),
    ],
    ids=repr,
)
def test_bad_headers(header: tuple[str, str], word: str) -> None:
    """R38: the error names header and offence, never the value."""
    with pytest.raises(UnsafeInputError, match=word) as caught:
        check_headers([("X-Good", "1"), header])
    assert "canary" not in str(caught.value)
