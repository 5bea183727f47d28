"""A table is made with the recipe's columns, and grows only as its owner allowed."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from pyiceberg.transforms import IdentityTransform
from pyiceberg.types import LongType
from tests.publish.publisher import SCHEMA, Publisher, columns, rows_of

from antechamber.errors import PublishError
from antechamber.publish.table import table_location

BASE = columns(id=pa.int32(), name=pa.string())


def test_a_new_table_is_version_two_snappy_and_all_optional(publisher: Publisher) -> None:
    table = publisher.table(pa.schema([pa.field("id", pa.int64(), nullable=False)]))
    assert table.format_version == 2
    assert table.metadata.properties["write.parquet.compression-codec"] == "snappy"
    assert not any(field.required for field in table.schema().fields)
    assert table.current_snapshot() is None


def test_opening_twice_gives_the_same_table(publisher: Publisher) -> None:
    assert publisher.table().metadata.table_uuid == publisher.table().metadata.table_uuid


def test_the_order_of_columns_does_not_matter(publisher: Publisher) -> None:
    publisher.run([[(1, "a")]], schema=BASE)
    turned = columns(name=pa.string(), id=pa.int32())
    publisher.run([[("b", 2)]], schema=turned)
    assert rows_of(publisher.table(BASE)) == [(1, "a"), (2, "b")]


def test_a_new_column_is_added_when_that_is_allowed(publisher: Publisher) -> None:
    publisher.run([[(1, "a")]], schema=BASE)
    wider = columns(id=pa.int32(), tier=pa.string(), name=pa.string())
    with pytest.raises(PublishError) as raised:
        publisher.table(wider)
    assert "new columns: tier" in raised.value.what
    assert "table:  id: int, name: string" in raised.value.what
    assert "recipe: id: int, tier: string, name: string" in raised.value.what
    assert "evolve: true" in raised.value.remedy
    table = publisher.table(wider, evolve=True)
    publisher.run([[(2, "gold", "b")]], schema=wider, table=table)
    assert rows_of(table) == [(1, "a", None), (2, "b", "gold")]


def test_an_int_becomes_a_long_when_that_is_allowed(publisher: Publisher) -> None:
    publisher.run([[(1, "a")]], schema=BASE)
    wider = columns(id=pa.int64(), name=pa.string())
    with pytest.raises(PublishError, match="wider types: id"):
        publisher.table(wider)
    table = publisher.table(wider, evolve=True)
    publisher.run([[(2**40, "b")]], schema=wider, table=table)
    assert rows_of(table) == [(1, "a"), (2**40, "b")]
    assert table.schema().find_field("id").field_type == LongType()


@pytest.mark.parametrize("evolve", [True, False])
@pytest.mark.parametrize(
    ("schema", "says"),
    [
        (columns(id=pa.int32()), "lacks columns that the table has: name"),
        (columns(id=pa.string(), name=pa.string()), "'id' is int in the table and string in the recipe"),
        (columns(id=pa.int32(), name=pa.binary()), "'name' is string in the table and binary in the recipe"),
        (columns(id=pa.int32(), other=pa.string()), "lacks columns that the table has: name"),
    ],
    ids=["vanished", "retyped", "text to bytes", "renamed"],
)
def test_a_vanished_or_retyped_column_is_refused_before_anything_is_written(
    publisher: Publisher, schema: pa.Schema, says: str, evolve: bool
) -> None:
    publisher.run([[(1, "a")]], schema=BASE)
    before = publisher.stored()
    with pytest.raises(PublishError) as raised:
        publisher.table(schema, evolve=evolve)
    assert says in raised.value.what
    assert raised.value.remedy
    assert publisher.stored() == before


def test_a_long_does_not_become_an_int(publisher: Publisher) -> None:
    publisher.table(columns(id=pa.int64()))
    with pytest.raises(PublishError, match="'id' is long in the table and int in the recipe"):
        publisher.table(columns(id=pa.int32()), evolve=True)


def test_more_digits_are_a_widening_and_other_decimals_are_not(publisher: Publisher) -> None:
    publisher.table(columns(x=pa.decimal128(9, 2)))
    publisher.table(columns(x=pa.decimal128(12, 2)), evolve=True)
    for kind in (pa.decimal128(9, 2), pa.decimal128(12, 3)):
        with pytest.raises(PublishError, match="'x' is decimal"):
            publisher.table(columns(x=kind), evolve=True)


def test_a_type_that_no_table_holds_is_refused(publisher: Publisher) -> None:
    with pytest.raises(PublishError, match=r"the type duration.* of the column 'x'"):
        publisher.table(columns(x=pa.duration("us")))


def test_a_partitioned_table_of_someone_else_is_refused(publisher: Publisher) -> None:
    table = publisher.table()
    with table.update_spec() as update:
        update.add_field("name", IdentityTransform())
    with pytest.raises(PublishError, match="partitioned"):
        publisher.table()


def test_a_table_whose_files_were_deleted_is_told_as_such(publisher: Publisher) -> None:
    table = publisher.table()
    Path(table.metadata_location.removeprefix("file://")).unlink()
    with pytest.raises(PublishError, match="metadata cannot be read") as raised:
        publisher.table(SCHEMA)
    assert "drop the table" in raised.value.remedy


@pytest.mark.parametrize(
    ("url", "location"),
    [
        ("file:///srv/store/t", "file:///srv/store/t"),
        ("file:///srv/a%20b/t/", "/srv/a b/t"),
        ("file:///srv/a%23b", "/srv/a#b"),
        ("s3://bucket/a%20b/t/", "s3://bucket/a%20b/t"),
    ],
)
def test_locations_are_given_as_readers_take_them(url: str, location: str) -> None:
    assert table_location(url) == location
