"""Writing InfluxQL: identifiers, literals and bound values that stay what they are, whatever they hold."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, Literal, TypeAlias, cast

from catchment.core import extras
from catchment.core.errors import UnsafeInputError
from catchment.influxdb import lexing, precision

INT_MIN: Final = -(2**63)
INT_MAX: Final = 2**63 - 1
_DURATION: Final = re.compile(r"(?:\d+(?:ns|ms|[uµsmhdw]))+")
_NANOSECONDS: Final[Mapping[str, int]] = {
    "ns": 1, "u": 1_000, "us": 1_000, "ms": 1_000_000, "s": 10**9, "m": 60 * 10**9, "h": 3_600 * 10**9,
    "d": 86_400 * 10**9, "w": 604_800 * 10**9,
}  # fmt: skip
_UNITS: Final = (("w", 604_800), ("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1))

_Escapes: TypeAlias = "Mapping[int, str]"
_IN_QUOTES: Final[_Escapes] = {ord("\\"): "\\\\", ord('"'): '\\"', ord("\n"): "\\n"}
_IN_STRING: Final[_Escapes] = {ord("\\"): "\\\\", ord("'"): "\\'", ord("\n"): "\\n"}


# -- values of other kinds ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Identifier:
    """A name of a measurement, field, tag, policy or database, to be given where a value could be meant."""

    name: str


@dataclass(frozen=True, slots=True)
class Regex:
    """A regular expression, in the syntax of Go."""

    pattern: str


@dataclass(frozen=True, slots=True)
class Duration:
    """A length of time as InfluxQL writes it: `"1h30m"`; a `timedelta` says the same."""

    text: str

    def __post_init__(self) -> None:
        if not _DURATION.fullmatch(self.text):
            raise UnsafeInputError(f"{self.text!r} is no duration: numbers and units as in 1h30m are")


@dataclass(frozen=True, slots=True)
class Expression:
    """Text of InfluxQL that the functions of this module made, to be put into a query as it is."""

    text: str


# -- text --------------------------------------------------------------------------------------------------------------


def quote_ident(name: str) -> str:
    """
    Return a name in double quotes, as it can stand in any query.

    Raises:
        UnsafeInputError: It is empty or no text, or holds CR or NUL, which InfluxQL cannot write.
    """
    if not name:
        raise UnsafeInputError("an empty name names nothing")
    return f'"{_escaped(name, _IN_QUOTES, "a name")}"'


def quote_path(*parts: str | None) -> str:
    """Return a qualified name such as `"db"."rp"."measurement"`; `None` for a policy means the default one."""
    return ".".join("" if part is None else quote_ident(part) for part in parts)


def quote_literal(text: str) -> str:
    """
    Return text in single quotes.

    Raises:
        UnsafeInputError: It holds CR or NUL, which only bound values can carry.
    """
    return f"'{_escaped(text, _IN_STRING, 'a string literal')}'"


def quote_regex(pattern: str) -> str:
    """
    Return a regular expression between slashes, its meaning unchanged.

    Raises:
        UnsafeInputError: It is empty, ends in half an escape, or holds a line end, CR or NUL.
    """
    if not pattern:
        raise UnsafeInputError("an empty regular expression cannot be written; leave the condition out")
    _checked(pattern, "a regular expression")
    if "\n" in pattern:
        raise UnsafeInputError(r"a regular expression cannot hold a line end; write \n")
    body = re.sub(r"\\.|/", lambda match: "\\/" if match[0] == "/" else match[0], pattern)
    if (len(body) - len(body.rstrip("\\"))) % 2:
        raise UnsafeInputError("the regular expression ends in a lone backslash")
    return f"/{body}/"


def escape_regex(text: str) -> str:
    """Return the regular expression that matches exactly this text."""
    return re.sub(r"[\\.+*?()|\[\]{}^$]", r"\\\g<0>", text)


def any_of(name: str, values: Iterable[object]) -> Expression:
    """
    Return the condition that a tag or field has one of some values, for which InfluxQL has no IN.

    Raises:
        UnsafeInputError: There are no values, so that no condition says what is meant.
    """
    options = [f"{quote_ident(name)} = {literal(value)}" for value in values]
    if not options:
        raise UnsafeInputError("one of no values is never true, and InfluxQL cannot say so")
    return Expression(f"({' OR '.join(options)})")


def literal(value: object) -> str:
    """
    Return a value as it can stand in a query.

    Args:
        value: str, bool, int, float, Decimal, a time (as nanoseconds), `timedelta`, numpy's scalars, or `Identifier`,
            `Regex`, `Duration` and `Expression`.

    Raises:
        UnsafeInputError: It has no form in InfluxQL: None, NaN, a list, a number outside int64.
    """
    value = _plain(value)
    if isinstance(value, str):
        return quote_literal(value)
    if isinstance(value, int | float | Decimal):
        return _scalar(value)
    return _typed(value)


def _scalar(value: float | Decimal) -> str:
    """Write what queries and JSON write alike."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int) else _decimal(value)


