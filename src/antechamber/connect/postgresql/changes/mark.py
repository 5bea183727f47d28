"""What a commit records of change capture: up to which place of which server's log it holds the table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from antechamber.errors import SourceError


@dataclass(frozen=True)
class Mark:
    """place: transactions whose commit record begins before it are in the table.

    server: system identifier and timeline, "" when it may not be known. of, oid: the captured table.
    parts: a partitioned table's leaves, see `identity.parts`. published: see `publication.version`.
    """

    slot: str
    publication: str
    server: str
    database: str
    of: str
    oid: int
    place: int
    parts: Mapping[str, str] = field(default_factory=dict)
    published: str = ""

    def as_json(self) -> dict[str, object]:
        """The form that a commit keeps."""
        return {
            "slot": self.slot,
            "publication": self.publication,
            "server": self.server,
            "database": self.database,
            "of": self.of,
            "oid": self.oid,
            "lsn": f"{self.place >> 32:X}/{self.place & 0xFFFFFFFF:X}",
            "parts": dict(self.parts),
            "published": self.published,
        }


def read_mark(recorded: Mapping[str, Any], *, where: str) -> Mark:
    """The mark that the last commit recorded. Raises SourceError when it is not one of change capture."""
    try:
        high, low = str(recorded["lsn"]).split("/")
        return Mark(
            slot=str(recorded["slot"]),
            publication=str(recorded["publication"]),
            server=str(recorded["server"]),
            database=str(recorded["database"]),
            of=str(recorded["of"]),
            oid=int(recorded["oid"]),
            place=(int(high, 16) << 32) + int(low, 16),
            parts={str(oid): str(file) for oid, file in recorded["parts"].items()},
            published=str(recorded["published"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        raise SourceError(
            "the recorded watermark is not one of change capture",
            where=where,
            remedy="the source was changed since the last run: read everything again with --full",
        ) from None
