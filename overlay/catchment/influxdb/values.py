"""One Python value to the text of a field."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from math import isfinite
from typing import Any, Final, Literal, TypeAlias, cast

from catchment.core import extras
from catchment.core.errors import UnsafeInputError
from catchment.influxdb import escaping, precision
from catchment.influxdb.escaping import Unstorable

FieldType: TypeAlias = Literal["float", "integer", "string", "boolean"]
"""A field's type as SHOW FIELD KEYS names it. Released servers have no unsigned fields."""

INT_MIN: Final = -(2**63)
INT_MAX: Final = 2**63 - 1

_TYPES: Final[dict[object, FieldType]] = {
    "float": "float",
    float: "float",
    "integer": "integer",
    "int": "integer",
    int: "integer",
    "uint": "integer",
    "unsigned": "integer",
    "string": "string",
    "str": "string",
    str: "string",
    "boolean": "boolean",
    "bool": "boolean",
    bool: "boolean",
}


def field_types(wanted: Mapping[Any, Any] | None) -> dict[str, FieldType]:
    """
    Return the wanted types by field name.

    Args:
        wanted: Field to `"float"`, `"int"`, `"uint"` (stored as an integer), `"str"`, `"bool"`, their long names, or
            the Python types.

    Raises:
        UnsafeInputError: An unknown type.
    """
    result: dict[str, FieldType] = {}
    for key, spelling in (wanted or {}).items():
        kind = _TYPES.get(spelling)
        if kind is None:
            raise UnsafeInputError(
                f"field_types[{key!r}]={spelling!r}: one of float, int, uint, str and bool is needed"
            )
        result[str(key)] = kind
    return result


def is_missing(value: object) -> bool:
    """Tell whether a value stands for no value: `None`, NaN, NaT, `pd.NA`; infinities too, which have no text."""
    if value is None:
        return True
    if isinstance(value, float):
        return not isfinite(value)
    if isinstance(value, Decimal):
        return not value.is_finite()
    if type(value).__name__ in ("NAType", "NaTType"):
        return True
    kind = _numpy_kind(value)
    if kind == "f":
        return not extras.numpy().isfinite(value)
    return kind == "M" and precision.instant(value) is None


def field_text(value: object, wanted: FieldType | None = None) -> str | None:
    """
    Return a field's value as it is sent; `None` for a missing one.

    Args:
        value: `bool`, `int`, `float`, `str`, `Decimal`, a numpy scalar, or a time, which becomes RFC 3339 text.
        wanted: The type to make of it; by default its own.

    Raises:
        Unstorable: The server, or the wanted type, has no room for it.
    """
    write = _BY_TYPE.get(cast("type", type(value)))
    if wanted is None and write is not None:
        return write(value)
    if is_missing(value):
        return None
    plain = plain_value(value)
    if wanted is not None:
        return _COERCIONS[wanted](plain)
    return _own(plain)


def plain_value(value: Any) -> Any:
    """Return a numpy scalar or a subclass's instance as the plain Python value; narrow floats as their short text's."""
    kind = _numpy_kind(value)
    if kind is not None:
        if kind == "f":
            return _plain_float(value)
        return value if kind == "M" else value.item()
    for base in (bool, int, float):
        if isinstance(value, base):
            return base(value)
    return str.__str__(value) if isinstance(value, str) else value


def _plain_float(value: Any) -> float:
    if value.dtype.itemsize < 8:
        return float(str(value))
    number = float(value)
    if not isfinite(number):  # extended precision has larger ones
        raise Unstorable(f"{_short(value)} is larger than a float can be")
    return number


def _own(value: object) -> str | None:
    write = _BY_TYPE.get(type(value))
    if write is not None:
        return write(value)
    if isinstance(value, Decimal):
        return _to_float(value)
    if isinstance(value, date | datetime) or _numpy_kind(value) == "M":
        return f'"{time_text(value)}"'
    raise Unstorable(f"{type(value).__name__} {_short(value)} is no bool, int, float or str", None)


def time_text(value: object) -> str:
    """Return a time as RFC 3339 text; a plain date stays a date."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    return precision.iso_text(precision.instant(value) or 0)


def _float(value: float) -> str | None:
    return repr(value) if value - value == 0.0 else None


def _integer(value: int) -> str:
    if not INT_MIN <= value <= INT_MAX:
        raise Unstorable(f"integer {_short(value)} needs more than 64 bits; field_types can make the field a float")
    return f"{value}i"


def _string(value: str) -> str:
    try:
        return f'"{escaping.string(value)}"'
    except Unstorable as flaw:
        raise Unstorable(flaw.reason, f'"{escaping.escaped(flaw.replacement or "")}"') from None


def _boolean(value: bool) -> str:
    return "true" if value else "false"


def _to_float(value: Any) -> str | None:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        raise Unstorable(f"{type(value).__name__} {_short(value)} cannot be made a float") from None
    if number - number != 0.0:
        if isinstance(value, str):
            return None  # "nan" and "inf" as text are as missing as the numbers
        raise Unstorable(f"{type(value).__name__} {_short(value)} is larger than a float can be")
    return repr(number)


def _to_integer(value: Any) -> str:
    try:
        number = int(value)
        same = isinstance(value, str) or number == value
    except (TypeError, ValueError):
        raise Unstorable(f"{type(value).__name__} {_short(value)} cannot be made an integer") from None
    if not same:
        raise Unstorable(f"{_short(value)} would lose its fraction as an integer")
    return _integer(number)


def _to_string(value: Any) -> str:
    if isinstance(value, date | datetime) or _numpy_kind(value) == "M":
        return f'"{time_text(value)}"'
    return _string(str(value))


def _to_boolean(value: Any) -> str:
    if isinstance(value, str):
        word = value.lower()
        if word in ("true", "false"):
            return word
    elif value in (0, 1):
        return _boolean(bool(value))
    raise Unstorable(f"{type(value).__name__} {_short(value)} cannot be made a boolean")


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _numpy_kind(value: Any) -> str | None:
    numpy = extras.loaded("numpy")
    return value.dtype.kind if numpy is not None and isinstance(value, numpy.generic) else None


_BY_TYPE: Final[dict[type, Callable[[Any], str | None]]] = {
    float: _float,
    int: _integer,
    str: _string,
    bool: _boolean,
}
_COERCIONS: Final[dict[FieldType, Callable[[Any], str | None]]] = {
    "float": _to_float,
    "integer": _to_integer,
    "string": _to_string,
    "boolean": _to_boolean,
}
