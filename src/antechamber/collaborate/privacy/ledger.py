"""The ledger of a collaboration's privacy budget, in SQLite: what was spent stays spent, whoever dies when."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from antechamber.collaborate.parse import refusal

_TABLE = "CREATE TABLE IF NOT EXISTS spent (at TEXT NOT NULL, epsilon REAL NOT NULL)"
_SLACK = 1e-9
"""Sums of floating numbers differ in their last digits."""


class Ledger:
    """One budget.

    path: its file; made when it is missing.
    epsilon: the budget; raising it later leaves what was spent.
    monthly: whether a calendar month in UTC begins a new budget.
    """

    def __init__(
        self,
        path: Path,
        epsilon: float,
        *,
        monthly: bool = False,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._path = path
        self._epsilon = epsilon
        self._monthly = monthly
        self._clock = clock
        with closing(self._open()) as connection:
            connection.execute(_TABLE)

    def spend(self, epsilon: float) -> None:
        """Take an epsilon from the budget; on disk when this returns. Raises QueryRefused when there is less left."""
        with closing(self._open()) as connection:
            # Nobody else reads what is left until this is written.
            connection.execute("BEGIN IMMEDIATE")
            if self._left(connection) + _SLACK < epsilon:
                connection.execute("ROLLBACK")
                when = "until next month, or " if self._monthly else ""
                raise refusal(
                    "privacy budget",
                    "the privacy budget is used up, or has too little left for this query",
                    f"ask for fewer aggregates, {when}until it is raised",
                )
            connection.execute("INSERT INTO spent VALUES (?, ?)", (self._clock().isoformat(), epsilon))
            connection.execute("COMMIT")

    @property
    def left(self) -> float:
        """What is left of the budget."""
        with closing(self._open()) as connection:
            return max(0.0, self._left(connection))

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=60, isolation_level=None)
        connection.execute("PRAGMA synchronous = FULL")
        return connection

    def _left(self, connection: sqlite3.Connection) -> float:
        since = self._clock().strftime("%Y-%m-01") if self._monthly else ""
        (spent,) = connection.execute(
            "SELECT coalesce(sum(epsilon), 0) FROM spent WHERE at >= ?", (since,)
        ).fetchone()
        return self._epsilon - float(spent)
