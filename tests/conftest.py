"""What holds for every test: nothing leaves this machine."""

from __future__ import annotations

import sys

_LOOPBACK = ("127.", "::1", "localhost")


def _stay_here(event: str, arguments: tuple[object, ...]) -> None:
    """Refuse connections to other machines: a test that needs one is not a test of this repository."""
    if event != "socket.connect":
        return
    address = arguments[1]
    if isinstance(address, tuple) and not str(address[0]).startswith(_LOOPBACK):
        raise PermissionError(f"a test tried to connect to {address!r}")


sys.addaudithook(_stay_here)
