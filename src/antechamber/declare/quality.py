"""Quality rules of a connector: what must hold of its values and of a run as a whole, and what happens where it
does not.

`columns.<name>.quality` holds the rules of one column, the connector's own `quality` those of the table. `asked`
gives all of them in one order, which is their order everywhere: in reports, in quarantine's reasons, in messages.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field, WithJsonSchema

from antechamber.declare.mistake import KeyPath
from antechamber.declare.model import Model, Name, Text, Wrong, show

if TYPE_CHECKING:
    from antechamber.declare.connector import Connector

Then = Literal["warn", "quarantine", "fail"]
"""What happens where a rule does not hold."""

_PERCENT = re.compile(r"(\d{1,6}(?:\.\d{1,6})?)\s?%")
_SPAN = re.compile(r"(\d{1,6})\s?([mhdw])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def _percent(value: str) -> str:
    if not _PERCENT.fullmatch(value):
        raise Wrong(f"{show(value)} is not a share", remedy="write a percentage such as 0.5%")
    return value


def _share(value: str) -> str:
    if _PERCENT.fullmatch(value) and share_of(value) > 1:
        raise Wrong(f"{show(value)} is more than all of them", remedy="write 0% to 100%")
    return _percent(value)


def _span(value: str) -> str:
    if not _SPAN.fullmatch(value):
        raise Wrong(
            f"{show(value)} is not a span of time", remedy="write a number and m, h, d or w: 90m, 12h, 2d, 1w"
        )
    if span_of(value) > timedelta(days=36_525):
        raise Wrong(f"{show(value)} is longer than a hundred years", remedy="write a shorter one")
    return value


def _bound(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float | str) or value == "":
        raise Wrong("this is no bound", remedy="write a number, or a day such as 2026-01-31")
    return value


Percent = Annotated[
    str, AfterValidator(_percent), WithJsonSchema({"type": "string", "pattern": f"^{_PERCENT.pattern}$"})
]
Share = Annotated[str, AfterValidator(_share), WithJsonSchema({"type": "string", "pattern": f"^{_PERCENT.pattern}$"})]
Span = Annotated[str, AfterValidator(_span), WithJsonSchema({"type": "string", "pattern": f"^{_SPAN.pattern}$"})]
Bound = Annotated[Any, AfterValidator(_bound), WithJsonSchema({"type": ["number", "string"]})]


def share_of(percent: str) -> Fraction:
    """`0.5%` → 1/200."""
    found = _PERCENT.fullmatch(percent)
    assert found is not None  # noqa: S101 - the model has seen to it
    return Fraction(found[1]) / 100


def span_of(text: str) -> timedelta:
    """`2d` → two days."""
    found = _SPAN.fullmatch(text)
    assert found is not None  # noqa: S101 - the model has seen to it
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


class QualityRule(Model):
    """What all rules have in common."""

    NOUNS: ClassVar[dict[str, str]] = {"then": "something that a rule does"}

    then: Then
    """What happens where the rule does not hold: `warn` publishes and tells, `quarantine` holds the record back,
    `fail` publishes nothing of the run."""


class RunRule(QualityRule):
    """A rule that a run passes or fails as a whole."""

    then: Then
    """What happens where the rule does not hold: `warn` publishes and tells, `fail` publishes nothing of the run.
    There is no record that `quarantine` could hold back."""


class RecordRule(QualityRule):
    """A rule that each record passes or fails."""

    tolerate: Share | None = None
    """The share that may fail, such as `0.5%`: up to it `warn` and `fail` do nothing. With `quarantine` records that
    fail are held back all the same, and with more of them the run fails."""


class NotNull(RecordRule):
    """The column has a value."""


class Range(RecordRule):
    """The value is neither below `min` nor above `max`."""

    min: Bound | None = None
    """The least value that passes: a number, or for date and timestamp a day or a moment in ISO 8601 (UTC when it
    names no zone)."""
    max: Bound | None = None
    """The greatest value that passes. A day stands for its first moment, here too."""


class OneOf(RecordRule):
    """The value is one of a list. Unlike the column's own `one_of`, others are valid values that fail a rule."""

    values: Annotated[tuple[str, ...], Field(min_length=1)]
    """The values that pass, letter by letter, as they are after normalisation."""


class Pattern(RecordRule):
    """The whole value has a form."""

    matches: Text
    """A regular expression in the syntax of the Rust crate `regex`; it describes the whole value as it is after
    normalisation."""

    @property
    def whole(self) -> str:
        """The expression that finds nothing but whole values."""
        return rf"\A(?:{self.matches})\z"


class Length(RecordRule):
    """The value has so many characters."""

    min: Annotated[int, Field(ge=0)] | None = None
    """The least number of characters that passes."""
    max: Annotated[int, Field(ge=0)] | None = None
    """The greatest number of characters that passes."""


class Unique(RecordRule):
    """No other record has the value. The first of several passes, all others fail."""


class UniqueTogether(Unique):
    """No other record has the same values in all of these columns. Of several the first passes, all others fail; a
    record without a value in one of the columns passes."""

    columns: Annotated[tuple[Name, ...], Field(min_length=1)]
    """Output columns."""


class Freshness(RunRule):
    """The newest value of a column is not older than a span of time when the run starts."""

    column: Name
    """An output column of type date or timestamp, published as it is."""
    within: Span
    """The span: `90m`, `12h`, `2d`, `1w`."""


