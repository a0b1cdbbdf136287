"""Text that is not UTF-8, which other programs store: a typed error, and a way to its bytes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgpack
import pytest
from catchment.core.errors import DecodeError
from catchment.influxdb import AsyncInfluxDBClient

CSV = b"name,tags,time,s\nm,,1,a\xffc\n"
SERIES = {"name": "m", "columns": ["time", "s"], "values": [[1, "abc"]] * 300}
MSGPACK = bytes(msgpack.packb({"results": [{"statement_id": 0, "series": [SERIES]}]}) or b"").replace(b"abc", b"a\xffc")


@dataclass
class Reply:
    """An answer."""

    headers: Sequence[tuple[str, str]]
    body: bytes
    status: int = 200


@dataclass
class Server:
    """Answers every query in the form that it asks for. Stack and service in one."""

    endpoint: str = "http://foreign.example"
    environment: Mapping[str, str] = field(default_factory=dict)

    def service(self, name: str) -> Server:
        """Return itself: it plays one platform only."""
        assert name == "influxdb"
        return self

    def handle(self, method: str, url: str, headers: Sequence[tuple[str, str]], body: bytes) -> Reply:
        """Answer as a server does that stores whatever bytes it is given."""
        wanted = next(value for name, value in headers if name.lower() == "accept")
        return Reply([("Content-Type", wanted)], CSV if "csv" in wanted else MSGPACK)


async def rows(client: AsyncInfluxDBClient) -> None:
    """Read row by row."""
    async for _ in client.stream("SELECT s FROM m"):
        pass


ASKED: Mapping[str, Callable[[AsyncInfluxDBClient], Any]] = {
    "query": lambda client: client.query("SELECT s FROM m"),
    "stream": rows,
    "frame": lambda client: client.query_data_frame("SELECT s FROM m"),
    "csv": lambda client: client.query_csv("SELECT s FROM m"),
}


@pytest.mark.parametrize("asked", ASKED)
async def test_every_form_of_answer_says_so(asked: str) -> None:
    """Nothing is replaced in silence; the hint names what hands out the bytes."""
    async with AsyncInfluxDBClient(local=Server(), db="db") as client:  # type: ignore[arg-type]
        with pytest.raises(DecodeError, match="not UTF-8") as caught:
            await ASKED[asked](client)
    assert "application/csv" in str(caught.value.hint)


async def test_the_bytes_are_to_be_had() -> None:
    """As the server has them."""
    async with AsyncInfluxDBClient(local=Server(), db="db") as client:  # type: ignore[arg-type]
        assert await client.query_raw("SELECT s FROM m", accept="application/csv") == CSV
