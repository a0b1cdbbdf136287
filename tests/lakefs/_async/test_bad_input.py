from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from catchment.core.errors import CatchmentError, ClosedError, ConfigError, UnsafeInputError
from catchment.lakefs import aio as lakefs
from catchment.lakefs.exceptions import NoAuthenticationFound

from tests.lakefs.doubles import WatchedStack

SURROGATE = "\ud800"


async def carried_out(call: Callable[[], Any]) -> None:
    """Make a call and, where it gives something to wait for or to walk through, do that."""
    result = call()
    if inspect.isawaitable(result):
        await result
    elif hasattr(result, "to_list"):
        await result.to_list()


REPOSITORIES = ["", "ab", "UPPER", "a_b", "-ab", "a/b", "../etc", "a" * 64, "a b", "ä-ö", "abc\n", None, 5, b"abc"]
BRANCHES = ["", "-a", "a b", "a/b", "a.b", "main~1", "main@", "ä", "a\r\nX-Evil: 1", "..", None, 5, b"main"]
TAGS = ["", "@", "a b", "a/b", "a..b", "a@{b", "a^", "a:b", "a?", "a*", "a[", "a\\", "a.", "a.lock", "a\x7f", 5, b"v"]
REFS = ["", "a b", "a\nb", "a\x00b", "\t", None, 5, b"main"]
PATHS = ["", "a\x00b", SURROGATE, None, 5, b"a"]
NAMESPACES = ["", "bucket", "ftp://bucket", "s3:/bucket", "s3://a b", "file:///etc", None]


@pytest.mark.parametrize("name", REPOSITORIES, ids=repr)
async def test_repository_ids(client: lakefs.Client, stack: WatchedStack, name: Any) -> None:
    """Refused when the handle is made, by every class that takes one."""
    for make in (
        lambda: lakefs.repository(name, client),
        lambda: lakefs.Branch(name, "main", client),
        lambda: lakefs.Reference(name, "main", client),
        lambda: lakefs.Tag(name, "v1", client),
        lambda: lakefs.StoredObject(name, "main", "a", client),
        lambda: lakefs.WriteableObject(name, "main", "a", client),
        lambda: lakefs.ObjectInfo(name, "main", "a", client),
        lambda: lakefs.ImportManager(name, "main", client),
        lambda: lakefs.BranchTransaction(name, "main", client),
    ):
        with pytest.raises(UnsafeInputError):
            make()
    assert stack.requests == []


@pytest.mark.parametrize("name", BRANCHES, ids=repr)
async def test_branch_ids(repo: lakefs.Repository, client: lakefs.Client, stack: WatchedStack, name: Any) -> None:
    """Wherever a branch, and not any reference, is meant."""
    for call in (
        lambda: repo.branch(name),
        lambda: repo.create("s3://lake/x", name),
        lambda: lakefs.WriteableObject("flights", name, "a", client),
        lambda: lakefs.ImportManager("flights", name, client),
        lambda: lakefs.BranchTransaction("flights", name, client),
        lambda: repo.ref("main").object("a").copy(name, "a"),
    ):
        with pytest.raises(UnsafeInputError):
            await carried_out(call)
    assert stack.requests == []


@pytest.mark.parametrize("name", TAGS, ids=repr)
async def test_tag_ids(repo: lakefs.Repository, stack: WatchedStack, name: Any) -> None:
    """Those that lakeFS refuses, and those that would mean another reference."""
    with pytest.raises(UnsafeInputError):
        repo.tag(name)
    with pytest.raises(UnsafeInputError):
        repo.branch("main").transact("x", tag=name)
    assert stack.requests == []


