"""How arguments become URLs, headers and bodies: exactly, or not at all."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from enum import Enum
from typing import Any
from urllib.parse import unquote
from uuid import UUID

import pytest
from catchment.core import wire
from catchment.core.errors import UnsafeInputError
from hypothesis import given
from hypothesis import strategies as st


class Colour(str, Enum):  # noqa: UP042 - the old spelling is what users have
    """An enum of texts, whose str() is not its value."""

    RED = "red"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a/b c", "a%2Fb%20c"),
        (".", "%2E"),
        ("..", "%2E%2E"),
        ("...", "..."),
        ("ü%", "%C3%BC%25"),
        (7, "7"),
        (Colour.RED, "red"),
    ],
)
def test_segments_are_one_segment(value: object, text: str) -> None:
    """Whatever a name holds, it stays one segment of the path and the same name."""
    assert wire.segment(value) == text


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_segments_come_back(name: str) -> None:
    """Escaping loses nothing, and no dot segment is left for a proxy to resolve."""
    escaped = wire.segment(name)

    assert unquote(escaped) == name
    assert escaped not in (".", "..")
    assert "/" not in escaped


@pytest.mark.parametrize("value", ["", None, b"bytes", ["a"], {"a": 1}, "\ud800", object()])
def test_values_that_name_nothing_are_refused(value: object) -> None:
    """An empty name would address something else; bytes and lists would be sent as Python spells them."""
    with pytest.raises(UnsafeInputError):
        wire.segment(value)


def test_raw_paths_keep_slashes_only() -> None:
    """Slashes stay, dot segments are hidden from whoever resolves them, everything else is escaped."""
    assert wire.raw_path("a/../b c/./d?e") == "a/%2E%2E/b%20c/%2E/d%3Fe"


def test_lists_in_queries() -> None:
    """Lists repeat their name or are joined; one string is not a list of letters."""
    assert wire.query_items("a", ["x y", True, 3]) == ["a=x%20y", "a=true", "a=3"]
    assert wire.query_items("a", ["x,y", "z"], joined=True) == ["a=x%2Cy,z"]
    with pytest.raises(UnsafeInputError):
        wire.query_items("a", "xyz")


def test_forms_are_encoded() -> None:
    """Names and values are escaped, lists repeat their name."""
    assert wire.form_body({"q": "a&b=c", "many": [1, 2], "flag": True}) == b"q=a%26b%3Dc&many=1&many=2&flag=true"


def test_files_and_fields_share_a_body() -> None:
    """Bytes are files, lists repeat their name, names cannot end their header; equal members make equal bodies."""
    media, body = wire.multipart_body({'a"\r\nb': "ü", "n": [1, True], "f": b"\r\n--x"})

    boundary = media.removeprefix("multipart/form-data; boundary=").encode()
    first, *parts, last = body.split(b"--" + boundary)
    assert (first, last) == (b"", b"--\r\n")
    assert [part.removeprefix(b"\r\nContent-Disposition: form-data; ") for part in parts] == [
        'name="a%22%0D%0Ab"\r\n\r\nü\r\n'.encode(),
        b'name="n"\r\n\r\n1\r\n',
        b'name="n"\r\n\r\ntrue\r\n',
        b'name="f"; filename="f"\r\nContent-Type: application/octet-stream\r\n\r\n\r\n--x\r\n',
    ]
    assert wire.multipart_body({'a"\r\nb': "ü", "n": [1, True], "f": b"\r\n--x"}) == (media, body)
    assert wire.multipart_body({"f": b""})[0] != media


def test_listed_values_pass() -> None:
    """A value of the list is returned; another one is refused with the list, before anything is sent."""
    assert wire.listed("precision", "u", ("n", "u")) == "u"
    with pytest.raises(UnsafeInputError, match="precision must be one of 'n', 'u', not 'us'"):
        wire.listed("precision", "us", ("n", "u"))


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2025-11-14T09:30:00Z", datetime(2025, 11, 14, 9, 30, tzinfo=UTC)),
        ("2025-11-14T09:30:00.123456789Z", datetime(2025, 11, 14, 9, 30, 0, 123456, tzinfo=UTC)),
        ("2025-11-14t09:30:00z", datetime(2025, 11, 14, 9, 30, tzinfo=UTC)),
        ("2025-11-14T09:30:00+05:30", datetime(2025, 11, 14, 4, 0, tzinfo=UTC)),
        ("2025-11-14T09:30:00", datetime(2025, 11, 14, 9, 30, tzinfo=UTC)),
        ("Fri, 14 Nov 2025 09:30:00 GMT", datetime(2025, 11, 14, 9, 30, tzinfo=UTC)),
    ],
)
def test_instants_are_read(text: str, instant: datetime) -> None:
    """RFC 3339 and HTTP dates read as aware instants."""
    parsed = wire.parse_instant(text)

    assert parsed == instant
    assert parsed.utcoffset() is not None


@pytest.mark.parametrize(
    "text", ["", "12", "10:30", "2025", "next week", "14 Nov 2025 09:30 EST", "2025-13-01T00:00:00Z"]
)
def test_what_is_no_instant_is_refused(text: str) -> None:
    """Nothing is completed from today's date, and ambiguous zones are not guessed."""
    with pytest.raises(ValueError):  # noqa: PT011 - our words and dateutil's
        wire.parse_instant(text)


@given(st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=-9, minutes=-30))])))
def test_instants_round_trip(instant: datetime) -> None:
    """An instant that was written reads as the same instant."""
    assert wire.parse_instant(wire.format_instant(instant)) == instant


@pytest.mark.parametrize("value", [datetime(2025, 1, 1), "2025-01-01T00:00:00Z", date(2025, 1, 1)])
def test_instants_without_a_zone_are_refused(value: Any) -> None:
    """A naive datetime is not an instant; guessing the zone could move it by hours."""
    with pytest.raises(UnsafeInputError):
        wire.format_instant(value)


@pytest.mark.parametrize("value", [float("nan"), {"a": float("inf")}, "\ud800", {1, 2}])
def test_json_has_no_place_for_it(value: object) -> None:
    """What JSON cannot carry is refused with our error, before anything is sent."""
    with pytest.raises(UnsafeInputError):
        wire.dump_json(value)


def test_json_is_compact_utf8() -> None:
    """Bodies are UTF-8 without spaces, so that signatures and sizes are predictable."""
    assert wire.dump_json({"a": "ü", "b": [1, None]}) == '{"a":"ü","b":[1,null]}'.encode()


def test_wire_values_of_a_union() -> None:
    """Rich values inside a union become JSON."""
    at = datetime(2025, 1, 1, tzinfo=UTC)

    assert wire.to_wire([at, date(2025, 1, 2), UUID(int=1), {"x": at}, "a", 1, None]) == [
        *("2025-01-01T00:00:00Z", "2025-01-02", str(UUID(int=1))),
        *({"x": "2025-01-01T00:00:00Z"}, "a", 1, None),
    ]


def test_unions_take_the_first_alternative_that_fits() -> None:
    """An alternative is tried on its own JSON type only; what none takes stays as it is."""
    builders = ((dict, lambda data: ("model", data["id"])), (str, wire.parse_instant))

    assert wire.one_of({"id": 1}, *builders) == ("model", 1)
    assert wire.one_of({"other": 1}, *builders) == {"other": 1}
    assert wire.one_of("2025-01-01T00:00:00Z", *builders) == datetime(2025, 1, 1, tzinfo=UTC)
    assert wire.one_of("plain", *builders) == "plain"
    assert wire.one_of(None, *builders) is None
