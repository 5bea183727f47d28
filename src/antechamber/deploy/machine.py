"""The state machine of a connector, in the Amazon States Language: plan → work → commit → archive → notify.

Every task may be repeated: what it did is found by the run's id, which is derived from the execution's name. So each
has a Retry. Whatever goes wrong is caught and ends in Fail, which gives the lease back, and in a message on the
tenant's topic: the connector is then started anew. An execution that was aborted or timed out may also be redriven.

Sources: Amazon States Language specification; AWS Step Functions Developer Guide, *Handling errors in Step Functions
workflows* (BackoffRate, MaxDelaySeconds, JitterStrategy; errors of AWS Lambda that are worth a retry), *Intrinsic
functions* and *Start AWS Glue jobs with Step Functions* (startJobRun.sync).
"""

from __future__ import annotations

from typing import Any

from antechamber.deploy.setting import Setting

PASSING = (
    "Lambda.ServiceException", "Lambda.AWSLambdaException", "Lambda.SdkClientException",
    "Lambda.TooManyRequestsException", "Lambda.ClientExecutionTimeoutException", "Lambda.Unknown",
)  # fmt: skip
"""Errors of AWS Lambda itself, which pass."""
FINAL = ("DeclarationErrors", "QualityFailed", "RawIdentities", "AccountingError", "MissingExtra")
"""Errors that the same data and declarations will give again."""
LONG_AFTER = 60
"""Seconds that Step Functions waits beyond a function's own time-out."""


def machine(setting: Setting, tenant: str, connector: str) -> dict[str, Any]:
    """The definition. Input: optional `full`, `from`, `to`, as `antechamber run` has them."""
    hours = setting.cloud.compute.hours
    run = {"connector.$": "$.connector", "execution.$": "$.execution", "run.$": "$.plan.run"}
    failed = {"connector.$": "$.connector", "execution.$": "$.execution", "error.$": "$.error"}
    states = {
        "Name it": {
            "Type": "Pass",
            "Parameters": {"connector": connector, "execution.$": "$$.Execution.Name"},
            "ResultPath": "$.told",
            "Next": "Begin",
        },
        "Begin": {
            "Type": "Pass",
            # The machine's input, with what every task is told.
            "Parameters": {"event.$": "States.JsonMerge($$.Execution.Input, $.told, false)"},
            "OutputPath": "$.event",
            "Next": "Plan",
        },
        "Plan": {
            **_task(setting, tenant, "plan", None, waits=True),
            "ResultPath": "$.plan",
            "Next": "What is to be done",
        },
        "What is to be done": {
            "Type": "Choice",
            "Choices": [
                {"Variable": "$.plan.status", "StringEquals": "nothing new", "Next": "Nothing new"},
                {"Variable": "$.plan.size", "StringEquals": "large", "Next": "Work on Spark"},
            ],
            "Default": "Work",
        },
        "Nothing new": {"Type": "Succeed"},
        "Work": {
            "Type": "Map",
            "ItemsPath": "$.plan.lots",
            "ItemSelector": {**run, "lot.$": "$$.Map.Item.Value.lot"},
            "MaxConcurrency": setting.cloud.compute.at_once,
            "ItemProcessor": {
                "ProcessorConfig": {"Mode": "INLINE"},
                "StartAt": "Work a lot",
                "States": {"Work a lot": {**_task(setting, tenant, "work", None, caught=False), "End": True}},
            },
            "ResultPath": "$.worked",
            "Catch": _caught(),
            "Next": "Commit",
        },
        "Work on Spark": {
            "Type": "Task",
            "Resource": f"arn:{setting.partition}:states:::glue:startJobRun.sync",
            "Parameters": {
                "JobName": setting.names.job(tenant),
                "Arguments": {"--connector": connector, "--run.$": "$.plan.run"},
            },
            "TimeoutSeconds": hours * 3600,
            "Retry": [_retry(("Glue.ConcurrentRunsExceededException", "Glue.AWSGlueException"), first=60, times=8)],
            "ResultPath": None,
            "Catch": _caught(),
            "Next": "Commit",
        },
        "Commit": {**_task(setting, tenant, "commit", run), "ResultPath": "$.record", "Next": "Archive"},
        "Archive": {**_task(setting, tenant, "archive", run), "ResultPath": None, "Next": "Notify"},
        "Notify": {**_task(setting, tenant, "notify", run), "ResultPath": None, "End": True},
        "Fail": {
            **_task(setting, tenant, "fail", failed, caught=False),
            "ResultPath": None,
            # Also where the function that records the failure fails itself, somebody is told.
            "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": None, "Next": "Tell"}],
            "Next": "Tell",
        },
        "Tell": {
            "Type": "Task",
            "Resource": f"arn:{setting.partition}:states:::sns:publish",
            "Parameters": {
                "TopicArn": setting.arn("sns", setting.names.topic(tenant)),
                "Subject": "Antechamber: a run failed",
                # The cause stays out: it is in the run's record and in the logs.
                "Message.$": f"States.Format('{connector}: execution {{}} failed: {{}}', "
                "$$.Execution.Name, $.error.Error)",
            },
            "TimeoutSeconds": LONG_AFTER,
            "Retry": [_retry(("States.TaskFailed",), first=2, times=5)],
            "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": None, "Next": "Failed"}],
            "ResultPath": None,
            "Next": "Failed",
        },
        "Failed": {"Type": "Fail", "Error": "RunFailed", "Cause": "The run's record and the logs say why."},
    }
    return {
        "Comment": f"Runs the connector {connector} of {tenant}",
        "StartAt": "Name it",
        "TimeoutSeconds": (hours + 1) * 3600,
        "States": states,
    }


def _task(
    setting: Setting,
    tenant: str,
    task: str,
    payload: dict[str, Any] | None,
    *,
    caught: bool = True,
    waits: bool = False,
) -> dict[str, Any]:
    """A function's state. payload: its input, the state's own when None. waits: for another run's lease."""
    held = [_retry(("LeaseHeld",), first=60, times=90, most=600)] if waits else []
    state: dict[str, Any] = {
        "Type": "Task",
        "Resource": setting.arn("lambda", f"function:{setting.names.function(tenant, task)}"),
        **({"Parameters": payload} if payload is not None else {}),
        "TimeoutSeconds": 900 + LONG_AFTER,
        "Retry": [
            *held,
            {"ErrorEquals": list(FINAL), "MaxAttempts": 0},
            _retry(PASSING, first=2, times=8),
            _retry(("States.TaskFailed", "States.Timeout"), first=10, times=3),
        ],
    }
    return {**state, "Catch": _caught()} if caught else state


def _retry(errors: tuple[str, ...], *, first: int, times: int, most: int = 300) -> dict[str, Any]:
    return {
        "ErrorEquals": list(errors),
        "IntervalSeconds": first,
        "MaxAttempts": times,
        "BackoffRate": 2,
        "MaxDelaySeconds": most,
        "JitterStrategy": "FULL",
    }


def _caught() -> list[dict[str, Any]]:
    return [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Fail"}]
