"""PostgreSQL: a table or a query, in full, or what changed since the last run by a watermark or from the log."""

from antechamber.connect.postgresql.changes.capture import CapturedTable
from antechamber.connect.postgresql.declared import ChangeCapture, PostgresqlSource
from antechamber.connect.postgresql.table import PostgresqlTable
from antechamber.connect.source import Opening
from antechamber.declare.registry import SourceType

__all__ = ["SOURCE", "CapturedTable", "ChangeCapture", "PostgresqlSource", "PostgresqlTable"]


def _open(declared: PostgresqlSource, opening: Opening) -> PostgresqlTable:
    if declared.incremental == "cdc":
        return CapturedTable(declared, opening)
    return PostgresqlTable(declared, secrets=opening.secrets, columns=opening.columns)


SOURCE = SourceType(
    PostgresqlSource,
    _open,
    summary="a PostgreSQL table or query, in full or what changed, by a watermark or by change capture",
    needs="a role that may SELECT; pg_read_all_stats makes the watermark exact; REPLICATION for change capture",
    extra="postgres",
    modules=("adbc_driver_postgresql",),
    run_against="PostgreSQL 18",
)
