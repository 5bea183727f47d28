"""Collaboration: the role by which AWS Clean Rooms reads a tenant's shared tables, one a collaboration.

What is shared is made by `antechamber share` after a first run, since a table has to be there to be configured.
"""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam

from antechamber.collaborate.share.role import POLICY, permissions, role_name
from antechamber.collaborate.share.role import trust as clean_rooms
from antechamber.deploy.permissions import READ_KEY, Grants
from antechamber.deploy.setting import Setting


def tenant(stack: cdk.Stack, setting: Setting, name: str) -> None:
    """One tenant's roles."""
    key = cdk.Fn.import_value(setting.key_export(name))
    for place, collaboration in enumerate(collaborations(setting, name)):
        iam.CfnRole(
            stack,
            f"CleanRooms{place}",
            role_name=role_name(setting.declared, name, collaboration),
            description=f"AWS Clean Rooms reads {name}'s tables in {collaboration}",
            assume_role_policy_document=clean_rooms(setting.names.account, setting.names.region),
            policies=[
                {"policyName": POLICY, "policyDocument": read_permissions(setting, name, collaboration)},
                {"policyName": "open-shared-tables", "policyDocument": key_permissions(setting, name, key)},
            ],
        )
    if not list(stack.node.children):
        # CloudFormation takes no stack without resources.
        cdk.CfnWaitConditionHandle(stack, "Nothing")


def collaborations(setting: Setting, name: str) -> list[str]:
    """The collaborations that a tenant shares tables with."""
    return sorted({share.collaboration for each in setting.connectors(name) for share in each.share})


def read_permissions(setting: Setting, name: str, collaboration: str) -> dict[str, Any]:
    """Reading the tables that are shared there: what `antechamber share` would write itself."""
    tables = [
        each.table.name
        for each in setting.connectors(name)
        if any(share.collaboration == collaboration for share in each.share)
    ]
    folders = [f"{setting.names.bucket(name, 'store')}/tables/{table}" for table in tables]
    database = setting.names.database(name)
    return permissions(database, tables, folders, setting.names.account, setting.names.region)


def key_permissions(setting: Setting, name: str, key: str) -> dict[str, Any]:
    """Opening what the tenant's key has sealed in its store, and nothing else."""
    grants = Grants(setting, name, key, key)
    opened = grants.through_s3("OpenSharedTables", READ_KEY, key, (setting.bucket(name, "store"),))
    return {"Version": "2012-10-17", "Statement": [opened.as_json()]}
