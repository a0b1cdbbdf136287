"""A small document that tests change in one place at a time."""

from __future__ import annotations

import copy
from typing import Any

import pytest

SMALL: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "Small", "version": "1"},
    "security": [{"key": []}],
    "paths": {
        "/items/{item}": {
            "parameters": [{"$ref": "#/components/parameters/Item"}],
            "get": {
                "operationId": "getItem",
                "tags": ["items"],
                "summary": "Get an item",
                "x-sdk-retry": "A",
                "parameters": [
                    {
                        "in": "query",
                        "name": "depth",
                        "description": "Depth.",
                        "schema": {"type": "integer", "default": 3},
                    },
                    {
                        "in": "query",
                        "name": "order",
                        "description": "Order.",
                        "schema": {"type": "string", "enum": ["up", "down"]},
                    },
                ],
                "responses": {
                    "200": {
                        "description": "The item.",
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Item"}}},
                    },
                    "404": {"description": "None."},
                },
            },
            "put": {
                "operationId": "putItem",
                "tags": ["items"],
                "summary": "Put an item",
                "x-sdk-retry": "A",
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ItemInput"}}},
                },
                "responses": {"204": {"description": "Done."}},
            },
        },
    },
    "components": {
        "parameters": {
            "Item": {
                "in": "path",
                "name": "item",
                "required": True,
                "description": "Item.",
                "schema": {"type": "string"},
            }
        },
        "schemas": {
            "Item": {
                "type": "object",
                "required": ["id"],
                "properties": {"id": {"type": "string"}, "size": {"type": "integer"}},
            },
            "ItemInput": {
                "type": "object",
                "required": ["size"],
                "properties": {"size": {"type": "integer"}, "note": {"type": "string", "nullable": True}},
            },
        },
    },
}


@pytest.fixture
def small() -> dict[str, Any]:
    """Return a copy of the document that the test may change."""
    return copy.deepcopy(SMALL)
