"""Serve uploads past the server: signed addresses, linking, presigned multipart uploads."""

from __future__ import annotations

from collections.abc import Callable

from catchment.local.bodies import MemoryBlob
from catchment.local.http import Answer, json_answer
from catchment.local.lakefs.call import Call, no_content
from catchment.local.lakefs.errors import InvalidError, NotFoundError, NotImplementedHereError, StoreError
from catchment.local.lakefs.routes.objects import OCTETS, check_create_only, find_entry, stage
from catchment.local.lakefs.routes.shapes import object_json
from catchment.local.lakefs.trees import Entry
from catchment.local.ranges import MalformedRangeError, UnsatisfiableRangeError, parse_range
from catchment.local.store import PartError

MAX_PARTS = 10_000


def get_physical_address(call: Call) -> Answer:
    """Answer `getPhysicalAddress`. The branch need not exist."""
    path = call.needed("path")
    address = call.state.new_staging_address(call.repository, call.params["branch"], path)
    location: dict[str, object] = {"physical_address": address}
    if call.flag("presign"):
        if not call.state.options.presigns:
            raise StoreError("error getting presigned URL: operation not supported")
        location["presigned_url"] = call.state.presign("PUT", call.request.object_origin, address)
        location["presigned_url_expiry"] = call.state.now + call.state.options.presign_seconds
    return json_answer(200, location)


def link_physical_address(call: Call) -> Answer:
    """Answer `linkPhysicalAddress`. Bytes outside the repository's namespace are linked as they are."""
    path, body = call.needed("path"), call.body()
    call.branch  # noqa: B018 - a missing branch is a 404
    address = body.fields("staging").text("physical_address")
    own = call.state.in_namespace(call.repository, address)
    if own:
        call.state.check_staging_address(call.repository, call.params["branch"], path, address)
    check_create_only(call, path)
    if body.integer("size_bytes") < 0:
        raise InvalidError('request body has an error: "/size_bytes": number must be at least 0')
    entry = Entry(
        address,
        body.integer("size_bytes"),
        body.text("checksum"),
        body.optional_text("content_type") or OCTETS,
        body.optional_integer("mtime") or call.state.now,
        body.string_map("user_metadata") or {},
        relative=own,
    )
    stage(call, path, entry, force=body.flag("force"))
    call.subject.update(path=path, checksum=entry.checksum, address=address)
    return json_answer(200, object_json(path, entry))


# Presigned multipart uploads


def _offered(call: Call) -> None:
    if not call.state.options.presigns_multipart:
        raise NotImplementedHereError("presigned multipart upload API is not supported: not implemented")
    call.branch  # noqa: B018 - a missing branch is a 404
    call.needed("path")


def _part_url(call: Call, address: str, upload_id: str, number: int) -> str:
    return call.state.presign("PUT", call.request.object_origin, address, partNumber=str(number), uploadId=upload_id)


def create_multipart(call: Call) -> Answer:
    """Answer `createPresignMultipartUpload`."""
    _offered(call)
    call.repository.check_writable()
    count = call.integer("parts", 0)
    if not 0 <= count <= MAX_PARTS:
        raise InvalidError(f'parameter "parts" in query has an error: number must be between 0 and {MAX_PARTS}')
    upload_id, address = (
        call.state.new_id(),
        call.state.new_staging_address(call.repository, call.params["branch"], call.needed("path")),
    )
    call.state.store.start_upload(upload_id, address)
    urls = [_part_url(call, address, upload_id, number) for number in range(1, count + 1)]
    call.subject.update(path=call.needed("path"), upload_id=upload_id)
    return json_answer(201, {"upload_id": upload_id, "physical_address": address, "presigned_urls": urls})


def _with_upload(call: Call, address: str, work: Callable[[str, str], Answer]) -> Answer:
    """Run `work` on the upload in the path, with its id and object URI."""
    uri = call.state.full_address(call.repository, address)
    call.state.check_staging_address(call.repository, call.params["branch"], call.needed("path"), uri)
    try:
        return work(call.params["uploadId"], uri)
    except KeyError:
        raise NotFoundError("the specified multipart upload does not exist: not found") from None
    except PartError as error:
        raise InvalidError(f"complete multipart upload: {error}") from None


