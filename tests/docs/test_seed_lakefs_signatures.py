"""The interface that the design note sketches: every name is there, and takes what the note says, in that order."""

from __future__ import annotations

import ast
import asyncio
import inspect
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import get_args, get_type_hints

import pytest
from catchment import lakefs
from catchment.lakefs import aio
from catchment.local import LakeFSOptions, Stack

# The note's lines, without what only sketches types. A default that the note writes is the default; a parameter that it
# leaves without one may have one.
NOTE = """
Repository(repository_id, client=None)
Repository.get_or_create(storage_namespace, default_branch_id='main', include_samples=False)
Repository.branch(branch_id)
Repository.list_branches(max_amount, after='', prefix='')
Repository.commit(commit_id)
Repository.tag(tag_id)
Repository.list_tags(max_amount, after='', prefix='')
Reference(repository_id, reference_id, client=None)
Reference.download(path)
Reference.list_objects(max_amount, after='', prefix='', delimiter='/')
Reference.stat_object(path)
Reference.open(path, mode, pre_signed=None)
Reference.log(max_amount)
Reference.diff(other_ref, max_amount, after, prefix, delimiter)
Reference.merge_into(destination_branch_id)
Branch.upload(data, path)
Branch.import_from(object_store_uri, destination, commit_message)
Branch.delete_objects(object_paths)
Branch.copy_object(from_reference, from_path)
Branch.open(path, mode, pre_signed=None)
Branch.create(source_reference_id)
Branch.commit_changes(message, metadata)
Branch.reset(path=None)
Branch.reverse(reference_id)
Branch.list_uncommitted(max_amount, after='', prefix='')
Branch.delete()
Branch.transaction(commit_message)
Branch.download(path)
Branch.list_objects(max_amount, after='', prefix='', delimiter='/')
Branch.stat_object(path)
Tag.delete()
Tag.download(path)
CommonPrefix(repository_id, reference_id, path, client=None)
CommonPrefix.exists()
ObjectInfo(repository_id, reference_id, path, client=None)
ObjectInfo.delete()
ServerConfiguration(client=None)
ServerStorageConfiguration(client=None)
ImportManager(repository_id, reference_id, client=None)
ImportManager.start()
ImportManager.wait(poll_interval)
ImportManager.run(poll_interval=None)
BranchTransaction(repository_id, source_branch_id, client=None)
BranchTransaction.upload(data, path)
BranchTransaction.import_from(object_store_uri, destination, commit_message)
BranchTransaction.delete_objects(object_paths)
BranchTransaction.copy_object(from_reference, from_path)
BranchTransaction.open(path, mode, pre_signed=None)
BranchTransaction.download(path)
"""

# What the note writes as a method without arguments and reads as an attribute in its samples.
ATTRIBUTES = {
    "Repository": ["metadata"],
    "Reference": ["metadata", "commit_message"],
    "Branch": ["head", "metadata", "commit_message"],
    "Tag": ["metadata", "commit_message"],
    "CommonPrefix": ["path"],
    "ObjectInfo": ["path", "modified_time", "size_bytes", "content_type", "metadata", "physical_address"],
    "ServerConfiguration": ["version", "storage_config"],
    "ServerStorageConfiguration": ["blockstore_type", "pre_sign_support", "import_support"],
}

COLOURS = [pytest.param(lakefs, id="sync"), pytest.param(aio, id="async")]


