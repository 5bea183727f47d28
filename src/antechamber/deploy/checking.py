"""What `antechamber doctor` looks at: before a deployment, and in one that stands. Each check says what to do.

Sources: Service Quotas user guide, *Viewing service quotas*; AWS IAM API reference, *SimulatePrincipalPolicy*; AWS
KMS API reference, *GetKeyPolicy*, *GetKeyRotationStatus*; AWS Cost Explorer API reference, *ListCostAllocationTags*;
botocore's endpoints (regions of AWS Clean Rooms).
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

import boto3

from antechamber.deploy.aws import UNREACHABLE, Aws, ClientError, code_of
from antechamber.deploy.permissions import Grants
from antechamber.deploy.setting import Setting
from antechamber.deploy.simulate import Request, decide
from antechamber.deployed import TASKS, references_of

State = Literal["good", "warning", "bad", "unknown"]


@dataclass(frozen=True)
class Check:
    """One thing that was looked at. remedy: what to do when it is not good."""

    what: str
    state: State
    found: str
    remedy: str = ""


def checks(aws: Aws, setting: Setting) -> Iterator[Check]:
    """Every check, one after the other: one that cannot be made is `unknown`, and the next goes on."""
    aws = replace(aws, attempts=2)
    made: list[tuple[str, Callable[[], Iterator[Check]]]] = [
        ("tools", lambda: _tools()),
        ("region", lambda: _region(setting)),
        ("quotas", lambda: _quotas(aws, setting)),
        ("rights of whoever deploys", lambda: _deployer(aws, setting)),
        ("roles as planned", lambda: _planned_roles(setting)),
        ("keys", lambda: _keys(aws, setting)),
        ("secrets", lambda: _secrets(aws, setting)),
        ("cost allocation tags", lambda: _tags(aws)),
        ("e-mail", lambda: _subscriptions(aws, setting)),
    ]
    for what, look in made:
        try:
            yield from look()
        except ClientError as error:
            yield Check(what, "unknown", f"AWS answers {code_of(error)}", "allow whoever asks to look there")
        except UNREACHABLE as error:
            yield Check(what, "unknown", f"AWS cannot be reached ({type(error).__name__})", "check the network")


def _tools() -> Iterator[Check]:
    found = shutil.which("node")
    remedy = "install Node.js 20 or newer: the CDK runs in it"
    yield Check("Node.js", "good" if found else "bad", found or "not found", "" if found else remedy)


def _region(setting: Setting) -> Iterator[Check]:
    region = setting.names.region
    for service, called, needed in (
        ("cleanrooms", "AWS Clean Rooms", bool(setting.declared.collaborations)),
        ("scheduler", "Amazon EventBridge Scheduler", True),
        ("transfer", "AWS Transfer Family", any(each.type == "sftp" for each in setting.cloud.senders.values())),
        ("appflow", "Amazon AppFlow", any(each.type == "appflow" for each in setting.cloud.senders.values())),
    ):
        there = region in boto3.Session().get_available_regions(service)
        if there:
            yield Check(f"{called} in {region}", "good", "offered")
        elif needed:
            yield Check(f"{called} in {region}", "bad", "not offered", "choose another region in aws: region:")


QUOTAS = (
    ("lambda", "L-B99A9384", "functions that run at a time"),
    ("s3", "L-DC2B2D3D", "buckets"),
    ("kms", "L-C2F1777E", "KMS keys"),
    ("glue", "L-611FDDE4", "Glue jobs that run at a time"),
)
"""Service, code of its quota, in words."""


def _quotas(aws: Aws, setting: Setting) -> Iterator[Check]:
    tenants, at_once = len(setting.tenants), setting.cloud.compute.at_once
    machines = len(setting.declared.connectors)
    needed = {"lambda": machines * at_once + (setting.cloud.compute.reserved or 0) * tenants, "s3": 5 * tenants + 2,
              "kms": tenants + 1, "glue": min(machines, tenants * at_once)}  # fmt: skip
    for service, code, what in QUOTAS:
        try:
            quota = aws.service_quotas.get_service_quota(ServiceCode=service, QuotaCode=code)["Quota"]["Value"]
        except ClientError as error:
            yield Check(f"quota: {what}", "unknown", f"AWS answers {code_of(error)}", f"{needed[service]} are needed")
            continue
        enough = quota >= needed[service]
        found = f"{quota:,.0f}, of which this workspace needs {needed[service]:,}"
        yield Check(f"quota: {what}", "good" if enough else "warning", found, "" if enough else "ask AWS for more")


NEEDED = (
    "cloudformation:CreateChangeSet", "cloudformation:ExecuteChangeSet", "cloudformation:DescribeStacks",
    "cloudformation:GetTemplate", "s3:CreateBucket", "s3:PutBucketPolicy", "s3:PutObject", "kms:CreateKey",
    "kms:CreateAlias", "iam:CreateRole", "iam:PutRolePolicy", "iam:PassRole", "lambda:CreateFunction",
    "states:CreateStateMachine", "glue:CreateDatabase", "glue:CreateJob", "scheduler:CreateSchedule",
    "events:PutRule", "sns:CreateTopic", "sqs:CreateQueue", "logs:CreateLogGroup", "secretsmanager:CreateSecret",
    "cloudwatch:PutMetricAlarm", "cloudwatch:PutDashboard", "budgets:ModifyBudget", "ecr:CreateRepository",
    "codebuild:CreateProject", "codebuild:StartBuild",
)  # fmt: skip
"""What whoever deploys calls, or CloudFormation in their name."""


def _deployer(aws: Aws, setting: Setting) -> Iterator[Check]:
    arn = str(aws.sts.get_caller_identity()["Arn"])
    if ":assumed-role/" in arn:
        # A session is simulated as its role, which IAM knows without the session's name.
        arn = setting.arn("iam", f"role/{arn.split('/')[1]}", region=False)
    answers = aws.iam.simulate_principal_policy(PolicySourceArn=arn, ActionNames=list(NEEDED))["EvaluationResults"]
    missing = [each["EvalActionName"] for each in answers if each["EvalDecision"] != "allowed"]
    yield Check(
        f"{arn} may deploy",
        "bad" if missing else "good",
        f"not allowed: {', '.join(missing)}" if missing else f"{len(NEEDED)} actions are allowed",
        "allow them, or deploy as somebody else" if missing else "",
    )


def _planned_roles(setting: Setting) -> Iterator[Check]:
    """The policies that would be deployed, asked what must never be allowed."""
    for tenant in setting.tenants:
        landing = setting.bucket(tenant, "landing")
        others = [each for each in setting.tenants if each != tenant]
        bad = []
        for task in (*TASKS, "large"):
            key = setting.arn("kms", f"key/{tenant}")
            own = [each.as_json() for each in Grants(setting, tenant, key, setting.arn("kms", "key/shared")).of(task)]
            asked = [
                Request("s3:PutObject", f"{landing}/x"),
                Request("iam:PassRole", setting.role(tenant, task)),
            ]
            if task != "archive":
                asked.append(Request("s3:DeleteObject", f"{landing}/x"))
            asked += [Request("s3:GetObject", f"{setting.bucket(other, 'store')}/tables/x") for other in others]
            bad += [f"{task}: {each.action}" for each in asked if decide(own, each) == "allowed"]
        found = ", ".join(bad) or f"{len(TASKS) + 1} roles: none writes to landing or reads another tenant"
        yield Check(f"roles of {tenant}", "bad" if bad else "good", found, "report this" if bad else "")


def _keys(aws: Aws, setting: Setting) -> Iterator[Check]:
    for tenant in setting.tenants:
        alias = setting.names.key_alias(tenant)
        try:
            told = aws.kms.describe_key(KeyId=alias)["KeyMetadata"]
        except ClientError as error:
            if code_of(error) != "NotFoundException":
                raise
            yield Check(f"key of {tenant}", "unknown", "not deployed", "antechamber deploy")
            continue
        turned = aws.kms.get_key_rotation_status(KeyId=told["KeyId"])["KeyRotationEnabled"]
        policy = json.loads(aws.kms.get_key_policy(KeyId=told["KeyId"], PolicyName="default")["Policy"])
        flaws = [*_open_to(policy, setting), *([] if turned else ["it is not turned"])]
        if told["KeyState"] != "Enabled":
            flaws.append(f"it is {told['KeyState']}")
        remedy = "antechamber deploy makes it what it was" if flaws else ""
        yield Check(f"key of {tenant}", "bad" if flaws else "good", "; ".join(flaws) or "turned each year", remedy)


def _open_to(policy: dict[str, Any], setting: Setting) -> Iterator[str]:
    """Who beside this account and AWS's services may use a key."""
    account = setting.names.account
    for statement in policy["Statement"]:
        who = statement.get("Principal", {})
        named = who if isinstance(who, str) else who.get("AWS", [])
        for each in [named] if isinstance(named, str) else named:
            if statement["Effect"] == "Allow" and f":{account}:" not in each and each != account:
                yield f"its policy is open to {each}"


