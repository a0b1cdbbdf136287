"""Put, update and get items."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from catchment.local.http import Answer
from catchment.local.v3io import limits
from catchment.local.v3io.call import Body, Call, checked, json_reply, verified
from catchment.local.v3io.errors import false_condition, invalid, item_exists, no_entry
from catchment.local.v3io.expressions.grammar import read_condition
from catchment.local.v3io.expressions.running import Scope
from catchment.local.v3io.expressions.updates import Changes, run_update
from catchment.local.v3io.nodes import NAME, SYSTEM_ATTRIBUTES, File, system_value
from catchment.local.v3io.paths import find_file, made_file, needed_file
from catchment.local.v3io.values import Value, decode_value, encode_value, encoded, size_of

MERGE = "CreateOrReplaceAttributes"
REPLACE = "OverWriteAttributes"
CREATE = "CreateNewItemOnly"
_MODES = frozenset({MERGE, REPLACE, CREATE})


def put_item(call: Call) -> Answer:
    """Write an item's attributes: all of them anew, or those that are named."""
    body = call.body(limits.ITEM_BODY_BYTES)
    parts, key = _item_path(call, body)
    attributes = _item(body)
    attributes.update(key)
    mode = _mode(body, REPLACE)
    container = call.container
    known = find_file(container, parts)
    _check_mode(known, mode)
    if not _holds(body, parts[-1], known):
        raise false_condition()
    if mode == MERGE and known is not None:
        attributes = {**known.attributes, **attributes}
    return _store(call, parts, attributes)


def update_item(call: Call) -> Answer:
    """Run an update expression on an item, or the alternate one where the condition is false."""
    body = call.body(limits.ITEM_BODY_BYTES)
    parts, key = _item_path(call, body)
    mode = _mode(body, MERGE)
    expression = body.text("UpdateExpression") or ""
    alternate = body.text("AlternateUpdateExpression")
    known = find_file(call.container, parts)
    _check_mode(known, mode)
    changes = Changes(parts[-1], known, {} if known is None else known.attributes)
    if _holds(body, parts[-1], known):
        run_update(expression, changes)
    elif alternate is not None:
        run_update(alternate, changes)
    else:
        raise false_condition()
    for name, value in key.items():
        changes.assign(name, value)
    if mode == REPLACE:
        return _store(call, parts, {name: changes.copy[name] for name in changes.copy if name in changes.changed})
    return _store(call, parts, changes.copy)


def get_item(call: Call) -> Answer:
    """Return an item's attributes."""
    body = call.body(limits.ITEM_BODY_BYTES)
    parts, _ = _item_path(call, body)
    file = needed_file(call.container, parts)
    wanted = body.text("AttributesToGet") or "*"
    return json_reply({"Item": Selection(wanted).of(parts[-1], file)}, file.facts)


def _item_path(call: Call, body: Body) -> tuple[tuple[str, ...], dict[str, Value]]:
    """Return the path of an item, and the attribute that its key makes where it is in the body."""
    parts = (*call.parts, *body.names("TableName"))
    given = body.mapping("Key")
    if given is None:
        if not parts or call.target.slash or "TableName" in body.values:
            # What is named is a directory, and no item is one.
            raise no_entry()
        return parts, {}
    if len(given) != 1:
        raise invalid("Key names one attribute")
    ((name, typed),) = given.items()
    value = decode_value(name, typed)
    if isinstance(value, (bool, bytes, tuple)):
        raise invalid("Key is a text or a number")
    check_attribute(name)
    return (*parts, checked(value if isinstance(value, str) else str(encode_value(value)["N"]))), {name: value}


def _item(body: Body) -> dict[str, Value]:
    given = body.mapping("Item")
    if given is None:
        raise invalid("Item is missing")
    for name in given:
        check_attribute(name)
    return {name: decode_value(name, typed) for name, typed in given.items()}


def check_attribute(name: str) -> None:
    """
    Refuse what no attribute of a user can be called.

    Raises:
        RefusalError: It is one of these.
    """
    if name in SYSTEM_ATTRIBUTES:
        raise invalid(f"attribute {name!r} is kept by the server")
    encoded("the name of an attribute", name)
    if not name or len(name) > limits.ATTRIBUTE_NAME_CHARACTERS or "," in name or "`" in name:
        raise invalid(f"no name for an attribute: {name[:300]!r}")


def _mode(body: Body, default: str) -> str:
    mode = body.text("UpdateMode") or default
    if mode not in _MODES:
        raise invalid(f"UpdateMode {mode!r} is none of {', '.join(sorted(_MODES))}")
    return mode


def _check_mode(known: File | None, mode: str) -> None:
    if mode == CREATE and known is not None:
        raise item_exists()


def _holds(body: Body, name: str, known: File | None) -> bool:
    condition = body.text("ConditionExpression")
    if condition is None:
        return True
    return read_condition(condition)(Scope(name, known, {} if known is None else known.attributes))


def _store(call: Call, parts: tuple[str, ...], attributes: dict[str, Value]) -> Answer:
    _check_item(attributes)
    file = made_file(call.tenant, call.container, parts)
    file.attributes = attributes
    call.record(parts, modified=file.facts.modified)
    return verified(file.facts)


def _check_item(attributes: Mapping[str, Value]) -> None:
    if len(attributes) > limits.ATTRIBUTES:
        raise invalid(f"an item has at most {limits.ATTRIBUTES} attributes")
    for name, value in attributes.items():
        limit = limits.TEXT_BYTES if isinstance(value, str) else limits.ATTRIBUTE_BYTES
        if size_of(value) > limit:
            raise invalid(f"attribute {name!r} is longer than {limit} bytes")


class Selection:
    """
    Which attributes are asked for.

    Args:
        wanted: Names with commas in between; `*` stands for those of the user, `**` for all.
        named: Whether `*` brings the item's name along, as it does in scans.
    """

    __slots__ = ("_hidden", "_names", "_user")

    def __init__(self, wanted: str, *, named: bool = False) -> None:
        names = [name for name in wanted.split(",") if name]
        self._hidden = "**" in names
        self._user = self._hidden or "*" in names
        self._names: list[str] = [name for name in names if name not in {"*", "**"}]
        if self._hidden:
            self._names.extend(sorted(SYSTEM_ATTRIBUTES))
        elif self._user and named:
            self._names.insert(0, NAME)

    def of(self, name: str, file: File) -> dict[str, dict[str, object]]:
        """Return the chosen attributes of an item in their wire form; those it lacks are left out."""
        found = {each: encode_value(value) for each, value in self._named(name, file)}
        if self._user:
            for each, value in file.attributes.items():
                if self._hidden or not each.startswith("__"):
                    found[each] = encode_value(value)
        return found

    def _named(self, name: str, file: File) -> Iterable[tuple[str, Value]]:
        for each in self._names:
            value = system_value(each, name, file) if each in SYSTEM_ATTRIBUTES else file.attributes.get(each)
            if value is not None:
                yield each, value
