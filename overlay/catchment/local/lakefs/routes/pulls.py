"""Serve pull requests."""

from __future__ import annotations

from catchment.local.http import Answer, json_answer
from catchment.local.lakefs import history
from catchment.local.lakefs.call import Call, page_json
from catchment.local.lakefs.errors import InvalidError, NotFoundError
from catchment.local.lakefs.history import CommitText, MergeOptions
from catchment.local.lakefs.listing import page_of_names
from catchment.local.lakefs.pulls import PullRequest
from catchment.local.lakefs.routes.shapes import moment


def _json(pull: PullRequest) -> dict[str, object]:
    shown: dict[str, object] = {
        "id": pull.id,
        "title": pull.title,
        "description": pull.description,
        "author": pull.author,
        "source_branch": pull.source_branch,
        "destination_branch": pull.destination_branch,
        "creation_date": moment(pull.created),
        "status": pull.status,
    }
    if pull.merged_commit_id is not None:
        shown["merged_commit_id"] = pull.merged_commit_id
    if pull.closed is not None:
        shown["closed_date"] = moment(pull.closed)
    return shown


def _pull(call: Call) -> PullRequest:
    found = call.repository.pulls.get(call.params["pull_request"])
    if found is None:
        raise NotFoundError(f"pull request {call.params['pull_request']!r}: not found")
    return found


def list_pulls(call: Call) -> Answer:
    """Answer `listPullRequests`; closed includes merged."""
    status = call.text("status", "all")
    if status not in ("open", "closed", "all"):
        raise InvalidError(f'parameter "status" in query has an error: {status!r} is not open, closed or all')
    wanted = {"open": ("open",), "closed": ("closed", "merged"), "all": ("open", "closed", "merged")}[status]
    items = ((name, each) for name, each in call.repository.pulls.items() if each.status in wanted)
    page = page_of_names(items, call.window())
    return json_answer(200, page_json(page, [_json(each) for each in page.items]))


def create(call: Call) -> Answer:
    """Answer `createPullRequest`."""
    body = call.body()
    source, destination = body.text("source_branch"), body.text("destination_branch")
    call.repository.branch(source)
    call.repository.branch(destination)
    if source == destination:
        raise InvalidError("source and destination branches are the same")
    pull = PullRequest(
        id=call.state.new_id(),
        title=body.text("title"),
        description=body.optional_text("description") or "",
        author=call.user,
        source_branch=source,
        destination_branch=destination,
        created=call.state.clock(),
    )
    call.repository.pulls[pull.id] = pull
    call.subject["pull_request"] = pull.id
    return json_answer(201, {"id": pull.id})


def get(call: Call) -> Answer:
    """Answer `getPullRequest`."""
    return json_answer(200, _json(_pull(call)))


def update(call: Call) -> Answer:
    """Answer `updatePullRequest`."""
    body = call.body()
    _pull(call).update(
        body.optional_text("title"),
        body.optional_text("description"),
        body.optional_text("status"),
        call.state.clock(),
    )
    return Answer(200)


def merge(call: Call) -> Answer:
    """Answer `mergePullRequest`."""
    pull = _pull(call)
    pull.check_open()
    destination = call.repository.branch(pull.destination_branch)
    text = CommitText(f"Merge pull request {pull.title}" if pull.title else f"Merge {pull.source_branch}")
    made = history.merge(call.repository, pull.source_branch, destination, text, call.signature, MergeOptions())
    pull.status, pull.merged_commit_id, pull.closed = "merged", made.id, call.state.clock()
    call.subject["commit"] = made.id
    return json_answer(200, {"reference": made.id})


ROUTES = {
    "listPullRequests": list_pulls,
    "createPullRequest": create,
    "getPullRequest": get,
    "updatePullRequest": update,
    "mergePullRequest": merge,
}
