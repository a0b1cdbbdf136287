"""R41: object paths are any text; what is written under one is found, listed and deleted under exactly that one."""

from __future__ import annotations

import random
import unicodedata

import pytest
from catchment.lakefs import aio as lakefs

SIGNS = "abc/ %+&=?#~^@$:;,.'\"\\<>{}[]|`*()!\u00e9e\u0301\u00fc\U0001f600\u4e2d\u202e\ufeff\x01\x1f\x7f\n\r\t"
NAMED = ["/", "//", "a//b", "/a", "a/", ".", "..", "../a", "%2F", "%", "a%20b", "+", " ", "?path=b", "#", "x" * 1024]


def some_paths(seed: int) -> list[str]:
    """Return paths made of everything that is special somewhere."""
    chance = random.Random(seed)
    return ["".join(chance.choice(SIGNS) for _ in range(chance.randint(1, 12))) for _ in range(15)]


@pytest.mark.parametrize("pre_sign", [False, True], ids=["direct", "presigned"])
@pytest.mark.parametrize("paths", [NAMED, some_paths(1), some_paths(2)], ids=["named", "seed 1", "seed 2"])
async def test_paths_travel_byte_by_byte(main: lakefs.Branch, paths: list[str], pre_sign: bool) -> None:
    """By query string, JSON and header alike, in byte order, and each apart from all others."""
    for path in paths:
        assert (await main.upload(path.encode(), path, pre_sign=pre_sign)).path == path
    wanted = sorted(set(paths), key=str.encode)
    assert [item.path async for item in main.objects()] == wanted
    for path in wanted:
        assert await main.download(path, pre_sign=pre_sign) == path.encode()
        assert (await main.copy_object("main", path, "copy of " + path)).path == "copy of " + path
        assert [item.path async for item in main.objects(prefix="copy of " + path, max_amount=1)] == ["copy of " + path]
        await main.object("copy of " + path).delete()
    await main.delete_objects(wanted)
    assert await main.objects().to_list() == []


async def test_composed_and_decomposed_letters_are_two_paths(main: lakefs.Branch) -> None:
    """Nothing is normalised on the way, as some file systems do."""
    for form in ("NFC", "NFD"):
        await main.upload(form, unicodedata.normalize(form, "café"))
    assert await main.download(unicodedata.normalize("NFD", "café")) == b"NFD"
    assert await main.download(unicodedata.normalize("NFC", "café")) == b"NFC"
