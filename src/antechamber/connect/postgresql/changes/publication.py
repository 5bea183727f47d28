"""The publication: which tables' changes the log tells, made where the connector allows it, checked in any case."""

# ruff: noqa: S608 (statements are built here; every name and value in them goes through identifier() or literal())

from __future__ import annotations

import json
from collections.abc import Sequence

from antechamber.connect.postgresql.relation import Relation
from antechamber.connect.postgresql.session import Session, identifier, literal
from antechamber.errors import SourceError

ACTIONS = {"pubinsert": "insert", "pubupdate": "update", "pubdelete": "delete", "pubtruncate": "truncate"}


def statement(session: Session, name: str, relation: Relation, columns: Sequence[str]) -> str:
    """The SQL that makes a publication of the table alone, with what the columns that are taken ask for."""
    options = ["publish_via_partition_root = true"] if relation.kind == "p" else []
    if _generated(session, relation, columns):
        options.append("publish_generated_columns = stored")
    made = f"CREATE PUBLICATION {identifier(name)} FOR TABLE {relation.source}"
    return made + (f" WITH ({', '.join(options)})" if options else "")


def exists(session: Session, name: str) -> bool:
    """Whether there is a publication of that name in the database."""
    return bool(session.rows(f"SELECT 1 FROM pg_catalog.pg_publication WHERE pubname = {literal(name)}"))


def version(session: Session, name: str, relation: Relation) -> str:
    """Tells the publication, and how it has the table, from every other one and every earlier state of it.

    What changes while a publication does not have the table is in no log that is read through it, and from PostgreSQL
    18 on the server does not even say so.
    """
    rows = session.rows(
        "SELECT p.oid::text || ':' || p.xmin::text || coalesce((SELECT string_agg(';' || r.oid::text || ':' || "
        "r.xmin::text, '' ORDER BY r.oid) FROM pg_catalog.pg_publication_rel r WHERE r.prpubid = p.oid AND r.prrelid "
        f"IN (SELECT {relation.oid}::oid UNION SELECT a.relid FROM pg_catalog.pg_partition_ancestors("
        f"{relation.oid}::oid::regclass) a)), '') FROM pg_catalog.pg_publication p WHERE p.pubname = {literal(name)}"
    )
    return str(rows[0][0]) if rows else ""


def check(session: Session, name: str, relation: Relation, columns: Sequence[str]) -> None:
    """Refuse a publication that does not tell every change of the table and the columns taken. Raises SourceError."""
    whole = _one(
        session, f"SELECT to_jsonb(p)::text FROM pg_catalog.pg_publication p WHERE pubname = {literal(name)}"
    )
    if lacking := [action for key, action in ACTIONS.items() if not whole.get(key)]:
        raise _refused(
            name, f"it leaves out {', '.join(lacking)}", f"ALTER PUBLICATION {identifier(name)} SET (publish = …)"
        )
    schema, table = session.rows(
        "SELECT n.nspname::text, c.relname::text FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n "
        f"ON n.oid = c.relnamespace WHERE c.oid = {relation.oid}"
    )[0]
    told = _one(
        session,
        f"SELECT to_jsonb(t)::text FROM pg_catalog.pg_publication_tables t WHERE pubname = {literal(name)} "
        f"AND schemaname = {literal(str(schema))} AND tablename = {literal(str(table))}",
    )
    if not told:
        hint = f"ALTER PUBLICATION {identifier(name)} ADD TABLE {relation.source}"
        if relation.kind == "p":
            hint += f"; ALTER PUBLICATION {identifier(name)} SET (publish_via_partition_root = true)"
        raise _refused(name, f"it does not have the table {relation.name} as a whole", hint + "; then run --full")
    if told.get("rowfilter"):
        raise _refused(name, "it has a row filter", "publish the table without WHERE; filter in a query later on")
    listed = told.get("attnames")
    if isinstance(listed, list) and (missing := [column for column in columns if column not in listed]):
        raise _refused(
            name,
            f"it leaves out the columns {', '.join(missing)}",
            "add them to its column list; a generated column needs PostgreSQL 18 and "
            "publish_generated_columns = stored, and has to be STORED",
        )


def _generated(session: Session, relation: Relation, columns: Sequence[str]) -> bool:
    """Whether a column that is taken is stored and generated, and the server can publish such."""
    if not columns:
        return False
    names = ", ".join(literal(name) for name in columns)
    found = session.rows(
        "SELECT current_setting('server_version_num')::int >= 180000 AND EXISTS (SELECT 1 FROM "
        f"pg_catalog.pg_attribute WHERE attrelid = {relation.oid} AND attgenerated = 's' AND attname IN ({names}))"
    )
    return bool(found[0][0])


def _one(session: Session, query: str) -> dict[str, object]:
    rows = session.rows(query)
    return dict(json.loads(rows[0][0])) if rows else {}


def _refused(name: str, what: str, remedy: str) -> SourceError:
    return SourceError(what, where=f"publication {name}", remedy=remedy)
