"""Modes of `open`."""

from __future__ import annotations

from typing import Literal, TypeAlias

from catchment.core.errors import UnsafeInputError

ReadModes: TypeAlias = Literal["r", "rb"]
WriteModes: TypeAlias = Literal["w", "wb", "x", "xb"]
OpenModes: TypeAlias = Literal["r", "rb", "w", "wb", "x", "xb"]

READ_MODES = ("r", "rb")
WRITE_MODES = ("w", "wb", "x", "xb")


def check_mode(mode: str, allowed: tuple[str, ...]) -> str:
    """
    Return the mode, `t` left out.

    Raises:
        UnsafeInputError: It is none of those allowed here; also a `ValueError`.
    """
    plain = mode.replace("t", "", 1) if isinstance(mode, str) else ""  # pyright: ignore[reportUnnecessaryIsInstance]
    if plain not in allowed:
        hint = "commits and tags never change; write to a branch" if plain in WRITE_MODES else None
        raise UnsafeInputError(f"mode {mode!r} is not one of {', '.join(allowed)}", hint=hint)
    return plain
