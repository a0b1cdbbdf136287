"""Items of the local V3IO: encodings, modes, conditions, updates, selections, limits."""

from __future__ import annotations

import base64

import pytest

INVALID = -201326592
FALSE = -16777244
B64 = {"B": base64.b64encode(bytes(range(256))).decode()}


def item(**attributes):
    """Return the body that writes these attributes, wire form given."""
    return {"Item": attributes}


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ({"S": ""}, {"S": ""}),
        ({"S": 'snow ☃ "\\\n\u0000'}, {"S": 'snow ☃ "\\\n\u0000'}),
        ({"S": 5}, {"S": "5"}),
        ({"N": "12"}, {"N": "12"}),
        ({"N": "-9223372036854775808"}, {"N": "-9223372036854775808"}),
        ({"N": "18446744073709551615"}, {"N": "18446744073709551615"}),
        ({"N": "18446744073709551616"}, {"N": "1.8446744073709552e+19"}),
        ({"N": "125.0"}, {"N": "125"}),
        ({"N": "1.5E+03"}, {"N": "1500"}),
        ({"N": "-0.1"}, {"N": "-0.1"}),
        ({"N": "nan"}, {"N": "nan"}),
        ({"BOOL": True}, {"BOOL": True}),
        (B64, B64),
        ({"TS": "1714550400:500000000"}, {"TS": "1714550400:500000000"}),
        ({"TS": "-1:5"}, {"TS": "-1:5"}),
    ],
)
def test_values_come_back(web, sent, kept):
    """Only the type of a number is lost: doubles without a fraction look like integers."""
    web.ok("PutItem", "/users/t/k", item(a=sent))
    assert web.ok("GetItem", "/users/t/k", {"AttributesToGet": "*"}) == {"Item": {"a": kept}}


@pytest.mark.parametrize(
    "value",
    [
        5, {}, {"S": "a", "N": "1"}, {"N": 5}, {"N": "five"}, {"N": "1_0"}, {"N": ""}, {"BOOL": "true"}, {"B": "*"}, {"TS": "1"},
        {"TS": "1:-5"}, {"X": "1"}, {"S": None}, {"S": "\ud800"}, {"N": "٣"},
    ],
)  # fmt: skip
def test_values_that_are_none(web, value):
    """400, naming the attribute; nothing is written."""
    code, message = web.refused(400, "PutItem", "/users/t/k", item(good={"N": "1"}, bad=value))
    assert code == INVALID
    assert "'bad'" in message
    assert web.ask("GetItem", "/users/t/k").status == 404


@pytest.mark.parametrize("name", ["__name", "__mtime_secs", "", "x" * 256, "a,b", "a`b", "\ud800"])
def test_names_that_no_attribute_can_have(web, name):
    """Those of the server are its own."""
    assert web.refused(400, "PutItem", "/users/t/k", item(**{name: {"N": "1"}}))[0] == INVALID


def test_put_replaces_and_merges_by_mode(web):
    """As a whole without a mode."""
    web.put_item("/users/t/k", a=1, b=2)
    web.ok("PutItem", "/users/t/k", {**item(b={"N": "3"}), "UpdateMode": "CreateOrReplaceAttributes"})
    assert web.item("/users/t/k") == {"a": 1, "b": 3}
    for mode in ({}, {"UpdateMode": "OverWriteAttributes"}):
        web.ok("PutItem", "/users/t/k", {**item(c={"N": "4"}), **mode})
        assert web.item("/users/t/k") == {"c": 4}
    code, message = web.refused(400, "PutItem", "/users/t/k", {**item(), "UpdateMode": "CreateNewItemOnly"})
    assert (code, message.count("ErrorCode")) == (-369098809, 1)
    web.ok("PutItem", "/users/t/new", {**item(), "UpdateMode": "CreateNewItemOnly"})
    assert web.refused(400, "PutItem", "/users/t/k", {**item(), "UpdateMode": "Whatever"})[0] == INVALID


def test_conditions(web):
    """False is 400 with its own code, and changes nothing; the one of a missing item sees no attribute."""
    web.put_item("/users/t/k", a=1)
    web.ok("PutItem", "/users/t/k", {**item(a={"N": "2"}), "ConditionExpression": "a == 1"})
    refused = {**item(a={"N": "3"}), "ConditionExpression": "a == 1"}
    assert web.refused(400, "PutItem", "/users/t/k", refused)[0] == FALSE
    assert web.refused(400, "PutItem", "/users/t/new", {**item(), "ConditionExpression": "__size == 0"})[0] == FALSE
    web.ok("PutItem", "/users/t/new", {**item(), "ConditionExpression": "not(exists(a))"})
    assert web.item("/users/t/k") == {"a": 2}
    assert web.refused(400, "PutItem", "/users/t/k", {**item(), "ConditionExpression": "a =="})[0] == INVALID


def test_optimistic_locking(web):
    """The verifier of an answer is a condition that holds until the next write of that item."""
    web.put_item("/users/t/k", a=1)
    verifier = web.ask("GetItem", "/users/t/k").header("X-v3io-transaction-verifier")
    web.put_item("/users/t/other", a=1)
    body = {**item(a={"N": "2"}), "ConditionExpression": verifier}
    web.ok("PutItem", "/users/t/k", body)
    assert web.refused(400, "PutItem", "/users/t/k", body)[0] == FALSE


def test_update_with_both_expressions(web):
    """The main one where the condition holds, the alternate one where it does not."""
    web.put_item("/users/t/k", n=1)
    both = {"ConditionExpression": "n > 1", "AlternateUpdateExpression": "n = 10"}
    web.update("/users/t/k", "n = 0", **both)
    assert web.item("/users/t/k") == {"n": 10}
    web.update("/users/t/k", "n = 0", **both)
    assert web.item("/users/t/k") == {"n": 0}
    refused = {"UpdateExpression": "n = 5", "ConditionExpression": "n > 1"}
    assert web.refused(400, "UpdateItem", "/users/t/k", refused)[0] == FALSE


