"""The overlap of two published tables, counted exactly."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from antechamber.collaborate.values import quoted
from antechamber.forecast.keys import MatchKey, Side

MEMORY = "1GB"
"""What the count may hold; the rest goes to the scratch folder, as hashed as it is in the tables."""

ANY = "any of these"
"""The name of the line that counts records with at least one key in common."""


@dataclass(frozen=True)
class Count:
    """One side of a key. records: that have it. matched: of these, how many have it in common with the other side."""

    records: int
    distinct: int
    matched: int
    of: int
    """All records of the side."""

    @property
    def rate(self) -> float:
        """The share of all records that match, 0 to 1."""
        return self.matched / self.of if self.of else 0.0


@dataclass(frozen=True)
class Overlap:
    """A key's overlap. both: distinct keys that both sides have; None for ANY."""

    key: str
    left: Count
    right: Count
    both: int | None


def overlap(left: Side, right: Side, keys: Sequence[MatchKey], *, scratch: Path) -> list[Overlap]:
    """Each key's overlap, and that of records which have any key in common. Raises QueryFailed, OSError.

    scratch: a folder for what memory does not hold.
    """
    scratch.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=scratch) as folder, duckdb.connect() as database:
        database.execute(f"SET temp_directory = '{folder}'")
        database.execute(f"SET memory_limit = '{MEMORY}'")
        for side, name in ((left, "left"), (right, "right")):
            columns = dict.fromkeys(column for key in keys for column in getattr(key, name))
            database.execute(side.view(name, list(columns)))
            made = ", ".join(f"{_joined(getattr(key, name))} AS k{n}" for n, key in enumerate(keys))
            database.execute(f"CREATE VIEW {name}_keys AS SELECT {made} FROM {quoted(name)}")  # noqa: S608 - numbered
            for n in range(len(keys)):
                # Without nulls, so that a key that is not there is simply not among them.
                database.execute(f"CREATE VIEW {name}_{n} AS SELECT k{n} FROM {name}_keys WHERE k{n} IS NOT NULL")  # noqa: S608
        counts = {name: _counts(database, name, other, len(keys)) for name, other in _SIDES}
        both = [_both(database, number) for number in range(len(keys))]
    names = [key.name for key in keys] + [ANY]
    return [
        Overlap(name, counts["left"][n], counts["right"][n], both[n] if n < len(both) else None)
        for n, name in enumerate(names)
    ]


_SIDES = (("left", "right"), ("right", "left"))


def _joined(columns: Sequence[str]) -> str:
    # Null where a part is null; a hash has no such separator in it.
    return " || '|' || ".join(f"CAST({quoted(column)} AS VARCHAR)" for column in columns)


def _counts(database: duckdb.DuckDBPyConnection, name: str, other: str, keys: int) -> list[Count]:
    marks = ", ".join(f"k{n}, k{n} IN (FROM {other}_{n}) AS m{n}" for n in range(keys))
    asked = ["count(*)"]
    for n in range(keys):
        asked += [f"count(k{n})", f"count(DISTINCT k{n})", f"count(*) FILTER (m{n})"]
    some = " OR ".join(f"coalesce(m{n}, false)" for n in range(keys))
    has = " OR ".join(f"k{n} IS NOT NULL" for n in range(keys))
    asked += [f"count(*) FILTER ({has})", f"count(*) FILTER ({some})"]
    row = database.execute(f"SELECT {', '.join(asked)} FROM (SELECT {marks} FROM {name}_keys)").fetchone()  # noqa: S608
    assert row is not None  # noqa: S101 - an aggregate has a row
    every, *numbers, having, matched = row
    threes = [numbers[3 * n : 3 * n + 3] for n in range(keys)]
    counts = [Count(records, distinct, met, every) for records, distinct, met in threes]
    return [*counts, Count(having, 0, matched, every)]


def _both(database: duckdb.DuckDBPyConnection, number: int) -> int:
    key = f"k{number}"
    row = database.execute(
        f"SELECT count(DISTINCT {key}) FROM left_{number} WHERE {key} IN (FROM right_{number})"  # noqa: S608
    ).fetchone()
    assert row is not None  # noqa: S101 - an aggregate has a row
    return int(row[0])