@pytest.mark.parametrize("colour", COLOURS)
@pytest.mark.parametrize("line", NOTE.split("\n")[1:-1])
def test_signature(colour: ModuleType, line: str) -> None:
    """The note's parameters come first, under the note's names, in its order, with its defaults."""
    call = ast.parse(line, mode="eval").body
    assert isinstance(call, ast.Call)
    target = eval(ast.unparse(call.func), vars(colour) | {name: getattr(colour, name) for name in colour.__all__})
    found = [each for each in inspect.signature(target).parameters.values() if each.name != "self"]
    wanted: list[tuple[str, object]] = [(ast.unparse(argument), inspect.Parameter.empty) for argument in call.args]
    wanted += [(str(keyword.arg), ast.literal_eval(keyword.value)) for keyword in call.keywords]
    assert [each.name for each in found[: len(wanted)]] == [name for name, _ in wanted]
    for each, (_, default) in zip(found, wanted, strict=False):
        assert each.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
        if default is not inspect.Parameter.empty:
            assert each.default == default
    for more in found[len(wanted) :]:
        assert more.default is not inspect.Parameter.empty or more.kind is inspect.Parameter.VAR_KEYWORD


@pytest.mark.parametrize("colour", COLOURS)
@pytest.mark.parametrize(("owner", "name"), [(owner, name) for owner, names in ATTRIBUTES.items() for name in names])
def test_attribute(colour: ModuleType, owner: str, name: str) -> None:
    """What the note's samples read as an attribute is one."""
    assert isinstance(getattr(getattr(colour, owner), name), property)


@pytest.mark.parametrize("colour", COLOURS)
def test_module_functions(colour: ModuleType) -> None:
    """`init`, `repository`, `Client` and `DefaultClient` are names of the module."""
    assert inspect.signature(colour.repository).parameters["repository_id"]
    assert {"init", "repository", "Client", "DefaultClient"} <= set(colour.__all__)
    assert colour.DefaultClient is None


def test_change_is_the_notes_tuple() -> None:
    """`Change` is a named tuple with the note's four fields and five types."""
    assert lakefs.Change._fields == ("type", "path", "path_type", "size_bytes")
    hints = get_type_hints(lakefs.Change)
    assert set(get_args(hints["type"])) == {"added", "removed", "changed", "conflict", "prefix_changed"}
    assert set(get_args(hints["path_type"])) == {"common_prefix", "object"}


def test_import_result_is_the_notes_tuple() -> None:
    """`ImportResult` is a named tuple of commit and number of objects."""
    assert lakefs.ImportResult._fields == ("commit", "ingested_objects")


def test_import_waits_two_seconds_between_questions() -> None:
    """The note's default of `wait` is two seconds."""
    assert inspect.signature(lakefs.ImportManager.wait).parameters["poll_interval"].default == timedelta(seconds=2)


# -- what the attributes and results are -------------------------------------------------------------------------------


@pytest.fixture
def branch() -> Iterator[lakefs.Branch]:
    """Return a branch with one commit, on a stack of its own."""
    with Stack(lakefs=LakeFSOptions(import_polls=0)) as stack:
        lakefs.init(local=stack)
        repo = lakefs.repository("example").create("s3://bucket/example")
        main = repo.branch("main")
        main.object("dir/a.txt").upload("text", content_type="text/plain", metadata={"k": "v"})
        main.commit_changes("one", {"who": "me"})
        stack.store.put("s3://bucket/import/x", b"x")
        yield main


def test_values_of_a_reference(branch: lakefs.Branch) -> None:
    """Metadata is a mapping, the message is text, the head is a reference that stays where it is."""
    assert branch.metadata == {"who": "me"}
    assert branch.commit_message == "one"
    head = branch.head
    assert isinstance(head, lakefs.Reference)
    branch.upload("more", "more.txt")
    assert branch.commit_changes("two", {}).id != head.id
    assert head.commit_message == "one"


def test_log_yields_references(branch: lakefs.Branch) -> None:
    """What `log` yields is a reference, newest first, and reads as one."""
    newest, oldest = branch.log(max_amount=2)
    assert isinstance(newest, lakefs.Reference)
    assert (newest.commit_message, newest.download("dir/a.txt")) == ("one", b"text")
    assert oldest.commit_message == "Repository created"


