"""What the service documents under specs/ promise to the generator, to readers and to the other tests."""

from __future__ import annotations

import re

import pytest
import yaml
from openapi_spec_validator import OpenAPIV30SpecValidator

from tests.unit.spec_documents import DOCUMENTS, METHODS, Document

LAKE = next(document for document in DOCUMENTS if document.service == "lakefs")

documents = pytest.mark.parametrize("doc", DOCUMENTS, ids=lambda doc: doc.service)
operations = pytest.mark.parametrize(
    ("doc", "name"),
    [pytest.param(doc, name, id=f"{doc.service}-{name}") for doc in DOCUMENTS for name in doc.operations],
)
schemas = pytest.mark.parametrize(
    ("doc", "name"),
    [pytest.param(doc, name, id=f"{doc.service}-{name}") for doc in DOCUMENTS for name in doc.schemas],
)
properties = pytest.mark.parametrize(
    ("doc", "name"),
    [pytest.param(doc, name, id=f"{doc.service}-{name}") for doc in DOCUMENTS for name in doc.properties],
)


@documents
def test_document_is_valid_openapi(doc: Document) -> None:
    """Any OpenAPI 3.0 tool accepts the document."""
    assert [error.message for error in OpenAPIV30SpecValidator(doc.source).iter_errors()] == []


@documents
def test_document_is_complete(doc: Document) -> None:
    """All operations and schemas of the release are there; losing one must not go unnoticed."""
    assert (len(doc.operations), len(doc.schemas)) == doc.reviewed.size


@documents
def test_statuses_are_strings(doc: Document) -> None:
    """Status codes are quoted: as YAML integers they are invalid to most generators."""
    statuses = {status for operation in doc.operations.values() for status in operation["responses"]}
    assert {type(status) for status in statuses} == {str}


@documents
def test_document_has_no_anchors(doc: Document) -> None:
    """Nothing is shared by YAML anchors, which tools drop or rename; references do that."""
    aliases = [event for event in yaml.parse(doc.text) if getattr(event, "anchor", None)]
    assert aliases == []


@documents
def test_tags_are_declared(doc: Document) -> None:
    """Every tag in use is described, and every described tag is in use."""
    assert {tag["name"] for tag in doc.source["tags"]} == {tag for op in doc.operations.values() for tag in op["tags"]}


@documents
def test_components_are_in_use(doc: Document) -> None:
    """A shared part that nothing refers to is left over from a change. (lakeFS itself has schemas without a use.)"""
    parts = ("parameters", "responses", "headers")
    kept = {f"#/components/{part}/{name}" for part in parts for name in doc.source["components"].get(part, {})}
    assert kept <= set(re.findall(r"\$ref: '?(#/components/[\w/]+)", doc.text))


@operations
def test_summary_is_one_short_line(doc: Document, name: str) -> None:
    """A summary is one line without a full stop: it becomes the first line of a docstring."""
    assert re.fullmatch(r"[A-Z][^\n]{5,90}[^.\s]", doc.operations[name]["summary"])


@operations
def test_parameters_are_described_with_valid_examples(doc: Document, name: str) -> None:
    """Each parameter says what it means and shows a value that its own schema accepts."""
    for parameter in doc.operations[name]["parameters"]:
        assert parameter["description"].endswith("."), parameter["name"]
        assert doc.problems(parameter["schema"], parameter["example"]) == [], parameter["name"]


@operations
def test_path_is_filled_by_its_parameters(doc: Document, name: str) -> None:
    """A path's placeholders and the operation's path parameters are the same names in the same order."""
    operation = doc.operations[name]
    declared = [parameter["name"] for parameter in operation["parameters"] if parameter["in"] == "path"]
    assert declared == re.findall(r"{(\w+)}", operation["at"][1])


@operations
def test_bodies_have_valid_examples(doc: Document, name: str) -> None:
    """A plausible body can be had for every request and every answer; golden tests are built from these."""
    for where, media in doc.media_types(doc.operations[name]):
        assert doc.problems(media["schema"], doc.example_of(media)) == [], where


@operations
def test_responses_are_described(doc: Document, name: str) -> None:
    """Each answer says what it means, and at least one of them is no failure."""
    responses = doc.operations[name]["responses"]
    assert all(doc.follow(response)["description"].endswith(".") for response in responses.values())
    assert any(status[0] in "23" for status in responses)


@operations
def test_choice_between_body_forms_is_made(doc: Document, name: str) -> None:
    """Where an operation takes several body forms, `x-sdk-body` names the one that the client sends."""
    operation = doc.operations[name]
    forms = list(operation.get("requestBody", {}).get("content", {}))
    expected = operation["x-sdk-body"] if len(forms) > 1 else None
    assert operation.get("x-sdk-body") == expected
    assert expected is None or expected in forms


