"""A network without a way to the internet: private subnets, endpoints of AWS's services, and routes to the databases.

Source: Amazon VPC user guide, *AWS PrivateLink* (interface and gateway endpoints); AWS Lambda Developer Guide,
*Giving Lambda functions access to resources in an Amazon VPC*; AWS Glue Developer Guide, *Setting up Amazon VPC for
JDBC connections* (a security group that refers to itself).
"""

from __future__ import annotations

from ipaddress import IPv4Network

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs

from antechamber.declare.cloud import Network
from antechamber.deploy.setting import Setting
from antechamber.deploy.statement import Statement, document, trust
from antechamber.deploy.tiers.keys import kept

SERVICES = ("glue", "kms", "logs", "monitoring", "secretsmanager", "sns", "states", "sts", "xray")
"""AWS's services that a run speaks to beside S3."""


def subnets_export(setting: Setting) -> str:
    """The export that holds the subnets, joined by commas."""
    return f"{setting.names.stack('foundation')}-subnets"


def group_export(setting: Setting) -> str:
    """The export that holds the security group."""
    return f"{setting.names.stack('foundation')}-group"


def network(stack: cdk.Stack, setting: Setting, wanted: Network, key: str) -> None:
    """The network of the workspace."""
    vpc = ec2.CfnVPC(stack, "Network", cidr_block=wanted.cidr, enable_dns_support=True, enable_dns_hostnames=True)
    _flow_log(stack, setting, vpc, key)
    table = ec2.CfnRouteTable(stack, "Routes", vpc_id=vpc.ref)
    blocks = list(IPv4Network(wanted.cidr).subnets(prefixlen_diff=2))
    subnets = []
    for place in range(wanted.zones):
        subnet = ec2.CfnSubnet(
            stack,
            f"Subnet{place}",
            vpc_id=vpc.ref,
            cidr_block=str(blocks[place]),
            availability_zone=cdk.Fn.select(place, cdk.Fn.get_azs()),
            map_public_ip_on_launch=False,
        )
        ec2.CfnSubnetRouteTableAssociation(
            stack, f"SubnetRoutes{place}", route_table_id=table.ref, subnet_id=subnet.ref
        )
        subnets.append(subnet.ref)
    group = _group(stack, wanted, vpc)
    _endpoints(stack, setting, vpc, table, subnets, group)
    cdk.CfnOutput(stack, "Subnets", value=cdk.Fn.join(",", subnets), export_name=subnets_export(setting))
    cdk.CfnOutput(stack, "Group", value=group.attr_group_id, export_name=group_export(setting))


def _group(stack: cdk.Stack, wanted: Network, vpc: ec2.CfnVPC) -> ec2.CfnSecurityGroup:
    """Speaks to itself and to AWS's endpoints by TLS, and to the databases' addresses."""
    egress = [
        {"ipProtocol": "tcp", "fromPort": 443, "toPort": 443, "cidrIp": wanted.cidr, "description": "endpoints"},
        *(
            {"ipProtocol": "tcp", "fromPort": 1024, "toPort": 65535, "cidrIp": each, "description": "databases"}
            for each in wanted.reach
        ),
    ]
    group = ec2.CfnSecurityGroup(
        stack,
        "Runs",
        vpc_id=vpc.ref,
        group_description="Functions and jobs that run connectors",
        security_group_egress=egress,
        security_group_ingress=[
            {"ipProtocol": "tcp", "fromPort": 443, "toPort": 443, "cidrIp": wanted.cidr, "description": "endpoints"}
        ],
    )
    for kind, resource in (("In", ec2.CfnSecurityGroupIngress), ("Out", ec2.CfnSecurityGroupEgress)):
        own = {"source_security_group_id" if kind == "In" else "destination_security_group_id": group.attr_group_id}
        resource(
            stack,
            f"Runs{kind}",
            group_id=group.attr_group_id,
            ip_protocol="tcp",
            from_port=0,
            to_port=65535,
            description="the machines of one Spark job among themselves",
            **own,
        )
    return group


def _endpoints(
    stack: cdk.Stack,
    setting: Setting,
    vpc: ec2.CfnVPC,
    table: ec2.CfnRouteTable,
    subnets: list[str],
    group: ec2.CfnSecurityGroup,
) -> None:
    region = setting.names.region
    ec2.CfnVPCEndpoint(
        stack,
        "S3",
        vpc_id=vpc.ref,
        service_name=f"com.amazonaws.{region}.s3",
        vpc_endpoint_type="Gateway",
        route_table_ids=[table.ref],
    )
    for service in SERVICES:
        ec2.CfnVPCEndpoint(
            stack,
            service.capitalize(),
            vpc_id=vpc.ref,
            service_name=f"com.amazonaws.{region}.{service}",
            vpc_endpoint_type="Interface",
            private_dns_enabled=True,
            subnet_ids=subnets,
            security_group_ids=[group.attr_group_id],
        )


def _flow_log(stack: cdk.Stack, setting: Setting, vpc: ec2.CfnVPC, key: str) -> None:
    group = logs.CfnLogGroup(
        stack,
        "FlowLogs",
        log_group_name=f"/antechamber/{setting.names.workspace}/{setting.names.environment}/network",
        retention_in_days=setting.cloud.retention.logs_days,
        kms_key_id=key,
    )
    kept(group)
    flow = setting.arn("ec2", "vpc-flow-log/*")
    writes = Statement("Log", ("logs:CreateLogStream", "logs:PutLogEvents"), (str(group.attr_arn),))
    looks = Statement("Look", ("logs:DescribeLogGroups", "logs:DescribeLogStreams"), (str(group.attr_arn),))
    role = iam.CfnRole(
        stack,
        "FlowRole",
        role_name=setting.names.role(None, "network"),
        assume_role_policy_document=trust("vpc-flow-logs.amazonaws.com", setting.names.account, flow),
        policies=[{"policyName": "log", "policyDocument": document([writes, looks])}],
    )
    ec2.CfnFlowLog(
        stack,
        "Flow",
        resource_id=vpc.ref,
        resource_type="VPC",
        traffic_type="ALL",
        log_destination_type="cloud-watch-logs",
        log_group_name=group.ref,
        deliver_logs_permission_arn=role.attr_arn,
    )
