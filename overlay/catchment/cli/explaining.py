"""Say where a platform's address and credentials come from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from catchment.core.errors import ConfigError
from catchment.core.lookup import ServiceLookup


def explain(platform: str, profile: str | None) -> int:
    """
    Print every source of credentials, and the address with its source; nothing is sent.

    Args:
        platform: One of `PLATFORMS`.
        profile: To look in, in place of the one that `CATCHMENT_PROFILE` names.

    Returns:
        Exit status: 1 if there are no credentials or no address.

    Raises:
        ConfigError: A source is broken.
    """
    lookup = PLATFORMS[platform](profile)
    explanation = lookup.explain()
    print(explanation)
    if explanation.winner is None:
        return 1
    try:
        address = lookup.address()
    except ConfigError as error:
        print(f"server: {error.message}")
        return 1
    print(f"server: {address.url}, from {address.source}")
    return 0


def _lakefs(profile: str | None) -> ServiceLookup[Any, Any]:
    from catchment.lakefs.chain import Lookup
    from catchment.lakefs.machine import Machine
    from catchment.lakefs.settings import Given

    return Lookup(Given.of({"profile": profile}), Machine.present())


def _influxdb(profile: str | None) -> ServiceLookup[Any, Any]:
    from catchment.influxdb.chain import Lookup
    from catchment.influxdb.settings import Given

    return Lookup(Given.of({"profile": profile}))


def _v3io(profile: str | None) -> ServiceLookup[Any, Any]:
    from catchment.v3io.chain import Lookup
    from catchment.v3io.settings import Given

    return Lookup(Given.of({"profile": profile}))


def _v3io_control(profile: str | None) -> ServiceLookup[Any, Any]:
    from catchment.v3io.control_chain import ControlLookup
    from catchment.v3io.control_settings import ControlGiven

    return ControlLookup(ControlGiven.of({"profile": profile}))


PLATFORMS: Final[Mapping[str, Callable[[str | None], ServiceLookup[Any, Any]]]] = {
    "lakefs": _lakefs,
    "influxdb": _influxdb,
    "v3io": _v3io,
    "v3io-control": _v3io_control,
}
"""Name on the command line to what looks; each loads its platform when it is asked."""
