"""What is read: a table, a view or a query, its columns, and how each of their types travels."""

# ruff: noqa: S608 (statements are built here; every name and value in them goes through identifier() or literal())

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, replace
from functools import cached_property

import pyarrow as pa

from antechamber.connect.deleted import TAKEN, refuse
from antechamber.connect.postgresql.session import Session, identifier, literal
from antechamber.errors import SourceError

NATIVE: dict[str, pa.DataType] = {
    "bool": pa.bool_(),
    "int2": pa.int16(),
    "int4": pa.int32(),
    "int8": pa.int64(),
    "float4": pa.float32(),
    "float8": pa.float64(),
    "numeric": pa.string(),
    "text": pa.string(),
    "varchar": pa.string(),
    "name": pa.string(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
    "timestamptz": pa.timestamp("us", tz="UTC"),
}
"""pg_catalog types that travel in binary form as they are; all others travel as the text that the server makes. The
driver makes the text of a numeric, which costs less than to let the server do it: see `numerals`."""

TIMES = {
    "date": ("0001-01-01", "9999-12-31"),
    "timestamp": ("0001-01-01 00:00:00", "9999-12-31 23:59:59.999999"),
    "timestamptz": ("0001-01-01 00:00:00+00", "9999-12-31 23:59:59.999999+00"),
}
"""The first and last value that Arrow, Iceberg and every engine behind them can hold; infinity is beyond both."""

NUMBERS = ("int2", "int4", "int8", "numeric", "float4", "float8")

STORED = ("r", "p")
"""pg_class.relkind of a table and of a partitioned table."""

PART = re.compile(r'"((?:[^"]|"")+)"|([^".]+)')


@dataclass(frozen=True)
class Column:
    """A column as PostgreSQL has it. type: the base type's name in pg_catalog, or "" of any other schema's.

    declared: the type as SQL writes it (`numeric(12,2)`), of domains too.
    required: whether the table forbids nulls in it.
    """

    name: str
    type: str
    declared: str
    required: bool


@dataclass(frozen=True)
class Relation:
    """Something that records are selected from.

    source: SQL to stand behind FROM, without an alias. name: for messages and partitions' ids.
    oid, kind: as in pg_class; 0 and "" for a query. alone: a table without children. heap: kept by the heap access
    method. local: all its records are in this server's own tables (so that each has an xmin).
    """

    source: str
    name: str
    columns: tuple[Column, ...]
    oid: int = 0
    kind: str = ""
    alone: bool = False
    heap: bool = False
    local: bool = False

    @cached_property
    def times(self) -> tuple[Column, ...]:
        """The columns whose type has values that Arrow has not."""
        return tuple(column for column in self.columns if column.type in TIMES)

    def column(self, name: str, *, declared_as: str) -> Column:
        """The column that a declaration names. Raises SourceError."""
        for column in self.columns:
            if column.name == name:
                return column
        raise SourceError(
            f"there is no column '{name}', which the connector names as {declared_as}",
            where=self.name,
            remedy=_did_you_mean(name, [column.name for column in self.columns]),
        )

    def only(self, names: tuple[str, ...] | None) -> Relation:
        """The relation with these columns, in this order. Raises SourceError for one that is not there."""
        if names is None:
            return self
        return replace(self, columns=tuple(self.column(name, declared_as="a column's source") for name in names))

    def schema(self, as_text: frozenset[str]) -> pa.Schema:
        """The Arrow schema; the columns in `as_text` travel as text whatever their type."""
        return pa.schema(
            [
                pa.field(column.name, pa.string() if column.name in as_text else NATIVE.get(column.type, pa.string()))
                for column in self.columns
            ]
        )

    def select(self, as_text: frozenset[str]) -> str:
        """The SELECT list over alias `t` that gives `schema(as_text)`."""
        return ", ".join(
            f"{_expression(column, column.name in as_text)} AS {identifier(column.name)}" for column in self.columns
        )


def lookup(session: Session, declared: str) -> tuple[Relation, bool]:
    """The table that a declaration names, without columns yet, and whether it can be locked. Raises SourceError.

    A part in double quotes is taken as it is. A bare one is, too, when something has exactly that name; else it is
    folded to lower case as SQL does.
    """
    schema, table = _parts(declared)
    for space, name in ((schema, table), (_folded(schema), _folded(table))):
        found = session.rows(
            "SELECT c.oid::bigint, c.relkind::text, c.relhassubclass, coalesce(a.amname = 'heap', false), "
            "pg_catalog.has_schema_privilege(n.oid, 'USAGE') "
            "FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
            "LEFT JOIN pg_catalog.pg_am a ON a.oid = c.relam "
            f"WHERE n.nspname = {literal(space[0])} AND c.relname = {literal(name[0])} "
            "AND c.relkind IN ('r', 'p', 'v', 'm', 'f')"
        )
        if found:
            oid, kind, parent, heap, usable = found[0]
            if not usable:
                raise SourceError(
                    f"permission denied for schema {space[0]}",
                    where=declared,
                    remedy=f"GRANT USAGE ON SCHEMA {space[0]} and SELECT on the table to the connection's role",
                )
            relation = Relation(
                source=f"{identifier(space[0])}.{identifier(name[0])}",
                name=f"{space[0]}.{name[0]}",
                columns=(),
                oid=oid,
                kind=kind,
                alone=not parent,
                heap=heap,
                local=kind in STORED and _is_local(session, oid),
            )
            return relation, kind in ("r", "p", "v")
    known = session.rows(
        "SELECT n.nspname || '.' || c.relname FROM pg_catalog.pg_class c "
        "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') "
        "AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema' ORDER BY 1 LIMIT 10000"
    )
    raise SourceError(
        "there is no such table or view in the database",
        where=declared,
        remedy=_did_you_mean(f"{schema[0]}.{table[0]}", [str(row[0]) for row in known]),
    )


def wrap(query: str) -> Relation:
    """A query as something to select from, without columns yet."""
    return Relation(source=f"(\n{query.strip().rstrip(';').rstrip()}\n)", name="query", columns=())


def names(session: Session, relation: Relation) -> list[str]:
    """The names of the columns, as they come; takes the locks that reading takes. Raises SourceError."""
    return session.names(f"SELECT * FROM {relation.source} AS t")


def describe(session: Session, relation: Relation) -> Relation:
    """The relation with its columns, found without reading a record. Raises SourceError."""
    found = names(session, relation)
    if not found:
        raise SourceError("it has no columns that may be read", where=relation.name)
    twice = sorted({name for name in found if found.count(name) > 1})
    if twice or TAKEN & set(found):
        name = twice[0] if twice else min(TAKEN & set(found))
        raise SourceError(
            f"the column name '{name}' " + ("stands twice in the result" if twice else "is taken by the pipeline"),
            where=relation.name,
            remedy="give it another name with AS in `query:`",
        )
    # A join that is false at planning time: one row of typed nulls, and nothing of the relation is read.
    oids = session.rows(
        f"SELECT {', '.join(f'pg_catalog.pg_typeof(t.{identifier(name)})::oid::bigint' for name in found)} "
        f"FROM (VALUES (1)) AS one LEFT JOIN {relation.source} AS t ON false"
    )[0]
    types = {
        int(oid): (str(base) if schema == "pg_catalog" else "", str(declared))
        for oid, base, schema, declared in session.rows(
            "WITH RECURSIVE base(start, oid) AS ("
            f"SELECT oid, oid FROM pg_catalog.pg_type WHERE oid IN ({', '.join(str(oid) for oid in set(oids))}) "
            "UNION ALL SELECT b.start, y.typbasetype FROM base b JOIN pg_catalog.pg_type y ON y.oid = b.oid "
            "WHERE y.typtype = 'd') "
            "SELECT b.start::bigint, y.typname::text, n.nspname::text, pg_catalog.format_type(b.start, NULL) "
            "FROM base b JOIN pg_catalog.pg_type y ON y.oid = b.oid AND y.typtype <> 'd' "
            "JOIN pg_catalog.pg_namespace n ON n.oid = y.typnamespace"
        )
    }
    required = {
        str(row[0])
        for row in session.rows(
            f"SELECT attname::text FROM pg_catalog.pg_attribute WHERE attrelid = {relation.oid} AND attnotnull "
            "AND attnum > 0 AND NOT attisdropped"
        )
    }
    columns = tuple(
        Column(name, *types[int(oid)], required=name in required) for name, oid in zip(found, oids, strict=True)
    )
    return replace(relation, columns=columns)


def unique(session: Session, relation: Relation) -> tuple[frozenset[str], ...]:
    """Sets of columns of which no two records of a table, as one snapshot shows it, have the same values.

    Of a parent's index other tables' records know nothing, and a partial index's records are not all.
    """
    if relation.kind not in STORED or not (relation.alone or relation.kind == "p"):
        return ()
    rows = session.rows(
        "SELECT i.indexrelid::bigint, a.attname::text FROM pg_catalog.pg_index i "
        "JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey[0:i.indnkeyatts - 1]) "
        f"WHERE i.indrelid = {relation.oid} AND i.indisunique AND i.indisvalid AND i.indislive "
        "AND i.indpred IS NULL AND i.indexprs IS NULL"
    )
    indexes: dict[int, set[str]] = {}
    for index, name in rows:
        indexes.setdefault(int(index), set()).add(str(name))
    return tuple(frozenset(names) for names in indexes.values())


def mark(relation: Relation, name: str) -> str:
    """SQL over alias `t` that is 1 for records which a column marks as deleted, and 0 for others.

    Raises SourceError for a column that is not there or whose type does not tell.
    """
    column = relation.column(name, declared_as="deleted")
    value = f"t.{identifier(name)}"
    if column.type == "bool":
        gone = f"{value} IS TRUE"
    elif column.type in NUMBERS:
        gone = f"coalesce({value} <> 0, false)"
    elif column.type in TIMES:
        gone = f"coalesce({value} <> 'infinity'::{column.type}, false)"
    else:
        raise refuse(name, column.declared, where=relation.name)
    return f"(CASE WHEN {gone} THEN 1 ELSE 0 END)::int2"


def narrowed(relation: Relation, source: str) -> Relation:
    """The relation with other SQL behind FROM; when that is not the table itself, it is treated as a query."""
    return relation if source == relation.source else replace(relation, source=source, kind="", oid=0, local=False)


def _expression(column: Column, as_text: bool) -> str:
    """The SQL of one output column over alias `t`."""
    name = f"t.{identifier(column.name)}"
    if as_text and column.type in TIMES:
        return f"(pg_catalog.to_jsonb({name}) #>> '{{}}')"  # ISO 8601 with T and offset; 'infinity' stays a word
    if column.type == "money":
        return f"{name}::numeric::text"  # its own text follows lc_monetary
    if column.type in NATIVE and column.declared == _SPELT.get(column.type, column.type):
        return name
    if column.type in NATIVE:
        return f"{name}::{column.type}"  # a domain: the driver knows only its base
    return f"{name}::text"


_SPELT = {
    "bool": "boolean",
    "int2": "smallint",
    "int4": "integer",
    "int8": "bigint",
    "float4": "real",
    "float8": "double precision",
    "varchar": "character varying",
    "timestamp": "timestamp without time zone",
    "timestamptz": "timestamp with time zone",
}
"""What format_type calls them."""


def _parts(declared: str) -> tuple[tuple[str, bool], tuple[str, bool]]:
    """`schema.table` as two (name, whether it was quoted)."""
    parts: list[tuple[str, bool]] = []
    rest = declared.strip()
    while rest:
        found = PART.match(rest)
        if not found:
            break
        quoted = found[1] is not None
        parts.append((found[1].replace('""', '"') if quoted else found[2].strip(), quoted))
        rest = rest[found.end() :].lstrip()
        if rest and not rest.startswith("."):
            break
        if rest == ".":
            break
        rest = rest.removeprefix(".").lstrip()
    if rest or len(parts) not in (1, 2):
        raise SourceError(
            "not a table's name",
            where=declared,
            remedy='write schema.table; a name with a dot or a quote in it goes in double quotes: "a.b"."c"',
        )
    return (("public", True), parts[0]) if len(parts) == 1 else (parts[0], parts[1])


def _folded(part: tuple[str, bool]) -> tuple[str, bool]:
    return part if part[1] else (part[0].lower(), False)


def _is_local(session: Session, oid: int) -> bool:
    """Whether the table and all its children are tables of this server, none of them foreign."""
    answer = session.rows(
        "WITH RECURSIVE tree(oid) AS (SELECT " + str(oid) + "::oid UNION SELECT i.inhrelid FROM tree t "
        "JOIN pg_catalog.pg_inherits i ON i.inhparent = t.oid) SELECT bool_and(c.relkind IN ('r', 'p')) "
        "FROM tree t JOIN pg_catalog.pg_class c ON c.oid = t.oid"
    )
    return bool(answer[0][0])


def _did_you_mean(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name.lower(), [one.lower() for one in known], n=3, cutoff=0.6)
    matches = [one for one in known if one.lower() in near][:3]
    if matches:
        return f"did you mean {', '.join(matches)}?"
    return f"there are: {', '.join(known[:10])}{' …' if len(known) > 10 else ''}" if known else ""
