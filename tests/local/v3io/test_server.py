"""What the local V3IO does around objects, items and streams: credentials, faults, ledger, folders."""

from __future__ import annotations

import base64
import http.client
import json
from urllib.parse import urlsplit

import pytest
from catchment.local import Fault, Stack, V3IOOptions
from catchment.local.v3io.service import OPERATIONS


def bare(web, *headers):
    """Return status and code of a request without the access key."""
    reply = web.stack.v3io.handle("GET", web.stack.v3io.endpoint + "/", list(headers))
    return reply.status, reply.json()["ErrorCode"] if reply.status >= 400 else None


def basic(pair):
    """Return the header of basic authentication."""
    return "Authorization", "Basic " + base64.b64encode(pair.encode()).decode()


# Credentials


def test_credentials(make_web):
    """A key, a user's password, or the headers of tools for S3, whose signature nobody checks."""
    web = make_web(access_key="key-1", username="ann", password="pass:word")
    assert web.stack.v3io.environment == {"V3IO_API": "http://v3io.catchment.local", "V3IO_ACCESS_KEY": "key-1"}
    good = [
        ("x-v3io-session-key", "key-1"),
        basic("ann:pass:word"),
        ("Authorization", "AWS4-HMAC-SHA256 Credential=key-1/20240501/us-east-1/s3/aws4_request, Signature=0"),
        ("Authorization", "AWS key-1:anything"),
    ]
    assert [bare(web, header) for header in good] == [(200, None)] * 4
    wrong = [
        ("X-v3io-session-key", "key-2"), ("X-v3io-session-key", ""), basic("ann:wrong"), basic("bob:pass:word"),
        ("Authorization", "Basic *"), ("Authorization", "AWS key-2:x"), ("Authorization", "Bearer key-1"),
    ]  # fmt: skip
    assert [bare(web, header) for header in wrong] == [(403, -13)] * 7
    assert bare(web) == (401, -13)


def test_credentials_repeat_with_the_seed(make_web):
    """And stay through a reset; they are in no repr."""
    one, two = Stack(seed=1), Stack(seed=1)
    assert one.v3io.environment == two.v3io.environment != make_web().stack.v3io.environment
    before = one.v3io.environment
    one.reset()
    assert one.v3io.environment == before
    assert "secret" not in repr(V3IOOptions(access_key="secret", password="secret"))


@pytest.mark.parametrize(
    "options",
    [
        {"containers": ("Upper",)}, {"containers": ("a--b",)}, {"containers": ("",)}, {"slices_per_page": 0},
        {"slices_per_page": 1025}, {"username": ""}, {"username": "a:b"},
    ],
)  # fmt: skip
def test_options_that_make_no_sense(options):
    """Are refused when they are made."""
    with pytest.raises(ValueError, match="must be|no name"):
        V3IOOptions(**options)


# What there is


def test_what_is_lacking_says_so(web):
    """501 by name for what the real server has; 400 for what nobody has; 405 for other verbs."""
    for function, name in (("PutChunk", "putChunk"), ("CreateSymlink", "createSymlink")):
        assert name in web.refused(501, function, "/users/f", {})[1]
    assert "Bogus" in web.refused(400, "Bogus", "/users/f", {})[1]
    assert web.ask("GetItem", "/users/f", {}, method="GET").status == 400
    assert web.send("PATCH", "/users/f").status == web.send("PUT", "/").status == 405


def test_both_verbs_call_functions(web):
    """POST and PUT are equal for them."""
    assert web.ask("PutItem", "/users/t/k", {"Item": {}}, method="POST").status == 200
    assert web.ask("GetItem", "/users/t/k", {}, method="POST").status == 200


def test_cluster_facts(make_web):
    """The number of the options."""
    assert make_web(virtual_nodes=9).ok("GetClusterMD", "/users/") == {"NumberOfVNs": 9}


# Faults and the ledger


def test_faults_strike_by_operation(web):
    """Every operation can be aimed at, such as a page of a scan after a failover."""
    web.put_item("/users/t/k", n=1)
    web.stack.faults.add(Fault("status", "v3io", "getItems", status=513))
    assert web.ask("GetItem", "/users/t/k", {}).status == 200
    assert [web.ask("GetItems", "/users/t/", {}).status for _ in range(2)] == [513, 200]
    web.stack.faults.add(*(Fault("delay", "v3io", name) for name in sorted(OPERATIONS)))
    with pytest.raises(ValueError, match="no operation"):
        web.stack.faults.add(Fault("reset", "v3io", "put_item"))


@pytest.mark.parametrize(("applied", "count"), [(True, 1), (False, 0)])
def test_lost_answers_may_have_been_applied(web, applied, count):
    """The ledger knows."""
    web.put_item("/users/t/k", n=1)
    web.stack.ledger.clear()
    web.stack.faults.add(Fault("reset", "v3io", "updateItem", applied=applied))
    with pytest.raises(ConnectionResetError):
        web.update("/users/t/k", "n = n + 1")
    assert len(web.stack.ledger.of("updateItem", "v3io")) == count
    assert web.item("/users/t/k") == {"n": 1 + count}


