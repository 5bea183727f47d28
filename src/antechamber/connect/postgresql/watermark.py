"""Incremental reading: from which value on a run reads, and what it records (docs/why/watermark.md)."""

# ruff: noqa: S608 (statements are built here; every name and value in them goes through identifier() or literal())

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from antechamber.connect.postgresql import seen
from antechamber.connect.postgresql.horizon import Horizon
from antechamber.connect.postgresql.relation import Column, Relation
from antechamber.connect.postgresql.seen import Snapshot
from antechamber.connect.postgresql.session import Session, identifier, literal
from antechamber.errors import SourceError
from antechamber.records import Skipped, Window, moment_of

KINDS = {
    "timestamptz": "timestamptz",
    "timestamp": "timestamp",
    "date": "date",
    **dict.fromkeys(("int2", "int4", "int8", "numeric"), "number"),
}
WESTERNMOST = "interval '12 hours'"
EASTERNMOST = "interval '14 hours'"
HISTORY = 64


@dataclass(frozen=True)
class Mark:
    """What a commit recorded: the value that the next run reads from, and what above it was read already."""

    column: str
    kind: str
    of: str
    value: str | None
    exact: bool
    history: tuple[tuple[str, str], ...]
    seen: Mapping[str, Any]

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


@dataclass(frozen=True)
class Next:
    """A mark for the next run, and what is not exact about it."""

    mark: Mark
    notes: tuple[Skipped, ...]


def kind_of(column: Column, relation: Relation) -> str:
    """`timestamptz`, `timestamp`, `date` or `number`. Raises SourceError for any other type."""
    if column.type not in KINDS:
        raise SourceError(
            f"the column '{column.name}' is of type {column.declared}, which cannot be a watermark",
            where=relation.name,
            remedy="name a timestamp, date or integer column that grows",
        )
    return KINDS[column.type]


def largest(relation: Relation, column: Column) -> str:
    """A query for the largest value of a column of numbers, as text; NaN, which is larger than all, apart."""
    name = f"t.{identifier(column.name)}"
    numbers = f" WHERE {name} < 'NaN'" if column.type == "numeric" else ""
    return f"SELECT max({name})::text FROM {relation.source} AS t{numbers}"


def read_mark(recorded: Mapping[str, Any], column: Column, kind: str, relation: Relation) -> Mark:
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
    except (KeyError, TypeError, ValueError):
        raise SourceError(
            "the recorded watermark is not one of this source",
            where=relation.name,
            remedy="read everything again with --full",
        ) from None
    if (mark.column, mark.kind, mark.of) != (column.name, kind, _of(relation)):
        raise SourceError(
            f"the recorded watermark is of another column, table or query (column '{mark.column}')",
            where=relation.name,
            remedy="the source was changed since the last run: read everything again with --full",
        )
    return mark


def since(mark: Mark, column: Column) -> str:
    """The condition of records that may have changed since the mark, over alias `t`; those it remembers included."""
    name = f"t.{identifier(column.name)}"
    if mark.value is None:
        return f"{name} IS NOT NULL"
    # An int8 is compared with a smaller integer through the same index, and cannot overflow as that could.
    as_type = "int8" if column.type in ("int2", "int4") else column.type
    return f"{name} >= {literal(mark.value)}::pg_catalog.{as_type}"


def within(window: Window, column: Column, relation: Relation) -> str:
    """The condition of records of a backfill's window, over alias `t`. Raises SourceError."""
    kind = kind_of(column, relation)
    name = f"t.{identifier(column.name)}"
    bounds = [f"{name} >= {_bound(window.since, kind, column, relation)}"]
    if window.until is not None:
        bounds.append(f"{name} < {_bound(window.until, kind, column, relation)}")
    return " AND ".join(bounds)


def _bound(text: str, kind: str, column: Column, relation: Relation) -> str:
    try:
        if kind == "number":
            return literal(str(Decimal(text))) + "::pg_catalog.numeric"
        moment = moment_of(text)
    except (ValueError, ArithmeticError):
        raise SourceError(
            f"'{text}' is no bound for the column '{column.name}', which is of type {column.declared}",
            where=relation.name,
            remedy="write a number" if kind == "number" else "write --from 2026-01-01 or 2026-01-01T12:00:00+00:00",
        ) from None
    if kind == "timestamptz":
        return f"{literal(moment.isoformat())}::timestamptz"
    return literal(moment.replace(tzinfo=None).isoformat(" ")) + f"::timestamp{'::date' if kind == 'date' else ''}"


def advance(
    session: Session,
    relation: Relation,
    column: Column,
    horizon: Horizon,
    snapshot: Snapshot,
    *,
    last: Mark | None,
    lateness: float | None,
    zone: str,
) -> Next:
    """The mark to be recorded when the records of the session's snapshot are published.

    last: the mark of the commit before, if it is of the same column. zone: the server's own TimeZone. Raises
    SourceError.
    """
    kind = kind_of(column, relation)
    notes: list[str] = []
    history: tuple[tuple[str, str], ...] = ()
    exact = True
    if kind == "number":
        value, exact, history = _number(session, relation, column, horizon, last, lateness, notes)
    elif horizon.unbounded:
        value = last.value if last and last.exact else None
        notes.append("a prepared transaction is open: the watermark does not advance until it ends")
    elif horizon.at is not None:
        value, exact = _moment(session, relation, kind, horizon.at, lateness, zone, notes)
    else:
        value, exact = _seen_moment(session, relation, column, kind, lateness), False
        notes.append(_inexact(horizon, lateness))
    mark = Mark(column.name, kind, _of(relation), value, exact, history, {})
    remembered = seen.remember(session, relation, since(mark, column), snapshot)
    mark = Mark(column.name, kind, mark.of, value, exact, history, remembered)
    return Next(mark, tuple(Skipped(relation.name, note) for note in notes))


