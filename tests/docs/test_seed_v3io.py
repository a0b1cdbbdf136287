"""The README that named V3IO's Python interface: each of its samples runs, its import line changed, blocking and awaited.

A sample stands here as the README has it; `import v3io.dataplane` becomes `from catchment import v3io`. The awaited form
is made of it: calls that send are awaited, nothing else differs. The only other change is the address, which the
environment gives, as the README says that it may.
"""

from __future__ import annotations

import ast
import asyncio
import inspect
import io
import os
import pydoc
import re
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout

import pytest
from catchment import v3io
from catchment.local import Stack

CREATING = """
import v3io.dataplane


v3io_client = v3io.dataplane.Client(endpoint='https://v3io-webapi:8081', access_key='some_access_key')
"""

CONTAINERS = """
# list the containers we can access
response = v3io_client.get_containers()

# print the status code. outputs:
#
#  Status code: 200
#
print(f'Status code: {response.status_code}')

# iterate over the containers and print them
#
#   #0: bigdata
#   #1: users
#
for container_idx, container in enumerate(response.output.containers):
    print(f'#{container_idx}: {container.name}')
"""

NEVER = """
# list the containers and never raise an exception
response = v3io_client.get_containers(raise_for_status=v3io.dataplane.RaiseForStatus.never)

# do anything we want with the status code
# some_logic(response.status_code)
"""

ACCEPTABLE = """
# list the containers and raise if the status code is not 200 or 204
response = v3io_client.get_containers(raise_for_status=[200, 204])
"""

BATCH = """
# do 16 writes in parallel
for idx in range(16):

    # returns immediately
    v3io_client.batch.put_object(container='bigdata',
                                 path=f'/object{idx}',
                                 body=f'object-{idx}')

# wait for all writes to complete
v3io_client.batch.wait()
"""

OBJECTS = """
# put contents to some object
v3io_client.put_object(container='users',
                       path='/my-object',
                       body='hello, there')

# get the object
response = v3io_client.get_object(container='users', path='/my-object')

# print the contents. outputs:
#
#   hello, there
#
print(response.body.decode('utf-8'))

# delete the object
v3io_client.delete_object(container='users', path='/my-object')
"""

ITEMS = """
items = {
    'bob': {'age': 42, 'feature': 'mustache'},
    'linda': {'age': 41, 'feature': 'singing'},
    'louise': {'age': 9, 'feature': 'bunny ears'},
}

# add the records to the table
for item_key, item_attributes in items.items():
    v3io_client.put_item(container='users', path='/bobs-burgers/' + item_key, attributes=item_attributes)

# adds two fields (height, quip) to the louise record
v3io_client.update_item(container='users',
                        path='/bobs-burgers/louise',
                        attributes={
                            'height': 130,
                            'quip': 'i can smell fear on you'
                        })

# get a record by key, specifying specific arguments
response = v3io_client.get_item(container='users',
                                path='/bobs-burgers/louise',
                                attribute_names=['__size', 'age', 'quip', 'height'])


# print the item from the response. outputs:
#
#   {'__size': 0.0, 'quip': 'i can smell fear on you', 'height': 130.0}
#
print(response.output.item)

# create a query, and use an items cursor to iterate the results
items_cursor = v3io_client.new_items_cursor(container='users',
                                            path='/bobs-burgers/',
                                            attribute_names=['age', 'feature'],
                                            filter_expression='age > 15')

# print the output
for item in items_cursor.all():
    print(item)
"""

STREAMS = """
# create a stream w/8 shards
v3io_client.create_stream(container='users',
                           path='/my-test-stream',
                           shard_count=8)

# write 4 records - 3 with explicitly specifying the shard and 1 using hashing
records = [
    {'shard_id': 1, 'data': 'first shard record #1'},
    {'shard_id': 1, 'data': 'first shard record #2'},
    {'shard_id': 2, 'data': 'second shard record #1'},
    {'data': 'some shard record #1'}
]

v3io_client.put_records(container='users', path='/my-test-stream', records=records)

# seek to the beginning of the shard of #1 so we know where to read from
response = v3io_client.seek_shard(container='users', path='/my-test-stream/1', seek_type='EARLIEST')

# get records from the shard (should receive 2)
response = v3io_client.get_records(container='users', path='/my-test-stream/1', location=response.output.location)

# print the records. outputs:
#
#   first shard record #1
#   first shard record #2
#
for record in response.output.records:
    print(record.data.decode('utf-8'))

# delete the stream
v3io_client.delete_stream(container='users', path='/my-test-stream')
"""

