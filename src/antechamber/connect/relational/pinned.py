"""Queries that see one state: each table that a query names is read as it was at a moment."""

from __future__ import annotations

from collections.abc import Callable

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.scope import traverse_scope

TRAVELS = ("version", "when")
"""Where sqlglot keeps a table's moment."""


def tables(query: str, dialect: str) -> list[str] | None:
    """The tables that a query names, as it writes them. None: the query cannot be pinned."""
    found = _parsed(query, dialect)
    return None if found is None else list(dict.fromkeys(_name(table, dialect) for table in found[1]))


def pinned(query: str, dialect: str, clause: Callable[[str], str]) -> str | None:
    """The query with `clause(table)` behind each table that has no moment of its own.

    clause: SQL such as `VERSION AS OF 7`. None: the query is not one SELECT that can be read here, names no table, or
    reads what is no table (a function, a file).
    """
    found = _parsed(query, dialect)
    if found is None:
        return None
    tree, named = found
    for table in named:
        if any(table.args.get(key) is not None for key in TRAVELS):
            continue  # the user has fixed its moment
        asked = f"SELECT * FROM x {clause(_name(table, dialect))}"  # noqa: S608 - read here, never run
        try:
            donor = sqlglot.parse_one(asked, read=dialect).find(exp.Table)
        except SqlglotError:
            return None
        moments = {key: donor.args.get(key) for key in TRAVELS} if donor is not None else {}
        if not any(moments.values()):
            return None
        for key, moment in moments.items():
            table.set(key, moment)
    return tree.sql(dialect=dialect, comments=False)


def _parsed(query: str, dialect: str) -> tuple[exp.Query, list[exp.Table]] | None:
    """The query and the tables that it reads: those that no WITH of it defines."""
    try:
        trees = sqlglot.parse(query, read=dialect)
        if len(trees) != 1 or not isinstance(trees[0], exp.Query):
            return None
        tree = trees[0]
        named = [
            source
            for scope in traverse_scope(tree)
            for source in scope.sources.values()
            if isinstance(source, exp.Table)
        ]
    except SqlglotError:
        return None
    if not named or any(not isinstance(table.this, exp.Identifier) for table in tree.find_all(exp.Table)):
        return None
    return tree, named


def _name(table: exp.Table, dialect: str) -> str:
    return ".".join(part.sql(dialect=dialect) for part in table.parts)
