"""Looking rows up by their identity: those that the log does not tell in full, and amounts of money."""

# ruff: noqa: S608 (statements are built here; every name and value in them goes through identifier() or literal())

from __future__ import annotations

from collections.abc import Callable, Sequence

from antechamber.connect.postgresql.relation import Column, Relation
from antechamber.connect.postgresql.session import Session, identifier, literal

AT_ONCE = 2_000


class Lookup:
    """A second session, opened when it is first needed, for questions while the first one gives the changes."""

    def __init__(
        self, whole: Relation, taken: Relation, connect: Callable[[], Session], statement_timeout: float | None
    ) -> None:
        """whole: the table with all its columns. taken: with those that are wanted."""
        self._whole, self._taken = whole, taken
        self._connect = connect
        self._timeout = statement_timeout
        self._session: Session | None = None

    def rows(
        self, names: Sequence[str], identities: Sequence[tuple[bytes, ...]]
    ) -> dict[tuple[bytes, ...], list[bytes | None]]:
        """Identity → the row's taken columns as their output functions write them, of those that are there now."""
        session = self._opened()
        columns = [self._whole.column(name, declared_as="its identity") for name in names]
        on = " AND ".join(
            f"t.{identifier(column.name)} = k.k{number}::{_type(column)}" for number, column in enumerate(columns)
        )
        wanted = [column.name for column in self._taken.columns]
        found: dict[tuple[bytes, ...], list[bytes | None]] = {}
        for start in range(0, len(identities), AT_ONCE):
            some = identities[start : start + AT_ONCE]
            arrays = ", ".join(
                _array([identity[number].decode() for identity in some]) for number in range(len(names))
            )
            labels = ", ".join(f"k{number}" for number in range(len(names)))
            shown = ", ".join([*(f"k.k{number}" for number in range(len(names))), *map(_output, wanted)])
            session.begin(statement_timeout=self._timeout)  # a snapshot of its own, later than the changes
            for row in session.rows(
                f"SELECT {shown} FROM unnest({arrays}) AS k({labels}) JOIN {self._taken.source} AS t ON {on}"
            ):
                values = [None if value is None else str(value).encode() for value in row]
                key = tuple(value for value in values[: len(names)] if value is not None)
                found[key] = values[len(names) :]
            session.execute("COMMIT")
        return found

    def money(self, amounts: list[str]) -> list[str]:
        """Amounts as the server writes them → as numbers. Their text follows the server's lc_monetary."""
        if not amounts:
            return []
        rows = self._opened().rows(
            f"SELECT (x.a::money)::numeric::text FROM unnest({_array(amounts)}) WITH ORDINALITY AS x(a, n) ORDER BY n"
        )
        return [str(row[0]) for row in rows]

    def close(self) -> None:
        """End the session. Safe to call twice."""
        if self._session is not None:
            self._session.close()
            self._session = None

    def _opened(self) -> Session:
        if self._session is None:
            self._session = self._connect()
        return self._session


def _type(column: Column) -> str:
    """Its type without a length, which a cast would cut it to."""
    return f"pg_catalog.{identifier(column.type)}" if column.type else column.declared


def _output(name: str) -> str:
    """A column as its type's output function writes it, which is what the log has."""
    column = f"t.{identifier(name)}"
    # A composite value of nulls IS NULL and is not null: its nulls are counted.
    return f"CASE WHEN pg_catalog.num_nulls({column}) = 0 THEN pg_catalog.format('%s', {column}) END"


def _array(values: Sequence[str]) -> str:
    quoted = ",".join('"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"' for value in values)
    return f"{literal('{' + quoted + '}')}::text[]"