@pytest.mark.parametrize("name", REFS, ids=repr)
async def test_references(repo: lakefs.Repository, stack: WatchedStack, name: Any) -> None:
    """In every place that takes one."""
    main = repo.branch("main")
    for call in (
        lambda: repo.ref(name),
        lambda: repo.commit(name),
        lambda: repo.branch("dev").create(name),
        lambda: repo.tag("v1").create(name),
        lambda: main.diff(name),
        lambda: main.merge_base(name),
        lambda: main.merge_into(name),
        lambda: main.cherry_pick(name),
        lambda: main.hard_reset(name),
        lambda: main.copy_object(name, "a"),
        lambda: main.revert(name),
    ):
        with pytest.raises(UnsafeInputError):
            await carried_out(call)
    assert stack.requests == []


@pytest.mark.parametrize("path", PATHS, ids=ascii)
async def test_paths(repo: lakefs.Repository, stack: WatchedStack, path: Any, tmp_path: Path) -> None:
    """In every place that takes one."""
    main = repo.branch("main")
    for call in (
        lambda: main.upload(b"x", path),
        lambda: main.download(path),
        lambda: main.download_file(path, tmp_path / "a"),
        lambda: main.open(path),
        lambda: main.open(path, "rb"),
        lambda: main.open(path, "w"),
        lambda: main.object(path),
        lambda: main.stat_object(path),
        lambda: repo.ref("main").object(path),
        lambda: main.delete_objects([path]),
        lambda: main.copy_object("main", path),
        lambda: main.object("a").copy("main", path),
        lambda: lakefs.CommonPrefix("flights", "main", path, main._client),
    ):
        with pytest.raises(UnsafeInputError):
            await carried_out(call)
    assert stack.requests == []
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize("uri", NAMESPACES, ids=repr)
async def test_storage_namespaces(repo: lakefs.Repository, stack: WatchedStack, uri: Any) -> None:
    """URIs of object stores only."""
    with pytest.raises(UnsafeInputError):
        await repo.create(uri)
    assert stack.requests == []


@pytest.mark.parametrize("amount", [-1, 1.5, "10"], ids=repr)
async def test_limits(repo: lakefs.Repository, stack: WatchedStack, amount: Any) -> None:
    """Of every listing: a whole number, not negative."""
    main = repo.branch("main")
    for call in (
        lambda: main.objects(amount),
        lambda: main.list_objects(amount),
        lambda: main.log(amount),
        lambda: main.diff("dev", amount),
        lambda: main.uncommitted(amount),
        lambda: repo.branches(amount),
        lambda: repo.tags(amount),
        lambda: main.objects().to_list(amount),
    ):
        with pytest.raises(UnsafeInputError):
            await carried_out(call)
    assert stack.requests == []


async def test_message_that_cannot_be_sent(repo: lakefs.Repository, stack: WatchedStack) -> None:
    """Half a surrogate pair is no text that JSON could carry: refused, not mangled."""
    main = repo.branch("main")
    for call in (
        lambda: main.commit(SURROGATE),
        lambda: main.commit("x", {"k": SURROGATE}),
        lambda: main.merge_into("main", message=SURROGATE),
        lambda: main.upload(SURROGATE, "a"),
    ):
        with pytest.raises((UnsafeInputError, UnicodeEncodeError)):
            await carried_out(call)
    assert stack.requests == []


async def test_mistakes_in_the_middle_of_many_delete_nothing_wrong(
    repo: lakefs.Repository, stack: WatchedStack
) -> None:
    """A bad path among the first thousand stops before the first request."""
    with pytest.raises(UnsafeInputError):
        await repo.branch("main").delete_objects(["a", "", "b"])
    assert stack.requests == []


async def test_closed_client(stack: WatchedStack) -> None:
    """Every kind of call says so, and sends nothing."""
    client: Any = lakefs.Client(local=stack)
    repo = lakefs.repository("flights", client)
    main = repo.branch("main")
    manager = main.import_from("s3://source/", "a/")
    writer = main.open("a", "wb")
    await writer.write(b"x")
    await client.aclose()
    for call in (
        lambda: main.download("a"),
        lambda: main.upload(b"x", "a"),
        lambda: main.objects(),
        lambda: main.commit("x"),
        lambda: main.get_commit(),
        lambda: repo.create("s3://lake/x"),
        lambda: lakefs.repositories(client),
        lambda: manager.run(),
        lambda: main.transaction("x").__aenter__(),
        lambda: writer.aclose(),
        lambda: main.object("a").exists(),
    ):
        with pytest.raises(ClosedError):
            await carried_out(call)
    assert stack.requests == []


