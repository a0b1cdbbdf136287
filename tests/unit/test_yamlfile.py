from __future__ import annotations

import traceback
from pathlib import Path

import pytest
from catchment.core.errors import ConfigError
from catchment.core.secret import Secret
from catchment.core.yamlfile import MAX_NODES, load_yaml, parse_yaml

CANARY = "canary7f3a"


def parse(text: str):
    """Parse under a name that messages must show."""
    return parse_yaml(Secret(text), name="lakectl.yaml")


def test_settings_are_read_as_they_are_written() -> None:
    """Nested mappings, lists, comments, quotes."""
    text = "# c\ncredentials:\n  access_key_id: AKIA # c\n  secret_access_key: 'a: #b'\nlist: [a, b]\nblock:\n- c\n"
    assert parse(text) == {
        "credentials": {"access_key_id": "AKIA", "secret_access_key": "a: #b"},
        "list": ["a", "b"],
        "block": ["c"],
    }


@pytest.mark.parametrize(
    "text",
    [
        "2025-01-01", "2025-01-01T10:30:00Z", "on", "off", "yes", "No", "12e4", "0123", "1_000", "190:20:30", "0x1F",
        ".inf", "5m", "007", "+1", "=", "<<",
    ],
)  # fmt: skip
def test_plain_text_stays_text(text: str) -> None:
    """R40: dates, yes and no, and anything like a number arrive unchanged."""
    assert parse(f"key: {text}") == {"key": text}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True), ("False", False), ("null", None), ("~", None), ("", None), ("'true'", "true"),
        ('"null"', "null"), ("''", ""), ("!!str null", "null"), ("!!int 5", "5"),
    ],
)  # fmt: skip
def test_true_false_and_null_mean_themselves_unless_quoted(text: str, value) -> None:
    """The three words that YAML 1.2 and 1.1 agree on."""
    assert parse(f"key: {text}") == {"key": value}


@pytest.mark.parametrize("text", ["", "\n", "# only a comment\n", "---\n", "null", "~", "---\n...\n"])
def test_an_empty_file_has_no_settings(text: str) -> None:
    """As good as an empty mapping, whichever way nothing is written."""
    assert parse(text) == {}


@pytest.mark.parametrize("text", ["- a", "just text", "'quoted'", "5"])
def test_the_file_is_a_mapping(text: str) -> None:
    """Anything else is another tool's file."""
    with pytest.raises(ConfigError, match=r"lakectl\.yaml: must hold settings"):
        parse(text)


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("a: 1\nb: !!python/object/apply:os.system ['true']", 2, "tag"),
        (f"a: 1\nb: !{CANARY}", 2, "tag"),
        ("a: !!binary aGk=", 1, "tag"),
        ("a: !!set {x, y}", 1, "tag"),
        ("!!python/name:os.system x: 1", 1, "tag"),
        ("a: 1\na: 2", 2, "twice"),
        ("d: &x {p: 1}\na:\n  <<: *x", 3, "merge key"),
        ("a: 1\n[k, l]: 2", 2, "key that is no text"),
        (f"a: 1\nb: *{CANARY}", 2, "undefined alias"),
        ("a: [1,\nb: 2", 2, ""),
        (f"a: '{CANARY}", 1, "end of stream"),
        ("a: 1\n--- \nb: 2", 2, "document"),
        ("a:\t{b\n", 1, ""),
        ("a: b: c", 1, "not allowed"),
    ],
)
def test_what_settings_do_not_need_is_refused_by_line(text: str, line: int, problem: str) -> None:
    """R40: the error names file and line and quotes no value, which may be a secret written without quotes."""
    with pytest.raises(ConfigError, match=rf"^lakectl\.yaml line {line}\b.*{problem}") as caught:
        parse(text)
    assert CANARY not in str(caught.value)
    assert caught.value.__context__ is None


def test_control_characters_are_refused() -> None:
    """The error names the file."""
    with pytest.raises(ConfigError, match=r"lakectl\.yaml"):
        parse("a: \x00")


def test_multiplying_aliases_are_refused() -> None:
    """R40: nine lines that mean 10^9 values."""
    lines = ["a0: &a0 [x,x,x,x,x,x,x,x,x,x]"]
    lines += [f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    with pytest.raises(ConfigError, match=f"more than {MAX_NODES}"):
        parse("\n".join(lines))


def test_large_files_of_plain_settings_are_fine() -> None:
    """The limit is far from what people write."""
    assert len(parse("\n".join(f"k{n}: v" for n in range(5_000)))) == 5_000


def test_a_few_aliases_are_fine() -> None:
    """People use them to repeat a value."""
    assert parse("a: &x {b: c}\nd: *x") == {"a": {"b": "c"}, "d": {"b": "c"}}


@pytest.mark.parametrize("text", ["a: &x [*x]", "a: " + "[" * 60 + "]" * 60, "[" * 100_000])
def test_endless_nesting_is_refused(text: str) -> None:
    """R40: an alias to itself, and depth that would exhaust the stack."""
    with pytest.raises(ConfigError, match=r"lakectl\.yaml"):
        parse(text)


def test_a_file_is_named_by_its_path(tmp_path: Path) -> None:
    """Messages say which file is wrong."""
    path = tmp_path / "c.yaml"
    path.write_text("a: 1\na: 2\n")
    with pytest.raises(ConfigError, match=f"{path} line 2"):
        load_yaml(path)


@pytest.mark.parametrize("line", ["b: !tag x", "secret: twice", "b: [", "b: *undefined"])
def test_no_traceback_holds_a_secret(tmp_path: Path, line: str) -> None:
    """Not even one that prints the local variables of every frame."""
    path = tmp_path / "c.yaml"
    path.write_text(f"secret: {CANARY}\n{line}\n")
    with pytest.raises(ConfigError) as caught:
        load_yaml(path)
    inside = list(traceback.walk_tb(caught.value.__traceback__))[1:]
    assert inside
    assert CANARY not in repr([frame.f_locals for frame, _ in inside])


def test_a_missing_file_is_none(tmp_path: Path) -> None:
    """Not having the other tool is no error."""
    assert load_yaml(tmp_path / "none.yaml") is None
