from __future__ import annotations

import pytest
from catchment.core.errors import BulkError, OutcomeUnknownError
from catchment.lakefs import aio as lakefs
from catchment.lakefs.exceptions import (
    BadRequestException,
    ConflictException,
    ForbiddenException,
    NotFoundException,
    ServerException,
)
from catchment.local import Fault
from catchment.testing import no_waiting

from tests.lakefs.doubles import WatchedStack

# -- repositories ------------------------------------------------------------------------------------------------------


async def test_creating_returns_the_repository_with_its_properties(client: lakefs.Client, stack: WatchedStack) -> None:
    """The answer is kept, so that the properties cost no request."""
    made = lakefs.repository("weather", client)
    assert await made.create("s3://lake/weather", "trunk") is made
    stack.requests.clear()
    properties = await made.properties
    assert (properties.id, properties.default_branch) == ("weather", "trunk")
    assert properties.storage_namespace == "s3://lake/weather"
    assert properties.creation_date > 1_600_000_000
    assert stack.requests == []


async def test_properties_are_fetched_once(repo: lakefs.Repository, stack: WatchedStack) -> None:
    """They never change while the repository lives."""
    assert (await repo.properties).default_branch == "main"
    assert await repo.properties is await repo.properties
    assert stack.requests == ["GET /repositories/flights"]


async def test_existing_repository_is_a_conflict_unless_it_is_welcome(repo: lakefs.Repository) -> None:
    """`exist_ok` and `get_or_create` take it as it is, whatever the other arguments say."""
    with pytest.raises(ConflictException) as caught:
        await repo.create("s3://lake/elsewhere")
    assert caught.value.status_code == 409
    assert await repo.create("s3://lake/elsewhere", exist_ok=True) is repo
    assert await repo.get_or_create("s3://lake/elsewhere", "other") is repo
    assert (await repo.properties).storage_namespace == "s3://lake/flights"


async def test_namespace_serves_one_repository(client: lakefs.Client) -> None:
    """The server refuses to lay one repository over another."""
    with pytest.raises(BadRequestException, match="namespace"):
        await lakefs.repository("second", client).create("s3://lake/flights")


async def test_samples_come_with_a_protected_branch(client: lakefs.Client) -> None:
    """What the server does with `sample_data`; writing then needs a merge."""
    made = await lakefs.repository("samples", client).create("s3://lake/samples", include_samples=True)
    assert await made.branch("main").objects().first() is not None
    with pytest.raises(ForbiddenException):
        await made.branch("main").upload(b"x", "a")


async def test_read_only_repository_takes_forced_writes_only(client: lakefs.Client) -> None:
    """Each kind of write has `force`."""
    made = await lakefs.repository("archive", client).create("s3://lake/archive", read_only=True)
    assert (await made.properties).read_only is True
    branch = made.branch("main")
    with pytest.raises(ForbiddenException):
        await branch.upload(b"x", "a", pre_sign=False)
    await branch.upload(b"x", "a", pre_sign=False, force=True)
    with pytest.raises(ForbiddenException):
        await branch.commit("no")
    await branch.commit("yes", force=True)
    with pytest.raises(ForbiddenException):
        await made.tag("v1").create("main")
    await made.tag("v1").create("main", force=True)
    with pytest.raises(BulkError) as refused:
        await branch.delete_objects(["a"])
    assert isinstance(refused.value.failed["a"], ForbiddenException)
    await branch.delete_objects(["a"], force=True)
    with pytest.raises(ForbiddenException):
        await made.delete()
    await made.delete(force=True)


async def test_deleted_repository_is_gone(repo: lakefs.Repository) -> None:
    """Properties that were known are forgotten with it."""
    assert (await repo.properties).id == "flights"
    await repo.delete()
    with pytest.raises(ServerException) as caught:
        _ = await repo.properties
    assert caught.value.status_code in (404, 410)


async def test_unknown_repository(client: lakefs.Client) -> None:
    """Handles are made without asking; the first request says that there is none."""
    with pytest.raises(NotFoundException) as caught:
        _ = await lakefs.repository("nowhere", client).properties
    assert (caught.value.status_code, caught.value.reason) == (404, "Not Found")
    assert isinstance(caught.value.body["message"], str)


async def test_metadata_is_a_map(repo: lakefs.Repository) -> None:
    """A fresh repository has none."""
    assert await repo.metadata == {}


async def test_repositories_are_listed_in_order(client: lakefs.Client, repo: lakefs.Repository) -> None:
    """With prefix, cursor, limit and search; each is a handle that works."""
    for name in ("alpha", "alps", "beta"):
        await lakefs.repository(name, client).create(f"s3://lake/{name}")
    assert [str(found) async for found in lakefs.repositories(client)] == ["alpha", "alps", "beta", "flights"]
    assert [found.id async for found in lakefs.repositories(client, prefix="al")] == ["alpha", "alps"]
    assert [found.id async for found in lakefs.repositories(client, after="alps")] == ["beta", "flights"]
    assert [found.id async for found in lakefs.repositories(client, max_amount=2)] == ["alpha", "alps"]
    assert [found.id async for found in lakefs.repositories(client, search="ligh")] == ["flights"]
    first = await lakefs.repositories(client).first()
    assert first is not None
    assert (await first.properties).storage_namespace == "s3://lake/alpha"
    assert repo == lakefs.Repository("flights", client)


async def test_lost_answer_of_a_creation_is_settled(client: lakefs.Client, stack: WatchedStack) -> None:
    """The repository is there and in the namespace asked for: that is the answer."""
    stack.faults.add(Fault("reset", operation="createRepository", applied=True))
    with no_waiting():
        made = await lakefs.repository("ghost", client).create("s3://lake/ghost")
    assert (await made.properties).storage_namespace == "s3://lake/ghost"
    assert len(stack.ledger.of("createRepository")) == 1


