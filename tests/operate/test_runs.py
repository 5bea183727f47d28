"""Run records are reports: kept whole, read back, and honest about runs that died."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from antechamber.errors import AntechamberError
from antechamber.operate.runs import PartitionReport, RunRecord, load_all, new_run_id, save
from antechamber.records import Account
from antechamber.store import Location


def test_a_record_comes_back_as_it_was_written_and_a_run_without_a_lease_has_died(tmp_path: Path) -> None:
    location = Location.of("runs", relative_to=tmp_path)
    done = RunRecord(
        run="20261124t010000z-aaaaaa",
        tenant="acme",
        connector="loyalty",
        table="loyalty",
        started="2026-11-24T01:00:00+00:00",
        status="succeeded",
        partitions=[PartitionReport(id="a.csv", read=3, published=2, quarantined=1)],
    )
    done.total(Account(read=3, published=2, quarantined=1, nulled=Counter({("email", "empty"): 1})))
    killed = RunRecord(
        run="20261124t020000z-bbbbbb", tenant="acme", connector="loyalty", table="loyalty", started="…"
    )
    save(killed, location)
    save(done, location)
    first, second = load_all(location, running=None)
    assert first == done and first.nulled == {"email": {"empty": 1}}
    assert second.status == "died"
    assert [record.status for record in load_all(location, running=killed.run)] == ["succeeded", "running"]


def test_a_record_that_was_damaged_is_named_and_what_to_do_with_it(tmp_path: Path) -> None:
    location = Location.of("runs", relative_to=tmp_path)
    save(RunRecord(run="20261124t020000z-bbbbbb", tenant="a", connector="c", table="t", started="…"), location)
    for content in ("", '{"run": "x"', "[]", '{"partitions": [], "run": "of another version"}'):
        (tmp_path / "runs/20261124t020000z-bbbbbb.json").write_text(content)
        with pytest.raises(AntechamberError, match="not a record of a run") as said:
            list(load_all(location, running=None))
        assert "20261124t020000z-bbbbbb.json" in said.value.where and said.value.remedy


def test_run_ids_sort_by_time_and_differ_within_a_second() -> None:
    now = datetime(2026, 11, 24, 2, 15, 7, tzinfo=UTC)
    assert new_run_id(now).startswith("20261124t021507z-")
    assert len({new_run_id(now) for _ in range(50)}) > 45
    assert new_run_id(now) < new_run_id(datetime(2026, 11, 24, 2, 15, 8, tzinfo=UTC))
