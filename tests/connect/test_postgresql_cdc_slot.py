"""What change capture needs of a server, what it leaves there, and what it says when something is not as it was."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.connect.cdc_workspace import Capture, capture, in_source
from tests.servers.postgres import Postgres

from antechamber import pipeline
from antechamber.catalog import open_catalog
from antechamber.cli import app
from antechamber.connect.postgresql.changes import capture as room
from antechamber.connect.postgresql.changes import slot
from antechamber.declare import load_workspace
from antechamber.errors import DeclarationErrors
from antechamber.operate.watch import Silent

__all__ = ["capture"]


def test_nothing_is_made_in_the_database_unless_allowed_and_the_owner_is_told_what(
    postgres: Postgres, capture: Capture
) -> None:
    shop = capture(create=False)
    made = 'CREATE PUBLICATION "{}" FOR TABLE "{}"."t"'.format(shop.slot, shop.table.split(".")[0])
    said = shop.refused()
    assert made in said and f"pg_create_logical_replication_slot('{shop.slot}', 'pgoutput')" in said
    assert not _is_there(postgres, shop.slot)
    postgres.run(made, f"SELECT slot_name::text FROM pg_create_logical_replication_slot('{shop.slot}', 'pgoutput')")
    postgres.run(f"INSERT INTO {shop.table} VALUES (1, 'a', 1)")
    shop.succeed()
    postgres.run(f"INSERT INTO {shop.table} VALUES (2, 'b', 2)")
    shop.succeed()
    assert shop.plain() == in_source(shop)


def test_a_look_leaves_nothing_and_takes_nothing(
    postgres: Postgres, capture: Capture, capsys: pytest.CaptureFixture[str]
) -> None:
    shop = capture()
    postgres.run(f"INSERT INTO {shop.table} VALUES (1, 'a', 1)")
    found = _check(shop.root, capsys)
    assert found["sampled"] == 1 and "CREATE PUBLICATION" in found["skipped"][0]["reason"]
    assert not _is_there(postgres, shop.slot)
    shop.succeed()
    postgres.run(f"INSERT INTO {shop.table} VALUES (2, 'b', 2)", f"DELETE FROM {shop.table} WHERE id = 1")
    before = shop.confirmed()
    assert _check(shop.root, capsys)["sampled"] == 2
    assert shop.confirmed() == before
    shop.succeed()
    assert shop.plain() == [(2, "b", 2)]


def test_a_role_that_may_replicate_and_read_is_enough_for_what_the_owner_made(
    postgres: Postgres, capture: Capture, schema: str
) -> None:
    postgres.run(f"CREATE ROLE cdc_{schema} LOGIN REPLICATION PASSWORD 'pw'")
    try:
        shop = capture(create=False, url=postgres.url(f"cdc_{schema}", "pw"))
        postgres.run(
            f"GRANT USAGE ON SCHEMA {schema} TO cdc_{schema}",
            f"GRANT SELECT ON {shop.table} TO cdc_{schema}",
            f"CREATE PUBLICATION {shop.slot} FOR TABLE {shop.table}",
            f"SELECT slot_name::text FROM pg_create_logical_replication_slot('{shop.slot}', 'pgoutput')",
            f"INSERT INTO {shop.table} VALUES (1, 'a', 1)",
        )
        shop.succeed()
        postgres.run(f"UPDATE {shop.table} SET score = 5")
        shop.succeed()
        assert shop.plain() == [(1, "a", 5)]
        postgres.run(f"ALTER ROLE cdc_{schema} NOREPLICATION")
        assert "REPLICATION" in shop.refused()
    finally:
        postgres.run(f"DROP OWNED BY cdc_{schema}", f"DROP ROLE cdc_{schema}")


def test_a_slot_that_vanished_or_was_made_anew_is_told_and_starting_over_helps(
    postgres: Postgres, capture: Capture
) -> None:
    shop = capture()
    postgres.run(f"INSERT INTO {shop.table} VALUES (1, 'a', 1)")
    shop.succeed()
    postgres.run(f"SELECT pg_drop_replication_slot('{shop.slot}')::text", f"DELETE FROM {shop.table}")
    assert f"slot {shop.slot}: it is not there any more" in (said := shop.refused()) and "--full" in said
    postgres.run(f"SELECT slot_name::text FROM pg_create_logical_replication_slot('{shop.slot}', 'pgoutput')")
    assert "made anew or read by someone else" in shop.refused()
    assert shop.plain() == [(1, "a", 1)]
    postgres.run(f"INSERT INTO {shop.table} VALUES (2, 'b', 2)")
    shop.succeed(full=True)
    assert shop.plain() == [(2, "b", 2)]
    postgres.run(f"DELETE FROM {shop.table}")
    shop.succeed()
    assert shop.plain() == []


def test_a_slot_that_someone_else_read_is_told(postgres: Postgres, capture: Capture) -> None:
    shop = capture()
    shop.succeed()
    postgres.run(
        f"INSERT INTO {shop.table} VALUES (1, 'a', 1)",
        f"SELECT count(*) FROM pg_logical_slot_get_binary_changes('{shop.slot}', NULL, NULL, 'proto_version', '1', "
        f"'publication_names', '{shop.slot}')",
    )
    assert "read by someone else" in shop.refused()


def test_a_slot_that_the_server_gave_up_is_told_and_a_full_run_makes_a_new_one(
    postgres: Postgres, capture: Capture
) -> None:
    shop = capture()
    postgres.run(f"INSERT INTO {shop.table} VALUES (1, 'a', 1)")
    shop.succeed()
    try:
        postgres.run("ALTER SYSTEM SET max_slot_wal_keep_size = '1MB'", "SELECT pg_reload_conf()::text")
        for _ in range(3):
            postgres.run(
                "SELECT pg_switch_wal()::text", "SELECT pg_logical_emit_message(false, 'x', repeat('x', 10))::text"
            )
        postgres.run("CHECKPOINT")
        assert "the server gave it up" in (said := shop.refused()) and "pg_drop_replication_slot" in said
    finally:
        postgres.run("ALTER SYSTEM RESET max_slot_wal_keep_size", "SELECT pg_reload_conf()::text")
    postgres.run(f"UPDATE {shop.table} SET score = 2")
    shop.succeed(full=True)
    postgres.run(f"UPDATE {shop.table} SET name = 'z'")
    shop.succeed()
    assert shop.plain() == [(1, "z", 2)]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"server": "7000000000000000000/9"}, "another server"),
        ({"database": "elsewhere"}, "another server"),
        ({"oid": 1}, "made anew"),
        ({"of": "public.other"}, "the table is another"),
        ({"slot": "another"}, "the slot or the publication is another"),
        ({"lsn": "FFFF/0"}, "the server's log ends before"),
        ({"lsn": "nonsense"}, "is not one of change capture"),
    ],
)
def test_what_was_recorded_of_something_else_is_refused(
    postgres: Postgres, capture: Capture, changed: dict[str, object], said: str
) -> None:
    shop = capture()
    shop.succeed()
    declared = load_workspace(shop.root)
    table = open_catalog(declared.workspace, declared.root).load_table(("acme", "people"))
    recorded = json.loads(table.properties["antechamber.people.watermark"])
    with table.transaction() as transaction:
        transaction.set_properties({"antechamber.people.watermark": json.dumps(recorded | changed)})
    assert said in (told := shop.refused()) and "--full" in told


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("ALTER PUBLICATION {slot} SET (publish = 'insert, update')", "it leaves out delete, truncate"),
        ("ALTER PUBLICATION {slot} SET TABLE {table} WHERE (id > 3)", "it has a row filter"),
        ("ALTER PUBLICATION {slot} SET TABLE {table} (id, name)", "it leaves out the columns score"),
        ("ALTER PUBLICATION {slot} DROP TABLE {table}", "does not have the table"),
        ("DROP PUBLICATION {slot}", "it is not there any more"),
        ("ALTER TABLE {table} DROP CONSTRAINT t_pkey", "is told by nothing"),
        ("ALTER TABLE {table} REPLICA IDENTITY NOTHING", "in the log is nothing"),
        ("ALTER TABLE {table} SET UNLOGGED", "unlogged"),
    ],
)
def test_what_would_lose_changes_is_refused(postgres: Postgres, capture: Capture, statement: str, said: str) -> None:
    shop = capture()
    shop.succeed()
    if "UNLOGGED" in statement:
        postgres.run(f"DROP PUBLICATION {shop.slot}")
    postgres.run(statement.format(slot=shop.slot, table=shop.table))
    assert said in shop.refused()


def test_a_table_without_an_identity_gets_no_publication_that_would_stop_its_writers(
    postgres: Postgres, capture: Capture
) -> None:
    shop = capture("id int, name text, score int")
    assert "REPLICA IDENTITY FULL" in shop.refused()
    postgres.run(f"INSERT INTO {shop.table} VALUES (1, 'a', 1)", f"UPDATE {shop.table} SET score = 2")


def test_views_and_inherited_tables_are_refused(postgres: Postgres, capture: Capture, schema: str) -> None:
    shop = capture()
    postgres.run(f"CREATE TABLE {schema}.child () INHERITS ({shop.table})")
    assert "inherit" in shop.refused()
    postgres.run(f"DROP TABLE {schema}.child", f"CREATE VIEW {schema}.v AS SELECT * FROM {shop.table}")
    path = shop.root / "connectors/people.yaml"
    path.write_text(path.read_text().replace(f"table: {shop.table}", f"table: {schema}.v"))
    assert "view" in shop.refused()


def test_a_generated_column_that_is_stored_is_captured(postgres: Postgres, capture: Capture) -> None:
    shop = capture(
        "id int PRIMARY KEY, name text, score int GENERATED ALWAYS AS (id * 2) STORED",
    )
    postgres.run(f"INSERT INTO {shop.table} VALUES (1, 'a')")
    shop.succeed()
    postgres.run(f"INSERT INTO {shop.table} VALUES (2, 'b')", f"UPDATE {shop.table} SET id = 10 WHERE id = 1")
    shop.succeed()
    assert shop.plain() == [(10, "a", 20), (2, "b", 4)]


def test_the_slot_moves_after_the_commit_and_a_run_that_died_before_that_is_made_good(
    postgres: Postgres, capture: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = capture()
    shop.succeed()
    before = shop.confirmed()
    postgres.run(f"INSERT INTO {shop.table} VALUES (1, 'a', 1)")

    class Dead(BaseException):
        pass

    class Killer(Silent):
        def stage(self, name: str) -> None:
            if name == "committed":
                raise Dead

    with pytest.raises(Dead):
        pipeline.run(load_workspace(shop.root), "people", watcher=Killer())
    assert shop.confirmed() == before and shop.plain() == [(1, "a", 1)]
    postgres.run(f"UPDATE {shop.table} SET score = 2")
    assert shop.succeed().read == 1, "what was committed is not read again"
    assert shop.plain() == [(1, "a", 2)]


def test_a_slot_that_cannot_be_moved_now_is_moved_by_the_next_run(
    postgres: Postgres, capture: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = capture()
    shop.succeed()
    postgres.run(f"INSERT INTO {shop.table} VALUES (1, 'a', 1)")

    def fails(*_: object) -> None:
        raise OSError("the network is gone")

    with monkeypatch.context() as patched:
        patched.setattr(room.CapturedTable, "committed", fails)
        record = shop.succeed()
    assert record.status == "succeeded" and "not told to the source yet" in record.notes[0]
    before = shop.confirmed()
    assert shop.succeed().read == 0 and shop.confirmed() > before


def test_a_slot_that_another_session_reads_is_waited_for_and_then_told(
    postgres: Postgres, capture: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = capture()
    shop.succeed()
    found = slot.find

    def busy(session: object, name: str) -> object:
        there = found(session, name)  # type: ignore[arg-type]
        return there and slot.Slot(**{**there.__dict__, "held_by": 4711})

    monkeypatch.setattr(slot, "PATIENCE_S", 0.2)
    monkeypatch.setattr(slot, "find", busy)
    assert "another session reads it (process 4711)" in shop.refused()


def test_a_first_run_waits_for_transactions_that_write_but_not_for_idle_ones(
    postgres: Postgres, capture: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    import adbc_driver_postgresql.dbapi as adbc

    shop = capture()
    shop.succeed()
    with adbc.connect(postgres.url(), autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute(f"INSERT INTO {shop.table} VALUES (1, 'late', 1)")
        shop.succeed(full=True)
        cursor.execute("COMMIT")
        shop.succeed()
        assert shop.plain() == [(1, "late", 1)]
        for statement in ("BEGIN", f"DELETE FROM {shop.table}", "PREPARE TRANSACTION 'waits'"):
            cursor.execute(statement)
        monkeypatch.setattr(slot, "PATIENCE_S", 0.3)
        try:
            assert "have not ended" in shop.refused(full=True)
        finally:
            cursor.execute("COMMIT PREPARED 'waits'")
    shop.succeed(full=True)
    assert shop.plain() == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("  incremental: cdc\n", "", "source.cdc: it means nothing alone"),
        ("  table: {table}\n", "  query: SELECT 1 AS id\n", "source.query: the server's log has tables, no queries"),
        ("  incremental: cdc\n", "  incremental: cdc\n  watermark: id\n", "change capture needs no watermark"),
        ("mode: upsert, key: id", "mode: append", "change capture deletes and replaces records"),
    ],
)
def test_a_declaration_that_makes_no_sense_is_told(capture: Capture, old: str, new: str, said: str) -> None:
    shop = capture()
    path = shop.root / "connectors/people.yaml"
    old = old.format(table=shop.table)
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(DeclarationErrors, match=said):
        load_workspace(shop.root)


@pytest.mark.parametrize(
    ("away", "back"),
    [
        ("DROP PUBLICATION {slot}", "CREATE PUBLICATION {slot} FOR TABLE {table}"),
        ("ALTER PUBLICATION {slot} DROP TABLE {table}", "ALTER PUBLICATION {slot} ADD TABLE {table}"),
        ("ALTER PUBLICATION {slot} SET (publish = 'update')",
         "ALTER PUBLICATION {slot} SET (publish = 'insert, update, delete, truncate')"),
    ],
)  # fmt: skip
def test_changes_that_no_publication_had_are_not_lost_unsaid(
    postgres: Postgres, capture: Capture, away: str, back: str
) -> None:
    shop = capture()
    shop.succeed()
    shop.succeed()
    names = {"slot": shop.slot, "table": shop.table}
    postgres.run(away.format(**names), f"INSERT INTO {shop.table} VALUES (1, 'a', 1)", back.format(**names))
    assert "changed or made anew" in shop.refused()
    shop.succeed(full=True)
    postgres.run(f"INSERT INTO {shop.table} VALUES (2, 'b', 2)")
    shop.succeed()
    assert shop.plain() == in_source(shop)


def test_slots_are_named_as_the_server_allows() -> None:
    assert room._name_for("shop/acme/orders") == "antechamber_shop_acme_orders"
    long = room._name_for("shop/acme/" + "o" * 80)
    assert len(long) == 63 and long != room._name_for("shop/acme/" + "o" * 81)


def _is_there(postgres: Postgres, name: str) -> bool:
    return bool(
        postgres.run(
            f"SELECT 1 FROM pg_replication_slots WHERE slot_name = '{name}' UNION ALL "
            f"SELECT 1 FROM pg_publication WHERE pubname = '{name}'"
        )
    )


def _check(root: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    with pytest.raises(SystemExit) as ended:
        app(["check", "--workspace", str(root), "--json"])
    assert not ended.value.code
    found: dict[str, Any] = json.loads(capsys.readouterr().out)["connectors"][0]
    return found