def _typed(value: object) -> str:
    if isinstance(value, Identifier):
        return quote_ident(value.name)
    if isinstance(value, Regex):
        return quote_regex(value.pattern)
    if isinstance(value, Duration | Expression):
        return value.text
    if isinstance(value, timedelta):
        return duration(value)
    raise UnsafeInputError(
        f"a {type(value).__name__} has no form in InfluxQL", hint="give text, a number, a bool, a time or a timedelta"
    )


def duration(value: timedelta | str) -> str:
    """
    Return a length of time as InfluxQL writes it; `"INF"` means without end where a policy's duration is asked for.

    Raises:
        UnsafeInputError: It is negative, or text of another form.
    """
    if isinstance(value, str):
        return value.upper() if value.upper() == "INF" else Duration(value).text
    microseconds = value // timedelta(microseconds=1)
    if microseconds < 0:
        raise UnsafeInputError(f"a duration cannot be negative: {value}")
    seconds, rest = divmod(microseconds, 1_000_000)
    if rest:
        return f"{microseconds}u"
    unit, size = next(((unit, size) for unit, size in _UNITS if seconds % size == 0), ("s", 1))
    return f"{seconds // size}{unit}" if seconds else "0s"


def parse_duration(text: str) -> timedelta | None:
    """
    Read a duration of the server's answers: `168h0m0s`, `1.5ms`; `0s` is `None`, because for policies it is no end.

    Digits below microseconds are cut.

    Raises:
        ValueError: It is none.
    """
    terms = re.findall(r"(\d+)(?:\.(\d+))?(ns|\u00b5s|us|ms|[wdhmsu])", text)
    if "".join(f"{whole}{'.' if part else ''}{part}{unit}" for whole, part, unit in terms) != text or not terms:
        raise ValueError(f"{text!r} is no duration")
    total = sum(
        int(whole + part) * _NANOSECONDS[unit.replace("\u00b5", "u")] // 10 ** len(part) for whole, part, unit in terms
    )
    return timedelta(microseconds=total // 1000) if total else None


# -- bound values ------------------------------------------------------------------------------------------------------

BindMode: TypeAlias = Literal["server", "client"]
"""Who puts values in place of parameters."""


def bind(query: str, params: Mapping[str, object] | None, *, mode: BindMode = "server") -> tuple[str, str | None]:
    """
    Return a query and the JSON of the values that the server is to bind.

    Plain values go to the server. What older servers cannot bind (identifiers, regular expressions, durations) is
    written into the query, safely quoted.

    Args:
        query: With parameters `$name` or `$"any name"`.
        params: Name to value, with or without the dollar sign.
        mode: `"client"` writes every value into the query, for servers that bind only where a literal may stand.

    Raises:
        UnsafeInputError: A parameter without a value, a value without a parameter, or a value without a form.
    """
    values = {name.removeprefix("$"): _plain(value) for name, value in (params or {}).items()}
    asked = lexing.parameters(query)
    if params is None and not asked:
        return query, None
    for wrong, what in ((set(asked) - set(values), "no value for"), (set(values) - set(asked), "the query has no")):
        if wrong:
            raise UnsafeInputError(f"{what} parameter{'s' if len(wrong) > 1 else ''} {_names(wrong)}")
    if mode not in {"server", "client"}:
        raise UnsafeInputError(f"bind={mode!r}: 'server' or 'client' is needed")
    written = {name for name, value in values.items() if mode == "client" or not _is_plain(value)}
    for name in values.keys() - written:
        _json(values[name])  # fails here, before anything is rendered
    text = render(query, {name: values[name] for name in written}) if written else query
    bound = {name: value for name, value in values.items() if name not in written}
    return text, params_json(bound) if bound else None


def render(query: str, params: Mapping[str, object]) -> str:
    """Return a query with these parameters replaced by their values; others stay parameters."""
    return "".join(
        literal(params[lexing.parameter_name(token.text)])
        if token.kind == "parameter" and lexing.parameter_name(token.text) in params
        else token.text
        for token in lexing.tokens(query)
    )


def params_json(params: Mapping[str, object]) -> str:
    """
    Return values as the JSON that `params` of a query takes.

    The server reads a number without a dot as an integer, and fails on `1e-07`, which is how Python writes 0.0000001.
    """
    return "{" + ",".join(f"{_json(name)}:{_json(_plain(value))}" for name, value in params.items()) + "}"


def _json(value: object) -> str:
    if isinstance(value, str):
        from json import dumps

        return dumps(_checked_utf8(value), ensure_ascii=False)
    if isinstance(value, int | float | Decimal):
        return _scalar(value)
    raise UnsafeInputError(f"a {type(value).__name__} cannot be bound: text, numbers, bools and times can")


def _is_plain(value: object) -> bool:
    return isinstance(value, str | bool | int | float | Decimal)


def _plain(value: object) -> object:
    """Turn times and numpy's scalars into plain values; check numbers."""
    numpy: Any = extras.loaded("numpy")
    if numpy is not None and isinstance(value, numpy.generic) and not isinstance(value, numpy.datetime64):
        value = cast("object", cast("Any", value).item())
    if isinstance(value, int) and not isinstance(value, bool) and not INT_MIN <= value <= INT_MAX:
        raise UnsafeInputError(f"{value} is outside the 64 bits of InfluxDB's integers")
    if isinstance(value, float | Decimal) and not math.isfinite(value):
        raise UnsafeInputError(f"{value} has no form in InfluxQL")
    if isinstance(value, datetime | date) or type(value).__name__ == "datetime64":
        return _instant(value)
    return value


def _instant(value: object) -> int:
    nanoseconds = precision.timestamp(value)
    if nanoseconds is None:
        raise UnsafeInputError("NaT is no time to compare with")
    return nanoseconds


def _decimal(value: float | Decimal) -> str:
    """Write a number without an exponent and with a dot; nothing is rounded."""
    text = format(Decimal(repr(value)) if isinstance(value, float) else value, "f")
    return text if "." in text else f"{text}.0"


def _escaped(text: str, table: _Escapes, what: str) -> str:
    return _checked(text, what).translate(table)


def _checked(text: Any, what: str) -> str:
    if not isinstance(text, str):
        raise UnsafeInputError(f"{what} must be text, not {type(text).__name__}")
    if "\r" in text or "\0" in text:
        raise UnsafeInputError(
            f"InfluxQL cannot write CR or NUL in {what}", hint="strings can be bound: WHERE tag = $value and params="
        )
    return _checked_utf8(text)


def _checked_utf8(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise UnsafeInputError("text with lone surrogates cannot be sent: it has no UTF-8") from None
    return text


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"${name}" for name in sorted(names))
