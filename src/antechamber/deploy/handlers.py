"""The functions of AWS Lambda, one a step of a run: each reads what it is told, and calls `stepwise`.

Source: AWS Lambda Developer Guide, 'Define Lambda function handler in Python'. An error's class is what a state
machine's Retry and Catch know it by; its text is ours, so that no value of a record reaches a log.
"""

from __future__ import annotations

import functools
import os
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

from antechamber import stepwise
from antechamber.bundle import deployed_workspace
from antechamber.declare import Declarations
from antechamber.errors import AntechamberError
from antechamber.intent import Intent
from antechamber.job import connector_of
from antechamber.operate import metrics
from antechamber.operate.log import as_ours, set_up
from antechamber.operate.runs import RunRecord
from antechamber.records import Window

Event = Mapping[str, Any]
Step = Callable[[Declarations, Event], Any]


def plan(event: Event, context: object = None) -> Any:
    """{"connector", "execution", "full"?, "from"?, "to"?} → see `stepwise.plan`."""
    return _carry_out("plan", _plan, event)


def work(event: Event, context: object = None) -> Any:
    """{"connector", "run", "lot"} → {"lot", "read"}."""
    return _carry_out("work", lambda d, e: stepwise.work(d, e["connector"], e["run"], int(e["lot"])), event)


def commit(event: Event, context: object = None) -> Any:
    """{"connector", "run"} → the run's record, short: see `_short`."""
    return _carry_out("commit", _commit, event)


def archive(event: Event, context: object = None) -> Any:
    """{"connector", "run"} → the run's record, short."""
    return _carry_out("archive", lambda d, e: _short(stepwise.archive(d, e["connector"], e["run"])), event)


def notify(event: Event, context: object = None) -> Any:
    """{"connector", "run"} → the run's record, short; told to the connector's targets and the tenant's topic."""
    return _carry_out("notify", _notify, event)


def fail(event: Event, context: object = None) -> Any:
    """{"connector", "execution", "error": {"Error", "Cause"}} → the run's record, short."""
    return _carry_out("fail", _fail, event)


def _plan(declared: Declarations, event: Event) -> Any:
    since, until = event.get("from"), event.get("to")
    window = None if since is None else Window(str(since), None if until is None else str(until))
    cloud = declared.workspace.aws
    large = None if cloud is None else cloud.compute.large_from_mb << 20
    intent = Intent(bool(event.get("full", False)), window)
    return stepwise.plan(declared, event["connector"], event["execution"], intent, large=large)


def _commit(declared: Declarations, event: Event) -> Any:
    record = stepwise.commit(declared, event["connector"], event["run"])
    if record.status != "nothing new":
        _tell_of(declared, record)
    return _short(record)


def _notify(declared: Declarations, event: Event) -> Any:
    record = stepwise.notify(declared, event["connector"], event["run"])
    topic = os.environ.get("ANTECHAMBER_TOPIC")
    if topic and record.status != "nothing new":
        import boto3

        from antechamber.publish import RunMessage

        message = RunMessage.of(record)
        boto3.client("sns").publish(TopicArn=topic, Subject=message.title[:100], Message=message.text)
    return _short(record)


def _fail(declared: Declarations, event: Event) -> Any:
    record = stepwise.fail(declared, event["connector"], event["execution"], event.get("error") or {})
    _tell_of(declared, record)
    return _short(record)


def _short(record: RunRecord) -> dict[str, Any]:
    """A record without its lists: what a state may hold is limited (AWS Step Functions, 256 KiB)."""
    told = record.as_json()
    few = ("run", "tenant", "connector", "table", "status", "seconds", "read", "published", "quarantined", "replaced")
    return {name: told[name] for name in few} | {"dropped": sum(record.dropped.values()), "updated": record.updated}


def _tell_of(declared: Declarations, record: RunRecord) -> None:
    """The run's metrics, on standard output."""
    sys.stdout.write(metrics.line_of_run(declared, record) + "\n")


@functools.cache
def _declared() -> Declarations:
    set_up(os.environ.get("ANTECHAMBER_LOG_LEVEL", "info"), structured=True)
    return deployed_workspace(os.environ)


def _carry_out(stage: str, step: Step, event: Event) -> Any:
    """Raises AntechamberError, with a text of ours and nothing of what it came from."""
    began = time.monotonic()
    name = str(event.get("connector", ""))
    try:
        declared = _declared()
        connector = connector_of(declared, name)
        mine = os.environ.get("ANTECHAMBER_TENANT", connector.tenant)
        if connector.tenant != mine:
            raise AntechamberError(
                "this function works for another tenant", where=f"{connector.tenant}/{name}", remedy=f"it is {mine}'s"
            )
        answer = step(declared, event)
        metrics.emit({"Seconds": round(time.monotonic() - began, 3)}, metrics.places_of(declared, name, stage))
        sys.stdout.flush()
    except Exception as error:
        raise as_ours(error, where=name) from None
    return answer
