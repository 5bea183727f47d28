"""Where a query runs, and what of the tables it reads."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.types import IntegerType, LongType, StringType
from tests.collaborate.workshop import (
    MEMBERS,
    SHARED_MEMBERS,
    VIEWERS,
    Columns,
    Workshop,
    iceberg,
    members_rule,
    some_members,
    viewers_rule,
)

from antechamber.collaborate import Limits, Room, SharedTable
from antechamber.collaborate.files import view
from antechamber.collaborate.sandbox import connect
from antechamber.declare.share import AggregationRule
from antechamber.errors import DeclarationError, QueryFailed

COUNT = "SELECT COUNT(DISTINCT email) AS n FROM members"


def counted(room: Room, sql: str = COUNT) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = room.answer(sql, member="acme").table.to_pylist()
    return rows


@pytest.mark.parametrize(
    "hostile",
    [
        "SELECT * FROM read_csv('/etc/hostname')",
        "SELECT * FROM read_text('/etc/hostname')",
        "SELECT * FROM read_blob('/etc/hostname')",
        "SELECT * FROM '/etc/hostname'",
        "SELECT * FROM glob('/etc/*')",
        "SELECT * FROM read_parquet('OTHER')",
        "SELECT * FROM read_parquet('ALLOWED*')",
        "SELECT * FROM read_parquet('https://example.com/x.parquet')",
        "SELECT * FROM read_parquet('s3://bucket/x.parquet')",
        "COPY (SELECT 1) TO 'ALLOWED'",
        "COPY (SELECT 1) TO '/tmp/antechamber-sandbox'",
        "EXPORT DATABASE '/tmp/antechamber-sandbox'",
        "ATTACH '/tmp/antechamber-sandbox.db'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "SET lock_configuration = false",
        "SET allowed_paths = ['/etc/hostname']",
        "RESET memory_limit",
        "SET temp_directory = '/tmp'",
        "SELECT getenv('HOME')",
        "CREATE PERSISTENT SECRET s (TYPE s3)",
    ],
)
def test_a_connection_reads_its_files_and_reaches_nothing_else(tmp_path: Path, hostile: str) -> None:
    allowed, other = tmp_path / "allowed.parquet", tmp_path / "other.parquet"
    for path in (allowed, other):
        pq.write_table(pa.table({"a": [1]}), path)
    with connect([str(allowed)], memory=2**28, threads=1) as connection:
        assert connection.execute(f"SELECT * FROM read_parquet('{allowed}')").fetchall() == [(1,)]
        statement = hostile.replace("ALLOWED", str(allowed)).replace("OTHER", str(other))
        with pytest.raises(duckdb.Error):
            connection.execute(statement).fetchall()
    assert pq.read_table(allowed).num_rows == 1


def test_a_query_leaves_no_file_behind(workshop: Workshop, tmp_path: Path) -> None:
    workshop.table("members", "acme", MEMBERS, some_members(60), members_rule())
    room = workshop.room()
    before = sorted(tmp_path.rglob("*"))
    assert counted(room)
    assert sorted(tmp_path.rglob("*")) == before


def test_the_environment_does_not_reach_the_query(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    # A module of this name on PYTHONPATH would be imported in place of DuckDB.
    trap = workshop.root / "trap"
    trap.mkdir()
    (trap / "duckdb.py").write_text("raise SystemExit(0)")
    monkeypatch.setenv("PYTHONPATH", str(trap))
    monkeypatch.chdir(trap)
    workshop.table("members", "acme", MEMBERS, some_members(60), members_rule())
    assert counted(workshop.room())


def test_views_hold_the_columns_of_the_query_and_no_other(room: Room) -> None:
    explained = room.explain("SELECT tier, COUNT(visits) FROM members GROUP BY tier", member="acme")
    assert explained.tables == {"members": ("email", "tier", "visits")}
    shared = room.tables["members"]
    made = view("members", iceberg(shared), explained.tables["members"])
    assert "secret" not in made.sql
    assert "phone" not in made.sql
    assert "secret" not in SHARED_MEMBERS


def test_a_query_sees_the_last_commit(workshop: Workshop) -> None:
    shared = workshop.table("members", "acme", MEMBERS, some_members(30), members_rule())
    room = workshop.room()
    (before,) = counted(room)
    people = [{"email": f"new{number}"} for number in range(40)]
    # Committed by another process, as it were: the room's own table object does not know.
    other = workshop.catalog.load_table("acme.members")
    other.append(pa.Table.from_pylist([{name: row.get(name) for name in MEMBERS.names} for row in people], MEMBERS))
    (after,) = counted(room)
    assert int(str(after["n"])) == int(str(before["n"])) + 40
    assert iceberg(shared).current_snapshot() is not None


def test_an_empty_table_gives_no_row(workshop: Workshop) -> None:
    workshop.table("members", "acme", MEMBERS, [], members_rule())
    workshop.table("viewers", "streamly", VIEWERS, [], viewers_rule())
    room = workshop.room()
    assert counted(room) == []
    joined = "SELECT COUNT(DISTINCT m.email), SUM(v.minutes) FROM members m JOIN viewers v ON m.email = v.email"
    assert counted(room, joined) == []
    assert counted(room, "SELECT 'x' AS x, COUNT(email) FROM members GROUP BY 'x'") == []


def test_one_person_below_the_minimum_hides_the_row(workshop: Workshop) -> None:
    rows: list[dict[str, object]] = [{"email": f"e{n}", "tier": "enough"} for n in range(3)]
    # Many rows of few people, and rows of nobody, are still few people.
    rows += [{"email": f"e{n % 2}", "tier": "few"} for n in range(50)]
    rows += [{"email": None, "tier": "nobody"} for _ in range(50)]
    workshop.table("members", "acme", MEMBERS, rows, members_rule())
    found = counted(workshop.room(), "SELECT tier, COUNT(DISTINCT email) n FROM members GROUP BY tier")
    assert found == [{"tier": "enough", "n": 3}]
    total = counted(workshop.room(), "SELECT COUNT(email) n FROM members WHERE tier <> 'enough'")
    assert total == []


def test_the_constraints_of_all_tables_hold_and_the_larger_wins(workshop: Workshop) -> None:
    people = [{"email": f"e{n}", "phone": f"p{n % 2}", "tier": "t"} for n in range(10)]
    workshop.table("members", "acme", MEMBERS, people, members_rule())
    workshop.table("viewers", "streamly", VIEWERS, people, viewers_rule())
    ask = "SELECT COUNT(DISTINCT m.email) n FROM members m JOIN viewers v ON m.email = v.email"

    def with_minimum(members: object, viewers: object) -> Room:
        return workshop.room(
            workshop.ruled("members", members_rule(minimum=members)),
            workshop.ruled("viewers", viewers_rule(minimum=viewers)),
        )

    low, high = {"column": "email", "count": 3}, {"column": "email", "count": 11}
    assert counted(with_minimum(low, low), ask) == [{"n": 10}]
    assert counted(with_minimum(low, high), ask) == []
    assert counted(with_minimum(high, low), ask) == []
    # A constraint on a column that the query does not name.
    phones = {"column": "phone", "count": 3}
    assert counted(with_minimum(low, phones), ask) == []
    assert counted(with_minimum([low, phones], low), ask) == []
    merged = with_minimum(low, high).explain(ask, member="acme").constraints
    assert [(str(each.column), each.count) for each in merged] == [("members.email", 11)]


def test_files_from_before_a_column_was_added_or_renamed_are_read(workshop: Workshop) -> None:
    old = [{"email": f"e{n}", "phone": "p", "plan": "basic", "minutes": 1} for n in range(5)]
    shared = workshop.table("viewers", "streamly", VIEWERS, old, viewers_rule(dimensions=["plan"]))
    with iceberg(shared).update_schema() as update:
        update.rename_column("plan", "tariff")
        update.add_column("region", StringType())
        update.add_column("age", IntegerType())
    with iceberg(shared).update_schema() as update:
        update.update_column("age", LongType())
    schema: Columns = {
        "email": pa.string(),
        "phone": pa.string(),
        "tariff": pa.string(),
        "minutes": pa.int64(),
        "region": pa.string(),
        "age": pa.int64(),
    }
    new = [{"email": f"f{n}", "tariff": "basic", "region": "north", "age": 3} for n in range(4)]
    iceberg(shared).append(
        pa.Table.from_pylist([{name: row.get(name) for name in schema} for row in new], pa.schema(schema))
    )
    rule = AggregationRule.model_validate(viewers_rule(dimensions=["tariff", "region", "age"]))
    now = SharedTable("viewers", "streamly", tuple(schema), rule, shared.table)
    ask = "SELECT region, tariff, age, COUNT(DISTINCT email) n FROM viewers GROUP BY region, tariff, age ORDER BY n"
    found = workshop.room(now).answer(ask, member="acme").table.to_pylist()
    assert found == [
        {"region": "north", "tariff": "basic", "age": 3, "n": 4},
        {"region": None, "tariff": "basic", "age": None, "n": 5},
    ]


def test_a_column_and_a_table_may_have_the_same_name(workshop: Workshop) -> None:
    people = [{"email": f"e{n}", "phone": f"p{n}", "plan": "x", "minutes": 2} for n in range(5)]
    workshop.table("email", "streamly", VIEWERS, people, viewers_rule())
    workshop.table("members", "acme", MEMBERS, people, members_rule())
    ask = "SELECT plan, COUNT(DISTINCT email.email) n, SUM(minutes) s FROM email JOIN members m ON {} GROUP BY plan"
    for on in ("m.email = email.email", "m.email = email.email OR m.phone = email.phone"):
        assert counted(workshop.room(), ask.format(on)) == [{"plan": "x", "n": 5, "s": 10}]


def test_a_pair_of_rows_that_matches_twice_counts_once(workshop: Workshop) -> None:
    people = [{"email": f"e{n}", "phone": f"p{n}", "visits": 1, "minutes": 7} for n in range(6)]
    workshop.table("members", "acme", MEMBERS, people, members_rule())
    workshop.table("viewers", "streamly", VIEWERS, people, viewers_rule())
    ask = (
        "SELECT COUNT(visits) n, SUM(minutes) s FROM members m JOIN viewers v "
        "ON m.email = v.email OR m.phone = v.phone"
    )
    assert counted(workshop.room(), ask) == [{"n": 6, "s": 42}]


def test_instants_are_told_in_utc(workshop: Workshop) -> None:
    columns: Columns = {"email": pa.string(), "at": pa.timestamp("us", tz="UTC")}
    rows = [{"email": f"e{n}", "at": datetime(2026, 1, 31, 23, 30, tzinfo=UTC)} for n in range(3)]
    rule = {
        "aggregate": [{"columns": ["email"], "function": "COUNT"}],
        "dimensions": ["at"],
        "scalar_functions": ["TRUNC", "EXTRACT"],
        "minimum": {"column": "email", "count": 2},
    }
    workshop.table("members", "acme", pa.schema(columns), rows, rule)
    ask = (
        "SELECT TRUNC(at) d, EXTRACT(HOUR FROM at) h, COUNT(email) n FROM members "
        "WHERE at > '2026-01-31 23:00:00' GROUP BY 1, 2"
    )
    assert counted(workshop.room(), ask) == [{"d": datetime(2026, 1, 31).date(), "h": 23, "n": 3}]


@pytest.mark.parametrize("escaped", [False, True])
def test_a_folder_with_odd_signs_is_read(tmp_path: Path, escaped: bool) -> None:
    # PyIceberg itself loses what follows an unescaped ? or #.
    odd = tmp_path / ("it's [a] *.folder 50%25" + (" ?#" if escaped else ""))
    odd.mkdir()
    warehouse = odd.as_uri() if escaped else f"file://{odd}"
    workshop = Workshop(SqlCatalog("odd", uri=f"sqlite:///{tmp_path}/catalog.db", warehouse=warehouse), odd)
    workshop.table("members", "acme", MEMBERS, some_members(60), members_rule())
    assert counted(workshop.room())


def test_a_file_without_field_ids_is_read_by_names(workshop: Workshop, tmp_path: Path) -> None:
    columns: Columns = {"phone": pa.string(), "email": pa.string()}
    rows = [{"phone": "p", "email": f"e{n}"} for n in range(4)]
    pq.write_table(pa.Table.from_pylist(rows, pa.schema(columns)), tmp_path / "plain.parquet")
    shared = workshop.table("viewers", "streamly", VIEWERS, [], viewers_rule())
    iceberg(shared).add_files([str(tmp_path / "plain.parquet")])
    ask = "SELECT plan, COUNT(DISTINCT email) n, SUM(minutes) s FROM viewers GROUP BY plan"
    assert counted(workshop.room(), ask) == [{"plan": None, "n": 4, "s": None}]


def test_a_query_that_needs_too_much_memory_says_so(workshop: Workshop) -> None:
    many = [{"email": f"{n:064d}", "phone": f"{n:064d}"} for n in range(60_000)]
    workshop.table("members", "acme", MEMBERS, many, members_rule())
    room = workshop.room(limits=Limits(seconds=60, memory=6 * 2**20, threads=1))
    with pytest.raises(QueryFailed, match="needed more than 6 MiB of memory"):
        counted(room, "SELECT COUNT(DISTINCT email) AS n FROM members")


def test_a_table_in_a_remote_store_says_so(workshop: Workshop) -> None:
    shared = workshop.table("members", "acme", MEMBERS, some_members(30), members_rule())

    class Remote:
        delete_files: tuple[()] = ()

        class file:
            file_format = "PARQUET"
            file_path = "s3://bucket/data.parquet"

    class Scan:
        def __init__(self, snapshot_id: int | None = None) -> None:
            self.snapshot_id = snapshot_id

        def plan_files(self) -> list[Remote]:
            return [Remote()]

    iceberg(shared).scan = Scan  # type: ignore[method-assign,assignment]
    with pytest.raises(QueryFailed, match="remote store"):
        view("members", iceberg(shared), ("email",))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"dimensions": ["nowhere"]}, "rule.aggregation.dimensions: 'nowhere' is not among the shared columns"),
        ({"join": ["secret"]}, "rule.aggregation.join: 'secret' is not among the shared columns"),
        ({"minimum": {"column": "secret", "count": 2}}, "rule.aggregation.minimum: 'secret' is not among"),
        ({"dimensions": ["email"]}, "a dimension and a join or aggregate column at once"),
        ({"scalar_functions": ["READ_CSV"]}, "'READ_CSV' is not a scalar function"),
        ({"minimum": []}, "there is no output constraint"),
    ],
)
def test_a_rule_that_cannot_be_enforced_is_refused(standing: Workshop, change: dict[str, object], says: str) -> None:
    with pytest.raises(DeclarationError) as wrong:
        standing.ruled("members", members_rule(**change))
    assert says in str(wrong.value)


def test_a_table_of_no_member_is_refused(standing: Workshop) -> None:
    members = standing.made["members"]
    stranger = SharedTable("members", "stranger", members.columns, members.rule, members.table)
    with pytest.raises(DeclarationError, match="belongs to 'stranger', which is not a member"):
        standing.room(stranger)


def test_an_explanation_tells_what_is_enforced(room: Room) -> None:
    ask = "SELECT plan, COUNT(DISTINCT m.email) FROM members m JOIN viewers v ON m.email = v.email GROUP BY plan"
    explained = room.explain(ask, member="acme")
    assert explained.columns == ("plan", "count(DISTINCT email)")
    assert any("at least 3 distinct members.email" in rule for rule in explained.rules)
    assert 'HAVING COUNT(DISTINCT "members"."email") >= 3' in explained.sql
