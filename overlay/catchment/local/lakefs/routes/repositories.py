"""Serve repositories, their metadata, and their rules."""

from __future__ import annotations

from catchment.local.http import Answer, json_answer
from catchment.local.lakefs.call import Call, no_content, page_json
from catchment.local.lakefs.errors import InvalidError, NotFoundError
from catchment.local.lakefs.listing import Page, page_of_names
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


def create_protection_rule(call: Call) -> Answer:
    """Answer `internalCreateBranchProtectionRule`: one more rule."""
    call.repository.set_protection([*call.repository.protection, call.body().text("pattern")], None)
    return no_content()


def delete_protection_rule(call: Call) -> Answer:
    """Answer `internalDeleteBranchProtectionRule`."""
    pattern = call.body().text("pattern")
    if pattern not in call.repository.protection:
        raise NotFoundError(f"branch protection rule {pattern!r}: not found")
    call.repository.protection.remove(pattern)
    return no_content()


def get_gc_rules(call: Call) -> Answer:
    """Answer `getGCRules`; nothing is ever collected here."""
    if call.repository.gc_rules is None:
        raise NotFoundError("garbage collection rules: not found")
    return json_answer(200, call.repository.gc_rules)


def set_gc_rules(call: Call) -> Answer:
    """Answer `setGCRules`."""
    body = call.body()
    branches = [
        {"branch_id": rule.text("branch_id"), "retention_days": rule.integer("retention_days")}
        for rule in body.objects("branches")
    ]
    call.repository.gc_rules = {"default_retention_days": body.integer("default_retention_days"), "branches": branches}
    return no_content()


def delete_gc_rules(call: Call) -> Answer:
    """Answer `deleteGCRules`."""
    call.repository.gc_rules = None
    return no_content()


def list_runs(call: Call) -> Answer:
    """Answer `listRepositoryRuns`: there are no hooks here, so nothing ever ran."""
    call.window()
    call.repository  # noqa: B018 - a missing repository is a 404
    nothing: list[dict[str, object]] = []
    return json_answer(200, page_json(Page(nothing), nothing))


def no_run(call: Call) -> Answer:
    """Answer whatever asks about one run of a hook."""
    call.repository  # noqa: B018 - a missing repository is a 404
    raise NotFoundError(f"run {call.params['run_id']!r}: not found")


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
    "internalCreateBranchProtectionRule": create_protection_rule,
    "internalDeleteBranchProtectionRule": delete_protection_rule,
    "getGCRules": get_gc_rules,
    "setGCRules": set_gc_rules,
    "deleteGCRules": delete_gc_rules,
    "internalGetGarbageCollectionRules": get_gc_rules,
    "internalSetGarbageCollectionRules": set_gc_rules,
    "internalDeleteGarbageCollectionRules": delete_gc_rules,
    "listRepositoryRuns": list_runs,
    "getRun": no_run,
    "listRunHooks": no_run,
    "getRunHookOutput": no_run,
    "createBranchProtectionRulePreflight": allowed,
    "setGarbageCollectionRulesPreflight": allowed,
}
