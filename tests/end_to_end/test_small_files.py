"""Many small files in one run: worked together, each on its own account."""

from __future__ import annotations

import gzip
import random
from pathlib import Path
from typing import Any

import pytest

from antechamber import lots, shares
from antechamber.catalog import Layout, open_catalog
from antechamber.declare import load_workspace
from antechamber.operate.runs import RunRecord
from antechamber.pipeline import run
from antechamber.publish import list_quarantine, read_quarantine

KEY = "00112233445566778899aabbccddeeff" * 2
CONNECTOR = """
connector: members
tenant: acme
source: {{type: landing, path: "landing/{pattern}", settle: 0}}
columns:
  id: {{type: id, required: true}}
  email: {{type: email, protect: sha256}}
  tier: {{type: string, one_of: [gold, silver]}}
  day: {{type: date, format: "%Y-%m-%d"}}
table: {table}
"""
HEADER = b"id,email,tier,day\n"
ODD = {
    "wide": HEADER + b"1,a@example.com,gold,2026-01-01,more\n2,b@example.com,gold,2026-01-01\n",
    "quote": HEADER + b'3,"c@example.com,gold,2026-01-01\n4,d@example.com,gold,2026-01-01\n',
    "broken": HEADER + b"5,\xff@example.com,gold,2026-01-01\n6,e@example.com,gold,2026-01-01\n",
    "marked": b"\xef\xbb\xbf" + HEADER + b"7,f@example.com,gold,2026-01-01\n",
    "otherwise": b"tier,day,id,email,note\ngold,2026-01-01,8,g@example.com,x\n",
    "lacking": b"id,email,day\n9,h@example.com,2026-01-01\n",
    "bare": HEADER.rstrip(),
    "empty": b"",
}


def member(dice: random.Random) -> str:
    tier = dice.choice(["gold", "silver", "silver", "tin", ""])
    day = dice.choice(["2026-01-01", "2025-12-31", "soon", ""])
    id, email = (
        dice.choice([str(dice.randrange(400)), '"7"', ""]),
        dice.choice(["x@example.com", '"y,z@example.com"']),
    )
    return f"{id},{email},{tier},{day}\n"


def workspace(root: Path, table: str, pattern: str) -> Path:
    """Two hundred small files, sound ones and odd ones among them; the seed makes them the same each time."""
    dice = random.Random(3)
    (root / "connectors").mkdir(parents=True)
    (root / "store/landing").mkdir(parents=True)
    (root / "antechamber.yaml").write_text("workspace: w\ntenants:\n  acme: {key: env:ACME_KEY}\n")
    (root / "connectors/members.yaml").write_text(CONNECTOR.format(table=table, pattern=pattern))
    odd = list(ODD.items())
    for number in range(200):
        name, content = odd[number // 20] if number % 20 == 7 and number // 20 < len(odd) else ("x", b"")
        content = content or HEADER + "".join(member(dice) for _ in range(dice.randrange(8))).encode()
        path = root / f"store/landing/{number:03}-{name}.csv"
        if pattern.endswith(".gz"):
            path, content = path.with_name(f"{path.name}.gz"), gzip.compress(content)
        path.write_bytes(ODD[name] if name in ("empty", "bare") and not pattern.endswith(".gz") else content)
    return root


def outcome(root: Path) -> tuple[RunRecord, list[dict[str, Any]], list[Any]]:
    """The run's record, the table's rows, the quarantine's records."""
    declared = load_workspace(root)
    record = run(declared, "members")
    table = open_catalog(declared.workspace, root).load_table(("acme", "members"))
    rows = table.scan().to_arrow().to_pylist()
    location = Layout.of(declared.workspace, root).quarantine("acme", "members")
    held = [
        each for name in list_quarantine(location) for each in read_quarantine(location, name, bytes.fromhex(KEY))
    ]
    return record, rows, sorted(held, key=lambda each: (each.partition, each.line, each.reason))


@pytest.mark.parametrize("pattern", ["*.csv", "*.csv.gz"])
@pytest.mark.parametrize("table", ["{name: members}", "{name: members, mode: upsert, key: id}"])
def test_files_worked_together_come_out_as_each_by_itself(
    table: str, pattern: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACME_KEY", KEY)
    together, rows, held = outcome(workspace(tmp_path / "together", table, pattern))
    monkeypatch.setattr(lots, "SMALL", -1)
    alone, rows_alone, held_alone = outcome(workspace(tmp_path / "alone", table, pattern))
    assert (together.status, together.read, together.nulled) == ("partial", alone.read, alone.nulled)
    assert together.partitions == alone.partitions
    assert [each.id.partition("-")[2] for each in together.partitions if each.error] == [f"lacking.{pattern[2:]}"]
    assert rows == rows_alone
    assert held == held_alone
    assert len({each.reason for each in held}) > 5
    if "upsert" in table:
        assert together.replaced > 50
    assert together.unnamed_columns == alone.unnamed_columns == ["note"]


def test_a_recipe_that_cannot_say_whose_record_it_dropped_works_file_by_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACME_KEY", KEY)
    together, rows, _ = outcome(workspace(tmp_path / "together", "{name: members}", "*.csv"))

    def refuse(item: shares.Item, recipe: Any) -> Any:
        if len(item.shares) > 1:
            raise shares.NotTogether
        return prepare(item, recipe)

    prepare = shares.prepare
    monkeypatch.setattr("antechamber.parts.prepare", refuse)
    alone, rows_alone, _ = outcome(workspace(tmp_path / "alone", "{name: members}", "*.csv"))
    assert together.partitions == alone.partitions
    assert rows == rows_alone


def test_lots_hold_neighbours_and_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    from antechamber.connect.landing import Landing, LandingSource
    from antechamber.records import Partition
    from antechamber.store import Location

    source = Landing(LandingSource(type="landing", path="x/*.csv"), store=Location("file:///nowhere"))
    sizes = [10, 20, 400_000, 30, None, 40, 50, 60]
    partitions = [Partition(str(number), {}, size) for number, size in enumerate(sizes)]

    def numbers() -> list[list[int]]:
        return [list(lot.numbers) for lot in lots.lots_of(partitions, source)]

    assert numbers() == [[0, 1], [2], [3], [4], [5, 6, 7]]
    assert [list(lot.numbers) for lot in lots.lots_of(partitions, object())] == [[number] for number in range(8)]
    monkeypatch.setattr(lots, "LOT_BYTES", 100)
    assert numbers() == [[0, 1], [2], [3], [4], [5, 6], [7]]
    monkeypatch.setattr(lots, "LOT_FILES", 1)
    assert numbers() == [[number] for number in range(8)]
