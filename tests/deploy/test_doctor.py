"""`doctor` before anything is deployed: it says of each thing whether it is good, and of what it cannot see, so."""

from __future__ import annotations

import json
from pathlib import Path

import boto3
import pytest
from tests.deploy.workspaces import everything
from tests.servers.aws import ACCOUNT, Aws
from tests.servers.aws import aws as aws_server

from antechamber.deploy import aws as clients
from antechamber.deploy.checking import checks
from antechamber.deploy.setting import Setting, setting_of

Told = dict[str, tuple[str, str]]
"""What → (state, remedy)."""


def _keys(server: Aws, setting: Setting) -> None:
    """The tenants' keys: acme's is open to a stranger."""
    kms = boto3.client("kms", endpoint_url=server.endpoint, region_name=setting.names.region,
                       aws_access_key_id="test", aws_secret_access_key="test")  # fmt: skip
    own = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    stranger = {**own, "Principal": {"AWS": "arn:aws:iam::999988887777:root"}}
    for tenant, statements in (("acme", [own, stranger]), ("streamly", [own])):
        policy = {"Version": "2012-10-17", "Statement": statements}
        key = kms.create_key(Policy=json.dumps(policy))["KeyMetadata"]["KeyId"]
        kms.enable_key_rotation(KeyId=key)
        kms.create_alias(AliasName=setting.names.key_alias(tenant), TargetKeyId=key)


@pytest.fixture
def found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Told:
    """What is told in the region that the test names."""
    declared = everything(tmp_path)
    clients._client.cache_clear()
    setting = setting_of(declared, ACCOUNT, request.param)
    with aws_server() as server:
        _keys(server, setting)
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        made = checks(clients.Aws(request.param), setting)
        told: Told = {each.what: (each.state, each.remedy) for each in made}
    clients._client.cache_clear()
    return told


@pytest.mark.parametrize("found", ["us-east-1"], indirect=True)
def test_what_is_planned_is_looked_at_and_what_is_not_deployed_is_said(found: Told) -> None:
    assert found["AWS Clean Rooms in us-east-1"][0] == "good"
    assert found["roles of acme"][0] == found["roles of streamly"][0] == "good"
    # A key that was opened to another account is found, and one that was not is good.
    assert found["key of streamly"][0] == "good"
    assert found["key of acme"] == ("bad", "antechamber deploy makes it what it was")
    assert found["secret retail/prod/acme/file/keys/acme.key"] == ("unknown", "antechamber deploy")
    assert all(remedy for state, remedy in found.values() if state != "good")


@pytest.mark.parametrize("found", ["sa-east-1"], indirect=True)
def test_a_region_without_clean_rooms_is_told_before_anything_is_made(found: Told) -> None:
    assert found["AWS Clean Rooms in sa-east-1"] == ("bad", "choose another region in aws: region:")
