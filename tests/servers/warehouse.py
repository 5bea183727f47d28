"""A database with a past, behind the clients of services that cannot run here.

DuckDB keeps each state that was committed. A statement is read in the service's own dialect (a mistake in it is an
error), the moment that it names is looked up, and what it asks for is asked of the state as it was then.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import duckdb
import pyarrow as pa
import sqlglot
from sqlglot import exp

DAWN = datetime(2026, 11, 24)


class Warehouse:
    """Tables of the schema `sales`; commit number n happens n seconds after DAWN."""

    def __init__(self, dialect: str) -> None:
        """asked: every statement. answers: (pattern, its answer): what the service's own functions and views say.

        busy: called after each statement, as others work meanwhile. allowed: whether a run may see one state.
        """
        self.dialect, self.commits = dialect, 0
        self.asked: list[str] = []
        self.answers: list[tuple[str, Callable[[re.Match[str]], str]]] = []
        self.busy: Callable[[], None] = lambda: None
        self.allowed = True
        self.data = duckdb.connect()
        self.data.execute("SET TimeZone = 'UTC'")
        self.data.execute("CREATE SCHEMA sales")

    def commit(self, *statements: str) -> None:
        """Change the tables; what was stays to be read."""
        cursor = self.data.cursor()
        for statement in statements:
            cursor.execute(statement)
        self.commits += 1
        cursor.execute(f"CREATE SCHEMA past_{self.commits}")
        for (table,) in cursor.execute(
            "SELECT table_name FROM duckdb_tables() WHERE schema_name = 'sales'"
        ).fetchall():
            cursor.execute(f'CREATE TABLE past_{self.commits}."{table}" AS SELECT * FROM sales."{table}"')

    def now(self) -> datetime:
        """When the last commit was."""
        return DAWN + timedelta(seconds=self.commits)

    def ask(self, sql: str, cursor: Any = None) -> pa.Table:
        """The answer to one statement of the service's dialect; cursor: a transaction of DuckDB's own."""
        self.asked.append(sql)
        own = cursor or self.data.cursor()
        for pattern, answer in self.answers:
            found = re.search(pattern, sql)
            if found:
                return own.execute(answer(found)).to_arrow_table()
        (tree,) = sqlglot.parse(sql, read=self.dialect)
        assert isinstance(tree, exp.Query), sql
        for table in tree.find_all(exp.Table):
            moment = table.args.get("version") or table.args.get("when")
            if moment is not None:
                (literal,) = moment.expression.find_all(exp.Literal)
                table.set("db", exp.to_identifier(f"past_{self._commit(literal)}"))
                table.set("version", None)
                table.set("when", None)
        for literal in tree.find_all(exp.StrToTime):  # what sqlglot makes of a constant: TIMESTAMP '…'
            literal.replace(exp.cast(literal.this, "timestamptz" if "+" in literal.this.name else "timestamp"))
        for constant in tree.find_all(exp.National):
            constant.replace(exp.Literal.string(constant.name))
        rows = own.execute(tree.sql("duckdb").replace(" +00:00'", "+00'")).to_arrow_table()
        self.busy()
        return rows

    def _commit(self, literal: exp.Literal) -> int:
        if not literal.is_string:
            return int(literal.this)
        moment = datetime.fromisoformat(re.sub(r"(\.\d{6})\d*", r"\1", literal.this).replace(" +", "+"))
        return int((moment.replace(tzinfo=None) - DAWN).total_seconds())
