"""Settings of a batching writer, as users give them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias, TypedDict

from catchment.core.config import Retry
from catchment.influxdb.batching import RETRY, Limits, Overflow
from catchment.influxdb.reporting import OnInvalid
from catchment.influxdb.verdicts import Conf

Success: TypeAlias = Callable[[Conf, bytes], object]
"""Told where lines went, and the lines."""
Failure: TypeAlias = Callable[[Conf, bytes, Exception], object]
"""Told where lines were to go, the lines, and what happened."""

_LIMITS: Final = (
    "batch_size", "max_bytes", "flush_interval", "jitter_interval", "max_buffer_bytes", "overflow", "in_flight",
    "max_retry_time", "max_close_wait",
)  # fmt: skip


class WriterOptions(TypedDict, total=False):
    """Every setting of a batching writer, which says what they mean."""

    batch_size: int
    max_bytes: int
    flush_interval: float
    jitter_interval: float
    max_buffer_bytes: int
    overflow: Overflow
    in_flight: int
    retries: int | Retry | None
    max_retry_time: float
    max_close_wait: float
    success: Success | None
    error: Failure | None
    retry: Failure | None
    tags: Mapping[str, object] | None
    on_invalid: OnInvalid
    field_types: Mapping[str, object] | None
    gzip: bool


def limits_of(options: WriterOptions) -> Limits:
    """
    Check settings.

    Raises:
        ConfigError: One cannot be meant.
    """
    given: dict[str, Any] = {name: value for name, value in options.items() if name in _LIMITS}
    return Limits(**given, retry=_policy(options.get("retries")))


def _policy(retries: int | Retry | None) -> Retry:
    if retries is None:
        return RETRY
    policy = Retry.of(retries)
    if isinstance(retries, Retry):
        return policy
    return Retry(policy.attempts, RETRY.base, RETRY.throttled_base, RETRY.cap, RETRY.max_retry_after)
