"""SQL expressions over a batch, carried out by DuckDB in memory, which can reach nothing else.

One database a process, one cursor a thread, each with one thread of its own. Its configuration is locked; it reads no
files, loads nothing and writes nowhere.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Mapping, Sequence

import duckdb
import polars as pl

from antechamber.errors import RecipeError
from antechamber.prepare.source_values import series
from antechamber.prepare.sql.dates import MACROS
from antechamber.prepare.sql.expression import Expression

MEMORY = "1GB"
"""What all expressions of a process may use beside the batches themselves. A batch that needs more is divided."""

_BATCH = "batch"
_mine = threading.local()


@functools.cache
def _database() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(
        ":memory:",
        config={
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "allow_community_extensions": "false",
            "allow_persistent_secrets": "false",
            "memory_limit": MEMORY,
            "threads": "1",
            "temp_directory": "",
            "max_temp_directory_size": "0B",
        },
    )
    connection.execute("SET python_enable_replacements = false")
    connection.execute("SET TimeZone = 'UTC'")
    for name, macro in MACROS.items():
        connection.execute(f"CREATE MACRO {name}{macro}")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


_LOCK = threading.Lock()


def _cursor() -> duckdb.DuckDBPyConnection:
    cursor: duckdb.DuckDBPyConnection | None = getattr(_mine, "cursor", None)
    if cursor is None:
        with _LOCK:
            cursor = _mine.cursor = _database().cursor()
        # TRY catches what fails inside of it; the optimiser would take what comes twice out of it.
        cursor.execute("PRAGMA disable_optimizer")
    return cursor


def evaluate(frame: pl.DataFrame, expressions: Sequence[Expression]) -> list[tuple[pl.Series, pl.Series]]:
    """For each expression its values, and where they are null because it failed (boolean).

    Raises RecipeError for an expression that does not fit the columns' types, whatever their values.
    """
    names = list(dict.fromkeys(name for each in expressions for name in each.columns))
    within = {name: f"c{place}" for place, name in enumerate(names)}
    given = frame.select(pl.col(name).alias(new) for name, new in within.items())
    if not names:
        given = pl.DataFrame({"c": pl.repeat(0, len(frame), eager=True)})
    found = []
    for each in expressions:
        statement = each.statement({name: frame.schema[name] for name in names}, within)
        try:
            _run(given.clear(), f"TRY({statement})")
        except duckdb.Error as error:
            raise _misfit(error, within) from None
        found.append(_evaluate(given, statement))
    return found


def _misfit(error: duckdb.Error, within: Mapping[str, str]) -> RecipeError:
    """Said before any value was looked at, so what DuckDB says tells none."""
    said = str(error).partition("\n")[0].partition(": ")[2] or type(error).__name__
    columns = ", ".join(within)
    return RecipeError(
        f"the expression does not fit the types of its columns ({columns})",
        remedy=f"use CAST(column AS …) and functions for that type; DuckDB says: {said}",
    )


def _evaluate(frame: pl.DataFrame, statement: str) -> tuple[pl.Series, pl.Series]:
    values = _values(frame, f"TRY({statement})")
    if values.dtype.is_float():
        values = pl.select(pl.when(values.is_finite()).then(values)).to_series()
    empty = values.is_null()
    failed = pl.repeat(False, len(frame), eager=True)
    if empty.any():
        # An expression that is null for a good reason says so; one that fails says nothing.
        known = _values(frame.filter(empty), f"TRY(({statement}) IS NULL)")
        if values.dtype.is_float():
            known = pl.select(pl.when(known).then(known)).to_series()
        failed = failed.scatter(empty.arg_true(), known.is_null())
    return values.alias(""), failed


def _values(frame: pl.DataFrame, expression: str) -> pl.Series:
    """The expression's values; a batch that does not fit in memory, or in which TRY lets something through, is
    divided down to single records, of which those that fail are null."""
    try:
        return _run(frame, expression)
    except (duckdb.Error, MemoryError):
        if len(frame) > 1:
            half = len(frame) // 2
            return pl.concat([_values(frame[:half], expression), _values(frame[half:], expression)])
        none = _run(frame.clear(), expression)
        return pl.repeat(None, len(frame), dtype=none.dtype, eager=True)


def _run(frame: pl.DataFrame, expression: str) -> pl.Series:
    cursor = _cursor()
    cursor.register(_BATCH, frame.to_arrow())
    try:
        found = cursor.execute(f"SELECT {expression} AS v FROM {_BATCH}").to_arrow_table()  # noqa: S608 - `expression` wrote it
    finally:
        cursor.unregister(_BATCH)
    return series(found.column(0).combine_chunks(), "the expression").rechunk()
