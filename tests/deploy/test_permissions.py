"""What each task's role allows and denies: by our evaluator, and by moto's where no condition is asked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from moto.iam.access_control import IAMPolicyStatement, PermissionResult
from tests.deploy.conftest import Made

from antechamber.deploy.simulate import Request, decide

KEY = {None: "arn:aws:kms:eu-west-1:111122223333:key/shared", "acme": "arn:aws:kms:eu-west-1:111122223333:key/acme",
       "streamly": "arn:aws:kms:eu-west-1:111122223333:key/streamly"}  # fmt: skip
"""What the exports of the foundation stand for."""

S3_KEY = "kms:EncryptionContext:aws:s3:arn"
S3 = "s3.eu-west-1.amazonaws.com"

# (role, action, resource in the words of `_resource`, context); each is what the code of the task does.
NEEDED = """
plan s3:ListBucket landing
plan s3:GetObject landing/landing/acme/loyalty/2026-11-24.csv.pgp
plan s3:GetObject code/workspace/abc.zip
plan s3:PutObject store/runs/loyalty_members/lease
plan s3:GetObject store/tables/loyalty_members/metadata/1.json
plan glue:GetTable table/loyalty_members
plan secretsmanager:GetSecretValue secret/file:keys/orders.url
plan kms:Decrypt key landing
plan kms:GenerateDataKey key store
plan logs:PutLogEvents log/plan
plan xray:PutTraceSegments *
work s3:GetObject landing/landing/acme/loyalty/2026-11-24.csv.pgp
work s3:PutObject store/runs/loyalty_members/parts/r/0
work s3:GetObject store/tables/loyalty_members/data/1.parquet
work secretsmanager:GetSecretValue secret/file:keys/acme.pgp.asc
work kms:Decrypt key landing
work kms:GenerateDataKey key store
large s3:GetObject landing/landing/acme/loyalty/2026-11-24.csv.pgp
large s3:GetObject code/glue/abc.gluewheels.zip
large s3:PutObject store/runs/loyalty_members/parts/r/0
commit s3:PutObject store/tables/loyalty_members/data/1.parquet
commit s3:DeleteObject store/tables/loyalty_members/data/orphan.parquet
commit s3:PutObject quarantine/quarantine/loyalty_members/r.sealed
commit s3:PutObject store/runs/loyalty_members/r.json
commit glue:CreateTable table/loyalty_members
commit glue:UpdateTable table/orders
commit kms:GenerateDataKey key quarantine
commit kms:GenerateDataKey key store
archive s3:GetObject landing/landing/acme/loyalty/2026-11-24.csv.pgp
archive s3:DeleteObject landing/landing/acme/loyalty/2026-11-24.csv.pgp
archive s3:PutObject archive/archive/loyalty_members/2026-11-24.csv.pgp
archive s3:DeleteObject store/runs/loyalty_members/parts/r/0
archive kms:GenerateDataKey key archive
notify s3:GetObject store/runs/loyalty_members/r.json
notify sns:Publish topic
fail s3:PutObject store/runs/loyalty_members/r.json
fail s3:DeleteObject store/runs/loyalty_members/lease
fail sns:Publish topic
states lambda:InvokeFunction function/plan
states lambda:InvokeFunction function/fail
states glue:StartJobRun job
states sns:Publish topic
start states:StartExecution machine/loyalty_members
start sqs:SendMessage queue
"""

FORBIDDEN = """
plan s3:PutObject landing/landing/acme/loyalty/x.csv
plan s3:DeleteObject landing/landing/acme/loyalty/2026-11-24.csv.pgp
plan s3:PutObject store/tables/loyalty_members/data/1.parquet
plan s3:GetObject quarantine/quarantine/loyalty_members/r.sealed
plan s3:GetObject archive/archive/loyalty_members/2026-11-24.csv.pgp
plan s3:GetObject other-landing/landing/streamly/viewers/x.jsonl
plan s3:ListBucket other-landing
plan s3:GetObject other-store/tables/viewers/data/1.parquet
plan glue:UpdateTable table/loyalty_members
plan glue:GetTable other-table/viewers
plan kms:Decrypt other-key other-store
plan kms:Decrypt key archive
plan kms:Decrypt key
plan secretsmanager:GetSecretValue other-secret/file:keys/streamly.key
plan secretsmanager:PutSecretValue secret/file:keys/acme.key
plan s3:PutObject code/workspace/abc.zip
plan lambda:InvokeFunction function/commit
plan sts:AssumeRole role/commit
plan iam:PassRole role/commit
work s3:PutObject landing/landing/acme/loyalty/x.csv
work s3:DeleteObject landing/landing/acme/loyalty/2026-11-24.csv.pgp
work s3:PutObject store/tables/loyalty_members/metadata/2.json
work s3:DeleteObject store/tables/loyalty_members/data/1.parquet
work s3:PutObject quarantine/quarantine/loyalty_members/r.sealed
work s3:PutObject archive/archive/loyalty_members/x
work glue:UpdateTable table/loyalty_members
work sns:Publish topic
work kms:ScheduleKeyDeletion key landing
work secretsmanager:GetSecretValue other-secret/file:keys/streamly.key
large s3:DeleteObject landing/landing/acme/loyalty/2026-11-24.csv.pgp
large s3:PutObject store/tables/loyalty_members/data/1.parquet
large glue:DeleteTable table/loyalty_members
commit s3:GetObject landing/landing/acme/loyalty/2026-11-24.csv.pgp
commit s3:PutObject landing/landing/acme/loyalty/x.csv
commit s3:DeleteObject landing/landing/acme/loyalty/2026-11-24.csv.pgp
commit s3:PutObject archive/archive/loyalty_members/x
commit s3:PutObject other-store/tables/viewers/data/1.parquet
commit glue:DeleteTable table/loyalty_members
commit glue:DeleteDatabase database
commit glue:UpdateTable other-table/viewers
commit kms:GenerateDataKey key landing
commit s3:DeleteBucket store
commit s3:PutBucketPolicy store
archive s3:PutObject landing/landing/acme/loyalty/x.csv
archive s3:DeleteObject archive/archive/loyalty_members/2026-11-24.csv.pgp
archive s3:PutObject store/tables/loyalty_members/data/1.parquet
archive secretsmanager:GetSecretValue secret/file:keys/acme.pgp.asc
archive secretsmanager:GetSecretValue secret/file:keys/acme.key
archive s3:DeleteObject other-landing/landing/streamly/viewers/x.jsonl
notify s3:GetObject landing/landing/acme/loyalty/2026-11-24.csv.pgp
notify s3:GetObject store/tables/loyalty_members/data/1.parquet
notify s3:GetObject quarantine/quarantine/loyalty_members/r.sealed
notify secretsmanager:GetSecretValue secret/file:keys/acme.key
notify sns:Publish other-topic
notify glue:GetTable table/loyalty_members
fail s3:GetObject landing/landing/acme/loyalty/2026-11-24.csv.pgp
fail s3:DeleteObject store/tables/loyalty_members/data/1.parquet
fail secretsmanager:GetSecretValue secret/file:keys/acme.key
states lambda:InvokeFunction other-function/plan
states glue:StartJobRun other-job
states s3:GetObject store/tables/loyalty_members/data/1.parquet
states secretsmanager:GetSecretValue secret/file:keys/acme.key
start states:StartExecution other-machine/viewers
start lambda:InvokeFunction function/plan
start states:StopExecution machine/loyalty_members
"""

DENIED_TO_SENDERS = (
    "s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket", "s3:DeleteObject", "s3:DeleteObjectVersion",
)  # fmt: skip


def _lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line]


@pytest.mark.parametrize("line", _lines(NEEDED))
def test_what_a_task_does_is_allowed_to_its_role(made_plain: Made, line: str) -> None:
    role, request = _request(made_plain, line)
    assert decide(_statements(made_plain, role), request) == "allowed"
    if "secret" not in line:
        assert _moto(made_plain, role, request) == "allowed"


@pytest.mark.parametrize("line", _lines(FORBIDDEN))
def test_what_a_task_has_no_business_with_is_not(made_plain: Made, line: str) -> None:
    role, request = _request(made_plain, line)
    assert decide(_statements(made_plain, role), request) == "not allowed"
    # Without conditions (those on keys are nothing else), and without "?", which moto reads in its own way.
    if "kms:" not in line and "secret" not in line:
        assert _moto(made_plain, role, request) == "not allowed"


def test_more_than_forty_calls_are_forbidden() -> None:
    assert len(_lines(FORBIDDEN)) >= 40


@pytest.mark.parametrize("action", DENIED_TO_SENDERS)
def test_a_sender_may_only_put_whatever_else_allows_it(made_whole: Made, action: str) -> None:
    setting = made_whole.setting
    landing = setting.bucket("acme", "landing")
    sender = setting.arn("iam", f"role/{setting.names.sender('acme', 'loyalty_members')}", region=False)
    own = _of_role(made_whole, setting.names.sender("acme", "loyalty_members"))
    (policy,) = (
        body["PolicyDocument"]["Statement"]
        for _, _, body in made_whole.resources("AWS::S3::BucketPolicy")
        if body["Bucket"] == setting.names.bucket("acme", "landing")
    )
    resource = landing if action == "s3:ListBucket" else f"{landing}/landing/acme/loyalty/x.csv"
    request = Request(action, resource, {"aws:PrincipalArn": sender, "aws:SecureTransport": "true"})
    assert decide(own, request) == "not allowed"
    wide = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    assert decide([wide, *policy], request) == "denied"
    put = Request("s3:PutObject", f"{landing}/landing/acme/loyalty/x.csv", request.context)
    assert decide([*own, *_resolved(policy, "acme")], put) == "allowed"
    other_key = {**request.context, "s3:x-amz-server-side-encryption-aws-kms-key-id": KEY["streamly"]}
    assert decide([*own, *_resolved(policy, "acme")], Request(put.action, put.resource, other_key)) == "denied"
    elsewhere = Request("s3:PutObject", f"{landing}/landing/acme/orders/x.csv", request.context)
    assert decide([*own, *policy], elsewhere) == "not allowed"


@pytest.mark.parametrize(
    "context", [{"aws:SecureTransport": "false"}, {"aws:SecureTransport": "true", "s3:TlsVersion": "1.1"}]
)
def test_no_bucket_is_spoken_to_without_tls_1_2(made_whole: Made, context: dict[str, str]) -> None:
    wide = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    policies = made_whole.resources("AWS::S3::BucketPolicy")
    assert len(policies) == len(made_whole.resources("AWS::S3::Bucket")) == 12
    for _, _, body in policies:
        request = Request("s3:GetObject", f"arn:aws:s3:::{body['Bucket']}/x", context)
        assert decide([wide, *_resolved(body["PolicyDocument"]["Statement"], None)], request) == "denied"


def _request(made: Made, line: str) -> tuple[str, Request]:
    role, action, resource, *rest = line.split()
    context: dict[str, str] = {}
    if action.startswith("kms:") and rest:
        context = {S3_KEY: _resource(made, rest[0]), "kms:ViaService": S3}
    return role, Request(action, _resource(made, resource), context)


def _resource(made: Made, words: str) -> str:
    """`store/key`, `table/name`, `secret/reference` and so on of acme; with `other-` before it, of streamly."""
    setting, names = made.setting, made.setting.names
    tenant = "streamly" if words.startswith("other-") else "acme"
    kind, _, rest = words.removeprefix("other-").partition("/")
    below = f"/{rest}" if rest else ""
    if kind in ("landing", "store", "archive", "quarantine", "results"):
        return setting.bucket(tenant, kind) + below  # type: ignore[arg-type]
    match kind:
        case "code":
            return setting.bucket_shared("code") + below
        case "table":
            return setting.arn("glue", f"table/{names.database(tenant)}/{rest}")
        case "database":
            return setting.arn("glue", f"database/{names.database(tenant)}")
        case "secret":
            return setting.arn("secretsmanager", f"secret:{names.secret(tenant, rest)}-AbCdEf")
        case "key":
            return KEY[tenant]
        case "topic":
            return setting.arn("sns", names.topic(tenant))
        case "queue":
            return setting.arn("sqs", names.queue(tenant))
        case "function":
            return setting.arn("lambda", f"function:{names.function(tenant, rest)}")
        case "job":
            return setting.arn("glue", f"job/{names.job(tenant)}")
        case "machine":
            return setting.arn("states", f"stateMachine:{names.state_machine(tenant, rest)}")
        case "role":
            return setting.role(tenant, rest)
        case "log":
            return setting.arn("logs", f"log-group:{names.log_group(tenant, rest)}:log-stream:x")
    return words


def _statements(made: Made, task: str) -> list[dict[str, Any]]:
    return _of_role(made, made.setting.names.role("acme", task))


def _of_role(made: Made, name: str) -> list[dict[str, Any]]:
    for stack, _, body in made.resources("AWS::IAM::Role"):
        if body["RoleName"] == name:
            documents = [each["PolicyDocument"]["Statement"] for each in body["Policies"]]
            return [each for document in documents for each in _resolved(document, stack.tenant)]
    raise AssertionError(f"there is no role {name}")


def _resolved(value: Any, tenant: str | None) -> Any:
    """The statements with the keys' ARNs where the template refers to an export or a resource of the stack."""
    if isinstance(value, dict):
        if set(value) == {"Fn::ImportValue"}:
            owner = next((each for each in ("acme", "streamly") if f"-{each}-key" in value["Fn::ImportValue"]), None)
            return KEY[owner]
        if set(value) == {"Fn::GetAtt"}:
            return KEY[tenant]
        return {key: _resolved(each, tenant) for key, each in value.items()}
    return [_resolved(each, tenant) for each in value] if isinstance(value, list) else value


def _moto(made: Made, role: str, request: Request) -> str:
    """moto's opinion, of actions and resources alone."""
    results = set(_opinions(made, role, request))
    return "allowed" if PermissionResult.PERMITTED in results else "not allowed"


def _opinions(made: Made, role: str, request: Request) -> Iterator[PermissionResult]:
    for statement in _statements(made, role):
        plain = {key: value for key, value in json.loads(json.dumps(statement)).items() if key != "Condition"}
        yield IAMPolicyStatement(plain).is_action_permitted(request.action, request.resource)
