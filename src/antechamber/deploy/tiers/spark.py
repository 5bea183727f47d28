"""The Glue job that works large runs: Spark of the version that Glue 5.0 brings, with the same package and function.

Source: AWS Glue Developer Guide, *AWS Glue versions* (5.0: Spark 3.5, Python 3.11), *Using job parameters in AWS Glue
jobs*, *Using Python libraries with AWS Glue* (zip of wheels), *Encryption at rest* (security configurations).
"""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_glue as glue
from aws_cdk import aws_iam as iam

from antechamber.deploy.permissions import Grants
from antechamber.deploy.setting import Setting
from antechamber.deploy.statement import document, trust

VERSION = "5.0"


def job(stack: cdk.Stack, setting: Setting, name: str, grants: Grants, key: str) -> glue.CfnJob:
    """The job, its role, and what encrypts its logs and bookmarks."""
    called = setting.names.job(name)
    role = iam.CfnRole(
        stack,
        "LargeRole",
        role_name=setting.names.role(name, "large"),
        assume_role_policy_document=trust("glue.amazonaws.com", setting.names.account),
        policies=[{"policyName": "large", "policyDocument": document(grants.of("large"))}],
    )
    sealed = glue.CfnSecurityConfiguration(
        stack,
        "LargeSealed",
        name=called,
        encryption_configuration={
            "cloudWatchEncryption": {"cloudWatchEncryptionMode": "SSE-KMS", "kmsKeyArn": key},
            "jobBookmarksEncryption": {"jobBookmarksEncryptionMode": "CSE-KMS", "kmsKeyArn": key},
            "s3Encryptions": [{"s3EncryptionMode": "SSE-KMS", "kmsKeyArn": key}],
        },
    )
    code = f"s3://{setting.names.bucket_shared('code')}"
    made = glue.CfnJob(
        stack,
        "LargeJob",
        name=called,
        description=f"Antechamber: works large runs of {name}",
        role=role.attr_arn,
        command={"name": "glueetl", "scriptLocation": f"{code}/{setting.code.script}", "pythonVersion": "3"},
        glue_version=VERSION,
        worker_type="G.1X",
        number_of_workers=setting.cloud.compute.workers,
        timeout=setting.cloud.compute.hours * 60,
        # A run that fails is started again by its machine, with the same id.
        max_retries=0,
        execution_property={"maxConcurrentRuns": setting.cloud.compute.at_once},
        security_configuration=called,
        connections={"connections": [setting.names.connection(name, "network")]} if setting.cloud.network else None,
        default_arguments={
            "--additional-python-modules": f"{code}/{setting.code.wheels}",
            "--python-modules-installer-option": "--no-index",
            "--enable-metrics": "true",
            "--enable-observability-metrics": "true",
            "--job-bookmark-option": "job-bookmark-disable",
            "--workspace": f"{code}/{setting.code.workspace}",
            "--environment": setting.names.environment,
            "--tenant": name,
            "--account": setting.names.account,
            "--region": setting.names.region,
        },
    )
    made.add_resource_dependency(sealed)
    return made