async def test_lost_answer_and_another_namespace_stay_in_doubt(repo: lakefs.Repository, stack: WatchedStack) -> None:
    """Somebody else may have made it; nobody is told that it is his."""
    stack.faults.add(Fault("reset", operation="createRepository"))
    with no_waiting(), pytest.raises(OutcomeUnknownError, match="s3://lake/flights"):
        await repo.create("s3://lake/another")


# -- branches and tags -------------------------------------------------------------------------------------------------


async def test_branch_is_created_at_its_source(repo: lakefs.Repository, main: lakefs.Branch) -> None:
    """From a name, a handle or a commit id; `create` gives the branch back."""
    first = await main.get_commit()
    branch = repo.branch("dev")
    assert await branch.create("main") is branch
    await repo.branch("dev2").create(main)
    await repo.branch("dev3").create(first)
    heads = [(await repo.branch(name).head).id for name in ("dev", "dev2", "dev3")]
    assert heads == [first.id] * 3


async def test_existing_branch_is_a_conflict_unless_it_is_welcome(repo: lakefs.Repository) -> None:
    """`exist_ok` leaves it where it stands."""
    branch = await repo.branch("dev").create("main")
    await branch.commit("moved", allow_empty=True)
    head = (await branch.head).id
    with pytest.raises(ConflictException):
        await branch.create("main")
    assert await branch.create("main", exist_ok=True) is branch
    assert (await branch.head).id == head


async def test_branch_of_an_unknown_source(repo: lakefs.Repository) -> None:
    """The server says what it misses."""
    with pytest.raises(NotFoundException):
        await repo.branch("dev").create("nowhere")


async def test_branches_are_listed_in_order(repo: lakefs.Repository) -> None:
    """Hidden ones only where they are asked for."""
    for name in ("dev-2", "dev-1", "feature"):
        await repo.branch(name).create("main")
    await repo.branch("secret").create("main", hidden=True)
    assert [branch.id async for branch in repo.branches()] == ["dev-1", "dev-2", "feature", "main"]
    assert [branch.id async for branch in repo.branches(prefix="dev")] == ["dev-1", "dev-2"]
    assert [branch.id async for branch in repo.branches(after="dev-2")] == ["feature", "main"]
    assert [branch.id async for branch in repo.branches(max_amount=1)] == ["dev-1"]
    assert [branch.id async for branch in repo.list_branches(2, "dev-1")] == ["dev-2", "feature"]
    assert "secret" in [branch.id async for branch in repo.branches(show_hidden=True)]


async def test_deleted_branch_is_gone(repo: lakefs.Repository) -> None:
    """With its uncommitted changes; the default branch stays."""
    branch = await repo.branch("dev").create("main")
    await branch.upload(b"x", "a")
    await branch.delete()
    with pytest.raises(NotFoundException):
        _ = await branch.head
    with pytest.raises(ForbiddenException):
        await repo.branch("main").delete()


async def test_tag_names_a_commit(repo: lakefs.Repository, main: lakefs.Branch) -> None:
    """It does not move with the branch, and reads as any reference."""
    await main.upload(b"one", "a")
    commit = await main.commit("one")
    tag = repo.tag("v1.0")
    assert await tag.create(main) is tag
    await main.upload(b"two", "a")
    await main.commit("two")
    assert (await tag.get_commit()).id == commit.id
    assert await tag.download("a") == b"one"
    with pytest.raises(ConflictException):
        await tag.create(main)
    assert await tag.create(main, exist_ok=True) is tag
    assert (await repo.tag("v1.0").get_commit()).id == commit.id


async def test_deleted_tag_is_gone(repo: lakefs.Repository) -> None:
    """What was known of it is forgotten too."""
    tag = await repo.tag("v1").create("main")
    assert (await tag.get_commit()).id
    await tag.delete()
    with pytest.raises(NotFoundException):
        await tag.get_commit()


async def test_tags_are_listed_in_order(repo: lakefs.Repository) -> None:
    """With prefix, cursor and limit."""
    for name in ("v2", "v1", "w1"):
        await repo.tag(name).create("main")
    assert [tag.id async for tag in repo.tags()] == ["v1", "v2", "w1"]
    assert [tag.id async for tag in repo.tags(prefix="v", after="v1")] == ["v2"]
    assert [tag.id async for tag in repo.list_tags(1)] == ["v1"]


@pytest.mark.parametrize("name", ["a+b", "100%", "a&b=c", "ü-1", "a%2Fb", "a\u00a0b", "x#y", 'x"y'])
async def test_tag_with_unusual_characters_travels_unchanged(repo: lakefs.Repository, name: str) -> None:
    """The server decodes path parameters twice; what was made is what is found, read and deleted."""
    tag = await repo.tag(name).create("main")
    assert [found.id async for found in repo.tags()] == [name]
    assert (await repo.tag(name).get_commit()).id == (await repo.branch("main").head).id
    await tag.delete()
    assert [found.id async for found in repo.tags()] == []


async def test_lost_answer_of_branch_and_tag_is_settled(repo: lakefs.Repository, stack: WatchedStack) -> None:
    """They are there and stand at their source, made once."""
    stack.faults.add(Fault("reset", operation="createBranch", applied=True))
    stack.faults.add(Fault("reset", operation="createTag", applied=True))
    with no_waiting():
        await repo.branch("dev").create("main")
        await repo.tag("v1").create("main")
    assert (len(stack.ledger.of("createBranch")), len(stack.ledger.of("createTag"))) == (1, 1)
