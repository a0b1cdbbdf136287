"""List containers and directories, in XML."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.sax.saxutils import escape

from catchment.local.http import Answer
from catchment.local.v3io.call import VERIFIER, Call
from catchment.local.v3io.errors import invalid
from catchment.local.v3io.nodes import SECOND, Directory, Facts, File, verifier
from catchment.local.v3io.paths import needed_directory, split_path
from catchment.local.v3io.tenant import Container

DEFAULT_KEYS = 1000
_XML = ("Content-Type", "application/xml")
_LINE_ENDS = {"\r": "&#13;", "\n": "&#10;", "\t": "&#9;"}


def list_containers(call: Call) -> Answer:
    """List the containers of the tenant."""
    options = call.tenant.options
    buckets = "".join(_bucket(each) for each in sorted(call.tenant.containers.values(), key=lambda each: each.name))
    owner = f"<Owner><ID>{call.tenant.derive('tenant')}</ID>{_element('DisplayName', options.username)}</Owner>"
    return _document("ListAllMyBucketsResult", f"{owner}<Buckets>{buckets}</Buckets>", [])


def _bucket(container: Container) -> str:
    created = datetime.fromtimestamp(container.created // SECOND, UTC).replace(
        microsecond=container.created % SECOND // 1000
    )
    facts = (
        _element("Name", container.name),
        _element("CreationDate", created.isoformat(timespec="microseconds")),
        _element("Id", str(container.number)),
    )
    return f"<Bucket>{''.join(facts)}</Bucket>"


@dataclass(frozen=True, slots=True)
class _Asked:
    """A listing as asked for: `above` is the directory's path with a slash, empty for the root."""

    above: str
    attributes: bool
    directories_only: bool
    maximum: int
    marker: str


def list_directory(call: Call) -> Answer:
    """List one page of a directory: files and directories in one order."""
    container, query = call.container, call.query
    parts = (*call.parts, *split_path(query.get("prefix", "")))
    directory = needed_directory(container, parts)
    asked = _Asked(
        above="/".join((*parts, "")) if parts else "",
        attributes=query.get("prefix-info") == "1",
        directories_only=query.get("prefix-only") == "1",
        maximum=_maximum(query.get("max-keys")),
        marker=query.get("marker", "").lstrip("/"),
    )
    page, more = _page(directory, asked)
    elements = [
        _element("Name", container.name),
        _element("Prefix", query.get("prefix", "")),
        _element("Marker", query.get("marker", "")),
        "<Delimiter>/</Delimiter>",
        _element("NextMarker", _marker(directory, asked, page[-1]) if page else ""),
        f"<MaxKeys>{asked.maximum}</MaxKeys><IsTruncated>{'true' if more else 'false'}</IsTruncated>",
        *_entries(directory, asked, page),
    ]
    return _document("ListBucketResult", "".join(elements), [(VERIFIER, verifier(directory.facts))])


def _maximum(text: str | None) -> int:
    if text is None:
        return DEFAULT_KEYS
    if not text.isascii() or not text.isdigit():
        raise invalid(f"max-keys must be a number from 0, not {text!r}")
    return min(int(text), DEFAULT_KEYS)


def _page(directory: Directory, asked: _Asked) -> tuple[list[tuple[str, bool]], bool]:
    listed = directory.listed
    if asked.directories_only:
        listed = [entry for entry in listed if entry[1]]
    if not asked.maximum:
        # Asked to see whether the directory is there: there is no marker to go on with, so nothing is cut.
        return [], False
    start = _start(directory, listed, asked)
    return listed[start : start + asked.maximum], len(listed) > start + asked.maximum


def _start(directory: Directory, listed: list[tuple[str, bool]], asked: _Asked) -> int:
    """
    Return the place behind the marker, which is an entry's whole path.

    Where a file and a directory share their name, the file comes first, and the directory's marker ends in a slash.
    """
    if not asked.marker:
        return 0
    if not asked.marker.startswith(asked.above):
        return 0 if asked.marker < asked.above else len(listed)
    name = asked.marker.removeprefix(asked.above)
    twin = not name.endswith("/") and name in directory.files and not asked.directories_only
    return bisect_right(listed, (name.rstrip("/"), not twin))


def _marker(directory: Directory, asked: _Asked, last: tuple[str, bool]) -> str:
    name, is_directory = last
    return f"{asked.above}{name}{'/' if is_directory and name in directory.files else ''}"


def _entries(directory: Directory, asked: _Asked, page: list[tuple[str, bool]]) -> Iterator[str]:
    for name, is_directory in page:
        if not is_directory:
            yield _contents(asked, name, directory.files[name])
    for name, is_directory in page:
        if is_directory:
            yield _prefix(asked, name, directory.directories[name])


def _contents(asked: _Asked, name: str, file: File) -> str:
    sequence = "" if file.shard is None else f"<LastSequenceId>{file.shard.last_sequence}</LastSequenceId>"
    facts = (
        _element("Key", asked.above + name),
        f"<Size>{file.content.size}</Size>{sequence}",
        _element("LastModified", instant(file.facts.modified)),
        _attributes(file.facts) if asked.attributes else "",
    )
    return f"<Contents>{''.join(facts)}</Contents>"


def _prefix(asked: _Asked, name: str, below: Directory) -> str:
    element = _element("Prefix", f"{asked.above}{name}/")
    if not asked.attributes:
        return f"<CommonPrefixes>{element}</CommonPrefixes>"
    stream = "" if below.stream is None else _stream(below.stream.shard_count, below.stream.retention_hours)
    facts = f"<LastModified>{instant(below.facts.modified)}</LastModified>{_attributes(below.facts)}{stream}"
    return f"<CommonPrefixes>{element}{facts}</CommonPrefixes>"


def _stream(shard_count: int, hours: int) -> str:
    return (
        f"<ShardCount>{shard_count}</ShardCount><RetentionPeriodHours>{hours}</RetentionPeriodHours>"
        f"<RetentionPeriodSec>{hours * 3600}</RetentionPeriodSec>"
    )


def _attributes(facts: Facts) -> str:
    return (
        f"<AccessTime>{instant(facts.accessed)}</AccessTime><CreatingTime>{instant(facts.created)}</CreatingTime>"
        f"<Mode>0{facts.mode:o}</Mode><GID>{facts.gid:x}</GID><UID>{facts.uid:x}</UID>"
        f"<InodeNumber>{facts.inode}</InodeNumber>"
    )


def instant(nanoseconds: int) -> str:
    """Return an instant in RFC 3339 with two digits of the fraction, as the clients' own tests have it."""
    seconds, fraction = divmod(nanoseconds, SECOND)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{fraction * 100 // SECOND:02d}Z"


def _element(name: str, text: str) -> str:
    return f"<{name}>{escape(text, _LINE_ENDS)}</{name}>" if text else f"<{name}/>"


def _document(root: str, content: str, headers: list[tuple[str, str]]) -> Answer:
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<{root}>{content}</{root}>'
    return Answer(200, [_XML, *headers], text.encode())
