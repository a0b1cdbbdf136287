"""docs/migrating.md is true: code of lakeFS's own package runs, but for the differences that the page lists."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest

from tests.docs.pages import ROOT

# Chapter of the day, how it ends, and what the page says of it.
_DIFFERENCES = {
    "presigned_upload_is_read_back": ("{'kept': 'As Is'}", "keys are lower-cased on both ways"),
    "branches_can_hide_and_go": ("UnsafeInputError: 'bad/name'", "`UnsafeInputError`, a `ValueError`; nothing is sent"),
    "generated_client_agrees": ("has no attribute 'auth_api'", "`client.sdk_client`"),
}


@pytest.fixture(scope="module")
def day() -> dict[str, object]:
    """Return how the working day of lakeFS's own package ended under our names."""
    command = [sys.executable, str(ROOT / "tests" / "docs" / "under_official_names.py")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_the_day_differs_where_the_page_says_so(day: dict[str, object]) -> None:
    """Chapters of the day fail for a listed reason or not at all, and a reason that is gone leaves the list."""
    page = (ROOT / "docs" / "migrating.md").read_text(encoding="utf-8")
    failed = day["failed"]
    assert isinstance(failed, dict)
    assert failed.keys() == _DIFFERENCES.keys()
    for chapter, (reason, told) in _DIFFERENCES.items():
        assert reason in failed[chapter]
        assert told in page


def test_the_page_counts_the_chapters(day: dict[str, object]) -> None:
    """The page says how many chapters the day has."""
    page = (ROOT / "docs" / "migrating.md").read_text(encoding="utf-8")
    told = re.search(r"(\d+) chapters", page)
    passed, failed = day["passed"], day["failed"]
    assert isinstance(passed, list)
    assert isinstance(failed, dict)
    assert told is not None
    assert int(told[1]) == len(passed) + len(failed)
