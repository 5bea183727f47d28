"""The `aws:` block of a workspace: how it is deployed to AWS. It changes nothing of how the workspace runs here."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field, WithJsonSchema

from antechamber.declare.aws import AccountId, Region
from antechamber.declare.model import Model, Slug, Text, Wrong, show


def _block(value: str) -> str:
    try:
        IPv4Network(value)
    except ValueError:
        raise Wrong(f"{show(value)} is not a block of IPv4 addresses", remedy="write it as 10.20.0.0/22") from None
    return value


Cidr = Annotated[str, AfterValidator(_block), WithJsonSchema({"type": "string"})]
"""Such as `10.20.0.0/22`."""

LOG_DAYS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)
"""Source: Amazon CloudWatch Logs API reference, *PutRetentionPolicy*."""


def _log_days(value: int) -> int:
    if value not in LOG_DAYS:
        raise Wrong(
            f"{value} is no span that CloudWatch Logs knows", remedy=f"use one of {', '.join(map(str, LOG_DAYS))}"
        )
    return value


LogDays = Annotated[int, AfterValidator(_log_days), WithJsonSchema({"enum": list(LOG_DAYS)})]
"""A span that CloudWatch Logs knows."""


class Network(Model):
    """A VPC of the workspace's own, with its functions and jobs in it: private subnets and endpoints of AWS, no
    way to the internet."""

    cidr: Cidr = "10.20.0.0/22"
    """The VPC's addresses."""
    zones: Annotated[int, Field(ge=2, le=3)] = 2
    """How many availability zones have a subnet."""
    reach: tuple[Cidr, ...] = ()
    """Where the databases are that are read: the only addresses beside AWS's endpoints that may be spoken to. The
    route there (peering, transit gateway) is made by whoever runs that network."""


class Retention(Model):
    """How many days things are kept; what tables hold is kept until it is deleted."""

    archive_days: Annotated[int, Field(ge=1, le=36_500)] = 365
    """Sources whose records are committed."""
    quarantine_days: Annotated[int, Field(ge=1, le=36_500)] = 90
    """Sealed records that could not be prepared."""
    results_days: Annotated[int, Field(ge=1, le=36_500)] = 90
    """Answers of the clean room."""
    versions_days: Annotated[int, Field(ge=1, le=3650)] = 30
    """Earlier versions of objects that were deleted or replaced."""
    logs_days: LogDays = 90
    """Logs of runs, and of who read which bucket: one of the spans that CloudWatch Logs knows."""


class Compute(Model):
    """What a run is worked with."""

    memory_mb: Annotated[int, Field(ge=512, le=10_240)] = 1769
    """Memory of a function; 1769 MB come with one whole processor."""
    at_once: Annotated[int, Field(ge=1, le=100)] = 4
    """How many lots of one run are worked at a time."""
    reserved: Annotated[int, Field(ge=1, le=1000)] | None = None
    """How many functions of a tenant's work run at a time at most, whatever its connectors ask for; when absent, the
    account's own limit."""
    large_from_mb: Annotated[int, Field(ge=1)] = 4096
    """A run with this much to read goes to AWS Glue (Spark), a smaller one to functions."""
    workers: Annotated[int, Field(ge=2, le=100)] = 3
    """Machines of a Glue job, at 1 DPU each."""
    hours: Annotated[int, Field(ge=1, le=24)] = 6
    """Hours after which a run is given up."""


class Alarms(Model):
    """When somebody is told."""

    email: tuple[Text, ...] = ()
    """Who is told: each address has to confirm a mail of AWS."""
    quarantine_percent: Annotated[float, Field(gt=0, le=100)] = 5
    """More of a run's records than this were quarantined."""
    drift: Annotated[float, Field(ge=1, le=10)] = 3
    """A run read more or less than was to be expected after the runs before it, by so many standard deviations."""
    late_hours: Annotated[int, Field(ge=1, le=24)] = 24
    """A connector with a schedule published nothing for so long."""


class RoleSender(Model):
    """An AWS account of the service's own takes a role that may only put."""

    NOUNS: ClassVar[dict[str, str]] = {"type": "a kind of sender"}

    type: Literal["role"] = "role"
    """This kind."""
    account: AccountId
    """The service's account."""
    external_id: Text
    """What the service says when it takes the role: agreed between both, no secret."""


class UserSender(Model):
    """A service that knows only access keys: a user that may only put. Its key is made by hand, with `aws iam
    create-access-key`, so that it stands in no template."""

    NOUNS: ClassVar[dict[str, str]] = {"type": "a kind of sender"}

    type: Literal["user"] = "user"
    """This kind."""


class SftpSender(Model):
    """A service that uploads by SFTP: a user of AWS Transfer Family that may only put."""

    NOUNS: ClassVar[dict[str, str]] = {"type": "a kind of sender"}

    type: Literal["sftp"] = "sftp"
    """This kind."""
    public_key: Text
    """Its SSH key: `ssh-ed25519 AAAA…`."""


class AppFlowSender(Model):
    """A service that Amazon AppFlow reads from, as JSON Lines into the connector's landing folder."""

    NOUNS: ClassVar[dict[str, str]] = {"type": "a kind of sender", "connector": "a service of AppFlow"}

    type: Literal["appflow"] = "appflow"
    """This kind."""
    profile: Text
    """The connector profile, made in AppFlow's console by whoever may log in to the service."""
    connector: Literal["Salesforce", "Marketo", "Zendesk", "Servicenow"]
    """AppFlow's name of the service."""
    object: Text
    """Which of the service's objects, such as `Contact`."""


Sender = Annotated[RoleSender | UserSender | SftpSender | AppFlowSender, Field(discriminator="type")]


def _short(value: str) -> str:
    if len(value) > 20:
        raise Wrong(f"{show(value)} is longer than 20 characters", remedy="shorten it: it stands in every name")
    return value


EnvironmentName = Annotated[Slug, AfterValidator(_short)]
"""A name of a few letters."""


class Cloud(Model):
    """How the workspace is deployed to AWS."""

    environment: EnvironmentName = "prod"
    """Which deployment of the workspace: in every name and tag, so that several live in one account."""
    region: Region = "us-east-1"
    """The AWS region."""
    account: AccountId | None = None
    """The AWS account, twelve digits in quotes; when absent, that of the credentials by which it is deployed."""
    network: Network | None = None
    """A VPC of its own; when absent, functions and jobs reach AWS over its public endpoints, by TLS."""
    senders: dict[Slug, Sender] = Field(default_factory=dict)
    """Landing connector → who may put files there."""
    compute: Annotated[Compute, Field(default_factory=Compute)]
    """What runs are worked with."""
    retention: Annotated[Retention, Field(default_factory=Retention)]
    """How long things are kept."""
    alarms: Annotated[Alarms, Field(default_factory=Alarms)]
    """When somebody is told."""
    budget: Annotated[float, Field(gt=0)] = 100
    """What a tenant may cost a month, in US dollars: at 80 % and 100 % of it, and when a forecast passes it, somebody
    is told."""
    budgets: dict[Slug, Annotated[float, Field(gt=0)]] = Field(default_factory=dict)
    """Tenants that may cost something else."""
    administrators: tuple[Text, ...] = ()
    """IAM roles that Lake Formation knows as administrators: with one or more of them, reading a tenant's tables is
    granted by Lake Formation."""
    data_events: bool = False
    """Whether CloudTrail writes down every access to objects of the tenants' buckets; AWS charges for each."""
