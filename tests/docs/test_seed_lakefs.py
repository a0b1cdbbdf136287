"""The design note that named lakeFS's Python interface: each of its samples runs, its import line changed.

A sample stands here as the note has it. `import lakefs` becomes `from catchment import lakefs`, and the placeholder
`abc123` becomes the first characters of a commit that exists. Where a sample cannot run as it is printed, the comment
beside it says what was repaired. The twins to await follow each sample.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import ModuleType

import pytest
from catchment import lakefs
from catchment.lakefs import aio
from catchment.lakefs.exceptions import TransactionException
from catchment.local import LakeFSOptions, Stack


@dataclass
class Scene:
    """A local stack, the default client of both colours on it, and a commit to stand for the note's `abc123`."""

    stack: Stack
    commit: str

    def run(self, sample: str, **names: object) -> dict[str, object]:
        """Run a sample of the note and return what it defined."""
        source = sample.replace("import lakefs", "from catchment import lakefs").replace("abc123", self.commit)
        scope: dict[str, object] = {"__name__": "sample", **names}
        exec(compile(source, "sample", "exec"), scope)
        return scope

    def wait(self, sample: Callable[[ModuleType, str], Coroutine[object, object, None]]) -> None:
        """Run a sample's twin."""

        async def run() -> None:
            async with aio.init(local=self.stack):
                await sample(aio, self.commit)

        asyncio.run(run())


@pytest.fixture
def stack() -> Iterator[Stack]:
    """Return a stack whose imports are done when they are first asked about, so that nothing waits."""
    with Stack(lakefs=LakeFSOptions(import_polls=0)) as stack:
        yield stack


@pytest.fixture
def scene(stack: Stack) -> Scene:
    """Return what the samples take for granted: a repository `example`, two branches, objects, a commit."""
    lakefs.init(local=stack)
    repo = lakefs.repository("example").create("s3://bucket/example")
    main = repo.branch("main")
    main.upload(b"one", "foo/one.parquet")
    main.upload(b"two", "foo/two.txt")
    main.upload(b"PAR1", "datasets/foo/1.parquet")
    main.upload("text of a/b", "a/b.txt")
    main.upload("hello again\n", "foo/bar.txt")
    commit = main.commit("what the samples read").id
    repo.branch("dev").create("main")
    stack.store.put("s3://bucket/path/one.csv", b"1\n")
    stack.store.put("s3://bucket/path/deep/two.csv", b"2\n")
    return Scene(stack, commit[:8])


# -- "API wrapper interface" -------------------------------------------------------------------------------------------

INTERFACE = """
import lakefs

repo = lakefs.repository('example')
branch = repo.branch('main')
for item in branch.list_objects(prefix='foo/'):
    if item.path.endswith('.parquet'):
        print(item.path)

data: bytes = branch.download('datasets/foo/1.parquet')
branch.upload(data, 'foo/bar/baz.parquet')

# this will work:
data: bytes = lakefs.repository('example').commit('abc123').download('a/b.txt')
"""

NOT_ON_COMMITS = """
import lakefs

data = b''
# since commits are immutable, this method will not exist:
lakefs.repository('example').commit('abc123').upload(data, 'a/b.txt')
"""


