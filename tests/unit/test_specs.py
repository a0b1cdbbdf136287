"""What the service documents under specs/ promise to the generator, to readers and to the other tests."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from openapi_schema_validator import OAS30Validator, oas30_format_checker
from openapi_spec_validator import OpenAPIV30SpecValidator

SPECS = Path(__file__).resolve().parents[2] / "specs"
METHODS = ("get", "head", "post", "put", "patch", "delete")
Node = dict[str, Any]

TEXT = (SPECS / "lakefs.yaml").read_text(encoding="utf-8")
DOC: Node = yaml.safe_load(TEXT)
SCHEMAS: Node = DOC["components"]["schemas"]

MINTING_OR_COUNTING = {"createCredentials", "oauthCallback", "postStatsEvents", "setup", "stsLogin"}
"""Each arrival makes a secret, spends a one-time code, or adds to a counter."""

REPEATABLE_POSTS = {
    "copyObject",  # overwrites the destination
    "createPresignMultipartUpload",  # an upload without parts holds nothing
    "createSymlinkFile",  # writes the same files again
    "deleteObjects",
    "externalPrincipalLogin",  # the server stores no token
    "internalSetGarbageCollectionRules",
    "login",  # the server stores no token
    "setGroupACL",
    "setRepositoryMetadata",  # sets the keys given
    "uploadObject",  # overwrites the path
}
"""Looked at one by one: the second arrival leaves the state of the first."""

LOOKED_UP_PUTS = {
    "completePresignMultipartUpload",  # the store forgets the upload once it is finished
    "hardResetBranch",  # `main~1` moves further with each arrival
    "mergePullRequest",
    "restoreRefs",  # works on a bare repository only
}

SECRETS = {
    "AccessKeyCredentials.secret_access_key",
    "AuthenticationToken.token",
    "CredentialsWithSecret.secret_access_key",
    "ExternalLoginInformation.identityRequest",
    "GarbageCollectionPrepareResponse.gc_commits_presigned_url",
    "LoginInformation.secret_access_key",
    "ObjectStats.physical_address",
    "PresignMultipartUpload.presigned_urls",
    "StagingLocation.presigned_url",
    "StsAuthRequest.code",
    "StsAuthRequest.state",
    "UploadTo.presigned_url",
}


def follow(node: Node) -> Node:
    """The node that a local reference stands for, or the node itself."""
    while "$ref" in node:
        target: Any = DOC
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        node = target
    return node


def inlined(node: Any) -> Any:
    """A copy without references, which a plain schema validator can work with; our schemas have no cycles."""
    if isinstance(node, list):
        return [inlined(each) for each in node]
    if not isinstance(node, dict):
        return node
    return {key: inlined(value) for key, value in follow(node).items()}


def operations() -> dict[str, Node]:
    """Operations by id, each with its method, its path and the path's parameters merged in."""
    found: dict[str, Node] = {}
    for path, item in DOC["paths"].items():
        for method in METHODS:
            if method in item:
                parameters = [follow(p) for p in [*item.get("parameters", []), *item[method].get("parameters", [])]]
                found[item[method]["operationId"]] = {**item[method], "parameters": parameters, "at": (method, path)}
    return found


OPERATIONS = operations()


def properties(schema: Node) -> Iterator[tuple[str, Node]]:
    """Properties that the schema itself declares, also as a part of `allOf`."""
    yield from schema.get("properties", {}).items()
    for part in schema.get("allOf", []):
        if "$ref" not in part:
            yield from properties(part)


PROPERTIES = {f"{name}.{prop}": node for name, schema in SCHEMAS.items() for prop, node in properties(schema)}


def problems(schema: Node, value: Any) -> list[str]:
    """Why the value does not satisfy the schema."""
    validator = OAS30Validator(inlined(schema), format_checker=oas30_format_checker)
    return [error.message for error in validator.iter_errors(value)]


def unknown_members(schema: Node, value: Any) -> set[str]:
    """Members of an object that its schema does not mention; a misspelt optional one would otherwise pass."""
    schema = follow(schema)
    if isinstance(value, list):
        return {name for each in value for name in unknown_members(schema.get("items", {}), each)}
    if not isinstance(value, dict) or "additionalProperties" in schema:
        return set()
    declared = dict(every_property(schema))
    if not declared:
        return set()
    below = {name for key in value.keys() & declared.keys() for name in unknown_members(declared[key], value[key])}
    return (value.keys() - declared.keys()) | below


