"""Find the parts of one line of line protocol, character by character."""

from __future__ import annotations


class BadLineError(Exception):
    """A line cannot be read; the text says why."""


def skip_blanks(text: str, position: int) -> int:
    """Return where the next character is that is no blank."""
    while position < len(text) and text[position] in " \t\0":
        position += 1
    return position


def scan_key(line: str) -> tuple[int, str]:
    """Return where the key ends, and the key with its tags sorted."""
    position, has_tags = _measurement_end(line)
    if not has_tags:
        return position, line[:position]
    start = position
    tags: list[tuple[str, str]] = []
    while True:
        equals = _tag_key_end(line, position)
        end, more = _tag_value_end(line, equals + 1)
        tags.append((line[position:equals], line[position:end]))
        position = end + 1
        if not more:
            break
    names = [name for name, _ in tags]
    if len(set(names)) < len(names):
        message = "duplicate tags"
        raise BadLineError(message)
    if names != sorted(names):
        tags = [pair for _, pair in sorted(zip(names, tags, strict=True), key=lambda each: each[0])]
    return position - 1, ",".join([line[: start - 1], *(pair for _, pair in tags)])


def _measurement_end(line: str) -> tuple[int, bool]:
    if not line or line[0] == ",":
        message = "missing measurement"
        raise BadLineError(message)
    position = 0
    while True:
        position += 1
        if position >= len(line):
            message = "missing fields"
            raise BadLineError(message)
        if line[position - 1] == "\\":
            continue
        if line[position] == ",":
            return position + 1, True
        if line[position] == " ":
            return position, False


def _tag_key_end(line: str, position: int) -> int:
    if position >= len(line) or line[position] in " ,=":
        message = "missing tag key"
        raise BadLineError(message)
    while True:
        position += 1
        if position >= len(line) or (line[position] in " ," and line[position - 1] != "\\"):
            message = "missing tag value"
            raise BadLineError(message)
        if line[position] == "=" and line[position - 1] != "\\":
            return position


def _tag_value_end(line: str, position: int) -> tuple[int, bool]:
    if position >= len(line) or line[position] in " ,":
        message = "missing tag value"
        raise BadLineError(message)
    while True:
        position += 1
        if position >= len(line):
            message = "missing fields"
            raise BadLineError(message)
        if line[position - 1] == "\\":
            continue
        if line[position] == "=":
            message = "invalid tag format"
            raise BadLineError(message)
        if line[position] in " ,":
            return position, line[position] == ","


def scan_fields(line: str, position: int) -> tuple[int, int]:
    """Return where the fields end and where they start."""
    start = position = skip_blanks(line, position)
    quoted, equals, commas = False, 0, 0
    while position < len(line):
        char = line[position]
        if char == "\\" and position + 1 < len(line):
            position += 2
            continue
        if char == '"' and equals > commas:
            quoted = not quoted
            position += 1
            continue
        if char == "=" and not quoted:
            equals += 1
            after = _field_value(line, position)
            if after is not None:
                position = after
                continue
        if char == "," and not quoted:
            commas += 1
        if char == " " and not quoted:
            break
        position += 1
    if quoted:
        message = "unbalanced quotes"
        raise BadLineError(message)
    if equals == 0 or commas != equals - 1:
        message = "invalid field format"
        raise BadLineError(message)
    return position, start


def _field_value(line: str, position: int) -> int | None:
    """Check what follows an equals sign; return where a number or boolean ends, None for a string."""
    if line[position - 1] in " ," and line[position - 2] != "\\":
        message = "missing field key"
        raise BadLineError(message)
    first = line[position + 1 : position + 2]
    if first in ("", ",", " "):
        message = "missing field value"
        raise BadLineError(message)
    if first in "0123456789.-Nn":
        return _number_end(line, position + 1)
    return None if first == '"' else _boolean_end(line, position + 1)


def _word_end(line: str, position: int) -> int:
    while position < len(line) and line[position] not in ", ":
        position += 1
    return position


def _boolean_end(line: str, start: int) -> int:
    end = _word_end(line, start)
    word = line[start:end]
    if word not in ("t", "T", "f", "F", "true", "True", "TRUE", "false", "False", "FALSE"):
        message = "invalid boolean"
        raise BadLineError(message)
    return end


def _number_end(line: str, start: int) -> int:
    end = _word_end(line, start)
    word = line[start:end]
    if word.endswith("i"):
        _check_integer(word[:-1])
    else:
        _check_float(word)
    return end


def _invalid() -> BadLineError:
    return BadLineError("invalid number")


def _check_integer(word: str) -> None:
    digits = word.removeprefix("-")
    if not (digits.isdigit() and digits.isascii()):
        raise _invalid()
    if not -(2**63) <= int(word) < 2**63:
        message = f'unable to parse integer {word}: strconv.ParseInt: parsing "{word}": value out of range'
        raise BadLineError(message)


def _check_float(word: str) -> None:
    digits = word.removeprefix("-")
    if not digits or any(char not in "0123456789.eE+-" for char in digits):
        raise _invalid()
    if digits.count(".") > 1 or not any(char.isdigit() for char in digits) or digits[0] in "eE+-":
        raise _invalid()
    for index, char in enumerate(digits):
        if char in "+-" and digits[index - 1] not in "eE":
            raise _invalid()
    try:
        value = float(word)
    except ValueError:
        message = "invalid float"
        raise BadLineError(message) from None
    if value in (float("inf"), float("-inf")):
        message = "invalid float"
        raise BadLineError(message)


def scan_time(line: str, position: int) -> tuple[int, int]:
    """Return where the time starts and ends."""
    start = position = skip_blanks(line, position)
    while position < len(line) and line[position] not in "\n ":
        if not (position == start and line[position] == "-") and line[position] not in "0123456789":
            message = "bad timestamp"
            raise BadLineError(message)
        position += 1
    return start, position
