"""Preparation: a state machine a connector, the functions and the Spark job behind it, and what starts it.

Sources: AWS CloudFormation resource reference (AWS::Lambda::Function, AWS::Glue::Job,
AWS::StepFunctions::StateMachine, AWS::Scheduler::Schedule, AWS::Events::Rule); AWS Glue Developer Guide, *Using
Python libraries with AWS Glue* (zip of wheels); Amazon EventBridge user guide, *Event matching: object created*.
"""

from __future__ import annotations

import json
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn

from antechamber.deploy.machine import machine
from antechamber.deploy.permissions import Grants
from antechamber.deploy.setting import Setting
from antechamber.deploy.statement import document, trust
from antechamber.deploy.tiers.network import group_export, subnets_export
from antechamber.deploy.tiers.spark import job
from antechamber.deploy.tiers.starting import machines_role, start_role, starts
from antechamber.deployed import TASKS

RUNTIME = "python3.14"
SECONDS = 900
"""The longest that AWS Lambda lets a function run."""


def tenant(stack: cdk.Stack, setting: Setting, name: str) -> None:
    """One tenant's functions, job, machines and what starts them."""
    key = cdk.Fn.import_value(setting.key_export(name))
    grants = Grants(setting, name, key, cdk.Fn.import_value(setting.key_export(None)))
    functions = [_function(stack, setting, name, task, grants, key) for task in TASKS]
    made_job = job(stack, setting, name, grants, key)
    queue = _queue(stack, setting, name, key)
    role = machines_role(stack, setting, name)
    start = start_role(stack, setting, name, key)
    for connector in setting.connectors(name):
        part = "".join(word.capitalize() for word in connector.connector.replace("-", "_").split("_"))
        logs = setting.arn("logs", f"log-group:{setting.names.log_group(name, 'states')}:*")
        made = sfn.CfnStateMachine(
            stack,
            f"{part}Machine",
            state_machine_name=setting.names.state_machine(name, connector.connector),
            role_arn=role.attr_arn,
            definition_string=json.dumps(machine(setting, name, connector.connector), indent=1),
            # What a task is given and gives holds no record's value: ids and counts.
            logging_configuration={
                "level": "ALL",
                "includeExecutionData": True,
                "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": logs}}],
            },
            tracing_configuration={"enabled": True},
        )
        for each in (*functions, made_job):
            made.add_resource_dependency(each)
        cdk.Tags.of(made).add("antechamber:connector", connector.connector)
        starts(stack, setting, name, connector, part, made, start, queue)


def _function(
    stack: cdk.Stack, setting: Setting, name: str, task: str, grants: Grants, key: str
) -> lambda_.CfnFunction:
    part = task.capitalize()
    function = setting.arn("lambda", f"function:{setting.names.function(name, task)}")
    role = iam.CfnRole(
        stack,
        f"{part}Role",
        role_name=setting.names.role(name, task),
        assume_role_policy_document=trust("lambda.amazonaws.com", setting.names.account, function),
        policies=[{"policyName": task, "policyDocument": document(grants.of(task))}],
    )
    heavy = task in ("work", "commit")
    return lambda_.CfnFunction(
        stack,
        f"{part}Function",
        function_name=setting.names.function(name, task),
        description=f"Antechamber: {task} of a run of {name}",
        architectures=["arm64"],
        role=role.attr_arn,
        memory_size=setting.cloud.compute.memory_mb if heavy else 1024,
        timeout=SECONDS,
        ephemeral_storage={"size": 10240 if heavy else 512},
        reserved_concurrent_executions=setting.cloud.compute.reserved if task == "work" else None,
        environment={"variables": environment(setting, name)},
        kms_key_arn=key,
        logging_config={"logFormat": "JSON", "logGroup": setting.names.log_group(name, task)},
        tracing_config={"mode": "Active"},
        vpc_config=_place(setting),
        **_code(setting, task),
    )


def environment(setting: Setting, name: str) -> dict[str, str]:
    """What tells a function whose it is and where its declarations lie."""
    return {
        "ANTECHAMBER_WORKSPACE": f"s3://{setting.names.bucket_shared('code')}/{setting.code.workspace}",
        "ANTECHAMBER_ENVIRONMENT": setting.names.environment,
        "ANTECHAMBER_TENANT": name,
        "ANTECHAMBER_ACCOUNT": setting.names.account,
        "ANTECHAMBER_TOPIC": setting.arn("sns", setting.names.topic(name)),
    }


def _code(setting: Setting, task: str) -> dict[str, Any]:
    handler = f"antechamber.deploy.handlers.{task}"
    if setting.code.is_image:
        return {
            "package_type": "Image",
            "code": {"imageUri": setting.code.function},
            "image_config": {"command": [handler]},
        }
    return {
        "package_type": "Zip",
        "code": {"s3Bucket": setting.names.bucket_shared("code"), "s3Key": setting.code.function},
        "handler": handler,
        "runtime": RUNTIME,
    }


def _place(setting: Setting) -> dict[str, Any] | None:
    if setting.cloud.network is None:
        return None
    subnets = cdk.Fn.split(",", cdk.Fn.import_value(subnets_export(setting)))
    chosen = [cdk.Fn.select(place, subnets) for place in range(setting.cloud.network.zones)]
    return {"subnetIds": chosen, "securityGroupIds": [cdk.Fn.import_value(group_export(setting))]}


def _queue(stack: cdk.Stack, setting: Setting, name: str, key: str) -> sqs.CfnQueue:
    """The dead-letter queue: events and schedules that could not start their machine."""
    queue = sqs.CfnQueue(
        stack,
        "DeadLetters",
        queue_name=setting.names.queue(name),
        kms_master_key_id=key,
        message_retention_period=14 * 24 * 3600,
    )
    arn = setting.arn("sqs", setting.names.queue(name))
    rules = setting.arn("events", "rule/*")
    sqs.CfnQueuePolicy(
        stack,
        "DeadLettersPolicy",
        queues=[queue.ref],
        policy_document={
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "Events",
                    "Effect": "Allow",
                    "Principal": {"Service": "events.amazonaws.com"},
                    "Action": "sqs:SendMessage",
                    "Resource": arn,
                    "Condition": {
                        "StringEquals": {"aws:SourceAccount": setting.names.account},
                        "ArnLike": {"aws:SourceArn": rules},
                    },
                },
                {
                    "Sid": "PlainText",
                    "Effect": "Deny",
                    "Principal": "*",
                    "Action": "sqs:*",
                    "Resource": arn,
                    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                },
            ],
        },
    )
    return queue
