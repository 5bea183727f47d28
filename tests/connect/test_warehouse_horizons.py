"""Oracle and SQL Server tell their open transactions, so that no lateness has to be guessed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.connect import warehouse_clients
from tests.connect.relational_table import run
from tests.connect.test_warehouse_states import URLS
from tests.servers.warehouse import Warehouse

from antechamber.errors import SourceError


@pytest.mark.parametrize("kind", ["oracle", "sqlserver"])
def test_a_record_of_a_transaction_that_was_open_is_read_when_it_commits(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house: Warehouse = getattr(warehouse_clients, kind)(monkeypatch)
    opened = ["NULL"]
    house.answers.insert(0, (r"gv\$transaction|dm_tran_active", lambda _: f"SELECT {opened[0]} AS began"))
    house.answers.insert(0, (r"dba_2pc_pending", lambda _: "SELECT 0 AS waiting"))
    house.commit("CREATE TABLE sales.orders (id BIGINT, what VARCHAR, changed TIMESTAMPTZ)")
    for number in range(20, 50, 10):
        house.commit(f"INSERT INTO sales.orders VALUES ({number}, 'r{number}', '2026-11-24 00:00:00+00')")
    opened[0] = "'2026-11-24 00:00:02'"  # since then somebody has a transaction open
    declared: dict[str, Any] = {"table": "sales.orders", "watermark": "changed", "columns": ["what"]}
    house.commit("UPDATE sales.orders SET changed = '2026-11-24 00:00:05+00' WHERE id = 40")
    first, rows = run(kind, URLS[kind], tmp_path, **declared)
    assert sorted(row["what"] for row in rows) == ["r20", "r30", "r40"]
    assert (
        first.watermark
        and first.watermark["exact"]
        and str(first.watermark["value"]).startswith("2026-11-24 00:00:01")
    )
    assert first.skipped == ()
    house.commit("INSERT INTO sales.orders VALUES (50, 'late', '2026-11-24 00:00:03+00')")
    opened[0] = "NULL"
    second, rows = run(kind, URLS[kind], tmp_path, last=first.watermark, **declared)
    assert [row["what"] for row in rows] == ["late"]
    assert run(kind, URLS[kind], tmp_path, last=second.watermark, **declared)[1] == []


def test_a_database_that_allows_no_snapshot_is_refused_unless_declared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = warehouse_clients.sqlserver(monkeypatch)
    house.allowed = False
    house.commit("CREATE TABLE sales.orders (id BIGINT)")
    with pytest.raises(SourceError, match="does not allow a run to see one state"):
        run("sqlserver", URLS["sqlserver"], tmp_path, table="sales.orders")
    listing, _ = run("sqlserver", URLS["sqlserver"], tmp_path, table="sales.orders", isolation="statement")
    assert "state of its own moment" in listing.skipped[0].reason


def test_an_oracle_user_without_flashback_reads_in_one_transaction(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = warehouse_clients.oracle(monkeypatch)
    house.answers = [answer for answer in house.answers if "FLASHBACK" not in answer[0]]
    house.commit("CREATE TABLE sales.orders (id DECIMAL(38,0), what VARCHAR)")
    written: list[int] = []

    def write() -> None:
        if len(written) < 20:
            written.append(len(written))
            house.commit(f"INSERT INTO sales.orders VALUES ({len(written) // 2}, 'r{len(written)}')")

    house.busy = write
    last, found = None, []
    for _ in range(9):
        listing, rows = run(
            "oracle", URLS["oracle"], tmp_path, last=last, table="sales.orders", watermark="id", columns=["what"]
        )
        last = listing.watermark
        found += [row["what"] for row in rows]
    assert sorted(found) == sorted(f"r{number}" for number in range(1, 21))
    assert "SET TRANSACTION READ ONLY" not in house.asked  # it is no query
