"""Turn bound parameters into the tokens that take their place."""

from __future__ import annotations

import json
from typing import NamedTuple, cast

from catchment.local.influxdb.durations import format_duration
from catchment.local.influxdb.errors import HTTPRefusalError
from catchment.local.influxdb.numbers import go_float

_STRINGS = {
    "ident": ("IDENT", "identifier must be a string value"),
    "identifier": ("IDENT", "identifier must be a string value"),
    "regex": ("REGEX", "regex literal must be a string value"),
    "string": ("STRING", "string literal must be a string value"),
}


class Bound(NamedTuple):
    """A value as a token; a `BOUNDPARAM` is one that cannot be bound, and its text says why."""

    kind: str
    text: str


class _Number(str):
    """A number as it was written."""

    __slots__ = ()


def read_params(text: str) -> dict[str, Bound]:
    """
    Return the values of the `params` parameter of a request, ready to be bound.

    Raises:
        HTTPRefusalError: It is no JSON object, or a number does not fit.
    """
    try:
        values: object = json.loads(text, parse_float=_Number, parse_int=_Number)
    except ValueError as error:
        raise HTTPRefusalError(400, f"error parsing query parameters: {error}") from None
    if not isinstance(values, dict):
        message = "error parsing query parameters: json: cannot unmarshal into Go value of type map[string]interface {}"
        raise HTTPRefusalError(400, message)
    bound: dict[str, Bound] = {}
    for name, value in cast("dict[str, object]", values).items():
        try:
            bound[name] = bind(_number(value) if isinstance(value, _Number) else value)
        except ValueError as error:
            raise HTTPRefusalError(400, f"error parsing json value: {error}") from None
    return bound


def _number(text: _Number) -> float | int:
    """Return what a JSON number means here: without a dot it must be an integer."""
    if "." in text:
        return float(text)
    digits = text.removeprefix("-")
    if not digits.isdigit():
        message = f'strconv.ParseInt: parsing "{text}": invalid syntax'
        raise ValueError(message)
    if not -(2**63) <= int(text) < 2**63:
        message = f'strconv.ParseInt: parsing "{text}": value out of range'
        raise ValueError(message)
    return int(text)


def bind(value: object) -> Bound:
    """Return the token that stands for a value."""
    match value:
        case bool():
            return Bound("TRUE" if value else "FALSE", "")
        case float():
            return Bound("NUMBER", go_float(value, always_plain=True))
        case int():
            return Bound("INTEGER", str(value))
        case str():
            return Bound("STRING", value)
        case dict():
            return _bind_typed(cast("dict[str, object]", value))
        case None:
            return Bound("BOUNDPARAM", "unable to bind parameter with type <nil>")
        case _:
            return Bound("BOUNDPARAM", "unable to bind parameter with type []interface {}")


def _bind_typed(value: dict[str, object]) -> Bound:
    if len(value) != 1:
        return Bound("BOUNDPARAM", "bound object parameter value must have exactly one entry")
    kind, inner = next(iter(value.items()))
    if isinstance(inner, _Number):
        try:
            inner = _number(inner)
        except ValueError as error:
            return Bound("BOUNDPARAM", str(error))
    if kind in _STRINGS:
        token, refusal = _STRINGS[kind]
        return Bound(token, inner) if isinstance(inner, str) else Bound("BOUNDPARAM", refusal)
    return _bind_number(kind, inner)


def _bind_number(kind: str, inner: object) -> Bound:
    whole = isinstance(inner, int) and not isinstance(inner, bool)
    if kind in ("float", "number"):
        if whole or isinstance(inner, float):
            return Bound("NUMBER", go_float(float(cast("float", inner)), always_plain=True))
        return Bound("BOUNDPARAM", "number literal must be a float value")
    if kind in ("int", "integer"):
        return bind(inner) if whole else Bound("BOUNDPARAM", "integer literal must be an integer value")
    if kind == "duration":
        if isinstance(inner, str):
            return Bound("DURATIONVAL", inner)
        if whole:
            return Bound("DURATIONVAL", format_duration(cast("int", inner)))
        return Bound("BOUNDPARAM", "duration literal must be a string or integer value")
    return Bound("BOUNDPARAM", f"unknown bind object type: {kind}")
