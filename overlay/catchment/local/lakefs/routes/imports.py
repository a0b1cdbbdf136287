"""Serve imports."""

from __future__ import annotations

from catchment.local.http import Answer, json_answer
from catchment.local.lakefs import importing
from catchment.local.lakefs.call import Call, Fields, no_content
from catchment.local.lakefs.errors import ConflictError, ForbiddenError, NotFoundError
from catchment.local.lakefs.imports import ImportJob, ImportSource
from catchment.local.lakefs.routes.shapes import commit_json, moment


def start(call: Call) -> Answer:
    """Answer `importStart`. Uncommitted changes show in the status, not here."""
    if not call.state.options.imports:
        raise ForbiddenError("import is not supported by this installation")
    body = call.body()
    call.repository.check_writable(force=body.flag("force"))
    call.branch  # noqa: B018 - a missing branch is a 404
    sources = [_source(each) for each in body.objects("paths")]
    for source in sources:
        importing.check_source(call.state, call.repository, source)
    commit, now = body.fields("commit"), call.state.clock()
    job = ImportJob(
        id=call.state.new_id(),
        branch=call.params["branch"],
        sources=sources,
        message=commit.text("message"),
        committer=call.user,
        started=now,
        updated=now,
        metadata=commit.string_map("metadata") or {},
    )
    call.repository.imports[job.id] = job
    if call.state.options.import_polls == 0:
        importing.finish(call.state, call.repository, job)
    call.subject["import"] = job.id
    return json_answer(202, {"id": job.id})


def _source(fields: Fields) -> ImportSource:
    return ImportSource(fields.text("type"), fields.text("path"), fields.text("destination"))


def _job(call: Call) -> ImportJob:
    job = call.repository.imports.get(call.needed("id"))
    if job is None or job.branch != call.params["branch"]:
        raise NotFoundError(f"import {call.needed('id')!r}: not found")
    return job


def status(call: Call) -> Answer:
    """Answer `importStatus`."""
    job = _job(call)
    importing.poll(call.state, call.repository, job)
    shown: dict[str, object] = {
        "completed": job.completed,
        "update_time": moment(job.updated),
        "ingested_objects": job.ingested,
    }
    if job.commit_id is not None:
        commit = call.repository.commits[job.commit_id]
        shown.update(metarange_id=commit.tree.id, commit=commit_json(commit))
    if job.error is not None:
        shown["error"] = {"message": job.error}
    return json_answer(200, shown)


def cancel(call: Call) -> Answer:
    """Answer `importCancel`."""
    job = _job(call)
    if job.completed:
        raise ConflictError("import task already completed: conflict")
    importing.cancel(call.state, job)
    call.subject["import"] = job.id
    return no_content()


ROUTES = {"importStart": start, "importStatus": status, "importCancel": cancel}
