"""Bodies of objects that no request carries are refused before anything is sent."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest
from catchment.core.errors import UnsafeInputError
from catchment.v3io.calls import objects


@pytest.fixture
def large() -> Iterator[IO[bytes]]:
    """A file of one byte too many, which takes no room."""
    with tempfile.NamedTemporaryFile() as file:
        file.truncate(objects.MAX_OBJECT + 1)
        with Path(file.name).open("rb") as opened:
            yield opened


def test_files_are_measured(large: IO[bytes]) -> None:
    """A file is measured from where it stands, like bytes, and the message says what to do."""
    for append in (False, True):
        with pytest.raises(UnsafeInputError, match="5368709121") as caught:
            objects.put("/users/o", large, append)
        assert "upload" in str(caught.value.hint)
    large.seek(1)
    assert objects.put("/users/o", large).request.content is large
    assert large.tell() == 1
