"""docs/v3io.md and what docs/migrating.md says of V3IO's own package: complete where they list."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping

import pytest
from catchment import v3io
from catchment.v3io import chain, control_chain, groups
from catchment.v3io.aio import dataplane as awaited

from tests.docs.pages import ROOT

PAGE = (ROOT / "docs" / "v3io.md").read_text(encoding="utf-8")
MIGRATING = (ROOT / "docs" / "migrating.md").read_text(encoding="utf-8").partition("## From v3io-py")[2]

# Parents of what is listed, which nobody catches for what they say themselves.
_PARENTS = {"RequestRefusedError", "ResourceConflictError", "BatchStatusError", "UnexpectedStatusError"}
# Not the platform's, but of a machine before it.
_OTHERS = {"TooManyRequestsError"}


def _names(module: object) -> Mapping[str, object]:
    return {name: value for name, value in vars(module).items() if not name.startswith("_")}


def test_every_error_is_listed() -> None:
    """Each class of error that belongs to V3IO is named on its page, and each that is named is there."""
    known = {
        name
        for module in (v3io.errors, groups)
        for name, value in _names(module).items()
        if isinstance(value, type) and issubclass(value, v3io.errors.V3IOError)
    }
    named = set(re.findall(r"`(\w+Error)`", PAGE))
    assert known - named == _PARENTS | _OTHERS
    assert {name for name in named if name not in known} <= {
        "IntegrityError",
        "UnsafeInputError",
        "BulkError",
        "OutcomeUnknownError",
    }


def test_every_variable_is_named() -> None:
    """The page names the environment's variables that are read: all of them, and no others."""
    read = {
        value
        for module in (chain, control_chain)
        for value in _names(module).values()
        if isinstance(value, str) and value.startswith("V3IO_")
    }
    assert set(re.findall(r"`(V3IO_\w+)`", PAGE)) == read


def test_every_defect_has_its_test() -> None:
    """The numbered rows of what works better are 1 to 17, and each has a test of its number."""
    numbers = [int(number) for number in re.findall(r"^\| (\d+) \|", MIGRATING, re.MULTILINE)]
    tests = (ROOT / "tests" / "v3io" / "_async" / "test_defects.py").read_text(encoding="utf-8")
    assert numbers == list(range(1, 18))
    assert [number for number in numbers if f"def test_{number:02}_" not in tests] == []


@pytest.mark.parametrize("client", [v3io.dataplane.Client, awaited.Client], ids=["blocking", "awaited"])
def test_named_options_exist(client: type) -> None:
    """Arguments of the client that the list of differences names are arguments."""
    named = {
        "transport_kind",
        "timeout",
        "retries",
        "logger",
        "logger_verbosity",
        "transport_verbosity",
        "verify",
        "max_connections",
    }
    assert {name for name in named if f"{name}=" not in MIGRATING} == set()
    assert named <= set(inspect.signature(client).parameters)


def test_the_default_of_connections_is_told() -> None:
    """Both pages say how many connections there are by default."""
    with v3io.dataplane.Client(endpoint="http://localhost:1", access_key="k") as client:
        most = client.max_connections
    assert f"`max_connections` ({most} by default)" in PAGE
    assert f"| {most}; `max_connections=` |" in MIGRATING
