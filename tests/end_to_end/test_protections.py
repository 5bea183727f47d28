"""The newer protections by the command line: what reaches the table, and tokens turned back."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from tests.end_to_end.conftest import Small, make_small, pgp_home

__all__ = ["pgp_home"]

CONNECTOR = """
connector: people
tenant: acme
source: {type: landing, path: "landing/people/*.csv", settle: 0}
columns:
  id: {type: id, protect: tokenize, secret: "file:keys/tokens"}
  email: {type: email, protect: tokenize, secret: "file:keys/tokens"}
  age: {type: integer, protect: bucket, buckets: [18, 25, 65]}
  zip: {type: postal_code, protect: truncate, truncate_to: 3}
  joined: {type: date, protect: truncate, truncate_to: month}
  spent: {type: decimal, scale: 2, protect: noise, noise: {epsilon: 1, lower: 0, upper: 100}}
table: {name: people, mode: upsert, key: id}
"""


@pytest.fixture
def people(tmp_path: Path, pgp_home: Path) -> Small:
    small = make_small(tmp_path / "ws", pgp_home)
    (small.root / "connectors/people.yaml").write_text(CONNECTOR)
    (small.root / "keys/tokens").write_text("ab" * 32)
    lines = ["id,email,age,zip,joined,spent"]
    lines += [f"{n},Person{n}@Example.test,{15 + n},9810{n % 10},2024-0{1 + n % 9}-17,50.00" for n in range(60)]
    folder = small.root / "store/landing/people"
    folder.mkdir(parents=True)
    (folder / "a.csv").write_text("\n".join(lines) + "\n")
    small.json("run", "people")
    return small


def test_what_reaches_the_table(people: Small) -> None:
    rows = people.rows("people")
    assert len(rows) == 60
    assert {row["age"] for row in rows} == {"<18", "18-24", "25-64", "65+"}
    assert {row["zip"] for row in rows} == {"981"}
    assert {row["joined"].day for row in rows} == {1}
    assert len({row["spent"] for row in rows}) > 40


def _audit(people: Small) -> list[dict[str, object]]:
    folder = people.root / "store/tenants/acme/audit"
    return [json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))] if folder.exists() else []


def _detokenize(people: Small, column: str, tokens: list[str], *more: str) -> subprocess.CompletedProcess[str]:
    path = people.root / "tokens.txt"
    path.write_text("\n".join(tokens) + "\n")
    return people.cli("detokenize", "people", column, "--file", str(path), *more)


def test_tokens_are_turned_back_with_the_key_and_it_is_on_record(people: Small) -> None:
    tokens = [row["email"] for row in people.rows("people")]
    done = _detokenize(people, "email", tokens)
    assert done.returncode == 0, done.stderr
    assert sorted(done.stdout.split()) == sorted(f"person{n}@example.test" for n in range(60))
    (event,) = _audit(people)
    assert {event["event"], event["connector"], event["column"], event["tokens"]} == {
        "detokenize", "people", "email", 60,
    }  # fmt: skip
    assert "example.test" not in json.dumps(event)
    assert not any(token in json.dumps(event) for token in tokens)
    as_json = json.loads(_detokenize(people, "email", tokens[:1], "--json").stdout)
    assert as_json["values"][0].endswith("@example.test")


def test_one_text_that_is_no_token_and_nothing_is_shown(people: Small) -> None:
    row = people.rows("people")[0]
    for column, tokens in (("email", [row["email"], row["id"]]), ("email", [row["email"], "nothing"])):
        done = _detokenize(people, column, tokens)
        assert done.returncode == 1
        assert done.stdout == ""
        assert "the 2. text is no token of this column under this key" in done.stderr
        assert row["id"] not in done.stderr
    assert len(_audit(people)) == 2, "attempts are on record too"


def test_without_the_key_or_on_another_column_nothing_is_turned_back(people: Small) -> None:
    token = people.rows("people")[0]["email"]
    done = _detokenize(people, "age", [token])
    assert (done.returncode, done.stdout) == (1, "")
    assert "use one of: id, email" in done.stderr
    (people.root / "keys/tokens").unlink()
    done = _detokenize(people, "email", [token])
    assert (done.returncode, done.stdout) == (1, "")
    assert "there is no such file" in done.stderr
    assert _audit(people) == []


def test_what_cannot_be_put_on_record_is_not_done(people: Small) -> None:
    (people.root / "store/tenants/acme/audit").write_text("in the way")
    done = _detokenize(people, "email", [people.rows("people")[0]["email"]])
    assert (done.returncode, done.stdout) == (1, "")
    assert "the audit log cannot be written" in done.stderr
