"""Turn attributes from their wire form to values and back."""

from __future__ import annotations

import base64
import binascii
import math
import re
import struct
from array import array
from collections.abc import Mapping
from typing import Any, NamedTuple, TypeAlias, cast

from catchment.local.v3io import limits
from catchment.local.v3io.errors import invalid


class Timestamp(NamedTuple):
    """An instant; nanoseconds are never negative, so what is before 1970 has its seconds floored."""

    seconds: int
    nanoseconds: int


Value = bool | int | float | str | bytes | Timestamp
"""What an attribute can hold; arrays are bytes with a header."""

Numbers: TypeAlias = "array[Any]"
"""What an array blob holds: typecode `q` for integers or `d` for doubles."""

_INTEGER = re.compile(r"[+-]?\d{1,400}", re.ASCII)
_DECIMAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|[+-]?(nan|inf|infinity)", re.ASCII | re.IGNORECASE)
_INSTANT = re.compile(r"(-?\d{1,18}):(\d{1,9})", re.ASCII)
_HEADER = struct.Struct("<IIII")
_MAGIC = 11223344
_INT64, _DOUBLE = 259, 261


def decode_value(name: str, typed: object) -> Value:
    """
    Return the value of `{"N": "12"}` and the like.

    Raises:
        RefusalError: It is none.
    """
    if not isinstance(typed, dict) or len(cast("dict[str, object]", typed)) != 1:
        raise invalid(f"attribute {name!r} is no object with one type in it")
    ((kind, held),) = cast("dict[str, object]", typed).items()
    if kind == "S" and isinstance(held, str):
        return checked_text(name, held)
    if kind == "N" and isinstance(held, str):
        return _number(name, held)
    if kind == "BOOL" and isinstance(held, bool):
        return held
    if kind == "B" and isinstance(held, str):
        return _blob(name, held)
    if kind == "TS" and isinstance(held, str):
        return _instant(name, held)
    if kind == "S" and isinstance(held, (int, float)) and not isinstance(held, bool):
        return str(held)
    raise invalid(f"attribute {name!r} has no value of a known type ({kind!r})")


def checked_text(name: str, text: str) -> str:
    """Return a text that an attribute can hold."""
    if (len(text) if text.isascii() else len(encoded(f"attribute {name!r}", text))) > limits.TEXT_BYTES:
        raise invalid(f"attribute {name!r} is longer than {limits.TEXT_BYTES} bytes")
    return text


def encoded(what: str, text: str) -> bytes:
    """Return the bytes of a text."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise invalid(f"{what} has half a character, which no UTF-8 can hold") from None


def _number(name: str, text: str) -> int | float:
    if _INTEGER.fullmatch(text):
        return fitting(int(text))
    if _DECIMAL.fullmatch(text) is None:
        raise invalid(f"attribute {name!r} is no number: {text[:40]!r}")
    return float(text)


def fitting(number: int) -> int | float:
    """Return an integer as the engine holds it: beyond 64 bits as a double."""
    if -(2**63) <= number < 2**64:
        return number
    try:
        return float(number)
    except OverflowError:
        return math.copysign(math.inf, number)


def _blob(name: str, text: str) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise invalid(f"attribute {name!r} is not base64") from None
    if len(data) > limits.ATTRIBUTE_BYTES:
        raise invalid(f"attribute {name!r} is longer than {limits.ATTRIBUTE_BYTES} bytes")
    return data


def _instant(name: str, text: str) -> Timestamp:
    match = _INSTANT.fullmatch(text)
    if match is None:
        raise invalid(f"attribute {name!r} is no secs:nanos: {text[:40]!r}")
    return Timestamp(int(match[1]), int(match[2]))


def encode_value(value: Value) -> dict[str, object]:
    """Return a value in its wire form."""
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, int):
        return {"N": str(value)}
    if isinstance(value, float):
        return {"N": number_text(value)}
    if isinstance(value, bytes):
        return {"B": base64.b64encode(value).decode("ascii")}
    return {"TS": f"{value.seconds}:{value.nanoseconds}"}


def number_text(number: float) -> str:
    """Return a double as the server writes it: without a fraction where it has none."""
    if number.is_integer() and abs(number) < 1e15:
        return str(int(number))
    return repr(number)


def size_of(value: Value) -> int:
    """Return how many bytes a value counts for."""
    if isinstance(value, str):
        return len(value) if value.isascii() else len(value.encode())
    return len(value) if isinstance(value, bytes) else 8


def encode_all(attributes: Mapping[str, Value]) -> dict[str, dict[str, object]]:
    """Return attributes in their wire form."""
    return {name: encode_value(value) for name, value in attributes.items()}


# Arrays


def read_array(blob: bytes) -> Numbers | None:
    """Return the numbers of an array blob, or None when it is another blob."""
    if len(blob) < _HEADER.size:
        return None
    magic, version, length, kind = _HEADER.unpack_from(blob)
    whole = magic == _MAGIC and version == 1 and len(blob) == _HEADER.size + length and length % 8 == 0
    if not whole or kind not in (_INT64, _DOUBLE):
        return None
    count = length // 8
    if kind == _INT64:
        return array("q", struct.unpack_from(f"<{count}q", blob, _HEADER.size))
    return array("d", struct.unpack_from(f"<{count}d", blob, _HEADER.size))


def write_array(numbers: Numbers) -> bytes:
    """Return numbers as an array blob."""
    kind, code = (_INT64, "q") if numbers.typecode == "q" else (_DOUBLE, "d")
    return _HEADER.pack(_MAGIC, 1, 8 * len(numbers), kind) + struct.pack(f"<{len(numbers)}{code}", *numbers)
