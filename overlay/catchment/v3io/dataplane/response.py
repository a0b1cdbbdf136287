"""Answers and their error, by the path from which the platform's own package has them imported."""

from __future__ import annotations

from catchment.v3io.errors import HttpResponseError
from catchment.v3io.response import RaiseForStatus, Response, ResponseHeaders, Responses, TransportActions

__all__ = ["HttpResponseError", "RaiseForStatus", "Response", "ResponseHeaders", "Responses", "TransportActions"]
