"""Which records above the watermark an earlier run has read already, told exactly, so that none is read twice.

In tables by the transaction that wrote a record's present version (`xmin`); in views and queries, which have none,
by a salted hash of the whole record and how often it occurred.
"""

# ruff: noqa: S608 (statements are built here; every name and value in them goes through identifier() or literal())

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from antechamber.connect.postgresql.relation import Relation
from antechamber.connect.postgresql.session import Session, literal
from antechamber.errors import SourceError

CAP = 10_000
HALF_CIRCLE = 1 << 31
"""Transaction ids are kept in 32 bits; two further apart than this cannot be told from two close ones."""


@dataclass(frozen=True)
class Snapshot:
    """The run's snapshot. after: the first 64-bit transaction id that it cannot see; before: all ids below are over.

    server: identifies the cluster and its timeline: ids mean the same only under one. "" when it may not be known.
    """

    server: str
    before: int
    after: int


def remember(session: Session, relation: Relation, where: str, snapshot: Snapshot) -> Mapping[str, object]:
    """What to record about the records that meet `where` and are visible now. JSON-able. Raises SourceError."""
    if relation.local and snapshot.server:
        recent = []
        if snapshot.after > snapshot.before:
            recent = session.rows(
                f"SELECT DISTINCT {_written_by(snapshot)} FROM {relation.source} AS t "
                f"WHERE {where} AND {_written_by(snapshot)} >= {snapshot.before} ORDER BY 1 LIMIT {CAP + 1}"
            )
            _check(len(recent), relation, "transactions have committed")
        return {
            "by": "transaction",
            "server": snapshot.server,
            "before": snapshot.before,
            "after": [int(row[0]) - snapshot.before for row in recent],
        }
    salt = secrets.token_hex(8)
    rows = session.rows(
        f"SELECT {_hash(salt)}, count(*) FROM {relation.source} AS t WHERE {where} GROUP BY 1 LIMIT {CAP + 1}"
    )
    _check(len(rows), relation, "records lie")
    return {"by": "record", "salt": salt, "records": {str(row[0]): int(row[1]) for row in rows}}


def exclude(relation: Relation, where: str, seen: Mapping[str, Any], snapshot: Snapshot) -> tuple[str, str, str]:
    """What leaves out the records that `seen` remembers, as (source, condition, warning).

    source: stands behind FROM in place of the relation's own, for alias `t`. condition: over `t`, in place of
    `where`. warning: "" or why they cannot be told (they are read again then).
    """
    if seen["by"] == "transaction":
        before = int(seen["before"])
        if seen["server"] != snapshot.server or not relation.local:
            return relation.source, where, "the server was restored or failed over since the last run"
        if snapshot.after < before or snapshot.after - before >= HALF_CIRCLE:
            return relation.source, where, "more than two thousand million transactions passed since the last run"
        written = _written_by(snapshot)
        condition = f"{where} AND {written} >= {before}"
        if seen["after"]:
            known = ",".join(str(before + int(offset)) for offset in seen["after"])
            condition += f" AND {written} <> ALL ('{{{known}}}'::bigint[])"
        return relation.source, condition, ""
    if not seen["records"]:
        return relation.source, where, ""
    hashes = ",".join(seen["records"])
    counts = ",".join(str(int(count)) for count in seen["records"].values())
    numbered = (
        f'(SELECT t.*, {_hash(str(seen["salt"]))} AS "antechamber hash", row_number() OVER '
        f'(PARTITION BY {_hash(str(seen["salt"]))}) AS "antechamber nth" FROM {relation.source} AS t WHERE {where})'
    )
    source = (
        f"(SELECT n.* FROM {numbered} AS n LEFT JOIN unnest('{{{hashes}}}'::text[], '{{{counts}}}'::bigint[]) "
        'AS s(hash, read) ON s.hash = n."antechamber hash" WHERE s.read IS NULL OR n."antechamber nth" > s.read)'
    )
    return source, "true", ""


def _written_by(snapshot: Snapshot) -> str:
    """The 64-bit id of the transaction that wrote the record `t`, as SQL of type bigint.

    `xmin` is the low half of an id that lies behind `snapshot.after`, so the high half follows. Ids 1 and 2 stand
    for 'before all others'. A frozen record keeps its xmin; one written 2^32 transactions ago may pass for recent,
    and is then read once more, never lost.
    """
    xmin = "t.xmin::text::bigint"
    behind = f"(({snapshot.after} - {xmin}) & 4294967295::bigint)"
    return f"(CASE WHEN {xmin} < 3 THEN 0 ELSE {snapshot.after} - {behind} END)"


def _hash(salt: str) -> str:
    return f"left(encode(sha256(convert_to({literal(salt)} || (t.*)::text, 'UTF8')), 'hex'), 32)"


def _check(found: int, relation: Relation, what: str) -> None:
    if found > CAP:
        raise SourceError(
            f"more than {CAP:,} {what} above the safe horizon, too many to remember which were read",
            where=relation.name,
            remedy="end the transaction that has been open longest (pg_stat_activity, pg_prepared_xacts), then run "
            "again; or read the `table:` itself in place of a view or query",
        )
