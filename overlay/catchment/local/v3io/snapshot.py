"""Turn the state of a tenant into JSON values and back."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from typing import Any, cast

from catchment.local.bodies import BlobFolder, MemoryBlob
from catchment.local.v3io.content import Content, Piece
from catchment.local.v3io.nodes import Directory, Facts, File, Stream
from catchment.local.v3io.shards import Record, Shard
from catchment.local.v3io.tenant import Container, Tenant
from catchment.local.v3io.values import decode_value, encode_all

# One saved directory, file or piece; nested lists and dictionaries of JSON values.
Saved = Any


def dump_tenant(tenant: Tenant) -> dict[str, object]:
    """Return the state as JSON values; large data is in files of its own."""
    return {
        "last": [tenant.last_inode, tenant.last_container, tenant.last_blob, tenant.last_instant],
        "access_key": tenant.access_key,
        "password": tenant.password,
        "passwords": tenant.passwords,
        "keys": tenant.keys,
        "containers": [
            [each.number, each.name, each.created, [_dump_directory(*found) for found in each.root.walk()]]
            for each in tenant.containers.values()
        ],
    }


def restore_tenant(tenant: Tenant, saved: Mapping[str, Saved]) -> None:
    """Take over a state that was dumped."""
    tenant.last_inode, tenant.last_container, tenant.last_blob, tenant.last_instant = saved["last"]
    tenant.access_key, tenant.password = saved["access_key"], saved["password"]
    tenant.passwords, tenant.keys = dict(saved["passwords"]), dict(saved["keys"])
    tenant.containers = {
        name: Container(number, name, created, _restored_root(tenant.blobs, directories))
        for number, name, created, directories in saved["containers"]
    }
    if tenant.options.access_key is not None:
        # Whoever starts the stack with a key of their own wants to come in with it.
        tenant.access_key = tenant.options.access_key
        tenant.keys[tenant.access_key] = tenant.options.username


def names_in_use(tenant: Tenant) -> set[str]:
    """Return the names of the files that data is kept in."""
    return {piece.name for file in _all_files(tenant) for piece in file.content.kept if piece.name}


def _all_files(tenant: Tenant) -> Iterator[File]:
    for container in tenant.containers.values():
        for _, directory in container.root.walk():
            yield from directory.files.values()


def _dump_facts(facts: Facts) -> list[int]:
    return [facts.inode, facts.created, facts.modified, facts.accessed, facts.mode, facts.uid, facts.gid]


def _dump_directory(parts: tuple[str, ...], directory: Directory) -> list[object]:
    stream = directory.stream
    return [
        parts,
        _dump_facts(directory.facts),
        None if stream is None else [stream.shard_count, stream.retention_hours, stream.turn],
        {name: _dump_file(file) for name, file in directory.files.items()},
    ]


def _restored_root(blobs: BlobFolder, saved: Saved) -> Directory:
    made: dict[tuple[str, ...], Directory] = {}
    for parts, facts, stream, files in saved:
        directory = made[tuple(parts)] = Directory(Facts(*facts))
        directory.stream = None if stream is None else Stream(*stream)
        for name, each in files.items():
            directory.add_file(name, _restored_file(blobs, each))
        if parts:
            # Parents come first.
            made[tuple(parts[:-1])].add_directory(parts[-1], directory)
    return made[()]


def _dump_file(file: File) -> list[object]:
    shard = None if file.shard is None else [file.shard.trimmed, file.shard.records]
    data = [_dump_piece(piece) for piece in file.content.kept]
    return [_dump_facts(file.facts), data, encode_all(file.attributes), shard]


def _restored_file(blobs: BlobFolder, saved: Saved) -> File:
    facts, data, attributes, shard = saved
    pieces = [_restored_piece(blobs, *each) for each in data]
    return File(
        Facts(*facts),
        Content(piece for piece in pieces if piece is not None),
        {name: decode_value(name, typed) for name, typed in attributes.items()},
        None if shard is None else Shard(shard[0], [Record(*record) for record in shard[1]]),
    )


def _dump_piece(piece: Piece) -> list[object]:
    if piece.name:
        return [piece.name, piece.blob.size, piece.blob.md5]
    return ["", base64.b64encode(piece.blob.read()).decode("ascii"), ""]


def _restored_piece(blobs: BlobFolder, name: str, held: int | str, md5: str) -> Piece | None:
    if not name:
        return Piece(MemoryBlob(base64.b64decode(cast("str", held))))
    blob = blobs.reopen(name, cast("int", held), md5)
    return None if blob is None else Piece(blob, name)
