"""A connector at work: its source, its keys and its recipe opened, and the way of one partition through them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from pyiceberg.table import Table

from antechamber.catalog import Layout, namespace, open_catalog
from antechamber.connect import Opening, open_source
from antechamber.connect.pattern import compiled
from antechamber.connect.source import BatchSource, ByteSource, RecordSource
from antechamber.declare import Connector, Declarations, FileSource
from antechamber.declare.format import FileFormat
from antechamber.errors import AntechamberError, FormatError
from antechamber.operate.watch import Watcher, counted
from antechamber.placed import secrets_of
from antechamber.prepare import Recipe, compile_recipe
from antechamber.publish import open_table, parse_key
from antechamber.read import format_of, open_reader
from antechamber.records import LINE, Partition, ReadBatch
from antechamber.references import opener
from antechamber.secrets import Secrets
from antechamber.unseal import Unsealer, layers_of


@dataclass
class Job:
    """A connector with all that its stages need opened."""

    declared: Declarations
    connector: Connector
    layout: Layout
    secrets: Secrets
    recipe: Recipe
    source: ByteSource | BatchSource | RecordSource
    unsealer: Unsealer | None
    left_alone: Counter[str] = field(default_factory=Counter)
    """Names inside of archives that `members` does not mean → in how many files."""
    snapshots: dict[str, int] = field(default_factory=dict)
    """Table that a quality rule refers to → the state of it, once it is opened; set before to open that one."""

    @property
    def name(self) -> str:
        """`tenant/connector`."""
        return f"{self.connector.tenant}/{self.connector.connector}"

    def open_table(self) -> Table:
        """The connector's table, made or evolved where it has to be. Raises PublishError."""
        declared, tenant, table = self.declared, self.connector.tenant, self.connector.table
        return open_table(
            open_catalog(declared.workspace, declared.root),
            namespace(tenant, declared.workspace.tenants[tenant]),
            table.name,
            self.recipe.schema,
            self.layout.table(tenant, table.name).url,
            evolve=table.evolve,
        )

    def keys_to_compare(self) -> tuple[str, ...]:
        """The key's columns, after the source was listed; () where the source sees to it that no key comes twice.

        Raises SourceError.
        """
        source, recipe = self.source, self.recipe
        if not recipe.key or not isinstance(source, BatchSource) or not source.each_once(recipe.key_columns):
            return recipe.key
        return () if recipe.keeps_key(source.schema()) else recipe.key

    def shared(self) -> str | None:
        """What another process is to be told, to read what was listed; None: only this one can read it."""
        if isinstance(self.source, ByteSource):
            return ""
        return self.source.shared() if isinstance(self.source, BatchSource) else None

    def read(self, partition: Partition, seen: Counter[str], watcher: Watcher) -> Generator[ReadBatch, None, None]:
        """The partition's records, unsealed and parsed, or as the database gives them.

        seen: counts, for every column that the partition has, the files that have it.
        """
        if isinstance(self.source, RecordSource):
            yield from self.source.read(partition)
            return
        if isinstance(self.source, BatchSource):
            try:
                yield from _with_lines(self.source.read(partition))
            finally:
                seen.update(self.source.found())
            return
        landing = self.connector.source
        assert isinstance(landing, FileSource) and self.unsealer is not None  # noqa: S101 - files come from a landing zone
        layers, name = layers_of(partition.id)
        taken = compiled(landing.members) if landing.members is not None else None
        with (
            closing(counted(self.source.open(partition), lambda size: watcher.advance(rows=0, size=size))) as stream,
            self.unsealer.unsealed(stream, partition.id, landing.unseal or layers) as members,
        ):
            for member in members:
                if member.name and taken is not None and not taken.fullmatch(member.name):
                    self.left_alone[member.name] += 1
                    continue
                reader = open_reader(
                    member.stream,
                    landing.format or _format_of(partition, member.name or name, inside=bool(member.name)),
                    wanted=self.recipe.source_columns,
                    name=f"{partition.id}/{member.name}" if member.name else partition.id,
                )
                for batch in reader:
                    yield ReadBatch(batch.batch, batch.malformed, member.name)
                seen.update(reader.columns)


def _format_of(partition: Partition, name: str, *, inside: bool) -> FileFormat:
    """The format that a name tells. Raises FormatError, which names the file that lies in the source."""
    try:
        return format_of(name)
    except FormatError as error:
        where = f"{partition.id}/{name}" if inside else partition.id
        raise FormatError(error.what, where=where, remedy=error.remedy) from None


def open_job(declared: Declarations, name: str, stack: ExitStack, *, look_only: bool = False) -> Job:
    """Open what a connector needs; `stack` closes it. look_only: nothing will be published.

    Raises what the parts raise: see `errors`.
    """
    connector = connector_of(declared, name)
    secrets = secrets_of(declared, connector.tenant)
    layout = Layout.of(declared.workspace, declared.root)
    snapshots: dict[str, int] = {}
    tables = None if look_only else opener(declared, connector, stack, snapshots)
    recipe = compile_recipe(connector, secrets=secrets, root=declared.root, tables=tables)
    opening = Opening(
        layout.landing(connector.tenant),
        secrets,
        recipe.source_columns,
        key=recipe.key_columns,
        name=f"{declared.workspace.workspace}/{connector.tenant}/{name}",
        look_only=look_only,
    )
    source = open_source(connector.source, opening)
    stack.callback(source.close)
    unsealer = None
    if isinstance(connector.source, FileSource):
        unsealer = stack.enter_context(Unsealer(connector.source.decrypt, secrets))
    return Job(declared, connector, layout, secrets, recipe, source, unsealer, snapshots=snapshots)


def tenant_key(declared: Declarations, tenant: str) -> bytes:
    """The key that seals the tenant's quarantine. Raises SecretError."""
    reference = declared.workspace.tenants[tenant].key
    return parse_key(secrets_of(declared, tenant).text(reference), where=f"tenants.{tenant}.key ({reference})")


def connector_of(declared: Declarations, name: str) -> Connector:
    """The connector of that name. Raises AntechamberError."""
    if name not in declared.connectors:
        known = ", ".join(sorted(declared.connectors)) or "none is declared"
        raise AntechamberError(f"there is no connector '{name}'", where=name, remedy=f"use one of: {known}")
    return declared.connectors[name]


def _with_lines(batches: Iterator[pa.RecordBatch]) -> Iterator[ReadBatch]:
    """Number the records of a source that has no lines."""
    first = 1
    for batch in batches:
        lines = pa.array(np.arange(first, first + batch.num_rows, dtype=np.int64))
        yield ReadBatch(batch.append_column(LINE, lines))
        first += batch.num_rows
