"""Sources: where records come from. docs/extending.md shows how to add one."""

from __future__ import annotations

from antechamber.connect.source import BatchSource, ByteSource, Opening, Source
from antechamber.declare.registry import SourceType, source_type
from antechamber.declare.source import DatabaseSource, FileSource, SourceModel
from antechamber.errors import MissingExtra
from antechamber.records import Listing, Partition, Progress, Skipped

__all__ = [
    "BatchSource",
    "ByteSource",
    "DatabaseSource",
    "FileSource",
    "Listing",
    "Opening",
    "Partition",
    "Progress",
    "Skipped",
    "Source",
    "SourceModel",
    "SourceType",
    "open_source",
]


def open_source(declared: SourceModel, opening: Opening) -> ByteSource | BatchSource:
    """The source that a connector declares.

    Raises SourceError, SecretError, and MissingExtra when the packages for that type are not installed.
    """
    kind = source_type(declared.type)
    if kind.missing:
        raise MissingExtra(kind.extra, needed_for=f"a source of type {kind.name}")
    source = kind.open(declared, opening)
    if not isinstance(source, ByteSource | BatchSource):
        raise TypeError(f"the source '{kind.name}' is neither a ByteSource nor a BatchSource")
    return source