@pytest.mark.parametrize(
    "settings",
    [
        {"username": "AKIA"},
        {"password": "canary-7f3a"},
        {"access_key_id": "AKIA"},
        {"username": "AKIA", "password": "canary-7f3a", "access_token": "canary-7f3a"},
        {"username": "a", "access_key_id": "b", "password": "canary-7f3a"},
        {"username": "AKIA\r\nX: y", "password": "canary-7f3a"},
        {"access_token": "canary-7f3a\r\nX-Evil: 1"},
        {"username": "AK:IA", "password": "canary-7f3a"},
    ],
    ids=lambda settings: "+".join(settings),
)
async def test_credentials_that_cannot_be_used(settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Half a pair, two kinds at once, header injection: said before anything is sent, and without the secret."""
    monkeypatch.setenv("HOME", str(tmp_path))
    with WatchedStack() as stack, stack.serve(only=["lakefs"]) as running:
        with pytest.raises(CatchmentError) as caught:
            await _first_call(running.endpoints["lakefs"], settings)
        assert stack.requests == []
    assert isinstance(caught.value, ConfigError | UnsafeInputError)
    assert "canary-7f3a" not in str(caught.value)


async def _first_call(endpoint: str, settings: Any) -> None:
    client: Any = lakefs.Client(host=endpoint, **settings)
    try:
        await lakefs.repository("flights", client).get_or_create("s3://lake/x")
    finally:
        await client.aclose()


@pytest.mark.parametrize(
    "endpoint",
    [
        "",
        "not a url",
        "ftp://host",
        "http://",
        "http://user:canary-7f3a@127.0.0.1/",
        "http://127.0.0.1:99999",
        "http://lake.example.com",
    ],
)
async def test_endpoints_that_cannot_be_used(endpoint: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No URL, another protocol, secrets in it, a port that is none, plain text over a network."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("LAKECTL_SERVER_ENDPOINT_URL", raising=False)
    with pytest.raises((ConfigError, UnsafeInputError)) as caught:
        await _first_call(endpoint, {"username": "AKIA", "password": "canary-7f3a"})
    assert "canary-7f3a" not in str(caught.value)


async def test_no_credentials_at_all(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The error lists every source that was tried, and nothing was sent."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr("catchment.lakefs.aws.botocore_missing", lambda: True)
    for name in ("LAKECTL_CONFIG_FILE", "CATCHMENT_PROFILE", "AWS_PROFILE", "AWS_ACCESS_KEY_ID"):
        monkeypatch.delenv(name, raising=False)
    for name in ("SESSION_TOKEN", "ACCESS_KEY_ID", "SECRET_ACCESS_KEY"):
        monkeypatch.delenv(f"LAKECTL_CREDENTIALS_{name}", raising=False)
    with WatchedStack() as stack, stack.serve(only=["lakefs"]) as running:
        with pytest.raises(NoAuthenticationFound) as caught:
            await _first_call(running.endpoints["lakefs"], {})
        assert stack.requests == []
    assert all(word in str(caught.value) for word in ("argument", "LAKECTL_CREDENTIALS", "lakectl"))


async def test_unreadable_local_file(repo: lakefs.Repository, stack: WatchedStack, tmp_path: Path) -> None:
    """A folder, a file that is not there, a closed file."""
    closed = tmp_path.joinpath("closed").open("w+b")
    closed.close()
    for data in (tmp_path, tmp_path / "nowhere", closed):
        with pytest.raises((OSError, ValueError)):
            await repo.branch("main").upload(data, "a")
    assert stack.requests == []
