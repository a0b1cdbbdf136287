"""YAML files that other tools own, such as `~/.lakectl.yaml`: read without surprises, never written.

Only the shape of the text is taken from YAML. Every plain scalar stays the text that it is: YAML 1.1 would turn the key
id `12e4` into a number, `2025-01-01` into a date and `on` into true, and what was read could not be sent unchanged.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, cast

from catchment.core.errors import ConfigError
from catchment.core.secret import Secret
from catchment.core.textfile import read_text

if TYPE_CHECKING:
    from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

YamlValue: TypeAlias = "str | bool | list[YamlValue] | dict[str, YamlValue] | None"

MAX_NODES = 20_000
"""Values that a file may have when all its aliases are written out; a dozen lines of aliases can mean billions."""
MAX_DEPTH = 50

_BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_NULLS = {"", "~", "null", "Null", "NULL"}
_STANDARD = "tag:yaml.org,2002:"


def load_yaml(path: str | os.PathLike[str]) -> dict[str, YamlValue] | None:
    """
    Read a YAML file that holds one mapping.

    Args:
        path: File of at most 1 MiB, UTF-8.

    Returns:
        Its settings: `true` and `false` as booleans, `null` as `None`, everything else as text; an empty file as an
        empty mapping; `None` where there is no such file.

    Raises:
        ConfigError: It cannot be read, is no mapping, has a key twice, or uses what settings do not need: tags, merge
            keys, several documents, aliases that refer to themselves or multiply. Messages name path and line and
            quote nothing of the file.
    """
    text = read_text(path)
    return None if text is None else parse_yaml(text, name=os.fspath(path))


def parse_yaml(text: Secret, *, name: str) -> dict[str, YamlValue]:
    """
    Read YAML text that holds one mapping; see `load_yaml`.

    Args:
        text: The document.
        name: How messages call it.
    """
    value = _read(text)
    # Raised here, where no local variable holds a node or the text in clear (see `core.textfile`).
    if isinstance(value, _Problem):
        raise ConfigError(f"{name}{value}")
    return value


def _read(text: Secret) -> dict[str, YamlValue] | _Problem:
    import yaml

    try:
        root = yaml.SafeLoader(text.reveal()).get_single_node()
        value = None if root is None else _Reader().read(root, 0)
    except _Refused as exc:
        return exc.problem
    except yaml.MarkedYAMLError as exc:
        mark = exc.problem_mark or exc.context_mark
        return _Problem(_problem(exc.problem), None if mark is None else mark.line + 1)
    except (yaml.YAMLError, RecursionError) as exc:
        return _Problem(f"cannot be read as YAML ({type(exc).__name__})")
    if value is None:
        return {}
    return value if isinstance(value, dict) else _Problem("must hold settings as `key: value`, one a line")


def _problem(text: str | None) -> str:
    # "found undefined alias 'hunter2'": an unquoted password that begins with * would show.
    return re.sub(r"'[^']{2,}'", "'…'", text or "cannot be read as YAML").replace("\n", " ")


@dataclass(frozen=True, slots=True)
class _Problem:
    what: str
    line: int | None = None

    def __str__(self) -> str:
        return f" line {self.line}: {self.what}" if self.line is not None else f": {self.what}"


class _Refused(Exception):  # noqa: N818 - never leaves this module
    def __init__(self, problem: _Problem) -> None:
        super().__init__(problem)
        self.problem = problem


class _Reader:
    """Turns nodes into values, counting them as if every alias were written out."""

    def __init__(self) -> None:
        self._count = 0

    def read(self, node: Node, depth: int) -> YamlValue:
        """Return the value of a node."""
        from yaml import nodes

        self._count += 1
        if self._count > MAX_NODES:
            raise self._error(node, f"has more than {MAX_NODES} values; aliases count as what they stand for")
        if depth > MAX_DEPTH:
            raise self._error(node, f"is nested more than {MAX_DEPTH} deep, or holds an alias to itself")
        if isinstance(node, nodes.MappingNode):
            return self._mapping(node, depth)
        if isinstance(node, nodes.SequenceNode):
            return self._sequence(node, depth)
        return self._scalar(cast("ScalarNode", node))

    def _mapping(self, node: MappingNode, depth: int) -> dict[str, YamlValue]:
        self._refuse_tag(node, "map")
        values: dict[str, YamlValue] = {}
        for key_node, value_node in node.value:
            key = self._key(key_node)
            if key in values:
                raise self._error(key_node, "has a key twice; only one of its values would count")
            values[key] = self.read(value_node, depth + 1)
        return values

    def _key(self, node: Node) -> str:
        if node.tag == _STANDARD + "merge":
            raise self._error(node, "has a merge key (<<); write the settings out")
        if not isinstance(node.value, str):
            raise self._error(node, "has a key that is no text")
        self._scalar(cast("ScalarNode", node))
        return node.value

    def _sequence(self, node: SequenceNode, depth: int) -> list[YamlValue]:
        self._refuse_tag(node, "seq")
        return [self.read(item, depth + 1) for item in node.value]

    def _scalar(self, node: ScalarNode) -> str | bool | None:
        text: str = node.value
        if node.style is not None:  # quoted, or a block: text by the writer's own word
            self._refuse_tag(node, "str")
            return text
        self._refuse_tag(node, "str", "null", "bool", "int", "float", "timestamp", "value", "merge")
        if node.tag == _STANDARD + "null" and text in _NULLS:
            return None
        return _BOOLEANS.get(text, text) if node.tag == _STANDARD + "bool" else text

    def _refuse_tag(self, node: Node, *expected: str) -> None:
        # Explicit standard tags (`!!int 5`) look like implicit ones here; they too are read as the text that they tag.
        if not node.tag.startswith(_STANDARD) or node.tag.removeprefix(_STANDARD) not in expected:
            raise self._error(node, "has a tag; quote values that begin with an exclamation mark")

    def _error(self, node: Node, problem: str) -> _Refused:
        return _Refused(_Problem(problem, node.start_mark.line + 1))
