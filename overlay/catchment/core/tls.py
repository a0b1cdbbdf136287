"""TLS contexts: one for each group of settings in the process, made at the first need."""

from __future__ import annotations

import ssl
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from catchment.core.errors import ConfigError

if TYPE_CHECKING:
    from catchment.core.engines import TransportSettings

_contexts: dict[tuple[object, ...], ssl.SSLContext] = {}
_lock = Lock()


def context_for(settings: TransportSettings) -> ssl.SSLContext:
    """
    Return the context for these settings; equal settings share one, because loading a trust store takes milliseconds.

    Raises:
        ConfigError: Certificates cannot be loaded.
    """
    if isinstance(settings.verify, ssl.SSLContext):
        return settings.verify
    # The engines set their protocols (ALPN) on the context, hence http2 in the key.
    key = (settings.verify, settings.cert, settings.http2, settings.trust_env)
    with _lock:
        context = _contexts.get(key)
        if context is None:
            context = _contexts[key] = _make(settings)
        return context


def _make(settings: TransportSettings) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    try:
        _trust(context, settings)
        if settings.cert is not None:
            _identify(context, (settings.cert,) if isinstance(settings.cert, str) else settings.cert)
    except (OSError, ssl.SSLError) as exc:
        reason = exc.reason if isinstance(exc, ssl.SSLError) else exc.strerror
        raise ConfigError(f"certificates for TLS cannot be loaded: {reason}") from None
    return context


def _identify(context: ssl.SSLContext, cert: tuple[str, ...]) -> None:
    """Load the client certificate; OpenSSL would ask the terminal for a password that is missing."""
    file, key, password = (*cert, None, None)[:3]
    context.load_cert_chain(file or "", key, lambda: password or "")


def _trust(context: ssl.SSLContext, settings: TransportSettings) -> None:
    verify = settings.verify
    if verify is False:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif isinstance(verify, (str, Path)):
        path = Path(verify)
        context.load_verify_locations(**({"capath": str(path)} if path.is_dir() else {"cafile": str(path)}))
    else:
        _trust_system(context, trust_env=settings.trust_env)


def _trust_system(context: ssl.SSLContext, *, trust_env: bool) -> None:
    """Trust what the system trusts; bare containers have no store, and certifi's then takes its place."""
    paths = ssl.get_default_verify_paths()
    file, folder = (
        (paths.cafile, paths.capath) if trust_env else (_there(paths.openssl_cafile), _there(paths.openssl_capath))
    )
    if file or (folder and any(Path(folder).iterdir())):
        context.load_verify_locations(cafile=file, capath=folder)
        return
    context.load_default_certs()  # Windows keeps its store elsewhere
    if not context.cert_store_stats()["x509_ca"]:
        import certifi

        context.load_verify_locations(cafile=certifi.where())


def _there(path: str) -> str | None:
    return path if Path(path).exists() else None
