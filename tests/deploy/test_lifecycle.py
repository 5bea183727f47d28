"""A deployment's life, by CloudFormation on an emulator: planned, made, kept, one tenant removed, all removed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.deploy.account import everything
from tests.deploy.workspaces import plain
from tests.servers.aws import ACCOUNT, REGION, Aws
from tests.servers.aws import aws as aws_server
from tests.servers.cloudformation import exports_by_change_sets

from antechamber.deploy import aws as clients
from antechamber.deploy.deploying import Wanted, deploy, planned, put_secrets
from antechamber.deploy.destroying import destroy, standing
from antechamber.deploy.setting import PLANNED, Setting, setting_of
from antechamber.deploy.wheels import product
from antechamber.deployed import references_of
from antechamber.errors import AntechamberError
from antechamber.secrets import Secrets

pytestmark = [
    pytest.mark.xdist_group("deploy"),
    # moto says so of Glue, Budgets and others that its CloudFormation passes over.
    pytest.mark.filterwarnings("ignore:Tried to parse"),
]

WANTED = Wanted(packages=False)


@pytest.fixture(scope="module")
def emulator() -> Iterator[Aws]:
    with aws_server() as server, exports_by_change_sets(), pytest.MonkeyPatch.context() as patch:
        for name, value in {**server.environment}.items():
            patch.setenv(name, value)
        clients._client.cache_clear()
        yield server
        clients._client.cache_clear()


@pytest.fixture(scope="module")
def setting(tmp_path_factory: pytest.TempPathFactory) -> Setting:
    return setting_of(plain(tmp_path_factory.mktemp("plain")), ACCOUNT, REGION)


def test_a_deployment_is_planned_made_kept_and_removed(emulator: Aws, setting: Setting) -> None:
    aws = clients.Aws(REGION)
    said: list[str] = []
    untouched = everything(emulator)

    found = planned(aws, setting, WANTED)
    assert {each.action for each in found} == {"add"}
    assert everything(emulator) == untouched, "a plan changes nothing"

    deploy(aws, setting, Wanted(tiers=("foundation",), packages=False), said.append)
    code = setting.names.bucket_shared("code")
    emulator.client("s3").put_object(Bucket=code, Key=PLANNED.function, Body=product()[1])
    deploy(aws, setting, WANTED, said.append)
    made = everything(emulator)
    for tenant in ("acme", "streamly"):
        assert f"bucket {setting.names.bucket(tenant, 'landing')}" in made
        assert f"function {setting.names.function(tenant, 'commit')}" in made

    again = len(said)
    deploy(aws, setting, WANTED, said.append)
    assert said[again:] == [], "deploying again changes nothing"

    _tenant_goes_alone(emulator, aws, setting, made)
    destroy(aws, standing(aws, setting), said.append, with_data=True)
    assert everything(emulator) == untouched


def test_secrets_of_this_machine_are_put_once_where_there_are_none(emulator: Aws, setting: Setting) -> None:
    aws = clients.Aws(REGION)
    said: list[str] = []
    secrets = emulator.client("secretsmanager")
    for tenant in setting.tenants:
        for reference in references_of(setting.declared, tenant):
            # moto's CloudFormation passes secrets over: they are made here as the stack makes them, without a value.
            secrets.create_secret(Name=setting.names.secret(tenant, reference))
    put_secrets(aws, setting, setting.tenants, said.append)
    key = setting.names.secret("acme", "file:keys/acme.key")
    assert secrets.get_secret_value(SecretId=key)["SecretString"].encode() == Secrets(setting.declared.root).read(
        "file:keys/acme.key"
    )
    missing = setting.names.secret("acme", "file:keys/orders.url")
    assert [line for line in said if line.startswith("not here")] == [
        f"not here, so not put: {missing} (there is no such file)"
    ]
    secrets.put_secret_value(SecretId=key, SecretString="changed by its owner")
    put_secrets(aws, setting, setting.tenants, said.append)
    assert secrets.get_secret_value(SecretId=key)["SecretString"] == "changed by its owner"
    for each in secrets.list_secrets()["SecretList"]:
        secrets.delete_secret(SecretId=each["Name"], ForceDeleteWithoutRecovery=True)


def _tenant_goes_alone(emulator: Aws, aws: clients.Aws, setting: Setting, made: set[str]) -> None:
    """streamly is removed: with its data only when that is said; nothing of it stays, and nothing of acme's goes."""
    for tenant in ("acme", "streamly"):
        store = setting.names.bucket(tenant, "store")
        emulator.client("s3").put_object(Bucket=store, Key="tables/viewers/data/one.parquet", Body=b"1")
        emulator.client("s3").put_object(Bucket=store, Key="tables/viewers/data/one.parquet", Body=b"2")
    before, stacks = everything(emulator), standing(aws, setting, tenants=("streamly",))
    with pytest.raises(AntechamberError, match="there is data"):
        destroy(aws, stacks, print, with_data=False)
    assert everything(emulator) == before == made

    destroy(aws, stacks, print, with_data=True)
    gone = before - everything(emulator)
    assert gone and all("streamly" in each for each in gone)
    left = everything(emulator)
    assert not [each for each in left if "streamly" in each]
    assert emulator.keys(setting.names.bucket("acme", "store")) == ["tables/viewers/data/one.parquet"]


def test_a_stack_that_is_already_gone_is_no_error(emulator: Aws, setting: Setting, tmp_path: Path) -> None:
    assert standing(clients.Aws(REGION), setting) == []
    destroy(clients.Aws(REGION), [], print, with_data=False)