SENDS = re.compile(r"(?<![\w.])v3io_client\.(?!batch\.put|new_items_cursor)|(?<![\w.])items_cursor\.(?=all)")
"""Where the awaited form waits: every call of the client but those that only queue or make a cursor."""


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    """Serve a stack on a socket, where the environment points."""
    with Stack() as stack, stack.serve(only=["v3io"]) as running:
        for name, value in running.environment.items():
            monkeypatch.setenv(name, value)
        yield stack


Run = Callable[[str], tuple[dict[str, object], str]]


def blocking(sample: str) -> tuple[dict[str, object], str]:
    """Run a sample with a client of the environment; return what it defined and what it printed."""
    with v3io.dataplane.Client() as client, redirect_stdout(io.StringIO()) as said:
        scope: dict[str, object] = {"v3io": v3io, "v3io_client": client}
        exec(compile(sample, "sample", "exec"), scope)
        return scope, said.getvalue()


def awaited(sample: str) -> tuple[dict[str, object], str]:
    """Run a sample's awaited form."""

    async def work() -> tuple[dict[str, object], str]:
        flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        code = compile(SENDS.sub(lambda found: f"await {found[0]}", sample), "sample", "exec", flags=flags)
        async with v3io.aio.dataplane.Client() as client:
            scope: dict[str, object] = {"v3io": v3io, "v3io_client": client}
            with redirect_stdout(io.StringIO()) as said:
                waiting = eval(code, scope)
                if inspect.isawaitable(waiting):
                    await waiting
            return scope, said.getvalue()

    return asyncio.run(work())


@pytest.fixture(params=[blocking, awaited], ids=["blocking", "awaited"])
def run(request: pytest.FixtureRequest) -> Run:
    """Run a sample in one of both forms."""
    return request.param


# -- "Creating a client" -----------------------------------------------------------------------------------------------


def test_creating() -> None:
    """A client is made of an endpoint and an access key, and nothing is sent yet."""
    scope: dict[str, object] = {}
    exec(CREATING.replace("import v3io.dataplane", "from catchment import v3io"), scope)
    client = scope["v3io_client"]
    assert isinstance(client, v3io.dataplane.Client)
    assert "some_access_key" not in repr(client)
    client.close()


def test_endpoint_and_access_key_come_from_the_environment(stack: Stack) -> None:
    """`in some environments … they will automatically be inferred from the environment`."""
    assert os.environ["V3IO_API"]
    with v3io.dataplane.Client() as client:
        assert client.get_containers().status_code == 200


# -- "Making requests", "Handling errors" ------------------------------------------------------------------------------


def test_containers(stack: Stack, run: Run) -> None:
    """Status, and names with their numbers."""
    scope, said = run(CONTAINERS)
    lines = said.splitlines()
    assert lines[0] == "Status code: 200"
    assert lines[1:] == ["#0: bigdata", "#1: projects", "#2: users"]
    response = scope["response"]
    assert isinstance(response, v3io.dataplane.Response)
    assert response.body.startswith(b"<")
    assert int(response.headers["Content-Length"]) == len(response.body)


def test_help_shows_every_parameter() -> None:
    """`help(v3io_client.get_containers)` says what the call receives."""
    with v3io.dataplane.Client(endpoint="http://localhost:1", access_key="key") as client:
        shown = pydoc.plain(pydoc.render_doc(client.get_containers))
    for name in ("access_key", "raise_for_status", "transport_actions"):
        assert shown.count(name) >= 2, f"{name} is in the signature and in the text"


