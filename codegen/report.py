"""Say what a change of a document adds, removes and changes, and whether it breaks callers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from codegen.surface import OperationSurface, ParameterSurface, SchemaSurface, Surface


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two documents."""

    where: str
    what: str
    breaking: bool

    def __str__(self) -> str:
        return f"{'BREAKING ' if self.breaking else '         '}{self.where}: {self.what}"


def changes(old: Surface, new: Surface) -> list[Change]:
    """Compare two surfaces; breaking changes come first."""
    found = [*_operations(old, new), *_schemas(old, new)]
    return sorted(found, key=lambda change: not change.breaking)


def render(service: str, found: list[Change]) -> str:
    """Write the report as a person reads it."""
    if not found:
        return f"{service}: callers see no change"
    breaking = sum(change.breaking for change in found)
    head = f"{service}: {len(found)} changes, {breaking} of them breaking"
    return "\n".join([head, *(f"  {change}" for change in found)])


# -- operations --------------------------------------------------------------------------------------------------------


def _operations(old: Surface, new: Surface) -> Iterator[Change]:
    before, after = old["operations"], new["operations"]
    for name in before.keys() - after.keys():
        yield Change(name, "operation removed", breaking=True)
    for name in after.keys() - before.keys():
        yield Change(name, f"operation added ({after[name]['method']} {after[name]['path']})", breaking=False)
    for name in sorted(before.keys() & after.keys()):
        yield from _operation(name, before[name], after[name])


def _operation(name: str, old: OperationSurface, new: OperationSurface) -> Iterator[Change]:
    if (old["method"], old["path"]) != (new["method"], new["path"]):
        moved = f"moved from {old['method']} {old['path']} to {new['method']} {new['path']}"
        yield Change(name, moved, breaking=False)
    for fact in ("retry", "anonymous", "deprecated", "outcomes"):
        if old[fact] != new[fact]:
            yield Change(name, f"{fact} {old[fact]} becomes {new[fact]}", breaking=False)
    yield from _arguments(name, old["parameters"], new["parameters"])
    if set(old["returns"].values()) != set(new["returns"].values()):
        told = f"returns {_types(old['returns'])}, now {_types(new['returns'])}"
        yield Change(name, told, breaking=True)
    elif old["returns"] != new["returns"]:
        yield Change(name, f"statuses {sorted(old['returns'])} become {sorted(new['returns'])}", breaking=False)


def _types(returns: dict[str, str]) -> str:
    return " | ".join(sorted(set(returns.values()))) or "nothing"


def _arguments(where: str, old: dict[str, ParameterSurface], new: dict[str, ParameterSurface]) -> Iterator[Change]:
    for name in sorted(old.keys() - new.keys()):
        yield Change(where, f"parameter {name} removed", breaking=True)
    for name in sorted(new.keys() - old.keys()):
        needed = new[name]["required"]
        yield Change(where, f"{'required' if needed else 'optional'} parameter {name} added", breaking=needed)
    for name in sorted(old.keys() & new.keys()):
        before, after = old[name], new[name]
        if before["required"] != after["required"]:
            yield Change(where, f"parameter {name} is now {_need(after)}", breaking=after["required"])
        if before["type"] != after["type"]:
            told, narrower = _type_change(before["type"], after["type"])
            yield Change(where, f"parameter {name}: {told}", breaking=narrower)


def _need(one: ParameterSurface) -> str:
    return "required" if one["required"] else "optional"


def _type_change(old: str, new: str) -> tuple[str, bool]:
    """Describe a change of type, and say whether values that were accepted may be refused now."""
    before, after = _enum(old), _enum(new)
    if before and after and _bare(old) == _bare(new):
        gone, added = before - after, after - before
        told = [f"values {sorted(gone)} removed"] if gone else []
        told += [f"values {sorted(added)} added"] if added else []
        return ", ".join(told), bool(gone)
    return f"type {old} becomes {new}", True


def _enum(text: str) -> set[str]:
    match = re.search(r" enum\[(.*?)\]", text)
    return set(match[1].split("|")) if match else set()


def _bare(text: str) -> str:
    return re.sub(r" enum\[.*?\]", "", text)


# -- schemas -----------------------------------------------------------------------------------------------------------


def _schemas(old: Surface, new: Surface) -> Iterator[Change]:
    before, after = old["schemas"], new["schemas"]
    for name in sorted(before.keys() - after.keys()):
        yield Change(name, "schema removed", breaking=True)
    for name in sorted(after.keys() - before.keys()):
        yield Change(name, "schema added", breaking=False)
    for name in sorted(before.keys() & after.keys()):
        if before[name]["type"] != after[name]["type"]:
            told, _ = _type_change(before[name]["type"], after[name]["type"])
            yield Change(name, told, breaking=True)
        yield from _members(name, before[name], after[name])


def _members(where: str, old: SchemaSurface, new: SchemaSurface) -> Iterator[Change]:
    """Compare members: what is sent must not need more, what is received must not promise less."""
    before, after = old["properties"], new["properties"]
    for name in sorted(before.keys() - after.keys()):
        yield Change(where, f"property {name} removed", breaking=True)
    for name in sorted(after.keys() - before.keys()):
        needed = after[name]["required"]
        told = f"{'required' if needed else 'optional'} property {name} added"
        yield Change(where, told, breaking=needed and new["sent"])
    for name in sorted(before.keys() & after.keys()):
        one, other = before[name], after[name]
        if one["required"] != other["required"]:
            breaking = new["sent"] if other["required"] else new["received"]
            yield Change(where, f"property {name} is now {_need(other)}", breaking=breaking)
        if one["type"] != other["type"]:
            told, narrower = _type_change(one["type"], other["type"])
            only_values = told.startswith("values")
            yield Change(where, f"property {name}: {told}", breaking=narrower and (new["sent"] or not only_values))
