"""Hold expressions and the parts of a SELECT; `str` gives the text that the real server prints."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from catchment.local.influxdb.durations import format_duration
from catchment.local.influxdb.influxql.tokens import needs_quotes
from catchment.local.influxdb.numbers import go_float
from catchment.local.influxdb.times import rfc3339

COMPARISONS = frozenset({"=", "!=", "=~", "!~", "<", "<=", ">", ">="})


def quote_string(text: str) -> str:
    """Return a string literal."""
    return "'" + text.replace("\\", "\\\\").replace("\n", "\\n").replace("'", "\\'") + "'"


def quote_identifier(*segments: str) -> str:
    """Return a name, its segments joined with dots, quoted where it must be."""
    last = len(segments) - 1
    parts: list[str] = []
    for index, segment in enumerate(segments):
        edge = index in (0, last)
        quoted = needs_quotes(segment) or (index < last and segment != "") or (edge and segment == "")
        text = segment.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
        parts.append(f'"{text}"' if quoted else text)
    return ".".join(parts)


@dataclass(slots=True)
class Expr:
    """Any expression."""

    def children(self) -> tuple[Expr, ...]:
        """Return the expressions directly inside."""
        return ()

    def rebuilt(self, change: Callable[[Expr], Expr]) -> Expr:
        """Return a copy whose children went through `change`."""
        del change
        return self

    def walk(self) -> Iterator[Expr]:
        """Yield this and everything inside, outermost first."""
        yield self
        for child in self.children():
            yield from child.walk()


@dataclass(slots=True)
class Literal(Expr):
    """A constant."""


@dataclass(slots=True)
class StringLiteral(Literal):
    """Text in single quotes."""

    value: str

    def __str__(self) -> str:
        return quote_string(self.value)


@dataclass(slots=True)
class NumberLiteral(Literal):
    """A number with a dot."""

    value: float

    def __str__(self) -> str:
        return go_float(self.value, always_plain=True)


@dataclass(slots=True)
class IntegerLiteral(Literal):
    """A whole number that fits 64 bits with sign."""

    value: int

    def __str__(self) -> str:
        return str(self.value)


@dataclass(slots=True)
class UnsignedLiteral(IntegerLiteral):
    """A whole number that fits 64 bits only without sign."""


@dataclass(slots=True)
class BooleanLiteral(Literal):
    """`true` or `false`."""

    value: bool

    def __str__(self) -> str:
        return "true" if self.value else "false"


@dataclass(slots=True)
class DurationLiteral(Literal):
    """A duration, in nanoseconds."""

    value: int

    def __str__(self) -> str:
        return format_duration(self.value)


@dataclass(slots=True)
class TimeLiteral(Literal):
    """An instant, in nanoseconds since the epoch; may lie outside of 64 bits."""

    value: int

    def __str__(self) -> str:
        return f"'{rfc3339(self.value)}'"


@dataclass(slots=True)
class NilLiteral(Literal):
    """Nothing."""

    def __str__(self) -> str:
        return "nil"


@dataclass(slots=True)
class RegexLiteral(Literal):
    """A regular expression; `value` is the compiled one, `source` what was written."""

    value: re.Pattern[str]
    source: str

    def __str__(self) -> str:
        return "/" + self.source.replace("/", r"\/") + "/"


@dataclass(slots=True)
class ListLiteral(Literal):
    """The names after `IN`."""

    values: list[str]

    def __str__(self) -> str:
        return f"({', '.join(quote_identifier(value) for value in self.values)})"


@dataclass(slots=True)
class VarRef(Expr):
    """A field or a tag, with the type that was written or found; the empty type is not known yet."""

    name: str
    type: str = ""

    def __str__(self) -> str:
        text = quote_identifier(self.name)
        return f"{text}::{self.type}" if self.type else text


@dataclass(slots=True)
class Wildcard(Expr):
    """`*`, maybe of `field` or `tag` only."""

    type: str = ""

    def __str__(self) -> str:
        return f"*::{self.type}" if self.type else "*"


@dataclass(slots=True)
class Distinct(Expr):
    """`DISTINCT x`, without brackets."""

    name: str

    def __str__(self) -> str:
        return f"DISTINCT {self.name}"


@dataclass(slots=True)
class Call(Expr):
    """A function call."""

    name: str
    args: list[Expr] = field(default_factory=list[Expr])

    def children(self) -> tuple[Expr, ...]:
        """Return the arguments."""
        return tuple(self.args)

    def rebuilt(self, change: Callable[[Expr], Expr]) -> Expr:
        """Return a copy with changed arguments."""
        return Call(self.name, [change(each) for each in self.args])

    def __str__(self) -> str:
        return f"{self.name}({', '.join(str(each) for each in self.args)})"


@dataclass(slots=True)
class Paren(Expr):
    """An expression in brackets."""

    inner: Expr

    def children(self) -> tuple[Expr, ...]:
        """Return what is inside."""
        return (self.inner,)

    def rebuilt(self, change: Callable[[Expr], Expr]) -> Expr:
        """Return a copy around the changed inside."""
        return Paren(change(self.inner))

    def __str__(self) -> str:
        return f"({self.inner})"


@dataclass(slots=True)
class Binary(Expr):
    """Two expressions and an operator between them."""

    op: str
    left: Expr
    right: Expr

    def children(self) -> tuple[Expr, ...]:
        """Return both sides."""
        return (self.left, self.right)

    def rebuilt(self, change: Callable[[Expr], Expr]) -> Expr:
        """Return a copy with changed sides."""
        return Binary(self.op, change(self.left), change(self.right))

    def __str__(self) -> str:
        return f"{self.left} {self.op} {self.right}"


@dataclass(slots=True)
class Field:
    """One column of a SELECT."""

    expr: Expr
    alias: str = ""

    @property
    def name(self) -> str:
        """The column's name, before doubles are told apart."""
        if self.alias:
            return self.alias
        return _name_of(self.expr)

    def __str__(self) -> str:
        return f"{self.expr} AS {quote_identifier(self.alias)}" if self.alias else str(self.expr)


