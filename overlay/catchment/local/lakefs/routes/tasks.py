"""Serve dumps and restores of refs."""

from __future__ import annotations

import hashlib

from catchment.local.http import Answer, json_answer
from catchment.local.lakefs.call import Call, Fields
from catchment.local.lakefs.errors import InvalidError, NotFoundError
from catchment.local.lakefs.installation import RefsDump, RefsTask
from catchment.local.lakefs.repositories import Branch, Repository
from catchment.local.lakefs.routes.shapes import moment

_NAMES = ("branches_meta_range_id", "tags_meta_range_id", "commits_meta_range_id")
Ids = tuple[str, str, str]


def dump(call: Call) -> Answer:
    """Answer `dumpRefs`."""
    return json_answer(201, dict(zip(_NAMES, _dump(call), strict=True)))


def dump_submit(call: Call) -> Answer:
    """Answer `dumpSubmit`."""
    return _submit(call, "dump", _dump(call))


def _dump(call: Call) -> Ids:
    repository = call.repository
    branches = {name: (each.commit_id, each.hidden) for name, each in repository.branches.items()}
    tags, commits = dict(repository.tags), tuple(repository.commits)
    names = sorted(commit.id for commit in commits)
    ids = (_digest(sorted(branches.items())), _digest(sorted(tags.items())), _digest(names))
    call.state.dumps[ids] = RefsDump(branches, tags, commits)
    return ids


def _digest(value: object) -> str:
    return hashlib.sha256(repr(value).encode()).hexdigest()


def _ids(body: Fields) -> Ids:
    branches, tags, commits = (body.text(name) for name in _NAMES)
    return (branches, tags, commits)


def restore(call: Call) -> Answer:
    """Answer `restoreRefs`."""
    _restore(call, _ids(call.body()))
    return Answer(200)


def restore_submit(call: Call) -> Answer:
    """Answer `restoreSubmit`."""
    ids = _ids(call.body())
    _restore(call, ids)
    return _submit(call, "restore", ids)


def _restore(call: Call, ids: Ids) -> None:
    repository: Repository = call.repository
    if len(repository.commits):
        raise InvalidError("cannot restore into a repository that is not bare")
    saved = call.state.dumps.get(ids)
    if saved is None:
        raise NotFoundError("refs dump: metarange not found")
    for commit in saved.commits:
        repository.commits.add(commit)
    repository.branches = {name: Branch(name, head, hidden) for name, (head, hidden) in saved.branches.items()}
    repository.tags = dict(saved.tags)


def _submit(call: Call, kind: str, ids: Ids) -> Answer:
    task = RefsTask(f"{kind}-{call.state.new_id()}", kind, call.repository.id, call.state.clock(), ids)
    call.state.tasks[task.id] = task
    call.subject["task"] = task.id
    return json_answer(202, {"id": task.id})


def _status(call: Call, kind: str) -> tuple[RefsTask, dict[str, object]]:
    task = call.state.tasks.get(call.needed("task_id"))
    if task is None or task.kind != kind or task.repository != call.repository.id:
        raise NotFoundError(f"{kind} task: not found")
    done = task.polls > 0
    task.polls += 1
    return task, {"id": task.id, "done": done, "update_time": moment(task.updated)}


def dump_status(call: Call) -> Answer:
    """Answer `dumpStatus`: in progress at the first request, done from the second on."""
    task, shown = _status(call, "dump")
    if shown["done"]:
        shown["refs"] = dict(zip(_NAMES, task.ids, strict=True))
    return json_answer(200, shown)


def restore_status(call: Call) -> Answer:
    """Answer `restoreStatus`: in progress at the first request, done from the second on."""
    return json_answer(200, _status(call, "restore")[1])


ROUTES = {
    "dumpRefs": dump,
    "restoreRefs": restore,
    "dumpSubmit": dump_submit,
    "dumpStatus": dump_status,
    "restoreSubmit": restore_submit,
    "restoreStatus": restore_status,
}