def test_update_of_what_is_missing(web):
    """Made, by an empty expression too, unless the expression reads what is not there."""
    web.update("/users/t/a", "n = 1")
    web.update("/users/t/b", "")
    assert [web.item(f"/users/t/{name}") for name in "ab"] == [{"n": 1}, {}]
    assert web.refused(400, "UpdateItem", "/users/t/c", {"UpdateExpression": "n = n + 1"})[0] == INVALID
    assert web.ask("GetItem", "/users/t/c").status == 404


def test_update_modes(web):
    """Overwriting leaves what was assigned only; creating wants nothing there."""
    web.put_item("/users/t/k", a=1, b=2)
    web.update("/users/t/k", "c = a + b", UpdateMode="OverWriteAttributes")
    assert web.item("/users/t/k") == {"c": 3}
    body = {"UpdateExpression": "c = 1", "UpdateMode": "CreateNewItemOnly"}
    assert web.refused(400, "UpdateItem", "/users/t/k", body)[0] == -369098809


def test_update_is_all_or_nothing(web):
    """A failure in the last statement leaves the first one undone."""
    web.put_item("/users/t/k", n=1)
    body = {"UpdateExpression": "n = 2; m = gone + 1"}
    assert web.refused(400, "UpdateItem", "/users/t/k", body)[0] == INVALID
    assert web.item("/users/t/k") == {"n": 1}


def test_keys_in_the_body(web):
    """Text or number; on writing, the key becomes an attribute, which one in the path does not."""
    web.ok("PutItem", "/users/", {**item(a={"N": "1"}), "TableName": "deep/t", "Key": {"id": {"S": "k"}}})
    web.ok("PutItem", "/users/deep/t/", {**item(), "Key": {"id": {"N": "5"}}})
    assert web.item("/users/deep/t/k") == {"a": 1, "id": "k"}
    assert web.item("/users/deep/t/5") == {"id": 5}
    web.ok("UpdateItem", "/users/deep/t/", {"UpdateExpression": "a = a + 1", "Key": {"id": {"S": "k"}}})
    assert web.ok("GetItem", "/users/deep/", {"TableName": "t", "Key": {"id": {"S": "k"}}})["Item"]["a"] == {"N": "2"}
    for key in ({}, {"a": {"S": "x"}, "b": {"S": "y"}}, {"a": {"BOOL": True}}, {"a": {"S": "x/y"}}, {"a": {"S": ""}}):
        assert web.refused(400, "PutItem", "/users/deep/t/", {**item(), "Key": key})[0] == INVALID


def test_selections(web):
    """`*` is the user's attributes, `**` all of them; what is missing is left out."""
    web.put_item("/users/t/k", a=1, b="x", __hidden=2)
    assert web.item("/users/t/k") == {"a": 1, "b": "x"}
    assert web.item("/users/t/k", "b,gone,__name,__hidden") == {"b": "x", "__name": "k", "__hidden": 2}
    assert web.item("/users/t/k", "*,__size") == {"a": 1, "b": "x", "__size": 0}
    everything = web.item("/users/t/k", "**")
    assert everything.items() >= {"a": 1, "__hidden": 2, "__name": "k", "__obj_type": 1, "__mode": 0o100664}.items()
    assert "__last_sequence_num" not in everything


def test_what_is_no_item(web):
    """Directories, and what is missing."""
    web.put_item("/users/t/k", a=1)
    for path in ("/users/t", "/users/t/", "/users/t/x", "/users/"):
        assert web.refused(404, "GetItem", path, {})[0] == -2


def test_limits(web):
    """Bytes, not characters; of one attribute and of a body; and how many attributes there may be."""
    text = {"S": "ü" * 30_600}
    web.ok("PutItem", "/users/t/k", item(a=text))
    assert web.refused(400, "PutItem", "/users/t/k", item(a={"S": "ü" * 30_601}))[0] == INVALID
    text = {"S": "x" * 61_200}
    web.ok("PutItem", "/users/t/k", item(**{f"a{n}": text for n in range(34)}))
    assert web.refused(400, "PutItem", "/users/t/k", item(**{f"a{n}": text for n in range(35)}))[0] == INVALID
    web.ok("PutItem", "/users/t/k", {**item(b=text, c=text), "UpdateMode": "CreateOrReplaceAttributes"})
    assert len(web.item("/users/t/k")) == 36
    assert web.refused(400, "UpdateItem", "/users/t/k", {"UpdateExpression": "a0 = a0 + a0"})[0] == INVALID
    one = {"N": "1"}
    web.ok("PutItem", "/users/t/k", item(**{f"a{n}": one for n in range(1600)}))
    assert web.refused(400, "PutItem", "/users/t/k", item(**{f"a{n}": one for n in range(1601)}))[0] == INVALID
    blob = {"B": base64.b64encode(bytes(1_048_577)).decode()}
    assert web.refused(400, "PutItem", "/users/t/k", item(a=blob))[0] == INVALID
    assert web.send("PUT", "/users/t/k", b" " * 2_097_153, ("X-v3io-function", "PutItem")).status == 400


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b'{"Item": 5}', b"[" * 100_000])
def test_bodies_that_are_no_item(web, body):
    """400 with a code, whatever they are."""
    reply = web.send("PUT", "/users/t/k", body, ("X-v3io-function", "PutItem"))
    assert (reply.status, reply.json()["ErrorCode"]) == (400, INVALID)
