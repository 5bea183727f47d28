"""A query sees one state: each table that it names gets the moment, and nothing else of it changes."""

from __future__ import annotations

import pytest

from antechamber.connect.relational.pinned import pinned, tables

MOMENTS = {
    "snowflake": "AT (TIMESTAMP => CAST('2026-01-01 00:00:00.000001 +00:00' AS TIMESTAMPTZ))",
    "bigquery": "FOR SYSTEM_TIME AS OF CAST('2026-01-01 00:00:00+00:00' AS TIMESTAMP)",
    "databricks": "VERSION AS OF 12",
    "oracle": "AS OF SCN 12",
}


@pytest.mark.parametrize("dialect", MOMENTS)
def test_every_table_is_pinned_and_no_name_of_with(dialect: str) -> None:
    moment = MOMENTS[dialect]
    query = (
        "WITH recent AS (SELECT * FROM sales.orders WHERE day > 1) SELECT id FROM recent WHERE NOT id IN "
        "(SELECT id FROM sales.returned) UNION ALL SELECT id FROM sales.orders"
    )
    assert sorted(tables(query, dialect) or ()) == ["sales.orders", "sales.returned"]
    assert pinned(query, dialect, lambda table: moment) == query.replace(
        "sales.orders", f"sales.orders {moment}"
    ).replace("sales.returned", f"sales.returned {moment}")


def test_each_table_has_a_moment_of_its_own_and_a_users_is_kept() -> None:
    versions = {"a.x": 1, "`odd name`": 2}
    query = "SELECT 1 FROM a.x AS x, `odd name` AS y, a.z VERSION AS OF 9 AS z"
    assert pinned(query, "databricks", lambda table: f"VERSION AS OF {versions[table]}") == (
        "SELECT 1 FROM a.x VERSION AS OF 1 AS x CROSS JOIN `odd name` VERSION AS OF 2 AS y "
        "CROSS JOIN a.z VERSION AS OF 9 AS z"
    )


@pytest.mark.parametrize(
    "query", ["SELECT 1", "SELEC 1", "DELETE FROM a", "SELECT * FROM a; SELECT 2", "SELECT * FROM read_files('/x') f"]
)
def test_what_is_no_query_of_tables_is_not_pinned(query: str) -> None:
    assert pinned(query, "databricks", lambda table: "VERSION AS OF 1") is None
