"""What v3io-py 0.7.2 offers, dumped from it, against what is here: every difference stands in the page for migrants."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import json
from pathlib import Path
from typing import Any

import pytest
from catchment import v3io
from catchment.v3io import aio

ROOT = Path(__file__).parents[2]
DUMP: dict[str, Any] = json.loads((ROOT / "tests" / "data" / "v3io_py_0_7_2.json").read_text(encoding="utf-8"))
MIGRATING = (ROOT / "docs" / "migrating.md").read_text(encoding="utf-8")

# Where ours differs: what the difference is, and words of the page that tell of it.
NOT_TAKEN: dict[tuple[str, str], str] = {
    ("aio.Client", "retry_intervals"): "`retry_intervals=`",
}
OTHER_DEFAULTS: dict[tuple[str, str], str] = {
    ("Client", "transport_kind"): "`transport_kind=",
    ("Client", "transport_verbosity"): "`transport_verbosity=",
    ("aio.Client", "transport_verbosity"): "`transport_verbosity=",
}
MORE_POSITIONS = {
    "aio.": "`transport_actions` comes behind `raise_for_status`",
    "aio.Client": "`transport_kind` comes behind `timeout`",
}
MISSING_MODULES = {
    "common": "`v3io.common.helpers`",
    "common.helpers": "`v3io.common.helpers`",
    "dataplane.kv_array": "`v3io.dataplane.kv_array`",
    "dataplane.kv_timestamp": "`.kv_timestamp`",
    "dataplane.request": "`.request`",
    "dataplane.transport": "`.transport`",
    "dataplane.transport.abstract": "`.transport`",
    "dataplane.transport.httpclient": "`.transport`",
    "dataplane.transport.requests": "`.transport`",
    "dataplane.transport.verifier": "`.transport`",
    "dataplane.batch": "`.batch`",
    "dataplane.client": "`.client`",
    "dataplane.container": "`.container`",
    "dataplane.kv": "`.kv`",
    "dataplane.model": "`.model`",
    "dataplane.object": "`.object`",
    "dataplane.stream": "`.stream`",
    "logger.logger": "`v3io.logger.logger`",
}
NOT_THERE_EITHER = {"container.get"}
"""Listed by the original's batch, and an AttributeError there."""


@pytest.fixture(scope="module")
def clients() -> dict[str, Any]:
    """Return a client of each colour; nothing is sent."""
    place: dict[str, Any] = {"endpoint": "http://127.0.0.1:1", "access_key": "k"}
    return {"Client": v3io.dataplane.Client(**place), "aio.Client": aio.dataplane.Client(**place)}


def signature_of(text: str) -> list[inspect.Parameter]:
    """Return the parameters of a signature that was written down."""
    names: dict[str, Any] = {}
    exec(f"def call{text}: pass", names)
    return list(inspect.signature(names["call"]).parameters.values())


def ours(clients: dict[str, Any], name: str) -> Any:
    """Return what has this name here."""
    colour = "aio.Client" if name.startswith("aio.") else "Client"
    found: Any = clients[colour]
    if name == colour:
        return type(found)
    for part in name.removeprefix(f"{colour}.").split("."):
        found = getattr(found, part)
    return found


def theirs_and_ours(name: str, call: Any) -> tuple[list[inspect.Parameter], list[inspect.Parameter]]:
    """Return the parameters there, without those that ours lacks for a reason, and here."""
    there = [each for each in signature_of(DUMP["calls"][name]) if (name, each.name) not in NOT_TAKEN]
    return there, [each for each in inspect.signature(call).parameters.values() if each.name != "self"]


@pytest.mark.parametrize("name", DUMP["calls"])
def test_every_call_takes_what_it_took(clients: dict[str, Any], name: str) -> None:
    """Each parameter is there by its name, with the same default; what is more is not required."""
    there, here = theirs_and_ours(name, ours(clients, name))
    known = {each.name: each for each in here}
    for each in there:
        assert each.name in known, f"{name} does not take {each.name}"
        if (name, each.name) not in OTHER_DEFAULTS:
            assert known[each.name].default == each.default
    missing = {each.name for each in here if each.default is inspect.Parameter.empty} - {each.name for each in there}
    assert not missing


