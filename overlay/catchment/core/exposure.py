"""Warnings about what a way to a server lays open to others on the network."""

from __future__ import annotations

from catchment.core import log
from catchment.core.addresses import is_loopback, origin


def warn_unchecked(place: str) -> None:
    """Tell that certificates of a server, as messages call it, are not checked."""
    log.warn(f"certificates of {place} are not checked: anybody on the way can read and change everything")


def warn_of_exposure(url: str, *, checked: bool, sent: str | None, remedy: str) -> None:
    """
    Tell what others on the network can read or change; nothing where they cannot.

    Args:
        url: Base URL of the server.
        checked: Whether its certificate is checked.
        sent: What goes there that nobody else may read, such as `"credentials"`; `None` for nothing.
        remedy: How to say that TLS is meant, such as `"ssl=True"`.
    """
    place = origin(url)
    if place.scheme == "https" and not checked:
        warn_unchecked(place.label)
    if place.scheme == "http" and sent is not None and not is_loopback(place.host):
        log.warn(f"{sent} for {place.label} cross the network in clear: use {remedy}")
