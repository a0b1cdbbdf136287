"""Names and sizes are checked before anything is sent."""

from __future__ import annotations

from enum import IntEnum, StrEnum

import numpy as np
import pytest
from catchment.core.errors import UnsafeInputError
from catchment.v3io import limits


class Colour(StrEnum):
    RED = "red"


class Level(IntEnum):
    HIGH = 3


@pytest.mark.parametrize("name", ["users", "3", "a-b_c", "/users/", "x" * 128])
def test_containers_names_and_numbers_are_taken(name: str) -> None:
    """A container is named or numbered; slashes around it are the caller's habit."""
    assert limits.container_name(name) == name.strip("/")


@pytest.mark.parametrize(
    "name", ["", "/", "Users", "a b", "a--b", "a_-b", "a/b", "..", "x" * 129, "ü", "a\n", "a%2fb", "a?b"]
)
def test_names_that_no_container_has_are_refused(name: str) -> None:
    """What is not by the platform's rule for containers would name something else."""
    with pytest.raises(UnsafeInputError, match="container"):
        limits.container_name(name)


@pytest.mark.parametrize("value", [None, 3, ["users"], b"users"])
def test_what_is_no_text_is_no_name(value: object) -> None:
    """Other types are refused by their class, hashable or not."""
    with pytest.raises(UnsafeInputError, match=f"must be text, not {type(value).__name__}"):
        limits.container_name(value)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["a", "_a", "A9_", "__group_committed_sequence_number", "x" * 255])
def test_identifiers_are_names_of_attributes(name: str) -> None:
    """Letters, digits and underscores, two in front too, up to 255."""
    assert limits.writable_name(name) == name


@pytest.mark.parametrize("name", ["", "9a", "a b", "a.b", "a-b", "é", "x" * 256, "a\n", 'a"'])
def test_other_names_of_attributes_are_refused(name: str) -> None:
    """Expressions could not name them, and JSON would have to escape them."""
    with pytest.raises(UnsafeInputError, match="attribute"):
        limits.attribute_name(name)


@pytest.mark.parametrize("name", sorted(limits.SYSTEM_ATTRIBUTES))
def test_system_attributes_are_read_and_not_written(name: str) -> None:
    """The server keeps them itself, and refuses items that hold one."""
    assert limits.attribute_name(name) == name
    with pytest.raises(UnsafeInputError, match="system"):
        limits.writable_name(name)


def test_members_of_text_enums_are_their_text() -> None:
    """The name sent is the member's value, and a plain `str`."""
    name = limits.attribute_name(Colour.RED)
    assert (type(name), name) == (str, "red")


@pytest.mark.parametrize("value", [3, Level.HIGH, np.int8(3), np.uint64(3), np.array(3)])
def test_whole_numbers_of_every_class_are_plain_ints(value: object) -> None:
    """Enums and numpy's numbers count as what they are."""
    number = limits.whole(value)
    assert (type(number), number) == (int, 3)


@pytest.mark.parametrize("value", [True, np.True_, 3.0, "3", None, np.timedelta64(3, "s"), np.array([3, 4]), int])
def test_what_is_no_whole_number_is_none(value: object) -> None:
    """Booleans, spans of time, arrays and classes are no numbers, though Python takes some for such."""
    assert limits.whole(value) is None


@pytest.mark.parametrize("value", [-1, 5, True, 2.0, "2", None, pytest.param(10**5000, id="huge")])
def test_numbers_out_of_bounds_are_refused_with_the_bounds(value: object) -> None:
    """The message names the argument, the value and what is allowed."""
    with pytest.raises(UnsafeInputError, match=r"limit=.*from 0 to 4"):
        limits.check_int(value, "limit", 0, 4)


def test_sizes_over_the_limit_are_refused() -> None:
    """At the limit is allowed, above it is not."""
    limits.check_size(10, 10, "it")
    with pytest.raises(UnsafeInputError, match="11 bytes; the platform takes at most 10"):
        limits.check_size(11, 10, "it")


def test_lone_surrogates_have_no_bytes() -> None:
    """Half a pair cannot be sent as UTF-8, and is not replaced."""
    with pytest.raises(UnsafeInputError, match="surrogates"):
        limits.utf8("a\ud800", "text")
