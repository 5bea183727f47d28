"""A deployment's life by the guide's own commands, on an emulator: planned, made, kept, removed tenant by tenant."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.deploy.account import everything
from tests.deploy.workspaces import plain
from tests.servers.aws import ACCOUNT, REGION, Aws
from tests.servers.aws import aws as aws_server
from tests.servers.cloudformation import exports_by_change_sets
from typer.testing import CliRunner, Result

from antechamber.cli import app
from antechamber.deploy import aws as clients
from antechamber.deploy import deploying
from antechamber.deploy.setting import PLANNED, Code, Setting, setting_of
from antechamber.deploy.wheels import product
from antechamber.deployed import references_of
from antechamber.errors import AntechamberError
from antechamber.secrets import Secrets

GUIDE = Path(__file__).parents[2] / "docs" / "deploy.md"

pytestmark = [
    # moto says so of Glue, Budgets and others that its CloudFormation passes over.
    pytest.mark.filterwarnings("ignore:Tried to parse"),
]


@pytest.fixture(scope="module")
def emulator() -> Iterator[Aws]:
    with aws_server() as server, exports_by_change_sets(), pytest.MonkeyPatch.context() as patch:
        for name, value in server.environment.items():
            patch.setenv(name, value)
        # What a run needs has hundreds of MB: the functions are made of the product alone here.
        patch.setattr(deploying, "upload", _upload)
        clients._client.cache_clear()
        yield server
        clients._client.cache_clear()


@pytest.fixture(scope="module")
def setting(tmp_path_factory: pytest.TempPathFactory) -> Setting:
    return setting_of(plain(tmp_path_factory.mktemp("plain")), ACCOUNT, REGION)


def commands() -> list[str]:
    """Every command of the guide, in order."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", GUIDE.read_text(), re.MULTILINE | re.DOTALL)
    return [line.partition("#")[0].strip() for block in blocks for line in block.splitlines() if line.strip()]


def test_the_guides_commands_plan_make_keep_and_remove_a_deployment(emulator: Aws, setting: Setting) -> None:
    told = commands()
    verbs = ["doctor", "deploy", "deploy", "doctor", "deploy", "deploy", "destroy", "destroy", "destroy"]
    assert [each.split()[1] for each in told] == verbs
    untouched = everything(emulator)
    _secrets_as_the_stack_makes_them(emulator, setting)
    before = everything(emulator)

    assert "AWS Clean Rooms" in _run(setting, told[0]).output
    planned = _run(setting, told[1])
    assert planned.exit_code == 1
    assert "+ LandingBucket (AWS::S3::Bucket)" in planned.output
    assert everything(emulator) == before, "a plan changes nothing"

    assert _run(setting, told[2]).exit_code == 0
    made = everything(emulator)
    for tenant in ("acme", "streamly"):
        assert f"bucket {setting.names.bucket(tenant, 'landing')}" in made
        assert f"function {setting.names.function(tenant, 'commit')}" in made
    _secrets_are_put_and_kept(emulator, setting)
    assert "retail-prod-acme" in str(made)

    assert _run(setting, told[4]).exit_code == 0, "nothing differs from what was made"
    upgraded = _run(setting, told[5])
    assert (upgraded.exit_code, upgraded.output.strip()) == (0, "nothing to change")

    _a_tenant_goes_alone(emulator, setting, told[6], told[7])
    assert _run(setting, told[8]).exit_code == 0
    secrets = emulator.client("secretsmanager")
    for each in secrets.list_secrets()["SecretList"]:
        if f"secret {each['Name']}" in untouched:
            continue
        secrets.delete_secret(SecretId=each["Name"], ForceDeleteWithoutRecovery=True)
    assert everything(emulator) == untouched


def _a_tenant_goes_alone(emulator: Aws, setting: Setting, careful: str, final: str) -> None:
    """streamly is removed: with its data only when that is said; nothing of it stays, and nothing of acme's goes."""
    for tenant in ("acme", "streamly"):
        store = setting.names.bucket(tenant, "store")
        for body in (b"1", b"2"):
            emulator.client("s3").put_object(Bucket=store, Key="tables/viewers/data/one.parquet", Body=body)
    before = everything(emulator)
    refused = _run(setting, careful)
    assert isinstance(refused.exception, AntechamberError) and "there is data" in str(refused.exception)
    assert everything(emulator) == before

    assert _run(setting, final).exit_code == 0
    left = everything(emulator)
    gone = before - left
    assert len(gone) > 25 and all("streamly" in each for each in gone)
    # Its secrets are not the emulated stack's: moto passes them over.
    assert not [each for each in left if "streamly" in each and not each.startswith("secret ")]
    assert emulator.keys(setting.names.bucket("acme", "store")) == ["tables/viewers/data/one.parquet"]


def _secrets_as_the_stack_makes_them(emulator: Aws, setting: Setting) -> None:
    """moto's CloudFormation passes secrets over: they are made here, without a value."""
    for tenant in setting.tenants:
        for reference in references_of(setting.declared, tenant):
            emulator.client("secretsmanager").create_secret(Name=setting.names.secret(tenant, reference))


def _secrets_are_put_and_kept(emulator: Aws, setting: Setting) -> None:
    secrets, said = emulator.client("secretsmanager"), list[str]()
    key = setting.names.secret("acme", "file:keys/acme.key")
    here = Secrets(setting.declared.root).read("file:keys/acme.key")
    assert secrets.get_secret_value(SecretId=key)["SecretString"].encode() == here
    secrets.put_secret_value(SecretId=key, SecretString="changed by its owner")
    deploying.put_secrets(clients.Aws(REGION), setting, setting.tenants, said.append)
    assert secrets.get_secret_value(SecretId=key)["SecretString"] == "changed by its owner"
    missing = setting.names.secret("acme", "file:keys/orders.url")
    assert said == [f"not here, so not put: {missing} (there is no such file)"]


def _run(setting: Setting, command: str) -> Result:
    name, *arguments = shlex.split(command)
    assert name == "antechamber"
    return CliRunner().invoke(app, [*arguments, "--workspace", str(setting.declared.root), "--region", REGION])


def _upload(aws: clients.Aws, setting: Setting, say: object) -> Code:
    aws.s3.put_object(Bucket=setting.names.bucket_shared("code"), Key=PLANNED.function, Body=product()[1])
    return PLANNED
