"""A machine that knows nothing: no credentials, an empty home, a working folder of its own."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from catchment.lakefs._async import client as async_clients
from catchment.lakefs._sync import client as sync_clients


@pytest.fixture(autouse=True)
def blank_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Hide this machine's settings and forget the default clients; return the empty home folder."""
    for name in list(os.environ):
        if name.startswith(("LAKECTL_", "INFLUX_", "V3IO_", "CATCHMENT_", "AWS_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / ".config"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setattr(sync_clients, "_default", None)
    monkeypatch.setattr(async_clients, "_default", None)
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    return tmp_path
