"""`/api/v2` on servers that have none of it: the local stack as a 1.6.7, and a real one."""

from __future__ import annotations

import pytest
from catchment.influxdb._async.client import AsyncInfluxDBClient
from catchment.influxdb.errors import NotServedError, WriteNotServedError

from tests.influxdb.doubles import Place


async def test_servers_before_1_8_say_404(place: Place) -> None:
    """And the error says what that means; nothing is written."""
    async with AsyncInfluxDBClient(**place.options, db=place.db) as client:
        if (await client.version()) >= (1, 8):
            pytest.skip("this one is younger")
        with pytest.raises(NotServedError, match="404") as caught:
            await client.v2.query("buckets()")
        assert "Servers before 1.8" in str(caught.value.hint)
        with pytest.raises(WriteNotServedError, match="404"):
            await client.v2.write("m v=1 1")
        assert await client.admin.list_measurements() == []
