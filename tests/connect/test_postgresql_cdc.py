"""Change capture: what is in the table is what is in the source, whatever changes when."""

from __future__ import annotations

import threading
import time

import adbc_driver_postgresql.dbapi as adbc
import pytest
from tests.connect.cdc_workspace import Capture, capture, in_source
from tests.servers.postgres import Postgres

from antechamber.operate.watch import Silent

__all__ = ["capture"]


def test_inserts_updates_deletes_and_key_changes_arrive_in_one_commit(postgres: Postgres, capture: Capture) -> None:
    shop = capture()
    t = shop.table
    postgres.run(f"INSERT INTO {t} SELECT i, 'n' || i, i FROM generate_series(1, 5) i")
    assert shop.succeed().published == 5
    postgres.run(
        f"INSERT INTO {t} VALUES (6, 'six', 6), (7, 'seven', 7)",
        f"UPDATE {t} SET name = 'two' WHERE id = 2",
        f"DELETE FROM {t} WHERE id = 3",
        f"UPDATE {t} SET id = 40 WHERE id = 4",
        f"DELETE FROM {t} WHERE id = 7",
    )
    record = shop.succeed()
    assert shop.plain() == [(1, "n1", 1), (2, "two", 2), (40, "n4", 4), (5, "n5", 5), (6, "six", 6)]
    assert (record.read, record.published, record.replaced) == (7, 3, 1)
    assert record.dropped == {"deleted at the source": 3}
    assert shop.succeed().status == "nothing new"


def test_the_last_change_of_a_key_decides(postgres: Postgres, capture: Capture) -> None:
    shop = capture()
    t = shop.table
    postgres.run(f"INSERT INTO {t} VALUES (1, 'a', 1), (2, 'b', 2), (3, 'c', 3)")
    shop.succeed()
    postgres.run(
        f"DELETE FROM {t} WHERE id = 1",
        f"INSERT INTO {t} VALUES (1, 'again', 10)",
        f"UPDATE {t} SET score = score + 1 WHERE id = 1",
        f"INSERT INTO {t} VALUES (9, 'short', 0)",
        f"UPDATE {t} SET name = 'lived' WHERE id = 9",
        f"DELETE FROM {t} WHERE id = 9",
        f"UPDATE {t} SET id = 5 WHERE id = 3",
        f"UPDATE {t} SET id = 3 WHERE id = 2",
    )
    record = shop.succeed()
    assert shop.plain() == in_source(shop) == [(1, "again", 11), (3, "b", 2), (5, "c", 3)]
    assert record.dropped == {"deleted at the source": 2} and record.published == 3


def test_what_was_emptied_is_empty_and_what_came_after_is_there(postgres: Postgres, capture: Capture) -> None:
    shop = capture()
    t = shop.table
    postgres.run(f"INSERT INTO {t} SELECT i, 'n', i FROM generate_series(1, 50) i")
    shop.succeed()
    postgres.run(f"INSERT INTO {t} VALUES (60, 'x', 1)", f"TRUNCATE {t}", f"INSERT INTO {t} VALUES (7, 'y', 2)")
    record = shop.succeed()
    assert shop.plain() == [(7, "y", 2)]
    assert record.dropped == {"truncated at the source": 2} and record.updated == 50
    postgres.run(f"TRUNCATE {t}")
    shop.succeed()
    assert shop.plain() == []


def test_what_is_rolled_back_never_arrives(postgres: Postgres, capture: Capture) -> None:
    shop = capture()
    t = shop.table
    shop.succeed()
    with adbc.connect(postgres.url(), autocommit=True) as connection, connection.cursor() as cursor:
        for statement in (
            "BEGIN", f"INSERT INTO {t} VALUES (1, 'kept', 1)", "SAVEPOINT s", f"INSERT INTO {t} VALUES (2, 'no', 2)",
            "ROLLBACK TO s", "SAVEPOINT s2", f"INSERT INTO {t} VALUES (3, 'kept too', 3)", "RELEASE s2",
        ):  # fmt: skip
            cursor.execute(statement)
        assert shop.succeed().status == "nothing new", "the transaction is still open"
        cursor.execute("COMMIT")
        for statement in ("BEGIN", f"DELETE FROM {t}", "ROLLBACK"):
            cursor.execute(statement)
    shop.succeed()
    assert shop.plain() == [(1, "kept", 1), (3, "kept too", 3)]


