"""What starts a connector's machine: its schedule, or a file that arrives; and the roles of the machines themselves.

Sources: AWS Step Functions Developer Guide, *IAM policies for integrated services*, *Logging using CloudWatch Logs*;
Amazon EventBridge user guide, *Using dead-letter queues*; Amazon EventBridge Scheduler user guide, *Setting up*.
"""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn

from antechamber.declare import Connector
from antechamber.deploy.permissions import TRACES, WRITE_KEY, Grants
from antechamber.deploy.setting import Setting
from antechamber.deploy.statement import Statement, document, trust
from antechamber.deployed import TASKS

LOGGING = Statement(
    "LogDelivery",
    ("logs:CreateLogDelivery", "logs:GetLogDelivery", "logs:UpdateLogDelivery", "logs:DeleteLogDelivery",
     "logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:DescribeResourcePolicies", "logs:DescribeLogGroups"),
    ("*",),
    because="Amazon CloudWatch Logs knows no resources for the delivery of logs",
)  # fmt: skip
SAMPLING = Statement(
    "Sampling",
    ("xray:GetSamplingRules", "xray:GetSamplingTargets"),
    ("*",),
    because="AWS X-Ray knows no resources for these two actions",
)


def machine_permissions(setting: Setting, name: str, key: str) -> list[Statement]:
    """What a tenant's machines may do: call its functions, run its job, tell its topic."""
    functions = tuple(setting.arn("lambda", f"function:{setting.names.function(name, task)}") for task in TASKS)
    job = setting.arn("glue", f"job/{setting.names.job(name)}")
    return [
        Statement("Tasks", ("lambda:InvokeFunction",), functions),
        Statement("Spark", ("glue:StartJobRun", "glue:GetJobRun", "glue:GetJobRuns", "glue:BatchStopJobRun"), (job,)),
        *Grants(setting, name, key, key).publish(),
        LOGGING,
        TRACES,
        SAMPLING,
    ]


def start_permissions(setting: Setting, name: str, key: str) -> list[Statement]:
    """What schedules and rules of a tenant may do: start its machines, and leave word where that fails."""
    machines = tuple(
        setting.arn("states", f"stateMachine:{setting.names.state_machine(name, each.connector)}")
        for each in setting.connectors(name)
    )
    queue = setting.arn("sqs", setting.names.queue(name))
    context = {"StringEquals": {"kms:EncryptionContext:aws:sqs:arn": queue}}
    return [
        Statement("Start", ("states:StartExecution",), machines),
        Statement("LeaveWord", ("sqs:SendMessage",), (queue,)),
        Statement("LeaveWordKey", WRITE_KEY, (key,), context),
    ]


def machines_role(stack: cdk.Stack, setting: Setting, name: str) -> iam.CfnRole:
    """The role of a tenant's machines."""
    key = cdk.Fn.import_value(setting.key_export(name))
    machines = setting.arn("states", "stateMachine:*")
    return iam.CfnRole(
        stack,
        "MachinesRole",
        role_name=setting.names.role(name, "states"),
        assume_role_policy_document=trust("states.amazonaws.com", setting.names.account, machines),
        policies=[{"policyName": "states", "policyDocument": document(machine_permissions(setting, name, key))}],
    )


def start_role(stack: cdk.Stack, setting: Setting, name: str, key: str) -> iam.CfnRole:
    """The role of what starts them."""
    believed = trust("scheduler.amazonaws.com", setting.names.account)
    believed["Statement"] += trust("events.amazonaws.com", setting.names.account)["Statement"]
    return iam.CfnRole(
        stack,
        "StartRole",
        role_name=setting.names.role(name, "start"),
        assume_role_policy_document=believed,
        policies=[{"policyName": "start", "policyDocument": document(start_permissions(setting, name, key))}],
    )


def starts(
    stack: cdk.Stack,
    setting: Setting,
    name: str,
    connector: Connector,
    part: str,
    machine: sfn.CfnStateMachine,
    role: iam.CfnRole,
    queue: sqs.CfnQueue,
) -> None:
    """A connector with a schedule is started by it; one of the landing zone without a schedule by each new file.

    Of several executions one runs and the others wait for its lease, to find nothing new.
    """
    called = setting.names.schedule(name, connector.connector)
    retries = {"maximumRetryAttempts": 10, "maximumEventAgeInSeconds": 3600}
    if connector.schedule is not None:
        scheduler.CfnSchedule(
            stack,
            f"{part}Schedule",
            name=called,
            schedule_expression=connector.schedule,
            flexible_time_window={"mode": "OFF"},
            kms_key_arn=cdk.Fn.import_value(setting.key_export(name)),
            target={
                "arn": machine.attr_arn,
                "roleArn": role.attr_arn,
                "input": "{}",
                "deadLetterConfig": {"arn": queue.attr_arn},
                "retryPolicy": retries,
            },
        )
        return
    folder = setting.landing_folder(connector)
    if folder is None:
        return
    events.CfnRule(
        stack,
        f"{part}Arrivals",
        name=called,
        description=f"Files that arrive for {connector.connector}",
        event_pattern={
            "source": ["aws.s3"],
            "detail-type": ["Object Created"],
            "detail": {
                "bucket": {"name": [setting.names.bucket(name, "landing")]},
                "object": {"key": [{"prefix": folder}]},
            },
        },
        targets=[
            {
                "id": "machine",
                "arn": machine.attr_arn,
                "roleArn": role.attr_arn,
                "input": "{}",
                "deadLetterConfig": {"arn": queue.attr_arn},
                "retryPolicy": retries,
            }
        ],
    )
