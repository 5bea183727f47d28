"""What the server knows, in one SQLite file: every resource is a row, every request one transaction.

A row has what rules are kept by (whose it is, what it belongs to, the name that nothing else may have) in columns,
and the rest of what the API shows of it in `document`. Uniqueness and parents are constraints of the database, so
that no two requests at once can break them.
"""

from __future__ import annotations

import fcntl
import json
import os
import sqlite3
import threading
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from antechamber.errors import AntechamberError

VERSION = 1

_SCHEMA = """
CREATE TABLE resources (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  account TEXT NOT NULL,
  collaboration TEXT REFERENCES resources (id),
  membership TEXT REFERENCES resources (id),
  parent TEXT REFERENCES resources (id),
  scope TEXT,
  name TEXT NOT NULL DEFAULT '' COLLATE NOCASE,
  status TEXT NOT NULL DEFAULT '',
  created REAL NOT NULL,
  updated REAL NOT NULL,
  document TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX one_of_a_name ON resources (scope, name) WHERE scope IS NOT NULL;
CREATE INDEX by_collaboration ON resources (collaboration, kind);
CREATE INDEX by_membership ON resources (membership, kind);
CREATE INDEX by_parent ON resources (parent, kind);
CREATE INDEX by_account ON resources (account, kind);
CREATE TABLE tags (
  resource TEXT NOT NULL REFERENCES resources (id) ON DELETE CASCADE,
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (resource, key)
) STRICT;
CREATE TABLE spendings (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  template TEXT NOT NULL,
  query TEXT NOT NULL,
  amount REAL NOT NULL CHECK (amount >= 0),
  at REAL NOT NULL
) STRICT;
CREATE INDEX spent ON spendings (template, at);
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
"""


class ServedAlready(AntechamberError):
    """Another process has the state open."""


class Taken(Exception):
    """Something else has the name within the scope. `by`: its row."""

    def __init__(self, by: Row) -> None:
        super().__init__()
        self.by = by


@dataclass(frozen=True)
class Row:
    """One resource.

    kind: what it is, such as `membership`.
    account: whose it is.
    collaboration, membership, parent: the ids of what it belongs to, or None.
    scope, name: within the scope, nothing else has the name; a scope of None makes no claim.
    document: what the API shows of it beside the columns.
    """

    id: str
    kind: str
    account: str
    created: float
    updated: float
    document: Mapping[str, Any]
    collaboration: str | None = None
    membership: str | None = None
    parent: str | None = None
    scope: str | None = None
    name: str = ""
    status: str = ""
    sequence: int = 0

    def __getitem__(self, name: str) -> Any:
        return self.document[name]

    def get(self, name: str, otherwise: Any = None) -> Any:
        """A member of the document."""
        return self.document.get(name, otherwise)


_COLUMNS = (
    "id", "kind", "account", "collaboration", "membership", "parent", "scope", "name", "status", "created", "updated",
    "document", "sequence",
)  # fmt: skip
_SELECT = f"SELECT {', '.join(_COLUMNS)} FROM resources WHERE "  # noqa: S608