def test_a_prepared_transaction_arrives_when_it_is_committed(postgres: Postgres, capture: Capture) -> None:
    shop = capture()
    shop.succeed()
    with adbc.connect(postgres.url(), autocommit=True) as connection, connection.cursor() as cursor:
        for statement in ("BEGIN", f"INSERT INTO {shop.table} VALUES (1, 'p', 1)", "PREPARE TRANSACTION 'cdc'"):
            cursor.execute(statement)
    assert shop.succeed().read == 0
    postgres.run("COMMIT PREPARED 'cdc'")
    shop.succeed()
    assert shop.plain() == [(1, "p", 1)]


@pytest.mark.parametrize("identity", ["DEFAULT", "FULL"])
def test_a_large_value_that_an_update_does_not_touch_stays(
    postgres: Postgres, capture: Capture, identity: str
) -> None:
    shop = capture("id int PRIMARY KEY, name text, score int")
    t = shop.table
    postgres.run(
        f"ALTER TABLE {t} REPLICA IDENTITY {identity}",
        f"ALTER TABLE {t} ALTER name SET STORAGE EXTERNAL",
        f"INSERT INTO {t} SELECT i, repeat('x', 10000) || i, i FROM generate_series(1, 4) i",
    )
    shop.succeed()
    postgres.run(
        f"UPDATE {t} SET score = 100 WHERE id IN (1, 2)",
        f"UPDATE {t} SET id = 30 WHERE id = 3",
        f"DELETE FROM {t} WHERE id = 2",
        f"UPDATE {t} SET score = 7 WHERE id = 4",
        f"UPDATE {t} SET name = 'small' WHERE id = 4",
    )
    shop.succeed()
    assert shop.plain() == in_source(shop)
    assert [(row["id"], len(row["name"])) for row in shop.rows()] == [(1, 10001), (30, 10001), (4, 5)]


def test_a_row_with_a_large_value_that_went_on_changing_ends_as_the_source(
    postgres: Postgres, capture: Capture
) -> None:
    shop = capture()
    t = shop.table
    postgres.run(
        f"ALTER TABLE {t} ALTER name SET STORAGE EXTERNAL",
        f"INSERT INTO {t} SELECT i, repeat('x', 10000) || i, i FROM generate_series(1, 4) i",
    )
    shop.succeed()
    postgres.run(f"UPDATE {t} SET score = 100")

    class Between(Silent):
        """What happens after the end of the log was fixed and before the changes are read."""

        def stage(self, name: str) -> None:
            if name == "work":
                postgres.run(
                    f"DELETE FROM {t} WHERE id = 1",
                    f"UPDATE {t} SET id = 20 WHERE id = 2",
                    f"UPDATE {t} SET name = 'new', score = 0 WHERE id = 3",
                )

    assert shop.run(watcher=Between()).status == "succeeded"
    shop.succeed()
    assert shop.plain() == in_source(shop)


@pytest.mark.parametrize("protect", ["none", "sha256"])
def test_the_key_of_a_deletion_is_prepared_as_the_record_was(
    postgres: Postgres, capture: Capture, protect: str
) -> None:
    because = ", because: a test" if protect == "none" else ""
    shop = capture(
        "email text PRIMARY KEY, name text",
        columns=(f"email: {{type: email, protect: {protect}{because}, required: true}}", "name: {type: string}"),
        key="email",
    )
    t = shop.table
    postgres.run(
        f"INSERT INTO {t} VALUES ('Ann@Example.com', 'a'), (' bob@example.com', 'b'), ('c@example.com', 'c')"
    )
    shop.succeed()
    postgres.run(
        f"DELETE FROM {t} WHERE name = 'a'",
        f"UPDATE {t} SET email = 'robert@example.com' WHERE name = 'b'",
        f"UPDATE {t} SET email = 'C@EXAMPLE.com' WHERE name = 'c'",
    )
    shop.succeed()
    assert [row["name"] for row in shop.rows()] == ["b", "c"] or [row["name"] for row in shop.rows()] == ["c", "b"]
    postgres.run(f"DELETE FROM {t}")
    record = shop.succeed()
    assert shop.rows() == [] and record.updated == 2


def test_a_key_that_is_not_the_primary_key_needs_the_whole_old_row(postgres: Postgres, capture: Capture) -> None:
    shop = capture("id int PRIMARY KEY, name text, score int", key="name")
    t = shop.table
    said = shop.refused()
    assert "does not tell name" in said and f"ALTER TABLE {_quoted(t)} REPLICA IDENTITY FULL" in said
    postgres.run(f"ALTER TABLE {t} REPLICA IDENTITY FULL", f"INSERT INTO {t} VALUES (1, 'a', 1), (2, 'b', 2)")
    shop.succeed()
    postgres.run(f"UPDATE {t} SET name = 'c' WHERE id = 1", f"DELETE FROM {t} WHERE id = 2")
    shop.succeed()
    assert shop.plain() == [(1, "c", 1)]


