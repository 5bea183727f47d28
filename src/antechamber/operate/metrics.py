"""Metrics as log lines that CloudWatch turns into metrics: names, counts and times, never a value of a record.

Source: Amazon CloudWatch User Guide, 'Specification: Embedded metric format': one JSON object a line, `_aws` with a
timestamp in milliseconds and directives of namespace, dimension sets and metrics; their values stand at the root.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TextIO

from antechamber.declare import IDENTITY_TYPES, Declarations
from antechamber.operate.meter import cost_of
from antechamber.operate.runs import RunRecord

NAMESPACE = "Antechamber"
DIMENSIONS = ("workspace", "tenant", "connector", "stage")

UNITS = {
    "RowsRead": "Count",
    "RowsPublished": "Count",
    "RowsQuarantined": "Count",
    "RowsDropped": "Count",
    "RowsReplaced": "Count",
    "RowsUpdated": "Count",
    "BytesRead": "Bytes",
    "Seconds": "Seconds",
    "MatchKeyValidity": "Percent",
    "Freshness": "Seconds",
    "CostUnits": "None",
    "Failed": "Count",
}
"""Metric → its unit, one of those that CloudWatch knows."""


def of_run(record: RunRecord, *, match_keys: tuple[str, ...] = (), cost: float | None = None) -> dict[str, float]:
    """Metric → value of a run. match_keys: the published columns that are protected identities. cost: see
    `operate.meter`."""
    found = {
        "RowsRead": record.read,
        "RowsPublished": record.published,
        "RowsQuarantined": record.quarantined,
        "RowsDropped": sum(record.dropped.values()),
        "RowsReplaced": record.replaced,
        "RowsUpdated": record.updated,
        "BytesRead": record.bytes,
        "Seconds": record.seconds,
        "Failed": int(record.status == "failed"),
    }
    told: dict[str, float] = {name: float(value) for name, value in found.items()}
    if match_keys and record.published:
        empty = sum(sum(record.nulled.get(column, {}).values()) for column in match_keys)
        told["MatchKeyValidity"] = round(100 * (1 - empty / (record.published * len(match_keys))), 4)
    if record.newest and record.ended:
        age = datetime.fromisoformat(record.ended) - datetime.fromisoformat(record.newest)
        told["Freshness"] = max(0.0, age.total_seconds())
    if cost is not None:
        told["CostUnits"] = cost
    return told


def line_of_run(declared: Declarations, record: RunRecord) -> str:
    """The line that tells of a run, as stage `run`."""
    connector = declared.connectors[record.connector]
    keys = tuple(name for name, column in connector.published.items() if column.type in IDENTITY_TYPES)
    values = of_run(record, match_keys=keys, cost=cost_of(record))
    return line(values, places_of(declared, record.connector, "run"), run=record.run)


def places_of(declared: Declarations, connector: str, stage: str) -> dict[str, str]:
    """A value for each of DIMENSIONS."""
    tenant = declared.connectors[connector].tenant
    return {"workspace": declared.workspace.workspace, "tenant": tenant, "connector": connector, "stage": stage}


def line(values: Mapping[str, float], dimensions: Mapping[str, str], *, now: float | None = None, **said: Any) -> str:
    """One line. dimensions: a value for each of DIMENSIONS. said: what else is told, such as the run's id."""
    directive = {
        "Namespace": NAMESPACE,
        "Dimensions": [list(DIMENSIONS)],
        "Metrics": [{"Name": name, "Unit": UNITS[name]} for name in values],
    }
    moment = time.time() if now is None else now
    head = {"_aws": {"Timestamp": int(moment * 1000), "CloudWatchMetrics": [directive]}}
    places = {name: dimensions[name] for name in DIMENSIONS}
    return json.dumps({**head, **places, **said, **values}, separators=(",", ":"))


def emit(
    values: Mapping[str, float], dimensions: Mapping[str, str], *, to: TextIO | None = None, **said: Any
) -> None:
    """Write one line, to standard output unless told otherwise."""
    (to or sys.stdout).write(line(values, dimensions, **said) + "\n")


def newest_of(fingerprints: list[Mapping[str, str]]) -> str:
    """When the newest of these sources was last changed, in ISO 8601; "" when none tells."""
    times = [each["last_modified"] for each in fingerprints if "last_modified" in each]
    return max(
        (datetime.fromisoformat(each).astimezone(UTC).isoformat(timespec="seconds") for each in times), default=""
    )
