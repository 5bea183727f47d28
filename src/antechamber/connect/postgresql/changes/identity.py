"""Whether the changes of a table can be captured: what it is, and what its deletions tell."""

# ruff: noqa: S608 (statements are built here; every name and value in them goes through identifier() or literal())

from __future__ import annotations

from collections.abc import Collection

from antechamber.connect.postgresql.relation import STORED, Relation
from antechamber.connect.postgresql.session import Session
from antechamber.errors import SourceError
from antechamber.records import CHANGE

IDENTITIES = {"d": "its primary key", "i": "an index", "f": "the whole row", "n": "nothing"}


def check(session: Session, relation: Relation, key: Collection[str]) -> None:
    """Refuse a table whose changes would not tell the whole. key: columns of which the published key is made.

    Raises SourceError.
    """
    if relation.kind not in STORED:
        raise _refused(relation, "the changes of a view or foreign table are in no log", "name the table itself")
    persistence, secured = session.rows(
        f"SELECT relpersistence::text, pg_catalog.row_security_active(oid) FROM pg_catalog.pg_class "
        f"WHERE oid = {relation.oid}"
    )[0]
    if persistence != "p":
        raise _refused(relation, "an unlogged table's changes are in no log", "ALTER TABLE … SET LOGGED")
    if secured:
        raise _refused(
            relation,
            "row level security hides rows from the role, and the log does not",
            "use a role with BYPASSRLS",
        )
    if relation.kind == "r" and not relation.alone:
        raise _refused(relation, "other tables inherit from it, and have keys of their own", "name each table itself")
    if not relation.local:
        raise _refused(relation, "it has foreign partitions, whose changes are in no log", "capture the local ones")
    if any(column.name == CHANGE for column in relation.columns):
        raise _refused(relation, f"the column name '{CHANGE}' is taken by the pipeline", "rename the column")
    _check_identity(session, relation, key)


def parts(session: Session, relation: Relation) -> dict[str, str]:
    """The leaves of a partitioned table: oid → the file that a TRUNCATE of it alone would change. {} for others."""
    if relation.kind != "p":
        return {}
    return {
        str(oid): str(file)
        for oid, file in session.rows(
            "SELECT relid::oid::text, pg_catalog.pg_relation_filenode(relid)::text "
            f"FROM pg_catalog.pg_partition_tree({relation.oid}::oid::regclass) WHERE isleaf"
        )
    }


def types(session: Session, relation: Relation) -> dict[int, str]:
    """The oid of a type → the name of its base type in pg_catalog, or "" for one of another schema.

    For all types of pg_catalog, and those of the table's columns.
    """
    rows = session.rows(
        "WITH RECURSIVE base(start, oid) AS (SELECT oid, oid FROM pg_catalog.pg_type WHERE typnamespace = "
        f"'pg_catalog'::regnamespace UNION SELECT atttypid, atttypid FROM pg_catalog.pg_attribute WHERE attrelid = "
        f"{relation.oid} AND attnum > 0 AND NOT attisdropped UNION ALL SELECT b.start, y.typbasetype FROM base b "
        "JOIN pg_catalog.pg_type y ON y.oid = b.oid WHERE y.typtype = 'd') "
        "SELECT b.start::bigint, CASE WHEN y.typnamespace = 'pg_catalog'::regnamespace THEN y.typname::text "
        "ELSE '' END FROM base b JOIN pg_catalog.pg_type y ON y.oid = b.oid AND y.typtype <> 'd'"
    )
    return {int(oid): str(name) for oid, name in rows}


def _check_identity(session: Session, relation: Relation, key: Collection[str]) -> None:
    found = session.rows(
        "SELECT DISTINCT c.relreplident::text FROM pg_catalog.pg_class c WHERE c.oid = "
        f"{relation.oid} OR c.oid IN (SELECT relid FROM pg_catalog.pg_partition_tree({relation.oid}::oid::regclass))"
    )
    kinds = sorted(str(row[0]) for row in found)
    if len(kinds) > 1:
        raise _refused(
            relation,
            "its partitions differ in what identifies a row: " + ", ".join(IDENTITIES[kind] for kind in kinds),
            "give the table and all its partitions the same REPLICA IDENTITY",
        )
    if kinds == ["f"]:
        return
    which = {"d": "i.indisprimary", "i": "i.indisreplident"}.get(kinds[0], "false")
    columns = {
        str(row[0])
        for row in session.rows(
            "SELECT a.attname::text FROM pg_catalog.pg_index i JOIN pg_catalog.pg_attribute a "
            "ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey) "
            f"WHERE i.indrelid = {relation.oid} AND i.indisvalid AND {which}"
        )
    }
    missing = [name for name in key if name not in columns]
    if missing or not columns:
        told = f"does not tell {', '.join(missing)}" if columns else "is told by nothing"
        raise _refused(
            relation,
            f"which row was deleted {told}: the published key is made of {', '.join(key)}, and the table's identity "
            f"in the log is {IDENTITIES[kinds[0]] if columns else IDENTITIES['n']}",
            "the table's owner: ALTER TABLE "
            f"{relation.source} REPLICA IDENTITY FULL (it makes updates' log larger), or make the key its identity",
        )


def refuse_other_parts(relation: Relation, recorded: dict[str, str], now: dict[str, str]) -> list[str]:
    """What the log does not tell of a partitioned table's parts, as notes. Raises SourceError when rows are gone."""
    if gone := set(recorded) - set(now):
        raise SourceError(
            f"{len(gone)} of its partitions were dropped or detached: the deletion of their rows is in no log",
            where=relation.name,
            remedy="read everything again with --full",
        )
    notes = []
    if new := set(now) - set(recorded):
        notes.append(f"{len(new)} partitions are new: rows that they had when they were attached are in no log")
    if any(now[oid] != file for oid, file in recorded.items()):
        notes.append("a partition was rewritten: if it was truncated on its own, run --full")
    return notes


def _refused(relation: Relation, what: str, remedy: str) -> SourceError:
    return SourceError(what, where=relation.name, remedy=remedy)
