"""
Do one side of an exchange with the official `v3io` package, on the server that the environment names.

Needs an interpreter with `v3io` 0.7.2 and nothing of ours.

    python official_v3io_side.py write CONTAINER FOLDER    put objects, a table and a stream into the folder
    python official_v3io_side.py read CONTAINER FOLDER     print what is in the folder, as JSON
"""

from __future__ import annotations

import datetime as dt
import json
import sys

import v3io.dataplane

ATTRIBUTES = {
    "text": 'snow ☃ "quoted" \\ \n',
    "int": -(2**62),
    "float": 0.1,
    "tiny": 1.5e-300,
    "whole": 125.0,
    "yes": True,
    "blob": bytes(range(256)),
    "ints": [1, -2, 3],
    "floats": [1.5, -2.25],
    "when": dt.datetime(2024, 5, 1, 8, 0, 0, 250_000, tzinfo=dt.UTC),
}


def write(client, container, folder):
    """Write what the other side reads."""
    client.object.put(container, f"{folder}/a b/#ü%.bin", body=bytes(range(256)))
    client.object.put(container, f"{folder}/log", body="one,")
    client.object.put(container, f"{folder}/log", body="two", append=True)
    client.kv.put(container, f"{folder}/table", "key.1", ATTRIBUTES)
    client.kv.create_schema(container, f"{folder}/table/", key="k", fields=[{"name": "k", "type": "string"}])
    client.stream.create(container, f"{folder}/stream", shard_count=3, retention_period_hours=5)
    records = [
        {"shard_id": 2, "data": b"\x00\xff", "client_info": b"info"},
        {"shard_id": 2, "data": "ü", "partition_key": "k"},
    ]
    client.stream.put_records(container, f"{folder}/stream", records)
    return {}


def read(client, container, folder):
    """Read what the other side wrote."""
    listed = client.container.list(container, folder).output
    item = client.kv.get(container, f"{folder}/table", "key.1").output.item
    described = client.stream.describe(container, f"{folder}/stream").output
    location = client.stream.seek(container, f"{folder}/stream", 2, "EARLIEST").output.location
    records = client.stream.get_records(container, f"{folder}/stream", 2, location).output.records
    return {
        "entries": [each.key for each in listed.contents] + [each.prefix for each in listed.common_prefixes],
        "object": client.object.get(container, f"{folder}/a b/#ü%.bin").body.hex(),
        "log": client.object.get(container, f"{folder}/log").body.decode(),
        "item": {name: [type(value).__name__, shown(value)] for name, value in item.items()},
        "schema": json.loads(client.object.get(container, f"{folder}/table/.#schema").body),
        "stream": [described.shard_count, described.retention_period_hours],
        "records": [
            [each.sequence_number, each.data.hex(), each.client_info and each.client_info.decode(), each.partition_key]
            for each in records
        ],
    }


def shown(value):
    """Return a value as JSON can have it."""
    if isinstance(value, bytes):
        return value.hex()
    return value.isoformat() if isinstance(value, dt.datetime) else value


if __name__ == "__main__":
    connected = v3io.dataplane.Client(logger_verbosity="ERROR", max_connections=1)
    print(json.dumps({"write": write, "read": read}[sys.argv[1]](connected, *sys.argv[2:])))
    connected.close()
