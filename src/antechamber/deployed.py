"""What everything of a deployed workspace is called: one rule a kind of thing, for who makes it and for who uses it.

A name is its parts joined with "-". Where that could be read in two ways (a part holds "-"), where a part had to be
spelled otherwise, or where it would be longer than AWS takes, a hash of all parts ends it: different things never
share a name.

Sources: Amazon S3 user guide, *General purpose bucket naming rules*; AWS Lambda, IAM, AWS Step Functions, Amazon SQS,
AWS CloudFormation and AWS Secrets Manager API references (lengths and letters of names).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from antechamber.declare import Declarations, Tenant, Workspace
from antechamber.declare.model import SECRET_REF
from antechamber.declare.texts import texts_in

Tier = Literal["foundation", "ingestion", "preparation", "catalog", "collaboration", "observability", "cost"]
TIERS: tuple[Tier, ...] = (
    "foundation", "ingestion", "preparation", "catalog", "collaboration", "observability", "cost",
)  # fmt: skip
"""In the order in which they are made; they are removed in the other one."""

Area = Literal["landing", "store", "archive", "quarantine", "results"]
AREAS: tuple[Area, ...] = ("landing", "store", "archive", "quarantine", "results")
SharedArea = Literal["logs", "code"]

Task = Literal["plan", "work", "commit", "archive", "notify", "fail"]
TASKS: tuple[Task, ...] = ("plan", "work", "commit", "archive", "notify", "fail")
"""The steps of a run, one function and one role each."""

NAMESPACE = "Antechamber"
"""Of the metrics in CloudWatch."""

_REFUSED = ("xn--", "sthree-", "amzn-s3-demo-")
"""Beginnings that a bucket's name may not have."""


@dataclass(frozen=True)
class Names:
    """The names of one deployment of a workspace. Everything is told by workspace, environment and region."""

    workspace: str
    environment: str
    account: str
    region: str
    tenants: tuple[tuple[str, Tenant], ...]

    @classmethod
    def of(cls, workspace: Workspace, account: str, region: str, environment: str) -> Names:
        """The names of a workspace deployed to this account and region."""
        return cls(workspace.workspace, environment, account, region, tuple(workspace.tenants.items()))

    def bucket(self, tenant: str, area: Area) -> str:
        """A tenant's bucket."""
        return _bucket(self.workspace, self.environment, tenant, area, self.account, self.region)

    def bucket_shared(self, area: SharedArea) -> str:
        """A bucket of the workspace: access logs; code and declarations."""
        return _bucket(self.workspace, self.environment, area, self.account, self.region)

    def key_alias(self, tenant: str | None) -> str:
        """The alias of a tenant's KMS key; of the workspace's own when None."""
        return f"alias/{self._own(250, tenant)}"

    def database(self, tenant: str) -> str:
        """The Glue database of a tenant's tables: the one that it declares, or workspace_environment_tenant."""
        declared = dict(self.tenants)[tenant].database
        if declared is not None:
            return declared
        # Its parts hold "_" rather than "-", which Athena and Iceberg's names do without.
        name = _joined((self.workspace, self.environment, tenant), most=120, by="_", letters=r"[a-z0-9]")
        return name if name[0].isalpha() else f"w_{name}"

    def secret(self, tenant: str, reference: str) -> str:
        """The secret in AWS Secrets Manager behind a `file:` or `env:` reference of a tenant."""
        scheme, _, rest = reference.partition(":")
        told = re.sub(r"[^A-Za-z0-9/_+=.@-]+", "-", rest).strip("/")[:200]
        name = f"{self.workspace}/{self.environment}/{tenant}/{scheme}/{told}"
        # A name that ends like the six letters which AWS adds to an ARN is mistaken for a part of it.
        if told != rest or re.search(r"-[A-Za-z0-9]{6}$", name):
            name = f"{name}.{_hash(reference)}"
        return name

    def state_machine(self, tenant: str, connector: str) -> str:
        """The Step Functions state machine that runs a connector."""
        return self._own(80, tenant, connector)

    def function(self, tenant: str, task: str) -> str:
        """The Lambda function of a task."""
        return self._own(64, tenant, task)

    def job(self, tenant: str) -> str:
        """The Glue job that works large runs."""
        return self._own(250, tenant, "work")

    def image(self) -> str:
        """The repository of the functions' image, and the project that builds it."""
        return _joined(("antechamber", self.workspace, self.environment), most=100, letters=r"[a-z0-9]")

    def role(self, tenant: str | None, task: str) -> str:
        """The IAM role of a task, or of the workspace; IAM knows no regions, so the region is in it."""
        return self._own(64, tenant, task, self.region)

    def sender(self, tenant: str, connector: str) -> str:
        """The IAM role or user that may only put files into a connector's landing folder."""
        return self._own(64, tenant, "put", connector, self.region)

    def topic(self, tenant: str) -> str:
        """The SNS topic that a tenant's runs and alarms are told on."""
        return self._own(250, tenant)

    def queue(self, tenant: str) -> str:
        """The dead-letter queue: events that could not start a run."""
        return self._own(80, tenant)

    def schedule(self, tenant: str, connector: str) -> str:
        """The schedule, and the rule for new files, that start a connector."""
        return self._own(64, tenant, connector)

    def connection(self, tenant: str, connector: str) -> str:
        """The Glue connection of a relational connector."""
        return self._own(250, tenant, connector)

    def dashboard(self, tenant: str | None) -> str:
        """A CloudWatch dashboard; they know no regions."""
        return self._own(250, tenant, self.region)

    def alarm(self, tenant: str, what: str, connector: str = "") -> str:
        """A CloudWatch alarm."""
        return self._own(250, tenant, *((connector,) if connector else ()), what)

    def budget(self, tenant: str | None, tier: str = "") -> str:
        """An AWS budget; they know no regions."""
        return self._own(100, tenant, *((tier,) if tier else ()), self.region)

    def log_group(self, tenant: str, task: str) -> str:
        """The log group of a task; `states` is that of the state machines.

        AWS Step Functions Developer Guide, *Logging using CloudWatch Logs*: below /aws/vendedlogs/ the account's
        resource policy does not grow with every group.
        """
        head = "/aws/vendedlogs/states" if task == "states" else "/antechamber"
        return f"{head}/{self.workspace}/{self.environment}/{tenant}/{task}"

    def stack(self, tier: Tier, tenant: str | None = None) -> str:
        """The CloudFormation stack of a tier: of a tenant, or of what the workspace's tenants share."""
        parts = ("antechamber", self.workspace, self.environment, tier, *((tenant,) if tenant is not None else ()))
        return _joined(parts, most=128, letters=r"[A-Za-z0-9]")

    def _own(self, most: int, tenant: str | None, *rest: str) -> str:
        parts = (self.workspace, self.environment, *((tenant,) if tenant is not None else ()), *rest)
        return _joined(parts, most=most, free=1 if rest and rest[-1] == self.region else 0)


