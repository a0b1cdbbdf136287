"""The generator with our templates, on documents that try to break it.

Needs the generator's environment (codegen/requirements.txt).
"""

from __future__ import annotations

import asyncio
import datetime as dt
import importlib
import inspect
import sys
import uuid
from collections.abc import Iterator
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("openapi_python_client")

from catchment.core.errors import DecodeError, UnsafeInputError
from catchment.core.wire import UNSET, Headers, RawResponse

from codegen.build import load, tidy
from codegen.document import SpecError
from codegen.driver import generate
from codegen.prepare import prepare
from codegen.verify import complete

TORTURE = Path(__file__).with_name("torture.yaml")
Node = dict[str, Any]


def make(document: Node, folder: Path, name: str) -> None:
    """Generate a package into a folder."""
    ready = prepare(document, text_media=frozenset(["text/plain"]))
    files = generate(name, "Test", ready)
    complete(files, ready)
    for path, text in tidy(files).items():
        (folder / name / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / name / path).write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Generate and import the torture document's endpoints, by operation id."""
    folder = tmp_path_factory.mktemp("generated")
    make(load(TORTURE), folder, "torture")
    sys.path.insert(0, str(folder))
    found: dict[str, Any] = {}
    for tag in importlib.import_module("torture.api").__all__:
        for name in importlib.import_module(f"torture.api.{tag}").__all__:
            module = importlib.import_module(f"torture.api.{tag}.{name}")
            found[module.OP.id] = module
    yield found
    sys.path.remove(str(folder))
    for name in [name for name in sys.modules if name.partition(".")[0] == "torture"]:
        del sys.modules[name]


@pytest.fixture(scope="module")
def models(api: Any) -> Any:
    """Return the models of the torture document."""
    return importlib.import_module("torture.models")


def answer(body: bytes, status: int = 200) -> RawResponse:
    """Make an answer."""
    return RawResponse(status, Headers([("Content-Type", "application/json")]), body)


def test_hostile_text_stays_text(api: Any, models: Any) -> None:
    """Quotes, backslashes, braces and control characters of a document end up in docstrings, not in code."""
    text = inspect.getdoc(api["getThing"].sync) or ""

    assert '""" + __import__("os").system("false") + """ and \\N{BULLET} \\u0041' in text
    assert "{braces} {{double}} %s" in text
    assert inspect.getdoc(models.Thing) == 'A """ thing \\ with {everything} and a bell .'
    source = Path(inspect.getfile(models.Thing)).read_text(encoding="utf-8")
    assert "\u202e" not in source
    assert "\u0007" not in source


def test_arguments_reach_the_wire(api: Any) -> None:
    """Names that need escaping, instants, lists and flags are sent as documented."""
    request = api["getThing"].build_request(
        "a/b",
        filterax="x",
        since=dt.datetime(2025, 1, 2, 3, tzinfo=dt.UTC),
        days=[dt.datetime(2025, 1, 2, tzinfo=dt.UTC)],
        ids=[1, 2],
        level=2,
        client_query="c",
        segment_="s",
        old=False,
        x_flag=True,
        if_modified_since="Fri, 14 Nov 2025 09:30:00 GMT",
    )

    assert request.target == (
        "/things/a%2Fb?filter%5Ba%5D%27%22%7Bx%7D=x&since=2025-01-02T03%3A00%3A00Z&days=2025-01-02T00%3A00%3A00Z"
        "&ids=1,2&level=2&client=c&segment=s&old=false"
    )
    assert request.headers == [("X-Flag", "true"), ("If-Modified-Since", "Fri, 14 Nov 2025 09:30:00 GMT")]


def test_naive_instants_are_refused(api: Any) -> None:
    """An instant without a zone stops the call before anything is sent."""
    with pytest.raises(UnsafeInputError):
        api["getThing"].build_request("a", since=dt.datetime(2025, 1, 2))


def test_variants_share_a_path(api: Any) -> None:
    """Functions behind one address differ by a constant header; raw paths keep their slashes."""
    put = api["putItem"].build_request("c", "a/b c", body=importlib.import_module("torture.models").Cat(meow=True))
    get = api["getItem"].build_request("c", "a/b c")

    assert put.target == get.target == "/c/a/b%20c"
    assert put.headers == [("X-Function", "PutItem"), ("Content-Type", "application/json")]
    assert get.headers == [("X-Function", "GetItem")]
    assert api["getItem"].OP.path == "/{container}/{path}"


def test_bodies(api: Any, models: Any) -> None:
    """Forms, lists of models and streams are encoded as documented; an optional body may be left out."""
    assert api["query"].build_request(body=models.Form(q="a&b", many=[1, 2])).content == b"q=a%26b&many=1&many=2"
    assert api["addTrees"].build_request(body=[models.Tree(name="x")]).content == b'[{"name":"x"}]'
    assert api["addTrees"].build_request().content is None
    rows = api["writeRows"].build_request(body=b"{}\n")
    assert (rows.headers, rows.content) == ([("Content-Type", "application/x-ndjson")], b"{}\n")


