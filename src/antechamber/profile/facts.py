"""Facts of a published column: how full, how varied, how long, how large. No value of a person is among them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import duckdb

from antechamber.collaborate.values import quoted
from antechamber.declare import Column

BINS = 20
"""Bars of a histogram."""

TOP = 8
"""Values that are listed of a column."""

FEWEST = 10
"""Records that a listed value must stand for: a rarer one could be somebody's own."""

MOST_DISTINCT, MOST_NUMBERS = 10_000, 20
"""A column of more different values (numbers) has none that is worth listing."""

EXACT = 200_000
"""Up to about so many different values they are counted one by one; of more, those whose hashes are small enough."""

LISTED = frozenset({"string", "boolean", "integer", "country", "state", "city", "postal_code", "gender"})
"""Types whose frequent values say nothing about a single person, where they are published as they are."""

NUMBERS = ("BIGINT", "INTEGER", "DOUBLE", "DECIMAL", "FLOAT", "SMALLINT", "TINYINT", "HUGEINT")
MOMENTS = ("DATE", "TIMESTAMP")


@dataclass(frozen=True)
class Histogram:
    """Counts of records in bins of one width. low, high: the outer bounds; of days and moments in epoch seconds.

    outside: records beyond the bounds, where these are another table's.
    """

    low: float
    high: float
    counts: tuple[int, ...]
    outside: int = 0


@dataclass(frozen=True)
class Spread:
    """Where the numbers lie. Days and moments are epoch seconds."""

    least: float
    most: float
    mean: float
    deviation: float
    quantiles: tuple[float, ...]
    """5, 25, 50, 75, 95 %."""


@dataclass(frozen=True)
class ColumnFacts:
    """One column.

    present: records that have a value. distinct: different values; exact up to about 200,000, then within a percent.
    lengths: of texts, in characters. spread, histogram: of numbers, days, moments. top: frequent values → records.
    """

    name: str
    type: str
    protect: str
    records: int
    present: int
    distinct: int
    lengths: Histogram | None = None
    spread: Spread | None = None
    histogram: Histogram | None = None
    top: Mapping[str, int] = field(default_factory=dict)
    moments: bool = False

    @property
    def filled(self) -> float:
        """The share of records that have a value, 0 to 1."""
        return self.present / self.records if self.records else 0.0


def facts(
    database: duckdb.DuckDBPyConnection,
    view: str,
    columns: Mapping[str, Column],
    *,
    keys: tuple[str, ...] = (),
    like: Mapping[str, ColumnFacts] | None = None,
) -> list[ColumnFacts]:
    """The facts of a view's columns.

    columns: those that it has, as they are declared. keys: of these no value is listed.
    like: facts whose bins are to be used, and whose values are to be counted, so that two tables can be compared.
    """
    return [
        _facts(database, view, name, column, name in keys, (like or {}).get(name)) for name, column in columns.items()
    ]


def _facts(
    database: duckdb.DuckDBPyConnection, view: str, name: str, column: Column, is_key: bool, like: ColumnFacts | None
) -> ColumnFacts:
    table, value = quoted(view), quoted(name)
    row = _one(database, f"SELECT typeof({value}) FROM {table} LIMIT 1")  # noqa: S608 - quoted
    kind = str(row[0]) if row else "VARCHAR"
    records, present = _one(database, f"SELECT count(*), count({value}) FROM {table}")  # noqa: S608 - quoted
    distinct = _distinct(database, table, value)
    made: dict[str, Any] = {}
    if kind == "VARCHAR":
        made["lengths"] = _histogram(database, table, f"length({value})", like.lengths if like else None)
    else:
        number = _number(value, kind)
        if number is not None and not is_key and column.type not in ("id", "date_of_birth"):
            made["spread"] = _spread(database, table, number)
            made["histogram"] = _histogram(database, table, number, like.histogram if like else None)
            made["moments"] = kind.startswith(MOMENTS)
    if _listable(column, is_key) and distinct <= (MOST_NUMBERS if "spread" in made else MOST_DISTINCT):
        made["top"] = _top(database, table, value, tuple(like.top) if like else None)
    return ColumnFacts(
        name=name,
        type=column.type,
        protect=column.protect or "none",
        records=records,
        present=present,
        distinct=min(distinct, present),
        **made,
    )


