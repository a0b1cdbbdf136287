"""Addresses: endpoints that users write, origins that connections belong to, proxies in between. Pure."""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, unquote, urlsplit

from catchment.core.errors import ConfigError, UnsafeInputError

if TYPE_CHECKING:
    from catchment.core.engines import TransportSettings

_PORTS = {"http": 80, "https": 443, "http+unix": 0}
_HOST = re.compile(r"[A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]+\]").fullmatch
_TARGET = re.compile(r"""[!"$-~]+""").fullmatch
_PROXY_SCHEMES = frozenset({"http", "https", "socks5", "socks5h"})


@dataclass(frozen=True, slots=True)
class Origin:
    """Where connections go: scheme, host and port, or the path of a Unix socket."""

    scheme: str
    host: str
    """Lower case; an IPv6 address without brackets; the path of the socket for `http+unix`."""
    port: int

    @property
    def has_usual_port(self) -> bool:
        """Whether the port is the scheme's own, which addresses leave out."""
        return self.port == _PORTS[self.scheme]

    @property
    def netloc(self) -> str:
        """Host and port as the `Host` header has them; the scheme's own port is left out."""
        if self.scheme == "http+unix":
            return "localhost"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.has_usual_port else f"{host}:{self.port}"

    @property
    def label(self) -> str:
        """Host and port as messages show them."""
        if self.scheme == "http+unix":
            return self.host
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def check_endpoint(text: str, *, what: str = "endpoint", default_scheme: str | None = None) -> str:
    """
    Return a base URL in normal form: with scheme, without trailing slash.

    Args:
        text: `https://host[:port][/path]`, `http+unix://%2Fpath%2Fof.sock`, or no scheme: `localhost:8000`.
        what: How the error calls it, such as the name of a setting.
        default_scheme: For addresses without one; by default `http` on this machine and `https` elsewhere, so that
            credentials never cross a network in the clear unasked.

    Raises:
        ConfigError: It is no such URL, or has user-info, a query or a fragment. The text itself is not shown, because
            a password may be in it.
    """
    stripped = text.strip()
    if not stripped:
        raise ConfigError(f"{what} is empty", hint="give a URL such as https://example.org or localhost:8000")
    if "://" not in stripped:
        host = _host_of(stripped)
        stripped = f"{default_scheme or ('http' if is_loopback(host) else 'https')}://{stripped}"
    try:
        parts = urlsplit(stripped)
        origin = _origin(parts)
    except (ValueError, UnsafeInputError) as exc:
        # urllib quotes what it cannot read, which may be half of a password: https://me:pass/word@host.
        reason = exc.message if isinstance(exc, UnsafeInputError) else "its host or port cannot be read"
        raise ConfigError(f"{what} is no address: {reason}") from None
    for name, present in (("a query", "?" in stripped), ("a fragment", "#" in stripped)):
        if present:
            raise ConfigError(f"{what} has {name}, which a base URL cannot have")
    if parts.path and not _TARGET(parts.path):
        raise ConfigError(f"{what} has a path with spaces or characters that a URL cannot hold; escape them")
    netloc = parts.netloc if origin.scheme == "http+unix" else origin.netloc
    return f"{origin.scheme}://{netloc}{parts.path.rstrip('/')}"


def _host_of(address: str) -> str:
    """Take the host out of an address without scheme."""
    netloc = re.split(r"[/?#]", address, maxsplit=1)[0].rpartition("@")[2]
    return netloc[1:].partition("]")[0] if netloc.startswith("[") else netloc.partition(":")[0]


def origin(url: str) -> Origin:
    """
    Return where connections for a URL go.

    Raises:
        UnsafeInputError: The URL is none that can be sent to.
    """
    try:
        return _origin(urlsplit(url))
    except UnsafeInputError as exc:
        raise UnsafeInputError(f"{mask_url(url)} is no URL to send to: {exc.message}") from None
    except ValueError:
        raise UnsafeInputError(f"{mask_url(url)} is no URL to send to: its host or port cannot be read") from None


def _origin(parts: SplitResult) -> Origin:
    scheme = parts.scheme.lower()
    if scheme not in _PORTS:
        raise UnsafeInputError(f"the scheme {scheme!r} is not one of http, https and http+unix")
    if "@" in parts.netloc:
        raise UnsafeInputError("it holds a user name or password; credentials are settings of their own")
    if scheme == "http+unix":
        path = unquote(parts.netloc)
        if not path.startswith("/") or "\0" in path:
            raise UnsafeInputError("http+unix needs the socket's absolute path with %2F for each slash")
        return Origin(scheme, path, 0)
    host, port = parts.hostname or "", parts.port
    if not host:
        raise UnsafeInputError("it names no host")
    if not host.isascii():
        raise UnsafeInputError("its host is not ASCII; write international names in their xn-- form")
    if not _HOST(f"[{host}]" if ":" in host else host):
        raise UnsafeInputError("its host has characters that no host name can have")
    if ":" in host:
        ipaddress.IPv6Address(host)
    return Origin(scheme, host, _PORTS[scheme] if port is None else port)


