"""Read line protocol, and refuse what the real server refuses, in its words."""

from __future__ import annotations

from dataclasses import dataclass, field

from catchment.local.influxdb.keys import make_key, read_tags, unescape_point_name, until
from catchment.local.influxdb.linescan import BadLineError, scan_fields, scan_key, scan_time, skip_blanks
from catchment.local.influxdb.times import MAX_TIME, MIN_TIME, PRECISIONS, truncated

MAX_KEY_BYTES = 65535
Value = float | int | str | bool
_BOOLEANS = {
    **dict.fromkeys(("t", "T", "true", "True", "TRUE"), True),
    **dict.fromkeys(("f", "F", "false", "False", "FALSE"), False),
}


@dataclass(slots=True)
class SeriesName:
    """
    What stands before the fields of a line.

    Attributes:
        key: What points are stored by: the canonical key, but for a measurement with a backslash before a comma,
            a space or an equals sign. The real server stores such points by what was sent, and never finds them again.
    """

    key: str
    name: str
    tags: dict[str, str]
    time_tag: bool


@dataclass(slots=True)
class Point:
    """
    One line: its series, its fields, its time in nanoseconds.

    Attributes:
        mixed: The line has one field twice, with two types.
    """

    series: SeriesName
    fields: dict[str, Value]
    time: int
    mixed: bool = False


@dataclass(slots=True)
class Batch:
    """What was read of one body: good points, and a text for each bad line."""

    points: list[Point] = field(default_factory=list[Point])
    failures: list[str] = field(default_factory=list[str])


class LineReader:
    """
    Reads the body of one write.

    Args:
        now: Time of lines without one, in nanoseconds.
        precision: Unit of the times; an unknown word means nanoseconds.
    """

    def __init__(self, now: int, precision: str) -> None:
        self._default = truncated(now, precision)
        self._unit = PRECISIONS.get(precision, 1)
        self._names: dict[str, SeriesName] = {}

    def read(self, body: bytes) -> Batch:
        """Read all lines."""
        text = body.decode("utf-8", "surrogateescape")
        lines = text.split("\n") if '"' not in text and "\\" not in text else _split_lines(text)
        batch = Batch()
        for line in lines:
            start = skip_blanks(line, 0)
            if start >= len(line) or line[start] == "#":
                continue
            block = line[start:]
            try:
                batch.points.append(self._quick(block) or self._exact(block))
            except BadLineError as error:
                batch.failures.append(f"unable to parse '{block}': {error}")
        return batch

    def _quick(self, line: str) -> Point | None:
        """Read a line that holds nothing special; None sends it the long way."""
        parts = line.split(" ")
        if not 2 <= len(parts) <= 3 or '"' in line or "\\" in line:
            return None
        series = self._names.get(parts[0])
        if series is None or len(parts[0]) > MAX_KEY_BYTES // 8:
            return None
        fields: dict[str, Value] = {}
        for item in parts[1].split(","):
            name, equals, text = item.partition("=")
            value = _quick_value(text)
            if not name or not equals or value is None or len(name) > MAX_KEY_BYTES // 8:
                return None
            fields[name] = value
        if len(parts) == 2:
            return Point(series, fields, self._default)
        if not (parts[2].isdigit() and parts[2].isascii()):
            return None
        time = int(parts[2]) * self._unit
        return Point(series, fields, time) if time <= MAX_TIME else None

    def _exact(self, line: str) -> Point:
        raw_end, key = scan_key(line)
        if len(key) * 4 > MAX_KEY_BYTES and _size(key) > MAX_KEY_BYTES:
            raise BadLineError(f"max key length exceeded: {_size(key)} > {MAX_KEY_BYTES}")
        position, start = scan_fields(line, raw_end)
        fields_text = line[start:position]
        if not fields_text:
            message = "missing fields"
            raise BadLineError(message)
        pairs = list(_walk_fields(fields_text))
        for raw, _ in pairs:
            size = _size(key) + 4 + _size(raw)
            if size > MAX_KEY_BYTES:
                raise BadLineError(f"max key length exceeded: {size} > {MAX_KEY_BYTES}")
        time = self._time(line, position)
        series = self._series(key, line[:raw_end].rstrip(","))
        return _point(series, pairs, time)

    def _series(self, key: str, raw: str) -> SeriesName:
        found = self._names.get(key)
        if found is None:
            tags = read_tags(key)
            name = unescape_point_name(key[: until(key, 0, ",")])
            lost = any(each in name for each in ("\\,", "\\ ", "\\="))
            found = SeriesName(key if lost else make_key(name, tags), name, tags, "time" in tags)
        self._names[key] = found
        if raw != key:
            self._names[raw] = found
        return found

    def _time(self, line: str, position: int) -> int:
        start, end = scan_time(line, position)
        text = line[start:end]
        if not text:
            return self._default
        if text == "-":
            message = 'strconv.ParseInt: parsing "-": invalid syntax'
            raise BadLineError(message)
        written = int(text)
        if not -(2**63) <= written < 2**63:
            raise BadLineError(f'strconv.ParseInt: parsing "{text}": value out of range')
        time = written * self._unit
        if not MIN_TIME <= time <= MAX_TIME:
            raise BadLineError(f"time outside range {MIN_TIME} - {MAX_TIME}")
        if line[end:].strip(" "):
            message = "point is invalid"
            raise BadLineError(message)
        return time


