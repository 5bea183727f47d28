"""The advice of docs/why/no-match.md, followed: every cause that it names is one, and every remedy helps."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.end_to_end.conftest import TENANT_KEY
from tests.prepare.test_no_match import NO_MATCH, tables

from antechamber.declare import load_workspace
from antechamber.prepare.standards import STANDARDS
from antechamber.sampling import sample

Records = list[dict[str, str]]


class Shop:
    """A workspace whose one connector is declared anew with each question."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for folder in ("connectors", "keys", "store/landing"):
            (root / folder).mkdir(parents=True)
        (root / "antechamber.yaml").write_text('workspace: w\ntenants:\n  acme: {key: "file:keys/k"}\n')
        (root / "keys/k").write_text(TENANT_KEY)

    def declare(self, column: str, *, more: str = "", records: Records) -> None:
        (self.root / "connectors/members.yaml").write_text(
            "connector: members\ntenant: acme\n"
            'source: {type: landing, path: "landing/*.csv", settle: 0, after: leave}\n'
            f"{more}columns:\n  v: {column}\ntable: {{name: members, mode: replace}}\n"
        )
        names = list(records[0])
        lines = [",".join(names), *(",".join(record[name] for name in names) for record in records)]
        (self.root / "store/landing/1.csv").write_text("\n".join(lines) + "\n")

    def ask(self, *arguments: str) -> dict[str, Any]:
        done = subprocess.run(
            [sys.executable, "-m", "antechamber", *arguments, "--json"],
            cwd=self.root,
            env=dict(os.environ),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def preview(self, column: str, *values: str, more: str = "", **others: str) -> list[dict[str, Any]]:
        self.declare(column, more=more, records=[{"v": value, **others} for value in values])
        found: list[dict[str, Any]] = sample(load_workspace(self.root), "members", rows=9).prepared.to_pylist()
        return found

    def keys(self, column: str, *values: str, more: str = "", **others: str) -> list[str | None]:
        return [row["v"] for row in self.preview(column, *values, more=more, **others)]


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def cause(part: str) -> None:
    """The page names this cause or remedy."""
    assert part in NO_MATCH.read_text(), part


def test_the_value_before_the_hash_can_be_looked_at(shop: Shop) -> None:
    cause('`protect: none`, `because: "looking"`')
    column = '{type: email, standard: uid2, protect: none, because: "looking"}'
    shop.declare(column, records=[{"v": " Jane.Doe@Gmail.com"}])
    assert shop.ask("preview", "members", "--rows", "9")["rows"] == [{"v": "janedoe@gmail.com"}]


def test_encodings_salts_and_secrets_keep_keys_apart(shop: Shop) -> None:
    cause("44 characters against 64")
    (hex,) = shop.keys("{type: email, protect: sha256}", "jane@example.com")
    (base64,) = shop.keys("{type: email, standard: uid2, protect: sha256}", "jane@example.com")
    assert (len(str(hex)), len(str(base64))) == (64, 44)
    assert shop.keys("{type: email, standard: uid2, encoding: hex, protect: sha256}", "jane@example.com") == [hex]
    (shop.root / "keys/salt").write_text("pepper")
    cause("the same `salt:` and `salt_at:`")
    salted = '{type: email, protect: sha256, salt: "file:keys/salt", salt_at: AT}'
    start, end = (shop.keys(salted.replace("AT", at), "jane@example.com")[0] for at in ("start", "end"))
    assert len({hex, start, end}) == 3
    cause("`hashed already, in another way than this column is`")
    assert shop.keys(salted.replace("AT", "end"), str(hex)) == [None]
    (column,) = shop.ask("check", "members")["connectors"][0]["columns"]
    assert "hashed already, in another way than this column is" in json.dumps(column)


def test_a_national_number_is_the_right_key_only_with_a_region(shop: Shop) -> None:
    cause(
        "then national numbers stay null, but under `aws-entity-resolution` and `amazon-ads` their digits are a key"
    )
    for standard in STANDARDS:
        column = f"{{type: phone, standard: {standard}, protect: sha256, encoding: hex}}"
        digits = hashlib.sha256(b"2065550100").hexdigest()
        without = digits if standard in ("aws-entity-resolution", "amazon-ads") else None
        assert shop.keys(column, "(206) 555-0100") == [without]
        (key,) = shop.keys(column.replace("}", ", region: US}"), "(206) 555-0100")
        assert key not in (None, without)
        assert shop.keys(column.replace("}", ", region_from: c}"), "(206) 555-0100", c="US") == [key]


def test_one_column_can_make_a_key_for_each_partner(shop: Shop) -> None:
    cause("`keys: {email_sha256: meta, email_uid2: uid2}`")
    column = "{type: email, protect: sha256, keys: {email_sha256: meta, email_uid2: uid2}}"
    (row,) = shop.preview(column, "jane.doe@gmail.com")
    assert (len(row["email_sha256"]), len(row["email_uid2"])) == (64, 44)


def test_the_days_format_decides_the_key(shop: Shop) -> None:
    cause("day and month read in the wrong order")
    column = '{type: date_of_birth, protect: sha256, format: "FORMAT"}'
    keys = {shop.keys(column.replace("FORMAT", each), "05/06/1990")[0] for each in ("%m/%d/%Y", "%d/%m/%Y")}
    assert len(keys) == 2 and None not in keys


def test_values_that_arrive_hashed_are_taken_and_counted(shop: Shop) -> None:
    cause("`already_hashed` in the run's record")
    (key,) = shop.keys("{type: email, protect: sha256}", "jane@example.com")
    shop.declare("{type: email, protect: sha256}", records=[{"v": str(key)}, {"v": "jane@example.com"}])
    (run,) = shop.ask("run", "members")["runs"]
    assert run["already_hashed"] == {"v": 1}


def test_placeholders_of_the_lists_are_null_and_others_can_be_named(shop: Shop) -> None:
    cause("`placeholders:`")
    assert shop.keys("{type: email, protect: sha256}", "noemail@example.com") == [None]
    assert shop.keys("{type: phone, protect: sha256, region: US}", "000-000-0000") == [None]
    (shared,) = shop.keys("{type: email, protect: sha256}", "till@shop.example")
    assert shared is not None
    more = "placeholders: {email: [till@shop.example]}\n"
    assert shop.keys("{type: email, protect: sha256}", "till@shop.example", more=more) == [None]


def test_a_person_in_several_rows_stays_once(shop: Shop) -> None:
    cause("a step `deduplicate` before the columns")
    more = "steps: [{case: {columns: [v], to: lower}}, {deduplicate: {by: v, keep: last}}]\n"
    assert len(shop.keys("{type: email, protect: sha256}", "Jane@example.com", "jane@example.com", more=more)) == 1


def test_what_became_null_is_counted_by_reason(shop: Shop) -> None:
    cause("`antechamber runs --json` (`nulled`)")
    values = ("", "nobody", "jane@example.com")
    shop.declare("{type: email, protect: sha256}", records=[{"v": value, "n": "1"} for value in values])
    shop.ask("run", "members")
    (run,) = shop.ask("runs", "members")["runs"]
    assert sum(run["nulled"]["v"].values()) == 2
    assert len(run["nulled"]["v"]) == 2


def test_every_row_of_advice_has_a_cause_and_a_remedy() -> None:
    rows = tables(NO_MATCH)[0][1:]
    assert len(rows) >= 12
    assert all(len(row) == 3 and all(row) for row in rows)
