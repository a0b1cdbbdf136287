"""Answer requests to the local V3IO: find the operation, check who asks, run it, name what is refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from urllib.parse import parse_qsl

from catchment.local.http import Answer, Request
from catchment.local.platform import Record
from catchment.local.v3io import items, listing, objects, scanning, streams
from catchment.local.v3io.auth import authenticate
from catchment.local.v3io.call import Call, json_reply
from catchment.local.v3io.errors import RefusalError, invalid, not_here
from catchment.local.v3io.paths import Target, read_target
from catchment.local.v3io.tenant import Tenant

Handler = Callable[[Call], Answer]

UNKNOWN = "unknown"


def _cluster_metadata(call: Call) -> Answer:
    return json_reply({"NumberOfVNs": call.tenant.options.virtual_nodes})


FUNCTIONS: Mapping[str, tuple[str, Handler | None]] = {
    "PutItem": ("putItem", items.put_item),
    "UpdateItem": ("updateItem", items.update_item),
    "GetItem": ("getItem", items.get_item),
    "GetItems": ("getItems", scanning.get_items),
    "CreateStream": ("createStream", streams.create_stream),
    "UpdateStream": ("updateStream", streams.update_stream),
    "DescribeStream": ("describeStream", streams.describe_stream),
    "PutRecords": ("putRecords", streams.put_records),
    "SeekShard": ("seekShard", streams.seek_shard),
    "Seek": ("seekShard", streams.seek_shard),
    "GetRecords": ("getRecords", streams.get_records),
    "GetClusterMD": ("getClusterMetadata", _cluster_metadata),
    "DirSetAttr": ("setAttributes", objects.set_attributes),
    "OosRun": ("scatterWrite", objects.scatter_write),
    "PutChunk": ("putChunk", None),
    "CreateSymlink": ("createSymlink", None),
}
"""Operation and handler by function name; what the real server has and this one lacks has no handler."""

PLAIN: Mapping[str, Handler] = {
    "listContainers": listing.list_containers,
    "headContainer": objects.head_container,
    "listDirectory": listing.list_directory,
    "getObject": objects.get_object,
    "getObjectByInode": objects.get_object_by_inode,
    "headObject": objects.head_object,
    "putObject": objects.put_object,
    "appendObject": objects.append_object,
    "deleteObject": objects.delete_object,
}

OPERATIONS = frozenset({UNKNOWN, *PLAIN, *(name for name, _ in FUNCTIONS.values())})


class V3IOService:
    """The web API of one tenant. Calls must be serialised by the caller."""

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant

    def aim(self, request: Request) -> tuple[str, Callable[[Record], Answer]]:
        """Return the operation that a request is aimed at, and what carries it out."""
        headers = {name.lower(): value for name, value in request.headers}
        try:
            target = read_target(request.path, self.tenant.options.strict_paths)
        except RefusalError as refusal:
            return UNKNOWN, lambda _, refused=refusal: _refused(refused)
        query = _query(request.query)
        operation, handler = _route(request.method, target, headers, query)

        def work(record: Record) -> Answer:
            call = Call(self.tenant, operation, request.method, target, headers, query, request.body, record)
            try:
                authenticate(self.tenant, headers)
                return handler(call)
            except RefusalError as refusal:
                return _refused(refusal)

        return operation, work


@lru_cache(maxsize=1024)
def _query(text: str) -> Mapping[str, str]:
    # The first value of a name counts.
    return dict(reversed(parse_qsl(text, keep_blank_values=True)))


def _route(method: str, target: Target, headers: Mapping[str, str], query: Mapping[str, str]) -> tuple[str, Handler]:
    function = headers.get("x-v3io-function")
    if function is not None:
        return _function(method, function)
    name = _plain_operation(method, target, headers, query)
    handler = PLAIN.get(name)
    return (name, handler) if handler is not None else (UNKNOWN, _not_allowed)


def _function(method: str, function: str) -> tuple[str, Handler]:
    found = FUNCTIONS.get(function)
    if found is None or method not in {"PUT", "POST"}:
        return UNKNOWN, _no_function
    name, handler = found
    return name, _not_here if handler is None else handler


def _plain_operation(method: str, target: Target, headers: Mapping[str, str], query: Mapping[str, str]) -> str:
    if method in {"PUT", "POST"} and target.container:
        return "appendObject" if headers.get("range", "").strip() == objects.APPEND else "putObject"
    if method == "GET" and not target.container:
        return "listContainers"
    if method == "GET" and "ctime-sec" in headers:
        return "getObjectByInode"
    if method == "GET":
        return "listDirectory" if not target.parts or "prefix" in query else "getObject"
    if method == "HEAD" and target.container:
        return "headObject" if target.parts else "headContainer"
    return "deleteObject" if method == "DELETE" and target.container else UNKNOWN


def _not_allowed(call: Call) -> Answer:
    return json_reply({"ErrorCode": -1, "ErrorMessage": f"no operation is {call.method} here"}, status=405)


def _no_function(call: Call) -> Answer:
    raise invalid(f"X-v3io-function {call.headers['x-v3io-function']!r} is unknown, or not asked for by PUT or POST")


def _not_here(call: Call) -> Answer:
    raise not_here(call.operation)


def _refused(refusal: RefusalError) -> Answer:
    return json_reply({"ErrorCode": refusal.code, "ErrorMessage": refusal.message}, status=refusal.status)
