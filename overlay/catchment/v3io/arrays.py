"""Arrays of numbers as blobs: a header of 16 bytes and 8 bytes an element, little-endian."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Sequence
from math import isnan
from struct import Struct, error, pack, unpack_from
from typing import Any, Final, TypeGuard, cast

from catchment.core.errors import UnsafeInputError
from catchment.v3io.limits import INT_MAX, INT_MIN, shown, whole

_HEADER: Final = Struct("<IIII")
_MAGIC: Final = 11_223_344
_VERSION: Final = 1
_LONG: Final = 259
_DOUBLE: Final = 261
_CODES: Final = {_LONG: "q", _DOUBLE: "d"}
MAGIC: Final = _MAGIC.to_bytes(4, "little")
_PREFIX: Final = MAGIC + _VERSION.to_bytes(4, "little")
_INTEGERS: Final = frozenset("bBhHiIlLqQ")


def is_array(value: object) -> TypeGuard[Sequence[int] | Sequence[float]]:
    """Tell whether a value is of a kind that is sent as an array: list, tuple, `array.array` or numpy array."""
    return isinstance(value, list | tuple | array) or _is_numpy(value)


def encode(values: Sequence[int] | Sequence[float]) -> bytes:
    """
    Return an array as a blob: of 64-bit integers, or of doubles if any element is a float.

    Args:
        values: A list, a tuple, an `array.array`, or a numpy array of one dimension.

    Raises:
        UnsafeInputError: An element that is no number, an integer beyond 64 bits or one that a double cannot hold next
            to floats, more than one dimension, or elements of another type.
    """
    if isinstance(values, array):
        return _of_array(cast("array[Any]", values))
    if _is_numpy(values):
        return _of_numpy(values)
    kinds = set(map(type, values))
    try:
        if kinds <= {int}:
            return _blob(_LONG, pack(f"<{len(values)}q", *values))
        if kinds == {float}:
            return _blob(_DOUBLE, pack(f"<{len(values)}d", *values))
    except error:
        pass  # the slow way says which element
    return _of_any(values)


def decode(blob: bytes) -> list[int] | list[float] | None:
    """Return the numbers of an array's blob, or `None` for bytes that are not exactly one."""
    if blob[:8] != _PREFIX or len(blob) < _HEADER.size:
        return None
    _, _, size, kind = _HEADER.unpack_from(blob)
    code = _CODES.get(kind)
    if code is None or size % 8 or size != len(blob) - _HEADER.size:
        return None
    return list(unpack_from(f"<{size // 8}{code}", blob, _HEADER.size))


def _blob(kind: int, elements: bytes) -> bytes:
    return _HEADER.pack(_MAGIC, _VERSION, len(elements), kind) + elements


def _of_any(values: Sequence[object]) -> bytes:
    numbers = [_number(value, place) for place, value in enumerate(values)]
    if not any(type(number) is float for number in numbers):
        return _blob(_LONG, pack(f"<{len(numbers)}q", *(_long(n, place) for place, n in enumerate(numbers))))
    return _blob(_DOUBLE, pack(f"<{len(numbers)}d", *(_double(n, place) for place, n in enumerate(numbers))))


def _number(value: object, place: int) -> int | float:
    number = whole(value)
    if number is not None:
        return number
    if isinstance(value, float):
        return float(value)
    if type(value).__module__ == "numpy" and getattr(value, "dtype", None) is not None and _kind(value) == "f":
        return _narrowed(cast("Any", value), place)
    raise UnsafeInputError(
        f"element {place} is {type(value).__name__}: arrays hold whole numbers and floats only",
        hint="store text, booleans and nested lists as attributes of their own, or as JSON text",
    )


def _narrowed(value: Any, place: int) -> float:
    number = float(value)
    if number != value and not isnan(number):  # extended precision
        raise UnsafeInputError(f"element {place} ({value!r}) has more digits than a double")
    return number


def _long(number: float, place: int) -> int:
    if not INT_MIN <= number <= INT_MAX:
        raise UnsafeInputError(
            f"element {place} ({shown(number)}) needs more than 64 bits",
            hint="make the array one of floats, or of smaller numbers",
        )
    return int(number)


def _double(number: float, place: int) -> float:
    if type(number) is int and not _exact_as_double(number):
        raise UnsafeInputError(
            f"element {place} ({shown(number)}) is next to floats, and a double does not hold it exactly",
            hint="store whole numbers and floats as two arrays",
        )
    return float(number)


def _exact_as_double(number: int) -> bool:
    try:
        return float(number) == number
    except OverflowError:
        return False


def _of_array(values: array[Any]) -> bytes:
    if values.typecode == "q":
        return _blob(_LONG, _little(values))
    if values.typecode in "fd":
        return _blob(_DOUBLE, _little(array("d", values)))
    if values.typecode in _INTEGERS:
        try:
            return _blob(_LONG, _little(array("q", values)))
        except OverflowError:
            return _of_any(values.tolist())
    raise UnsafeInputError(f"array({values.typecode!r}) holds characters: arrays hold numbers only", hint="pass a str")


def _little(values: array[Any]) -> bytes:
    if sys.byteorder == "big":
        values = values[:]
        values.byteswap()
    return values.tobytes()


def _is_numpy(value: object) -> bool:
    numpy = sys.modules.get("numpy")  # without it, nobody can have made one of its arrays
    return numpy is not None and isinstance(value, numpy.ndarray)


def _kind(value: object) -> str:
    return cast("Any", value).dtype.kind


def _of_numpy(values: Any) -> bytes:
    if values.ndim != 1:
        raise UnsafeInputError(
            f"an array of {values.ndim} dimensions cannot be stored", hint="flatten it, and store its shape beside it"
        )
    kind = values.dtype.kind
    if kind == "i" or (kind == "u" and values.dtype.itemsize < 8):
        return _blob(_LONG, values.astype("<i8").tobytes())
    if kind == "f" and values.dtype.itemsize <= 8:
        return _blob(_DOUBLE, values.astype("<f8").tobytes())
    if kind in "fuO":
        return _of_any(list(values))
    raise UnsafeInputError(
        f"a numpy array of {values.dtype} cannot be stored: arrays hold whole numbers and floats only",
        hint="convert it first, for example with .astype('int64')",
    )
