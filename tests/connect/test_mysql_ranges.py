"""Ranges of a MariaDB table: whatever the key, every record is in one of them, and none of them is the whole run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.connect.relational_table import run, source
from tests.servers.mariadb import MariaDB

from antechamber.connect.relational import ranges
from antechamber.records import Progress

ROWS = 6000
KEYS = {
    "int": "seq",
    "bigint unsigned": "18446744073709551615 - seq * seq * seq",
    "decimal(30,6)": "seq / 7 - 100",
    "double": "EXP(seq / 100)",
    "date": "DATE_ADD('2000-01-01', INTERVAL FLOOR(POW(seq, 0.5)) DAY)",
    "datetime(6)": "DATE_ADD('2026-03-29', INTERVAL seq * 1000 MICROSECOND)",
    "timestamp(3) NULL": "DATE_ADD('2026-03-29', INTERVAL seq SECOND)",
    "varchar(40) COLLATE utf8mb4_unicode_ci": "CONCAT(ELT(1 + seq % 5, 'a', 'Ä ', '🙂', 'ß', \"o'\\\\\"), seq % 900)",
    "varchar(40) COLLATE utf8mb4_bin": "CONCAT(ELT(1 + seq % 4, 'a', 'A', 'ä', ''), seq % 900)",
    "varchar(40) CHARACTER SET latin1 COLLATE latin1_german2_ci": "CONCAT(ELT(1 + seq % 3, 'Ü', 'ue', 'U'), seq)",
    "char(9)": "CONCAT(seq % 500, ' ')",
    "binary(16)": "UNHEX(MD5(seq))",
    "uuid": "UUID()",
    "year": "1902 + seq % 200",
}


@pytest.fixture(autouse=True)
def _small_parts_are_worth_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranges, "ROWS_WORTH_A_PART", 500)


def parts(mariadb: MariaDB, folder: Path, table: str) -> list[list[dict[str, Any]]]:
    read = source("mysql", mariadb.url(), folder, table=table, partition_on="k", share_snapshot="lock-all")
    try:
        listing = read.list(Progress())
        return [[row for batch in read.read(part) for row in batch.to_pylist()] for part in listing.partitions]
    finally:
        read.close()


@pytest.mark.parametrize("kind", KEYS)
def test_every_record_is_in_one_range_of_any_key(mariadb: MariaDB, database: str, tmp_path: Path, kind: str) -> None:
    mariadb.run(
        f"CREATE TABLE {database}.t (id int, k {kind})",
        f"INSERT INTO {database}.t SELECT seq, IF(seq % 50, {KEYS[kind]}, NULL) FROM mysql.seq_1_to_{ROWS}",
        f"ANALYZE TABLE {database}.t",
    )
    read = parts(mariadb, tmp_path, f"{database}.t")
    assert sorted(row["id"] for part in read for row in part) == list(range(1, ROWS + 1))
    assert len(read) > 2 and max(len(part) for part in read) < ROWS / 2


def test_a_skewed_key_does_not_make_one_part_of_all(mariadb: MariaDB, database: str, tmp_path: Path) -> None:
    mariadb.run(
        f"CREATE TABLE {database}.t (id int, k int, KEY (k))",
        f"INSERT INTO {database}.t SELECT seq, IF(seq % 4, 7, POW(2, seq / 200)) FROM mysql.seq_1_to_{ROWS}",
        f"ANALYZE TABLE {database}.t",
    )
    read = parts(mariadb, tmp_path, f"{database}.t")
    assert sorted(row["id"] for part in read for row in part) == list(range(1, ROWS + 1))
    heavy = [part for part in read if any(row["k"] == 7 for row in part)]
    assert len(heavy) == 1 and len(heavy[0]) < ROWS * 0.85 and len(read) >= 3


def test_without_a_permitted_lock_one_connection_reads_and_says_so(
    mariadb: MariaDB, database: str, tmp_path: Path
) -> None:
    mariadb.run(f"CREATE TABLE {database}.t AS SELECT seq AS k FROM mysql.seq_1_to_{ROWS}")
    listing, rows = run("mysql", mariadb.url(), tmp_path, table=f"{database}.t", partition_on="k")
    assert len(rows) == ROWS and len(listing.partitions) == 1
    assert "share_snapshot" in listing.skipped[0].reason


def test_a_lock_that_is_not_to_be_had_leaves_one_reader(
    mariadb: MariaDB, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from antechamber.connect.mysql import database as module

    monkeypatch.setattr(module, "LOCK_WAIT_S", 0)
    mariadb.run(f"CREATE TABLE {database}.t AS SELECT seq AS k FROM mysql.seq_1_to_{ROWS}")
    with mariadb.connect() as writer, writer.cursor() as cursor:
        cursor.execute("START TRANSACTION")
        cursor.execute(f"UPDATE {database}.t SET k = 0 WHERE k = 1")
        shared: dict[str, Any] = {"partition_on": "k", "share_snapshot": "lock-table"}
        listing, rows = run("mysql", mariadb.url(), tmp_path, table=f"{database}.t", **shared)
        cursor.execute("ROLLBACK")
    assert len(rows) == ROWS and "no lock was to be had" in listing.skipped[0].reason
