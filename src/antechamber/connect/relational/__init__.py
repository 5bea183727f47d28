"""What all SQL databases share: one snapshot, the watermark, what was read above it, ranges, and how errors speak.

A database is a `Database` (database.py) and a `Dialect` (dialect.py); `RelationalTable` (table.py) does the rest.
"""

from antechamber.connect.relational.database import Database, Horizon, Session, Snapshot
from antechamber.connect.relational.dialect import Dialect
from antechamber.connect.relational.relation import Column, Relation
from antechamber.connect.relational.table import RelationalTable

__all__ = ["Column", "Database", "Dialect", "Horizon", "Relation", "RelationalTable", "Session", "Snapshot"]
