"""What a run uses and what a month costs: the arithmetic of the documentation's example, and schedules by the day."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path

import pytest

from antechamber.errors import AntechamberError
from antechamber.operate.estimate import estimate, runs_a_month, spent, standing_of_tenant
from antechamber.operate.meter import prices, usage_of
from antechamber.operate.runs import PartitionReport, RunRecord

PAGE = (Path(__file__).parents[2] / "docs/reference/cost.md").read_text()


def record(**told: object) -> RunRecord:
    made = RunRecord(
        "20261124t020000z-abcdef", "acme", "loyalty", "loyalty", "2026-11-24T02:00:00+00:00", "succeeded"
    )
    made.partitions = [PartitionReport("a.csv")]
    made.bytes, made.written, made.seconds = 20_000_000, 10_000_000, 57.0
    for name, value in told.items():
        setattr(made, name, value)
    made.usage = usage_of(made)
    return made


def test_the_worked_example_of_the_documentation_is_what_is_computed() -> None:
    rows = dict(
        re.findall(r"^\| ([A-Za-z, -]+?) \| [^|]* \| ([\d.]+) \|$", PAGE.partition("worked")[2], re.MULTILINE)
    )
    made = record()
    assert made.usage == {
        "invocations": float(rows["invocations"]),
        "transitions": float(rows["transitions"]),
        "gb_seconds": float(rows["GB-seconds"]),
        "dpu_hours": 0.0,
        "requests_read": float(rows["requests, reading"]),
        "requests_write": float(rows["requests, writing"]),
        "kms_calls": float(rows["KMS calls"]),
    }
    found = estimate("acme", "loyalty", "cron(0 2 * * ? *)", [made], prices())
    assert f"{found.per_run:.8f}" in PAGE and f"**{found.month:.2f} USD**" in PAGE
    assert f"{found.runs:.4f} times" in PAGE
    assert f"({found.stored:.4f})" in PAGE and f"({found.runs * found.per_run:.4f})" in PAGE
    assert f"{standing_of_tenant(2, prices()):.2f}" in PAGE
    assert spent([made, made], prices()) == pytest.approx(2 * found.per_run)


@pytest.mark.parametrize(
    ("schedule", "a_year"),
    [
        ("cron(0 2 * * ? *)", 365),
        ("cron(0/15 8-17 ? * MON-FRI *)", 261 * 40),
        ("cron(0 6 1,15 * ? *)", 24),
        ("cron(0 6 L * ? *)", 12),
        ("cron(0 6 31 * ? *)", 7),
        ("cron(0 6 ? * 6#3 *)", 12),
        ("cron(0 6 ? * FRIL *)", 12),
        ("cron(0 6 15W * ? *)", 12),
        ("cron(30 0 ? JAN,JUL SUN *)", 8),
    ],
)
def test_a_schedule_is_counted_by_the_days_of_the_year(schedule: str, a_year: int) -> None:
    assert runs_a_month(schedule, [], date(2026, 6, 1)) * 12 == pytest.approx(a_year)


def test_a_rate_is_counted_by_the_length_of_a_month() -> None:
    assert runs_a_month("rate(12 hours)", []) == pytest.approx(365.25 / 12 * 2)


def test_a_large_run_uses_glue_and_not_functions() -> None:
    used = usage_of(record(bytes=5 << 30, seconds=1800.0), large_from=4 << 30, workers=3)
    assert used["dpu_hours"] == 1.5 and used["invocations"] == 4


def test_a_price_file_changes_what_it_names(tmp_path: Path) -> None:
    (tmp_path / "prices.json").write_text(json.dumps({"currency": "EUR", "per_use": {"dpu_hours": 0.5}}))
    found = prices(tmp_path / "prices.json")
    assert (found.currency, found.per_use["dpu_hours"]) == ("EUR", 0.5)
    assert found.per_use["kms_calls"] == prices().per_use["kms_calls"]


@pytest.mark.parametrize("text", ["{", "[]", '{"per_use": 3}', '{"per_use": {"dpu_hours": "much"}}'])
def test_what_is_no_price_file_is_told_so(tmp_path: Path, text: str) -> None:
    (tmp_path / "prices.json").write_text(text)
    with pytest.raises(AntechamberError, match="no price file"):
        prices(tmp_path / "prices.json")
