"""Outputs carry the names that users of the original know, and stay short when shown."""

from __future__ import annotations

import pickle

import pandas as pd
import pytest
from catchment.v3io.outputs import (
    ContainerContent,
    GetContainerContentsOutput,
    GetItemsOutput,
    GetRecordsOutput,
    GetRecordsResult,
    PutRecordsOutput,
    PutRecordsResult,
)

RECORD = GetRecordsResult(1, 2, 3, b"clock", None, "k")


def test_records_make_tables() -> None:
    """A frame of their mappings has their columns."""
    frame = pd.DataFrame([RECORD.to_dict()])
    assert list(frame.columns) == [
        "arrival_time_sec",
        "arrival_time_nsec",
        "sequence_number",
        "data",
        "client_info",
        "partition_key",
    ]


def test_results_of_records_that_were_written_have_no_error() -> None:
    """Two members are enough for them."""
    written = PutRecordsResult(5, 0)
    assert (written.error_code, written.error_message) == (None, None)


@pytest.mark.parametrize(
    "output",
    [
        GetItemsOutput([{"secret": "clock"}], True, None),
        GetRecordsOutput("B", 0, 0, [RECORD]),
        PutRecordsOutput(0, [PutRecordsResult(1, 0)] * 1000),
        GetContainerContentsOutput("users", None, "1000", "false", [ContainerContent()] * 1000),
    ],
)
def test_pages_are_shown_in_one_line(output: object) -> None:
    """A thousand items, records or entries are not part of a repr; pickle keeps them."""
    assert len(repr(output)) < 120
    assert "clock" not in repr(output)
    assert pickle.loads(pickle.dumps(output)) == output


def test_outputs_take_no_new_attributes() -> None:
    """A mistyped name is an error, not a new attribute."""
    with pytest.raises(AttributeError):
        ContainerContent().sise = 5  # type: ignore[attr-defined]
