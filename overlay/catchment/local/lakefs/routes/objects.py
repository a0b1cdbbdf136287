"""Serve objects: read, stat, list, upload, delete, copy."""

from __future__ import annotations

from email.utils import formatdate

from catchment.local.http import Answer, BlobRange, json_answer
from catchment.local.lakefs.call import Call, no_content, page_json
from catchment.local.lakefs.errors import (
    ForbiddenError,
    GoneError,
    InvalidError,
    NotFoundError,
    NotImplementedHereError,
    PreconditionError,
)
from catchment.local.lakefs.listing import Group, page_of
from catchment.local.lakefs.routes.multipart_form import content_part
from catchment.local.lakefs.routes.shapes import object_json, prefix_json
from catchment.local.lakefs.trees import Entry
from catchment.local.ranges import MalformedRangeError, UnsatisfiableRangeError, parse_range
from catchment.local.store import StoredObject

MAX_BULK = 1000
OCTETS = "application/octet-stream"
_META = "x-lakefs-meta-"
_INTERNAL = "x-lakefs-internal-"


def find_entry(call: Call, ref: str, path: str) -> Entry:
    """Return the object at a path of a reference, or refuse with 404."""
    entry = call.repository.resolve(ref).view.get(path)
    if entry is None:
        raise NotFoundError(f"{path}: object not found: not found")
    return entry


def _stored(call: Call, entry: Entry, path: str) -> StoredObject:
    stored = call.state.store.find(entry.address)
    if stored is None:
        raise GoneError(f"{path}: data expired: resource expired")
    return stored


def get_object(call: Call) -> Answer:
    """Answer `getObject`."""
    path = call.needed("path")
    entry = find_entry(call, call.params["ref"], path)
    if call.flag("presign"):
        return _redirect(call, entry)
    if call.request.header("if-none-match") == f'"{entry.checksum}"':
        return Answer(304, [("ETag", f'"{entry.checksum}"')])
    return _body(call, entry, _stored(call, entry, path))


def head_object(call: Call) -> Answer:
    """Answer `headObject`."""
    path = call.needed("path")
    entry = find_entry(call, call.params["ref"], path)
    return _body(call, entry, _stored(call, entry, path)).with_headers(("Accept-Ranges", "bytes"))


def _redirect(call: Call, entry: Entry) -> Answer:
    if not call.state.options.presigns:
        raise InvalidError("get pre-signed URL: operation not supported")
    url = call.state.presign("GET", call.request.object_origin, entry.address)
    return Answer(302, [("Location", url)])


def _body(call: Call, entry: Entry, stored: StoredObject) -> Answer:
    headers = [
        ("ETag", f'"{entry.checksum}"'),
        ("Last-Modified", formatdate(entry.mtime, usegmt=True)),
        ("Content-Type", entry.content_type),
        ("X-Content-Type-Options", "nosniff"),
    ]
    wanted = call.request.header("range")
    if wanted is None:
        return Answer(200, headers, BlobRange(stored.blob, 0, stored.blob.size))
    try:
        start, stop = parse_range(wanted, entry.size)
    except UnsatisfiableRangeError:
        message = {"message": "range not satisfiable"}
        return json_answer(416, message, ("Content-Range", f"bytes */{entry.size}"))
    except MalformedRangeError:
        return json_answer(416, {"message": f"malformed range {wanted!r}"})
    found = ("Content-Range", f"bytes {start}-{stop - 1}/{entry.size}")
    return Answer(206, [*headers, found], BlobRange(stored.blob, start, stop))


def stat_object(call: Call) -> Answer:
    """Answer `statObject`."""
    path = call.needed("path")
    entry = find_entry(call, call.params["ref"], path)
    shown = object_json(path, entry, user_metadata=call.flag("user_metadata", default=True))
    if call.flag("presign"):
        _sign(call, shown, entry)
    return json_answer(200, shown)


def _sign(call: Call, shown: dict[str, object], entry: Entry) -> None:
    if not call.state.options.presigns:
        raise InvalidError("get pre-signed URL: operation not supported")
    shown["physical_address"] = call.state.presign("GET", call.request.object_origin, entry.address)
    shown["physical_address_expiry"] = call.state.now + call.state.options.presign_seconds


def list_objects(call: Call) -> Answer:
    """Answer `listObjects`."""
    view = call.repository.resolve(call.params["ref"]).view
    user_metadata, presign = call.flag("user_metadata", default=True), call.flag("presign")
    page = page_of(view.scan, call.window())
    results: list[dict[str, object]] = []
    for path, item in page.items:
        if isinstance(item, Group):
            results.append(prefix_json(item))
            continue
        shown = object_json(path, item, user_metadata=user_metadata)
        if presign:
            _sign(call, shown, item)
        results.append(shown)
    return json_answer(200, page_json(page, results))


def underlying_properties(call: Call) -> Answer:
    """Answer `getUnderlyingProperties`."""
    find_entry(call, call.params["ref"], call.needed("path"))
    return json_answer(200, {"storage_class": "STANDARD" if call.state.options.blockstore_type == "s3" else None})


# Writing


def check_create_only(call: Call, path: str) -> None:
    """Hold the conditional headers of a write: only `If-None-Match: *` is on offer here."""
    if call.request.header("if-match") is not None:
        raise NotImplementedHereError("If-Match is not supported in this edition: not implemented")
    condition = call.request.header("if-none-match")
    if condition is None:
        return
    if condition != "*":
        raise NotImplementedHereError(f"unsupported value for If-None-Match: {condition!r}: not implemented")
    if call.repository.resolve(call.params["branch"]).view.get(path) is not None:
        raise PreconditionError("path already exists: precondition failed")


