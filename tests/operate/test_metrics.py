"""Metrics in CloudWatch's embedded format: what its specification asks of a line."""

from __future__ import annotations

import io
import json
import logging

import pytest

from antechamber.operate import metrics
from antechamber.operate.log import set_up
from antechamber.operate.runs import RunRecord

PLACES = {"workspace": "retail", "tenant": "acme", "connector": "loyalty", "stage": "run"}


def record() -> RunRecord:
    made = RunRecord(
        "20261124t020000z-abcdef", "acme", "loyalty", "loyalty", "2026-11-24T02:00:00+00:00", "succeeded"
    )
    made.read, made.published, made.quarantined, made.dropped = 100, 80, 15, {"steps[0].filter": 5}
    made.nulled = {"email": {"not an e-mail address": 8}, "points": {"not a number": 3}}
    made.newest, made.ended = "2026-11-24T01:00:00+00:00", "2026-11-24T02:00:30+00:00"
    return made


def test_a_line_is_what_the_specification_asks_for() -> None:
    out = io.StringIO()
    metrics.emit(metrics.of_run(record(), match_keys=("email", "phone"), cost=0.25), PLACES, to=out, run="r-1")
    (line,) = out.getvalue().splitlines()
    told = json.loads(line)
    (directive,) = told["_aws"]["CloudWatchMetrics"]
    assert isinstance(told["_aws"]["Timestamp"], int) and told["_aws"]["Timestamp"] > 1_700_000_000_000
    assert directive["Namespace"] == "Antechamber" and directive["Dimensions"] == [list(PLACES)]
    named = [each["Name"] for each in directive["Metrics"]]
    assert len(named) == len(set(named)) <= 100 and all(isinstance(told[name], int | float) for name in named)
    assert {name: told[name] for name in PLACES} == PLACES and told["run"] == "r-1"
    assert (told["RowsRead"], told["RowsPublished"], told["RowsQuarantined"], told["RowsDropped"]) == (100, 80, 15, 5)
    assert told["MatchKeyValidity"] == 95.0, "8 of 160 match keys are empty"
    assert told["Freshness"] == 3630 and told["CostUnits"] == 0.25


def test_a_run_without_sources_that_tell_their_time_has_no_freshness() -> None:
    made = record()
    made.newest = ""
    assert "Freshness" not in metrics.of_run(made)


def test_structured_logs_are_json_and_say_no_message_of_an_exception(capsys: pytest.CaptureFixture[str]) -> None:
    kept = logging.getLogger().handlers[:]
    try:
        set_up("info", structured=True)
        try:
            raise ValueError("jane.doe@example.test")
        except ValueError:
            logging.getLogger("antechamber.run").warning("a step failed", exc_info=True)
        told = json.loads(capsys.readouterr().err)
    finally:
        logging.getLogger().handlers[:] = kept
    assert told["level"] == "WARNING" and told["message"] == "a step failed"
    assert told["error"].startswith("ValueError at test_metrics.py") and "jane" not in json.dumps(told)