@schemas
def test_schema_has_a_valid_example(doc: Document, name: str) -> None:
    """A schema's example satisfies it and has no member that the schema does not know."""
    schema = doc.schemas[name]
    assert schema["description"].endswith(".")
    assert doc.problems(schema, schema["example"]) == []
    assert doc.unknown_members(schema, schema["example"]) == set()


@properties
def test_property_is_described(doc: Document, name: str) -> None:
    """Each property says what it means, itself or through the schema that it refers to."""
    assert doc.follow(doc.properties[name])["description"].endswith(".")


@documents
def test_retry_class_is_stated(doc: Document) -> None:
    """Each operation says what may be done when its answer is lost; nothing is guessed from the method."""
    assert {op["x-sdk-retry"] for op in doc.operations.values()} <= set("ABCD")


@documents
def test_what_does_harm_twice_is_never_repeated(doc: Document) -> None:
    """Exactly the operations whose second arrival does harm that nobody can see are class D."""
    assert doc.in_class("D", *METHODS) == doc.reviewed.never_repeated


@documents
def test_reads_and_deletes_are_repeatable(doc: Document) -> None:
    """Reading and deleting may be repeated, except where reading spends a one-time code."""
    assert doc.in_class("BCD", "get", "head", "delete") <= doc.reviewed.never_repeated


@documents
def test_repeatable_posts_were_reviewed(doc: Document) -> None:
    """A POST counts as repeatable only if it is on the list of those that were looked at."""
    assert doc.in_class("AB", "post") == doc.reviewed.repeatable_posts


@documents
def test_puts_that_are_no_overwrites_were_reviewed(doc: Document) -> None:
    """A PUT is repeatable unless it moves something relative to what is there or can happen only once."""
    assert doc.in_class("BCD", "put") == doc.reviewed.looked_up_puts


@documents
def test_exactly_the_secrets_are_marked(doc: Document) -> None:
    """Properties that carry a secret are marked, so that no repr shows them; no other is hidden."""
    assert {name for name, node in doc.properties.items() if node.get("x-sdk-secret") is True} == doc.reviewed.secrets


@documents
def test_property_named_like_a_secret_is_marked(doc: Document) -> None:
    """A secret that a later release adds is caught by its name, before anybody updates a list."""
    suspects = re.compile(r"\.(.*secret.*|.*password.*|.*token|.*presigned_urls?)$", re.IGNORECASE)
    unmarked = {name for name, node in doc.properties.items() if suspects.search(name) and "x-sdk-secret" not in node}
    assert unmarked == doc.reviewed.harmless


def test_lakefs_headers_that_carry_a_secret_are_marked() -> None:
    """A session cookie, and the address that a presigned read redirects to, work without further credentials."""
    found = {
        (name, status, header): "x-sdk-secret" in node
        for name, operation in LAKE.operations.items()
        for status, response in operation["responses"].items()
        for header, node in LAKE.follow(response).get("headers", {}).items()
        if header == "Set-Cookie" or (header, status) == ("Location", "302")
    }
    assert found == {
        ("login", "200", "Set-Cookie"): True,
        ("getObject", "302", "Location"): True,
        ("getMetadataObject", "302", "Location"): True,
    }


def test_lakefs_answers_that_are_not_declared_are_there() -> None:
    """What servers send instead of what they declare is in the document, beside the declared answer."""
    assert {"201", "204"} <= LAKE.operations["updateObjectUserMetadata"]["responses"].keys()
    conflict = LAKE.follow(LAKE.operations["mergeIntoBranch"]["responses"]["409"])
    assert conflict["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/MergeResult"}
    assert list(LAKE.operations["createBranch"]["responses"]["201"]["content"]) == ["text/html"]


def test_influxdb_units_that_it_misreads_are_refused() -> None:
    """InfluxDB takes `us`, and any word that it does not know, for nanoseconds: only its own words may be sent."""
    influxdb = next(document for document in DOCUMENTS if document.service == "influxdb")
    units = {
        (name, parameter["name"]): influxdb.follow(parameter["schema"])
        for name, operation in influxdb.operations.items()
        for parameter in operation["parameters"]
        if parameter["name"] in ("precision", "epoch")
    }
    units["QueryForm", "epoch"] = influxdb.follow(influxdb.properties["QueryForm.epoch"]["allOf"][0])

    assert all(schema["x-sdk-strict"] for schema in units.values())
    assert set(units["writeBucket", "precision"]["enum"]) == {"ns", "us", "ms", "s"}
    assert {tuple(schema["enum"]) for (name, _), schema in units.items() if name != "writeBucket"} == {
        ("n", "ns", "u", "ms", "s", "m", "h")
    }
    assert {("writePoints", "precision"), ("queryGet", "epoch"), ("queryScript", "epoch")} <= units.keys()
