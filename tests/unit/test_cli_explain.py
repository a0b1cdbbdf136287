"""`catchment explain` says where a platform's address and credentials come from, whichever platform it is."""

from __future__ import annotations

import pytest
from catchment.cli import main

VARIABLES = {
    "lakefs": {
        "LAKECTL_SERVER_ENDPOINT_URL": "https://lake.example.com",
        "LAKECTL_CREDENTIALS_ACCESS_KEY_ID": "AKIAEXAMPLE",
        "LAKECTL_CREDENTIALS_SECRET_ACCESS_KEY": "hush",
    },
    "influxdb": {"INFLUX_URL": "https://db.example.com", "INFLUX_USERNAME": "ada", "INFLUX_PASSWORD": "hush"},
    "v3io": {"V3IO_API": "https://v3io.example.com", "V3IO_ACCESS_KEY": "hush"},
    "v3io-control": {"V3IO_CONTROLPLANE_URL": "https://dash.example.com", "V3IO_ACCESS_KEY": "hush"},
}


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the machine has set does not count."""
    for names in VARIABLES.values():
        for name in names:
            monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("platform", VARIABLES)
def test_address_and_winner_are_named(
    platform: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every platform says which source won, masked, and where its server is."""
    for name, value in VARIABLES[platform].items():
        monkeypatch.setenv(name, value)
    assert main(["explain", platform]) == 0
    said = capsys.readouterr().out
    assert "found in environment variables" in said
    assert "example.com" in said.splitlines()[-1]
    assert said.splitlines()[-1].endswith(", from environment variables")
    assert "hush" not in said


def test_credentials_without_an_address_are_half_a_configuration(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The status is 1, and the text says what is missing."""
    monkeypatch.setenv("V3IO_ACCESS_KEY", "hush")
    assert main(["explain", "v3io"]) == 1
    assert "server: no V3IO endpoint" in capsys.readouterr().out
