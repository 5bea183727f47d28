"""The alarms of a tenant, as data: the stacks make them, the guide says what to do at each.

Sources: Amazon CloudWatch user guide, *Using math expressions*, *Using CloudWatch anomaly detection*; AWS Step
Functions, AWS Lambda and Amazon SQS developer guides (metrics).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from antechamber.declare import Connector
from antechamber.deploy.setting import Setting
from antechamber.deployed import NAMESPACE, TASKS

HOUR = 3600


@dataclass(frozen=True)
class Alarm:
    """One alarm. means: what has happened. do: what to do. asked: what is watched, as AWS::CloudWatch::Alarm has
    it."""

    kind: str
    name: str
    connector: str
    means: str
    do: str
    asked: dict[str, Any]


def alarms_of(setting: Setting, tenant: str) -> Iterator[Alarm]:
    """Every alarm of a tenant."""
    for connector in setting.connectors(tenant):
        yield from _of_connector(setting, tenant, connector)
    name = setting.names.alarm
    yield Alarm(
        "dead-letters",
        name(tenant, "dead-letters"),
        "",
        "An event or a schedule could not start its run",
        "Read the message in the queue for the reason, mend it, and start the machine by hand",
        _above(
            _metric("AWS/SQS", "ApproximateNumberOfMessagesVisible", {"QueueName": setting.names.queue(tenant)}),
            0,
            statistic="Maximum",
        ),
    )
    for task in TASKS:
        function = {"FunctionName": setting.names.function(tenant, task)}
        yield Alarm(
            "throttles",
            name(tenant, f"throttles-{task}"),
            "",
            f"The function {task} was held back: the account or compute.reserved allows no more at a time",
            "Nothing is lost, runs take longer; raise compute.reserved or ask AWS for a higher quota",
            _above(_metric("AWS/Lambda", "Throttles", function), 0, periods=3),
        )


def _of_connector(setting: Setting, tenant: str, connector: Connector) -> Iterator[Alarm]:
    name, called = setting.names.alarm, connector.connector
    machine = {"StateMachineArn": setting.arn(
        "states", f"stateMachine:{setting.names.state_machine(tenant, called)}"
    )}  # fmt: skip
    own = {"workspace": setting.names.workspace, "tenant": tenant, "connector": called, "stage": "run"}
    watch = setting.cloud.alarms
    failed = (("ExecutionsFailed", "failed"), ("ExecutionsTimedOut", "timed-out"), ("ExecutionsAborted", "aborted"))
    for metric, what in failed:
        yield Alarm(
            what,
            name(tenant, what, called),
            called,
            f"A run of {called} {what.replace('-', ' ')}: nothing of it is visible, nothing is lost",
            "Read the run's record, mend the cause, and start the connector again",
            _above(_metric("AWS/States", metric, machine), 0),
        )
    yield Alarm(
        "held-back",
        name(tenant, "held-back", called),
        called,
        f"Step Functions held runs of {called} back",
        "Nothing is lost; ask AWS for a higher quota when it stays",
        _above(_metric("AWS/States", "ExecutionThrottled", machine), 0, periods=3),
    )
    if connector.schedule is not None:
        yield Alarm(
            "late",
            name(tenant, "late", called),
            called,
            f"No run of {called} has ended well for {watch.late_hours} hours",
            "See whether its schedule is on, whether its files came, and what the last run says",
            {
                **_metric("AWS/States", "ExecutionsSucceeded", machine),
                "statistic": "Sum",
                "period": HOUR,
                "evaluationPeriods": watch.late_hours,
                "threshold": 1,
                "comparisonOperator": "LessThanThreshold",
                "treatMissingData": "breaching",
            },
        )
    yield Alarm(
        "quarantine",
        name(tenant, "quarantine", called),
        called,
        f"More than {watch.quarantine_percent:g} % of a run of {called} could not be prepared",
        "See antechamber quarantine list, mend the connector or the source, then antechamber quarantine retry",
        {
            "metrics": [
                _query("quarantined", "RowsQuarantined", own),
                _query("read", "RowsRead", own),
                {
                    "id": "share",
                    "expression": "IF(read > 0, 100 * quarantined / read, 0)",
                    "label": "quarantined %",
                    "returnData": True,
                },
            ],
            "evaluationPeriods": 1,
            "threshold": watch.quarantine_percent,
            "comparisonOperator": "GreaterThanThreshold",
            "treatMissingData": "notBreaching",
        },
    )
    yield Alarm(
        "drift",
        name(tenant, "drift", called),
        called,
        f"A run of {called} read far more or fewer records than the runs before it",
        "Ask the sender whether that is meant; compare antechamber profile with the last one",
        {
            "metrics": [
                {**_query("read", "RowsRead", own, period=24 * HOUR), "returnData": True},
                {"id": "band", "expression": f"ANOMALY_DETECTION_BAND(read, {watch.drift:g})", "returnData": True},
            ],
            "thresholdMetricId": "band",
            "evaluationPeriods": 1,
            "comparisonOperator": "LessThanLowerOrGreaterThanUpperThreshold",
            "treatMissingData": "notBreaching",
        },
    )


def _metric(namespace: str, metric: str, dimensions: dict[str, str]) -> dict[str, Any]:
    told = [{"name": key, "value": value} for key, value in dimensions.items()]
    return {"namespace": namespace, "metricName": metric, "dimensions": told}


def _query(identifier: str, metric: str, dimensions: dict[str, str], period: int = HOUR) -> dict[str, Any]:
    watched = {"metric": _metric(NAMESPACE, metric, dimensions), "period": period, "stat": "Sum"}
    return {"id": identifier, "metricStat": watched, "returnData": False}


def _above(metric: dict[str, Any], most: float, *, statistic: str = "Sum", periods: int = 1) -> dict[str, Any]:
    return {
        **metric,
        "statistic": statistic,
        "period": 300,
        "evaluationPeriods": periods,
        "threshold": most,
        "comparisonOperator": "GreaterThanThreshold",
        "treatMissingData": "notBreaching",
    }