def _size(text: str) -> int:
    return len(text.encode("utf-8", "surrogateescape"))


def _quick_value(text: str) -> Value | None:
    """Return the value of text without anything unusual, or None."""
    last = text[-1:]
    if last == "i":
        digits = text[:-1]
        plain = digits[1:] if digits[:1] == "-" else digits
        return int(digits) if plain.isdigit() and plain.isascii() and len(plain) < 19 else None
    if last.isdigit() and text[0] in "0123456789-":
        try:
            # Python reads more than Go does here: underscores and words are left to the long way.
            return float(text) if "_" not in text and len(text) < 18 and text.isascii() and "n" not in text else None
        except ValueError:
            return None
    return _BOOLEANS.get(text)


def _split_lines(text: str) -> list[str]:
    """Cut at line ends that are not inside quotes."""
    lines: list[str] = []
    position = 0
    while position < len(text):
        start, quoted, in_fields, equals, commas = position, False, False, 0, 0
        while position < len(text):
            char = text[position]
            if char == "\\" and position + 2 < len(text):
                position += 2
                continue
            if char == " ":
                in_fields = True
            if in_fields and not quoted and char == "=":
                equals += 1
            elif in_fields and not quoted and char == ",":
                commas += 1
            elif in_fields and char == '"' and equals > commas:
                quoted = not quoted
            elif char == "\n" and not quoted:
                break
            position += 1
        lines.append(text[start:position])
        position += 1
    return lines


def _walk_fields(text: str) -> list[tuple[str, str]]:
    """Return the keys and values of the fields, as written."""
    pairs: list[tuple[str, str]] = []
    position = 0
    while position < len(text):
        equals = until(text, position, "=")
        if equals > len(text) - 2:
            raise BadLineError(f"invalid value: field-key={text[position:equals]}")
        end = _value_end(text, equals + 1)
        pairs.append((text[position:equals], text[equals + 1 : end]))
        position = end + 1
    return pairs


def _value_end(text: str, position: int) -> int:
    quoted = False
    while position < len(text):
        if text[position] == "\\" and text[position + 1 : position + 2] in ('"', "\\"):
            position += 2
            continue
        if text[position] == '"':
            quoted = not quoted
        elif text[position] == "," and not quoted:
            break
        position += 1
    return position


def _point(series: SeriesName, pairs: list[tuple[str, str]], time: int) -> Point:
    point = Point(series, {}, time)
    for raw, text in pairs:
        value = _value(text)
        if value is not None:
            name = unescape_point_name(raw)
            point.mixed = point.mixed or type(point.fields.get(name, value)) is not type(value)
            point.fields[name] = value
    return point


def _value(text: str) -> Value | None:
    if not text:
        return None
    if text[0] == '"':
        return _unquoted(text[1:-1])
    if text[0] in "0123456789-.nNiIu":
        return int(text[:-1]) if text[-1] == "i" else float(text)
    return _BOOLEANS[text]


def _unquoted(text: str) -> str:
    if "\\" not in text:
        return text
    out: list[str] = []
    index = 0
    while index < len(text):
        if text[index] == "\\" and text[index + 1 : index + 2] in ("\\", '"'):
            index += 1
        out.append(text[index])
        index += 1
    return "".join(out)
