"""Queries to a database: one SELECT that changes nothing."""

from __future__ import annotations

import functools

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.tokenizer_core import TokenType

_REMEDY = "write one SELECT"
_READERS = {
    "postgres": "PostgreSQL",
    "mysql": "MySQL",
    "sqlite": "SQLite",
    "duckdb": "DuckDB",
    "redshift": "Redshift",
    "snowflake": "Snowflake",
    "bigquery": "BigQuery",
    "tsql": "SQL Server",
    "oracle": "Oracle",
    "databricks": "Databricks",
}
"""Dialect → whose it is."""

_BEGINS = (TokenType.SELECT, TokenType.WITH, TokenType.L_PAREN)


def flaw_of_query(text: str, dialect: str = "postgres") -> tuple[str, str] | None:
    """What is wrong with a query, and the remedy; None when nothing is. No part of the query is repeated.

    dialect: whose SQL it is, in sqlglot's words; "" when that is not known.
    """
    query = _parsed(text, dialect)
    if isinstance(query, str):
        return query, _REMEDY
    return _flaw(query)


def output_names(text: str, dialect: str = "postgres") -> frozenset[str] | None:
    """The columns that the query returns, or None when only the database can tell."""
    query = _parsed(text, dialect)
    if isinstance(query, str) or query.is_star or not all(query.named_selects):
        return None
    return frozenset(query.named_selects)


@functools.lru_cache(maxsize=256)
def _parsed(text: str, dialect: str) -> exp.Query | str:
    """The query, or why it is none."""
    text = text.strip().rstrip(";").rstrip()  # an end that whoever reads the query takes off too
    try:
        tokens = sqlglot.tokenize(text, dialect=dialect)
        if not tokens:
            return "the query is empty"
        # Other statements are told by their first word: the parser would log the text of some of them.
        if tokens[0].token_type not in _BEGINS:
            return "the query is not a SELECT"
        if any(token.token_type is TokenType.SEMICOLON for token in tokens):
            return "the query is more than one statement"
        statements = sqlglot.parse(text, dialect=dialect)
    except (SqlglotError, RecursionError):
        return f"the query is not SQL that {_READERS.get(dialect, 'the database')} reads"
    except Exception:
        # The parser fails in its own ways on some malformed text.
        return f"the query is not SQL that {_READERS.get(dialect, 'the database')} reads"
    query = statements[0] if len(statements) == 1 else None
    if not isinstance(query, exp.Query):
        return "the query is not a SELECT"
    selects = list(query.find_all(exp.Select))
    if not selects or any(not select.expressions for select in selects):
        return "the query selects nothing"
    return query


def _flaw(query: exp.Query) -> tuple[str, str] | None:
    if query.find(exp.Insert, exp.Update, exp.Delete, exp.Merge, exp.Command, exp.Create, exp.Drop):
        return "the query changes data", "write one SELECT that only reads"
    if query.find(exp.Into):
        return "SELECT … INTO makes a table", "remove INTO"
    if query.find(exp.Lock):
        return "the query locks rows (FOR UPDATE, FOR SHARE)", "remove the locking clause"
    if query.find(exp.Placeholder, exp.Parameter):
        return "the query has a parameter, and nothing fills it in", "write the value"
    return None
