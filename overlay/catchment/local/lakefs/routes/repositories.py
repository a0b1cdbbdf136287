"""Serve repositories, their metadata, and their rules."""

from __future__ import annotations

from catchment.local.http import Answer, json_answer
from catchment.local.lakefs.call import Call, no_content, page_json
from catchment.local.lakefs.errors import InvalidError
from catchment.local.lakefs.listing import page_of_names
from catchment.local.lakefs.routes.shapes import repository_json


def list_repositories(call: Call) -> Answer:
    """Answer `listRepositories`."""
    wanted = call.text("search")
    items = ((name, each) for name, each in call.state.repositories.items() if wanted in name)
    page = page_of_names(items, call.window())
    return json_answer(200, page_json(page, [repository_json(each) for each in page.items]))


def create_repository(call: Call) -> Answer:
    """Answer `createRepository`."""
    body = call.body()
    storage_id = body.optional_text("storage_id")
    if storage_id:
        raise InvalidError(f"failed to create repository: invalid storage id {storage_id!r}")
    bare = call.flag("bare")
    repository = call.state.create_repository(
        body.text("name"),
        body.text("storage_namespace"),
        body.optional_text("default_branch") or "main",
        call.signature,
        read_only=body.flag("read_only"),
        bare=bare,
    )
    if body.flag("sample_data") and not bare:
        call.state.add_samples(repository, call.signature)
    call.subject["repository"] = repository.id
    return json_answer(201, repository_json(repository))


def get_repository(call: Call) -> Answer:
    """Answer `getRepository`."""
    return json_answer(200, repository_json(call.repository))


def delete_repository(call: Call) -> Answer:
    """Answer `deleteRepository`. Its storage namespace stays taken for good."""
    call.repository.check_writable(force=call.flag("force"))
    del call.state.repositories[call.repository.id]
    return no_content()


def get_metadata(call: Call) -> Answer:
    """Answer `getRepositoryMetadata`."""
    return json_answer(200, call.repository.metadata)


def set_metadata(call: Call) -> Answer:
    """Answer `setRepositoryMetadata`."""
    call.repository.check_writable()
    call.repository.metadata.update(call.body().string_map("metadata") or {})
    return no_content()


def delete_metadata(call: Call) -> Answer:
    """Answer `deleteRepositoryMetadata`."""
    call.repository.check_writable()
    for key in call.body().texts("keys"):
        call.repository.metadata.pop(key, None)
    return no_content()


def get_protection(call: Call) -> Answer:
    """Answer `getBranchProtectionRules`: a plain array, with the ETag that a change may be tied to."""
    rules = [{"pattern": pattern} for pattern in call.repository.protection]
    return json_answer(200, rules, ("ETag", call.repository.protection_etag))


def set_protection(call: Call) -> Answer:
    """Answer `setBranchProtectionRules`."""
    patterns = [rule.text("pattern") for rule in call.body_objects()]
    if not all(patterns):
        raise InvalidError('request body has an error: "/pattern": minimum string length is 1')
    call.repository.set_protection(patterns, call.request.header("if-match"))
    return no_content()


def allowed(call: Call) -> Answer:
    """Answer a preflight: whoever is authenticated here may do everything."""
    call.repository  # noqa: B018 - a missing repository is a 404
    return no_content()


ROUTES = {
    "listRepositories": list_repositories,
    "createRepository": create_repository,
    "getRepository": get_repository,
    "deleteRepository": delete_repository,
    "getRepositoryMetadata": get_metadata,
    "setRepositoryMetadata": set_metadata,
    "deleteRepositoryMetadata": delete_metadata,
    "getBranchProtectionRules": get_protection,
    "setBranchProtectionRules": set_protection,
    "internalGetBranchProtectionRules": get_protection,
    "createBranchProtectionRulePreflight": allowed,
    "setGarbageCollectionRulesPreflight": allowed,
}
