"""Turn the state of a lakeFS server into JSON values and back."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, cast

from catchment.local.lakefs.commits import Commit
from catchment.local.lakefs.imports import ImportJob, ImportSource
from catchment.local.lakefs.installation import Installation, RefsDump, RefsTask
from catchment.local.lakefs.pulls import PullRequest
from catchment.local.lakefs.repositories import Branch, Repository
from catchment.local.lakefs.trees import Changes, Entry, Tree
from catchment.local.lakefs.users import Credentials, User

# Snapshots are read back by the code that wrote them; what they hold is described once, by the
# functions that write, and not a second time as types.
Json = dict[str, Any]


def dump_installation(state: Installation) -> Json:
    """Return the whole state as JSON values."""
    trees = _TreeWriter()
    return {
        "counter": state.counter,
        "used_namespaces": state.used_namespaces,
        "users": [[user.id, user.creation_date] for user in state.users.users.values()],
        "credentials": [
            [pair.access_key_id, pair.user, pair.creation_date, pair.secret]
            for pair in state.users.credentials.values()
        ],
        "repositories": [_repository(each, trees) for each in state.repositories.values()],
        "tasks": [_fields(task) for task in state.tasks.values()],
        "dumps": [
            [list(ids), saved.branches, saved.tags, [_commit(each, trees) for each in saved.commits]]
            for ids, saved in state.dumps.items()
        ],
        "trees": trees.rows,
    }


def restore_installation(state: Installation, saved: object) -> None:
    """Replace the state by a snapshot."""
    values = cast("Json", saved)
    state.counter = values["counter"]
    state.used_namespaces = list(values["used_namespaces"])
    state.users.users = {row[0]: User(*row) for row in values["users"]}
    state.users.credentials = {row[0]: Credentials(*row) for row in values["credentials"]}
    trees = _read_trees(state, values["trees"])
    read = _CommitReader(trees)
    state.repositories = {row["id"]: _read_repository(row, read, state) for row in values["repositories"]}
    state.tasks = _by_id(values["tasks"], _read_task)
    for ids, branches, tags, commits in values["dumps"]:
        heads = {name: (head, hidden) for name, (head, hidden) in branches.items()}
        state.dumps[tuple(ids)] = RefsDump(heads, tags, tuple(map(read.commit, commits)))


def _fields(value: object, *without: str) -> Json:
    names = cast("Iterable[str]", vars(type(value))["__slots__"])
    return {name: getattr(value, name) for name in names if name not in without}


# Trees: rows of [number of the origin, changes], an origin always before what came from it.


class _TreeWriter:
    def __init__(self) -> None:
        self.rows: list[list[Any]] = []
        self._numbers: dict[int, int] = {}

    def number(self, tree: Tree) -> int:
        chain: list[Tree] = []
        node: Tree | None = tree
        while node is not None and id(node) not in self._numbers:
            chain.append(node)
            node = node.origin
        for each in reversed(chain):
            origin = None if each.origin is None else self._numbers[id(each.origin)]
            self.rows.append([origin, _changes(each.changes)])
            self._numbers[id(each)] = len(self.rows) - 1
        return self._numbers[id(tree)]


def _changes(changes: Changes) -> Json:
    return {path: None if entry is None else _entry(entry) for path, entry in changes.items()}


def _entry(entry: Entry) -> list[Any]:
    return [
        entry.address, entry.size, entry.checksum, entry.content_type, entry.mtime, dict(entry.metadata),
        entry.relative,
    ]  # fmt: skip


def _read_changes(row: Json) -> dict[str, Entry | None]:
    return {path: None if entry is None else Entry(*entry) for path, entry in row.items()}


def _read_trees(state: Installation, rows: list[list[Any]]) -> list[Tree]:
    trees: list[Tree] = []
    for origin, changes in rows:
        tree = Tree.empty(state.forest) if origin is None else trees[int(origin)]
        trees.append(tree.apply(_read_changes(changes)))
    return trees


# Commits and repositories


def _commit(commit: Commit, trees: _TreeWriter) -> Json:
    row = _fields(commit, "tree")
    return {**row, "metadata": dict(commit.metadata), "tree": trees.number(commit.tree)}


class _CommitReader:
    """Reads commits so that one met twice is one object."""

    def __init__(self, trees: list[Tree]) -> None:
        self._trees = trees

    def commit(self, row: Json) -> Commit:
        values: Json = {**row, "parents": tuple(row["parents"]), "tree": self._trees[row["tree"]]}
        return Commit(**values)


def _repository(repository: Repository, trees: _TreeWriter) -> Json:
    plain = _fields(repository, "empty_tree", "commits", "branches", "imports", "pulls")
    return {
        **plain,
        "empty_tree": trees.number(repository.empty_tree),
        "commits": [_commit(each, trees) for each in repository.commits],
        "branches": [
            [each.name, each.commit_id, each.hidden, _changes(each.staging.changes)]
            for each in repository.branches.values()
        ],
        "imports": [
            {**_fields(job), "sources": [_fields(source) for source in job.sources], "metadata": dict(job.metadata)}
            for job in repository.imports.values()
        ],
        "pulls": [_fields(pull) for pull in repository.pulls.values()],
    }


def _read_repository(row: Json, read: _CommitReader, state: Installation) -> Repository:
    nested = ("empty_tree", "commits", "branches", "imports", "pulls")
    repository = Repository(
        **{name: value for name, value in row.items() if name not in nested},
        empty_tree=Tree.empty(state.forest),
    )
    for commit in row["commits"]:
        repository.commits.add(read.commit(commit))
    for name, head, hidden, changes in row["branches"]:
        branch = repository.branches[name] = Branch(name, head, hidden)
        for path, entry in _read_changes(changes).items():
            branch.staging.set(path, entry)
    repository.imports = _by_id(row["imports"], _read_job)
    repository.pulls = _by_id(row["pulls"], lambda pull: PullRequest(**pull))
    return repository


def _by_id(rows: list[Json], read: Callable[[Json], Any]) -> dict[str, Any]:
    return {row["id"]: read(row) for row in rows}


def _read_task(row: Json) -> RefsTask:
    values: Json = {**row, "ids": tuple(row["ids"])}
    return RefsTask(**values)


def _read_job(row: Json) -> ImportJob:
    values: Json = {**row, "sources": [ImportSource(**source) for source in row["sources"]]}
    return ImportJob(**values)