def test_never_raising(stack: Stack, run: Run) -> None:
    """`RaiseForStatus.never` hands over whatever status came."""
    scope, _ = run(NEVER)
    assert scope["response"].status_code == 200  # type: ignore[attr-defined]
    scope, _ = run(
        "response = v3io_client.get_object(container='users', path='/none',"
        " raise_for_status=v3io.dataplane.RaiseForStatus.never)"
    )
    assert scope["response"].status_code == 404  # type: ignore[attr-defined]


def test_acceptable_statuses(stack: Stack, run: Run) -> None:
    """A list of statuses is acceptable, and any other one raises."""
    scope, _ = run(ACCEPTABLE)
    assert scope["response"].status_code == 200  # type: ignore[attr-defined]
    with pytest.raises(v3io.dataplane.HttpResponseError) as caught:
        run("response = v3io_client.get_containers(raise_for_status=[204])")
    assert caught.value.status_code == 200


def test_raising_is_the_default(stack: Stack, run: Run) -> None:
    """`By default, making a request will raise an exception if any non-200 status code is returned.`"""
    with pytest.raises(v3io.dataplane.HttpResponseError) as caught:
        run("v3io_client.get_object(container='users', path='/none')")
    assert caught.value.status_code == 404


# -- "Creating batches" ------------------------------------------------------------------------------------------------


def test_a_batch(stack: Stack, run: Run) -> None:
    """Sixteen writes at once; waiting returns an object with the responses, in the order of the calls."""
    scope, _ = run(BATCH.replace("v3io_client.batch.wait()", "done = v3io_client.batch.wait()"))
    done = scope["done"]
    assert isinstance(done, v3io.dataplane.Responses)
    assert [response.status_code for response in done.responses] == [200] * 16
    with v3io.dataplane.Client() as client:
        assert client.get_object("bigdata", "/object7").body == b"object-7"


def test_parallel_batches(stack: Stack) -> None:
    """`you can create multiple parallel batches yourself through the client's create_batch() interface`."""
    with v3io.dataplane.Client() as client:
        first, second = client.create_batch(), client.create_batch()
        first.put_object(container="bigdata", path="/one", body="1")
        second.put_object(container="bigdata", path="/two", body="2")
        first.put_object(container="bigdata", path="/three", body="3")
        assert [len(second.wait().responses), len(first.wait(raise_for_status=[200]).responses)] == [1, 2]
        assert [client.get_object("bigdata", path).body for path in ("/one", "/two", "/three")] == [b"1", b"2", b"3"]


# -- "Examples" --------------------------------------------------------------------------------------------------------


def test_objects(stack: Stack, run: Run) -> None:
    """An object is put, read and deleted."""
    _, said = run(OBJECTS)
    assert said == "hello, there\n"


def test_items(stack: Stack, run: Run) -> None:
    """Items are put, updated, read, and found by a cursor: one of the calls that the original answers with an error."""
    _, said = run(ITEMS)
    first, *rest = [ast.literal_eval(line) for line in said.splitlines()]
    assert first == {"__size": 0, "age": 9, "quip": "i can smell fear on you", "height": 130}
    assert all(type(value) is int for name, value in first.items() if name != "quip")
    assert sorted(rest, key=lambda item: item["age"]) == [
        {"age": 41, "feature": "singing"},
        {"age": 42, "feature": "mustache"},
    ]


def test_streams(stack: Stack, run: Run) -> None:
    """A stream of eight shards is made, written to, read and deleted."""
    scope, said = run(STREAMS)
    assert said == "first shard record #1\nfirst shard record #2\n"
    assert [record.sequence_number for record in scope["response"].output.records] == [1, 2]  # type: ignore[attr-defined]
    with v3io.dataplane.Client() as client, pytest.raises(v3io.dataplane.HttpResponseError):
        client.describe_stream("users", "/my-test-stream")


def test_the_awaited_form_waits_where_something_is_sent() -> None:
    """What only queues or makes a cursor is not awaited; every call that sends is."""
    form = SENDS.sub(lambda found: f"await {found[0]}", BATCH + ITEMS)
    assert "await v3io_client.batch.wait()" in form
    assert "await v3io_client.batch.put_object" not in form
    assert "= v3io_client.new_items_cursor" in form
    assert "in await items_cursor.all()" in form
