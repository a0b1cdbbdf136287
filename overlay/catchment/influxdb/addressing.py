"""Addresses of servers, from their parts and from URLs, InfluxDB's own schemes included. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, unquote, urlsplit

from catchment.core.addresses import check_endpoint
from catchment.core.errors import ConfigError
from catchment.core.secret import Secret

if TYPE_CHECKING:
    from catchment.influxdb.settings import ClientOptions

DEFAULT_PORT: Final = 8086
_SCHEMES: Final[Mapping[str, str]] = {
    "http": "http", "https": "https", "http+unix": "http+unix",
    "influxdb": "http", "influxdb+ssl": "https", "influxdb+https": "https", "influxdb+unix": "http+unix",
    "https+influxdb": "https", "http+influxdb": "http",
}  # fmt: skip


def base_url(host: str | None, port: int | None, path: str, *, ssl: bool, unix_socket: str | Path | None) -> str | None:
    """
    Put an address together.

    Args:
        host: A name or number, or a whole URL.
        port: 8086 by default.
        path: What a proxy has put before the server's own paths.
        ssl: Speak TLS.
        unix_socket: Path of a socket, in place of host and port.

    Returns:
        The base URL; `None` where nothing of it was given.

    Raises:
        ConfigError: It is no address.
    """
    prefix = path.strip("/")
    suffix = f"/{prefix}" if prefix else ""
    if unix_socket is not None:
        if host or port is not None or ssl:
            raise ConfigError("unix_socket is an address of its own; leave host, port and ssl out")
        return check_endpoint(f"http+unix://{quote(str(unix_socket), safe='')}{suffix}", what="unix_socket")
    if host and "://" in host:
        if port is not None or ssl:
            raise ConfigError("host is a whole URL; leave port and ssl out")
        return check_endpoint(plain_scheme(host).rstrip("/") + suffix, what="host")
    if not host and port is None and not ssl and not prefix:
        return None
    name = host or "localhost"
    if port is not None and not (isinstance(port, int) and not isinstance(port, bool) and 0 < port < 65_536):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise ConfigError(f"port={port!r}: a number from 1 to 65535 is needed")
    bare = f"[{name}]" if name.count(":") > 1 and not name.startswith("[") else name
    numbered = bare if _has_port(bare) and port is None else f"{bare}:{port or DEFAULT_PORT}"
    return check_endpoint(f"{'https' if ssl else 'http'}://{numbered}{suffix}", what="host")


def _has_port(host: str) -> bool:
    return host.rpartition("]")[2].count(":") == 1


def plain_scheme(url: str) -> str:
    """
    Return a URL with the scheme that HTTP knows: `influxdb+ssl://` is `https://`.

    Raises:
        ConfigError: Another scheme, such as UDP's.
    """
    scheme, separator, rest = url.partition("://")
    known = _SCHEMES.get(scheme.lower())
    if not separator or known is None:
        raise ConfigError(f"the scheme of the address must be one of {', '.join(_SCHEMES)}")
    return f"{known}://{rest}"


def with_port(url: str) -> str:
    """Add InfluxDB's port to a URL of InfluxDB's own schemes that names none."""
    if not url.lower().startswith("influxdb"):
        return url
    head, separator, rest = url.partition("://")
    if "unix" in head:
        return url
    netloc, slash, path = rest.partition("/")
    host = netloc.rpartition("@")[2]
    return url if _has_port(host) else f"{head}{separator}{netloc}:{DEFAULT_PORT}{slash}{path}"


def options_of_url(url: str) -> ClientOptions:
    """
    Take a URL apart: `influxdb+ssl://user:password@host:8086/database`.

    The path of `http` and `https` is what a proxy has put before the server's own; that of InfluxDB's schemes is the
    database.

    Raises:
        ConfigError: It is no such URL, or has a query or a fragment. The text stays out of the message, because a
            password may be in it.
    """
    plain = plain_scheme(with_port(url.strip()))
    try:
        parts = urlsplit(plain)
        username, password = parts.username, parts.password
    except ValueError:
        raise ConfigError("the URL cannot be read") from None
    if parts.query or parts.fragment:
        raise ConfigError("the URL has a query or a fragment; give settings as arguments")
    options: ClientOptions = {}
    prefix = parts.path.rstrip("/")
    if "influxdb" in url.partition("://")[0].lower():
        database, prefix = unquote(prefix.strip("/")), ""
        if "/" in database:
            raise ConfigError("the path of the URL names the database alone; give path= for a proxy's prefix")
        if database:
            options["database"] = database
    if username:
        options["username"] = unquote(username)
    if password:
        options["password"] = Secret(unquote(password))
    options["host"] = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{prefix}"
    return options