def stage(call: Call, path: str, entry: Entry | None, *, force: bool = False) -> bool:
    """Stage an object on the branch in the path; with None, its removal."""
    call.repository.check_writable(force=force)
    call.repository.check_stageable(call.params["branch"])
    return call.repository.stage(call.branch, path, entry)


def preflight(call: Call) -> Answer:
    """Answer `uploadObjectPreflight`."""
    call.branch  # noqa: B018 - a missing branch is a 404
    call.needed("path")
    return no_content()


def upload_object(call: Call) -> Answer:
    """Answer `uploadObject`, with a raw body or a form whose part is named `content`."""
    path, force = call.needed("path"), call.flag("force")
    call.branch  # noqa: B018 - a missing branch is a 404, before the body counts
    call.repository.check_writable(force=force)
    call.repository.check_stageable(call.params["branch"])
    check_create_only(call, path)
    content_type = call.request.header("content-type") or OCTETS
    blob = call.request.body
    if content_type.lower().startswith("multipart/form-data"):
        blob, content_type = content_part(content_type, blob)
    address = call.state.new_address(call.repository)
    stored = call.state.store.save(address, blob, content_type)
    entry = Entry(address, blob.size, stored.etag, content_type, call.state.now, _user_metadata(call))
    stage(call, path, entry, force=force)
    call.subject.update(path=path, checksum=entry.checksum, size=entry.size)
    return json_answer(201, object_json(path, entry))


def _user_metadata(call: Call) -> dict[str, str]:
    metadata: dict[str, str] = {}
    for name, value in call.request.headers:
        key = name.lower()
        if key.startswith(_META):
            metadata[key.removeprefix(_META)] = value
        elif key.startswith(_INTERNAL):
            metadata[f"::lakefs::{key.removeprefix(_INTERNAL)}"] = value
    return metadata


def stage_object(call: Call) -> Answer:
    """Answer `stageObject`: an address that the caller vouches for."""
    path, body = call.needed("path"), call.body()
    address = body.text("physical_address")
    entry = Entry(
        call.state.full_address(call.repository, address),
        body.integer("size_bytes"),
        body.text("checksum"),
        body.optional_text("content_type") or OCTETS,
        body.optional_integer("mtime") or call.state.now,
        body.string_map("metadata") or {},
        relative="://" not in address or call.state.in_namespace(call.repository, address),
    )
    stage(call, path, entry, force=body.flag("force"))
    call.subject.update(path=path, checksum=entry.checksum)
    return json_answer(201, object_json(path, entry))


def delete_object(call: Call) -> Answer:
    """Answer `deleteObject`; a missing object is no error."""
    path = call.needed("path")
    call.applied = stage(call, path, None, force=call.flag("force"))
    call.subject["path"] = path
    return no_content()


def delete_objects(call: Call) -> Answer:
    """Answer `deleteObjects`: 200 with the paths that could not be deleted."""
    paths = call.body().texts("paths")
    if len(paths) > MAX_BULK:
        raise InvalidError(f"{len(paths)} paths, max paths is set to {MAX_BULK}")
    call.branch  # noqa: B018 - a missing branch is a 404 for the whole request
    force = call.flag("force")
    errors: list[dict[str, object]] = []
    deleted: list[str] = []
    for path in paths:
        try:
            if stage(call, path, None, force=force):
                deleted.append(path)
        except ForbiddenError as error:
            errors.append({"path": path, "status_code": error.status, "message": error.message})
    call.applied = bool(deleted)
    call.subject["paths"] = deleted
    return json_answer(200, {"errors": errors})


def copy_object(call: Call) -> Answer:
    """Answer `copyObject`: a real copy in the object store."""
    path, body = call.needed("dest_path"), call.body()
    if body.flag("shallow"):
        raise NotImplementedHereError("shallow copy is not supported in this edition: not implemented")
    source = find_entry(call, body.optional_text("src_ref") or call.params["branch"], body.text("src_path"))
    call.branch  # noqa: B018 - a missing branch is a 404
    call.repository.check_writable(force=body.flag("force"))
    call.repository.check_stageable(call.params["branch"])
    _stored(call, source, body.text("src_path"))
    address = call.state.new_address(call.repository)
    stored = call.state.store.copy(source.address, address)
    entry = Entry(address, source.size, stored.etag, source.content_type, call.state.now, source.metadata)
    stage(call, path, entry, force=body.flag("force"))
    call.subject.update(path=path, source=body.text("src_path"))
    return json_answer(201, object_json(path, entry))


def update_user_metadata(call: Call) -> Answer:
    """Answer `updateObjectUserMetadata`: replaces the whole map, and says 204 where 201 is declared."""
    path = call.needed("path")
    metadata = call.body().string_map("set")
    if metadata is None:
        raise InvalidError('request body has an error: property "set" is missing')
    before = find_entry(call, call.params["branch"], path)
    entry = Entry(
        before.address, before.size, before.checksum, before.content_type, before.mtime, metadata, before.relative
    )
    stage(call, path, entry)
    call.subject["path"] = path
    return no_content()


ROUTES = {
    "getObject": get_object,
    "headObject": head_object,
    "statObject": stat_object,
    "listObjects": list_objects,
    "getUnderlyingProperties": underlying_properties,
    "uploadObjectPreflight": preflight,
    "uploadObject": upload_object,
    "stageObject": stage_object,
    "deleteObject": delete_object,
    "deleteObjects": delete_objects,
    "copyObject": copy_object,
    "updateObjectUserMetadata": update_user_metadata,
}
