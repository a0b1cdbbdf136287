"""Serve what a server says about itself."""

from __future__ import annotations

from catchment.local.http import Answer, json_answer
from catchment.local.lakefs.call import Call, no_content


def health(call: Call) -> Answer:  # noqa: ARG001 - a route like all others
    """Answer `healthCheck`."""
    return no_content()


def _version(call: Call) -> dict[str, object]:
    version = call.state.options.version
    return {
        "version": version,
        "version_context": "lakeFS",
        "latest_version": version,
        "upgrade_recommended": False,
        "upgrade_url": "",
    }


def _storage(call: Call) -> dict[str, object]:
    options = call.state.options
    scheme = f"{options.blockstore_type}://"
    return {
        "blockstore_type": options.blockstore_type,
        "blockstore_namespace_example": f"{scheme}example-bucket/",
        "blockstore_namespace_ValidityRegex": f"^{scheme}.*$",
        "default_namespace_prefix": "local://" if options.blockstore_type == "local" else "",
        "pre_sign_support": options.presigns,
        "pre_sign_support_ui": False,
        "pre_sign_multipart_upload": options.presigns_multipart,
        "import_support": options.imports,
        "import_validity_regex": f"^{scheme}.*$",
        "blockstore_id": "",
        "blockstore_description": "",
    }


def config(call: Call) -> Answer:
    """Answer `getConfig`."""
    shown: dict[str, object] = {
        "version_config": _version(call),
        "storage_config": _storage(call),
        "storage_config_list": [],
        "ui_config": {"custom_viewers": []},
        "capabilities_config": {},
    }
    return json_answer(200, shown)


def version(call: Call) -> Answer:
    """Answer `getLakeFSVersion`."""
    return json_answer(200, _version(call))


def storage(call: Call) -> Answer:
    """Answer `getStorageConfig`."""
    return json_answer(200, _storage(call))


def garbage_collection(call: Call) -> Answer:  # noqa: ARG001 - a route like all others
    """Answer `getGarbageCollectionConfig`: the grace period in seconds."""
    return json_answer(200, {"grace_period": 6 * 3600})


ROUTES = {
    "getGarbageCollectionConfig": garbage_collection,
    "healthCheck": health,
    "getConfig": config,
    "getLakeFSVersion": version,
    "getStorageConfig": storage,
}
