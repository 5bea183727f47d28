"""Foundation: keys, buckets, secrets, topics, log groups, and, where it is asked for, a network."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_logs as logs
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sns as sns

from antechamber.deploy.setting import Setting
from antechamber.deploy.tiers.buckets import shared_buckets, tenant_buckets
from antechamber.deploy.tiers.image import image
from antechamber.deploy.tiers.keys import kept, key
from antechamber.deploy.tiers.network import network
from antechamber.deployed import TASKS, references_of


def shared(stack: cdk.Stack, setting: Setting) -> None:
    """What tenants share: the workspace's key, code, access logs, the functions' image, the network."""
    own = key(stack, setting, None)
    shared_buckets(stack, setting, own)
    image(stack, setting, own)
    if setting.cloud.network is not None:
        network(stack, setting, setting.cloud.network, own)


def tenant(stack: cdk.Stack, setting: Setting, name: str) -> None:
    """What is one tenant's alone."""
    own = key(stack, setting, name)
    tenant_buckets(stack, setting, name, own)
    for place, reference in enumerate(references_of(setting.declared, name)):
        made = secretsmanager.CfnSecret(
            stack,
            f"Secret{place}",
            name=setting.names.secret(name, reference),
            # The value is put by `antechamber deploy --secrets`, or by hand: a template is no place for it.
            description=f"Antechamber: what {reference.partition(':')[0]}: means on one machine",
            kms_key_id=own,
        )
        kept(made)
    _topic(stack, setting, name, own)
    for task in (*TASKS, "states"):
        group = logs.CfnLogGroup(
            stack,
            f"{task.capitalize()}Logs",
            log_group_name=setting.names.log_group(name, task),
            retention_in_days=setting.cloud.retention.logs_days,
            kms_key_id=own,
        )
        kept(group)


def _topic(stack: cdk.Stack, setting: Setting, name: str, key_arn: str) -> None:
    topic = sns.CfnTopic(stack, "Topic", topic_name=setting.names.topic(name), kms_master_key_id=key_arn)
    arn = setting.arn("sns", setting.names.topic(name))
    services = ["cloudwatch.amazonaws.com", "events.amazonaws.com", "budgets.amazonaws.com"]
    statements: list[dict[str, Any]] = [
        {
            "Sid": "Services",
            "Effect": "Allow",
            "Principal": {"Service": services},
            "Action": "sns:Publish",
            "Resource": arn,
            "Condition": {"StringEquals": {"aws:SourceAccount": setting.names.account}},
        },
        {
            "Sid": "PlainText",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "sns:Publish",
            "Resource": arn,
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        },
    ]
    sns.CfnTopicPolicy(
        stack, "TopicPolicy", topics=[topic.ref], policy_document={"Version": "2012-10-17", "Statement": statements}
    )
    for place, address in enumerate(setting.cloud.alarms.email):
        sns.CfnSubscription(stack, f"Email{place}", topic_arn=topic.ref, protocol="email", endpoint=address)
