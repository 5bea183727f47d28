"""Sources: where records come from. Each type of `source:` has one class, imported when it is used."""

from __future__ import annotations

from antechamber.connect.source import BatchSource, ByteSource, Source
from antechamber.declare.source import LandingSource, PostgresqlSource
from antechamber.secrets import Secrets
from antechamber.store import Location

__all__ = ["BatchSource", "ByteSource", "Source", "open_source"]


def open_source(
    declared: LandingSource | PostgresqlSource, *, store: Location, secrets: Secrets
) -> ByteSource | BatchSource:
    """The source that a connector declares.

    store: what relative paths are relative to. Raises SourceError, SecretError, and MissingExtra when the
    packages for that type are not installed.
    """
    match declared:
        case LandingSource():
            from antechamber.connect.landing import Landing

            return Landing(declared, store=store)
        case PostgresqlSource():
            from antechamber.connect.postgresql import PostgresqlTable

            return PostgresqlTable(declared, secrets=secrets)
