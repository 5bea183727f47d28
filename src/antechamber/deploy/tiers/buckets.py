"""Buckets: versioned, encrypted with the owner's key, closed to the public, spoken to by TLS 1.2 or newer only.

Sources: Amazon S3 user guide, *Security best practices for Amazon S3*, *Using Amazon S3 Bucket Keys*, *Enabling
Amazon S3 server access logging* (the bucket of the logs takes SSE-S3 only), *Managing the lifecycle of objects*.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_s3 as s3

from antechamber.deploy.setting import Setting
from antechamber.deploy.tiers.keys import kept
from antechamber.deployed import AREAS, Area

CLOSED = {
    "blockPublicAcls": True,
    "blockPublicPolicy": True,
    "ignorePublicAcls": True,
    "restrictPublicBuckets": True,
}


def tenant_buckets(stack: cdk.Stack, setting: Setting, tenant: str, key: str) -> None:
    """A tenant's buckets, one an area."""
    keep = setting.cloud.retention
    days: dict[Area, int | None] = {
        "landing": None,
        "store": None,
        "archive": keep.archive_days,
        "quarantine": keep.quarantine_days,
        "results": keep.results_days,
    }
    for area in AREAS:
        name = setting.names.bucket(tenant, area)
        made = s3.CfnBucket(
            stack,
            f"{area.capitalize()}Bucket",
            bucket_name=name,
            bucket_encryption=_sealed(key),
            public_access_block_configuration=CLOSED,
            ownership_controls={"rules": [{"objectOwnership": "BucketOwnerEnforced"}]},
            versioning_configuration={"status": "Enabled"},
            logging_configuration={
                "destinationBucketName": setting.names.bucket_shared("logs"),
                "logFilePrefix": f"access/{tenant}/{area}/",
            },
            lifecycle_configuration={"rules": _lifecycle(days[area], keep.versions_days)},
            notification_configuration={"eventBridgeConfiguration": {"eventBridgeEnabled": True}}
            if area == "landing"
            else None,
        )
        kept(made)
        own = _senders_may_only_put(setting, tenant) if area == "landing" else []
        _policy(stack, f"{area.capitalize()}BucketPolicy", made, setting.bucket(tenant, area), own, key)


