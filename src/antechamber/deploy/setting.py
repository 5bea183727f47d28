"""What all tiers of one deployment are made from: the declarations, the names, the ARNs, where the code lies."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from antechamber.declare import Connector, Declarations
from antechamber.declare.cloud import Cloud
from antechamber.declare.source import FileSource
from antechamber.deployed import Area, Names, SharedArea
from antechamber.errors import AntechamberError


@dataclass(frozen=True)
class Code:
    """Where a deployment's code and declarations lie.

    workspace: key of the declarations' bundle in the code bucket. function: key of the functions' zip there, or the
    URI of their image. script, wheels: keys of the Glue job's entry and of its zip of wheels.
    """

    workspace: str
    function: str
    is_image: bool
    script: str
    wheels: str


PLANNED = Code("workspace/planned.zip", "function/planned.zip", False, "glue/entry.py", "glue/planned.gluewheels.zip")
"""What stands in a template before assets are built."""


@dataclass(frozen=True)
class Setting:
    """One deployment of a workspace: to one account, one region, one environment."""

    declared: Declarations
    names: Names
    code: Code = PLANNED

    @cached_property
    def cloud(self) -> Cloud:
        """The `aws:` block."""
        return self.declared.workspace.aws or Cloud.model_validate({})

    @property
    def tenants(self) -> list[str]:
        """All tenants."""
        return list(self.declared.workspace.tenants)

    @property
    def partition(self) -> str:
        """AWS's partition of the region, as ARNs begin."""
        region = self.names.region
        return "aws-cn" if region.startswith("cn-") else "aws-us-gov" if region.startswith("us-gov-") else "aws"

    def connectors(self, tenant: str) -> list[Connector]:
        """A tenant's connectors, by name."""
        return [each for _, each in sorted(self.declared.connectors.items()) if each.tenant == tenant]

    def landing(self, tenant: str) -> list[Connector]:
        """Those that read the tenant's landing bucket."""
        return [each for each in self.connectors(tenant) if self.landing_folder(each) is not None]

    def landing_folder(self, connector: Connector) -> str | None:
        """The folder of the landing bucket that a connector reads, without wildcards, ending in `/`; None when it
        reads something else."""
        source = connector.source
        if not isinstance(source, FileSource) or source.type != "landing" or "://" in source.path:
            return None
        fixed: list[str] = []
        for part in source.path.lstrip("./").split("/")[:-1]:
            if any(letter in part for letter in "*?["):
                break
            fixed.append(part)
        return "".join(f"{part}/" for part in fixed)

    def arn(self, service: str, resource: str, *, region: bool = True, account: bool = True) -> str:
        """An ARN of this account and region."""
        place = (self.names.region if region else "", self.names.account if account else "")
        return f"arn:{self.partition}:{service}:{place[0]}:{place[1]}:{resource}"

    def bucket(self, tenant: str, area: Area) -> str:
        """The ARN of a tenant's bucket."""
        return f"arn:{self.partition}:s3:::{self.names.bucket(tenant, area)}"

    def bucket_shared(self, area: SharedArea) -> str:
        """The ARN of a bucket of the workspace."""
        return f"arn:{self.partition}:s3:::{self.names.bucket_shared(area)}"

    def role(self, tenant: str | None, task: str) -> str:
        """The ARN of a task's role."""
        return self.arn("iam", f"role/{self.names.role(tenant, task)}", region=False)

    def key_export(self, tenant: str | None) -> str:
        """The export of the foundation that holds the ARN of a tenant's key, or of the workspace's own."""
        return f"{self.names.stack('foundation', tenant)}-key"


def setting_of(declared: Declarations, account: str, region: str | None = None) -> Setting:
    """The deployment that a workspace declares. Raises AntechamberError when it declares none."""
    cloud = declared.workspace.aws
    if cloud is None:
        raise AntechamberError(
            "the workspace does not say how it is deployed",
            where=declared.place("workspace", ""),
            remedy="add aws: {region: eu-west-1} to antechamber.yaml",
        )
    names = Names.of(declared.workspace, account, region or cloud.region, cloud.environment)
    return Setting(declared, names)