class Shelf:
    """The rows, within one transaction."""

    def __init__(self, connection: sqlite3.Connection, now: float) -> None:
        self.connection = connection
        self.now = now

    def find(self, kind: str, identifier: str) -> Row | None:
        """A row by its id."""
        return next(self.all(kind, id=identifier), None)

    def held(self, kind: str, identifier: str | None) -> Row:
        """A row that is known to be there: another one, or this very transaction, holds on to it."""
        found = self.find(kind, identifier or "")
        if found is None:
            raise LookupError(f"no {kind} of this id")
        return found

    def all(self, kind: str, **columns: str | None) -> Iterator[Row]:
        """The rows of a kind with these columns, in the order of their making."""
        conditions = ["kind = ?", *(f"{name} IS ?" for name in columns)]
        sql = f"{_SELECT}{' AND '.join(conditions)} ORDER BY sequence"
        yield from map(_row, self.connection.execute(sql, (kind, *columns.values())).fetchall())

    def some(self, where: str, parameters: tuple[Any, ...], after: int, most: int) -> list[Row]:
        """At most so many rows of a condition, after a sequence number."""
        sql = f"{_SELECT}({where}) AND sequence > ? ORDER BY sequence LIMIT ?"
        return [_row(each) for each in self.connection.execute(sql, (*parameters, after, most))]

    def count(self, kind: str, **columns: str | None) -> int:
        """How many rows of a kind have these columns."""
        conditions = ["kind = ?", *(f"{name} IS ?" for name in columns)]
        sql = f"SELECT count(*) FROM resources WHERE {' AND '.join(conditions)}"  # noqa: S608
        (number,) = self.connection.execute(sql, (kind, *columns.values())).fetchone()
        return int(number)

    def add(self, kind: str, account: str, document: Mapping[str, Any], **columns: str | None) -> Row:
        """A new row. Raises Taken."""
        identifier = columns.pop("id", None) or str(uuid.uuid4())
        values: dict[str, Any] = {
            **columns,
            "id": identifier,
            "kind": kind,
            "account": account,
            "created": self.now,
            "updated": self.now,
            "document": json.dumps(dict(document)),
        }
        self._unless_taken(columns.get("scope"), columns.get("name") or "", but=identifier)
        places = ", ".join("?" * len(values))
        self.connection.execute(
            f"INSERT INTO resources ({', '.join(values)}) VALUES ({places})",  # noqa: S608
            tuple(values.values()),
        )
        return self.held(kind, identifier)

    def change(self, row: Row, document: Mapping[str, Any] | None = None, **columns: str | None) -> Row:
        """The row with members of its document and columns changed. Raises Taken."""
        scope, name = columns.get("scope", row.scope), columns.get("name", row.name) or ""
        self._unless_taken(scope, name, but=row.id)
        merged = {**row.document, **(document or {})}
        values: dict[str, Any] = {**columns, "updated": self.now, "document": json.dumps(merged)}
        changes = ", ".join(f"{column} = ?" for column in values)
        self.connection.execute(
            f"UPDATE resources SET {changes} WHERE id = ?",  # noqa: S608
            (*values.values(), row.id),
        )
        found: dict[str, Any] = {**columns}
        return replace(row, updated=self.now, document=merged, **found)

    def remove(self, row: Row) -> None:
        """Take a row away; what hangs on it must be gone."""
        self.connection.execute("DELETE FROM resources WHERE id = ?", (row.id,))

    def _unless_taken(self, scope: str | None, name: str, *, but: str) -> None:
        if scope is None:
            return
        sql = f"{_SELECT}scope = ? AND name = ? AND id <> ?"
        for found in self.connection.execute(sql, (scope, name, but)):
            raise Taken(_row(found))


class State:
    """The file. Only one process has it open.

    Raises ServedAlready when another server has it, AntechamberError when a newer version wrote it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()
        self._writing = threading.Lock()
        self._held = self._hold(path.with_suffix(".lock"))
        with self._connection() as connection:
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if version > VERSION:
                raise AntechamberError(
                    f"the state is of version {version}, and this server knows {VERSION}",
                    where=str(path),
                    remedy="serve it with the version that made it, or a newer one",
                )
            if version == 0:
                connection.executescript(f"BEGIN; {_SCHEMA} PRAGMA user_version = {VERSION}; COMMIT;")
        path.chmod(0o600)

    @contextmanager
    def reading(self, now: float) -> Iterator[Shelf]:
        """One state, seen at once."""
        with self._connection() as connection:
            connection.execute("BEGIN")
            try:
                yield Shelf(connection, now)
            finally:
                connection.execute("ROLLBACK")

    @contextmanager
    def writing(self, now: float) -> Iterator[Shelf]:
        """A transaction: on disk when the block ends, undone when it raises."""
        # Writers wait here in order; in the database they would poll.
        with self._writing, self._connection() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield Shelf(connection, now)
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    def close(self) -> None:
        """Let another server have it."""
        os.close(self._held)

    def _hold(self, path: Path) -> int:
        handle = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(handle)
            raise ServedAlready(
                "another clean room server serves this workspace",
                where=str(path.parent),
                remedy="stop it, or use the port that it listens on",
            ) from None
        return handle

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        """This thread's connection."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = sqlite3.connect(self._path, isolation_level=None, timeout=60)
            connection.execute("PRAGMA journal_mode = WAL")
            # A commit is on the disk before it is answered, also when the machine loses power.
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
            self._local.connection = connection
        yield connection


def _row(found: tuple[Any, ...]) -> Row:
    columns = dict(zip(_COLUMNS, found, strict=True))
    return Row(**{**columns, "document": json.loads(columns["document"])})
