"""Say how the InfluxDB server of a stack is set up."""

from __future__ import annotations

import re
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class InfluxDBOptions:
    """
    Choose the installation that the local InfluxDB server plays.

    Args:
        version: What the server says it is. 1.6 and 1.7 behave as 1.6.7 does; 1.8 also answers `/health`
            and `/api/v2/write`, knows `ping?verbose`, refuses unknown precisions, and takes tokens.
        auth: Ask for credentials.
        username: Name of an administrator that is there from the start; None starts without users.
        password: Goes with `username`: give both or neither.
        shared_secret: Lets JSON web tokens in that are signed with it; empty refuses all.
        databases: Databases that are there from the start.
        max_body_size: Largest body of a write, in bytes as sent; 0 is no limit.
        max_row_limit: Most rows of an answer that is not chunked; 0 is no limit.
        max_series_per_database: Most series of a database; 0 is no limit.
    """

    version: str = "1.6.7"
    auth: bool = False
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    shared_secret: str = field(default="", repr=False)
    databases: tuple[str, ...] = ()
    max_body_size: int = 25_000_000
    max_row_limit: int = 0
    max_series_per_database: int = 1_000_000

    def __post_init__(self) -> None:
        if not re.fullmatch(r"1\.[678](\.\d+)?", self.version):
            message = f"version must be 1.6, 1.7 or 1.8, maybe with a third number, not {self.version!r}"
            raise ValueError(message)
        if (self.username is None) != (self.password is None):
            message = "give username and password together, or neither"
            raise ValueError(message)

    @property
    def modern(self) -> bool:
        """Whether the server has what came with 1.8."""
        return self.version.startswith("1.8")
