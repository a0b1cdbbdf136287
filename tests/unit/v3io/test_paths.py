"""Targets: nothing leaves its container or its table, and every name arrives as it was meant."""

from __future__ import annotations

from urllib.parse import unquote

import pytest
from catchment.core.errors import UnsafeInputError
from catchment.v3io import paths
from hypothesis import given
from hypothesis import strategies as st

NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="/\0"), min_size=1, max_size=12).filter(
    lambda name: name not in {".", ".."}
)


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("a", "/users/a"),
        ("/a", "/users/a"),
        ("//a///b", "/users/a/b"),
        ("a/", "/users/a/"),
        ("/a//", "/users/a/"),
        ("a b/#c?d%e.\u00fc", "/users/a%20b/%23c%3Fd%25e.%C3%BC"),
        ("table/.#schema", "/users/table/.%23schema"),
        ("a/...", "/users/a/..."),
        ("a~b-c_d.e", "/users/a~b-c_d.e"),
    ],
)
def test_objects(path: str, target: str) -> None:
    """Slashes are collapsed, one at the end is kept, and everything else is escaped."""
    assert paths.object_target("users", path) == target


@pytest.mark.parametrize(
    "path", ["", "/", "//", ".", "..", "a/../b", "a/..", "./a", "a/.", "/../x", "a\0b", "x" * 256, "\u00e9" * 128]
)
def test_paths_that_name_something_else_are_refused(path: str) -> None:
    """Empty paths, dot segments, NUL and names of more than 255 bytes are refused."""
    with pytest.raises(UnsafeInputError):
        paths.object_target("users", path)


def test_paths_are_measured_in_bytes() -> None:
    """4096 bytes are a path, one more is not; a name has 255 bytes whatever its letters."""
    long = "/".join(["x" * 255] * 16)
    assert paths.object_target("users", long[:4096]).endswith("x")
    with pytest.raises(UnsafeInputError, match="4,096"):
        paths.object_target("users", long + "/yy")
    assert paths.object_target("users", "\u00e9" * 127)


def test_lone_surrogates_are_refused() -> None:
    """They have no UTF-8, and nothing stands in for them."""
    with pytest.raises(UnsafeInputError, match="surrogates"):
        paths.object_target("users", "a\udc80")


@given(st.lists(NAMES, min_size=1, max_size=4))
def test_every_path_arrives(names: list[str]) -> None:
    """Unescaped, a target is the container and the names again."""
    target = paths.object_target("users", "/".join(names))
    assert target.isascii()
    assert unquote(target) == "/users/" + "/".join(names)


@pytest.mark.parametrize("path", ["table", "/table", "table/", "//table//"])
def test_folders_end_in_one_slash(path: str) -> None:
    """However it was written."""
    assert paths.directory_target("users", path) == "/users/table/"


@pytest.mark.parametrize("path", ["", "/"])
def test_roots(path: str) -> None:
    """A container's root is a folder and a table, but no stream."""
    assert paths.directory_target("users", path) == "/users/"
    assert paths.item_target("users", path, "k") == "/users/k"
    with pytest.raises(UnsafeInputError, match="stream"):
        paths.stream_target("users", path)


@pytest.mark.parametrize(
    ("key", "target"),
    [
        ("louise", "/users/t/louise"),
        ("a.b", "/users/t/a.b"),
        ("a b", "/users/t/a%20b"),
        (".#schema", "/users/t/.%23schema"),
    ],
)
def test_items(key: str, target: str) -> None:
    """A key is one name in its table."""
    assert paths.item_target("users", "/t/", key) == target


@pytest.mark.parametrize("key", ["", "/etc", "a/b", "a/", "..", ".", "a\0", "x" * 256, None, 5, ["k"]])
def test_keys_stay_in_their_table(key: object) -> None:
    """A slash, dot segments, and what is no text name nothing in the table."""
    with pytest.raises(UnsafeInputError):
        paths.item_target("users", "t", key)  # type: ignore[arg-type]


def test_table_and_key_together_are_a_path() -> None:
    """What fits by itself is refused where it is too long together."""
    table = "/".join(["x" * 255] * 15)
    assert paths.item_target("users", table, "k" * 255)
    with pytest.raises(UnsafeInputError, match="4,096"):
        paths.item_target("users", table + "/" + "y" * 10, "k" * 255)


@given(NAMES)
def test_every_key_arrives(key: str) -> None:
    """Unescaped, the target is the table and the key again."""
    assert unquote(paths.item_target("users", "t", key)) == f"/users/t/{key}"


@pytest.mark.parametrize("shard", [0, 7, "7"])
def test_shards(shard: int | str) -> None:
    """A shard is a number in its stream, and its target ends in a slash."""
    assert paths.shard_target("users", "/s", shard) == f"/users/s/{shard}/"  # type: ignore[arg-type]


@pytest.mark.parametrize("shard", [-1, True, 1.0, "a", "../0", "", None])
def test_what_is_no_shard_is_refused(shard: object) -> None:
    """Other text would be another place."""
    with pytest.raises(UnsafeInputError, match="shard_id"):
        paths.shard_target("users", "s", shard)  # type: ignore[arg-type]


def test_listings() -> None:
    """Options become the query; what was not asked for is not sent."""
    assert paths.listing_target("users") == "/users?prefix="
    assert paths.listing_target("users", "/a b//c/", limit=0) == "/users?prefix=a%20b%2Fc%2F&max-keys=0"
    full = paths.listing_target("users", "a", get_all_attributes=True, directories_only=True, limit=5, marker="a/b&c")
    assert full == "/users?prefix=a&prefix-info=1&prefix-only=1&max-keys=5&marker=a%2Fb%26c"


@pytest.mark.parametrize("limit", [-1, True, "5", 1.5])
def test_limits_of_listings_are_numbers(limit: object) -> None:
    """A limit that the server would ignore is refused."""
    with pytest.raises(UnsafeInputError, match="limit"):
        paths.listing_target("users", "a", limit=limit)  # type: ignore[arg-type]


def test_inodes_and_containers() -> None:
    """Both are one name below the root."""
    assert paths.inode_target("users", 12) == "/users/12"
    assert paths.container_target("/users") == "/users"


def test_folders_of_other_types_are_refused() -> None:
    """Also those that no cache can look up."""
    with pytest.raises(UnsafeInputError, match="text"):
        paths.directory_target("users", ["t"])  # type: ignore[arg-type]
    with pytest.raises(UnsafeInputError, match="text"):
        paths.object_target("users", b"t")  # type: ignore[arg-type]