def test_a_unique_index_can_be_the_identity(postgres: Postgres, capture: Capture) -> None:
    shop = capture("id int, name text NOT NULL UNIQUE, score int", key="name")
    postgres.run(
        f"ALTER TABLE {shop.table} REPLICA IDENTITY USING INDEX t_name_key",
        f"INSERT INTO {shop.table} VALUES (1, 'a', 1), (2, 'b', 2)",
    )
    shop.succeed()
    postgres.run(
        f"UPDATE {shop.table} SET name = 'z', score = 5 WHERE id = 1", f"DELETE FROM {shop.table} WHERE id = 2"
    )
    shop.succeed()
    assert shop.plain() == [(1, "z", 5)]


def test_an_update_that_cannot_be_prepared_leaves_the_row_as_it_was_and_is_in_quarantine(
    postgres: Postgres, capture: Capture
) -> None:
    shop = capture(
        "id int PRIMARY KEY, name text, score text",
        columns=("id: {type: integer}", "name: {type: string}", "score: {type: integer}"),
    )
    t = shop.table
    postgres.run(f"INSERT INTO {t} VALUES (1, 'a', '1'), (2, 'b', '2'), (3, 'c', '3')")
    shop.succeed()
    postgres.run(f"UPDATE {t} SET score = 'many' WHERE id = 1", f"UPDATE {t} SET id = 20, score = 'x' WHERE id = 2")
    record = shop.succeed()
    assert (record.quarantined, record.dropped) == (2, {"deleted at the source": 1})
    assert shop.plain() == [(1, "a", 1), (3, "c", 3)]
    postgres.run(f"UPDATE {t} SET score = '11' WHERE id = 1", f"DELETE FROM {t} WHERE id = 20")
    assert shop.succeed().dropped == {"deleted at the source": 1}
    assert shop.plain() == [(1, "a", 11), (3, "c", 3)]


def test_a_deletion_whose_key_is_not_valid_is_in_quarantine(postgres: Postgres, capture: Capture) -> None:
    shop = capture("id text PRIMARY KEY, name text", columns=("id: {type: integer}", "name: {type: string}"))
    postgres.run(f"INSERT INTO {shop.table} VALUES ('1', 'a'), ('x', 'b'), ('3', 'c')")
    assert shop.succeed().quarantined == 1
    postgres.run(f"DELETE FROM {shop.table} WHERE id <> '3'")
    record = shop.succeed()
    assert (record.quarantined, record.dropped) == (1, {"deleted at the source": 1})
    assert shop.plain() == [(3, "c")]


def test_batches_of_any_size_end_the_same(postgres: Postgres, capture: Capture) -> None:
    shop = capture(batch_rows=3)
    t = shop.table
    postgres.run(f"INSERT INTO {t} SELECT i, 'n' || i, i FROM generate_series(1, 40) i")
    shop.succeed()
    postgres.run(
        f"UPDATE {t} SET id = id + 100 WHERE id % 3 = 0",
        f"DELETE FROM {t} WHERE id % 7 = 0",
        f"UPDATE {t} SET score = -id WHERE id % 5 = 0",
    )
    shop.succeed()
    assert shop.plain() == in_source(shop)


def test_a_partitioned_table_is_one_table(postgres: Postgres, capture: Capture, schema: str) -> None:
    shop = capture("id int PRIMARY KEY, name text, score int) PARTITION BY RANGE (id")
    t = shop.table
    postgres.run(
        *(f"CREATE TABLE {t}{n} PARTITION OF {t} FOR VALUES FROM ({n * 10}) TO ({n * 10 + 10})" for n in (0, 1))
    )
    postgres.run(f"INSERT INTO {t} SELECT i, 'n' || i, i FROM generate_series(0, 19) i")
    shop.succeed()
    postgres.run(f"UPDATE {t} SET id = id + 10 WHERE id = 5 AND false", f"DELETE FROM {t} WHERE id IN (3, 13)")
    postgres.run(f"UPDATE {t} SET id = 13 WHERE id = 4", f"UPDATE {t}1 SET score = 0 WHERE id = 19")
    shop.succeed()
    assert shop.plain() == in_source(shop)
    postgres.run(
        f"CREATE TABLE {t}2 PARTITION OF {t} FOR VALUES FROM (20) TO (30)", f"INSERT INTO {t} VALUES (25, 'x', 1)"
    )
    assert any("partitions are new" in each["reason"] for each in shop.succeed().skipped)
    assert shop.plain() == in_source(shop)
    postgres.run(f"DROP TABLE {t}0")
    assert "1 of its partitions were dropped or detached" in shop.refused()
    shop.succeed(full=True)
    assert shop.plain() == in_source(shop)
    postgres.run(f"TRUNCATE {t}")
    shop.succeed()
    assert shop.plain() == []


