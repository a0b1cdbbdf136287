"""Heavy and optional packages, loaded when data asks for them.

They come as `Any`: none of them has types complete enough for strict checking.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any

from catchment.core.errors import ConfigError


def numpy() -> Any:
    """Return numpy, which comes with pandas."""
    return _present("numpy")


def pandas() -> Any:
    """Return pandas."""
    return _present("pandas")


def optional(name: str) -> Any | None:
    """Return a package if it is installed; `None` if not."""
    try:
        return _present(name)
    except ImportError:
        return None


def needed(name: str, extra: str, purpose: str) -> Any:
    """
    Return a package that some input cannot do without.

    Raises:
        ConfigError: It is not installed; the message names the extra that brings it.
    """
    found = optional(name)
    if found is None:
        raise ConfigError(f"{purpose} needs {name}: pip install 'catchment[{extra}]'")
    return found


def _present(name: str) -> Any:
    # Asked for each column, and more than once: the import system takes its time.
    return sys.modules.get(name) or importlib.import_module(name)


def loaded(name: str) -> Any | None:
    """Return a package only if somebody loaded it: without it, no object of its types can have been given."""
    return sys.modules.get(name)
