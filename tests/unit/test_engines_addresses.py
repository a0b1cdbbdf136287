"""Endpoints, origins, proxies and masks."""

from __future__ import annotations

import pytest
from catchment.core.addresses import (
    Origin,
    check_endpoint,
    check_proxy,
    is_loopback,
    mask_url,
    needs_proxy,
    origin,
    proxy_for,
    split_url,
)
from catchment.core.engines import TransportSettings
from catchment.core.errors import ConfigError, UnsafeInputError
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("localhost:8000", "http://localhost:8000"),
        ("127.0.0.1:8000/api/v1/", "http://127.0.0.1:8000/api/v1"),
        ("[::1]:8000", "http://[::1]:8000"),
        ("lakefs.example.org", "https://lakefs.example.org"),
        ("lakefs.example.org:8443/x", "https://lakefs.example.org:8443/x"),
        (" HTTPS://Lakefs.Example.ORG:443/Base/ ", "https://lakefs.example.org/Base"),
        ("http+unix://%2Frun%2Fx.sock/api", "http+unix://%2Frun%2Fx.sock/api"),
        ("http://[2001:db8::1]:80", "http://[2001:db8::1]"),
    ],
)
def test_endpoints_have_one_form(text: str, url: str) -> None:
    """Without a scheme this machine is spoken to in the clear and no other is."""
    assert check_endpoint(text) == url
    assert check_endpoint(url) == url


def test_scheme_for_addresses_without_one() -> None:
    """Platforms whose users know `http` as the default say so."""
    assert check_endpoint("v3io.example", default_scheme="http") == "http://v3io.example"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  ",
        "https://",
        "ftp://host",
        "https://me:canary@host",
        "https://host?token=canary",
        "https://host#canary",
        "https://host:99999",
        "https://host:canary",
        "https://me:canary/word@host",
        "https://ho st",
        "https://münchen.example",
        "https://host/a b",
        "http+unix://relative.sock",
        "https://[::zz]",
    ],
)
def test_no_endpoints(text: str) -> None:
    """Refused by the setting's name, and without a word of the text, which may hold a password."""
    with pytest.raises(ConfigError, match="V3IO_API") as caught:
        check_endpoint(text, what="V3IO_API")
    assert "canary" not in str(caught.value)


def test_origins() -> None:
    """What a connection belongs to: case and the usual port make no difference."""
    assert (
        origin("HTTPS://Host.Example/a?b")
        == origin("https://host.example:443/")
        == Origin("https", "host.example", 443)
    )
    assert origin("http://[::1]:8080/").netloc == "[::1]:8080"
    assert origin("http+unix://%2Frun%2Fa.sock/x") == Origin("http+unix", "/run/a.sock", 0)


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("http://a/b/c?d=%2F;e", ("http://a", "/b/c?d=%2F;e")),
        ("https://a:1/", ("https://a:1", "/")),
        ("https://a", ("https://a", "/")),
        ("http+unix://%2Fa/b", ("http+unix://%2Fa", "/b")),
    ],
)
def test_urls_are_split_as_they_are(url: str, parts: tuple[str, str]) -> None:
    """Nothing is decoded or resolved: `%2F`, `..` and `;` stay what the caller signed."""
    assert split_url(url) == parts


@pytest.mark.parametrize("target", ["/a b", "/a\n", "/a#b", "/ä", "/\x7f"])
def test_targets_that_would_be_read_differently(target: str) -> None:
    """A request line ends at its first space."""
    with pytest.raises(UnsafeInputError):
        split_url(f"http://host{target}")


