"""Fixtures of the encoders' tests."""

from tests.unit.influxdb.engines import engine

__all__ = ["engine"]
