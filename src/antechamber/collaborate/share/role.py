"""The service role by which AWS Clean Rooms reads a tenant's shared tables, and nothing else.

Source: AWS Clean Rooms user guide, *Setting up service roles for AWS Clean Rooms*.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from antechamber.catalog import Layout, namespace
from antechamber.collaborate.share.clients import FAULTS, Clients, told
from antechamber.declare import Declarations
from antechamber.errors import AntechamberError

POLICY = "read-shared-tables"


def role_name(declared: Declarations, tenant: str, collaboration: str) -> str:
    """The role of a tenant in a collaboration: at most 64 characters, as IAM wants it."""
    name = f"antechamber-{declared.workspace.workspace}-{tenant}-{collaboration}"
    return name[:64]


def role_arn(declared: Declarations, clients: Clients, tenant: str, collaboration: str) -> str:
    """The ARN of that role, whether it is there or not."""
    return f"arn:aws:iam::{clients.accounts[tenant]}:role/{role_name(declared, tenant, collaboration)}"


def trust(account: str, region: str) -> dict[str, Any]:
    """Who may take the role: AWS Clean Rooms, for this account's memberships only."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "cleanrooms.amazonaws.com"},
                "Action": "sts:AssumeRole",
                "Condition": {
                    "StringEquals": {"aws:SourceAccount": account},
                    "ArnLike": {"aws:SourceArn": f"arn:aws:cleanrooms:{region}:{account}:membership/*"},
                },
            }
        ],
    }


def permissions(
    database: str, tables: Sequence[str], folders: Sequence[str], account: str, region: str
) -> dict[str, Any]:
    """What the role may do: read these tables' definitions and the objects below their folders.

    folders: `bucket/prefix` of each table. The bucket is only listed below them.
    """
    glue = f"arn:aws:glue:{region}:{account}"
    prefixes: dict[str, list[str]] = {}
    for folder in folders:
        bucket, _, prefix = folder.partition("/")
        prefixes.setdefault(bucket, []).append(f"{prefix.rstrip('/')}/")
    statements: list[Mapping[str, Any]] = [
        {
            "Effect": "Allow",
            "Action": [
                "glue:GetDatabase", "glue:GetTable", "glue:GetTables", "glue:GetPartition", "glue:GetPartitions",
                "glue:BatchGetPartition",
            ],
            "Resource": [
                f"{glue}:catalog",
                f"{glue}:database/{database}",
                *(f"{glue}:table/{database}/{each}" for each in tables),
            ],
        }
    ]  # fmt: skip
    for bucket, below in prefixes.items():
        here = {"StringEquals": {"s3:ResourceAccount": account}}
        statements += [
            {
                "Effect": "Allow",
                "Action": ["s3:GetBucketLocation", "s3:ListBucket"],
                "Resource": [f"arn:aws:s3:::{bucket}"],
                "Condition": {**here, "StringLike": {"s3:prefix": [f"{each}*" for each in below]}},
            },
            {
                "Effect": "Allow",
                "Action": ["s3:GetObject"],
                "Resource": [f"arn:aws:s3:::{bucket}/{each}*" for each in below],
                "Condition": here,
            },
        ]
    return {"Version": "2012-10-17", "Statement": statements}


def ensure_role(declared: Declarations, clients: Clients, tenant: str, collaboration: str) -> None:
    """Make the role on AWS, or bring it up to date; a local clean room has no roles. Raises AntechamberError."""
    if clients.local:
        return
    layout = Layout.of(declared.workspace, declared.root)
    tables = [
        connector.table.name
        for connector in declared.connectors.values()
        if connector.tenant == tenant and any(share.collaboration == collaboration for share in connector.share)
    ]
    folders = [layout.table(tenant, table).url for table in tables]
    if any(not folder.startswith("s3://") for folder in folders):
        raise AntechamberError(
            "tables on this machine cannot be shared on AWS",
            where=declared.place("workspace", "", "store"),
            remedy="keep the store in a bucket: store: s3://bucket/prefix",
        )
    account, name = clients.accounts[tenant], role_name(declared, tenant, collaboration)
    database = namespace(tenant, declared.workspace.tenants[tenant])
    policy = permissions(database, tables, [each.removeprefix("s3://") for each in folders], account, clients.region)
    iam = clients.of(tenant, "iam")
    try:
        believed = json.dumps(trust(account, clients.region))
        try:
            iam.create_role(
                RoleName=name,
                AssumeRolePolicyDocument=believed,
                Description=f"AWS Clean Rooms reads {tenant}'s tables in {collaboration}",
                Tags=[{"Key": "antechamber:workspace", "Value": declared.workspace.workspace}],
            )
        except iam.exceptions.EntityAlreadyExistsException:
            iam.update_assume_role_policy(RoleName=name, PolicyDocument=believed)
        iam.put_role_policy(RoleName=name, PolicyName=POLICY, PolicyDocument=json.dumps(policy))
    except FAULTS as error:
        raise told(error, where=f"IAM role {name}") from None


def remove_role(declared: Declarations, clients: Clients, tenant: str, collaboration: str) -> None:
    """Delete the role; none is no error. Raises AntechamberError."""
    if clients.local:
        return
    iam, name = clients.of(tenant, "iam"), role_name(declared, tenant, collaboration)
    try:
        iam.delete_role_policy(RoleName=name, PolicyName=POLICY)
        iam.delete_role(RoleName=name)
    except iam.exceptions.NoSuchEntityException:
        return
    except FAULTS as error:
        raise told(error, where=f"IAM role {name}") from None
