"""Serve commits, merges, history and differences."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from catchment.local.http import Answer, json_answer
from catchment.local.lakefs import history
from catchment.local.lakefs.call import Call, Fields, no_content, page_json
from catchment.local.lakefs.commits import Commit
from catchment.local.lakefs.errors import InvalidError
from catchment.local.lakefs.history import CommitText, MergeOptions, Signature
from catchment.local.lakefs.listing import page_of
from catchment.local.lakefs.log import LogQuery, read_log
from catchment.local.lakefs.merging import Change, change_of, scan_changes, three_dot, two_dot
from catchment.local.lakefs.routes.shapes import change_json, commit_json


def create_commit(call: Call) -> Answer:
    """Answer `commit`."""
    body = call.body()
    call.repository.check_writable(force=body.flag("force"))
    text = CommitText(body.text("message"), body.string_map("metadata") or {})
    date = body.optional_integer("date")
    by = call.signature if date is None else Signature(call.user, date)
    metarange = call.text("source_metarange")
    if metarange:
        made = history.commit_metarange(call.repository, call.branch, metarange, text, by)
    else:
        empty = body.flag("allow_empty")
        made = history.commit_staged(call.repository, call.branch, text, by, allow_empty=empty)
    return _committed(call, made)


def _committed(call: Call, commit: Commit) -> Answer:
    call.subject["commit"] = commit.id
    return json_answer(201, commit_json(commit))


def get_commit(call: Call) -> Answer:
    """Answer `getCommit`; any reference will do."""
    return json_answer(200, commit_json(call.repository.commit_at(call.params["commitId"])))


def log_commits(call: Call) -> Answer:
    """Answer `logCommits`."""
    window = call.window()
    query = LogQuery(
        after=window.after,
        amount=window.amount,
        objects=tuple(call.query.get("objects", ())),
        prefixes=tuple(call.query.get("prefixes", ())),
        limit=call.flag("limit"),
        first_parent=call.flag("first_parent"),
        since=_instant(call.text("since")),
        stop_at=call.text("stop_at"),
    )
    page = read_log(call.repository, call.params["ref"], query)
    return json_answer(200, page_json(page, [commit_json(commit) for commit in page.items]))


def _instant(text: str) -> float | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidError(f'parameter "since" in query has an error: {text!r} is no date-time') from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def merge(call: Call) -> Answer:
    """Answer `mergeIntoBranch`."""
    body = call.optional_body()
    call.repository.check_writable(force=body.flag("force"))
    source, destination = call.params["sourceRef"], call.repository.branch(call.params["destinationBranch"])
    message = body.optional_text("message") or f"Merge '{source}' into '{destination.name}'"
    options = MergeOptions(
        strategy=body.optional_text("strategy") or None,
        allow_empty=body.flag("allow_empty") or body.flag("force"),
        squash=body.flag("squash_merge"),
    )
    text = CommitText(message, body.string_map("metadata") or {})
    made = history.merge(call.repository, source, destination, text, call.signature, options)
    call.subject["commit"] = made.id
    return json_answer(200, {"reference": made.id})


def find_merge_base(call: Call) -> Answer:
    """Answer `findMergeBase`."""
    source = call.repository.commit_at(call.params["sourceRef"])
    destination = call.repository.head(call.params["destinationBranch"])
    base = call.repository.commits.merge_base(source.id, destination.id)
    found = {
        "source_commit_id": source.id,
        "destination_commit_id": destination.id,
        "base_commit_id": base.id,
    }
    return json_answer(200, found)


def _text_of(body: Fields, text: CommitText) -> CommitText:
    overrides = body.optional_fields("commit_overrides")
    if overrides is None:
        return text
    return text.overridden(overrides.optional_text("message"), overrides.string_map("metadata"))


def revert(call: Call) -> Answer:
    """Answer `revertBranch`: no body, the new commit is the branch's head."""
    body = call.body()
    call.repository.check_writable(force=body.flag("force"))
    ref, parent = body.text("ref"), body.integer("parent_number")
    text = _text_of(body, CommitText(f"Revert {ref}"))
    commit = call.repository.commit_at(ref)
    made = history.revert(
        call.repository, call.branch, commit, parent, text, call.signature, allow_empty=body.flag("allow_empty")
    )
    call.subject["commit"] = made.id
    return no_content()


def cherry_pick(call: Call) -> Answer:
    """Answer `cherryPick`."""
    body = call.body()
    call.repository.check_writable(force=body.flag("force"))
    picked = call.repository.commit_at(body.text("ref"))
    parent = body.optional_integer("parent_number")
    text = _text_of(body, CommitText(picked.message, picked.metadata))
    origin = {"cherry-pick-origin": picked.id, "cherry-pick-committer": picked.committer}
    text = CommitText(text.message, {**text.metadata, **origin})
    return _committed(call, history.cherry_pick(call.repository, call.branch, picked, parent, text, call.signature))


def diff_refs(call: Call) -> Answer:
    """Answer `diffRefs`. Branches count with their committed state, unless `$` says otherwise on the right."""
    kind = call.text("type", "three_dot")
    if kind not in ("two_dot", "three_dot"):
        raise InvalidError(f'parameter "type" in query has an error: {kind!r} is not two_dot or three_dot')
    left = call.repository.commit_at(call.params["leftRef"])
    right = call.repository.resolve(call.params["rightRef"])
    if kind == "two_dot":
        tree = right.commit.tree
        if right.explicit_staging and right.branch is not None:
            tree = tree.apply(call.repository.uncommitted(right.branch))
        return _diff(call, two_dot(left.tree, tree))
    right_commit = call.repository.commit_at(call.params["rightRef"])
    base = call.repository.commits.merge_base(left.id, right_commit.id)
    return _diff(call, three_dot(base.tree, left.tree, right_commit.tree))


def diff_branch(call: Call) -> Answer:
    """Answer `diffBranch`: what is staged."""
    tree = call.repository.head(call.branch.name).tree
    changes = sorted(call.repository.uncommitted(call.branch).items())
    return _diff(call, [change_of(path, tree.get(path), entry) for path, entry in changes])


def _diff(call: Call, changes: list[Change]) -> Answer:
    def scan(start: str) -> Iterator[tuple[str, Change]]:
        return scan_changes(changes, start)

    page = page_of(scan, call.window())
    stats = call.flag("include_right_stats")
    results = [change_json(path, change, right_stats=stats) for path, change in page.items]
    return json_answer(200, page_json(page, results))


ROUTES = {
    "commit": create_commit,
    "getCommit": get_commit,
    "logCommits": log_commits,
    "mergeIntoBranch": merge,
    "findMergeBase": find_merge_base,
    "revertBranch": revert,
    "cherryPick": cherry_pick,
    "diffRefs": diff_refs,
    "diffBranch": diff_branch,
}
