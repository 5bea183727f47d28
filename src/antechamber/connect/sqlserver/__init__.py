"""Microsoft SQL Server and Azure SQL: a table or a query, read in one state, in full or what changed."""

from antechamber.connect.sqlserver.database import SOURCE, SqlserverSource

__all__ = ["SOURCE", "SqlserverSource"]
