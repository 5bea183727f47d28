"""Services that cannot run here, at the edge of their clients: each SQL is read in its own dialect and answered.

Others commit after every statement that a run makes, and still nothing is lost and nothing is read twice.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.connect import warehouse_clients
from tests.connect.relational_table import run, source
from tests.servers.warehouse import Warehouse

from antechamber.connect.relational import ranges
from antechamber.errors import SourceError
from antechamber.records import Progress

URLS = {
    "snowflake": "snowflake://jane:s3cret@account/SHOP/SALES?warehouse=W",
    "bigquery": "bigquery://project/sales?location=EU",
    "oracle": "oracle://jane:s3cret@db.example.com/shop",
    "sqlserver": "sqlserver://jane:s3cret@db.example.com/shop",
    "databricks": "databricks://token:s3cret@host/sql/1.0/warehouses/id?catalog=c&schema=s",
}
TRAVELS = ("snowflake", "bigquery", "databricks", "oracle")
QUERY = "SELECT o.id, o.what, o.amount, o.changed FROM sales.orders o WHERE o.id IN (SELECT id FROM sales.orders)"


@pytest.fixture(params=URLS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def house(kind: str, monkeypatch: pytest.MonkeyPatch) -> Warehouse:
    make: Callable[[pytest.MonkeyPatch], Warehouse] = getattr(warehouse_clients, kind)
    made = make(monkeypatch)
    number = "BIGINT" if kind in ("bigquery", "databricks", "sqlserver") else "DECIMAL(38,0)"
    columns = f"id {number}, what VARCHAR, amount DECIMAL(12,2), changed TIMESTAMPTZ"
    made.commit(f"CREATE TABLE sales.orders ({columns})")
    return made


def read(kind: str, folder: Path, **declared: Any) -> Any:
    return run(kind, URLS[kind], folder, columns=["id", "what", "amount"], **declared)


@pytest.mark.parametrize("watermark", ["id", "changed"])
@pytest.mark.parametrize("declared", [{"table": "sales.orders"}, {"query": QUERY}])
def test_whatever_others_commit_meanwhile_nothing_is_lost_and_nothing_read_twice(
    kind: str, house: Warehouse, tmp_path: Path, watermark: str, declared: dict[str, str]
) -> None:
    written: list[int] = []

    def write() -> None:
        if len(written) < 40:
            number = len(written) // 3  # three share each value of the watermark
            written.append(number)
            what = f"o''b\\{len(written)}"
            house.commit(
                f"INSERT INTO sales.orders VALUES ({number}, '{what}', 1.10, "
                f"TIMESTAMPTZ '2026-01-01 00:00:00.000004+00' + INTERVAL {number} SECOND)"
            )

    write()
    house.busy = write
    last, found = None, []
    for _ in range(12):
        listing, rows = read(kind, tmp_path, last=last, watermark=watermark, **declared)
        last = listing.watermark
        found += [row["what"] for row in rows]
    assert len(written) == 40
    assert sorted(found) == sorted(f"o'b\\{number}" for number in range(1, 41))
    assert any("lateness" in skipped.reason for skipped in listing.skipped)
    assert not any("state" in skipped.reason for skipped in listing.skipped)
    assert not any("s3cret" in statement for statement in house.asked)


@pytest.mark.parametrize("key", ["id", "what", "changed"])
def test_ranges_of_one_state_are_read_by_several_sessions(
    kind: str, house: Warehouse, tmp_path: Path, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ranges, "ROWS_WORTH_A_PART", 100)
    house.commit(
        "INSERT INTO sales.orders SELECT i, "
        "CASE WHEN i % 2 THEN 'same' WHEN i > 5 THEN 'Longer Than Ten\\''' || i END, 0, "
        "TIMESTAMPTZ '2026-01-01 00:00:00+00' + to_seconds(i // 7) FROM range(1000) r(i)"
    )
    table = source(kind, URLS[kind], tmp_path, ["id"], table="sales.orders", partition_on=key)
    listing = table.list(Progress())
    if kind in TRAVELS:
        house.commit("DELETE FROM sales.orders")
    read_ids = [
        int(row["id"]) for part in listing.partitions for batch in table.read(part) for row in batch.to_pylist()
    ]
    table.close()
    assert (len(listing.partitions) >= 3) == (kind in TRAVELS)
    assert sorted(read_ids) == list(range(1000))


def test_what_has_no_past_is_said(kind: str, house: Warehouse, tmp_path: Path) -> None:
    house.commit("CREATE VIEW sales.v AS SELECT * FROM sales.orders")
    listing, _ = read(kind, tmp_path, table="sales.v")
    said = [skipped.reason for skipped in listing.skipped]
    if kind in ("snowflake", "bigquery", "databricks"):
        assert len(said) == 1 and "state of its own moment" in said[0]
    else:
        assert said == []  # one transaction sees one state


@pytest.mark.parametrize("declared", [{"table": "sales.nowhere"}, {"query": "SELECT nope FROM sales.orders"}])
def test_a_mistake_is_told_without_the_secret(
    kind: str, house: Warehouse, tmp_path: Path, declared: dict[str, str]
) -> None:
    with pytest.raises(SourceError) as fault:
        read(kind, tmp_path, **declared)
    assert fault.value.remedy and "s3cret" not in str(fault.value)
    assert "no such table or column" in str(fault.value)
