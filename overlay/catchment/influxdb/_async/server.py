"""Whether the server is there, and which one."""

from __future__ import annotations

from catchment.core import clock
from catchment.core._async.api import AsyncApiClient
from catchment.core._async.waiting import sleep
from catchment.core.errors import ConfigError, DeadlineError, NetworkError, NotFoundError, ServerError
from catchment.influxdb.models import Health
from catchment.influxdb.server_info import PingHeaders, Version


async def ping(api: AsyncApiClient) -> PingHeaders:
    """Return the headers of the server's answer."""
    from catchment_api.influxdb.api.server import ping as endpoint  # they bring attrs, which importing must not

    response = await api.send(endpoint.build_request())
    return PingHeaders.of(response.headers)


async def version(api: AsyncApiClient) -> Version:
    """Return the server's version."""
    return Version.of(await ping(api))


async def health(api: AsyncApiClient) -> Health:
    """Say whether the server is ready; servers before 1.8 know `/ping` alone."""
    from catchment_api.influxdb.api.server import health as endpoint

    try:
        found = await endpoint.asyncio(client=api)
    except NotFoundError:
        return Health("pass", (await version(api)).text, None)
    except ServerError as exc:
        if exc.status != 503:
            raise
        return Health("fail", None, exc.message)
    return Health(found.status, found.version, found.message)


async def wait_ready(api: AsyncApiClient, *, timeout: float, poll: float) -> Version:
    """
    Wait until the server answers.

    Raises:
        DeadlineError: It did not in time.
    """
    if timeout <= 0 or poll <= 0:
        raise ConfigError("timeout and poll must be above 0")
    until = clock.monotonic() + timeout
    while True:
        try:
            return await version(api)
        except (NetworkError, DeadlineError, ServerError) as exc:
            if clock.monotonic() + poll >= until:
                raise DeadlineError(f"the server did not answer within {timeout:g} s: {exc.message}") from exc
        await sleep(poll)