class RowCount(RunRule):
    """How many records a run publishes."""

    min: Annotated[int, Field(ge=0)] | None = None
    """The least number that passes."""
    max: Annotated[int, Field(ge=0)] | None = None
    """The greatest number that passes."""
    change: Percent | None = None
    """How far the number may lie from the median of the last runs, up or down."""
    over: Annotated[int, Field(ge=1, le=100)] = 5
    """change: how many of the last runs are compared."""


class References(RecordRule):
    """The values are those of a record of another table of the tenant, or of a small file. A record without a value
    in one of the columns passes."""

    columns: Annotated[tuple[Name, ...], Field(min_length=1)]
    """Output columns of this table."""
    table: Name | None = None
    """The other table, which a connector of the same tenant publishes, as it is when the run starts. Published values
    are compared, so both sides need the same protection."""
    file: Text | None = None
    """Instead of a table, a reference file of the workspace, as in the step `lookup`. Values before protection are
    compared with its text."""
    key: Annotated[tuple[Text, ...], Field(min_length=1)] | None = None
    """The columns of the table or file, in the same order; when absent they are called as the columns here."""

    @property
    def keys(self) -> tuple[str, ...]:
        """The columns that are looked up."""
        return self.key or self.columns


class ColumnQuality(Model):
    """Quality rules of one column. A word alone, as in `not_null: warn`, stands for `{then: warn}`."""

    NOUNS: ClassVar[dict[str, str]] = {
        "not_null": "something that a rule does",
        "unique": "something that a rule does",
    }

    not_null: Then | NotNull | None = None
    """The column has a value. What was not valid and became null has none."""
    range: Range | None = None
    """integer, decimal, float, date, timestamp: the value lies between two bounds."""
    one_of: OneOf | None = None
    """Text and integers: the value is one of a list."""
    pattern: Pattern | None = None
    """Text: the whole value has a form."""
    length: Length | None = None
    """Text: the value has so many characters."""
    unique: Then | Unique | None = None
    """No other record has the value: see the table's `unique`."""


class TableQuality(Model):
    """Quality rules of the table."""

    unique: UniqueTogether | tuple[UniqueTogether, ...] | None = None
    """Columns whose values together no two records have, or a list of such rules."""
    freshness: Freshness | tuple[Freshness, ...] | None = None
    """How old the newest value of a column may be, or a list of such rules."""
    row_count: RowCount | None = None
    """How many records a run publishes, in itself and against the last runs."""
    references: References | tuple[References, ...] | None = None
    """Values that another table or a file must have, or a list of such rules."""


@dataclass(frozen=True)
class Asked:
    """One rule of a connector.

    number: its place among all. name: `range`. columns: the output columns that it speaks of; none for a run's count.
    path: where it is declared. body: what is declared.
    """

    number: int
    name: str
    columns: tuple[str, ...]
    path: KeyPath
    body: QualityRule

    @property
    def column(self) -> str:
        """The columns in one text."""
        return ", ".join(self.columns)

    def place(self, number: int) -> KeyPath:
        """Where the rule names its column of that number."""
        if self.path[0] == "columns":
            return self.path
        return (*self.path, "column") if isinstance(self.body, Freshness) else (*self.path, "columns", number)

    @property
    def then(self) -> Then:
        """What happens where the rule does not hold."""
        return self.body.then

    @property
    def tolerated(self) -> Fraction | None:
        """The share that may fail; None when nothing is said of it."""
        said = getattr(self.body, "tolerate", None)
        return None if said is None else share_of(said)


def asked(connector: Connector) -> tuple[Asked, ...]:
    """All rules of a connector, in order: those of its columns, then those of the table. A rule that could not be
    read is left out."""
    found = [*_of_columns(connector), *_of_table(connector)]
    return tuple(Asked(number, *each) for number, each in enumerate(found))


_Found = Iterator[tuple[str, tuple[str, ...], KeyPath, QualityRule]]


def _of_columns(connector: Connector) -> _Found:
    for column, declared in connector.columns.items():
        quality = declared.__dict__.get("quality")
        for name in ColumnQuality.model_fields if isinstance(quality, ColumnQuality) else ():
            body = rule_of(name, quality.__dict__.get(name))
            if body is not None:
                yield name, (column,), ("columns", column, "quality", name), body


def _of_table(connector: Connector) -> _Found:
    quality = connector.__dict__.get("quality")
    for name in TableQuality.model_fields if isinstance(quality, TableQuality) else ():
        said = quality.__dict__.get(name)
        several = isinstance(said, tuple)
        rules: Iterable[Any] = (said or ()) if several else () if said is None else (said,)
        for place, body in enumerate(rules):
            columns = body.__dict__.get("columns") or (body.__dict__.get("column"),)
            path: KeyPath = ("quality", name, place) if several else ("quality", name)
            yield name, tuple(each for each in columns if each), path, body


def rule_of(name: str, said: Any) -> QualityRule | None:
    """A rule of a column as it was written, or the one that its word alone stands for."""
    if isinstance(said, str):
        short: dict[str, type[QualityRule]] = {"not_null": NotNull, "unique": Unique}
        return short[name].model_validate({"then": said})
    return said if isinstance(said, QualityRule) else None