def complete_multipart(call: Call) -> Answer:
    """Answer `completePresignMultipartUpload`; here the physical address comes back relative."""
    _offered(call)
    body = call.body()
    call.repository.check_writable()
    call.repository.check_stageable(call.params["branch"])
    parts = [(part.integer("part_number"), part.text("etag")) for part in body.objects("parts")]
    path = call.needed("path")

    def complete(upload_id: str, uri: str) -> Answer:
        content_type = body.optional_text("content_type") or OCTETS
        smallest = call.state.options.minimum_part_bytes
        stored = call.state.store.complete_upload(upload_id, uri, parts, smallest, content_type)
        metadata = body.string_map("user_metadata") or {}
        entry = Entry(uri, stored.blob.size, stored.etag, content_type, call.state.now, metadata)
        stage(call, path, entry)
        call.subject.update(path=path, checksum=entry.checksum, upload_id=upload_id)
        shown = object_json(path, entry)
        shown["physical_address"] = call.state.relative_address(call.repository, uri)
        return json_answer(200, shown)

    return _with_upload(call, body.text("physical_address"), complete)


def abort_multipart(call: Call) -> Answer:
    """Answer `abortPresignMultipartUpload`."""
    _offered(call)

    def abort(upload_id: str, uri: str) -> Answer:
        call.state.store.abort_upload(upload_id, uri)
        call.subject["upload_id"] = upload_id
        return no_content()

    return _with_upload(call, call.body().text("physical_address"), abort)


def _part_number(call: Call) -> int:
    text = call.params["partNumber"]
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= MAX_PARTS:
        raise InvalidError(f'parameter "partNumber" in path has an error: {text!r} is not between 1 and {MAX_PARTS}')
    return int(text)


def upload_part(call: Call) -> Answer:
    """Answer `uploadPart`: a fresh URL for one part."""
    _offered(call)
    number = _part_number(call)
    call.applied = False

    def sign(upload_id: str, uri: str) -> Answer:
        call.state.store.upload(upload_id, uri)
        return json_answer(200, {"presigned_url": _part_url(call, uri, upload_id, number)})

    return _with_upload(call, call.body().text("physical_address"), sign)


def upload_part_copy(call: Call) -> Answer:
    """Answer `uploadPartCopy`: a part taken from an object that lakeFS knows, in any repository."""
    _offered(call)
    number, body = _part_number(call), call.body()
    source = body.fields("copy_source")

    def copy(upload_id: str, uri: str) -> Answer:
        data = _copied_bytes(
            call, source.text("repository"), source.text("ref"), source.text("path"), source.optional_text("range")
        )
        part = call.state.store.put_part(upload_id, uri, number, MemoryBlob(data))
        call.subject.update(upload_id=upload_id, part=number)
        return no_content().with_headers(("ETag", f'"{part.etag}"'))

    return _with_upload(call, body.text("physical_address"), copy)


def _copied_bytes(call: Call, repository: str, ref: str, path: str, wanted: str | None) -> bytes:
    other = Call(call.state, call.request, call.operation, {"repository": repository}, {}, call.user)
    entry = find_entry(other, ref, path)
    stored = call.state.store.find(entry.address)
    if stored is None:
        raise NotFoundError(f"{path}: not found")
    if wanted is None:
        return stored.blob.read()
    try:
        return stored.blob.read(*parse_range(wanted, entry.size))
    except (MalformedRangeError, UnsatisfiableRangeError):
        raise InvalidError(f"copy source range {wanted!r} is not within the object") from None


ROUTES = {
    "getPhysicalAddress": get_physical_address,
    "linkPhysicalAddress": link_physical_address,
    "createPresignMultipartUpload": create_multipart,
    "completePresignMultipartUpload": complete_multipart,
    "abortPresignMultipartUpload": abort_multipart,
    "uploadPart": upload_part,
    "uploadPartCopy": upload_part_copy,
}