def test_the_ledger_has_what_took_effect(web):
    """With container and path; not what was refused, nor what changed nothing."""
    web.put("/users/a/f", b"123")
    web.put("/users/a/f", b"45", ("Range", "-1"))
    web.put("/users/d/", b"")
    web.put("/users/d/", b"")
    web.put_item("/users/t/k", n=1)
    web.ask("PutItem", "/users/t/k", {"Item": {}, "ConditionExpression": "n > 1"})
    web.update("/users/t/k", "n = 2")
    web.ok("CreateStream", "/users/s", {"ShardCount": 2})
    web.ask("CreateStream", "/users/s", {"ShardCount": 2})
    web.ok("PutRecords", "/users/s", {"Records": [{"Data": "", "ShardId": 1}, {"Data": "", "ShardId": 9}]})
    web.ok("PutRecords", "/users/s", {"Records": [{"Data": "", "ShardId": 9}]})
    web.send("DELETE", "/users/a/f")
    web.send("DELETE", "/users/a/f")
    told = [(entry.operation, entry.subject["container"], entry.subject["path"]) for entry in web.stack.ledger]
    assert told == [
        ("putObject", "users", "a/f"), ("appendObject", "users", "a/f"), ("putObject", "users", "d"), ("putItem", "users", "t/k"),
        ("updateItem", "users", "t/k"), ("createStream", "users", "s"), ("putRecords", "users", "s"),
        ("deleteObject", "users", "a/f"),
    ]  # fmt: skip
    assert web.stack.ledger[1].subject["offset"] == 3
    assert web.stack.ledger[6].subject["records"] == [[1, 1]]


# Folders


def fill(web):
    """Put something of every kind into a server."""
    web.put("/users/small", b"x" * 100)
    web.put("/users/large", b"y" * 100_000)
    web.put("/users/large", b"z" * 100_000, ("Range", "-1"))
    web.put("/users/" + "/".join("d" * 1500), b"deep")
    attributes = {"n": 5, "t": True, "b": {"B": "AAE="}, "w": {"TS": "-1:5"}, "f": {"N": "nan"}, "s": "ü"}
    web.put_item("/users/t/k.1", **attributes)
    web.ok("CreateStream", "/users/s", {"ShardCount": 3, "RetentionPeriodHours": 1})
    web.ok("PutRecords", "/users/s", {"Records": [{"Data": "eA==", "ClientInfo": "eA==", "PartitionKey": "k"}] * 2})
    web.ok("PutRecords", "/users/s", {"Records": [{"Data": "eQ=="}]})


def everything(web):
    """Return what a server holds, as its answers tell it."""
    answers = [web.send("GET", "/users?prefix-info=1"), web.send("GET", "/users?prefix=s&prefix-info=1")]
    answers += [web.send("GET", f"/users/{name}") for name in ("small", "large", "/".join("d" * 1500))]
    answers += [web.ask("GetItem", "/users/t/k.1", {"AttributesToGet": "**"}), web.ask("DescribeStream", "/users/s")]
    for shard in range(3):
        sought = web.ask("SeekShard", f"/users/s/{shard}", {"Type": "EARLIEST"})
        answers.append(sought)
        if sought.status == 200:
            answers.append(web.ask("GetRecords", f"/users/s/{shard}", sought.json()))
    return [(each.status, each.body) for each in answers]


def test_a_folder_keeps_everything(make_web, tmp_path):
    """Data, attributes, records, times, credentials: the next stack goes on where the last one ended."""
    web = make_web(tmp_path)
    fill(web)
    before = everything(web)
    web.stack.close()
    again = make_web(tmp_path)
    assert again.key == web.key
    assert everything(again) == before
    turn = again.ok("PutRecords", "/users/s", {"Records": [{"Data": ""}]})["Records"][0]["ShardId"]
    assert turn == 1
    assert again.put("/users/f").header("X-v3io-transaction-verifier") not in str(before)


def test_files_go_with_what_they_held(make_web, tmp_path):
    """Large data is in files of its own; none is left behind."""
    web = make_web(tmp_path)
    for name in ("kept", "replaced", "deleted"):
        web.put(f"/users/{name}", name[:1].encode() * 100_000)
    web.put("/users/replaced", b"small")
    web.send("DELETE", "/users/deleted")
    web.stack.close()
    assert [file.read_bytes()[:1] for file in (tmp_path / "v3io").iterdir()] == [b"k"]
    assert make_web(tmp_path).get("/users/kept") == b"k" * 100_000


def test_a_key_of_ones_own_opens_an_old_folder(make_web, tmp_path):
    """Beside the one that was there."""
    old = make_web(tmp_path)
    old.put("/users/f", b"x")
    old.stack.close()
    new = make_web(tmp_path, access_key="mine")
    assert new.key[1] == "mine"
    assert new.get("/users/f") == b"x"
    assert bare(new, old.key) == (200, None)


# Over a socket


def test_objects_over_a_socket(web):
    """Chunked bodies arrive whole, large ones come back whole, a connection is used again."""
    data = bytes(range(256)) * 20_000
    with web.stack.serve(only=["v3io"]) as running:
        address = urlsplit(running.endpoints["v3io"])
        connection = http.client.HTTPConnection(address.hostname, address.port, timeout=20)
        headers = {web.key[0]: web.key[1]}
        pieces = (data[start : start + 100_000] for start in range(0, len(data), 100_000))
        connection.request("PUT", "/users/big", body=pieces, headers=headers, encode_chunked=True)
        assert connection.getresponse().read() == b""
        socket = connection.sock
        connection.request("PUT", "/users/big", body=b"end", headers={**headers, "Range": "-1"})
        connection.getresponse().read()
        connection.request("GET", "/users/big", headers={**headers, "Range": f"bytes={len(data) - 2}-"})
        assert connection.getresponse().read() == data[-2:] + b"end"
        connection.request("GET", "/users/big", headers=headers)
        assert connection.getresponse().read() == data + b"end"
        body = json.dumps({"Item": {"n": {"N": "1"}}})
        connection.request("PUT", "/users/t/k", body=body, headers={**headers, "X-v3io-function": "PutItem"})
        assert connection.getresponse().read() == b""
        assert connection.sock is socket
        connection.close()
    assert web.item("/users/t/k") == {"n": 1}
