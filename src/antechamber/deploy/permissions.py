"""What each task of a run may do: one role a task and tenant, its actions and resources named.

Sources: Service Authorization Reference (actions, resource types, condition keys of Amazon S3, AWS KMS, AWS Glue, AWS
Secrets Manager, AWS Lambda, AWS X-Ray, AWS Step Functions); Amazon S3 user guide, *Reducing the cost of SSE-KMS with
Amazon S3 Bucket Keys* (with bucket keys the encryption context is the bucket's ARN).
"""

from __future__ import annotations

from collections.abc import Callable

from antechamber.deploy.setting import Setting
from antechamber.deploy.statement import Statement
from antechamber.deployed import Area, references_of, source_references_of

READ = ("s3:GetObject",)
WRITE = ("s3:PutObject", "s3:AbortMultipartUpload")
DELETE = ("s3:DeleteObject",)
READ_KEY = ("kms:Decrypt",)
WRITE_KEY = ("kms:Decrypt", "kms:GenerateDataKey")
"""A multipart upload is encrypted part by part, and S3 opens the data key again for each: writing takes both."""
READ_TABLES = ("glue:GetDatabase", "glue:GetTable")
WRITE_TABLES = (*READ_TABLES, "glue:CreateDatabase", "glue:CreateTable", "glue:UpdateTable")

TRACES = Statement(
    "Traces",
    ("xray:PutTraceSegments", "xray:PutTelemetryRecords"),
    ("*",),
    because="AWS X-Ray knows no resources for these two actions",
)
INTERFACES = Statement(
    "NetworkInterfaces",
    ("ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DeleteNetworkInterface"),
    ("*",),
    because="AWS Lambda checks at creation that its role may do this on any resource; used only with aws.network",
)


