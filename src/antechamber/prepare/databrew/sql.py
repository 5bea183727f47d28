"""Pieces of DuckDB's SQL that recipe steps are written in. Every piece is an expression over the columns of one row.

Columns are text unless a step of the recipe made them numbers; text that is no number, or no date, is null there.
"""

from __future__ import annotations

from collections.abc import Iterable


def name(column: str) -> str:
    """A column's name as SQL quotes it."""
    return '"' + column.replace('"', '""') + '"'


def lit(value: str) -> str:
    """A text as SQL quotes it."""
    return "'" + value.replace("'", "''") + "'"


def listed(values: Iterable[str]) -> str:
    """Texts in parentheses, as behind IN."""
    return f"({', '.join(lit(value) for value in values)})"


def text(column: str, *, numeric: bool = False) -> str:
    """A column's value as text. numeric: a step made it a number; whole ones are written without a point."""
    plain = f"CAST({name(column)} AS VARCHAR)"
    return f"regexp_replace({plain}, '\\.0$', '')" if numeric else plain


def number(expression: str) -> str:
    """A text as a number, null when it is none."""
    return f"TRY_CAST({expression} AS DOUBLE)"


def moment(expression: str, *, times: bool = False) -> str:
    """A text as a date and time, null when it is none. times: a time of day alone will do too."""
    return f"{'read_time' if times else 'read_date'}({expression})"


def present(expression: str) -> str:
    """A text that is there: null when it is empty."""
    return f"nullif({expression}, '')"


def upper(expression: str) -> str:
    """Capital letters, as Java writes them: ß becomes SS."""
    return f"upper(replace({expression}, 'ß', 'SS'))"