@pytest.mark.parametrize("name", DUMP["calls"])
def test_every_position_is_what_it_was(clients: dict[str, Any], name: str) -> None:
    """What is given by position means the same; the asynchronous calls have all of the blocking ones' positions."""
    there, here = theirs_and_ours(name, ours(clients, name))
    more = {"transport_kind"} if name == "aio.Client" else {"transport_actions"} if name.startswith("aio.") else set()
    names = [each.name for each in there]
    positions = [
        each.name
        for each in here
        if each.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD and (each.name in names or each.name not in more)
    ]
    assert positions[: len(names)] == names


@pytest.mark.parametrize("name", [name for name in DUMP["batched"] if name not in NOT_THERE_EITHER])
@pytest.mark.parametrize("colour", ["Client", "aio.Client"])
def test_batches_have_every_call(clients: dict[str, Any], colour: str, name: str) -> None:
    """A batch takes what the call itself takes, in both colours."""
    call, same = ours(clients, f"{colour}.batch.{name}"), ours(clients, f"{colour}.{name}")
    assert [*inspect.signature(call).parameters] == [*inspect.signature(same).parameters]


METHODS = [(kind, name) for kind, has in DUMP["classes"].items() for name in has["calls"]]


@pytest.mark.parametrize(("kind", "name"), [each for each in METHODS if each != ("Responses", "add_response")])
def test_methods_of_what_users_hold(kind: str, name: str) -> None:
    """Answers, errors, cursors and loggers have the original's methods, and take what those take by position."""
    found = {"Cursor": v3io.dataplane.ItemsCursor, "Logger": v3io.logger.Logger}.get(kind) or getattr(
        v3io.dataplane, kind
    )
    there = signature_of(DUMP["classes"][kind]["calls"][name])
    here = [each for each in inspect.signature(getattr(found, name)).parameters.values() if each.name != "self"]
    assert [each.kind for each in here[: len(there)]] == [each.kind for each in there]


def test_loggers_are_made_alike() -> None:
    """A logger without a level tells everything."""
    (level,) = signature_of(DUMP["classes"]["Logger"]["made"])
    assert inspect.signature(v3io.logger.Logger).parameters["level"].default == level.default
    assert v3io.logger.Logger().level == v3io.logger.Logger("DEBUG").level


def test_errors_are_made_alike() -> None:
    """Code that raises the error itself, in its tests, makes it by position or by name."""
    for error in (
        v3io.dataplane.HttpResponseError("gone", 404),
        v3io.dataplane.HttpResponseError(message="gone", status_code=404),
    ):
        assert (error.status_code, error.status) == (404, 404)
        assert "gone" in str(error)


def test_constants_have_their_names() -> None:
    """What is given as `raise_for_status` and `transport_actions` has the original's names and values."""
    for name, value in DUMP["constants"]["RaiseForStatus"].items():
        assert v3io.RaiseForStatus[name].value == value
    for name, value in DUMP["constants"]["Actions"].items():
        assert v3io.dataplane.TransportActions[name] == value


@pytest.mark.parametrize("module", DUMP["modules"])
def test_modules_that_people_import_from(module: str) -> None:
    """Each module of the original can be imported here, or the page says that it is not there."""
    path = module.removeprefix("v3io.")
    if path in MISSING_MODULES:
        with pytest.raises(ModuleNotFoundError):
            importlib.import_module(f"catchment.v3io.{path}")
    else:
        importlib.import_module(f"catchment.v3io.{path}")


def test_differences_stand_in_the_page() -> None:
    """Whoever migrates is told of each of them."""
    told = {*NOT_TAKEN.values(), *OTHER_DEFAULTS.values(), *MORE_POSITIONS.values(), *MISSING_MODULES.values()}
    told |= {"`Response(...)`, `Cursor(...)`", "`responses.add_response(...)`", "`expected_statuses=`"}
    section = MIGRATING.partition("## From v3io-py")[2]
    assert {words for words in told if words not in section} == set()
