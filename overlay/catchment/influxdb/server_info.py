"""What the server says of itself: headers of `/ping`, and its version."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Self

from catchment.core.wire import Headers


class PingHeaders(dict[str, str]):
    """Headers of an answer; upper and lower case are the same in lookups."""

    @classmethod
    def of(cls, headers: Headers) -> Self:
        """Take the headers of an answer, as they were written."""
        return cls((name, headers[name]) for name, _ in headers.raw)

    def _written(self, name: object) -> object:
        if not isinstance(name, str) or super().__contains__(name):
            return name
        return next((key for key in self if key.lower() == name.lower()), name)

    def __contains__(self, name: object) -> bool:
        return super().__contains__(self._written(name))

    def __getitem__(self, name: str) -> str:
        return super().__getitem__(str(self._written(name)))

    def get(self, name: str, default: str | None = None) -> str | None:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        """Return a header, or the default."""
        written = self._written(name)
        return super().get(str(written), default)


class Version(tuple[int, ...]):
    """
    A version as numbers, so that it compares: `version >= (1, 8)`.

    Attributes:
        text: As the server words it, such as `1.6.7~rc0`.
        build: `OSS` or `ENT`; empty where it does not say.
    """

    text: str
    build: str

    @classmethod
    def of(cls, headers: Mapping[str, str]) -> Self:
        """Read the headers of `/ping`; a version without numbers is `()`."""
        text = headers.get("X-Influxdb-Version", "")
        match = re.match(r"v?(\d+(?:\.\d+)*)", text)
        made = cls(int(part) for part in match[1].split(".")) if match else cls()
        made.text, made.build = text, headers.get("X-Influxdb-Build", "")
        return made
