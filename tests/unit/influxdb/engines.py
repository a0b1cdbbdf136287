"""The combinations of optional packages that the encoders must give the same answers with."""

from __future__ import annotations

import sys

import pytest

COMBINATIONS = {
    "arrow and orjson": (),
    "arrow": ("orjson",),
    "orjson": ("pyarrow",),
    "neither": ("pyarrow", "orjson"),
}


@pytest.fixture(params=list(COMBINATIONS))
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Hide some of the optional packages; skip what this environment lacks."""
    hidden = COMBINATIONS[request.param]
    for name in ("pyarrow", "orjson"):
        if name not in hidden:
            pytest.importorskip(name)
    for name in hidden:
        monkeypatch.setitem(sys.modules, name, None)
    return request.param
