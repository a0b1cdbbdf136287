"""Send the same request to the local server and to a real one, and compare what they answer."""

from __future__ import annotations

import json
import math
import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import yaml
from catchment.local import Stack

FOLDER = Path(__file__).parent
DATABASE = "catalogue"
FORM = ("Content-Type", "application/x-www-form-urlencoded")


@dataclass(frozen=True)
class Answered:
    """Status, the headers that are compared, and the body."""

    status: int
    headers: dict[str, str]
    body: bytes


class Side:
    """A server to be asked."""

    def send(self, method: str, path: str, headers: list[tuple[str, str]], body: bytes) -> Answered:
        """Send one request."""
        raise NotImplementedError

    def write(self, lines: str, **params: str) -> Answered:
        """Write lines."""
        return self.send("POST", "/write?" + urlencode(params), [], lines.encode("utf-8", "surrogateescape"))

    def query(self, step: str | dict[str, str]) -> Answered:
        """Send one query of the catalogue."""
        given = {"q": step} if isinstance(step, str) else dict(step)
        given = {name: value for name, value in given.items() if name not in ("near", "unordered")}
        accept = given.pop("accept", "application/json")
        method = given.pop("method", "POST")
        params = {"db": DATABASE, "epoch": "ns", **given}
        params = {name: value for name, value in params.items() if value != ""}
        pretty = {"pretty": params.pop("pretty")} if "pretty" in params else {}
        headers = [("Accept", accept), ("Accept-Encoding", "identity")]
        if method == "GET":
            return self.send("GET", "/query?" + urlencode(params), headers, b"")
        return self.send("POST", "/query?" + urlencode(pretty), [*headers, FORM], urlencode(params).encode())

    def step(self, step: str | dict[str, str]) -> Answered:
        """Carry out a write or a query."""
        if isinstance(step, dict) and "write" in step:
            params = {name: value for name, value in step.items() if name != "write"}
            return self.write(step["write"], **params)
        return self.query(step)


class RealSide(Side):
    """A server at an endpoint."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint.rstrip("/")

    def send(self, method: str, path: str, headers: list[tuple[str, str]], body: bytes) -> Answered:
        """Send one request over the network."""
        request = urllib.request.Request(self._endpoint + path, body or None, dict(headers), method=method)
        if method == "POST" and not request.has_header("Content-type"):
            request.add_header("Content-Type", "text/plain")
        try:
            with urllib.request.urlopen(request, timeout=20) as reply:
                return Answered(reply.status, dict(reply.headers), reply.read())
        except urllib.error.HTTPError as error:
            return Answered(error.code, dict(error.headers), error.read())


class LocalSide(Side):
    """The local server, in process."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack

    def send(self, method: str, path: str, headers: list[tuple[str, str]], body: bytes) -> Answered:
        """Send one request without a network."""
        reply = self.stack.influxdb.handle(method, self.stack.influxdb.endpoint + path, headers, body)
        return Answered(reply.status, dict(reply.headers), reply.body)


def catalogue() -> dict[str, Any]:
    """Return data and queries."""
    return yaml.safe_load((FOLDER / "catalogue.yaml").read_text(encoding="utf-8"))


def sequences() -> dict[str, list[Any]]:
    """Return the sequences of changing requests."""
    return yaml.safe_load((FOLDER / "steps.yaml").read_text(encoding="utf-8"))


def all_queries() -> Iterator[tuple[str, str | dict[str, str]]]:
    """Yield an id and a query for the whole catalogue."""
    for group, queries in catalogue()["queries"].items():
        for number, query in enumerate(queries):
            yield f"{group}-{number}", query


def prepare(side: Side) -> None:
    """Write the catalogue's data into a fresh database."""
    side.query(f"drop database {DATABASE}")
    side.query(f"create database {DATABASE}")
    answered = side.write(catalogue()["data"], db=DATABASE)
    assert answered.status == 204, answered


_SHARD = re.compile(r"shard \d+")


def comparable(answered: Answered, step: str | dict[str, str]) -> tuple[int, str, object]:
    """Return what both sides must have in common."""
    if "/plain" in answered.headers.get("Content-Type", "") or not answered.body:
        return answered.status, answered.headers.get("Content-Type", ""), answered.body
    body: object = _SHARD.sub("shard N", answered.body.decode("utf-8", "replace"))
    if isinstance(step, dict) and "x-msgpack" in step.get("accept", ""):
        body = answered.body
    elif isinstance(step, dict) and step.get("near"):
        body = rounded(json.loads(answered.body))
    elif isinstance(step, dict) and step.get("unordered"):
        series = json.loads(answered.body)["results"][0]["series"]
        body = sorted(series, key=lambda each: str(each.get("tags")))
    return answered.status, answered.headers.get("Content-Type", ""), body


def rounded(value: Any) -> Any:
    """Return JSON values with floats of twelve digits."""
    if isinstance(value, float):
        return float(f"{value:.12g}") if math.isfinite(value) else value
    if isinstance(value, list):
        return [rounded(each) for each in value]
    if isinstance(value, dict):
        return {name: rounded(each) for name, each in value.items()}
    return value