@pytest.mark.parametrize(
    ("host", "is_local"),
    [
        ("localhost", True),
        ("LOCALHOST.", True),
        ("a.localhost", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("[::1]", True),
        ("0.0.0.0", False),
        ("localhost.example.org", False),
        ("10.0.0.1", False),
    ],
)
def test_loopback(host: str, is_local: bool) -> None:
    """Decides whether credentials may travel in the clear."""
    assert is_loopback(host) is is_local


@given(st.text(), st.text(), st.text(max_size=8))
def test_masks_hide_query_and_user(user: str, query: str, path: str) -> None:
    """Whatever they hold, and no character of the URL begins a new line of a log."""
    secret = f"canary{user}"
    shown = mask_url(f"https://{secret.replace('/', '').replace('?', '').replace('#', '')}@host/{path}?{query}canary")
    assert "canary" not in shown
    assert shown.isprintable()


def test_masks_hide_passwords_with_slashes() -> None:
    """They look like a port that is none."""
    assert "canary" not in mask_url("https://me:canary/word@host/x")
    assert mask_url("https://host:8000/x@y?q") == "https://host:8000/x@y?***"
    assert mask_url("http://[::1]:80/x") == "http://[::1]:80/x"


@pytest.mark.parametrize(
    ("url", "environ", "proxy"),
    [
        ("http://a.example/", {}, None),
        ("http://a.example/", {"HTTP_PROXY": "p:3128"}, "http://p:3128"),
        ("https://a.example/", {"HTTP_PROXY": "http://p:1"}, None),
        ("https://a.example/", {"ALL_PROXY": "http://p:1"}, "http://p:1"),
        ("https://a.example/", {"HTTPS_PROXY": "http://p:1", "https_proxy": "http://q:2"}, "http://q:2"),
        ("https://a.example/", {"HTTPS_PROXY": "http://p:1", "https_proxy": ""}, None),
        ("http://a.example/", {"HTTP_PROXY": "http://p:1", "REQUEST_METHOD": "GET"}, None),
        ("http://a.example/", {"http_proxy": "http://p:1", "REQUEST_METHOD": "GET"}, "http://p:1"),
        ("http://a.example/", {"HTTP_PROXY": "http://p:1", "NO_PROXY": "*"}, None),
        ("http://a.example/", {"HTTP_PROXY": "http://p:1", "NO_PROXY": "x, example"}, None),
        ("http://a.example/", {"HTTP_PROXY": "http://p:1", "NO_PROXY": ".a.example"}, "http://p:1"),
        ("http://b.a.example/", {"HTTP_PROXY": "http://p:1", "NO_PROXY": ".a.example"}, None),
        ("http://ba.example/", {"HTTP_PROXY": "http://p:1", "NO_PROXY": "a.example"}, "http://p:1"),
        ("http://127.0.0.1:8000/", {"HTTP_PROXY": "http://p:1", "NO_PROXY": "127.0.0.1"}, None),
        ("http://[::1]/", {"HTTP_PROXY": "http://p:1", "NO_PROXY": "::1"}, None),
        ("http://a.localhost/", {"HTTP_PROXY": "http://p:1", "NO_PROXY": "localhost"}, "http://p:1"),
        ("http://a.example:81/", {"HTTP_PROXY": "http://p:1", "NO_PROXY": "a.example:80"}, "http://p:1"),
        ("http://a.example:81/", {"HTTP_PROXY": "http://p:1", "NO_PROXY": "a.example:81"}, None),
        ("http://a.example/", {"HTTP_PROXY": "http://p:1", "NO_PROXY": "https://a.example"}, "http://p:1"),
        ("http://a.example/", {"HTTP_PROXY": "http://p:1", "NO_PROXY": "http://a.example"}, None),
    ],
)
def test_proxies_of_the_environment(url: str, environ: dict[str, str], proxy: str | None) -> None:
    """By the rules that httpx and curl users know."""
    assert proxy_for(url, environ) == proxy


@pytest.mark.parametrize("proxy", ["ftp://p", "http://", "http://me:canary@:80", "http://p:x"])
def test_bad_proxies(proxy: str) -> None:
    """Named without their user-info."""
    with pytest.raises(ConfigError) as caught:
        check_proxy(proxy)
    assert "canary" not in str(caught.value)


def test_settings_decide_about_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """A setting wins over the environment, which counts only where it is trusted; Unix sockets have none."""
    monkeypatch.setenv("HTTPS_PROXY", "http://p:1")
    monkeypatch.delenv("https_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    url = "https://a.example"
    assert needs_proxy(url, TransportSettings())
    assert not needs_proxy(url, TransportSettings(trust_env=False))
    assert needs_proxy("http://a.example", TransportSettings(trust_env=False, proxy="http://p:1"))
    assert not needs_proxy("http+unix://%2Fa", TransportSettings(proxy="http://p:1"))
