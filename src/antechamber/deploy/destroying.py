"""Taking a deployment away: what its stacks made, read from the stacks themselves, so that also a tenant which is no
longer declared can be removed. Data goes only when that is said.

Sources: AWS CloudFormation user guide, *Delete a stack*; Amazon S3 user guide, *Deleting a bucket* (every version
goes first); AWS Glue API reference, *DeleteDatabase*.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from antechamber.deploy.aws import Aws, ClientError, code_of, told
from antechamber.deploy.setting import Setting
from antechamber.deploy.stacks import remove
from antechamber.deploy.synthesis import SHARED
from antechamber.deployed import TIERS, Tier
from antechamber.errors import AntechamberError

Say = Callable[[str], None]


@dataclass(frozen=True)
class Standing:
    """A stack that is there."""

    name: str
    tier: Tier
    tenant: str | None


@dataclass(frozen=True)
class Held:
    """Something with data in it. what: `bucket` or `database`."""

    stack: str
    what: str
    name: str
    objects: int


def standing(
    aws: Aws, setting: Setting, tiers: tuple[Tier, ...] = TIERS, tenants: tuple[str, ...] | None = None
) -> list[Standing]:
    """The stacks that are there, in the order in which they can be removed. Raises AntechamberError."""
    whose: list[str | None] = [*(setting.tenants if tenants is None else tenants)]
    found: list[Standing] = []
    for tier in reversed([each for each in TIERS if each in tiers]):
        shared: list[str | None] = [None] if tier in SHARED and tenants is None else []
        for tenant in [*whose, *shared]:
            name = setting.names.stack(tier, tenant)
            if _is_there(aws, name):
                found.append(Standing(name, tier, tenant))
    return found


def held(aws: Aws, stacks: list[Standing]) -> list[Held]:
    """Buckets and databases of these stacks that are not empty; those of logs and code hold nobody's data."""
    found = []
    for stack in stacks:
        for kind, name in _made(aws, stack.name):
            if kind == "AWS::S3::Bucket" and stack.tenant is not None and (count := _objects(aws, name)):
                found.append(Held(stack.name, "bucket", name, count))
            elif kind == "AWS::Glue::Database" and (count := len(list(_tables(aws, name)))):
                found.append(Held(stack.name, "database", name, count))
    return found


def destroy(aws: Aws, stacks: list[Standing], say: Say, *, with_data: bool) -> None:
    """Remove these stacks. Raises AntechamberError, before anything is removed, when they hold data and that is not
    to go."""
    kept = held(aws, stacks)
    if kept and not with_data:
        first = kept[0]
        raise AntechamberError(
            f"there is data: {first.what} {first.name} holds {first.objects:,} "
            f"{'objects' if first.what == 'bucket' else 'tables'}"
            + (f", and {len(kept) - 1} more hold some" if len(kept) > 1 else ""),
            where=first.stack,
            remedy="keep it, or delete it for good: antechamber destroy --with-data",
        )
    for stack in stacks:
        for kind, name in _made(aws, stack.name):
            if kind == "AWS::S3::Bucket":
                _empty(aws, name)
            elif kind == "AWS::Glue::Database":
                _drop_tables(aws, name)
        remove(aws, stack.name, say)


def _is_there(aws: Aws, name: str) -> bool:
    with told(name):
        try:
            aws.cloudformation.describe_stacks(StackName=name)
            return True
        except ClientError as error:
            if code_of(error) == "ValidationError":
                return False
            raise


def _made(aws: Aws, stack: str) -> Iterator[tuple[str, str]]:
    """(type, physical id) of a stack's resources."""
    with told(stack):
        for page in aws.cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack):
            for each in page["StackResourceSummaries"]:
                yield each["ResourceType"], each.get("PhysicalResourceId", "")


def _objects(aws: Aws, bucket: str) -> int:
    """Up to a thousand: more are as many."""
    try:
        return int(aws.s3.list_objects_v2(Bucket=bucket, MaxKeys=1000)["KeyCount"])
    except ClientError as error:
        if code_of(error) in ("NoSuchBucket", "404"):
            return 0
        raise


def _empty(aws: Aws, bucket: str) -> None:
    with told(bucket):
        try:
            for page in aws.s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
                names = [
                    {"Key": each["Key"], "VersionId": each["VersionId"]}
                    for each in [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
                ]
                if names:
                    failed = aws.s3.delete_objects(Bucket=bucket, Delete={"Objects": names, "Quiet": True}).get(
                        "Errors"
                    )
                    if failed:
                        raise AntechamberError(
                            f"{len(failed)} objects cannot be deleted ({failed[0].get('Code')})", where=bucket
                        )
        except ClientError as error:
            if code_of(error) != "NoSuchBucket":
                raise


def _tables(aws: Aws, database: str) -> Iterator[str]:
    try:
        for page in aws.glue.get_paginator("get_tables").paginate(DatabaseName=database):
            yield from (each["Name"] for each in page["TableList"])
    except ClientError as error:
        if code_of(error) != "EntityNotFoundException":
            raise


def _drop_tables(aws: Aws, database: str) -> None:
    with told(database):
        for name in list(_tables(aws, database)):
            aws.glue.delete_table(DatabaseName=database, Name=name)
