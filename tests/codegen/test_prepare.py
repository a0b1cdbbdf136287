"""codegen/prepare.py: the effective document, and the facts beside it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from codegen.document import SpecError
from codegen.prepare import prepare
from codegen.surface import surface

Node = dict[str, Any]
GET = "/paths/~1items~1{item}/get"


def get(document: Node) -> Node:
    """Return the `get` of the small document."""
    found: Node = document["paths"]["/items/{item}"]["get"]
    return found


def test_the_source_is_not_changed(small: Node) -> None:
    """Preparing works on a copy."""
    before = copy.deepcopy(small)

    prepare(small, [{"pointer": f"{GET}/summary", "value": "Other", "reason": "shorter"}])

    assert small == before


def test_numbers_as_status_codes_become_text(small: Node) -> None:
    """YAML reads an unquoted 200 as a number; the generator refuses those."""
    get(small)["responses"] = {200: get(small)["responses"]["200"]}

    assert list(get(prepare(small).document)["responses"]) == ["200"]


def test_what_the_generator_drops_is_kept_as_facts(small: Node) -> None:
    """Descriptions, defaults, errors, retry class and security end up in the facts."""
    get(small)["responses"]["302"] = {"description": "Elsewhere."}
    facts = prepare(small).operations["getItem"]

    assert facts.parameters["path", "item"].description == "Item."
    assert facts.parameters["query", "depth"].description == "Depth. The server's default is `3`."
    assert facts.errors == {"404": "None.", "302": "Elsewhere."}
    assert (facts.retry, facts.anonymous, facts.outcomes) == ("A", False, (302,))
    assert list(get(prepare(small).document)["responses"]) == ["200"]


def test_an_empty_security_list_means_anonymous(small: Node) -> None:
    """Only an empty list of the operation or of the document stands for no credentials."""
    get(small)["security"] = []
    facts = prepare(small).operations

    assert facts["getItem"].anonymous
    assert not facts["putItem"].anonymous


def test_variants_become_operations(small: Node) -> None:
    """Several functions on one path and method are told apart by a header that nobody passes."""
    small["paths"]["/items/{item}"]["put"]["x-sdk-variants"] = {
        "One": {"operationId": "one", "x-sdk-headers": {"X-Function": "One"}},
        "Two": {"operationId": "two", "x-sdk-retry": "D"},
    }
    prepared = prepare(small)

    assert set(prepared.operations) == {"getItem", "one", "two"}
    assert prepared.operations["one"].headers == {"X-Function": "One"}
    assert prepared.operations["one"].path == "/items/{item}"
    assert prepared.operations["two"].retry == "D"
    assert ("path", "item") in prepared.operations["two"].parameters


def test_null_is_kept_where_only_requests_carry_it(small: Node) -> None:
    """A schema that is received as well reads null as absent, so that users see `None` only."""
    note = prepare(small).document["components"]["schemas"]["ItemInput"]["properties"]["note"]
    assert note["x-sdk-keep-null"] is True

    get(small)["responses"]["200"]["content"]["application/json"]["schema"]["$ref"] = "#/components/schemas/ItemInput"
    note = prepare(small).document["components"]["schemas"]["ItemInput"]["properties"]["note"]
    assert "x-sdk-keep-null" not in note


@pytest.mark.parametrize(
    ("media", "kind"),
    [
        ("application/json", "json"),
        ("application/vnd.x+json", "json"),
        ("text/html", "text"),
        ("text/csv", "bytes"),
        ("application/octet-stream", "bytes"),
        ("*/*", "bytes"),
    ],
)
def test_media_types_of_answers(small: Node, media: str, kind: str) -> None:
    """JSON becomes models, the listed text types text, anything else bytes; nothing is left out."""
    get(small)["responses"]["200"]["content"] = {media: {"schema": {"type": "string"}}}

    (success,) = prepare(small, text_media=frozenset(["text/html"])).operations["getItem"].successes

    assert success.kind == kind


def test_one_of_several_answers_is_asked_for(small: Node) -> None:
    """`x-sdk-accept` picks the form that is read, and asks the server for it."""
    get(small)["responses"]["200"]["content"]["text/csv"] = {"schema": {"type": "string"}}
    get(small)["x-sdk-accept"] = "text/csv"
    facts = prepare(small).operations["getItem"]

    assert facts.headers == {"Accept": "text/csv"}
    assert [success.kind for success in facts.successes] == ["bytes"]


def test_one_of_several_bodies_is_sent(small: Node) -> None:
    """`x-sdk-body` picks the form that is sent."""
    put = small["paths"]["/items/{item}"]["put"]
    put["requestBody"]["content"]["application/x-ndjson"] = {"schema": {"type": "string"}}
    put["x-sdk-body"] = "application/x-ndjson"

    assert prepare(small).operations["putItem"].body_media == "application/x-ndjson"


def test_callers_may_choose_the_form_of_an_answer(small: Node) -> None:
    """`x-sdk-accept: per-call` leaves the choice open: no constant header, the first form is the one that is read."""
    get(small)["responses"]["200"]["content"]["text/csv"] = {"schema": {"type": "string"}}
    get(small)["x-sdk-accept"] = "per-call"
    prepared = prepare(small)

    assert prepared.operations["getItem"].formats == ("application/json", "text/csv")
    assert prepared.operations["getItem"].headers == {}
    assert [one.kind for one in prepared.operations["getItem"].successes] == ["json"]
    assert surface(prepared)["operations"]["getItem"]["parameters"]["accept"] == {
        "type": "string enum[application/json|text/csv]",
        "required": False,
    }


def test_constant_queries_and_strict_values_are_facts(small: Node) -> None:
    """What no caller passes, and what no caller may pass, is kept for the templates."""
    get(small)["x-sdk-query"] = {"async": True, "mode": "fast"}
    get(small)["parameters"][1]["schema"]["x-sdk-strict"] = True
    facts = prepare(small).operations["getItem"]

    assert facts.query == {"async": "true", "mode": "fast"}
    assert facts.parameters["query", "order"].known == ("up", "down")
    assert facts.parameters["query", "depth"].known == ()


def test_repairs_change_add_and_remove(small: Node) -> None:
    """A repair names a place by JSON pointer."""
    repairs = [
        {"pointer": f"{GET}/summary", "value": "Fetch an item", "reason": "wrong"},
        {"pointer": f"{GET}/parameters/1", "remove": True, "reason": "the server has no such parameter"},
        {"pointer": "/components/schemas/Item/properties/name", "value": {"type": "string"}, "reason": "undocumented"},
    ]
    prepared = prepare(small, repairs)

    assert prepared.operations["getItem"].summary == "Fetch an item"
    assert ("query", "order") not in prepared.operations["getItem"].parameters
    assert "name" in prepared.document["components"]["schemas"]["Item"]["properties"]


@pytest.mark.parametrize(
    "repair",
    [
        {"pointer": f"{GET}/summary", "value": "Get an item", "reason": "no longer needed"},
        {"pointer": f"{GET}/nothing", "remove": True, "reason": "no longer needed"},
        {"pointer": "/paths/~1nowhere/get", "value": 1, "reason": "no such path"},
        {"pointer": f"{GET}/summary", "value": "x"},
        {"pointer": f"{GET}/summary", "reason": "neither value nor remove"},
        {"pointer": f"{GET}/summary", "value": "x", "reason": "r", "valeu": 1},
    ],
)
def test_repairs_that_repair_nothing_are_refused(small: Node, repair: Node) -> None:
    """A repair without a reason, without a place or without an effect fails: none outlives its cause."""
    with pytest.raises(SpecError):
        prepare(small, [repair])


def _set(path: str, value: object) -> Callable[[Node], None]:
    def change(document: Node) -> None:
        node: Any = document["paths"]["/items/{item}"]
        *steps, last = path.split(".")
        for step in steps:
            node = node[int(step)] if step.isdigit() else node[step]
        node[last] = value

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_set("get.x-sdk-retry", "E"), "A, B, C or D"),
        (_set("get.summary", ""), "`summary` is missing"),
        (_set("get.responses", {"404": {"description": "x"}}), "no success"),
        (_set("put.operationId", "getItem"), "two operations"),
        (_set("put.requestBody.content", {"a/b": {}, "c/d": {}}), "x-sdk-body"),
        (_set("put.requestBody.content", {"multipart/mixed": {}}), "multipart"),
        (_set("get.x-sdk-accept", "per-call"), "several media types"),
        (_set("get.parameters.0.schema", {"type": "string", "x-sdk-strict": True}), "needs an enum"),
        (_set("get.parameters.0.style", "deepObject"), "style"),
        (_set("get.parameters.0.schema", {"type": "object"}), "none can be objects"),
        (_set("get.parameters.0.in", "cookie"), "path, query and header"),
        (_set("get.parameters.0.schema", {"$ref": "#/components/schemas/None"}), "no such place|None"),
    ],
)
def test_what_cannot_be_sent_is_refused(small: Node, change: Callable[[Node], None], message: str) -> None:
    """Whatever would be lost or wrong in the output stops the generation, and says what to do."""
    change(small)

    with pytest.raises((SpecError, KeyError), match=message):
        prepare(small)


def test_property_names_that_models_need_are_refused(small: Node) -> None:
    """A property called `to_dict` would hide the method."""
    small["components"]["schemas"]["Item"]["properties"]["to_dict"] = {"type": "string"}

    with pytest.raises(SpecError, match="to_dict"):
        prepare(small)
