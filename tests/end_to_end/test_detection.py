"""Raw identities by the command line: single ones are held back, a column of them stops the run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.end_to_end.conftest import Small, make_small, pgp_home

__all__ = ["pgp_home"]

CONNECTOR = """
connector: tickets
tenant: acme
source: {type: landing, path: "landing/tickets/*.csv", settle: 0}
columns:
  id: {type: id}
  notes: {type: string%s}
table: {name: tickets, mode: append}
"""


@pytest.fixture
def tickets(tmp_path: Path, pgp_home: Path) -> Small:
    small = make_small(tmp_path / "ws", pgp_home)
    (small.root / "connectors/tickets.yaml").write_text(CONNECTOR % "")
    (small.root / "store/landing/tickets").mkdir(parents=True)
    return small


def drop(tickets: Small, name: str, raw: int, rows: int = 1000) -> None:
    lines = ["id,notes"]
    lines += [f"{n},{f'write to person{n}@example.test' if n < raw else 'nothing to say'}" for n in range(rows)]
    (tickets.root / "store/landing/tickets" / name).write_text("\n".join(lines) + "\n")


def test_single_records_are_held_back_and_the_books_balance(tickets: Small) -> None:
    drop(tickets, "a.csv", raw=9)
    (run,) = tickets.json("run", "tickets")["runs"]
    assert (run["status"], run["read"], run["published"], run["quarantined"]) == ("succeeded", 1000, 991, 9)
    assert len(tickets.rows("tickets")) == 991
    (entry,) = tickets.json("quarantine", "list", "tickets")["quarantine"]
    assert entry["reason"] == "an e-mail address in a column declared string"
    assert (entry["column"], entry["records"]) == ("notes", 9)


def test_a_column_of_them_stops_the_run_and_nothing_moves(tickets: Small) -> None:
    drop(tickets, "a.csv", raw=0)
    tickets.json("run", "tickets")
    before = tickets.rows("tickets")
    drop(tickets, "b.csv", raw=500)
    done = tickets.cli("run", "tickets", "--json")
    assert done.returncode == 1
    (run,) = json.loads(done.stdout)["runs"]
    assert (run["status"], run["published"], run["quarantined"]) == ("failed", 0, 0)
    assert run["error"]["error"] == "RawIdentities"
    assert run["error"]["what"].endswith("notes: email in 500 of 1,000 values (50.0%)")
    assert "may_hold: [email]" in run["error"]["remedy"]
    assert "example.test" not in done.stdout + done.stderr
    assert tickets.rows("tickets") == before
    assert tickets.files("landing/tickets") == ["b.csv"]
    assert tickets.json("quarantine", "list", "tickets")["quarantine"] == []


def test_a_column_that_is_excused_is_published(tickets: Small) -> None:
    drop(tickets, "a.csv", raw=500)
    excused = CONNECTOR % ', may_hold: [email], because: "shown to its writer only"'
    (tickets.root / "connectors/tickets.yaml").write_text(excused)
    (run,) = tickets.json("run", "tickets")["runs"]
    assert (run["status"], run["published"]) == ("succeeded", 1000)


def test_check_names_column_kind_count_and_share_and_exits_1(tickets: Small) -> None:
    drop(tickets, "a.csv", raw=3)
    done = tickets.cli("check", "tickets", "--json")
    assert done.returncode == 1
    told = json.loads(done.stdout)
    assert told["ok"] is False
    assert told["connectors"][0]["raw_identities"] == [
        {"column": "notes", "kind": "email", "count": 3, "values": 1000, "share": 0.003}
    ]
    assert told["mistakes"][0]["what"].endswith("notes: email in 3 of 1,000 values (0.3%)")
    assert "example.test" not in done.stdout + done.stderr
