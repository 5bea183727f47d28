"""The service role on AWS: one for a tenant and a collaboration, which reads the shared tables and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer
from tests.collaborate.test_share import CONNECTOR, COUNTED, SPRING

from antechamber.collaborate.share.clients import clients
from antechamber.collaborate.share.role import POLICY, ensure_role, remove_role, role_arn, role_name
from antechamber.declare import Declarations, load_workspace
from antechamber.errors import AntechamberError

WORKSPACE = """
workspace: demo
store: {store}
cleanroom: {{type: aws, region: eu-west-1}}
tenants:
  acme: {{key: "env:KEY", account: "111111111111"}}
  streamly: {{key: "env:KEY", account: "222222222222"}}
"""


@pytest.fixture
def iam(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    monkeypatch.setenv("AWS_ENDPOINT_URL_IAM", f"http://{host}:{port}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
    try:
        yield boto3.client("iam", region_name="eu-west-1")
    finally:
        server.stop()


def lay_out(root: Path, store: str = "s3://data-of-all/antechamber") -> Declarations:
    for folder in ("connectors", "collaborations"):
        (root / folder).mkdir()
    (root / "antechamber.yaml").write_text(WORKSPACE.format(store=store))
    (root / "collaborations/spring.yaml").write_text(SPRING)
    for name in ("members", "secrets"):
        text = CONNECTOR.format(
            name=name, tenant="acme", other="tier", type="string", columns="[email, tier]", more="",
            rule=COUNTED.format("tier", 10),
        )  # fmt: skip
        (root / f"connectors/{name}.yaml").write_text(text if name == "members" else text[: text.index("share:")])
    return load_workspace(root)


def test_the_role_reads_what_is_shared_and_only_clean_rooms_takes_it(tmp_path: Path, iam: Any) -> None:
    declared = lay_out(tmp_path)
    with clients(declared) as api:
        for _ in range(2):  # the second time it is there
            ensure_role(declared, api, "acme", "spring")
        name = role_name(declared, "acme", "spring")
        assert role_arn(declared, api, "acme", "spring") == f"arn:aws:iam::111111111111:role/{name}"
    role = iam.get_role(RoleName=name)["Role"]
    (trusted,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trusted["Principal"] == {"Service": "cleanrooms.amazonaws.com"}
    assert trusted["Condition"]["StringEquals"] == {"aws:SourceAccount": "111111111111"}
    policy = iam.get_role_policy(RoleName=name, PolicyName=POLICY)["PolicyDocument"]
    statements = policy["Statement"] if isinstance(policy, dict) else json.loads(policy)["Statement"]
    actions = [action for each in statements for action in each["Action"]]
    assert not [
        action for action in actions if "*" in action or not action.startswith(("glue:Get", "glue:BatchGet", "s3:"))
    ]
    resources = [resource for each in statements for resource in each["Resource"]]
    assert "arn:aws:glue:eu-west-1:111111111111:table/acme/members" in resources
    below = [each for each in resources if each.startswith("arn:aws:s3:::data-of-all/")]
    assert below == ["arn:aws:s3:::data-of-all/antechamber/tenants/acme/tables/members/*"]
    assert not [each for each in resources if "secrets" in each]


def test_the_role_goes_and_nothing_is_wrong_when_it_is_gone(tmp_path: Path, iam: Any) -> None:
    declared = lay_out(tmp_path)
    with clients(declared) as api:
        ensure_role(declared, api, "acme", "spring")
        for _ in range(2):
            remove_role(declared, api, "acme", "spring")
    assert iam.list_roles()["Roles"] == []


def test_tables_on_this_machine_are_not_shared_on_aws(tmp_path: Path, iam: Any) -> None:
    declared = lay_out(tmp_path, store="store")
    with clients(declared) as api, pytest.raises(AntechamberError, match="tables on this machine") as refused:
        ensure_role(declared, api, "acme", "spring")
    assert "s3://bucket/prefix" in refused.value.remedy


def test_an_account_that_is_not_declared_is_told_before_anything_is_asked(tmp_path: Path) -> None:
    lay_out(tmp_path)
    text = (tmp_path / "antechamber.yaml").read_text().replace(', account: "222222222222"', "")
    (tmp_path / "antechamber.yaml").write_text(text)
    with pytest.raises(AntechamberError, match="account is not declared"), clients(load_workspace(tmp_path)):
        pass