def split_url(url: str) -> tuple[str, str]:
    """
    Split an absolute URL into the text of its origin and its target, path and query.

    Cheap, because it runs once a call: the origin is checked where a connection pool is made for it.

    Raises:
        UnsafeInputError: The target holds spaces, control characters, characters beyond ASCII or a fragment.
    """
    slash = url.find("/", 12 if url.startswith("http+") else 8)
    if slash < 0:
        return url, "/"
    target = url[slash:]
    if not _TARGET(target):
        raise UnsafeInputError(f"{mask_url(url)}: it has a fragment, or characters that must be escaped")
    return url[:slash], target


def is_loopback(host: str) -> bool:
    """Tell whether a host name or address means this machine; names are not looked up."""
    name = host.strip("[]").rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def mask_url(url: str) -> str:
    """Return a URL fit for messages: user-info and query hidden."""
    head, mark, _ = url.partition("?")
    head = head.partition("#")[0]
    scheme, separator, rest = head.partition("://")
    if not separator:
        scheme, rest = "", head
    netloc, slash, path = rest.partition("/")
    userinfo, at, host = netloc.rpartition("@")
    shown = f"***@{host}" if at and userinfo else host
    if ":" in host and not host.endswith("]") and not host.rpartition(":")[2].isdigit():
        shown = "***"  # no port, so probably a password with a slash in it
    # Control characters would let a URL forge lines of a log.
    text = f"{scheme}{separator}{shown}{slash}{path}{'?***' if mark else ''}"
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)


# -- proxies -----------------------------------------------------------------------------------------------------------


def check_proxy(url: str) -> None:
    """
    Check a proxy's URL.

    Raises:
        ConfigError: It is none; the URL is shown without its user-info.
    """
    try:
        parts = urlsplit(url)
        usable = parts.scheme.lower() in _PROXY_SCHEMES and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise ConfigError(
            f"{mask_url(url)} is no address of a proxy", hint="give http://host:port, https://… or socks5://…"
        )


def has_credentials(url: str) -> bool:
    """Tell whether a URL has user-info."""
    return "@" in urlsplit(url).netloc


def needs_proxy(url: str, settings: TransportSettings) -> bool:
    """Tell whether requests to a URL go through a proxy, which the lean engine does not speak to."""
    return proxy_of(url, settings) is not None


def proxy_of(url: str, settings: TransportSettings, environ: Mapping[str, str] | None = None) -> str | None:
    """Return the proxy that settings or environment want for a URL."""
    if url.startswith("http+unix:"):
        return None
    if settings.proxy is not None:
        return settings.proxy
    return proxy_for(url, os.environ if environ is None else environ) if settings.trust_env else None


def proxy_for(url: str, environ: Mapping[str, str]) -> str | None:
    """
    Return the proxy that the environment names for a URL, by the rules that httpx users know.

    `HTTPS_PROXY` or `HTTP_PROXY` by the URL's scheme, else `ALL_PROXY`; names in lower case win over upper case;
    `HTTP_PROXY` in upper case is ignored under CGI, where a request header could set it. `NO_PROXY` lists hosts: a
    domain means its subdomains too, with a leading dot these alone, `*` everything; an entry may be a URL pattern.

    Raises:
        ConfigError: The variable holds no address of a proxy.
    """
    parts = urlsplit(url)
    bypass = [entry.strip() for entry in _variable(environ, "no").split(",") if entry.strip()]
    if any(_bypasses(entry, parts) for entry in bypass):
        return None
    proxy = _variable(environ, parts.scheme.lower()) or _variable(environ, "all")
    if not proxy:
        return None
    proxy = proxy if "://" in proxy else f"http://{proxy}"
    check_proxy(proxy)
    return proxy


def _variable(environ: Mapping[str, str], name: str) -> str:
    lower = environ.get(f"{name}_proxy")
    if lower is not None:
        return lower
    if name == "http" and "REQUEST_METHOD" in environ:
        return ""
    return environ.get(f"{name.upper()}_PROXY", "")


def _bypasses(entry: str, url: SplitResult) -> bool:
    """Tell whether one entry of `NO_PROXY` covers a URL."""
    if entry == "*":
        return True
    scheme, separator, rest = entry.lower().rpartition("://")
    if separator and scheme not in {"all", url.scheme.lower()}:
        return False
    host = (url.hostname or "").rstrip(".")
    name, port = _entry_host(rest.partition("/")[0])
    if port and port != str(url.port or _PORTS.get(url.scheme.lower(), 0)):
        return False
    if separator:
        # In a URL pattern the host is exact, `*.name` its subdomains and `*name` both.
        if name.startswith("*."):
            return host.endswith(name[1:])
        if not name.startswith("*"):
            return name in {"", host}
        name = name[1:]
    if name.startswith("."):
        return host.endswith(name)
    return host == name or (host.endswith(f".{name}") and not _is_exact(name))


def _is_exact(name: str) -> bool:
    if name == "localhost":
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _entry_host(text: str) -> tuple[str, str]:
    if text.startswith("["):
        host, _, port = text[1:].partition("]")
        return host, port.lstrip(":")
    if text.count(":") == 1:
        host, _, port = text.partition(":")
        return host, port
    return text, ""