def test_a_new_column_goes_on_and_a_changed_one_is_refused(postgres: Postgres, capture: Capture) -> None:
    shop = capture()
    t = shop.table
    shop.succeed()
    postgres.run(
        f"INSERT INTO {t} VALUES (1, 'a', 1)",
        f"ALTER TABLE {t} ADD COLUMN more text DEFAULT 'm'",
        f"INSERT INTO {t} VALUES (2, 'b', 2, 'mm')",
        f"ALTER TABLE {t} DROP COLUMN more",
        f"ALTER TABLE {t} ALTER COLUMN score TYPE bigint",
        f"INSERT INTO {t} VALUES (3, 'c', 3000000000)",
    )
    shop.succeed()
    assert shop.plain() == in_source(shop)
    postgres.run(f"INSERT INTO {t} VALUES (4, 'd', 4)", f"ALTER TABLE {t} ALTER COLUMN score TYPE text")
    assert "score" in (said := shop.refused()) and "--full" in said
    assert len(shop.plain()) == 3
    shop.succeed(full=True)
    assert [row["id"] for row in shop.rows()] == [1, 2, 3, 4]
    postgres.run(f"INSERT INTO {t} VALUES (5, 'e', '5')")
    shop.succeed()
    assert [row["id"] for row in shop.rows()] == [1, 2, 3, 4, 5]


def test_a_column_that_was_another_when_it_changed_is_refused(postgres: Postgres, capture: Capture) -> None:
    shop = capture()
    t = shop.table
    shop.succeed()
    postgres.run(
        f"INSERT INTO {t} VALUES (1, 'a', 1)",
        f"ALTER TABLE {t} RENAME COLUMN score TO points",
        f"ALTER TABLE {t} ADD COLUMN score int",
    )
    assert shop.succeed().read == 1, "the name is what counts"
    postgres.run(
        f"ALTER TABLE {t} DROP COLUMN name", f"INSERT INTO {t} VALUES (2, 2)", f"ALTER TABLE {t} ADD COLUMN name text"
    )
    assert "'name' is not in the log, or was not then" in shop.refused()
    shop.succeed(full=True)
    assert [row["id"] for row in shop.rows()] == [1, 2]


def test_writers_that_never_rest_lose_nothing_to_the_first_run(postgres: Postgres, capture: Capture) -> None:
    shop = capture()
    t = shop.table
    postgres.run(f"INSERT INTO {t} SELECT i, 'n', 0 FROM generate_series(0, 199) i")
    stop = threading.Event()

    def write(number: int) -> None:
        with adbc.connect(postgres.url(), autocommit=True) as connection, connection.cursor() as cursor:
            turn = 0
            while not stop.is_set():
                turn += 1  # keys of one writer come once, so that no two meet
                key = (turn * 7 + number) % 200
                for statement in (
                    "BEGIN",
                    f"UPDATE {t} SET score = score + 1 WHERE id = {key}",
                    f"INSERT INTO {t} VALUES ({100000 * (number + 1) + turn}, 'new', {turn})",
                    f"DELETE FROM {t} WHERE id = {100000 * (number + 1) + turn - 3}",
                    "COMMIT" if turn % 5 else "ROLLBACK",
                ):
                    cursor.execute(statement)

    writers = [threading.Thread(target=write, args=(number,)) for number in range(3)]
    for writer in writers:
        writer.start()
    try:
        for _ in range(4):
            shop.succeed()
            time.sleep(0.05)
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    shop.succeed()
    assert shop.plain() == in_source(shop)


def test_a_quiet_table_does_not_hold_the_log_of_a_busy_server(
    postgres: Postgres, capture: Capture, schema: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from antechamber.connect.postgresql.changes import capture as room

    monkeypatch.setattr(room, "WORTH_A_COMMIT", 1 << 20)
    shop = capture()
    shop.succeed()
    before = shop.confirmed()
    postgres.run(f"CREATE TABLE {schema}.other AS SELECT i, repeat('x', 500) FROM generate_series(1, 4000) i")
    assert shop.succeed().read == 0
    assert shop.confirmed() > before + (1 << 20)
    before = shop.confirmed()
    assert shop.succeed().status == "nothing new" and shop.confirmed() == before


def _quoted(table: str) -> str:
    return ".".join(f'"{part}"' for part in table.split("."))