def shared_buckets(stack: cdk.Stack, setting: Setting, key: str) -> None:
    """The bucket of the access logs, and that of code and declarations."""
    keep = setting.cloud.retention
    logs = s3.CfnBucket(
        stack,
        "LogsBucket",
        bucket_name=setting.names.bucket_shared("logs"),
        bucket_encryption={"serverSideEncryptionConfiguration": [
            {"serverSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}
        ]},
        public_access_block_configuration=CLOSED,
        ownership_controls={"rules": [{"objectOwnership": "BucketOwnerEnforced"}]},
        versioning_configuration={"status": "Enabled"},
        lifecycle_configuration={"rules": _lifecycle(keep.logs_days, keep.versions_days)},
    )  # fmt: skip
    kept(logs)
    _policy(stack, "LogsBucketPolicy", logs, setting.bucket_shared("logs"), _log_writers(setting), None)
    code = s3.CfnBucket(
        stack,
        "CodeBucket",
        bucket_name=setting.names.bucket_shared("code"),
        bucket_encryption=_sealed(key),
        public_access_block_configuration=CLOSED,
        ownership_controls={"rules": [{"objectOwnership": "BucketOwnerEnforced"}]},
        versioning_configuration={"status": "Enabled"},
        logging_configuration={
            "destinationBucketName": setting.names.bucket_shared("logs"),
            "logFilePrefix": "access/code/",
        },
        lifecycle_configuration={"rules": _lifecycle(None, keep.versions_days)},
    )
    # CloudFormation learns of the order from this line alone: the bucket's name is no reference.
    code.add_resource_dependency(logs)
    kept(code)
    _policy(stack, "CodeBucketPolicy", code, setting.bucket_shared("code"), [], key)


def _sealed(key: str) -> dict[str, Any]:
    default = {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": key}
    return {
        "serverSideEncryptionConfiguration": [{"bucketKeyEnabled": True, "serverSideEncryptionByDefault": default}]
    }


def _lifecycle(days: int | None, versions: int) -> list[dict[str, Any]]:
    rules: list[dict[str, Any]] = [
        {
            "id": "leftovers",
            "status": "Enabled",
            "abortIncompleteMultipartUpload": {"daysAfterInitiation": 7},
            "noncurrentVersionExpiration": {"noncurrentDays": versions},
        }
    ]
    return rules if days is None else [*rules, {"id": "retention", "status": "Enabled", "expirationInDays": days}]


def _policy(
    stack: cdk.Stack, name: str, bucket: s3.CfnBucket, arn: str, own: Sequence[dict[str, Any]], key: str | None
) -> None:
    everything = [arn, f"{arn}/*"]
    everybody = {"Effect": "Deny", "Principal": "*", "Resource": everything, "Action": "s3:*"}
    statements = [
        {**everybody, "Sid": "PlainText", "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
        {**everybody, "Sid": "OldTls", "Condition": {"NumericLessThan": {"s3:TlsVersion": "1.2"}}},
    ]
    if key is not None:
        named = "s3:x-amz-server-side-encryption-aws-kms-key-id"
        # Null: whoever names no key gets the bucket's; a negated condition alone would hold without the header too.
        other = {"StringNotEquals": {named: key}, "Null": {named: "false"}}
        statements.append(
            {**everybody, "Sid": "OtherKey", "Action": "s3:PutObject", "Resource": f"{arn}/*", "Condition": other}
        )
    policy = {"Version": "2012-10-17", "Statement": [*statements, *own]}
    # By its name, since cdk-nag compares it with the names in the policy; the order has to be said then.
    made = s3.CfnBucketPolicy(stack, name, bucket=str(bucket.bucket_name), policy_document=policy)
    made.add_resource_dependency(bucket)


def _senders_may_only_put(setting: Setting, tenant: str) -> list[dict[str, Any]]:
    """Whatever a later policy allows them: senders neither read, list nor delete."""
    senders = [
        setting.arn("iam", f"{kind}/{setting.names.sender(tenant, each.connector)}", region=False)
        for each in setting.landing(tenant)
        if each.connector in setting.cloud.senders
        for kind in ("role", "user")
    ]
    if not senders:
        return []
    arn = setting.bucket(tenant, "landing")
    return [
        {
            "Sid": "SendersOnlyPut",
            "Effect": "Deny",
            "Principal": "*",
            "Action": ["s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket", "s3:ListBucketVersions",
                       "s3:DeleteObject", "s3:DeleteObjectVersion"],
            "Resource": [arn, f"{arn}/*"],
            "Condition": {"ArnEquals": {"aws:PrincipalArn": senders}},
        }
    ]  # fmt: skip


def _log_writers(setting: Setting) -> list[dict[str, Any]]:
    """S3 itself writes access logs, for this account's buckets; CloudTrail its own, where it is asked for."""
    arn, account = setting.bucket_shared("logs"), setting.names.account
    own = {"StringEquals": {"aws:SourceAccount": account}}
    found: list[dict[str, Any]] = [
        {
            "Sid": "AccessLogs",
            "Effect": "Allow",
            "Principal": {"Service": "logging.s3.amazonaws.com"},
            "Action": "s3:PutObject",
            "Resource": f"{arn}/access/*",
            "Condition": own,
        }
    ]
    if setting.cloud.data_events:
        service = {"Service": "cloudtrail.amazonaws.com"}
        found += [
            {"Sid": "TrailLooks", "Effect": "Allow", "Principal": service, "Action": "s3:GetBucketAcl",
             "Resource": arn, "Condition": own},
            {"Sid": "TrailWrites", "Effect": "Allow", "Principal": service, "Action": "s3:PutObject",
             "Resource": f"{arn}/trail/*", "Condition": own},
        ]  # fmt: skip
    return found
