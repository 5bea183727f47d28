"""Data files are what a clean room reads: Snappy, field ids, honest bounds, sizes near the target, in order."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyiceberg.conversions import from_bytes
from tests.publish.publisher import SCHEMA, Publisher, batch, columns, rows_of

from antechamber.errors import PublishError
from antechamber.publish import Staging, Stamp, commit, write_data_files

WIDE = columns(
    id=pa.string(), email=pa.string(), tier=pa.string(), active=pa.bool_(), born=pa.date32(),
    seen=pa.timestamp("us", tz="UTC"), visits=pa.int64(), score=pa.float64(), ltv=pa.decimal128(12, 2),
    big=pa.decimal128(38, 10),
)  # fmt: skip


def members(start: int, stop: int) -> Iterator[tuple[Any, ...]]:
    for n in range(start, stop):
        yield (
            f"member-{n:08d}", hashlib.sha256(str(n).encode()).hexdigest(), ("gold", "silver", None)[n % 3],
            n % 2 == 0, date.fromordinal(720_000 + n % 20_000), datetime(2026, 1, 1, 0, 0, n % 60, n % 1000, UTC),
            n if n % 7 else None, n / 7, Decimal(n).scaleb(-2), Decimal(n) / 8,
        )  # fmt: skip


def test_pyiceberg_and_duckdb_read_the_same_rows(publisher: Publisher) -> None:
    rows = list(members(0, 3000))
    table = publisher.table(WIDE)
    publisher.run([rows[:1000], rows[1000:]], schema=WIDE, table=table)
    table.refresh()
    assert table.scan().to_arrow().cast(WIDE).to_pylist() == batch(rows, WIDE).to_pylist()
    files = [task.file.file_path for task in table.scan().plan_files()]
    with duckdb.connect() as connection:
        found = connection.execute("SELECT * FROM read_parquet($files)", {"files": files}).to_arrow_table()
        counted = connection.execute(
            "SELECT count(*) FROM read_parquet($files) WHERE visits >= 100 AND tier = 'gold'", {"files": files}
        ).fetchall()
    assert found.cast(WIDE).to_pylist() == batch(rows, WIDE).to_pylist()
    assert counted == [(len([row for row in rows if row[6] is not None and row[6] >= 100 and row[2] == "gold"]),)]


def test_filters_find_what_is_there_and_skip_files_by_their_bounds(publisher: Publisher) -> None:
    table = publisher.table(WIDE)
    for start in (0, 1000, 2000):
        publisher.run([list(members(start, start + 1000))], schema=WIDE)
    table.refresh()

    def found(condition: str) -> tuple[int, int]:
        scan = table.scan(row_filter=condition)
        return len(list(scan.plan_files())), scan.to_arrow().num_rows

    assert found("id = 'member-00001500'") == (1, 1)
    assert found("ltv >= 20.00") == (1, 1000)
    assert found("big < 1.0000000000") == (1, 8)
    assert found("tier IS NULL") == (3, 1000)
    assert found("id = 'nobody'") == (0, 0)


def test_every_file_is_snappy_and_has_field_ids(publisher: Publisher) -> None:
    table = publisher.table(WIDE)
    publisher.run([list(members(0, 500))], schema=WIDE)
    publisher.run([list(members(200, 300))], mode="upsert", keys=("id",), schema=WIDE)
    table.refresh()
    for path in (publisher.folder / "store" / "members" / "data").glob("*.parquet"):
        metadata = pq.read_metadata(path)
        ids = [(field.metadata or {})[b"PARQUET:field_id"] for field in pq.read_schema(path)]
        assert ids == [str(field.field_id).encode() for field in table.schema().fields]
        for group in range(metadata.num_row_groups):
            chunks = [metadata.row_group(group).column(n) for n in range(metadata.num_columns)]
            assert {chunk.compression for chunk in chunks} == {"SNAPPY"}
    assert table.format_version == 2
    assert "schema.name-mapping.default" not in table.metadata.properties


def test_a_hash_of_every_record_gets_no_dictionary_and_a_tier_does(publisher: Publisher) -> None:
    publisher.run([list(members(0, 5000))], schema=WIDE)
    (path,) = (publisher.folder / "store" / "members" / "data").glob("*.parquet")
    group = pq.read_metadata(path).row_group(0)
    plain = {group.column(n).path_in_schema: group.column(n).has_dictionary_page for n in range(group.num_columns)}
    assert not plain["email"]
    assert plain["tier"]


def test_statistics_count_nulls_and_bound_values(publisher: Publisher) -> None:
    table = publisher.table()
    (file,) = publisher.write(
        table, [[(1, "a" * 40, None), (5, None, Decimal("2.00")), (3, "z" * 40, Decimal("-1.50"))]], run_id="r"
    )
    fields = {field.name: field for field in table.schema().fields}

    def bounds(name: str) -> tuple[Any, Any]:
        field = fields[name]
        return (
            from_bytes(field.field_type, file.lower_bounds[field.field_id]),  # type: ignore[arg-type]
            from_bytes(field.field_type, file.upper_bounds[field.field_id]),  # type: ignore[arg-type]
        )

    assert file.record_count == 3
    assert {name: file.null_value_counts[fields[name].field_id] for name in fields} == {
        "id": 0,
        "name": 1,
        "score": 1,
    }
    assert bounds("id") == (1, 5)
    assert bounds("score") == (Decimal("-1.50"), Decimal("2.00"))
    assert bounds("name") == ("a" * 16, "z" * 15 + "{")
    assert file.file_size_in_bytes == Path(file.file_path.removeprefix("file://")).stat().st_size
    assert file.split_offsets == [4]


def test_a_very_long_value_in_one_row_group_is_still_found(
    publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    from antechamber.publish import files

    monkeypatch.setattr(files, "row_group_bytes", lambda workers: 1)
    table = publisher.table()
    publisher.run([[(1, "mmm", None)], [(2, "z" * 10_000, None)], [(3, "nnn", None)]], table=table)
    table.refresh()
    (file,) = (task.file for task in table.scan().plan_files())
    assert len(file.split_offsets or []) == 3
    assert table.scan(row_filter=f"name = '{'z' * 10_000}'").to_arrow().num_rows == 1


@pytest.mark.parametrize("partitions", [1, 40])
def test_file_sizes_follow_the_target_and_not_the_partitions(
    publisher: Publisher, tmp_path: Path, partitions: int
) -> None:
    table = publisher.table(WIDE)
    target = 300_000
    with Staging(tmp_path / "run", WIDE, memory_bytes=0) as staging:
        for number in range(40):
            part = batch(members(number * 500, number * 500 + 500), WIDE)
            staging.add(number % partitions, number // partitions, part)
        staging.resolve()
        files = write_data_files(table, staging, run_id="r", target_bytes=target, workers=2)
        assert len(files) > 3
        assert all(target * 0.6 < file.file_size_in_bytes < target * 1.5 for file in files)
        assert len(write_data_files(table, staging, run_id="s", target_bytes=1 << 30, workers=2)) == 1


def test_files_hold_the_records_in_order_whatever_the_workers(publisher: Publisher, tmp_path: Path) -> None:
    table = publisher.table(WIDE)
    contents = []
    for workers in (1, 3):
        with Staging(tmp_path / f"run{workers}", WIDE, memory_bytes=100_000) as staging:
            for number in reversed(range(20)):
                staging.add(number // 5, number % 5, batch(members(number * 500, number * 500 + 500), WIDE))
            staging.resolve()
            files = write_data_files(table, staging, run_id=f"w{workers}", target_bytes=300_000, workers=workers)
            contents.append([pq.read_table(file.file_path.removeprefix("file://")) for file in files])
    assert contents[0] == contents[1]
    assert pa.concat_tables(contents[0]).column("id").to_pylist() == [row[0] for row in members(0, 10_000)]


def test_no_records_make_no_file(publisher: Publisher) -> None:
    assert publisher.write(publisher.table(), [[]], run_id="r") == []


def test_a_run_that_is_published_does_not_write_its_files_again(publisher: Publisher) -> None:
    publisher.run([[(1, "a", None)]], run_id="r")
    with pytest.raises(PublishError, match="published already"):
        publisher.write(publisher.table(), [[(2, "b", None)]], run_id="r")
    assert rows_of(publisher.table()) == [(1, "a", None)]


def test_a_store_that_cannot_be_written_is_told_as_such(publisher: Publisher) -> None:
    table = publisher.table()
    (publisher.folder / "store" / "members" / "data").write_text("in the way")
    with pytest.raises(PublishError, match="cannot be written"):
        publisher.write(table, [[(1, "a", None)]], run_id="r")


def test_a_workspace_in_a_folder_with_odd_characters_works(tmp_path: Path) -> None:
    folder = tmp_path / "a b%20ü#?"
    folder.mkdir()
    publisher = Publisher(folder, catalog=tmp_path / "catalog.db")
    publisher.run([[(1, "a", None)]])
    publisher.run([[(1, "b", None)]], mode="upsert", keys=("id",))
    assert rows_of(publisher.table()) == [(1, "b", None)]
    assert sorted(path.name for path in tmp_path.iterdir()) == [folder.name, "catalog.db"]
    assert len([name for name in publisher.stored() if name.startswith("data/")]) == 2


def test_records_from_polars_of_another_string_layout_are_written(publisher: Publisher) -> None:
    schema = columns(id=pa.large_string(), name=pa.string_view())
    publisher.run([[("a", "b"), ("c", None)]], schema=schema)
    assert rows_of(publisher.table(schema)) == [("a", "b"), ("c", None)]


def test_stamps_are_needed_only_once(publisher: Publisher) -> None:
    table = publisher.table(SCHEMA)
    files = publisher.write(table, [[(1, "a", None)]], run_id="r")
    first = commit(table, files, mode="append", stamp=Stamp("r", "loyalty"))
    assert commit(table, files, mode="append", stamp=Stamp("r", "loyalty")) == first
    assert rows_of(table) == [(1, "a", None)]
