"""Say how the V3IO tenant of a stack is set up."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

SLICES = 1024
"""Slices that the items of a table are spread over."""

_CONTAINER = re.compile(r"(?!.*(--|__))[a-z0-9_-]{1,128}", re.ASCII)


def is_container_name(name: str) -> bool:
    """Tell whether a container may have this name."""
    return _CONTAINER.fullmatch(name) is not None


@dataclass(frozen=True, slots=True)
class V3IOOptions:
    """
    Choose the tenant that the local V3IO plays.

    Args:
        containers: Containers that are there from the start.
        access_key: Of the first user; None derives one from the stack's seed.
        username: Name of the first user.
        password: Of the first user; None derives one from the stack's seed.
        administrator: Lets the first user set modes, owners and times, which others are refused.
        strict_paths: Refuse escaped slashes (`%2F`) in paths, which nobody knows the real server's view of.
        slices_per_page: How many of a table's 1024 slices a page of a scan covers at most. With 1, as the real
            server does it, most pages of a small table are empty; 1024 makes no page short but for its size.
        virtual_nodes: What the cluster says it has.
    """

    containers: tuple[str, ...] = ("users", "bigdata", "projects")
    access_key: str | None = field(default=None, repr=False)
    username: str = "admin"
    password: str | None = field(default=None, repr=False)
    administrator: bool = False
    strict_paths: bool = False
    slices_per_page: int = 64
    virtual_nodes: int = 4

    def __post_init__(self) -> None:
        for name in self.containers:
            if not is_container_name(name):
                message = (
                    f"{name!r} is no name for a container: 1-128 of lower case letters, digits, - and _, not doubled"
                )
                raise ValueError(message)
        if not 1 <= self.slices_per_page <= SLICES:
            message = f"slices_per_page must be 1 to {SLICES}, not {self.slices_per_page}"
            raise ValueError(message)
        if not self.username or ":" in self.username:
            message = "username must be some text without a colon"
            raise ValueError(message)
