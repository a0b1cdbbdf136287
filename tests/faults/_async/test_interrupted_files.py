"""R29 for files: an interrupted download or upload leaves no half."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults._async.lakefs_work import scene
from tests.faults._async.test_interrupted import interrupted


def beside(file: Path) -> list[str]:
    """Return what lies in a file's folder."""
    return sorted(each.name for each in file.parent.iterdir())


@pytest.mark.parametrize("nth", [1, 2, 3])
async def test_interrupted_download_leaves_the_older_file(
    tmp_path: Path, interruption: type[BaseException], nth: int
) -> None:
    """No half of a file under its name, and no temporary file beside it."""
    target = tmp_path / "kept.bin"
    target.write_bytes(b"older")
    async with scene(presign=True) as here:
        await here.main.upload(bytes(9 * 1024 * 1024), "large", pre_sign=False)
        with interrupted(here, nth, interruption, applied=False), pytest.raises(interruption):
            await here.main.download_file("large", target)
    assert target.read_bytes() == b"older"
    assert beside(target) == ["kept.bin"]


async def test_interrupted_block_of_a_writer_uploads_nothing(interruption: type[BaseException]) -> None:
    """What was written so far is no object."""
    async with scene(presign=False) as here:

        async def half() -> None:
            async with here.main.open("half", "wb") as file:
                await file.write(b"first half")
                raise interruption

        with pytest.raises(interruption):
            await half()
        assert not await here.main.object("half").exists()