class Grants:
    """The statements of one tenant's roles. key, shared_key: the ARNs of the tenant's key and of the workspace's."""

    def __init__(self, setting: Setting, tenant: str, key: str, shared_key: str) -> None:
        self.setting, self.tenant, self.key, self.shared_key = setting, tenant, key, shared_key
        self.connectors = setting.connectors(tenant)

    def of(self, task: str) -> list[Statement]:
        """Every statement of a task's role. task: one of TASKS, or `large` for the Glue job."""
        own: dict[str, Callable[[], list[Statement]]] = {
            "plan": self._plan,
            "work": self._work,
            "large": self._work,
            "commit": self._commit,
            "archive": self._archive,
            "notify": self._notify,
            "fail": self._fail,
        }
        around = self._job() if task == "large" else self._function(task)
        return [*around, *own[task]()]

    def _plan(self) -> list[Statement]:
        return [
            *self.objects("Landing", "landing", "", READ),
            *self.objects("Runs", "store", "runs/", (*READ, *WRITE, *DELETE)),
            *self.objects("Tables", "store", "tables/", READ),
            self.tables("Catalog", READ_TABLES),
            *self.secrets(references_of(self.setting.declared, self.tenant)),
        ]

    def _work(self) -> list[Statement]:
        return [*self._plan(), *self._sealed_exports()]

    def _commit(self) -> list[Statement]:
        return [
            *self.objects("Runs", "store", "runs/", (*READ, *WRITE, *DELETE)),
            # Data files that no commit names, of a run that died, are swept away: hence deleting.
            *self.objects("Tables", "store", "tables/", (*READ, *WRITE, *DELETE)),
            *self.objects("Quarantine", "quarantine", "quarantine/", (*READ, *WRITE, *DELETE)),
            self.tables("Catalog", WRITE_TABLES),
            *self.secrets(references_of(self.setting.declared, self.tenant)),
        ]

    def _archive(self) -> list[Statement]:
        return [
            # The only task that deletes from landing, and what it deletes it has put into the archive.
            *self.objects("Landing", "landing", "", (*READ, *DELETE)),
            *self.objects("Archive", "archive", "archive/", (*READ, *WRITE)),
            *self.objects("Runs", "store", "runs/", (*READ, *WRITE, *DELETE)),
            *self.objects("Tables", "store", "tables/", READ),
            self.tables("Catalog", READ_TABLES),
            *self.secrets(source_references_of(self.setting.declared, self.tenant)),
        ]

    def _notify(self) -> list[Statement]:
        return [*self.objects("Runs", "store", "runs/", (*READ, *WRITE)), *self.publish()]

    def _fail(self) -> list[Statement]:
        return [*self.objects("Runs", "store", "runs/", (*READ, *WRITE, *DELETE)), *self.publish()]

    def objects(self, sid: str, area: Area, prefix: str, actions: tuple[str, ...]) -> list[Statement]:
        """Objects of a bucket below a prefix, listing them, and the tenant's key for this bucket alone."""
        bucket = self.setting.bucket(self.tenant, area)
        found = [Statement(sid, actions, (f"{bucket}/{prefix}*",))]
        below = {"StringLike": {"s3:prefix": [f"{prefix}*"]}} if prefix else {}
        found.append(Statement(f"{sid}List", ("s3:ListBucket",), (bucket,), below))
        key_actions = WRITE_KEY if "s3:PutObject" in actions else READ_KEY
        return [*found, self.through_s3(f"{sid}Key", key_actions, self.key, (bucket,))]

    def through_s3(self, sid: str, actions: tuple[str, ...], key: str, buckets: tuple[str, ...]) -> Statement:
        """A key, used by S3 only, for objects of these buckets only."""
        contexts = [pattern for bucket in buckets for pattern in (bucket, f"{bucket}/*")]
        return Statement(
            sid,
            actions,
            (key,),
            {
                "StringEquals": {"kms:ViaService": f"s3.{self.setting.names.region}.amazonaws.com"},
                "StringLike": {"kms:EncryptionContext:aws:s3:arn": contexts},
            },
        )

    def tables(self, sid: str, actions: tuple[str, ...]) -> Statement:
        """The tables that the tenant's connectors publish, in the Glue catalog."""
        arn, database = self.setting.arn, self.setting.names.database(self.tenant)
        published = [arn("glue", f"table/{database}/{each.table.name}") for each in self.connectors]
        return Statement(sid, actions, (arn("glue", "catalog"), arn("glue", f"database/{database}"), *published))

    def secrets(self, references: list[str]) -> list[Statement]:
        """The tenant's secrets, each by its name."""
        if not references:
            return []
        named = [self.setting.names.secret(self.tenant, each) for each in references]
        # Secrets Manager ends each ARN in "-" and six letters of its own choice.
        arns = tuple(self.setting.arn("secretsmanager", f"secret:{name}-??????") for name in named)
        service = f"secretsmanager.{self.setting.names.region}.amazonaws.com"
        return [
            Statement("Secrets", ("secretsmanager:GetSecretValue",), arns),
            Statement(
                "SecretsKey",
                READ_KEY,
                (self.key,),
                {
                    "StringEquals": {"kms:ViaService": service},
                    "StringLike": {"kms:EncryptionContext:SecretARN": list(arns)},
                },
            ),
        ]

    def publish(self) -> list[Statement]:
        """The tenant's topic."""
        topic = self.setting.arn("sns", self.setting.names.topic(self.tenant))
        context = {"StringEquals": {"kms:EncryptionContext:aws:sns:topicArn": topic}}
        return [
            Statement("Tell", ("sns:Publish",), (topic,)),
            Statement("TellKey", WRITE_KEY, (self.key,), context),
        ]

    def bundle(self, *prefixes: str) -> list[Statement]:
        """The declarations (and what else below these prefixes) in the workspace's code bucket."""
        bucket = self.setting.bucket_shared("code")
        return [
            Statement("Bundle", READ, tuple(f"{bucket}/{prefix}*" for prefix in prefixes)),
            self.through_s3("BundleKey", READ_KEY, self.shared_key, (bucket,)),
        ]

    def _function(self, task: str) -> list[Statement]:
        group = self.setting.arn("logs", f"log-group:{self.setting.names.log_group(self.tenant, task)}:*")
        logs = Statement("Logs", ("logs:CreateLogStream", "logs:PutLogEvents"), (group,))
        network = [INTERFACES] if self.setting.cloud.network is not None else []
        return [logs, TRACES, *network, *self.bundle("workspace/")]

    def _job(self) -> list[Statement]:
        group = self.setting.arn("logs", "log-group:/aws-glue/*")
        return [
            Statement("Logs", ("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"), (group,)),
            Statement(
                "Metrics",
                ("cloudwatch:PutMetricData",),
                ("*",),
                {"StringEquals": {"cloudwatch:namespace": ["Glue", "Antechamber"]}},
                because="Amazon CloudWatch knows no resources for metrics; the condition names the namespaces",
            ),
            *self.bundle("workspace/", "glue/"),
        ]

    def _sealed_exports(self) -> list[Statement]:
        """Keys of others that exports are encrypted to, each with what its connector says of the context."""
        found: list[Statement] = []
        for connector in self.connectors:
            decrypt = getattr(connector.source, "decrypt", None)
            if decrypt is None or not decrypt.kms_keys:
                continue
            said = {f"kms:EncryptionContext:{name}": value for name, value in (decrypt.context or {}).items()}
            sid = f"Exports{len(found)}"
            found.append(Statement(sid, READ_KEY, decrypt.kms_keys, {"StringEquals": said} if said else {}))
        return found
