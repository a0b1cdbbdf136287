"""Serve branches and tags."""

from __future__ import annotations

from catchment.local.http import Answer, json_answer, text_answer
from catchment.local.lakefs import history
from catchment.local.lakefs.call import Call, no_content, page_json
from catchment.local.lakefs.listing import page_of_names
from catchment.local.lakefs.routes.shapes import ref_json


def list_branches(call: Call) -> Answer:
    """Answer `listBranches`; hidden ones only on request."""
    hidden = call.flag("show_hidden")
    items = ((name, each) for name, each in call.repository.branches.items() if hidden or not each.hidden)
    page = page_of_names(items, call.window())
    return json_answer(200, page_json(page, [ref_json(each.name, each.commit_id) for each in page.items]))


def create_branch(call: Call) -> Answer:
    """Answer `createBranch`: the commit id as plain text."""
    body = call.body()
    call.repository.check_writable(force=body.flag("force"))
    branch = call.repository.create_branch(body.text("name"), body.text("source"), hidden=body.flag("hidden"))
    call.subject.update(branch=branch.name, commit=branch.commit_id)
    return text_answer(201, branch.commit_id, "text/html")


def get_branch(call: Call) -> Answer:
    """Answer `getBranch`."""
    return json_answer(200, ref_json(call.branch.name, call.branch.commit_id))


def delete_branch(call: Call) -> Answer:
    """Answer `deleteBranch`."""
    call.repository.check_writable(force=call.flag("force"))
    call.repository.delete_branch(call.params["branch"])
    return no_content()


def reset_branch(call: Call) -> Answer:
    """Answer `resetBranch`; done even when there is nothing to drop."""
    body = call.body()
    call.repository.check_writable(force=body.flag("force"))
    kind, path = body.text("type"), body.optional_text("path") or ""
    dropped = history.reset(call.repository, call.branch, kind, path)
    call.applied = dropped > 0
    call.subject.update(type=kind, path=path, dropped=dropped)
    return no_content()


def hard_reset_branch(call: Call) -> Answer:
    """Answer `hardResetBranch`."""
    call.repository.check_writable(force=call.flag("force"))
    history.hard_reset(call.repository, call.branch, call.needed("ref"))
    call.subject["commit"] = call.branch.commit_id
    return no_content()


def list_tags(call: Call) -> Answer:
    """Answer `listTags`."""
    page = page_of_names(((name, (name, commit)) for name, commit in call.repository.tags.items()), call.window())
    return json_answer(200, page_json(page, [ref_json(name, commit) for name, commit in page.items]))


def create_tag(call: Call) -> Answer:
    """Answer `createTag`."""
    body = call.body()
    call.repository.check_writable(force=body.flag("force"))
    commit = call.repository.create_tag(body.text("id"), body.text("ref"))
    call.subject.update(tag=body.text("id"), commit=commit)
    return json_answer(201, ref_json(body.text("id"), commit))


def get_tag(call: Call) -> Answer:
    """Answer `getTag`."""
    return json_answer(200, ref_json(call.params["tag"], call.repository.tag(call.params["tag"])))


def delete_tag(call: Call) -> Answer:
    """Answer `deleteTag`."""
    call.repository.check_writable(force=call.flag("force"))
    call.repository.tag(call.params["tag"])
    del call.repository.tags[call.params["tag"]]
    return no_content()


ROUTES = {
    "listBranches": list_branches,
    "createBranch": create_branch,
    "getBranch": get_branch,
    "deleteBranch": delete_branch,
    "resetBranch": reset_branch,
    "hardResetBranch": hard_reset_branch,
    "listTags": list_tags,
    "createTag": create_tag,
    "getTag": get_tag,
    "deleteTag": delete_tag,
}