def _name_of(expr: Expr) -> str:
    match expr:
        case Call(name=name) | VarRef(name=name):
            return name
        case Paren(inner=inner):
            return _name_of(inner)
        case Binary():
            # Names of fields and calls, left to right; a call hides what is inside of it.
            return "_".join(_names_in(expr))
        case _:
            return ""


def _names_in(expr: Expr) -> Iterator[str]:
    if isinstance(expr, VarRef | Call):
        yield expr.name
        return
    for child in expr.children():
        yield from _names_in(child)


@dataclass(slots=True)
class Measurement:
    """Where data comes from, or goes to."""

    database: str = ""
    policy: str = ""
    name: str = ""
    regex: RegexLiteral | None = None
    target: bool = False

    def __str__(self) -> str:
        text = ""
        if self.database:
            text += quote_identifier(self.database) + "."
        if self.policy:
            text += quote_identifier(self.policy)
        if self.database or self.policy:
            text += "."
        if self.name:
            return text + quote_identifier(self.name)
        return text + (str(self.regex) if self.regex else "")

    def matches(self, name: str) -> bool:
        """Say whether a measurement of this name is meant."""
        return self.regex.value.search(name) is not None if self.regex else self.name == name


@dataclass(slots=True)
class SubQuery:
    """A SELECT in the place of a measurement."""

    statement: Select

    def __str__(self) -> str:
        return f"({self.statement})"


Source = Measurement | SubQuery


@dataclass(slots=True)
class SortField:
    """What to order by; only time can be."""

    name: str
    ascending: bool

    def __str__(self) -> str:
        return f"{self.name} {'ASC' if self.ascending else 'DESC'}".strip()


@dataclass(slots=True)
class Select:
    """A SELECT statement."""

    fields: list[Field]
    target: Measurement | None = None
    sources: list[Source] = field(default_factory=list[Source])
    condition: Expr | None = None
    dimensions: list[Expr] = field(default_factory=list[Expr])
    fill: str = "null"
    fill_value: float | int | None = None
    order: list[SortField] = field(default_factory=list[SortField])
    limit: int = 0
    offset: int = 0
    slimit: int = 0
    soffset: int = 0
    zone: str = ""
    time_alias: str = ""
    # Set by the server itself where a SHOW statement runs as a SELECT.
    omit_time: bool = False
    strip_name: bool = False

    @property
    def ascending(self) -> bool:
        """Whether the oldest comes first."""
        return not self.order or self.order[0].ascending

    @property
    def raw(self) -> bool:
        """Whether no function is called."""
        return not any(isinstance(node, Call) for each in self.fields for node in each.expr.walk())

    @property
    def interval(self) -> int:
        """Width of `GROUP BY time(..)` in nanoseconds; 0 without."""
        for each in self.dimensions:
            if isinstance(each, Call) and each.name == "time" and each.args:
                first = each.args[0]
                return first.value if isinstance(first, DurationLiteral) else 0
        return 0

    @property
    def tag_dimensions(self) -> list[str]:
        """The tags to group by, in the order written."""
        return [each.name for each in self.dimensions if isinstance(each, VarRef)]

    def copy(self) -> Select:
        """Return a copy whose lists can be changed."""
        return replace(
            self,
            fields=[replace(each) for each in self.fields],
            sources=[_copied(each) for each in self.sources],
            dimensions=list(self.dimensions),
        )

    def __str__(self) -> str:
        parts = ["SELECT " + ", ".join(str(each) for each in self.fields)]
        if self.target is not None:
            parts.append(f"INTO {self.target if self.target.name else str(self.target) + ':MEASUREMENT'}")
        if self.sources:
            parts.append("FROM " + ", ".join(str(each) for each in self.sources))
        if self.condition is not None:
            parts.append(f"WHERE {self.condition}")
        if self.dimensions:
            parts.append("GROUP BY " + ", ".join(str(each) for each in self.dimensions))
        parts.extend(self._tail())
        return " ".join(parts)

    def _tail(self) -> Iterator[str]:
        if self.fill == "number":
            number = self.fill_value
            yield f"fill({go_float(number) if isinstance(number, float) else number})"
        elif self.fill != "null":
            yield f"fill({self.fill})"
        if self.order:
            yield "ORDER BY " + ", ".join(str(each) for each in self.order)
        for word, number in (
            ("LIMIT", self.limit),
            ("OFFSET", self.offset),
            ("SLIMIT", self.slimit),
            ("SOFFSET", self.soffset),
        ):
            if number > 0:
                yield f"{word} {number}"
        if self.zone:
            yield f"TZ('{self.zone}')"


def _copied(source: Source) -> Source:
    return SubQuery(source.statement.copy()) if isinstance(source, SubQuery) else replace(source)


def is_among(sources: Sequence[Source], name: str) -> bool:
    """Say whether a statement with these sources is about a measurement; without any it is about all."""
    return not sources or any(isinstance(source, Measurement) and source.matches(name) for source in sources)