def every_property(schema: Node) -> Iterator[tuple[str, Node]]:
    """Properties of the schema and of whatever it is composed of."""
    schema = follow(schema)
    yield from schema.get("properties", {}).items()
    for part in schema.get("allOf", []):
        yield from every_property(part)


def media_types(operation: Node) -> Iterator[tuple[str, Node]]:
    """Each body of a request or an answer: where it is, and its media type object."""
    for kind, media in follow(operation.get("requestBody", {})).get("content", {}).items():
        yield f"body {kind}", media
    for status, response in operation["responses"].items():
        for kind, media in follow(response).get("content", {}).items():
            yield f"{status} {kind}", media


def example_of(media: Node) -> Any:
    """The example of a body: its own, its schema's, or one made of its items' example."""
    if "example" in media:
        return media["example"]
    schema = follow(media["schema"])
    if schema.get("oneOf"):
        schema = follow(schema["oneOf"][0])
    return schema["example"] if "example" in schema else [follow(schema["items"])["example"]]


def test_document_is_valid_openapi() -> None:
    """Any OpenAPI 3.0 tool accepts the document."""
    assert [error.message for error in OpenAPIV30SpecValidator(DOC).iter_errors()] == []


def test_document_is_complete() -> None:
    """All operations and schemas of the release are there; losing one must not go unnoticed."""
    assert (len(OPERATIONS), len(SCHEMAS)) == (134, 119)


def test_statuses_are_strings() -> None:
    """Status codes are quoted: as YAML integers they are invalid to most generators."""
    statuses = {status for operation in OPERATIONS.values() for status in operation["responses"]}
    assert {type(status) for status in statuses} == {str}


def test_document_has_no_anchors() -> None:
    """Nothing is shared by YAML anchors, which tools drop or rename; references do that."""
    aliases = [event for event in yaml.parse(TEXT) if getattr(event, "anchor", None)]
    assert aliases == []


def test_tags_are_declared() -> None:
    """Every tag in use is described, and every described tag is in use."""
    assert {tag["name"] for tag in DOC["tags"]} == {tag for op in OPERATIONS.values() for tag in op["tags"]}


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_summary_is_one_short_line(operation: Node) -> None:
    """A summary is one line without a full stop: it becomes the first line of a docstring."""
    assert re.fullmatch(r"[A-Z][^\n]{5,90}[^.\s]", operation["summary"])


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_parameters_are_described_with_valid_examples(operation: Node) -> None:
    """Each parameter says what it means and shows a value that its own schema accepts."""
    for parameter in operation["parameters"]:
        assert parameter["description"].endswith("."), parameter["name"]
        assert problems(parameter["schema"], parameter["example"]) == [], parameter["name"]


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_path_is_filled_by_its_parameters(operation: Node) -> None:
    """A path's placeholders and the operation's path parameters are the same names in the same order."""
    declared = [parameter["name"] for parameter in operation["parameters"] if parameter["in"] == "path"]
    assert declared == re.findall(r"{(\w+)}", operation["at"][1])


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_bodies_have_valid_examples(operation: Node) -> None:
    """A plausible body can be had for every request and every answer; golden tests are built from these."""
    for where, media in media_types(operation):
        assert problems(media["schema"], example_of(media)) == [], where


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_responses_are_described(operation: Node) -> None:
    """Each answer says what it means, and at least one of them is no failure."""
    assert all(follow(response)["description"].endswith(".") for response in operation["responses"].values())
    assert any(status[0] in "23" for status in operation["responses"])


@pytest.mark.parametrize(("name", "schema"), SCHEMAS.items(), ids=SCHEMAS)
def test_schema_has_a_valid_example(name: str, schema: Node) -> None:
    """A schema's example satisfies it and has no member that the schema does not know."""
    assert schema["description"].endswith("."), name
    assert problems(schema, schema["example"]) == []
    assert unknown_members(schema, schema["example"]) == set()


@pytest.mark.parametrize(("name", "node"), PROPERTIES.items(), ids=PROPERTIES)
def test_property_is_described(name: str, node: Node) -> None:
    """Each property says what it means, itself or through the schema that it refers to."""
    assert follow(node)["description"].endswith("."), name


