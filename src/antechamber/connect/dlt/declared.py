"""The `source:` block of type dlt."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal
from urllib.parse import urlsplit

from pydantic import Field

from antechamber.declare.model import Model, SecretRef, Text
from antechamber.declare.source import SourceModel

if TYPE_CHECKING:
    from antechamber.declare.connector import Connector
    from antechamber.declare.mistake import KeyPath, Mistake

NAMED = {
    "rest_api": "dlt.sources.rest_api:rest_api_source",
    "sql_database": "dlt.sources.sql_database:sql_database",
    "sql_table": "dlt.sources.sql_database:sql_table",
    "filesystem": "dlt.sources.filesystem:filesystem",
}
"""The sources that come with dlt."""

_FUNCTION = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")
_SECRET = re.compile(r"(?:.*_)?(?:password|passwd|token|secret|api_key|apikey|private_key|access_key)", re.IGNORECASE)


class DltIncremental(Model):
    """A field that grows, for a resource that names none itself."""

    NOUNS: ClassVar[dict[str, str]] = {"type": "a kind of value"}

    cursor: Text
    """The field, or its path."""
    start: Text | None = None
    """The value to read from in the first run; when absent, everything is read."""
    type: Literal["text", "timestamp", "date", "integer"] = "text"
    """What the field holds: `start` is compared with it."""
    lateness: Annotated[float, Field(ge=0)] | None = None
    """How far before the last value a run reads again: seconds, days (date), or units (integer)."""


class DltSource(SourceModel):
    """A source of the dlt library."""

    type: Literal["dlt"]
    """This source."""
    name: Text
    """`rest_api`, `sql_database`, `sql_table`, `filesystem`, or `module:function` of any installed module."""
    resource: Text | None = None
    """Which of its resources; not needed when there is one."""
    arguments: dict[Text, Any] = Field(default_factory=dict)
    """What the function is called with."""
    secrets: dict[Text, SecretRef] = Field(default_factory=dict)
    """Arguments, or places inside of them by path (`config.client.auth.token`), that are secrets."""
    incremental: DltIncremental | None = None
    """For resources that do not do so themselves: read only what changed."""
    state: bool = True
    """Whether what the source remembers is recorded with each commit and given back to it in the next run."""

    def mistakes(self, connector: Connector) -> Iterator[Mistake]:
        from antechamber.declare.mistake import Mistake

        if self.name not in NAMED and not _FUNCTION.fullmatch(self.name):
            yield Mistake(
                ("source", "name"), "this names no source", f"use one of {', '.join(NAMED)}, or module:function"
            )
        for path in _secrets_in(self.arguments, ("source", "arguments")):
            yield Mistake(path, "this looks like a secret", "move it to secrets: with a secret reference")
        if connector.table.mode == "replace" and self.state:
            yield Mistake(
                ("source", "state"),
                "each run would replace the whole table by what changed since the last",
                "write mode: upsert with a key, or state: false",
            )
        if self.incremental is not None and not self.state:
            yield Mistake(("source", "incremental"), "this means nothing without the state", "remove state: false")


def _secrets_in(value: Any, at: KeyPath) -> Iterator[KeyPath]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _secrets_in(each, (*at, key))
    elif isinstance(value, list | tuple):
        for place, each in enumerate(value):
            yield from _secrets_in(each, (*at, place))
    elif isinstance(value, str) and (_SECRET.fullmatch(str(at[-1])) or _has_password(value)):
        yield at


def _has_password(text: str) -> bool:
    try:
        return "://" in text and urlsplit(text).password is not None
    except ValueError:
        return False