def without_watermark(session: Session, relation: Relation, column: Column) -> tuple[Skipped, ...]:
    """The records that no incremental run can find, as their watermark is null."""
    if column.required:
        return ()
    count = session.rows(f"SELECT count(*) FROM {relation.source} AS t WHERE t.{identifier(column.name)} IS NULL")[0][
        0
    ]
    if not count:
        return ()
    said = f"{count:,} record{'s have' if count != 1 else ' has'}"
    return (Skipped(relation.name, f"{said} no {column.name}: read only in a full run (--full)"),)


def _of(relation: Relation) -> str:
    """Names the relation; a query by its text's digest."""
    if relation.kind:
        return relation.name
    return "query:" + hashlib.sha256(relation.source.encode()).hexdigest()[:16]


def _moment(
    session: Session, relation: Relation, kind: str, at: str, lateness: float | None, zone: str, notes: list[str]
) -> tuple[str | None, bool]:
    """The horizon as a value of the column, and whether it is exact for a column set by the transaction's clock."""
    moment = f"{literal(at + '+00')}::timestamptz - {_seconds(lateness)}"
    if kind == "timestamptz":
        return _one(session, f"({moment})::text"), True
    if kind == "date":
        return _one(session, f"(({moment}) AT TIME ZONE 'UTC' - {WESTERNMOST})::date::text"), True
    if relation.local:
        # Whatever zone a writer's session is in, its clock shows no less. What this reads again, `seen` excludes.
        return _one(session, f"(({moment}) AT TIME ZONE 'UTC' - {WESTERNMOST})::text"), True
    notes.append(f"timestamps without time zone: taken as {zone}, the server's own, in every writer's session")
    return _one(session, f"(({moment}) AT TIME ZONE {literal(zone)} - interval '1 hour')::text"), False


def _seen_moment(
    session: Session, relation: Relation, column: Column, kind: str, lateness: float | None
) -> str | None:
    """The largest value seen, or now if that is earlier, less the lateness."""
    now = {"timestamptz": "now()", "timestamp": f"(now() AT TIME ZONE 'UTC' + {EASTERNMOST})"}.get(
        kind, f"(now() AT TIME ZONE 'UTC' + {EASTERNMOST})::date"
    )
    value = f"least(max(t.{identifier(column.name)}), {now}) - {_seconds(lateness)}"
    if kind == "date":
        value = f"({value})::date"
    return _one(
        session,
        f"CASE WHEN count(t.{identifier(column.name)}) > 0 THEN ({value})::text END FROM {relation.source} AS t",
    )


def _number(
    session: Session,
    relation: Relation,
    column: Column,
    horizon: Horizon,
    last: Mark | None,
    lateness: float | None,
    notes: list[str],
) -> tuple[str | None, bool, tuple[tuple[str, str], ...]]:
    """(value, exact, history) for a number.

    A number that a sequence gives out grows with time, so one that is drawn after a moment is larger than every one
    that was visible by then. The history keeps (moment, largest value then); the value is that of the latest moment
    before the oldest open transaction began.
    """
    history = last.history if last else ()
    if horizon.largest is not None:
        history = (*history, (horizon.clock, horizon.largest))
    if horizon.at is None and not horizon.unbounded:
        notes.append(_inexact(horizon, lateness))
        return _less(session, horizon.largest, lateness), False, ()
    if horizon.unbounded:
        notes.append("a prepared transaction is open: the watermark does not advance until it ends")
        return (last.value, last.exact, _thinned(history)) if last and last.exact else (None, True, _thinned(history))
    at = horizon.at or ""
    safe = [entry for entry in history if entry[0] <= at]
    value = safe[-1][1] if safe else None
    exact = _from_sequence(session, relation, column)
    if not exact:
        notes.append(
            f"{column.name} is not drawn one by one from a sequence: a smaller value written later is missed"
        )
    kept = (*safe[-1:], *(entry for entry in history if entry[0] > at))
    return _less(session, value, lateness), exact, _thinned(kept)


def _from_sequence(session: Session, relation: Relation, column: Column) -> bool:
    """Whether the column's values come from a sequence that only grows and that sessions do not draw ahead from."""
    if relation.kind not in ("r", "p"):
        return False
    found = session.rows(
        "SELECT q.seqcache = 1 AND q.seqincrement > 0 AND NOT q.seqcycle FROM pg_catalog.pg_sequence q "
        f"WHERE q.seqrelid = pg_catalog.pg_get_serial_sequence({literal(relation.source)}, {literal(column.name)})"
        "::regclass"
    )
    return bool(found and found[0][0])


def _thinned(history: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """At most HISTORY entries; leaving one out only makes a later value smaller."""
    while len(history) > HISTORY:
        history = (history[0], *history[1:-1:2], history[-1])
    return history


def _less(session: Session, value: str | None, lateness: float | None) -> str | None:
    if value is None or not lateness:
        return value
    less = f"trunc({literal(value)}::numeric - {literal(repr(lateness))}::numeric)"
    return _one(session, f"greatest({less}, {-(1 << 63)})::text")


def _seconds(lateness: float | None) -> str:
    return f"make_interval(secs => {lateness or 0.0!r})"


def _inexact(horizon: Horizon, lateness: float | None) -> str:
    if lateness is not None:
        return f"records that commit later than `lateness: {lateness:g}` are missed: {horizon.because}"
    return f"records of transactions open now may be missed: {horizon.because}; or declare `lateness:`"


def _one(session: Session, expression: str) -> str | None:
    value = session.rows(f"SELECT {expression}")[0][0]
    return None if value is None else str(value)
