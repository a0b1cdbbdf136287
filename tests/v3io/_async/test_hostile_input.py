"""Names and arguments that would leave their place, change in transit or be taken for others: nothing of them is sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from catchment.core.errors import UnsafeInputError
from catchment.v3io.aio.dataplane import Client, RaiseForStatus

from tests.v3io.doubles import WatchedStack

LEAVING = (
    "..",
    ".",
    "a/../b",
    "a/..",
    "./a",
    "a/./b",
    "a\0b",
    "x" * 256,
    "é" * 128,
    "/".join(["a" * 200] * 21),
    "\ud800",
)
CALLS: dict[str, Callable[[Any, str], Any]] = {
    "object.put": lambda client, path: client.object.put("users", path, body="x"),
    "object.put append": lambda client, path: client.object.put("users", path, body="x", append=True),
    "object.get": lambda client, path: client.object.get("users", path),
    "object.head": lambda client, path: client.object.head("users", path),
    "object.delete": lambda client, path: client.object.delete("users", path),
    "object.download": lambda client, path: client.object.download("users", path, "nowhere"),
    "object.upload": lambda client, path: client.object.upload("users", path, b"x"),
    "container.list": lambda client, path: client.container.list("users", path),
    "container.delete_tree": lambda client, path: client.container.delete_tree("users", path),
    "kv.put": lambda client, path: client.kv.put("users", path, "k", {"a": 1}),
    "kv.put key": lambda client, path: client.kv.put("users", "t", path, {"a": 1}),
    "kv.update": lambda client, path: client.kv.update("users", path, "k", expression="a = 1"),
    "kv.get": lambda client, path: client.kv.get("users", path, "k"),
    "kv.delete": lambda client, path: client.kv.delete("users", "t", path),
    "kv.scan": lambda client, path: client.kv.scan("users", path),
    "kv.scan table_name": lambda client, path: client.kv.scan("users", "t", path),
    "kv.create_schema": lambda client, path: client.kv.create_schema(
        "users", path, key="a", fields=[{"name": "a", "type": "long", "nullable": True}]
    ),
    "put_item": lambda client, path: client.put_item("users", path, {"a": 1}),
    "put_items": lambda client, path: client.put_items("users", path, {"k": {"a": 1}}),
    "put_items key": lambda client, path: client.put_items("users", "t", {"good": {"a": 1}, path: {"a": 1}}),
    "stream.create": lambda client, path: client.stream.create("users", path, 1),
    "stream.delete": lambda client, path: client.stream.delete("users", path),
    "stream.put_records": lambda client, path: client.stream.put_records("users", path, [{"data": "x"}]),
    "stream.put_all": lambda client, path: client.stream.put_all("users", path, [{"data": "x"}]),
    "stream.seek": lambda client, path: client.stream.seek("users", path, 0, "EARLIEST"),
    "get_records": lambda client, path: client.get_records("users", path, "AQAAAAAAAAAAAAAAAAAAAA=="),
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("path", LEAVING, ids=lambda path: ascii(path)[:12])
async def test_no_path_leaves_its_place(client: Client, stack: WatchedStack, call: str, path: str) -> None:
    """Dots, NUL, names and paths of too many bytes, halves of letters: refused by every call, wherever they travel."""
    with pytest.raises(UnsafeInputError):
        await CALLS[call](client, path)
    assert not stack.requests


NAMES = (
    "a#b", "a?b", "a%b", "%2e%2e", "a b", " a", "a ", "a\nb", "a\rb", "a\tb", "a\\b", "a;b", "a&b=c", "a+b", "~", "a:b",
    "@x", "😀", "a\x7fb", "..a", "a..", "...", "%00", "%", "%zz", "e\u0301", "\u00e9", "\uff0e\uff0e", "\u202ex", "'\"<>",
)  # fmt: skip


async def test_every_name_comes_back(client: Client) -> None:
    """Whatever a name holds, the object is found by it, listed under it letter for letter, and deleted by it."""
    for number, name in enumerate(NAMES):
        await client.object.put("users", f"odd/{name}", body=str(number))
    for number, name in enumerate(NAMES):
        assert (await client.object.get("users", f"odd/{name}")).body == str(number).encode()
    listed = [entry async for entry in client.container.entries("users", "odd")]
    assert {entry.key for entry in listed} == {f"odd/{name}" for name in NAMES}  # type: ignore[union-attr]
    for name in NAMES:
        await client.object.delete("users", f"odd/{name}")
    assert (await client.container.list("users", "odd")).output.contents == []


async def test_every_key_comes_back(client: Client) -> None:
    """Keys of items are names like others; unlike flat paths, they are never a path."""
    keys = [name for name in NAMES if name != "..."]
    for number, key in enumerate(keys):
        await client.kv.put("users", "odd", key, {"n": number})
    for number, key in enumerate(keys):
        assert (await client.kv.get("users", "odd", key)).output.item == {"n": number}
    found = {item["__name"]: item["n"] async for item in client.kv.items("users", "odd")}
    assert found == {key: number for number, key in enumerate(keys)}
    for key in ("/k", "k/", "a/b", "", None, 5, b"k"):
        with pytest.raises(UnsafeInputError):
            await client.kv.put("users", "odd", key, {"a": 1})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "container", ["", "USERS", "a b", "../users", "users/x", "a" * 129, "a--b", "é", "users%2f", "."]
)
async def test_containers_are_names(client: Client, stack: WatchedStack, container: str) -> None:
    """What cannot be a container is refused, so that no container is a path into another one."""
    for call in (
        lambda: client.object.get(container, "o"),
        lambda: client.kv.put(container, "t", "k", {"a": 1}),
        lambda: client.stream.describe(container, "s"),
        lambda: client.container.list(container, ""),
    ):
        with pytest.raises(UnsafeInputError):
            await call()
    assert not stack.requests


async def test_what_is_no_mapping(client: Client, stack: WatchedStack) -> None:
    """Items and attributes of another shape are told so, before anything is sent."""
    for bad in ([("k", {"a": 1})], ["k"], None, "k"):
        with pytest.raises(UnsafeInputError, match="mapping"):
            await client.put_items("users", "t", bad)  # type: ignore[arg-type]
        with pytest.raises(UnsafeInputError, match="mapping"):
            await client.kv.put("users", "t", "k", bad)  # type: ignore[arg-type]
    with pytest.raises(UnsafeInputError, match="item 'b': attribute 'x'"):
        await client.put_items("users", "t", {"a": {"x": 1}, "b": {"x": object()}})
    assert not stack.requests
    await client.kv.put("users", "t", "empty", {})
    assert (await client.kv.get("users", "t", "empty")).output.item == {}
    assert await client.put_items("users", "t", {}) == []


@pytest.mark.parametrize(
    "bad", [None, object(), {"a": 1}, {1}, 2**64, float("inf"), "x" * 61_201, "é" * 30_601, [True]]
)
async def test_refused_values_name_their_attribute(client: Client, stack: WatchedStack, bad: Any) -> None:
    """In every call that writes attributes, the message names the one that cannot be stored."""
    for call in (
        lambda: client.kv.put("users", "t", "k", {"good": 1, "wrong": bad}),
        lambda: client.kv.update("users", "t", "k", attributes={"good": 1, "wrong": bad}),
        lambda: client.put_item("users", "t/k", {"good": 1, "wrong": bad}),
        lambda: client.put_items("users", "t", {"k": {"good": 1, "wrong": bad}}),
    ):
        with pytest.raises(UnsafeInputError, match="'wrong'"):
            await call()
    with pytest.raises(UnsafeInputError, match="'wrong'"):
        client.batch.put_item("users", "t/k", {"wrong": bad})
    assert len(client.batch) == 0
    assert not stack.requests


async def test_an_unknown_answer_is_no_reason_to_raise(client: Client) -> None:
    """`RaiseForStatus.never` never raises an answer, whatever the call."""
    never = RaiseForStatus.never
    assert (await client.object.get("users", "gone", raise_for_status=never)).status_code == 404
    assert (await client.kv.get("users", "t", "gone", raise_for_status=never)).status_code == 404
    assert (await client.stream.describe("users", "gone", raise_for_status=never)).status_code in {400, 404}
    assert (await client.container.list("users", "gone", raise_for_status=never)).status_code == 404
    assert (await client.stream.delete("users", "gone", raise_for_status=never)).status_code == 404
    assert (await client.kv.update("users", "t", "k", expression="(", raise_for_status=never)).status_code == 400
