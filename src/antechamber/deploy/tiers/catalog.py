"""Catalog: the tenant's Glue database. Its tables are written by the runs themselves: there is no crawler.

With administrators of Lake Formation, who reads the tables is granted there.

Sources: AWS CloudFormation resource reference (AWS::Glue::Database, AWS::LakeFormation::Resource,
AWS::LakeFormation::PrincipalPermissions); AWS Lake Formation Developer Guide, *Registering an Amazon S3 location*.
"""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_glue as glue
from aws_cdk import aws_lakeformation as lakeformation

from antechamber.deploy.setting import Setting
from antechamber.deploy.tiers.keys import kept

WRITERS = ("commit",)
READERS = ("plan", "work", "large", "archive")


def tenant(stack: cdk.Stack, setting: Setting, name: str) -> None:
    """One tenant's database."""
    database = setting.names.database(name)
    made = glue.CfnDatabase(
        stack,
        "Database",
        catalog_id=setting.names.account,
        database_input={
            "name": database,
            "description": f"Antechamber: published tables of {name}",
            "locationUri": f"s3://{setting.names.bucket(name, 'store')}/tables/",
        },
    )
    kept(made)
    if setting.cloud.administrators:
        _granted(stack, setting, name, made)


def _granted(stack: cdk.Stack, setting: Setting, name: str, database: glue.CfnDatabase) -> None:
    """Lake Formation knows the tables' bucket, and who may do what with the database and all its tables."""
    admins = [setting.arn("iam", f"role/{each}", region=False) for each in setting.cloud.administrators]
    settings = lakeformation.CfnDataLakeSettings(
        stack, "Administrators", admins=[{"dataLakePrincipalIdentifier": each} for each in admins]
    )
    place = lakeformation.CfnResource(
        stack,
        "Tables",
        resource_arn=f"{setting.bucket(name, 'store')}/tables",
        use_service_linked_role=True,
        hybrid_access_enabled=True,
    )
    place.add_resource_dependency(settings)
    catalog, called = setting.names.account, setting.names.database(name)
    for task in (*WRITERS, *READERS):
        writes = task in WRITERS
        rights = {
            "Database": ({"database": {"catalogId": catalog, "name": called}},
                         ["CREATE_TABLE", "DESCRIBE"] if writes else ["DESCRIBE"]),
            "Tables": ({"table": {"catalogId": catalog, "databaseName": called, "tableWildcard": {}}},
                       ["SELECT", "INSERT", "ALTER", "DESCRIBE"] if writes else ["SELECT", "DESCRIBE"]),
        }  # fmt: skip
        for kind, (resource, permissions) in rights.items():
            granted = lakeformation.CfnPrincipalPermissions(
                stack,
                f"{task.capitalize()}{kind}",
                principal={"dataLakePrincipalIdentifier": setting.role(name, task)},
                resource=resource,
                permissions=permissions,
                permissions_with_grant_option=[],
            )
            granted.add_resource_dependency(database)
            granted.add_resource_dependency(settings)
