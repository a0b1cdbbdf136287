"""Texts in one buffer, each with a number, out of which Arrow puts lines together in one go.

orjson writes a numpy array of floats in 20 ns a value, five times as fast as Arrow and twenty times as fast as `repr`.
The places of its commas are where its values end, so nothing is copied value by value; the comma itself becomes
whatever stands behind the value in its line.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from catchment.core import extras

_COMMA: Final = 44
_SPACE: Final = 32
_USUAL: Final = 20  # bytes of a text
_FEW: Final = 1_000


class Pool:
    """
    Numbered texts; the first one, number 0, is empty.

    Its buffers are used again after `rewind`: fresh memory costs more than what is written there.

    Args:
        expected: Texts, about; there is room for more.
    """

    def __init__(self, expected: int) -> None:
        np = extras.numpy()
        self._text: Any = np.empty(_USUAL * (expected + _FEW), np.uint8)
        self._ends: Any = np.empty(expected + _FEW, np.int32)  # where each text starts, and the last one ends
        self._ends[:2] = 0
        self._size = 0
        self._count = 2  # ends, one more than texts

    def mark(self) -> tuple[int, int]:
        """Return what `rewind` needs to come back to the present texts."""
        return self._size, self._count

    def rewind(self, mark: tuple[int, int]) -> None:
        """Forget the texts that were added after a mark."""
        self._size, self._count = mark

    def add(self, texts: Sequence[bytes]) -> int:
        """Add texts; return the first one's number."""
        np = extras.numpy()
        text, ends = self._room(sum(map(len, texts)), len(texts))
        np.cumsum(np.fromiter(map(len, texts), np.int32, len(texts)), out=ends)
        ends += self._size
        text[:] = np.frombuffer(b"".join(texts), np.uint8)
        return self._added(text, ends)

    def add_numbers(self, values: Any, ending: bytes, spaces: Any | None = None) -> int:
        """
        Add the texts of numbers; return the first one's number.

        Args:
            values: numpy array; NaN and infinities get a text without meaning.
            ending: A byte behind each.
            spaces: Mask of those that have a space there instead.
        """
        np = extras.numpy()
        listed = np.frombuffer(_listed(values), np.uint8)
        text, ends = self._room(len(listed), len(values) + 1)
        commas = np.flatnonzero(listed == _COMMA)
        text[:] = listed
        text[-1] = ending[0]  # once a bracket
        if ending[0] != _COMMA:
            text[commas] = ending[0]
        ends[0] = self._size + 1  # the other bracket is a text that nobody asks for
        np.add(commas, self._size + 1, out=ends[1:-1], casting="unsafe")
        ends[-1] = self._size + len(text)
        if spaces is not None:
            text[ends[1:][spaces] - (self._size + 1)] = _SPACE
        return self._added(text, ends) + 1

    def add_strings(self, array: Any) -> int:
        """Add the texts of a pyarrow `StringArray`, missing ones included; return the first one's number."""
        np = extras.numpy()
        _, offsets, data = array.buffers()
        if not len(array):
            return self._count
        starts = np.frombuffer(offsets, np.int32)[array.offset : array.offset + len(array) + 1]
        first, last = int(starts[0]), int(starts[-1])
        text, ends = self._room(last - first, len(array))
        np.add(starts[1:], self._size - first, out=ends)
        if data is not None:
            text[:] = np.frombuffer(data, np.uint8)[first:last]
        return self._added(text, ends)

    def joined(self, numbers: Any) -> tuple[Any, memoryview]:
        """
        Return where lines start and end, as a numpy array, and their text.

        Args:
            numbers: numpy int32 array: a row for each line, the numbers of its texts.
        """
        np, pa = extras.numpy(), _pyarrow()
        buffers = [None, pa.py_buffer(self._ends), pa.py_buffer(self._text)]
        texts = pa.Array.from_buffers(pa.binary(), self._count - 1, buffers)
        lines = pa.compute.take(texts, pa.array(numbers.reshape(-1)), boundscheck=False)
        _, ends, text = lines.buffers()
        found = np.frombuffer(ends, np.int32)[lines.offset : lines.offset + len(lines) + 1 : numbers.shape[1]]
        return np.ascontiguousarray(found), memoryview(text if text is not None else b"")

    def _room(self, size: int, count: int) -> tuple[Any, Any]:
        """Return room for so many bytes and the ends of so many texts."""
        self._text = _grown(self._text, self._size + size)
        self._ends = _grown(self._ends, self._count + count)
        return self._text[self._size : self._size + size], self._ends[self._count : self._count + count]

    def _added(self, text: Any, ends: Any) -> int:
        first = self._count - 1
        self._size += len(text)
        self._count += len(ends)
        return first


def _grown(array: Any, size: int) -> Any:
    if size <= len(array):
        return array
    larger = extras.numpy().empty(max(size, 2 * len(array)), array.dtype)
    larger[: len(array)] = array
    return larger


def _listed(values: Any) -> bytes:
    """Return numbers as a JSON list; at least one."""
    np, orjson = extras.numpy(), extras.optional("orjson")
    if orjson is not None:
        return orjson.dumps(np.ascontiguousarray(values), option=orjson.OPT_SERIALIZE_NUMPY)
    pa = _pyarrow()
    texts = pa.compute.cast(pa.array(values), pa.string())
    whole = pa.ListArray.from_arrays(pa.array([0, len(texts)], pa.int32()), texts)
    return b"[%s]" % pa.compute.binary_join(whole, ",")[0].as_buffer().to_pybytes()


def _pyarrow() -> Any:
    return extras.needed("pyarrow", "arrow", "the fast encoder")
