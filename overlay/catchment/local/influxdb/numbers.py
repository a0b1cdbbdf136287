"""Write numbers the way Go does."""

from __future__ import annotations

import math
from decimal import Decimal


def go_float(value: float, *, always_plain: bool = False) -> str:
    """
    Return the shortest text of a float.

    Args:
        value: Finite, unless `always_plain`.
        always_plain: Never use an exponent; else exponents from 1e21 up and below 1e-6, as Go's JSON does.
    """
    if always_plain and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"
    text = repr(value)
    text = text.removesuffix(".0")
    magnitude = abs(value)
    if magnitude != 0 and not always_plain and (magnitude < 1e-6 or magnitude >= 1e21):
        return _exponential(text)
    return format(Decimal(text), "f") if "e" in text else text


def _exponential(text: str) -> str:
    """Return the form with one digit before the dot and an exponent without leading zeros."""
    sign, digits, exponent = Decimal(text).normalize().as_tuple()
    shown = "".join(map(str, digits))
    power = int(exponent) + len(shown) - 1
    mantissa = shown[0] + ("." + shown[1:] if len(shown) > 1 else "")
    return f"{'-' if sign else ''}{mantissa}e{'+' if power >= 0 else '-'}{abs(power):02d}".replace("e-0", "e-")


def go_floats(values: list[float]) -> list[str]:
    """Return the texts of many finite floats."""
    texts = list(map(repr, values))
    for index, text in enumerate(texts):
        if text.endswith(".0"):
            texts[index] = text[:-2]
        elif "e" in text or text.startswith(("0.00000", "-0.00000")):
            texts[index] = go_float(values[index])
    return texts


def wrap_int64(value: int) -> int:
    """Return what stays of a whole number in 64 bits with sign."""
    return (value + 2**63) % 2**64 - 2**63


def go_power(base: float, exponent: float) -> float:
    """Return a power to the last digit that Go's library gives, which squares and multiplies."""
    size = abs(exponent)
    if not (math.isfinite(base) and math.isfinite(exponent)) or base in (0.0, 1.0) or not 1 < size < 2**63:
        try:
            return math.pow(base, exponent)
        except (ValueError, OverflowError):
            return math.nan if base < 0 and exponent != int(exponent) else math.inf
    fraction, whole = math.modf(size)
    if fraction and base < 0:
        return math.nan
    result, power = 1.0, 0
    if fraction:
        if fraction > 0.5:
            fraction, whole = fraction - 1, whole + 1
        result = math.exp(fraction * math.log(base))
    mantissa, step = math.frexp(base)
    left = int(whole)
    while left:
        if left & 1:
            result, power = result * mantissa, power + step
        mantissa, step = mantissa * mantissa, step * 2
        if mantissa < 0.5:
            mantissa, step = mantissa * 2, step - 1
        left >>= 1
    if exponent < 0:
        result, power = 1 / result, -power
    try:
        return math.ldexp(result, power)
    except OverflowError:
        return math.copysign(math.inf, result)