def _secrets(aws: Aws, setting: Setting) -> Iterator[Check]:
    for tenant in setting.tenants:
        for reference in references_of(setting.declared, tenant):
            name = setting.names.secret(tenant, reference)
            try:
                filled = bool(aws.secretsmanager.describe_secret(SecretId=name).get("VersionIdsToStages"))
            except ClientError as error:
                if code_of(error) != "ResourceNotFoundException":
                    raise
                yield Check(f"secret {name}", "unknown", "not deployed", "antechamber deploy")
                continue
            remedy = "" if filled else "antechamber deploy --secrets, or aws secretsmanager put-secret-value"
            yield Check(f"secret {name}", "good" if filled else "bad", "has a value" if filled else "empty", remedy)


def _tags(aws: Aws) -> Iterator[Check]:
    told = aws.ce.list_cost_allocation_tags(Status="Active", TagKeys=["antechamber:tenant", "antechamber:tier"])
    active = {each["TagKey"] for each in told["CostAllocationTags"]}
    missing = sorted({"antechamber:tenant", "antechamber:tier"} - active)
    remedy = "activate them in the account that pays: until then budgets see no cost" if missing else ""
    found = f"not active: {', '.join(missing)}" if missing else "active"
    yield Check("cost allocation tags", "warning" if missing else "good", found, remedy)


def _subscriptions(aws: Aws, setting: Setting) -> Iterator[Check]:
    for tenant in setting.tenants if setting.cloud.alarms.email else ():
        topic = setting.arn("sns", setting.names.topic(tenant))
        told = aws.sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
        waiting = [each["Endpoint"] for each in told if each["SubscriptionArn"] == "PendingConfirmation"]
        remedy = "confirm the mail of AWS" if waiting else ""
        yield Check(f"e-mail of {tenant}", "warning" if waiting else "good", f"{len(waiting)} not confirmed", remedy)