class Answering:
    """A sender that keeps what it is given and answers the same to all of it."""

    def __init__(self, body: bytes) -> None:
        self.body = body
        self.requests: list[Any] = []

    def send(self, request: Any, *, outcomes: tuple[int, ...] = ()) -> RawResponse:
        """Answer."""
        self.requests.append(request)
        return answer(self.body)


class Waiting(Answering):
    """The same for async callers."""

    async def send(self, request: Any, *, outcomes: tuple[int, ...] = ()) -> RawResponse:  # type: ignore[override]
        """Answer."""
        return super().send(request, outcomes=outcomes)


def test_callers_choose_the_form(api: Any, models: Any) -> None:
    """The first form is asked for and read by default; any other is asked for by name and handed over as bytes."""
    ask, tree, json = api["ask"], models.Tree(name="a"), b'{"name": "a"}'
    blocking, waiting = Answering(json), Waiting(json)

    assert ask.sync(client=blocking) == ask.sync_detailed(client=blocking).parsed == tree
    assert ask.sync(client=blocking, accept="text/csv") == json
    assert ask.sync_detailed(client=blocking, accept='application/x-"odd"').parsed == json
    assert asyncio.run(ask.asyncio(client=waiting)) == asyncio.run(ask.asyncio_detailed(client=waiting)).parsed == tree
    assert asyncio.run(ask.asyncio(client=waiting, accept="text/csv")) == json
    assert asyncio.run(ask.asyncio_detailed(client=waiting, accept="text/csv")).parsed == json
    asked = [dict(request.headers)["Accept"] for request in (*blocking.requests, *waiting.requests)]
    assert asked == [
        *("application/json", "application/json", "text/csv", 'application/x-"odd"'),
        *("application/json", "application/json", "text/csv", "text/csv"),
    ]
    assert api["tell"].sync(client=blocking, body=models.Told(b"x")) == json
    assert hasattr(ask, "stream")
    with pytest.raises(UnsafeInputError, match="accept"):
        ask.build_request(accept="text/html")


def test_constant_queries_are_sent(api: Any) -> None:
    """Constant query parameters stand before those of the caller, escaped; an argument of ours keeps its name."""
    request = api["ask"].build_request(accept_="mine", accept="text/csv")

    assert request.target == "/answers?it%27s%20%22odd%22%20%26%7Bx%7D=%7B%7D%22%5C&flag=true&accept=mine"


def test_values_that_would_be_misread_are_refused(api: Any, models: Any) -> None:
    """Strict values are checked before anything is sent: in queries, headers and members of bodies."""
    ask = api["ask"]
    assert ask.build_request(unit="it's", x_unit="s").headers == [("X-Unit", "s"), ("Accept", "application/json")]
    for arguments in ({"unit": "ms"}, {"x_unit": "ms"}):
        with pytest.raises(UnsafeInputError, match="must be one of"):
            ask.build_request(**arguments)
    with pytest.raises(UnsafeInputError, match="unit must be one of"):
        api["tell"].build_request(body=models.Told(b"x", unit="ms"))


def test_files_are_sent_as_parts(api: Any, models: Any) -> None:
    """Bytes become files of a multipart body, other members fields."""
    request = api["tell"].build_request(body=models.Told(b"\x00\r\n--\xff", note="ü", unit="s"))

    media = dict(request.headers)["Content-Type"]
    message: Any = message_from_bytes(b"Content-Type: " + media.encode() + b"\r\n\r\n" + request.content)
    parts = {part.get_param("name", header="content-disposition"): part for part in message.get_payload()}
    assert {name: part.get_payload(decode=True) for name, part in parts.items()} == {
        "file": b"\x00\r\n--\xff",
        "note": "ü".encode(),
        "unit": b"s",
    }
    assert [name for name, part in parts.items() if part.get_filename()] == ["file"]


def test_null_and_absent_differ_in_requests(models: Any) -> None:
    """What only requests carry can say null; leaving it out says nothing."""
    given = models.ThingInput(name="a", note=None)

    assert given.to_dict() == {"name": "a", "note": None}
    assert given.until is UNSET
    assert models.ThingInput.from_dict({"name": "a", "until": None}).to_dict() == {"name": "a", "until": None}