def references_of(declared: Declarations, tenant: str) -> list[str]:
    """The `file:` and `env:` references of a tenant and of its connectors, each once, in order."""
    found = [declared.workspace.tenants[tenant].key]
    for _, connector in sorted(declared.connectors.items()):
        if connector.tenant == tenant:
            found += _references(connector.model_dump(mode="python"))
            found += [each for step in connector.all_steps for each in _references(step.model_dump(mode="python"))]
    return _kept(found)


def source_references_of(declared: Declarations, tenant: str) -> list[str]:
    """Those by which a tenant's sources are reached: without the keys that open or protect their records."""
    found: list[str] = []
    for connector in declared.connectors.values():
        if connector.tenant == tenant:
            found += _references(connector.source.model_dump(mode="python", exclude={"decrypt"}))
    return _kept(found)


def _kept(found: list[str]) -> list[str]:
    return sorted({each for each in found if each.partition(":")[0] in ("file", "env")})


def _references(value: Any) -> Iterator[str]:
    yield from (text for text in texts_in(value) if SECRET_REF.fullmatch(text) and "://" not in text)


def _bucket(*parts: str) -> str:
    name = _joined(parts, most=63, letters=r"[a-z0-9]", free=2)
    return name if not name.startswith(_REFUSED) else _joined(("w", *parts), most=63, letters=r"[a-z0-9]", free=2)


def _joined(
    parts: tuple[str, ...], *, most: int, by: str = "-", letters: str = r"[A-Za-z0-9_]", free: int = 0
) -> str:
    """The parts in one name of at most `most` letters.

    letters: those that stay as they are. free: how many parts at the end may hold "-" and are told apart all the
    same: an account, a region.
    """
    told = [re.sub(rf"(?!{letters})[^{by}]", by, part) for part in parts]
    plain = by.join(told)
    if len(plain) <= most and all(re.fullmatch(rf"{letters}+", part) for part in parts[: len(parts) - free]):
        return plain
    return f"{plain[: most - 9].rstrip('-_')}{by}{_hash(json.dumps(parts))}"


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]
