"""Ingestion: who may put files into the landing zone, and how data comes in that nobody brings.

A sender is a role or user that may only put below its connector's folder. SFTP and AppFlow put there in the same way.
Databases are read by the runs themselves; a Glue connection gives the Spark job its place in the network.

Sources: AWS Transfer Family user guide, *Create an IAM role and policy*, *Security policies for SFTP servers*; Amazon
AppFlow user guide, *Amazon S3*; AWS Glue Developer Guide, *Connecting to data* (type NETWORK).
"""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_appflow as appflow
from aws_cdk import aws_glue as glue
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_transfer as transfer

from antechamber.declare import Connector
from antechamber.declare.cloud import AppFlowSender, RoleSender, Sender, SftpSender, UserSender
from antechamber.deploy.permissions import WRITE, WRITE_KEY, Grants
from antechamber.deploy.setting import Setting
from antechamber.deploy.statement import Statement, document, trust
from antechamber.deploy.tiers.keys import kept
from antechamber.deploy.tiers.network import group_export, subnets_export


def tenant(stack: cdk.Stack, setting: Setting, name: str) -> None:
    """One tenant's senders, its SFTP server when a sender needs one, its way to databases."""
    key = cdk.Fn.import_value(setting.key_export(name))
    senders = [
        (each, setting.cloud.senders[each.connector])
        for each in setting.landing(name)
        if each.connector in setting.cloud.senders
    ]
    server = None
    if any(isinstance(sender, SftpSender) for _, sender in senders):
        server = _server(stack, setting, name, key)
    for connector, sender in senders:
        _sender(stack, setting, name, connector, sender, key, server)
    if setting.cloud.network is not None:
        _connection(stack, setting, name)
    if not list(stack.node.children):
        # CloudFormation takes no stack without resources.
        cdk.CfnWaitConditionHandle(stack, "Nothing")


def put_permissions(setting: Setting, name: str, connector: Connector, key: str) -> list[Statement]:
    """What a sender may do: put, and nothing else. Reading the key back serves uploads in parts alone, through S3."""
    bucket, folder = setting.bucket(name, "landing"), setting.landing_folder(connector)
    through = Grants(setting, name, key, key).through_s3("PutKey", WRITE_KEY, key, (bucket,))
    return [Statement("Put", WRITE, (f"{bucket}/{folder}*",)), through]


def _sender(
    stack: cdk.Stack,
    setting: Setting,
    name: str,
    connector: Connector,
    sender: Sender,
    key: str,
    server: transfer.CfnServer | None,
) -> None:
    part = "".join(word.capitalize() for word in connector.connector.replace("-", "_").split("_"))
    policy = document(put_permissions(setting, name, connector, key))
    called = setting.names.sender(name, connector.connector)
    if isinstance(sender, UserSender):
        group = iam.CfnGroup(stack, f"{part}Put", group_name=called)
        iam.CfnGroupPolicy(stack, f"{part}PutPolicy", group_name=group.ref, policy_name="put", policy_document=policy)
        iam.CfnUser(stack, f"{part}Sender", user_name=called, groups=[group.ref])
        return
    if isinstance(sender, AppFlowSender):
        _flow(stack, setting, name, connector, sender, part)
        return
    if isinstance(sender, RoleSender):
        believed = {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"AWS": f"arn:{setting.partition}:iam::{sender.account}:root"},
                    "Action": "sts:AssumeRole",
                    "Condition": {"StringEquals": {"sts:ExternalId": sender.external_id}},
                }
            ],
        }
    else:
        believed = trust("transfer.amazonaws.com", setting.names.account)
    role = iam.CfnRole(
        stack,
        f"{part}Sender",
        role_name=called,
        assume_role_policy_document=believed,
        policies=[{"policyName": "put", "policyDocument": policy}],
    )
    if isinstance(sender, SftpSender) and server is not None:
        folder = f"/{setting.names.bucket(name, 'landing')}/{setting.landing_folder(connector)}".rstrip("/")
        transfer.CfnUser(
            stack,
            f"{part}Sftp",
            server_id=server.attr_server_id,
            user_name=connector.connector,
            role=role.attr_arn,
            home_directory_type="LOGICAL",
            home_directory_mappings=[{"entry": "/", "target": folder}],
            ssh_public_keys=[sender.public_key],
        )


def _server(stack: cdk.Stack, setting: Setting, name: str, key: str) -> transfer.CfnServer:
    group = logs.CfnLogGroup(
        stack,
        "SftpLogs",
        log_group_name=setting.names.log_group(name, "sftp"),
        retention_in_days=setting.cloud.retention.logs_days,
        kms_key_id=key,
    )
    kept(group)
    return transfer.CfnServer(
        stack,
        "Sftp",
        protocols=["SFTP"],
        endpoint_type="PUBLIC",
        identity_provider_type="SERVICE_MANAGED",
        security_policy_name="TransferSecurityPolicy-2024-01",
        structured_log_destinations=[group.attr_arn],
    )


def _flow(
    stack: cdk.Stack, setting: Setting, name: str, connector: Connector, sender: AppFlowSender, part: str
) -> None:
    folder = (setting.landing_folder(connector) or "").rstrip("/")
    appflow.CfnFlow(
        stack,
        f"{part}Flow",
        flow_name=setting.names.sender(name, connector.connector),
        kms_arn=cdk.Fn.import_value(setting.key_export(name)),
        source_flow_config={
            "connectorType": sender.connector,
            "connectorProfileName": sender.profile,
            "sourceConnectorProperties": {sender.connector: {"object": sender.object}},
        },
        destination_flow_config_list=[
            {
                "connectorType": "S3",
                "destinationConnectorProperties": {
                    "s3": {
                        "bucketName": setting.names.bucket(name, "landing"),
                        **({"bucketPrefix": folder} if folder else {}),
                        "s3OutputFormatConfig": {"fileType": "JSON"},
                    }
                },
            }
        ],
        tasks=[{"taskType": "Map_all", "sourceFields": [], "taskProperties": []}],
        trigger_config={
            "triggerType": "Scheduled",
            "triggerProperties": {"scheduleExpression": "rate(1days)", "dataPullMode": "Incremental"},
        },
    )


def _connection(stack: cdk.Stack, setting: Setting, name: str) -> None:
    subnets = cdk.Fn.split(",", cdk.Fn.import_value(subnets_export(setting)))
    glue.CfnConnection(
        stack,
        "Databases",
        catalog_id=setting.names.account,
        connection_input={
            "name": setting.names.connection(name, "network"),
            "connectionType": "NETWORK",
            "connectionProperties": {},
            "physicalConnectionRequirements": {
                "subnetId": cdk.Fn.select(0, subnets),
                "securityGroupIdList": [cdk.Fn.import_value(group_export(setting))],
                "availabilityZone": cdk.Fn.select(0, cdk.Fn.get_azs()),
            },
        },
    )
