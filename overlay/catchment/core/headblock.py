"""Headers that many requests share: checked and written out once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from catchment.core.headers import check_headers
from catchment.core.log import redact_headers

_EACH_ITS_OWN: Final = frozenset({"host", "content-length", "transfer-encoding"})


class HeaderBlock(tuple[tuple[str, str], ...]):
    """
    Headers as a sequence and, for engines that write them themselves, as text. Its `repr` masks as `HiddenHeaders` do.

    Attributes:
        text: The headers as HTTP/1.1 has them, each with its line end.
    """

    text: str

    @classmethod
    def of(cls, headers: Sequence[tuple[str, str]]) -> HeaderBlock | None:
        """
        Check headers and write them out; `None` where one of them is a matter of each single request.

        Raises:
            UnsafeInputError: One of them cannot be sent as it is.
        """
        checked = check_headers(headers)
        if any(name.lower() in _EACH_ITS_OWN for name, _ in checked):
            return None
        block = cls(checked)
        block.text = "".join([f"{name}: {value}\r\n" for name, value in checked])
        return block

    def __repr__(self) -> str:
        return repr(redact_headers(self))

    def __reduce__(self) -> tuple[object, ...]:
        return (list, (list(self),))
