"""Incremental reading: from which value on a run reads, and what it records (docs/why/watermark.md)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from antechamber.connect.relational.database import Horizon
from antechamber.connect.relational.dialect import Dialect
from antechamber.connect.relational.relation import Column, Relation
from antechamber.connect.relational.seen import Remembered
from antechamber.errors import SourceError
from antechamber.records import Window, moment_of

WESTERNMOST = timedelta(hours=14)
"""No clock is further behind UTC (MySQL allows −13:59)."""
EASTERNMOST = timedelta(hours=14)
SUMMER_TIME = timedelta(hours=1)
HISTORY = 64


@dataclass(frozen=True)
class Mark:
    """What a commit recorded: the value that the next run reads from, and what above it was read already.

    value: as `Dialect.constant` takes it. history: (moment, a number column's largest value then), ascending.
    """

    column: str
    kind: str
    of: str
    value: str | None
    exact: bool
    history: tuple[tuple[str, str], ...] = ()
    seen: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, object]:
        """The form that a commit keeps."""
        return {
            "column": self.column,
            "kind": self.kind,
            "of": self.of,
            "value": self.value,
            "exact": self.exact,
            "history": [list(entry) for entry in self.history],
            "seen": dict(self.seen),
        }

    @property
    def remembered(self) -> Remembered | None:
        """The records at or above the value that were read."""
        return Remembered.from_json(self.seen) if self.seen else None


def check(column: Column, relation: Relation) -> None:
    """Raises SourceError for a column that cannot be a watermark."""
    if not column.moment:
        raise SourceError(
            f"the column '{column.name}' is of type {column.declared}, which cannot be a watermark",
            where=relation.name,
            remedy="name a timestamp, date or integer column that grows",
        )


def read_mark(recorded: Mapping[str, Any], column: Column, relation: Relation) -> Mark:
    """The mark that the last commit recorded. Raises SourceError when it is not of this column and relation."""
    try:
        mark = Mark(
            column=str(recorded["column"]),
            kind=str(recorded["kind"]),
            of=str(recorded["of"]),
            value=None if recorded["value"] is None else str(recorded["value"]),
            exact=bool(recorded["exact"]),
            history=tuple((str(moment), str(value)) for moment, value in recorded["history"]),
            seen=dict(recorded["seen"]),
        )
        mark.remembered  # noqa: B018 - it is read here to be found wrong here
    except (KeyError, TypeError, ValueError):
        raise SourceError(
            "the recorded watermark is not one of this source",
            where=relation.name,
            remedy="read everything again with --full",
        ) from None
    if (mark.column, mark.kind, mark.of) != (column.name, column.moment, _of(relation)):
        raise SourceError(
            f"the recorded watermark is of another column, table or query (column '{mark.column}')",
            where=relation.name,
            remedy="the source was changed since the last run: read everything again with --full",
        )
    return mark


def since(value: str | None, column: Column, dialect: Dialect) -> str:
    """The condition, over alias `t`, of records that may have changed since a mark of that value."""
    name = f"t.{dialect.identifier(column.name)}"
    return f"{name} IS NOT NULL" if value is None else f"{name} >= {dialect.constant(value, column)}"


def within(window: Window, column: Column | None, relation: Relation, dialect: Dialect) -> str:
    """The condition of records of a backfill's window, over alias `t`. Raises SourceError."""
    if column is None:
        raise SourceError(
            "without a watermark nothing tells which records belong to the window",
            where=relation.name,
            remedy="declare `watermark:`, or run without --from",
        )
    condition = since(_bound(window.since, column, relation, dialect), column, dialect)
    if window.until is None:
        return condition
    return f"{condition} AND {before(_bound(window.until, column, relation, dialect), column, dialect, nulls=False)}"


def _bound(text: str, column: Column, relation: Relation, dialect: Dialect) -> str:
    try:
        if column.moment == "number":
            return _digits(text)
        moment = moment_of(text)
    except (ValueError, ArithmeticError):
        raise SourceError(
            f"'{text}' is no bound for the column '{column.name}'",
            where=relation.name,
            remedy="write a number" if column.moment == "number" else "write --from 2026-01-01",
        ) from None
    return moment.date().isoformat() if column.moment == "date" else dialect.recorded(moment)


def _digits(text: str) -> str:
    number = Decimal(text)
    if not number.is_finite():
        raise ValueError(text)
    return f"{number:f}"


def before(value: str | None, column: Column, dialect: Dialect, *, nulls: bool) -> str:
    """The condition of records below a mark, and of those without a watermark."""
    name = f"t.{dialect.identifier(column.name)}"
    below = "1 = 0" if value is None else f"{name} < {dialect.constant(value, column)}"
    return f"({below} OR {name} IS NULL)" if nulls else below


def advance(
    relation: Relation,
    column: Column,
    horizon: Horizon,
    *,
    last: Mark | None,
    lateness: float | None,
    largest: Callable[[], str | None],
) -> tuple[Mark, tuple[str, ...]]:
    """The mark to be recorded when the records of the snapshot are published, without what was seen; and notes.

    last: the mark of the commit before, if it is of the same column. largest: asks for the column's largest value in
    the snapshot, as `Dialect.constant` takes it.
    """
    notes: list[str] = []
    history: tuple[tuple[str, str], ...] = ()
    if column.moment == "number":
        value, exact, history = _number(column, horizon, last, lateness, largest, notes)
    elif horizon.settled:
        value, exact = _less(largest(), column, lateness), True
    elif horizon.unbounded:
        value, exact = (last.value if last and last.exact else None), True
        notes.append("a prepared transaction is open: the watermark does not advance until it ends")
    elif horizon.at is not None:
        value, exact = _moment(column, horizon, lateness, notes)
    else:
        value, exact = _seen_moment(column, horizon, largest(), lateness), False
        notes.append(_inexact(horizon, lateness))
    if (
        last is not None
        and last.value is not None
        and (value is None or _key(last.value, column) > _key(value, column))
    ):
        value = last.value  # what was a horizon once stays one
    return Mark(column.name, column.moment, _of(relation), value, exact, history), tuple(notes)


def _of(relation: Relation) -> str:
    """Names the relation; a query by its text's digest."""
    if relation.kind != "query":
        return relation.name
    return "query:" + hashlib.sha256((relation.declared or relation.source).encode()).hexdigest()[:16]


def _moment(column: Column, horizon: Horizon, lateness: float | None, notes: list[str]) -> tuple[str, bool]:
    """The horizon as a value of the column, and whether it is exact for a column set by the statement's clock."""
    assert horizon.at is not None  # noqa: S101 - asked by the caller
    # A column of whole seconds holds less than the clock showed when it was set.
    at = _earlier(horizon.at, timedelta(seconds=lateness or 0)).replace(microsecond=0)
    if column.moment == "instant":
        return _text(at), True
    if column.moment == "date":
        # Whatever zone a writer's session is in, its calendar shows no earlier day.
        return _earlier(at, WESTERNMOST).date().isoformat(), True
    if horizon.zone != "UTC":
        notes.append(f"times without time zone: taken as {horizon.zone}, the server's own, in every writer's session")
        return _text(_earlier(at + horizon.wall, SUMMER_TIME)), False
    return _text(at + horizon.wall), True


def _seen_moment(column: Column, horizon: Horizon, largest: str | None, lateness: float | None) -> str | None:
    """The largest value seen, or now if that is earlier, less the lateness."""
    if largest is None:
        return None
    now = horizon.clock if column.moment == "instant" else horizon.clock + EASTERNMOST
    seen = _less(largest, column, lateness)
    cap = _earlier(now, timedelta(seconds=lateness or 0))
    return min(seen or largest, cap.date().isoformat() if column.moment == "date" else _text(cap))


def _number(
    column: Column,
    horizon: Horizon,
    last: Mark | None,
    lateness: float | None,
    largest: Callable[[], str | None],
    notes: list[str],
) -> tuple[str | None, bool, tuple[tuple[str, str], ...]]:
    """(value, exact, history) for a number.

    A number that a counter gives out grows with time, so one that is drawn after a moment is larger than every one
    that was visible by then. The history keeps (moment, largest value then); the value is that of the latest moment
    before the oldest open transaction that may have drawn one.
    """
    if horizon.settled:
        _from_elsewhere(column, notes)
        return _less(largest(), column, lateness), column.drawn, ()
    seen = None if horizon.largest is None else str(horizon.largest)
    if horizon.at is None and not horizon.unbounded:
        notes.append(_inexact(horizon, lateness))
        return _less(seen, column, lateness), False, ()
    _from_elsewhere(column, notes)
    if horizon.unbounded:
        notes.append("a prepared transaction is open: the watermark does not advance until it ends")
        return (last.value if last and last.exact else None), True, _thinned(last.history if last else ())
    if horizon.drawn is None:
        entries = () if seen is None else ((_text(horizon.clock), seen),)
        return _less(seen, column, lateness), column.drawn, entries
    history = last.history if last else ()
    if seen is not None:
        history = (*history, (_text(horizon.clock), seen))
    at = _text(horizon.drawn)
    safe = [entry for entry in history if entry[0] <= at]
    value = safe[-1][1] if safe else None
    kept = (*safe[-1:], *(entry for entry in history if entry[0] > at))
    return _less(value, column, lateness), column.drawn, _thinned(kept)


def _from_elsewhere(column: Column, notes: list[str]) -> None:
    if not column.drawn:
        notes.append(f"{column.name} is not drawn from a counter: a smaller value written later is missed")


def _thinned(history: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """At most HISTORY entries; leaving one out only makes a later value smaller."""
    while len(history) > HISTORY:
        history = (history[0], *history[1:-1:2], history[-1])
    return history


def _less(value: str | None, column: Column, lateness: float | None) -> str | None:
    """A value of the column, less the lateness."""
    if value is None or not lateness:
        return value
    if column.moment == "number":
        return str(int(value) - int(lateness))
    if column.moment == "date":
        back = timedelta(days=-(-int(lateness) // 86400))
        return _earlier(datetime.fromisoformat(value), back).date().isoformat()
    return _text(_earlier(datetime.fromisoformat(value), timedelta(seconds=lateness)))


def _key(value: str, column: Column) -> Any:
    if column.moment == "number":
        return int(value)
    try:
        return date.fromisoformat(value) if column.moment == "date" else datetime.fromisoformat(value)
    except ValueError:
        return datetime.min  # a text that some program keeps times in: nothing is known of its order


def _earlier(moment: datetime, by: timedelta) -> datetime:
    try:
        return moment - by
    except OverflowError:
        return datetime.min


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S.%f").rjust(26, "0")


def _inexact(horizon: Horizon, lateness: float | None) -> str:
    if lateness is not None:
        return f"records that commit later than `lateness: {lateness:g}` are missed: {horizon.because}"
    return f"records of transactions open now may be missed: {horizon.because}; or declare `lateness:`"