def _listable(column: Column, is_key: bool) -> bool:
    return column.type in LISTED and (column.protect or "none") in ("none", "bucket", "truncate") and not is_key


def _number(value: str, kind: str) -> str | None:
    if kind.startswith(NUMBERS):
        return f"CAST({value} AS DOUBLE)"
    return f"epoch({value})" if kind.startswith(MOMENTS) else None


def _distinct(database: duckdb.DuckDBPyConnection, table: str, value: str) -> int:
    """Different values. DuckDB's own estimate may be wrong by a fifth, so it only chooses how they are counted.

    Of many, those with a hash below a threshold are counted, which is a random share of them (K minimum values).
    """
    about = int(_one(database, f"SELECT approx_count_distinct({value}) FROM {table}")[0])  # noqa: S608 - quoted
    if about <= EXACT:
        return int(_one(database, f"SELECT count(DISTINCT {value}) FROM {table}")[0])  # noqa: S608 - quoted
    below = (1 << 64) * EXACT // about
    found = _one(
        database,
        f"SELECT count(DISTINCT h) FROM (SELECT hash({value}) AS h FROM {table} WHERE {value} IS NOT NULL) "  # noqa: S608
        f"WHERE h < {below}",
    )
    return round(int(found[0]) * (1 << 64) / below)


def _spread(database: duckdb.DuckDBPyConnection, table: str, number: str) -> Spread | None:
    row = _one(
        database,
        f"SELECT min({number}), max({number}), avg({number}), coalesce(stddev_pop({number}), 0), "  # noqa: S608 - quoted
        f"approx_quantile({number}, [0.05, 0.25, 0.5, 0.75, 0.95]) FROM {table}",
    )
    if row[0] is None:
        return None
    return Spread(row[0], row[1], row[2], row[3], tuple(row[4]))


def _histogram(
    database: duckdb.DuckDBPyConnection, table: str, number: str, like: Histogram | None
) -> Histogram | None:
    if like is None:
        low, high = _one(database, f"SELECT min({number}), max({number}) FROM {table}")  # noqa: S608 - quoted
        if low is None:
            return None
        bins = int(min(BINS, high - low + 1)) if float(low).is_integer() and float(high).is_integer() else BINS
    else:
        low, high, bins = like.low, like.high, len(like.counts)
    width = (high - low) / bins or 1.0
    place = f"least(CAST(floor(({number} - {low!r}) / {width!r}) AS BIGINT), {bins - 1})"
    inside = f"{number} BETWEEN {low!r} AND {high!r}"
    counted = database.execute(
        f"SELECT CASE WHEN {inside} THEN {place} ELSE -1 END AS b, count(*) FROM {table} "  # noqa: S608 - quoted
        f"WHERE {number} IS NOT NULL GROUP BY b"
    ).fetchall()
    counts = dict(counted)
    return Histogram(float(low), float(high), tuple(counts.get(n, 0) for n in range(bins)), counts.get(-1, 0))


def _top(
    database: duckdb.DuckDBPyConnection, table: str, value: str, these: tuple[str, ...] | None
) -> dict[str, int]:
    text = f"CAST({value} AS VARCHAR)"
    if these is not None:
        found = database.execute(
            f"SELECT {text}, count(*) FROM {table} WHERE {text} IN (SELECT unnest($1)) GROUP BY 1",  # noqa: S608
            [list(these)],
        ).fetchall()
        return {name: dict(found).get(name, 0) for name in these}
    found = database.execute(
        f"SELECT {text} AS v, count(*) AS n FROM {table} WHERE {value} IS NOT NULL "  # noqa: S608 - quoted
        f"GROUP BY v HAVING n >= {FEWEST} ORDER BY n DESC, v LIMIT {TOP}"
    ).fetchall()
    return dict(found)


def _one(database: duckdb.DuckDBPyConnection, sql: str) -> tuple[Any, ...]:
    return database.execute(sql).fetchone() or ()
