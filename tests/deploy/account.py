"""All that is in an account of the emulator: what is there before, and after."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from tests.servers.aws import Aws

LISTS: dict[str, Callable[[Aws], Iterator[str]]] = {}


def _list(service: str, kind: str, operation: str, key: str, name: str) -> None:
    def found(aws: Aws) -> Iterator[str]:
        client: Any = aws.client(service)
        if client.can_paginate(operation):
            pages = client.get_paginator(operation).paginate()
        else:
            pages = [getattr(client, operation)()]
        for page in pages:
            for each in page[key]:
                yield each if isinstance(each, str) else str(each[name])

    LISTS[kind] = found


_list("s3", "bucket", "list_buckets", "Buckets", "Name")
_list("kms", "key", "list_aliases", "Aliases", "AliasName")
_list("iam", "role", "list_roles", "Roles", "RoleName")
_list("iam", "user", "list_users", "Users", "UserName")
_list("lambda", "function", "list_functions", "Functions", "FunctionName")
_list("stepfunctions", "machine", "list_state_machines", "stateMachines", "name")
_list("sns", "topic", "list_topics", "Topics", "TopicArn")
_list("logs", "log group", "describe_log_groups", "logGroups", "logGroupName")
_list("secretsmanager", "secret", "list_secrets", "SecretList", "Name")
_list("events", "rule", "list_rules", "Rules", "Name")
_list("cloudwatch", "alarm", "describe_alarms", "MetricAlarms", "AlarmName")
_list("cloudwatch", "dashboard", "list_dashboards", "DashboardEntries", "DashboardName")
_list("ecr", "repository", "describe_repositories", "repositories", "repositoryName")
_list("glue", "database", "get_databases", "DatabaseList", "Name")
_list("cloudformation", "stack", "describe_stacks", "Stacks", "StackName")


def everything(aws: Aws) -> set[str]:
    """`kind name` of all that the emulator has, but what AWS itself brings."""
    found = {f"{kind} {name}" for kind, lister in LISTS.items() for name in lister(aws)}
    found |= {f"queue {url}" for url in aws.client("sqs").list_queues().get("QueueUrls", ())}
    return {each for each in found if not each.startswith(("key alias/aws/", "role AWSService"))}