def test_interface(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    """Objects are listed, downloaded and uploaded through their branch, and read through a commit."""
    names = scene.run(INTERFACE)
    assert capsys.readouterr().out == "foo/one.parquet\n"
    assert lakefs.repository("example").branch("main").download("foo/bar/baz.parquet") == b"PAR1"
    assert names["data"] == b"text of a/b"


def test_commits_have_no_upload(scene: Scene) -> None:
    """What cannot work on a commit is not there at all."""
    with pytest.raises(AttributeError, match="upload"):
        scene.run(NOT_ON_COMMITS)


def test_interface_to_await(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    """The same sample, awaited."""

    async def sample(lakefs: ModuleType, commit: str) -> None:
        repo = lakefs.repository("example")
        branch = repo.branch("main")
        async for item in branch.list_objects(prefix="foo/"):
            if item.path.endswith(".parquet"):
                print(item.path)

        data: bytes = await branch.download("datasets/foo/1.parquet")
        await branch.upload(data, "foo/bar/baz.parquet")
        assert await lakefs.repository("example").commit(commit).download("a/b.txt") == b"text of a/b"
        assert not hasattr(lakefs.repository("example").commit(commit), "upload")

    scene.wait(sample)
    assert capsys.readouterr().out == "foo/one.parquet\n"
    assert lakefs.repository("example").branch("main").download("foo/bar/baz.parquet") == b"PAR1"


# -- "Authentication" --------------------------------------------------------------------------------------------------


def test_chain_1_the_client_argument_wins(scene: Scene) -> None:
    """Every model takes a client, and asks that one instead of the default."""
    with Stack(seed=7) as other:
        client = lakefs.Client(local=other)
        lakefs.Repository("elsewhere", client=client).create("s3://bucket/elsewhere")
        lakefs.Branch("elsewhere", "main", client=client).upload(b"x", "dir/x")
        assert lakefs.Reference("elsewhere", "main", client=client).download("dir/x") == b"x"
        assert lakefs.ObjectInfo("elsewhere", "main", "dir/x", client=client).size_bytes == 1
        assert lakefs.CommonPrefix("elsewhere", "main", "dir/", client=client).exists()
        assert lakefs.ServerConfiguration(client=client).version == "1.84.0"
        assert lakefs.ServerStorageConfiguration(client=client).blockstore_type == "s3"
        lakefs.Branch("elsewhere", "main", client=client).commit("x")
        assert lakefs.Tag("elsewhere", "t", client=client).create("main").get_commit().message == "x"
        with lakefs.BranchTransaction("elsewhere", "main", client=client, commit_message="y") as tx:
            tx.upload(b"y", "dir/y")
    assert [repo.id for repo in lakefs.repositories()] == ["example"]


def test_chain_2_init_sets_the_default_client() -> None:
    """What `init` is given is on `DefaultClient`, under the note's argument names."""
    lakefs.init(access_key_id="AKIAINIT000000000000", secret_access_key="hush", endpoint="https://lakefs.example.com")
    assert lakefs.DefaultClient is not None
    assert (lakefs.DefaultClient.config.kind, lakefs.DefaultClient.config.username) == ("key pair", "AKIA***")
    lakefs.init(jwt_token="hush", endpoint="https://lakefs.example.com")
    assert lakefs.DefaultClient.config.kind == "token"
    assert lakefs.DefaultClient.config.host == "https://lakefs.example.com/api/v1"


@pytest.fixture
def lakectl_file(blank_machine: Path) -> Path:
    """Return lakectl's file in the home folder, with credentials."""
    file = blank_machine / ".lakectl.yaml"
    file.write_text(
        "credentials:\n  access_key_id: FILEKEY0000000000000\n  secret_access_key: hush\n"
        "server:\n  endpoint_url: https://lakefs.example.com\n"
    )
    file.chmod(0o600)
    return file


def test_chain_3_environment_before_file(lakectl_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The note's two variables win over lakectl's file."""
    monkeypatch.setenv("LAKECTL_ACCESS_KEY_ID", "ENVIKEY0000000000000")
    monkeypatch.setenv("LAKECTL_ACCESS_SECRET_KEY", "hush")
    assert lakefs.init().config.username == "ENVI***"


def test_chain_4_file(lakectl_file: Path) -> None:
    """Without variables, lakectl's file is used."""
    assert lakefs.init().config.username == "FILE***"


def test_chain_5_role_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """With nothing of lakeFS's own, the machine's AWS identity is used."""
    monkeypatch.setenv("LAKECTL_SERVER_ENDPOINT_URL", "https://lakefs.example.com")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAROLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hush")
    assert lakefs.init().config.kind == "AWS role"


def test_init_is_called_at_the_first_use(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has to call `init`: the first call that needs a client makes the default one."""
    with stack.serve() as running:
        for name, value in running.environment.items():
            monkeypatch.setenv(name, value)
        repo = lakefs.repository("example")
        assert lakefs.DefaultClient is None
        repo.get_or_create(storage_namespace="s3://bucket/path")
        assert lakefs.DefaultClient is not None
        lakefs.DefaultClient.close()


def test_no_credentials_anywhere_says_where_was_looked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Authentication fails at the first call, not at import, and names every source."""
    monkeypatch.setenv("LAKECTL_SERVER_ENDPOINT_URL", "https://lakefs.example.com")
    repo = lakefs.repository("example")
    with pytest.raises(lakefs.exceptions.NoAuthenticationFound, match=r"LAKECTL_CREDENTIALS_ACCESS_KEY_ID") as caught:
        repo.branch("main").download("a")
    assert ".lakectl.yaml" in str(caught.value)


# -- "I/O - reading/writing objects" -----------------------------------------------------------------------------------

FILES = """
import lakefs

repo = lakefs.repository('example')
branch = repo.branch('main')

data: bytes = b'hello world\\n'
with branch.open('foo/bar.txt', 'w') as f:
    # Will check the underlying client for pre-signed URL support
    #  if supported, will do the whole get_physical_address, http upload, link address dance
    #  Otherwise, direct upload.
    #  *In the future*, we can accept a stream/file-like object, sniff for its size/content type
    #  opt for multi-part, etc.
    f.write(data)
    f.write(another_thing)  # fail this, we can only write once.

with repo.commit('abc123').open('foo/bar.txt', 'r') as f:
    # same thing - check client for pre-signed support
    # fall back to direct read if not supported
    whole = f.read()
    # or
    rest = f.read(1024)  # range request
"""
# Bound to names so that the test sees them: `whole =` and `rest =`. The note has the two reads alone.


def test_files(scene: Scene) -> None:
    """Objects open as files; a second write appends, which is more than the note asks for, and loses nothing."""
    names = scene.run(FILES, another_thing="and more\n")
    assert lakefs.repository("example").branch("main").download("foo/bar.txt") == b"hello world\nand more\n"
    assert (names["whole"], names["rest"]) == ("hello again\n", "")


@pytest.mark.parametrize("pre_signed", [None, True, False])
def test_files_with_pre_signed(scene: Scene, pre_signed: bool | None) -> None:
    """`pre_signed` decides the way of the bytes, and the object is the same either way."""
    main = lakefs.repository("example").branch("main")
    before = len(scene.stack.ledger.of("linkPhysicalAddress"))
    with main.open("signed.txt", "w", pre_signed=pre_signed) as f:
        f.write("x")
    assert len(scene.stack.ledger.of("linkPhysicalAddress")) - before == (pre_signed is not False)
    with main.open("signed.txt", "r", pre_signed=pre_signed) as f:
        assert f.read() == "x"


def test_files_to_await(scene: Scene) -> None:
    """The same sample, awaited."""

    async def sample(lakefs: ModuleType, commit: str) -> None:
        repo = lakefs.repository("example")
        branch = repo.branch("main")

        data: bytes = b"hello world\n"
        async with branch.open("foo/bar.txt", "w") as f:
            await f.write(data)
            await f.write("and more\n")

        async with repo.commit(commit).open("foo/bar.txt", "r") as f:
            assert await f.read() == "hello again\n"
            assert await f.read(1024) == ""

    scene.wait(sample)
    assert lakefs.repository("example").branch("main").download("foo/bar.txt") == b"hello world\nand more\n"


# -- "Import Manager" --------------------------------------------------------------------------------------------------

IMPORT = """
import lakefs

main = lakefs.repository('example').branch('main')
task = main.import_from(
    's3://bucket/path',
    destination='some/path/',
    commit_message='imported stuff!'
)
task.start()  # will not block, run the import API
task.wait()  # Block, polling in the background

# or just run(), same as start() & wait()
main.import_from(object_store_uri='s3://bucket/path', destination='datasets/', commit_message='sync datasets').run()
"""


def _imported() -> list[str]:
    main = lakefs.repository("example").branch("main")
    return [item.path for prefix in ("some/path/", "datasets/") for item in main.objects(prefix=prefix)]


def test_import(scene: Scene) -> None:
    """An import starts without blocking, is waited for, commits, and replaces what was under its destination."""
    scene.run(IMPORT)
    assert _imported() == [
        f"{place}/{name}" for place in ("some/path", "datasets") for name in ("deep/two.csv", "one.csv")
    ]
    log = lakefs.repository("example").branch("main").log(max_amount=2)
    assert [commit.message for commit in log] == ["sync datasets", "imported stuff!"]


def test_import_to_await(scene: Scene) -> None:
    """The same sample, awaited."""

    async def sample(lakefs: ModuleType, commit: str) -> None:
        main = lakefs.repository("example").branch("main")
        task = main.import_from("s3://bucket/path", destination="some/path/", commit_message="imported stuff!")
        await task.start()
        await task.wait()
        again = main.import_from(
            object_store_uri="s3://bucket/path", destination="datasets/", commit_message="sync datasets"
        )
        result = await again.run(poll_interval=timedelta(0))
        assert (result.ingested_objects, result.commit.message) == (2, "sync datasets")

    scene.wait(sample)
    assert len(_imported()) == 4


# -- "Transaction Manager" ---------------------------------------------------------------------------------------------

TRANSACTION = """
import lakefs

dev = lakefs.repository('example').branch('dev')

# Will create an ephemeral branch from `dev` (e.g. `tx-dev-343829f89`)
# uploads and downloads will apply to that ephemeral branch
# on success, commit with provided message, merge and delete ephemeral branch
# on exception or failure, leave branch as is and report it in a wrapping exception
# for easy troubleshooting
with dev.transaction(commit_message='do things') as tx:
    tx.upload('...', 'bar.txt')
    tx.download('bar.txt')
    # or with I/O wrapper
    with tx.open('foo/bar.txt', 'w') as f:
        f.write('hello world')
"""
# Repaired: the note's `tx.upload('...')` and `tx.download()` leave their paths out, and `tx.open(...) as f:` lacks its
# `with`.

FAILING = """
import lakefs

dev = lakefs.repository('example').branch('dev')
with dev.transaction(commit_message='do things') as tx:
    tx.upload('...', 'bar.txt')
    raise ValueError('half way')
"""


def test_transaction(scene: Scene) -> None:
    """A transaction commits with its message, merges, and leaves no branch behind."""
    repo = lakefs.repository("example")
    scene.run(TRANSACTION)
    dev = repo.branch("dev")
    assert (dev.download("bar.txt"), dev.download("foo/bar.txt")) == (b"...", b"hello world")
    assert "do things" in [commit.message for commit in dev.log()]
    assert repo.leftover_transactions().to_list() == []


def test_transaction_works_on_a_branch_of_its_own(scene: Scene) -> None:
    """Inside the block, the source branch has nothing of it yet; the branch is named after its source."""
    dev = lakefs.repository("example").branch("dev")
    with dev.transaction(commit_message="do things") as tx:
        tx.upload("...", "bar.txt")
        assert tx.id.startswith("tx-dev-")
        assert not dev.object("bar.txt").exists()


def test_failed_transaction_leaves_its_branch_and_names_it(scene: Scene) -> None:
    """On failure the source is as it was, the branch holds the work, and the wrapping error names it."""
    with pytest.raises(TransactionException, match="half way") as caught:
        scene.run(FAILING)
    repo = lakefs.repository("example")
    assert isinstance(caught.value.__cause__, ValueError)
    assert caught.value.branch is not None
    assert repo.branch(caught.value.branch).download("bar.txt") == b"..."
    assert not repo.branch("dev").object("bar.txt").exists()


def test_transaction_to_await(scene: Scene) -> None:
    """The same sample, awaited; its failure too."""

    async def sample(lakefs: ModuleType, commit: str) -> None:
        dev = lakefs.repository("example").branch("dev")
        async with dev.transaction(commit_message="do things") as tx:
            await tx.upload("...", "bar.txt")
            await tx.download("bar.txt")
            async with tx.open("foo/bar.txt", "w") as f:
                await f.write("hello world")

        async def fail() -> None:
            async with dev.transaction(commit_message="do things") as tx:
                await tx.upload("other", "bar.txt")
                raise ValueError("half way")

        with pytest.raises(TransactionException) as caught:
            await fail()
        assert await lakefs.repository("example").branch(caught.value.branch or "").download("bar.txt") == b"other"

    scene.wait(sample)
    dev = lakefs.repository("example").branch("dev")
    assert (dev.download("bar.txt"), dev.download("foo/bar.txt")) == (b"...", b"hello world")


# -- "Creating repositories" -------------------------------------------------------------------------------------------

CREATE = """
import lakefs

repo = lakefs.repository('example').get_or_create(storage_namespace='s3://bucket/path')

# From here, proceed as usual..
main = repo.branch('main')
"""


def test_get_or_create(stack: Stack) -> None:
    """The repository is created the first time and taken as it is the second."""
    lakefs.init(local=stack)
    scene = Scene(stack, "")
    created = scene.run(CREATE)["repo"]
    taken = scene.run(CREATE)["repo"]
    assert created == taken
    assert [entry.operation for entry in stack.ledger] == ["createRepository"]


def test_get_or_create_to_await(stack: Stack) -> None:
    """The same sample, awaited."""

    async def sample(lakefs: ModuleType, commit: str) -> None:
        repo = await lakefs.repository("example").get_or_create(storage_namespace="s3://bucket/path")
        main = repo.branch("main")
        assert (await main.get_commit()).message == "Repository created"

    Scene(stack, "").wait(sample)
