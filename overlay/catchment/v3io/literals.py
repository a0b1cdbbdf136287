"""Values and names as expressions write them.

No value can change what an expression asks: it becomes a literal, or is refused.
"""

from __future__ import annotations

import math
from base64 import b64encode
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from numbers import Integral, Real
from typing import Any, Final, TypeAlias, cast

from catchment.core.errors import UnsafeInputError
from catchment.v3io import arrays, timestamps
from catchment.v3io.limits import INT_MIN, UINT_MAX, attribute_name, plain_text

Literal: TypeAlias = (
    str | int | float | bool | Decimal | datetime | bytes | bytearray | memoryview | Sequence[int] | Sequence[float]
)
"""What an expression can compare with or assign."""

_MISREAD: Final = frozenset(
    {"and", "in", "or", "out", "set", "remove", "not", "true", "false", "nan", "inf", "as", "maxdbl"}
)
"""Words that the engine does not take for attributes when they stand bare, in any case."""


def name(value: object) -> str:
    """
    Write an attribute's name; what clashes with a word of the language goes into backticks.

    Raises:
        UnsafeInputError: Expressions cannot name it.
    """
    text = attribute_name(plain_text(value, "an attribute's name"))
    return f"`{text}`" if text.lower() in _MISREAD else text


def literal(value: object) -> str:
    """
    Write a value.

    Args:
        value: Text without a backslash and without one of the two quotes, a whole number of 64 bits, a finite number,
            a bool, an aware datetime, bytes, or an array of numbers.

    Raises:
        UnsafeInputError: It has no form in expressions, or none without loss.
    """
    if isinstance(value, Enum):
        value = cast("object", value.value)
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, bool) or (type(value).__module__ == "numpy" and type(value).__name__ in {"bool", "bool_"}):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return timestamps.encode(value)
    if isinstance(value, Decimal | Real):
        return _number(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return _blob(bytes(cast("bytes", value)))
    return _other(value)


def _other(value: object) -> str:
    if value is None:
        raise UnsafeInputError(
            "an expression cannot hold None", hint="ask with exists(), or ~exists() for what is missing"
        )
    if isinstance(value, date):
        raise UnsafeInputError(f"{value!r} is a day, not an instant", hint="give a datetime with a time zone")
    if arrays.is_array(value):
        return _blob(arrays.encode(cast("Any", value)))
    raise UnsafeInputError(
        f"a {type(value).__name__} has no form in expressions",
        hint="text, numbers, booleans, datetimes with a time zone, bytes and arrays of numbers have",
    )


def _text(value: str) -> str:
    if "\\" in value or "\0" in value:
        raise UnsafeInputError("a text with a backslash or NUL cannot be written in an expression: it has no escapes")
    quote = '"' if "'" in value else "'"
    if quote in value:
        raise UnsafeInputError("a text with both kinds of quotes cannot be written in an expression: it has no escapes")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise UnsafeInputError("a text with lone surrogates cannot be sent: it has no UTF-8") from None
    return f"{quote}{value}{quote}"


def _number(value: Decimal | Real) -> str:
    if isinstance(value, Integral):
        return _integer(int(value))
    if isinstance(value, Decimal):
        return _decimal(value)
    number = float(value)
    if not math.isfinite(number):
        raise UnsafeInputError(f"{number} cannot be written in an expression")
    if not isinstance(value, float) and number != value:  # long doubles, fractions
        raise UnsafeInputError(f"{value!r} is no float without loss")
    text = format(Decimal(repr(number)), "f")  # without an exponent, which the language does not have
    return text if "." in text else f"{text}.0"


def _integer(value: int) -> str:
    if not INT_MIN <= value <= UINT_MAX:
        raise UnsafeInputError(f"{value} does not fit into 64 bits")
    return str(value)


def _decimal(value: Decimal) -> str:
    if not value.is_finite() or (value != value.to_integral_value() and Decimal(repr(float(value))) != value):
        raise UnsafeInputError(f"{value!r} cannot be kept: numbers with a fraction are double floats")
    if value == value.to_integral_value():
        return _integer(int(value))
    return format(value, "f")


def _blob(data: bytes) -> str:
    return f"blob('{b64encode(data).decode()}')"
