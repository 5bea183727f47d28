"""Where the functions' image is kept, and how it is built in the account: no Docker is needed where one deploys from.

The packages that a run needs are larger, unpacked, than the 250 MB that AWS Lambda takes as a zip; an image may have
10 GB. AWS CodeBuild makes it from a zip of wheels and a Dockerfile, on a machine of the functions' own architecture,
without the internet but for the base image.

Sources: AWS Lambda Developer Guide, *Lambda quotas*; AWS CodeBuild user guide, *Docker sample*.
"""

from __future__ import annotations

import json

import aws_cdk as cdk
from aws_cdk import aws_codebuild as codebuild
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs

from antechamber.deploy.setting import Setting
from antechamber.deploy.statement import Statement, document, trust
from antechamber.deploy.tiers.keys import kept

IMAGE = "aws/codebuild/amazonlinux-aarch64-standard:3.0"


def image(stack: cdk.Stack, setting: Setting, key: str) -> None:
    """The repository, and the project that builds into it."""
    name = repository(setting)
    repo = ecr.CfnRepository(
        stack,
        "Images",
        repository_name=name,
        image_scanning_configuration={"scanOnPush": True},
        image_tag_mutability="IMMUTABLE",
        encryption_configuration={"encryptionType": "KMS", "kmsKey": key},
        lifecycle_policy={"lifecyclePolicyText": json.dumps(_FEW)},
        empty_on_delete=True,
        repository_policy_text=_lambda_pulls(setting),
    )
    kept(repo)
    group = logs.CfnLogGroup(
        stack,
        "BuildLogs",
        log_group_name=f"/antechamber/{setting.names.workspace}/{setting.names.environment}/build",
        retention_in_days=setting.cloud.retention.logs_days,
        kms_key_id=key,
    )
    kept(group)
    project = f"arn:{setting.partition}:codebuild:{setting.names.region}:{setting.names.account}:project/{name}"
    role = iam.CfnRole(
        stack,
        "BuildRole",
        role_name=setting.names.role(None, "build"),
        assume_role_policy_document=trust("codebuild.amazonaws.com", setting.names.account, project),
        policies=[
            {"policyName": "build", "policyDocument": document(build_permissions(setting, key, str(group.attr_arn)))}
        ],
    )
    codebuild.CfnProject(
        stack,
        "Build",
        name=name,
        description="Builds the image of the functions from a zip of wheels in the code bucket",
        service_role=role.attr_arn,
        encryption_key=key,
        artifacts={"type": "NO_ARTIFACTS"},
        environment={
            "type": "ARM_CONTAINER",
            "computeType": "BUILD_GENERAL1_SMALL",
            "image": IMAGE,
            # Docker inside of the build needs it.
            "privilegedMode": True,
        },
        source={
            "type": "S3",
            "location": f"{setting.names.bucket_shared('code')}/image/none.zip",
            "buildSpec": json.dumps(_steps(setting)),
        },
        logs_config={"cloudWatchLogs": {"status": "ENABLED", "groupName": group.ref}},
        timeout_in_minutes=60,
    )


def repository(setting: Setting) -> str:
    """The name of the repository and of the project that builds into it."""
    return setting.names.image()


def build_permissions(setting: Setting, key: str, group: str) -> list[Statement]:
    """What a build may do: read its zip, push its image, write its log."""
    code = setting.bucket_shared("code")
    registry = setting.arn("ecr", f"repository/{repository(setting)}")
    return [
        Statement("Source", ("s3:GetObject", "s3:GetObjectVersion"), (f"{code}/image/*",)),
        Statement(
            "SourceKey",
            ("kms:Decrypt",),
            (key,),
            {
                "StringEquals": {"kms:ViaService": f"s3.{setting.names.region}.amazonaws.com"},
                "StringLike": {"kms:EncryptionContext:aws:s3:arn": [code, f"{code}/*"]},
            },
        ),
        Statement(
            "Login",
            ("ecr:GetAuthorizationToken",),
            ("*",),
            because="Amazon ECR knows no resources for logging in: the token is the account's",
        ),
        Statement(
            "Push",
            ("ecr:BatchCheckLayerAvailability", "ecr:InitiateLayerUpload", "ecr:UploadLayerPart",
             "ecr:CompleteLayerUpload", "ecr:PutImage", "ecr:BatchGetImage"),
            (registry,),
        ),
        Statement("Log", ("logs:CreateLogStream", "logs:PutLogEvents"), (group,)),
    ]  # fmt: skip


_FEW = {
    "rules": [
        {
            "rulePriority": 1,
            "description": "the last ten images",
            "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 10},
            "action": {"type": "expire"},
        }
    ]
}


def _lambda_pulls(setting: Setting) -> dict[str, object]:
    functions = setting.arn("lambda", f"function:{setting.names.workspace}-{setting.names.environment}-*")
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Functions",
                "Effect": "Allow",
                "Principal": {"Service": "lambda.amazonaws.com"},
                "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
                "Condition": {"ArnLike": {"aws:SourceArn": functions}},
            }
        ],
    }


def _steps(setting: Setting) -> dict[str, object]:
    """The build, as CodeBuild's buildspec. $TAG is given by whoever starts it."""
    host = f"{setting.names.account}.dkr.ecr.{setting.names.region}.amazonaws.com"
    where = f"{host}/{repository(setting)}:$TAG"
    return {
        "version": 0.2,
        "phases": {
            "build": {
                "commands": [
                    f"aws ecr get-login-password | docker login --username AWS --password-stdin {host}",
                    f"docker build --tag {where} .",
                    f"docker push {where}",
                ]
            }
        },
    }
