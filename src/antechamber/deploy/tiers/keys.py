"""KMS keys: one a tenant, and one of the workspace for its code, its logs and what tenants share.

Source: AWS KMS Developer Guide, *Default key policy*; Amazon CloudWatch Logs user guide, *Encrypt log data using AWS
KMS*; Amazon SNS Developer Guide, *Enable compatibility between event sources and encrypted topics*.
"""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_kms as kms

from antechamber.deploy.setting import Setting


def key(stack: cdk.Stack, setting: Setting, tenant: str | None) -> str:
    """A key that is turned every year, its alias, and its ARN as an export of the stack. Gives the ARN."""
    whose = f"of {tenant}" if tenant is not None else "of the workspace"
    made = kms.CfnKey(
        stack,
        "Key",
        description=f"Antechamber: data {whose} in {setting.names.workspace}, {setting.names.environment}",
        enable_key_rotation=True,
        pending_window_in_days=7,
        key_policy={"Version": "2012-10-17", "Statement": _policy(setting, tenant)},
    )
    kept(made)
    kms.CfnAlias(stack, "KeyAlias", alias_name=setting.names.key_alias(tenant), target_key_id=made.ref)
    cdk.CfnOutput(stack, "KeyArn", value=made.attr_arn, export_name=setting.key_export(tenant))
    return str(made.attr_arn)


def kept(resource: cdk.CfnResource) -> None:
    """A thing that holds data: removed with its stack (which needs it empty), kept when an update replaces it."""
    resource.cfn_options.deletion_policy = cdk.CfnDeletionPolicy.DELETE
    resource.cfn_options.update_replace_policy = cdk.CfnDeletionPolicy.RETAIN


def _policy(setting: Setting, tenant: str | None) -> list[dict[str, Any]]:
    account = setting.names.account
    own = {"StringEquals": {"aws:SourceAccount": account}}
    group = (
        "/antechamber/*" if tenant is None else f"*/{setting.names.workspace}/{setting.names.environment}/{tenant}/*"
    )
    services = ["cloudwatch.amazonaws.com", "events.amazonaws.com", "budgets.amazonaws.com"]
    return [
        {
            # Without it nobody could change the key again. Who may use it is said by the roles' own policies.
            "Sid": "Account",
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:{setting.partition}:iam::{account}:root"},
            "Action": "kms:*",
            "Resource": "*",
        },
        {
            "Sid": "Logs",
            "Effect": "Allow",
            "Principal": {"Service": f"logs.{setting.names.region}.amazonaws.com"},
            "Action": ["kms:Encrypt", "kms:Decrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:GenerateDataKey",
                       "kms:DescribeKey"],
            "Resource": "*",
            "Condition": {
                "ArnLike": {"kms:EncryptionContext:aws:logs:arn": setting.arn("logs", f"log-group:{group}")}
            },
        },
        {
            "Sid": "Told",
            "Effect": "Allow",
            "Principal": {"Service": services},
            "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
            "Resource": "*",
            "Condition": own,
        },
        *([_trail(setting)] if tenant is not None and setting.cloud.data_events else []),
    ]  # fmt: skip


def _trail(setting: Setting) -> dict[str, Any]:
    """CloudTrail's own files.

    Source: AWS CloudTrail user guide, *Configure AWS KMS key policies for CloudTrail*.
    """
    trail = setting.arn("cloudtrail", "trail/*")
    return {
        "Sid": "Trail",
        "Effect": "Allow",
        "Principal": {"Service": "cloudtrail.amazonaws.com"},
        "Action": ["kms:GenerateDataKey", "kms:DescribeKey"],
        "Resource": "*",
        "Condition": {
            "StringEquals": {"aws:SourceAccount": setting.names.account},
            "StringLike": {"kms:EncryptionContext:aws:cloudtrail:arn": trail},
        },
    }
