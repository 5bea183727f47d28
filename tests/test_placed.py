"""A workspace as deployed: the same declarations, every place by rule; here nothing changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from antechamber.catalog import Layout, namespace
from antechamber.declare import Declarations, load_workspace
from antechamber.deployed import Names
from antechamber.errors import AntechamberError
from antechamber.placed import placed, secrets_of

THERE = {"ANTECHAMBER_ENVIRONMENT": "prod", "ANTECHAMBER_ACCOUNT": "123456789012", "AWS_REGION": "eu-west-1"}


@pytest.fixture
def declared(tmp_path: Path) -> Declarations:
    (tmp_path / "antechamber.yaml").write_text(
        'workspace: retail\ntenants:\n  acme: {key: "file:keys/acme.key"}\n  stream-ly: {key: "env:K"}\n'
    )
    return load_workspace(tmp_path)


def test_without_the_environment_nothing_changes(declared: Declarations) -> None:
    assert placed(declared, {"AWS_REGION": "eu-west-1"}) is declared


def test_every_area_of_a_tenant_is_in_its_own_bucket(declared: Declarations) -> None:
    there = placed(declared, THERE)
    names = Names.of(declared.workspace, "123456789012", "eu-west-1", "prod")
    layout = Layout.of(there.workspace, there.root)
    for tenant in ("acme", "stream-ly"):
        buckets = {
            "landing": layout.landing(tenant),
            "archive": layout.archive(tenant, "loyalty"),
            "quarantine": layout.quarantine(tenant, "loyalty"),
        }
        for area, location in buckets.items():
            assert location.url.split("/")[2] == names.bucket(tenant, area)  # type: ignore[arg-type]
        for location in (layout.table(tenant, "t"), layout.runs(tenant, "loyalty"), layout.audit(tenant)):
            assert location.url.split("/")[2] == names.bucket(tenant, "store")


def test_tables_are_in_the_glue_catalog_under_the_tenants_database(declared: Declarations) -> None:
    there = placed(declared, THERE).workspace
    assert (there.catalog.type, there.catalog.region, there.cleanroom.type) == ("glue", "eu-west-1", "aws")
    assert namespace("acme", there.tenants["acme"]) == Names.of(
        there, *("123456789012", "eu-west-1", "prod")
    ).database("acme")


def test_files_and_variables_are_secrets_there_and_references_to_aws_stay(declared: Declarations) -> None:
    secrets = secrets_of(placed(declared, THERE), "acme")
    assert secrets.moved is not None
    assert secrets.moved("file:keys/acme.key") == "aws-secretsmanager:retail/prod/acme/file/keys/acme.key"
    assert secrets_of(declared, "acme").moved is None


@pytest.mark.parametrize("missing", ["ANTECHAMBER_ACCOUNT", "AWS_REGION"])
def test_a_deployment_that_cannot_be_found_is_refused(declared: Declarations, missing: str) -> None:
    with pytest.raises(AntechamberError, match="account and region"):
        placed(declared, {name: value for name, value in THERE.items() if name != missing})


def test_placing_twice_changes_nothing_more(declared: Declarations) -> None:
    there = placed(declared, THERE)
    assert placed(there, THERE) is there