def test_answers_of_several_shapes(api: Any, models: Any) -> None:
    """Each documented status has its own reading; lists, maps, unions and numbers come back typed."""
    tree = b'{"name": "a", "children": [{"name": "b"}], "owner": {"tree": {"name": "c"}}}'
    assert api["getThing"].parse_response(answer(b"", 204)) is None
    (parsed,) = api["listTrees"].parse_response(answer(b"[" + tree + b"]"))
    assert parsed.children == [models.Tree(name="b")]
    assert parsed.owner.tree.name == "c"
    assert api["addTrees"].parse_response(answer(b"3")) == 3
    assert api["getPet"].parse_response(answer(b'{"bark": true}')) == models.Dog(bark=True)
    prices = api["query"].parse_response(answer(b'{"a": {"amount": 1.5, "seen": "2025-01-01T00:00:00Z"}}'))
    assert prices["a"].additional_properties == {"seen": dt.datetime(2025, 1, 1, tzinfo=dt.UTC)}
    assert prices["a"].to_dict() == {"amount": 1.5, "seen": "2025-01-01T00:00:00Z"}
    assert api["readRows"].parse_response(answer(b"a,b\n")) == b"a,b\n"
    assert api["writeRows"].parse_response(answer("ü".encode(), 201)) == "ü"


@pytest.mark.parametrize(("operation", "body"), [("addTrees", b'"3"'), ("addTrees", b"[]"), ("listTrees", b"{}")])
def test_answers_of_another_shape_are_refused(api: Any, operation: str, body: bytes) -> None:
    """Plain JSON values have their type checked, too."""
    with pytest.raises(DecodeError):
        api[operation].parse_response(answer(body))


def test_deep_answers_are_refused_not_fatal(api: Any) -> None:
    """A body nested deeper than Python's stack is an error like any other."""
    deep = b'{"name": "a", "children": [' * 20_000 + b"]}" * 20_000

    with pytest.raises(DecodeError):
        api["listTrees"].parse_response(answer(b"[" + deep + b"]"))


def test_rich_models_round_trip(models: Any) -> None:
    """Every kind of value comes out as it went in, unknown enum values and odd names included."""
    value = {
        "id": str(uuid.UUID(int=7)),
        "at": "2025-01-01T00:00:00Z",
        "kind": "from the future",
        "tree": {"name": "a"},
        "day": "2025-01-02",
        "times": ["2025-01-01T00:00:00.500000Z"],
        "closed": "2025-01-01T00:00:00+01:00",
        "prices": {"p": {"amount": 1}},
        "labels": {"a": "b"},
        "pets": [{"meow": True}, {"bark": False}, "goldfish", {"unknown": 1}],
        "free": {"a": [1]},
        "any": [None],
        "tokens": ["s3cr3t"],
        "class": "c",
        'it\'s "odd" {x}\\': "o",
        "new": {"deep": [1]},
    }
    thing = models.Thing.from_dict(value)

    assert thing.to_dict() == value
    assert thing.pets[1] == models.Dog(bark=False)
    assert thing.additional_properties == {"new": {"deep": [1]}}
    assert "s3cr3t" not in repr(thing)
    assert "password=***" in repr(models.ThingInput(name="a", password="hunter2"))


def test_streams_exist_where_answers_are_bytes(api: Any) -> None:
    """Bytes and text can be streamed, models cannot."""
    assert hasattr(api["writeRows"], "stream")
    assert hasattr(api["readRows"], "stream")
    assert hasattr(api["readRows"], "astream")
    assert not hasattr(api["listTrees"], "stream")


def test_a_planted_parameter_reaches_the_client(small: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A parameter added to a document is an argument of the generated function, and reaches the wire."""
    small["paths"]["/items/{item}"]["get"]["parameters"].append(
        {"in": "query", "name": "planted", "description": "New.", "schema": {"type": "boolean"}}
    )
    make(small, tmp_path, "planted")
    monkeypatch.syspath_prepend(str(tmp_path))
    module = importlib.import_module("planted.api.items.get_item")

    assert module.build_request("a", planted=True).target == "/items/a?planted=true"
    assert "    planted: New." in (inspect.getdoc(module.sync) or "")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"Item": {"type": "object", "properties": {"x": {"type": "nonsense"}}}}, "refuses|leave something out"),
        ({"Request": {"type": "object", "properties": {"x": {"type": "string"}}}}, "rename it by a repair"),
        ({"Item": {"type": "object", "properties": {"a": {"enum": [1, "x"]}}}}, "leave something out"),
    ],
)
def test_warnings_and_clashes_are_errors(small: Node, change: Node, message: str) -> None:
    """Nothing is left out with a warning that nobody reads."""
    small["components"]["schemas"].update(change)

    with pytest.raises(SpecError, match=message):
        generate("small", "Small", prepare(small))


def test_a_lost_operation_is_an_error(small: Node) -> None:
    """Every operation and every schema of the document has its module."""
    ready = prepare(small)
    files = generate("small", "Small", ready)
    complete(files, ready)
    del files["api/items/get_item.py"]

    with pytest.raises(SpecError, match="operation getItem"):
        complete(files, ready)
