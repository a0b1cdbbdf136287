"""Values that must not be shown."""

from __future__ import annotations

from typing import Any, NoReturn, Self, final

from catchment.core.errors import ConfigError, UnsafeInputError

MASK = "***"


@final
class Secret:
    """
    Hold a text that shows only when asked for by `reveal()`.

    `str()`, `repr()` and every format give `***`. It is no `str`, so JSON encoders refuse it, and it cannot be joined
    to other text by accident. Equality takes the same time wherever two values differ.

    Args:
        value: The text.
        portable: Whether pickling may write the text out. False refuses, because a pickle is stored and sent in clear.
    """

    __slots__ = ("_portable", "_value")

    def __init__(self, value: str, *, portable: bool = False) -> None:
        if not isinstance(value, str):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise ConfigError(f"a secret must be text, not {type(value).__name__}")
        self._value = value
        self._portable = portable

    @classmethod
    def of(cls, value: str | Secret) -> Secret:
        """Wrap text; a secret stays as it is."""
        return value if isinstance(value, Secret) else cls(value)

    def reveal(self) -> str:
        """Return the text."""
        return self._value

    def carried(self) -> Self:
        """Return the same secret, allowed to travel in a pickle."""
        return type(self)(self._value, portable=True)

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        from hmac import compare_digest

        return compare_digest(_octets(self._value), _octets(other._value))

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __str__(self) -> str:
        return MASK

    def __repr__(self) -> str:
        return f"Secret({MASK})"

    def __format__(self, spec: str) -> str:
        return format(MASK, spec)

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    def __getstate__(self) -> NoReturn:
        """Refuse the default of `object`, which would hand out the text to whatever walks objects."""
        raise UnsafeInputError("the state of a secret is not handed out; call reveal()")

    def __reduce__(self) -> tuple[Any, ...]:
        if not self._portable:
            raise UnsafeInputError(
                "a secret given as text is not pickled, because the pickle would hold it in clear",
                hint="give the far side a profile or environment variables, or allow it with pickle_secrets=True",
            )
        return (_portable, (self._value,))


def mask(value: str | Secret | None) -> str:
    """
    Show enough of an identifier to recognise it.

    Args:
        value: An identifier, of which at most the first 4 characters are shown, and none when it has fewer than 12;
            a `Secret`, of which nothing is shown; `None`.
    """
    if value is None:
        return "none"
    if isinstance(value, Secret) or len(value) < 12:
        return MASK
    return value[:4] + MASK


def _portable(value: str) -> Secret:
    return Secret(value, portable=True)


def _octets(text: str) -> bytes:
    # Environment variables that are no UTF-8 reach Python as lone surrogates; they must compare, not raise.
    return text.encode("utf-8", "surrogatepass")
