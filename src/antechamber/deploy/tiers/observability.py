"""Observability: alarms that say what to do, a dashboard a tenant and one over all, and, if asked for, CloudTrail.

The metrics of a run come from its own log lines (embedded metric format); those of the machinery from AWS.

Sources: AWS Step Functions Developer Guide, *Monitoring Step Functions metrics using Amazon CloudWatch*; Amazon
CloudWatch user guide, *Using CloudWatch anomaly detection*, *Using math expressions*, *Common evaluation of alarms*
(a period of an hour or more may reach over seven days).
"""

from __future__ import annotations

import json
import re

import aws_cdk as cdk
from aws_cdk import aws_cloudtrail as cloudtrail
from aws_cdk import aws_cloudwatch as cloudwatch

from antechamber.deploy.alarms import alarms_of
from antechamber.deploy.dashboard import dashboard
from antechamber.deploy.setting import Setting
from antechamber.deployed import AREAS


def shared(stack: cdk.Stack, setting: Setting) -> None:
    """The dashboard over all tenants."""
    cloudwatch.CfnDashboard(
        stack,
        "Dashboard",
        dashboard_name=setting.names.dashboard(None),
        dashboard_body=json.dumps(dashboard(setting, setting.tenants)),
    )


def tenant(stack: cdk.Stack, setting: Setting, name: str) -> None:
    """One tenant's alarms and dashboard."""
    topic = setting.arn("sns", setting.names.topic(name))
    for place, alarm in enumerate(alarms_of(setting, name)):
        made = cloudwatch.CfnAlarm(
            stack,
            f"Alarm{place}",
            alarm_name=alarm.name,
            alarm_description=f"{alarm.means}. {alarm.do}",
            alarm_actions=[topic],
            ok_actions=[topic],
            # The CDK for Python spells its own arguments with _, and what is inside of them as CloudFormation does.
            **{re.sub(r"(?<=[a-z])(?=[A-Z])", "_", key).lower(): value for key, value in alarm.asked.items()},
        )
        if alarm.connector:
            cdk.Tags.of(made).add("antechamber:connector", alarm.connector)
    cloudwatch.CfnDashboard(
        stack,
        "Dashboard",
        dashboard_name=setting.names.dashboard(name),
        dashboard_body=json.dumps(dashboard(setting, [name])),
    )
    if setting.cloud.data_events:
        _trail(stack, setting, name)


def _trail(stack: cdk.Stack, setting: Setting, name: str) -> None:
    """Who read or wrote which object of the tenant's buckets."""
    cloudtrail.CfnTrail(
        stack,
        "Trail",
        trail_name=setting.names.alarm(name, "access"),
        is_logging=True,
        is_multi_region_trail=False,
        enable_log_file_validation=True,
        include_global_service_events=False,
        s3_bucket_name=setting.names.bucket_shared("logs"),
        s3_key_prefix=f"trail/{name}",
        kms_key_id=cdk.Fn.import_value(setting.key_export(name)),
        event_selectors=[
            {
                "readWriteType": "All",
                "includeManagementEvents": False,
                "dataResources": [
                    {"type": "AWS::S3::Object", "values": [f"{setting.bucket(name, area)}/" for area in AREAS]}
                ],
            }
        ],
    )