def test_retry_class_is_stated() -> None:
    """Each operation says what may be done when its answer is lost; nothing is guessed from the method."""
    assert {op["x-sdk-retry"] for op in OPERATIONS.values()} <= set("ABCD")


def test_what_mints_or_counts_is_never_repeated() -> None:
    """Exactly the operations whose second arrival does harm that nobody can see are class D."""
    assert {name for name, op in OPERATIONS.items() if op["x-sdk-retry"] == "D"} == MINTING_OR_COUNTING


def test_reads_and_deletes_are_repeatable() -> None:
    """Reading and deleting may be repeated, except where reading spends a one-time code."""
    safe = {name for name, op in OPERATIONS.items() if op["at"][0] in ("get", "head", "delete")} - MINTING_OR_COUNTING
    assert {OPERATIONS[name]["x-sdk-retry"] for name in safe} == {"A"}


def test_repeatable_posts_were_reviewed() -> None:
    """A POST counts as repeatable only if it is on the list of those that were looked at."""
    posts = {name for name, op in OPERATIONS.items() if op["at"][0] == "post" and op["x-sdk-retry"] in "AB"}
    assert posts == REPEATABLE_POSTS


def test_puts_that_are_no_overwrites_were_reviewed() -> None:
    """A PUT is repeatable unless it moves something relative to what is there or can happen only once."""
    puts = {name for name, op in OPERATIONS.items() if op["at"][0] == "put" and op["x-sdk-retry"] != "A"}
    assert puts == LOOKED_UP_PUTS


def test_exactly_the_secrets_are_marked() -> None:
    """Properties that carry a secret are marked, so that no repr shows them; no other is hidden."""
    assert {name for name, node in PROPERTIES.items() if node.get("x-sdk-secret") is True} == SECRETS


def test_property_named_like_a_secret_is_marked() -> None:
    """A secret that a later release adds is caught by its name, before anybody updates a list."""
    suspects = re.compile(r"\.(.*secret.*|.*password.*|.*token|.*presigned_urls?)$", re.IGNORECASE)
    harmless = {
        "AuthCapabilities.forgot_password",  # a capability
        "LoginConfig.password_ui_placeholder",  # a hint in a form
        "PrepareGCUncommittedRequest.continuation_token",  # a place in a listing
        "PrepareGCUncommittedResponse.continuation_token",
        "UpdateToken.staging_token",  # the name of a staging area
    }
    unmarked = {name for name, node in PROPERTIES.items() if suspects.search(name) and "x-sdk-secret" not in node}
    assert unmarked == harmless


def test_headers_that_carry_a_secret_are_marked() -> None:
    """A session cookie, and the address that a presigned read redirects to, work without further credentials."""
    found = {
        (name, status, header): "x-sdk-secret" in node
        for name, operation in OPERATIONS.items()
        for status, response in operation["responses"].items()
        for header, node in follow(response).get("headers", {}).items()
        if header == "Set-Cookie" or (header, status) == ("Location", "302")
    }
    assert found == {
        ("login", "200", "Set-Cookie"): True,
        ("getObject", "302", "Location"): True,
        ("getMetadataObject", "302", "Location"): True,
    }


def test_choice_between_body_forms_is_made() -> None:
    """Where an operation takes several body forms, `x-sdk-body` names the one that the client sends."""
    for name, operation in OPERATIONS.items():
        forms = list(operation.get("requestBody", {}).get("content", {}))
        expected = operation["x-sdk-body"] if len(forms) > 1 else None
        assert operation.get("x-sdk-body") == expected, name
        assert expected is None or expected in forms, name


def test_answers_that_are_not_declared_are_there() -> None:
    """What servers send instead of what they declare is in the document, beside the declared answer."""
    assert {"201", "204"} <= OPERATIONS["updateObjectUserMetadata"]["responses"].keys()
    conflict = follow(OPERATIONS["mergeIntoBranch"]["responses"]["409"])["content"]["application/json"]["schema"]
    assert conflict == {"$ref": "#/components/schemas/MergeResult"}
    assert list(OPERATIONS["createBranch"]["responses"]["201"]["content"]) == ["text/html"]
