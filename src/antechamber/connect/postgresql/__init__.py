"""PostgreSQL: a table or a query, read in parallel from one snapshot, in full or what changed since the last run."""

from antechamber.connect.postgresql.table import SOURCE, PostgresqlSource, PostgresqlTable

__all__ = ["SOURCE", "PostgresqlSource", "PostgresqlTable"]