def test_values_of_an_object(branch: lakefs.Branch) -> None:
    """An object made from its ids alone knows everything, once asked."""
    info = lakefs.ObjectInfo("example", "main", "dir/a.txt")
    assert (info.path, info.size_bytes, info.content_type, info.metadata) == ("dir/a.txt", 4, "text/plain", {"k": "v"})
    assert info.modified_time.tzinfo is UTC
    assert isinstance(info.modified_time, datetime)
    assert info.physical_address.startswith("s3://bucket/example/")
    info.delete()
    assert [change[:3] for change in branch.list_uncommitted()] == [("removed", "dir/a.txt", "object")]


def test_values_of_a_prefix(branch: lakefs.Branch) -> None:
    """A prefix of a listing knows its path, and whether anything is below it."""
    (prefix,) = branch.list_objects()
    assert isinstance(prefix, lakefs.CommonPrefix)
    assert (prefix.path, prefix.exists()) == ("dir/", True)
    assert not lakefs.CommonPrefix("example", "main", "other/").exists()


def test_values_of_the_server(branch: lakefs.Branch) -> None:
    """The server's configuration holds its version and what its store can."""
    server = lakefs.ServerConfiguration()
    assert server.version == "1.84.0"
    store = server.storage_config
    assert (store.blockstore_type, store.pre_sign_support, store.import_support) == ("s3", True, True)


def test_branch_operations(branch: lakefs.Branch) -> None:
    """Branches are created, compared, merged, reset, reverted and deleted under the note's names."""
    repo = lakefs.repository("example")
    dev = repo.branch("dev").create("main")
    dev.upload("b", "b.txt")
    dev.upload("c", "c.txt")
    dev.reset("c.txt")
    assert [change.path for change in dev.list_uncommitted()] == ["b.txt"]
    dev.commit_changes("b", {})
    assert [(change.type, change.path) for change in branch.diff(dev)] == [("added", "b.txt")]
    dev.merge_into(branch)
    assert branch.download("b.txt") == b"b"
    dev.copy_object("main", "dir/a.txt")
    dev.delete_objects(["b.txt", "dir/a.txt"])
    dev.reset()
    assert dev.list_uncommitted().to_list() == []
    assert dev.reverse("dev").message.startswith("Revert")
    assert not dev.object("b.txt").exists()
    dev.delete()
    assert [each.id for each in repo.list_branches()] == ["main"]


def test_tags(branch: lakefs.Branch) -> None:
    """Tags are listed, read and deleted."""
    repo = lakefs.repository("example")
    tag = repo.tag("v1").create("main")
    assert [each.id for each in repo.list_tags()] == ["v1"]
    assert tag.download("dir/a.txt") == b"text"
    tag.delete()
    assert repo.list_tags().to_list() == []


def test_import_manager_reports_its_id(branch: lakefs.Branch) -> None:
    """`start` returns the process id and stores it; `wait` returns commit and count."""
    manager = branch.import_from("s3://bucket/import/", "imported/", "import")
    assert manager.start() == manager.import_id
    result = manager.wait()
    assert (result.commit.message, result.ingested_objects) == ("import", 1)


def test_attributes_to_await(branch: lakefs.Branch) -> None:
    """What is an attribute in one colour is awaited in the other, where it must be asked for."""
    client = lakefs.DefaultClient
    assert client is not None
    stack = client._given.local

    async def look() -> tuple[object, ...]:
        async with aio.init(local=stack):
            main = aio.repository("example").branch("main")
            commits = [commit.message async for commit in main.log(1)]
            server = aio.ServerConfiguration()
            return await main.metadata, (await main.head).id, commits, await server.version

    assert asyncio.run(look()) == ({"who": "me"}, branch.head.id, ["one"], "1.84.0")


def test_listings_are_lazy_in_both_colours() -> None:
    """A listing is an iterator, of the kind that its colour wants."""
    assert isinstance(lakefs.repository("example").list_branches(), Iterator)
    assert isinstance(aio.repository("example").list_branches(), AsyncIterator)
