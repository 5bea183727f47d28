"""Redshift, whose protocol is PostgreSQL's: run against PostgreSQL, which has the cursors too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.connect.relational_table import run
from tests.servers.postgres import Postgres


def test_redshift_is_read_by_the_protocol_of_postgresql(postgres: Postgres, schema: str, tmp_path: Path) -> None:
    postgres.run(
        f"CREATE TABLE {schema}.t (id bigint, what text, amount numeric(12,2), changed timestamptz)",
        f"INSERT INTO {schema}.t VALUES (1, 'a', 1.10, '2026-01-01'), (2, 'b', NULL, '2026-01-02')",
    )
    url = postgres.url().replace("postgresql://", "redshift://")
    declared: dict[str, Any] = {"table": f"{schema}.t", "watermark": "changed"}
    first, rows = run("redshift", url, tmp_path, columns=["id", "what", "amount"], **declared)
    assert rows == [{"id": 1, "what": "a", "amount": "1.10"}, {"id": 2, "what": "b", "amount": None}]
    postgres.run(f"INSERT INTO {schema}.t VALUES (3, 'tie', 0, '2026-01-02')")
    _, rows = run("redshift", url, tmp_path, columns=["id", "what", "amount"], last=first.watermark, **declared)
    assert [row["what"] for row in rows] == ["tie"]


def test_many_records_come_in_parts(postgres: Postgres, schema: str, tmp_path: Path) -> None:
    postgres.run(f"CREATE TABLE {schema}.t AS SELECT i AS id FROM generate_series(1, 2500) i")
    url = postgres.url().replace("postgresql://", "redshift://")
    _, rows = run("redshift", url, tmp_path, table=f"{schema}.t")
    assert [row["id"] for row in rows] == list(range(1, 2501))
    assert run("redshift", url, tmp_path, query=f"SELECT id FROM {schema}.t WHERE id < 0")[1] == []
