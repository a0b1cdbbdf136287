"""Content codings, bounded and checked."""

from __future__ import annotations

import gzip
import zlib

import pytest
from catchment.core.decoding import STEP, BodyDecoder, decode_whole
from catchment.core.errors import DecodeError, ResponseTooLargeError, TruncatedBodyError
from hypothesis import given
from hypothesis import strategies as st

BODY = bytes(range(256)) * 100


def bare(data: bytes) -> bytes:
    """Deflate without zlib's frame, as some servers send it."""
    coder = zlib.compressobj(wbits=-15)
    return coder.compress(data) + coder.flush()


CODINGS = {"gzip": gzip.compress, "X-GZip": gzip.compress, "deflate": zlib.compress, "identity": bytes}


@given(st.binary(max_size=3000), st.sampled_from(sorted(CODINGS)), st.lists(st.integers(1, 50), max_size=30))
def test_any_cut_of_the_wire_gives_the_same(data: bytes, coding: str, cuts: list[int]) -> None:
    """However the network cuts the coded bytes."""
    coded = CODINGS[coding](data)
    decoder = BodyDecoder(coding, label="x")
    out = b""
    for cut in [*cuts, len(coded)]:
        piece, coded = coded[:cut], coded[cut:]
        out += b"".join(decoder.feed(piece))
    decoder.finish()
    assert out == data


def test_blocks_of_prometheus_are_left_to_their_readers() -> None:
    """`snappy` names the blocks of Prometheus' remote read, sent unasked: they are handed over, not refused."""
    decoder = BodyDecoder("snappy", label="x")
    assert b"".join(decoder.feed(BODY)) == BODY
    decoder.finish()


@given(st.lists(st.binary(max_size=200), min_size=1, max_size=5), st.integers(0, 20))
def test_members_and_padding(members: list[bytes], zeros: int) -> None:
    """All members count; zeros at the end are padding."""
    coded = b"".join(gzip.compress(member) for member in members) + bytes(zeros)
    assert decode_whole(coded, "gzip", 10_000, label="x") == b"".join(members)


def test_bare_deflate() -> None:
    """Told from zlib's by its first two bytes."""
    assert decode_whole(bare(BODY), "deflate", 10**6, label="x") == BODY


def test_codings_on_top_of_each_other() -> None:
    """The last one named was applied last."""
    assert decode_whole(gzip.compress(zlib.compress(BODY)), "deflate, gzip", 10**6, label="x") == BODY
    with pytest.raises(DecodeError, match="4 content codings"):
        BodyDecoder("gzip, gzip, gzip, gzip", label="x")


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
@given(st.data())
def test_cut_anywhere(coding: str, data: st.DataObject) -> None:
    """R12: never taken for the whole, wherever the cut is."""
    coded = CODINGS[coding](BODY)
    cut = data.draw(st.integers(0, len(coded) - 1))
    with pytest.raises(TruncatedBodyError):
        decode_whole(coded[:cut], coding, 10**6, label="x")


@pytest.mark.parametrize(
    ("coded", "coding"),
    [
        (gzip.compress(BODY) + b"junk", "gzip"),
        (gzip.compress(BODY) + b"\0\0junk", "gzip"),
        (zlib.compress(BODY) + b"junk", "deflate"),
        (gzip.compress(BODY)[:-8] + b"\0\0\0\0" + gzip.compress(BODY)[-4:], "gzip"),
        (BODY, "gzip"),
        (b"", "br"),
    ],
    ids=["trailing", "after padding", "after deflate", "checksum", "not at all", "unknown"],
)
def test_broken_codings(coded: bytes, coding: str) -> None:
    """Said with the sender's name, and with nothing of the body."""
    with pytest.raises(DecodeError, match=r"example\.org"):
        decode_whole(coded, coding, 10**6, label="example.org")


def test_bomb_stops_a_step_after_the_limit() -> None:
    """R35: pieces are bounded, whatever is fed."""
    bomb = gzip.compress(bytes(64 * STEP))
    sizes = [len(piece) for piece in BodyDecoder("gzip", label="x").feed(bomb)]
    assert max(sizes) <= STEP
    with pytest.raises(ResponseTooLargeError):
        decode_whole(bomb, "gzip", 3 * STEP, label="x")
    assert len(decode_whole(bomb, "gzip", 64 * STEP, label="x")) == 64 * STEP
